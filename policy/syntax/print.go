package syntax

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Print writes the fault for people: place and fault, the source line with a
// caret under the column, why it matters, and what to try.
func (f Fault) Print(w io.Writer) error {
	if _, err := io.WriteString(w, f.Format()); err != nil {
		return fmt.Errorf("print fault: %w", err)
	}
	return nil
}

// Format returns what [Fault.Print] writes.
func (f Fault) Format() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s [%s]\n", f.place(), visible(f.What), f.ID)
	if f.Line != "" && f.Pos.IsValid() {
		line, caret := excerpt(f.Line, f.Pos.Column)
		number := fmt.Sprintf("%5d", f.Pos.Line)
		fmt.Fprintf(&b, "%s | %s\n%s | %s^\n", number, line, strings.Repeat(" ", len(number)), strings.Repeat(" ", caret))
	}
	if f.Why != "" {
		fmt.Fprintf(&b, "        why: %s\n", visible(f.Why))
	}
	if f.Try != "" {
		fmt.Fprintf(&b, "        try: %s\n", visible(f.Try))
	}
	return b.String()
}

// Print writes all faults for people, with an empty line between two of them.
func (fs Faults) Print(w io.Writer) error {
	if _, err := io.WriteString(w, fs.Format()); err != nil {
		return fmt.Errorf("print faults: %w", err)
	}
	return nil
}

// Format returns what [Faults.Print] writes.
func (fs Faults) Format() string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = f.Format()
	}
	return strings.Join(parts, "\n")
}

// excerpt returns the part of a line around a column that fits a terminal, and
// how many cells lie before the column in it.
func excerpt(line string, column int) (string, int) {
	const before, after = 80, 60
	at := max(column-1, 0)
	head, tail, cut := window(line, at-before, at), "", window(line, at, at+after)
	if at > before {
		head = "…" + head
	}
	if window(line, at+after, at+after+1) != "" {
		tail = "…"
	}
	return visible(head + cut + tail), cells(visible(head))
}

// window returns the characters of a line from one place to before another.
func window(line string, from, to int) string {
	start, n := len(line), 0
	for i := range line {
		if n == max(from, 0) {
			start = i
		}
		if n == to {
			return line[start:i]
		}
		n++
	}
	return line[start:]
}

// visible replaces what a terminal would obey rather than show.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// cells counts the terminal cells of a text: two for full-width characters,
// none for combining marks.
func cells(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}
