package notice

import "avow.dev/policy/syntax"

// summary is the shortest honest version: five lines.
func (b *builder) summary() {
	b.chapter(Summary, "summary")
	b.list("summary", "",
		b.brings(),
		b.gives(),
		b.lasts(),
		b.decides(),
		b.reaches(),
	)
}

// personal counts the kinds of personal data that are collected.
func (b *builder) personal() (names, rules []string) {
	for i := range b.file.Data {
		d := &b.file.Data[i]
		if d.Class.Text == "non-personal" || d.Class.Text == "statistics" {
			continue
		}
		for j := range b.file.Collect {
			if c := &b.file.Collect[j]; syntax.Has(c.Data, d.ID.Text) {
				add(&names, b.label("data", d.ID.Text))
				add(&rules, b.key(&c.Head))
			}
		}
	}
	return names, rules
}

func (b *builder) brings() Sentence {
	names, rules := b.personal()
	s := b.tell("", append(rules, b.key(&b.file.Controller.Head))...)
	s.Lead = b.say("summary.collect.lead")
	name := words("name", b.text(b.file.Controller.Name))
	switch {
	case len(names) == 0:
		s.Text = b.say("summary.collect.nothing", name)
		b.cite(&s, b.nothingRules()...)
	case len(names) <= 5:
		s.Text = b.say("summary.collect.few", name, slot{"data", b.tongue.list("and", names)})
	default:
		s.Text = b.say("summary.collect.many", name, number("n", int64(len(names))))
	}
	return s
}

func (b *builder) gives() Sentence {
	var names, rules []string
	for i := range b.file.Share {
		s := &b.file.Share[i]
		add(&rules, b.key(&s.Head))
		for _, w := range s.To {
			if p, ok := b.thing("recipients", w.Text).(*syntax.Party); ok && !official(p.Kind.Text) {
				add(&names, b.label("recipients", w.Text))
			}
		}
	}
	for i := range b.file.Demands {
		add(&rules, b.key(&b.file.Demands[i].Head))
	}
	s := b.tell("", append(rules, b.neverShared()...)...)
	s.Lead = b.say("summary.share.lead")
	switch {
	case len(names) == 0:
		s.Text = b.say("summary.share.nobody")
	case len(names) <= 4:
		s.Text = b.say("summary.share.few", slot{"to", b.tongue.list("and", names)})
	default:
		s.Text = b.say("summary.share.many", number("n", int64(len(names))))
	}
	if held, _ := b.personal(); len(held) == 0 && len(names) > 0 {
		s.Text = b.tongue.run(b.say("summary.share.nothing-held"), s.Text)
	}
	if len(b.file.Demands) > 0 {
		s.Text = b.tongue.run(s.Text, b.say("summary.share.authorities"))
	}
	return s
}

// official reports whether a recipient is a body of the state, which gets data
// only on a demand.
func official(kind string) bool {
	switch kind {
	case "court", "police", "authority", "regulator", "successor", "person":
		return true
	}
	return false
}

func (b *builder) lasts() Sentence {
	s := b.tell("", keys(b, b.file.Retain, func(r *syntax.Retain) *syntax.Head { return &r.Head })...)
	b.cite(&s, keys(b, b.file.Erasure, func(e *syntax.Erasure) *syntax.Head { return &e.Head })...)
	s.Lead = b.say("summary.retain.lead")
	ends := b.lastEnds()
	switch {
	case len(b.file.Collect) == 0:
		s.Text = b.say("summary.retain.nothing")
		b.cite(&s, b.nothingRules()...)
		return s
	case len(ends) == 0:
		s.Text = b.say("summary.retain.open")
	case len(ends) <= 4:
		s.Text = b.say("summary.retain.ends", slot{"ends", b.tongue.list("or", ends)})
	default:
		s.Text = b.say("summary.retain.many")
	}
	if len(b.file.Holds) > 0 {
		s.Text = b.tongue.run(s.Text, b.say("summary.retain.holds"))
		b.cite(&s, keys(b, b.file.Holds, func(h *syntax.Hold) *syntax.Head { return &h.Head })...)
	}
	return s
}

// lastEnds are the longest times of keeping, one for each starting event: times
// that start from different events cannot be compared.
func (b *builder) lastEnds() []string {
	var order []string
	longest := make(map[string]syntax.Keep)
	for i := range b.file.Retain {
		k := b.file.Retain[i].Keep
		held, ok := longest[k.After.Text]
		if !ok {
			order = append(order, k.After.Text)
		}
		_, most := span(held.Period)
		if _, this := span(k.Period); !ok || this > most {
			longest[k.After.Text] = k
		}
	}
	out := make([]string, 0, len(order))
	for _, event := range order {
		out = append(out, b.keep(longest[event]))
	}
	return out
}

func (b *builder) decides() Sentence {
	s := b.tell("", keys(b, b.file.Choices, func(c *syntax.Choice) *syntax.Head { return &c.Head })...)
	s.Lead = b.say("summary.choices.lead")
	names := b.labelsOf()
	switch {
	case len(names) == 0:
		s.Text = b.say("summary.choices.none")
	case len(names) <= 4:
		s.Text = b.say("summary.choices.few", slot{"choices", b.tongue.list("and", names)})
	default:
		s.Text = b.say("summary.choices.many", number("n", int64(len(names))))
	}
	if b.file.Acceptance.ID.Text != "" {
		key := "summary.choices.acceptance"
		if len(names) == 0 {
			key = "summary.choices.acceptance-only"
		}
		s.Text = b.tongue.run(s.Text, b.say(key))
		b.cite(&s, b.key(&b.file.Acceptance.Head))
	}
	return s
}

func (b *builder) labelsOf() []string {
	var names []string
	for i := range b.file.Choices {
		names = append(names, b.quote(b.label("choices", b.file.Choices[i].ID.Text)))
	}
	return names
}

func (b *builder) reaches() Sentence {
	s := b.tell("", keys(b, b.file.Rights, func(r *syntax.Right) *syntax.Head { return &r.Head })...)
	s.Lead = b.say("summary.rights.lead")
	var rights []string
	for i := range b.file.Rights {
		add(&rights, b.say("right.verb."+b.file.Rights[i].Right.Text))
	}
	contact, link := b.firstContact()
	text := b.say("summary.rights.contact", words("contact", contact))
	if len(rights) > 0 {
		text = b.tongue.run(b.say("summary.rights", slot{"rights", b.tongue.list("and", rights)}), text)
	}
	s.Text, s.Links = text, link
	b.cite(&s, b.key(&b.file.Controller.Head))
	return s
}

func (b *builder) firstContact() (string, []Link) {
	for i := range b.file.Controller.Contacts {
		k := &b.file.Controller.Contacts[i]
		v := clean(k.Value.Text)
		return v, address(k.Kind.Text, v)
	}
	return "", nil
}
