package prove

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// This file plays what a policy says about its own changes, by changing it: three
// officers take a wider text through the desk, one person agrees and one is silent.

// changeProbes play one rule about changes.
func (t text) changeProbes(c *syntax.Change) []probe {
	id := c.ID.Text
	one := func(name string, run func(*stage) error) []probe { return []probe{{id, name, run}} }
	switch c.Rule.Text {
	case "notice-period", "takes-effect":
		return one("holds a new text back until its notice is over", func(s *stage) error { return s.noticed(c) })
	case "silence-keeps-narrower", "widening-needs-consent":
		return one("keeps the narrower rules for who is silent, and for older data", (*stage).silence)
	case "reasons":
		return one("changes for its reasons only", func(s *stage) error { return s.reasoned(c) })
	case "posted":
		return one("posts the same version in every place", func(s *stage) error { return s.posted(c) })
	}
	return nil
}

// The officers of these probes.
const (
	drafter   = "change-drafter"
	firstYes  = "change-first"
	secondYes = "change-second"
)

// widening is a text that lets somebody see one more thing, and what asks for it.
type widening struct {
	rule  *syntax.Use
	datum string
	text  []byte
	hash  string
}

// widerRole is who may look under the wider text.
const widerRole = "wider-role"

// widen makes a wider text of the one in force: the first rule of use that somebody
// can play serves one role more.
func (s *stage) widen() (*widening, error) {
	base := s.inForce()
	for i := range s.text.Use {
		r := &s.text.Use[i]
		if len(r.Needs.Facts) > 0 || len(s.text.Roles) == 0 {
			continue
		}
		for _, d := range r.Data {
			if s.text.forbidden("use", d.Text, r.For[0].Text, "", r.ID.Text) || s.text.datum(d.Text) == nil || s.text.datum(d.Text).Many.On || s.dropped(r, d.Text) || s.alwaysDropped(d.Text) {
				continue
			}
			p := s.someone()
			if err := p.mayUse(r); err != nil {
				continue
			}
			a, err := p.look(r, d.Text, r.By[0].Text)
			if err != nil {
				return nil, err
			}
			if _, seen := a.value(d.Text); !a.allowed || !seen {
				put, err := p.put(d.Text)
				if err != nil || !put {
					continue
				}
				if a, err = p.look(r, d.Text, r.By[0].Text); err != nil || !a.allowed {
					continue
				}
				if _, seen = a.value(d.Text); !seen {
					continue
				}
			}
			return wider(base, r, d.Text)
		}
	}
	return nil, &unplayable{"no rule of use can be widened for somebody made up"}
}

func (s *stage) inForce() *policy.Program {
	if s.running != nil {
		return s.running
	}
	return s.program
}

func wider(base *policy.Program, r *syntax.Use, datum string) (*widening, error) {
	f := base.File().Clone()
	at, ok := f.Lookup("use", r.ID.Text)
	if !ok {
		return nil, &unplayable{"the rule to widen is not in force"}
	}
	role := f.Roles[0]
	role.ID.Text, role.Clause = widerRole, nil
	f.Roles = append(f.Roles, role)
	rule := at.Value.(*syntax.Use)
	rule.By = append(slices.Clone(rule.By), syntax.Word{Text: widerRole})
	f.Version.Text += "-next"
	raw, err := syntax.Encode(f)
	if err != nil {
		return nil, err
	}
	return &widening{rule: r, datum: datum, text: raw, hash: f.Hash()}, nil
}

// mayUse lets a person agree to what a rule needs.
func (p *person) mayUse(r *syntax.Use) error {
	if err := p.accept(); err != nil {
		return err
	}
	return p.prepareUse(r.Needs.Choice, r.Feature)
}

func (p *person) look(r *syntax.Use, datum, by string) (*answer, error) {
	q, err := p.useRequest(r, datum, r.For[0].Text, by)
	if err != nil {
		return nil, err
	}
	return p.send("use", q)
}

// drafted is a change as the desk tells of it.
type drafted struct {
	Change struct {
		ID       string    `json:"id"`
		State    string    `json:"state"`
		Digest   string    `json:"digest"`
		Channels []string  `json:"channels"`
		Since    time.Time `json:"since"`
	} `json:"change"`
}

// desk takes one step at the desk for changes, which has to work.
func (s *stage) desk(who, op string, body any) (*drafted, error) {
	a, err := s.as(who, op, body)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, &mismatch{"the step " + op + " to be taken", a.String()}
	}
	var out drafted
	if err := json.Unmarshal(a.raw, &out); err != nil {
		return nil, fmt.Errorf("read change: %w", err)
	}
	return &out, nil
}

// why is a reason for which the policy changes.
func (t text) why() string {
	for i := range t.Changes {
		if c := &t.Changes[i]; c.Rule.Text == "reasons" && len(c.Reasons) > 0 {
			return c.Reasons[0].Text
		}
	}
	return "law"
}

// approve takes a text to where it can be announced, and expects that one person
// alone cannot.
func (s *stage) approve(w *widening) (string, error) {
	d, err := s.desk(drafter, "changes", map[string]string{"text": string(w.text), "why": s.text.why()})
	if err != nil {
		return "", err
	}
	id := d.Change.ID
	if d, err = s.desk(drafter, "changes/check", map[string]string{"id": id}); err != nil {
		return "", err
	}
	yes := map[string]string{"id": id, "digest": d.Change.Digest}
	if a, err := s.again(drafter, "changes/approve", yes); err != nil || a.status < 400 {
		return "", orMismatch(err, "nobody to approve what they put forward", "status %d", a.status)
	}
	for _, who := range []string{firstYes, secondYes} {
		if d, err = s.desk(who, "changes/approve", yes); err != nil {
			return "", err
		}
	}
	return id, expect(d.Change.State == "approved", "a change approved by two", "one that is %s", d.Change.State)
}

// notice returns the longest notice that the policy under proof promises, from now.
func (s *stage) notice() time.Time {
	end := s.clock.now()
	for i := range s.text.Changes {
		if n := s.text.Changes[i].Notice; n.Set {
			if e := longest(s.clock.now(), n); e.After(end) {
				end = e
			}
		}
	}
	return end
}

// announce announces a change for the earliest time that the policy promises, and
// expects that no earlier one is taken.
func (s *stage) announce(id string) (*drafted, time.Time, error) {
	end := s.notice()
	if end.After(s.clock.now()) {
		a, err := s.as(drafter, "changes/announce", map[string]any{"id": id, "since": end.Add(-time.Second)})
		if err != nil || a.status < 400 {
			return nil, end, orMismatch(err, "no text in force before its notice is over", "status %d", a.status)
		}
	}
	d, err := s.desk(drafter, "changes/announce", map[string]any{"id": id, "since": end})
	return d, end, err
}

// changing runs a probe that changes the text in force, and puts it back.
func (s *stage) changing(run func() error) error {
	base, now := s.inForce(), s.clock.now()
	back := func() error {
		s.clock.set(now)
		if err := s.engine.Replace(s.ctx, base); err != nil {
			return err
		}
		return s.refresh()
	}
	if err := run(); err != nil {
		return cmp.Or(back(), err)
	}
	return back()
}

// noticed announces a wider text: one tick before its time the old rules hold, at
// its time the new one does.
func (s *stage) noticed(c *syntax.Change) error {
	return s.changing(func() error {
		w, err := s.widen()
		if err != nil {
			return err
		}
		id, err := s.approve(w)
		if err != nil {
			return err
		}
		d, end, err := s.announce(id)
		if err != nil {
			return err
		}
		for _, ch := range c.Channel {
			if !slices.Contains(d.Change.Channels, ch.Text) {
				return &mismatch{"an announcement by " + ch.Text, fmt.Sprintf("one by %v", d.Change.Channels)}
			}
		}
		if end.After(s.clock.now()) {
			s.clock.set(end.Add(-time.Millisecond))
			if err := s.holds(w, false); err != nil {
				return err
			}
		}
		s.clock.set(end)
		return s.holds(w, true)
	})
}

// holds expects the new text to be in force, or the old one.
func (s *stage) holds(w *widening, is bool) error {
	if err := s.engine.Sweep(s.ctx); err != nil {
		return err
	}
	if err := s.refresh(); err != nil {
		return err
	}
	return expect((s.hash == w.hash) == is, fmt.Sprintf("the new text in force: %t", is), "text %s", s.hash)
}

// silence widens the text for two people who were there before: one says nothing,
// the other agrees.
func (s *stage) silence() error {
	return s.changing(func() error {
		w, err := s.widen()
		if err != nil {
			return err
		}
		silent, agrees := s.someone(), s.someone()
		for _, p := range []*person{silent, agrees} {
			if err := p.mayUse(w.rule); err != nil {
				return err
			}
			if _, err := p.put(w.datum); err != nil {
				return err
			}
		}
		id, err := s.approve(w)
		if err != nil {
			return err
		}
		_, end, err := s.announce(id)
		if err != nil {
			return err
		}
		s.clock.set(end.Add(time.Second))
		if err := s.holds(w, true); err != nil {
			return err
		}
		if a, err := silent.look(w.rule, w.datum, widerRole); err != nil || a.allowed {
			return orMismatch(err, "who is silent kept out of the wider rule", "%v", a)
		}
		if a, err := silent.look(w.rule, w.datum, w.rule.By[0].Text); err != nil || !a.allowed {
			return orMismatch(err, "what was allowed before still allowed for who is silent", "%v", a)
		}
		if err := agrees.accept(); err != nil {
			return err
		}
		if a, err := agrees.look(w.rule, w.datum, widerRole); err != nil || a.allowed {
			return orMismatch(err, "what was collected before kept out of the wider rule", "%v", a)
		}
		later := s.someone()
		if err := later.mayUse(w.rule); err != nil {
			return err
		}
		if _, err := later.put(w.datum); err != nil {
			return err
		}
		a, err := later.look(w.rule, w.datum, widerRole)
		if err != nil || !a.allowed {
			return orMismatch(err, "the wider rule to hold for who came later and agreed", "%v", a)
		}
		return nil
	})
}

// reasoned proposes a text for each reason that the policy lists, and for one that
// it does not.
func (s *stage) reasoned(c *syntax.Change) error {
	w, err := s.widen()
	if err != nil {
		return err
	}
	for _, r := range c.Reasons {
		d, err := s.desk(drafter, "changes", map[string]string{"text": string(w.text), "why": r.Text})
		if err != nil {
			return err
		}
		if d, err = s.desk(drafter, "changes/withdraw", map[string]string{"id": d.Change.ID}); err != nil || d.Change.State != "withdrawn" {
			return orMismatch(err, "a draft given up", "%v", d)
		}
	}
	a, err := s.as(drafter, "changes", map[string]string{"text": string(w.text), "why": "because-we-can"})
	if err != nil || a.status < 400 {
		return orMismatch(err, "no change for a reason that the policy does not list", "status %d", a.status)
	}
	return nil
}

// posted compares the version and its hash in each place that shows them: the
// published text, the API that apps read, the public history, and the log.
func (s *stage) posted(c *syntax.Change) error {
	pages, err := s.published()
	if err != nil {
		return err
	}
	for lang, p := range pages {
		if p.hash != s.hash {
			return &mismatch{"the hash " + s.hash + " on the page in " + lang, p.hash}
		}
	}
	a, err := s.do(http.MethodGet, "/policy/"+s.text.Policy.Text+"/history", nil)
	if err != nil {
		return err
	}
	var h struct {
		Versions []struct {
			Hash, State, Link string
			Since             time.Time
		}
	}
	if err := json.Unmarshal(a.raw, &h); err != nil || len(h.Versions) == 0 {
		return orMismatch(err, "the history of the policy", "status %d", a.status)
	}
	now := slices.IndexFunc(h.Versions, func(v struct {
		Hash, State, Link string
		Since             time.Time
	}) bool {
		return v.State == "effective"
	})
	if now < 0 || h.Versions[now].Hash != s.hash || h.Versions[now].Since.IsZero() {
		return &mismatch{"the text in force in the history, with the time of its update", fmt.Sprintf("%+v", h.Versions)}
	}
	return s.changing(func() error { return s.announcedBy(c) })
}

// announcedBy expects an announcement by every channel that the rule names, with a
// link that leads to the text.
func (s *stage) announcedBy(c *syntax.Change) error {
	w, err := s.widen()
	if err != nil {
		return err
	}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	id, err := s.approve(w)
	if err != nil {
		return err
	}
	d, _, err := s.announce(id)
	if err != nil {
		return err
	}
	for _, ch := range c.Channel {
		if !slices.Contains(d.Change.Channels, ch.Text) {
			return &mismatch{"an announcement by " + ch.Text, fmt.Sprintf("one by %v", d.Change.Channels)}
		}
	}
	a, err := p.send("changes/ahead", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	var ahead struct {
		Changes []struct{ Hash, Link string }
	}
	if err := json.Unmarshal(a.raw, &ahead); err != nil {
		return fmt.Errorf("read what is ahead: %w", err)
	}
	for _, v := range ahead.Changes {
		if v.Hash != w.hash {
			continue
		}
		path, ours := strings.CutPrefix(v.Link, s.engine.URL())
		if !ours || !strings.Contains(path, strings.TrimPrefix(w.hash, "sha256:")) {
			return &mismatch{"a link to the version that is posted", v.Link}
		}
		page, err := s.do(http.MethodGet, path, nil)
		if err != nil || page.status != http.StatusOK {
			return orMismatch(err, "a page behind the link", "status %d at %s", page.status, path)
		}
		_, err = s.desk(drafter, "changes/withdraw", map[string]string{"id": id})
		return err
	}
	return &mismatch{"the person shown what is ahead", fmt.Sprintf("%d changes", len(ahead.Changes))}
}

// changeMutants are the changes to a rule about changes.
func (p *plan) changeMutants(v *syntax.Change, turn func(string, func(any))) {
	change := func(name string, apply func(*syntax.Change)) {
		turn(name, func(x any) {
			if c, ok := x.(*syntax.Change); ok {
				apply(c)
			}
		})
	}
	switch v.Rule.Text {
	case "notice-period":
		change("without notice", func(c *syntax.Change) { c.Notice = syntax.Period{} })
	case "takes-effect":
		change("after a year", func(c *syntax.Change) { c.Notice = syntax.Period{Set: true, N: 1, Unit: syntax.Year} })
	case "reasons":
		change("without its last reason", func(c *syntax.Change) { c.Reasons = c.Reasons[:len(c.Reasons)-1] })
	case "silence-keeps-narrower", "widening-needs-consent":
		change("not saying so", func(c *syntax.Change) { c.Rule.Text = "posted" })
	}
	if v.Widens.Text != "" {
		change("widening ruled out", func(c *syntax.Change) { c.Widens.Text = "refused" })
	}
	if p.text.onlyHere(v) {
		change("announced nowhere", func(c *syntax.Change) { c.Channel = nil })
	}
}

// onlyHere reports whether a rule about changes names a channel that no other does,
// and that is not there anyway.
func (t text) onlyHere(v *syntax.Change) bool {
	return slices.ContainsFunc(v.Channel, func(w syntax.Word) bool {
		if w.Text == "system" {
			return false
		}
		n := 0
		for i := range t.Changes {
			if has(t.Changes[i].Channel, w.Text) {
				n++
			}
		}
		return n == 1
	})
}
