package prove

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// This file plays what a policy says about parents and guardians: a child from whom
// nothing is taken in, a parent who is written to and answers on their pages by a code,
// and the day on which nobody is asked any more.

// patience is how long a code may take on a busy machine.
const patience = 20 * time.Second

// young has a child accept the policy.
func (s *stage) young() (*person, error) {
	p := s.someone()
	a, err := p.say(&agreement{Policy: p.hash, Accept: true, Gesture: p.text.gesture(), Age: "minor"})
	if err != nil || !a.allowed {
		return nil, orMismatch(err, "a child's acceptance to be recorded", "%v", a)
	}
	return p, p.settle()
}

// guarded plays a child whose parent agrees and takes it back.
func (s *stage) guarded(*syntax.Minors) error {
	r, datum := s.text.joining()
	if r == nil {
		return &unplayable{"nobody can join under this policy"}
	}
	if s.synthetic {
		return &unplayable{"nobody is written to about people who are made up"}
	}
	p, err := s.young()
	if err != nil {
		return err
	}
	if err := p.takenIn(r, datum, false, "without a parent's yes"); err != nil {
		return err
	}
	parent := fmt.Sprintf("parent-%d@home.example", p.n)
	if a, err := p.send("guardians/ask", map[string]string{"subject": p.ref, "email": parent}); err != nil || !a.allowed {
		return orMismatch(err, "the parent to be asked", "%v", a)
	}
	if err := p.takenIn(r, datum, false, "while the parent is asked"); err != nil {
		return err
	}
	b, ward, err := s.asParent(parent)
	if err != nil {
		return err
	}
	for _, answer := range []string{"yes", "no"} {
		if status, _, err := b.post(ward, url.Values{"answer": {answer}}); err != nil || status != http.StatusSeeOther {
			return orMismatch(err, "the parent's "+answer+" to be taken", "status %d", status)
		}
		if err := p.takenIn(r, datum, answer == "yes", "after the parent's "+answer); err != nil {
			return err
		}
	}
	return nil
}

// takenIn expects that a datum of a child is taken in, or refused for want of a parent.
func (p *person) takenIn(r *syntax.Collect, datum string, want bool, when string) error {
	q, err := p.plainRequest(r, datum)
	if err != nil {
		return err
	}
	a, err := p.send("collect", q)
	if err != nil || a.allowed != want || !want && !a.because("guardian-missing") {
		return orMismatch(err, map[bool]string{true: datum + " taken in ", false: datum + " not taken in "}[want]+when, "%v", a)
	}
	return nil
}

// guardedUntil plays the last day on which a parent is asked, and the first on which
// nobody is.
func (s *stage) guardedUntil(v *syntax.Minors) error {
	r, datum := s.text.joining()
	if r == nil || v.Age.N <= 0 {
		return &unplayable{"nobody can join under this policy, or it names no age"}
	}
	today := s.clock.now().UTC()
	for _, days := range []int{1, 0} {
		born := time.Date(today.Year()-int(v.Age.N), today.Month(), today.Day()+days, 0, 0, 0, 0, time.UTC)
		a, err := s.someone().bornOn(r, datum, born, "UTC")
		if err != nil || a.allowed != (days == 0) || days > 0 && !a.because("guardian-missing") {
			return orMismatch(err, fmt.Sprintf("a parent needed until the birthday, %d days before it", days), "%v", a)
		}
	}
	return nil
}

// browser is somebody at the people's pages: it keeps cookies and follows nothing.
type browser struct {
	*stage
	cookies map[string]string
}

// asParent has somebody who reads an address come in by the code that goes there, and
// returns the page of the one child that asks for them.
func (s *stage) asParent(address string) (*browser, string, error) {
	b := &browser{s, make(map[string]string)}
	door := "/privacy/" + s.text.Policy.Text + "/guardian"
	status, to, err := b.post(door, url.Values{"by": {"email"}, "address": {address}})
	if err != nil || status != http.StatusSeeOther {
		return nil, "", orMismatch(err, "a code to be sent to the parent", "status %d", status)
	}
	code, err := s.codeTo(address)
	if err != nil {
		return nil, "", err
	}
	if status, to, err = b.post(to, url.Values{"code": {code}}); err != nil || !strings.HasPrefix(to, door+"/of/") {
		return nil, "", orMismatch(err, "the parent to come in by the code", "status %d", status)
	}
	return b, to, nil
}

// codeTo is the code in the mail to an address. It is put into the outbox beside the
// request that asks for it, and so may come a moment later.
func (s *stage) codeTo(address string) (string, error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		got, err := s.arrived("email", address)
		if err != nil {
			return "", err
		}
		for _, text := range got {
			if code := sixDigits.FindString(text); code != "" {
				return code, nil
			}
		}
		select {
		case <-s.ctx.Done():
			return "", s.ctx.Err()
		case <-limit.C:
			return "", &mismatch{"a code in the parent's mail", fmt.Sprintf("%d mails without one", len(got))}
		case <-time.After(time.Millisecond):
		}
	}
}

// post sends a form of one of our pages, and returns where the answer leads.
func (b *browser) post(path string, form url.Values) (status int, to string, err error) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.engine.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	stay := *b.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := stay.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("ask a page: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return 0, "", fmt.Errorf("read a page: %w", err)
	}
	for _, c := range resp.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return resp.StatusCode, resp.Header.Get("Location"), nil
}
