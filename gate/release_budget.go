package gate

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/disclose"
)

// Budget is how a rule of the policy's statistics stands with one recipient: what
// may be told in each period, and what was.
type Budget struct {
	Rule      avow.RuleID
	Recipient avow.Recipient // empty: the controller alone
	Limit     disclose.Epsilon
	Spent     disclose.Epsilon // in the period that runs
	Left      disclose.Epsilon
	Ever      disclose.Epsilon // over all periods
	Until     time.Time        // end of the period that runs; zero: none does
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
	to := slugs[avow.Recipient](r.To)
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
		b := Budget{Rule: rule, Recipient: recipient, Limit: limit, Left: ledger.Left(), Ever: a.Ever, Until: a.Until}
		for _, spent := range ledger.Spent {
			b.Spent += spent.Epsilon
		}
		out = append(out, b)
	}
	return out, nil
}
