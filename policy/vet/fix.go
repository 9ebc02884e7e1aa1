package vet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"avow.dev/policy/syntax"
)

// Fix is a mechanical change of the source that removes a finding.
type Fix struct {
	// Safe fixes only take out what has no effect, or let the policy do less
	// than before. All others change a promise, and people decide on them.
	Safe  bool   `json:"safe"`
	Edits []Edit `json:"edits"`
}

// Edit replaces a text that stands at a place. An empty Old inserts.
type Edit struct {
	Pos syntax.Pos `json:"pos"`
	Old string     `json:"old"`
	New string     `json:"new"`
}

// ErrConflict is wrapped by the error of [Apply] when the source is not the one
// that the edits were made for, or two edits overlap.
var ErrConflict = errors.New("the source has changed")

// safe marks a fix as safe. A nil fix stays nil.
func (f *Fix) safe() *Fix {
	if f != nil {
		f.Safe = true
	}
	return f
}

// SafeEdits are the edits of all safe fixes of open findings, in order and each
// once.
func SafeEdits(all []Finding) []Edit {
	var out []Edit
	for _, f := range Open(all) {
		if f.Fix == nil || !f.Fix.Safe {
			continue
		}
		for _, e := range f.Fix.Edits {
			if !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Edit) int { return comparePos(a.Pos, b.Pos) })
	return out
}

// Apply makes edits in a source. Edits at one place are made in their order.
// The caller formats and checks the result; its positions have moved.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	type span struct {
		from, to int
		text     string
	}
	lines := lineStarts(src)
	spans := make([]span, 0, len(edits))
	for _, e := range edits {
		from, ok := offset(src, lines, e.Pos)
		if !ok || !strings.HasPrefix(string(src[from:]), e.Old) {
			return nil, fmt.Errorf("apply fix at %d:%d: %w", e.Pos.Line, e.Pos.Column, ErrConflict)
		}
		spans = append(spans, span{from, from + len(e.Old), e.New})
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, s := range spans {
		if s.from < at {
			return nil, fmt.Errorf("apply fixes: two overlap: %w", ErrConflict)
		}
		out = append(append(out, src[at:s.from]...), s.text...)
		at = s.to
	}
	return append(out, src[at:]...), nil
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, b := range src {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offset finds the byte of a place; columns count characters.
func offset(src []byte, lines []int, p syntax.Pos) (int, bool) {
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 {
		return 0, false
	}
	at := lines[p.Line-1]
	for range p.Column - 1 {
		if at >= len(src) || src[at] == '\n' {
			return 0, false
		}
		_, n := utf8.DecodeRune(src[at:])
		at += n
	}
	return at, true
}

// rest is what stands on the line of a place from there on.
func (v *view) rest(p syntax.Pos) string {
	r := []rune(v.line(p.Line))
	if p.Column < 1 || p.Column > len(r) {
		return ""
	}
	return string(r[p.Column-1:])
}

func (v *view) before(p syntax.Pos) string {
	r := []rune(v.line(p.Line))
	if p.Column < 1 || p.Column > len(r)+1 {
		return ""
	}
	return string(r[:p.Column-1])
}

// replaceWord is a fix that writes another word, or nil where the word does not
// stand in the source as it is read.
func (v *view) replaceWord(w syntax.Word, text string) *Fix {
	if !strings.HasPrefix(v.rest(w.Pos), w.Text) || w.Text == "" {
		return nil
	}
	return &Fix{Edits: []Edit{{Pos: w.Pos, Old: w.Text, New: text}}}
}

// addWord is a fix that adds a word behind the last one of a list that has one.
func (v *view) addWord(words []syntax.Word, text string) *Fix {
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	rest := v.rest(last.Pos)
	if !strings.HasPrefix(rest, last.Text) {
		return nil
	}
	if lead := v.before(last.Pos); dashed(lead) {
		return &Fix{Edits: []Edit{{Pos: last.Pos, Old: last.Text, New: last.Text + "\n" + lead + text}}}
	}
	if behind := strings.TrimLeft(rest[len(last.Text):], " "); !strings.HasPrefix(behind, "]") {
		return nil
	}
	return &Fix{Edits: []Edit{{Pos: last.Pos, Old: last.Text, New: last.Text + ", " + text}}}
}

// removeWord is a safe fix that takes a word out of a list of several.
func (v *view) removeWord(words []syntax.Word, i int) *Fix {
	if i < 0 || len(words) < 2 {
		return nil
	}
	w := words[i]
	rest, lead := v.rest(w.Pos), v.before(w.Pos)
	if !strings.HasPrefix(rest, w.Text) {
		return nil
	}
	if dashed(lead) && strings.TrimSpace(rest) == w.Text {
		return &Fix{Safe: true, Edits: []Edit{{Pos: syntax.Pos{Line: w.Pos.Line, Column: 1}, Old: lead + rest + "\n"}}}
	}
	if i+1 < len(words) && strings.HasPrefix(rest, w.Text+", ") {
		return &Fix{Safe: true, Edits: []Edit{{Pos: w.Pos, Old: w.Text + ", "}}}
	}
	if strings.HasSuffix(lead, ", ") {
		pos := syntax.Pos{Line: w.Pos.Line, Column: w.Pos.Column - 2}
		return &Fix{Safe: true, Edits: []Edit{{Pos: pos, Old: ", " + w.Text}}}
	}
	return nil
}

// dashed reports whether a line starts as an item of a block list.
func dashed(lead string) bool { return strings.TrimLeft(lead, " ") == "- " }

// removeAccept is a safe fix that takes an answer out, with its key if it is
// the only one. Only block lists as the formatter writes them are known.
func (v *view) removeAccept(h *syntax.Head, i int) *Fix {
	first := h.Accept[i].At.Line
	lead := v.line(first)
	indent := len(lead) - len(strings.TrimLeft(lead, " "))
	if !strings.HasPrefix(lead[indent:], "- ") {
		return nil
	}
	last := first
	for n := first + 1; ; n++ {
		l := v.line(n)
		if l == "" || len(l)-len(strings.TrimLeft(l, " ")) <= indent {
			break
		}
		last = n
	}
	if len(h.Accept) == 1 {
		if strings.TrimSpace(v.line(first-1)) != "accept:" {
			return nil
		}
		first--
	}
	var old strings.Builder
	for n := first; n <= last; n++ {
		old.WriteString(v.line(n) + "\n")
	}
	return &Fix{Safe: true, Edits: []Edit{{Pos: syntax.Pos{Line: first, Column: 1}, Old: old.String()}}}
}
