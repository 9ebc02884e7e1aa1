package httpapi

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// privileges says what an officer's token must be allowed for each operation that
// officers have: the privileges are those of the console. An operation that is not
// here is refused to officers; a test holds the table to be whole.
var privileges = map[string]officer.Privilege{
	"policies": officer.SeeToday, "policy": officer.SeeToday, "explain": officer.SeePolicy, "explain-rule": officer.SeePolicy,
	"evidence": officer.SeeProof, "metrics": officer.SeeCounts, "openings": officer.SeeOpenings, "attestations": officer.SeeProof, "renew-attestation": officer.Attest,

	// One person.
	"find": officer.OpenPerson, "access": officer.RevealValue, "copy": officer.RevealValue, "copy-file": officer.RevealValue, "disclose": officer.RevealValue,
	"standing": officer.OpenConsents, "consent-records": officer.OpenConsents, "permissions": officer.OpenConsents, "demand-notices": officer.WorkDemands,
	"correct": officer.ActForPerson, "unpublish": officer.ActForPerson, "message-stop": officer.ActForPerson, "no-minor": officer.ActForPerson,
	"guardians": officer.OpenConsents, "end-guardian": officer.ActForPerson,
	"erase": officer.ErasePerson, "close": officer.ErasePerson, "found-minor": officer.ErasePerson,

	"preview-copy": officer.OpenPerson, "approve-copy": officer.ReleaseCopies,
	"request-queue": officer.SeeRequests, "read-request": officer.OpenPerson, "answer-request": officer.AnswerRequests, "extend-request": officer.AnswerRequests,
	"fulfilments": officer.SeeRequests, "read-fulfilment": officer.SeeRequests, "open-fulfilment": officer.RevealValue, "retry-step": officer.AnswerRequests, "tell-by-hand": officer.AnswerRequests,
	"pause-request": officer.AnswerRequests, "send-message": officer.AnswerRequests, "held-content": officer.DecideContent, "decide-content": officer.DecideContent,

	"demands": officer.SeeDemands, "read-demand": officer.SeeDemands, "receive-demand": officer.WorkDemands, "amend-demand": officer.WorkDemands, "scope-demand": officer.WorkDemands,
	"document-demand": officer.WorkDemands, "read-document": officer.WorkDemands, "authenticate-demand": officer.WorkDemands, "refuse-demand": officer.WorkDemands,
	"withdraw-demand": officer.WorkDemands, "challenge-demand": officer.WorkDemands, "tell-before": officer.WorkDemands, "extend-gag": officer.WorkDemands,
	"approve-demand": officer.ApproveDemands, "release-demand": officer.ApproveDemands, "repeat-demand": officer.ApproveDemands, "recall-demand": officer.WorkDemands,

	"holds": officer.SeeDemands, "read-hold": officer.SetHolds, "propose-hold": officer.SetHolds, "approve-hold": officer.SetHolds, "release-hold": officer.SetHolds,

	"incidents": officer.SeeIncidents, "read-incident": officer.SeeIncidents, "incident-report": officer.SeeIncidents, "open-incident": officer.WorkIncidents,
	"describe-incident": officer.WorkIncidents, "scope-incident": officer.WorkIncidents, "tell-incident": officer.WorkIncidents, "report-incident": officer.WorkIncidents,
	"close-incident": officer.WorkIncidents, "write-letters": officer.RevealValue, "post-letters": officer.WorkIncidents,

	"recipients": officer.SeeRecipients, "qualifications": officer.SeeRecipients, "read-qualification": officer.SeeRecipients, "propose-qualification": officer.KeepRecipients,
	"dispatches": officer.SeeRecipients, "read-dispatch": officer.SeeRecipients,
	"revoke-qualification": officer.KeepRecipients, "approve-qualification": officer.ApproveRecipients,

	"releases": officer.SeeReleases, "read-release": officer.SeeReleases, "propose-release": officer.ProposeRelease, "withdraw-release": officer.ProposeRelease,
	"approve-release": officer.ApproveRelease, "carry-out-release": officer.ApproveRelease,

	"successions": officer.SeeSuccessions, "read-succession": officer.SeeSuccessions, "propose-succession": officer.WorkSuccessions, "withdraw-succession": officer.WorkSuccessions,
	"succession-binding": officer.WorkSuccessions, "move-on-succession": officer.WorkSuccessions, "approve-succession": officer.ApproveSuccessions,

	"changes": officer.SeePolicy, "read-change": officer.SeePolicy, "propose-change": officer.DraftPolicy, "check-change": officer.DraftPolicy, "redraft-change": officer.DraftPolicy, "count-change": officer.DraftPolicy,
	"withdraw-change": officer.DraftPolicy, "approve-change": officer.ApprovePolicy, "announce-change": officer.AnnouncePolicy,
}

// holders are the roles whose tokens may take an operation as officers.
func holders(op string) []officer.Role {
	p, known := privileges[op]
	if !known {
		return nil
	}
	return officer.Holders(p)
}

// allows holds a token to its scope, and an officer's to its role. What is open to a
// token by another of its scopes needs no role.
func (op *operation) allows(t *auth.Token) error {
	if !t.Scopes.Has(op.scopes) {
		return &avow.Error{Code: avow.Forbidden, Message: "this token's scope does not include the operation", Try: "use a token of scope " + op.scopes.String()}
	}
	if t.Scopes.Has(op.scopes &^ auth.Officer) {
		return nil
	}
	may := holders(op.id)
	if slices.ContainsFunc(may, func(r officer.Role) bool { return slices.Contains(t.Roles, r) }) {
		return nil
	}
	if len(t.Roles) == 0 {
		return &avow.Error{Code: avow.Forbidden, Message: "this token was made without a role, and an officer's needs one", Try: "make another: avow token create --scope officer --role …"}
	}
	return &avow.Error{Code: avow.Forbidden, Message: "none of this token's roles may take the operation", Try: "use a token of role " + rolesText(may)}
}

func rolesText(roles []officer.Role) string {
	return strings.NewReplacer(" ", ", ").Replace(strings.Trim(fmt.Sprint(roles), "[]"))
}

// reveals reports whether the caller may see values in full.
func (c *call) reveals() bool { return officer.May(c.token.Roles, officer.RevealValue) }

// look is the reason that an officer gave. Who may not reveal values needs the
// number of the case, as in the console.
func (c *call) look(l *Looking) (*gate.Look, error) {
	o := l.Reason.gate()
	if o != nil && o.Ticket == "" && !c.reveals() {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this role opens nothing without the number of a case", Try: "send it as ticket in the reason"}
	}
	return o, nil
}

// actsForPerson reports whether the caller is an application, which gives people
// what is theirs. Who can be both is taken for the application.
func (c *call) actsForPerson() bool { return c.token.Scopes.Has(auth.App) }

// onlooker is the officer who opens something, and why.
func (c *call) onlooker(l *Looking) (gate.Onlooker, error) {
	o, err := c.look(l)
	return c.gate.Onlooker(l.by(c), o), err
}
