package law

// Mark says how well a number was checked.
type Mark string

// The marks, best first.
const (
	Verified  Mark = "verified"  // read in the official text
	Secondary Mark = "secondary" // read in another text about it
	Known     Mark = "known"     // general knowledge: check before relying on it
)

// Cite is where a number comes from.
type Cite struct {
	Instrument string `yaml:"instrument"` // id of an instrument of the pack
	Source     string `yaml:"source"`     // article or clause
	Mark       Mark   `yaml:"mark"`
}

// Text is one text in two languages.
type Text struct {
	En string `yaml:"en"`
	Zh string `yaml:"zh"`
}

// Kind says what sort of text an instrument is.
type Kind string

// The kinds. A draft binds nobody; its numbers are shown and never used.
const (
	Law        Kind = "law"
	Regulation Kind = "regulation"
	Rule       Kind = "rule"
	Standard   Kind = "standard"
	Draft      Kind = "draft"
)

// Pack is the law of one place at one date.
type Pack struct {
	ID      string `yaml:"id"`
	Edition Date   `yaml:"edition"`
	Name    Text   `yaml:"name"`
	Place   string `yaml:"place"` // ISO 3166 code, or "EU"; names the working-day calendar

	Instruments      []Instrument       `yaml:"instruments"`
	Replies          []Reply            `yaml:"replies"`
	Breach           []BreachDuty       `yaml:"breach"`
	Grades           []Grade            `yaml:"grades"`
	Ages             []AgeRule          `yaml:"ages"`
	LegalBasis       BasisDuty          `yaml:"legal_basis"`
	Bases            []BasisRule        `yaml:"bases"`
	SeparateConsent  []SeparateConsent  `yaml:"separate_consent"`
	Exemptions       []ExemptionRule    `yaml:"exemptions"`
	Sensitive        []SensitiveGroup   `yaml:"sensitive"`
	Notice           []NoticeTopic      `yaml:"notice"`
	Necessary        Necessary          `yaml:"necessary"`
	ReAsk            []ReAsk            `yaml:"re_ask"`
	Changes          []ChangeDuty       `yaml:"changes"`
	ForeignAuthority []ForeignAuthority `yaml:"foreign_authority"`
	Gag              []Gag              `yaml:"gag"`
	Transfers        []TransferRoute    `yaml:"transfers"`
	Keep             []KeepDuty         `yaml:"keep"`
}

// Instrument is a law, a rule or a standard.
type Instrument struct {
	ID           string   `yaml:"id"`
	Kind         Kind     `yaml:"kind"`
	Title        Text     `yaml:"title"`
	Citation     string   `yaml:"citation"`
	Aliases      []string `yaml:"aliases"` // other ways people cite it
	InForce      Date     `yaml:"in_force"`
	SupersededBy string   `yaml:"superseded_by"`
	SupersededOn Date     `yaml:"superseded_on"`
	Mark         Mark     `yaml:"mark"` // of the dates
}

// Reply is how soon a request about rights is answered.
type Reply struct {
	Rights      []string `yaml:"rights"`
	Acknowledge Clock    `yaml:"acknowledge"`
	Answer      Clock    `yaml:"answer"` // not stated: "timely", with no figure
	Extension   Clock    `yaml:"extension"`
	ToldWithin  Clock    `yaml:"told_within"` // when the person learns of the extension
	Note        Text     `yaml:"note"`
	Cite        `yaml:",inline"`
}

// BreachDuty is how soon somebody learns of an incident.
type BreachDuty struct {
	To     string `yaml:"to"`   // "authority", "people" or "controller"
	Tier   string `yaml:"tier"` // "any", or the grade or case it holds for
	Within Clock  `yaml:"within"`
	When   Text   `yaml:"when"`
	Cite   `yaml:",inline"`
}

// Grade is how many people make an incident of a tier.
type Grade struct {
	Grade      string `yaml:"grade"`
	PeopleFrom int    `yaml:"people_from"`
	Cite       `yaml:",inline"`
}

// AgeRule holds for people younger than Under years.
type AgeRule struct {
	Rule   string `yaml:"rule"` // "guardian-consent", "all-sensitive", "minor" …
	Under  int    `yaml:"under"`
	Lowest int    `yaml:"lowest"` // 0, or the lowest age the rule reaches or may be set to
	Note   Text   `yaml:"note"`
	Cite   `yaml:",inline"`
}

// BasisDuty says whether processing needs a legal basis at all.
type BasisDuty struct {
	Required bool `yaml:"required"`
	Cite     `yaml:",inline"`
}

// BasisRule is one valid legal basis, by its slug.
type BasisRule struct {
	Basis string `yaml:"basis"`
	Cite  `yaml:",inline"`
}

// SeparateConsent is an act that needs a consent of its own.
type SeparateConsent struct {
	Act  string `yaml:"act"`  // an operation, "sensitive", "automated-decision" or "public-camera"
	Form string `yaml:"form"` // "separate" or "explicit"
	Cite `yaml:",inline"`
}

// ExemptionRule lists the cases in which an act needs no consent.
type ExemptionRule struct {
	Covers string   `yaml:"covers"` // "collect" (and use) or "provide" (share, transfer, publish)
	Cases  []string `yaml:"cases"`
	Cite   `yaml:",inline"`
}

// SensitiveGroup lists data that one instrument calls sensitive.
type SensitiveGroup struct {
	Data []string `yaml:"data"`
	Note Text     `yaml:"note"`
	Cite `yaml:",inline"`
}

// NoticeTopic is something a published policy must say.
type NoticeTopic struct {
	Topic string `yaml:"topic"`
	When  string `yaml:"when"` // "always", or what calls for it
	En    string `yaml:"en"`
	Zh    string `yaml:"zh"`
	Cite  `yaml:",inline"`
}

// Necessary lists what types of app may ask for as necessary.
type Necessary struct {
	Types []AppType `yaml:"types"`
	Cite  `yaml:",inline"`
}

// AppType is one type of app. Refusing data that is not in Data must not close
// its basic function; no Data means that it needs none.
type AppType struct {
	No   int      `yaml:"no"`
	ID   string   `yaml:"id"`
	En   string   `yaml:"en"`
	Zh   string   `yaml:"zh"`
	Data []string `yaml:"data"`
	Mark Mark     `yaml:"mark"`
}

// ReAsk is how long to wait before asking again.
type ReAsk struct {
	What string `yaml:"what"` // "refused-permission" or "opt-out"
	Wait Clock  `yaml:"wait"`
	Note Text   `yaml:"note"`
	Cite `yaml:",inline"`
}

// ChangeDuty is what a change of policy calls for.
type ChangeDuty struct {
	Duty      Text     `yaml:"duty"`
	Reconsent []string `yaml:"reconsent"` // changes of these ask for consent again
	Review    Clock    `yaml:"review"`    // the policy is reviewed at least this often
	Cite      `yaml:",inline"`
}

// ForeignAuthority is what stands before giving data to a foreign court or
// police.
type ForeignAuthority struct {
	Rule string `yaml:"rule"` // "approval" or "agreement"
	Note Text   `yaml:"note"`
	Cite `yaml:",inline"`
}

// Gag is when people may not be told, and until when.
type Gag struct {
	When  Text `yaml:"when"`
	Until Text `yaml:"until"`
	Cite  `yaml:",inline"`
}

// TransferRoute is what sending data abroad needs from a number of people on.
// Exactly one of the two numbers is set.
type TransferRoute struct {
	Route         string `yaml:"route"`
	PeopleFrom    int    `yaml:"people_from"`
	SensitiveFrom int    `yaml:"sensitive_from"` // people whose sensitive data goes
	Note          Text   `yaml:"note"`
	Cite          `yaml:",inline"`
}

// KeepDuty is how long a record is kept at least.
type KeepDuty struct {
	Record  string `yaml:"record"`
	AtLeast Clock  `yaml:"at_least"`
	Cite    `yaml:",inline"`
}
