package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// This file plays what a policy says about passwords, sessions and fresh sign-ins:
// people sign in through the door, too late, too often and with what they must not
// have.

func (t text) accessProbes(v *syntax.Access) []probe {
	var out []probe
	add := func(name string, run func(*stage, *syntax.Access) error) {
		out = append(out, probe{v.ID.Text, name, func(s *stage) error { return run(s, v) }})
	}
	switch v.Kind.Text {
	case "role-only":
		add("serves its roles only", (*stage).roleOnly)
	case "password":
		add("hashes passwords as dearly as it says", (*stage).hashedDearly)
		add("locks a name after so many wrong passwords", (*stage).locked)
	case "weak-password":
		add("takes no password that is easily guessed", (*stage).weakRefused)
	case "session":
		add("ends a session after silence", (*stage).silenceEnds)
		add("ends a session at its age", (*stage).ageEnds)
		add("gives each sign-in a session of its own, once", (*stage).freshSessions)
	case "fresh-sign-in":
		if len(v.Verbs) == 0 || has(v.Verbs, "edit") {
			add("lets nothing be edited without a fresh sign-in", (*stage).editsNeedFresh)
		}
	case "report-misuse":
		add("locks everybody out of an account that is reported", (*stage).misuseLocks)
	}
	return out
}

// visit is a session as the door tells of it.
type visit struct {
	Session string    `json:"session"`
	Proved  time.Time `json:"proved"`
	Ends    time.Time `json:"ends"`
}

// entered reads the answer to a sign-in; nil if it was refused.
func (s *stage) entered(op string, body map[string]string) (*visit, int, error) {
	a, err := s.send(op, body)
	if err != nil || a.status != http.StatusOK {
		return nil, statusOf(a), err
	}
	var v visit
	if err := json.Unmarshal(a.raw, &v); err != nil || v.Session == "" {
		return nil, a.status, fmt.Errorf("read session: %w", err)
	}
	return &v, a.status, nil
}

func statusOf(a *answer) int {
	if a == nil {
		return 0
	}
	return a.status
}

// link has the application hand the person over, and returns the link's secret.
func (p *person) link() (string, error) {
	a, err := p.send("hand-overs", map[string]string{"subject": p.ref})
	if err != nil {
		return "", err
	}
	var out struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(a.raw, &out); err != nil || a.status != http.StatusOK {
		return "", &mismatch{"a hand-over link", a.String()}
	}
	if strings.Contains(out.URL, p.ref) {
		return "", &mismatch{"a link that says nothing about anybody", "a link with the reference in it"}
	}
	return out.URL[strings.LastIndexByte(out.URL, '/')+1:], nil
}

// enter signs the person in by a hand-over link.
func (p *person) enter(before string) (*visit, error) {
	link, err := p.link()
	if err != nil {
		return nil, err
	}
	v, status, err := p.entered("sign-in/link", map[string]string{"link": link, "before": before})
	if v == nil {
		return nil, orMismatch(err, "a session by a hand-over link", "status %d", status)
	}
	return v, nil
}

// alive reports whether a session still is one.
func (s *stage) alive(session string) (bool, error) {
	a, err := s.send("sessions/read", map[string]string{"session": session})
	return err == nil && a.status == http.StatusOK, err
}

// member makes a person of whom something is held, so that they can sign in.
func (s *stage) member() (*person, error) {
	p := s.someone()
	return p, p.accept()
}

// keyholder makes a person with a password, and the datum by which they sign in.
func (s *stage) keyholder() (p *person, by, name, password string, err error) {
	if p, err = s.member(); err != nil {
		return
	}
	for i := range s.text.Data {
		d := &s.text.Data[i]
		if d.Type.Text != "password" && !d.Lookup.On {
			continue
		}
		ok, err := p.put(d.ID.Text)
		if err != nil {
			return p, "", "", "", err
		}
		v, err := p.sample(d.ID.Text)
		if err != nil || !ok {
			continue
		}
		if d.Type.Text == "password" {
			password = v
		} else {
			by, name = d.ID.Text, v
		}
	}
	if by == "" || password == "" {
		err = &unplayable{"nobody can be given a name and a password under this policy"}
	}
	return
}

func (s *stage) byPassword(by, name, password string) (*visit, int, error) {
	return s.entered("sign-in/password", map[string]string{"datum": by, "name": name, "password": password})
}

func (s *stage) hashedDearly(v *syntax.Access) error {
	for _, d := range v.Data {
		p, err := s.member()
		if err != nil {
			return err
		}
		ok, err := p.put(d.Text)
		if err != nil || !ok {
			return orUnplayable(err, "the password cannot be given")
		}
		c, _, err := p.copy()
		if err != nil {
			return err
		}
		want := fmt.Sprintf("%s m=%d t=%d", v.Hash.Text, v.Memory.N, v.Passes.N)
		i := slices.IndexFunc(c.Held, func(h heldThing) bool { return h.Datum == d.Text })
		if i < 0 || c.Held[i].Hash != want || c.Held[i].Value != "" || !c.Held[i].Secret {
			return &mismatch{"a password held as " + want, "none held so"}
		}
	}
	return nil
}

func orUnplayable(err error, why string) error {
	if err != nil {
		return err
	}
	return &unplayable{why}
}

// locked tries wrong passwords, for somebody who is known and for somebody who is
// not: the answers are the same, and the right password comes too late.
func (s *stage) locked(v *syntax.Access) error {
	_, by, name, password, err := s.keyholder()
	if err != nil {
		return err
	}
	began := s.clock.now()
	defer s.back(began)
	if in, status, err := s.byPassword(by, name, password); in == nil {
		return orMismatch(err, "the right password to sign in", "status %d", status)
	}
	stranger, err := s.someone().sample(by)
	if err != nil {
		return err
	}
	for n := range int(v.Tries.N) {
		for _, who := range []string{name, stranger} {
			if _, status, err := s.byPassword(by, who, password+"-not"); err != nil || status != http.StatusForbidden {
				return orMismatch(err, fmt.Sprintf("wrong password %d to be refused, and compared", n+1), "status %d", status)
			}
		}
	}
	for _, who := range []string{name, stranger} {
		if _, status, err := s.byPassword(by, who, password); err != nil || status != http.StatusTooManyRequests {
			return orMismatch(err, fmt.Sprintf("the name to be locked after %d wrong passwords", v.Tries.N), "status %d", status)
		}
	}
	s.clock.set(began.Add(20 * time.Minute))
	if in, status, err := s.byPassword(by, name, password); in == nil {
		return orMismatch(err, "the lock to open again", "status %d", status)
	}
	return nil
}

// weakPasswords are among the most common ones, in several disguises.
var weakPasswords = []string{"password", "Password1", "12345678", "football", "qwertyuiop", "iloveyou!", "aaaaaaaaaa", "short"}

func (s *stage) weakRefused(*syntax.Access) error {
	for i := range s.text.Data {
		d := &s.text.Data[i]
		if d.Type.Text != "password" {
			continue
		}
		for _, r := range s.text.collecting(d.ID.Text, "", "") {
			for _, weak := range weakPasswords {
				p := s.someone()
				if err := p.prepare(r); err != nil {
					return err
				}
				q, err := p.request(r, d.ID.Text, r.Points[0].Text, r.For[0].Text)
				if err != nil {
					return err
				}
				q.Items[0].Value = weak
				a, err := p.send("collect", q)
				if err != nil || !a.because("value-malformed") {
					return orMismatch(err, fmt.Sprintf("the password %q to be refused", weak), "%v", a)
				}
			}
		}
	}
	return nil
}

// period is what the policy says, or what holds without a word of it.
func period(p syntax.Period, otherwise syntax.Period) syntax.Period {
	if p.Set {
		return p
	}
	return otherwise
}

func (s *stage) silenceEnds(v *syntax.Access) error {
	p, err := s.member()
	if err != nil {
		return err
	}
	began := s.clock.now()
	defer s.back(began)
	idle := period(v.Idle, syntax.Period{Set: true, N: 30, Unit: syntax.Minute})
	in, err := p.enter("")
	if err != nil {
		return err
	}
	end := addPeriod(began, idle)
	s.clock.set(end.Add(-time.Second))
	if ok, err := s.alive(in.Session); err != nil || !ok {
		return orMismatch(err, "the session to live while it is used", "its end")
	}
	s.clock.set(addPeriod(s.clock.now(), idle))
	if ok, err := s.alive(in.Session); err != nil || ok {
		return orMismatch(err, "the session to end after silence", "it living on")
	}
	return nil
}

func (s *stage) ageEnds(v *syntax.Access) error {
	p, err := s.member()
	if err != nil {
		return err
	}
	began := s.clock.now()
	defer s.back(began)
	idle := period(v.Idle, syntax.Period{Set: true, N: 30, Unit: syntax.Minute})
	absolute := period(v.Absolute, syntax.Period{Set: true, N: 24, Unit: syntax.Hour})
	in, err := p.enter("")
	if err != nil {
		return err
	}
	end := addPeriod(began, absolute)
	step := addPeriod(began, idle).Sub(began) - 2*time.Minute
	for s.clock.now().Add(step).Before(end) {
		s.clock.set(s.clock.now().Add(step))
		if ok, err := s.alive(in.Session); err != nil || !ok {
			return orMismatch(err, "a session in use to live until its age", "its end at %s", s.clock.now())
		}
	}
	s.clock.set(end)
	if ok, err := s.alive(in.Session); err != nil || ok {
		return orMismatch(err, "a session in use to end at its age", "it living on")
	}
	return nil
}

// freshSessions plays replay and fixation: a link works once, a session that a
// browser had before ends with the next sign-in, and no made-up one is taken.
func (s *stage) freshSessions(*syntax.Access) error {
	p, err := s.member()
	if err != nil {
		return err
	}
	planted, err := p.enter("")
	if err != nil {
		return err
	}
	link, err := p.link()
	if err != nil {
		return err
	}
	body := map[string]string{"link": link, "before": planted.Session}
	in, status, err := s.entered("sign-in/link", body)
	if in == nil {
		return orMismatch(err, "a session by a hand-over link", "status %d", status)
	}
	if again, _, err := s.entered("sign-in/link", body); err != nil || again != nil {
		return orMismatch(err, "a link to work once", "it working twice")
	}
	if ok, err := s.alive(planted.Session); err != nil || ok || in.Session == planted.Session {
		return orMismatch(err, "a session that was there before the sign-in to end with it", "it living on")
	}
	if ok, err := s.alive(strings.Repeat("A", 43)); err != nil || ok {
		return orMismatch(err, "a made-up session to open nothing", "it opening something")
	}
	return nil
}

// editsNeedFresh plays a session that is as old as the policy allows, and a second
// older.
func (s *stage) editsNeedFresh(v *syntax.Access) error {
	p, by, name, password, err := s.keyholder()
	if err != nil {
		return err
	}
	for _, d := range v.Data {
		if d.Text == by {
			continue // it is what they sign in by
		}
		if ok, err := p.put(d.Text); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		in, status, err := s.byPassword(by, name, password)
		if in == nil {
			return orMismatch(err, "the right password to sign in", "status %d", status)
		}
		fresh := addPeriod(in.Proved, v.Within)
		for _, step := range []struct {
			at      time.Time
			session string
			allowed bool
			what    string
		}{
			{s.clock.now(), "", false, "an edit without a session"},
			{fresh, in.Session, true, "an edit with a fresh sign-in"},
			{fresh.Add(time.Second), in.Session, false, "an edit with a sign-in that is too old"},
		} {
			s.clock.set(step.at)
			if err := p.edit(d.Text, step.session, step.allowed, step.what); err != nil {
				return err
			}
		}
	}
	return nil
}

// back sets the clock back. A gate believes a clock that goes back by hours; by
// less, time stands still for it, and nothing would happen.
func (s *stage) back(began time.Time) {
	if s.clock.now().Sub(began) > 2*time.Hour {
		s.clock.set(began)
	}
}

// edit corrects a value, and sends it again as another way of replacing it.
func (p *person) edit(datum, session string, allowed bool, what string) error {
	v, err := p.someone().sample(datum)
	if err != nil {
		return err
	}
	body := map[string]any{"subject": p.ref, "items": []item{sent(datum, v)}}
	// The word of the application counts for nothing where the password is held here.
	body["proof"] = map[string]any{"signed_in": p.clock.now()}
	if session != "" {
		body["proof"] = map[string]string{"session": session}
	}
	a, err := p.send("correct", body)
	if err != nil {
		return err
	}
	if a.allowed != allowed || !allowed && !a.because("fresh-sign-in-missing") {
		return &mismatch{what + " of " + datum + map[bool]string{true: " to be allowed", false: " to be refused"}[allowed], a.String()}
	}
	return nil
}

func (s *stage) misuseLocks(*syntax.Access) error {
	p, by, name, password, err := s.keyholder()
	if err != nil {
		return err
	}
	in, status, err := s.byPassword(by, name, password)
	if in == nil {
		return orMismatch(err, "the right password to sign in", "status %d", status)
	}
	other, err := p.enter("")
	if err != nil {
		return err
	}
	a, err := p.send("accounts/misuse", map[string]string{"subject": p.ref})
	if err != nil || !a.allowed {
		return orMismatch(err, "the report to be taken", "%v", a)
	}
	if l, err := s.evidence(a.index); err != nil || l.Kind != "misuse-reported" {
		return orMismatch(err, "evidence of the report", "%v", l)
	}
	for _, session := range []string{in.Session, other.Session} {
		if ok, err := s.alive(session); err != nil || ok {
			return orMismatch(err, "every session to end", "one living on")
		}
	}
	if _, status, err := s.byPassword(by, name, password); err != nil || status != http.StatusForbidden {
		return orMismatch(err, "the password to open nothing any more", "status %d", status)
	}
	return nil
}

// accessMutants are changes to what a policy says about access.
func (p *plan) accessMutants(v *syntax.Access, turn func(string, func(any))) {
	switch v.Kind.Text {
	case "password":
		turn("hashed by other costs", func(x any) { x.(*syntax.Access).Passes.N++ })
		turn("with more tries", func(x any) { x.(*syntax.Access).Tries.N *= 3 })
	case "session":
		turn("silent for longer", func(x any) { lengthen(&x.(*syntax.Access).Idle) })
		turn("older", func(x any) { lengthen(&x.(*syntax.Access).Absolute) })
	case "fresh-sign-in":
		turn("fresh for longer", func(x any) { lengthen(&x.(*syntax.Access).Within) })
	}
}

// nothingReadable looks for words in every file.
func (s *stage) nothingReadable(marks []string) error {
	if err := s.engine.Seal(s.ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	where, _, err := scan(marks, s.setup.Data, s.setup.Keys)
	if err != nil || where != "" {
		return orMismatch(err, "nothing of it readable in any file", "some of it in %s", where)
	}
	return nil
}

// proof signs the person in by the password among what was taken in from them; nil
// if there is none.
func (p *person) proof(taken map[string]string) (*proof, error) {
	by, name, password := "", "", ""
	for d, v := range taken {
		switch e := p.text.datum(d); {
		case e.Type.Text == "password":
			password = v
		case e.Lookup.On:
			by, name = d, v
		}
	}
	if password == "" || by == "" {
		return nil, nil
	}
	in, status, err := p.byPassword(by, name, password)
	if in == nil {
		return nil, orMismatch(err, "the right password to sign in", "status %d", status)
	}
	return &proof{in.Session}, nil
}
