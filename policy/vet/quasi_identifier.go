package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// quasiIdentifier looks for two or more kinds of data that are called
// non-personal, are taken at one place, and narrow people down together.
func quasiIdentifier(v *view) {
	for i := range v.file.Collect {
		a := &v.file.Collect[i]
		mine := v.quasi(a.Data)
		if len(mine) > 1 {
			narrow(v, mine, v.at(&a.Head, mine[1].Pos))
			continue
		}
		for j := i + 1; j < len(v.file.Collect) && len(mine) == 1; j++ {
			b := &v.file.Collect[j]
			theirs := v.quasi(b.Data)
			if len(theirs) == 1 && theirs[0].Text != mine[0].Text && len(shared(a.Points, b.Points)) > 0 {
				narrow(v, append(mine, theirs...), v.at(&a.Head, mine[0].Pos), v.at(&b.Head, theirs[0].Pos))
			}
		}
	}
}

// quasi are the data that are called non-personal and help to identify.
func (v *view) quasi(data []syntax.Word) []syntax.Word {
	var out []syntax.Word
	for _, w := range data {
		d := v.datum(w.Text)
		if d == nil || d.Class.Text != "non-personal" {
			continue
		}
		if t, ok := termOf(d); ok && (t.Level == vocab.LevelQuasi || t.Level == vocab.LevelLocation) {
			out = append(out, w)
		}
	}
	return out
}

func narrow(v *view, data []syntax.Word, places ...Place) {
	v.note(Finding{
		Severity: Warning, What: fmt.Sprintf("%s are called non-personal and are taken together", quote(syntax.Texts(data))),
		Why: "each alone fits many people, together they may fit one; what narrows down to few people is personal",
		Try: "declare them personal, or keep all but one of them out, or coarsen them until each combination fits many people",
	}, places...)
}
