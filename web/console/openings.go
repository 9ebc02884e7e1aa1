package console

import (
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// opening is the form that stands before everything that shows what is a person's:
// it asks for the reason. Who may not reveal values needs a ticket and sees contact
// details masked.
func (v *visit) opening(page, why string) form {
	reasons := html.Field{Name: "why", Label: v.t("look.why"), Hint: v.t("look.why-hint"), Required: true}
	for _, w := range gate.Whys() {
		reasons.Options = append(reasons.Options, html.Option{Value: w, Label: v.t("why." + w), Checked: w == why})
	}
	ticket := html.Field{Name: "ticket", Label: v.t("look.ticket"), Hint: v.t("look.ticket-hint"), Max: 64, Required: !v.may(officer.RevealValue)}
	fields := append(v.roleFields(), reasons, html.Field{Name: "said", Label: v.t("look.text"), Hint: v.t("look.text-hint"), Type: "textarea", Required: true, Max: 300, Rows: 2}, ticket)
	if v.may(officer.RevealValue) {
		fields = append(fields, html.Field{Name: "show", Label: v.t("look.show"), Required: true, Options: []html.Option{{Value: "masked", Label: v.t("look.masked")}, {Value: "full", Label: v.t("look.full")}}})
	}
	return form{Act: v.at(page), Title: v.t("open.title"), Lead: v.t("open.lead"), Button: v.t("open.button"), Fields: fields}
}

// whole are the fields of an opening that cannot be masked. Who needs a ticket is
// offered the number of the matter.
func (v *visit) whole(number, why string) []html.Field {
	var out []html.Field
	for _, f := range v.opening("", why).Fields {
		if f.Name == "ticket" && f.Required {
			f.Value = number
		}
		if f.Name != "show" {
			out = append(out, f)
		}
	}
	return out
}

// look is the reason that the form gave.
func (v *visit) look() (*gate.Look, error) {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	o := &gate.Look{Why: get("why"), Text: get("said"), Ticket: get("ticket"), Masked: get("show") != "full"}
	if !o.Masked {
		return o, v.needs(officer.RevealValue)
	}
	if o.Ticket == "" && !v.may(officer.RevealValue) {
		return o, &avow.Error{Code: avow.Invalid, Message: "this role opens nothing without a ticket", Try: "give the number of the case"}
	}
	return o, nil
}

// roleFields ask in which role of the policy somebody acts who has several.
func (v *visit) roleFields() []html.Field {
	acts := v.acts()
	if len(acts) < 2 {
		return nil
	}
	f := html.Field{Name: "role", Label: v.t("field.role"), Required: true}
	for _, role := range acts {
		f.Options = append(f.Options, html.Option{Value: string(role), Label: v.named("roles", string(role))})
	}
	return []html.Field{f}
}

// openings lists who opened what of people's, and why, for those who watch over it.
// It opens nothing itself.
func (v *visit) openings() error {
	all, err := v.gate().Looks(v.r.Context(), v.id, most)
	if err != nil {
		return err
	}
	t := table{ID: "openings", Title: v.t("openings.last"), Head: []string{v.t("head.opened"), v.t("head.person"), v.t("head.role"), v.t("head.what"), v.t("look.why"), v.t("look.text"), v.t("look.ticket")},
		Empty: html.Empty{Title: v.t("openings.empty")}}
	for i := range all {
		b, by := &all[i].Body, all[i].Steps[0].By
		what := v.word("opens", b.What)
		if !b.Masked {
			what += " · " + v.t("look.full")
		}
		t.Rows = append(t.Rows, []cell{{At: all[i].Opened}, {Text: by.Person}, {Text: v.named("roles", string(by.Role))}, {Text: what}, {Text: v.word("why", b.Why)}, {Text: b.Text}, {Text: b.Ticket}})
	}
	p := v.page("openings")
	p.Lead, p.Back = v.t("openings.lead"), &html.Link{Text: v.t("nav.proof"), Href: v.at("/proof")}
	return v.list(p, listBody{Tabs: v.proofTabs(), Tables: []table{t}})
}
