package avow

// Ruling is the decision on one datum: a verdict, every reason against it, and
// the rule that decided. The zero Ruling refuses.
//
// For a refusal, Rule is the rule that came nearest (fewest reasons against,
// the first in the file among equals), or the prohibition that applied, or ""
// where no rule speaks of the matter.
type Ruling struct {
	Verdict     Verdict
	Reasons     Reasons
	Rule        RuleID
	Clauses     []ClauseID   // shared with the policy; must not be changed
	Obligations []Obligation // shared with the policy; must not be changed
}

// Obligation is something that must be done when a ruling is acted upon.
type Obligation struct {
	Kind ObligationKind
	Arg  string // by kind: the form's id, the retention rule's id, the notice's id
}

// ObligationKind says what has to be done.
type ObligationKind uint8

// Obligations.
const (
	NoObligation ObligationKind = iota
	Transform                   // bring the value into form Arg before it is stored or handed out
	Expire                      // schedule retention rule Arg
	NotifyAfter                 // tell the person afterwards, notice Arg
	Tag                         // carry purpose tag Arg with the data
)

var obligationNames = [...]string{"", "transform", "expire", "notify-after", "tag"}

// String returns the obligation's word.
func (k ObligationKind) String() string { return obligationNames[min(int(k), len(obligationNames)-1)] }

// MarshalText writes the obligation's word.
func (k ObligationKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Decision is the answer to a whole request. It allows only if every ruling
// does: a request is carried out whole or not at all.
type Decision struct {
	Verdict Verdict
	Reasons Reasons  // the union over all rulings
	Rulings []Ruling // one for each datum, in the request's order
	Policy  Hash
}
