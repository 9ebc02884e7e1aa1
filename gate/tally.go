package gate

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"

	"avow.dev"
	"avow.dev/disclose"
)

// tally walks over everybody, or over the events about nobody, once, and counts.
// What it holds at any time is one person, and the counters.
func (g *Gate) tally(ctx context.Context, s *served, q *Question, table *disclose.Table) ([]disclose.Row, error) {
	counter, err := disclose.NewCounter(*table, rand.Reader)
	if err != nil {
		return nil, internal("the table could not be set up", err)
	}
	f := s.inForce.Load()
	w := walker{turn: turn{served: s, ctx: ctx, gate: g, force: f, program: f.program, now: g.Now()}, q: q, table: table, counter: counter}
	if info, ok := f.program.Datum(q.Data); ok && !info.Personal() {
		err = w.events()
	} else {
		err = w.people()
	}
	if err != nil {
		return nil, err
	}
	rows, err := counter.Release()
	if err != nil {
		return nil, internal("noise could not be drawn", err)
	}
	return rows, nil
}

// walker is a walk under way.
type walker struct {
	turn
	q       *Question
	table   *disclose.Table
	counter *disclose.Counter
}

// events counts what is about nobody. One event is what is hidden there.
func (w *walker) events() error {
	var failed error
	err := w.gate.eachLoose(w.ctx, w.served, w.q.Data, func(_ Record, c *cell) bool {
		if _, over := (&person{}).over(w.force, c, w.now); over {
			return true
		}
		found := make([][]int, len(w.q.By))
		for i := range w.q.By {
			found[i] = w.sort(i, c.sealed, nil)
		}
		failed = w.counter.Add(found)
		return failed == nil && w.ctx.Err() == nil
	})
	if err == nil && failed != nil {
		err = internal("an event could not be counted", failed)
	}
	return orDone(w.ctx, err)
}

func orDone(ctx context.Context, err error) error {
	if err == nil {
		return ready(ctx)
	}
	return err
}

func (w *walker) people() error {
	end, err := w.gate.store.NextSubject(w.ctx, 0)
	if err != nil {
		return internal("the people could not be counted", err)
	}
	for sid := int64(1); sid < end; sid++ {
		if err := ready(w.ctx); err != nil {
			return err
		}
		row, ok, err := w.gate.store.Load(w.ctx, sid)
		if err != nil {
			return internal("a person's record could not be read", err)
		}
		if !ok || row.Policy != w.id {
			continue
		}
		who, err := w.open(row)
		if err != nil {
			continue // being erased: nobody any more
		}
		if err := w.person(who); err != nil {
			return err
		}
	}
	return nil
}

// person counts somebody who has the counted datum, unless they stand outside:
// whose relationship has ended or who is being erased, who is under a hold, who
// was made up, and who took back or objected to what the table is for.
func (w *walker) person(who *person) error {
	st := &who.state
	if who.isOffice() || st.Synthetic || st.Hold || st.Account == avow.Closing || st.Account == avow.Closed || st.Account == avow.Frozen {
		return nil
	}
	w.who = who
	req := avow.Request{Data: w.q.data(), Purpose: w.q.Purpose, Recipient: w.q.Recipient}
	d := avow.Decision{Rulings: make([]avow.Ruling, len(req.Data))}
	if w.stopped(&req, &d); d.Reasons != 0 {
		return nil
	}
	found := make([][]int, len(w.q.By))
	held, err := w.sortAll(w.q.Data, func(i int) bool { return cmpOr(w.q.By[i].Datum, w.q.Data) == w.q.Data }, found)
	if err != nil || !held {
		return err
	}
	for _, datum := range req.Data[1:] {
		if _, err := w.sortAll(datum, func(i int) bool { return w.q.By[i].Datum == datum }, found); err != nil {
			return err
		}
	}
	if err := w.counter.Add(found); err != nil {
		return internal("a person could not be counted", err)
	}
	return nil
}

// sortAll sorts every value that the person has of a datum into the dimensions
// that are by it, and reports whether there was any.
func (w *walker) sortAll(datum avow.Datum, by func(int) bool, found [][]int) (held bool, err error) {
	visit := func(c *cell) error {
		if c.isFile() {
			held = held || !c.hidden && !w.over(c)
			return nil
		}
		v, ok, err := w.openCell(c)
		if err != nil || !ok {
			return err
		}
		defer v.Wipe()
		held = true
		for i := range w.q.By {
			if by(i) {
				found[i] = w.sort(i, v.Expose(), found[i])
			}
		}
		return nil
	}
	if c := w.who.body.cell(datum); c != nil {
		if err := visit(c); err != nil {
			return held, err
		}
	}
	err = w.eachItem(datum, func(_ Record, c *cell) error { return visit(c) })
	return held, err
}

// sort adds the category of a value in a dimension.
func (w *walker) sort(dim int, v []byte, into []int) []int {
	d, text := &w.table.Dims[dim], string(v)
	if field := w.q.By[dim].Field; field != "" {
		text = fieldOf(v, field)
	}
	if len(d.Bands) == 0 {
		return append(into, d.Category(text))
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return append(into, len(d.Bands)) // no number: other
	}
	return append(into, d.Number(n))
}

// fieldOf returns a text or number at the top of a JSON object, or nothing.
func fieldOf(raw []byte, field string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(object[field], &text) == nil {
		return text
	}
	var n json.Number
	if json.Unmarshal(object[field], &n) == nil {
		return n.String()
	}
	return ""
}
