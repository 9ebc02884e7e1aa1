package gate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Demand is what an authority, or somebody in need, asks for. Its states:
//
//	received → authenticated → scoped → approved → released
//
// and, from any of them before the release, refused or withdrawn; challenged is
// left by scoping it anew. Whatever changes what would be released, or why, voids
// every approval.
type Demand = Matter[Demanding]

// Demanding is what the desk knows of a demand. People stand in it by number.
type Demanding struct {
	Receiving
	Papers        []Paper     `json:"papers,omitempty"`
	Authenticated string      `json:"authenticated,omitempty"` // how it was made sure that the authority is one
	Finding       string      `json:"finding,omitempty"`       // why the law or the need applies, by a named person
	FindingBy     Officer     `json:"finding_by,omitzero"`
	Urgency       string      `json:"urgency,omitempty"` // why nobody could be asked
	Mechanisms    []Mechanism `json:"mechanisms,omitempty"`
	Scope         Scope       `json:"scope,omitzero"`
	Why           string      `json:"why,omitempty"` // it was refused or challenged

	ReleasedAt time.Time  `json:"released_at,omitzero"`
	Digest     [32]byte   `json:"digest,omitzero"` // of what was released, under Salt; it stands in the evidence
	Salt       [32]byte   `json:"salt,omitzero"`
	People     []int64    `json:"people,omitempty"`  // of whom something was released
	Nothing    []int64    `json:"nothing,omitempty"` // who are known, and of whom nothing of the minimum is held
	Given      []Counted  `json:"given,omitempty"`   // how much of what was released
	Left       int        `json:"left,omitempty"`    // people of whom nothing could be given then: under a hold, or being erased
	Leaf       [16]byte   `json:"leaf,omitzero"`     // id of the evidence of the release
	Repeats    []Repeated `json:"repeats,omitempty"`
	Recalled   time.Time  `json:"recalled,omitzero"` // the authority took it back after the release
	Told       time.Time  `json:"told,omitzero"`
	ToldDue    time.Time  `json:"told_due,omitzero"` // by when they have to be told
	PaperDue   time.Time  `json:"paper_due,omitzero"`
	Missed     []string   `json:"missed,omitempty"` // clocks that ran out: notice, paper
}

// Counted says how much of one kind of data was given.
type Counted struct {
	Datum  avow.Datum `json:"datum"`
	People int        `json:"people"` // of whom something of it was given
	Values int        `json:"values"`
}

// Receiving is a demand as it comes in. It is recorded whatever it lacks: what it
// lacks is a reason to refuse it.
type Receiving struct {
	Ground     string         `json:"ground"`               // id of a demand of the policy
	Instrument string         `json:"instrument,omitempty"` // the paper's kind; empty: none, such as a telephone call
	Number     string         `json:"number,omitempty"`
	Statute    string         `json:"statute,omitempty"`
	Authority  avow.Recipient `json:"authority"`        // a recipient of the policy
	Agency     string         `json:"agency,omitempty"` // which office of it
	Region     avow.Region    `json:"region,omitempty"` // where it sits; the recipient's if empty
	Issued     time.Time      `json:"issued,omitzero"`
	Expires    time.Time      `json:"expires,omitzero"` // zero: the paper does not end
	Gag        time.Time      `json:"gag,omitzero"`     // until then people may not be told; zero: they may
	Link       string         `json:"link,omitempty"`   // where people read what they are told; empty: no message says so
}

// Mechanism is something that opens the way to a foreign authority. Each law pack
// wants its own.
type Mechanism struct {
	Kind      string `json:"kind"` // approval or agreement, as the law pack says
	Reference string `json:"reference"`
}

// textMax bounds every text of a demand, in bytes.
const textMax = 8 << 10

var demands = desk[Demanding]{"demand", evidence.DemandStep}

// emergency is the instrument of those who have no paper yet.
const emergency = "emergency-record"

// paperTime is how soon after an emergency its paper has to be there.
const paperTime = 72 * time.Hour

// ground returns the policy's words on a demand.
func (f *force) ground(id string) (*syntax.Demand, bool) {
	list := f.program.File().Demands
	i := slices.IndexFunc(list, func(e syntax.Demand) bool { return e.ID.Text == id })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

// ReceiveDemand records a demand.
func (g *Gate) ReceiveDemand(ctx context.Context, id avow.PolicyID, by Officer, r *Receiving) (Demand, avow.Receipt, error) {
	return demands.add(ctx, g, id, by, "received", "received", func(t *turn, m *Demand) error {
		m.Body.Receiving = *r
		if err := t.mayDemand(&m.Body); err != nil {
			return err
		}
		t.noteDemand(evidence.DemandReceived, &m.Body, nil)
		return nil
	})
}

// mayDemand checks the words of a demand. A ground or an authority that the policy
// does not know is refused on the spot, with evidence.
func (t *turn) mayDemand(d *Demanding) error {
	for _, s := range []string{d.Number, d.Statute, d.Agency, d.Finding, d.Urgency, d.Authenticated, d.Why} {
		if len(s) > textMax {
			return &avow.Error{Code: avow.Invalid, Message: "a text of the demand is longer than 8 KiB", Try: "attach it as a document"}
		}
	}
	if tmpl, ok := t.gate.letters.Template(demandTold); d.Link != "" && (!ok || tmpl.Check(d.told()) != nil) {
		return &avow.Error{Code: avow.Invalid, Message: "the link cannot stand in a message", Try: "send an https address without user, query and fragment"}
	}
	var r avow.Reasons
	if _, ok := t.force.ground(d.Ground); !ok {
		r |= avow.GroundUndeclared.Set()
	}
	party, ok := t.party(d.Authority)
	if !ok {
		r |= avow.RecipientUndeclared.Set()
	}
	if r != 0 {
		return t.declineDemand(d, r)
	}
	if d.Region == "" {
		d.Region = avow.Region(party.Region.Text)
	}
	if d.Region == "" {
		return &avow.Error{Code: avow.Invalid, Message: "it is not said where the authority sits", Try: "send its region, an ISO 3166 code"}
	}
	return nil
}

func (t *turn) party(r avow.Recipient) (*syntax.Party, bool) {
	list := t.program.File().Parties
	i := slices.IndexFunc(list, func(e syntax.Party) bool { return e.ID.Text == string(r) })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

// declineDemand records that the policy is against a demand. A policy that only
// observes lets no authority in either: nobody would know what for.
func (t *turn) declineDemand(d *Demanding, r avow.Reasons) error {
	if err := t.undo(); err != nil {
		return err
	}
	req := avow.Request{Policy: t.id, Verb: t.verbOf(d), Data: d.Scope.Data, Purpose: d.Scope.Purpose, Recipient: d.Authority, At: t.now}
	decision := avow.Decision{Verdict: avow.Refuse, Reasons: r, Policy: t.program.Hash()}
	l := t.ruled(&req, &decision)
	if e, ok := t.force.ground(d.Ground); ok {
		l.Rules, l.Clauses = []avow.RuleID{avow.RuleID(e.ID.Text)}, syntax.Slugs[avow.ClauseID](e.Clause)
		decision.Rulings = []avow.Ruling{{Verdict: avow.Refuse, Reasons: r, Rule: l.Rules[0], Clauses: l.Clauses}}
	}
	return &avow.Refusal{Decision: decision}
}

// noteDemand leaves evidence of what became of a demand, which the transparency
// report is counted from.
func (t *turn) noteDemand(kind evidence.Kind, d *Demanding, fill func(*evidence.Leaf)) {
	t.note(kind, func(l *evidence.Leaf) {
		l.Recipient = known(t.force.words.recipients, d.Authority)
		if e, ok := t.force.ground(d.Ground); ok {
			l.Rules, l.Clauses = []avow.RuleID{avow.RuleID(e.ID.Text)}, syntax.Slugs[avow.ClauseID](e.Clause)
		}
		if fill != nil {
			fill(l)
		}
	})
}

// What is released, and why, is what people approve.
func (d *Demanding) digest() ([32]byte, error) {
	seen := Demanding{Receiving: d.Receiving, Papers: d.Papers, Authenticated: d.Authenticated, Finding: d.Finding, FindingBy: d.FindingBy, Urgency: d.Urgency, Mechanisms: d.Mechanisms, Scope: d.Scope}
	raw, err := json.Marshal(&seen)
	if err != nil {
		return [32]byte{}, internal("the demand could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

// open says that a demand is not over yet.
func (d *Demanding) open(state string) bool {
	return slices.Contains([]string{"received", "authenticated", "scoped", "approved", "challenged"}, state)
}

// stepDemand is a step on a demand that is not over. What stood for approval
// stands anew afterwards if anything in it changed.
func (g *Gate) stepDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, did string, act func(*turn, *Demand) error) (Demand, avow.Receipt, error) {
	return demands.step(ctx, g, id, matter, by, did, func(t *turn, m *Demand) error {
		if !m.Body.open(m.State) {
			return notNow("the demand is " + m.State)
		}
		before, err := m.Body.digest()
		if err != nil {
			return err
		}
		if err := act(t, m); err != nil {
			return err
		}
		after, err := m.Body.digest()
		if err != nil || after == before || m.State != "scoped" && m.State != "approved" {
			return err
		}
		m.State = "scoped"
		m.Proposal.propose(after, by, t.now)
		return nil
	})
}

// AuthenticateDemand says how it was made sure that the authority is one and that
// the paper is theirs. Without a document there is nothing to look at, except in
// an emergency.
func (g *Gate) AuthenticateDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, how string) (Demand, avow.Receipt, error) {
	return g.stepDemand(ctx, id, matter, by, "authenticated", func(t *turn, m *Demand) error {
		d := &m.Body
		switch {
		case m.State != "received":
			return notNow("it was authenticated already")
		case strings.TrimSpace(how) == "":
			return &avow.Error{Code: avow.Invalid, Message: "it is not said how", Try: "say how it was made sure that the demand is genuine, such as a call back to the number in the register"}
		case len(d.Papers) == 0 && d.Instrument != emergency:
			return t.declineDemand(d, avow.InstrumentMissing.Set())
		}
		d.Authenticated, m.State = how, "authenticated"
		return t.mayDemand(d)
	})
}

// Amendment adds to what is on record. Empty fields stay as they are.
type Amendment struct {
	Finding, Urgency, Statute string
	Mechanism                 Mechanism
	Expires, Gag              time.Time
}

// AmendDemand adds to what is on record. A finding is that of the person who
// records it.
func (g *Gate) AmendDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, a *Amendment) (Demand, avow.Receipt, error) {
	return g.stepDemand(ctx, id, matter, by, "amended", func(t *turn, m *Demand) error {
		d := &m.Body
		if a.Finding != "" {
			d.Finding, d.FindingBy = a.Finding, by
		}
		if a.Urgency != "" {
			d.Urgency = a.Urgency
		}
		if a.Statute != "" {
			d.Statute = a.Statute
		}
		if a.Mechanism.Kind != "" {
			if len(a.Mechanism.Reference) > textMax {
				return &avow.Error{Code: avow.Invalid, Message: "the reference of the mechanism is longer than 8 KiB", Try: "attach it as a document"}
			}
			d.Mechanisms = append(slices.DeleteFunc(slices.Clone(d.Mechanisms), func(m Mechanism) bool { return m.Kind == a.Mechanism.Kind }), a.Mechanism)
		}
		if !a.Expires.IsZero() {
			d.Expires = a.Expires.UTC()
		}
		if !a.Gag.IsZero() {
			d.Gag = a.Gag.UTC()
		}
		return t.mayDemand(d)
	})
}

// RefuseDemand ends a demand that is not answered.
func (g *Gate) RefuseDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, why string) (Demand, avow.Receipt, error) {
	return g.endDemand(ctx, id, matter, by, "refused", why)
}

// WithdrawDemand ends a demand that its authority took back.
func (g *Gate) WithdrawDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, why string) (Demand, avow.Receipt, error) {
	return g.endDemand(ctx, id, matter, by, "withdrawn", why)
}

// ChallengeDemand says that a demand is fought. Nothing is released until it is
// scoped anew.
func (g *Gate) ChallengeDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, why string) (Demand, avow.Receipt, error) {
	return g.endDemand(ctx, id, matter, by, "challenged", why)
}

func (g *Gate) endDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, state, why string) (Demand, avow.Receipt, error) {
	return g.stepDemand(ctx, id, matter, by, state, func(t *turn, m *Demand) error {
		if m.State == state || state == "challenged" && m.State == "received" {
			return notNow("it is " + m.State)
		}
		m.State, m.Body.Why, m.Proposal = state, why, Proposal{}
		t.noteDemand(evidence.Kind("demand-"+state), &m.Body, nil)
		return t.mayDemand(&m.Body)
	})
}

// ReadDemand returns a demand as it stands.
func (g *Gate) ReadDemand(ctx context.Context, id avow.PolicyID, matter string) (Demand, error) {
	return demands.read(ctx, g, id, matter)
}

// Demands lists up to limit demands in the order in which they came, after a
// given one.
func (g *Gate) Demands(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Demand, error) {
	return demands.list(ctx, g, id, after, limit, nil)
}
