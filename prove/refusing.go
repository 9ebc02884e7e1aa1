package prove

import "slices"

// mostTried is how many data are tried in one request: as many as the door takes.
const mostTried = 256

// ruling is what the door said of one datum of a refused request.
type ruling struct {
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
	Rule    string   `json:"rule"`
	Clauses []string `json:"clauses"`
}

// alone reports whether the datum has to be tried by itself: the door would have
// said yes to it, or it may have been refused for the company that it was in.
func (r *ruling) alone() bool {
	return r.Verdict != "refuse" || slices.Contains(r.Reasons, "mixed-with-personal")
}

// each tries n data together, which is refused as a whole, and has look see what was
// said of each of them. Where that leaves open what would be said of a datum alone, it is
// tried alone: many data together are quicker, and prove as much. try sends a request
// about the data from one number up to another.
func each(n int, try func(from, to int) (*answer, error), look func(i int, a *answer) error) error {
	for from := 0; from < n; from += mostTried {
		to := min(from+mostTried, n)
		a, err := try(from, to)
		if err != nil {
			return err
		}
		for i := from; i < to; i++ {
			one := a
			if to-from > 1 {
				if one, err = a.about(i-from, to-from, func() (*answer, error) { return try(i, i+1) }); err != nil {
					return err
				}
			}
			if err := look(i, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// about returns what was said of one of n data, or would be said of it alone.
func (a *answer) about(i, n int, alone func() (*answer, error)) (*answer, error) {
	if a.allowed || len(a.rulings) != n || a.rulings[i].alone() {
		return alone()
	}
	r := &a.rulings[i]
	return &answer{status: a.status, raw: a.raw, reasons: r.Reasons, rules: []string{r.Rule}, clauses: r.Clauses, index: a.index}, nil
}

// refuses is each for data that are only named.
func (p *person) refuses(verb string, q ask, data []string, look func(datum string, a *answer) error) error {
	return each(len(data), func(from, to int) (*answer, error) {
		q := q
		q.Data = data[from:to]
		return p.decide(verb, &q)
	}, func(i int, a *answer) error { return look(data[i], a) })
}
