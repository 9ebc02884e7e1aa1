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

// censusCount is the name of the count of everybody.
const censusCount = "census"

// BeginCensus has everybody counted anew, by [Gate.Count]. What was counted last stands
// until that is done.
func (g *Gate) BeginCensus(ctx context.Context, id avow.PolicyID, by Officer) error {
	if _, err := g.of(id); err != nil {
		return err
	}
	return g.beginCount(ctx, id, censusCount, by)
}

// CensusUnderWay says how far a census has come. ok is false if there is none under way.
func (g *Gate) CensusUnderWay(ctx context.Context, id avow.PolicyID) (c Counting, ok bool, err error) {
	u, ok, err := g.underWay(ctx, id, censusCount)
	return u.Counting, ok, err
}

// census is a census under way.
type census struct {
	Census
	data    map[avow.Datum]int
	choices map[avow.Choice]int
}

func (c *census) take(t *turn) (string, bool, error) {
	c.data, c.choices = make(map[avow.Datum]int), make(map[avow.Choice]int)
	c.Hash = t.program.Hash()
	for i, d := range t.program.Data() {
		c.data[d.Slug] = i
		c.Data = append(c.Data, DatumCount{Datum: d.Slug})
	}
	for i := range t.program.File().Choices {
		slug := avow.Choice(t.program.File().Choices[i].ID.Text)
		c.choices[slug] = i
		c.Choices = append(c.Choices, ChoiceCount{Choice: slug})
	}
	return string(c.Hash), true, nil
}

func (c *census) found() any { return &c.Census }

func (c *census) end(t *turn, _ *countUnderWay) error {
	c.At = t.now
	kind := policyKind(t.id)
	_, err := t.gate.commit(t.ctx, &Change{Policy: t.id, Put: []Record{{Kind: kind, Key: censusKey(), Body: mustJSON(&c.Census)}},
		Delete: []Record{{Kind: kind, Key: countKey(censusCount)}}})
	if err != nil {
		return internal("the census could not be kept", err)
	}
	return nil
}

// person counts one.
func (c *census) person(t *turn) error {
	st := &t.who.state
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
