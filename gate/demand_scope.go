package gate

import (
	"context"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// Scope is what a demand is about: what was asked, and the minimum of it that
// may be given.
type Scope struct {
	People   []int64      `json:"people,omitempty"` // by number
	Asked    []avow.Datum `json:"asked,omitempty"`  // by the authority
	Named    []avow.Datum `json:"named,omitempty"`  // in the instrument
	From, To time.Time    `json:",omitzero"`        // the period that the instrument names
	Purpose  avow.Purpose `json:"purpose,omitempty"`
	Data     []avow.Datum `json:"data,omitempty"` // the minimum
	Left     []LeftOut    `json:"left,omitempty"` // what of the asked is not in it, and why
	Unknown  int          `json:"unknown,omitempty"`
}

// LeftOut is a kind of data that was asked for and is not given.
type LeftOut struct {
	Datum avow.Datum `json:"datum"`
	Why   string     `json:"why"` // not-named, not-personal, secret, file, undeclared, or a reason of the policy
}

// Scoping is how people, data and period of a demand are put into fields.
type Scoping struct {
	People   []avow.SubjectRef
	Asked    []avow.Datum
	Named    []avow.Datum
	From, To time.Time
	Purpose  avow.Purpose // empty: the first for which the policy lets data out on this ground
}

// mostPeople bounds one demand. A demand for more is several, or none.
const mostPeople = 64

// ScopeDemand reads people, data and period of the instrument into fields, and
// computes the minimum: what is asked for, and named in the instrument, and let
// out by the policy to this authority on this ground. Scoping voids approvals.
func (g *Gate) ScopeDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, s *Scoping) (Demand, avow.Receipt, error) {
	if len(s.People) == 0 || len(s.People) > mostPeople || len(s.Asked) == 0 || len(s.Asked) > mostData || len(s.Named) > mostData {
		return Demand{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "a demand is about 1 to 64 people and 1 to 256 kinds of data, all of them named", Try: "name them; a demand for everybody, or for everything, is not answered"}
	}
	return g.stepDemand(ctx, id, matter, by, "scoped", func(t *turn, m *Demand) error {
		if m.State == "received" {
			return notNow("it has to be authenticated first")
		}
		d := &m.Body
		d.Scope = Scope{Asked: s.Asked, Named: s.Named, From: s.From.UTC(), To: s.To.UTC(), Purpose: s.Purpose}
		if err := t.findPeople(&d.Scope, s.People); err != nil {
			return err
		}
		t.minimum(d)
		m.State = "scoped"
		what, err := d.digest()
		if err == nil {
			m.Proposal.propose(what, by, t.now)
		}
		return err
	})
}

func (t *turn) findPeople(s *Scope, refs []avow.SubjectRef) error {
	for _, ref := range refs {
		p, err := t.gate.find(t.ctx, t.served, ref)
		if err != nil {
			return unreadable(err)
		}
		switch {
		case !p.known():
			s.Unknown++
		case !slices.Contains(s.People, p.row.SID):
			s.People = append(s.People, p.row.SID)
		}
	}
	return nil
}

// minimum computes what may be given at most.
func (t *turn) minimum(d *Demanding) {
	s := &d.Scope
	rules := t.rulesOn(d)
	for _, r := range rules {
		if s.Purpose == "" && len(r.For) > 0 {
			s.Purpose = avow.Purpose(r.For[0].Text)
		}
	}
	s.Data, s.Left = nil, nil
	for _, datum := range s.Asked {
		if slices.Contains(s.Data, datum) {
			continue
		}
		if why := t.leaves(d, datum); why != "" {
			s.Left = append(s.Left, LeftOut{datum, why})
			continue
		}
		s.Data = append(s.Data, datum)
	}
}

// leaves says why a datum is not in the minimum, or nothing.
func (t *turn) leaves(d *Demanding, datum avow.Datum) string {
	info, ok := t.program.Datum(datum)
	switch {
	case !ok:
		return "undeclared"
	case info.Type == "password":
		return "secret"
	case info.Type == "file":
		return "file"
	case !info.Personal():
		return "not-personal"
	case !slices.Contains(d.Scope.Named, datum):
		return "not-named"
	}
	req := t.requestOf(d, datum)
	bound := t.program.Bind(&avow.Standing{}, t.now)
	decision, _ := t.program.Authorize(&req, ^avow.Facts(0), &bound)
	if decision.Verdict != avow.Allow {
		return strings.Join(decision.Reasons.Codes(), " ")
	}
	return ""
}

func (t *turn) requestOf(d *Demanding, data ...avow.Datum) avow.Request {
	return avow.Request{Policy: t.id, Verb: t.verbOf(d), Data: data, Purpose: d.Scope.Purpose, Recipient: d.Authority, Ground: d.Ground, At: t.now}
}

// rulesOn returns the rules that let data out on a demand's ground to its
// authority.
func (t *turn) rulesOn(d *Demanding) []*syntax.Share {
	var out []*syntax.Share
	for i := range t.program.File().Share {
		if r := &t.program.File().Share[i]; syntax.Has(r.Ground, d.Ground) && (len(r.To) == 0 || syntax.Has(r.To, string(d.Authority))) {
			out = append(out, r)
		}
	}
	return out
}

// verbOf is what happens to the data: it is disclosed, unless the policy has it
// published on this ground.
func (t *turn) verbOf(d *Demanding) avow.Verb {
	for _, r := range t.rulesOn(d) {
		if v, ok := avow.ParseVerb(r.Verb.Text); ok {
			return v
		}
	}
	return avow.Disclose
}

// lacks returns what stands against a demand besides the approvals: what the
// policy, the law and the paper itself ask for and is not on record.
func (t *turn) lacks(d *Demanding, e *syntax.Demand) avow.Reasons {
	var r avow.Reasons
	needs := func(fact string, reason avow.Reason, there bool) {
		if syntax.Has(e.Requires, fact) && !there {
			r |= reason.Set()
		}
	}
	needs("citation", avow.CitationMissing, d.Statute != "")
	needs("finding", avow.FindingMissing, strings.TrimSpace(d.Finding) != "")
	needs("urgency", avow.UrgencyMissing, strings.TrimSpace(d.Urgency) != "")
	if (len(e.Instruments) > 0 || syntax.Has(e.Requires, "instrument")) && !t.valid(d, e) {
		r |= avow.InstrumentMissing.Set()
	}
	needs("scope", avow.InstrumentMissing, !d.Scope.From.IsZero() && d.Scope.To.After(d.Scope.From))
	if e.Notice.Text == "before" && d.Told.IsZero() {
		r |= avow.NoticeMissing.Set()
	}
	if !t.admits(d, e) {
		r |= avow.RegionNotAllowed.Set()
	}
	if len(d.Scope.Data) == 0 || len(d.Scope.People) == 0 {
		r |= avow.NothingHeld.Set()
	}
	return r
}

// valid reports whether the paper opens the policy's ground today.
func (t *turn) valid(d *Demanding, e *syntax.Demand) bool {
	switch {
	case d.Instrument == "", len(e.Instruments) > 0 && !syntax.Has(e.Instruments, d.Instrument), d.Authenticated == "":
		return false
	case !d.Expires.IsZero() && !t.now.Before(d.Expires), d.Issued.After(t.now):
		return false
	}
	return len(d.Papers) > 0 || d.Instrument == emergency
}

// admits reports whether the authority is one of the controller's own country, or
// what the law packs demand of foreign ones is there.
func (t *turn) admits(d *Demanding, e *syntax.Demand) bool {
	if country(string(d.Region)) == country(t.program.File().Controller.Region.Text) {
		return true
	}
	if e.Foreign.Text != "allowed" {
		return false
	}
	return !slices.ContainsFunc(t.force.packs, func(p law.Pack) bool {
		block, ok := p.ForeignBlock()
		return ok && !slices.ContainsFunc(d.Mechanisms, func(m Mechanism) bool { return m.Kind == block.Rule && strings.TrimSpace(m.Reference) != "" })
	})
}

func country(region string) string {
	c, _, _ := strings.Cut(region, "-")
	return c
}
