package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// residencyWidening looks for copies outside the place that is named as the
// place of storage.
func residencyWidening(v *view) {
	for i := range v.file.Places {
		p := &v.file.Places[i]
		if p.Kind.Text == "transfer" {
			continue
		}
		for _, w := range p.Operator {
			if o := v.party(w.Text); o != nil && o.Region.Text != "" && o.Region.Text != p.Region.Text {
				v.note(Finding{
					Severity: Warning, What: fmt.Sprintf("%s lies in %s, and %s, which runs it, is in %s", p.ID.Text, p.Region.Text, o.ID.Text, o.Region.Text),
					Why: "who runs the servers can reach the data from where it is",
					Try: "declare the other place as a transfer, with its mechanism",
				}, v.at(&p.Head, w.Pos), v.on(&o.Head))
			}
		}
		if p.Kind.Text == "primary" {
			backups(v, p)
		}
	}
}

func backups(v *view, primary *syntax.Place) {
	for i := range v.file.Places {
		b := &v.file.Places[i]
		if b.Kind.Text != "backup" || b.Region.Text == primary.Region.Text {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s is in %s, and copies go to %s in %s", primary.ID.Text, primary.Region.Text, b.ID.Text, b.Region.Text),
			Why: "a copy is the data: where it lies, the law and the authorities of that place reach it",
			Try: "keep backups in the region of the primary place",
		}, v.on(&b.Head), v.on(&primary.Head))
	}
}
