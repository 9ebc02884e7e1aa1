package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// sensitiveUnnamed looks for sensitive data that is not marked as such, and for
// definitions of sensitive data that leave some out or were left blank.
func sensitiveUnnamed(v *view) {
	for i := range v.file.Data {
		d := &v.file.Data[i]
		p := v.lawSensitive(d)
		if p == "" || d.Level.Text == "" || levelOf(d) == vocab.LevelSensitive || levelOf(d) == vocab.LevelSecret {
			continue
		}
		v.note(Finding{
			Severity: Error, What: fmt.Sprintf("%s is sensitive under the law of %s and has the level %s", d.ID.Text, p, d.Level.Text),
			Why: "people would not be told, and no explicit consent would be asked for", Try: "write level: sensitive",
			Fix: v.replaceWord(d.Level, "sensitive"),
		}, v.at(&d.Head, d.Level.Pos))
	}
	for i := range v.file.Definitions {
		e := &v.file.Definitions[i]
		if e.Term.Text == "sensitive-information" {
			sensitiveDefinition(v, e)
		}
	}
	if i := slices.IndexFunc(v.file.Inform, func(e syntax.Inform) bool { return e.Say.Text == "sensitive-collected-with-consent" }); i >= 0 {
		if e := &v.file.Inform[i]; !slices.ContainsFunc(v.file.Data, func(d syntax.Datum) bool { return v.sensitive(&d) }) {
			v.note(Finding{
				Severity: Warning, What: fmt.Sprintf("%s speaks of sensitive data, and none is declared", e.ID.Text),
				Why: "people cannot tell which data is meant", Try: "declare the data with level: sensitive, or take the statement out",
			}, v.at(&e.Head, e.Say.Pos))
		}
	}
}

func sensitiveDefinition(v *view, e *syntax.Definition) {
	if silent(&e.Head) {
		v.note(Finding{
			Severity: Notice, Supplied: true, What: fmt.Sprintf("what %s covers is supplied; the original text names nothing", e.ID.Text),
			Why: "people cannot tell which data is meant", Try: "check the list against the laws that apply",
		}, v.on(&e.Head))
	}
	for i := range v.file.Data {
		d := &v.file.Data[i]
		if !v.sensitive(d) || syntax.Has(e.Covers, d.ID.Text) {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s is sensitive, and %s leaves it out", d.ID.Text, e.ID.Text),
			Why: "a definition that lists some leads people to think that the rest is not", Try: "add it to covers",
			Fix: v.addWord(e.Covers, d.ID.Text).safe(),
		}, v.on(&e.Head), v.on(&d.Head))
	}
}
