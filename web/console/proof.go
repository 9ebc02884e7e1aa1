package console

import (
	"strconv"

	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// proof says how the log stands and leads to what anyone can check.
func (v *visit) proof() error {
	st, err := v.gate().Store().LogState(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	body := matterBody{Tabs: v.proofTabs(), Facts: []html.Line{
		{Name: v.t("proof.recorded"), Text: v.tongue.Number(st.Recorded)},
		{Name: v.t("proof.sealed"), Text: v.tongue.Number(st.Sealed)},
		{Name: v.t("proof.policy"), Text: string(v.program.Hash())},
		{Name: v.t("proof.checkpoint"), Link: &html.Link{Text: "/log/" + string(v.id) + "/checkpoint", Href: "/log/" + string(v.id) + "/checkpoint"}},
		{Name: v.t("proof.public"), Link: &html.Link{Text: "/proof/" + string(v.id), Href: "/proof/" + string(v.id)}},
	}}
	if v.may(officer.SeeOpenings) {
		body.Facts = append(body.Facts, html.Line{Name: v.t("openings.title"), Link: &html.Link{Text: v.t("openings.link"), Href: v.at("/openings")}})
	}
	t := table{Title: v.t("proof.last"), Head: []string{v.t("head.index"), v.t("head.kind"), v.t("head.verdict"), v.t("head.received"), v.t("head.rules")}, Empty: html.Empty{Title: v.t("proof.empty")}}
	for i := st.Recorded - 1; i >= 0 && i >= st.Recorded-20; i-- {
		e, err := v.gate().Evidence(v.r.Context(), v.id, i)
		if err != nil {
			return err
		}
		rules := ""
		for _, r := range e.Leaf.Rules {
			rules += string(r) + " "
		}
		t.Rows = append(t.Rows, []cell{{Text: strconv.FormatInt(i, 10)}, {Text: string(e.Leaf.Kind)}, {Text: e.Leaf.Verdict.String(), Badge: map[bool]string{true: "on", false: "bad"}[e.Leaf.Verdict.String() == "allow"]},
			{At: e.Leaf.At}, {Text: rules}})
	}
	body.Lists = []table{t}
	p := v.page("matter")
	p.Title, p.Lead = v.t("proof.title"), v.t("proof.lead")
	return v.matter(p, body)
}
