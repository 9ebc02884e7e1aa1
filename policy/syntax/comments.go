package syntax

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	yaml "go.yaml.in/yaml/v4"
)

// The YAML reader loses and moves some comments, so the formatter finds them
// itself: a # outside of all values starts one. Where values start is known
// from the nodes; where they end is read from the source.

// comment is one comment of the source.
type comment struct {
	text    string
	offset  int // in characters
	line    int // from 1
	column  int // from 1; 0 where only dashes precede it
	depth   int // open brackets around it
	trails  bool
	blanked bool // an empty line precedes it
}

// errLost says that the source could not be followed. Nothing is formatted then.
var errLost = errors.New("the layout is too unusual to keep every comment in place")

// scanner walks the source beside its values.
type scanner struct {
	src    []rune
	starts []int // offset of each line
	depth  int
	found  []comment
}

func newScanner(src []byte) *scanner {
	s := &scanner{src: []rune(string(src)), starts: []int{0}}
	for i, c := range s.src {
		if c == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// offset returns where a node starts.
func (s *scanner) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(s.starts) {
		return len(s.src)
	}
	return min(s.starts[n.Line-1]+n.Column-1, len(s.src))
}

// blankBefore reports whether the line above line n is empty.
func (s *scanner) blankBefore(n int) bool {
	return n > 1 && n <= len(s.starts) && strings.TrimSpace(s.lineText(n-1)) == ""
}

func (s *scanner) lineText(n int) string {
	end := len(s.src)
	if n < len(s.starts) {
		end = s.starts[n] - 1
	}
	return string(s.src[s.starts[n-1]:end])
}

// scan finds the comments among the anchors, which come in the order of the
// source, and notes how many brackets are open around each anchor.
func (s *scanner) scan(as []*anchor) ([]comment, error) {
	i := 0
	for _, a := range as {
		i = s.between(i, a.offset)
		a.depth = s.depth
		for _, v := range a.scalars {
			i = s.between(i, s.offset(v))
			end, err := s.value(i, v, a)
			if err != nil {
				return nil, err
			}
			i = end
		}
	}
	s.between(i, len(s.src))
	return s.found, nil
}

// between reads from one place to another, where no value stands.
func (s *scanner) between(from, to int) int {
	i := from
	for i < to {
		switch s.src[i] {
		case '[', '{':
			s.depth++
		case ']', '}':
			s.depth--
		case '#':
			i = s.comment(i)
			continue
		}
		i++
	}
	return max(i, from)
}

// comment notes the comment at i and returns the end of its line.
func (s *scanner) comment(i int) int {
	end := i
	for end < len(s.src) && s.src[end] != '\n' {
		end++
	}
	line, exact := slices.BinarySearch(s.starts, i)
	if exact {
		line++
	}
	before := string(s.src[s.starts[line-1]:i])
	c := comment{
		text: strings.TrimRight(string(s.src[i:end]), " \t"), offset: i, line: line,
		column: i - s.starts[line-1] + 1, depth: s.depth, blanked: s.blankBefore(line),
	}
	switch {
	case strings.TrimSpace(before) == "":
	case strings.Trim(before, " \t-") == "":
		c.column, c.blanked = 0, false
	default:
		c.trails = true
	}
	s.found = append(s.found, c)
	return end
}

// value returns the end of the single value that starts at i.
func (s *scanner) value(i int, n *yaml.Node, a *anchor) (int, error) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return s.quoted(i, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return s.quoted(i, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.blockText(i, a.column-1)
	}
	return s.plain(i, n.Value)
}

func (s *scanner) quoted(i int, mark rune) (int, error) {
	if i >= len(s.src) || s.src[i] != mark {
		return 0, errLost
	}
	for i++; i < len(s.src); i++ {
		switch {
		case mark == '"' && s.src[i] == '\\':
			i++
		case s.src[i] == mark && mark == '\'' && i+1 < len(s.src) && s.src[i+1] == mark:
			i++
		case s.src[i] == mark:
			return i + 1, nil
		}
	}
	return 0, errLost
}

// plain follows a value without quotes, in which only spaces can differ from
// the source.
func (s *scanner) plain(i int, value string) (int, error) {
	for _, c := range value {
		if unicode.IsSpace(c) {
			continue
		}
		for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\t' || s.src[i] == '\n') {
			i++
		}
		if i >= len(s.src) || s.src[i] != c {
			return 0, errLost
		}
		i++
	}
	return i, nil
}

// blockText follows a literal or folded text; parent is the indentation of the
// key or dash that holds it.
func (s *scanner) blockText(i, parent int) (int, error) {
	if i >= len(s.src) || s.src[i] != '|' && s.src[i] != '>' {
		return 0, errLost
	}
	indent := -1
	for i++; i < len(s.src) && strings.ContainsRune("+-0123456789", s.src[i]); i++ {
		if d := s.src[i]; d >= '0' && d <= '9' {
			indent = parent + int(d-'0')
		}
	}
	end := i
	for end < len(s.src) && s.src[end] != '\n' {
		end++
	}
	i = s.between(i, end)
	line, _ := slices.BinarySearch(s.starts, i+1)
	for n := line + 1; n <= len(s.starts); n++ {
		text := s.lineText(n)
		body := strings.TrimLeft(text, " ")
		if strings.TrimSpace(body) == "" {
			i = s.starts[n-1] + len([]rune(text))
			continue
		}
		if indent < 0 {
			indent = max(len(text)-len(body), parent+1)
		}
		if len(text)-len(body) < indent {
			break
		}
		i = s.starts[n-1] + len([]rune(text))
	}
	return i, nil
}
