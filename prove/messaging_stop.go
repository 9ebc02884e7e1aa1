package prove

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

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
