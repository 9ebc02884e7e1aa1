// Package retain says how long something may be kept and by which rule: [Find] is a
// pure function from the retention rules and one [Holding] to its [End]. When that
// is due, and whether a legal hold keeps it all the same, is the caller's question.
package retain

import (
	"slices"
	"time"

	"avow.dev"
)

// Event is what a retention clock starts from, as the policy language names it.
type Event string

// The events.
const (
	Collected        Event = "collected"
	LastUsed         Event = "last-used"
	LastSeen         Event = "last-seen"
	AccountClosed    Event = "account-closed"
	RelationEnded    Event = "relationship-ended"
	Delivered        Event = "delivered"
	RequestClosed    Event = "request-closed"
	ConsentWithdrawn Event = "consent-withdrawn"
	Unpublished      Event = "unpublished"
	PurposeFulfilled Event = "purpose-fulfilled"
	Effective        Event = "effective"
)

// Action is what happens when a time is over. The zero Action erases: when in
// doubt, less is kept.
type Action uint8

// Actions.
const (
	Erase Action = iota
	Anonymise
	Delete // hidden at once; erased by the erasure rule's deadline
)

// Rule is one retention rule, ready to be applied.
type Rule struct {
	ID       avow.RuleID
	Data     []avow.Datum
	Purposes []avow.Purpose // empty: all
	After    Event
	Due      func(start time.Time) time.Time // calendar arithmetic of the rule's duration
	Then     Action
}

// Grant is one purpose for which a holding was collected.
type Grant struct {
	Purpose avow.Purpose
	At      time.Time
}

// Holding is one thing that is kept of one person.
type Holding struct {
	Datum  avow.Datum
	Grants []Grant
	Used   time.Time // zero: never
	// Happened returns when an event of the person or of this holding happened.
	// Collected, LastUsed and Effective need not be answered by it.
	Happened func(Event) (time.Time, bool)

	last reckoned
}

// reckoned is what a rule said last. What one person gave at once has one start, and
// arithmetic with calendars takes longer than all else here.
type reckoned struct {
	rule      *Rule
	start, at time.Time
}

// due is r.Due(start).
func (h *Holding) due(r *Rule, start time.Time) time.Time {
	if h.last.rule != r || h.last.start != start {
		h.last = reckoned{r, start, r.Due(start)}
	}
	return h.last.at
}

// End says when a holding's time is over and by which rule. Known is false as
// long as the event that starts the clock has not happened.
type End struct {
	At    time.Time
	Rule  avow.RuleID
	Then  Action
	Known bool
}

// Find returns when h must go. Each grant ends with the earliest of the rules
// that cover it, and the holding ends with the last of its grants: it stays as
// long as one purpose still needs it. A grant that no rule covers ends at once,
// for nothing may be kept without a rule.
func Find(rules []Rule, h *Holding, effective time.Time) End {
	var last End
	for i, g := range h.Grants {
		e := grantEnd(rules, h, g, effective)
		if !e.Known {
			return End{Rule: e.Rule, Then: e.Then}
		}
		if i == 0 || e.At.After(last.At) {
			last = e
		}
	}
	if len(h.Grants) == 0 {
		return End{Known: true}
	}
	return last
}

func grantEnd(rules []Rule, h *Holding, g Grant, effective time.Time) End {
	var first End
	covered := false
	for i := range rules {
		r := &rules[i]
		if !r.covers(h.Datum, g.Purpose) {
			continue
		}
		covered = true
		start, ok := h.start(r.After, g, effective)
		if !ok {
			if !first.Known && first.Rule == "" {
				first = End{Rule: r.ID, Then: r.Then}
			}
			continue
		}
		if at := h.due(r, start); !first.Known || at.Before(first.At) {
			first = End{At: at, Rule: r.ID, Then: r.Then, Known: true}
		}
	}
	if !covered {
		return End{At: g.At, Known: true}
	}
	return first
}

func (h *Holding) start(e Event, g Grant, effective time.Time) (time.Time, bool) {
	switch e {
	case Collected:
		return g.At, true
	case LastUsed:
		if h.Used.After(g.At) {
			return h.Used, true
		}
		return g.At, true
	case Effective:
		return later(effective, g.At), true
	}
	if h.Happened == nil {
		return time.Time{}, false
	}
	at, ok := h.Happened(e)
	return later(at, g.At), ok
}

func (r *Rule) covers(d avow.Datum, p avow.Purpose) bool {
	return slices.Contains(r.Data, d) && (len(r.Purposes) == 0 || slices.Contains(r.Purposes, p))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
