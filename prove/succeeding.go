package prove

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"avow.dev/policy/syntax"
)

// successor is a company that takes over, with keys of its own.
type successor struct {
	seal   *age.X25519Identity
	public string
	signer note.Signer
}

func newSuccessor() (*successor, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	private, public, err := note.GenerateKey(rand.Reader, "successor.example")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(private)
	return &successor{id, public, signer}, err
}

// succeeding is what is put forward at the desk.
type succeeding struct {
	Rule      string    `json:"rule"`
	Case      string    `json:"case"`
	Recipient string    `json:"recipient"`
	Name      string    `json:"name"`
	Document  string    `json:"document"`
	Key       string    `json:"key,omitempty"`
	Signer    string    `json:"signer,omitempty"`
	Signed    string    `json:"signed,omitempty"`
	Notice    string    `json:"notice,omitempty"`
	Told      time.Time `json:"told,omitzero"`
}

// succeedProbes play one case in which control moves.
func (t text) succeedProbes(e *syntax.Succeed) []probe {
	id := e.ID.Text
	if t.heir() == nil {
		return nil
	}
	probes := []probe{
		{id, "lets nothing go in bulk without a succession", func(s *stage) error { return s.nothingInBulk(e) }},
		{id, "hands everybody to a successor that signed this text, sealed to it", func(s *stage) error { return s.boundSuccessor(e) }},
		{id, "binds nobody by another text, key or signature", func(s *stage) error { return s.wronglyBound(e) }},
		{id, "takes every yes out for a successor that is not bound", func(s *stage) error { return s.unboundSuccessor(e) }},
	}
	if has(e.Requires, "notice") {
		probes = append(probes, probe{id, "moves nothing before people were told", func(s *stage) error { return s.untold(e) }})
	}
	return probes
}

// heir returns the recipient that successions are for.
func (t text) heir() *syntax.Party {
	for i := range t.Parties {
		if t.Parties[i].Kind.Text == "successor" {
			return &t.Parties[i]
		}
	}
	return nil
}

// handing returns the rule by which a successor receives data.
func (t text) handing() *syntax.Share {
	for i := range t.Share {
		if r := &t.Share[i]; r.Verb.Text == "transfer" && has(r.To, t.heir().ID.Text) {
			return r
		}
	}
	return nil
}

func (s *stage) succession(e *syntax.Succeed, c *successor) (*succeeding, error) {
	q := &succeeding{Rule: e.ID.Text, Case: e.When[0].Text, Recipient: s.text.heir().ID.Text, Name: "Heir Ltd", Document: strings.Repeat("1d", 32),
		Notice: strings.Repeat("1e", 32), Told: s.clock.now().Add(-time.Hour)}
	if c == nil {
		return q, nil
	}
	q.Key, q.Signer = c.seal.Recipient().String(), c.public
	a, err := s.as("ann", "successions/binding", q)
	if err != nil {
		return nil, err
	}
	var b struct {
		Binding string `json:"binding"`
	}
	if err := json.Unmarshal(a.raw, &b); err != nil || !strings.Contains(b.Binding, s.hash) {
		return nil, &mismatch{"a text to sign that names the policy in force", fmt.Sprintf("status %d", a.status)}
	}
	signed, err := note.Sign(&note.Note{Text: b.Binding}, c.signer)
	q.Signed = base64.StdEncoding.EncodeToString(signed)
	return q, err
}

// succeed puts a succession forward and has two others approve it, after trying
// everything that must not count as an approval.
func (s *stage) succeed(q *succeeding) (approving, error) {
	a, err := s.as("ann", "successions", q)
	if err != nil {
		return approving{}, err
	}
	var made struct {
		Succession approving `json:"succession"`
	}
	if err := json.Unmarshal(a.raw, &made); err != nil || !a.allowed {
		return approving{}, &mismatch{"a succession to be put forward", fmt.Sprintf("status %d: %s", a.status, a.detail())}
	}
	m := made.Succession
	for _, try := range []struct {
		who, digest string
		ok, through bool
	}{{"ann", m.Digest, false, false}, {"ann", m.Digest, false, true}, {"bo", strings.Repeat("0c", 32), false, false}, {"bo", m.Digest, true, false},
		{"bo", m.Digest, false, true}, {"", m.Digest, false, false}, {"cleo", m.Digest, true, false}} {
		if moved, err := s.as("dan", "successions/move-on", approving{ID: m.ID}); err != nil || moved.allowed {
			return m, orMismatch(err, "nothing to move before two others have approved", "it moved")
		}
		send := s.as
		if try.through {
			send = s.again
		}
		body := approving{m.ID, try.digest}
		var a *answer
		if try.who == "" {
			a, err = s.send("successions/approve", body)
		} else {
			a, err = send(try.who, "successions/approve", body)
		}
		if err != nil || a.allowed != try.ok {
			return m, orMismatch(err, fmt.Sprintf("an approval by %q to count = %v", try.who, try.ok), "the contrary")
		}
	}
	return m, nil
}

// moved is a page of a succession.
type moved struct {
	Sealed     string `json:"sealed"`
	Succession struct {
		State  string `json:"state"`
		People int64  `json:"people"`
	} `json:"succession"`
}

// moveAll does every page, and returns what the successor reads.
func (s *stage) moveAll(m approving, c *successor) (lines []string, last moved, err error) {
	for range 1000 {
		a, err := s.as("dan", "successions/move-on", approving{ID: m.ID})
		if err != nil {
			return nil, last, err
		}
		if !a.allowed {
			return nil, last, &mismatch{"an approved succession to move on", fmt.Sprintf("status %d", a.status)}
		}
		last = moved{}
		if err := json.Unmarshal(a.raw, &last); err != nil {
			return nil, last, err
		}
		if last.Sealed != "" {
			raw, err := base64.StdEncoding.DecodeString(last.Sealed)
			if err != nil {
				return nil, last, err
			}
			r, err := age.Decrypt(bytes.NewReader(raw), c.seal)
			if err != nil {
				return nil, last, &mismatch{"a page that the successor can open", err.Error()}
			}
			plain, err := io.ReadAll(r)
			if err != nil {
				return nil, last, err
			}
			lines = append(lines, strings.Split(strings.TrimSpace(string(plain)), "\n")...)
		}
		if last.Succession.State == "done" {
			return lines, last, nil
		}
	}
	return nil, last, &mismatch{"a succession to come to an end", "it did not"}
}

// apart runs a probe on an engine of its own: a succession is about everybody.
func (s *stage) apart(play func(*stage) error) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := s.aside(dir, false)
	if err != nil {
		return err
	}
	defer a.end()
	return play(a)
}

// inhabitants are people of whom something is held.
func (s *stage) inhabitants(n int) ([]*person, error) {
	people := make([]*person, n)
	for i := range people {
		people[i] = s.someone()
		if _, err := people[i].fill(); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// transferred asks for one person's data in the successor's name.
func (p *person) transferred() (*answer, error) {
	r := p.text.handing()
	return p.decide("transfer", &ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Recipient: p.text.heir().ID.Text})
}

func (s *stage) nothingInBulk(_ *syntax.Succeed) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if s.text.handing() == nil {
		return nil
	}
	a, err := p.transferred()
	if err != nil {
		return err
	}
	if a.allowed || !a.because("successor-unbound") {
		return &mismatch{"nothing to move without a bound successor", a.String()}
	}
	a, err = s.as("dan", "successions/move-on", approving{ID: strings.Repeat("0", 30) + "ff"})
	if err != nil {
		return err
	}
	return expect(!a.allowed, "no bulk export without a succession", "%v", a)
}

func (s *stage) boundSuccessor(e *syntax.Succeed) error {
	return s.apart(func(s *stage) error {
		people, err := s.inhabitants(2)
		if err != nil {
			return err
		}
		c, err := newSuccessor()
		if err != nil {
			return err
		}
		q, err := s.succession(e, c)
		if err != nil {
			return err
		}
		m, err := s.succeed(q)
		if err != nil {
			return err
		}
		if s.text.handing() == nil {
			return &unplayable{"no rule hands anything to " + q.Recipient}
		}
		lines, last, err := s.moveAll(m, c)
		if err != nil {
			return err
		}
		if len(lines) != len(people) || last.Succession.People != int64(len(people)) {
			return &mismatch{fmt.Sprintf("%d people handed over", len(people)), fmt.Sprintf("%d lines, %d counted", len(lines), last.Succession.People)}
		}
		for i, line := range lines {
			if !strings.Contains(line, `"policy_hash":"`+s.hash+`"`) || !strings.Contains(line, people[i].ref) {
				return &mismatch{"the policy's hash with each record", "a record without it"}
			}
		}
		a, err := people[0].transferred()
		if err != nil {
			return err
		}
		return expect(!a.allowed, "the way to close when all is handed over", "%v", a)
	})
}

func (s *stage) wronglyBound(e *syntax.Succeed) error {
	c, err := newSuccessor()
	if err != nil {
		return err
	}
	other, err := newSuccessor()
	if err != nil {
		return err
	}
	for name, change := range map[string]func(*succeeding){
		"another key":        func(q *succeeding) { q.Key = other.seal.Recipient().String() },
		"another signer":     func(q *succeeding) { q.Signer = other.public },
		"another name":       func(q *succeeding) { q.Name = "Someone Else Ltd" },
		"an altered note":    func(q *succeeding) { q.Signed = "QUJD" + q.Signed[4:] },
		"a case not listed":  func(q *succeeding) { q.Case = "consent" },
		"another recipient":  func(q *succeeding) { q.Recipient = s.text.Parties[0].ID.Text },
		"nobody's signature": func(q *succeeding) { q.Signed = "c2lnbmVkCg==" },
	} {
		q, err := s.succession(e, c)
		if err != nil {
			return err
		}
		change(q)
		a, err := s.as("ann", "successions", q)
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{"no successor bound with " + name, "it was put forward"}
		}
	}
	return nil
}

func (s *stage) untold(e *syntax.Succeed) error {
	c, err := newSuccessor()
	if err != nil {
		return err
	}
	q, err := s.succession(e, c)
	if err != nil {
		return err
	}
	q.Notice, q.Told = "", time.Time{}
	a, err := s.as("ann", "successions", q)
	if err != nil {
		return err
	}
	return expect(!a.allowed, "no succession of which nobody was told", "it was put forward")
}

func (s *stage) unboundSuccessor(e *syntax.Succeed) error {
	q, err := s.succession(e, nil)
	if err != nil {
		return err
	}
	if e.Else.Text != "consents-reset" {
		a, err := s.as("ann", "successions", q)
		if err != nil {
			return err
		}
		return expect(!a.allowed, "nothing for a successor that is not bound", "it was put forward")
	}
	return s.apart(func(s *stage) error {
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		given := 0
		for i := range s.text.Choices {
			if c := &s.text.Choices[i]; c.Kind.Text != "per-event" {
				if err := p.choose(c.ID.Text, "given"); err != nil {
					return err
				}
				given++
			}
		}
		m, err := s.succeed(q)
		if err != nil {
			return err
		}
		lines, _, err := s.moveAll(m, nil)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			return &mismatch{"nothing to go to a successor that is not bound", fmt.Sprintf("%d records", len(lines))}
		}
		a, err := p.send("standing", ask{Subject: p.ref})
		if err != nil {
			return err
		}
		return expect(given > 0 && !bytes.Contains(a.raw, []byte(`"state":"given"`)), "every yes taken out, so that people are asked anew", "one of %d stands", given)
	})
}

// detail is what the door says of a request that it does not carry out.
func (a *answer) detail() string {
	var p struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(a.raw, &p) != nil {
		return ""
	}
	return p.Detail
}

// heirReceives asks for each field in the name of a successor, before and after it
// is bound.
func (s *stage) heirReceives(r *syntax.Share) error {
	return s.apart(func(s *stage) error {
		p := s.someone()
		if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
			return err
		}
		receives := func(open bool) error {
			for _, d := range r.Data {
				a, err := p.decide(r.Verb.Text, p.shareAsked(r, d.Text, r.To[0].Text, r.For[0].Text))
				if err != nil {
					return err
				}
				if a.allowed != open || open && !has([]syntax.Word{r.ID}, first(a.rules)) {
					return &mismatch{fmt.Sprintf("%s to leave to %s = %v by rule %s", d.Text, r.To[0].Text, open, r.ID.Text), a.String()}
				}
			}
			return nil
		}
		if err := receives(false); err != nil {
			return err
		}
		c, err := newSuccessor()
		if err != nil {
			return err
		}
		q, err := s.succession(&s.text.Succeed[0], c)
		if err != nil {
			return err
		}
		if _, err := s.succeed(q); err != nil {
			return err
		}
		return receives(true)
	})
}
