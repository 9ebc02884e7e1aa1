package prove

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
	"avow.dev/policy/syntax"
	"avow.dev/webhook"
)

// handingProbes play the ways by which data reaches a recipient without passing
// through the hands of whoever asks for it.
func (t text) handingProbes(e *syntax.Party) []probe {
	if e.Kind.Text == "successor" { // which gets everybody's at once, by another desk
		return nil
	}
	return []probe{
		{e.ID.Text, "takes a sealed file that nobody else opens", func(s *stage) error { return s.sealedFor(e) }},
		{e.ID.Text, "takes a hand-over at its webhook, decided again when it leaves", func(s *stage) error { return s.sentTo(e) }},
	}
}

// sentOut is the answer to a hand-over that shows no value.
type sentOut struct {
	Sealed   string `json:"sealed"`
	Dispatch string `json:"dispatch"`
	Receipt  struct {
		Leaf string `json:"leaf"`
	} `json:"receipt"`
}

// blind reads the answer to a hand-over that must show nothing of a person.
func (p *person) blind(a *answer, err error) (*sentOut, error) {
	if err != nil {
		return nil, err
	}
	if !a.allowed || len(a.items) > 0 || bytes.Contains(a.raw, []byte(p.mark)) {
		return nil, &mismatch{"a hand-over whose answer shows no value", a.String()}
	}
	out := &sentOut{}
	return out, json.Unmarshal(a.raw, out)
}

// filedFor puts an assessment on file that names where hand-overs go, has something
// done, and takes it back.
func (s *stage) filedFor(e *syntax.Party, fill func(*qualification), act func(id, secret string) error) error {
	q := s.paperFor(e, "assessment")
	fill(q)
	made, err := s.propose(q)
	if err != nil {
		return err
	}
	a, err := s.as("bo", "qualifications/approve", made.approving)
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"a paper to count after two people", a.String()}
	}
	if bytes.Contains(a.raw, []byte("whsec_")) {
		return &mismatch{"the key that signs to be told to nobody but who puts the paper forward", "told to who approves"}
	}
	done := act(made.ID, made.secret)
	a, err = s.as("bo", "qualifications/revoke", approving{ID: made.ID})
	if err == nil && !a.allowed && a.status != 409 { // taken back by the probe already
		err = &mismatch{"one person to take a paper back", a.String()}
	}
	return errors.Join(done, err)
}

func (s *stage) sealedFor(e *syntax.Party) error {
	p, ask, err := s.wayfarerBy(e, "sealed-file")
	if err != nil {
		return err
	}
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	if a, err := ask(); err != nil || a.allowed || a.status != 409 {
		return errors.Join(err, expect(err != nil, "no sealed file without a key", "%v", a))
	}
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	return s.filedFor(e, func(q *qualification) { q.Key = mine.Recipient().String() }, func(string, string) error {
		got, err := p.blind(ask())
		if err != nil {
			return err
		}
		sealed, err := base64.StdEncoding.DecodeString(got.Sealed)
		if err != nil {
			return err
		}
		if _, _, err := envelope.Unseal(bytes.NewReader(sealed), other.String()); err == nil {
			return &mismatch{"a sealed file that no other key opens", "opened"}
		}
		text, payload, err := envelope.Unseal(bytes.NewReader(sealed), mine.String())
		if err != nil {
			return &mismatch{"a sealed file that the recipient's key opens", err.Error()}
		}
		is, err := s.envelopeOf(text)
		if err != nil {
			return err
		}
		if _, err := is.Read(payload); err != nil || string(is.Recipient) != e.ID.Text || hex.EncodeToString(is.ID[:]) != got.Receipt.Leaf {
			return &mismatch{"the payload of an envelope for " + e.ID.Text, fmt.Sprintf("%+v, %v", is, err)}
		}
		return nil
	})
}

func (s *stage) envelopeOf(text string) (envelope.Envelope, error) {
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return envelope.Envelope{}, err
	}
	e, err := envelope.Open(text, key)
	if err != nil {
		err = &mismatch{"an envelope that the log's key signed", err.Error()}
	}
	return e, err
}

// inbox is what a recipient's receiver has taken.
type inbox struct {
	mu    sync.Mutex
	taken map[string]*webhook.HandOver
}

func (b *inbox) take(_ context.Context, h *webhook.HandOver) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken[h.ID] != nil {
		return errors.New("taken twice")
	}
	b.taken[h.ID] = h
	return nil
}

func (b *inbox) of(id string) *webhook.HandOver {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.taken[id]
}

// sentTo plays the webhook: what is asked for while the recipient is down arrives
// when it is up, and not if something has come in between.
func (s *stage) sentTo(e *syntax.Party) error {
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	_, ask, err := s.wayfarerBy(e, "webhook")
	if err != nil {
		return err
	}
	if a, err := ask(); err != nil || a.allowed || a.status != 409 {
		return errors.Join(err, expect(err != nil, "nothing to be sent without a webhook", "%v", a))
	}
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return err
	}
	box := &inbox{taken: make(map[string]*webhook.HandOver)}
	door := s.post.partner()
	defer door.close()
	return s.filedFor(e, func(q *qualification) { q.Webhook = door.url }, func(paper, secret string) error {
		r, err := webhook.New(webhook.Config{Recipient: avow.Recipient(e.ID.Text), Secrets: []string{secret}, Logs: []note.Verifier{key}, Now: s.clock.now, Take: box.take})
		if err != nil {
			return err
		}
		door.open(r)
		if err := s.sentOn(e, door, box, nil, "", ""); err != nil {
			return err
		}
		for _, w := range s.text.wayTo(e.ID.Text).Needs.Choice {
			if c := s.text.choice(w.Text); c != nil && c.Kind.Text == "consent" {
				err := s.sentOn(e, door, box, func(p *person) error { return p.choose(w.Text, "withdrawn") }, "consent-withdrawn", "a yes was taken back")
				if err != nil {
					return err
				}
			}
		}
		return s.sentOn(e, door, box, func(p *person) error {
			a, err := s.as("bo", "qualifications/revoke", approving{ID: paper})
			return errors.Join(err, expect(err != nil || a.allowed, "one person to take a paper back", "%v", a))
		}, "recipient-unqualified", "the paper with the webhook was taken back")
	})
}

// dispatch is what can be read of a hand-over by webhook.
type dispatch struct {
	State   string   `json:"state"`
	Reasons []string `json:"reasons"`
	Leaf    string   `json:"leaf"`
}

// sentOn asks for a hand-over while the recipient is down, lets something happen, and
// looks at what becomes of it when the recipient is up again.
func (s *stage) sentOn(e *syntax.Party, door *partner, box *inbox, happens func(*person) error, reason, when string) error {
	p, ask, err := s.wayfarerBy(e, "webhook")
	if err != nil {
		return err
	}
	held, err := p.put(s.text.sendable(s.text.wayTo(e.ID.Text)))
	if err != nil {
		return err
	}
	door.shut(true)
	got, err := p.blind(ask())
	if err != nil {
		return err
	}
	if err := s.engine.Deliver(s.ctx); err != nil {
		return err
	}
	if held && happens == nil { // what is not held does not even wait for a second attempt
		if d, err := s.dispatched(got.Dispatch); err != nil || d.State != "queued" || box.of(got.Dispatch) != nil {
			return errors.Join(err, &mismatch{"a hand-over that waits while the recipient is down", fmt.Sprintf("%+v", d)})
		}
	}
	if happens != nil {
		if err := happens(p); err != nil {
			return err
		}
	}
	door.shut(false)
	s.clock.set(s.clock.now().Add(time.Minute))
	if err := s.engine.Deliver(s.ctx); err != nil {
		return err
	}
	d, err := s.dispatched(got.Dispatch)
	if err != nil {
		return err
	}
	h := box.of(got.Dispatch)
	if happens != nil || !held {
		if d.State != "refused" || happens != nil && held && !slices.Contains(d.Reasons, reason) || h != nil {
			return &mismatch{"nothing to leave after " + when + ", because of " + reason, fmt.Sprintf("%+v", *d)}
		}
		return nil
	}
	if d.State != "delivered" || h == nil || len(h.Fields) == 0 || h.Envelope.Verb.String() != s.text.wayTo(e.ID.Text).Verb.Text {
		return &mismatch{"the recipient to take it over when it is up", fmt.Sprintf("%+v, %+v", *d, h)}
	}
	if strings.Contains(fmt.Sprintf("%+v", h.Envelope), p.ref) {
		return &mismatch{"nothing of how the person is referred to", "the reference"}
	}
	return nil
}

func (s *stage) dispatched(id string) (*dispatch, error) {
	a, err := s.send("dispatches/read", struct {
		ID string `json:"id"`
	}{id})
	if err != nil {
		return nil, err
	}
	d := &dispatch{}
	if err := json.Unmarshal(a.raw, d); err != nil || d.State == "" {
		return nil, &mismatch{"what became of a hand-over to be read", a.String()}
	}
	return d, nil
}

// sendable is the datum of a rule that is played where no file can go: the first that
// is none.
func (t text) sendable(r *syntax.Share) string {
	for _, w := range r.Data {
		if d := t.datum(w.Text); d == nil || d.Type.Text != "file" {
			return w.Text
		}
	}
	return r.Data[0].Text
}
