package prove

import (
	"encoding/json"
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// addressType is the type of data that is an address of a channel.
func (t text) isAddress(d *syntax.Datum, channel string) bool {
	switch channel {
	case "email":
		return d.Type.Text == "email"
	case "sms":
		return d.Type.Text == "phone"
	case "push":
		return d.ID.Text == "push-token" || d.Term.Text == "push-token"
	case "post":
		return d.ID.Text == "postal-address" || d.Term.Text == "postal-address"
	}
	return false
}

// via is how a person can be given an address by which a message reaches them.
type via struct {
	datum   string
	collect *syntax.Collect
	use     *syntax.Use
}

// ways lists how addresses for a channel of a message come in. given asks for those
// that came in for a purpose of the message, or for none such.
func (t text) ways(m *syntax.Message, channel string, given bool) []via {
	var out []via
	for i := range t.Use {
		u := &t.Use[i]
		if !slices.ContainsFunc(u.For, func(w syntax.Word) bool { return has(m.For, w.Text) }) || len(u.Form) > 0 {
			continue
		}
		for _, w := range u.Data {
			d := t.datum(w.Text)
			if d == nil || t.reduced(w.Text) || !t.isAddress(d, channel) || (d.About.Text == "non-user") != (m.Class.Text == "share-delivery") {
				continue
			}
			for _, r := range t.collecting(w.Text, "", "") {
				if !given && t.reserved(r) {
					continue
				}
				if slices.ContainsFunc(r.For, func(w syntax.Word) bool { return has(m.For, w.Text) }) == given {
					out = append(out, via{w.Text, r, u})
				}
			}
		}
	}
	return out
}

// reserved reports whether a rule takes addresses in for such messages alone that
// take no others.
func (t text) reserved(r *syntax.Collect) bool {
	return !slices.ContainsFunc(r.For, func(why syntax.Word) bool {
		return !slices.ContainsFunc(t.Messages, func(m syntax.Message) bool { return m.AddressOnly.On && has(m.For, why.Text) })
	})
}

// addressed makes a person whom a message can reach by a channel, and returns the
// address. It is unplayable if nothing lets such an address in.
func (s *stage) addressed(m *syntax.Message, channel string, given bool) (*person, string, error) {
	if channel == "in-app" {
		p := s.someone()
		if err := p.accept(); err != nil {
			return nil, "", err
		}
		_, err := p.grant(standing(s.text, m.Choice))
		return p, p.ref, err
	}
	for _, v := range s.text.ways(m, channel, given) {
		p, address, err := s.give(m, v)
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		return p, address, err
	}
	return nil, "", &unplayable{"nothing that can be played takes an address in by which " + m.ID.Text + " could go"}
}

func (s *stage) give(m *syntax.Message, v via) (*person, string, error) {
	p := s.someone()
	if err := p.prepare(v.collect); err != nil {
		return nil, "", err
	}
	if err := p.open(v.use.Feature); err != nil {
		return nil, "", err
	}
	for _, choices := range [][]syntax.Word{v.use.Needs.Choice, m.Choice} {
		if _, err := p.grant(standing(s.text, choices)); err != nil {
			return nil, "", err
		}
	}
	purpose := v.collect.For[0].Text
	for _, w := range v.collect.For {
		if has(m.For, w.Text) {
			purpose = w.Text
		}
	}
	q, err := p.request(v.collect, v.datum, v.collect.Points[0].Text, purpose)
	if err != nil {
		return nil, "", err
	}
	a, err := p.decide("collect", q)
	if err != nil {
		return nil, "", err
	}
	return p, q.Items[0].Value, expect(a.allowed, "the address to be taken in", "%v", a)
}

// tell writes to the person.
func (p *person) tell(m *syntax.Message, channel, notBefore string) (*answer, error) {
	template, params := templateOf(m.Class.Text)
	return p.send("messages", message{Subject: p.ref, Class: m.Class.Text, Rule: m.ID.Text, Channel: channel, Template: template, Params: params, NotBefore: notBefore})
}

// arrived delivers what is due, and returns what has come for an address so far.
func (s *stage) arrived(channel, address string) ([]string, error) {
	if channel == "in-app" {
		a, err := s.send("messages/list", ask{Subject: address})
		if err != nil {
			return nil, err
		}
		var in struct {
			Messages []struct{ Subject, Body string } `json:"messages"`
		}
		if err := json.Unmarshal(a.raw, &in); err != nil {
			return nil, fmt.Errorf("read the messages within the app: status %d", a.status)
		}
		var out []string
		for _, m := range in.Messages {
			out = append(out, m.Subject+"\n"+m.Body)
		}
		return out, nil
	}
	if err := s.engine.Deliver(s.ctx); err != nil {
		return nil, err
	}
	return s.post.texts(channel, address), nil
}

// playable are the channels of a message by which the proof can play it.
func (s *stage) playable(m *syntax.Message) []string {
	return slices.DeleteFunc(slices.Clone(carried), func(c string) bool {
		return !has(m.Channels, c) || c != "in-app" && len(s.text.ways(m, c, true))+len(s.text.ways(m, c, false)) == 0
	})
}

// anybody makes a person whom a message can reach by some channel.
func (s *stage) anybody(m *syntax.Message) (p *person, channel, address string, err error) {
	if d := s.text.typedOnly(m); d != nil {
		p, err = s.member()
		return p, s.text.channelOf(m, d[0]), "", err
	}
	err = &unplayable{"the proof can read at the end of none of the channels of " + m.ID.Text}
	for _, channel = range s.playable(m) {
		p, address, err = s.addressed(m, channel, true)
		if _, cannot := err.(*unplayable); cannot && !m.AddressOnly.On {
			p, address, err = s.addressed(m, channel, false)
		}
		if _, cannot := err.(*unplayable); !cannot {
			return p, channel, address, err
		}
	}
	return nil, "", "", err
}
