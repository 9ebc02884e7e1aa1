package syntax

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why a duration, date or retention expression cannot be read. The errors of
// ParsePeriod, ParseKeep and ParseDate wrap one of them.
var (
	ErrNoUnit     = errors.New("a number without a unit")
	ErrMixedUnits = errors.New("several units in one duration")
	ErrPeriod     = errors.New("not a duration")
	ErrKeep       = errors.New("not a retention expression")
	ErrEvent      = errors.New("not an event that a retention clock starts from")
	ErrDate       = errors.New("not a calendar date")
)

// The written forms, shared by the parser and the JSON Schema.
const (
	periodPattern = `at once|(?:0|[1-9][0-9]{0,5})(?:s|m|h|d|w|mo|y|wd)`
	datePattern   = `[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`
)

var (
	periodForm = regexp.MustCompile(`^(?:` + periodPattern + `)$`)
	mixedForm  = regexp.MustCompile(`^(?:[0-9]+ ?[a-z]+ ?){2,}$`)
	bareForm   = regexp.MustCompile(`^[0-9]+(?:\.[0-9]+)?$`)
)

// atOnce is how a duration of nothing is written.
const atOnce = "at once"

// ParsePeriod reads a duration such as "90d" or "at once". Its error wraps
// [ErrNoUnit], [ErrMixedUnits] or [ErrPeriod].
func ParsePeriod(s string) (Period, error) {
	switch {
	case s == atOnce:
		return Period{Set: true, Unit: Second}, nil
	case bareForm.MatchString(s):
		return Period{}, fmt.Errorf("%q: %w", clip(s), ErrNoUnit)
	case periodForm.MatchString(s):
		digits := strings.TrimRight(s, "smhdwoy")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return Period{}, fmt.Errorf("%q: %w", clip(s), ErrPeriod)
		}
		return normal(Period{Set: true, N: n, Unit: Unit(s[len(digits):])}), nil
	case mixedForm.MatchString(s):
		return Period{}, fmt.Errorf("%q: %w", clip(s), ErrMixedUnits)
	}
	return Period{}, fmt.Errorf("%q: %w", clip(s), ErrPeriod)
}

// normal gives all durations of nothing one shape.
func normal(p Period) Period {
	if p.N == 0 {
		p.Unit = Second
	}
	return p
}

// String writes the duration as it stands in a policy; "" if it is not set.
func (p Period) String() string {
	switch {
	case !p.Set:
		return ""
	case p.N == 0:
		return atOnce
	}
	return strconv.FormatInt(p.N, 10) + string(p.Unit)
}

// ParseKeep reads a retention expression such as "90d after account-closed".
// Its error wraps those of [ParsePeriod], [ErrKeep] or [ErrEvent].
func ParseKeep(s string) (Keep, error) {
	length, event, found := strings.Cut(s, " after ")
	p, err := ParsePeriod(length)
	if err != nil {
		return Keep{}, err
	}
	if !found {
		return Keep{}, fmt.Errorf("%q: %w", clip(s), ErrKeep)
	}
	k := Keep{Period: p, After: Word{Text: event}}
	if !slices.Contains(Events[:], event) {
		return k, fmt.Errorf("%q: %w", clip(event), ErrEvent)
	}
	return k, nil
}

// String writes the expression as it stands in a policy; "" if it is not set.
func (k Keep) String() string {
	if !k.Period.Set {
		return ""
	}
	return k.Period.String() + " after " + k.After.Text
}

// ParseDate reads a date in the form 2026-12-31. Its error wraps [ErrDate].
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() == 0 {
		return Date{}, fmt.Errorf("%q: %w", clip(s), ErrDate)
	}
	return Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}, nil
}

// String writes the date as it stands in a policy; "" if it is not set.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
