package gate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// PolicyChange is a new text of a policy on its way. Its states: draft, checked,
// approved, announced, effective, superseded, withdrawn.
type PolicyChange = Matter[Changing]

// Changing is what the desk knows of a change.
type Changing struct {
	Text     string     `json:"text"` // the new text, as written
	From     avow.Hash  `json:"from"` // the text that it is compared with
	Hash     avow.Hash  `json:"hash"`
	Version  string     `json:"version"`
	Why      string     `json:"why"` // one of the reasons to which the policy limits itself, if it does
	Widens   bool       `json:"widens"`
	Findings []Finding  `json:"findings,omitempty"` // what vetting the text found; once checked
	Breaks   []Breaking `json:"breaks,omitempty"`   // recorded decisions that would end otherwise; once checked
	Replayed int64      `json:"replayed"`           // recorded decisions that were looked at
	Concerns *Concerned `json:"concerns,omitempty"` // whom it concerns; once counted
	Told     time.Time  `json:"told,omitzero"`      // when it was announced
	Since    time.Time  `json:"since,omitzero"`     // from when on it holds
	Link     string     `json:"link,omitempty"`     // where people read it
	Channels []string   `json:"channels,omitempty"` // by which it was announced
	Mailed   int64      `json:"mailed"`             // people to whom a message is on its way
	Missed   int64      `json:"missed"`             // people whom no message can reach
	Cursor   int64      `json:"cursor"`             // the next person to be told; 0: all were
}

// changeApprovals is how many people approve a change; none of them is who put it
// forward for approval by checking it.
const changeApprovals = 2

// ChangeApprovals is how many people have to approve a change.
func ChangeApprovals() int { return changeApprovals }

const mostPolicyText = 512 << 10

var policyChanges = desk[Changing]{"change", evidence.ChangeStep}

// digest is what is approved: exactly this text instead of exactly that one, for
// this reason.
func (c *Changing) digest() ([32]byte, error) {
	raw, err := json.Marshal([]string{string(c.From), string(c.Hash), c.Why})
	if err != nil {
		return [32]byte{}, internal("the change could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

// Program compiles the new text.
func (c *Changing) Program() (*policy.Program, error) {
	p, err := compileText([]byte(c.Text))
	if err != nil {
		return nil, &avow.Error{Code: avow.Invalid, Message: "the text does not compile", Try: "correct it; avow check says where: " + err.Error(), Cause: err}
	}
	return p, nil
}

// changeRules returns the rules of a kind that a policy has about its changes.
func changeRules(p *policy.Program, kind string) []*syntax.Change {
	var out []*syntax.Change
	for i := range p.File().Changes {
		if c := &p.File().Changes[i]; c.Rule.Text == kind {
			out = append(out, c)
		}
	}
	return out
}

// ProposeChange opens a draft of a new text.
func (g *Gate) ProposeChange(ctx context.Context, id avow.PolicyID, by Officer, text []byte, why string) (PolicyChange, avow.Receipt, error) {
	return policyChanges.add(ctx, g, id, by, "proposed", "draft", func(t *turn, m *PolicyChange) error {
		return t.draft(m, text, why)
	})
}

// RedraftChange replaces the text of a change that is not announced yet. What was
// approved before is void.
func (g *Gate) RedraftChange(ctx context.Context, id avow.PolicyID, matter string, by Officer, text []byte, why string) (PolicyChange, avow.Receipt, error) {
	return policyChanges.step(ctx, g, id, matter, by, "redrafted", func(t *turn, m *PolicyChange) error {
		if m.State != "draft" && m.State != "checked" && m.State != "approved" {
			return notNow("a change is redrafted before it is announced")
		}
		return t.draft(m, text, why)
	})
}

func (t *turn) draft(m *PolicyChange, text []byte, why string) error {
	if len(text) > mostPolicyText {
		return &avow.Error{Code: avow.TooLarge, Message: "the text is over 512 KiB", Try: "send a shorter one"}
	}
	m.Body = Changing{Text: string(text), From: t.program.Hash(), Why: why}
	p, err := m.Body.Program()
	if err != nil {
		return err
	}
	switch {
	case p.ID() != t.id:
		return &avow.Error{Code: avow.Invalid, Message: "this is the text of another policy", Try: "send it to that policy"}
	case p.Hash() == t.program.Hash():
		return &avow.Error{Code: avow.Invalid, Message: "this text is in force already", Try: "send a text that differs"}
	case p.Version() == t.program.Version():
		return &avow.Error{Code: avow.Invalid, Message: "the new text has the version of the one in force", Try: "give it a version of its own"}
	}
	if err := mayBecause(t.program, why); err != nil {
		return err
	}
	m.Body.Hash, m.Body.Version, m.State = p.Hash(), p.Version(), "draft"
	m.Proposal = Proposal{}
	return nil
}

// mayBecause holds a change to the reasons to which the policy limits itself.
func mayBecause(p *policy.Program, why string) error {
	rules := changeRules(p, "reasons")
	ok := len(rules) == 0 || slices.ContainsFunc(rules, func(c *syntax.Change) bool { return syntax.Has(c.Reasons, why) })
	if !ok || len(why) > 64 {
		return &avow.Error{Code: avow.Invalid, Message: "the policy does not change for this reason", Try: "name one of the reasons that the policy lists"}
	}
	return nil
}

// CheckChange vets the draft, compares it with the text in force, and replays
// recorded decisions against it. Then it can be approved, unless it has an error
// that the text in force has not: with that it stays a draft. Whom it concerns is
// counted from then on, see [Gate.Count].
func (g *Gate) CheckChange(ctx context.Context, id avow.PolicyID, matter string, by Officer) (PolicyChange, avow.Receipt, error) {
	current, err := g.Program(id)
	if err != nil {
		return PolicyChange{}, avow.Receipt{}, err
	}
	m, err := policyChanges.read(ctx, g, id, matter)
	if err != nil {
		return PolicyChange{}, avow.Receipt{}, err
	}
	draft, err := m.Body.Program()
	if err != nil {
		return PolicyChange{}, avow.Receipt{}, err
	}
	breaks, n, err := g.wouldBreak(ctx, current, draft)
	if err != nil {
		return PolicyChange{}, avow.Receipt{}, err
	}
	checked, r, err := policyChanges.step(ctx, g, id, matter, by, "checked", func(t *turn, m *PolicyChange) error {
		if m.State != "draft" || m.Body.Hash != draft.Hash() {
			return notNow("a change is checked while it is a draft")
		}
		if err := m.Body.still(t.program); err != nil {
			return err
		}
		m.Body.Breaks, m.Body.Replayed = breaks, n
		m.Body.Widens = widens(t.program, draft)
		if m.Body.Widens && refusesWidening(t.program) {
			return &avow.Error{Code: avow.Conflict, Message: "the text widens what was promised, and the policy rules that out", Try: "take out what widens it"}
		}
		m.Body.Findings = findings(t.program, draft, t.now)
		if slices.ContainsFunc(m.Body.Findings, func(f Finding) bool { return f.Stops() }) {
			return nil
		}
		what, err := m.Body.digest()
		if err != nil {
			return err
		}
		m.State = "checked"
		m.Proposal.propose(what, by, t.now)
		return nil
	})
	if err != nil {
		return checked, r, err
	}
	return checked, r, g.beginCount(ctx, id, changeCount+matter, by)
}

func widens(old, next *policy.Program) bool {
	return slices.ContainsFunc(policy.Diff(old, next), func(c policy.Change) bool { return c.Class.Widens() })
}

func refusesWidening(p *policy.Program) bool {
	return slices.ContainsFunc(p.File().Changes, func(c syntax.Change) bool { return c.Widens.Text == "refused" })
}

// still refuses to go on with a change that was compared with a text that is not
// in force any more.
func (c *Changing) still(p *policy.Program) error {
	if c.From == p.Hash() {
		return nil
	}
	return &avow.Error{Code: avow.Conflict, Message: "another text came into force since this change was drafted", Try: "draft it anew against the text in force"}
}

// ApproveChange is one person's yes to a change, which they name by its digest.
func (g *Gate) ApproveChange(ctx context.Context, id avow.PolicyID, matter string, by Officer, what [32]byte) (PolicyChange, avow.Receipt, error) {
	return policyChanges.step(ctx, g, id, matter, by, "approved", func(t *turn, m *PolicyChange) error {
		if m.State != "checked" {
			return notNow("a change is approved once it is checked")
		}
		if err := m.Body.still(t.program); err != nil {
			return err
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		if m.Proposal.approvedBy(changeApprovals, what) {
			m.State = "approved"
		}
		return nil
	})
}

// AnnounceChange tells people that a change comes into force at a time, which lies
// as far ahead as the policy in force promises. From then on it is public, messages
// are on their way, and it comes into force by itself. Link is a page of the
// controller's own that says more; left out, people are led to the page that shows
// what changes, sentence by sentence.
func (g *Gate) AnnounceChange(ctx context.Context, id avow.PolicyID, matter string, by Officer, effective time.Time, link string) (PolicyChange, avow.Receipt, error) {
	return policyChanges.step(ctx, g, id, matter, by, "announced", func(t *turn, m *PolicyChange) error {
		if m.State != "approved" {
			return notNow("a change is announced once two people have approved it")
		}
		if err := m.Body.still(t.program); err != nil {
			return err
		}
		draft, err := m.Body.Program()
		if err != nil {
			return err
		}
		if link == "" {
			link = g.versionPage(t.id, m.Body.Hash)
		}
		if link == "" {
			return &avow.Error{Code: avow.Invalid, Message: "nothing says where people read what changes", Try: "name a page, or start with a door"}
		}
		if earliest := noticeEnds(t.program, t.now); effective.Before(earliest) {
			return &avow.Error{Code: avow.Conflict, Message: "people have to be told earlier: a change announced now comes into force on " + earliest.Format(time.RFC3339) + " at the earliest",
				Try: "name a later time"}
		}
		if from := day(draft.File().Effective); effective.Before(from) {
			return &avow.Error{Code: avow.Invalid, Message: "the text itself holds from a later date", Try: "name that date, or draft it with an earlier one"}
		}
		m.State, m.Body.Told, m.Body.Since, m.Due = "announced", t.now, effective.UTC(), effective.UTC()
		m.Body.Channels, m.Body.Cursor, m.Body.Link = announcedBy(t.program), 1, link
		text, err := syntax.Encode(draft.File())
		if err != nil {
			return internal("the text could not be written", err)
		}
		t.note(evidence.ChangeTold, func(l *evidence.Leaf) {
			t.force.citing("change")(l)
			l.Detail = digestOfHash(m.Body.Hash)
		})
		t.change.Put = append(t.change.Put, Record{Kind: policyKind(t.id), Key: hashKey(m.Body.Hash), Body: text}, t.public(m))
		return nil
	})
}

// noticeEnds returns when a change that is announced now can come into force at
// the earliest: the longest of the notices that the policy promises.
func noticeEnds(p *policy.Program, now time.Time) time.Time {
	end := now
	for i := range p.File().Changes {
		if c := &p.File().Changes[i]; c.Notice.Set {
			if e := p.After(now, c.Notice); e.After(end) {
				end = e
			}
		}
	}
	return end
}

// announcedBy returns the channels by which the policy announces changes. A system
// notice is always there: the text itself is public.
func announcedBy(p *policy.Program) []string {
	out := []string{"system"}
	for i := range p.File().Changes {
		for _, w := range p.File().Changes[i].Channel {
			out = once(out, w.Text)
		}
	}
	return out
}

// WithdrawChange gives a change up that did not come into force.
func (g *Gate) WithdrawChange(ctx context.Context, id avow.PolicyID, matter string, by Officer) (PolicyChange, avow.Receipt, error) {
	return policyChanges.step(ctx, g, id, matter, by, "withdrawn", func(t *turn, m *PolicyChange) error {
		if m.State == "effective" || m.State == "superseded" || m.State == "withdrawn" {
			return notNow("a change is given up before it comes into force")
		}
		m.State, m.Due = "withdrawn", time.Time{}
		if !m.Body.Told.IsZero() {
			t.change.Put = append(t.change.Put, t.public(m))
		}
		return nil
	})
}

// Changes lists changes, the oldest first, without their texts.
func (g *Gate) Changes(ctx context.Context, id avow.PolicyID, after string, limit int) ([]PolicyChange, error) {
	list, err := policyChanges.list(ctx, g, id, after, limit, nil)
	for i := range list {
		list[i].Body.Text = ""
	}
	return list, err
}

// Change returns one change.
func (g *Gate) Change(ctx context.Context, id avow.PolicyID, matter string) (PolicyChange, error) {
	return policyChanges.read(ctx, g, id, matter)
}

// engineItself acts where a time that was announced has come.
var engineItself = Officer{Person: "avow", Via: "clock"}

// sweepChanges puts announced texts in force whose time has come, and tells people
// of those whose time is to come.
func (g *Gate) sweepChanges(ctx context.Context, s *served, _ *Swept) error {
	err := policyChanges.overdue(ctx, g, s.id, g.Now(), func(m *PolicyChange) error {
		if m.State != "announced" {
			return nil
		}
		return g.effect(ctx, s, m.ID)
	})
	if err != nil {
		return fmt.Errorf("put a change in force: %w", err)
	}
	return g.tellChanges(ctx, s)
}

// effect puts an announced text in force, together with what the desk and the log
// know of it.
func (g *Gate) effect(ctx context.Context, s *served, matter string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	_, _, err := policyChanges.step(ctx, g, s.id, matter, engineItself, "came-into-force", func(t *turn, m *PolicyChange) error {
		if m.State != "announced" || t.now.Before(m.Body.Since) {
			return notNow("a change comes into force when its time has come")
		}
		if err := m.Body.still(t.program); err != nil { // a narrower text came by another way
			m.State, m.Due = "withdrawn", time.Time{}
			t.change.Put = append(t.change.Put, t.public(m))
			return nil
		}
		p, err := m.Body.Program()
		if err != nil {
			return err
		}
		chain, err := g.chain(ctx, s.id)
		if err != nil {
			return internal("the versions of the policy could not be read", err)
		}
		f := newForce(p)
		leaf, records, chain, err := enacted(f, chain, t.now)
		if err != nil {
			return internal("the new text could not be recorded", err)
		}
		f.settleChain(chain)
		t.next = f
		m.State, m.Due = "effective", time.Time{}
		t.entries = append(t.entries, entry{leaf: leaf})
		t.change.Put = append(append(t.change.Put, records...), t.public(m))
		return nil
	})
	if err != nil {
		return err
	}
	return g.supersede(ctx, s, matter)
}

// supersede closes the change that was in force before.
func (g *Gate) supersede(ctx context.Context, s *served, by string) error {
	old, err := policyChanges.list(ctx, g, s.id, "", scanPage, func(m *PolicyChange) bool { return m.State == "effective" && m.ID != by })
	if err != nil {
		return err
	}
	for i := range old {
		_, _, err := policyChanges.step(ctx, g, s.id, old[i].ID, engineItself, "superseded", func(_ *turn, m *PolicyChange) error {
			m.State = "superseded"
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
