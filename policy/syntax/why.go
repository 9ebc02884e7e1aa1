package syntax

// reasons lists the kinds of faults and why each matters.
var reasons = [...]struct{ id, why string }{
	{"too-large", "a policy is read by people and on every start; the limit keeps both possible"},
	{"too-deep", "a policy is read by people and on every start; the limit keeps both possible"},
	{"too-many-faults", "nobody reads a thousand faults; the first of them usually explain the rest"},
	{"not-text", "people must see in the file exactly what the machine reads"},
	{"yaml", "nothing can be read from a file that is not one plain YAML document"},
	{"directive", "nothing can be read from a file that is not one plain YAML document"},
	{"empty-file", "nothing can be read from a file that is not one plain YAML document"},
	{"many-documents", "two policies in one file leave open which one holds"},
	{"alias", "each rule must be readable where it stands, without following references"},
	{"anchor", "each rule must be readable where it stands, without following references"},
	{"merge-key", "each rule must be readable where it stands, without following references"},
	{"tag", "each rule must be readable where it stands, without following references"},
	{"duplicate-key", "of two values one would be dropped in silence"},
	{"unknown-key", "a key that nobody reads is a promise that nobody keeps"},
	{"missing-key", "without it the rule cannot be decided or published"},
	{"wrong-shape", "what is written here would bind nothing"},
	{"no-value", "what is written here would bind nothing"},
	{"empty-list", "what is written here would bind nothing"},
	{"unknown-word", "only the words of the language have a meaning that is enforced"},
	{"repeated-word", "a word that stands twice is often a slip for another one"},
	{"needs-quotes", "other programs read it as a number or a switch and change its spelling"},
	{"bad-slug", "ids end up in evidence, links and reports, and must be written in one way only"},
	{"bad-clause-id", "ids end up in evidence, links and reports, and must be written in one way only"},
	{"bad-promise-id", "ids end up in evidence, links and reports, and must be written in one way only"},
	{"bad-region", "ids end up in evidence, links and reports, and must be written in one way only"},
	{"bad-term", "ids end up in evidence, links and reports, and must be written in one way only"},
	{"no-unit", "a clock can only run on a date or duration that has one meaning"},
	{"mixed-units", "a clock can only run on a date or duration that has one meaning"},
	{"bad-period", "a clock can only run on a date or duration that has one meaning"},
	{"bad-keep", "a clock can only run on a date or duration that has one meaning"},
	{"bad-date", "a clock can only run on a date or duration that has one meaning"},
	{"bad-number", "a value that can be read in two ways decides in two ways"},
	{"bad-flag", "a value that can be read in two ways decides in two ways"},
	{"language-version", "another version of the language may give the same words another meaning"},
	{"empty-text", "an empty text tells people nothing"},
	{"unknown-language", "all languages must be able to say the same"},
	{"missing-language", "all languages must be able to say the same"},
	{"placeholder", "people would write to an address that reaches nobody"},
	{"duplicate-id", "evidence and references name a rule by its id alone"},
	{"promise-in-note", "a promise in free text binds people's trust, but nothing enforces it"},
}

// Kinds lists the ids of all faults that [Parse] can report.
func Kinds() []string {
	ids := make([]string, len(reasons))
	for i, r := range reasons {
		ids[i] = r.id
	}
	return ids
}

// why says why a kind of fault matters.
func why(id string) string {
	for _, r := range reasons {
		if r.id == id {
			return r.why
		}
	}
	return ""
}
