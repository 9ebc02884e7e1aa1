package vet

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"avow.dev/policy/syntax"
)

// languageDrift looks for clauses that stand in one language of the original
// text only, and for labels and notes whose languages differ in substance: one
// is not translated, or they name different figures.
func languageDrift(v *view) {
	if len(v.file.Languages) < 2 {
		return
	}
	oneLanguage(v)
	for _, e := range v.entries {
		for _, t := range published(e) {
			untranslated(v, e.Head, t)
			otherFigures(v, e.Head, t)
		}
	}
}

// oneLanguage reports entries that carry a clause of one language, beside the
// promise that all languages say the same.
func oneLanguage(v *view) {
	only := map[string]string{}
	for _, c := range v.file.Clauses {
		if c.Only.Text != "" {
			only[c.ID.Text] = c.Only.Text
		}
	}
	var equal *syntax.Openness
	for i := range v.file.Openness {
		if e := &v.file.Openness[i]; e.Rule.Text == "same-in-all-languages" {
			equal = e
		}
	}
	for _, e := range v.entries {
		for _, w := range e.Head.Clause {
			lang := only[w.Text]
			if lang == "" {
				continue
			}
			places := []Place{v.at(e.Head, w.Pos)}
			if equal != nil {
				places = append(places, v.on(&equal.Head))
			}
			v.note(Finding{
				Severity: Notice, What: fmt.Sprintf("%s is promised in one language of the original text only (%s)", e.Head.ID.Text, lang),
				Why: "people who read another language are promised less",
				Try: "accept the finding and say that the rule holds in every language, and correct the original",
			}, places...)
		}
	}
}

// published are the texts of an entry that people read in each language.
func published(e syntax.Entry) []syntax.Text {
	out := []syntax.Text{e.Head.Note}
	for _, a := range e.Head.Accept {
		out = append(out, a.Reason)
	}
	switch x := e.Value.(type) {
	case *syntax.Choice:
		out = append(out, x.Name)
	case *syntax.Purpose:
		out = append(out, x.Name)
	case *syntax.Datum:
		out = append(out, x.Name)
	case *syntax.Feature:
		out = append(out, x.Name)
	}
	return out
}

// untranslated finds a Chinese text without a Chinese character. A name may
// stand in Latin letters, a sentence may not.
func untranslated(v *view, h *syntax.Head, t syntax.Text) {
	zh, ok := t.By["zh"]
	if !ok || len(strings.Fields(zh.Text)) < 3 || strings.ContainsFunc(zh.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return
	}
	v.note(Finding{
		Severity: Warning, What: fmt.Sprintf("the Chinese text of %s is not Chinese", h.ID.Text),
		Why: "people who read Chinese are told nothing", Try: "translate it",
	}, v.at(h, zh.Pos))
}

var figures = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)*`)

// otherFigures finds languages that name different figures.
func otherFigures(v *view, h *syntax.Head, t syntax.Text) {
	langs := slices.Sorted(maps.Keys(t.By))
	for i := 1; i < len(langs); i++ {
		a, b := t.By[langs[0]], t.By[langs[i]]
		x, y := figuresIn(a.Text), figuresIn(b.Text)
		if len(x) == 0 || len(y) == 0 || slices.Equal(x, y) {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("the languages of %s name different figures: %s, and %s", h.ID.Text, quote(x), quote(y)),
			Why: "two languages that promise different things bind the operator to the better one", Try: "write the same figures in each language",
		}, v.at(h, b.Pos))
	}
}

func figuresIn(s string) []string {
	return slices.Compact(slices.Sorted(slices.Values(figures.FindAllString(s, -1))))
}
