package syntax

import (
	"slices"
	"strings"
)

// lineWidth is how many cells a line of the canonical form may have before
// lists and texts are broken.
const lineWidth = 100

// part is a value on its way to canonical text: a single value, a list, or a
// group of keys. Formatting builds it from YAML nodes with their comments,
// encoding from the tree without.
type part struct {
	kind     partKind
	text     string   // single value
	style    style    // single value
	children []*child // list and group
	tail     []string // comment lines behind the last child; "" is an empty line
	flow     bool     // a group that may stand on one line
	shape    *shape   // a group that the language knows
}

type partKind uint8

const (
	single partKind = iota
	list
	group
)

// child is one key with its value, or one item of a list.
type child struct {
	key     string // written form; "" for an item
	head    []string
	line    string // comment at the end of the line
	val     *part
	section bool // set off by empty lines
}

func (c *child) commented() bool {
	return c.line != "" || slices.ContainsFunc(c.head, func(l string) bool { return l != "" })
}

// printer writes parts as canonical YAML.
type printer struct{ lines []string }

func (p *printer) bytes() []byte {
	for len(p.lines) > 0 && p.lines[len(p.lines)-1] == "" {
		p.lines = p.lines[:len(p.lines)-1]
	}
	return []byte(strings.Join(p.lines, "\n") + "\n")
}

func (p *printer) add(line string) { p.lines = append(p.lines, line) }

// blank sets off what follows by one empty line.
func (p *printer) blank() {
	if n := len(p.lines); n > 0 && p.lines[n-1] != "" {
		p.add("")
	}
}

// comments writes comment lines; first drops a leading empty line.
func (p *printer) comments(lines []string, indent int, first bool) {
	for i, l := range lines {
		switch {
		case l != "":
			p.add(spaces(indent) + l)
		case i > 0 || !first:
			p.blank()
		}
	}
}

// root writes a whole file.
func (p *printer) root(v *part, head, foot []string) {
	p.comments(head, 0, true)
	if len(head) > 0 {
		p.blank()
	}
	for i, c := range v.children {
		if i > 0 && (c.section || v.children[i-1].section) {
			p.blank()
		}
		p.comments(c.head, 0, i == 0)
		p.value(c.key+":", c, 0)
	}
	p.comments(v.tail, 0, false)
	p.comments(foot, 0, false)
}

// children writes the keys or items of a part.
func (p *printer) children(v *part, indent int) {
	for i, c := range v.children {
		if v.kind == list {
			p.item(c, indent, i == 0)
			continue
		}
		p.comments(c.head, indent, i == 0)
		p.value(spaces(indent)+c.key+":", c, indent)
	}
	p.comments(v.tail, indent, false)
}

// item writes one item of a list. Comments of its first key stand above the
// dash, where they are found again.
func (p *printer) item(c *child, indent int, first bool) {
	head, dash := c.head, spaces(indent)+"-"
	_, short := c.val.inline(lineWidth - cells(dash) - 1)
	if short || c.val.kind == single {
		p.comments(head, indent, first)
		p.value(dash, c, indent)
		return
	}
	if c.line != "" {
		head = append(slices.Clone(head), c.line)
	}
	if c.val.kind == list {
		p.comments(head, indent, first)
		p.add(dash)
		p.children(c.val, indent+2)
		return
	}
	k := c.val.children[0]
	p.comments(append(slices.Clone(head), k.head...), indent, first)
	p.value(dash+" "+k.key+":", k, indent+2)
	rest := &part{kind: group, children: c.val.children[1:], tail: c.val.tail}
	for _, k := range rest.children {
		p.comments(k.head, indent+2, false)
		p.value(spaces(indent+2)+k.key+":", k, indent+2)
	}
	p.comments(rest.tail, indent+2, false)
}

// value writes what follows start, a key with its colon or a dash.
func (p *printer) value(start string, c *child, indent int) {
	comment := ""
	if c.line != "" {
		comment = " " + c.line
	}
	if c.val.kind == single {
		p.single(start, c.val, indent, comment)
		return
	}
	if s, ok := c.val.inline(lineWidth - cells(start) - 1); ok {
		p.add(start + " " + s + comment)
		return
	}
	p.add(start + comment)
	p.children(c.val, indent+2)
}

// single writes a single value: behind start if it fits or cannot be broken, and
// else as a block below it.
func (p *printer) single(start string, v *part, indent int, comment string) {
	if s, ok := v.inline(lineWidth - cells(start) - 1); ok {
		p.add(start + " " + s + comment)
		return
	}
	header, body := v.block(lineWidth - indent - 2)
	if body == nil {
		p.add(start + " " + v.written(false) + comment)
		return
	}
	p.add(start + " " + header + comment)
	for _, l := range body {
		if l != "" {
			l = spaces(indent+2) + l
		}
		p.add(l)
	}
}

// inline returns the value on one line, if it fits one of that width.
func (v *part) inline(room int) (string, bool) {
	if v.kind == single {
		s := v.written(false)
		return s, cells(s) <= room && !strings.Contains(v.text, "\n")
	}
	opening, closing := "[", "]"
	if v.kind == group {
		opening, closing = "{", "}"
	}
	if len(v.children) == 0 {
		return opening + closing, true
	}
	if len(v.tail) > 0 || v.kind == group && !v.flow {
		return "", false
	}
	items := make([]string, len(v.children))
	for i, c := range v.children {
		if c.val.kind != single || c.commented() || strings.Contains(c.val.text, "\n") {
			return "", false
		}
		items[i] = c.val.written(true)
		if v.kind == group {
			items[i] = c.key + ": " + items[i]
		}
	}
	s := opening + strings.Join(items, ", ") + closing
	return s, cells(s) <= room
}

func spaces(n int) string { return strings.Repeat(" ", n) }
