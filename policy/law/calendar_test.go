package law_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev/policy/law"
)

func day(t *testing.T, s law.Date) time.Time {
	t.Helper()
	d, ok := s.Time()
	if !ok {
		t.Fatalf("%q is no date", s)
	}
	return d
}

func TestWorking(t *testing.T) {
	t.Parallel()
	c, err := load(t, "cn").Calendar()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name           string
		date           law.Date
		working, known bool
	}{
		{"Friday", "2026-11-20", true, true},
		{"Saturday", "2026-11-21", false, true},
		{"new year", "2026-01-01", false, true},
		{"make-up Sunday", "2026-01-04", true, true},
		{"spring festival", "2026-02-17", false, true},
		{"last day of it", "2026-02-23", false, true},
		{"day after", "2026-02-24", true, true},
		{"make-up Saturday", "2026-02-28", true, true},
		{"national day", "2026-10-07", false, true},
		{"make-up after it", "2026-10-10", true, true},
		{"unknown year, new year", "2027-01-01", true, false},
		{"unknown year, Sunday", "2027-01-03", true, false},
		{"year before", "2025-12-28", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			working, known := c.Working(day(t, tt.date))
			if working != tt.working || known != tt.known {
				t.Errorf("%s: working %v known %v, want %v %v", tt.date, working, known, tt.working, tt.known)
			}
		})
	}
}

// count returns the day on which n working days after start have passed.
func count(c law.Calendar, start time.Time, n int) law.Date {
	d := start
	for n > 0 && d.Sub(start) < 366*24*time.Hour {
		d = d.AddDate(0, 0, 1)
		if working, _ := c.Working(d); working {
			n--
		}
	}
	return law.DateOf(d)
}

// A missing year must make the deadline earlier, never later.
func TestMissingYearFailsClosed(t *testing.T) {
	t.Parallel()
	known, err := load(t, "cn").Calendar()
	if err != nil {
		t.Fatal(err)
	}
	var unknown law.Calendar
	for start := day(t, "2026-01-01"); start.Year() == 2026; start = start.AddDate(0, 0, 1) {
		if a, b := count(unknown, start, 15), count(known, start, 15); a > b {
			t.Fatalf("from %s: without data %s, with data %s", law.DateOf(start), a, b)
		}
	}
	if got := count(known, day(t, "2026-12-25"), 15); got > "2027-01-11" {
		t.Errorf("15 working days into the unknown year end on %s, want at most 2027-01-11", got)
	}
	if known.Knows(2027) || !known.Knows(2026) {
		t.Error("the calendar knows the wrong years")
	}
}

func TestNoCalendar(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"eu", "us-ca"} {
		c, err := load(t, id).Calendar()
		if err != nil {
			t.Fatal(err)
		}
		if working, known := c.Working(day(t, "2026-11-22")); !working || known {
			t.Errorf("%s: a Sunday without data: working %v, known %v", id, working, known)
		}
	}
}

const year2027 = `place: CN
year: 2027
off:
  - {from: 2027-10-01, to: 2027-10-07}
worked: [2027-10-09]
source: a notice
mark: known
`

func TestAddYear(t *testing.T) {
	t.Parallel()
	c, err := load(t, "cn").Calendar()
	if err != nil {
		t.Fatal(err)
	}
	before := c
	if err := c.Add("cn-2027.yaml", []byte(year2027)); err != nil {
		t.Fatal(err)
	}
	if before.Knows(2027) || !c.Knows(2026) {
		t.Error("adding a year changed a copy, or lost a year")
	}
	if working, known := c.Working(day(t, "2027-10-01")); working || !known {
		t.Errorf("the added year: working %v, known %v", working, known)
	}
}

func TestBadYear(t *testing.T) {
	t.Parallel()
	c, err := load(t, "cn").Calendar()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"other place", "place: CN", "place: EU", "cn-2027.yaml:1:8: "},
		{"span of another year", "to: 2027-10-07", "to: 2028-10-07", "cn-2027.yaml:4:5: "},
		{"span backwards", "from: 2027-10-01", "from: 2027-11-01", "cn-2027.yaml:4:5: "},
		{"worked weekday", "[2027-10-09]", "[2027-10-11]", "cn-2027.yaml:5:10: "},
		{"off and worked", "[2027-10-09]", "[2027-10-02]", "cn-2027.yaml:5:10: "},
		{"unknown key", "mark: known", "mark: known\nmood: good", "cn-2027.yaml:8:1: unknown key"},
		{"no source", "source: a notice\n", "", "source is missing"},
		{"no mark", "mark: known\n", "", "mark is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			own := c
			err := own.Add("cn-2027.yaml", []byte(strings.Replace(year2027, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Add: %v, want %q", err, tt.want)
			}
		})
	}
}
