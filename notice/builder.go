package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// builder writes one document. It goes on after a fault so that its methods can
// be used as expressions; the first fault is what Render returns.
type builder struct {
	file     *syntax.File
	tongue   *tongue
	now      time.Time
	things   map[string]syntax.Entry // by key
	keys     map[*syntax.Head]string
	law      []law.Pack
	doc      *Document
	anchored map[string]bool
	at       string     // the rule being said, for faults
	pos      syntax.Pos // where it stands
	err      error
}

func (b *builder) fail(format string, args ...any) {
	if b.err != nil {
		return
	}
	err := fmt.Errorf(format, args...)
	pos := b.file.Policy.Pos
	if b.at != "" {
		err, pos = fmt.Errorf("rule %s: %w", b.at, err), b.pos
	}
	b.err = &unsayable{pos, err}
}

// on says which rule is being put into words, for faults.
func (b *builder) on(h *syntax.Head) *syntax.Head {
	b.at, b.pos = h.ID.Text, h.ID.Pos
	return h
}

// say fills a message.
func (b *builder) say(key string, slots ...slot) string {
	s, err := b.tongue.say(key, slots...)
	if err != nil {
		b.fail("%w", err)
	}
	// A name such as "Inc." at the end brings a stop of its own.
	if stop := b.tongue.plain("stop"); stop != "" && strings.HasSuffix(s, stop+stop) {
		return strings.TrimSuffix(s, stop)
	}
	return s
}

// when says the message only if yes.
func (b *builder) when(yes bool, key string, slots ...slot) string {
	if !yes {
		return ""
	}
	return b.say(key, slots...)
}

// set says the message only if the slots' values are there: the first slot
// decides.
func (b *builder) set(key string, slots ...slot) string {
	return b.when(slots[0].words != "", key, slots...)
}

// own makes the sentence that says the given rules. Where a rule is said for
// the first time, its anchor, its note and its mark "supplied" stand.
func (b *builder) own(text string, heads ...*syntax.Head) Sentence {
	s := Sentence{Text: text, Rules: []string{}, Clauses: []string{}}
	for _, h := range heads {
		b.claim(&s, h)
	}
	return s
}

func (b *builder) claim(s *Sentence, h *syntax.Head) {
	key := b.keys[h]
	b.cite(s, key)
	if b.anchored[key] {
		return
	}
	b.anchored[key] = true
	s.Anchors = append(s.Anchors, key)
	s.Extra = s.Extra || h.Supplied.On
	b.at, b.pos = h.ID.Text, h.ID.Pos
	s.Note = b.tongue.run(s.Note, b.prose(h.Note))
}

// tell makes a sentence that draws on rules which are said elsewhere.
func (b *builder) tell(text string, keys ...string) Sentence {
	s := Sentence{Text: text, Rules: []string{}, Clauses: []string{}}
	b.cite(&s, keys...)
	return s
}

func (b *builder) cite(s *Sentence, keys ...string) {
	for _, key := range keys {
		thing, ok := b.things[key]
		if !ok || slices.Contains(s.Rules, key) {
			continue
		}
		s.Rules = append(s.Rules, key)
		for _, c := range thing.Head.Clause {
			if !slices.Contains(s.Clauses, c.Text) {
				s.Clauses = append(s.Clauses, c.Text)
			}
		}
	}
}

// row makes a table's row. Its text is the row read aloud, column by column.
func (b *builder) row(columns []string, cells []Cell, heads ...*syntax.Head) Sentence {
	s := b.own("", heads...)
	s.Cells = cells
	s.Text = b.aloud(columns, cells)
	return s
}

func (b *builder) aloud(columns []string, cells []Cell) string {
	parts := make([]string, 0, len(cells))
	for i, c := range cells {
		if c.Text == "" {
			continue
		}
		parts = append(parts, b.tongue.stopped(b.say("row.cell", words("column", columns[i]), words("cell", c.Text))))
	}
	return b.tongue.run(parts...)
}

// columns are the headings of a table.
func (b *builder) columns(keys ...string) []string {
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		out = append(out, b.say("column."+k))
	}
	return out
}

// chapter opens a chapter; what is added after goes into it.
func (b *builder) chapter(layer Layer, id string) {
	b.doc.Chapters = append(b.doc.Chapters, Chapter{ID: id, Layer: layer, Heading: b.say("chapter." + id)})
}

// add puts a block into the open chapter, unless it says nothing.
func (b *builder) add(k Block) {
	if len(k.Sentences) == 0 {
		return
	}
	c := &b.doc.Chapters[len(b.doc.Chapters)-1]
	c.Blocks = append(c.Blocks, k)
}

func (b *builder) paragraph(section string, all ...Sentence) {
	b.add(Block{Section: section, Kind: Paragraph, Sentences: spoken(all)})
}

func (b *builder) list(section, heading string, all ...Sentence) {
	b.add(Block{Section: section, Kind: List, Heading: heading, Sentences: spoken(all)})
}

func (b *builder) table(section, heading string, columns []string, rows []Sentence) {
	b.add(Block{Section: section, Kind: Table, Heading: heading, Columns: columns, Sentences: rows})
}

// spoken leaves out sentences without words.
func spoken(all []Sentence) []Sentence {
	return slices.DeleteFunc(slices.Clone(all), func(s Sentence) bool { return s.Text == "" && s.Lead == "" })
}

// close drops empty chapters and numbers those of the full text.
func (b *builder) close() {
	n := 0
	kept := b.doc.Chapters[:0]
	for _, c := range b.doc.Chapters {
		if len(c.Blocks) == 0 {
			continue
		}
		if c.Layer == Full {
			n++
			c.Number = n
		}
		kept = append(kept, c)
	}
	b.doc.Chapters = kept
}

// keys are the keys of entries, for citing.
func keys[T any](b *builder, all []T, head func(*T) *syntax.Head) []string {
	out := make([]string, 0, len(all))
	for i := range all {
		out = append(out, b.keys[head(&all[i])])
	}
	return out
}
