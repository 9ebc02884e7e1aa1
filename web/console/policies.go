package console

import (
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// policy shows the text in force and the changes on their way.
func (v *visit) policy() error {
	all, err := v.gate().Changes(v.r.Context(), v.id, "", most)
	if err != nil {
		return err
	}
	t := table{Title: v.t("policy.changes"), Head: []string{v.t("head.version"), v.t("head.state"), v.t("head.received"), v.t("head.since"), v.t("policy.widens")},
		Empty: html.Empty{Title: v.t("policy.no-changes")}}
	for i := range all {
		m := &all[i]
		widens := v.t("no")
		if m.Body.Widens {
			widens = v.t("yes")
		}
		t.Rows = append(t.Rows, []cell{{Text: m.Body.Version, Link: v.at("/changes/" + m.ID)}, v.stateOf(m.State), {At: m.Opened}, {At: m.Body.Since, Now: v.now}, {Text: widens}})
	}
	body := listBody{Tables: []table{t}, Lead: []html.Line{{Name: v.t("head.version"), Text: v.program.Version()}, {Name: v.t("proof.policy"), Text: string(v.program.Hash())},
		{Name: v.t("policy.text"), Link: &html.Link{Text: "/policy/" + string(v.id), Href: "/policy/" + string(v.id)}}}}
	if v.may(officer.DraftPolicy) {
		body.Forms = []form{{Act: v.at("/policy"), Title: v.t("policy.propose"), Lead: v.t("policy.propose-lead"), Button: v.t("policy.propose-button"), Fields: []html.Field{
			{Name: "why", Label: v.t("field.why"), Max: 200}, {Name: "text", Label: v.t("policy.new-text"), Type: "textarea", Required: true, Rows: 14}}}}
	}
	return v.list(v.page("policy"), body)
}

func (v *visit) proposeChange() error {
	m, _, err := v.gate().ProposeChange(v.r.Context(), v.id, v.officer(), []byte(strings.ReplaceAll(v.r.PostFormValue("text"), "\r\n", "\n")), strings.TrimSpace(v.r.PostFormValue("why")))
	if err != nil {
		return err
	}
	return v.to("/changes/" + m.ID)
}

// findings lists what vetting a draft found.
func (v *visit) findings(m *gate.PolicyChange) table {
	b := &m.Body
	out := table{Title: v.t("change.findings"), Head: []string{v.t("head.line"), v.t("head.kind"), v.t("head.what")}, Empty: html.Empty{Title: v.t("change.no-findings")}}
	if m.State == "draft" && len(b.Findings) == 0 {
		out.Empty.Title = v.t("change.unchecked")
	}
	for _, f := range b.Findings {
		out.Rows = append(out.Rows, []cell{{Text: v.tongue.Number(int64(f.Line))}, {Text: string(f.Severity) + " " + f.ID}, {Text: f.What + ". " + f.Try}})
	}
	return out
}

// change shows what a new text changes, what it would break, and how far it is.
func (v *visit) change() error {
	m, err := v.gate().Change(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	b := &m.Body
	body := matterBody{Steps: v.steps(m.Steps), Facts: []html.Line{
		{Name: v.t("head.state"), Text: v.word("state", m.State)}, {Name: v.t("head.version"), Text: b.Version}, {Name: v.t("field.why"), Text: v.word("reason-of", b.Why)},
		{Name: v.t("change.replayed"), Text: v.tongue.Number(b.Replayed)}, {Name: v.t("head.approvals"), Text: v.approvals(&m.Proposal)}}}
	if !b.Told.IsZero() {
		n, err := v.gate().ChangeSeen(v.r.Context(), v.id, b.Hash)
		if err != nil {
			return err
		}
		body.Facts = append(body.Facts, html.Line{Name: v.t("change.told"), Text: v.tongue.Moment(b.Told)}, html.Line{Name: v.t("head.since"), Text: v.tongue.Moment(b.Since)},
			html.Line{Name: v.t("change.mailed"), Text: v.tongue.Number(b.Mailed)}, html.Line{Name: v.t("change.missed"), Text: v.tongue.Number(b.Missed)}, html.Line{Name: v.t("change.seen"), Text: v.tongue.Number(n)})
	}
	next, err := b.Program()
	if err != nil {
		return err
	}
	old, err := v.gate().Text(v.r.Context(), v.id, b.From)
	if err != nil {
		return err
	}
	bars, lines, err := v.concerns(&m)
	if err != nil {
		return err
	}
	body.Bars, body.Facts = bars, append(body.Facts, lines...)
	if !b.Told.IsZero() {
		body.Facts = append(body.Facts, html.Line{Name: v.t("change.public"), Link: &html.Link{Text: v.t("change.public-link"), Href: v.versionPage(b.Hash)}})
	}
	breaks := table{Title: v.t("change.breaks"), Head: []string{v.t("head.what"), v.t("release.count")}, Empty: html.Empty{Title: v.t("change.no-breaks")}}
	for _, k := range b.Breaks {
		breaks.Rows = append(breaks.Rows, []cell{{Text: strings.Join([]string{k.Verb, string(k.Datum), string(k.Purpose), string(k.Recipient)}, " ")}, {Text: v.tongue.Number(k.Count)}})
	}
	body.Lists = []table{v.differences(&m, policy.Diff(old, next)), v.findings(&m), breaks}
	body.Forms = v.changeForms(&m)
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.change"), &html.Link{Text: v.t("nav.policy"), Href: v.at("/policy")}
	return v.matter(p, body)
}

// versionPage is where people read what a version changes, sentence by sentence.
func (v *visit) versionPage(h avow.Hash) string {
	return "/privacy/" + string(v.id) + "/versions/" + strings.TrimPrefix(string(h), "sha256:")
}

func (v *visit) changeForms(m *gate.PolicyChange) []form {
	at := v.at("/changes/" + m.ID)
	step := func(name, kind string, fields ...html.Field) form {
		return form{Act: at + "/" + name, Title: v.t("change." + name), Lead: v.t("change." + name + "-lead"), Button: v.t("change." + name + "-button"), Kind: kind, Fields: fields}
	}
	var out []form
	switch {
	case m.State == "draft" && v.may(officer.DraftPolicy):
		out = append(out, step("check", ""))
	case m.State == "checked" && v.may(officer.ApprovePolicy):
		out = append(out, v.approving(at+"/approve", &m.Proposal))
	case m.State == "approved" && v.may(officer.AnnouncePolicy):
		out = append(out, step("announce", "", html.Field{Name: "since", Label: v.t("head.since"), Type: "date", Required: true}, html.Field{Name: "link", Label: v.t("change.own-page"), Hint: v.t("change.own-page-hint"), Max: 500}))
	}
	if v.may(officer.DraftPolicy) && m.State != "withdrawn" {
		out = append(out, step("count", "secondary"))
	}
	if v.may(officer.DraftPolicy) && m.State != "effective" && m.State != "superseded" && m.State != "withdrawn" {
		out = append(out, step("withdraw", "secondary"))
	}
	return out
}

func (v *visit) stepChange() error {
	ctx, matter := v.r.Context(), v.r.PathValue("matter")
	var err error
	switch v.r.PathValue("step") {
	case "check":
		_, _, err = v.gate().CheckChange(ctx, v.id, matter, v.officer())
	case "count":
		if _, err = v.gate().CountChange(ctx, v.id, matter, v.officer()); err == nil {
			return v.back("/changes/" + matter)
		}
	case "withdraw":
		_, _, err = v.gate().WithdrawChange(ctx, v.id, matter, v.officer())
	default:
		err = errNowhere
	}
	if err != nil {
		return err
	}
	return v.to("/changes/" + matter)
}

func (v *visit) approveChange() error {
	return approve(v, "/changes/"+v.r.PathValue("matter"), v.gate().ApproveChange)
}

func (v *visit) announceChange() error {
	matter := v.r.PathValue("matter")
	since, err := day(v.r.PostFormValue("since"))
	if err == nil {
		_, _, err = v.gate().AnnounceChange(v.r.Context(), v.id, matter, v.officer(), since, strings.TrimSpace(v.r.PostFormValue("link")))
	}
	if err != nil {
		return err
	}
	return v.to("/changes/" + matter)
}
