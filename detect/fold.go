package detect

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in one plain form, and for each byte of it where in the
// original it comes from.
type folded struct {
	s    string
	from []int // of each byte of s, and one more: where its original begins
	to   []int // where it ends

	digits int // how many there are
}

// fold brings a text into lower case and compatibility form, takes invisible
// characters out, and writes numerals of other scripts and look-alike letters as
// what they look like.
func fold(text string) *folded {
	f := &folded{}
	var b strings.Builder
	emit := func(r rune, from, to int) {
		n, _ := b.WriteRune(r)
		for range n {
			f.from, f.to = append(f.from, from), append(f.to, to)
		}
	}
	for i, r := range text {
		end := i + len(string(r))
		if r == unicode.ReplacementChar {
			end = i + 1 // a byte that is no text
		}
		if invisible(r) {
			continue
		}
		if d, ok := numeral[r]; ok {
			emit(d, i, end)
			continue
		}
		for _, c := range norm.NFKC.String(string(r)) {
			if c = unicode.ToLower(c); !invisible(c) {
				if l, ok := lookalike[c]; ok {
					c = l
				}
				emit(c, i, end)
			}
		}
	}
	f.s = b.String()
	f.from, f.to = append(f.from, len(text)), append(f.to, len(text))
	return f.spell()
}

func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || r >= 0xFE00 && r <= 0xFE0F
}

// finding says where bytes of the folded text stand in the original.
func (f *folded) finding(k Kind, start, end int) Finding {
	return Finding{k, f.from[start], f.to[end-1]}
}

var numeral = func() map[rune]rune {
	m := make(map[rune]rune)
	for _, row := range []string{"零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖", "洞幺两参肆伍陆拐捌勾", "⓿❶❷❸❹❺❻❼❽❾", "🄌➊➋➌➍➎➏➐➑➒", "🄋➀➁➂➃➄➅➆➇➈", "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"} {
		for i, r := range []rune(row) {
			m[r] = rune('0' + i)
		}
	}
	return m
}()

// lookalike letters of other scripts (Unicode TR 39, those in common use).
var lookalike = map[rune]rune{'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'х': 'x', 'у': 'y', 'і': 'i', 'ѕ': 's', 'ԛ': 'q', 'ѵ': 'v', 'ο': 'o', 'α': 'a', 'ν': 'v', 'χ': 'x', 'ω': 'w', '：': ':', '。': '.', '｡': '.', '·': '.', '•': '.', '–': '-', '—': '-', '‐': '-', '−': '-', '~': '-', '～': '-', '丶': '、',
	// ornaments that stand between digits
	'★': '*', '☆': '*', '✦': '*', '※': '*', '◆': '*', '●': '*', '○': '*', '→': ':', '➡': ':', '👉': ':',
	// traditional forms of the words of addresses and calls
	'號': '号', '樓': '楼', '區': '区', '縣': '县', '鎮': '镇', '鄉': '乡', '棟': '栋', '單': '单', '層': '层', '廈': '厦', '園': '园', '東': '东', '電': '电', '話': '话', '機': '机', '聯': '联', '繫': '系', '維': '维', '郵': '邮'}

const digitWord = `zero|one|two|three|four|five|six|seven|eight|nine|oh`

var (
	spelled = late(`\b(?:` + digitWord + `|\d{1,4})(?:[ ,.\-]{0,2}(?:` + digitWord + `|\d{1,4})){2,}\b`)
	word    = late(digitWord)
	digitOf = map[string]byte{"zero": '0', "oh": '0', "one": '1', "two": '2', "three": '3', "four": '4', "five": '5', "six": '6', "seven": '7', "eight": '8', "nine": '9'}
	mention = late(`(?:^|[^\pL\d._%+\-])(@[\pL\d_]{2,30})`)
)

// spell writes runs of spelled digits as digits.
func (f *folded) spell() *folded {
	runs := slices.DeleteFunc(spelled.FindAllStringIndex(f.s, -1), func(run []int) bool { return !dictated(f.s[run[0]:run[1]]) })
	if len(runs) == 0 {
		f.count()
		return f
	}
	out, b, at := &folded{}, strings.Builder{}, 0
	copyTo := func(end int) {
		b.WriteString(f.s[at:end])
		out.from, out.to = append(out.from, f.from[at:end]...), append(out.to, f.to[at:end]...)
		at = end
	}
	for _, run := range runs {
		for _, w := range word.FindAllStringIndex(f.s[run[0]:run[1]], -1) {
			copyTo(run[0] + w[0])
			b.WriteByte(digitOf[f.s[run[0]+w[0]:run[0]+w[1]]])
			out.from, out.to = append(out.from, f.from[at]), append(out.to, f.to[run[0]+w[1]-1])
			at = run[0] + w[1]
		}
	}
	copyTo(len(f.s))
	out.s = b.String()
	out.from, out.to = append(out.from, f.from[len(f.s)]), append(out.to, f.to[len(f.s)])
	out.count()
	return out
}

// dictated reports whether a run of words and digits is a number that somebody
// spells, at least in part, and long enough to be called.
func dictated(run string) bool {
	words := word.FindAllStringIndex(run, -1)
	n := len(words)
	for i := range len(run) {
		if run[i] >= '0' && run[i] <= '9' {
			n++
		}
	}
	return len(words) >= 1 && n >= 7
}

func (f *folded) count() {
	for i := range len(f.s) {
		if f.s[i] >= '0' && f.s[i] <= '9' {
			f.digits++
		}
	}
}

// any reports whether one of the words stands in the text. The forms are slow to
// look for, and most texts hold none of the words that they begin with.
func (f *folded) any(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.s, w) })
}
