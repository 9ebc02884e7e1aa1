package vet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// staleLaw looks for texts that cite an instrument which has been replaced, has
// not begun or is a draft.
func staleLaw(v *view) {
	for _, e := range v.entries {
		seen := map[string]bool{}
		for _, s := range citing(e) {
			for _, p := range v.packs {
				for _, in := range p.Instruments {
					if !in.Binds(v.today) && !seen[in.ID] && cites(s.Text, in, p) {
						seen[in.ID] = true
						v.staleCitation(e.Head, s.Pos, p, in)
					}
				}
			}
		}
	}
}

func (v *view) staleCitation(h *syntax.Head, pos syntax.Pos, p law.Pack, in law.Instrument) {
	f := Finding{Severity: Warning, Try: "cite a text that binds today"}
	by, replaced := p.Instrument(in.SupersededBy)
	switch {
	case in.Kind == law.Draft:
		f.What, f.Why = fmt.Sprintf("%s cites %s, a draft", h.ID.Text, nameOf(in)), "a draft binds nobody"
	case v.today < in.InForce:
		f.What = fmt.Sprintf("%s cites %s, which is not in force", h.ID.Text, nameOf(in))
		f.Why = "it binds from " + string(in.InForce) + " on"
	default:
		f.What = fmt.Sprintf("%s cites %s, which has been replaced", h.ID.Text, nameOf(in))
		f.Why = "it does not bind since " + string(in.SupersededOn)
		if replaced {
			f.Try = "cite " + nameOf(by)
		}
	}
	v.note(f, v.at(h, pos))
}

// nameOf is how an instrument is best cited: a number as it is, a law by its
// name.
func nameOf(in law.Instrument) string {
	if in.Kind == law.Standard || in.Citation != "" && in.Citation[0] < utf8.RuneSelf {
		return in.Citation
	}
	return in.Title.En
}

// citing are the texts of an entry in which a law may be cited: its note and,
// for a hold, its statute.
func citing(e syntax.Entry) []syntax.Str {
	var out []syntax.Str
	if h, ok := e.Value.(*syntax.Hold); ok {
		out = append(out, h.Statute)
	}
	for _, lang := range []string{"", "en", "zh"} {
		if s, ok := e.Head.Note.By[lang]; ok {
			out = append(out, s)
		}
	}
	return out
}

// cites reports whether a text names the instrument by one of its names. A
// name that is part of a longer name of another instrument does not count.
func cites(text string, in law.Instrument, p law.Pack) bool {
	for _, name := range namesOf(in) {
		if at := named(text, name); at >= 0 && !longer(text, at, name, in, p) {
			return true
		}
	}
	return false
}

func namesOf(in law.Instrument) []string {
	return append([]string{in.Citation, in.Title.En, in.Title.Zh}, in.Aliases...)
}

// named finds a name in a text as a whole word, or returns -1.
func named(text, name string) int {
	if name == "" {
		return -1
	}
	text, name = strings.ToLower(text), strings.ToLower(name)
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return -1
		}
		at := from + i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		if !latin(before) && !latin(after) {
			return at
		}
		from = at + len(name)
	}
}

// latin reports letters and digits that would make a name part of a longer
// word. Chinese has no spaces, so its characters never do.
func latin(r rune) bool { return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// longer reports whether another instrument's longer name stands at the place.
func longer(text string, at int, name string, in law.Instrument, p law.Pack) bool {
	for _, o := range p.Instruments {
		if o.ID == in.ID {
			continue
		}
		for _, n := range namesOf(o) {
			if len(n) > len(name) && strings.Contains(strings.ToLower(n), strings.ToLower(name)) && named(text, n) >= 0 {
				return true
			}
		}
	}
	return false
}
