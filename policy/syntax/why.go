package syntax

// why says for each kind of fault why it matters.
func why(id string) string {
	switch id {
	case "too-large", "too-deep":
		return "a policy is read by people and on every start; the limit keeps both possible"
	case "not-text":
		return "people must see in the file exactly what the machine reads"
	case "yaml", "directive", "empty-file":
		return "nothing can be read from a file that is not one plain YAML document"
	case "many-documents":
		return "two policies in one file leave open which one holds"
	case "alias", "anchor", "merge-key", "tag":
		return "each rule must be readable where it stands, without following references"
	case "duplicate-key":
		return "of two values one would be dropped in silence"
	case "unknown-key":
		return "a key that nobody reads is a promise that nobody keeps"
	case "missing-key":
		return "without it the rule cannot be decided or published"
	case "wrong-shape", "no-value", "empty-list":
		return "what is written here would bind nothing"
	case "unknown-word":
		return "only the words of the language have a meaning that is enforced"
	case "repeated-word":
		return "a word that stands twice is often a slip for another one"
	case "needs-quotes":
		return "other programs read it as a number or a switch and change its spelling"
	case "bad-slug", "bad-clause-id", "bad-promise-id", "bad-region", "bad-term":
		return "ids end up in evidence, links and reports, and must be written in one way only"
	case "no-unit", "mixed-units", "bad-period", "bad-keep", "bad-date":
		return "a clock can only run on a date or duration that has one meaning"
	case "bad-number", "bad-flag":
		return "a value that can be read in two ways decides in two ways"
	case "language-version":
		return "another version of the language may give the same words another meaning"
	case "empty-text":
		return "an empty text tells people nothing"
	case "unknown-language", "missing-language":
		return "all languages must be able to say the same"
	case "placeholder":
		return "people would write to an address that reaches nobody"
	case "duplicate-id":
		return "evidence and references name a rule by its id alone"
	case "promise-in-note":
		return "a promise in free text binds people's trust, but nothing enforces it"
	}
	return ""
}
