package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Transparency is how many demands a policy's controller got, and what became of
// them. It is counted from the evidence, so that whoever has the log can count it
// again, and holds no more than the log does.
type Transparency struct {
	At    time.Time
	Since time.Time // the log's first leaf; zero where there is none
	Size  int64     // leaves that were counted
	Lines []TransparencyLine
}

// TransparencyLine is one ground in one calendar year (UTC). Only its bands are for
// everybody, see [Transparency.Banded].
type TransparencyLine struct {
	Year   int
	Ground avow.RuleID
	Figures
}

// Transparency counts the demands that the policy says are reported.
func (g *Gate) Transparency(ctx context.Context, id avow.PolicyID) (*Transparency, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	state, err := g.store.LogState(ctx, id)
	if err != nil {
		return nil, internal("the log's state could not be read", err)
	}
	s.reporting.mu.Lock()
	defer s.reporting.mu.Unlock()
	r := &s.reporting
	if r.size > state.Recorded { // a backup was put back
		r.size, r.since, r.lines = 0, time.Time{}, nil
	}
	for r.size < state.Recorded {
		to := min(r.size+1024, state.Recorded)
		bodies, err := g.store.Leaves(ctx, id, r.size, to)
		if err != nil {
			return nil, internal("the log could not be read", err)
		}
		for _, b := range bodies {
			if l, err := evidence.Parse(b); err == nil {
				if r.since.IsZero() {
					r.since = l.At.UTC()
				}
				r.lines = counted(r.lines, &l)
			}
		}
		r.size = to
	}
	f := s.inForce.Load()
	out := &Transparency{At: g.Now(), Since: r.since, Size: r.size}
	for _, l := range r.lines {
		if e, ok := f.ground(string(l.Ground)); ok && e.Report.On {
			out.Lines = append(out.Lines, l)
		}
	}
	return out, nil
}

// Counted adds a leaf to the lines of a report.
func counted(lines []TransparencyLine, l *evidence.Leaf) []TransparencyLine {
	if len(l.Rules) != 1 {
		return lines
	}
	var add func(*TransparencyLine)
	switch l.Kind {
	case evidence.DemandReceived:
		add = func(x *TransparencyLine) { x.Received++ }
	case evidence.DemandReleased:
		add = func(x *TransparencyLine) { x.Released, x.People = x.Released+1, x.People+l.Count }
	case evidence.DemandRefused:
		add = func(x *TransparencyLine) { x.Refused++ }
	case evidence.DemandWithdrawn:
		add = func(x *TransparencyLine) { x.Withdrawn++ }
	case evidence.DemandChallenged:
		add = func(x *TransparencyLine) { x.Challenged++ }
	case evidence.DemandTold:
		add = func(x *TransparencyLine) { x.Told++ }
	default:
		return lines
	}
	year := l.At.UTC().Year()
	i := slices.IndexFunc(lines, func(x TransparencyLine) bool { return x.Year == year && x.Ground == l.Rules[0] })
	if i < 0 {
		lines, i = append(lines, TransparencyLine{Year: year, Ground: l.Rules[0]}), len(lines)
	}
	add(&lines[i])
	return lines
}
