package notice

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A message is a sentence with slots:
//
//	{name}            the value's words
//	{^name}           the same, with a capital first letter
//	{name?one|many}   one if the value counts as one thing, else many
//	[ … ]             left out if a slot inside it has no words
//
// A backslash takes the meaning from the character after it; \s is a space,
// for words that begin or end in one.
type message []node

type nodeKind uint8

const (
	textNode nodeKind = iota
	slotNode
	pluralNode
	optionNode
)

type node struct {
	kind      nodeKind
	text      string // of a text, or the slot's name
	capital   bool
	one, many string
	inner     message
}

// value is what fills a slot: words, and how many things they stand for.
type value struct {
	words string
	count int
}

// slot is a named value.
type slot struct {
	name string
	value
}

func parseMessage(s string) (message, error) {
	m, rest, err := parseNodes(s, false)
	if err != nil {
		return nil, fmt.Errorf("message %q: %w", s, err)
	}
	if rest != "" {
		return nil, fmt.Errorf("message %q: closing bracket without an opening one", s)
	}
	return m, nil
}

func parseNodes(s string, inside bool) (message, string, error) {
	var out message
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, node{kind: textNode, text: text.String()})
			text.Reset()
		}
	}
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch r {
		case '\\':
			next, n := utf8.DecodeRuneInString(s[size:])
			if next == 's' {
				next = ' '
			}
			text.WriteRune(next)
			s = s[size+n:]
		case '{':
			flush()
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return nil, "", fmt.Errorf("slot without an end")
			}
			out = append(out, parseSlot(s[1:end]))
			s = s[end+1:]
		case '[':
			flush()
			inner, rest, err := parseNodes(s[size:], true)
			if err != nil {
				return nil, "", err
			}
			out = append(out, node{kind: optionNode, inner: inner})
			s = rest
		case ']':
			flush()
			if !inside {
				return out, s, nil
			}
			return out, s[size:], nil
		default:
			text.WriteRune(r)
			s = s[size:]
		}
	}
	flush()
	if inside {
		return nil, "", fmt.Errorf("opening bracket without a closing one")
	}
	return out, "", nil
}

func parseSlot(s string) node {
	name, forms, plural := strings.Cut(s, "?")
	if plural {
		one, many, _ := strings.Cut(forms, "|")
		return node{kind: pluralNode, text: name, one: one, many: many}
	}
	bare := strings.TrimPrefix(s, "^")
	return node{kind: slotNode, text: bare, capital: bare != s}
}

// filling is a message on its way to words.
type filling struct {
	values map[string]value
	spaced bool // put a space between Han and Latin where a slot begins or ends
	lacks  string
}

func (f *filling) fill(m message) (string, bool) {
	var b strings.Builder
	whole := true
	joint := false // the text so far ends in a slot's words
	for _, n := range m {
		words, slotted := "", false
		switch n.kind {
		case textNode:
			words = n.text
		case slotNode:
			words, slotted = f.slot(n), true
			whole = whole && words != ""
		case pluralNode:
			words = f.plural(n)
		case optionNode:
			inner, ok := f.fill(n.inner)
			if ok {
				words, slotted = inner, true
			}
		}
		if f.spaced && (slotted || joint) && needsSpace(b.String(), words) {
			b.WriteByte(' ')
		}
		b.WriteString(words)
		if words != "" {
			joint = slotted
		}
	}
	return b.String(), whole
}

func (f *filling) slot(n node) string {
	v, ok := f.values[n.text]
	if !ok {
		f.lacks = n.text
		return ""
	}
	if n.capital {
		return upperFirst(v.words)
	}
	return v.words
}

func (f *filling) plural(n node) string {
	v, ok := f.values[n.text]
	if !ok {
		f.lacks = n.text
	}
	if v.count == 1 {
		return n.one
	}
	return n.many
}

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

func needsSpace(left, right string) bool {
	l, _ := utf8.DecodeLastRuneInString(left)
	r, _ := utf8.DecodeRuneInString(right)
	return unicode.Is(unicode.Han, l) && latin(r) || latin(l) && unicode.Is(unicode.Han, r)
}

func latin(r rune) bool {
	return r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
