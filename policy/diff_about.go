package policy

import (
	"reflect"
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// about returns the kinds of data that an entry is about, in the new text or, if it is
// gone, in the old one: those that it names, or those that it reaches by a purpose or a
// recipient. None means that it is about no kind of data in particular.
func (d *differ) about(section string, rule avow.RuleID) []avow.Datum {
	for _, p := range []*Program{d.new, d.old} {
		for e := range p.file.Entries() {
			if e.Section == section && e.Head.ID.Text == string(rule) {
				return p.aboutEntry(&e)
			}
		}
	}
	return nil
}

func (p *Program) aboutEntry(e *syntax.Entry) (out []avow.Datum) {
	id := e.Head.ID.Text
	if e.Section == "data" {
		return []avow.Datum{avow.Datum(id)}
	}
	if named := words(e.Value, "Data"); len(named) > 0 {
		return syntax.Slugs[avow.Datum](named)
	}
	reached := func(string) bool { return false }
	switch e.Section {
	case "recipients":
		reached = func(datum string) bool { return p.receives(id, datum) }
	case "purposes":
		reached = func(datum string) bool { return p.serves(datum, []string{id}) }
	case "choices":
		purposes := syntax.Texts(words(e.Value, "For"))
		reached = func(datum string) bool { return p.serves(datum, purposes) }
	}
	for _, datum := range p.words.data.words {
		if reached(datum) {
			out = append(out, avow.Datum(datum))
		}
	}
	return out
}

// serves reports whether anything may be done with a datum for one of the purposes.
func (p *Program) serves(datum string, purposes []string) bool {
	return slices.ContainsFunc(purposes, func(purpose string) bool {
		for v := range avow.Verbs {
			if len(p.ways(avow.Verb(v), datum, purpose)) > 0 {
				return true
			}
		}
		return false
	})
}

// words returns a field of an entry that is a list of words, if it has one.
func words(entry any, field string) []syntax.Word {
	v := reflect.ValueOf(entry).Elem().FieldByName(field)
	if !v.IsValid() {
		return nil
	}
	list, ok := v.Interface().([]syntax.Word)
	if !ok {
		return nil
	}
	return list
}
