package gate

import (
	"slices"
	"strings"
	"time"

	"avow.dev"
)

// Officer is one of the controller's people, acting. Who it is, is said by the
// edge that signed them in, and never by what they send.
type Officer struct {
	// Person is who it is: one word for one human being, the same through all of
	// their accounts and tokens. It is kept sealed.
	Person string    `json:"person"`
	Via    string    `json:"via,omitempty"` // id of the token or session
	Role   avow.Role `json:"role,omitempty"`
}

// Is reports whether two are one human being: whoever wrote the word down for an account
// and for a token may have written it in capitals, or with a space, the second time.
func (o Officer) Is(other Officer) bool {
	return strings.EqualFold(strings.TrimSpace(o.Person), strings.TrimSpace(other.Person))
}

func (o Officer) check() error {
	if strings.TrimSpace(o.Person) == "" || len(o.Person) > 128 {
		return &avow.Error{Code: avow.Forbidden, Message: "this needs somebody by name, and the caller speaks for nobody",
			Try: "use a token that was issued to a person (avow token create --person), or sign in to the console"}
	}
	return nil
}

// Proposal is what somebody put forward for others to approve. It names exactly
// what was seen: whoever approves, approves this digest and nothing else, and a
// new proposal voids every earlier approval.
type Proposal struct {
	What     [32]byte   `json:"what"`
	By       Officer    `json:"by"`
	At       time.Time  `json:"at"`
	Approved []Approval `json:"approved,omitempty"`
}

// Approval is one person's yes to a proposal.
type Approval struct {
	By Officer   `json:"by"`
	At time.Time `json:"at"`
}

// propose replaces what there was to approve.
func (p *Proposal) propose(what [32]byte, by Officer, at time.Time) {
	*p = Proposal{What: what, By: by, At: at}
}

// approve adds a person's yes to what. Nobody approves their own proposal, nobody
// twice, and nobody anything else than what stands.
func (p *Proposal) approve(what [32]byte, by Officer, at time.Time) error {
	switch {
	case p.At.IsZero():
		return &avow.Error{Code: avow.Conflict, Message: "there is nothing to approve", Try: "have it put forward first"}
	case p.What != what:
		return &avow.Error{Code: avow.Conflict, Message: "what is approved is not what stands now: it was changed since it was read", Try: "read it again, and approve what stands"}
	case p.By.Is(by):
		return &avow.Error{Code: avow.Forbidden, Message: "nobody approves what they put forward themselves", Try: "ask somebody else"}
	case slices.ContainsFunc(p.Approved, func(a Approval) bool { return a.By.Is(by) }):
		return &avow.Error{Code: avow.Conflict, Message: "this person has approved it already; the same person does not count twice", Try: "ask somebody else"}
	}
	p.Approved = append(slices.Clip(p.Approved), Approval{by, at})
	return nil
}

// approvedBy reports whether at least n people approved what.
func (p *Proposal) approvedBy(n int, what [32]byte) bool {
	return !p.At.IsZero() && p.What == what && len(p.Approved) >= n
}
