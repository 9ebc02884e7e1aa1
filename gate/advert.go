package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// AdvertUse is what an advertising party would do.
type AdvertUse string

// The uses.
const (
	AdvertShow    AdvertUse = "show"    // choose an advert for the person
	AdvertCollect AdvertUse = "collect" // collect data by itself, on the operator's pages
	AdvertMeasure AdvertUse = "measure" // find out whether an advert was seen or followed
)

// AdvertMode says how far it may go.
type AdvertMode string

// The modes.
const (
	AdvertPersonalised AdvertMode = "personalised" // by the data that is named
	AdvertContextual   AdvertMode = "contextual"   // without anything about the person
	AdvertNone         AdvertMode = "none"         // not at all
)

// AdvertAsk asks about one party.
type AdvertAsk struct {
	Recipient avow.Recipient
	Use       AdvertUse
	Signals   []avow.Signals // that the browser sends with this very request
}

// AdvertAnswer is the answer. It holds no value: what may go is handed over by
// [Gate.Share], which decides on each datum again.
type AdvertAnswer struct {
	Mode    AdvertMode
	Data    []avow.Datum // kinds of data that personalising goes by
	Receipt avow.Receipt
}

// Advert decides what an advertising party may do with a person, or with somebody
// whom nobody knows. Parties that the policy does not name are refused. Without the
// person's choice, and under a signal of their browser, nothing goes by their data.
func (g *Gate) Advert(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, ask *AdvertAsk) (AdvertAnswer, error) {
	switch ask.Use {
	case AdvertShow, AdvertCollect, AdvertMeasure:
	default:
		return AdvertAnswer{}, &avow.Error{Code: avow.Invalid, Message: "this is no use that adverts have", Try: "ask about show, collect or measure"}
	}
	var out AdvertAnswer
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		out = AdvertAnswer{Mode: AdvertNone}
		named := t.advert("named-parties", ask.Recipient)
		if named == nil {
			reasons := avow.RecipientUndeclared.Set()
			t.noteAdvert(ask, reasons)
			return &avow.Refusal{Decision: avow.Decision{Reasons: reasons, Policy: t.program.Hash()}}
		}
		if t.who.known() && len(ask.Signals) > 0 {
			before := len(t.entries)
			t.signals(ask.Signals)
			t.touched = t.touched || len(t.entries) > before
		}
		t.adverts(named, ask, &out)
		return nil
	})
	if err != nil {
		return AdvertAnswer{}, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// adverts decides about a party that is named.
func (t *turn) adverts(named *syntax.Advert, ask *AdvertAsk, out *AdvertAnswer) {
	word := map[AdvertUse]string{AdvertShow: "personalised", AdvertCollect: "parties-collect", AdvertMeasure: "parties-measure"}[ask.Use]
	by := t.advert(word, ask.Recipient)
	instead := t.advert("contextual", ask.Recipient)
	switch {
	case by != nil && t.advertChosen(by, ask):
		out.Mode, out.Data = AdvertPersonalised, syntax.Slugs[avow.Datum](by.Data)
		t.noteAdvert(ask, 0, named, by)
	case ask.Use == AdvertShow && (instead != nil || by == nil):
		out.Mode = AdvertContextual
		t.noteAdvert(ask, 0, named, instead)
	default:
		t.noteAdvert(ask, avow.ConsentMissing.Set(), named, by)
	}
}

// advertChosen reports whether every choice that governs an advert rule for a party
// stands in favour: its own, and that of the policy's switch.
func (t *turn) advertChosen(by *syntax.Advert, ask *AdvertAsk) bool {
	signal := t.who.state.Signals&avow.SignalGPC != 0 || slices.Contains(ask.Signals, avow.SignalGPC)
	choices := syntax.Slugs[avow.Choice](by.Choice)
	if s := t.advert("switch", ask.Recipient); s != nil {
		choices = append(choices, syntax.Slugs[avow.Choice](s.Choice)...)
	}
	heeds := t.advert("gpc", ask.Recipient)
	for _, c := range choices {
		if !t.stands(c, signal, heeds != nil && syntax.Has(heeds.Choice, string(c))) {
			return false
		}
	}
	return true
}

// stands reports whether a choice stands in favour. A yes outweighs the browser's
// signal only if it is later.
func (t *turn) stands(c avow.Choice, signal, heeds bool) bool {
	info, ok := t.program.Choice(c)
	if !ok {
		return false
	}
	st := &t.who.state
	said, _ := st.Choice(c)
	if signal && (info.GPC || heeds) && (said.State != avow.Given || st.SignalAt.IsZero() || !said.At.After(st.SignalAt)) {
		return false
	}
	if said.State == avow.NotAsked {
		return info.OptOut()
	}
	over := !said.Expires.IsZero() && !t.now.Before(said.Expires) || info.Expires.Set && !t.now.Before(t.program.After(said.At, info.Expires))
	return said.State == avow.Given && (info.OptOut() || !over)
}

// advert returns the policy's rule of a kind for a party; one that lists no party is
// for all.
func (t *turn) advert(rule string, party avow.Recipient) *syntax.Advert {
	list := t.program.File().Adverts
	for i := range list {
		if a := &list[i]; a.Rule.Text == rule && (len(a.To) == 0 || syntax.Has(a.To, string(party))) {
			return a
		}
	}
	return nil
}

func (t *turn) noteAdvert(ask *AdvertAsk, reasons avow.Reasons, by ...*syntax.Advert) {
	t.note(evidence.Advertised, func(l *evidence.Leaf) {
		l.Recipient = known(t.force.words.recipients, ask.Recipient)
		if reasons != 0 {
			l.Verdict, l.Reasons = avow.Refuse, reasons
		}
		for _, a := range by {
			if a == nil {
				continue
			}
			l.Rules = once(l.Rules, avow.RuleID(a.ID.Text))
			for _, w := range a.Clause {
				l.Clauses = once(l.Clauses, avow.ClauseID(w.Text))
			}
		}
	})
}
