package policy

import (
	"fmt"
	"slices"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// complete checks that no rule leaves out what makes it a rule, and that all
// that is collected into the vault has an end.
func (c *compiler) complete() {
	for r := range c.basedRules() {
		if len(r.purposes) == 0 {
			c.fault(r.head.At, "no-purpose", fmt.Sprintf("rule %s has no purpose", r.head.ID.Text), "data may be processed for declared purposes only", "add for:")
		}
		if r.basis.Text == "" {
			c.fault(r.head.At, "no-basis", fmt.Sprintf("rule %s has no legal basis", r.head.ID.Text), "processing without a basis is unlawful", "add basis:")
		}
	}
	reported := map[string]bool{}
	for i := range c.file.Collect {
		e := &c.file.Collect[i]
		for _, d := range e.Data {
			c.kept(e, d, reported)
		}
	}
	for i := range c.file.Retain {
		if e := &c.file.Retain[i]; e.Then.Text == "anonymise" && e.Form.Text == "" {
			c.fault(e.Then.Pos, "no-form", fmt.Sprintf("rule %s anonymises without saying what remains", e.ID.Text), "without a form nobody can tell whether the rest still points at somebody", "add form:")
		}
	}
}

// kept checks that a collected datum has a retention rule for each purpose.
func (c *compiler) kept(e *syntax.Collect, d syntax.Word, reported map[string]bool) {
	datum := c.datum(d.Text)
	if datum == nil || !inVault(datum) {
		return
	}
	for _, p := range e.For {
		key := d.Text + " " + p.Text
		if reported[key] || slices.ContainsFunc(c.file.Retain, func(r syntax.Retain) bool {
			return syntax.Has(r.Data, d.Text) && (len(r.For) == 0 || syntax.Has(r.For, p.Text))
		}) {
			continue
		}
		reported[key] = true
		c.fault(d.Pos, "no-retention", fmt.Sprintf("%s is collected for %s and no retain rule covers it", d.Text, p.Text),
			"data without an end is kept for ever", "add it to a rule of retain")
	}
}

// bases checks each rule's legal basis and the choices it rests on.
func (c *compiler) bases() {
	for r := range c.basedRules() {
		c.lawful(r)
		c.impersonal(r)
		c.chosen(r)
	}
}

// lawful reports a basis that none of the policy's law packs knows.
func (c *compiler) lawful(r based) {
	word := r.basis.Text
	if word == "" || word == "none" || len(c.law) == 0 {
		return
	}
	if word == "public-interest" {
		word = "news" // the vocabulary's slug for tasks and reporting in the public interest
	}
	if !slices.ContainsFunc(c.law, func(p law.Pack) bool { return p.ValidBasis(word) }) {
		c.fault(r.basis.Pos, "basis-not-in-law", fmt.Sprintf("%s is no legal basis under %v", r.basis.Text, syntax.Texts(c.file.Law)),
			"the rule would rest on nothing", "choose a basis that the law pack knows, such as consent or contract")
	}
}

// impersonal keeps basis none to data that is nobody's.
func (c *compiler) impersonal(r based) {
	if r.basis.Text != "none" {
		return
	}
	for _, w := range r.data {
		if d := c.datum(w.Text); d != nil && personal(d) {
			c.fault(w.Pos, "basis-none-personal", fmt.Sprintf("%s is personal and rule %s has basis none", w.Text, r.head.ID.Text),
				"personal data is processed on a legal basis only", "give the rule a basis, or declare the datum non-personal if it is")
		}
	}
}

// chosen checks the choices of a rule against its basis, purposes and
// recipients.
func (c *compiler) chosen(r based) {
	choices := c.choicesOf(r.needs)
	if len(r.needs.Choice) > maxNeeded {
		c.fault(r.needs.Choice[maxNeeded].Pos, "over-limit", fmt.Sprintf("rule %s needs %d choices, at most %d", r.head.ID.Text, len(r.needs.Choice), maxNeeded),
			"nobody can follow a rule that hangs on more", "split the rule")
	}
	explicit := r.basis.Text == "explicit-consent"
	if explicit || r.basis.Text == "consent" {
		c.consented(r, choices, explicit)
	}
	for i, ch := range choices {
		if !c.overlaps(r, ch) {
			c.fault(r.needs.Choice[i].Pos, "choice-not-covering", fmt.Sprintf("choice %s covers none of the purposes of rule %s", ch.ID.Text, r.head.ID.Text),
				"a yes to one thing is no yes to another", "add the purpose to the choice, or name the choice that is meant")
		}
	}
}

// choicesOf returns the declared choices that a rule needs.
func (c *compiler) choicesOf(n *syntax.Needs) []*syntax.Choice {
	var out []*syntax.Choice
	for _, w := range n.Choice {
		for i := range c.file.Choices {
			if c.file.Choices[i].ID.Text == w.Text {
				out = append(out, &c.file.Choices[i])
			}
		}
	}
	return out
}

func (c *compiler) overlaps(r based, ch *syntax.Choice) bool {
	return slices.ContainsFunc(r.purposes, func(p syntax.Word) bool { return syntax.Has(ch.For, p.Text) })
}

// consented checks that every purpose, recipient and datum of a rule on consent
// is covered by a choice that is a yes, and by an explicit one where the basis
// says so.
func (c *compiler) consented(r based, choices []*syntax.Choice, explicit bool) {
	yes := slices.DeleteFunc(slices.Clone(choices), func(ch *syntax.Choice) bool { return ch.Kind.Text == "opt-out" })
	if len(yes) == 0 {
		c.fault(r.basis.Pos, "consent-without-choice", fmt.Sprintf("rule %s rests on consent and needs no choice that people agree to", r.head.ID.Text),
			"without a switch nobody can consent or withdraw", "add needs: {choice: […]} with a choice of kind consent")
		return
	}
	if explicit && !slices.ContainsFunc(yes, func(ch *syntax.Choice) bool { return ch.Kind.Text != "consent" }) {
		c.fault(r.basis.Pos, "choice-not-explicit", fmt.Sprintf("rule %s rests on explicit consent and none of its choices is explicit", r.head.ID.Text),
			"explicit consent is asked for on its own", "make the choice explicit-consent or per-event")
	}
	c.covered(r, "purpose", r.purposes, yes, func(ch *syntax.Choice) []syntax.Word { return ch.For })
	c.covered(r, "recipient", r.to, yes, func(ch *syntax.Choice) []syntax.Word { return ch.To })
	c.covered(r, "datum", r.data, yes, func(ch *syntax.Choice) []syntax.Word { return ch.Data })
}

// covered reports words of a rule that no choice covers. A choice that lists
// nothing of a kind covers all of it.
func (c *compiler) covered(r based, kind string, words []syntax.Word, yes []*syntax.Choice, list func(*syntax.Choice) []syntax.Word) {
	for _, w := range words {
		if slices.ContainsFunc(yes, func(ch *syntax.Choice) bool { return len(list(ch)) == 0 || syntax.Has(list(ch), w.Text) }) {
			continue
		}
		c.fault(w.Pos, "choice-not-covering", fmt.Sprintf("no choice of rule %s covers the %s %s", r.head.ID.Text, kind, w.Text),
			"a yes to one thing is no yes to another", fmt.Sprintf("add %s to the choice, or split the rule", w.Text))
	}
}

// forms checks that forms named by rules do something there, and that what is
// promised to be desensitised is.
func (c *compiler) forms() {
	for r := range c.basedRules() {
		for _, w := range r.form {
			i := slices.IndexFunc(c.file.Forms, func(f syntax.Form) bool { return f.ID.Text == w.Text })
			if i >= 0 && !c.formFits(&c.file.Forms[i], r) {
				c.fault(w.Pos, "form-not-covering", fmt.Sprintf("form %s does nothing in rule %s", w.Text, r.head.ID.Text),
					"values would leave in clear although a form is promised", "name an output form of one of the rule's data and purposes")
			}
		}
	}
	for i := range c.file.Protect {
		if e := &c.file.Protect[i]; syntax.Has(e.Measure, "desensitise-at-collection") {
			c.desensitised(e)
		}
	}
}

func (c *compiler) formFits(f *syntax.Form, r based) bool {
	return f.When.Text == "output" &&
		slices.ContainsFunc(r.data, func(w syntax.Word) bool { return syntax.Has(f.Data, w.Text) }) &&
		(len(f.For) == 0 || slices.ContainsFunc(r.purposes, func(w syntax.Word) bool { return syntax.Has(f.For, w.Text) }))
}

// desensitised checks that every covered datum of the vault has a form at
// ingest. A measure that lists no data covers all personal data.
func (c *compiler) desensitised(e *syntax.Protect) {
	for i := range c.file.Data {
		d := &c.file.Data[i]
		covered := syntax.Has(e.Data, d.ID.Text) || len(e.Data) == 0 && personal(d)
		if !covered || !inVault(d) || c.ingested(d.ID.Text) {
			continue
		}
		c.fault(d.ID.Pos, "not-desensitised", fmt.Sprintf("%s promises that %s is desensitised at collection, and no form at ingest does it", e.ID.Text, d.ID.Text),
			"the raw value would reach the disk", "add a form with when: ingest for it, or keep it out of the vault")
	}
}

func (c *compiler) ingested(datum string) bool {
	return slices.ContainsFunc(c.file.Forms, func(f syntax.Form) bool {
		return f.When.Text == "ingest" && f.Do.Text != "keep" && len(f.For) == 0 && syntax.Has(f.Data, datum)
	})
}

// rights holds the number of people who agree to a copy to the rights that have one.
func (c *compiler) rights() {
	for i := range c.file.Rights {
		e := &c.file.Rights[i]
		if e.Approvals.Set && (e.Effect.Text != "on-review" || e.Right.Text != "access" && e.Right.Text != "copy") {
			c.fault(e.At, "approvals-of-nothing", "right "+e.ID.Text+" has approvals, and nobody approves anything",
				"people agree to a copy that a person reviews, and to nothing else", "write effect: on-review for access or copy, or leave approvals out")
		}
	}
}

func (c *compiler) demands() {
	for i := range c.file.Demands {
		if e := &c.file.Demands[i]; e.Approvals.N < 2 {
			c.fault(e.At, "too-few-approvals", fmt.Sprintf("demand %s needs %d approvals", e.ID.Text, e.Approvals.N),
				"no single person may open data to an authority", "write approvals: 2 or more")
		}
	}
}
