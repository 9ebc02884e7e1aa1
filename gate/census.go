package gate

import (
	"context"
	"encoding/json"
	"time"

	"avow.dev"
)

// Census counts, over everybody, what is held and what was chosen. It opens no
// value, holds counts only, and is kept with its time until somebody counts anew: a
// page that shows it costs nothing.
type Census struct {
	At      time.Time     `json:"at"`
	People  int64         `json:"people"`
	Data    []DatumCount  `json:"data"`    // in the order of the policy
	Choices []ChoiceCount `json:"choices"` // in the order of the policy
	Hash    avow.Hash     `json:"hash"`    // of the policy in force
	Holds   int64         `json:"holds"`   // people under a legal hold
}

// DatumCount is how much is held of one kind of data.
type DatumCount struct {
	Datum  avow.Datum `json:"datum"`
	People int64      `json:"people"`
	Values int64      `json:"values"`
	Oldest time.Time  `json:"oldest,omitzero"` // when the oldest was collected
	Next   time.Time  `json:"next,omitzero"`   // when the next is erased; zero: no clock runs
}

// ChoiceCount is how people have answered to one choice. Whoever is in none of the
// numbers was not asked.
type ChoiceCount struct {
	Choice    avow.Choice `json:"choice"`
	Given     int64       `json:"given"`
	Refused   int64       `json:"refused"`
	Withdrawn int64       `json:"withdrawn"`
	Expired   int64       `json:"expired"`
}

func censusKey() []byte { return []byte("census") }

// LastCensus returns the census that was taken last. ok is false if there is none.
func (g *Gate) LastCensus(ctx context.Context, id avow.PolicyID) (c Census, ok bool, err error) {
	if _, err := g.of(id); err != nil {
		return c, false, err
	}
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), censusKey())
	if err != nil || !ok {
		if err != nil {
			err = internal("the census could not be read", err)
		}
		return c, false, err
	}
	if err := json.Unmarshal(rec.Body, &c); err != nil {
		return c, false, internal("the census is malformed", err)
	}
	return c, true, nil
}

// TakeCensus counts anew. It reads everybody's record once, and takes as long.
func (g *Gate) TakeCensus(ctx context.Context, id avow.PolicyID) (Census, error) {
	s, err := g.of(id)
	if err != nil {
		return Census{}, err
	}
	f := s.inForce.Load()
	t := turn{served: s, ctx: ctx, gate: g, force: f, program: f.program}
	if t.now, err = s.time(g.Now()); err != nil {
		return Census{}, err
	}
	c := counting{Census: Census{At: t.now, Hash: f.program.Hash()}, data: make(map[avow.Datum]int), choices: make(map[avow.Choice]int)}
	for _, d := range f.program.Data() {
		c.data[d.Slug] = len(c.Data)
		c.Data = append(c.Data, DatumCount{Datum: d.Slug})
	}
	for i := range f.program.File().Choices {
		slug := avow.Choice(f.program.File().Choices[i].ID.Text)
		c.choices[slug] = len(c.Choices)
		c.Choices = append(c.Choices, ChoiceCount{Choice: slug})
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return Census{}, internal("the people could not be counted", err)
	}
	for sid := int64(1); sid < end; sid++ {
		if err := ready(ctx); err != nil {
			return Census{}, err
		}
		if err := c.person(&t, sid); err != nil {
			return Census{}, err
		}
	}
	change := Change{Policy: id, Put: []Record{{Kind: policyKind(id), Key: censusKey(), Body: mustJSON(&c.Census)}}}
	if _, err := g.commit(ctx, &change); err != nil {
		return Census{}, internal("the census could not be kept", err)
	}
	return c.Census, nil
}

// counting is a census under way.
type counting struct {
	Census
	data    map[avow.Datum]int
	choices map[avow.Choice]int
}

// person counts one, unless they are made up, being erased or the office.
func (c *counting) person(t *turn, sid int64) error {
	row, ok, err := t.gate.store.Load(t.ctx, sid)
	if err != nil {
		return internal("a person's record could not be read", err)
	}
	if !ok || row.Policy != t.id {
		return nil
	}
	if t.who, err = t.open(row); err != nil {
		return unlessGone(unreadable(err))
	}
	st := &t.who.state
	if t.who.isOffice() || st.Synthetic || st.Account == avow.Closing {
		return nil
	}
	c.People++
	if st.Hold && !st.lapsed(t.now) {
		c.Holds++
	}
	for _, said := range st.Choices {
		if i, ok := c.choices[said.Choice]; ok {
			c.Choices[i].add(&said, t.now)
		}
	}
	var last avow.Datum
	return t.eachHeld(func(held *cell) {
		i, ok := c.data[held.datum]
		if !ok {
			return
		}
		n := &c.Data[i]
		n.Values++
		if last != held.datum { // the values of one kind come one after the other
			n.People, last = n.People+1, held.datum
		}
		for _, g := range held.grants {
			if n.Oldest.IsZero() || g.at.Before(n.Oldest) {
				n.Oldest = g.at
			}
		}
		if end := t.who.end(t.force, held); end.Known && (n.Next.IsZero() || end.At.Before(n.Next)) && !st.Hold {
			n.Next = end.At
		}
	})
}

func (n *ChoiceCount) add(said *avow.Chosen, now time.Time) {
	switch said.State {
	case avow.Given:
		if !said.Expires.IsZero() && !now.Before(said.Expires) {
			n.Expired++
			return
		}
		n.Given++
	case avow.Refused:
		n.Refused++
	case avow.Withdrawn:
		n.Withdrawn++
	case avow.NotAsked:
	}
}
