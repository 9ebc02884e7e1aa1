package officer

import (
	"fmt"
	"slices"
)

// Role is what somebody is there for.
type Role string

// The roles of the console.
const (
	PrivacyOfficer Role = "privacy-officer"
	Lawyer         Role = "lawyer"
	Support        Role = "support"
	Engineer       Role = "engineer"
	Auditor        Role = "auditor"
	Operator       Role = "operator"
)

var roles = []Role{PrivacyOfficer, Lawyer, Support, Engineer, Auditor, Operator}

// Roles lists the roles.
func Roles() []Role { return slices.Clone(roles) }

// ParseRoles reads roles.
func ParseRoles(words []string) ([]Role, error) {
	out := make([]Role, 0, len(words))
	for _, w := range words {
		if !slices.Contains(roles, Role(w)) {
			return nil, fmt.Errorf("unknown role %q: use one of %v", w, roles)
		}
		if !slices.Contains(out, Role(w)) {
			out = append(out, Role(w))
		}
	}
	return out, nil
}

// Privilege is something that can be done in the console.
type Privilege string

// The privileges. To see a queue is not to open what lies in it.
const (
	SeeToday       Privilege = "see-today"
	SeePolicy      Privilege = "see-policy"
	DraftPolicy    Privilege = "draft-policy"
	ApprovePolicy  Privilege = "approve-policy"
	SeeCounts      Privilege = "see-counts" // how much is held, and of what
	SeeRequests    Privilege = "see-requests"
	AnswerRequests Privilege = "answer-requests"
	OpenPerson     Privilege = "open-person" // one person, masked, with a ticket
	RevealValue    Privilege = "reveal-value"
	ErasePerson    Privilege = "erase-person"
	SeeConsents    Privilege = "see-consents"
	SeeRecipients  Privilege = "see-recipients"
	KeepRecipients Privilege = "keep-recipients"
	SeeDemands     Privilege = "see-demands"
	WorkDemands    Privilege = "work-demands"
	ApproveDemands Privilege = "approve-demands"
	SetHolds       Privilege = "set-holds"
	SeeIncidents   Privilege = "see-incidents"
	WorkIncidents  Privilege = "work-incidents"
	ApproveRelease Privilege = "approve-release"
	Attest         Privilege = "attest"
	SeeProof       Privilege = "see-proof"
	VerifyLog      Privilege = "verify-log"
	SeeOfficers    Privilege = "see-officers"
	RotateKeys     Privilege = "rotate-keys"
	ExportLists    Privilege = "export-lists"
)

// granted says what each role may. An engineer and an operator see no personal
// data; an auditor sees every desk and opens nothing; support opens one person at a
// time, masked.
var granted = map[Role][]Privilege{
	PrivacyOfficer: {SeeToday, SeePolicy, DraftPolicy, ApprovePolicy, SeeCounts, SeeRequests, AnswerRequests, OpenPerson, RevealValue, ErasePerson, SeeConsents,
		SeeRecipients, KeepRecipients, SeeDemands, WorkDemands, ApproveDemands, SeeIncidents, WorkIncidents, ApproveRelease, Attest, SeeProof, VerifyLog, SeeOfficers, ExportLists},
	Lawyer: {SeeToday, SeePolicy, ApprovePolicy, SeeRequests, AnswerRequests, OpenPerson, SeeConsents, SeeRecipients, SeeDemands, WorkDemands, ApproveDemands,
		SetHolds, SeeIncidents, WorkIncidents, Attest, SeeProof, VerifyLog, ExportLists},
	Support:  {SeeToday, SeeRequests, AnswerRequests, OpenPerson},
	Engineer: {SeeToday, SeePolicy, DraftPolicy, SeeCounts, SeeProof, VerifyLog},
	Auditor: {SeeToday, SeePolicy, SeeCounts, SeeRequests, SeeConsents, SeeRecipients, SeeDemands, SeeIncidents, SeeProof, VerifyLog, SeeOfficers,
		ExportLists},
	Operator: {SeeToday, SeeCounts, SeeProof, VerifyLog, RotateKeys, SeeOfficers},
}

// fresh are privileges that need a proof of a short time ago.
var fresh = []Privilege{ApprovePolicy, RevealValue, ErasePerson, ApproveDemands, SetHolds, ApproveRelease, RotateKeys, ExportLists}

// May reports whether any of the roles has a privilege. What is not listed nobody has.
func May(have []Role, p Privilege) bool {
	return slices.ContainsFunc(have, func(r Role) bool { return slices.Contains(granted[r], p) })
}

// NeedsFresh reports whether a privilege needs that its holder has just shown who
// they are.
func NeedsFresh(p Privilege) bool { return slices.Contains(fresh, p) }
