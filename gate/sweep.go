package gate

import (
	"context"
	"encoding/binary"
	"slices"

	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/redact"
	"avow.dev/retain"
)

// Swept says what one sweep did.
type Swept struct {
	People  int // whose rows were looked at
	Expired int // cells and items whose time was over and that are gone
	Held    int // that a legal hold keeps in storage
	Cleared int // people whose sealed rubble was cleared away
}

// sweepPage is how many people one pass looks at.
const sweepPage = 128

// Sweep erases everything whose time is over. What it has not reached yet is
// out of sight all the same, since reading checks the time too. It returns when
// nothing is due any more.
func (g *Gate) Sweep(ctx context.Context) (Swept, error) {
	var total Swept
	seen := make(map[int64]bool)
	for {
		sids, err := g.store.Due(ctx, g.Now().Unix()/hour, sweepPage+len(seen))
		if err != nil {
			return total, internal("what is due could not be read", err)
		}
		sids = slices.DeleteFunc(sids, func(sid int64) bool { return seen[sid] })
		if len(sids) == 0 {
			break
		}
		for _, sid := range sids {
			seen[sid] = true
			if err := g.sweepPerson(ctx, sid, &total); err != nil {
				return total, err
			}
		}
	}
	if err := g.clear(ctx, &total); err != nil {
		return total, err
	}
	return total, g.forget(ctx)
}

// sweepPerson carries out the retention plan of one person.
func (g *Gate) sweepPerson(ctx context.Context, sid int64, total *Swept) error {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return internal("the person's record could not be read", err)
	}
	if !ok {
		return nil
	}
	s, err := g.of(row.Policy)
	if err != nil {
		return nil // a policy that is not served now keeps its people as they are
	}
	p, err := s.open(row)
	if err != nil {
		return internal("the person's record could not be opened", err)
	}
	total.People++
	var n Swept
	_, err = g.rekey(ctx, row.Policy, p.state.ref, func(t *turn) error {
		n = Swept{}
		return t.expire(&n)
	})
	total.Expired += n.Expired
	total.Held += n.Held
	return err
}

// expire removes what the plan says, or leaves the anonymised form of it, and
// looks again when the next thing is due.
func (t *turn) expire(n *Swept) error {
	if !t.who.known() {
		return nil
	}
	if t.lapsed {
		t.release()
	}
	var gone []cell
	keep := t.who.body.cells[:0:0]
	for i := range t.who.body.cells {
		c := t.who.body.cells[i]
		step := t.plan(&c)
		switch {
		case step.Held:
			n.Held++
			keep = append(keep, c)
		case step.Do:
			gone = append(gone, c)
			t.dropTag(c.datum)
		default:
			keep = append(keep, c)
		}
	}
	t.who.body.cells = keep
	items, err := t.expireItems(n)
	if err != nil {
		return err
	}
	gone = append(gone, items...)
	n.Expired = len(gone)
	if len(gone) == 0 {
		// The row was due by an hour that has only begun, or under a hold: look
		// again in the next one.
		if t.touched {
			return nil
		}
		return t.lookAgain()
	}
	t.touched = true
	for i := range gone {
		if err := t.anonymise(&gone[i]); err != nil {
			return err
		}
	}
	t.note(evidence.Expired, func(l *evidence.Leaf) {
		l.Count = int64(len(gone))
		for i := range gone {
			l.Data = once(l.Data, gone[i].datum)
			rule := t.plan(&gone[i]).End.Rule
			l.Rules = once(l.Rules, rule)
			for _, c := range t.force.then[rule].clauses {
				l.Clauses = once(l.Clauses, c)
			}
		}
	})
	return nil
}

func (t *turn) plan(c *cell) retain.Step {
	h := t.who.holding(c)
	return retain.Plan(t.force.retention, []retain.Holding{h}, t.program.Effective(), t.who.state.Hold, t.now)[0]
}

// expireItems deletes the multi-valued items whose time is over, and notes when
// the next one's is.
func (t *turn) expireItems(n *Swept) ([]cell, error) {
	var gone []cell
	t.who.body.items = 0
	for _, d := range t.force.many {
		err := t.eachItem(d, func(rec Record, c *cell) error {
			step := t.plan(c)
			switch {
			case step.Do:
				gone = append(gone, *c)
				t.change.Delete = append(t.change.Delete, rec)
				return nil
			case step.Held:
				n.Held++
			}
			if at := hourOf(step.End.At); step.End.Known && (t.who.body.items == 0 || at < t.who.body.items) {
				t.who.body.items = at
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// lookAgain moves a row that had nothing to give to a later hour. It is an
// ordinary write without evidence: nothing happened to any data.
func (t *turn) lookAgain() error {
	next, err := t.who.close(t.force)
	if err != nil {
		return internal("the person's record could not be written", err)
	}
	if next.Due != 0 {
		next.Due = max(next.Due, t.now.Unix()/hour+1)
	}
	if next.Due == t.who.row.Due {
		return nil
	}
	t.change.Update = &next
	return nil
}

// anonymise keeps the anonymous form of a value, if its rule says so, among the
// values that are about nobody.
func (t *turn) anonymise(c *cell) error {
	end := t.force.then[t.plan(c).End.Rule]
	if !end.anonymise || end.form == "" {
		return nil
	}
	form, ok := t.program.Form(end.form)
	if !ok {
		return internal("a retention rule names a form that is not there", redact.ErrForm)
	}
	raw, err := t.who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return internal("a value could not be opened to be anonymised", err)
	}
	v := NewValue(raw)
	clear(raw)
	defer v.Wipe()
	f := t.force.redactForm(form, c.datum, "")
	out, some, err := redact.Apply(&f, v, nil)
	if err != nil || !some || identifies(out.Expose()) {
		return nil // what cannot be made anonymous is erased
	}
	return t.keepLoose(&policy.DatumInfo{Slug: c.datum, Class: "statistics"}, out)
}

// clear takes the rubble of erased people away, in steps.
func (g *Gate) clear(ctx context.Context, total *Swept) error {
	for {
		recs, err := g.store.Scan(ctx, 0, rubbleKind, nil, scanPage)
		if err != nil {
			return internal("erased people's records could not be read", err)
		}
		if len(recs) == 0 {
			return nil
		}
		for _, rec := range recs {
			if err := g.clearOne(ctx, rec); err != nil {
				return err
			}
			total.Cleared++
		}
	}
}

func (g *Gate) clearOne(ctx context.Context, rec Record) error {
	sid := int64(binary.BigEndian.Uint64(rec.Key))
	for {
		c := Change{Policy: House, Purge: sid, PurgeLimit: purgeStep}
		if _, err := g.commit(ctx, &c); err != nil {
			return internal("an erased person's records could not be cleared away", err)
		}
		if c.PurgedMore {
			continue
		}
		if _, err := g.commit(ctx, &Change{Policy: House, Delete: []Record{rec}}); err != nil {
			return internal("an erased person's records could not be cleared away", err)
		}
		return nil
	}
}
