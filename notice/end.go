package notice

import (
	"slices"
	"strings"
)

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

// supplied lists every value that the operator added to the original, chapter
// by chapter.
func (b *builder) supplied() {
	at := len(b.doc.Chapters) - 1
	var blocks []Block
	for i := range b.doc.Chapters[:at] {
		c := &b.doc.Chapters[i]
		var all []Sentence
		for _, k := range c.Blocks {
			for _, s := range k.Sentences {
				all = append(all, b.suppliedBy(&s)...)
			}
		}
		if len(all) > 0 {
			blocks = append(blocks, Block{Section: "supplied", Kind: List, Heading: c.Heading, Sentences: all})
		}
	}
	if len(blocks) > 0 {
		b.paragraph("supplied", b.tell(b.say("supplied.intro")))
	}
	for _, k := range blocks {
		b.add(k)
	}
}

// suppliedBy repeats a sentence for each supplied rule that has its place there.
func (b *builder) suppliedBy(s *Sentence) []Sentence {
	var out []Sentence
	for _, k := range s.Anchors {
		if !b.things[k].Head.Supplied.On {
			continue
		}
		text := b.repeated(s)
		if name, _ := naming(b.things[k].Value); len(s.Anchors) > 1 && !name.IsZero() {
			text = b.tongue.stopped(b.text(name))
		}
		r := b.tell(text, k)
		r.Lead = s.Lead
		out = append(out, r)
	}
	return out
}

func (b *builder) repeated(s *Sentence) string {
	if len(s.Cells) == 0 {
		return s.Text
	}
	var cells []string
	for _, c := range s.Cells {
		if c.Text != b.say("none") {
			cells = append(cells, strings.TrimSuffix(c.Text, b.say("stop")))
		}
	}
	return b.tongue.stopped(b.tongue.strung("row.joint", cells))
}

// accepted lists the questions of the checker that the operator answers in the
// open.
func (b *builder) accepted() {
	columns := b.columns("question", "place", "reason")
	var rows []Sentence
	for e := range b.file.Entries() {
		k := key(e.Section, e.Head.ID.Text)
		for _, a := range e.Head.Accept {
			b.on(e.Head)
			question := "finding.other"
			if b.tongue.has("finding." + a.Finding.Text) {
				question = "finding." + a.Finding.Text
			}
			place := b.placeOf(k)
			s := b.tell("", k)
			s.Cells = []Cell{{Text: b.say(question), Tags: []string{a.Finding.Text}}, {Text: place}, {Text: b.prose(a.Reason)}}
			s.Text = b.aloud(columns, s.Cells)
			s.Links = []Link{{place, "#" + anchor(k)}}
			rows = append(rows, s)
		}
	}
	if len(rows) > 0 {
		b.paragraph("accepted", b.tell(b.say("accepted.intro")))
	}
	b.table("accepted", "", columns, rows)
}

// placeOf is the heading of the chapter in which a rule has its place.
func (b *builder) placeOf(key string) string {
	for i := range b.doc.Chapters {
		c := &b.doc.Chapters[i]
		for _, k := range c.Blocks {
			for _, s := range k.Sentences {
				if slices.Contains(s.Anchors, key) {
					return c.Heading
				}
			}
		}
	}
	return b.say("none")
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
		items = append(items, b.say("about.modelled", words("text", b.prose(f.Modelled))))
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
