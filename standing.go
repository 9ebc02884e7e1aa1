package avow

import "time"

// AccountState is where a person's relationship with the controller stands.
type AccountState uint8

// Account states. A person nobody knows has NoRelation.
const (
	NoRelation AccountState = iota
	Open
	Frozen  // sessions revoked or minor suspected: nothing but the exits is open
	Closing // erasure is intended and not yet done
	Closed
)

var accountNames = [...]string{"none", "open", "frozen", "closing", "closed"}

// String returns the state's word.
func (s AccountState) String() string { return accountNames[min(int(s), len(accountNames)-1)] }

// AcceptState is what a person did with the policy as a whole. Accepting a
// policy is never consent to anything in it.
type AcceptState uint8

// Acceptance states.
const (
	NeverAsked AcceptState = iota
	AcceptedPolicy
	RefusedPolicy
)

var acceptNames = [...]string{"never-asked", "accepted", "refused"}

// String returns the state's word.
func (s AcceptState) String() string { return acceptNames[min(int(s), len(acceptNames)-1)] }

// Acceptance records what was accepted, when and how. It is bound to the exact
// text by the policy's hash.
type Acceptance struct {
	State    AcceptState
	Policy   Hash
	Version  string
	Language Language
	Gesture  string // such as "accept-button"; "use" never reaches AcceptedPolicy
	At       time.Time
}

// ChoiceState is where a person stands on one choice. The names follow the
// consent states of the W3C Data Privacy Vocabulary.
type ChoiceState uint8

// Choice states.
const (
	NotAsked ChoiceState = iota
	Given
	Refused
	Withdrawn
)

var choiceNames = [...]string{"not-asked", "given", "refused", "withdrawn"}

// String returns the state's word.
func (s ChoiceState) String() string { return choiceNames[min(int(s), len(choiceNames)-1)] }

// Chosen is a person's latest event on one choice.
type Chosen struct {
	Choice  Choice
	State   ChoiceState
	At      time.Time
	Expires time.Time // zero: does not expire
	Notice  Hash      // hash of the words that were shown
}

// AgeBand is what is known of a person's age. A date of birth is not kept for it.
type AgeBand uint8

// Age bands.
const (
	AgeNotKnown AgeBand = iota
	KnownAdult
	KnownMinor
)

var ageNames = [...]string{"unknown", "adult", "minor"}

// String returns the band's word.
func (b AgeBand) String() string { return ageNames[min(int(b), len(ageNames)-1)] }

// Signals are standing wishes that a person's browser or device sends.
type Signals uint8

// SignalGPC is the Global Privacy Control signal (W3C).
const SignalGPC Signals = 1

// Standing is everything about a person that decisions depend on, at an
// instant. It is the fold of that person's events. The zero Standing is a
// stranger: everything that needs the person's yes is refused.
type Standing struct {
	Account    AccountState
	Acceptance Acceptance
	Documents  []Acceptance // further documents accepted, by Version "id@version"
	Choices    []Chosen     // at most one entry per choice, ordered by choice
	Age        AgeBand
	Guardian   bool // a guardian has agreed
	Signals    Signals
	SignalAt   time.Time // when the signal was first seen; a later choice outweighs it
	Hold       bool      // a legal hold covers this person: storage only
	Restricted bool      // the person has restricted the processing: storage only
	Synthetic  bool      // made up for a self-test: never counted, never sent out
}

// Choice returns the person's latest event on c.
func (s *Standing) Choice(c Choice) (Chosen, bool) {
	for i := range s.Choices {
		if s.Choices[i].Choice == c {
			return s.Choices[i], true
		}
	}
	return Chosen{Choice: c}, false
}
