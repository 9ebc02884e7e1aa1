package detect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// between are the marks and small words that stand between the digits of a number.
const between = `[ \-./()_*|,、'"~=啊呀哦嗯呢吧哈哎喔]`

var (
	// digits is a run of digits with marks between them. Letters that are written
	// in place of digits may stand inside.
	digits = late(`(?:\+\s?|\bplus\s|\b00\s?)?[(]?(?:\d|\b[oil]\d)(?:` + between + `{0,3}\d|[oilszb]|[ \-./()_*|]{1,3}[oil]{1,4}\d){6,18}`)
	// the same with anything else between the groups, but the same each time: other
	// marks, pictures, line breaks, words
	parted = late(`\d{1,4}(?:[^\pL\d]{1,12}\d{1,4}){2,11}`)
	worded = late(`\b1?\d{2,4}(?:[\s,，:;.]*(?:dash|hyphen|dot|space|then|and then|followed by|slash|空格?|杠|横杠|横线|减|转|然后|接着?|再|中间|后面|后)[\s,，:]*\d{3,5}){2}\b`)

	mobile   = late(`^(?:0086|86|0)?1[3-9]\d{9}$`)
	landline = late(`^(?:0086|86)?0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}$`)
	nanp     = late(`^1?[2-9]\d\d[2-9]\d{6}$`)
	national = late(`^0[1-9]\d{7,9}$`)
	britain  = late(`^07[1-57-9]\d{8}$`)
	russian  = late(`^[78][3489]\d{9}$`)
	free     = late(`^(?:1?(?:800|888|877|866)\d{7}|400\d{7}|080[08]\d{6,7})$`) // of companies: nobody's own

	// country codes of ITU-T E.164, those of one and two digits and the assigned ones of three
	country = late(`^(?:1[2-9]|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42[013]|50\d|59\d|67\d|68\d|69[0-2]|85[02356]|88[0-68]|96[0-8]|97[0-79]|99[2-68])`)
	// codes that people write without the plus
	plain00 = late(`^(?:852[5679]\d{7}|853[68]\d{7}|8869\d{8}|447\d{9}|336\d{8}|337\d{8}|346\d{8}|3933?\d{8,9}|491[567]\d{8,9}|919?[6-9]\d{9}|6591?\d{7}|819\d{9}|8210\d{8}|614\d{8}|79\d{9}|9715\d{8}|8490?\d{8,9}|669?\d{8,9}|6281?\d{8,10}|6309\d{8}|639\d{9}|5511?9\d{8,9})$`)

	// groups of a number that is written as one
	grouped  = late(`^(?:\+?1[ .\-]?)?(?:\(\d{3}\) ?|\d{3}[ .\-/])\d{3}[ .\-/]\d{4}$`)
	area     = late(`^\((?:0\d{1,4}|[2-9]\d{1,3})\)[ \-]?\d{3,8}(?:[ \-]\d{2,5}){0,3}$`)
	dateLike = late(`^(?:(?:19|20)\d\d[ \-./]{1,2}(?:0?[1-9]|1[0-2])[ \-./]{1,2}(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[ \-./](?:0?[1-9]|[12]\d|3[01])[ \-./](?:19|20)\d\d)(?:\D|$)`)
	years    = late(`^(?:19|20)\d\d(?:[ \-/,、]+(?:19|20)\d\d)+$`)
	decimal  = late(`^\d{1,3}\.\d{5,}$`)
	ipLike   = late(`^\d{1,3}(?:\.\d{1,3}){3}$`)
	thousand = late(`^\d{1,3}(?:,\d{3})+(?:\.\d+)?$`)

	// words before a number that say it is one to call, in the languages of those who write
	// them, or that it is none
	calls    = late(`(?:\bcalls?\b|\btext|\btxt|\bring\b|\bdial|phone|\btele?\b|\bcell|mobile|\bmob\b|\bfone\b|whats ?app|\bwh?atsap|\bwsp\b|\bwa\s*[:=]|viber|zalo|signal|\bsms|\breach|\bnum(?:ber|ba|bah)?\b|\bdigits\b|\bnr\b|nummer|numero|número|telefon|handy|contact|get me\b|\bhmu\b|hit me|\bline(?: is|:)|burner|landlord|\boffice\b|direct dial|\bfax\b|\bsim\b|\bjio\b|\bzap\b|\bcel\b|celular|m[oó]vil|mobiel|portable|\bgsm\b|\bruf|anrufen|\bbel me|ll[aá]mame|llamar|\bligue|telf|tel[eé]fono|\bhp (?:saya|aku|ku)\b|\bno\.? ?hp\b|sđt|số|โทร|เบอร์|電話|电話|携帯|番号|連絡|전화|번호|연락|зbohи|teл|homep|мob|\bmy [a-z ]{0,16}(?:no\.?|is|:)\s?$|\bmy(?: [a-z]+){1,2}:|我的?[\p{Han}]{0,4}(?:号|是|:)\s?$|\bbell me|buzz me|ping me|message me|msg me|手机|手.?机|电话|座机|联系|致电|拨打|拨通|打给|打我|呼我|短信|号码|热线|找我|我的号|留个|有事|速联|电联|call|☎|📞|📱|☏|tel\.)[^\d\n]{0,24}$`)
	follows  = late(`^[)\s,.;!,。:-]{0,3}(?:text only|txt only|calls?\b|no texts|whats ?app|evenings?|mornings?|afternoons?|weekends?|after \w+|before \w+|any ?time|ask for|call me|text me|hmu|thx|thanks|cheers|please|if (?:interested|keen|you|u)\b|for (?:info|details|more|viewings?)|speak to|or (?:text|call|message|email)|mob\b|cell\b|kar lo|dm\b|evgs?|eves|ring|is my (?:num|cell|phone|mobile)|thats? me|that's me|<-|on whatsapp|随时|联系|非诚勿扰|备注|微信同号|同号|同微|vx同|v同|打我|晚上打|白天打|有事打|找我|这个号|是我手机|我手机|我电话|我的电话|我的手机|香港号|急)`)
	personal = late(`(?:\bme\b|\bmy\b|\btext|\btxt|我)[^\d\n]{0,24}$`)
	numbers  = late(`(?:\b(?:order|orders|po|purchase order|quote|delivery|customer|reservation|confirmation|agreement|file|document|record|receipt|transaction|warranty|meter|permit|plot|job|quotation|consignment|container|bill|statement|deed|grant|project|study|trial|product|article|item|catalog|stock|social security|ssn|national insurance|licence plate|plate|chassis|engine|odometer|invoice|ticket|booking|tracking|parcel|serial|isbn|issn|ean|upc|doi|sku|ref|reference|case|id|no\.|nr\.|version|build|uid|postcode|zip|amount|total|price|timestamp|page|pages|pp\.|part|model|batch|lot|imei|iban|vin|pnr|card|acct|account|account number|routing|licen[cs]e|patent|docket|passport|code|pin|password|barcode|hash|commit|seed|score|scores|lottery|numbers|population|distance|player|friend code|gamertag|coordinates|lat|lon|latitude|longitude|room|channel|frame|frames|port|error|asset|contract|claim|policy|member|membership|student|employee|registration|vat|tax|pi)|订单|单号|编号|快递|运单|流水号|流水|卡号|序列号|版本|价格|金额|合计|票号|身份证|学号|工号|车次|航班|邮编|期号|条形码|条码|型号|批号|批次|房间|座位|合同|发票|专利|帐号|账号|股票|基金|编码|代码|证书|备案|许可证|比分|玩家|游戏|坐标|经度|纬度|密码|验证码|页码|第|共|仅|售价|原价|现价|销量|播放|阅读|物流|取件码|车牌|图号|档案|货号|料号|商品|尾号|彩票|开奖|号球|红球|蓝球|案号|档号|文号|准考证|报名|会员)(?:号|码|号码)?(?:\s?(?:no\.?|nr\.?|number|id|code|is|was))?[ .:#是为=\-]{0,4}$|[¥$€£#№≈]\s?$|\b(?:rs|inr|usd|eur|rmb|cny|gbp)\.?\s?$`)
	units    = late(`^\s?(?:元|块|万|亿|人|次|年|月|日|公里|米|克|千克|度|票|部|册|分|金币|钻石|级|名|位|条|股|毫米|毫秒|步|字节|字|件|积分|点|个|号选手|粉丝|播放|%|(?:usd|eur|rmb|cny|inr|km|kg|kb|mb|gb|tb|px|ms|ml|hz|rpm|kcal|cal|pts|points|players|coins|gold|xp|hp|views|followers|likes|plays|users|people|dollars|bucks|yuan|won|yen|steps|miles|bytes|rows|votes|copies|downloads|lines|tokens)\b)`)
)

// dialled is a run as somebody would dial it.
type dialled struct {
	raw    string   // letters for digits written as digits
	digits string   // without marks
	groups []string // the digits that stand together
	seps   []string // what stands between the groups
	ones   bool     // each group is one digit
	plus   bool     // it says that a country's code follows
	list   bool     // the groups are told off one by one
	gapped bool     // and not all by the same mark
	table  bool     // they stand in columns
}

func dial(run string, asDigits bool) dialled {
	if after, ok := strings.CutPrefix(run, "plus "); ok {
		run = "+" + after
	}
	var raw strings.Builder
	for _, c := range run {
		if d, ok := leet[c]; ok && asDigits {
			c = d
		}
		raw.WriteRune(c)
	}
	d := dialled{raw: strings.TrimRight(raw.String(), " "), ones: true}
	rest := d.raw
	for _, mark := range []string{"+", "00 "} {
		if after, ok := strings.CutPrefix(rest, mark); ok {
			rest, d.plus = strings.TrimLeft(after, " ("), true
			break
		}
	}
	if !d.plus && strings.HasPrefix(rest, "00") {
		rest, d.plus = rest[2:], true
	}
	if d.plus {
		rest = strings.Replace(rest, "(0)", " ", 1)
	}
	sep, at := 0, 0
	for at < len(rest) {
		n := 0
		for at+n < len(rest) && rest[at+n] >= '0' && rest[at+n] <= '9' {
			n++
		}
		if n == 0 {
			at++
			continue
		}
		if len(d.groups) > 0 {
			d.seps = append(d.seps, rest[sep:at])
		}
		d.groups = append(d.groups, rest[at:at+n])
		d.ones = d.ones && n == 1
		at += n
		sep = at
	}
	d.digits = strings.Join(d.groups, "")
	d.list = strings.Contains(rest, ", ") || strings.Contains(rest, "、")
	d.table = strings.Contains(rest, " | ") || strings.Contains(rest, " / ")
	for i := 2; i < len(d.seps); i++ {
		d.gapped = d.gapped || d.seps[i] != d.seps[1]
	}
	return d
}

// leet are letters that look like digits, as people put them into numbers.
var leet = map[rune]rune{'o': '0', 'l': '1', 'i': '1', 'z': '2', 's': '5', 'b': '8'}

func phones(f *folded) []Finding {
	if f.digits < 4 { // the others may be letters that look like digits
		return nil
	}
	var found []Finding
	for _, at := range islands(f.s) {
		found = append(found, f.phonesIn(at[0], at[1])...)
	}
	return found
}

// islands are the parts of a text in which digits stand close enough together for a number:
// the forms are slow to look for, and most of a text has none.
func islands(s string) [][2]int {
	const gap = 16
	var out [][2]int
	first, last, n := -1, -1, 0
	flush := func() {
		if n >= 4 {
			from, to := max(first-gap, 0), min(last+gap, len(s))
			for from > 0 && !utf8.RuneStart(s[from]) {
				from--
			}
			for to < len(s) && !utf8.RuneStart(s[to]) {
				to++
			}
			if k := len(out); k > 0 && out[k-1][1] >= from {
				out[k-1][1] = to
			} else {
				out = append(out, [2]int{from, to})
			}
		}
		n = 0
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		if n > 0 && i-last > 2*gap {
			flush()
		}
		if n == 0 {
			first = i
		}
		last, n = i, n+1
	}
	flush()
	return out
}

func (f *folded) phonesIn(from, to int) []Finding {
	var found []Finding
	s := f.s[from:to]
	for _, m := range digits.FindAllStringIndex(s, -1) {
		start, end := from+m[0], from+m[1]
		if standsInWord(f.s, start, end) {
			continue
		}
		before, run, after := tail(f.s[:start], 64), f.s[start:end], head(f.s[end:], 64)
		if isPhone(before, run, after) {
			found = append(found, f.finding(Phone, start, end))
		} else if a, b, ok := within(before, run, after); ok {
			found = append(found, f.finding(Phone, start+a, start+b))
		}
	}
	for _, m := range parted.FindAllStringIndex(s, -1) {
		start, end := from+m[0], from+m[1]
		if d := dial(f.s[start:end], false); alike(d.seps) && !standsInWord(f.s, start, end) && d.regular() && !sum(tail(f.s[:start], 64), head(f.s[end:], 64)) {
			found = append(found, f.finding(Phone, start, end))
		}
	}
	if f.any("dash", "hyphen", "dot", "space", "then", "followed by", "slash", "空", "杠", "横", "减", "转", "然后", "接", "再", "中间", "后") {
		for _, m := range worded.FindAllStringIndex(s, -1) {
			if d := dial(s[m[0]:m[1]], false); d.regular() {
				found = append(found, f.finding(Phone, from+m[0], from+m[1]))
			}
		}
	}
	return found
}

func standsInWord(s string, start, end int) bool {
	return start > 0 && wordBefore(s[:start]) || end < len(s) && wordAfter(head(s[end:], 16))
}

// wordBefore and wordAfter tell a number that is part of something longer.
func wordBefore(s string) bool {
	c := s[len(s)-1]
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '/' || c == '=' || joinedTo.MatchString(tail(s, 8)) && !shortFor.MatchString(tail(s, 8))
}

// joinedTo is a word that a number belongs to ("CVE-"), but for those that say what it is.
var (
	joinedTo = late(`[a-z][\-#]$`)
	shortFor = late(`(?:tel|ph|phone|fone|cell|mob|mobile|fax|whatsapp|wa|sms|call|text|txt)-$`)
)

// inside is what goes on after a number where that is none: "-A" of a part's number.
var inside = late(`^-[a-z]\b`)

func wordAfter(s string) bool {
	return s[0] >= 'a' && s[0] <= 'z' && !extension.MatchString(s) || s[0] >= '0' && s[0] <= '9' || s[0] == '_' || s[0] == '%' || inside.MatchString(s)
}

// extension follows the number of an office.
var extension = late(`^(?:x|ext)\d{1,5}\b`)

// sum reports whether the words around a number say that it counts or names something.
func sum(before, after string) bool {
	return numbers.MatchString(before) || units.MatchString(after)
}

// alike reports whether the marks between the groups of a number are the same.
func alike(seps []string) bool {
	for _, s := range seps {
		if strings.TrimSpace(s) != strings.TrimSpace(seps[0]) {
			return false
		}
	}
	return len(seps) > 1 && strings.TrimSpace(seps[0]) != "," && strings.TrimSpace(seps[0]) != ":"
}

// regular reports whether a run has the digits and the groups of a number that most
// people have, so that what stands between the groups does not matter.
func (d *dialled) regular() bool {
	lens := make([]int, len(d.groups))
	for i, g := range d.groups {
		lens[i] = len(g)
	}
	switch {
	case free.MatchString(d.digits):
		return false
	case mobile.MatchString(d.digits):
		return d.ones || len(d.groups) <= 5
	case nanp.MatchString(d.digits):
		return d.ones || slices.Equal(lens, []int{3, 3, 4}) || slices.Equal(lens, []int{1, 3, 3, 4})
	}
	return len(d.digits) == 11 && strings.HasPrefix(d.digits, "07") && (d.ones || slices.Equal(lens, []int{5, 3, 3}) || slices.Equal(lens, []int{5, 6}) || slices.Equal(lens, []int{4, 3, 4}))
}

// within looks for a number that stands beside another in one run: "2 tickets 9
// 07700 900461".
func within(before, run, after string) (start, end int, ok bool) {
	var cuts []int
	for i := 1; i < len(run); i++ {
		if run[i] >= '0' && run[i] <= '9' && (run[i-1] == ' ' || run[i-1] == ',') {
			cuts = append(cuts, i)
		}
	}
	if len(cuts) > 6 {
		return 0, 0, false
	}
	for _, c := range cuts {
		if d := dial(run[c:], true); len(d.groups) <= 4 && !sum(before, after) && !sum(run[:c], after) && (d.regular() || d.trunk()) && !d.ones {
			return c, len(run), true
		}
	}
	for _, c := range slices.Backward(cuts) {
		first := strings.TrimRight(run[:c], " ,")
		if d := dial(first, true); len(d.groups) <= 4 && !numbers.MatchString(before) && d.regular() && !d.ones {
			return 0, len(first), true
		}
	}
	return 0, 0, false
}

func isPhone(before, run, after string) bool {
	letters := 0
	for _, c := range run {
		if _, ok := leet[c]; ok {
			letters++
		}
	}
	d := dial(run, true)
	if len(d.digits) < 7 || len(d.digits) > 18 {
		return false
	}
	asked := calls.MatchString(before) || follows.MatchString(after)
	if letters > 7 || letters*2 > len(d.digits)+3 || decimal.MatchString(d.raw) || ipLike.MatchString(d.raw) || dateLike.MatchString(d.raw) || years.MatchString(d.raw) || thousand.MatchString(d.raw) || sum(before, after) {
		return false
	}
	if free.MatchString(d.digits) && !personal.MatchString(before) {
		return false
	}
	switch {
	case (d.list || d.table) && !d.ones:
		return false
	case d.plus:
		return abroad(&d)
	case mobile.MatchString(d.digits):
		return len(d.groups) <= 5 || d.ones
	case landline.MatchString(d.digits):
		return len(d.groups) <= 4 || d.ones
	case d.ones && nanp.MatchString(d.digits), grouped.MatchString(d.raw), grouped.MatchString(joined(d.raw)), area.MatchString(strings.TrimSpace(d.raw)):
		return true
	case d.trunk(), d.written(), russian.MatchString(d.digits) && d.shape("13322"):
		return true
	case plain00.MatchString(d.digits) && (asked || len(d.groups) > 1 && !d.gapped):
		return true
	case britain.MatchString(d.digits):
		return true
	case national.MatchString(d.digits) && len(d.digits) >= 10 && strings.TrimSpace(before) == "" && strings.TrimSpace(after) == "":
		return true // a message that is nothing else
	}
	return asked && !(d.gapped && !d.ones && len(d.groups) > 3) && (nanp.MatchString(d.digits) || national.MatchString(d.digits) || len(d.digits) >= 7 && len(d.digits) <= 13 && (len(d.groups) <= 5 || d.ones))
}

// abroad holds a number that names its country to that: E.164 allows 15 digits.
func abroad(d *dialled) bool {
	n := len(d.digits)
	switch {
	case n < 8 || n > 16 || !country.MatchString(d.digits):
		return false
	case d.digits[0] == '1':
		return n == 11
	}
	return n >= 9
}

// shape reports whether the groups have these lengths.
func (d *dialled) shape(lens string) bool {
	if len(d.groups) != len(lens) {
		return false
	}
	for i, g := range d.groups {
		if len(g) != int(lens[i]-'0') {
			return false
		}
	}
	return true
}

// trunk reports whether a number begins with a zero, as most countries write it at home,
// and is written in the groups of one: an area or a network, and two to four more by one
// mark.
func (d *dialled) trunk() bool {
	if !national.MatchString(d.digits) || len(d.digits) < 9 || len(d.groups) < 2 || len(d.groups) > 5 || d.gapped || d.list {
		return false
	}
	rising := true
	for i, g := range d.groups {
		if len(g) < 2 {
			return false
		}
		rising = rising && (i == 0 || g > d.groups[i-1])
	}
	switch {
	case len(d.groups[0]) > 5, len(d.groups) > 2 && len(d.groups[1]) > 4:
		return false
	case d.shape("54") && d.seps[0] == "-": // a ZIP+4
		return false
	case len(d.groups) == 5 && d.shape("22222"): // a draw of numbers rises
		return !rising
	case len(d.groups[0]) == 2 && strings.HasPrefix(d.seps[0], "."):
		return false
	}
	return true
}

// written reports whether groups are those of countries whose numbers begin with no zero
// and are hardly those of anything else.
func (d *dialled) written() bool {
	switch {
	case strings.HasPrefix(d.raw, "(") && (d.shape("254") || d.shape("2144")):
		return true // Brazil
	case d.shape("344") && strings.HasPrefix(d.digits, "010"):
		return true // Korea
	}
	return false
}

// joined writes digits that stand alone, one after the other, as one group: a part of
// the number that was spelled.
func joined(raw string) string {
	var out []string
	alone := false
	for _, g := range strings.FieldsFunc(raw, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(g) == 1 && alone {
			out[len(out)-1] += g
		} else {
			out = append(out, g)
		}
		alone = len(g) == 1
	}
	return strings.Join(out, "-")
}

func tail(s string, n int) string {
	if len(s) > n {
		s = s[len(s)-n:]
	}
	return s
}

func head(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return s
}
