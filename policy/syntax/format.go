package syntax

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Format writes a policy file in the canonical form: keys in the order of the
// language, two spaces of indentation, short lists on one line, an empty line
// between sections. Comments stay with what they stand at. Formatting twice
// changes nothing more, and the result means what the source means.
//
// Files with faults of meaning are formatted too. Format fails, and leaves the
// caller with the source, for what is no YAML or uses features of YAML that the
// language does not have.
func Format(src []byte) ([]byte, error) {
	r := reader{file: &File{}}
	root, text := r.read(src)
	r.faults = slices.DeleteFunc(r.faults, func(f Fault) bool { return f.ID == "duplicate-key" })
	if err := r.faults.Err(); err != nil {
		return nil, fmt.Errorf("format policy: %w", err)
	}
	if root == nil || root.Kind != yaml.MappingNode || len(root.Content) == 0 {
		return nil, errors.New("format policy: the file is not a group of keys")
	}
	out, err := format(root, text)
	if err != nil {
		return nil, fmt.Errorf("format policy: %w", err)
	}
	return out, nil
}

func format(root *yaml.Node, src []byte) ([]byte, error) {
	c := converter{scanner: newScanner(src), languages: languagesOf(root)}
	p := c.group(root, language(), nil)
	comments, err := c.scanner.scan(c.anchors)
	if err != nil {
		return nil, err
	}
	t := attach(c.anchors, comments, c.scanner)
	arrange(p, c.languages)
	for _, k := range p.children {
		k.section = section(k)
	}
	var out printer
	out.root(p, t.head, t.foot)
	if err := faithful(root, comments, out.bytes()); err != nil {
		return nil, err
	}
	return out.bytes(), nil
}

// section reports whether a key of the file starts a section.
func section(c *child) bool {
	if f := language().field(c.key); f != nil {
		return f.elem != nil
	}
	return c.val.kind == group || c.val.kind == list && slices.ContainsFunc(c.val.children, func(c *child) bool { return c.val.kind != single })
}

// converter turns YAML nodes into parts and notes the anchors on its way.
type converter struct {
	scanner   *scanner
	languages []string
	anchors   []*anchor
}

func (c *converter) anchor(n *yaml.Node, column int, in *part, parent *anchor, key string) *anchor {
	offset := c.scanner.offset(n)
	if k := len(c.anchors); k > 0 {
		offset = max(offset, c.anchors[k-1].offset) // an item without a value has no place of its own
	}
	a := &anchor{offset: offset, line: n.Line, column: column, parent: parent, container: in, child: &child{key: key}}
	a.starts = parent == nil || parent.line != a.line
	in.children = append(in.children, a.child)
	c.anchors = append(c.anchors, a)
	return a
}

// group converts a mapping; sh is nil where the language knows nothing of it.
func (c *converter) group(n *yaml.Node, sh *shape, parent *anchor) *part {
	p := &part{kind: group}
	for kv := range slices.Chunk(n.Content, 2) {
		a := c.anchor(kv[0], kv[0].Column, p, parent, keyText(kv[0]))
		a.scalars = append(a.scalars, kv[0])
		var f *field
		if sh != nil {
			f = sh.field(kv[0].Value)
		}
		a.child.val = c.value(kv[1], f, a)
	}
	p.shape = sh
	return p
}

func keyText(n *yaml.Node) string {
	switch {
	case n.ShortTag() != "!!str":
		return scalarPart(n, nil).text
	case plainWord(n.Value):
		return (&part{text: n.Value, style: aWord}).written(true)
	}
	return (&part{text: n.Value}).written(true)
}

func (c *converter) value(n *yaml.Node, f *field, a *anchor) *part {
	switch n.Kind {
	case yaml.MappingNode:
		var sh *shape
		if f != nil {
			sh = f.elem
		}
		p := c.group(n, sh, a)
		p.flow = f != nil && f.kind == kindText || sh != nil && sh.brief()
		return p
	case yaml.SequenceNode:
		p := &part{kind: list}
		for _, item := range n.Content {
			ia := c.anchor(item, n.Column, p, a, "")
			ia.child.val = c.value(item, itemField(f), ia)
		}
		return p
	}
	if !(null(n) && n.Value == "") {
		a.scalars = append(a.scalars, n)
	}
	p := scalarPart(n, f)
	if f != nil && (f.kind == kindWords || f.kind == kindStrs) && !null(n) {
		return &part{kind: list, children: []*child{{val: p}}}
	}
	return p
}

// itemField describes one item of a list field.
func itemField(f *field) *field {
	if f == nil {
		return nil
	}
	one := *f
	switch f.kind {
	case kindWords:
		one.kind = kindWord
	case kindStrs:
		one.kind = kindStr
	case kindStructs:
		one.kind = kindStruct
	default:
		return nil
	}
	return &one
}

func scalarPart(n *yaml.Node, f *field) *part {
	p := &part{text: n.Value}
	switch n.ShortTag() {
	case "!!null":
		return &part{text: "null", style: verbatim}
	case "!!str":
		p.style = styleOf(n.Value, f)
	default:
		p.style = verbatim
	}
	return p
}

func styleOf(s string, f *field) style {
	if f == nil {
		return anyText
	}
	var err error
	switch f.kind {
	case kindWord, kindWords:
		return aWord
	case kindDate:
		_, err = ParseDate(s)
	case kindPeriod:
		_, err = ParsePeriod(s)
	case kindKeep:
		_, err = ParseKeep(s)
	default:
		return anyText
	}
	if err != nil {
		return anyText
	}
	return verbatim
}

// arrange puts keys in the order of the language. Unknown keys stay behind the
// others in the order they were written.
func arrange(p *part, languages []string) {
	order := languages
	if p.shape != nil {
		order = p.shape.keys()
	}
	if p.kind == group && (p.shape != nil || p.flow) {
		slices.SortStableFunc(p.children, func(a, b *child) int { return rank(a.key, order) - rank(b.key, order) })
	}
	for _, c := range p.children {
		arrange(c.val, languages)
	}
}

// errChanged is a broken promise of the formatter, caught before anything is
// written.
var errChanged = errors.New("the result would not mean the same; please report this file")

// faithful reads the result back: the values and the comments must be those of
// the source.
func faithful(root *yaml.Node, comments []comment, out []byte) error {
	docs, err := load(out)
	if err != nil || len(docs) != 1 || !same(root, docs[0].Content[0]) {
		return errChanged
	}
	c := converter{scanner: newScanner(out)}
	c.group(docs[0].Content[0], nil, nil)
	kept, err := c.scanner.scan(c.anchors)
	if err != nil || !slices.Equal(commentTexts(comments), commentTexts(kept)) {
		return errChanged
	}
	return nil
}

func commentTexts(cs []comment) []string {
	texts := make([]string, len(cs))
	for i, c := range cs {
		texts[i] = c.text
	}
	slices.Sort(texts)
	return texts
}

// same compares two nodes without regard to the order of keys, to styles, and
// to whether a list of one is written as a list.
func same(a, b *yaml.Node) bool {
	if a.Kind == yaml.ScalarNode && b.Kind == yaml.SequenceNode && len(b.Content) == 1 {
		b = b.Content[0]
	}
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.ScalarNode {
		return class(a) == class(b) && (a.Value == b.Value || null(a))
	}
	x, y := a.Content, b.Content
	if a.Kind == yaml.MappingNode {
		x, y = byKey(a), byKey(b)
	}
	return slices.EqualFunc(x, y, same)
}

func class(n *yaml.Node) string {
	if t := n.ShortTag(); t != "!!timestamp" {
		return t
	}
	return "!!str"
}

// byKey returns the content of a mapping, sorted by key.
func byKey(n *yaml.Node) []*yaml.Node {
	pairs := slices.Collect(slices.Chunk(n.Content, 2))
	slices.SortStableFunc(pairs, func(a, b []*yaml.Node) int { return strings.Compare(a[0].Value, b[0].Value) })
	return slices.Concat(pairs...)
}
