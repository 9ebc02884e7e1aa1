package notice

import "avow.dev/policy/syntax"

// answers is the middle layer: the questions that people ask, each with
// an answer of a few sentences and the chapter that says more.
func (b *builder) answers() {
	b.chapter(Answers, "answers")
	b.answer("collect", []string{"data", "collect"}, b.answerCollect())
	b.answer("why", []string{"purposes", "use"}, b.answerWhy())
	b.answer("who", []string{"share", "demands"}, b.answerWho()...)
	b.answer("how-long", []string{"retain"}, b.answerHowLong()...)
	b.answer("can-i", []string{"choices", "rights"}, b.answerCan()...)
	b.answer("safe", []string{"protect"}, b.answerSafe())
	b.answer("where", []string{"places"}, b.answerWhere())
	b.answer("children", []string{"minors"}, b.answerChildren())
	b.answer("wrong", []string{"incidents"}, b.answerWrong())
	b.answer("change", []string{"changes"}, b.answerChange())
}

func (b *builder) answer(id string, see []string, all ...Sentence) {
	k := Block{Section: id, Kind: Question, Heading: b.say("question." + id), Sentences: spoken(all)}
	for _, c := range see {
		k.See = append(k.See, See{Chapter: c, Text: b.say("chapter." + c)})
	}
	b.add(k)
}

func (b *builder) answerCollect() Sentence {
	names, rules := b.personal()
	if len(names) == 0 {
		return b.tell(b.say("answer.collect.nothing"), b.nothingRules()...)
	}
	s := b.tell(b.say("answer.collect", slot{"data", b.tongue.list("and", names)}), rules...)
	if len(names) > 12 {
		s.Text = b.say("answer.collect.many", number("n", int64(len(names))))
	}
	var marked []string
	for i := range b.file.Data {
		if d := &b.file.Data[i]; b.sensitive(d) && b.collects(d.ID.Text) {
			add(&marked, b.label("data", d.ID.Text))
			b.cite(&s, b.key(&d.Head))
		}
	}
	if len(marked) > 0 {
		s.Text = b.tongue.run(s.Text, b.say("answer.collect.sensitive", slot{"data", b.tongue.list("and", marked)}))
	}
	return s
}

func (b *builder) collects(datum string) bool {
	for i := range b.file.Collect {
		if syntax.Has(b.file.Collect[i].Data, datum) {
			return true
		}
	}
	return false
}

func (b *builder) answerWhy() Sentence {
	var why, rules []string
	for i := range b.file.Collect {
		c := &b.file.Collect[i]
		rules = append(rules, b.key(b.on(&c.Head)))
		add(&why, b.labels("purposes", c.For)...)
	}
	for i := range b.file.Use {
		u := &b.file.Use[i]
		rules = append(rules, b.key(b.on(&u.Head)))
		add(&why, b.labels("purposes", u.For)...)
	}
	if len(why) == 0 || len(b.file.Collect) == 0 {
		return Sentence{}
	}
	return b.tell(b.say("answer.why", slot{"for", b.tongue.list("and", why)}), rules...)
}

func (b *builder) answerWho() []Sentence {
	s := b.gives()
	s.Lead = ""
	out := []Sentence{s}
	for i := range b.file.Never {
		n := &b.file.Never[i]
		verbs := only(n.Verbs, "sell", "rent", "license", "distribute")
		if len(verbs) > 0 && len(n.Data) == 0 {
			out = append(out, b.tell(b.say("answer.never", b.picked("verbs", "or", "verb", verbs)), b.key(&n.Head)))
		}
	}
	return out
}

func (b *builder) answerHowLong() []Sentence {
	s := b.lasts()
	s.Lead = ""
	out := []Sentence{s}
	for i := range b.file.Erasure {
		e := &b.file.Erasure[i]
		if syntax.Has(e.On, "account-closed") && len(b.file.Collect) > 0 {
			out = append(out, b.tell(b.say("answer.close", b.within("live", e.Live), b.within("backups", e.Backups)), b.key(&e.Head)))
			break
		}
	}
	return out
}

func (b *builder) answerCan() []Sentence {
	choices := b.decides()
	choices.Lead = ""
	rights := b.reaches()
	rights.Lead = ""
	return []Sentence{choices, rights}
}

func (b *builder) answerSafe() Sentence {
	var done, rules []string
	for i := range b.file.Protect {
		p := &b.file.Protect[i]
		rules = append(rules, b.key(&p.Head))
		for _, m := range p.Measure {
			add(&done, b.say("measure."+m.Text))
		}
	}
	if len(done) == 0 {
		return Sentence{}
	}
	return b.tell(b.tongue.run(done[:min(len(done), 3)]...), rules...)
}

func (b *builder) answerWhere() Sentence {
	var main, rest, rules []string
	for i := range b.file.Places {
		p := &b.file.Places[i]
		rules = append(rules, b.key(&p.Head))
		if p.Kind.Text == "primary" {
			add(&main, b.tongue.region(p.Region.Text))
		} else {
			add(&rest, b.tongue.region(p.Region.Text))
		}
	}
	if len(main) == 0 {
		return Sentence{}
	}
	return b.tell(b.say("answer.where", slot{"main", b.tongue.list("and", main)}, slot{"rest", b.tongue.list("and", rest)}), rules...)
}

func (b *builder) answerChildren() Sentence {
	for i := range b.file.Minors {
		m := &b.file.Minors[i]
		return b.tell(b.say("minor."+m.Rule.Text, b.num("age", m.Age), b.picked("verbs", "or", "minor.verb", m.Verbs)), b.key(&m.Head))
	}
	return Sentence{}
}

func (b *builder) answerWrong() Sentence {
	for i := range b.file.Incidents {
		n := &b.file.Incidents[i]
		return b.tell(b.set("incident.tells", b.picks("what", "incident.tell", n.Tells)), b.key(&n.Head))
	}
	return Sentence{}
}

func (b *builder) answerChange() Sentence {
	out := b.tell("")
	for i := range b.file.Changes {
		c := &b.file.Changes[i]
		switch c.Rule.Text {
		case "notice-period", "widening-needs-consent":
			text := b.say("change."+c.Rule.Text, b.length("notice", c.Notice), b.picked("channels", "or", "change.channel", c.Channel), b.picks("reasons", "change.reason", c.Reasons))
			out.Text = b.tongue.run(out.Text, text)
			b.cite(&out, b.key(&c.Head))
		}
	}
	return out
}
