package prove

import (
	"fmt"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

type sharingOut struct {
	ask
	Message message `json:"message"`
}

// shareOut hands a contact over for one message.
func (s *stage) shareOut(m *syntax.Message, template string, params []param) (*person, *answer, via, string, error) {
	for _, v := range s.text.ways(m, "email", true) {
		p := s.someone()
		if err := p.prepare(v.collect); err != nil {
			return nil, nil, v, "", err
		}
		q, err := p.request(v.collect, v.datum, v.collect.Points[0].Text, v.collect.For[0].Text)
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		if err != nil {
			return nil, nil, v, "", err
		}
		q.Device = nil
		a, err := p.send("messages/share", sharingOut{*q, message{Class: m.Class.Text, Rule: m.ID.Text, Template: template, Params: params}})
		return p, a, v, q.Items[0].Value, err
	}
	return nil, nil, via{}, "", &unplayable{"nothing that can be played takes a contact in to whom " + m.ID.Text + " could go"}
}

func (s *stage) sharedOnce(m *syntax.Message) error {
	template, params := templateOf(m.Class.Text)
	p, a, v, address, err := s.shareOut(m, template, params)
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"one message to the contact", a.String()}
	}
	if _, err := s.arrived("email", address); err != nil {
		return err
	}
	held, err := s.send("copy", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if strings.Contains(string(held.raw), address) {
		return &mismatch{"the contact's address to be gone with the delivery", "it is still held"}
	}
	s.clock.set(s.clock.now().Add(48 * time.Hour))
	got, err := s.arrived("email", address)
	if err != nil {
		return err
	}
	if len(got) != 1 {
		return &mismatch{"exactly one message to the contact", fmt.Sprintf("%d", len(got))}
	}
	// The address serves no message of another class.
	for i := range s.text.Messages {
		other := &s.text.Messages[i]
		if other.Class.Text == m.Class.Text {
			continue
		}
		if _, err := p.grant(standing(s.text, other.Choice)); err != nil {
			return err
		}
		q, err := p.request(v.collect, v.datum, v.collect.Points[0].Text, v.collect.For[0].Text)
		if err != nil {
			return err
		}
		if _, err := p.decide("collect", q); err != nil {
			return err
		}
		if _, err := p.tell(other, "", ""); err != nil {
			return err
		}
		again, err := s.arrived("email", q.Items[0].Value)
		if err != nil {
			return err
		}
		if len(again) > len(got) {
			return &mismatch{"the contact's address to serve no message of class " + other.Class.Text, "it did"}
		}
	}
	return nil
}

func (s *stage) sharedBare(m *syntax.Message) error {
	_, a, _, address, err := s.shareOut(m, "news", []param{{"link", noticeLink}})
	if err != nil {
		return err
	}
	got, err := s.arrived("email", address)
	if err != nil {
		return err
	}
	if m.Promotion.Text == "allowed" {
		return expect(a.allowed, "promotion to go out", "%v", a)
	}
	return expect(!a.allowed && a.because("prohibited") && len(got) == 0, "a refusal of promotion", "%v, and %d messages", a, len(got))
}
