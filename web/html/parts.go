package html

import "time"

// The parts are templates that any page can call with a value of these types:
// {{template "notice" .Saved}}. Some have a function that makes the value in
// place: {{template "notice" (notice "good" "" (t "saved"))}}.

// Notice is a message above what it is about. Its kind is info, good, warn or bad;
// bad interrupts a screen reader, the others wait.
type Notice struct {
	Kind  string
	Title string
	Text  string
	Link  *Link
	Lang  string // of the text, if it is another than the page's
}

// Empty stands where there would be a list.
type Empty struct {
	Title string
	Text  string
	Link  *Link
}

// Badge is a short word about a thing. Its kind is on, off, wait, law or plain: a
// shape goes with the colour.
type Badge struct {
	Kind string
	Text string
}

// Link leads somewhere.
type Link struct {
	Text string
	Href string
	Here bool // it leads to the page that is shown
	Note string
}

// Field is one input of a form with everything that belongs to it.
type Field struct {
	Name         string
	ID           string // where two fields of a page have one name; empty is the name
	Label        string
	Hint         string
	Value        string
	Type         string // text, email, tel, password, number, date, file, textarea; empty is text
	Error        string // what is wrong with the value that was sent
	Required     bool
	Autocomplete string // as HTML names it; empty is off
	Inputmode    string
	Pattern      string
	Max          int // characters; 0: not said
	Rows         int // of a textarea
	Options      []Option
	Lang         string // of the value, if it is another than the page's
}

// Passkey is a form that needs the browser to make or show a passkey. It shows only where
// the script runs, in a browser that can, at the one address where passkeys work.
type Passkey struct {
	Do      string // make or show
	Act     string // takes the browser's answer
	Options string // says what to ask the browser for
	Origin  string // where passkeys work
	Title   string
	Lead    string
	Button  string
	Hidden  map[string]string
	Fields  []Field
}

// Option is one of the values of a field or of a group of choices.
type Option struct {
	Value   string
	Label   string
	Hint    string
	Checked bool
	Off     bool // shown, and cannot be chosen
}

// Group is a set of options of which one is chosen, or any number with Many.
type Group struct {
	Name    string
	ID      string // where two groups of a page have one name; empty is the name
	Legend  string
	Hint    string
	Error   string
	Many    bool
	Options []Option
}

// Faults is the list of what is wrong with a form, each leading to its field.
type Faults []Fault

// Fault is one thing that is wrong with a form.
type Fault struct {
	Field string
	Text  string
}

// Add notes what is wrong with a field and returns its text, which the field
// shows too.
func (f *Faults) Add(field, text string) string {
	*f = append(*f, Fault{field, text})
	return text
}

// Line is a line of facts: a name, and what is said under it.
type Line struct {
	Name string
	Text string
	Link *Link
}

// Step is one event of a time-line. Its state is done, now, wait or bad.
type Step struct {
	State string
	Title string
	At    time.Time
	Text  string
	Link  *Link
}

// Pager leads through the pages of a list.
type Pager struct {
	Newer, Older *Link
	Text         string
}
