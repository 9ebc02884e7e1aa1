package syntax

import (
	"regexp"
	"strings"
)

// promiseWording finds the words with which free text promises.
var promiseWording = regexp.MustCompile(`(?i)\b(?:we(?:['’]ll| will| won['’]t| shall| never| always| promise| ensure| commit| pledge| undertake)` +
	`|we do(?: not|n['’]t)(?: ever)?|guarantee[sd]?|(?:is|are) never|under no circumstances|rest assured)\b` +
	`|我们(?:会|将|不会|不将|绝不|从不|决不|确保)|保证|承诺|绝不|绝不会|确保`)

// promise returns the first words of a text that promise something, or "".
func promise(s string) string {
	return promiseWording.FindString(strings.Join(strings.Fields(s), " "))
}

var (
	fillerWord  = regexp.MustCompile(`(?i)^(?:tbd|tba|tbc|todo|fixme|n/?a|none|null|nil|unknown|example|sample|placeholder|your .*|待定|待补充|暂无|无|[-–—_.…?？x×#]+)$`)
	fillerPart  = regexp.MustCompile(`(?i)\b(?:tbd|todo|lorem ipsum)\b|x{3,}|待定`)
	maskedPart  = regexp.MustCompile(`[*＊●•]|…|\.{3}`)
	bracketPart = regexp.MustCompile(`[\[\]{}【】]|<[^>]*>`)
	fillerHost  = regexp.MustCompile(`(?i)(?:^|[@/.])(?:example\.(?:com|org|net)|example@|localhost)`)
)

// placeholder says why a contact or link reaches nobody, or "". Addresses in
// the reserved top-level domain .example pass: demonstrations need them.
func placeholder(s string) string {
	t := strings.TrimSpace(s)
	lower := strings.ToLower(t)
	switch {
	case t == "":
		return "it is empty"
	case strings.Contains(lower, "email protected"), strings.Contains(lower, "email\u00a0protected"):
		return "a web server's mask of an address was copied instead of the address"
	case maskedPart.MatchString(t):
		return "a part of it is masked"
	case bracketPart.MatchString(t):
		return "brackets stand where an address should"
	case fillerWord.MatchString(t), fillerPart.MatchString(t):
		return "it stands for something still to come"
	case fillerHost.MatchString(lower):
		return "it is a sample address"
	}
	return ""
}
