package prove

import (
	"encoding/json"
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

// addressType is the type of data that is an address of a channel.
func (t text) isAddress(d *syntax.Datum, channel string) bool {
	switch channel {
	case "email":
		return d.Type.Text == "email"
	case "sms":
		return d.Type.Text == "phone"
	case "push":
		return d.ID.Text == "push-token" || d.Term.Text == "push-token"
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

func (s *stage) messageStays(m *syntax.Message) error {
	p, channel, address, err := s.anybody(m)
	if err != nil {
		return err
	}
	stop, err := p.send("messages/stop", stopping{p.ref, m.ID.Text})
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
	return expect(stop.status == http.StatusConflict && a.allowed && len(got) == 1, "what cannot be stopped to arrive", "status %d, %v, and %d messages", stop.status, a, len(got))
}

// messageStops stops messages in one of the ways that the policy offers, while one
// waits.
func (s *stage) messageStops(m *syntax.Message, how string) error {
	p, channel, address, err := s.anybody(m)
	if err != nil {
		return err
	}
	if how != "settings" && channel != "email" {
		return nil // a link stands in mail
	}
	if _, err := p.tell(m, channel, ""); err != nil {
		return err
	}
	if _, err := s.arrived(channel, address); err != nil {
		return err
	}
	if _, err := p.tell(m, channel, s.clock.now().Add(time.Hour).Format(time.RFC3339)); err != nil {
		return err
	}
	if err := s.stop(p, m, how, address); err != nil {
		return err
	}
	a, err := p.tell(m, channel, "")
	if err != nil {
		return err
	}
	s.clock.set(s.clock.now().Add(2 * time.Hour))
	got, err := s.arrived(channel, address)
	if err != nil {
		return err
	}
	return expect(!a.allowed && len(got) == 1, "nothing more to arrive, be it queued before or sent after", "%v, and %d messages", a, len(got))
}

// stop stops messages as a person does: in the settings, by the link in the mail,
// or by one click of the mail program (RFC 8058).
func (s *stage) stop(p *person, m *syntax.Message, how, address string) error {
	if how == "settings" {
		a, err := p.send("messages/stop", stopping{p.ref, m.ID.Text})
		if err != nil {
			return err
		}
		return expect(a.allowed, "messages to be stopped in the settings", "%v", a)
	}
	mails := s.post.mail.To(address)
	if len(mails) == 0 {
		return &mismatch{"a mail with a link that stops", "no mail"}
	}
	header := mails[0].Header
	link := strings.Trim(header.Get("List-Unsubscribe"), "<>")
	path, ours := strings.CutPrefix(link, s.engine.URL())
	if !ours || strings.Contains(strings.ToLower(path), strings.ToLower(p.mark)) || strings.Contains(path, p.ref) {
		return &mismatch{"a link that stops, and that says nothing of the person", "none"}
	}
	if how == "one-click" && header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		return &mismatch{"the header that lets a mail program stop by one click", "none"}
	}
	if how == "link" {
		page, err := s.client.Get(link)
		if err != nil {
			return err
		}
		_ = page.Body.Close() // what it shows is the page's own tests' business
		if page.StatusCode != http.StatusOK {
			return &mismatch{"a page behind the link", page.Status}
		}
	}
	done, err := s.client.PostForm(link, url.Values{"List-Unsubscribe": {"One-Click"}})
	if err != nil {
		return err
	}
	_ = done.Body.Close() // the status says it
	return expect(done.StatusCode == http.StatusOK, "messages to be stopped without signing in", "%s", done.Status)
}

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
