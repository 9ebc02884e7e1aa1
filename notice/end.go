package notice

// end says what stands behind the text: what the operator added, which
// questions it answered, who answers for what, and how to check.
func (b *builder) end(opts Options) {
	b.chapter(End, "supplied")
	b.supplied()
	b.chapter(End, "accepted")
	b.accepted()
	b.chapter(End, "owners")
	b.owners()
	b.chapter(End, "about")
	b.aboutDocument(opts)
}

// supplied lists every value that the operator added to the original.
func (b *builder) supplied() {
	var all []Sentence
	for e := range b.file.Entries() {
		if !e.Head.Supplied.On {
			continue
		}
		k := key(e.Section, e.Head.ID.Text)
		all = append(all, b.tell(b.said(k), k))
	}
	if len(all) > 0 {
		b.paragraph("supplied", b.tell(b.say("supplied.intro")))
	}
	b.list("supplied", "", all...)
}

// said repeats what the text says of a rule, for the lists at the end.
func (b *builder) said(key string) string {
	s, ok := b.doc.Sentence(key)
	if !ok {
		b.fail("rule %s is listed at the end and has no sentence", key)
	}
	if s.Lead != "" && len(s.Anchors) == 1 {
		return b.say("row.cell", words("column", s.Lead), words("cell", s.Text))
	}
	if len(s.Anchors) > 1 {
		return b.say("supplied.thing", words("name", b.nameOf(key)))
	}
	return s.Text
}

func (b *builder) nameOf(k string) string {
	e := b.things[k]
	name, _ := naming(e.Value)
	if name.IsZero() {
		return k
	}
	return b.text(name)
}

// accepted lists the questions of the checker that the operator answers in the
// open.
func (b *builder) accepted() {
	columns := b.columns("finding", "question", "reason")
	var rows []Sentence
	for e := range b.file.Entries() {
		for _, a := range e.Head.Accept {
			b.at = e.Head.ID.Text
			question := b.say("finding.other")
			if b.tongue.has("finding." + a.Finding.Text) {
				question = b.say("finding." + a.Finding.Text)
			}
			s := b.tell("", key(e.Section, e.Head.ID.Text))
			s.Cells = []Cell{{Text: a.Finding.Text, Code: true}, {Text: question}, {Text: b.text(a.Reason)}}
			s.Text = b.aloud(columns, s.Cells)
			rows = append(rows, s)
		}
	}
	if len(rows) > 0 {
		b.paragraph("accepted", b.tell(b.say("accepted.intro")))
	}
	b.table("accepted", "", columns, rows)
}

// owners says which role answers for which rules.
func (b *builder) owners() {
	var order []string
	rules := make(map[string][]string)
	for e := range b.file.Entries() {
		o := e.Head.Owner.Text
		if o == "" {
			continue
		}
		if rules[o] == nil {
			order = append(order, o)
		}
		rules[o] = append(rules[o], key(e.Section, e.Head.ID.Text))
	}
	var all []Sentence
	for _, o := range order {
		all = append(all, b.tell(b.say("owner", words("role", b.label("roles", o)), number("n", int64(len(rules[o])))), rules[o]...))
	}
	b.list("owners", "", all...)
}

func (b *builder) aboutDocument(opts Options) {
	f := b.file
	var items []string
	if !f.Modelled.IsZero() {
		items = append(items, b.say("about.modelled", words("text", b.text(f.Modelled))))
	}
	var packs, tags []string
	for _, p := range b.law {
		packs = append(packs, b.say("about.pack", words("name", b.packName(p.ID)), words("edition", string(p.Edition))))
	}
	for _, e := range b.doc.Languages {
		tags = append(tags, e.Name)
	}
	items = append(items,
		b.say("about.version", words("version", b.doc.Version), words("date", b.date(f.Effective))),
		b.say("about.mode."+f.Mode.Text),
		b.say("about.languages", slot{"languages", b.tongue.list("and", tags)}),
		b.set("about.law", slot{"packs", b.tongue.list("and", packs)}),
		b.set("about.hash", words("hash", b.doc.Hash)),
		b.say("about.verify"),
		b.set("about.verify-at", words("url", clean(opts.Verify))),
	)
	all := make([]Sentence, 0, len(items))
	for _, s := range items {
		sentence := b.tell(s)
		if u := clean(opts.Verify); u != "" {
			sentence.Links = []Link{{u, u}}
		}
		all = append(all, sentence)
	}
	b.list("about", "", all...)
}
