package console

import (
	"strings"

	"avow.dev/web/html"
)

// data is the inventory: every kind of data with why it is held, for how long and
// who reads it.
func (v *visit) data() error {
	f := v.program.File()
	t := table{Title: v.t("data.kinds"), Head: []string{v.t("head.datum"), v.t("head.purposes"), v.t("head.points"), v.t("head.kept"), v.t("head.readers"), v.t("head.leaves")},
		Empty: html.Empty{Title: v.t("data.empty")}}
	names := func(section string, ids []string) cell {
		var out []string
		for _, id := range ids {
			out = append(out, v.named(section, id))
		}
		return cell{Text: strings.Join(out, ", ")}
	}
	for i := range f.Data {
		id := f.Data[i].ID.Text
		var purposes, points, kept, readers, leaves []string
		for j := range f.Collect {
			if r := &f.Collect[j]; has(r.Data, id) {
				purposes, points = once(purposes, r.For), once(points, r.Points)
			}
		}
		for j := range f.Use {
			if r := &f.Use[j]; has(r.Data, id) {
				purposes, readers = once(purposes, r.For), once(readers, r.By)
			}
		}
		for j := range f.Share {
			if r := &f.Share[j]; has(r.Data, id) {
				leaves = once(leaves, r.To)
			}
		}
		for j := range f.Retain {
			if r := &f.Retain[j]; has(r.Data, id) {
				kept = append(kept, r.Keep.Period.String()+" "+v.word("after", r.Keep.After.Text))
			}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.named("data", id)}, names("purposes", purposes), names("points", points), {Text: strings.Join(kept, "; ")}, names("roles", readers), names("recipients", leaves)})
	}
	p := v.page("data")
	p.Lead = v.t("data.lead", "n", len(f.Data))
	return v.list(p, listBody{Tables: []table{t}})
}
