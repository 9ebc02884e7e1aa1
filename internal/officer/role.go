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
	SeeToday           Privilege = "see-today"
	SeePolicy          Privilege = "see-policy"
	DraftPolicy        Privilege = "draft-policy"
	ApprovePolicy      Privilege = "approve-policy"
	AnnouncePolicy     Privilege = "announce-policy"
	SeeCounts          Privilege = "see-counts"  // how much is held, and of what
	TakeCensus         Privilege = "take-census" // have it counted anew
	SeeRequests        Privilege = "see-requests"
	AnswerRequests     Privilege = "answer-requests"
	ReleaseCopies      Privilege = "release-copies" // agree to a copy that goes out, and let it go
	SeeContent         Privilege = "see-content"    // that texts are held, and not the texts
	DecideContent      Privilege = "decide-content"
	OpenPerson         Privilege = "open-person" // one person, masked, with a reason
	RevealValue        Privilege = "reveal-value"
	ErasePerson        Privilege = "erase-person"
	ActForPerson       Privilege = "act-for-person" // correct, take down and stop what is theirs, where they cannot
	OpenConsents       Privilege = "open-consents"  // what one person said, with a reason
	SeeConsents        Privilege = "see-consents"   // how many said what, and nobody's own
	SeeRecipients      Privilege = "see-recipients"
	KeepRecipients     Privilege = "keep-recipients"
	ApproveRecipients  Privilege = "approve-recipients"
	SeeDemands         Privilege = "see-demands"
	WorkDemands        Privilege = "work-demands"
	ApproveDemands     Privilege = "approve-demands"
	SetHolds           Privilege = "set-holds"
	SeeIncidents       Privilege = "see-incidents"
	WorkIncidents      Privilege = "work-incidents"
	SeeReleases        Privilege = "see-releases"
	ProposeRelease     Privilege = "propose-release"
	ApproveRelease     Privilege = "approve-release"
	SeeSuccessions     Privilege = "see-successions"
	WorkSuccessions    Privilege = "work-successions"
	ApproveSuccessions Privilege = "approve-successions"
	Attest             Privilege = "attest"
	SeeOpenings        Privilege = "see-openings" // who opened what of people's, and why
	SeeProof           Privilege = "see-proof"
	VerifyLog          Privilege = "verify-log"
	SeeOfficers        Privilege = "see-officers"
	RotateKeys         Privilege = "rotate-keys"
	ExportLists        Privilege = "export-lists"
)

// granted says what each role may. An engineer and an operator see no personal
// data; an auditor sees every desk and opens nothing; support opens one person at a
// time, masked.
var granted = map[Role][]Privilege{
	PrivacyOfficer: {SeeToday, SeePolicy, DraftPolicy, ApprovePolicy, AnnouncePolicy, SeeCounts, TakeCensus, SeeRequests, AnswerRequests, ReleaseCopies, SeeContent, DecideContent, OpenPerson, RevealValue,
		ErasePerson, ActForPerson, OpenConsents, SeeConsents, SeeRecipients, KeepRecipients, ApproveRecipients, SeeDemands, WorkDemands, ApproveDemands, SetHolds, SeeIncidents, WorkIncidents, SeeReleases,
		ProposeRelease, ApproveRelease, SeeSuccessions, WorkSuccessions, ApproveSuccessions, Attest, SeeOpenings, SeeProof, VerifyLog, SeeOfficers, ExportLists},
	Lawyer: {SeeToday, SeePolicy, ApprovePolicy, SeeCounts, SeeRequests, AnswerRequests, ReleaseCopies, SeeContent, OpenPerson, OpenConsents, SeeConsents, SeeRecipients, ApproveRecipients, SeeDemands, WorkDemands,
		ApproveDemands, SetHolds, SeeIncidents, WorkIncidents, SeeReleases, ProposeRelease, SeeSuccessions, WorkSuccessions, ApproveSuccessions, Attest, SeeProof, VerifyLog, ExportLists},
	Support:  {SeeToday, SeeRequests, AnswerRequests, OpenPerson},
	Engineer: {SeeToday, SeePolicy, DraftPolicy, SeeCounts, TakeCensus, SeeProof, VerifyLog},
	Auditor: {SeeToday, SeePolicy, SeeCounts, SeeRequests, SeeContent, SeeConsents, SeeRecipients, SeeDemands, SeeIncidents, SeeReleases, SeeSuccessions, SeeOpenings, SeeProof, VerifyLog,
		SeeOfficers, ExportLists},
	Operator: {SeeToday, SeeCounts, TakeCensus, SeeProof, VerifyLog, RotateKeys, SeeOfficers},
}

// fresh are privileges that need a proof of a short time ago.
var fresh = []Privilege{ApprovePolicy, AnnouncePolicy, RevealValue, ErasePerson, ReleaseCopies, ApproveRecipients, ApproveDemands, SetHolds, ApproveRelease, ApproveSuccessions, RotateKeys, ExportLists}

// Holders returns the roles that have a privilege.
func Holders(p Privilege) []Role {
	var out []Role
	for _, r := range roles {
		if slices.Contains(granted[r], p) {
			out = append(out, r)
		}
	}
	return out
}

// May reports whether any of the roles has a privilege. What is not listed nobody has.
func May(have []Role, p Privilege) bool {
	return slices.ContainsFunc(have, func(r Role) bool { return slices.Contains(granted[r], p) })
}

// NeedsFresh reports whether a privilege needs that its holder has just shown who
// they are.
func NeedsFresh(p Privilege) bool { return slices.Contains(fresh, p) }
