package vocab

// Term is what every row has. Slugs are unique within their kind.
type Term struct {
	Slug    string
	IRIs    Words  // compact IRIs such as "pd:Name"; the first is the main one
	Broader string // compact IRI above an own term (avow:, avow-cn:); else ""
	En, Zh  string // labels as a published policy uses them
}

// Label returns the label in the language of a BCP 47 tag. Every Chinese tag
// gets the Chinese label, every other tag the English one.
func (t Term) Label(lang string) string {
	if len(lang) >= 2 && lang[:2] == "zh" {
		return t.Zh
	}
	return t.En
}

// Level says how closely a kind of data points at a person.
type Level string

// The levels, weakest first.
const (
	LevelNone      Level = "none"      // does not identify
	LevelQuasi     Level = "quasi"     // helps to identify, with others of its like
	LevelLocation  Level = "loc"       // hints at a place
	LevelID        Level = "id"        // identifies
	LevelSensitive Level = "sensitive" // sensitive under at least one law pack
	LevelSecret    Level = "secret"    // opens an account; never shown to anyone
)

// DatumTerm is a kind of personal data.
type DatumTerm struct {
	Term
	Level      Level
	Identifier bool // identifies a person or a device by itself
	Others     bool // usually tells about other people too
	Child      bool // tells about a child, or who is one
	Anonymous  bool // no longer personal: released statistics

	// Sensitive names the law packs that call it sensitive, such as "eu"; a
	// form such as "cn/35273" means only the named standard of the pack does.
	Sensitive Words

	// Play holds response ids of the Google Play data safety form and Apple the
	// suffixes after NSPrivacyCollectedDataType. Several mean that the use
	// decides, none that the form has no such type.
	Play, Apple Words
}

// SensitiveUnder reports whether the law pack calls the datum sensitive, by
// law or by a standard.
func (d DatumTerm) SensitiveUnder(pack string) bool {
	for w := range d.Sensitive.All() {
		if w == pack || len(w) > len(pack) && w[:len(pack)] == pack && w[len(pack)] == '/' {
			return true
		}
	}
	return false
}

// PurposeTerm is why data is processed.
type PurposeTerm struct {
	Term
	Play        string // purpose of the Google Play form, or ""
	Apple       string // suffix after NSPrivacyCollectedDataTypePurpose, or ""
	ConsentMode Words  // Google Consent Mode v2 keys
}

// BasisTerm is a legal basis.
type BasisTerm struct {
	Term
	GDPR  string // article and point, or "" where it is no basis there
	PIPL  string // articles, or "" where it is no basis there
	Packs Words  // law packs under which it can carry processing
}

// ValidUnder reports whether the basis can carry processing under the pack.
func (b BasisTerm) ValidUnder(pack string) bool { return b.Packs.Has(pack) }

// ConsentTerm is a state of consent.
type ConsentTerm struct {
	Term
	Allows bool // only "given" and "renewed" allow processing
}

// RightTerm is a right of the person.
type RightTerm struct {
	Term
	Packs Words // law packs that know the right
}

// PermissionTerm is a permission of the device's system. It has no IRI.
type PermissionTerm struct {
	Term
	Android Words  // full permission names, none where no permission opens it
	Level   string // "normal", "dangerous" or "none"
	Guards  Words  // slugs of the data that it opens
}

// ExemptionTerm is a case in which GB/T 35273-2020 asks for no consent.
type ExemptionTerm struct {
	Term
	Collect   bool   // clause 5.6: collection and use
	Provide   bool   // clause 9.5: sharing, transfer, publication
	Condition string // who alone may rely on it, or ""
}

// NamespaceTerm is one prefix of a compact IRI. Slug is the prefix and IRIs is
// the full namespace.
type NamespaceTerm struct {
	Term
	Edition string // pinned edition of the vocabulary; the IRIs carry none
}
