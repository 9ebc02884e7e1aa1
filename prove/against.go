package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// A self-test plays what an application can play against a server that serves real
// people: somebody made up, and marked as such, signs up, refuses, sends the opt-out
// signal, opts out, corrects, exports, deletes, and looks for what is left. It never
// moves the clock and never changes the policy. Whoever was made up is erased at its
// end, whatever became of it.

// Against says what a self-test speaks to.
type Against struct {
	// URL is the address of the server's door.
	URL string
	// Token is a token of scopes app and auditor.
	Token string
	// Policy is the text that the server should have in force.
	Policy *policy.Program
	// Now is the time, for references that nobody else uses.
	Now time.Time
	// Client speaks to the server; nil for a plain one.
	Client *http.Client
}

// ErrOther: the server has another text in force than the one to be proved.
var ErrOther = errors.New("the server has another text of this policy in force")

// remote is a server that cannot be told what to do.
type remote struct{ url, token string }

var errRemote = errors.New("a server that serves real people is not touched")

func (r remote) URL() string                                   { return r.url }
func (r remote) Token() string                                 { return r.token }
func (remote) TokenOf(context.Context, string) (string, error) { return "", errRemote }
func (remote) TokenFor(context.Context, avow.PolicyID, avow.Recipient) (string, error) {
	return "", errRemote
}
func (remote) Replace(context.Context, *policy.Program) error { return errRemote }
func (remote) Sweep(context.Context) error                    { return errRemote }
func (remote) Seal(context.Context) error                     { return errRemote }
func (remote) Deliver(context.Context) error                  { return errRemote }
func (remote) VKey(avow.PolicyID) string                      { return "" }
func (remote) Close(context.Context) error                    { return nil }

// SelfTest plays the rights and choices of a policy against a running server. A
// promise that does not hold is no error; it stands in the report as broken.
func SelfTest(ctx context.Context, a Against) (*PolicyReport, error) {
	s := &stage{ctx: ctx, text: text{a.Policy.File()}, program: a.Policy, engine: remote{strings.TrimSuffix(a.URL, "/"), a.Token}, client: a.Client,
		clock: &clock{}, people: new(atomic.Int64), log: &logBook{}, shelf: &shelf{}, synthetic: true}
	if s.client == nil {
		s.client = newClient()
	}
	s.clock.set(a.Now)
	s.people.Store(a.Now.Unix() % 1_000_000 * 100) // telephone numbers are made of it
	if err := s.refresh(); err != nil {
		return nil, fmt.Errorf("self-test: %w", err)
	}
	if s.hash != string(a.Policy.Hash()) {
		return nil, fmt.Errorf("self-test: %w: %s", ErrOther, s.hash)
	}
	report, err := s.selfTest()
	return report, errors.Join(err, s.cleanUp())
}

// selfProbes are the probes of an entry that a self-test can play.
func (t text) selfProbes(e syntax.Entry) []probe {
	switch v := e.Value.(type) {
	case *syntax.Right:
		return t.selfRight(v)
	case *syntax.Choice:
		if v.Kind.Text == "per-event" {
			return nil
		}
		out := []probe{{v.ID.Text, "is not given by accepting the policy", func(s *stage) error { return s.unconsented(v.ID.Text) }}}
		if has(v.Signal, "gpc") {
			out = append(out, probe{v.ID.Text, "is switched off by the browser's signal", func(s *stage) error { return s.signalled(v) }})
		}
		return append(out, probe{v.ID.Text, "can be taken back, and then refuses", func(s *stage) error { return s.optedOut(v) }})
	case *syntax.Definition:
		return []probe{{v.ID.Text, "treats what is not listed as personal, and refuses it", (*stage).unlisted}}
	}
	return nil
}

func (t text) selfRight(r *syntax.Right) []probe {
	if r.Effect.Text == "on-review" {
		return nil // it would wait for people
	}
	switch r.Right.Text {
	case "delete", "erase":
		return []probe{{r.ID.Text, "erases a person at their word, and nothing is left", (*stage).nothingLeft}}
	case "access", "copy", "correct", "close-account", "take-down", "explain":
		return t.operationProbes(r)
	}
	return nil
}

// selfTest plays every entry once and reports the clauses that anything was played
// for.
func (s *stage) selfTest() (*PolicyReport, error) {
	f := s.text.File
	out := &PolicyReport{Policy: f.Policy.Text, Version: f.Version.Text, Hash: s.hash}
	results := make(map[string]*result)
	for e := range s.text.Entries() {
		for _, p := range s.text.selfProbes(e) {
			if err := s.ctx.Err(); err != nil {
				return nil, err
			}
			r := results[key(e)]
			if r == nil {
				r = &result{}
				results[key(e)] = r
			}
			out.Probes++
			r.add(p, p.run(s))
		}
	}
	carriers := s.text.carriers()
	for i := range f.Clauses {
		row, played, err := selfRow(&f.Clauses[i], carriers[f.Clauses[i].ID.Text], results)
		if err != nil {
			return nil, err
		}
		if played {
			out.Clauses = append(out.Clauses, row)
		}
	}
	return out, nil
}

func selfRow(c *syntax.Clause, carriers []syntax.Entry, results map[string]*result) (Clause, bool, error) {
	row := Clause{ID: c.ID.Text, Promise: c.Promise.Text, Scenario: "self-test"}
	var total result
	for _, e := range carriers {
		if r := results[key(e)]; r != nil {
			row.Rules = append(row.Rules, e.Head.ID.Text)
			total.merge(r)
		}
	}
	switch {
	case total.failure != nil:
		return row, false, fmt.Errorf("%s: %s: %w", row.ID, total.broken, total.failure)
	case total.mismatch != nil:
		row.State, row.Expected, row.Seen = Broken, total.broken+": "+total.mismatch.expected, total.mismatch.seen
	case total.probes == 0 || total.cannot != nil:
		return row, false, nil
	default:
		row.State, row.Expected, row.Seen = Proved, "what the rules say", fmt.Sprintf("%d probes held on the running server", total.probes)
	}
	return row, true, nil
}

// signalled lets somebody's browser say no to a choice that is on by itself, or
// that they had said yes to.
func (s *stage) signalled(c *syntax.Choice) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if c.Kind.Text != "opt-out" {
		if err := p.choose(c.ID.Text, "given"); err != nil {
			return err
		}
	}
	a, err := p.say(&agreement{Signals: []string{"gpc"}})
	if err != nil || !a.allowed {
		return orMismatch(err, "the browser's signal to be recorded", "%v", a)
	}
	return p.switchedOff(c, "signal-opt-out")
}

// optedOut takes a choice back.
func (s *stage) optedOut(c *syntax.Choice) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, word := range []string{"given", "withdrawn"} {
		if err := p.choose(c.ID.Text, word); err != nil {
			return err
		}
	}
	return p.switchedOff(c, "objected", "consent-withdrawn", "consent-refused")
}

// switchedOff asks for what only a choice opens, and expects it to be refused for
// one of the reasons.
func (p *person) switchedOff(c *syntax.Choice, reasons ...string) error {
	for i := range p.text.Use {
		r := &p.text.Use[i]
		d, why, by, ok := p.text.soleUse(r, c.ID.Text)
		if !has(r.Needs.Choice, c.ID.Text) || !ok {
			continue
		}
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{d}, Purpose: why, Role: by, Feature: first(words(r.Feature))})
		if err != nil {
			return err
		}
		if a.allowed || !slices.ContainsFunc(reasons, a.because) {
			return &mismatch{"a refusal of what " + c.ID.Text + " opens", a.String()}
		}
	}
	return nil
}

// nothingLeft fills somebody with data, erases them, and looks for what is left:
// by their reference, by every value that people are found by, and in what their
// roles could read.
func (s *stage) nothingLeft() error {
	p := s.someone()
	taken, err := p.fill()
	if err != nil {
		return err
	}
	a, err := p.send("erase", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"the person erased at their word", a.String()}
	}
	if err := p.gone(); err != nil {
		return err
	}
	for d, v := range taken {
		if !s.text.datum(d).Lookup.On {
			continue
		}
		a, err := p.send("find", sent(d, v))
		if err != nil || a.status != http.StatusNotFound {
			return orMismatch(err, "nobody found by the "+d+" of somebody erased", "status %d", a.status)
		}
	}
	return nil
}

// cleanUp erases everybody who was made up.
func (s *stage) cleanUp() error {
	s.ctx = context.WithoutCancel(s.ctx)
	var left []error
	for _, ref := range s.made {
		a, err := s.send("erase", ask{Subject: ref})
		if err != nil {
			left = append(left, err)
		} else if !a.allowed && a.status != http.StatusNotFound && a.status != http.StatusGone {
			left = append(left, fmt.Errorf("somebody made up could not be erased: status %d", a.status))
		}
	}
	return errors.Join(left...)
}

// Report tells a server what a proof of one of its policies found, so that its
// public page shows it.
func (r *PolicyReport) Report(ctx context.Context, a Against, kind string, m *Mutants) error {
	type row struct {
		Clause string `json:"clause"`
		State  State  `json:"state"`
		How    string `json:"how,omitempty"`
	}
	body := struct {
		Kind     string `json:"kind"`
		Hash     string `json:"hash"`
		Rows     []row  `json:"rows"`
		Probes   int    `json:"probes,omitempty"`
		Killed   int    `json:"mutants_killed,omitempty"`
		Survived int    `json:"mutants_survived,omitempty"`
	}{Kind: kind, Hash: r.Hash, Probes: r.Probes}
	if m != nil {
		body.Killed, body.Survived = m.Killed, len(m.Survived)
	}
	for i := range r.Clauses {
		c := &r.Clauses[i]
		how := c.Seen
		if c.State == Broken {
			how = "expected " + c.Expected + "; seen " + c.Seen
		}
		body.Rows = append(body.Rows, row{c.ID, c.State, how[:min(len(how), 900)]})
	}
	if len(body.Rows) == 0 {
		return errors.New("report proof: nothing was played")
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	s := &stage{ctx: ctx, engine: remote{strings.TrimSuffix(a.URL, "/"), a.Token}, client: a.Client, text: text{a.Policy.File()}}
	if s.client == nil {
		s.client = &http.Client{Timeout: time.Minute}
	}
	answer, err := s.do(http.MethodPost, "/v1/"+r.Policy+"/proofs", raw)
	if err != nil {
		return fmt.Errorf("report proof: %w", err)
	}
	if answer.status != http.StatusOK {
		return fmt.Errorf("report proof: the server answered %d: %.300s", answer.status, answer.raw)
	}
	return nil
}
