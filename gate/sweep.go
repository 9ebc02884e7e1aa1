package gate

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/redact"
)

// Swept says what one sweep did.
type Swept struct {
	People  int // whose rows were looked at
	Expired int // cells and items whose time was over and that are gone
	Held    int // that a legal hold keeps in storage
	Erased  int // people of whom nothing was left after their relationship had ended
	Overdue int // requests of people whose time to be answered has run out
	Cleared int // people whose sealed rubble was cleared away
	Files   int // sealed files that nothing named any more
	Failed  int // people whose row could not be swept; the first error says why
}

// sweepPage is how many people one pass looks at.
const sweepPage = 128

// Sweep erases everything whose time is over, reports overdue requests, and
// clears away what erasures and crashes have left. What it has not reached yet is
// out of sight all the same, since reading checks the time too. It returns when
// nothing is due any more. One person whose row is damaged keeps nobody else's
// data alive.
func (g *Gate) Sweep(ctx context.Context) (Swept, error) {
	g.sweeping.Lock()
	defer g.sweeping.Unlock()
	var total Swept
	failed := g.queueEverybody(ctx, &total)
	failed = errors.Join(failed, g.sweepPeople(ctx, &total))
	for _, id := range g.Policies() {
		s, err := g.of(id)
		if err != nil {
			continue
		}
		if err := g.sweepPolicy(ctx, s, &total); err != nil {
			return total, errors.Join(failed, err)
		}
	}
	if err := g.clear(ctx, &total); err != nil {
		return total, errors.Join(failed, err)
	}
	return total, errors.Join(failed, g.forget(ctx), g.pruneJournal(ctx))
}

// sweepPeople looks at everybody who is due. Rows stay due that had nothing to
// give yet in their hour, or whose policy is not served; they are looked at once
// in a sweep, and the pages grow so that a long list of them costs little.
func (g *Gate) sweepPeople(ctx context.Context, total *Swept) error {
	var first error
	seen := make(map[int64]bool)
	for {
		sids, err := g.store.Due(ctx, g.Now().Unix()/hour, sweepPage+2*len(seen))
		if err != nil {
			return internal("what is due could not be read", err)
		}
		sids = slices.DeleteFunc(sids, func(sid int64) bool { return seen[sid] })
		if len(sids) == 0 {
			return first
		}
		for _, sid := range sids {
			if err := ready(ctx); err != nil {
				return err
			}
			seen[sid] = true
			if err := g.sweepPerson(ctx, sid, total); err != nil {
				total.Failed++
				first = cmp.Or(first, err)
			}
		}
	}
}

// sweepPolicy does what is not about one person's row.
func (g *Gate) sweepPolicy(ctx context.Context, s *served, total *Swept) error {
	if s.stalled.Swap(false) {
		if err := g.resume(ctx, s); err != nil {
			s.stalled.Store(true)
			return err
		}
	}
	for _, step := range [...]func(context.Context, *served, *Swept) error{
		g.sweepQueue,
		g.sweepLoose,
		g.sweepFiles,
		g.sweepPace,
		g.sweepCodes,
		g.sweepOptOuts,
		g.sweepGuardians,
		g.sweepHandOvers,
		g.sweepEnvelopes,
		g.sweepDispatches,
		g.sweepFulfilments,
		g.sweepSessions,
		g.sweepPasskeys,
		g.sweepLeaving,
		g.sweepPackages,
		g.sweepDemands,
		g.sweepHolds,
		g.sweepChanges,
		g.sweepIncidents,
		g.sweepAttestations,
	} {
		if err := step(ctx, s, total); err != nil {
			return err
		}
	}
	return nil
}

// resume finishes erasures that began in this process and failed half-way.
func (g *Gate) resume(ctx context.Context, s *served) error {
	if _, err := g.recover(ctx, s); err != nil {
		return err
	}
	return g.retire(ctx, s)
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
		return unreadable(err)
	}
	total.People++
	var n Swept
	finished := false
	_, err = g.rekey(ctx, row.Policy, p.state.ref, func(t *turn) error {
		n, finished = Swept{}, t.who.gone(t.force, t.now)
		if finished || !t.who.known() {
			return nil
		}
		if err := t.expire(&n); err != nil {
			return err
		}
		finished = t.who.gone(t.force, t.now)
		return nil
	})
	total.Expired += n.Expired
	total.Held += n.Held
	if err != nil || !finished {
		return err
	}
	if _, err := g.endPerson(ctx, row.Policy, p.state.ref, evidence.EraseIntended); err != nil {
		return err
	}
	total.Erased++
	return nil
}

// expire removes what the plan says, or leaves the anonymised form of it, and
// looks again when the next thing is due.
func (t *turn) expire(n *Swept) error {
	var gone []expired
	keep := t.who.body.cells[:0:0]
	for i := range t.who.body.cells {
		c := t.who.body.cells[i]
		end, over := t.who.over(t.force, &c, t.now)
		if over && !t.who.state.Hold {
			gone = append(gone, expired{c, end.Rule})
			continue
		}
		if over {
			n.Held++
		}
		keep = append(keep, c)
	}
	t.who.body.cells = keep
	items, err := t.expireItems(n)
	if err != nil {
		return err
	}
	gone = append(gone, items...)
	n.Expired = len(gone)
	if len(gone) == 0 {
		return t.lookAgain()
	}
	t.touched, t.resealed = true, true
	for i := range gone {
		if err := t.anonymise(&gone[i]); err != nil {
			return err
		}
		t.dropCell(&gone[i].cell)
	}
	t.dropTagsOfNothing()
	t.note(evidence.Expired, func(l *evidence.Leaf) {
		l.Count = int64(len(gone))
		for i := range gone {
			l.Data = once(l.Data, gone[i].datum)
			l.Rules = once(l.Rules, gone[i].by)
			for _, c := range t.force.then[gone[i].by].clauses {
				l.Clauses = once(l.Clauses, c)
			}
		}
	})
	return nil
}

// expired is something whose time is over, and the rule that says so.
type expired struct {
	cell
	by avow.RuleID
}

// expireItems deletes the multi-valued items whose time is over, and notes when
// the next one's is.
func (t *turn) expireItems(n *Swept) ([]expired, error) {
	var gone []expired
	for i := range t.who.body.series {
		s := &t.who.body.series[i]
		s.due = 0
		left := 0
		err := t.eachItem(s.datum, func(rec Record, c *cell) error {
			end, over := t.who.over(t.force, c, t.now)
			if over && !t.who.state.Hold {
				gone = append(gone, expired{*c, end.Rule})
				t.change.Delete = append(t.change.Delete, rec)
				return nil
			}
			if left++; over {
				n.Held++
			}
			if end.Known {
				s.due = sooner(s.due, hourOf(end.At))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if left == 0 {
			s.datum = ""
		}
	}
	t.who.body.series = slices.DeleteFunc(t.who.body.series, func(s series) bool { return s.datum == "" })
	return gone, nil
}

// lookAgain moves a row that had nothing to give to the hour in which it may have
// something. It is an ordinary write without evidence: nothing happened to any
// data. A row that is due later in this hour stays where it is.
func (t *turn) lookAgain() error {
	if t.touched || t.who.due(t.force) == t.who.row.Due {
		return nil
	}
	next, err := t.who.close(t.force)
	if err != nil {
		return internal("the person's record could not be written", err)
	}
	t.change.Update = &next
	return nil
}

// anonymise keeps the anonymous form of a value, if its rule says so, among the
// values that are about nobody.
func (t *turn) anonymise(c *expired) error {
	end := t.force.then[c.by]
	if !end.anonymise || end.form == "" || c.hidden || c.isFile() {
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
	defer out.Wipe()
	t.putLoose(&cell{datum: c.datum, rule: c.by}, out)
	return nil
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
	if len(rec.Key) != 8 {
		return internal("the note of an erased person is malformed", errBody)
	}
	for {
		c := Change{Policy: House, Purge: int64(binary.BigEndian.Uint64(rec.Key)), PurgeLimit: purgeStep}
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
