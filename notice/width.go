package notice

import (
	"strings"
	"unicode"
)

// wideMarks are the full-width forms of marks that Chinese text sets wide.
var wideMarks = [...][2]rune{{',', '\uff0c'}, {':', '\uff1a'}, {';', '\uff1b'}, {'?', '\uff1f'}, {'!', '\uff01'}, {'(', '\uff08'}, {')', '\uff09'}}

// widen sets the marks of Chinese prose in their full width where they touch a
// Chinese character, and takes out the space after them.
func widen(s string) string {
	in := []rune(s)
	out := make([]rune, 0, len(in))
	var open []bool // for each parenthesis still open, whether it was widened
	for i, r := range in {
		wide := touches(in, i)
		switch r {
		case '(':
			open = append(open, wide)
		case ')':
			if n := len(open); n > 0 {
				wide, open = open[n-1], open[:n-1]
			}
		case ' ':
			if len(out) > 0 && strings.ContainsRune("\uff0c\uff1a\uff1b\uff1f\uff01\uff08\uff09", out[len(out)-1]) {
				continue
			}
		}
		out = append(out, mark(r, wide))
	}
	return string(out)
}

func touches(in []rune, i int) bool {
	return i > 0 && wideRune(in[i-1]) || i+1 < len(in) && wideRune(in[i+1])
}

func wideRune(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= '\u3000' && r <= '\u303f' || r == '\u201c' || r == '\u201d'
}

func mark(r rune, wide bool) rune {
	if !wide {
		return r
	}
	for _, m := range wideMarks {
		if m[0] == r {
			return m[1]
		}
	}
	return r
}
