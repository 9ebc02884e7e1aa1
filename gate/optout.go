package gate

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Whoever wants to be left alone need not show who they are: to stop something can only
// protect whoever is behind an address. Whether anybody is behind it is told to nobody.
// Saying so does the same work for every address, in one change, and is answered with
// the same words; who it is about is found afterwards, beside the request, and told by
// a message that holds no personal data.

// OptingOut is a wish to be left alone, by an address.
type OptingOut struct {
	// To is the address: a datum of type email or phone by which people are found.
	To Item
	// Right is opt-out, or limit for sensitive data.
	Right   string
	Network string // where it comes from, to count by; empty if unknown
}

// RemembersOptOut is how long an address is remembered that belongs to nobody, as a keyed
// hash: whoever comes by it in that time has everything off that they did not switch on.
const RemembersOptOut = 2 * 365 * 24 * time.Hour

const (
	// optOutsEachHour bounds what is done for one address, and so the messages that
	// somebody else could have sent there; optOutsOfNetwork what one network asks.
	optOutsEachHour  = 5
	optOutsOfNetwork = 60
)

// leftAloneKind is the kind of record (of nobody) of an address that asked to be left
// alone; optOutKind that of one that was not looked at yet.
func leftAloneKind(s *served) string { return "left-alone/" + string(s.id) }
func optOutKind(s *served) string    { return "opt-out/" + string(s.id) }

// leftAlone is what is remembered of an address.
type leftAlone struct {
	to    Tag
	right string
	at    time.Time
}

func (l *leftAlone) append() []byte {
	w := writer{b: append([]byte(nil), l.to[:]...)}
	w.string(l.right)
	w.time(l.at)
	return w.b
}

func decodeLeftAlone(raw []byte) (l leftAlone, err error) {
	r := reader{b: raw}
	r.fixed(l.to[:])
	l.right, l.at = r.string(), r.time()
	return l, r.done()
}

// optsOut reports whether a right is one for which nobody has to be known.
func optsOut(right string) bool { return right == "opt-out" || right == "limit" }

var errOptOut = &avow.Error{Code: avow.Invalid, Message: "this is nothing that an address is enough for", Try: "say opt-out or limit, or sign in"}

// OptOutChoices returns the choices that opting out or limiting switches off: of
// limiting, those that let sensitive data be used; of opting out, all that can be
// switched off.
func (g *Gate) OptOutChoices(id avow.PolicyID, right string) ([]avow.Choice, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	if !optsOut(right) {
		return nil, errOptOut
	}
	return slices.Clone(s.inForce.Load().leaving[right]), nil
}

func (f *force) leaves(right string) []avow.Choice {
	if right == "limit" {
		return f.about(right)
	}
	var out []avow.Choice
	for i := range f.program.File().Choices {
		if c := &f.program.File().Choices[i]; c.Kind.Text != "per-event" {
			out = append(out, avow.Choice(c.ID.Text))
		}
	}
	return out
}

// OptOut switches off, for whoever is behind an address, all that they may refuse. The
// answer does not say whether anybody is: its receipt is of the wish alone.
func (g *Gate) OptOut(ctx context.Context, id avow.PolicyID, o *OptingOut) (avow.Receipt, error) {
	if err := ready(ctx); err != nil {
		return avow.Receipt{}, err
	}
	s, err := g.of(id)
	if err != nil {
		return avow.Receipt{}, err
	}
	if !optsOut(o.Right) {
		return avow.Receipt{}, errOptOut
	}
	_, to, err := s.address(s.inForce.Load(), &o.To)
	if err != nil {
		return avow.Receipt{}, err
	}
	for range attempts {
		r, err := g.optOut(ctx, s, o, to)
		if errors.Is(err, ErrTaken) {
			continue
		}
		if err == nil {
			select {
			case g.optingOut <- struct{}{}:
			default:
			}
		}
		return r, err
	}
	return avow.Receipt{}, &avow.Error{Code: avow.Unavailable, Message: "too many ask for this at once", Try: "try again later"}
}

func (g *Gate) optOut(ctx context.Context, s *served, o *OptingOut, to Tag) (avow.Receipt, error) {
	now, err := s.time(g.Now())
	if err != nil {
		return avow.Receipt{}, err
	}
	list := []allowance{{"opt-out", to, within(now, time.Hour), optOutsEachHour}}
	if o.Network != "" {
		list = append(list, allowance{"opt-out-network", s.network(o.Network), within(now, time.Hour), optOutsOfNetwork})
	}
	var places []Record
	for i := range list {
		rec, ok, err := g.place(ctx, s, &list[i])
		if err != nil {
			return avow.Receipt{}, err
		}
		if !ok {
			return avow.Receipt{}, &avow.Error{Code: avow.TooMany, Message: "this was asked too often", Try: "what was asked is done; to change it, sign in"}
		}
		places = append(places, rec)
	}
	l := leftAlone{to, o.Right, now}
	body := l.append()
	f := s.inForce.Load()
	leaf := evidence.Leaf{ID: newID(), At: now, Kind: evidence.OptOutAsked, Policy: s.id, Hash: f.program.Hash(), Verdict: avow.Allow}
	f.citing("right/" + o.Right)(&leaf)
	first, err := g.commit(ctx, &Change{Policy: s.id, PutNew: places,
		Put:    []Record{{Kind: optOutKind(s), Key: timeKey(now), Body: body}, {Kind: leftAloneKind(s), Key: append([]byte(o.Right+"/"), to[:]...), Body: body}},
		Leaves: []Leaf{{Body: leaf.Append(nil)}}})
	s.recorded(now, err)
	if err != nil && !errors.Is(err, ErrTaken) {
		err = internal("the wish could not be recorded", err)
	}
	if err != nil {
		return avow.Receipt{}, err
	}
	return avow.Receipt{Policy: s.id, Index: first, Leaf: leaf.ID, At: now, Verdict: avow.Allow}, nil
}

// OptingOut wakes whoever carries opt-outs out.
func (g *Gate) OptingOut() <-chan struct{} { return g.optingOut }

// CarryOptOuts finds out whom the opt-outs are about that came by an address, carries
// them out, and tells the people. It returns how many it looked at.
func (g *Gate) CarryOptOuts(ctx context.Context) (int64, error) {
	var did int64
	for _, id := range g.Policies() {
		s, err := g.of(id)
		if err != nil {
			continue
		}
		n, err := g.carryOptOuts(ctx, s)
		did += n
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

func (g *Gate) carryOptOuts(ctx context.Context, s *served) (int64, error) {
	recs, err := g.store.Scan(ctx, 0, optOutKind(s), nil, scanPage)
	if err != nil {
		return 0, internal("the opt-outs could not be read", err)
	}
	var did int64
	for _, rec := range recs {
		if err := ready(ctx); err != nil {
			return did, err
		}
		if err := g.carryOptOut(ctx, s, rec); err != nil {
			return did, err
		}
		did++
	}
	return did, nil
}

// carryOptOut carries one out. Of an address that is nobody's nothing is done but to
// take the entry away; the address itself stays remembered.
func (g *Gate) carryOptOut(ctx context.Context, s *served, rec Record) error {
	done := &Change{Policy: s.id, Delete: []Record{rec}}
	l, err := decodeLeftAlone(rec.Body)
	if err != nil {
		return internal("an opt-out is malformed", err)
	}
	row, known, err := g.store.Lookup(ctx, s.id, l.to)
	if err != nil {
		return internal("the index could not be read", err)
	}
	if known {
		if p, err := s.open(row); err == nil {
			_, err = g.take(ctx, s.id, p.state.ref, func(t *turn) error {
				t.change.Delete = append(t.change.Delete, rec)
				return t.leaveAlone(&l)
			})
			if err == nil || avow.CodeOf(err) != avow.Gone {
				return err
			}
		} // else they are being erased, and nothing of theirs is used any more
	}
	if _, err := g.commit(ctx, done); err != nil {
		return internal("an opt-out could not be taken away", err)
	}
	return nil
}

// leaveAlone switches everything off that the person may refuse, and tells them.
func (t *turn) leaveAlone(l *leftAlone) error {
	if !t.who.known() || t.who.isOffice() {
		return nil
	}
	if t.who.state.Account == avow.Closing || t.who.state.Account == avow.Closed {
		return nil // nothing of theirs is used any more
	}
	t.touched = true
	a := Agreement{Gesture: "request", Origin: "opt-out"}
	for _, c := range t.force.leaving[l.right] {
		if said, ok := t.who.state.Choice(c); !ok || said.State == avow.Given && !said.At.After(l.at) {
			a.Choices = append(a.Choices, ChoiceEvent{c, avow.Refused})
		}
	}
	if len(a.Choices) > 0 {
		if err := t.agree(&a); err != nil {
			return err
		}
	}
	if l.right == "opt-out" {
		if err := t.hushAdverts(); err != nil {
			return err
		}
	}
	return t.tellOwn("opted-out", "/choices", nil)
}

// hushAdverts stops the messages that advertise and hang on no choice.
func (t *turn) hushAdverts() error {
	for i := range t.program.File().Messages {
		m := &t.program.File().Messages[i]
		if advertises(m.Class.Text) && len(m.Choice) == 0 && stoppable(m) && !t.quiet(m) {
			if err := t.hush(avow.RuleID(m.ID.Text), true); err != nil {
				return err
			}
		}
	}
	return nil
}

// cameAlone gives somebody who becomes known by an address what was asked for by it
// before anybody was. What they said themselves goes before.
func (t *turn) cameAlone(to Tag) error {
	for _, right := range []string{"opt-out", "limit"} {
		choices := t.force.leaving[right]
		if len(choices) == 0 {
			continue // nothing that this policy could switch off
		}
		rec, ok, err := t.gate.store.Get(t.ctx, 0, leftAloneKind(t.served), append([]byte(right+"/"), to[:]...))
		if err != nil {
			return internal("it could not be read who wants to be left alone", err)
		}
		if !ok {
			continue
		}
		l, err := decodeLeftAlone(rec.Body)
		if err != nil {
			return internal("an opt-out is malformed", err)
		}
		if !t.now.Before(l.at.Add(RemembersOptOut)) {
			continue
		}
		for _, c := range choices {
			if _, said := t.who.state.Choice(c); said {
				continue
			}
			if err := t.choose(ChoiceEvent{c, avow.Refused}, &Agreement{Gesture: "request", Origin: "opt-out", Language: t.language("")}); err != nil {
				return err
			}
			t.touched = true
		}
	}
	return nil
}

// sweepOptOuts carries out what is left over, and forgets addresses whose time is over.
func (g *Gate) sweepOptOuts(ctx context.Context, s *served, _ *Swept) error {
	if _, err := g.carryOptOuts(ctx, s); err != nil {
		return err
	}
	return g.sweepRecords(ctx, s, leftAloneKind(s), func(rec Record, now time.Time) bool {
		l, err := decodeLeftAlone(rec.Body)
		return err != nil || !now.Before(l.at.Add(RemembersOptOut))
	})
}
