package notice

import (
	"strings"

	"avow.dev/policy/syntax"
)

// who says the head of the policy: controller, scope, structure, acceptance,
// definitions, and the functions and points of the product.
func (b *builder) who() {
	b.chapter(Full, "controller")
	b.controller(&b.file.Controller)
	b.chapter(Full, "scope")
	b.scope()
	b.structure(&b.file.Structure)
	b.chapter(Full, "acceptance")
	b.acceptance(&b.file.Acceptance)
	b.chapter(Full, "definitions")
	b.definitions()
	b.chapter(Full, "features")
	b.features()
	b.points()
	b.roles()
}

func (b *builder) controller(c *syntax.Controller) {
	b.on(&c.Head)
	b.paragraph("controller", b.own(b.tongue.run(
		b.say("controller.who", b.txt("name", c.Name), b.txt("brand", c.Brand)),
		b.set("controller.region", b.region("region", c.Region)),
		b.set("controller.address", b.txt("address", c.Address)),
		b.set("controller.officer", b.txt("officer", c.Officer)),
	), &c.Head))
	columns := b.columns("contact-for", "contact-kind", "contact")
	var rows []Sentence
	for i := range c.Contacts {
		k := &c.Contacts[i]
		b.on(&k.Head)
		row := b.row(columns, []Cell{
			{Text: upperFirst(b.picks("", "contact.for", k.For).words)},
			{Text: b.say("contact.kind." + k.Kind.Text)},
			{Text: clean(k.Value.Text)},
		}, &k.Head)
		row.Links = address(k.Kind.Text, clean(k.Value.Text))
		rows = append(rows, row)
	}
	b.table("controller", b.say("heading.contacts"), columns, rows)
}

// address makes a link of a contact, where it is one that a reader can follow.
func address(kind, value string) []Link {
	switch kind {
	case "email":
		return []Link{{value, "mailto:" + value}}
	case "phone":
		return []Link{{value, "tel:" + strings.ReplaceAll(value, " ", "")}}
	case "url":
		return []Link{{value, value}}
	}
	return nil
}

func (b *builder) scope() {
	var items []Sentence
	for i := range b.file.Scope {
		s := &b.file.Scope[i]
		b.on(&s.Head)
		items = append(items, b.own(b.tongue.run(
			b.say("scope.item", b.txt("name", s.Name), b.pick("kind", "scope.kind", s.Kind)),
			b.when(s.Links.On, "scope.links"),
		), &s.Head))
	}
	b.paragraph("scope", b.tell(b.say("scope.intro"), keys(b, b.file.Scope, func(s *syntax.Scope) *syntax.Head { return &s.Head })...))
	b.list("scope", "", items...)
}

func (b *builder) structure(s *syntax.Structure) {
	if s.ID.Text == "" {
		return
	}
	b.on(&s.Head)
	b.paragraph("structure", b.own(b.say("structure", b.picks("topics", "topic", s.Topics)), &s.Head))
}

func (b *builder) acceptance(a *syntax.Acceptance) {
	if a.ID.Text == "" {
		return
	}
	b.on(&a.Head)
	loose := b.picked("gesture", "or", "gesture", only(a.Gesture, "use", "browse"))
	real := b.picked("gesture", "or", "gesture", only(a.Gesture, "accept-button", "sign-up"))
	b.paragraph("acceptance", b.own(b.tongue.run(
		b.when(a.Required.On, "acceptance.required"),
		b.when(!a.Required.On, "acceptance.not-required"),
		b.set("acceptance.by", real),
	), &a.Head))
	b.paragraph("acceptance",
		b.own(b.tongue.run(
			b.set("acceptance.original", loose),
			b.say("acceptance.use"),
			b.say("acceptance.consent"),
		), &a.Head),
		b.own(b.set("acceptance.exits", b.picks("exits", "exit", a.Exits)), &a.Head),
	)
	var items []Sentence
	for i := range a.Documents {
		d := &a.Documents[i]
		b.on(&d.Head)
		items = append(items, b.own(b.tongue.run(
			b.say("document", words("name", b.quote(b.text(d.Name))), b.str("version", d.Version), b.refs("opens", "features", d.Opens)),
			b.when(d.Precedence.Text != "", "document.precedence."+d.Precedence.Text, words("name", b.quote(b.text(d.Name)))),
		), &d.Head))
	}
	b.list("acceptance", b.say("heading.documents"), items...)
}

func only(all []syntax.Word, want ...string) []syntax.Word {
	var out []syntax.Word
	for _, w := range all {
		for _, x := range want {
			if w.Text == x {
				out = append(out, w)
			}
		}
	}
	return out
}

func (b *builder) definitions() {
	var items []Sentence
	for i := range b.file.Definitions {
		d := &b.file.Definitions[i]
		b.on(&d.Head)
		s := b.own(b.tongue.run(
			b.say("definition."+d.Term.Text, b.picked("by", "or", "definition.by", d.By)),
			b.set("definition.covers", b.refs("covers", "data", d.Covers)),
			b.when(d.Unknown.Text != "", "definition.unknown"),
		), &d.Head)
		s.Lead = b.say("term." + d.Term.Text)
		items = append(items, s)
	}
	b.list("definitions", "", items...)
}

func (b *builder) features() {
	b.grouped("feature.basic", func(f *syntax.Feature) bool { return f.Basic.On })
	b.grouped("feature.other", func(f *syntax.Feature) bool { return !f.Basic.On })
}

// grouped says all features of a kind in one sentence: a list of functions
// reads better than a sentence for each.
func (b *builder) grouped(key string, want func(*syntax.Feature) bool) {
	var names []string
	var heads []*syntax.Head
	for i := range b.file.Features {
		f := &b.file.Features[i]
		if want(f) {
			names = append(names, b.label("features", b.on(&f.Head).ID.Text))
			heads = append(heads, &f.Head)
		}
	}
	if len(heads) > 0 {
		b.paragraph("features", b.own(b.say(key, slot{"list", b.tongue.list("and", names)}), heads...))
	}
}

// points lists where information enters, product by product where the policy
// says which product has which point.
func (b *builder) points() {
	var all []Sentence
	done := make(map[string]bool)
	for i := range b.file.Points {
		where := placeKey(b.file.Points[i].Scope)
		if done[where] {
			continue
		}
		done[where] = true
		all = append(all, b.pointsOf(where))
	}
	switch {
	case len(all) == 1:
		b.paragraph("points", all...)
	case len(all) > 1:
		b.paragraph("points", b.tell(b.say("points.intro"), keys(b, b.file.Points, func(p *syntax.Point) *syntax.Head { return &p.Head })...))
		b.list("points", "", all...)
	}
}

func (b *builder) pointsOf(where string) Sentence {
	var names []string
	var heads []*syntax.Head
	lead := ""
	for i := range b.file.Points {
		p := &b.file.Points[i]
		if placeKey(p.Scope) != where {
			continue
		}
		lead = b.refs("", "scope", p.Scope).words
		names = append(names, b.label("points", b.on(&p.Head).ID.Text))
		heads = append(heads, &p.Head)
	}
	list := slot{"list", b.tongue.list("and", names)}
	if lead == "" || len(heads) == len(b.file.Points) {
		return b.own(b.say("points", list), heads...)
	}
	s := b.own(upperFirst(b.say("points.scope", list)), heads...)
	s.Lead = lead
	return s
}

func (b *builder) roles() {
	for _, kind := range []string{"person", "service"} {
		var names []string
		var heads []*syntax.Head
		for i := range b.file.Roles {
			r := &b.file.Roles[i]
			if (r.Kind.Text == "service") != (kind == "service") {
				continue
			}
			names = append(names, b.label("roles", b.on(&r.Head).ID.Text))
			heads = append(heads, &r.Head)
		}
		if len(heads) > 0 {
			b.paragraph("roles", b.own(b.say("roles."+kind, slot{"list", b.tongue.list("and", names)}), heads...))
		}
	}
}
