package detect

import (
	"cmp"
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
		if d, ok := digitIn(r); ok {
			emit(d, i, end)
			continue
		}
		if l, ok := lettered(r); ok {
			emit(l, i, end)
			continue
		}
		for _, c := range norm.NFKC.String(string(r)) {
			if c = unicode.ToLower(c); !invisible(c) {
				if l, ok := lookalike[c]; ok {
					c = l
				} else if d, ok := digitIn(c); ok {
					c = d
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
	for _, row := range []string{"零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖", "洞幺两参肆伍陆拐捌勾", "⓿❶❷❸❹❺❻❼❽❾", "🄌➊➋➌➍➎➏➐➑➒", "🄋➀➁➂➃➄➅➆➇➈", "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽"} {
		for i, r := range []rune(row) {
			m[r] = rune('0' + i)
		}
	}
	return m
}()

// digitIn returns the digit that a character is: that of any script, or a numeral.
func digitIn(r rune) (rune, bool) {
	if r < unicode.MaxASCII {
		return r, false
	}
	if d, ok := numeral[r]; ok {
		return d, true
	}
	if !unicode.Is(unicode.Nd, r) {
		return r, false
	}
	for _, block := range unicode.Nd.R16 { // the digits of a script stand together, from its zero
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10, true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10, true
		}
	}
	return r, false
}

// lettered returns the letter in a sign that has no compatibility form: in a black disc or
// square, of a flag, or a small capital.
func lettered(r rune) (rune, bool) {
	for _, first := range []rune{0x1F150, 0x1F170, 0x1F1E6} {
		if r >= first && r < first+26 {
			return 'a' + r - first, true
		}
	}
	l, ok := small[r]
	return l, ok
}

var small = func() map[rune]rune {
	m := make(map[rune]rune)
	for i, r := range []rune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ") {
		if r > unicode.MaxASCII {
			m[r] = rune('a' + i)
		}
	}
	return m
}()

// lookalike letters of other scripts (Unicode TR 39, those in common use).
var lookalike = map[rune]rune{'а': 'a', 'е': 'e', 'о': 'o', 'т': 't', 'м': 'm', 'к': 'k', 'в': 'b', 'н': 'h', 'ı': 'i', 'ɡ': 'g', 'ᵥ': 'v', '✘': 'x', '✖': 'x', '×': 'x', '✗': 'x', 'р': 'p', 'с': 'c', 'х': 'x', 'у': 'y', 'і': 'i', 'ѕ': 's', 'ԛ': 'q', 'ѵ': 'v', 'ο': 'o', 'α': 'a', 'ν': 'v', 'χ': 'x', 'ω': 'w', '：': ':', '。': '.', '｡': '.', '·': '.', '•': '.', '–': '-', '—': '-', '‐': '-', '−': '-', '~': '-', '～': '-', '丶': '、',
	// ornaments that stand between digits
	'★': '*', '☆': '*', '✦': '*', '※': '*', '◆': '*', '●': '*', '○': '*', '→': ':', '➡': ':', '👉': ':',
	// traditional forms of the words of addresses and calls
	'號': '号', '樓': '楼', '區': '区', '縣': '县', '鎮': '镇', '鄉': '乡', '棟': '栋', '單': '单', '層': '层', '廈': '厦', '園': '园', '東': '东', '電': '电', '話': '话', '機': '机', '聯': '联', '繫': '系', '維': '维', '郵': '邮'}

// The words by which digits are spelled: in English, in the Latin letters of Chinese, in
// Spanish, French and German; then those of two digits, and the English ones that sound
// like a digit and count only between others.
var (
	digitOf = map[string]string{"zero": "0", "oh": "0", "nought": "0", "zip": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
		"ling": "0", "dong": "0", "yi": "1", "yao": "1", "er": "2", "san": "3", "si": "4", "wu": "5", "liu": "6", "qi": "7", "guai": "7", "ba": "8", "jiu": "9", "gou": "9",
		"cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
		"deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "neuf": "9",
		"null": "0", "eins": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fünf": "5", "funf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
		"ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19"}
	tens   = map[string]byte{"twenty": '2', "thirty": '3', "forty": '4', "fifty": '5', "sixty": '6', "seventy": '7', "eighty": '8', "ninety": '9'}
	sounds = map[string]string{"won": "1", "to": "2", "too": "2", "tree": "3", "for": "4", "fore": "4", "ate": "8"}
	times  = map[string]int{"double": 2, "triple": 3, "treble": 3}
)

// words joins the keys of tables to one alternative, the longer ones first.
func words[V any](tables ...map[string]V) string {
	var all []string
	for _, t := range tables {
		for w := range t {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return strings.Join(all, "|")
}

var (
	units10 = `(?:` + words(tens) + `)(?:[ \-]?(?:one|two|three|four|five|six|seven|eight|nine)\b)?`
	oneWord = `(?:(?:` + words(times) + `)[ \-]?)?(?:` + units10 + `|` + words(digitOf) + `)`
	spelled = late(`\b(?:` + oneWord + `|\d{1,4})(?:[\s,.\-_/*~|…]{0,5}(?:(?:dash|and|then|area code)[ ,]{1,2})?(?:` + oneWord + `|` + words(sounds) + `|\d{1,4}))+\b`)
	word    = late(`(` + words(times) + `)?[ \-]?(?:(` + words(tens) + `)(?:[ \-]?(one|two|three|four|five|six|seven|eight|nine)\b)?|(` + words(digitOf) + `|` + words(sounds) + `))`)
	mention = late(`(?:^|[^\pL\d._%+\-])(@[\pL\d_]{2,30})`)
)

// alike in sound: characters that people write for a digit. They are one only where
// eleven together are the number of a mobile.
var soundsLike = map[rune]byte{'灵': '0', '铃': '0', '另': '0', '凌': '0', '玲': '0', '衣': '1', '依': '1', '医': '1', '腰': '1', '妖': '1', '尔': '2', '儿': '2', '而': '2', '耳': '2', '贰': '2', '伞': '3', '散': '3', '山': '3', '叁': '3', '丝': '4', '死': '4', '思': '4', '四': '4', '舞': '5', '午': '5', '武': '5', '吴': '5', '无': '5', '溜': '6', '刘': '6', '流': '6', '留': '6', '妻': '7', '漆': '7', '期': '7', '起': '7', '气': '7', '爸': '8', '吧': '8', '巴': '8', '发': '8', '把': '8', '酒': '9', '久': '9', '就': '9', '救': '9'}

// change is a part of the folded text and the digits that it says.
type change struct {
	start, end int
	digits     string
}

// spell writes runs of spelled digits as digits.
func (f *folded) spell() *folded {
	changes := append(f.dictations(), f.homophones()...)
	if len(changes) == 0 {
		f.count()
		return f
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.start, b.start) })
	out, b, at := &folded{}, strings.Builder{}, 0
	copyTo := func(end int) {
		b.WriteString(f.s[at:end])
		out.from, out.to = append(out.from, f.from[at:end]...), append(out.to, f.to[at:end]...)
		at = end
	}
	for _, c := range changes {
		if c.start < at {
			continue
		}
		copyTo(c.start)
		b.WriteString(c.digits)
		for range len(c.digits) {
			out.from, out.to = append(out.from, f.from[c.start]), append(out.to, f.to[c.end-1])
		}
		at = c.end
	}
	copyTo(len(f.s))
	out.s = b.String()
	out.from, out.to = append(out.from, f.from[len(f.s)]), append(out.to, f.to[len(f.s)])
	out.count()
	return out
}

// dictations are the words of runs that somebody spells a number by: at least in part,
// and long enough to be called.
func (f *folded) dictations() []change {
	if !f.dictated() {
		return nil
	}
	var out []change
	for _, run := range spelled.FindAllStringIndex(f.s, -1) {
		s, at, certain, guessed := f.s[run[0]:run[1]], 0, 0, 0
		var all []byte
		plain := func(end int) {
			for ; at < end; at++ {
				if s[at] >= '0' && s[at] <= '9' {
					all = append(all, s[at])
				}
			}
		}
		for _, m := range word.FindAllStringSubmatchIndex(s, -1) {
			plain(m[0])
			at = m[1]
			said := ""
			switch {
			case m[4] >= 0 && m[6] >= 0:
				said = string(tens[s[m[4]:m[5]]]) + digitOf[s[m[6]:m[7]]]
			case m[4] >= 0:
				said = string(tens[s[m[4]:m[5]]]) + "0"
			default:
				w := s[m[8]:m[9]]
				if said = digitOf[w]; said == "" {
					said = sounds[w]
					guessed++
				}
			}
			if m[2] >= 0 {
				said = strings.Repeat(said, times[s[m[2]:m[3]]])
			}
			certain++
			all = append(all, said...)
		}
		plain(len(s))
		if certain > 2*guessed && len(all) >= 7 { // one after the other, as they are said
			out = append(out, change{run[0], run[1], strings.TrimSpace(strings.Join(strings.Split(string(all), ""), " "))})
		}
	}
	return out
}

// dictated reports whether enough words of the text are digits for a number to be spelled
// by them: three, or one beside four digits.
func (f *folded) dictated() bool {
	said, digits, from := 0, 0, -1
	for i := 0; i <= len(f.s); i++ {
		c := byte(0)
		if i < len(f.s) {
			c = f.s[i]
		}
		if c >= 'a' && c <= 'z' || c >= 0x80 {
			if from < 0 {
				from = i
			}
			continue
		}
		if c >= '0' && c <= '9' {
			digits++
		}
		if w := f.s[max(from, 0):i]; from >= 0 && len(w) >= 2 {
			said += digitWords(w)
		}
		from = -1
	}
	return said >= 3 || said >= 1 && digits >= 4
}

// digitWords counts the digits that a word spells, also without gaps between them.
func digitWords(w string) int {
	if _, ok := digitOf[w]; ok || tens[w] != 0 {
		return 1
	}
	n := 0
	for len(w) >= 2 { // "oneeighttwo", "four1five" is apart already
		size := 0
		for l := min(len(w), 9); l >= 2; l-- {
			if _, ok := digitOf[w[:l]]; ok || tens[w[:l]] != 0 {
				size = l
				break
			}
		}
		if size == 0 {
			break
		}
		n, w = n+1, w[size:]
	}
	return n
}

// homophones are runs of characters that sound like the digits of a mobile's number.
func (f *folded) homophones() []change {
	var out, in []change
	var number []byte
	at, gap := 0, 0
	flush := func() {
		if len(in) > 0 && mobile.MatchString(string(number)) {
			out = append(out, in...)
		}
		in, number = nil, nil
	}
	for i, r := range f.s {
		at = i + len(string(r))
		d, ok := soundsLike[r]
		switch {
		case ok:
			in = append(in, change{i, at, string(d)})
			number, gap = append(number, d), 0
		case r >= '0' && r <= '9':
			number, gap = append(number, byte(r)), 0
		case len(number) > 0 && gap == 0 && strings.ContainsRune(" ,，.-、", r):
			gap++
		default:
			flush()
		}
	}
	flush()
	return out
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
