package policy

import (
	"time"

	"avow.dev"
)

// Bound is a person's standing as one program sees it at one instant. It is a
// value without pointers to the standing; the zero Bound holds nothing, and
// everything is refused under it.
type Bound struct {
	of        *Program
	holds     uint64 // bit r: the condition whose absence is reason r is met
	documents uint64 // further documents that are accepted
	lapsed    set    // recipients whose terms have ended
	choices   [maxWords]uint8
}

// Bind reads a standing at now. It does not keep s.
func (p *Program) Bind(s *avow.Standing, now time.Time) Bound {
	b := Bound{of: p}
	b.holds = accountHolds(s) | p.acceptanceHolds(s) | ageHolds(s)
	if !s.Hold {
		b.holds |= bit(avow.OnHold)
	}
	if !now.Before(p.effective) {
		b.holds |= bit(avow.NotYetEffective)
	}
	for i := range p.standing.choices {
		b.choices[i] = p.standing.choices[i].unasked(s)
	}
	for i := range s.Choices {
		if id, ok := p.words.choices.id(string(s.Choices[i].Choice)); ok {
			b.choices[id] = p.standing.choices[id].state(s, &s.Choices[i], now)
		}
	}
	p.bindDocuments(s, &b)
	if p.context.expiring {
		p.bindRecipients(now, &b)
	}
	return b
}

func accountHolds(s *avow.Standing) uint64 {
	const all = 1<<avow.NoAccount | 1<<avow.AccountClosed | 1<<avow.AccountFrozen | 1<<avow.ErasurePending
	switch s.Account {
	case avow.Open:
		return all
	case avow.Frozen:
		return all &^ (1 << avow.AccountFrozen)
	case avow.Closing:
		return all &^ (1 << avow.ErasurePending)
	case avow.Closed:
		return all &^ (1 << avow.AccountClosed)
	}
	return all &^ (1 << avow.NoAccount)
}

func (p *Program) acceptanceHolds(s *avow.Standing) uint64 {
	const all = 1<<avow.NotAccepted | 1<<avow.AcceptanceRefused | 1<<avow.AcceptanceOutdated
	switch s.Acceptance.State {
	case avow.AcceptedPolicy:
		for _, h := range p.accepted {
			if s.Acceptance.Policy == h {
				return all
			}
		}
		return all &^ (1 << avow.AcceptanceOutdated)
	case avow.RefusedPolicy:
		return all &^ (1 << avow.AcceptanceRefused)
	}
	return all &^ (1 << avow.NotAccepted)
}

func ageHolds(s *avow.Standing) uint64 {
	const all = 1<<avow.Minor | 1<<avow.AgeUnknown | 1<<avow.GuardianMissing
	switch s.Age {
	case avow.KnownAdult:
		return all
	case avow.KnownMinor:
		if s.Guardian {
			return all &^ (1 << avow.Minor)
		}
		return all &^ (1<<avow.Minor | 1<<avow.GuardianMissing)
	}
	return all &^ (1 << avow.AgeUnknown)
}

func (p *Program) bindDocuments(s *avow.Standing, b *Bound) {
	for i, want := range p.standing.documents {
		for j := range s.Documents {
			if s.Documents[j].Version == want && s.Documents[j].State == avow.AcceptedPolicy {
				b.documents |= 1 << i
			}
		}
	}
}

func (p *Program) bindRecipients(now time.Time, b *Bound) {
	for i := range p.context.recipients {
		end := p.context.recipients[i].expires
		if !end.IsZero() && !now.Before(end) {
			b.lapsed.add(uint16(i))
		}
	}
}

// The reasons that a choice can give, shifted down to bit 0.
const (
	choiceMissing   = 1 << (avow.ConsentMissing - avow.ConsentMissing)
	choiceRefused   = 1 << (avow.ConsentRefused - avow.ConsentMissing)
	choiceWithdrawn = 1 << (avow.ConsentWithdrawn - avow.ConsentMissing)
	choiceExpired   = 1 << (avow.ConsentExpired - avow.ConsentMissing)
	choiceObjected  = 1 << (avow.Objected - avow.ConsentMissing)
	choiceSignal    = 1 << (avow.SignalOptOut - avow.ConsentMissing)
)

// unasked returns the reasons that a choice gives for a person who was never
// asked.
func (c *choiceInfo) unasked(s *avow.Standing) uint8 {
	return c.reason(avow.NotAsked) | c.signalled(s, nil)
}

// state returns the reasons that a person's latest event on a choice gives.
func (c *choiceInfo) state(s *avow.Standing, e *avow.Chosen, now time.Time) uint8 {
	r := c.reason(e.State) | c.signalled(s, e)
	if e.State == avow.Given && !c.optOut && c.expired(e, now) {
		r |= choiceExpired
	}
	return r
}

func (c *choiceInfo) reason(state avow.ChoiceState) uint8 {
	switch {
	case state == avow.Given:
		return 0
	case c.optOut && (state == avow.Refused || state == avow.Withdrawn):
		return choiceObjected
	case state == avow.Refused:
		return choiceRefused
	case state == avow.Withdrawn:
		return choiceWithdrawn
	case state == avow.NotAsked && (c.optOut || c.event):
		return 0
	}
	return choiceMissing
}

// signalled returns the opt-out that a browser signal gives. A yes that is
// later than the signal outweighs it; a signal of unknown age is not outweighed.
func (c *choiceInfo) signalled(s *avow.Standing, e *avow.Chosen) uint8 {
	if !c.gpc || s.Signals&avow.SignalGPC == 0 {
		return 0
	}
	if e != nil && e.State == avow.Given && !s.SignalAt.IsZero() && e.At.After(s.SignalAt) {
		return 0
	}
	return choiceSignal
}

// expired reports whether a yes has run out: by the date recorded with it, or
// by the policy's term, whichever ends first.
func (c *choiceInfo) expired(e *avow.Chosen, now time.Time) bool {
	if !e.Expires.IsZero() && !now.Before(e.Expires) {
		return true
	}
	return c.expires.Set && !now.Before(After(e.At, c.expires))
}
