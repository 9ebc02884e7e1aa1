package law

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"time"
)

// Calendar knows the working days of a place in the years it has data for.
//
// In a year without data every day counts as a working day: a clock of working
// days then runs out earlier than it must, never later.
type Calendar struct {
	place string
	years map[int]map[Date]bool // day to whether it is worked, where the weekday misleads
}

// Working reports whether the day of t, in t's own location, is a working day.
// known is false where the calendar has no data for the year, and the day then
// counts as worked.
func (c Calendar) Working(t time.Time) (working, known bool) {
	days, known := c.years[t.Year()]
	if !known {
		return true, false
	}
	if worked, ok := days[DateOf(t)]; ok {
		return worked, true
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday, true
}

// Knows reports whether the calendar has data for the year.
func (c Calendar) Knows(year int) bool {
	_, ok := c.years[year]
	return ok
}

// Calendar returns the working-day calendar of the pack's place. A place
// without data gets one that knows no year.
func (p Pack) Calendar() (Calendar, error) {
	c := Calendar{place: p.Place, years: map[int]map[Date]bool{}}
	names, err := fs.Glob(files, "data/calendar/*.yaml")
	if err != nil {
		return Calendar{}, fmt.Errorf("load working days: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "data/calendar/"+strings.ToLower(p.Place)+"-") || p.Place == "" {
			continue
		}
		src, err := files.ReadFile(name)
		if err != nil {
			return Calendar{}, fmt.Errorf("load working days: %w", err)
		}
		if err := c.Add(strings.TrimPrefix(name, "data/calendar/"), src); err != nil {
			return Calendar{}, fmt.Errorf("load working days: %w", err)
		}
	}
	return c, nil
}

// calendarYear is the file of one year.
type calendarYear struct {
	Place string `yaml:"place"`
	Year  int    `yaml:"year"`
	Off   []struct {
		From Date `yaml:"from"`
		To   Date `yaml:"to"`
	} `yaml:"off"`
	Worked []Date `yaml:"worked"`
	Source string `yaml:"source"`
	Mark   Mark   `yaml:"mark"`
}

// Add reads the file of one more year, for operators who know it before the
// next release does. It replaces what the calendar had for that year; copies
// of c made before keep what they had.
func (c *Calendar) Add(file string, src []byte) error {
	var y calendarYear
	root, err := decode(file, src, &y)
	if err != nil {
		return err
	}
	k := checker{file: file, root: root}
	days := k.year(y, c.place)
	if err := errors.Join(k.faults...); err != nil {
		return err
	}
	years := maps.Clone(c.years)
	if years == nil {
		years = map[int]map[Date]bool{}
	}
	years[y.Year] = days
	c.years = years
	return nil
}

// year checks the file of one year and lists its unusual days.
func (c *checker) year(y calendarYear, place string) map[Date]bool {
	if y.Place != place {
		c.fail(fmt.Sprintf("calendar of %q, want %q", y.Place, place), "place")
	}
	if y.Source == "" {
		c.fail("source is missing", "source")
	}
	c.mark(y.Mark, "mark")
	days := map[Date]bool{}
	for i, span := range y.Off {
		from, to, ok := c.span(span.From, span.To, y.Year, i)
		for d := from; ok && !d.After(to); d = d.AddDate(0, 0, 1) {
			days[DateOf(d)] = false
		}
	}
	for i, d := range y.Worked {
		t, ok := d.Time()
		if !ok || t.Year() != y.Year || t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			c.fail(fmt.Sprintf("%q is no Saturday or Sunday of %d", d, y.Year), "worked", i)
			continue
		}
		if _, twice := days[d]; twice {
			c.fail(fmt.Sprintf("%q is both off and worked, or stands twice", d), "worked", i)
		}
		days[d] = true
	}
	return days
}

func (c *checker) span(from, to Date, year, i int) (first, last time.Time, ok bool) {
	first, okFirst := from.Time()
	last, okLast := to.Time()
	if !okFirst || !okLast || last.Before(first) || first.Year() != year || last.Year() != year {
		c.fail(fmt.Sprintf("%q to %q is no span of days in %d", from, to, year), "off", i)
		return first, last, false
	}
	return first, last, true
}
