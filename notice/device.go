package notice

import (
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// device says what touches the person's device and attention: cookies,
// permissions, messages, adverts, public content.
func (b *builder) device() {
	b.chapter(Full, "cookies")
	b.trackers()
	b.cookies()
	b.chapter(Full, "permissions")
	b.permissions()
	b.chapter(Full, "messages")
	b.messages()
	b.chapter(Full, "adverts")
	b.adverts()
	b.chapter(Full, "content")
	b.content()
}

func (b *builder) trackers() {
	var all []Sentence
	for i := range b.file.Trackers {
		t := &b.file.Trackers[i]
		b.on(&t.Head)
		all = append(all, b.own(b.say("tracking."+t.Rule.Text, b.refs("data", "data", t.Data)), &t.Head))
	}
	b.list("tracking", "", all...)
}

func (b *builder) cookies() {
	columns := b.columns("name", "category", "why", "lifetime", "party", "more")
	var rows []Sentence
	for i := range b.file.Cookies {
		c := &b.file.Cookies[i]
		b.on(&c.Head)
		kind := c.Kind.Text
		if kind == "" {
			kind = "cookie"
		}
		life := b.say("lifetime.session")
		if c.Lifetime.N > 0 {
			life = b.duration(c.Lifetime)
		}
		rows = append(rows, b.row(columns, []Cell{
			{Text: clean(c.Name.Text), Code: true, Tags: []string{b.say("tracker." + kind)}},
			{Text: b.say("category." + c.Category.Text)},
			{Text: upperFirst(b.tongue.series(b.labels("purposes", c.For)))},
			{Text: upperFirst(life)},
			{Text: b.say("by."+c.Party.Text, b.refs("who", "recipients", c.By))},
			{Text: b.cookieMore(c)},
		}, &c.Head))
	}
	b.table("cookies", "", columns, rows)
}

func (b *builder) cookieMore(c *syntax.Cookie) string {
	s := b.tongue.run(
		b.set("cookie.choice", b.quoted("choice", "choices", c.Choice)),
		b.when(c.HTTPOnly.On, "cookie.http-only"),
		b.when(c.SameSite.Text != "", "cookie.same-site."+c.SameSite.Text),
		b.when(c.Grammar.Text != "", "cookie.grammar"),
		b.when(c.Invisible.On, "cookie.invisible"),
		b.when(c.Name.Text == policy.ChoiceCookie && c.Kind.Text != "storage", "cookie.remembers"),
		b.when(c.Name.Text == policy.AgesKey && c.Kind.Text == "storage", "cookie.ages"),
	)
	return b.orNone(s)
}

func (b *builder) permissions() {
	columns := b.columns("permission", "feature", "why", "when", "more")
	var rows []Sentence
	for i := range b.file.Permissions {
		p := &b.file.Permissions[i]
		b.on(&p.Head)
		row := b.row(columns, []Cell{
			{Text: upperFirst(b.label("permissions", p.Slug.Text)), Tags: b.systemNames(p)},
			{Text: upperFirst(b.tongue.series(b.labels("features", p.Feature)))},
			{Text: upperFirst(b.tongue.series(b.labels("purposes", p.For)))},
			{Text: b.permissionWhen(p)},
			{Text: b.permissionMore(p)},
		}, &p.Head)
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		b.paragraph("permissions", b.tell(b.say("permissions.intro"), keys(b, b.file.Permissions, func(p *syntax.Permission) *syntax.Head { return &p.Head })...))
	}
	b.table("permissions", "", columns, rows)
}

func (b *builder) systemNames(p *syntax.Permission) []string {
	var out []string
	for _, s := range p.Android {
		add(&out, clean(s.Text))
	}
	for _, s := range p.IOS {
		add(&out, clean(s.Text))
	}
	return out
}

func (b *builder) permissionWhen(p *syntax.Permission) string {
	state := "off"
	if p.Default.Text != "" {
		state = p.Default.Text
	}
	return b.tongue.run(
		b.when(p.While.Text != "", "permission.while."+p.While.Text),
		b.say("permission.default."+state),
	)
}

func (b *builder) permissionMore(p *syntax.Permission) string {
	stores := "permission.stores-not"
	if p.Stores.On {
		stores = "permission.stores"
	}
	return b.tongue.run(
		b.set("permission.data", b.refs("data", "data", p.Data)),
		b.say(stores),
		b.set("permission.re-ask", b.length("d", p.ReAsk)),
		b.set("permission.without", b.strs("names", p.Without)),
	)
}

func (b *builder) messages() {
	var all []Sentence
	for i := range b.file.Messages {
		m := &b.file.Messages[i]
		b.on(&m.Head)
		stops := without(m.OptOut, "none")
		s := b.own(b.tongue.run(
			b.say("message", b.picked("channels", "or", "channel", m.Channels), b.refs("for", "purposes", m.For)),
			b.set("message.choice", b.quoted("choice", "choices", m.Choice)),
			b.set("message.opt-out", b.picked("how", "or", "opt-out", stops), b.within("within", m.Within)),
			b.when(syntax.Has(m.OptOut, "none"), "message.no-opt-out"),
			b.when(m.Promotion.Text != "", "message.promotion."+m.Promotion.Text),
			b.when(m.PersonalIn.Text != "", "message.personal."+m.PersonalIn.Text),
			b.when(m.AddressOnly.On, "message.address-only"),
		), &m.Head)
		s.Lead = b.say("message.class." + m.Class.Text)
		all = append(all, s)
	}
	b.list("messages", "", all...)
}

func (b *builder) adverts() {
	var all []Sentence
	for i := range b.file.Adverts {
		a := &b.file.Adverts[i]
		b.on(&a.Head)
		to := b.refs("to", "recipients", a.To)
		if len(a.To) == 0 {
			to = slot{"to", value{b.say("ad-parties"), 2}}
		}
		all = append(all, b.own(b.tongue.run(
			b.say("advert."+a.Rule.Text, to, b.refs("data", "data", a.Data), b.quoted("choice", "choices", a.Choice)),
		), &a.Head))
	}
	b.list("adverts", "", all...)
}

func (b *builder) content() {
	var all []Sentence
	for i := range b.file.Content {
		c := &b.file.Content[i]
		b.on(&c.Head)
		all = append(all, b.own(b.say("content."+c.Action.Text, b.picked("finds", "or", "content.find", c.Finds), b.picked("where", "or", "content.in", c.Where)), &c.Head))
	}
	b.add(Block{Section: "content", Kind: listIfMany(all), Sentences: all})
}
