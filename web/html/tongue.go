package html

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// Tongue says things in one language: messages, dates, counts and money.
type Tongue struct {
	tag   string
	words words
}

// Tag is the language, as BCP 47 writes it.
func (t *Tongue) Tag() string { return t.tag }

// Has reports whether there is a message under a key.
func (t *Tongue) Has(key string) bool { return t.words[key] != nil }

// Say fills the message of a key; values are slot and value in turn. A key that
// does not exist, or a slot that nobody fills, is an error: a sentence is whole or
// it is not shown.
func (t *Tongue) Say(key string, values ...any) (string, error) {
	m, ok := t.words[key]
	if !ok {
		return "", fmt.Errorf("language %s has no words for %q", t.tag, key)
	}
	s, err := m.fill(values)
	if err != nil {
		return "", fmt.Errorf("message %s: %w", key, err)
	}
	return s, nil
}

// say is Say for keys of this package, which a test holds to be there.
func (t *Tongue) say(key string, values ...any) string {
	s, err := t.Say(key, values...)
	if err != nil {
		return key
	}
	return s
}

// Date writes a day, such as "3 March 2027". Days are days of UTC, as in the
// evidence; a time that is not set is a dash.
func (t *Tongue) Date(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	at = at.UTC()
	return t.say("date", "day", at.Day(), "month", t.say("month."+strconv.Itoa(int(at.Month()))), "year", at.Year())
}

// Moment writes a day and a time of it, in UTC.
func (t *Tongue) Moment(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return t.say("moment", "date", t.Date(at), "time", at.UTC().Format("15:04"))
}

// Left says how far an instant lies ahead of now or behind it, in the largest
// unit that counts at least two, such as "in 12 days" or "3 hours ago".
func (t *Tongue) Left(at, now time.Time) string {
	d, key := at.Sub(now), "left."
	if d < 0 {
		d, key = -d, "past."
	}
	switch {
	case d < 2*time.Minute:
		return t.say(key + "now")
	case d < 2*time.Hour:
		return t.say(key+"minutes", "n", t.Number(int64(d/time.Minute)))
	case d < 48*time.Hour:
		return t.say(key+"hours", "n", t.Number(int64(d/time.Hour)))
	case d < 730*24*time.Hour:
		return t.say(key+"days", "n", t.Number(int64(d/(24*time.Hour))))
	}
	return t.say(key+"years", "n", t.Number(int64(d/(365*24*time.Hour))))
}

// Number writes a whole number with its digits in groups of three.
func (t *Tongue) Number(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if strings.HasPrefix(s, "-") {
		s, sign = s[1:], "−"
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + t.say("number.group") + s[i:]
	}
	return sign + s
}

// Size writes a number of bytes in the unit that people would use.
func (t *Tongue) Size(bytes int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	f, i := float64(bytes), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 {
		return t.say("size.bytes", "n", t.Number(bytes))
	}
	digits := 0
	if f < 10 {
		digits = 1
	}
	return strconv.FormatFloat(f, 'f', digits, 64) + "\u00a0" + units[i]
}

// minor is how many digits of a currency stand after the point, where it is not
// two (ISO 4217).
var minor = map[string]int{"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}

// Money writes an amount, given in the smallest unit of its currency (ISO 4217).
func (t *Tongue) Money(amount int64, currency string) string {
	digits, ok := minor[currency]
	if !ok {
		digits = 2
	}
	sign := ""
	if amount < 0 {
		sign, amount = "−", -amount
	}
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	s := t.Number(amount / unit)
	if digits > 0 {
		s += fmt.Sprintf(".%0*d", digits, amount%unit)
	}
	return t.say("money", "currency", currency, "amount", sign+s)
}

// List joins items as the language joins them.
func (t *Tongue) List(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], t.spaced("list.joint")) + t.spaced("list.last") + items[n-1]
	}
}

// spaced is a message in which _ stands for a space at its edge.
func (t *Tongue) spaced(key string) string { return strings.ReplaceAll(t.say(key), "_", " ") }

// timed wraps a written time in the element that machines read.
func timed(at time.Time, written string) template.HTML {
	if at.IsZero() {
		return template.HTML(template.HTMLEscapeString(written))
	}
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339) + `">` + template.HTMLEscapeString(written) + `</time>`)
}

// functions are what templates of a language can call.
func (t *Tongue) functions() template.FuncMap {
	return template.FuncMap{
		"t":      t.Say,
		"has":    t.Has,
		"date":   func(at time.Time) template.HTML { return timed(at, t.Date(at)) },
		"moment": func(at time.Time) template.HTML { return timed(at, t.Moment(at)) },
		"left":   func(at, now time.Time) template.HTML { return timed(at, t.Left(at, now)) },
		"day":    t.Date,
		"number": func(n int) string { return t.Number(int64(n)) },
		"size":   t.Size,
		"money":  t.Money,
		"list":   t.List,
		"asset":  Asset,

		"notice": func(kind, title, text string) Notice { return Notice{Kind: kind, Title: title, Text: text} },
		"empty":  func(title, text string) Empty { return Empty{Title: title, Text: text} },
		"badge":  func(kind, text string) Badge { return Badge{Kind: kind, Text: text} },
	}
}
