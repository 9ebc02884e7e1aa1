package console

import (
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// holds lists legal holds, and not on whom they are.
func (v *visit) holds() error {
	all, older, err := paged(v, func(m *gate.Hold) string { return m.ID }, v.gate().Holds)
	if err != nil {
		return err
	}
	t := table{ID: "holds", Title: v.t("holds.list"), Older: older, Head: []string{v.t("hold.case"), v.t("head.rule"), v.t("field.statute"), v.t("head.state"), v.t("head.until"), v.t("head.approvals")},
		Empty: html.Empty{Title: v.t("holds.empty"), Text: v.t("holds.empty-text")}}
	for i := range all {
		m := &all[i]
		t.Rows = append(t.Rows, []cell{{Text: m.Body.Case, Link: v.at("/holds/" + m.ID)}, {Text: string(m.Body.Rule)}, {Text: m.Body.Statute}, v.stateOf(m.State), v.until(m.Body.Until), {Text: v.approvals(&m.Proposal)}})
	}
	body := listBody{Tabs: v.disclosureTabs(), Tables: []table{t}}
	if v.may(officer.SetHolds) && len(v.program.Holds()) > 0 {
		var rules []string
		for _, h := range v.program.Holds() {
			rules = append(rules, string(h.ID))
		}
		body.Forms = []form{{Act: v.at("/holds"), Title: v.t("hold.propose"), Lead: v.t("hold.propose-lead"), Button: v.t("hold.propose-button"), Fields: []html.Field{
			{Name: "person", Label: v.t("hold.person"), Hint: v.t("consent.person-hint"), Required: true, Max: 256}, v.listed("rule", v.t("head.rule"), "", rules), {Name: "case", Label: v.t("hold.case"), Hint: v.t("hold.case-hint"), Required: true, Max: 128},
			{Name: "statute", Label: v.t("field.statute"), Required: true, Max: 500}, {Name: "until", Label: v.t("head.until"), Type: "date", Required: true}}}}
	}
	p := v.page("holds")
	p.Lead = v.t("holds.lead")
	return v.list(p, body)
}

// hold shows one hold. On whom it is, is not said.
func (v *visit) hold() error {
	m, err := v.gate().ReadHold(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	fact := func(key, text string) html.Line { return html.Line{Name: v.t(key), Text: text} }
	body := matterBody{Steps: v.steps(m.Steps), Facts: []html.Line{fact("head.state", v.word("state", m.State)), fact("hold.case", m.Body.Case), fact("head.rule", string(m.Body.Rule)), fact("field.statute", m.Body.Statute),
		fact("head.until", v.tongue.Moment(m.Body.Until)), fact("head.approvals", v.approvals(&m.Proposal))}}
	if m.State == "in-force" && !m.Body.Ending.At.IsZero() {
		body.Facts = append(body.Facts, fact("hold.ending", v.approvals(&m.Body.Ending)))
	}
	at := v.at("/holds/" + m.ID)
	if v.may(officer.SetHolds) {
		if m.State == "proposed" {
			body.Forms = append(body.Forms, v.approving(at+"/approve", &m.Proposal))
		}
		if m.State == "proposed" || m.State == "in-force" {
			lead := v.t("hold.release-lead", "n", 1+len(m.Proposal.Approved))
			if m.State == "proposed" {
				lead = v.t("hold.withdraw-lead")
			}
			body.Forms = append(body.Forms, form{Act: at + "/release", Title: v.t("hold.release"), Lead: lead, Button: v.t("hold.release-button"), Kind: "secondary"})
		}
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.hold"), &html.Link{Text: v.t("tab.holds"), Href: v.at("/holds")}
	return v.matter(p, body)
}

func (v *visit) proposeHold() error {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	until, err := day(get("until"))
	if err != nil {
		return err
	}
	m, _, err := v.gate().ProposeHold(v.r.Context(), v.id, v.officer(), avow.SubjectRef(get("person")), &gate.Holding{Rule: avow.RuleID(get("rule")), Case: get("case"), Statute: get("statute"), Until: until})
	if err != nil {
		return err
	}
	return v.to("/holds/" + m.ID)
}

func (v *visit) approveHold() error {
	return approve(v, "/holds/"+v.r.PathValue("matter"), v.gate().ApproveHold)
}

func (v *visit) releaseHold() error {
	matter := v.r.PathValue("matter")
	if _, _, err := v.gate().ReleaseHold(v.r.Context(), v.id, matter, v.officer()); err != nil {
		return err
	}
	return v.to("/holds/" + matter)
}
