package detect

import (
	"slices"
	"strings"
)

const (
	local = `[a-z0-9][a-z0-9._%+\-]{0,63}`
	label = `[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?`
	// endings of addresses that people write with gaps
	ending = `(?:com|net|org|edu|gov|cn|com\.cn|io|me|co|uk|co\.uk|de|fr|jp|hk|tw|sg|info|biz|xyz|top|vip|app|dev|example|name|us|ca|au|nz|in|eu|it|es|nl|pl|se|no|dk|fi|ch|be|pt|br|ru|ua|kr|my|th|online|site|shop|store|int|mil|jobs|family|life|live|world|space|fun|wang|ltd|ink|wiki|ai|gg|tv|la|ph|vn|id|mx|ar|cl|za|ie|at|cz|gr|hu|ro|il|ae|tr|lt|lv|ee|club|pro|tech|cloud|email|page|blog)`
	// those that are no words
	sure     = `(?:com|net|org|cn|ru|de|fr|co uk|com cn)`
	provider = `(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|icloud|qq|foxmail|163|126|yeah|sina|sohu|aliyun|139|189|proton|protonmail|tutanota|fastmail|posteo|web|rediffmail|naver|daum|hanmail|gmai1|gmall|hotmai1|188|21cn|tom|icoud|googlemai1|gmx|yandex|zoho|mail)`
	// the same with a gap in the name
	gapped = `(?:g\s+mail|g\s*m\s*a\s*i\s*l|hot\s+mail|out\s+look|q\s+q|fox\s+mail|1\s+6\s+3|1\s*6\s+3|1\s+2\s+6|1\s*2\s+6|i\s+cloud)`
	// ways to write the two signs
	at  = `(?:\(\s*at\s*\)|\[\s*at\s*\]|\{\s*at\s*\}|<\s*at\s*>|[\[({<]æt?[\])}>]|\*at\*|/at/|\|at\||~at~|-at-|=at=|\(a t\)|[\[({<]@t[\])}>]|\sat[ \-]sign\s|\sarroba\s|\sklammeraffe\s|\schiocciola\s|@{2,3}|圈圈?a|花a|小a|at号|爱她|埃特|艾特符|\(at\)|\[at\]|\{at\}|<at>|_at_|-at-|\(a\)|\[a\]|\(@\)|\[@\]|\{@\}|<@>|艾特|爱特|小老鼠|圈a|at符号)`
	dot = `(?:\(\s*dot\s*\)|\[\s*dot\s*\]|\{\s*dot\s*\}|[\[({<](?:d0t|punkt|punto|point|\.)[\])}>]|\*dot\*|/dot/|\|dot\||~dot~|=dot=|\s(?:d0t|punkt|punto|point|period)\s|\(dot\)|\[dot\]|\{dot\}|<dot>|_dot_|-dot-|\(\.\)|\[\.\]|点|奌|點)`
)

// mailForm is a form in which an address is written, and what stands in it: one of
// each list.
type mailForm struct {
	form   *pattern
	signs  []string
	within []string
}

// spelledDot is a dot that nobody writes otherwise.
const spelledDot = `(?:\(\s*dot\s*\)|\[\s*dot\s*\]|\sdot\s|\sunderscore\s|\(dot\)|\[dot\]|\{dot\}|<dot>|_dot_|-dot-)`

var (
	dots     = []string{".", "dot", "点", "點", "奌", "d0t", "punkt", "punto", "point", "period"}
	mailbox  = []string{"mail", "outlook", "live", "msn", "yahoo", "icloud", "qq", "163", "126", "yeah", "sina", "sohu", "aliyun", "139", "189", "proton", "gmx", "yandex", "zoho"}
	mailbox2 = []string{"邮箱", "邮件", "电邮", "mail"}
	plainAts = []string{"@", " at "}
)

var mailForms = []mailForm{
	// as it is meant to be written
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `@(?:` + label + `\.)+[a-z]{2,24})`), []string{"@"}, dots},
	// a sign spelled out that nobody writes otherwise
	{late(`(?:^|[^a-z0-9._%+\-@])((?:[a-z0-9_\-]{1,30}\s*` + spelledDot + `\s*)?` + local + `\s*` + at + `\s*(?:` + label + `\s*(?:\.|` + dot + `|\sdot\s)\s*)+` + ending + `)`), []string{"at)", "at]", "at}", "at>", "at )", "at ]", "at*", "at/", "at|", "at~", "at=", "a t)", "@t", "@@", " at sign", " at-sign", "æ", "arroba", "klammeraffe", "chiocciola", "圈", "花a", "小a", "埃特", "爱她", "(at)", "[at]", "{at}", "{@}", "<@>", "<at>", "_at_", "-at-", "(a)", "[a]", "(@)", "[@]", "艾特", "爱特", "小老鼠", "圈a", "at符号"}, dots},
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*(?:@|\sat\s)\s*(?:` + label + `\s*(?:` + dot + `|\sdot\s)\s*)+` + ending + `)`), plainAts, dots[1:]},
	// gaps, or another sign, before a provider of mailboxes
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*@\s*` + gapped + `\s*\.\s*` + ending + `)`), []string{"@"}, dots},
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*(?:@|\sat\s|#|\*|&)\s*` + provider + `(?:\s*[.,]\s*` + ending + `|\s+` + sure + `))(?:$|[^a-z0-9])`), []string{"@", " at ", "#", "*", "&"}, mailbox},
	{late(`(?:^|[^a-z0-9._%+\-@])([a-z][a-z0-9._%+\-]{3,40}\sat\s` + label + `\.` + ending + `)(?:$|[^a-z0-9.@/])`), []string{" at "}, []string{"."}},
	{late(`(?:^|[^a-z0-9])(?:gmail|hotmail|icloud|foxmail|outlook|protonmail|163|126|qq邮箱)\s*[:=]\s*([a-z0-9][a-z0-9._\-]{4,30})(?:$|[^a-z0-9.@])`), nil, mailbox},
	// a mailbox at a provider that everybody completes
	{late(`(?:^|[^a-z0-9._%+\-@])([a-z][a-z0-9._%+\-]{1,40}\s*(?:@|\sat\s|` + at + `)\s*(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|foxmail|protonmail|qq|163|126|sina))(?:$|[^a-z0-9.@])`), nil, mailbox},
	{late(`(?:^|[^a-z0-9._%+\-@])([a-z0-9][a-z0-9._%+\-]{2,40}\s*[ ,(]\s*` + provider + `(?:\s?(?:\.|\sdot\s|点)\s?` + ending + `|\s` + sure + `))(?:$|[^a-z0-9.@])`), nil, mailbox},
	{late(`(?:qq|163|126|谷歌|gmail|outlook|hotmail|icloud|网易|新浪|搜狐|雅虎|企业)\s*(?:邮箱|邮件|电邮|e-?mail|mail)\s*(?:号|地址|账号|address|id)?\s*(?:就?是|为|is)?\s*[:=]?\s*([a-z0-9][a-z0-9._\-]{4,30})(?:$|[^a-z0-9.@])`), nil, mailbox2},
	{late(`(?:my|我的?)\s*(?:gmail|hotmail|icloud|outlook|foxmail|proton(?:mail)?)\s*(?:is|是|为|:|=)\s*([a-z0-9][a-z0-9._\-]{4,30})(?:$|[^a-z0-9.@])`), nil, mailbox},
	// written backwards
	{late(`(?:^|[^a-z0-9.])((?:moc|gro|ten|nc|ed|ku\.oc)\.[a-z0-9\-]{2,20}@[a-z0-9._\-]{2,40})`), []string{"@"}, []string{"moc.", "gro.", "ten.", "nc.", "ed.", "ku.oc."}},
	// one character after the other
	{late(`(?:^|[^a-z0-9])((?:[a-z0-9_] ){3,}@ (?:[a-z0-9] ){2,}\. (?:[a-z] ?){2,})`), []string{" @ "}, dots},
}

// certain is the first form in which the name of the mailbox must tell that it is one.
const certain = 5

// mailboxName reports whether a word is the name of a mailbox rather than one of a
// sentence: it has a digit or a mark in it.
func mailboxName(said string) bool {
	name := strings.FieldsFunc(said, func(r rune) bool { return r == ' ' || r == ',' || r == '@' || r > 127 })
	return len(name) > 0 && strings.ContainsAny(strings.Trim(name[0], "._-"), "0123456789._-") && !version.MatchString(name[0]) || strings.ContainsRune(said, '@')
}

// talk is about mail and no address: nobody's mailbox is at "the".
var talk = late(`\sat\s(?:the|an?|this|that|my|your|our|his|her|their|every|any|some|one)\s`)

// verbs are what people do at a place of the web.
var verbs = late(`^(?:look|looks|looked|looking|meet|meets|see|seen|shop|live|laugh|stare|arrive|available|sold|found|buy|visit|order|read|more|find|online|now|us|it|them|available|sale|join|register|check|start|stream|hosted|works?|working|listen|watch|book|sign|apply|posted|published|is|was|are|and|or|out|up|be|been|back|only|here)\s+(?:at|@)\s`)

// robots are addresses by which nobody is reached.
var robots = []string{"git@github.com", "git@gitlab.com", "git@bitbucket.org"}

func emails(f *folded) []Finding {
	var found []Finding
	for i, m := range mailForms {
		if len(m.signs) > 0 && !f.any(m.signs...) || !f.any(m.within...) {
			continue
		}
		for at := 0; at < len(f.s); {
			m := m.form.FindStringSubmatchIndex(f.s[at:])
			if m == nil {
				break
			}
			start, end := at+m[2], at+m[3]
			if said := f.s[start:end]; !slices.Contains(robots, said) && !talk.MatchString(said) && !verbs.MatchString(said) && (i < certain || mailboxName(said)) {
				found = append(found, f.finding(Email, start, end))
			}
			at += m[3]
		}
	}
	return found
}
