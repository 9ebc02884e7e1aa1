package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// recipient shows what keeps data from going to somebody, or lets it.
func (v *visit) recipient() error {
	id := avow.Recipient(v.r.PathValue("recipient"))
	parties, err := v.gate().Parties(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(parties, func(p gate.Party) bool { return p.ID == id })
	if i < 0 {
		return &avow.Error{Code: avow.Unknown, Message: "the policy has no such recipient", Try: "choose one from the list"}
	}
	all, err := v.gate().Qualifications(v.r.Context(), v.id, id, "", most)
	if err != nil {
		return err
	}
	party := &parties[i]
	var lacks []string
	for _, l := range party.Lacks {
		lacks = append(lacks, v.word("requires", l))
	}
	state := v.t("party.shut")
	if party.Open {
		state = v.t("party.open")
	}
	body := matterBody{Facts: []html.Line{{Name: v.t("head.state"), Text: state}, {Name: v.t("head.kind"), Text: v.word("party", party.Kind)}, {Name: v.t("head.region"), Text: party.Region},
		{Name: v.t("head.lacks"), Text: v.tongue.List(lacks)}, {Name: v.t("head.until"), Text: v.tongue.Date(party.Until)}}}
	t := table{Title: v.t("recipient.papers"), Head: []string{v.t("head.kind"), v.t("head.by"), v.t("head.state"), v.t("head.until"), v.t("head.document"), v.t("recipient.key"), v.t("recipient.hook")}, Empty: html.Empty{Title: v.t("recipient.no-papers")}}
	for i := range all {
		m := &all[i]
		t.Rows = append(t.Rows, []cell{{Text: v.word("requires", m.Body.Kind)}, {Text: m.Body.By}, v.stateOf(m.State), {At: m.Body.Expires, Now: v.now}, {Text: m.Body.Document}, {Text: m.Body.Key}, {Text: m.Body.Hook}})
		if m.State == "valid" && m.Body.LinkDue(v.now) && v.now.Before(m.Body.Expires) {
			body.Facts = append(body.Facts, v.linkSeen(&m.Body, party.Open)...)
		}
		at := v.at("/qualifications/" + m.ID)
		if m.State == "proposed" && v.may(officer.ApproveRecipients) {
			f := v.approving(at+"/approve", &m.Proposal)
			f.Title = v.t("recipient.approve", "kind", v.word("requires", m.Body.Kind))
			body.Forms = append(body.Forms, f)
		}
		if m.State != "revoked" && v.may(officer.KeepRecipients) {
			body.Forms = append(body.Forms, form{Act: at + "/revoke", Title: v.t("recipient.revoke", "kind", v.word("requires", m.Body.Kind)), Lead: v.t("recipient.revoke-lead"),
				Button: v.t("recipient.revoke-button"), Kind: "secondary"})
		}
	}
	sent, err := v.dispatchTable(id)
	if err != nil {
		return err
	}
	body.Lists = []table{t, sent}
	if v.may(officer.KeepRecipients) && len(party.Requires) > 0 {
		body.Forms = append(body.Forms, form{Act: v.at("/recipients/" + string(id)), Title: v.t("recipient.propose"), Lead: v.t("recipient.propose-lead"), Button: v.t("recipient.propose-button"),
			Fields: []html.Field{v.kinds(party.Requires), {Name: "by", Label: v.t("head.by"), Required: true, Max: 200},
				{Name: "document", Label: v.t("head.document"), Hint: v.t("field.document-hint"), Required: true, Max: 64, Pattern: "[0-9a-f]{64}"},
				{Name: "date", Label: v.t("field.date"), Type: "date", Required: true}, {Name: "expires", Label: v.t("field.expires"), Type: "date", Required: true},
				{Name: "link", Label: v.t("field.link"), Max: 500}, {Name: "key", Label: v.t("recipient.key"), Hint: v.t("recipient.key-hint"), Max: 128},
				{Name: "hook", Label: v.t("recipient.hook"), Hint: v.t("recipient.hook-hint"), Max: 1024}, {Name: "purposes", Label: v.t("head.purposes"), Hint: v.t("field.purposes-hint"), Max: 1000}}})
	}
	p := v.page("matter")
	p.Title, p.Back = v.named("recipients", string(id)), v.toDisclosure()
	return v.matter(p, body)
}

// linkSeen says what the link of a paper leads to by now, and what a new paper could
// bind to.
func (v *visit) linkSeen(q *gate.Qualifying, open bool) []html.Line {
	s := q.Seen
	says := "link.due"
	if open {
		says = "link.due-open"
	}
	out := []html.Line{{Name: v.t("kind.policy-link"), Text: v.t(says, "what", v.word("state", "link-"+s.State), "since", v.tongue.Date(s.Since), "until", v.tongue.Date(q.Expires)), Link: &html.Link{Text: q.Link, Href: q.Link}}}
	if s.Document != "" {
		out = append(out, html.Line{Name: v.t("link.document"), Text: s.Document}, html.Line{Name: v.t("link.words"), Text: s.Words})
	}
	return out
}

func (v *visit) kinds(requires []string) html.Field {
	f := html.Field{Name: "kind", Label: v.t("head.kind"), Required: true}
	for _, r := range requires {
		f.Options = append(f.Options, html.Option{Value: r, Label: v.word("requires", r)})
	}
	return f
}

func (v *visit) proposeQualification() error {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	id := v.r.PathValue("recipient")
	q := gate.Qualifying{Recipient: avow.Recipient(id), Kind: get("kind"), Document: get("document"), By: get("by"), Link: get("link"), Key: get("key"), Hook: get("hook"), Purposes: words[avow.Purpose](get("purposes"))}
	if q.Kind == "terms" {
		q.Policy = v.program.Hash()
	}
	var err error
	if q.Date, err = day(get("date")); err == nil {
		q.Expires, err = day(get("expires"))
	}
	if err != nil {
		return err
	}
	made, _, err := v.gate().ProposeQualification(v.r.Context(), v.id, v.officer(), &q)
	if err != nil {
		return err
	}
	if made.Body.Secret == "" {
		return v.to("/recipients/" + id)
	}
	// The key is shown on the answer to the form and on no page that can be opened again.
	p := v.page("matter")
	p.Title, p.Lead = v.t("recipient.secret"), v.t("recipient.secret-lead")
	p.Back = &html.Link{Text: v.named("recipients", id), Href: v.at("/recipients/" + id)}
	return v.matter(p, matterBody{Facts: []html.Line{{Name: v.t("recipient.hook"), Text: made.Body.Hook}, {Name: v.t("recipient.secret-name"), Text: made.Body.Secret}}})
}

// dispatchTable lists what was sent to a recipient's webhook, the newest first.
func (v *visit) dispatchTable(id avow.Recipient) (table, error) {
	t := table{Title: v.t("recipient.sent"), Head: []string{v.t("head.received"), v.t("head.purposes"), v.t("head.state"), v.t("recipient.tries"), v.t("head.due"), v.t("recipient.why")},
		Empty: html.Empty{Title: v.t("recipient.nothing-sent")}}
	all, err := v.gate().Dispatches(v.r.Context(), v.id, id, "", most)
	for i := range all {
		d := &all[i]
		state := cell{Text: v.word("state", d.State), Badge: map[string]string{gate.DispatchDelivered: "on", gate.DispatchQueued: "wait", gate.DispatchRefused: "plain", gate.DispatchGivenUp: "bad"}[d.State]}
		var why []string
		for r := range d.Reasons.All() {
			why = append(why, policy.Told(r).In(avow.Language(v.tongue.Tag())))
		}
		t.Rows = append(t.Rows, []cell{{At: d.Asked}, {Text: v.named("purposes", string(d.Purpose))}, state, {Text: strconv.Itoa(d.Tries)}, {At: d.Next, Now: v.now}, {Text: strings.Join(why, " ")}})
	}
	return t, err
}

// qualification leads to the recipient whom it is of.
func (v *visit) qualification() error {
	at, err := v.ofRecipient()
	if err == nil {
		http.Redirect(v.w, v.r, v.at(at), http.StatusSeeOther)
	}
	return err
}

// ofRecipient is the page of the recipient of a qualification.
func (v *visit) ofRecipient() (string, error) {
	m, err := v.gate().ReadQualification(v.r.Context(), v.id, v.r.PathValue("matter"))
	return "/recipients/" + string(m.Body.Recipient), err
}

func (v *visit) approveQualification() error {
	at, err := v.ofRecipient()
	if err != nil {
		return err
	}
	return approve(v, at, v.gate().ApproveQualification)
}

func (v *visit) revokeQualification() error {
	at, err := v.ofRecipient()
	if err == nil {
		_, _, err = v.gate().RevokeQualification(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer())
	}
	if err != nil {
		return err
	}
	return v.to(at)
}
