package peer

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// The dimensions of a question beside verb, datum and purpose.
const (
	Point = iota
	Feature
	Source
	Recipient
	Role
	Ground
	numDims
)

var dimNames = [numDims]string{"point", "feature", "source", "recipient", "role", "ground"}

// Account is what a rule asks of the person's account.
type Account uint8

// The accounts that a rule accepts.
const (
	AnyAccount Account = iota
	NotClosing         // a demand opens the rule
	NotBarred          // strangers too: neither closing nor frozen
	OpenOnly
)

// Rule is one way to be allowed: everything it lists must hold.
type Rule struct {
	ID       string
	Verb     avow.Verb
	Data     []string
	Purposes []string
	Dims     [numDims][]string // a dimension without words is not constrained
	Choices  []string          // must stand in favour
	Facts    []string          // must be shown
	Account  Account
	Accepted bool // the policy must have been accepted
	NotMinor bool
	AgeKnown bool
	Guardian bool // a minor needs a guardian's yes
	NoHold   bool // no legal hold may cover the person
}

// Flatten returns the rules of a policy as conjunctions. It returns an error for
// a policy that uses what the flat form cannot say.
//
// Not in the flat form, in favour of the other engines: the date on which a
// recipient's terms end, and words that the policy does not declare.
func Flatten(f *syntax.File) ([]Rule, error) {
	if len(f.Sources) > 0 {
		return nil, fmt.Errorf("flatten %s: sources are not covered", f.Policy.Text)
	}
	fl := &flattener{file: f}
	for _, e := range f.Collect {
		fl.collect(e)
	}
	for _, e := range f.Use {
		r := Rule{ID: e.ID.Text, Verb: avow.Use, Account: OpenOnly}
		r.Dims[Role], r.Dims[Feature] = words(e.By), words(e.Feature)
		fl.add(r, e.Needs, words(e.Data), words(e.For))
	}
	for _, e := range f.Share {
		fl.share(e)
	}
	for _, e := range f.Releases {
		fl.release(e)
	}
	return fl.join(), fl.err
}

type flattener struct {
	file  *syntax.File
	cells []Rule // one datum and one purpose each
	err   error
}

func (fl *flattener) collect(e syntax.Collect) {
	r := Rule{ID: e.ID.Text, Verb: avow.Collect, Account: OpenOnly}
	if e.Account.Text == "none" {
		r.Account = NotBarred
	}
	r.Dims[Point], r.Dims[Feature], r.Dims[Source] = words(e.Points), words(e.Features), words(e.From)
	if len(e.From) == 0 {
		r.Dims[Source] = []string{"person", "device"}
	}
	if e.Every.N > 0 {
		r.Facts = append(r.Facts, "spaced")
	}
	if e.Network.Text == "wifi-only" || e.Network.Text == "prefer-wifi" {
		r.Facts = append(r.Facts, "unmetered")
	}
	fl.add(r, e.Needs, words(e.Data), words(e.For))
}

// share lays a rule out by recipient and demand, because each brings facts.
func (fl *flattener) share(e syntax.Share) {
	verb, _ := avow.ParseVerb(e.Verb.Text)
	if len(e.Source) > 0 {
		fl.err = fmt.Errorf("flatten %s: sources are not covered", e.ID.Text)
	}
	grounds := words(e.Ground)
	if len(grounds) == 0 {
		grounds = []string{""}
	}
	for _, to := range e.To {
		for _, g := range grounds {
			r := Rule{ID: e.ID.Text, Verb: verb, Account: OpenOnly}
			r.Dims[Recipient] = []string{to.Text}
			r.Facts = append(r.Facts, fl.partyFacts(to.Text)...)
			if g != "" {
				r.Account = NotClosing
				r.Dims[Ground] = []string{g}
				r.Facts = append(r.Facts, fl.demandFacts(g)...)
			}
			fl.add(r, e.Needs, words(e.Data), words(e.For))
		}
	}
}

// release is about nobody in particular, so it asks nothing of an account.
func (fl *flattener) release(e syntax.Release) {
	r := Rule{ID: e.ID.Text, Verb: avow.Release, Account: AnyAccount}
	r.Dims[Recipient] = words(e.To)
	if e.Approved.N > 0 {
		r.Facts = []string{"approval"}
	}
	fl.add(r, syntax.Needs{}, words(e.Data), words(e.For))
}

func (fl *flattener) partyFacts(id string) []string {
	var facts []string
	for _, p := range fl.file.Parties {
		if p.ID.Text != id {
			continue
		}
		if len(p.Requires) > 0 {
			facts = append(facts, "qualified")
		}
		if p.Kind.Text == "successor" {
			facts = append(facts, "successor-bound")
			for _, s := range fl.file.Succeed {
				if has(s.Requires, "notice") {
					facts = append(facts, "notice")
				}
			}
		}
	}
	return facts
}

func (fl *flattener) demandFacts(id string) []string {
	var facts []string
	for _, d := range fl.file.Demands {
		if d.ID.Text != id {
			continue
		}
		facts = append(facts, words(d.Requires)...)
		if len(d.Instruments) > 0 {
			facts = append(facts, "instrument")
		}
		if d.Approvals.N > 0 {
			facts = append(facts, "approval")
		}
		if d.Notice.Text == "before" {
			facts = append(facts, "notice")
		}
	}
	return facts
}

// add lays a rule over its data and purposes.
func (fl *flattener) add(r Rule, n syntax.Needs, data, purposes []string) {
	fl.under(&r, n)
	for _, d := range data {
		for _, p := range purposes {
			cell := r
			cell.Data, cell.Purposes = []string{d}, []string{p}
			if r.Verb != avow.Collect && r.Account == OpenOnly && fl.ofStrangers(d) {
				cell.Account = NotBarred
			}
			if fl.aboutNobody(d) {
				cell.Account, cell.Accepted, cell.NotMinor, cell.AgeKnown, cell.Guardian, cell.NoHold = AnyAccount, false, false, false, false, false
			}
			if !fl.forbidden(&cell) {
				fl.guard(cell)
			}
		}
	}
}

func (fl *flattener) under(r *Rule, n syntax.Needs) {
	r.Accepted = fl.file.Acceptance.Required.On && (r.Account == OpenOnly || r.Account == NotBarred)
	r.NoHold = true
	r.Choices = words(n.Choice)
	for _, f := range words(n.Facts) {
		r.Facts = append(r.Facts, f)
	}
	for _, c := range fl.file.Choices {
		if c.Kind.Text == "per-event" && has(n.Choice, c.ID.Text) {
			r.Facts = append(r.Facts, "token")
		}
	}
	for i, f := range r.Facts {
		if f == "scope" { // a demand's scope is written in its instrument
			r.Facts[i] = "instrument"
		}
	}
	slices.Sort(r.Facts)
	r.Facts = slices.Compact(r.Facts)
	r.NotMinor = n.Age.Text == "adult" || n.Age.Text == "not-minor"
	r.AgeKnown = n.Age.Text == "adult"
	r.Guardian = n.Age.Text == "guardian"
	if r.Verb == avow.Collect {
		fl.minors(r)
	}
	if len(n.Places) > 0 {
		fl.err = fmt.Errorf("flatten %s: places are not covered", r.ID)
	}
}

func (fl *flattener) minors(r *Rule) {
	for _, e := range fl.file.Minors {
		switch e.Rule.Text {
		case "not-collected-knowingly":
			r.NotMinor = true
		case "guardian-consent":
			r.Guardian = true
		case "adults-only":
			fl.err = fmt.Errorf("flatten %s: adults-only is not covered", r.ID)
		}
	}
}

// aboutNobody reports whether there is nobody whose account, age or hold could
// matter.
func (fl *flattener) aboutNobody(datum string) bool {
	return slices.ContainsFunc(fl.file.Data, func(d syntax.Datum) bool {
		return d.ID.Text == datum && d.Class.Text != "" && d.Class.Text != "personal"
	})
}

func (fl *flattener) ofStrangers(datum string) bool {
	return slices.ContainsFunc(fl.file.Collect, func(e syntax.Collect) bool {
		return e.Account.Text == "none" && has(e.Data, datum)
	})
}

// forbidden reports whether a prohibition takes a cell away from a rule.
func (fl *flattener) forbidden(r *Rule) bool {
	for _, e := range fl.file.Never {
		traded := r.Verb == avow.Share && slices.ContainsFunc(words(e.Verbs), func(w string) bool {
			return w == "sell" || w == "rent" || w == "license" || w == "distribute"
		})
		named := has(e.Verbs, r.Verb.String()) && covers(e.For, r.Purposes[0])
		if !covers(e.Data, r.Data[0]) || !traded && !named || has(e.Except, r.ID) {
			continue
		}
		if len(e.To) > 0 || slices.ContainsFunc(fl.file.Demands, func(d syntax.Demand) bool { return has(e.Except, d.ID.Text) }) {
			fl.err = fmt.Errorf("flatten %s: prohibitions that depend on words are not covered", e.ID.Text)
		}
		return true
	}
	return false
}

// guard works the device permissions before a datum into a rule.
func (fl *flattener) guard(r Rule) {
	guarded := slices.ContainsFunc(fl.file.Permissions, func(e syntax.Permission) bool { return has(e.Data, r.Data[0]) })
	if r.Verb != avow.Collect || !guarded || !slices.Contains(r.Dims[Source], "device") {
		fl.cells = append(fl.cells, r)
		return
	}
	if others := without(r.Dims[Source], "device"); len(others) > 0 {
		o := r
		o.Dims[Source] = others
		fl.cells = append(fl.cells, o)
	}
	for _, e := range fl.file.Permissions {
		if !has(e.Data, r.Data[0]) || !has(e.For, r.Purposes[0]) {
			continue
		}
		g := r
		g.Dims[Source] = []string{"device"}
		g.Dims[Feature] = words(e.Feature)
		if len(r.Dims[Feature]) > 0 {
			g.Dims[Feature] = common(r.Dims[Feature], words(e.Feature))
		}
		if len(g.Dims[Feature]) == 0 {
			continue
		}
		g.Facts = append(slices.Clone(r.Facts), "device-permission")
		if e.While.Text == "feature-running" {
			g.Facts = append(g.Facts, "in-use")
		}
		fl.cells = append(fl.cells, g)
	}
}

// join puts cells together again that differ in one list only.
func (fl *flattener) join() []Rule {
	rules := joinBy(fl.cells, func(r *Rule) *[]string { return &r.Data })
	rules = joinBy(rules, func(r *Rule) *[]string { return &r.Purposes })
	return joinBy(rules, func(r *Rule) *[]string { return &r.Dims[Recipient] })
}

func joinBy(rules []Rule, list func(*Rule) *[]string) []Rule {
	var out []Rule
	place := map[string]int{}
	for _, r := range rules {
		rest := r
		*list(&rest) = nil
		key := fmt.Sprintf("%q", fmt.Sprint(rest)+strings.Join(rest.Data, ","))
		i, ok := place[key]
		if !ok {
			place[key] = len(out)
			out = append(out, r)
			continue
		}
		into := list(&out[i])
		for _, w := range *list(&r) {
			if !slices.Contains(*into, w) {
				*into = append(slices.Clone(*into), w)
			}
		}
	}
	return out
}

func words(list []syntax.Word) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.Text
	}
	return out
}

func has(list []syntax.Word, text string) bool {
	return slices.ContainsFunc(list, func(w syntax.Word) bool { return w.Text == text })
}

// covers reports whether a list that covers everything when left out covers w.
func covers(list []syntax.Word, w string) bool { return len(list) == 0 || has(list, w) }

func without(list []string, w string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x == w })
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !slices.Contains(b, x) })
}
