package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/vault"
)

// Hold is a legal hold on one person, as the desk knows it: while it is in force
// their data is stored, and nothing else is done with it. Its states:
//
//	proposed → in-force → released | over
//
// and withdrawn, before it is in force. As many people as the policy says set it:
// whoever puts it forward is one of them, and where that is enough it is in force
// at once. As many people as set it release it: whoever asks for that first is one
// of them. It is over by itself when its time has come.
//
// A person may be under several holds. What ends one leaves the others as they are.
type Hold = Matter[Holding]

// Holding is what the desk knows of a hold.
type Holding struct {
	Rule    avow.RuleID `json:"rule"`    // a hold of the policy
	Case    string      `json:"case"`    // id of the case
	Statute string      `json:"statute"` // citation
	Until   time.Time   `json:"until"`   // when it is over by itself
	Person  int64       `json:"person"`  // by number
	// Ending is that somebody wants it released, and who agreed.
	Ending Proposal `json:"ending,omitzero"`
}

// digest is what is approved: this person, for this case, on this ground, until then.
func (h *Holding) digest() ([32]byte, error) {
	set := *h
	set.Ending = Proposal{}
	raw, err := json.Marshal(&set)
	if err != nil {
		return [32]byte{}, internal("the hold could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

var holds = desk[Holding]{"hold", evidence.HoldStep}

// ProposeHold puts a hold forward. It needs a citation, a case, and an end within
// the longest time that the policy allows. Person is filled in.
func (g *Gate) ProposeHold(ctx context.Context, id avow.PolicyID, by Officer, ref avow.SubjectRef, h *Holding) (Hold, avow.Receipt, error) {
	if err := by.check(); err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	s, err := g.of(id)
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	if err := g.openOffice(ctx, s); err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	var m Hold
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		key := newMatterKey(t.now)
		m = Hold{ID: hex.EncodeToString(key), State: "proposed", Opened: t.now, Body: *h}
		m.Body.Until, m.Body.Person = h.Until.UTC(), t.who.row.SID
		if err := t.mayHold(&m.Body); err != nil {
			return err
		}
		what, err := m.Body.digest()
		if err != nil {
			return err
		}
		m.Proposal.propose(what, by, t.now)
		m.Due = m.Body.Until // a proposal that nobody approved is over, too
		t.extra = key
		return t.putHold(&m, key, by, "proposed")
	})
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		m, err = g.ReadHold(ctx, id, hex.EncodeToString(t.extra))
	}
	return m, t.receipt(), err
}

// ApproveHold is one person's yes to a hold, which they name by its digest.
func (g *Gate) ApproveHold(ctx context.Context, id avow.PolicyID, matter string, by Officer, what [32]byte) (Hold, avow.Receipt, error) {
	return g.stepHold(ctx, id, matter, by, func(t *turn, m *Hold, key []byte) error {
		if m.State != "proposed" {
			return notNow("a hold is approved while it is proposed")
		}
		if err := t.mayHold(&m.Body); err != nil { // the policy may have gone on, or its time
			return err
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		return t.putHold(m, key, by, "approved")
	})
}

// ReleaseHold is one person's yes to ending a hold, and withdraws it while it is
// proposed. A hold that several people set ends when as many different people have
// said so; until then it holds. An erasure that it delayed by refusing is not
// remembered: the person asks again, or the retention rules act at the next sweep.
func (g *Gate) ReleaseHold(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Hold, avow.Receipt, error) {
	return g.stepHold(ctx, id, matter, by, func(t *turn, m *Hold, key []byte) error {
		switch m.State {
		case "proposed":
			return t.endHold(m, key, by, "withdrawn")
		case "in-force":
			return t.releaseHold(m, key, by)
		}
		return notNow("a hold is ended while it is proposed or in force")
	})
}

// releaseHold counts one more person who wants a hold released.
func (t *turn) releaseHold(m *Hold, key []byte, by Officer) error {
	what, err := m.Body.digest() // what a hold is does not change while it is in force
	if err != nil {
		return err
	}
	others := len(m.Proposal.Approved) // who set it, beside the one who put it forward
	ending := &m.Body.Ending
	if ending.At.IsZero() {
		ending.propose(what, by, t.now)
	} else if err := ending.approve(what, by, t.now); err != nil {
		return err
	}
	if ending.approvedBy(others, what) {
		return t.endHold(m, key, by, "released")
	}
	return t.writeHold(m, key, by, "wants release")
}

// ReadHold returns a hold as it stands.
func (g *Gate) ReadHold(ctx context.Context, id avow.PolicyID, matter string) (Hold, error) {
	m, err := holds.read(ctx, g, id, matter)
	lapse(&m, g.Now())
	return m, err
}

// HeldBy returns whom a hold is about; empty once they are gone.
func (g *Gate) HeldBy(ctx context.Context, id avow.PolicyID, m *Hold) (avow.SubjectRef, error) {
	s, err := g.of(id)
	if err != nil {
		return "", err
	}
	row, ok, err := g.store.Load(ctx, m.Body.Person)
	if err != nil {
		return "", internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != s.id {
		return "", nil
	}
	p, err := s.open(row)
	if errors.Is(err, vault.ErrErased) {
		return "", nil
	}
	if err != nil {
		return "", unreadable(err)
	}
	return p.state.ref, nil
}

// Holds lists holds in the order in which they were put forward.
func (g *Gate) Holds(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Hold, error) {
	all, err := holds.list(ctx, g, id, after, limit, nil)
	for i := range all {
		lapse(&all[i], g.Now())
	}
	return all, err
}

// lapse says that a hold is over which the next sweep will find so.
func lapse(m *Hold, now time.Time) {
	if (m.State == "in-force" || m.State == "proposed") && !now.Before(m.Body.Until) {
		m.State = "over"
	}
}

// HoldApprovals is how many people have to approve a hold, beside the one who puts
// it forward.
func HoldApprovals(p *policy.Program, rule avow.RuleID) int {
	for _, h := range p.Holds() {
		if h.ID == rule {
			return int(max(h.Approvals, 1)) - 1
		}
	}
	return 0
}

// mayHold refuses a hold that the policy does not provide for.
func (t *turn) mayHold(h *Holding) error {
	for _, info := range t.program.Holds() {
		switch {
		case info.ID != h.Rule:
			continue
		case h.Statute == "" || h.Case == "" || len(h.Statute) > textMax || len(h.Case) > textMax:
			return &avow.Error{Code: avow.Invalid, Message: "a hold without a citation and a case is no hold", Try: "cite the statute and name the case, each in at most 8 KiB"}
		case !h.Until.After(t.now) || h.Until.After(t.program.After(t.now, info.Max)):
			return &avow.Error{Code: avow.Invalid, Message: "a hold ends in the future, within the time that the policy allows", Try: "set an earlier end"}
		}
		return nil
	}
	return &avow.Error{Code: avow.Invalid, Message: "the policy names no such hold", Try: "use the id of a hold of the policy"}
}

// stepHold changes a hold in a turn of the person whom it is about, so that all
// that is done about one person's holds is done one after the other. Whoever is
// gone is under no hold any more.
func (g *Gate) stepHold(ctx context.Context, id avow.PolicyID, matter string, by Officer, act func(*turn, *Hold, []byte) error) (Hold, avow.Receipt, error) {
	if err := by.check(); err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	m, err := holds.read(ctx, g, id, matter)
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	key, err := matterKey(matter)
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	ref, err := g.HeldBy(ctx, id, &m)
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	if ref == "" {
		return Hold{}, avow.Receipt{}, &avow.Error{Code: avow.Gone, Message: "this person is gone, and the hold with them", Try: "nothing more can be done"}
	}
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		office, err := t.gate.office(t.ctx, t.served)
		if err != nil {
			return err
		}
		if m, err = holds.get(t.ctx, t.gate, office, key); err != nil {
			return err
		}
		if m.Body.Person != t.who.row.SID || len(m.Steps) >= mostSteps {
			return &avow.Error{Code: avow.Conflict, Message: "nothing more is done to this hold", Try: "put a new one forward"}
		}
		return act(t, &m, key)
	})
	if err != nil {
		return Hold{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		m, err = g.ReadHold(ctx, id, matter)
	}
	return m, t.receipt(), err
}

// sweepHolds closes the matters of holds that are over.
func (g *Gate) sweepHolds(ctx context.Context, s *served, _ *Swept) error {
	return holds.overdue(ctx, g, s.id, g.Now(), func(m *Hold) error {
		_, _, err := g.stepHold(ctx, s.id, m.ID, engineItself, func(t *turn, m *Hold, key []byte) error {
			return t.endHold(m, key, engineItself, "over")
		})
		if avow.CodeOf(err) == avow.Gone { // the person is
			_, _, err = holds.step(ctx, g, s.id, m.ID, engineItself, "over", func(_ *turn, m *Hold) error {
				m.State, m.Due = "over", time.Time{}
				return nil
			})
		}
		if err != nil { // one damaged row keeps nothing else from being swept
			g.troubled("a hold that is over could not be closed", err)
		}
		return nil
	})
}
