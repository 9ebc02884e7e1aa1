package notice

import (
	"slices"
	"strings"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// loadLaw takes the law packs that the policy names from those given, or reads
// the embedded ones.
func (b *builder) loadLaw(given []law.Pack) {
	for _, w := range b.file.Law {
		if i := slices.IndexFunc(given, func(p law.Pack) bool { return p.ID == w.Text }); i >= 0 {
			b.law = append(b.law, given[i])
			continue
		}
		p, err := law.Load(w.Text)
		if err != nil {
			b.fail("%w", err)
			continue
		}
		b.law = append(b.law, p)
	}
}

// deadline is the time that has to be kept: the policy's own, the law's, or
// both where only a calendar can tell which of the two ends first.
type deadline struct {
	period syntax.Period // empty if nobody gives a figure
	also   syntax.Period // the law's, where it may end before the policy's
	law    string        // name of the pack behind the law's figure
}

func (b *builder) replyClock(r *syntax.Right) deadline {
	if duty, ok := law.Shortest(b.law, law.Right(r.Right.Text)); ok {
		return b.shortest(r.Within, duty.Answer, duty.Pack)
	}
	return deadline{period: r.Within}
}

// breachClock is how soon people learn of an incident. Duties of the law that
// depend on the risk or the grade of an incident count as if they applied.
func (b *builder) breachClock(own syntax.Period) deadline {
	var best law.Clock
	pack := ""
	for _, p := range b.law {
		for _, d := range p.BreachWithin("people", "any") {
			if d.Within.Shorter(best) {
				best, pack = d.Within, p.ID
			}
		}
	}
	if pack == "" {
		return deadline{period: own}
	}
	return b.shortest(own, best, pack)
}

func (b *builder) shortest(own syntax.Period, legal law.Clock, pack string) deadline {
	p := period(legal)
	ownLeast, ownMost := span(own)
	least, most := span(p)
	switch {
	case !own.Set || most <= ownLeast && most < ownMost:
		return deadline{period: p, law: b.packName(pack)}
	case ownMost <= least:
		return deadline{period: own}
	}
	return deadline{period: own, also: p, law: b.packName(pack)}
}

func period(c law.Clock) syntax.Period {
	units := map[law.Unit]syntax.Unit{law.Hours: syntax.Hour, law.Days: syntax.Day, law.WorkingDays: syntax.WorkingDay, law.Months: syntax.Month}
	return syntax.Period{Set: true, N: int64(c.N), Unit: units[c.Unit]}
}

// span is the fewest and the most hours that a period can mean. Working days
// may be spread by the longest holidays of a year.
func span(p syntax.Period) (least, most int64) {
	const day = 24
	switch p.Unit {
	case syntax.Second, syntax.Minute:
		return 0, 1
	case syntax.Hour:
		return p.N, p.N
	case syntax.Day:
		return p.N * day, p.N * day
	case syntax.Week:
		return 7 * p.N * day, 7 * p.N * day
	case syntax.Month:
		return 28 * p.N * day, 31 * p.N * day
	case syntax.Year:
		return 365 * p.N * day, 366 * p.N * day
	case syntax.WorkingDay:
		return p.N * day, (2*p.N + 10) * day
	}
	return 0, 0
}

func (b *builder) packName(id string) string {
	for _, p := range b.law {
		if p.ID != id {
			continue
		}
		if strings.HasPrefix(b.tongue.tag, "zh") {
			return p.Name.Zh
		}
		return p.Name.En
	}
	return id
}

// by says a deadline: "within 30 days, and never later than 15 working days".
func (b *builder) by(d deadline) string {
	if !d.period.Set {
		return ""
	}
	s := b.within("", d.period).words
	if d.also.Set {
		s = b.say("deadline.both", words("own", s), words("law", b.duration(d.also)), words("pack", d.law))
	} else if d.law != "" {
		s = b.say("deadline.law", words("law", s), words("pack", d.law))
	}
	return s
}
