package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"avow.dev"
)

// ReadBody decodes a row's body, and reports whether it comes out the same when it
// is written and read again.
func ReadBody(raw []byte) (same bool, err error) {
	b, err := decodeBody(raw, nil)
	if err != nil {
		return false, err
	}
	once := b.appendRest(b.appendHead(nil))
	again, err := decodeBody(once, nil)
	return err == nil && bytes.Equal(once, again.appendRest(again.appendHead(nil))), nil
}

// ReadState is ReadBody for a standing.
func ReadState(raw []byte) (same bool, err error) {
	s, err := decodeState(raw, nil)
	if err != nil {
		return false, err
	}
	once := s.append(nil)
	again, err := decodeState(once, nil)
	return err == nil && bytes.Equal(once, again.append(nil)), nil
}

// SayTersely writes words and times in turn.
func SayTersely(words []string, times []time.Time) []byte {
	var w terseWriter
	for i := range words {
		w.word(words[i])
		w.moment(times[i])
	}
	return w.b
}

// HearTersely reads n of each.
func HearTersely(raw []byte, n int) (words []string, times []time.Time, err error) {
	r := terseReader{reader: reader{b: raw}}
	for range n {
		words, times = append(words, r.word()), append(times, r.moment())
	}
	return words, times, r.done()
}

// ReadWard is ReadBody for what is known of a guardian.
func ReadWard(raw []byte) (same bool, err error) {
	d, err := decodeWard(raw)
	if err != nil {
		return false, err
	}
	once, twice := writer{}, writer{}
	d.append(&once)
	again, err := decodeWard(once.b)
	again.append(&twice)
	return err == nil && bytes.Equal(once.b, twice.b), nil
}

// SomeWard is a guardian with something in every field.
func SomeWard() []byte {
	w := writer{}
	at := time.Date(2500, 1, 1, 0, 0, 0, 1, time.UTC)
	(&ward{Guardianship: Guardianship{ID: newWardID(), State: GuardianRefused, Why: "refusal", Asked: at, Answered: at, Until: at}, channel: ByMail, to: "mum@home.example", language: "zh", reminded: true}).append(&w)
	return w.b
}

// ReadGuardianSession is ReadBody for a guardian's session.
func ReadGuardianSession(raw []byte) (same bool, err error) {
	v, err := decodeGuardianSession(raw)
	if err != nil {
		return false, err
	}
	once, twice := writer{}, writer{}
	v.append(&once)
	again, err := decodeGuardianSession(once.b)
	again.append(&twice)
	return err == nil && bytes.Equal(once.b, twice.b), nil
}

// SomeGuardianSession is one with something in every field.
func SomeGuardianSession() []byte {
	w := writer{}
	(&guardianSession{Tag{1, 2, 3}, time.Date(2500, 1, 1, 0, 0, 0, 1, time.UTC), 7}).append(&w)
	return w.b
}

// SomeState is a standing with something in every field.
func SomeState() []byte {
	at := time.Date(2500, 1, 1, 0, 0, 0, 1, time.UTC)
	a := avow.Acceptance{State: avow.AcceptedPolicy, Policy: "sha256:1", Version: "1", Language: "zh", Gesture: "accept-button", At: at}
	s := state{Standing: avow.Standing{Account: avow.Open, Acceptance: a, Documents: []avow.Acceptance{a}, Age: avow.KnownAdult, Guardian: true,
		Choices: []avow.Chosen{{Choice: "offers", State: avow.Given, At: at, Expires: at, Notice: "sha256:2"}}, Signals: 1, SignalAt: at, Hold: true, Synthetic: true},
		ref: "li", opened: at, closed: at, seen: at, holdUntil: at, fact: []dated{{"delivered", at}}}
	return s.append(nil)
}

// Notes is a desk with nothing but a text, to try what all desks share.
type Notes struct{ desk[string] }

// NewNotes returns it.
func NewNotes() Notes { return Notes{desk[string]{"note", "note"}} }

// Add opens a matter with a clock.
func (n Notes) Add(ctx context.Context, g *Gate, by Officer, text string, due time.Time) (Matter[string], avow.Receipt, error) {
	return n.add(ctx, g, "club", by, "opened", "open", func(t *turn, m *Matter[string]) error {
		m.Body, m.Due = text, due
		m.Proposal.propose(sha256.Sum256([]byte(text)), by, t.now)
		return nil
	})
}

// Approve approves a text.
func (n Notes) Approve(ctx context.Context, g *Gate, id string, by Officer, text string) (Matter[string], error) {
	m, _, err := n.step(ctx, g, "club", id, by, "approved", func(t *turn, m *Matter[string]) error {
		if err := m.Proposal.approve(sha256.Sum256([]byte(text)), by, t.now); err != nil {
			return err
		}
		if m.Proposal.approvedBy(2, sha256.Sum256([]byte(m.Body))) {
			m.State, m.Due = "approved", time.Time{}
		}
		return nil
	})
	return m, err
}

// Change puts another text forward.
func (n Notes) Change(ctx context.Context, g *Gate, id string, by Officer, text string) error {
	_, _, err := n.step(ctx, g, "club", id, by, "changed", func(t *turn, m *Matter[string]) error {
		m.Body = text
		m.Proposal.propose(sha256.Sum256([]byte(text)), by, t.now)
		return nil
	})
	return err
}

// Read reads a matter.
func (n Notes) Read(ctx context.Context, g *Gate, id string) (Matter[string], error) {
	return n.read(ctx, g, "club", id)
}

// List lists the texts after a matter.
func (n Notes) List(ctx context.Context, g *Gate, after string, limit int) (texts []string, err error) {
	all, err := n.list(ctx, g, "club", after, limit, nil)
	for i := range all {
		texts = append(texts, all[i].Body)
	}
	return texts, err
}

// Overdue lists the texts whose time is over.
func (n Notes) Overdue(ctx context.Context, g *Gate, now time.Time) (texts []string, err error) {
	err = n.overdue(ctx, g, "club", now, func(m *Matter[string]) error {
		texts = append(texts, m.Body)
		return nil
	})
	return texts, err
}

// PlainEmail is plainEmail.
func PlainEmail(s string) bool { return plainEmail(s) }

// WrongPassword reports whether an error says that a name and password were not accepted.
func WrongPassword(err error) bool { return errors.Is(err, errPassword) }
