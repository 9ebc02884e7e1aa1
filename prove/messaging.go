package prove

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// The probes of messages write to people as an app would, and read what arrives at
// a real mail server and at gateways for text messages and push notifications.

type param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type message struct {
	Subject   string  `json:"subject,omitempty"`
	Class     string  `json:"class"`
	Rule      string  `json:"rule,omitempty"`
	Channel   string  `json:"channel,omitempty"`
	Template  string  `json:"template"`
	Params    []param `json:"params"`
	NotBefore string  `json:"not_before,omitempty"`
}

type stopping struct {
	Subject string `json:"subject"`
	Rule    string `json:"rule"`
}

// carried are the channels at whose end the proof can read.
var carried = []string{"email", "sms", "push", "in-app"}

const noticeLink = "https://controller.example/notices/7"

// templateOf is a text that fits a class, with its parameters.
func templateOf(class string) (string, []param) {
	link := []param{{"link", noticeLink}}
	switch class {
	case "marketing":
		return "news", link
	case "partner-offer":
		return "partner-news", link
	case "transactional":
		return "purchase-notice", link
	case "reply":
		return "request-answered", link
	case "code":
		return "code", []param{{"code", "482913"}, {"minutes", "10"}}
	case "share-delivery":
		return "share", link
	}
	return "service-notice", link
}

// messageProbes play one message of the policy.
func (t text) messageProbes(m *syntax.Message) []probe {
	id := m.ID.Text
	if m.Class.Text == "share-delivery" {
		return []probe{
			{id, "writes to a contact once, who is then gone", func(s *stage) error { return s.sharedOnce(m) }},
			{id, "carries promotion only if the policy lets it", func(s *stage) error { return s.sharedBare(m) }},
		}
	}
	if t.typedOnly(m) != nil {
		return t.typedProbes(m)
	}
	probes := []probe{
		{id, "reaches people by its channels", func(s *stage) error { return s.messageGoes(m) }},
		{id, "goes by no other channel", func(s *stage) error { return s.messageElsewhere(m) }},
		{id, "carries promotion only if the policy lets it", func(s *stage) error { return s.messagePromotes(m) }},
		{id, "carries nothing personal", func(s *stage) error { return s.messageBare(m) }},
	}
	for _, c := range m.Choice {
		probes = append(probes, probe{id, "goes on request, and no more when choice " + c.Text + " is taken back", func(s *stage) error { return s.messageChosen(m, c.Text) }})
	}
	if m.AddressOnly.On {
		probes = append(probes, probe{id, "uses no address that was given for something else", func(s *stage) error { return s.messageMisused(m) }})
	}
	if len(m.OptOut) == 0 || has(m.OptOut, "none") {
		return append(probes, probe{id, "cannot be stopped", func(s *stage) error { return s.messageStays(m) }})
	}
	for _, how := range m.OptOut {
		if how.Text != "reply" { // the controller's people stop it then, as by settings
			probes = append(probes, probe{id, "is stopped by " + how.Text + ", at once", func(s *stage) error { return s.messageStops(m, how.Text) }})
		}
	}
	return probes
}

func (s *stage) messageGoes(m *syntax.Message) error {
	played := 0
	for _, channel := range s.playable(m) {
		p, address, err := s.addressed(m, channel, true)
		if _, cannot := err.(*unplayable); cannot && !m.AddressOnly.On {
			p, address, err = s.addressed(m, channel, false)
		}
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		if err != nil {
			return err
		}
		a, err := p.tell(m, channel, "")
		if err != nil {
			return err
		}
		if !a.allowed {
			return &mismatch{m.ID.Text + " to go by " + channel, a.String()}
		}
		got, err := s.arrived(channel, address)
		if err != nil {
			return err
		}
		if len(got) != 1 {
			return &mismatch{"one message by " + channel, fmt.Sprintf("%d", len(got))}
		}
		played++
	}
	if played == 0 {
		return &unplayable{"the proof can read at the end of none of the channels of " + m.ID.Text}
	}
	return nil
}

func (s *stage) messageElsewhere(m *syntax.Message) error {
	p, _, _, err := s.anybody(m)
	if err != nil {
		return err
	}
	for _, channel := range []string{"email", "sms", "push", "in-app", "post", "phone"} {
		if has(m.Channels, channel) {
			continue
		}
		a, err := p.tell(m, channel, "")
		if err != nil {
			return err
		}
		if a.allowed || !a.because("verb-undeclared") {
			return &mismatch{"a refusal of " + m.ID.Text + " by " + channel, a.String()}
		}
	}
	return nil
}

func (s *stage) messagePromotes(m *syntax.Message) error {
	p, channel, address, err := s.anybody(m)
	if err != nil {
		return err
	}
	a, err := p.send("messages", message{Subject: p.ref, Class: m.Class.Text, Rule: m.ID.Text, Channel: channel, Template: "news", Params: []param{{"link", noticeLink}}})
	if err != nil {
		return err
	}
	got, err := s.arrived(channel, address)
	if err != nil {
		return err
	}
	if m.Promotion.Text == "allowed" {
		return expect(a.allowed && len(got) == 1, "promotion to go out", "%v", a)
	}
	return expect(!a.allowed && a.because("prohibited") && len(got) == 0, "a refusal of promotion", "%v, and %d messages", a, len(got))
}

// messageBare plants the person's values wherever a message could take them.
func (s *stage) messageBare(m *syntax.Message) error {
	p, channel, address, err := s.anybody(m)
	if err != nil {
		return err
	}
	template, params := templateOf(m.Class.Text)
	for i := range params {
		for _, planted := range []string{p.mark, address, noticeLink + "?of=" + url.QueryEscape(p.mark)} {
			with := slices.Clone(params)
			with[i].Value = planted
			a, err := p.send("messages", message{Subject: p.ref, Class: m.Class.Text, Rule: m.ID.Text, Channel: channel, Template: template, Params: with})
			if err != nil {
				return err
			}
			if a.status != http.StatusUnprocessableEntity {
				return &mismatch{"a value of the person to be no parameter of a message", fmt.Sprintf("status %d", a.status)}
			}
		}
	}
	if _, err := p.tell(m, channel, ""); err != nil {
		return err
	}
	got, err := s.arrived(channel, address)
	if err != nil {
		return err
	}
	for _, text := range got {
		if strings.Contains(strings.ToLower(text), strings.ToLower(p.mark)) || channel != "in-app" && strings.Contains(text, address) {
			return &mismatch{"a message without a value of the person", "one with it"}
		}
	}
	if channel == "email" {
		for _, raw := range s.post.mail.To(address) {
			if media := raw.Header.Get("Content-Type"); !strings.HasPrefix(media, "text/plain") {
				return &mismatch{"mail that fetches nothing", media}
			}
		}
	}
	return nil
}

// messageChosen plays the word that a message waits for, also while one waits.
func (s *stage) messageChosen(m *syntax.Message, choice string) error {
	stranger := s.someone()
	if err := stranger.acceptOnly(); err != nil {
		return err
	}
	a, err := stranger.tell(m, "", "")
	if err != nil {
		return err
	}
	if a.allowed || !a.because("consent-missing") {
		return &mismatch{"nothing to go to somebody who only accepted the policy", a.String()}
	}
	p, channel, address, err := s.anybody(m)
	if err != nil {
		return err
	}
	if a, err = p.tell(m, channel, s.clock.now().Add(time.Hour).Format(time.RFC3339)); err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"a message on request to be taken for later", a.String()}
	}
	if err := p.choose(choice, "withdrawn"); err != nil {
		return err
	}
	if a, err = p.tell(m, channel, ""); err != nil {
		return err
	}
	s.clock.set(s.clock.now().Add(2 * time.Hour))
	got, err := s.arrived(channel, address)
	if err != nil {
		return err
	}
	return expect(!a.allowed && a.because("consent-withdrawn") && len(got) == 0, "nothing to arrive after "+choice+" was taken back, be it queued before or sent after", "%v, and %d messages", a, len(got))
}

func (s *stage) messageMisused(m *syntax.Message) error {
	for _, channel := range s.playable(m) {
		p, address, err := s.addressed(m, channel, false)
		if _, cannot := err.(*unplayable); cannot || channel == "in-app" {
			continue
		}
		if err != nil {
			return err
		}
		a, err := p.tell(m, channel, "")
		if err != nil {
			return err
		}
		got, err := s.arrived(channel, address)
		if err != nil {
			return err
		}
		if a.allowed || !a.because("purpose-undeclared") || len(got) > 0 {
			return &mismatch{"an address that was given for something else to get nothing", a.String()}
		}
	}
	return nil
}

// misusable reports whether an address could come in for something else.
func (t text) misusable(m *syntax.Message) bool {
	return slices.ContainsFunc(carried, func(c string) bool { return has(m.Channels, c) && len(t.ways(m, c, false)) > 0 })
}

// messageMutants change one message.
func (p *plan) messageMutants(v *syntax.Message, turn func(string, func(any))) {
	if len(v.Choice) > 0 {
		turn("without its choice", func(x any) { x.(*syntax.Message).Choice = nil })
	}
	if v.Class.Text != "share-delivery" {
		turn("by every channel", func(x any) {
			for _, c := range []string{"email", "sms", "push", "in-app", "post", "phone"} {
				if m := x.(*syntax.Message); !has(m.Channels, c) {
					m.Channels = append(slices.Clone(m.Channels), syntax.Word{Text: c})
				}
			}
		})
	}
	if v.Promotion.Text == "allowed" {
		turn("without promotion", func(x any) { x.(*syntax.Message).Promotion.Text = "refused" })
	} else {
		turn("with promotion", func(x any) { x.(*syntax.Message).Promotion.Text = "allowed" })
	}
	if len(v.OptOut) > 0 && !has(v.OptOut, "none") {
		turn("not to be stopped", func(x any) { x.(*syntax.Message).OptOut = []syntax.Word{{Text: "none"}} })
	}
	if v.AddressOnly.On && p.text.misusable(v) {
		turn("to any address", func(x any) { x.(*syntax.Message).AddressOnly.On = false })
	}
}
