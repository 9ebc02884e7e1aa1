package policy

import (
	"cmp"
	"slices"
	"strings"

	"avow.dev"
)

// ChangeClass says what a change asks for. Wider and narrower are seen from the
// person: wider allows more to be done with their data, or promises them less.
type ChangeClass string

// The classes, gravest first.
const (
	NeedsFreshConsent ChangeClass = "needs-fresh-consent" // a yes given before does not cover it
	NewRecipient      ChangeClass = "new-recipient"       // somebody receives data for the first time
	Wider             ChangeClass = "wider"               // more is allowed, or less is promised
	NeedsNotice       ChangeClass = "needs-notice"        // neither wider nor narrower, and people have to know
	Narrower          ChangeClass = "narrower"            // less is allowed, or more is promised
	Editorial         ChangeClass = "editorial"           // other words, the same meaning
)

var gravity = []ChangeClass{NeedsFreshConsent, NewRecipient, Wider, NeedsNotice, Narrower, Editorial}

// Widens reports whether a change of this class may bind nobody who has not
// agreed to it.
func (c ChangeClass) Widens() bool {
	return c == NeedsFreshConsent || c == NewRecipient || c == Wider
}

// Change is one difference in meaning between two texts of a policy.
type Change struct {
	Class   ChangeClass
	Section string        // where it lies, such as "share"
	Rules   []avow.RuleID // the entries concerned, of the new text where they exist
	Says    Sentence
	// Data are the kinds of data that it is about; none: it is about everybody.
	Data []avow.Datum
}

// Diff compares the meaning of two texts: what may be done with which data, for
// how long, by whom and where, what people can choose and demand. It reports
// nothing for a text that only moved. Changes are ordered by gravity, then by
// section and rule.
func Diff(old, new *Program) []Change {
	d := &differ{old: old, new: new, reported: map[string]bool{}}
	d.cells()
	d.prohibitions()
	d.contexts()
	d.retention()
	d.choices()
	d.promises()
	d.entries()
	for i := range d.changes {
		if c := &d.changes[i]; c.Data == nil {
			c.Data = d.about(c.Section, c.Rules[0])
		}
	}
	slices.SortStableFunc(d.changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(gravity, a.Class), slices.Index(gravity, b.Class)),
			cmp.Compare(a.Section, b.Section),
			slices.Compare(a.Rules, b.Rules),
			cmp.Compare(a.Says.En, b.Says.En),
		)
	})
	return d.changes
}

// differ holds one comparison.
type differ struct {
	old, new *Program
	changes  []Change
	reported map[string]bool // entries whose change of meaning is told already, as section/id
}

func (d *differ) add(class ChangeClass, section string, rule avow.RuleID, en, zh string) {
	d.reported[section+"/"+string(rule)] = true
	d.changes = append(d.changes, Change{Class: class, Section: section, Rules: []avow.RuleID{rule}, Says: Sentence{en, zh}})
}

// addAbout is add for a change of which more is known than its entry says: the kinds
// of data that it is about.
func (d *differ) addAbout(data []string, class ChangeClass, section string, rule avow.RuleID, says Sentence) {
	d.add(class, section, rule, says.En, says.Zh)
	c := &d.changes[len(d.changes)-1]
	for _, datum := range data {
		c.Data = append(c.Data, avow.Datum(datum))
	}
}

func list[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func addOnce[T comparable](to []T, words ...T) []T {
	for _, w := range words {
		if !slices.Contains(to, w) {
			to = append(to, w)
		}
	}
	return to
}

// within reports whether all of a is in b.
func within[T comparable](a, b []T) bool {
	return !slices.ContainsFunc(a, func(w T) bool { return !slices.Contains(b, w) })
}
