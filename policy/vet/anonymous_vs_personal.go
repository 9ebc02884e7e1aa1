package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// anonymousVsPersonal looks for one function that collects for one purpose both
// anonymous and personal data.
func anonymousVsPersonal(v *view) {
	for i := range v.file.Collect {
		a := &v.file.Collect[i]
		if !v.anonymous(a.Data) {
			continue
		}
		for j := range v.file.Collect {
			b := &v.file.Collect[j]
			if v.anonymous(b.Data) || len(shared(a.Features, b.Features)) == 0 || len(shared(a.For, b.For)) == 0 {
				continue
			}
			v.note(Finding{
				Severity: Warning,
				What:     fmt.Sprintf("%s is anonymous and %s is personal, both in %s", a.ID.Text, b.ID.Text, shared(a.Features, b.Features)[0].Text),
				Why:      "what the person sends together can be put together; the stricter reading holds for both",
				Try:      "declare the data of both personal, or collect them in different functions, and keep them apart under mixing",
			}, v.on(&a.Head), v.on(&b.Head))
		}
	}
}

// anonymous reports whether all the data is declared to be nobody's.
func (v *view) anonymous(data []syntax.Word) bool {
	return !slices.ContainsFunc(data, func(w syntax.Word) bool { d := v.datum(w.Text); return d == nil || personal(d) })
}
