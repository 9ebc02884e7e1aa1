package notice

import (
	"errors"
	"time"

	"avow.dev/policy/syntax"
)

// unsayable is what cannot be put into words, and where it stands.
type unsayable struct {
	pos syntax.Pos
	err error
}

func (u *unsayable) Error() string { return u.err.Error() }
func (u *unsayable) Unwrap() error { return u.err }

// Faults renders a policy that compiles in each of its languages, and returns what
// keeps it from being published: the first fault of each language, at the rule that
// cannot be put into words.
func Faults(f *syntax.File, now time.Time) syntax.Faults {
	var out syntax.Faults
	for _, lang := range f.Languages {
		_, err := Render(f, Options{Lang: lang.Text, Now: now})
		if err == nil {
			continue
		}
		pos := f.Policy.Pos
		if u, ok := errors.AsType[*unsayable](err); ok {
			pos, err = u.pos, u.err
		}
		out = append(out, f.Fault(pos, "not-renderable", "the text cannot be written in "+lang.Text+": "+err.Error(),
			"people could not read what holds for them", "give the words that are missing, in every language of the policy"))
	}
	out.Sort()
	return out
}
