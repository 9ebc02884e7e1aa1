package httpapi

import (
	"context"
	"encoding/hex"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// MatterID names one thing that the controller's people work on.
type MatterID struct {
	ID string `json:"id" minLength:"32" maxLength:"32" doc:"The matter's id." example:"000000000000000000000000000000ff"`
}

// MatterRead names one and says why what is people's in it is opened.
type MatterRead struct {
	MatterID
	Looking
}

// MatterPage says which part of a list is asked for.
type MatterPage struct {
	After string `json:"after,omitempty" maxLength:"32" doc:"The last id of the page before; from the first if left out."`
	Limit int64  `json:"limit,omitempty" minimum:"1" maximum:"256" doc:"How many; 100 if left out." example:"50"`
}

// Approving is one person's yes.
type Approving struct {
	MatterID
	Digest string `json:"digest" minLength:"64" maxLength:"64" doc:"The digest of what was read. If it was changed since, the approval is refused." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// MatterStep is one thing that was done to a matter.
type MatterStep struct {
	At   time.Time `json:"at"`
	By   string    `json:"by" doc:"Who did it."`
	Role string    `json:"role,omitempty"`
	Did  string    `json:"did" example:"approved"`
	To   string    `json:"to" doc:"The state after it." example:"approved"`
}

// MatterHead is what all matters have.
type MatterHead struct {
	ID       string       `json:"id" example:"000000000000000000000000000000ff"`
	State    string       `json:"state"`
	Opened   time.Time    `json:"opened"`
	Due      time.Time    `json:"due,omitzero" doc:"By when the next thing must happen; left out while no clock runs."`
	Digest   string       `json:"digest,omitempty" doc:"What an approval has to name."`
	Wanted   int64        `json:"approvals_wanted"`
	Approved []string     `json:"approved" nullable:"false" doc:"Who has approved what stands now."`
	Steps    []MatterStep `json:"steps" nullable:"false"`
}

func headOfMatter[B any](m *gate.Matter[B], wanted int) MatterHead {
	out := MatterHead{ID: m.ID, State: m.State, Opened: m.Opened, Due: m.Due, Wanted: int64(wanted), Approved: []string{}, Steps: make([]MatterStep, len(m.Steps))}
	if !m.Proposal.At.IsZero() {
		out.Digest = hex.EncodeToString(m.Proposal.What[:])
	}
	for _, a := range m.Proposal.Approved {
		out.Approved = append(out.Approved, a.By.Person)
	}
	for i, s := range m.Steps {
		out.Steps[i] = MatterStep{s.At, s.By.Person, string(s.By.Role), s.Did, s.To}
	}
	return out
}

// list adds the operation that shows a desk's matters page by page, in their order.
func list[M, S, L any](d *Door, op operation, read func(*gate.Gate, context.Context, avow.PolicyID, string, int) ([]gate.Matter[M], error), show func(*call, *gate.Matter[M]) S, page func([]S) L) error {
	op.example = `{"limit":50}`
	return post(d, op, func(c *call, in *MatterPage) (out L, _ error) {
		matters, err := read(c.gate, c, c.policy, in.After, int(or(in.Limit, 100)))
		if err != nil {
			return out, err
		}
		shown := make([]S, len(matters))
		for i := range matters {
			shown[i] = show(c, &matters[i])
		}
		return page(shown), nil
	})
}

// plainly shows a matter that looks the same in every call.
func plainly[M, S any](show func(*gate.Matter[M]) S) func(*call, *gate.Matter[M]) S {
	return func(_ *call, m *gate.Matter[M]) S { return show(m) }
}

// digest reads what is approved.
func (a *Approving) digest() ([32]byte, error) { return digestOf(a.Digest) }

func digestOf(text string) (what [32]byte, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(what) {
		return what, &avow.Error{Code: avow.Invalid, Message: "the digest is not 64 hex digits", Try: "send the digest as the matter shows it"}
	}
	return [32]byte(raw), nil
}
