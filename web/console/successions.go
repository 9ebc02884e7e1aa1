package console

import (
	"encoding/hex"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// successions lists the cases in which control of the data moves.
func (v *visit) successions() error {
	all, older, err := paged(v, func(m *gate.Succession) string { return m.ID }, v.gate().Successions)
	if err != nil {
		return err
	}
	t := table{ID: "successions", Title: v.t("successions.list"), Older: older, Head: []string{v.t("succession.name"), v.t("succession.case"), v.t("head.state"), v.t("succession.bound"), v.t("head.people"), v.t("head.received")},
		Empty: html.Empty{Title: v.t("successions.empty"), Text: v.t("successions.empty-text")}}
	for i := range all {
		m := &all[i]
		t.Rows = append(t.Rows, []cell{{Text: m.Body.Name, Link: v.at("/successions/" + m.ID)}, {Text: v.word("case", m.Body.Case)}, v.stateOf(m.State), v.yes(m.Body.Bound()), v.figure(m.Body.Moving.People), {At: m.Opened}})
	}
	body := listBody{Tabs: v.disclosureTabs(), Tables: []table{t}}
	p := v.page("successions")
	if len(v.program.File().Succeed) == 0 {
		p.Notices = append(p.Notices, html.Notice{Kind: "info", Title: v.t("successions.no-rule")})
	} else if v.may(officer.WorkSuccessions) {
		f := v.succeeding(&gate.Succeeding{})
		f.Act, f.Button, f.Kind = v.at("/successions/binding"), v.t("succession.binding-button"), ""
		f.Title, f.Lead = v.t("succession.propose"), v.t("succession.propose-lead")
		body.Forms = []form{f}
	}
	return v.list(p, body)
}

func (v *visit) yes(is bool) cell {
	if is {
		return cell{Text: v.t("yes"), Badge: "on"}
	}
	return cell{Text: v.t("no"), Badge: "off"}
}

// succeeding asks who takes over, in which case, and by which deed.
func (v *visit) succeeding(s *gate.Succeeding) form {
	f := v.program.File()
	var rules, cases, heirs []string
	for i := range f.Succeed {
		rules, cases = append(rules, f.Succeed[i].ID.Text), once(cases, f.Succeed[i].When)
	}
	for i := range f.Parties {
		if f.Parties[i].Kind.Text == "successor" {
			heirs = append(heirs, f.Parties[i].ID.Text)
		}
	}
	which := v.listed("case", v.t("succession.case"), "", cases)
	for i := range which.Options {
		which.Options[i].Label = v.word("case", which.Options[i].Value)
	}
	told := html.Field{Name: "told", Label: v.t("succession.told"), Type: "date"}
	if !s.Told.IsZero() {
		told.Value = s.Told.Format("2006-01-02")
	}
	out := form{Fields: []html.Field{v.listed("rule", v.t("head.rule"), "", rules), which, v.listed("recipient", v.t("succession.heir"), "recipients", heirs),
		{Name: "name", Label: v.t("succession.name"), Value: s.Name, Required: true, Max: 200}, {Name: "document", Label: v.t("succession.deed"), Hint: v.t("field.document-hint"), Value: s.Document, Required: true, Max: 64, Pattern: "[0-9a-f]{64}"},
		{Name: "key", Label: v.t("succession.key"), Hint: v.t("succession.key-hint"), Value: s.Key, Max: 128}, {Name: "notice", Label: v.t("succession.notice"), Value: s.Notice, Max: 64, Pattern: "[0-9a-f]{64}"}, told}}
	for i, value := range []string{string(s.Rule), s.Case, string(s.Recipient)} {
		for j := range out.Fields[i].Options {
			out.Fields[i].Options[j].Checked = out.Fields[i].Options[j].Value == value
		}
	}
	return out
}

func (v *visit) succeeded() (*gate.Succeeding, error) {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(v.r.PostFormValue(name), "\r\n", "\n"))
	}
	s := &gate.Succeeding{Rule: avow.RuleID(get("rule")), Case: get("case"), Recipient: avow.Recipient(get("recipient")), Name: get("name"), Document: get("document"), Key: get("key"), Signer: get("signer"), Notice: get("notice")}
	if signed := get("signed"); signed != "" {
		s.Signed = signed + "\n" // a note ends with the end of its last line
	}
	var err error
	s.Told, err = day(get("told"))
	return s, err
}

// bindSuccession shows the text that the successor signs, and takes the signature.
func (v *visit) bindSuccession() error {
	s, err := v.succeeded()
	if err != nil {
		return err
	}
	f := v.succeeding(s)
	f.Act, f.Title, f.Lead, f.Button = v.at("/successions"), v.t("succession.sign"), v.t("succession.sign-lead"), v.t("succession.sign-button")
	f.Fields = append(f.Fields, html.Field{Name: "signer", Label: v.t("succession.signer"), Max: 512}, html.Field{Name: "signed", Label: v.t("succession.signed"), Hint: v.t("succession.signed-hint"), Type: "textarea", Rows: 9, Max: 8192})
	p := v.page("matter")
	p.Title, p.Back = v.t("succession.propose"), &html.Link{Text: v.t("tab.successions"), Href: v.at("/successions")}
	return v.matter(p, matterBody{Texts: []textOf{{Title: v.t("succession.binding"), Text: gate.Binding(v.id, v.program.Hash(), s), Lang: "en"}}, Forms: []form{f}})
}

func (v *visit) proposeSuccession() error {
	s, err := v.succeeded()
	if err != nil {
		return err
	}
	m, _, err := v.gate().ProposeSuccession(v.r.Context(), v.id, v.officer(), s)
	if err != nil {
		return err
	}
	return v.to("/successions/" + m.ID)
}

// succession shows one: who signed what, who approved, what resets and how far it is.
func (v *visit) succession() error {
	m, err := v.gate().ReadSuccession(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	s := &m.Body
	does := v.t("succession.resets")
	if s.Bound() {
		does = v.t("succession.hands-over")
	}
	fact := func(key, text string) html.Line { return html.Line{Name: v.t(key), Text: text} }
	body := matterBody{Steps: v.steps(m.Steps), Facts: []html.Line{fact("head.state", v.word("state", m.State)), fact("succession.name", s.Name), fact("succession.heir", v.named("recipients", string(s.Recipient))),
		fact("succession.case", v.word("case", s.Case)), fact("succession.deed", s.Document), fact("succession.does", does), fact("succession.key", s.Key), fact("succession.signer", s.Signer), fact("succession.told", v.tongue.Date(s.Told)),
		fact("proof.policy", string(s.Policy)), fact("head.approvals", v.approvals(&m.Proposal)), fact("head.people", v.tongue.Number(s.Moving.People)), fact("succession.refused", v.tongue.Number(s.Moving.Refused)),
		fact("succession.chain", hex.EncodeToString(s.Moving.Chain[:]))}}
	if s.Bound() {
		body.Texts = []textOf{{Title: v.t("succession.signed"), Text: s.Signed, Lang: "en", Fold: true}}
	} else {
		body.Lists = []table{v.resetTable()}
	}
	at := v.at("/successions/" + m.ID)
	step := func(name, kind string) form {
		return form{Act: at + "/" + name, Title: v.t("succession." + name), Lead: v.t("succession." + name + "-lead"), Button: v.t("succession." + name + "-button"), Kind: kind}
	}
	if m.State == "proposed" && v.may(officer.ApproveSuccessions) {
		body.Forms = append(body.Forms, v.approving(at+"/approve", &m.Proposal))
	}
	if v.may(officer.WorkSuccessions) {
		if m.State == "approved" || m.State == "under-way" {
			body.Forms = append(body.Forms, step("move", ""))
		}
		if m.State == "under-way" && s.Bound() {
			body.Forms = append(body.Forms, step("again", "secondary"))
		}
		if m.State != "done" && m.State != "withdrawn" {
			body.Forms = append(body.Forms, step("withdraw", "secondary"))
		}
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.succession"), &html.Link{Text: v.t("tab.successions"), Href: v.at("/successions")}
	return v.matter(p, body)
}

// resetTable lists what people are asked anew if a successor is not bound.
func (v *visit) resetTable() table {
	t := table{ID: "resets", Title: v.t("succession.reset"), Head: []string{v.t("head.choice"), v.t("head.purposes"), v.t("head.leaves")}, Empty: html.Empty{Title: v.t("consent.none")}}
	for i := range v.program.File().Choices {
		c := &v.program.File().Choices[i]
		t.Rows = append(t.Rows, []cell{{Text: v.named("choices", c.ID.Text)}, v.names("purposes", syntax.Texts(c.For)), v.names("recipients", syntax.Texts(c.To))})
	}
	return t
}

func (v *visit) approveSuccession() error {
	return approve(v, "/successions/"+v.r.PathValue("matter"), v.gate().ApproveSuccession)
}

// moveSuccession does the next page, or the last one again: a file that only the
// successor opens, where there is anything to hand over.
func (v *visit) moveSuccession(again bool) error {
	matter := v.r.PathValue("matter")
	moved, err := v.gate().MoveOn(v.r.Context(), v.id, matter, v.officer(), again)
	if err != nil {
		return err
	}
	if len(moved.Sealed) == 0 {
		return v.to("/successions/" + matter)
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", `attachment; filename="page-`+v.tongue.Number(moved.Succession.Body.Moving.Page)+`.age"`)
	_, err = v.w.Write(moved.Sealed)
	return err
}

func (v *visit) stepSuccession() error {
	matter := v.r.PathValue("matter")
	switch v.r.PathValue("step") {
	case "move":
		return v.moveSuccession(false)
	case "again":
		return v.moveSuccession(true)
	case "withdraw":
		if _, _, err := v.gate().WithdrawSuccession(v.r.Context(), v.id, matter, v.officer()); err != nil {
			return err
		}
		return v.to("/successions/" + matter)
	}
	return errNowhere
}
