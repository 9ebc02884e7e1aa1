package law

// rights are the names that law packs have for the rights of the policy language,
// where they differ.
var rights = map[string]string{
	"erase": "delete", "take-down": "delete", "close-account": "cancel-account", "opt-out": "opt-out-sale",
	"limit": "limit-sensitive", "human-review": "no-automated-decision",
}

// Right returns the name that packs have for a right of the policy language.
func Right(word string) string {
	if name, ok := rights[word]; ok {
		return name
	}
	return word
}
