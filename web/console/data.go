package console

import (
	"slices"
	"strings"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// data is the inventory: every kind of data with why it is held, in which form, for how
// long, how much of it there is, and where it comes from and goes to.
func (v *visit) data() error {
	census, counted, err := v.gate().LastCensus(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	only := v.r.URL.Query().Get("datum")
	if !slices.ContainsFunc(v.program.Data(), func(d policy.DatumInfo) bool { return string(d.Slug) == only }) {
		only = ""
	}
	held := table{ID: "inventory", Title: v.t("data.kinds"), Empty: html.Empty{Title: v.t("data.empty")},
		Head: []string{v.t("head.datum"), v.t("head.purposes"), v.t("head.level"), v.t("head.form"), v.t("head.kept"), v.t("head.people"), v.t("head.values"), v.t("head.oldest"), v.t("head.next")}}
	flow := table{ID: "ways", Title: v.t("data.ways"), Head: []string{v.t("head.datum"), v.t("head.points"), v.t("head.readers"), v.t("head.leaves")}}
	for _, d := range v.program.Data() {
		if only != "" && string(d.Slug) != only {
			continue
		}
		w := v.waysOf(string(d.Slug))
		name := cell{Text: v.named("data", string(d.Slug)), Link: v.at("/data?datum=" + string(d.Slug))}
		people, values, oldest, next := cell{Text: "–"}, cell{Text: "–"}, cell{Text: "–"}, cell{Text: "–"}
		if i := slices.IndexFunc(census.Data, func(n gate.DatumCount) bool { return n.Datum == d.Slug }); counted && i >= 0 {
			n := &census.Data[i]
			people, values, oldest, next = v.figure(n.People), v.figure(n.Values), moment(n.Oldest), v.until(n.Next)
		}
		form := v.word("held", d.Held)
		for _, id := range d.Ingest {
			if info, ok := v.program.Form(id); ok {
				form += ", " + v.word("do", info.Do)
			}
		}
		held.Rows = append(held.Rows, []cell{name, v.names("purposes", w.purposes), {Text: v.word("level", d.Level)}, {Text: form}, {Text: strings.Join(w.kept, "; ")}, people, values, oldest, next})
		flow.Rows = append(flow.Rows, []cell{name, v.names("points", w.points), v.names("roles", w.readers), v.names("recipients", w.leaves)})
	}
	p := v.page("data")
	p.Lead = v.t("data.lead", "n", len(v.program.Data()))
	body := listBody{Picture: v.dataMap(only), Tables: []table{held, flow}}
	if err := v.censusOn(&p, &body, &census, counted); err != nil {
		return err
	}
	body.Forms = v.countingForm("data")
	return v.list(p, body)
}

// countingForm has everybody counted anew, from one of the pages that show figures.
func (v *visit) countingForm(page string) []form {
	if !v.may(officer.TakeCensus) {
		return nil
	}
	return []form{{Act: v.at("/census"), Title: v.t("census.take"), Lead: v.t("census.take-lead"), Button: v.t("census.take-button"), Kind: "secondary", Hidden: map[string]string{"page": page}}}
}

// censusOn says when figures were counted, and how far counting them anew has come.
func (v *visit) censusOn(p *html.Page, body *listBody, last *gate.Census, counted bool) error {
	c, under, err := v.gate().CensusUnderWay(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	switch {
	case under:
		body.Bars = append(body.Bars, v.counting(&c))
	case !counted:
		p.Notices = append(p.Notices, html.Notice{Kind: "info", Title: v.t("census.none"), Text: v.t("census.none-text")})
	}
	if counted {
		body.Lead = []html.Line{{Name: v.t("census.people"), Text: v.tongue.Number(last.People)}, {Name: v.t("census.at"), Text: v.tongue.Moment(last.At)}}
	}
	return nil
}

// census has everybody counted anew; the page that it leads to says how far that is.
func (v *visit) census() error {
	if err := v.gate().BeginCensus(v.r.Context(), v.id, v.officer()); err != nil {
		return err
	}
	return v.back("/" + slug(v.r.PostFormValue("page")))
}

// names is a cell with the names of entries of the policy.
func (v *visit) names(section string, ids []string) cell {
	var out []string
	for _, id := range ids {
		out = append(out, v.named(section, id))
	}
	return cell{Text: strings.Join(out, ", ")}
}

// slug keeps a slug, and nothing that leads elsewhere.
func slug(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }) {
		return ""
	}
	return s
}
