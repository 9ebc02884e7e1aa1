package syntax

// Pos is a place in a policy file. Line and Column count from 1; Column counts
// characters, not bytes. The zero Pos is no place.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// Word is a slug, a reference or a word of a closed list.
type Word struct {
	Pos  Pos
	Text string
}

// String returns the word.
func (w Word) String() string { return w.Text }

// Str is a plain text that is not shown as a promise: a name, an address, a URL.
type Str struct {
	Pos  Pos
	Text string
}

// Flag is yes or no, or not written at all.
type Flag struct {
	Pos Pos
	Set bool
	On  bool
}

// Num is a whole number without a unit, such as a threshold. Durations are
// never bare numbers.
type Num struct {
	Pos Pos
	Set bool
	N   int64
}

// Date is a calendar date, in the form 2026-12-31.
type Date struct {
	Pos              Pos
	Year, Month, Day int
}

// IsZero reports whether no date was written.
func (d Date) IsZero() bool { return d.Year == 0 }

// Text is a label or note in one or several languages. A plain string in the
// file stands for all languages (a brand name, say) and has the key "".
type Text struct {
	Pos Pos
	By  map[string]Str
}

// In returns the text for a language.
func (t Text) In(lang string) string {
	if s, ok := t.By[lang]; ok {
		return s.Text
	}
	return t.By[""].Text
}

// IsZero reports whether no text was written.
func (t Text) IsZero() bool { return len(t.By) == 0 }

// Unit is a unit of a duration.
type Unit string

// Units of durations. Days, months and years are calendar units; working days
// follow the calendar of the law pack.
const (
	Second     Unit = "s"
	Minute     Unit = "m"
	Hour       Unit = "h"
	Day        Unit = "d"
	Week       Unit = "w"
	Month      Unit = "mo"
	Year       Unit = "y"
	WorkingDay Unit = "wd"
)

// Period is a calendar duration such as "90d", "6mo" or "15wd", or "at once".
// "At once" is N = 0 with Unit Second.
type Period struct {
	Pos  Pos
	Set  bool
	N    int64
	Unit Unit
}

// Keep is a retention expression: a duration and the event that starts it, such
// as "90d after account-closed" or "at once after delivered".
type Keep struct {
	Pos    Pos
	Period Period
	After  Word // closed list: see Events
}

// Events are the words that a retention clock can start from.
var Events = [...]string{"collected", "last-used", "last-seen", "account-closed", "relationship-ended", "delivered", "request-closed",
	"consent-withdrawn", "unpublished", "purpose-fulfilled", "effective"}
