package notice

import (
	"slices"

	"avow.dev/policy/syntax"
)

// collecting says what comes in: collection by place, sources, open-ended
// wording, mixing, and then use.
func (b *builder) collecting() {
	b.chapter(Full, "collect")
	b.collect()
	b.sources()
	b.openings()
	b.mixing()
	b.chapter(Full, "use")
	b.use()
}

// collect groups the rules by where the data enters, as a reader meets them.
func (b *builder) collect() {
	all := b.file.Collect
	if len(all) == 0 {
		b.paragraph("collect", b.tell(b.say("collect.nothing"), b.nothingRules()...))
		return
	}
	b.paragraph("collect", b.tell(b.say("collect.intro"), keys(b, all, func(c *syntax.Collect) *syntax.Head { return &c.Head })...))
	done := make(map[string]bool)
	for i := range all {
		where := placeKey(all[i].Points)
		if done[where] {
			continue
		}
		done[where] = true
		var items []Sentence
		for j := range all {
			if placeKey(all[j].Points) == where {
				items = append(items, b.collected(&all[j]))
			}
		}
		heading := upperFirst(b.refs("", "points", all[i].Points).words)
		b.list("collect", heading, items...)
	}
}

// nothingRules are the rules behind "we collect nothing".
func (b *builder) nothingRules() []string {
	var out []string
	for i := range b.file.Never {
		if n := &b.file.Never[i]; syntax.Has(n.Verbs, "collect") {
			out = append(out, b.key(&n.Head))
		}
	}
	return out
}

func placeKey(points []syntax.Word) string {
	names := syntax.Texts(points)
	slices.Sort(names)
	key := ""
	for _, n := range names {
		key += n + " "
	}
	return key
}

func (b *builder) collected(c *syntax.Collect) Sentence {
	b.on(&c.Head)
	need := "collect.required"
	switch {
	case c.Necessity.Text == "optional" && len(c.Features) > 0:
		need = "collect.optional-feature"
	case c.Necessity.Text == "optional":
		need = "collect.optional"
	case len(c.Features) == 0:
		need = "collect.required-plain"
	}
	s := b.own(b.tongue.run(
		b.say("collect.why", b.refs("for", "purposes", c.For)),
		b.say(need, b.refs("features", "features", c.Features)),
		b.say("basis.sentence", words("basis", b.basis(c.Basis))),
		b.set("collect.from", slot{"from", b.tongue.list("or", b.origins(c.From))}),
		b.needs(&c.Needs),
		b.set("collect.every", b.every(c.Every)),
		b.when(c.Network.Text != "", "collect.network."+c.Network.Text),
		b.when(c.Account.Text == "none", "collect.account.none"),
	), &c.Head)
	s.Lead = upperFirst(b.refs("", "data", c.Data).words)
	return s
}

func (b *builder) origins(from []syntax.Word) []string {
	out := make([]string, 0, len(from))
	for _, w := range from {
		kind := w.Text
		if src, ok := b.thing(syntax.Rules, kind).(*syntax.Source); ok {
			kind = src.Kind.Text
		}
		add(&out, b.say("origin."+kind))
	}
	return out
}

// needs says the conditions of a rule.
func (b *builder) needs(n *syntax.Needs) string {
	return b.tongue.run(
		b.set("needs.choice", b.quoted("choice", "choices", n.Choice)),
		b.when(n.Age.Text != "", "needs.age."+n.Age.Text),
		b.set("needs.facts", b.picks("facts", "fact", n.Facts)),
		b.set("needs.places", slot{"places", b.tongue.list("or", b.placeNames(n.Places))}),
	)
}

func (b *builder) placeNames(all []syntax.Word) []string {
	out := make([]string, 0, len(all))
	for _, w := range all {
		p, ok := b.thing("places", w.Text).(*syntax.Place)
		if !ok {
			b.fail("nothing is called %q", w.Text)
			continue
		}
		add(&out, b.tongue.region(p.Region.Text))
	}
	return out
}

func (b *builder) sources() {
	var items []Sentence
	for i := range b.file.Sources {
		s := &b.file.Sources[i]
		b.on(&s.Head)
		data := b.refs("data", "data", s.Data)
		if len(s.Data) == 0 {
			data = words("data", b.say("any-listed-data"))
		}
		items = append(items, b.own(b.tongue.run(
			b.say("source."+s.Kind.Text, data, b.refs("for", "purposes", s.Why)),
			b.set("source.excused", b.picked("verbs", "or", "verb", s.For)),
			b.set("source.needs", b.picks("facts", "fact", s.Needs)),
		), &s.Head))
	}
	b.list("sources", b.say("heading.sources"), items...)
}

func (b *builder) openings() {
	var all []Sentence
	for i := range b.file.Openings {
		o := &b.file.Openings[i]
		b.on(&o.Head)
		all = append(all, b.own(b.say("opening."+o.Of.Text), &o.Head))
	}
	b.add(Block{Section: "openings", Kind: List, Heading: b.say("heading.openings"), Sentences: all})
}

func (b *builder) mixing() {
	var all []Sentence
	for i := range b.file.Mixing {
		m := &b.file.Mixing[i]
		b.on(&m.Head)
		result := slot{name: "result"}
		if m.Result.Text != "" {
			result = words("result", b.label("data", m.Result.Text))
		}
		s := b.own(b.say("mixing", b.pick("when", "mixing.when", m.When), b.pick("then", "mixing.then", m.Then), result), &m.Head)
		s.Lead = b.say("non-personal")
		if len(m.Data) > 0 {
			s.Lead = b.refs("", "data", m.Data).words
		}
		s.Lead = upperFirst(s.Lead)
		all = append(all, s)
	}
	b.add(Block{Section: "mixing", Kind: List, Heading: b.say("heading.mixing"), Sentences: all})
}

func (b *builder) use() {
	var items []Sentence
	for i := range b.file.Use {
		u := &b.file.Use[i]
		b.on(&u.Head)
		s := b.own(b.tongue.run(
			b.say("use", b.refs("by", "roles", u.By), b.refs("data", "data", u.Data)),
			b.set("use.features", b.refs("features", "features", u.Feature)),
			b.say("basis.sentence", words("basis", b.basis(u.Basis))),
			b.needs(&u.Needs),
			b.formed("use.form", u.Form),
		), &u.Head)
		s.Lead = upperFirst(b.refs("", "purposes", u.For).words)
		items = append(items, s)
	}
	if len(items) > 0 {
		b.paragraph("use", b.tell(b.say("use.intro"), keys(b, b.file.Use, func(u *syntax.Use) *syntax.Head { return &u.Head })...))
	}
	b.list("use", "", items...)
}

// formed says in which form values are handed out.
func (b *builder) formed(key string, forms []syntax.Word) string {
	var items []string
	for _, w := range forms {
		f, ok := b.thing(syntax.Rules, w.Text).(*syntax.Form)
		if !ok {
			b.fail("nothing is called %q", w.Text)
			continue
		}
		add(&items, b.say("form.short."+f.Do.Text))
	}
	return b.set(key, slot{"form", b.tongue.list("and", items)})
}
