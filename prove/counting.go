package prove

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// crowds are the people and events that were made up to be counted.
type crowds struct {
	fed   map[string]crowd     // by datum
	until map[string]time.Time // by rule: when its budget is whole again
}

type crowd struct {
	large, small string // categories
	at           time.Time
}

// question asks for a table.
type question struct {
	Rule      string      `json:"rule"`
	Recipient string      `json:"recipient,omitempty"`
	Purpose   string      `json:"purpose"`
	Datum     string      `json:"datum"`
	By        []dimension `json:"by,omitempty"`
}

type dimension struct {
	Field  string   `json:"field,omitempty"`
	Values []string `json:"values"`
	Prefix bool     `json:"prefix,omitempty"`
}

// table is a release as the desk shows it.
type table struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Digest    string    `json:"digest"`
	Wanted    int64     `json:"approvals_wanted"`
	Threshold int64     `json:"threshold"`
	Epsilon   string    `json:"epsilon"`
	Until     time.Time `json:"until"`
	Rows      []figure  `json:"rows"`
}

type figure struct {
	Of     []string `json:"of"`
	Count  int64    `json:"count"`
	Hidden bool     `json:"hidden"`
}

// releaseProbes play one rule of statistics: who may have which tables, by whose
// word, and that a table points at nobody.
func (t text) releaseProbes(e *syntax.Release) []probe {
	id := e.ID.Text
	return []probe{
		{id, "releases to nobody else, for nothing else", func(s *stage) error { return s.releaseOtherwise(e) }},
		{id, "asks for the threshold, the budget and the approvals of the policy", func(s *stage) error { return s.releaseTerms(e) }},
		{id, "shows no small group, answers once, and adds noise", func(s *stage) error { return s.releasePlayed(e) }},
	}
}

func (s *stage) questionOf(e *syntax.Release, datum string) *question {
	q := &question{Rule: e.ID.Text, Purpose: e.For[0].Text, Datum: datum}
	if len(e.To) > 0 {
		q.Recipient = e.To[0].Text
	}
	return q
}

// ask sends a step of a release.
func (s *stage) releasing(who, op string, body any) (*answer, *table, error) {
	a, err := s.as(who, op, body)
	if err != nil {
		return nil, nil, err
	}
	var out struct {
		Release table `json:"release"`
	}
	if a.allowed {
		if err := json.Unmarshal(a.raw, &out); err != nil {
			return a, nil, fmt.Errorf("read release: %w", err)
		}
	}
	return a, &out.Release, nil
}

func (s *stage) releaseOtherwise(e *syntax.Release) error {
	for _, datum := range words(e.Data) {
		for _, to := range append(ids(s.text.Parties, partyID), "", "somebody-nobody-declared") {
			for _, why := range append(words(e.For), "a-purpose-nobody-declared", s.text.purposeBeside(e)) {
				own := has(e.To, to) || to == "" && len(e.To) == 0
				if own && has(e.For, why) {
					continue
				}
				q := s.questionOf(e, datum)
				q.Recipient, q.Purpose = to, why
				a, _, err := s.releasing(clerk, "releases", q)
				if err != nil {
					return err
				}
				if a.allowed || len(a.reasons) == 0 {
					return &mismatch{fmt.Sprintf("%s not released to %q for %s", datum, to, why), a.String()}
				}
			}
		}
	}
	for i := range s.text.Data {
		datum := s.text.Data[i].ID.Text
		if has(e.Data, datum) {
			continue
		}
		a, _, err := s.releasing(clerk, "releases", s.questionOf(e, datum))
		if err != nil {
			return err
		}
		if a.allowed || len(a.reasons) == 0 {
			return &mismatch{datum + " not released under " + e.ID.Text, a.String()}
		}
	}
	return nil
}

// purposeBeside returns a purpose of the policy that the rule does not name.
func (t text) purposeBeside(e *syntax.Release) string {
	for _, p := range ids(t.Purposes, purposeID) {
		if !has(e.For, p) {
			return p
		}
	}
	return "a-purpose-nobody-declared"
}

// budget is the epsilon that a rule has in each period.
func budget(e *syntax.Release) string { return or(e.Epsilon.Text, "1") }

// releaseTerms proposes a table and has it approved by fewer people than the
// policy wants, by one of them twice, and by the one who proposed it.
func (s *stage) releaseTerms(e *syntax.Release) error {
	if err := s.qualifyEach(e.To); err != nil {
		return err
	}
	for _, datum := range words(e.Data) {
		q := s.questionOf(e, datum)
		q.By = []dimension{{Values: []string{"terms " + strconv.FormatInt(s.people.Add(1), 10)}}}
		a, m, err := s.releasing(clerk, "releases", q)
		if err != nil || !a.allowed {
			return orMismatch(err, datum+" proposed under "+e.ID.Text, "%v", a)
		}
		if m.Threshold != e.Threshold.N || m.Epsilon != budget(e) || m.Wanted != max(e.Approved.N, 0) {
			return &mismatch{fmt.Sprintf("a threshold of %d, a budget of %s and %d approvals", e.Threshold.N, budget(e), max(e.Approved.N, 0)), fmt.Sprintf("%d, %s and %d", m.Threshold, m.Epsilon, m.Wanted)}
		}
		if e.Approved.N < 1 {
			continue
		}
		for _, try := range []struct {
			who  string
			same bool
		}{{clerk, false}, {clerk, true}, {first1, false}, {first1, true}} {
			send := s.as
			if try.same {
				send = s.again
			}
			a, err := send(try.who, "releases/approve", matter{ID: m.ID, Digest: m.Digest})
			if err != nil {
				return err
			}
			if want := try.who == first1 && !try.same; a.allowed != want {
				return &mismatch{fmt.Sprintf("an approval by the %s = %v", try.who, want), a.String()}
			}
			if a, _, err = s.releasing(clerk, "releases/carry-out", matter{ID: m.ID}); err != nil {
				return err
			}
			if e.Approved.N > 1 && (a.allowed || !a.because("approval-missing")) {
				return &mismatch{"nothing released before enough people approved", a.String()}
			}
		}
	}
	return nil
}

// releasePlayed counts crowds that were made up.
func (s *stage) releasePlayed(e *syntax.Release) error {
	epsilon, err := strconv.ParseFloat(budget(e), 64)
	if err != nil {
		return &unplayable{"the budget is no number"}
	}
	if err := s.qualifyEach(e.To); err != nil {
		return err
	}
	defer s.clock.set(s.clock.now())
	played := false
	for _, datum := range words(e.Data) {
		c, ok, err := s.feed(datum, int(e.Threshold.N), epsilon)
		if err != nil {
			return err
		}
		if !ok {
			continue // its values cannot be made up freely
		}
		if whole := s.crowds.until[e.ID.Text]; whole.After(s.clock.now()) {
			s.clock.set(whole)
		}
		if err := s.counted(e, datum, c, epsilon); err != nil {
			return err
		}
		played = true
	}
	if !played {
		return &unplayable{"no values of its data can be made up"}
	}
	return nil
}

func (s *stage) counted(e *syntax.Release, datum string, c crowd, epsilon float64) error {
	q := s.questionOf(e, datum)
	d := dimension{Values: []string{c.large, c.small, "nobody at all"}}
	if s.jsonDatum(datum) {
		d.Field = "page"
	}
	q.By = []dimension{d}
	a, m, err := s.releasedOnce(q)
	if err != nil || !a.allowed {
		return orMismatch(err, "a table of "+datum+" released", "%v", a)
	}
	if until := addPeriod(s.clock.now(), e.Schedule); e.Schedule.Set && !m.Until.Equal(until) {
		return &mismatch{fmt.Sprintf("the next table at %v", until), m.Until.String()}
	}
	s.crowds.until[e.ID.Text] = m.Until
	n, far := crowdOf(int(e.Threshold.N), epsilon), int64(40/epsilon)
	for _, row := range m.Rows {
		large := slices.Equal(row.Of, []string{c.large})
		switch {
		case large && (row.Hidden || row.Count < int64(n)-far || row.Count > int64(n)+far):
			return &mismatch{fmt.Sprintf("about %d shown of %s", n, datum), fmt.Sprintf("%+v", row)}
		case !large && !row.Hidden && row.Of[0] != "other":
			return &mismatch{fmt.Sprintf("a group of fewer than %d hidden", e.Threshold.N), fmt.Sprintf("%d shown", row.Count)}
		case row.Hidden && row.Count != 0:
			return &mismatch{"no figure of a hidden group", fmt.Sprint(row.Count)}
		}
	}
	if strings.Contains(string(a.raw), "person-") || strings.Contains(string(a.raw), "Canary") {
		return &mismatch{"a table that points at nobody", "one that names somebody"}
	}
	l, err := s.evidence(a.index)
	if err != nil {
		return err
	}
	if l.Kind != "release" || !slices.Equal(l.Rules, []string{e.ID.Text}) || !slices.Equal(l.Clauses, words(e.Clause)) {
		return &mismatch{"evidence of the release that cites " + e.ID.Text, fmt.Sprintf("%+v", l)}
	}
	return s.sameAgain(q, m)
}

// sameAgain asks again as those would who average and subtract.
func (s *stage) sameAgain(q *question, m *table) error {
	for _, op := range []struct {
		path string
		body any
	}{{"releases", q}, {"releases/carry-out", matter{ID: m.ID}}} {
		a, again, err := s.releasing(first1, op.path, op.body)
		if err != nil {
			return err
		}
		if !a.allowed || again.ID != m.ID || fmt.Sprint(again.Rows) != fmt.Sprint(m.Rows) {
			return &mismatch{"the same answer to the same question", a.String()}
		}
	}
	other := *q
	other.By = []dimension{{Field: q.By[0].Field, Values: q.By[0].Values[:2]}}
	a, _, err := s.releasedOnce(&other)
	if err != nil {
		return err
	}
	return expect(!a.allowed, "a question that differs a little refused, as the budget is spent", "%v", a)
}

// releasedOnce proposes, approves and carries out.
func (s *stage) releasedOnce(q *question) (*answer, *table, error) {
	a, m, err := s.releasing(clerk, "releases", q)
	if err != nil || !a.allowed {
		return a, m, err
	}
	for _, who := range []string{first1, second} {
		if m.State != "proposed" {
			break
		}
		if a, m, err = s.releasing(who, "releases/approve", matter{ID: m.ID, Digest: m.Digest}); err != nil || !a.allowed {
			return a, m, err
		}
	}
	return s.releasing(clerk, "releases/carry-out", matter{ID: m.ID})
}

// crowdOf is how many people are shown whatever the noise: that of a budget of
// epsilon takes away more than 22/epsilon with a chance of one in five billion,
// and the margin that keeps small groups hidden is below 14/epsilon.
func crowdOf(threshold int, epsilon float64) int { return threshold + int(36/epsilon) }

func (s *stage) jsonDatum(datum string) bool {
	d := s.text.datum(datum)
	return d != nil && d.Type.Text == "json"
}

// feed makes up a crowd that is shown and a group that is one short of it. It is
// made once for each datum: counting changes nothing.
func (s *stage) feed(datum string, threshold int, epsilon float64) (crowd, bool, error) {
	key := fmt.Sprint(datum, threshold, epsilon)
	if c, ok := s.crowds.fed[key]; ok {
		return c, c.large != "", nil
	}
	if s.crowds.fed == nil {
		s.crowds = crowds{make(map[string]crowd), make(map[string]time.Time)}
	}
	tail := letters(s.people.Add(1))
	c := crowd{large: "large" + tail, small: "small" + tail, at: s.clock.now()}
	for label, n := range map[string]int{c.large: crowdOf(threshold, epsilon), c.small: threshold - 1} {
		ok, err := s.feedGroup(datum, label, n)
		if err != nil {
			return c, false, err
		}
		if !ok {
			c = crowd{}
			break
		}
	}
	s.crowds.fed[key] = c
	return c, c.large != "", nil
}

// letters writes a number without digits, which a scrubber may take for something.
func letters(n int64) string {
	out := ""
	for ; n > 0; n /= 20 {
		out += string(rune('a' + n%20))
	}
	return out
}

func (s *stage) feedGroup(datum, label string, n int) (bool, error) {
	value := label
	if s.jsonDatum(datum) {
		value = `{"page":"` + label + `"}`
	}
	if d := s.text.datum(datum); d == nil || d.Grammar.Text != "" && !fitsGrammar(d.Grammar.Text, value) {
		return false, nil
	}
	p := s.someone()
	for i := range n {
		if s.text.personal(datum) && i > 0 {
			p = s.someone()
		}
		ok, err := p.putValue(datum, value)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// putValue takes a chosen value in by the first rule that can be played.
func (p *person) putValue(datum, value string) (bool, error) {
	for _, r := range p.text.collecting(datum, "", "") {
		if err := p.prepare(r); err != nil {
			return false, err
		}
		q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		if err != nil {
			return false, err
		}
		q.Items = []item{{Datum: datum, Value: value}}
		a, err := p.decide("collect", q)
		if err != nil {
			return false, err
		}
		if a.allowed {
			return true, nil
		}
	}
	return false, nil
}

// neverReleased plays a prohibition of statistics: no rule of statistics lets the
// data into a table.
func (s *stage) neverReleased(n *syntax.Never) error {
	told := false
	for _, datum := range words(n.Data) {
		for i := range s.text.Releases {
			e := &s.text.Releases[i]
			a, _, err := s.releasing(clerk, "releases", s.questionOf(e, datum))
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{datum + " in no table", a.String()}
			}
			told = told || a.because("prohibited")
		}
	}
	return expect(told || len(s.text.Releases) == 0, "a refusal that names the prohibition", "none did")
}

// releaseMutants weaken a rule of statistics, one term at a time.
func (t text) releaseMutants(v *syntax.Release, turn func(string, func(any))) {
	of := func(x any) *syntax.Release { return x.(*syntax.Release) }
	turn("shows smaller groups", func(x any) { of(x).Threshold.N = 5 })
	turn("with a larger budget", func(x any) { of(x).Epsilon.Text = "2" })
	if v.Schedule.Set {
		turn("at other times", func(x any) { lengthen(&of(x).Schedule) })
	}
	if v.Approved.N > 0 {
		turn("approved by nobody", func(x any) { of(x).Approved.N = 0 })
	}
	if more := t.otherParties(v.To); len(more) > 0 {
		turn("released to everybody", func(x any) { of(x).To = append(of(x).To, more...) })
	}
	if more := t.otherPurposes(v.For); len(more) > 0 {
		turn("for every purpose", func(x any) { of(x).For = append(of(x).For, more...) })
	}
}
