package console

import (
	"slices"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// consent says how people have answered: counts for each choice, purpose and
// recipient, and nobody's own word. One person's history is opened by its own form.
func (v *visit) consent() error {
	census, counted, err := v.gate().LastCensus(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	byChoice := table{ID: "choices", Title: v.t("consent.choices"), Head: append([]string{v.t("head.choice"), v.t("head.kind")}, v.rateHeads()...), Empty: html.Empty{Title: v.t("consent.none")}}
	byPurpose := table{ID: "purposes", Title: v.t("consent.purposes"), Head: append([]string{v.t("head.purposes"), v.t("head.choice")}, v.rateHeads()...)}
	byRecipient := table{ID: "recipients", Title: v.t("consent.recipients"), Head: append([]string{v.t("head.recipient"), v.t("head.choice")}, v.rateHeads()...), Empty: html.Empty{Title: v.t("consent.no-recipients")}}
	for i := range v.program.File().Choices {
		c := &v.program.File().Choices[i]
		name := cell{Text: v.named("choices", c.ID.Text)}
		rates := v.rates(&census, avow.Choice(c.ID.Text), counted)
		byChoice.Rows = append(byChoice.Rows, slices.Concat([]cell{name, {Text: v.word("choice", c.Kind.Text)}}, rates))
		for _, p := range c.For {
			byPurpose.Rows = append(byPurpose.Rows, slices.Concat([]cell{{Text: v.named("purposes", p.Text)}, name}, rates))
		}
		for _, r := range c.To {
			byRecipient.Rows = append(byRecipient.Rows, slices.Concat([]cell{{Text: v.named("recipients", r.Text)}, name}, rates))
		}
	}
	p := v.page("consent")
	p.Lead = v.t("consent.lead")
	body := listBody{Tables: []table{byChoice, byPurpose, byRecipient}}
	if err := v.censusOn(&p, &body, &census, counted); err != nil {
		return err
	}
	if v.may(officer.OpenConsents) {
		body.Forms = append(body.Forms, v.lookingUp())
	}
	body.Forms = append(body.Forms, v.countingForm("consent")...)
	return v.list(p, body)
}

func (v *visit) rateHeads() []string {
	return []string{v.t("consent.given"), v.t("consent.refused"), v.t("consent.withdrawn"), v.t("consent.expired"), v.t("consent.not-asked"), v.t("consent.rate")}
}

// rates are the counts of a choice. The rate is that of a yes among those who
// answered.
func (v *visit) rates(c *gate.Census, choice avow.Choice, counted bool) []cell {
	i := slices.IndexFunc(c.Choices, func(n gate.ChoiceCount) bool { return n.Choice == choice })
	if !counted || i < 0 {
		return slices.Repeat([]cell{{Text: "–"}}, 6)
	}
	n := &c.Choices[i]
	answered := n.Given + n.Refused + n.Withdrawn + n.Expired
	rate := cell{Text: "–"}
	if answered > 0 {
		rate = cell{Text: v.tongue.Number((n.Given*100+answered/2)/answered) + " %", Right: true}
	}
	return []cell{v.figure(n.Given), v.figure(n.Refused), v.figure(n.Withdrawn), v.figure(n.Expired), v.figure(max(c.People-answered, 0)), rate}
}
