package notice

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"io"
	"strconv"
	"strings"
)

//go:embed style.css
var stylesheet string

// StyleSource is the source expression that a Content-Security-Policy header
// needs to let the page's own style through: style-src with this, and
// everything else 'none'.
func StyleSource() string {
	sum := sha256.Sum256([]byte(stylesheet))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page writes HTML. Text and attribute values pass through esc; nothing else
// that comes from a policy reaches the output.
type page struct {
	w   *bufio.Writer
	doc *Document
}

func esc(s string) string { return html.EscapeString(s) }

func (p *page) put(parts ...string) {
	for _, s := range parts {
		p.w.WriteString(s) // bufio keeps the error for Flush
	}
}

// HTML writes the document as one page without script, which needs nothing
// from anywhere else.
func (d *Document) HTML(w io.Writer) error {
	p := &page{w: bufio.NewWriter(w), doc: d}
	p.head()
	p.put("<body>\n<a class=\"skip\" href=\"#main\">", esc(d.words.Skip), "</a>\n<div class=\"page\">\n")
	p.top()
	p.put("<main id=\"main\">\n")
	for i := range d.Chapters {
		if d.Chapters[i].Layer == Full && (i == 0 || d.Chapters[i-1].Layer != Full) {
			p.contents()
		}
		if d.Chapters[i].Layer == End && d.Chapters[i-1].Layer != End {
			p.put("</main>\n<footer class=\"tail\">\n")
		}
		p.chapter(&d.Chapters[i])
	}
	p.put("</footer>\n</div>\n</body>\n</html>\n")
	return p.w.Flush()
}

func (p *page) head() {
	d := p.doc
	p.put("<!DOCTYPE html>\n<html lang=\"", esc(d.Language), "\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src ", esc(StyleSource()), "; base-uri &#39;none&#39;; form-action &#39;none&#39;\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
		"<title>", esc(d.Title), "</title>\n")
	for _, e := range d.Languages {
		if e.Href != "" {
			p.put("<link rel=\"alternate\" hreflang=\"", esc(e.Language), "\" href=\"", esc(e.Href), "\">\n")
		}
	}
	p.put("<style>", stylesheet, "</style>\n</head>\n")
}

func (p *page) top() {
	d := p.doc
	p.put("<header class=\"top\">\n")
	p.editions()
	p.put("<h1>", esc(d.Title), "</h1>\n<dl class=\"facts\">\n")
	for _, f := range d.Facts {
		p.put("<div><dt data-colon=\"", esc(d.words.Colon), "\">", esc(f.Name), "</dt><dd>", esc(f.Text), "</dd></div>\n")
	}
	p.put("</dl>\n</header>\n")
}

func (p *page) editions() {
	if len(p.doc.Languages) < 2 {
		return
	}
	p.put("<nav class=\"editions\" aria-label=\"", esc(p.doc.words.Languages), "\">")
	for _, e := range p.doc.Languages {
		switch {
		case e.Language == p.doc.Language:
			p.put("<span lang=\"", esc(e.Language), "\" aria-current=\"page\">", esc(e.Name), "</span>")
		case e.Href != "":
			p.put("<a lang=\"", esc(e.Language), "\" hreflang=\"", esc(e.Language), "\" href=\"", esc(e.Href), "\">", esc(e.Name), "</a>")
		}
	}
	p.put("</nav>\n")
}

func (p *page) contents() {
	p.put("<nav class=\"contents\" aria-labelledby=\"contents\">\n<h2 id=\"contents\">", esc(p.doc.words.Contents), "</h2>\n<ol>\n")
	for _, c := range p.doc.Chapters {
		if c.Layer == Full {
			p.put("<li><span class=\"number\">", strconv.Itoa(c.Number), "</span><a href=\"#", esc(c.ID), "\">", esc(c.Heading), "</a></li>\n")
		}
	}
	p.put("</ol>\n</nav>\n")
}

func (p *page) chapter(c *Chapter) {
	p.put("<section class=\"", esc(string(c.Layer)), "\" aria-labelledby=\"", esc(c.ID), "\">\n<h2 id=\"", esc(c.ID), "\">")
	if c.Number > 0 {
		p.put("<span class=\"number\">", strconv.Itoa(c.Number), "</span>")
	}
	p.put(esc(c.Heading), "</h2>\n")
	for i := range c.Blocks {
		p.block(&c.Blocks[i])
	}
	p.put("</section>\n")
}

func (p *page) block(k *Block) {
	if k.Kind == Question {
		p.put("<div class=\"question\">\n")
		defer p.put("</div>\n")
	}
	if k.Heading != "" {
		p.put("<h3>", esc(k.Heading), "</h3>\n")
	}
	switch k.Kind {
	case List:
		p.put("<ul>\n")
		for i := range k.Sentences {
			p.put("<li>")
			p.sentence(&k.Sentences[i])
			p.put("</li>\n")
		}
		p.put("</ul>\n")
	case Table:
		p.table(k)
	case Paragraph, Question:
		p.put("<p>")
		for i := range k.Sentences {
			if i > 0 {
				p.put(p.doc.words.Joint)
			}
			p.sentence(&k.Sentences[i])
		}
		p.put("</p>\n")
		p.see(k.See)
	}
}

func (p *page) see(all []See) {
	links := make([]string, 0, len(all))
	for _, s := range all {
		if p.doc.hasChapter(s.Chapter) {
			links = append(links, "<a href=\"#"+esc(s.Chapter)+"\">"+esc(s.Text)+"</a>")
		}
	}
	if len(links) > 0 {
		p.put("<p class=\"more\">", esc(p.doc.words.See), esc(p.doc.words.after()), strings.Join(links, " "), "</p>\n")
	}
}

func (d *Document) hasChapter(id string) bool {
	for _, c := range d.Chapters {
		if c.ID == id {
			return true
		}
	}
	return false
}

// identity writes the attributes that tie an element to its rules.
func (p *page) identity(s *Sentence) {
	if len(s.Anchors) > 0 {
		p.put(" id=\"", esc(anchor(s.Anchors[0])), "\"")
	}
	if len(s.Rules) > 0 {
		p.put(" data-rule=\"", esc(strings.Join(s.Rules, " ")), "\"")
	}
	if len(s.Clauses) > 0 {
		p.put(" data-clause=\"", esc(strings.Join(s.Clauses, " ")), "\"")
	}
}

// places writes the anchors of the second and later rules of a sentence.
func (p *page) places(s *Sentence) {
	for _, key := range s.Anchors[min(1, len(s.Anchors)):] {
		p.put("<span id=\"", esc(anchor(key)), "\"></span>")
	}
}

func (p *page) sentence(s *Sentence) {
	p.put("<span")
	p.identity(s)
	p.put(">")
	p.places(s)
	if s.Lead != "" {
		p.put("<strong>", esc(p.doc.lead(s)), "</strong>", p.doc.words.LeadJoint)
	}
	p.put(linked(s.Text, s.Links), "</span>")
	p.after(s)
}

// lead closes the bold words with a colon, unless they are a sentence already
// or the text goes on from them.
func (d *Document) lead(s *Sentence) string {
	if strings.HasSuffix(s.Lead, d.words.Stop) || continues(s.Text) {
		return s.Lead
	}
	return s.Lead + d.words.LeadClose
}

// continues reports whether a text begins in the middle of a sentence.
func continues(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z'
}

func (p *page) after(s *Sentence) {
	if s.Extra {
		p.put("<a class=\"extra\" href=\"#supplied\" title=\"", esc(p.doc.words.Supplied), "\">†</a>")
	}
	p.mark(s)
	if s.Note != "" {
		p.put("<span class=\"note\">", esc(p.doc.words.Note), esc(p.doc.words.after()), esc(s.Note), "</span>")
	}
}

// mark is the discreet link to the sentence itself; its title names rule and
// clause. It is out of the way of keyboards and screen readers: the same facts
// are in the JSON edition and in the attributes.
func (p *page) mark(s *Sentence) {
	if len(s.Anchors) == 0 {
		return
	}
	p.put("<a class=\"mark\" aria-hidden=\"true\" tabindex=\"-1\" href=\"#", esc(anchor(s.Anchors[0])), "\" title=\"", esc(p.doc.origin(s)), "\">§</a>")
}

func (d *Document) origin(s *Sentence) string {
	text := d.words.Rule + d.words.after() + strings.Join(s.Anchors, ", ")
	if len(s.Clauses) > 0 {
		text += " · " + d.words.Clause + d.words.after() + strings.Join(s.Clauses, ", ")
	}
	return text
}

func (p *page) table(k *Block) {
	p.put("<div class=\"scroll\">\n<table>\n<thead><tr>")
	for _, c := range k.Columns {
		p.put("<th scope=\"col\">", esc(c), "</th>")
	}
	p.put("</tr></thead>\n<tbody>\n")
	for i := range k.Sentences {
		p.row(k, &k.Sentences[i])
	}
	p.put("</tbody>\n</table>\n</div>\n")
}

func (p *page) row(k *Block, s *Sentence) {
	p.put("<tr")
	p.identity(s)
	p.put(">")
	for i, c := range s.Cells {
		if i == 0 {
			p.put("<th scope=\"row\">")
			p.places(s)
			p.cell(&c, s.Links)
			p.after(s)
			p.put("</th>")
			continue
		}
		class := ""
		if c.Text == "–" {
			class = " class=\"blank\""
		}
		p.put("<td", class, " data-label=\"", esc(k.Columns[i]), esc(p.doc.words.Colon), "\">")
		p.cell(&c, s.Links)
		p.put("</td>")
	}
	p.put("</tr>\n")
}

func (p *page) cell(c *Cell, links []Link) {
	if c.Code {
		p.put("<code>", esc(c.Text), "</code>")
	} else {
		p.put(linked(c.Text, links))
	}
	for _, t := range c.Tags {
		p.put(" <span class=\"tag\">", esc(t), "</span>")
	}
}

// linked escapes a text and makes links of the stretches that are addresses.
func linked(text string, links []Link) string {
	for _, l := range links {
		before, after, found := strings.Cut(text, l.Text)
		href := safeHref(l.Href)
		if found && href != "" && l.Text != "" {
			return esc(before) + "<a href=\"" + esc(href) + "\" rel=\"noreferrer\">" + esc(l.Text) + "</a>" + esc(after)
		}
	}
	return esc(text)
}
