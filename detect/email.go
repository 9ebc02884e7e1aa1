package detect

import (
	"slices"
)

const (
	local = `[a-z0-9][a-z0-9._%+\-]{0,63}`
	label = `[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?`
	// endings of addresses that people write with gaps
	ending   = `(?:com|net|org|edu|gov|cn|com\.cn|io|me|co|uk|co\.uk|de|fr|jp|hk|tw|sg|info|biz|xyz|top|vip|app|dev|example|name|us|ca|au|nz|in|eu|it|es|nl|pl|se|no|dk|fi|ch|be|pt|br|ru|ua|kr|my|th|online|site|shop|store|club|pro|tech|cloud|email|page|blog)`
	provider = `(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|icloud|qq|foxmail|163|126|yeah|sina|sohu|aliyun|139|189|proton|protonmail|gmx|yandex|zoho|mail)`
	// the same with a gap in the name
	gapped = `(?:g\s+mail|g\s*m\s*a\s*i\s*l|hot\s+mail|out\s+look|q\s+q|fox\s+mail|1\s+6\s+3|1\s*6\s+3|1\s+2\s+6|1\s*2\s+6|i\s+cloud)`
	// ways to write the two signs
	at  = `(?:\(at\)|\[at\]|\{at\}|<at>|_at_|-at-|\(a\)|\[a\]|\(@\)|\[@\]|艾特|爱特|小老鼠|圈a|at符号)`
	dot = `(?:\(dot\)|\[dot\]|\{dot\}|<dot>|_dot_|-dot-|\(\.\)|\[\.\]|点|奌|點)`
)

// mailForm is a form in which an address is written, and what stands in it: one of
// each list.
type mailForm struct {
	form   *pattern
	signs  []string
	within []string
}

// spelledDot is a dot that nobody writes otherwise.
const spelledDot = `(?:\(dot\)|\[dot\]|\{dot\}|<dot>|_dot_|-dot-)`

var (
	dots     = []string{".", "dot", "点", "點", "奌"}
	mailbox  = []string{"mail", "outlook", "live", "msn", "yahoo", "icloud", "qq", "163", "126", "yeah", "sina", "sohu", "aliyun", "139", "189", "proton", "gmx", "yandex", "zoho"}
	plainAts = []string{"@", " at "}
)

var mailForms = []mailForm{
	// as it is meant to be written
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `@(?:` + label + `\.)+[a-z]{2,24})`), []string{"@"}, dots},
	// a sign spelled out that nobody writes otherwise
	{late(`(?:^|[^a-z0-9._%+\-@])((?:[a-z0-9_\-]{1,30}\s*` + spelledDot + `\s*)?` + local + `\s*` + at + `\s*(?:` + label + `\s*(?:\.|` + dot + `|\sdot\s)\s*)+` + ending + `)`), []string{"(at)", "[at]", "{at}", "<at>", "_at_", "-at-", "(a)", "[a]", "(@)", "[@]", "艾特", "爱特", "小老鼠", "圈a", "at符号"}, dots},
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*(?:@|\sat\s)\s*(?:` + label + `\s*(?:` + dot + `|\sdot\s)\s*)+` + ending + `)`), plainAts, dots[1:]},
	// gaps, or another sign, before a provider of mailboxes
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*@\s*` + gapped + `\s*\.\s*` + ending + `)`), []string{"@"}, dots},
	{late(`(?:^|[^a-z0-9._%+\-@])(` + local + `\s*(?:@|\sat\s|#|\*|&)\s*` + provider + `\s*[., ]\s*` + ending + `)`), []string{"@", " at ", "#", "*", "&"}, mailbox},
	// one character after the other
	{late(`(?:^|[^a-z0-9])((?:[a-z0-9_] ){3,}@ (?:[a-z0-9] ){2,}\. (?:[a-z] ?){2,})`), []string{" @ "}, dots},
}

// talk is about mail and no address: nobody's mailbox is at "the".
var talk = late(`\sat\s(?:the|an?|this|that|my|your|our|his|her|their|every|any|some|one)\s`)

// robots are addresses by which nobody is reached.
var robots = []string{"git@github.com", "git@gitlab.com", "git@bitbucket.org"}

func emails(f *folded) []Finding {
	var found []Finding
	for _, m := range mailForms {
		if !f.any(m.signs...) || !f.any(m.within...) {
			continue
		}
		for at := 0; at < len(f.s); {
			m := m.form.FindStringSubmatchIndex(f.s[at:])
			if m == nil {
				break
			}
			if start, end := at+m[2], at+m[3]; !slices.Contains(robots, f.s[start:end]) && !talk.MatchString(f.s[start:end]) {
				found = append(found, f.finding(Email, start, end))
			}
			at += m[3]
		}
	}
	return found
}
