package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Holding is the body that puts a hold forward.
type Holding struct {
	Somebody
	HoldWords
}

// HoldWords are what is said of a hold.
type HoldWords struct {
	Rule    string    `json:"rule" minLength:"1" maxLength:"64" doc:"A hold of the policy." example:"court"`
	Case    string    `json:"case" minLength:"1" maxLength:"256" doc:"Id of the case. It is kept sealed." example:"case-2026-17"`
	Statute string    `json:"statute" minLength:"1" maxLength:"1024" doc:"Citation. It is kept sealed." example:"Civil Procedure Law, article 67"`
	Until   time.Time `json:"until" doc:"When the hold is over by itself, within the longest time that the policy allows." example:"2026-12-31T00:00:00Z"`
}

// Hold is a legal hold as it stands.
type Hold struct {
	MatterHead
	HoldWords
	Ending []string `json:"release_wanted_by" nullable:"false" doc:"Who wants it released: as many people as set it have to."`
}

// HoldOn is a hold with the person whom it is about.
type HoldOn struct {
	Hold
	Subject string `json:"subject,omitempty" doc:"Whom it is about, if a reason was given; left out once they are gone." example:"user-1024"`
}

// HoldDone is the answer of the steps of a hold.
type HoldDone struct {
	Receipt Receipt `json:"receipt"`
	Hold    Hold    `json:"hold"`
}

// Holds is a list of holds.
type Holds struct {
	Holds []Hold `json:"holds" nullable:"false"`
}

func (c *call) hold(m *gate.Hold) Hold {
	b := &m.Body
	return Hold{headOfMatter(m, gate.HoldApprovals(c.program, b.Rule)), HoldWords{string(b.Rule), b.Case, b.Statute, b.Until}, peopleOf(&b.Ending)}
}

func (c *call) holdDone(m gate.Hold, r avow.Receipt, err error) (HoldDone, error) {
	if err != nil {
		return HoldDone{}, err
	}
	return HoldDone{receiptOf(r), c.hold(&m)}, nil
}

// peopleOf are the people behind a proposal: who put it forward, and who approved.
func peopleOf(p *gate.Proposal) []string {
	out := []string{}
	if !p.At.IsZero() {
		out = append(out, p.By.Person)
	}
	for _, a := range p.Approved {
		out = append(out, a.By.Person)
	}
	return out
}

const holdTag = "Holds"

func (d *Door) addHolds() error {
	for _, add := range []func() error{d.addHoldSteps, d.addHoldLists} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addHoldSteps() error {
	return errors.Join(post(d, operation{id: "propose-hold", path: "/v1/{policy}/holds", tag: holdTag, scopes: auth.Officer, once: true,
		summary: "Put a legal hold on a person forward",
		doc: "As many people as the policy says set it; whoever puts it forward is one of them, and where that is enough it is in force at once. " +
			"While it is, their data is stored, and nothing else is done with it, erasing included.",
		example: `{"subject":"user-1024","rule":"court","case":"case-2026-17","statute":"Civil Procedure Law, article 67","until":"2026-12-31T00:00:00Z"}`,
	}, func(c *call, in *Holding) (HoldDone, error) {
		return c.holdDone(c.gate.ProposeHold(c, c.policy, c.officer(""), in.ref(), &gate.Holding{Rule: avow.RuleID(in.Rule), Case: in.Case, Statute: in.Statute, Until: in.Until}))
	}), post(d, operation{id: "approve-hold", path: "/v1/{policy}/holds/approve", tag: holdTag, scopes: auth.Officer, once: true,
		summary: "Approve a legal hold",
		doc:     "By somebody else than who put it forward. With enough people it comes into force.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (HoldDone, error) {
		what, err := in.digest()
		if err != nil {
			return HoldDone{}, err
		}
		return c.holdDone(c.gate.ApproveHold(c, c.policy, in.ID, c.officer(""), what))
	}), post(d, operation{id: "release-hold", path: "/v1/{policy}/holds/release", tag: holdTag, scopes: auth.Officer, once: true,
		summary: "End a legal hold, or withdraw it before it is in force",
		doc: "As many different people as set it have to send this: until the last of them has, it holds. One may withdraw what is only proposed. " +
			"What was due in the meantime goes at the next sweep, unless another hold on the same person is in force.",
		example: exampleMatter,
	}, func(c *call, in *MatterID) (HoldDone, error) {
		return c.holdDone(c.gate.ReleaseHold(c, c.policy, in.ID, c.officer("")))
	}))
}

func (d *Door) addHoldLists() error {
	return errors.Join(post(d, operation{id: "read-hold", path: "/v1/{policy}/holds/read", tag: holdTag, scopes: auth.Officer,
		summary: "Read one hold", doc: "With a reason it says whom it is about: whoever approves it has to know. They find among who looked that somebody asked.",
		example: `{"id":"000000000000000000000000000000ff","reason":{"why":"claim","text":"I have to know whom it holds."}}`,
	}, func(c *call, in *MatterRead) (HoldOn, error) {
		m, err := c.gate.ReadHold(c, c.policy, in.ID)
		if err != nil {
			return HoldOn{}, err
		}
		out := HoldOn{c.hold(&m), ""}
		if in.Reason == nil {
			return out, nil
		}
		ref, err := c.gate.HeldBy(c, c.policy, &m)
		if err == nil && ref != "" {
			err = c.opens(ref, &in.Looking, "hold")
		}
		out.Subject = string(ref)
		return out, err
	}), list(d, operation{id: "holds", path: "/v1/{policy}/holds/list", tag: holdTag, scopes: auth.Officer | auth.Auditor,
		summary: "List holds in the order in which they were put forward", doc: "Whom they are about is not in the list.",
	}, (*gate.Gate).Holds, (*call).hold, func(l []Hold) Holds { return Holds{l} }))
}
