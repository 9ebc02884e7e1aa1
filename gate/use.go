package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/retain"
)

// Shown is what a request was allowed to see: values in the form that the
// decision demands, in the order of the request. What is not held is left out.
type Shown struct {
	Receipt avow.Receipt
	Items   []Item
}

// Use reads data for a purpose inside the controller.
func (g *Gate) Use(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.read(ctx, req, avow.Use)
}

// read decides, opens exactly what was allowed, and hands it over only after
// the evidence is committed.
func (g *Gate) read(ctx context.Context, asked *avow.Request, verb avow.Verb) (Shown, error) {
	if len(asked.Data) == 0 {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no data is named", Try: "name the kinds of data that are needed"}
	}
	var items []Item
	t, err := g.take(ctx, asked.Policy, asked.Subject, func(t *turn) error {
		wipe(items)
		items = nil
		req := *asked
		req.Verb, req.At = verb, t.now
		d, ok := t.authorize(&req, t.qualified(&req))
		t.joined(&req, &d)
		t.secrets(&req, &d)
		if !ok || d.Reasons != 0 {
			if err := t.refuse(&req, d); err != nil {
				return err
			}
		} else {
			t.ruled(&req, &d)
		}
		var err error
		items, err = t.read(&req, &d)
		return err
	})
	if err != nil {
		wipe(items)
		return Shown{}, err
	}
	return Shown{Receipt: t.receipt(), Items: items}, nil
}

func wipe(items []Item) {
	for i := range items {
		items[i].Value.Wipe()
	}
}

// secrets keeps passwords from being read back by anybody, for any purpose.
func (t *turn) secrets(req *avow.Request, d *avow.Decision) {
	for i, datum := range req.Data {
		if info, ok := t.program.Datum(datum); ok && info.Type == "password" && i < len(d.Rulings) {
			d.Rulings[i].Verdict = avow.Refuse
			d.Rulings[i].Reasons |= avow.PasswordIsNotData.Set()
			d.Reasons |= avow.PasswordIsNotData.Set()
		}
	}
}

// qualified returns the facts about the recipient that the registry shows.
func (t *turn) qualified(req *avow.Request) avow.Facts {
	if req.Recipient != "" && t.force.qualified(req.Recipient, t.now) {
		return avow.Facts(0).With(avow.FactQualified)
	}
	return 0
}

func (t *turn) read(req *avow.Request, d *avow.Decision) ([]Item, error) {
	if !t.who.known() {
		return nil, nil
	}
	var items []Item
	for i, datum := range req.Data {
		info, ok := t.program.Datum(datum)
		if !ok || info.Type == "password" {
			continue
		}
		values, err := t.valuesOf(datum, info.Many)
		if err != nil {
			return items, err
		}
		for _, v := range values {
			var forms []avow.Obligation
			if i < len(d.Rulings) {
				forms = d.Rulings[i].Obligations
			}
			out, some, err := t.reduce(datum, v, forms, req.Purpose)
			v.Wipe()
			if err != nil {
				return items, internal("a value could not be brought into the form that the policy demands", err)
			}
			if some {
				items = append(items, Item{datum, out})
			}
		}
		t.used(datum)
	}
	return items, nil
}

// valuesOf opens what is held of a datum and may still be shown.
func (t *turn) valuesOf(datum avow.Datum, many bool) ([]Value, error) {
	if c := t.who.body.cell(datum); c != nil {
		v, ok, err := t.openCell(c)
		if err != nil || !ok {
			return nil, err
		}
		return []Value{v}, nil
	}
	if !many {
		return nil, nil
	}
	var values []Value
	err := t.eachItem(datum, func(_ Record, c *cell) error {
		v, ok, err := t.openCell(c)
		if ok {
			values = append(values, v)
		}
		return err
	})
	return values, err
}

// openCell opens a cell, unless it is hidden or its time is over: what the
// sweep has not reached yet is out of sight all the same.
func (t *turn) openCell(c *cell) (Value, bool, error) {
	if c.hidden || t.over(c) {
		return Value{}, false, nil
	}
	raw, err := t.who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return Value{}, false, internal("a value could not be opened", err)
	}
	v := NewValue(raw)
	clear(raw)
	return v, true, nil
}

func (t *turn) over(c *cell) bool {
	h := t.who.holding(c)
	end := retain.Find(t.force.retention, &h, t.program.Effective())
	return end.Known && !t.now.Before(end.At)
}

// used notes the day of the last use where a retention clock starts from it.
// A day is enough, and spares a write at every read.
func (t *turn) used(datum avow.Datum) {
	c := t.who.body.cell(datum)
	if c == nil || !slices.ContainsFunc(t.force.retention, func(r retain.Rule) bool {
		return r.After == retain.LastUsed && slices.Contains(r.Data, datum)
	}) {
		return
	}
	if day := t.now.Truncate(24 * 60 * 60 * 1e9); c.used.Before(day) {
		c.used, t.touched = day, true
	}
}

// scanPage is how many records are read at a time.
const scanPage = 256

// eachItem visits the multi-valued items of a datum in order of arrival.
func (t *turn) eachItem(datum avow.Datum, visit func(Record, *cell) error) error {
	var after []byte
	for {
		recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, itemKind(datum), after, scanPage)
		if err != nil {
			return internal("stored items could not be read", err)
		}
		for _, rec := range recs {
			r := reader{b: rec.Body}
			var c cell
			c.decode(&r)
			if err := r.done(); err != nil {
				return internal("a stored item is malformed", err)
			}
			if err := visit(rec, &c); err != nil {
				return err
			}
			after = rec.Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
