package prove

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"avow.dev/policy/syntax"
)

// Where addresses are masked before they are stored, nothing can be sent to what is
// held. Codes go to the address as a person types it, and nowhere else.

// channelOf is the channel of a message that an address belongs to, if any.
func (t text) channelOf(m *syntax.Message, d *syntax.Datum) string {
	for _, c := range carried {
		if has(m.Channels, c) && t.isAddress(d, c) {
			return c
		}
	}
	return ""
}

// typedOnly lists the addresses that codes go to as they are typed; none if some
// address is held by which such a message could go.
func (t text) typedOnly(m *syntax.Message) []*syntax.Datum {
	if m.Class.Text != "code" {
		return nil
	}
	var out []*syntax.Datum
	for i := range t.Data {
		d := &t.Data[i]
		c := t.channelOf(m, d)
		if c == "" || !d.Lookup.On {
			continue
		}
		if !t.reduced(d.ID.Text) {
			return nil
		}
		out = append(out, d)
	}
	return out
}

func (t text) typedProbes(m *syntax.Message) []probe {
	id := m.ID.Text
	return []probe{
		{id, "goes to the address as it is typed", func(s *stage) error { return s.codeTyped(m) }},
		{id, "goes to nothing that is held", func(s *stage) error { return s.codeNotHeld(m) }},
		{id, "goes by no other channel", func(s *stage) error { return s.messageElsewhere(m) }},
		{id, "carries promotion only if the policy lets it", func(s *stage) error { return s.messagePromotes(m) }},
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// codeTyped asks for a code at each kind of address, as somebody who signs in.
func (s *stage) codeTyped(m *syntax.Message) error {
	played := 0
	for _, d := range s.text.typedOnly(m) {
		p, err := s.member()
		if err != nil {
			return err
		}
		if ok, err := p.put(d.ID.Text); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		address, err := p.sample(d.ID.Text)
		if err != nil {
			return err
		}
		stop, err := p.send("messages/stop", stopping{p.ref, m.ID.Text})
		if err != nil {
			return err
		}
		if err := expect(stop.status == http.StatusConflict, "codes not to be stopped", "status %d", stop.status); err != nil {
			return err
		}
		a, err := s.send("sign-in/codes", map[string]string{"datum": d.ID.Text, "address": address})
		if err != nil {
			return err
		}
		if a.status != http.StatusOK {
			return &mismatch{"a code for the " + d.ID.Text + " that is typed", a.String()}
		}
		got, err := s.comes(s.text.channelOf(m, d), address)
		if err != nil {
			return err
		}
		if err := expect(len(got) == 1 && sixDigits.MatchString(got[0]), "one code at the "+d.ID.Text+" that was typed", "%d messages", len(got)); err != nil {
			return err
		}
		played++
	}
	if played == 0 {
		return &unplayable{"nothing that can be played takes an address in by which " + m.ID.Text + " could go"}
	}
	return nil
}

// comes waits a moment for what is sent beside the answer.
func (s *stage) comes(channel, address string) ([]string, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	for {
		got, err := s.arrived(channel, address)
		if err != nil || len(got) > 0 {
			return got, err
		}
		select {
		case <-ctx.Done():
			return nil, s.ctx.Err() // nothing came, or the proof was ended
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// codeNotHeld expects a refusal, and no silence, of a message to what is left of an
// address.
func (s *stage) codeNotHeld(m *syntax.Message) error {
	for _, d := range s.text.typedOnly(m) {
		p, err := s.member()
		if err != nil {
			return err
		}
		if _, err := p.put(d.ID.Text); err != nil {
			return err
		}
		a, err := p.tell(m, s.text.channelOf(m, d), "")
		if err != nil {
			return err
		}
		if a.allowed || !a.because("nothing-held") {
			return &mismatch{"a refusal of a message to what is left of the " + d.ID.Text, a.String()}
		}
	}
	return nil
}
