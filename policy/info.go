package policy

import (
	"regexp"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// RuleInfo is one entry of the policy that evidence and reasons may name.
type RuleInfo struct {
	ID       avow.RuleID
	Section  string          // key of its section, such as "collect"
	Clauses  []avow.ClauseID // must not be changed
	Pos      syntax.Pos
	Owner    avow.Role // "" if nobody is named
	Supplied bool      // the operator chose it because the original is silent
	Entry    any       // pointer into the tree, such as *syntax.Collect; must not be changed
}

// ClauseInfo is one clause of the original text.
type ClauseInfo struct {
	ID      avow.ClauseID
	Promise string // canonical promise, CP-01 to CP-44
	Class   string // M, H, O or D
	Pos     syntax.Pos
	Rules   []avow.RuleID // the entries that carry it; must not be changed
}

// DatumInfo is one kind of data.
type DatumInfo struct {
	Slug    avow.Datum
	Type    string // text, email, phone, number, date, location, ip, json, file or password
	Class   string // personal, non-personal or statistics
	Level   string // id, quasi, loc, sensitive, secret or none
	About   string // user, non-user or device
	Held    string // vault, app or nowhere
	Max     int64  // largest value in bytes
	Lookup  bool   // people are found by it
	Many    bool   // a person has many of it
	Grammar *regexp.Regexp
	Ingest  []string // ids of the forms that apply before the first durable write
}

// Personal reports whether the datum is personal data.
func (d DatumInfo) Personal() bool { return d.Class == "personal" }

// FormInfo is one transformation of values.
type FormInfo struct {
	ID     string
	Do     string // mask, truncate, coarsen, pseudonymise, hash-password, …
	Ingest bool   // before the first durable write; else on the way out
	Keep   int64  // characters or bits kept; -1 if not written
	Digits int64  // digits kept; -1 if not written
	Unit   string
	Data   []avow.Datum   // must not be changed
	For    []avow.Purpose // all if empty; must not be changed
	Secret bool           // the mapping key lies in a key domain of its own
}

// HoldInfo is one ground for keeping data longer, storage only.
type HoldInfo struct {
	ID        avow.RuleID
	Kind      string // legal-duty, legal-claims or litigation
	Statute   string
	Max       syntax.Period
	Data      []avow.Datum // all if empty
	Refuses   []string     // erase, delete
	Approvals int64        // people who must set it
	Clauses   []avow.ClauseID
}

// ErasureInfo is what erasing means on some occasions.
type ErasureInfo struct {
	ID      avow.RuleID
	On      []string // request, account-closed, retention, minor-found, consent-withdrawn
	Reaches []string // live, backups, processors, indexes, logs
	Hide    syntax.Period
	Live    syntax.Period
	Backups syntax.Period
	Undo    syntax.Period
	Keeps   []string // ids of holds that may delay it
	Clauses []avow.ClauseID
}

// RightInfo is something people can ask for.
type RightInfo struct {
	ID             avow.RuleID
	Right          string
	How            []string
	Within         syntax.Period // not set: the law packs' clock
	Free           bool
	RefuseOnlyFor  []string
	Evidence       bool // a refusal needs evidence
	ComplaintRoute bool
	OnReview       bool // a person reviews it; else it takes effect at once
	Approvals      int  // people who must agree to a copy that is reviewed; at least 1
	Data           []avow.Datum
	Clauses        []avow.ClauseID
}

// ChoiceInfo is something people decide.
type ChoiceInfo struct {
	ID       avow.Choice
	Kind     string // consent, explicit-consent, opt-out or per-event
	For      []avow.Purpose
	To       []avow.Recipient
	Data     []avow.Datum
	GPC      bool // a browser's opt-out signal switches it off
	Expires  syntax.Period
	ReAsk    syntax.Period
	HeldToo  bool // withdrawing also stops the use of what is held
	Stops    []avow.Feature
	Clauses  []avow.ClauseID
	Withdraw []string
}

// OptOut reports whether the choice is on until somebody objects.
func (c ChoiceInfo) OptOut() bool { return c.Kind == "opt-out" }

func or(word, fallback string) string {
	if word == "" {
		return fallback
	}
	return word
}
