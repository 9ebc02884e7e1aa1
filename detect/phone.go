package detect

import (
	"strings"
)

var (
	// digits is a run of digits with marks between them. Letters that are written
	// in place of digits may stand inside.
	digits = late(`(?:\+|\b00)?[(]?(?:\d|\bl\d)(?:[ \-./()_*|,、'"啊呀哦嗯呢吧哈哎喔]{0,3}\d|[ol]|[ \-./()_*|]{1,3}[ol]{1,4}\d){6,18}`)

	mobile   = late(`^(?:0086|86|0)?1[3-9]\d{9}$`)
	landline = late(`^(?:0086|86)?0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}$`)
	nanp     = late(`^1?[2-9]\d\d[2-9]\d{6}$`)
	national = late(`^0[1-9]\d{7,9}$`)
	free     = late(`^(?:1?(?:800|888|877|866)\d{7}|400\d{7}|080[08]\d{6,7})$`) // of companies: nobody's own

	// groups of a number that is written as one
	grouped  = late(`^(?:\+?1[ .\-]?)?(?:\(\d{3}\) ?|\d{3}[ .\-/])\d{3}[ .\-/]\d{4}$`)
	trunk    = late(`^(?:\(0\d{1,4}\) ?|0\d{1,4}[ \-])\d{3,4}[ \-]?\d{3,4}$`)
	dateLike = late(`^(?:19|20)\d\d[ \-./](?:0?[1-9]|1[0-2])[ \-./](?:0?[1-9]|[12]\d|3[01])(?:\D|$)`)
	decimal  = late(`^\d{1,2}\.\d{6,}$`)
	ipLike   = late(`^\d{1,3}(?:\.\d{1,3}){3}$`)

	// words before a number that say it is one to call, or that it is none
	calls   = late(`(?:call|text|ring|dial|phone|tel|cell|mobile|whats ?app|signal|sms|reach|\bnum\b|my number|nummer|numero|número|contact|手机|电话|联系|致电|拨打|打给|短信|号码|热线|tel\.)[^\d\n]{0,24}$`)
	numbers = late(`(?:order|orders|invoice|ticket|booking|tracking|serial|isbn|issn|doi|sku|ref|reference|case|id|no\.|nr|version|build|uid|postcode|zip|amount|total|price|timestamp|page|订单|单号|编号|快递|运单|流水号|卡号|序列号|版本|价格|金额|合计|票号|身份证|学号|工号|车次|航班|邮编|期号|条形码)(?:号|码)?[ .:#是为]{0,4}$|[¥$€£#№]\s?$`)
	units   = late(`^\s?(?:元|块|万|亿|人|次|年|月|日|公里|米|克|千克|度|票|部|册|usd|eur|rmb|cny|km|kg|mb|gb|px|ms|views|followers|%|粉丝|播放|步|steps)`)
)

func phones(f *folded) []Finding {
	if f.digits < 4 { // the others may be letters that look like digits
		return nil
	}
	var found []Finding
	for _, m := range digits.FindAllStringIndex(f.s, -1) {
		start, end := m[0], m[1]
		if start > 0 && wordBefore(f.s[start-1]) || end < len(f.s) && wordAfter(f.s[end:]) {
			continue
		}
		if isPhone(f.s[:start], f.s[start:end], f.s[end:]) {
			found = append(found, f.finding(Phone, start, end))
		}
	}
	return found
}

// wordBefore and wordAfter tell a number that is part of something longer.
func wordBefore(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '/' || c == '='
}

func wordAfter(s string) bool {
	return s[0] >= 'a' && s[0] <= 'z' || s[0] >= '0' && s[0] <= '9' || s[0] == '_' || s[0] == '%'
}

func isPhone(before, raw, after string) bool {
	var b strings.Builder
	letters, ones, groups, open := 0, true, 0, 0
	for _, c := range raw {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == 'o':
			b.WriteByte('0')
			letters++
		case c == 'l':
			b.WriteByte('1')
			letters++
		default:
			if open > 0 {
				groups, ones, open = groups+1, ones && open == 1, 0
			}
			continue
		}
		open++
	}
	if open > 0 {
		groups, ones = groups+1, ones && open == 1
	}
	d := b.String()
	before = tail(before, 48)
	if letters > 7 || letters*2 > len(d)+3 || decimal.MatchString(raw) || free.MatchString(d) || ipLike.MatchString(raw) || dateLike.MatchString(raw) || numbers.MatchString(before) || units.MatchString(after) {
		return false
	}
	list := strings.Contains(raw, ", ") || strings.Contains(raw, "、")
	switch {
	case list && !ones:
		return false
	case strings.HasPrefix(raw, "+") || strings.HasPrefix(raw, "00"):
		return len(d) >= 9 && len(d) <= 17
	case mobile.MatchString(d):
		return groups <= 5 || ones
	case landline.MatchString(d):
		return groups <= 4 || ones
	case ones && nanp.MatchString(d), grouped.MatchString(raw), grouped.MatchString(joined(raw)), trunk.MatchString(raw) && national.MatchString(d):
		return true
	}
	return calls.MatchString(before) && (nanp.MatchString(d) || national.MatchString(d) || len(d) >= 7 && len(d) <= 13 && (groups <= 5 || ones))
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
