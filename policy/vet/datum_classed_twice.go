package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// datumClassedTwice looks for data whose class contradicts what it is, what a
// definition says of it, what a like datum is, or how else it is collected.
func datumClassedTwice(v *view) {
	for i := range v.file.Data {
		d := &v.file.Data[i]
		classVsTerm(v, d)
		classVsLike(v, d, v.file.Data[i+1:])
		if silent(&d.Head) && d.Class.Text == "personal" {
			v.note(Finding{
				Severity: Notice, Supplied: true, What: fmt.Sprintf("that %s is personal is supplied; the original text says otherwise or nothing", d.ID.Text),
				Why: "a datum that identifies somebody is personal, whatever a text calls it", Try: "keep the class",
			}, v.at(&d.Head, d.Class.Pos))
		}
	}
	classVsDefinition(v)
	tiedAndUntied(v)
}

func classVsTerm(v *view, d *syntax.Datum) {
	t, ok := termOf(d)
	if personal(d) || !ok || !t.Identifier && t.Level != vocab.LevelSensitive && t.Level != vocab.LevelSecret {
		return
	}
	v.note(Finding{
		Severity: Error, What: fmt.Sprintf("%s is called %s, and %s identifies or touches a person", d.ID.Text, d.Class.Text, t.En),
		Why: "calling it something else takes people's rights away and no risk",
		Try: "write class: personal, and give the rules about it a legal basis",
		Fix: v.replaceWord(d.Class, "personal"),
	}, v.at(&d.Head, d.Class.Pos))
}

// classVsLike compares data of one vocabulary term.
func classVsLike(v *view, d *syntax.Datum, rest []syntax.Datum) {
	t, ok := termOf(d)
	if !ok || t.Level == vocab.LevelNone {
		return
	}
	for i := range rest {
		o := &rest[i]
		if u, ok := termOf(o); !ok || u.IRIs.First() != t.IRIs.First() || personal(o) == personal(d) {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s and %s are the same kind of data in two classes", d.ID.Text, o.ID.Text),
			Why: "one of the two classes is wrong", Try: "declare both personal, or tell them apart by their terms",
		}, v.on(&d.Head), v.on(&o.Head))
	}
}

func classVsDefinition(v *view) {
	for i := range v.file.Definitions {
		e := &v.file.Definitions[i]
		non := e.Term.Text == "non-personal-information"
		if !non && e.Term.Text != "personal-information" && e.Term.Text != "identifiable-information" && e.Term.Text != "sensitive-information" {
			continue
		}
		for _, w := range e.Covers {
			if d := v.datum(w.Text); d != nil && personal(d) == non {
				v.note(Finding{
					Severity: Error, What: fmt.Sprintf("%s counts %s under %s, and its class says the contrary", e.ID.Text, w.Text, e.Term.Text),
					Why: "the definition and the rules cannot both be kept", Try: "take it out of covers, or correct the class of the datum",
				}, v.at(&e.Head, w.Pos), v.on(&d.Head))
			}
		}
	}
}

// tiedAndUntied finds identifiers that a device sends, tied to an account in
// one rule and to nobody in another.
func tiedAndUntied(v *view) {
	for i := range v.file.Collect {
		a := &v.file.Collect[i]
		if a.Account.Text != "none" || !syntax.Has(a.From, "device") || syntax.Has(a.From, "person") {
			continue
		}
		for j := range v.file.Collect {
			if b := &v.file.Collect[j]; b.Account.Text != "none" {
				untied(v, a, b)
			}
		}
	}
}

func untied(v *view, a, b *syntax.Collect) {
	for _, w := range shared(a.Data, b.Data) {
		d := v.datum(w.Text)
		if d == nil {
			continue
		}
		if t, ok := termOf(d); !ok || !t.Identifier {
			continue
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s is tied to the account in %s and to nobody in %s", w.Text, b.ID.Text, a.ID.Text),
			Why: "it identifies the same person in both, who can see and erase only one of the two",
			Try: "shorten or drop it at ingest in the rule without an account, or tie both to the account",
		}, v.at(&a.Head, w.Pos), v.on(&b.Head))
	}
}
