package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Limits of a policy file.
const (
	maxBytes  = 1 << 20 // size of the file
	maxDepth  = 16      // nesting; the language itself needs eight levels
	maxFaults = 1000    // faults that are reported; what follows is no longer read
)

// reader turns bytes into YAML nodes and collects what the language refuses of
// YAML.
type reader struct {
	file   *File
	faults Faults
}

func (r *reader) fault(pos Pos, id, what, try string) {
	if r.full() {
		return
	}
	if len(r.faults) == maxFaults-1 {
		id, what, try = "too-many-faults", "the file has more faults, and from here on it is not read", "mend the faults above first"
	}
	r.faults = append(r.faults, r.file.Fault(pos, id, what, why(id), try))
}

// full reports whether no more faults are reported.
func (r *reader) full() bool { return len(r.faults) >= maxFaults }

// read returns the root node of the only document, or nil after a fault that
// leaves nothing to bind, and the text that the positions refer to.
func (r *reader) read(src []byte) (*yaml.Node, []byte) {
	if len(src) > maxBytes {
		r.fault(Pos{}, "too-large", fmt.Sprintf("the file has %d bytes, more than %d", len(src), maxBytes),
			"take out what is no policy")
		return nil, nil
	}
	src = plainLines(src)
	r.file.source = newSource(src)
	if !r.text(src) || !r.noDirective(src) {
		return nil, nil
	}
	docs, err := load(src)
	if err != nil {
		r.yamlFault(err)
		return nil, nil
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		r.fault(Pos{Line: 1, Column: 1}, "empty-file", "the file holds no policy", "start with avow: 1")
		return nil, nil
	}
	if len(docs) > 1 {
		r.fault(r.secondDocument(docs[1]), "many-documents", "a second document starts here",
			"keep one policy in one file and take out the line ---")
	}
	root := docs[0].Content[0]
	r.refuse(root)
	return root, src
}

// plainLines takes away a byte order mark and the carriage returns of line ends.
func plainLines(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	return bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
}

// text refuses what a reader of the file could not see: other encodings,
// control characters, and characters that turn or split lines.
func (r *reader) text(src []byte) bool {
	line, column, sound := 1, 1, true
	for i := 0; i < len(src); {
		c, size := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && size == 1 {
			r.fault(Pos{line, column}, "not-text", "this byte is not UTF-8", "save the file as UTF-8")
			return false
		}
		if hidden(c) {
			r.fault(Pos{line, column}, "not-text", fmt.Sprintf("the invisible character %U", c), "take it out")
			sound = false
		}
		i, column = i+size, column+1
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return sound
}

func hidden(c rune) bool {
	if c == '\n' || c == '\t' {
		return false
	}
	return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' || c == '\uFEFF' ||
		c >= 0xFFFE && c <= 0xFFFF
}

func (r *reader) noDirective(src []byte) bool {
	for i, line := range bytes.Split(src, []byte("\n")) {
		trimmed := bytes.TrimSpace(line)
		switch {
		case len(trimmed) == 0 || trimmed[0] == '#':
			continue
		case line[0] == '%':
			r.fault(Pos{i + 1, 1}, "directive", "a YAML directive", "take the line out")
			return false
		}
		return true
	}
	return true
}

// load reads the first two documents of a stream. The YAML reader panics on some broken
// input; here that is an error like any other.
func load(src []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			docs, err = nil, errUnreadable
		}
	}()
	l, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithUniqueKeys(false),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, fmt.Errorf("read yaml: %w", err)
	}
	for len(docs) < 2 {
		doc := new(yaml.Node)
		if err := l.Load(doc); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

var errUnreadable = errors.New("the text is not YAML")

func (r *reader) yamlFault(err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		r.fault(Pos{1, 1}, "yaml", strings.TrimPrefix(err.Error(), "yaml: "), "check the lines and their indentation")
		return
	}
	pos := r.within(Pos{le.Mark.Line, le.Mark.Column})
	switch {
	case strings.Contains(le.Message, "max depth"):
		r.fault(pos, "too-deep", fmt.Sprintf("more than %d levels of nesting", maxDepth), "write the entry flat, as the manual shows it")
	case strings.Contains(le.Message, "unknown anchor"):
		r.fault(pos, "alias", "an alias, and it names nothing", "write the value itself; quote a text that starts with *")
	default:
		what := "this is not YAML: " + le.Message
		if le.ContextMsg != "" {
			what += " (" + le.ContextMsg + ")"
		}
		r.fault(pos, "yaml", what, "check the indentation, and quote texts that hold a colon, a # or start with a sign")
	}
}

// within moves a place behind the end of the file to the end of its last line
// that holds something.
func (r *reader) within(p Pos) Pos {
	lines := r.file.source.lines
	if !p.IsValid() {
		return Pos{1, 1}
	}
	if p.Line <= len(lines) && (lines[p.Line-1] != "" || p.Line < len(lines)) {
		return Pos{p.Line, max(p.Column, 1)}
	}
	last := len(lines)
	for last > 1 && strings.TrimSpace(lines[last-1]) == "" {
		last--
	}
	return Pos{last, utf8.RuneCountInString(lines[last-1]) + 1}
}

// secondDocument finds the line that starts a second document.
func (r *reader) secondDocument(doc *yaml.Node) Pos {
	for n := min(doc.Line, len(r.file.source.lines)); n > 0; n-- {
		if strings.HasPrefix(r.file.source.line(n), "---") {
			return Pos{n, 1}
		}
	}
	return Pos{max(doc.Line, 1), max(doc.Column, 1)}
}

// refuse reports the features of YAML that the language does not have.
func (r *reader) refuse(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		r.fault(at(n), "alias", fmt.Sprintf("an alias (*%s)", clip(n.Value)), "write the value itself; quote a text that starts with *")
		return
	}
	if n.Anchor != "" {
		r.fault(at(n), "anchor", fmt.Sprintf("an anchor (&%s)", clip(n.Anchor)), "take it out; quote a text that starts with &")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.fault(at(n), "tag", fmt.Sprintf("a tag (%s)", clip(n.Tag)), "take it out; quote a text that starts with !")
	}
	if n.Kind == yaml.MappingNode {
		r.refuseKeys(n)
	}
	for _, c := range n.Content {
		if !r.full() {
			r.refuse(c)
		}
	}
}

func (r *reader) refuseKeys(n *yaml.Node) {
	seen := map[string]Pos{}
	for k := range slices.Chunk(n.Content, 2) {
		switch first, twice := seen[k[0].Value]; {
		case k[0].Kind != yaml.ScalarNode:
			r.fault(at(k[0]), "wrong-shape", "a key that is a list or a group", "write a word before the colon")
		case k[0].Value == "<<" && k[0].Style == 0:
			r.fault(at(k[0]), "merge-key", "a merge key (<<)", "write the keys themselves")
		case twice:
			r.fault(at(k[0]), "duplicate-key", fmt.Sprintf("%q is written twice, first in line %d", clip(k[0].Value), first.Line),
				"keep one of the two")
		default:
			seen[k[0].Value] = at(k[0])
		}
	}
}

// at is the place of a node.
func at(n *yaml.Node) Pos { return Pos{Line: n.Line, Column: n.Column} }
