package prove

import (
	"fmt"
	"maps"
	"slices"

	"avow.dev/policy/syntax"
)

// shareProbes play one rule that lets data out, as far as its conditions can be
// shown: an authority's paper or a recipient's assessment is for a desk.
func (t text) shareProbes(r *syntax.Share) []probe {
	id := r.ID.Text
	if to := t.party(r.To[0].Text); to != nil && to.Kind.Text == "successor" && len(t.Succeed) > 0 {
		return []probe{{id, "lets its fields out to a successor that is bound", func(s *stage) error { return s.heirReceives(r) }},
			{id, "lets nothing out to anybody else", func(s *stage) error { return s.shareOtherwise(r) }}}
	}
	probes := []probe{{id, "lets its fields out to its recipients", func(s *stage) error { return s.shareAllowed(r) }},
		{id, "lets nothing out to anybody else", func(s *stage) error { return s.shareOtherwise(r) }}}
	for _, w := range r.Needs.Choice {
		probes = append(probes, probe{id, "opens and closes with choice " + w.Text, func(s *stage) error { return s.shareToggled(r, w.Text) }})
	}
	for _, w := range r.Source {
		probes = append(probes, probe{id, "stays shut without the provenance of " + w.Text, func(s *stage) error { return s.shareUnshown(r, w.Text) }})
	}
	return probes
}

func (p *person) shareRequest(r *syntax.Share, datum, to, why string) (*ask, error) {
	q := p.shareAsked(r, datum, to, why)
	if err := p.text.facts(without(r.Needs.Facts, "notice"), q); err != nil {
		return q, err
	}
	if has(r.Needs.Facts, "notice") && r.Verb.Text != "publish" {
		return q, p.text.facts(r.Needs.Facts, q)
	}
	return q, p.forewarn(r, q)
}

// shareAsked builds the request that a rule is for, with what can be shown.
func (p *person) shareAsked(r *syntax.Share, datum, to, why string) *ask {
	q := &ask{Subject: p.ref, Data: []string{datum}, Purpose: why, Recipient: to}
	if len(r.Source) > 0 {
		q.Source = r.Source[0].Text
		if src := p.text.source(q.Source); src != nil {
			q.Shown = showing(src.Needs)
		}
	}
	if len(r.Needs.Places) > 0 {
		q.Region = p.text.regionOf(r.Needs.Places[0].Text)
	}
	return q
}

func (s *stage) shareAllowed(r *syntax.Share) error {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return err
	}
	for _, w := range r.To {
		if err := s.qualify(w.Text); err != nil {
			return err
		}
	}
	decided := false
	for _, d := range r.Data {
		if _, err := p.put(d.Text); err != nil {
			return err
		}
		for _, to := range r.To {
			for _, why := range r.For {
				by, err := p.leaves(r, d.Text, to.Text, why.Text)
				if err != nil {
					return err
				}
				decided = decided || by
			}
		}
	}
	return expect(decided, "rule "+r.ID.Text+" to decide at least one request", "other rules decided all of them")
}

// leaves expects that a datum may leave to a recipient for a purpose, and reports
// whether it was the rule that decided. It asks for nothing where another rule forbids it.
func (p *person) leaves(r *syntax.Share, datum, to, why string) (bool, error) {
	q, err := p.shareRequest(r, datum, to, why)
	if err != nil || p.text.forbidden(r.Verb.Text, datum, why, to, r.ID.Text) {
		return false, err
	}
	if once := p.text.perEvent(r.Needs.Choice); once != "" {
		clear(p.token)
		token, err := p.eventToken(once)
		if err != nil {
			return false, err
		}
		if q.Shown == nil {
			q.Shown = &shown{}
		}
		q.Shown.Token = token
	}
	a, err := p.decide(r.Verb.Text, q)
	if err != nil {
		return false, err
	}
	// Where nothing is against it but what a desk has to record, the rule stays shut for
	// that and for nothing else.
	if !a.allowed && !a.onlyUnshown() {
		return false, &mismatch{fmt.Sprintf("%s may leave to %s for %s", datum, to, why), a.String()}
	}
	return slices.Contains(a.rules, r.ID.Text), nil
}

// perEvent returns the choice among some that is made anew for each event, "" if none is.
func (t text) perEvent(choices []syntax.Word) string {
	for _, w := range choices {
		if c := t.choice(w.Text); c != nil && c.Kind.Text == "per-event" {
			return w.Text
		}
	}
	return ""
}

// sharing returns the rules that let a datum out by a verb to a recipient.
func (t text) sharing(verb, datum, to, why string) []*syntax.Share {
	var out []*syntax.Share
	for i := range t.Share {
		r := &t.Share[i]
		if r.Verb.Text == verb && has(r.Data, datum) && has(r.To, to) && (why == "" || has(r.For, why)) {
			out = append(out, r)
		}
	}
	return out
}

func (s *stage) shareOtherwise(r *syntax.Share) error {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return err
	}
	for _, d := range r.Data {
		for _, to := range append(ids(s.text.Parties, partyID), "somebody-nobody-declared") {
			why := r.For[0].Text
			if len(s.text.sharing(r.Verb.Text, d.Text, to, why)) > 0 {
				continue
			}
			a, err := p.decide(r.Verb.Text, p.shareAsked(r, d.Text, to, why))
			if err != nil {
				return err
			}
			// A declared recipient must be refused as one that the rule does not
			// name, and not only for something that could not be shown.
			if a.allowed || len(a.items) > 0 || !a.because("recipient-undeclared") && !a.because("verb-undeclared") && !a.because("purpose-undeclared") && !a.because("prohibited") {
				return &mismatch{fmt.Sprintf("%s kept from %s", d.Text, to), a.String()}
			}
		}
	}
	return nil
}

var allProvenance = []syntax.Word{{Text: "citation"}, {Text: "url"}, {Text: "contract"}, {Text: "case"}}

func (s *stage) shareToggled(r *syntax.Share, choice string) error {
	c := s.text.choice(choice)
	d, to, why := r.Data[0].Text, r.To[0].Text, r.For[0].Text
	if c == nil || slices.ContainsFunc(s.text.sharing(r.Verb.Text, d, to, why), func(o *syntax.Share) bool { return !has(o.Needs.Choice, choice) }) {
		return nil
	}
	if err := s.qualify(to); err != nil {
		return err
	}
	p := s.someone()
	others := slices.DeleteFunc(slices.Clone(r.Needs.Choice), func(w syntax.Word) bool { return w.Text == choice })
	if err := p.prepareUse(others, nil); err != nil {
		return err
	}
	steps := []step{{"", c.Kind.Text == "opt-out"}, {"given", true}, {"withdrawn", false}, {"given", true}, {"refused", false}}
	if c.Kind.Text == "per-event" {
		return p.handOverOnce(r, choice, d, to, why)
	}
	return p.toggle(choice, steps, func() (*answer, error) {
		q := p.shareAsked(r, d, to, why)
		if err := p.forewarn(r, q); err != nil {
			return nil, err
		}
		return p.decide(r.Verb.Text, q)
	})
}

// handOverOnce hands over without a token, with one, and with one spent.
func (p *person) handOverOnce(r *syntax.Share, choice, datum, to, why string) error {
	q := p.shareAsked(r, datum, to, why)
	if q.Shown == nil {
		q.Shown = &shown{}
	}
	token, err := p.eventToken(choice)
	if err != nil {
		return err
	}
	for _, st := range []struct {
		token string
		opens bool
		when  string
	}{{"", false, "without the person's choice for this event"}, {token, true, "with it"}, {token, false, "with a choice already spent"}} {
		q.Shown.Token = st.token
		a, err := p.decide(r.Verb.Text, q)
		if err != nil {
			return err
		}
		if a.onlyUnshown() && st.opens {
			return nil // consent is there; a desk has still to qualify the recipient
		}
		if a.allowed != st.opens || !st.opens && !a.forWantOfConsent() {
			return &mismatch{fmt.Sprintf("allowed = %v %s", st.opens, st.when), a.String()}
		}
	}
	return nil
}

// shareUnshown leaves out one thing after the other that the source must show.
func (s *stage) shareUnshown(r *syntax.Share, source string) error {
	src := s.text.source(source)
	if src == nil {
		return nil
	}
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return err
	}
	for _, missing := range src.Needs {
		q, err := p.shareRequest(r, r.Data[0].Text, r.To[0].Text, r.For[0].Text)
		if err != nil {
			return err
		}
		q.Source = source
		q.Shown = showing(without(src.Needs, missing.Text))
		a, err := p.decide(r.Verb.Text, q)
		if err != nil {
			return err
		}
		if !(!a.allowed && a.because(missing.Text+"-missing")) {
			return &mismatch{"refused without " + missing.Text, a.String()}
		}
	}
	return nil
}

func without(list []syntax.Word, s string) []syntax.Word {
	return slices.DeleteFunc(slices.Clone(list), func(w syntax.Word) bool { return w.Text == s })
}

// typical are data that apps usually take. A policy that takes nothing must
// refuse every one of them, declared or not.
var typical = []string{"name", "username", "account-id", "password", "display-picture", "status-message", "phone", "email", "postal-address", "birth-date",
	"birth-place", "id-number", "age-flag", "language", "country", "region", "time-zone", "postal-code", "occupation", "ip", "user-agent", "os",
	"connection-type", "wifi-info", "call-state", "mac", "imei", "imsi", "device-id", "ad-id", "device-name", "device-model", "app-version",
	"location-precise", "location-coarse", "contacts", "sms", "call-log", "photo", "calendar", "browse-history", "app-usage", "crash-log", "cookie-id",
	"preference", "interest"}

// neverProbes play one prohibition: nothing that it names is let through, save
// for the rules that it excepts.
func (t text) neverProbes(r *syntax.Never) []probe {
	var probes []probe
	for _, v := range r.Verbs {
		switch v.Text {
		case "collect":
			probes = append(probes, probe{r.ID.Text, "refuses to take in", func(s *stage) error { return s.neverCollected(r) }})
		case "use":
			probes = append(probes, probe{r.ID.Text, "refuses to use", func(s *stage) error { return s.neverUsed(r) }})
		case "share", "entrust", "transfer", "disclose", "publish":
			probes = append(probes, probe{r.ID.Text, "refuses to " + v.Text, func(s *stage) error { return s.neverLeaves(r, v.Text) }})
		case "sell", "rent", "license", "distribute":
			probes = append(probes, probe{r.ID.Text, "refuses to " + v.Text, func(s *stage) error { return s.neverLeaves(r, "share") }})
		case "release":
			probes = append(probes, probe{r.ID.Text, "refuses to count", func(s *stage) error { return s.neverReleased(r) }})
		case "store-plaintext":
			probes = append(probes, probe{r.ID.Text, "keeps nothing in clear", (*stage).nothingInClear})
		}
	}
	return probes
}

func (r neverRule) data(t text) []string {
	if len(r.Data) > 0 {
		return words(r.Data)
	}
	out := ids(t.Data, datumID)
	for _, d := range typical {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

type neverRule struct{ *syntax.Never }

func (r neverRule) purposes(t text) []string {
	if len(r.For) > 0 {
		return words(r.For)
	}
	return append(ids(t.Purposes, purposeID), "a-purpose-nobody-declared")
}

func (r neverRule) parties(t text) []string {
	if len(r.To) > 0 {
		return words(r.To)
	}
	return append(ids(t.Parties, partyID), "somebody-nobody-declared")
}

func (s *stage) neverCollected(n *syntax.Never) error {
	r := neverRule{n}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	points := append(ids(s.text.Points, pointID), "a-point-nobody-declared")
	for _, why := range r.purposes(s.text) {
		var items []item
		for _, d := range r.data(s.text) {
			v, err := p.sample(d)
			if err != nil || s.excepted(n, func(id string) bool {
				return slices.ContainsFunc(s.text.collecting(d, "", why), func(c *syntax.Collect) bool { return c.ID.Text == id })
			}) {
				continue
			}
			items = append(items, sent(d, v))
		}
		for _, at := range points {
			err := each(len(items), func(from, to int) (*answer, error) {
				return p.decide("collect", &ask{Subject: p.ref, Items: items[from:to], Point: at, Purpose: why, Source: "person"})
			}, func(i int, a *answer) error {
				d := items[i].Datum
				if a.allowed || s.text.datum(d) != nil && !a.because("prohibited") {
					return &mismatch{d + " refused as never taken in", a.String() + " at " + at + " for " + why}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return p.holdsNothing()
}

// excepted reports whether the prohibition excepts a rule that would apply.
func (s *stage) excepted(n *syntax.Never, applies func(rule string) bool) bool {
	return slices.ContainsFunc(n.Except, func(w syntax.Word) bool { return applies(w.Text) })
}

func (s *stage) neverUsed(n *syntax.Never) error {
	r := neverRule{n}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for i := range s.text.Choices {
		if s.text.Choices[i].Kind.Text != "per-event" {
			if err := p.choose(s.text.Choices[i].ID.Text, "given"); err != nil {
				return err
			}
		}
	}
	for _, why := range r.purposes(s.text) {
		data := slices.DeleteFunc(r.data(s.text), func(d string) bool {
			return s.excepted(n, func(id string) bool {
				return slices.ContainsFunc(s.text.using(d, why, ""), func(u *syntax.Use) bool { return u.ID.Text == id })
			})
		})
		for _, by := range append(ids(s.text.Roles, roleID), "a-role-nobody-declared") {
			err := p.refuses("use", ask{Subject: p.ref, Purpose: why, Role: by}, data, func(d string, a *answer) error {
				if a.allowed || len(a.items) > 0 || s.text.datum(d) != nil && !a.because("prohibited") {
					return &mismatch{d + " refused as never used for " + why, a.String() + " by " + by}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// neverLeaves tries to get every datum out to every recipient, with every choice
// given and every provenance shown, except where an excepted rule opens.
func (s *stage) neverLeaves(n *syntax.Never, verb string) error {
	r := neverRule{n}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for i := range s.text.Choices {
		if s.text.Choices[i].Kind.Text != "per-event" {
			if err := p.choose(s.text.Choices[i].ID.Text, "given"); err != nil {
				return err
			}
		}
	}
	if err := s.qualifyAll(); err != nil {
		return err
	}
	told := false
	for _, to := range r.parties(s.text) {
		byPurpose := make(map[string][]string)
		for _, d := range r.data(s.text) {
			if s.excepted(n, func(id string) bool {
				return slices.ContainsFunc(s.text.sharing(verb, d, to, ""), func(x *syntax.Share) bool { return opensBy(x, id) })
			}) {
				continue
			}
			for _, why := range s.purposesOut(r, verb, d, to) {
				if !slices.Contains(byPurpose[why], d) {
					byPurpose[why] = append(byPurpose[why], d)
				}
			}
		}
		for _, why := range slices.Sorted(maps.Keys(byPurpose)) {
			data := byPurpose[why]
			err := p.refuses(verb, ask{Subject: p.ref, Purpose: why, Recipient: to, Shown: showing(allProvenance)}, data, func(d string, a *answer) error {
				if a.allowed || len(a.items) > 0 {
					return &mismatch{fmt.Sprintf("%s never given to %s", d, to), a.String()}
				}
				told = told || a.because("prohibited")
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	// Where an excepted rule lies nearer, a refusal names that rule's reasons; the
	// prohibition itself must be told at least once, or it is not in force.
	known := slices.ContainsFunc(r.data(s.text), func(d string) bool { return s.text.datum(d) != nil })
	return expect(told || !known, "a refusal that names the prohibition", "none did")
}

// opensBy reports whether a rule of share is the excepted one, or opens by it.
func opensBy(x *syntax.Share, id string) bool {
	return x.ID.Text == id || has(x.Ground, id) || has(x.Source, id)
}

// purposesOut bounds the purposes that are tried: those of the prohibition, or
// those for which some rule lets the datum out, and one that nobody declared.
func (s *stage) purposesOut(r neverRule, verb, datum, to string) []string {
	if len(r.For) > 0 {
		return words(r.For)
	}
	out := []string{"a-purpose-nobody-declared"}
	for _, x := range s.text.sharing(verb, datum, to, "") {
		out = append(out, words(x.For)...)
	}
	if len(s.text.Purposes) > 0 {
		out = append(out, s.text.Purposes[0].ID.Text)
	}
	return out
}
