package gate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"avow.dev"
	"avow.dev/disclose"
	"avow.dev/evidence"
)

// Question asks for a table under a rule of the policy's statistics.
type Question struct {
	Rule      avow.RuleID    `json:"rule"`
	Recipient avow.Recipient `json:"recipient,omitempty"` // empty: for the controller alone
	Purpose   avow.Purpose   `json:"purpose"`
	Data      avow.Datum     `json:"data"`              // what is counted: people who have it, or events about nobody
	By        []By           `json:"by,omitempty"`      // up to three
	Epsilon   string         `json:"epsilon,omitempty"` // a part of the period's budget; all of it if left out
	Most      int            `json:"most,omitempty"`    // cells that one person counts in; 1 if left out
	Totals    bool           `json:"totals,omitempty"`
}

// By is one dimension of a table. Its categories are named beforehand; what is in
// none of them counts as other.
type By struct {
	Datum  avow.Datum `json:"datum,omitempty"` // the counted one if left out
	Field  string     `json:"field,omitempty"` // of a JSON object, at its top
	Values []string   `json:"values,omitempty"`
	Prefix bool       `json:"prefix,omitempty"` // values are beginnings
	Bands  []int64    `json:"bands,omitempty"`  // lower edges of bands of numbers, instead of values
}

// Release is a table that was asked for, approved and counted, or on its way to
// it. Its states: proposed, approved, counting, released, withdrawn.
type Release = Matter[Releasing]

// Releasing is what the desk knows of a release.
type Releasing struct {
	Question  Question       `json:"question"`
	Approvals int            `json:"approvals"` // how many people the policy wants
	Crowd     int            `json:"crowd"`     // the threshold
	Epsilon   string         `json:"epsilon"`
	Rows      []disclose.Row `json:"rows,omitempty"`
	Shown     [32]byte       `json:"shown,omitzero"` // digest of the rows, as it stands in the evidence
	Until     time.Time      `json:"until,omitzero"` // end of the period: until then the same question has the same answer
}

// Digest is what is approved: the question, and what it costs.
func (r *Releasing) Digest() ([32]byte, error) {
	raw, err := json.Marshal(struct {
		Q *Question
		E string
		K int
	}{&r.Question, r.Epsilon, r.Crowd})
	if err != nil {
		return [32]byte{}, internal("the question could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

var releases = desk[Releasing]{"release", evidence.ReleaseStep}

// diverse is how many values of a sensitive dimension a group has to show.
const diverse = 2

// releasePeriod is the period of a rule that names none.
const releasePeriod = 30 * 24 * time.Hour

// ProposeRelease puts a question forward. A question that was answered in the
// rule's current period is not asked again: the release that answered it is
// returned.
func (g *Gate) ProposeRelease(ctx context.Context, id avow.PolicyID, by Officer, q *Question) (Release, avow.Receipt, error) {
	if before, ok, err := g.answeredRelease(ctx, id, q); err != nil || ok {
		return before, avow.Receipt{Policy: id, Index: -1}, err
	}
	return releases.add(ctx, g, id, by, "proposed", "proposed", func(t *turn, m *Release) error {
		rule, err := t.questioned(q, avow.Facts(0).With(avow.FactApproval))
		if err != nil {
			return err
		}
		m.Body = Releasing{Question: *q, Approvals: int(max(rule.Approved.N, 0)), Crowd: int(rule.Threshold.N)}
		table, err := t.table(q, rule)
		if err != nil {
			return err
		}
		m.Body.Epsilon = table.Epsilon.String()
		what, err := m.Body.Digest()
		if err != nil {
			return err
		}
		m.Proposal.propose(what, by, t.now)
		if m.Body.Approvals == 0 {
			m.State = "approved"
		}
		return nil
	})
}

// ApproveRelease is one person's yes to a question, which they name by its digest.
func (g *Gate) ApproveRelease(ctx context.Context, id avow.PolicyID, matter string, by Officer, what [32]byte) (Release, avow.Receipt, error) {
	return releases.step(ctx, g, id, matter, by, "approved", func(t *turn, m *Release) error {
		if m.State != "proposed" {
			return notNow("a release is approved while it is proposed")
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		if m.Proposal.approvedBy(m.Body.Approvals, what) {
			m.State = "approved"
		}
		return nil
	})
}

// WithdrawRelease gives a question up that was not answered.
func (g *Gate) WithdrawRelease(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Release, avow.Receipt, error) {
	return releases.step(ctx, g, id, matter, by, "withdrawn", func(_ *turn, m *Release) error {
		if m.State != "proposed" && m.State != "approved" {
			return notNow("what was counted cannot be taken back")
		}
		m.State = "withdrawn"
		return nil
	})
}

func notNow(why string) error {
	return &avow.Error{Code: avow.Conflict, Message: "this cannot be done now: " + why, Try: "read the matter and see how it stands"}
}

// Release counts and answers. One decision covers the whole table; the walk over
// people holds nothing but counters. The budget is spent before the walk begins,
// so that nobody gets two answers by ending the process in between: then the
// walk is taken again, with the budget that was spent. An answer that was given
// is given again as it was.
func (g *Gate) Release(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Release, avow.Receipt, error) {
	s, err := g.of(id)
	if err != nil {
		return Release{}, avow.Receipt{}, err
	}
	if m, err := releases.read(ctx, g, id, matter); err != nil || m.State == "released" {
		return m, avow.Receipt{Policy: id, Index: -1}, err
	}
	var table disclose.Table
	ctx = repeatable(ctx)
	m, _, err := releases.step(ctx, g, id, matter, by, "counted", func(t *turn, m *Release) error {
		var err error
		table, err = t.spend(m)
		return err
	})
	if err != nil {
		return Release{}, avow.Receipt{}, err
	}
	rows, err := g.tally(ctx, s, &m.Body.Question, &table)
	if err != nil {
		return Release{}, avow.Receipt{}, err
	}
	return releases.step(ctx, g, id, matter, by, "released", func(t *turn, m *Release) error {
		if m.State != "counting" {
			return notNow("somebody else released or withdrew it")
		}
		rule, err := t.questioned(&m.Body.Question, approvedFacts(&m.Proposal, m.Body.Approvals))
		if err != nil {
			return err
		}
		return t.released(m, rule, rows)
	})
}

// approvedFacts returns what a proposal shows by having been approved by n people.
func approvedFacts(p *Proposal, n int) avow.Facts {
	if n > 0 && len(p.Approved) >= n {
		return avow.Facts(0).With(avow.FactApproval)
	}
	return 0
}
