package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// vacuousPromise looks for promises about stored data in a policy that collects
// nothing.
func vacuousPromise(v *view) {
	if len(v.file.Collect) > 0 {
		return
	}
	no := neverCollects(v)
	promise := func(h *syntax.Head) {
		places := []Place{v.on(h)}
		if no != nil {
			places = []Place{v.on(&no.Head), v.on(h)}
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s promises something about data, and no rule collects any", h.ID.Text),
			Why: "a promise about nothing cannot be broken; readers take it for a sign that data is held",
			Try: "take the promise out, or say openly that it holds for lack of data",
		}, places...)
	}
	f := v.file
	for i := range f.Use {
		promise(&f.Use[i].Head)
	}
	for i := range f.Protect {
		if aboutValues(f.Protect[i].Measure) {
			promise(&f.Protect[i].Head)
		}
	}
	for i := range f.Retain {
		promise(&f.Retain[i].Head)
	}
	for i := range f.Holds {
		promise(&f.Holds[i].Head)
	}
	for i := range f.Erasure {
		promise(&f.Erasure[i].Head)
	}
}

// neverCollects returns the rule that nothing at all is collected, or nil.
func neverCollects(v *view) *syntax.Never {
	i := slices.IndexFunc(v.file.Never, func(n syntax.Never) bool {
		return syntax.Has(n.Verbs, "collect") && len(n.Data) == 0 && len(n.For) == 0
	})
	if i < 0 {
		return nil
	}
	return &v.file.Never[i]
}

// aboutValues reports whether measures concern nothing but values at rest. The
// others protect the service as well.
func aboutValues(measures []syntax.Word) bool {
	return !slices.ContainsFunc(measures, func(w syntax.Word) bool {
		switch w.Text {
		case "desensitise-at-collection", "no-plaintext", "unlinkable-tables", "encrypt-fields", "masked-display":
			return false
		}
		return true
	})
}
