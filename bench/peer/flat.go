package peer

import "slices"

// Allows reports in plain loops whether some rule allows a question. It is what
// the flat rules mean.
func Allows(rules []Rule, q *Question) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.allows(q) })
}

func (r *Rule) allows(q *Question) bool {
	if r.Verb != q.Verb || !slices.Contains(r.Data, q.Datum) || !slices.Contains(r.Purposes, q.Purpose) {
		return false
	}
	for d, list := range r.Dims {
		if len(list) > 0 && !slices.Contains(list, q.Dims[d]) {
			return false
		}
	}
	return r.shown(q.Shown()) && r.permits(q.Person)
}

func (r *Rule) shown(facts []string) bool {
	return !slices.ContainsFunc(r.Facts, func(f string) bool { return !slices.Contains(facts, f) })
}

// permits reports whether a person's standing has nothing against the rule.
func (r *Rule) permits(p *Person) bool {
	for _, c := range r.Choices {
		if !slices.Contains(p.Granted, c) {
			return false
		}
	}
	return (p.Free || !r.NoHold) && r.Account.admits(p.Account) && (p.Accepted || !r.Accepted) &&
		!(r.NotMinor && p.Minor) && !(r.AgeKnown && !p.Adult && !p.Minor) && !(r.Guardian && p.Minor && !p.Guardian)
}

// Barred lists the account states that a rule does not accept.
func (a Account) Barred() []string {
	switch a {
	case NotClosing:
		return []string{"closing"}
	case NotBarred:
		return []string{"closing", "frozen"}
	case OpenOnly:
		return []string{"closing", "frozen", "none", "closed"}
	}
	return nil
}

func (a Account) admits(state string) bool { return !slices.Contains(a.Barred(), state) }
