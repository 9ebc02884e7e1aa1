package prove

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// qualification is what the controller's people put on file of a recipient.
type qualification struct {
	Recipient string    `json:"recipient"`
	Kind      string    `json:"kind"`
	Document  string    `json:"document"`
	By        string    `json:"by"`
	Date      time.Time `json:"date"`
	Expires   time.Time `json:"expires"`
	Policy    string    `json:"policy_hash,omitempty"`
	Purposes  []string  `json:"purposes,omitempty"`
	Link      string    `json:"link,omitempty"`
	Key       string    `json:"key,omitempty"`
	Webhook   string    `json:"webhook,omitempty"`
}

// approving names a matter and what stands in it.
type approving struct {
	ID     string `json:"id"`
	Digest string `json:"digest,omitempty"`
}

// onFile is what is on file at one engine under one text: the id of each kind, by
// recipient.
type onFile struct {
	at   Engine
	hash string
	ids  map[string]map[string]string
}

// qualify puts on file what the policy requires of a recipient, once for each
// engine and text.
func (s *stage) qualify(to string) error {
	if s.onFile.at != s.engine || s.onFile.hash != s.hash {
		s.onFile = onFile{s.engine, s.hash, make(map[string]map[string]string)}
	}
	e := s.text.party(to)
	if e == nil || e.Kind.Text == "successor" || s.onFile.ids[to] != nil {
		return nil
	}
	ids := make(map[string]string)
	for _, need := range e.Requires {
		id, err := s.file(s.paperFor(e, need.Text))
		if err != nil {
			return err
		}
		ids[need.Text] = id
	}
	s.onFile.ids[to] = ids
	return nil
}

// qualifyEach does so for each of some recipients.
func (s *stage) qualifyEach(to []syntax.Word) error {
	for _, w := range to {
		if err := s.qualify(w.Text); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) qualifyAll() error {
	for i := range s.text.Parties {
		if err := s.qualify(s.text.Parties[i].ID.Text); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) paperFor(e *syntax.Party, kind string) *qualification {
	now := s.clock.now()
	q := &qualification{Recipient: e.ID.Text, Kind: kind, Document: strings.Repeat("5a", 32), By: "notary", Date: now.Add(-time.Hour), Expires: now.AddDate(4, 0, 0)}
	switch kind {
	case "terms":
		q.Policy = s.hash
	case "purposes":
		q.Purposes = s.text.purposesTo(e.ID.Text)
	case "policy-link":
		q.Link = e.PolicyURL.Text
	}
	return q
}

// purposesTo are the purposes for which any rule hands data to a recipient.
func (t text) purposesTo(to string) []string {
	var out []string
	add := func(list []syntax.Word) {
		for _, w := range list {
			if !slices.Contains(out, w.Text) {
				out = append(out, w.Text)
			}
		}
	}
	for i := range t.Share {
		if has(t.Share[i].To, to) {
			add(t.Share[i].For)
		}
	}
	for i := range t.Releases {
		if has(t.Releases[i].To, to) {
			add(t.Releases[i].For)
		}
	}
	if len(out) == 0 {
		out = ids(t.Purposes, purposeID)[:1]
	}
	return out
}

// propose puts a paper forward as one of two people.
func (s *stage) propose(q *qualification) (*proposed, error) {
	a, err := s.as("ann", "qualifications", q)
	if err != nil {
		return nil, err
	}
	var made struct {
		Qualification approving `json:"qualification"`
		Secret        string    `json:"webhook_secret"`
	}
	if err := json.Unmarshal(a.raw, &made); err != nil || !a.allowed || made.Qualification.ID == "" {
		return nil, &mismatch{"a " + q.Kind + " paper of " + q.Recipient + " to be put on file", fmt.Sprintf("status %d", a.status)}
	}
	return &proposed{made.Qualification, made.Secret}, nil
}

// proposed is a paper that somebody put forward, and the key that was made for it.
type proposed struct {
	approving
	secret string
}

// file puts a paper on file by two people, and returns its id.
func (s *stage) file(q *qualification) (string, error) {
	made, err := s.propose(q)
	if err != nil {
		return "", err
	}
	a, err := s.as("bo", "qualifications/approve", made.approving)
	if err != nil {
		return "", err
	}
	return made.ID, expect(a.allowed, "a paper to count after two people", "%v", a)
}

// partyProbes play one recipient: each thing that it must show opens the way to it
// when two people have put it on file, and closes it when it is gone.
func (t text) partyProbes(e *syntax.Party) []probe {
	id := e.ID.Text
	probes := []probe{{id, "links to the recipient's own policy", func(s *stage) error { return s.linked(e) }}}
	if t.wayTo(id) == nil {
		return probes
	}
	for _, need := range e.Requires {
		probes = append(probes, probe{id, "is shut while " + need.Text + " is not on file", func(s *stage) error { return s.shutWithout(e, need.Text) }})
	}
	if has(e.Requires, "purposes") {
		probes = append(probes, probe{id, "receives nothing for a purpose that it did not state", func(s *stage) error { return s.statedPurposesOnly(e) }})
	}
	if e.Terms.Text == "same-policy" && has(e.Requires, "terms") {
		probes = append(probes, probe{id, "is bound to the very text in force", func(s *stage) error { return s.boundToThisText(e) }})
	}
	if len(e.Requires) > 0 {
		probes = append(probes, probe{id, "is let in by two different people", func(s *stage) error { return s.twoPeople(e) }})
	}
	probes = append(probes, t.envelopeProbes(e)...)
	probes = append(probes, t.handingProbes(e)...)
	probes = append(probes, t.tellingProbes(e)...)
	if !e.Expires.IsZero() {
		probes = append(probes, probe{id, "is shut on the day after its terms end", func(s *stage) error { return s.termsEnd(e) }})
	}
	return probes
}

// wayTo returns a rule that hands data to a recipient and can be played.
func (t text) wayTo(to string) *syntax.Share {
	for i := range t.Share {
		r := &t.Share[i]
		if has(r.To, to) && len(r.Ground) == 0 && r.Verb.Text != "publish" && r.Verb.Text != "disclose" && t.facts(r.Needs.Facts, &ask{}) == nil {
			return r
		}
	}
	return nil
}

// wayfarer is somebody for whom the way to a recipient is open, as far as they are
// concerned; the function asks for it once.
func (s *stage) wayfarer(e *syntax.Party) (*person, func() (*answer, error), error) {
	return s.wayfarerBy(e, "")
}

// wayfarerBy is wayfarer for a way of handing over.
func (s *stage) wayfarerBy(e *syntax.Party, as string) (*person, func() (*answer, error), error) {
	r := s.text.wayTo(e.ID.Text)
	datum := r.Data[0].Text
	if as != "" {
		datum = s.text.sendable(r)
	}
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return nil, nil, err
	}
	return p, func() (*answer, error) {
		q, err := p.shareRequest(r, datum, e.ID.Text, r.For[0].Text)
		if err != nil {
			return nil, err
		}
		q.As = as
		for _, w := range r.Needs.Choice {
			if c := s.text.choice(w.Text); c != nil && c.Kind.Text == "per-event" {
				clear(p.token)
				token, err := p.eventToken(w.Text)
				if err != nil {
					return nil, err
				}
				if q.Shown == nil {
					q.Shown = &shown{}
				}
				q.Shown.Token = token
			}
		}
		if as != "" { // what is no decision has no evidence to look for
			return p.send(r.Verb.Text, q)
		}
		return p.decide(r.Verb.Text, q)
	}, nil
}

func (s *stage) open(e *syntax.Party, ask func() (*answer, error), open bool, when string) error {
	a, err := ask()
	if err != nil {
		return err
	}
	if a.allowed != open || !open && !a.because("recipient-unqualified") {
		return &mismatch{fmt.Sprintf("the way to %s open = %v %s", e.ID.Text, open, when), a.String()}
	}
	return nil
}

func (s *stage) shutWithout(e *syntax.Party, need string) error {
	_, ask, err := s.wayfarer(e)
	if err != nil {
		return err
	}
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	if err := s.open(e, ask, true, "with everything on file"); err != nil {
		return err
	}
	if err := s.revoke(e, need); err != nil {
		return err
	}
	if err := s.open(e, ask, false, "after "+need+" was revoked"); err != nil {
		return err
	}
	q := s.paperFor(e, need)
	q.Expires = s.clock.now().Add(time.Minute)
	if _, err := s.file(q); err != nil {
		return err
	}
	if err := s.open(e, ask, true, "with a new "+need); err != nil {
		return err
	}
	s.clock.set(s.clock.now().Add(2 * time.Minute))
	if err := s.open(e, ask, false, "after the "+need+" ran out"); err != nil {
		return err
	}
	id, err := s.file(s.paperFor(e, need))
	if err != nil {
		return err
	}
	s.onFile.ids[e.ID.Text][need] = id
	return s.open(e, ask, true, "with "+need+" renewed")
}

func (s *stage) revoke(e *syntax.Party, need string) error {
	a, err := s.as("bo", "qualifications/revoke", approving{ID: s.onFile.ids[e.ID.Text][need]})
	if err != nil {
		return err
	}
	return expect(a.allowed, "one person to take a paper back", "%v", a)
}

// instead has a paper replaced by another, asks, and puts the right one back.
func (s *stage) instead(e *syntax.Party, q *qualification, when string) error {
	_, ask, err := s.wayfarer(e)
	if err != nil {
		return err
	}
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	if err := s.revoke(e, q.Kind); err != nil {
		return err
	}
	if _, err := s.file(q); err != nil {
		return err
	}
	if err := s.open(e, ask, false, when); err != nil {
		return err
	}
	id, err := s.file(s.paperFor(e, q.Kind))
	if err != nil {
		return err
	}
	s.onFile.ids[e.ID.Text][q.Kind] = id
	return s.open(e, ask, true, "with the right paper")
}

func (s *stage) statedPurposesOnly(e *syntax.Party) error {
	q := s.paperFor(e, "purposes")
	asked := s.text.wayTo(e.ID.Text).For[0].Text
	q.Purposes = slices.DeleteFunc(ids(s.text.Purposes, purposeID), func(p string) bool { return p == asked })
	if len(q.Purposes) == 0 {
		return nil // there is no other purpose to state
	}
	return s.instead(e, q, "for a purpose that it did not state")
}

func (s *stage) boundToThisText(e *syntax.Party) error {
	q := s.paperFor(e, "terms")
	q.Policy = "sha256:" + strings.Repeat("0b", 32)
	return s.instead(e, q, "with terms that bind it to another text")
}

// twoPeople tries to let a recipient in alone: by approving what one put forward
// oneself, also through another account, and by approving something else.
func (s *stage) twoPeople(e *syntax.Party) error {
	_, ask, err := s.wayfarer(e)
	if err != nil {
		return err
	}
	if err := s.qualify(e.ID.Text); err != nil {
		return err
	}
	need := e.Requires[0].Text
	if err := s.revoke(e, need); err != nil {
		return err
	}
	forward, err := s.propose(s.paperFor(e, need))
	if err != nil {
		return err
	}
	made := forward.approving
	for name, try := range map[string]func() (*answer, error){
		"by the same person":                 func() (*answer, error) { return s.as("ann", "qualifications/approve", made) },
		"by the same person's other account": func() (*answer, error) { return s.again("ann", "qualifications/approve", made) },
		"by a program":                       func() (*answer, error) { return s.send("qualifications/approve", made) },
		"of something else": func() (*answer, error) {
			return s.as("bo", "qualifications/approve", approving{made.ID, strings.Repeat("0c", 32)})
		},
	} {
		a, err := try()
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{"no approval " + name, a.String()}
		}
		if err := s.open(e, ask, false, "after an approval "+name); err != nil {
			return err
		}
	}
	a, err := s.as("bo", "qualifications/approve", made)
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"two different people to let " + e.ID.Text + " in", a.String()}
	}
	s.onFile.ids[e.ID.Text][need] = made.ID
	if a, err = s.as("cleo", "qualifications/approve", made); err != nil || a.allowed {
		return errors.Join(err, expect(err != nil, "no second use of an approval", "%v", a))
	}
	return s.open(e, ask, true, "after two people")
}

// termsEnd looks at a recipient on the last day of its terms and on the day after,
// on an engine whose time is its own.
func (s *stage) termsEnd(e *syntax.Party) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a := s.elsewhere(dir)
	a.clock = &clock{}
	a.setup.Clock = a.clock.now
	last := time.Date(e.Expires.Year, time.Month(e.Expires.Month), e.Expires.Day, 23, 0, 0, 0, time.UTC)
	a.clock.set(last)
	if err := a.run(); err != nil {
		return err
	}
	defer a.end()
	if err := a.qualify(e.ID.Text); err != nil {
		return err
	}
	_, ask, err := a.wayfarer(a.text.party(e.ID.Text))
	if err != nil {
		return err
	}
	if err := a.open(e, ask, true, "on the last day of its terms"); err != nil {
		return err
	}
	a.clock.set(last.Add(2 * time.Hour))
	return a.open(e, ask, false, "on the day after")
}

// partyMutants take one thing after the other out of what a recipient must show.
func (p *plan) partyMutants(v *syntax.Party, turn func(string, func(any))) {
	if p.text.wayTo(v.ID.Text) == nil {
		return
	}
	for _, w := range v.Requires {
		turn("without "+w.Text, func(x any) { n := x.(*syntax.Party); n.Requires = without(n.Requires, w.Text) })
	}
	if v.Terms.Text == "same-policy" && has(v.Requires, "terms") {
		turn("bound by any contract", func(x any) { x.(*syntax.Party).Terms.Text = "contract" })
	}
	envelopeMutants(v, turn)
	if !v.Expires.IsZero() {
		turn("for a year longer", func(x any) { x.(*syntax.Party).Expires.Year++ })
	}
}
