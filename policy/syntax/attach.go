package syntax

import yaml "go.yaml.in/yaml/v4"

// anchor is a key or an item of a list: what a comment can belong to.
type anchor struct {
	offset    int // in characters
	line      int
	column    int          // of the key or the dash
	depth     int          // open brackets around it
	starts    bool         // it is the first thing on its line
	scalars   []*yaml.Node // the single values it is made of: key and value
	parent    *anchor
	container *part
	child     *child
	before    []string // comments above it
	blank     bool     // an empty line right above it
	moved     []string // comments that move above it from where none can stand
}

// attachment gives every comment of a source its place.
type attachment struct {
	anchors    []*anchor
	next       int // the first anchor behind the comment at hand
	indent     int // of the last comment since the last anchor
	forNext    bool
	head, foot []string // of the file
}

// none is an indentation that no comment has.
const none = 1 << 30

func attach(anchors []*anchor, comments []comment, s *scanner) *attachment {
	t := &attachment{anchors: anchors, indent: none}
	for _, c := range comments {
		t.advance(c.offset)
		t.place(c, s)
	}
	for _, a := range anchors {
		a.blank = a.starts && a.depth == 0 && s.blankBefore(a.line)
	}
	t.split()
	for _, a := range anchors {
		a.child.head = append(a.child.head, a.before...)
		if a.blank {
			a.child.head = append(a.child.head, "")
		}
		a.child.head = append(a.child.head, a.moved...)
	}
	return t
}

// advance moves to the gap between two anchors that holds the offset.
func (t *attachment) advance(offset int) {
	for t.next < len(t.anchors) && t.anchors[t.next].offset <= offset {
		t.next++
		t.indent, t.forNext = none, false
	}
}

// neighbours are the anchors around the comment at hand, nil at the ends.
func (t *attachment) neighbours() (last, next *anchor) {
	if t.next > 0 {
		last = t.anchors[t.next-1]
	}
	if t.next < len(t.anchors) {
		next = t.anchors[t.next]
	}
	return last, next
}

func (t *attachment) place(c comment, s *scanner) {
	last, next := t.neighbours()
	switch {
	case last == nil:
		t.head = append(t.head, c.lines()...)
	case c.trails:
		last.outside(c.depth).trailing(c.text)
	case last.holds(c.offset, s):
		last.moved = append(last.moved, c.text)
	case c.depth > 0:
		t.inBrackets(c, last, next)
	default:
		t.between(c, last, next)
	}
}

// lines are the comment and the empty line before it.
func (c comment) lines() []string {
	if c.blanked {
		return []string{"", c.text}
	}
	return []string{c.text}
}

// outside climbs out of the brackets that are closed where only depth are open.
func (a *anchor) outside(depth int) *anchor {
	for a.depth > depth && a.parent != nil {
		a = a.parent
	}
	return a
}

func (a *anchor) trailing(text string) {
	if a.child.line == "" {
		a.child.line = text
		return
	}
	a.moved = append(a.moved, text)
}

// holds reports whether the place lies between the key and its value.
func (a *anchor) holds(offset int, s *scanner) bool {
	n := len(a.scalars)
	return n > 1 && s.offset(a.scalars[n-1]) > offset
}

func (t *attachment) inBrackets(c comment, last, next *anchor) {
	if next != nil && next.depth >= c.depth {
		next.before = append(next.before, c.text)
		return
	}
	if a := last.outside(c.depth); a.depth == c.depth {
		a.container.tail = append(a.container.tail, c.text)
		return
	}
	last.moved = append(last.moved, c.text)
}

// between places a comment that has its own line: with the next key or item,
// unless it is indented deeper. Then it ends the group or list of that
// indentation.
func (t *attachment) between(c comment, last, next *anchor) {
	t.indent = min(t.indent, c.column)
	if next != nil && (t.forNext || t.indent <= next.column) {
		t.forNext = true
		next.before = append(next.before, c.lines()...)
		return
	}
	a := last.outside(0)
	for a.column > t.indent && a.parent != nil {
		a = a.parent
	}
	if next == nil && (t.indent <= 1 || a.column > t.indent) {
		t.indent = 1
		t.foot = append(t.foot, c.lines()...)
		return
	}
	a.container.tail = append(a.container.tail, c.lines()...)
}

// split leaves at the head of the file what an empty line sets off from the
// first key; the rest belongs to that key.
func (t *attachment) split() {
	if len(t.anchors) == 0 || t.anchors[0].blank {
		return
	}
	cut := len(t.head)
	for cut > 0 && t.head[cut-1] != "" {
		cut--
	}
	first := t.anchors[0]
	first.before = append(t.head[cut:], first.before...)
	t.head = t.head[:cut]
}
