package law

import "fmt"

// Unit is what a clock counts.
type Unit string

// The units. Months are calendar months; working days follow the calendar of
// the pack's place.
const (
	Hours       Unit = "hour"
	Days        Unit = "day"
	WorkingDays Unit = "working-day"
	Months      Unit = "month"
)

// Clock is a length of time set by law. The zero Clock is not stated: the law
// gives no figure. Zero hours mean at once.
type Clock struct {
	N    int  `yaml:"n"`
	Unit Unit `yaml:"unit"`
}

// Stated reports whether the law gives a figure.
func (c Clock) Stated() bool { return c.Unit != "" }

// String writes the clock as "15 working days", "at once" or "no figure".
func (c Clock) String() string {
	if !c.Stated() {
		return "no figure"
	}
	if c.N == 0 {
		return "at once"
	}
	unit := string(c.Unit)
	if c.Unit == WorkingDays {
		unit = "working day"
	}
	if c.N != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", c.N, unit)
}

// least is the fewest hours that the clock can mean: a month has at least 28
// days, and working days may follow one another without a break.
func (c Clock) least() int {
	switch c.Unit {
	case Hours:
		return c.N
	case Days, WorkingDays:
		return c.N * 24
	case Months:
		return c.N * 28 * 24
	default:
		return 0
	}
}

// Shorter reports whether c can run out before d, comparing the fewest hours
// that each can mean; a clock that is not stated is never shorter. Where two
// clocks lie close together (20 working days, 1 month), only a date decides:
// then compute both.
func (c Clock) Shorter(d Clock) bool {
	if !c.Stated() {
		return false
	}
	return !d.Stated() || c.least() < d.least()
}

func (c Clock) problem() string {
	switch c.Unit {
	case Hours, Days, WorkingDays, Months:
	case "":
		return "a clock needs a unit: hour, day, working-day or month"
	default:
		return fmt.Sprintf("unknown unit %q: want hour, day, working-day or month", c.Unit)
	}
	if c.N < 0 || c.N > 1200 {
		return fmt.Sprintf("%d is no length of time: want 0 to 1200", c.N)
	}
	return ""
}
