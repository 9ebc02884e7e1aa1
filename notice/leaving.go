package notice

import "avow.dev/policy/syntax"

// leaving says who receives data and on what conditions.
func (b *builder) leaving() {
	b.chapter(Full, "share")
	b.share()
	b.recipients()
	b.statistics()
	b.chapter(Full, "demands")
	b.demands()
	b.chapter(Full, "succession")
	b.succession()
	b.chapter(Full, "places")
	b.places()
}

var sharingVerbs = [...]string{"share", "entrust", "transfer", "disclose", "publish"}

func (b *builder) share() {
	if len(b.file.Share) == 0 {
		b.paragraph("share", b.tell(b.say("share.nothing"), b.neverShared()...))
		return
	}
	b.paragraph("share", b.tell(b.say("share.intro"), keys(b, b.file.Share, func(s *syntax.Share) *syntax.Head { return &s.Head })...))
	for _, verb := range sharingVerbs {
		var items []Sentence
		for i := range b.file.Share {
			if s := &b.file.Share[i]; s.Verb.Text == verb {
				items = append(items, b.shared(s))
			}
		}
		b.list("share", b.say("heading.share."+verb), items...)
	}
}

func (b *builder) neverShared() []string {
	var out []string
	for i := range b.file.Never {
		if n := &b.file.Never[i]; syntax.Has(n.Verbs, "share") || syntax.Has(n.Verbs, "disclose") {
			out = append(out, b.key(&n.Head))
		}
	}
	return out
}

func (b *builder) shared(s *syntax.Share) Sentence {
	b.on(&s.Head)
	var grounds []string
	for _, w := range s.Ground {
		add(&grounds, b.brief(w.Text))
	}
	for _, w := range s.Source {
		add(&grounds, b.brief(w.Text))
	}
	out := b.own(b.tongue.run(
		b.say("share."+s.Verb.Text, b.refs("data", "data", s.Data), b.refs("for", "purposes", s.For)),
		b.set("share.ground", slot{"grounds", b.tongue.list("or", grounds)}),
		b.say("basis.sentence", words("basis", b.basis(s.Basis))),
		b.needs(&s.Needs),
		b.formed("share.form", s.Form),
		b.when(s.Until.Text != "", "until."+s.Until.Text),
	), &s.Head)
	out.Lead = upperFirst(b.refs("", "recipients", s.To).words)
	return out
}

func (b *builder) recipients() {
	columns := b.columns("recipient", "kind", "reach", "bound")
	var rows []Sentence
	for i := range b.file.Parties {
		p := &b.file.Parties[i]
		b.on(&p.Head)
		row := b.row(columns, []Cell{
			{Text: upperFirst(b.label("recipients", p.ID.Text))},
			{Text: b.say("party." + p.Kind.Text)},
			{Text: b.reach(p)},
			{Text: b.bound(p)},
		}, &p.Head)
		if u := clean(p.PolicyURL.Text); u != "" {
			row.Links = append(row.Links, Link{u, u})
		}
		rows = append(rows, row)
	}
	b.table("recipients", b.say("heading.recipients"), columns, rows)
}

func (b *builder) reach(p *syntax.Party) string {
	s := b.tongue.run(
		b.set("party.region", b.region("region", p.Region)),
		b.set("party.contact", b.str("contact", p.Contact)),
		b.set("party.policy", b.str("url", p.PolicyURL)),
		b.set("party.hosts", b.strs("hosts", p.Hosts)),
	)
	return b.orNone(s)
}

func (b *builder) bound(p *syntax.Party) string {
	s := b.tongue.run(
		b.when(p.Terms.Text != "", "terms."+p.Terms.Text),
		b.set("party.expires", words("date", b.date(p.Expires))),
		b.set("party.requires", b.picks("what", "qualification", p.Requires)),
		b.when(p.Onward.Text != "", "onward."+p.Onward.Text),
		b.when(p.Tagged.On, "party.tagged"),
	)
	return b.orNone(s)
}

// orNone fills an empty cell.
func (b *builder) orNone(s string) string {
	if s == "" {
		return b.say("none")
	}
	return s
}

func (b *builder) statistics() {
	var all []Sentence
	for i := range b.file.Releases {
		r := &b.file.Releases[i]
		b.on(&r.Head)
		to := b.refs("to", "recipients", r.To)
		key := "statistics"
		if len(r.To) == 0 {
			key = "statistics.inside"
		}
		all = append(all, b.own(b.tongue.run(
			b.say(key, to, b.refs("data", "data", r.Data), b.refs("for", "purposes", r.For)),
			b.say("statistics.threshold", b.num("k", r.Threshold)),
			b.set("statistics.epsilon", b.str("epsilon", r.Epsilon)),
			b.set("statistics.every", b.every(r.Schedule)),
			b.when(r.Subject.Text == "none", "statistics.subject.none"),
			b.when(r.Subject.Text == "rotating", "statistics.subject.rotating", b.every(r.Rotates)),
			b.set("statistics.approvals", b.num("n", r.Approved)),
		), &r.Head))
	}
	b.add(Block{Section: "statistics", Kind: listIfMany(all), Heading: b.say("heading.statistics"), Sentences: all})
}

func (b *builder) demands() {
	columns := b.columns("case", "applies", "papers", "approval", "told")
	var all []Sentence
	for i := range b.file.Demands {
		d := &b.file.Demands[i]
		b.on(&d.Head)
		told := b.tongue.run(
			b.when(d.Notice.Text != "", "demand.notice."+d.Notice.Text, b.within("within", d.NoticeWithin)),
			b.when(d.Report.On, "demand.report"),
			b.when(d.Foreign.Text != "", "demand.foreign."+d.Foreign.Text),
		)
		first := b.tongue.run(
			b.set("demand.instruments", b.picked("papers", "or", "instrument", d.Instruments)),
			b.set("demand.requires", b.picks("what", "demand.require", d.Requires)),
		)
		all = append(all, b.row(columns, []Cell{
			{Text: b.say("demand.lead." + d.Ground.Text)},
			{Text: b.say("demand.ground." + d.Ground.Text)},
			{Text: b.orNone(first)},
			{Text: b.say("demand.approvals", b.num("people", d.Approvals))},
			{Text: b.orNone(told)},
		}, &d.Head))
	}
	if len(all) > 0 {
		b.paragraph("demands", b.tell(b.say("demands.intro"), keys(b, b.file.Demands, func(d *syntax.Demand) *syntax.Head { return &d.Head })...))
	}
	b.table("demands", "", columns, all)
}

func (b *builder) succession() {
	var all []Sentence
	for i := range b.file.Succeed {
		s := &b.file.Succeed[i]
		b.on(&s.Head)
		text := ""
		if cases := without(s.When, "consent"); len(cases) > 0 {
			text = b.say("succession", b.picked("when", "or", "succession.when", cases), b.picks("what", "succession.require", s.Requires))
		}
		all = append(all, b.own(b.tongue.run(
			text,
			b.when(syntax.Has(s.When, "consent"), "succession.consent", b.picks("what", "succession.require", s.Requires)),
			b.when(s.Else.Text != "", "succession.else."+s.Else.Text),
		), &s.Head))
	}
	b.add(Block{Section: "succession", Kind: listIfMany(all), Sentences: all})
}

func (b *builder) places() {
	var all []Sentence
	for i := range b.file.Places {
		p := &b.file.Places[i]
		b.on(&p.Head)
		var from []string
		for _, s := range p.From {
			add(&from, b.tongue.region(clean(s.Text)))
		}
		all = append(all, b.own(b.tongue.run(
			b.say("place."+p.Kind.Text, b.region("region", p.Region), b.refs("operator", "recipients", p.Operator), slot{"from", b.tongue.list("and", from)}),
			b.when(p.Mechanism.Text != "", "mechanism."+p.Mechanism.Text),
			b.when(p.Notice.On, "place.notice"),
			b.set("place.choice", b.quoted("choice", "choices", p.Choice)),
		), &p.Head))
	}
	b.list("places", "", all...)
}
