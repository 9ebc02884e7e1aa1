package policy

import (
	"avow.dev"
	"avow.dev/policy/syntax"
)

// proto is one rule on its way to its alternatives: what is the same for all
// its data and purposes.
type proto struct {
	verb     avow.Verb
	id       string
	data     []syntax.Word
	purposes []syntax.Word
	forms    []syntax.Word
	stranger bool // the person need not have an account
	lawful   bool // opens on a demand, which no choice of the person closes
	alt      alternative
}

func (c *compiler) lowerRules() {
	c.lists = map[cellKey][]entry{}
	c.alternatives = map[alternative]uint32{}
	c.owedLists = map[string]uint32{"": 0}
	c.p.table.obligations = [][]avow.Obligation{nil}
	c.p.table.extended = map[extension][]avow.Obligation{}
	for i := range c.file.Collect {
		if e := &c.file.Collect[i]; e.Account.Text == "none" {
			s := setOf(c.p.words.data, e.Data)
			c.strangers.union(&s)
		}
	}
	for i := range c.file.Collect {
		c.spread(c.collectRule(&c.file.Collect[i]))
	}
	for i := range c.file.Use {
		c.spread(c.useRule(&c.file.Use[i]))
	}
	for i := range c.file.Share {
		c.spread(c.shareRule(&c.file.Share[i]))
	}
	for i := range c.file.Releases {
		c.spread(c.releaseRule(&c.file.Releases[i]))
	}
}

func (c *compiler) collectRule(e *syntax.Collect) *proto {
	r := &proto{verb: avow.Collect, id: e.ID.Text, data: e.Data, purposes: e.For, stranger: e.Account.Text == "none"}
	c.constrain(r, dimPoint, e.Points)
	c.constrain(r, dimFeature, e.Features)
	from := e.From
	if len(from) == 0 {
		from = []syntax.Word{{Text: sourcePerson}, {Text: sourceDevice}}
	}
	c.constrain(r, dimSource, from)
	c.wants(r, &e.Needs)
	if e.Every.Set && e.Every.N > 0 {
		r.alt.need |= factBit(avow.FactSpaced)
	}
	if e.Network.Text == "prefer-wifi" || e.Network.Text == "wifi-only" {
		r.alt.need |= factBit(avow.FactUnmetered)
	}
	return r
}

func (c *compiler) useRule(e *syntax.Use) *proto {
	r := &proto{verb: avow.Use, id: e.ID.Text, data: e.Data, purposes: e.For, forms: e.Form}
	c.constrain(r, dimRole, e.By)
	c.constrain(r, dimFeature, e.Feature)
	c.wants(r, &e.Needs)
	return r
}

func (c *compiler) shareRule(e *syntax.Share) *proto {
	verb, _ := avow.ParseVerb(e.Verb.Text)
	r := &proto{verb: verb, id: e.ID.Text, data: e.Data, purposes: e.For, forms: e.Form, lawful: len(e.Ground) > 0}
	c.constrain(r, dimRecipient, e.To)
	c.constrain(r, dimGround, e.Ground)
	c.constrain(r, dimSource, e.Source)
	c.wants(r, &e.Needs)
	return r
}

func (c *compiler) releaseRule(e *syntax.Release) *proto {
	r := &proto{verb: avow.Release, id: e.ID.Text, data: e.Data, purposes: e.For}
	r.alt.setTo(dimRecipient, setOf(c.p.words.dims[dimRecipient], e.To))
	r.alt.constrained |= dimBit(dimRecipient)
	if len(e.To) == 0 {
		r.alt.optional |= dimBit(dimRecipient)
	}
	c.wants(r, &syntax.Needs{})
	if e.Approved.N > 0 {
		r.alt.need |= factBit(avow.FactApproval)
	}
	return r
}

// constrain limits a rule to some words of a dimension. No words leave it open:
// any declared word will do, or none.
func (c *compiler) constrain(r *proto, dim int, words []syntax.Word) {
	if len(words) == 0 {
		return
	}
	r.alt.setTo(dim, setOf(c.p.words.dims[dim], words))
	r.alt.constrained |= dimBit(dim)
}

// wants adds the conditions of a rule to those that every rule has.
func (c *compiler) wants(r *proto, n *syntax.Needs) {
	a := &r.alt
	a.rule = c.p.byID[r.id]
	a.need |= c.standingNeeds(r) | factsOf(n.Facts) | ageNeeds(n.Age.Text) | c.eventNeeds(n.Choice)
	a.choice, a.chooses = c.choiceIDs(n.Choice)
	if len(n.Places) == 0 {
		return
	}
	var regions []syntax.Word
	for i := range c.file.Places {
		if e := &c.file.Places[i]; syntax.Has(n.Places, e.ID.Text) {
			regions = append(regions, e.Region)
		}
	}
	c.constrain(r, dimRegion, regions)
}

// standingNeeds returns what every rule of a verb asks of the person. A demand
// of an authority asks nothing but that the data is not held or being erased,
// and statistics are about nobody in particular.
func (c *compiler) standingNeeds(r *proto) uint64 {
	need := bit(avow.OnHold) | bit(avow.NotYetEffective)
	if r.verb == avow.Release {
		return need
	}
	need |= bit(avow.ErasurePending)
	if r.lawful {
		return need
	}
	need |= bit(avow.AccountFrozen)
	if !r.stranger {
		need |= bit(avow.NoAccount) | bit(avow.AccountClosed)
	}
	if c.file.Acceptance.Required.On {
		need |= bit(avow.NotAccepted) | bit(avow.AcceptanceRefused) | bit(avow.AcceptanceOutdated)
	}
	return need
}

// personNeeds is what rules ask of the person a datum is about. Data that is
// about nobody (class non-personal or statistics) has nobody to ask; the gate
// treats it as personal as soon as it is kept with somebody.
const personNeeds = 1<<avow.NoAccount | 1<<avow.AccountClosed | 1<<avow.AccountFrozen | 1<<avow.ErasurePending | 1<<avow.OnHold |
	1<<avow.NotAccepted | 1<<avow.AcceptanceRefused | 1<<avow.AcceptanceOutdated | 1<<avow.Minor | 1<<avow.AgeUnknown | 1<<avow.GuardianMissing

func (c *compiler) aboutNobody(datum uint16) bool {
	class := c.file.Data[datum].Class.Text
	return class != "" && class != "personal"
}

func ageNeeds(word string) uint64 {
	switch word {
	case "adult":
		return bit(avow.AgeUnknown) | bit(avow.Minor)
	case "not-minor":
		return bit(avow.Minor)
	case "guardian":
		return bit(avow.GuardianMissing)
	}
	return 0
}

// minorNeeds returns what the rules about minors ask before anything is
// collected. Whoever is known to be a minor is not collected from; where only
// adults are admitted, the age must be known too, except to those rules that
// find it out, and to those that collect from strangers.
func (c *compiler) minorNeeds(r *proto, purpose uint16) uint64 {
	if r.verb != avow.Collect {
		return 0
	}
	var need uint64
	for i := range c.file.Minors {
		switch c.file.Minors[i].Rule.Text {
		case "not-collected-knowingly":
			need |= bit(avow.Minor)
		case "guardian-consent":
			need |= bit(avow.GuardianMissing)
		case "adults-only":
			need |= bit(avow.Minor)
			if !r.stranger && !c.checksAge(purpose) {
				need |= bit(avow.AgeUnknown)
			}
		}
	}
	return need
}

// checksAge reports whether a purpose is to find out how old somebody is.
func (c *compiler) checksAge(purpose uint16) bool {
	e := &c.file.Purposes[purpose]
	return e.ID.Text == "check-age" || e.Term.Text == "check-age" || e.Term.Text == "dpv:AgeVerification"
}

// spread lays a rule over its cells.
func (c *compiler) spread(r *proto) {
	for _, d := range idsOf(c.p.words.data, r.data) {
		for _, p := range idsOf(c.p.words.purposes, r.purposes) {
			k := cellKey{r.verb, d, p}
			a := c.fit(r, k)
			e := entry{alternative: c.number(a), obligations: c.owed(r, k)}
			c.lists[k] = append(c.lists[k], e)
		}
	}
}

// fit returns the alternative of a rule for one datum and purpose.
func (c *compiler) fit(r *proto, k cellKey) alternative {
	a := r.alt
	a.need |= c.minorNeeds(r, k.purpose)
	if c.aboutNobody(k.datum) {
		a.need &^= personNeeds
	}
	if r.verb != avow.Collect && c.strangers.has(k.datum) {
		a.need &^= bit(avow.NoAccount) | bit(avow.AccountClosed)
	}
	c.restrict(&a, k)
	a.ban = c.banFor(k, r.id)
	return a
}

// restrict applies the access rules: only some roles may read a datum, and some
// data need a fresh sign-in before they are published.
func (c *compiler) restrict(a *alternative, k cellKey) {
	for i := range c.file.Access {
		e := &c.file.Access[i]
		if data := setOf(c.p.words.data, e.Data); len(e.Data) > 0 && !data.has(k.datum) {
			continue
		}
		switch {
		case k.verb == avow.Use && e.Kind.Text == "role-only" && len(e.Roles) > 0 && (len(e.Verbs) == 0 || syntax.Has(e.Verbs, "read")):
			roles := setOf(c.p.words.dims[dimRole], e.Roles)
			may := a.set(dimRole)
			may.intersect(&roles)
			a.setTo(dimRole, may)
		case k.verb == avow.Publish && e.Kind.Text == "fresh-sign-in" && (len(e.Verbs) == 0 || syntax.Has(e.Verbs, "publish")):
			a.need |= factBit(avow.FactFreshSignIn)
		}
	}
}

func (c *compiler) number(a alternative) uint32 {
	if id, ok := c.alternatives[a]; ok {
		return id
	}
	id := uint32(len(c.p.table.alternatives))
	c.alternatives[a] = id
	c.p.table.alternatives = append(c.p.table.alternatives, a)
	return id
}
