package console

import (
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// places lists where data may lie and move to, with what stands before a move.
func (v *visit) places() error {
	census, counted, err := v.gate().LastCensus(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	here := table{ID: "places", Title: v.t("places.list"), Head: []string{v.t("places.kind"), v.t("head.region"), v.t("places.operator"), v.t("places.here")}, Empty: html.Empty{Title: v.t("places.empty"), Text: v.t("places.empty-text")}}
	moves := table{ID: "moves", Title: v.t("places.moves"), Head: []string{v.t("head.region"), v.t("places.from"), v.t("places.mechanism"), v.t("places.notice"), v.t("head.choice"), v.t("consent.given")}, Empty: html.Empty{Title: v.t("places.no-moves")}}
	site := v.gate().Site()
	for i := range v.program.File().Places {
		e := &v.program.File().Places[i]
		stands := cell{Text: "–"}
		switch region := avow.Region(e.Region.Text); {
		case e.Kind.Text == "primary" && site.Region == region:
			stands = cell{Text: v.t("places.store"), Badge: "on"}
		case e.Kind.Text == "backup" && slices.Contains(site.Backups, region):
			stands = cell{Text: v.t("places.backup"), Badge: "on"}
		}
		operator := v.names("recipients", syntax.Texts(e.Operator))
		if operator.Text == "" {
			operator.Text = v.t("places.own")
		}
		here.Rows = append(here.Rows, []cell{{Text: v.word("place", e.Kind.Text)}, {Text: e.Region.Text}, operator, stands})
		if e.Mechanism.Text == "" || e.Mechanism.Text == "none-needed" && e.Kind.Text != "transfer" {
			continue
		}
		var from []string
		for _, r := range e.From {
			from = append(from, r.Text)
		}
		given := cell{Text: "–"}
		for _, n := range census.Choices {
			if counted && syntax.Has(e.Choice, string(n.Choice)) {
				given = v.figure(n.Given)
			}
		}
		moves.Rows = append(moves.Rows, []cell{{Text: e.Region.Text}, {Text: v.tongue.List(from)}, {Text: v.word("mechanism", e.Mechanism.Text)}, v.yes(e.Notice.On), v.names("choices", syntax.Texts(e.Choice)), given})
	}
	body := listBody{Tabs: v.disclosureTabs(), Tables: []table{here, moves}}
	p := v.page("places")
	p.Lead = v.t("places.lead")
	if site.Region == "" {
		p.Notices = append(p.Notices, html.Notice{Kind: "warn", Title: v.t("places.unsaid"), Text: v.t("places.unsaid-text")})
	}
	return v.list(p, body)
}
