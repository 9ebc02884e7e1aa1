package avow

// Verb is one thing that can be done with personal data. The verbs are kept
// apart because the law keeps them apart: to share (both hold), to entrust (a
// processor), to transfer (control moves), to disclose (an authority), to
// publish (anyone) and to release (statistics) have different conditions.
type Verb uint8

// The verbs that a policy decides. The zero Verb is no verb and is refused.
const (
	NoVerb Verb = iota
	Collect
	Use
	Share
	Entrust
	Transfer
	Disclose
	Publish
	Release
	numVerbs
)

// Verbs counts the verbs, NoVerb included, for tables indexed by Verb.
const Verbs = int(numVerbs)

var verbNames = [...]string{"", "collect", "use", "share", "entrust", "transfer", "disclose", "publish", "release"}

// String returns the word of the policy language for v.
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return ""
}

// ParseVerb returns the verb that the policy language calls s.
func ParseVerb(s string) (Verb, bool) {
	for i := 1; i < len(verbNames); i++ {
		if verbNames[i] == s {
			return Verb(i), true
		}
	}
	return NoVerb, false
}

// Outbound reports whether v moves data to somebody other than the controller.
func (v Verb) Outbound() bool { return v >= Share && v <= Release }
