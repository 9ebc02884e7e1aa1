package prove

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// collectProbes play one rule that lets data in: it opens where it says, by the
// evidence that cites it, and nowhere else.
func (t text) collectProbes(r *syntax.Collect) []probe {
	id := r.ID.Text
	probes := []probe{
		{id, "lets its data in at its points for its purposes", func(s *stage) error { return s.collectAllowed(r) }},
		{id, "lets its data in at no other point", func(s *stage) error { return s.collectElsewhere(r) }},
		{id, "lets its data in for no other purpose", func(s *stage) error { return s.collectOtherwise(r) }},
	}
	if t.Acceptance.Required.On {
		probes = append(probes, probe{id, "lets nothing in before the policy is accepted", func(s *stage) error { return s.collectUnaccepted(r) }})
	}
	for _, w := range r.Needs.Choice {
		probes = append(probes, probe{id, "opens and closes with choice " + w.Text, func(s *stage) error { return s.collectToggled(r, w.Text) }})
	}
	return slices.Concat(probes, t.pickProbes(r), t.pacingProbes(r))
}

// prepare makes a person for whom the rule opens.
func (p *person) prepare(r *syntax.Collect) error {
	if err := p.accept(); err != nil {
		return err
	}
	if err := p.open(r.Features); err != nil {
		return err
	}
	_, err := p.grant(standing(p.text, r.Needs.Choice))
	return err
}

// standing returns the choices that are made once and last, without those that
// are made for each event.
func standing(t text, choices []syntax.Word) []syntax.Word {
	return slices.DeleteFunc(slices.Clone(choices), func(w syntax.Word) bool {
		c := t.choice(w.Text)
		return c != nil && c.Kind.Text == "per-event"
	})
}

// request builds the request that a rule is for.
func (p *person) request(r *syntax.Collect, datum, point, purpose string) (*ask, error) {
	v, err := p.sample(datum)
	if err != nil {
		return nil, err
	}
	q := &ask{Subject: p.ref, Items: []item{sent(datum, v)}, Point: point, Purpose: purpose, Source: "person"}
	if len(r.Features) > 0 {
		q.Feature = r.Features[0].Text
	}
	if len(r.From) > 0 {
		q.Source = r.From[0].Text
	}
	if src := p.text.source(q.Source); src != nil {
		q.Shown = showing(src.Needs)
	}
	if len(r.Needs.Places) > 0 {
		q.Region = p.text.regionOf(r.Needs.Places[0].Text)
	}
	if p.text.fromDevice(r, datum) {
		q.Device = &device{Network: "wifi", Permitted: true, Running: true}
		if q.Source == "device" {
			if err := p.grantPermissions(datum, purpose, q.Feature); err != nil {
				return nil, err
			}
		}
	}
	needs, err := p.pickAndState(r, q)
	if err != nil {
		return nil, err
	}
	if err := p.text.facts(needs, q); err != nil {
		return nil, err
	}
	if !p.text.personal(datum) {
		// Without a person, unless a choice of theirs decides.
		if q.Anonymous = len(r.Needs.Choice) > 0; !q.Anonymous {
			q.Subject = ""
		}
	}
	if once := p.text.perEvent(r.Needs.Choice); once != "" {
		if q.Token, err = p.eventToken(once); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (t text) regionOf(place string) string {
	for i := range t.Places {
		if t.Places[i].ID.Text == place {
			return t.Places[i].Region.Text
		}
	}
	return ""
}

// fromDevice reports whether an app has to say something of the device: that a
// permission is granted, that the feature runs, that the network is not metered.
func (t text) fromDevice(r *syntax.Collect, datum string) bool {
	if r.Network.Text != "" && r.Network.Text != "any" {
		return true
	}
	return slices.ContainsFunc(t.Permissions, func(p syntax.Permission) bool { return has(p.Data, datum) })
}

// showing fills in what a source must show.
func showing(needs []syntax.Word) *shown {
	out := &shown{}
	for _, w := range needs {
		switch w.Text {
		case "citation":
			out.Citation = "Gazette 2026/7"
		case "url":
			out.URL = "https://news.example/7"
		case "contract":
			out.Contract = "C-7"
		case "case":
			out.Case = "F-7"
		case "provenance":
			out.Partner, out.ConsentProof, out.Citation = "partner-7", "proof-7", "contract basis"
		}
	}
	return out
}

// facts adds what a request has to show. A fact that only something unbuilt can
// show makes the rule unplayable.
func (t text) facts(needs []syntax.Word, q *ask) error {
	for _, w := range needs {
		switch w.Text {
		case "citation", "url", "contract", "case", "provenance":
			s := showing([]syntax.Word{w})
			if q.Shown == nil {
				q.Shown = &shown{}
			}
			q.Shown.Citation = or(q.Shown.Citation, s.Citation)
			q.Shown.URL = or(q.Shown.URL, s.URL)
			q.Shown.Contract = or(q.Shown.Contract, s.Contract)
			q.Shown.Case = or(q.Shown.Case, s.Case)
			q.Shown.Partner, q.Shown.ConsentProof = or(q.Shown.Partner, s.Partner), or(q.Shown.ConsentProof, s.ConsentProof)
		case "token":
		default:
			return &unplayable{"nothing can show the fact " + w.Text + " yet, so the rule stays shut"}
		}
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *stage) collectAllowed(r *syntax.Collect) error {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	decided := false
	for _, d := range r.Data {
		for _, at := range r.Points {
			for _, why := range r.For {
				q, err := p.request(r, d.Text, at.Text, why.Text)
				if err != nil {
					return err
				}
				a, err := p.decide("collect", q)
				if err != nil {
					return err
				}
				if a.because("too-soon") { // the sampling interval has not passed
					s.clock.set(addPeriod(s.clock.now(), r.Every))
					a, err = p.decide("collect", q)
				}
				if err != nil {
					return err
				}
				if !a.allowed {
					return &mismatch{fmt.Sprintf("%s taken at %s for %s", d.Text, at.Text, why.Text), a.String()}
				}
				clear(p.token) // what was let in has spent its token
				decided = decided || slices.Contains(a.rules, r.ID.Text)
			}
		}
	}
	return expect(decided, "rule "+r.ID.Text+" to decide at least one request", "other rules decided all of them")
}

// collectElsewhere tries every point of the policy, and one that it does not
// have, at which no rule takes the datum for that purpose.
func (s *stage) collectElsewhere(r *syntax.Collect) error {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	for _, d := range r.Data {
		for _, at := range append(ids(s.text.Points, pointID), "a-point-nobody-declared") {
			for _, why := range r.For {
				if len(s.text.collecting(d.Text, at, why.Text)) > 0 {
					continue
				}
				if err := p.mustRefuse("collect", r, d.Text, at, why.Text); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stage) collectOtherwise(r *syntax.Collect) error {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	for _, d := range r.Data {
		for _, why := range append(ids(s.text.Purposes, purposeID), "a-purpose-nobody-declared") {
			at := r.Points[0].Text
			if len(s.text.collecting(d.Text, at, why)) > 0 {
				continue
			}
			if err := p.mustRefuse("collect", r, d.Text, at, why); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *person) mustRefuse(op string, r *syntax.Collect, datum, point, purpose string) error {
	q, err := p.request(r, datum, point, purpose)
	if err != nil {
		return err
	}
	a, err := p.decide(op, q)
	if err != nil {
		return err
	}
	return expect(!a.allowed && len(a.reasons) > 0, fmt.Sprintf("%s refused at %s for %s", datum, point, purpose), "%v", a)
}

func (s *stage) collectUnaccepted(r *syntax.Collect) error {
	p := s.someone()
	d, at, why := r.Data[0].Text, r.Points[0].Text, r.For[0].Text
	if r.Account.Text == "none" || !s.text.personal(d) {
		return nil // strangers may be collected from: there is nobody to ask
	}
	v, err := p.sample(d)
	if err != nil {
		return err
	}
	q := &ask{Subject: p.ref, Items: []item{sent(d, v)}, Point: at, Purpose: why, Source: "person"}
	if len(r.Features) > 0 {
		q.Feature = r.Features[0].Text
	}
	a, err := p.decide("collect", q)
	if err != nil {
		return err
	}
	return expect(!a.allowed && (a.because("not-accepted") || a.because("no-account")), d+" refused before the policy is accepted", "%v", a)
}

// consentReasons are the reasons that a missing yes gives.
var consentReasons = []string{"consent-missing", "consent-refused", "consent-withdrawn", "consent-expired", "objected", "signal-opt-out", "token-missing"}

func (a *answer) forWantOfConsent() bool {
	return slices.ContainsFunc(consentReasons, a.because)
}

// collectToggled plays the same request with and without the person's yes.
func (s *stage) collectToggled(r *syntax.Collect, choice string) error {
	c := s.text.choice(choice)
	datum, at, why, ok := s.text.soleCollect(r, choice)
	if c == nil || !ok {
		return nil // another rule lets the same data in without this choice
	}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if err := p.open(r.Features); err != nil {
		return err
	}
	others := slices.DeleteFunc(standing(s.text, r.Needs.Choice), func(w syntax.Word) bool { return w.Text == choice })
	if _, err := p.grant(others); err != nil {
		return err
	}
	if c.Kind.Text == "per-event" {
		return p.spendToken(r, datum, at, why)
	}
	steps := []step{{"", c.Kind.Text == "opt-out"}, {"given", true}, {"withdrawn", false}, {"given", true}, {"refused", false}}
	return p.toggle(choice, steps, func() (*answer, error) {
		clear(p.token)
		q, err := p.request(r, datum, at, why)
		if err != nil {
			return nil, err
		}
		return p.decide("collect", q)
	})
}

// unshown are conditions that nothing here can show yet, or that only time does.
var unshown = []string{"too-soon", "not-picked", "attestation-missing", "notice-missing", "fresh-sign-in-missing", "finding-missing",
	"instrument-missing", "approval-missing", "urgency-missing", "successor-unbound"}

func (a *answer) onlyUnshown() bool {
	return len(a.reasons) > 0 && !slices.ContainsFunc(a.reasons, func(r string) bool { return !slices.Contains(unshown, r) })
}

// step is a word on a choice and whether the request opens after it.
type step struct {
	say   string
	opens bool
}

func (p *person) toggle(choice string, steps []step, act func() (*answer, error)) error {
	for _, st := range steps {
		if st.say != "" {
			if err := p.choose(choice, st.say); err != nil {
				return err
			}
		}
		a, err := act()
		if err != nil {
			return err
		}
		when := fmt.Sprintf("after %q on %s", st.say, choice)
		if st.opens {
			// What only a desk or the passing of time can show may still be
			// missing; consent may not.
			if err := expect(a.allowed || a.onlyUnshown(), "allowed "+when, "%v", a); err != nil {
				return err
			}
			continue
		}
		if err := expect(!a.allowed && a.forWantOfConsent(), "refused for want of consent "+when, "%v", a); err != nil {
			return err
		}
	}
	return nil
}

// soleCollect finds a request that only rules with this choice let in.
func (t text) soleCollect(r *syntax.Collect, choice string) (datum, point, purpose string, ok bool) {
	for _, d := range r.Data {
		for _, at := range r.Points {
			for _, why := range r.For {
				all := t.collecting(d.Text, at.Text, why.Text)
				if !slices.ContainsFunc(all, func(o *syntax.Collect) bool { return !has(o.Needs.Choice, choice) }) {
					return d.Text, at.Text, why.Text, true
				}
			}
		}
	}
	return "", "", "", false
}

// spendToken plays an event without a token, with one, and with one spent.
func (p *person) spendToken(r *syntax.Collect, datum, point, purpose string) error {
	q, err := p.request(r, datum, point, purpose)
	if err != nil {
		return err
	}
	token := q.Token
	for _, st := range []struct {
		token string
		opens bool
		when  string
	}{{"", false, "without the person's choice for this event"}, {"madeup" + token[6:], false, "with a token nobody gave"}, {token, true, "with the person's choice for this event"}, {token, false, "with a choice already spent"}} {
		q.Token, q.Subject = st.token, p.ref
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.allowed != st.opens {
			return &mismatch{fmt.Sprintf("allowed = %v %s", st.opens, st.when), a.String()}
		}
	}
	return nil
}

func ids[E any](entries []E, id func(*E) string) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = id(&entries[i])
	}
	return out
}

func pointID(e *syntax.Point) string     { return e.ID.Text }
func purposeID(e *syntax.Purpose) string { return e.ID.Text }
func roleID(e *syntax.Role) string       { return e.ID.Text }
func partyID(e *syntax.Party) string     { return e.ID.Text }
func datumID(e *syntax.Datum) string     { return e.ID.Text }
