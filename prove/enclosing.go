package prove

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
	"avow.dev/policy/syntax"
)

// envelopeProbes play what a recipient learns and may do onward.
func (t text) envelopeProbes(e *syntax.Party) []probe {
	id := e.ID.Text
	var probes []probe
	if e.Tagged.On {
		probes = append(probes, probe{id, "learns the purpose from a signed envelope", func(s *stage) error { return s.enveloped(e) }})
	}
	if e.Tagged.On && e.Onward.Text == "asks-again" {
		probes = append(probes, probe{id, "asks again for another purpose", func(s *stage) error { return s.asksAgain(e) }})
	}
	if e.Tagged.On && e.Onward.Text == "never" {
		probes = append(probes, probe{id, "gets no other purpose", func(s *stage) error { return s.noOtherPurpose(e) }})
	}
	if !e.Tagged.On && e.Onward.Text == "asks-again" {
		probes = append(probes, probe{id, "asks again for another purpose", func(*stage) error {
			return &unplayable{"a recipient that is not tagged has no envelope by which it could ask again"}
		}})
	}
	return probes
}

// parcel is what a recipient was handed.
type parcel struct {
	Envelope string `json:"envelope"`
	Payload  string `json:"payload"`
	Receipt  struct {
		Leaf string `json:"leaf"`
	} `json:"receipt"`

	is envelope.Envelope
}

// opened reads what a recipient was handed, as the recipient does: with the key of
// the log and nothing else.
func (s *stage) opened(a *answer) (*parcel, error) {
	if !a.allowed {
		return nil, &mismatch{"a hand-over", a.String()}
	}
	h := &parcel{}
	if err := json.Unmarshal(a.raw, h); err != nil {
		return nil, err
	}
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return nil, err
	}
	if h.is, err = envelope.Open(h.Envelope, key); err != nil {
		return nil, &mismatch{"an envelope that the log's key signed", err.Error()}
	}
	if _, err = h.is.Read([]byte(h.Payload)); err != nil {
		return nil, &mismatch{"the payload that the envelope speaks of", err.Error()}
	}
	return h, nil
}

// handOver hands something to a recipient for the first purpose of the way to it.
func (s *stage) handOver(e *syntax.Party) (*person, *parcel, error) {
	p, ask, err := s.wayfarer(e)
	if err != nil {
		return nil, nil, err
	}
	if err := s.qualify(e.ID.Text); err != nil {
		return nil, nil, err
	}
	a, err := ask()
	if err != nil {
		return nil, nil, err
	}
	h, err := s.opened(a)
	return p, h, err
}

func (s *stage) enveloped(e *syntax.Party) error {
	p, h, err := s.handOver(e)
	if err != nil {
		return err
	}
	r := s.text.wayTo(e.ID.Text)
	is := &h.is
	if string(is.Recipient) != e.ID.Text || len(is.Purposes) != 1 || !is.For(avow.Purpose(r.For[0].Text)) || len(is.Fields) != 1 || !is.Has(avow.Datum(r.Data[0].Text)) ||
		string(is.Policy) != s.text.Policy.Text || string(is.Hash) != s.hash || is.Verb.String() != r.Verb.Text || hex.EncodeToString(is.ID[:]) != h.Receipt.Leaf {
		return &mismatch{"an envelope that says who gets what, why, on which text and by which evidence", fmt.Sprintf("%+v", *is)}
	}
	if is.Onward != e.Onward.Text {
		return &mismatch{"an envelope that says that beyond its purpose it is: " + e.Onward.Text, is.Onward}
	}
	if last := (time.Time{}); !e.Expires.IsZero() {
		last = time.Date(e.Expires.Year, time.Month(e.Expires.Month), e.Expires.Day+1, 0, 0, 0, 0, time.UTC)
		if is.Until.After(last) || is.Over(s.clock.now()) {
			return &mismatch{"an envelope that ends with the recipient's terms", is.Until.String()}
		}
	}
	if said := fmt.Sprintf("%+v", *is) + h.Payload; strings.Contains(said, p.ref) {
		return &mismatch{"nothing of how the person is referred to", "the reference"}
	}
	altered := h.Envelope[:len(h.Envelope)/2] + "A" + h.Envelope[len(h.Envelope)/2+1:]
	if altered == h.Envelope {
		altered = h.Envelope[:len(h.Envelope)/2] + "B" + h.Envelope[len(h.Envelope)/2+1:]
	}
	key, err := ledger.ParseVerifier(s.engine.VKey(avow.PolicyID(s.text.Policy.Text)))
	if err != nil {
		return err
	}
	_, err = envelope.Open(altered, key)
	return expect(err != nil, "an altered envelope to be seen", "taken")
}

// askingAgain is what a recipient presents.
type askingAgain struct {
	Envelope string `json:"envelope"`
	Purpose  string `json:"purpose"`
	Consent  string `json:"consent"`
}

func (s *stage) askAgain(to string, ask askingAgain) (*answer, error) {
	token, err := s.engine.TokenFor(s.ctx, avow.PolicyID(s.text.Policy.Text), avow.Recipient(to))
	if err != nil {
		return nil, err
	}
	return s.withToken(token, "ask-again", ask)
}

// agreeNow has a person say yes, and returns the id of the evidence. Time goes on
// by a minute before and after: what came later is told from what came before by it.
func (p *person) agreeNow(choice string) (string, error) {
	p.clock.set(p.clock.now().Add(time.Minute))
	a, err := p.say(&agreement{Choices: []choiceSaid{{choice, "given"}}})
	if err != nil {
		return "", err
	}
	var said struct {
		Receipt struct {
			Leaf string `json:"leaf"`
		} `json:"receipt"`
	}
	if err := json.Unmarshal(a.raw, &said); err != nil || !a.allowed || len(said.Receipt.Leaf) != 32 {
		return "", &mismatch{"a yes to " + choice + " to be recorded", a.String()}
	}
	p.clock.set(p.clock.now().Add(time.Minute))
	return said.Receipt.Leaf, nil
}

// another returns a second purpose of the way to a recipient, and the choice that
// speaks of it.
func (t text) another(e *syntax.Party) (purpose, choice string) {
	r := t.wayTo(e.ID.Text)
	for _, w := range r.Needs.Choice {
		if c := t.choice(w.Text); c != nil && c.Kind.Text != "per-event" && len(r.For) > 1 && has(c.For, r.For[1].Text) && (len(c.Data) == 0 || has(c.Data, r.Data[0].Text)) {
			return r.For[1].Text, w.Text
		}
	}
	return "", ""
}

func (s *stage) asksAgain(e *syntax.Party) error {
	other, choice := s.text.another(e)
	if other == "" {
		return &unplayable{"the policy lets recipient " + e.ID.Text + " have its data for one purpose only: there is nothing to ask again for"}
	}
	p, h, err := s.handOver(e)
	if err != nil {
		return err
	}
	stranger, _, err := s.handOver(e)
	if err != nil {
		return err
	}
	theirs, err := stranger.agreeNow(choice)
	if err != nil {
		return err
	}
	if err := s.askRefused(e, askingAgain{h.Envelope, other, strings.Repeat("0", 32)}, "without a new yes", "consent-missing"); err != nil {
		return err
	}
	if err := s.askRefused(e, askingAgain{h.Envelope, other, theirs}, "with somebody else's yes", "consent-missing"); err != nil {
		return err
	}
	consent, err := p.agreeNow(choice)
	if err != nil {
		return err
	}
	good := askingAgain{h.Envelope, other, consent}
	if err := s.askedWrongly(e, p, good, choice); err != nil {
		return err
	}
	if consent, err = p.agreeNow(choice); err != nil {
		return err
	}
	good.Consent = consent
	a, err := s.askAgain(e.ID.Text, good)
	if err != nil {
		return err
	}
	again, err := s.opened(a)
	if err != nil {
		return err
	}
	if again.is.Prior != h.is.ID || !again.is.For(avow.Purpose(other)) || again.is.For(h.is.Purposes[0]) {
		return &mismatch{"an envelope for the other purpose alone, after the first", fmt.Sprintf("%+v", again.is)}
	}
	if err := s.askRefused(e, good, "by a replay", "envelope-spent"); err != nil {
		return err
	}
	// The yes that opened the new envelope is older than it: back to the first purpose
	// takes another one.
	return s.askRefused(e, askingAgain{again.Envelope, string(h.is.Purposes[0]), consent}, "with a yes that was used before", "consent-missing")
}

// askedWrongly tries what must not be heard, with a yes that would do.
func (s *stage) askedWrongly(e *syntax.Party, p *person, good askingAgain, choice string) error {
	forged := good
	forged.Envelope = good.Envelope[:len(good.Envelope)-6] + "AAAAAA"
	if err := s.askRefused(e, forged, "with an altered envelope", "envelope-invalid"); err != nil {
		return err
	}
	for i := range s.text.Parties {
		if other := &s.text.Parties[i]; other.ID.Text != e.ID.Text {
			if err := s.askRefused(other, good, "by another recipient", "envelope-invalid"); err != nil {
				return err
			}
			break
		}
	}
	if len(e.Requires) > 0 {
		need := e.Requires[0].Text
		if err := s.revoke(e, need); err != nil {
			return err
		}
		refused := s.askRefused(e, good, "while "+need+" is taken back", "recipient-unqualified")
		id, err := s.file(s.paperFor(e, need))
		if err != nil {
			return err
		}
		s.onFile.ids[e.ID.Text][need] = id
		if refused != nil {
			return refused
		}
	}
	if err := p.choose(choice, "withdrawn"); err != nil {
		return err
	}
	return s.askRefused(e, good, "after the yes was taken back", "consent-missing")
}

// askRefused demands that asking again is refused, for a reason among others, and
// that nothing is handed over.
func (s *stage) askRefused(e *syntax.Party, ask askingAgain, when, reason string) error {
	a, err := s.askAgain(e.ID.Text, ask)
	if err != nil {
		return err
	}
	if a.allowed || !a.because(reason) || a.because("prohibited") != (reason == "prohibited") || len(a.items) > 0 {
		return &mismatch{"no other purpose " + when + ", because of " + reason, a.String()}
	}
	return nil
}

// noOtherPurpose: whatever the person says, the envelope leads to nothing else.
func (s *stage) noOtherPurpose(e *syntax.Party) error {
	p, h, err := s.handOver(e)
	if err != nil {
		return err
	}
	other, choice := s.text.another(e)
	consent := strings.Repeat("0", 32)
	if choice != "" {
		if consent, err = p.agreeNow(choice); err != nil {
			return err
		}
	}
	for _, w := range s.text.Purposes {
		if other == "" && !h.is.For(avow.Purpose(w.ID.Text)) {
			other = w.ID.Text
		}
	}
	return s.askRefused(e, askingAgain{h.Envelope, other, consent}, "by asking again", "prohibited")
}

// envelopeMutants take the envelope away, or change what is allowed onward.
func envelopeMutants(v *syntax.Party, turn func(string, func(any))) {
	if !v.Tagged.On {
		return
	}
	turn("without an envelope", func(x any) { x.(*syntax.Party).Tagged.On = false })
	switch v.Onward.Text {
	case "asks-again":
		turn("and never asks again", func(x any) { x.(*syntax.Party).Onward.Text = "never" })
		turn("and need not ask again", func(x any) { x.(*syntax.Party).Onward.Text = "same-terms" })
	case "never":
		turn("and may ask for more", func(x any) { x.(*syntax.Party).Onward.Text = "asks-again" })
	}
}
