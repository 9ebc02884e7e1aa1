package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// style is how a single value may be written.
type style uint8

const (
	anyText  style = iota // a text: plain if no YAML reader can take it for anything else
	aWord                 // a word of the language
	verbatim              // a number, switch, date or duration
)

// plainWord reports whether s is letters, digits, dots, underscores and hyphens of
// ASCII, a letter first.
func plainWord(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' && s[i] != '_' && s[i] != '-') {
			return false
		}
	}
	return s != ""
}

// plainText reports whether s begins with a letter and goes on with anything that
// can be seen, and single spaces or more between, none at the end.
func plainText(s string) bool {
	for i, r := range s {
		switch {
		case i == 0 && !unicode.IsLetter(r):
			return false
		case r != ' ' && !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S):
			return false
		}
	}
	return s != "" && s[len(s)-1] != ' '
}

// written returns the value on one line. Inside brackets more has to be quoted.
func (v *part) written(inFlow bool) string {
	s := v.text
	switch {
	case v.style == verbatim:
		return s
	case v.style == aWord && plainWord(s) && !slices.Contains(typed[:], strings.ToLower(s)):
		return s
	case v.style == anyText && plain(s, inFlow):
		return s
	}
	return quote(s)
}

// typed are the words that YAML 1.2 takes for something else than a text;
// switches are those that YAML 1.1 does.
var (
	typed    = [...]string{"true", "false", "null"}
	switches = [...]string{"yes", "no", "on", "off", "y", "n"}
)

// plain reports whether a text may stand without quotes. It asks for more
// quotes than YAML does, never for fewer.
func plain(s string, inFlow bool) bool {
	lower := strings.ToLower(s)
	switch {
	case !plainText(s) || strings.ContainsFunc(s, concealed):
		return false
	case slices.Contains(typed[:], lower) || slices.Contains(switches[:], lower):
		return false
	case strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":"):
		return false
	}
	return !inFlow || !strings.ContainsAny(s, ",[]{}:")
}

// concealed reports characters that are written as escapes, because the parser
// refuses them in the open or people cannot see them.
func concealed(c rune) bool {
	return c == '\t' || hidden(c) || c != ' ' && !unicode.IsGraphic(c) || c != ' ' && unicode.IsSpace(c)
}

// quote writes a text in double quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case concealed(c) && c > 0xFFFF:
			fmt.Fprintf(&b, `\U%08X`, c)
		case concealed(c) && c > 0xFF:
			fmt.Fprintf(&b, `\u%04X`, c)
		case concealed(c):
			fmt.Fprintf(&b, `\x%02X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// block returns a text as a block: lines that are kept for a text of several
// lines, folded lines for a long one. The body is nil if neither fits it.
func (v *part) block(room int) (header string, body []string) {
	s := v.text
	if v.style != anyText {
		return "", nil
	}
	if strings.Contains(s, "\n") {
		return literal(s)
	}
	lines := fold(s, room)
	if len(lines) < 2 {
		return "", nil
	}
	return ">-", lines
}

func literal(s string) (string, []string) {
	header, text := "|-", s
	if strings.HasSuffix(s, "\n") {
		header, text = "|", strings.TrimSuffix(s, "\n")
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		first := i == 0 || i == len(lines)-1
		if first && l == "" || i == 0 && strings.HasPrefix(l, " ") || strings.HasSuffix(l, " ") || strings.ContainsFunc(l, concealed) {
			return "", nil
		}
	}
	return header, lines
}

// fold breaks a text at single spaces. Texts in which a space could be lost
// stay whole.
func fold(s string, room int) []string {
	if strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") || strings.Contains(s, "  ") || strings.ContainsFunc(s, concealed) {
		return nil
	}
	var lines []string
	line := ""
	for word := range strings.SplitSeq(s, " ") {
		if line != "" && cells(line)+1+cells(word) > room {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
