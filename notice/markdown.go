package notice

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// sheet writes Markdown (CommonMark with the tables and footnotes of GitHub).
type sheet struct {
	w     *bufio.Writer
	doc   *Document
	notes []*Sentence // sentences with a footnote, in order
}

// Markdown writes the document as Markdown. Each sentence that says a rule
// carries a footnote with the rule and the clauses of the original.
func (d *Document) Markdown(w io.Writer) error {
	m := &sheet{w: bufio.NewWriter(w), doc: d}
	m.put("# ", md(d.Title), "\n\n")
	for _, f := range d.Facts {
		m.put("- ", md(f.Name), md(d.words.after()), md(f.Text), "\n")
	}
	for i := range d.Chapters {
		m.chapter(&d.Chapters[i])
	}
	m.footnotes()
	return m.w.Flush()
}

func (m *sheet) put(parts ...string) {
	for _, s := range parts {
		m.w.WriteString(s) // bufio keeps the error for Flush
	}
}

// mdSpecial are the characters that Markdown or the HTML inside it could take
// for markup.
var mdSpecial = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"|", "\\|", "#", "\\#", "~", "\\~", "!", "\\!")

func md(s string) string { return mdSpecial.Replace(s) }

func (m *sheet) chapter(c *Chapter) {
	m.put("\n## ")
	if c.Number > 0 {
		m.put(strconv.Itoa(c.Number), ". ")
	}
	m.put(md(c.Heading), "\n")
	for i := range c.Blocks {
		m.block(&c.Blocks[i])
	}
}

func (m *sheet) block(k *Block) {
	m.put("\n")
	if k.Heading != "" {
		m.put("### ", md(k.Heading), "\n\n")
	}
	switch k.Kind {
	case List:
		for i := range k.Sentences {
			m.put("- ")
			m.sentence(&k.Sentences[i])
			m.put("\n")
		}
	case Table:
		m.table(k)
	case Paragraph, Question:
		for i := range k.Sentences {
			if i > 0 {
				m.put(m.doc.words.Joint)
			}
			m.sentence(&k.Sentences[i])
		}
		m.put("\n")
	}
}

func (m *sheet) sentence(s *Sentence) {
	if s.Lead != "" {
		m.put("**", md(m.doc.lead(s)), "**", m.doc.words.LeadJoint)
	}
	m.put(m.text(s.Text))
	m.after(s)
}

// text escapes a text; a digit or sign at its start must not begin a list.
func (m *sheet) text(s string) string {
	out := md(s)
	if s != "" && strings.ContainsRune("+-=", rune(s[0])) {
		return "\\" + out
	}
	return out
}

func (m *sheet) after(s *Sentence) {
	if s.Extra {
		m.put("†")
	}
	if len(s.Anchors) > 0 {
		m.notes = append(m.notes, s)
		m.put("[^", anchor(s.Anchors[0]), "]")
	}
	if s.Note != "" {
		m.put(" *", md(m.doc.words.Note), md(m.doc.words.after()), md(s.Note), "*")
	}
}

func (m *sheet) table(k *Block) {
	m.put("|")
	for _, c := range k.Columns {
		m.put(" ", md(c), " |")
	}
	m.put("\n|", strings.Repeat(" --- |", len(k.Columns)), "\n")
	for i := range k.Sentences {
		s := &k.Sentences[i]
		m.put("|")
		for j, c := range s.Cells {
			m.put(" ", m.text(c.Text))
			if len(c.Tags) > 0 {
				m.put(" (", md(strings.Join(c.Tags, ", ")), ")")
			}
			if j == 0 {
				m.after(s)
			}
			m.put(" |")
		}
		m.put("\n")
	}
}

func (m *sheet) footnotes() {
	if len(m.notes) > 0 {
		m.put("\n")
	}
	for _, s := range m.notes {
		m.put("[^", anchor(s.Anchors[0]), "]: ", md(m.doc.origin(s)), "\n")
	}
}
