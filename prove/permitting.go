package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// permissionAsk is what an app asks, and reports, of a permission of the device.
type permissionAsk struct {
	Subject    string `json:"subject,omitempty"`
	Permission string `json:"permission"`
	Purpose    string `json:"purpose"`
	Feature    string `json:"feature"`
	Running    bool   `json:"running,omitempty"`
	Wanted     bool   `json:"wanted,omitempty"`
}

// permissionRuling is what the door answers.
type permissionRuling struct {
	Rule    string    `json:"rule"`
	State   string    `json:"state"`
	MayAsk  bool      `json:"may_ask"`
	MayUse  bool      `json:"may_use"`
	Stores  bool      `json:"stores"`
	Reasons []string  `json:"reasons"`
	Again   time.Time `json:"ask_again_after"`
	Receipt struct {
		Index int64 `json:"index"`
	} `json:"receipt"`
}

func (r *permissionRuling) String() string {
	return fmt.Sprintf("state %s, may ask %v, may use %v, because of %v, by %q", r.State, r.MayAsk, r.MayUse, r.Reasons, r.Rule)
}

// permissionProbes play one permission of the device: what an app may ask the
// person for, when, and what a no closes.
func (t text) permissionProbes(e *syntax.Permission) []probe {
	id := e.ID.Text
	probes := []probe{
		{id, "is asked for its purposes and functions, and for no others", func(s *stage) error { return s.permissionBound(e) }},
		{id, "is asked in the context of its function only", func(s *stage) error { return s.permissionInContext(e) }},
		{id, "stands as the policy says until the person decides", func(s *stage) error { return s.permissionDefault(e) }},
		{id, "is not asked again too soon after a no", func(s *stage) error { return s.permissionAgain(e) }},
	}
	if len(e.Data) > 0 {
		probes = append(probes, probe{id, "keeps out what it guards as long as the person says no", func(s *stage) error { return s.permissionGuards(e) }})
	}
	return probes
}

// permissionUse is a use that the entry is for, in its context.
func permissionUse(e *syntax.Permission) permissionAsk {
	return permissionAsk{Permission: e.Slug.Text, Purpose: e.For[0].Text, Feature: e.Feature[0].Text, Running: true, Wanted: true}
}

func (p *person) mayAsk(q permissionAsk) (*permissionRuling, error) {
	q.Subject = p.ref
	a, err := p.send("permissions/ask", q)
	if err != nil {
		return nil, err
	}
	return permissionAnswer(a)
}

func (p *person) permitted(q permissionAsk, granted bool) (*permissionRuling, error) {
	a, err := p.send("permissions/answers", struct {
		Subject    string `json:"subject"`
		Permission string `json:"permission"`
		Purpose    string `json:"purpose"`
		Feature    string `json:"feature"`
		Granted    bool   `json:"granted"`
	}{p.ref, q.Permission, q.Purpose, q.Feature, granted})
	if err != nil {
		return nil, err
	}
	return permissionAnswer(a)
}

func permissionAnswer(a *answer) (*permissionRuling, error) {
	if a.status != http.StatusOK {
		return nil, &mismatch{"an answer on the permission", a.String()}
	}
	r := &permissionRuling{}
	if err := json.Unmarshal(a.raw, r); err != nil {
		return nil, fmt.Errorf("read the answer on a permission: %w", err)
	}
	return r, nil
}

// permissionFor returns the entries that cover a use.
func (t text) permissionFor(slug, purpose, feature string) []string {
	var out []string
	for i := range t.Permissions {
		if e := &t.Permissions[i]; e.Slug.Text == slug && has(e.For, purpose) && has(e.Feature, feature) {
			out = append(out, e.ID.Text)
		}
	}
	return out
}

func (s *stage) permissionBound(e *syntax.Permission) error {
	p := s.someone()
	try := func(purpose, feature string) error {
		q := permissionUse(e)
		q.Purpose, q.Feature = purpose, feature
		r, err := p.mayAsk(q)
		if err != nil {
			return err
		}
		by := s.text.permissionFor(e.Slug.Text, purpose, feature)
		if len(by) == 0 {
			return expect(!r.MayAsk && !r.MayUse && len(r.Reasons) > 0, fmt.Sprintf("%s not to be asked for %s in %s", e.Slug.Text, purpose, feature), "%v", r)
		}
		if r.Rule != by[0] {
			return &mismatch{fmt.Sprintf("%s for %s in %s by %s", e.Slug.Text, purpose, feature, by[0]), r.String()}
		}
		if by[0] != e.ID.Text {
			return nil
		}
		l, err := s.evidence(r.Receipt.Index)
		if err != nil {
			return err
		}
		return expect(slices.Contains(l.Rules, e.ID.Text) && slices.Equal(l.Clauses, words(e.Clause)), "evidence that cites "+e.ID.Text+" and its clauses", "rules %v, clauses %v", l.Rules, l.Clauses)
	}
	for _, why := range append(ids(s.text.Purposes, purposeID), "a-purpose-nobody-declared") {
		if err := try(why, e.Feature[0].Text); err != nil {
			return err
		}
	}
	for i := range s.text.Features {
		if err := try(e.For[0].Text, s.text.Features[i].ID.Text); err != nil {
			return err
		}
	}
	return nil
}

// permissionInContext asks with and without what makes the context.
func (s *stage) permissionInContext(e *syntax.Permission) error {
	on := e.Default.Text == "on"
	for _, c := range []struct {
		name            string
		running, wanted bool
		fits            bool
	}{
		{"with nothing in use", false, false, e.While.Text == "app-open" || e.While.Text == ""},
		{"while the function is in use", true, false, e.While.Text == "feature-running" || e.While.Text == "app-open" || e.While.Text == ""},
		{"when the person wants it", false, true, e.While.Text != "feature-running"},
	} {
		p := s.someone()
		if c.fits {
			if err := p.switchOn(e); err != nil {
				return err
			}
		}
		q := permissionUse(e)
		q.Running, q.Wanted = c.running, c.wanted
		r, err := p.mayAsk(q)
		if err != nil {
			return err
		}
		if want := c.fits && !on; r.MayAsk != want {
			return &mismatch{fmt.Sprintf("asking %s: %v", c.name, want), r.String()}
		}
		if _, err := p.permitted(q, true); err != nil {
			return err
		}
		if r, err = p.mayAsk(q); err != nil {
			return err
		}
		if r.MayUse != c.fits || r.MayAsk {
			return &mismatch{fmt.Sprintf("a granted permission exercised %s: %v", c.name, c.fits), r.String()}
		}
	}
	return nil
}

// switches returns the choice that switches an entry's function, if there is one.
func (t text) switches(e *syntax.Permission) string {
	for i := range t.Choices {
		if c := &t.Choices[i]; e.While.Text == "switched-on" && has(c.For, e.For[0].Text) && has(c.Stops, e.Feature[0].Text) {
			return c.ID.Text
		}
	}
	return ""
}

// switchOn gives the choice that switches an entry's function.
func (p *person) switchOn(e *syntax.Permission) error {
	if c := p.text.switches(e); c != "" {
		return p.choose(c, "given")
	}
	return nil
}

// permissionSwitched expects that a granted permission is exercised as long as the
// choice that switches its function stands: from a yes on, or until a no where the
// policy asks for an objection.
func (s *stage) permissionSwitched(e *syntax.Permission, choice string) error {
	p := s.someone()
	q := permissionUse(e)
	if _, err := p.permitted(q, true); err != nil {
		return err
	}
	for _, state := range []string{"", "given", "withdrawn"} {
		if state != "" {
			if err := p.choose(choice, state); err != nil {
				return err
			}
		}
		r, err := p.mayAsk(q)
		if err != nil {
			return err
		}
		unasked := s.text.choice(choice).Kind.Text == "opt-out"
		if want := state == "given" || state == "" && unasked; r.MayUse != want {
			return &mismatch{fmt.Sprintf("%s exercised with %s %q: %v", e.Slug.Text, choice, state, want), r.String()}
		}
	}
	return nil
}

func (s *stage) permissionDefault(e *syntax.Permission) error {
	p := s.someone()
	if err := p.switchOn(e); err != nil {
		return err
	}
	r, err := p.mayAsk(permissionUse(e))
	if err != nil {
		return err
	}
	on := e.Default.Text == "on"
	return expect(r.State == "undecided" && r.MayUse == on && r.MayAsk == !on && r.Stores == e.Stores.On, fmt.Sprintf("before a decision: in use %v, asked for %v, stored %v", on, !on, e.Stores.On), "%v, stored %v", r, r.Stores)
}

func (s *stage) permissionAgain(e *syntax.Permission) error {
	begun := s.clock.now()
	defer s.clock.set(begun)
	p := s.someone()
	if err := p.switchOn(e); err != nil {
		return err
	}
	q := permissionUse(e)
	if _, err := p.permitted(q, false); err != nil {
		return err
	}
	check := func(at time.Time, may bool) error {
		s.clock.set(at)
		r, err := p.mayAsk(q)
		if err != nil {
			return err
		}
		return expect(r.MayAsk == may && !r.MayUse, fmt.Sprintf("asking again %v after a no: %v", at.Sub(begun), may), "%v", r)
	}
	if err := check(begun.Add(time.Second), false); err != nil {
		return err
	}
	if e.ReAsk.N == 0 {
		return check(begun.AddDate(3, 0, 0), false)
	}
	end := addPeriod(begun, e.ReAsk)
	if err := check(end.Add(-time.Millisecond), false); err != nil {
		return err
	}
	return check(end, true)
}

// permissionGuards plays a rule that takes what the permission guards: a no shuts
// it, a yes opens it, and what is not to be stored is not there afterwards.
func (s *stage) permissionGuards(e *syntax.Permission) error {
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		datum, why, feature, ok := s.text.guardedBy(e, r)
		if !ok {
			continue
		}
		return s.permissionShuts(e, r, datum, why, feature)
	}
	return s.staysOut(e.Data)
}

// guardedBy returns what of a rule one permission guards, and it alone.
func (t text) guardedBy(e *syntax.Permission, r *syntax.Collect) (datum, why, feature string, ok bool) {
	if t.facts(r.Needs.Facts, &ask{}) != nil || len(r.From) > 0 && !has(r.From, "device") {
		return "", "", "", false // what the person gives by themselves passes no permission
	}
	for _, d := range r.Data {
		for _, w := range r.For {
			for _, f := range append(r.Features, syntax.Word{}) {
				others := slices.ContainsFunc(t.Permissions, func(o syntax.Permission) bool {
					return o.ID.Text != e.ID.Text && has(o.Data, d.Text) && has(o.For, w.Text) && has(o.Feature, f.Text)
				})
				if t.personal(d.Text) && has(e.Data, d.Text) && has(e.For, w.Text) && has(e.Feature, f.Text) && !others {
					return d.Text, w.Text, f.Text, true
				}
			}
		}
	}
	return "", "", "", false
}

func (s *stage) permissionShuts(e *syntax.Permission, r *syntax.Collect, datum, why, feature string) error {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	use := permissionUse(e)
	use.Purpose, use.Feature = why, feature
	for _, granted := range []bool{false, true, false} {
		q, err := p.request(r, datum, r.Points[0].Text, why)
		if err != nil {
			return err
		}
		q.Feature, q.Source = feature, "device"
		if _, err := p.permitted(use, granted); err != nil {
			return err
		}
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.because("too-soon") && granted {
			s.clock.set(addPeriod(s.clock.now(), r.Every))
			if a, err = p.decide("collect", q); err != nil {
				return err
			}
		}
		if a.allowed != granted || !granted && !a.because("device-permission-denied") {
			return &mismatch{fmt.Sprintf("%s with the permission granted %v", datum, granted), a.String()}
		}
	}
	held, err := p.holds(datum)
	if err != nil {
		return err
	}
	kept := e.Stores.On && s.text.keptHere(datum)
	return expect(held == kept, fmt.Sprintf("%s kept after it was used: %v", datum, kept), "%v", held)
}

// keptHere reports whether values of a datum lie in the vault.
func (t text) keptHere(datum string) bool {
	d := t.datum(datum)
	return d != nil && (d.Held.Text == "" || d.Held.Text == "vault")
}

// holds reports whether anything of a datum is held of the person, as they would
// see it.
func (p *person) holds(datum string) (bool, error) {
	a, err := p.send("access", ask{Subject: p.ref})
	if err != nil {
		return false, err
	}
	var body struct {
		Held []item `json:"held"`
	}
	if err := json.Unmarshal(a.raw, &body); err != nil || a.status != http.StatusOK {
		return false, fmt.Errorf("read what is held: status %d", a.status)
	}
	return slices.ContainsFunc(body.Held, func(i item) bool { return i.Datum == datum }), nil
}

// grantPermissions reports that the person agreed to whatever guards a datum in a
// request. What no permission guards needs none.
func (p *person) grantPermissions(datum, purpose, feature string) error {
	for i := range p.text.Permissions {
		e := &p.text.Permissions[i]
		if !has(e.Data, datum) || !has(e.For, purpose) || feature != "" && !has(e.Feature, feature) || p.permits[e.ID.Text] {
			continue
		}
		use := permissionUse(e)
		use.Purpose = purpose
		if feature != "" {
			use.Feature = feature
		}
		a, err := p.send("permissions/answers", struct {
			Subject    string `json:"subject"`
			Permission string `json:"permission"`
			Purpose    string `json:"purpose"`
			Feature    string `json:"feature"`
			Granted    bool   `json:"granted"`
		}{p.ref, use.Permission, use.Purpose, use.Feature, true})
		if err != nil {
			return err
		}
		p.permits[e.ID.Text] = a.allowed // a mutant may know of no such permission
	}
	return nil
}

func (p *plan) permissionMutants(v *syntax.Permission, turn func(string, func(any))) {
	t := p.text
	if list := others(ids(t.Purposes, purposeID), v.For); len(list) > 0 {
		turn("for every purpose", func(x any) { x.(*syntax.Permission).For = append(x.(*syntax.Permission).For, list...) })
	}
	if list := others(ids(t.Features, func(f *syntax.Feature) string { return f.ID.Text }), v.Feature); len(list) > 0 {
		turn("for every function", func(x any) { x.(*syntax.Permission).Feature = append(x.(*syntax.Permission).Feature, list...) })
	}
	turn("on where it was off, or off where it was on", func(x any) {
		e := x.(*syntax.Permission)
		e.Default.Text = map[bool]string{true: "off", false: "on"}[e.Default.Text == "on"]
	})
	turn("in another context", func(x any) {
		e := x.(*syntax.Permission)
		e.While.Text = map[bool]string{true: "feature-running", false: "app-open"}[e.While.Text == "app-open"]
	})
	turn("stored where it was not, or the other way round", func(x any) { x.(*syntax.Permission).Stores.On = !x.(*syntax.Permission).Stores.On })
	turn("asked again after an hour", func(x any) {
		x.(*syntax.Permission).ReAsk = syntax.Period{N: 1, Unit: "h", Set: true}
	})
}
