package notice

import "avow.dev/policy/syntax"

// guarding says how data is transformed, protected, kept, held and erased, and
// what is never done.
func (b *builder) guarding() {
	b.chapter(Full, "protect")
	b.protect()
	b.forms()
	b.access()
	b.chapter(Full, "retain")
	b.retain()
	b.holds()
	b.erasure()
	b.chapter(Full, "never")
	b.never()
}

// about lists data, or says that all of it is meant.
func (b *builder) about(name string, data []syntax.Word) slot {
	if len(data) == 0 {
		return words(name, b.say("all-data"))
	}
	return b.refs(name, "data", data)
}

func (b *builder) protect() {
	var all []Sentence
	for i := range b.file.Protect {
		p := &b.file.Protect[i]
		b.on(&p.Head)
		all = append(all, b.own(b.tongue.run(
			b.set("protect.against", b.picks("against", "against", p.Against), b.about("data", p.Data)),
			b.when(len(p.Against) == 0 && len(p.Data) > 0, "protect.plain", b.about("data", p.Data)),
			b.measures(p.Measure),
		), &p.Head))
	}
	b.add(Block{Section: "protect", Kind: listIfMany(all), Sentences: all})
}

func listIfMany(all []Sentence) Kind {
	if len(all) > 1 {
		return List
	}
	return Paragraph
}

// measures says each measure as a sentence of its own: they are promises, and a
// list of nouns hides what is done.
func (b *builder) measures(all []syntax.Word) string {
	out := make([]string, 0, len(all))
	for _, m := range all {
		out = append(out, b.say("measure."+m.Text))
	}
	return b.tongue.run(out...)
}

func (b *builder) forms() {
	var all []Sentence
	for i := range b.file.Forms {
		f := &b.file.Forms[i]
		b.on(&f.Head)
		s := b.own(b.tongue.run(
			b.say("form.when."+f.When.Text, words("what", b.transformed(f)), b.refs("for", "purposes", f.For)),
			b.when(f.Do.Text == "pseudonymise" && len(f.For) > 1, "form.differs"),
			b.when(f.Secret.On, "form.secret"),
		), &f.Head)
		s.Lead = upperFirst(b.refs("", "data", f.Data).words)
		all = append(all, s)
	}
	b.add(Block{Section: "forms", Kind: List, Heading: b.say("heading.forms"), Sentences: all})
}

func (b *builder) transformed(f *syntax.Form) string {
	key := "form." + f.Do.Text
	switch {
	case f.Do.Text == "mask" && f.Keep.N == 1:
		key += ".one"
	case f.Do.Text == "mask" && (!f.Keep.Set || f.Keep.N == 0):
		key += ".all"
	case f.Do.Text == "truncate" && b.allIP(f.Data):
		key += ".ip"
	case f.Do.Text == "coarsen" && f.Digits.Set:
		key += ".digits"
	}
	unit := f.Unit
	if unit.Text == "" && f.Do.Text == "round-time" {
		unit.Text = "hour"
	}
	return b.say(key, b.num("keep", f.Keep), b.num("digits", f.Digits), b.pick("unit", "grain", unit))
}

func (b *builder) allIP(data []syntax.Word) bool {
	for _, w := range data {
		d, ok := b.thing("data", w.Text).(*syntax.Datum)
		if !ok || d.Type.Text != "ip" && w.Text != "ip" {
			return false
		}
	}
	return len(data) > 0
}

func (b *builder) access() {
	var all []Sentence
	for i := range b.file.Access {
		a := &b.file.Access[i]
		b.on(&a.Head)
		all = append(all, b.own(b.tongue.run(
			b.say("access."+a.Kind.Text,
				b.about("data", a.Data), b.refs("roles", "roles", a.Roles), b.picked("verbs", "or", "access.verb", a.Verbs),
				b.length("idle", a.Idle), b.length("absolute", a.Absolute), b.length("within", a.Within),
				b.num("tries", a.Tries), memory(a.Memory), b.num("passes", a.Passes)),
		), &a.Head))
	}
	b.add(Block{Section: "access", Kind: List, Heading: b.say("heading.access"), Sentences: all})
}

// memory turns KiB into MiB, rounded down: a promise is never rounded up.
func memory(n syntax.Num) slot {
	if !n.Set {
		return slot{name: "memory"}
	}
	return number("memory", n.N/1024)
}

func (b *builder) retain() {
	columns := b.columns("what", "purpose", "keep", "then")
	var rows []Sentence
	for i := range b.file.Retain {
		r := &b.file.Retain[i]
		b.on(&r.Head)
		purpose := upperFirst(b.tongue.series(b.labels("purposes", r.For)))
		if purpose == "" {
			purpose = b.say("every-purpose")
		}
		rows = append(rows, b.row(columns, []Cell{
			{Text: upperFirst(b.tongue.series(b.labels("data", r.Data)))},
			{Text: purpose},
			{Text: upperFirst(b.keep(r.Keep))},
			{Text: b.say("then."+r.Then.Text, b.left(r.Form), b.within("within", r.Within))},
		}, &r.Head))
	}
	if len(rows) > 0 {
		b.paragraph("retain", b.tell(b.say("retain.intro"), keys(b, b.file.Retain, func(r *syntax.Retain) *syntax.Head { return &r.Head })...))
	}
	b.table("retain", "", columns, rows)
}

// left says in which form data remains after anonymising.
func (b *builder) left(form syntax.Word) slot {
	f, ok := b.thing(syntax.Rules, form.Text).(*syntax.Form)
	if !ok {
		return slot{name: "form"}
	}
	return words("form", b.say("form.short."+f.Do.Text))
}

func (b *builder) holds() {
	var all []Sentence
	for i := range b.file.Holds {
		h := &b.file.Holds[i]
		b.on(&h.Head)
		people := int64(1)
		if h.Approved.Set {
			people = h.Approved.N
		}
		s := b.own(b.tongue.run(
			b.say("hold", b.about("data", h.Data), b.str("statute", h.Statute), b.length("max", h.Max)),
			b.say("hold.only"),
			b.set("hold.refuses", b.picked("refuses", "or", "hold.refuse", h.Refuses)),
			b.when(people > 1, "hold.approvals", number("people", people)),
		), &h.Head)
		s.Lead = b.say("hold.kind." + h.Kind.Text)
		all = append(all, s)
	}
	b.add(Block{Section: "holds", Kind: List, Heading: b.say("heading.holds"), Sentences: all})
}

func (b *builder) erasure() {
	var all []Sentence
	for i := range b.file.Erasure {
		e := &b.file.Erasure[i]
		b.on(&e.Head)
		var keeps []string
		for _, w := range e.Keeps {
			if h, ok := b.thing(syntax.Rules, w.Text).(*syntax.Hold); ok {
				add(&keeps, b.say("hold.name."+h.Kind.Text))
			}
		}
		all = append(all, b.own(b.tongue.run(
			b.say("erasure", b.picked("on", "or", "erasure.on", e.On), b.picks("reaches", "erasure.reach", e.Reaches)),
			b.say("erasure.times", b.within("hide", e.Hide), b.within("live", e.Live), b.within("backups", e.Backups)),
			b.set("erasure.undo", b.length("undo", e.Undo)),
			b.set("erasure.keeps", slot{"holds", b.tongue.list("or", keeps)}),
		), &e.Head))
	}
	b.add(Block{Section: "erasure", Kind: List, Heading: b.say("heading.erasure"), Sentences: all})
}

func (b *builder) never() {
	var all []Sentence
	for i := range b.file.Never {
		n := &b.file.Never[i]
		b.on(&n.Head)
		verbs := without(n.Verbs, "store-plaintext")
		data := b.about("data", n.Data)
		if len(n.Data) > 0 {
			data = b.joined("data", "or", "data", n.Data)
		}
		limits := []slot{
			data, b.joined("to", "or", "recipients", n.To), b.joined("for", "or", "purposes", n.For),
		}
		all = append(all, b.own(b.tongue.run(
			b.set("never", append([]slot{b.picked("verbs", "or", "verb", verbs)}, limits...)...),
			b.when(syntax.Has(n.Verbs, "store-plaintext"), "never.plaintext", limits...),
			b.set("never.except", slot{"cases", b.tongue.list("and", b.exceptions(n.Except))}),
		), &n.Head))
	}
	if len(all) == 1 {
		b.paragraph("never", all...)
		return
	}
	b.list("never", "", all...)
}

func without(all []syntax.Word, word string) []syntax.Word {
	var out []syntax.Word
	for _, w := range all {
		if w.Text != word {
			out = append(out, w)
		}
	}
	return out
}

// exceptions names the cases in which a prohibition does not hold: each one if
// they are few, or else the chapters that list all of them.
func (b *builder) exceptions(rules []syntax.Word) []string {
	if len(rules) <= 3 {
		return b.briefs(rules)
	}
	count := make(map[string]int)
	for _, w := range rules {
		count[b.things[w.Text].Section]++
	}
	total := map[string]int{"share": len(b.file.Share), "demands": len(b.file.Demands), "sources": len(b.file.Sources), "succession": len(b.file.Succeed)}
	var out []string
	for _, w := range rules {
		section := b.things[w.Text].Section
		if total[section] == count[section] && count[section] > 0 {
			add(&out, b.say("except."+section))
			continue
		}
		add(&out, b.brief(w.Text))
	}
	return out
}

// briefs names rules in a few words, for exceptions.
func (b *builder) briefs(rules []syntax.Word) []string {
	out := make([]string, 0, len(rules))
	for _, w := range rules {
		add(&out, b.brief(w.Text))
	}
	return out
}

func (b *builder) brief(id string) string {
	switch r := b.thing(syntax.Rules, id).(type) {
	case *syntax.Share:
		return b.say("brief.share", b.pick("verb", "brief.verb", r.Verb), b.refs("to", "recipients", r.To), b.refs("for", "purposes", r.For))
	case *syntax.Collect:
		return b.say("brief.collect", b.refs("data", "data", r.Data), b.refs("for", "purposes", r.For))
	case *syntax.Use:
		return b.say("brief.use", b.refs("data", "data", r.Data), b.refs("for", "purposes", r.For))
	case *syntax.Release:
		return b.say("brief.statistics", b.refs("for", "purposes", r.For))
	case *syntax.Demand:
		return b.say("brief.demand." + r.Ground.Text)
	case *syntax.Source:
		return b.say("brief.source." + r.Kind.Text)
	case *syntax.Succeed:
		return b.say("brief.succession")
	}
	b.fail("%q is no rule that a prohibition can except", id)
	return id
}
