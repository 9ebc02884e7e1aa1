package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Concerned is how many people a change of the policy concerns, as they were when it
// was counted. It holds numbers only.
type Concerned struct {
	At     time.Time `json:"at"`
	People int64     `json:"people"` // everybody of the policy
	Asked  int64     `json:"asked"`  // who would have to agree afresh before all of it may act on them
	Agreed int64     `json:"agreed"` // who have accepted the new text
	Kept   int64     `json:"kept"`   // who were asked and stay with the text that they accepted
	Unseen int64     `json:"unseen"` // whom nobody has shown it yet
	By     []Concern `json:"by"`     // for each difference, in the order of [policy.Diff]
}

// Concern is how many people one difference concerns.
type Concern struct {
	Class   policy.ChangeClass `json:"class"`
	Section string             `json:"section"`
	Rules   []avow.RuleID      `json:"rules"`
	Data    []avow.Datum       `json:"data,omitempty"` // kinds of data that it is about; none: it is about everybody
	People  int64              `json:"people"`         // of whom any of it is held
	Asked   int64              `json:"asked"`          // of these, as in [Concerned]
	Agreed  int64              `json:"agreed"`
	Unseen  int64              `json:"unseen"`
}

// changeCount is how the names of counts begin that are about a change.
const changeCount = "change/"

// CountChange has those counted whom a change concerns, by [Gate.Count]. It needs no
// state of the change: before it is announced the figures say whom it would concern,
// and afterwards how many have agreed.
func (g *Gate) CountChange(ctx context.Context, id avow.PolicyID, matter string, by Officer) (PolicyChange, error) {
	if err := by.check(); err != nil {
		return PolicyChange{}, err
	}
	m, err := policyChanges.read(ctx, g, id, matter)
	if err != nil {
		return PolicyChange{}, err
	}
	if m.State == "withdrawn" {
		return PolicyChange{}, notNow("nobody is concerned by a change that was given up")
	}
	return m, g.beginCount(ctx, id, changeCount+matter, by)
}

// ChangeCountUnderWay says how far the count of those has come whom a change concerns.
func (g *Gate) ChangeCountUnderWay(ctx context.Context, id avow.PolicyID, matter string) (c Counting, ok bool, err error) {
	u, ok, err := g.underWay(ctx, id, changeCount+matter)
	return u.Counting, ok, err
}

// concerning is the count of those whom a change concerns, under way.
type concerning struct {
	Concerned
	matter   string
	next     *policy.Program
	text     avow.Hash
	narrower bool // silence keeps the narrower rules
	required bool // nobody stays without accepting
	widens   map[avow.Hash]bool
}

func (c *concerning) take(t *turn) (string, bool, error) {
	m, err := policyChanges.read(t.ctx, t.gate, t.id, c.matter)
	if err != nil || m.State == "withdrawn" {
		return "", false, err
	}
	if c.next, err = m.Body.Program(); err != nil {
		return "", false, err
	}
	old, err := t.gate.compiled(t.ctx, t.id, m.Body.From)
	if err != nil {
		return "", false, err
	}
	c.text, c.narrower, c.required = m.Body.Hash, keepsNarrower(c.next), c.next.File().Acceptance.Required.On
	c.widens = make(map[avow.Hash]bool)
	for _, d := range policy.Diff(old, c.next) {
		c.By = append(c.By, Concern{Class: d.Class, Section: d.Section, Rules: d.Rules, Data: d.Data})
	}
	return string(m.Body.From + c.text), true, nil
}

func (c *concerning) found() any { return &c.Concerned }

// end puts the figures onto the change's paper, if it still has the text that they are
// about.
func (c *concerning) end(t *turn, u *countUnderWay) error {
	c.At = t.now
	_, _, err := policyChanges.step(t.ctx, t.gate, t.id, c.matter, u.By, "counted", func(t *turn, m *PolicyChange) error {
		t.change.Delete = append(t.change.Delete, Record{Kind: policyKind(t.id), Key: countKey(changeCount + c.matter)})
		if m.Body.Hash == c.text {
			m.Body.Concerns = &c.Concerned
		}
		m.Steps = slices.DeleteFunc(m.Steps, func(s Step) bool { return s.Did == "counted" }) // only the last count still says anything
		return nil
	})
	return err
}

// person counts one.
func (c *concerning) person(t *turn) error {
	c.People++
	key := digestOfHash(c.text)
	rec, shown, err := t.gate.store.Get(t.ctx, t.who.row.SID, seenKind, key[:])
	if err != nil {
		return internal("it could not be read what was shown", err)
	}
	a := &t.who.state.Acceptance
	agreed := a.State == avow.AcceptedPolicy && a.Policy == c.text
	asked, err := c.asks(t)
	if err != nil {
		return err
	}
	add(&c.Asked, asked)
	add(&c.Agreed, agreed)
	add(&c.Kept, shown && !agreed && string(rec.Body) == "kept")
	add(&c.Unseen, !shown && !agreed)
	held := make(map[avow.Datum]bool)
	if err := t.eachHeld(func(h *cell) { held[h.datum] = true }); err != nil {
		return err
	}
	for i := range c.By {
		by := &c.By[i]
		if len(by.Data) > 0 && !slices.ContainsFunc(by.Data, func(d avow.Datum) bool { return held[d] }) {
			continue
		}
		by.People++
		add(&by.Asked, asked && (!c.narrower || by.Class.Widens()))
		add(&by.Agreed, agreed)
		add(&by.Unseen, !shown && !agreed)
	}
	return nil
}

// asks says whether the person of a turn accepted a text once and would have to accept
// the new one. Where silence keeps the narrower rules, a text that is narrower than
// theirs throughout asks nothing.
func (c *concerning) asks(t *turn) (bool, error) {
	a := &t.who.state.Acceptance
	if a.State != avow.AcceptedPolicy || a.Policy == c.text {
		return false, nil
	}
	if !c.narrower {
		return c.required, nil
	}
	wider, known := c.widens[a.Policy]
	if !known {
		mine, err := t.gate.compiled(t.ctx, t.id, a.Policy)
		switch {
		case err == nil:
			wider = widens(mine, c.next)
		case avow.CodeOf(err) == avow.Unknown:
			wider = true // a text that is not kept any more covers nothing
		default:
			return false, err
		}
		c.widens[a.Policy] = wider
	}
	return wider, nil
}

func add(n *int64, yes bool) {
	if yes {
		*n++
	}
}
