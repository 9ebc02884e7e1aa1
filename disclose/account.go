package disclose

import "errors"

// ErrSpent is the error for a question that the period's budget does not cover.
var ErrSpent = errors.New("the privacy budget of this period is spent")

// Account is what one recipient has been told under one rule in one period. The
// zero Spent is a period in which nothing was asked.
type Account struct {
	Limit Epsilon
	Spent []Spending
}

// Spending is one question that was answered, and what the answer cost.
type Spending struct {
	Question [32]byte // see [Table.Digest]
	Epsilon  Epsilon
}

// Left returns what is left of the budget.
func (a *Account) Left() Epsilon {
	left := a.Limit
	for _, s := range a.Spent {
		left -= s.Epsilon
	}
	return max(left, 0)
}

// Answered reports whether the question was answered in this period. It gets the
// same answer again: fresh noise under an old question averages out.
func (a *Account) Answered(question [32]byte) bool {
	for _, s := range a.Spent {
		if s.Question == question {
			return true
		}
	}
	return false
}

// Spend takes what a new question costs out of the budget, or nothing and
// [ErrSpent].
func (a *Account) Spend(question [32]byte, e Epsilon) error {
	if e <= 0 || e > a.Left() {
		return ErrSpent
	}
	a.Spent = append(a.Spent, Spending{question, e})
	return nil
}
