package gate

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/disclose"
	"avow.dev/policy/syntax"
)

// MostDimensions is by how many things a table may be divided.
const MostDimensions = disclose.MaxDims

// Budget is how a rule of the policy's statistics stands with one recipient: what
// may be told in each period, and what was.
type Budget struct {
	Rule      avow.RuleID
	Recipient avow.Recipient // empty: the controller alone
	Limit     string         // of ε, as all of them
	Spent     string         // in the period that runs
	Left      string
	Ever      string    // over all periods
	Until     time.Time // end of the period that runs; zero: none does
}

// Budgets returns the privacy budgets of a rule, one for each of its recipients.
func (g *Gate) Budgets(ctx context.Context, id avow.PolicyID, rule avow.RuleID) ([]Budget, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	r, ok := s.inForce.Load().statistics(rule)
	if !ok {
		return nil, &avow.Error{Code: avow.Unknown, Message: "the policy's statistics have no such rule", Try: "choose one of the policy"}
	}
	limit, err := budgetOf(r)
	if err != nil {
		return nil, internal("the rule's budget is malformed", err)
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return nil, err
	}
	to := syntax.Slugs[avow.Recipient](r.To)
	if len(to) == 0 {
		to = []avow.Recipient{""}
	}
	var out []Budget
	for _, recipient := range to {
		var a account
		if office.known() {
			if a, err = g.account(ctx, office.row.SID, &Question{Rule: rule, Recipient: recipient}, g.Now()); err != nil {
				return nil, err
			}
		}
		ledger := a.ledger(limit)
		var spent disclose.Epsilon
		for _, s := range ledger.Spent {
			spent += s.Epsilon
		}
		out = append(out, Budget{rule, recipient, limit.String(), spent.String(), ledger.Left().String(), a.Ever.String(), a.Until})
	}
	return out, nil
}
