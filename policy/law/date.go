package law

import "time"

// Date is a calendar day as "2006-01-02". The zero Date is no day. Dates of
// valid packs compare as strings.
type Date string

// Time returns the start of the day in UTC, and whether the date is valid.
func (d Date) Time() (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t, err == nil
}

// DateOf returns the calendar day of t in t's own location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }
