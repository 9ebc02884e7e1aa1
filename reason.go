package avow

import (
	"iter"
	"math/bits"
)

// Reason is one ground on which a request is refused. Reasons have a fixed
// order (their numeric order), so that the same refusal is the same byte for
// byte in every answer and in the evidence.
type Reason uint8

// Grounds that lie in the policy: no rule covers what was asked.
const (
	DatumUndeclared     Reason = iota // the policy does not know this kind of data
	VerbUndeclared                    // no rule lets this verb act on this datum
	PurposeUndeclared                 // rules exist, but none for this purpose
	Prohibited                        // a rule forbids it outright
	PointUndeclared                   // not collected at this point
	FeatureUndeclared                 // not bound to this feature
	SourceUndeclared                  // not taken from this source
	RecipientUndeclared               // not given to this recipient
	RoleNotAllowed                    // this role may not
	RegionNotAllowed                  // not stored or sent there
	GroundUndeclared                  // no rule opens on this exemption or legal ground
	NotYetEffective                   // the rule applies from a later date
)

// Grounds that lie with the person: the state they are in and what they chose.
const (
	NoAccount          Reason = iota + 12 // unknown person, or no open relationship
	AccountClosed                         // the relationship has ended
	AccountFrozen                         // misuse reported, or a minor found
	NotAccepted                           // no acceptance of the policy is recorded
	AcceptanceRefused                     // the policy was refused
	AcceptanceOutdated                    // an earlier version was accepted
	ConsentMissing                        // never asked, or not answered
	ConsentRefused                        // asked and refused
	ConsentWithdrawn                      // given once and withdrawn
	ConsentExpired                        // given, but its time has run out
	Objected                              // the person has opted out
	SignalOptOut                          // a browser signal (GPC) opts out
	OnHold                                // a legal hold: storage only
	Minor                                 // the person is a known minor
	AgeUnknown                            // age must be known first
	GuardianMissing                       // a guardian has to agree
	ErasurePending                        // the person is being erased
	Restricted                            // the person has restricted it: storage only
)

// Grounds that lie in the request: a fact that a rule needs was not shown.
// Reason FactReason+i is the absence of Fact i.
const (
	CitationMissing        Reason = iota + 32 // no citation of law or source
	URLMissing                                // no address of the publication
	ContractMissing                           // no contract id
	CaseMissing                               // no case id
	ProvenanceMissing                         // partner, its basis or its consent proof missing
	FindingMissing                            // no written finding by a named person
	InstrumentMissing                         // no valid instrument of an authority
	ApprovalMissing                           // a second person has not approved
	RecipientUnqualified                      // terms, purposes or assessment missing or lapsed
	NotPicked                                 // the person did not pick this item
	TokenMissing                              // no unused per-event token
	TooSoon                                   // inside the sampling interval
	Metered                                   // metered network, and the person did not override
	AttestationMissing                        // the person's statement is missing
	FreshSignInMissing                        // needs a fresh password or code
	NoticeMissing                             // the notice was not shown
	UrgencyMissing                            // no record why consent could not be had
	NotInUse                                  // the feature is not running
	DevicePermissionDenied                    // the device permission is not granted
	SuccessorUnbound                          // the successor has not signed the policy
)

// Grounds that lie in the envelope by which a recipient asks again.
const (
	EnvelopeInvalid Reason = iota + 54 // altered, another's, unknown, or not for this data
	EnvelopeSpent                      // it was renewed on this very consent before
)

// Grounds that lie in the data itself.
const (
	ValueMalformed    Reason = iota + 56 // the value does not fit its datum
	CarriesIdentifier                    // called non-personal, yet it identifies
	MixedWithPersonal                    // joined with personal data, hence personal
	RetentionOver                        // its time is over
	NothingHeld                          // nothing of this kind is held
	PasswordIsNotData                    // a secret cannot be read back
	ContactDetails                       // it holds contact details that are kept out of there
)

// FactReason is the reason for the absence of fact 0.
const FactReason = CitationMissing

var reasonNames = [64]string{
	"datum-undeclared", "verb-undeclared", "purpose-undeclared", "prohibited", "point-undeclared", "feature-undeclared",
	"source-undeclared", "recipient-undeclared", "role-not-allowed", "region-not-allowed", "ground-undeclared", "not-yet-effective",
	"no-account", "account-closed", "account-frozen", "not-accepted", "acceptance-refused", "acceptance-outdated",
	"consent-missing", "consent-refused", "consent-withdrawn", "consent-expired", "objected", "signal-opt-out",
	"on-hold", "minor", "age-unknown", "guardian-missing", "erasure-pending", "restricted", "", "",
	"citation-missing", "url-missing", "contract-missing", "case-missing", "provenance-missing", "finding-missing",
	"instrument-missing", "approval-missing", "recipient-unqualified", "not-picked", "token-missing", "too-soon",
	"metered", "attestation-missing", "fresh-sign-in-missing", "notice-missing", "urgency-missing", "not-in-use",
	"device-permission-denied", "successor-unbound", "", "", "envelope-invalid", "envelope-spent",
	"value-malformed", "carries-identifier", "mixed-with-personal", "retention-over", "nothing-held", "password-is-not-data", "contact-details", "",
}

// String returns the reason's stable code, such as "consent-withdrawn", or ""
// for a number that is no reason.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return ""
}

// ParseReason returns the reason whose code is s.
func ParseReason(s string) (Reason, bool) {
	if s == "" {
		return 0, false
	}
	for i, n := range reasonNames {
		if n == s {
			return Reason(i), true
		}
	}
	return 0, false
}

// MarshalText writes the reason's code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Reasons is a set of reasons, one bit each.
type Reasons uint64

// Set returns the reasons as a set of one.
func (r Reason) Set() Reasons { return 1 << r }

// Has reports whether r is in the set.
func (s Reasons) Has(r Reason) bool { return s&(1<<r) != 0 }

// Len counts the reasons.
func (s Reasons) Len() int { return bits.OnesCount64(uint64(s)) }

// All yields the reasons in their fixed order.
func (s Reasons) All() iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for rest := uint64(s); rest != 0; rest &= rest - 1 {
			if !yield(Reason(bits.TrailingZeros64(rest))) {
				return
			}
		}
	}
}

// Codes returns the codes of the reasons in their fixed order.
func (s Reasons) Codes() []string {
	codes := make([]string, 0, s.Len())
	for r := range s.All() {
		codes = append(codes, r.String())
	}
	return codes
}
