package gate

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// DemandNotice is what a person is told about a demand for their data. It lies
// beside their row, sealed under their key, for as long as they are there; a
// message that says that it is there goes out where the policy has a class of
// messages for what the law demands.
type DemandNotice struct {
	Ground    string         `json:"ground"`
	Authority avow.Recipient `json:"authority"`
	Data      []avow.Datum   `json:"data"`           // none: nothing of what may be given is held
	Given     time.Time      `json:"given,omitzero"` // zero: nothing was given yet
	Told      time.Time      `json:"told"`
}

// demandTold is the template of the message that says that there is a notice.
const demandTold = "demand-told"

// told are the message's parameters: of a demand that is not released yet, the day
// on which it was issued.
func (d *Demanding) told() map[string]string {
	at := d.ReleasedAt
	if at.IsZero() {
		at = d.Issued
	}
	return map[string]string{"link": d.Link, "date": at.UTC().Format(time.DateOnly)}
}

// demandNoticeKind is the kind of record (of a person) of such a notice.
const demandNoticeKind = "demand-notice"

// tellBy is by when the people have to be told: the policy's time from the
// release, or from the end of the gag if that is later. Zero: they are not told.
func (t *turn) tellBy(d *Demanding, e *syntax.Demand) time.Time {
	from := t.now
	switch e.Notice.Text {
	case "when-gag-ends", "after":
		if d.Gag.After(from) {
			from = d.Gag
		}
	default:
		return time.Time{}
	}
	return t.program.After(from, e.NoticeWithin)
}

// next is when the next clock of a demand runs out. People are told as soon as
// they may be; their clock shows when that was missed.
func (d *Demanding) next() time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if !d.ReleasedAt.IsZero() && d.Told.IsZero() && !d.ToldDue.IsZero() {
		if d.Gag.After(d.ReleasedAt) {
			sooner(d.Gag)
		} else {
			sooner(d.ReleasedAt)
		}
	}
	if !slices.Contains(d.Missed, "paper") {
		sooner(d.PaperDue)
	}
	return next
}

// ExtendGag moves the end of a gag after the release, while it lasts: the people
// are told later. It needs a citation. Before the release, amend the demand.
func (g *Gate) ExtendGag(ctx context.Context, id avow.PolicyID, matter string, by Officer, until time.Time, statute string) (Demand, avow.Receipt, error) {
	return demands.step(ctx, g, id, matter, by, "gagged longer", func(t *turn, m *Demand) error {
		d := &m.Body
		e, ok := t.force.ground(d.Ground)
		switch {
		case !ok || m.State != "released" || !d.Told.IsZero() || !d.Gag.After(t.now):
			return notNow("no gag is in force after a release")
		case statute == "" || len(statute) > textMax || !until.After(d.Gag):
			return &avow.Error{Code: avow.Invalid, Message: "a gag is extended by a later end and a citation", Try: "send both"}
		}
		d.Gag, d.Statute = until.UTC(), d.Statute+"; "+statute
		d.ToldDue = t.tellBy(d, e)
		m.Due = d.next()
		return nil
	})
}

// TellBefore tells the people of a demand before anything is given, where the
// policy says so or nothing forbids it.
func (g *Gate) TellBefore(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Demand, avow.Receipt, error) {
	m, err := demands.read(ctx, g, id, matter)
	if err != nil {
		return m, avow.Receipt{}, err
	}
	if !m.Body.open(m.State) || len(m.Body.Scope.People) == 0 || m.Body.Gag.After(g.Now()) {
		return m, avow.Receipt{}, notNow("it is not scoped, or people may not be told")
	}
	ctx = repeatable(ctx)
	for _, sid := range m.Body.Scope.People {
		if err := g.tellOne(ctx, id, &m, sid); err != nil {
			return m, avow.Receipt{}, err
		}
	}
	return demands.step(ctx, g, id, matter, by, "told", func(t *turn, now *Demand) error {
		if !slices.Equal(now.Body.Scope.People, m.Body.Scope.People) {
			return notNow("it was scoped anew meanwhile")
		}
		now.Body.Told = t.now
		return nil
	})
}

// tellOne leaves a notice with a person and has a message say so. Done again, it
// changes nothing.
func (g *Gate) tellOne(ctx context.Context, id avow.PolicyID, m *Demand, sid int64) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != id {
		return nil
	}
	who, err := s.open(row)
	if err != nil {
		return nil // being erased: there is nobody to tell
	}
	key, err := hex.DecodeString(m.ID)
	if err != nil {
		return errNoMatter()
	}
	_, err = g.take(ctx, id, who.state.ref, func(t *turn) error {
		if !t.who.known() {
			return nil
		}
		_, told, err := g.store.Get(ctx, t.who.row.SID, demandNoticeKind, key)
		if err != nil {
			return internal("a notice could not be read", err)
		}
		if told {
			return nil
		}
		return t.leaveNotice(m, key)
	})
	return err
}

func (t *turn) leaveNotice(m *Demand, key []byte) error {
	d := &m.Body
	n := DemandNotice{d.Ground, d.Authority, d.Scope.Data, d.ReleasedAt, t.now}
	if slices.Contains(d.Nothing, t.who.row.SID) {
		n.Data = nil
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return internal("a notice could not be written", err)
	}
	sealed, err := t.who.seal(demandNoticeKind, keyVersion(key), raw)
	if err != nil {
		return internal("a notice could not be sealed", err)
	}
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: demandNoticeKind, Key: key, Body: sealed})
	t.touched = true
	if d.Link != "" {
		// Whether the policy lets a message out stands in the evidence; the notice is
		// there all the same.
		if _, err := t.tell(&Message{Class: "legal", Template: demandTold, Params: d.told()}); err != nil {
			return err
		}
	}
	t.noteDemand(evidence.DemandTold, d, func(l *evidence.Leaf) { l.Data = n.Data })
	return nil
}

// DemandNotices returns what a person was told of demands for their data, in the
// order in which the demands came.
func (g *Gate) DemandNotices(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]DemandNotice, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	var out []DemandNotice
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, t.who.row.SID, demandNoticeKind, after, scanPage)
		if err != nil {
			return nil, internal("notices could not be read", err)
		}
		for _, rec := range recs {
			raw, err := t.who.unseal(demandNoticeKind, keyVersion(rec.Key), rec.Body)
			if err != nil {
				return nil, internal("a notice could not be opened", err)
			}
			var n DemandNotice
			if err := json.Unmarshal(raw, &n); err != nil {
				return nil, internal("a notice is malformed", errBody)
			}
			out, after = append(out, n), rec.Key
		}
		if len(recs) < scanPage {
			return out, nil
		}
	}
}

// clockwork is who acts where a clock does.
var clockwork = Officer{Person: "the clock"}

// sweepDemands tells people whose gag has ended, and says what was missed.
func (g *Gate) sweepDemands(ctx context.Context, s *served, total *Swept) error {
	now := g.Now()
	return demands.overdue(ctx, g, s.id, now, func(m *Demand) error {
		if err := g.tellAll(ctx, s.id, m, now); err != nil {
			return err
		}
		_, _, err := demands.step(ctx, g, s.id, m.ID, clockwork, "clock ran out", func(t *turn, m *Demand) error {
			d := &m.Body
			if told := d.tells(t.now); told {
				if t.now.After(d.ToldDue) {
					t.missed(d, "notice", total)
				}
				d.Told = t.now
			}
			if !d.PaperDue.IsZero() && !t.now.Before(d.PaperDue) && !slices.Contains(d.Missed, "paper") {
				t.missed(d, "paper", total)
			}
			m.Due = d.next()
			return nil
		})
		return err
	})
}

// tells reports whether the people have to be told, and may be.
func (d *Demanding) tells(now time.Time) bool {
	return !d.ReleasedAt.IsZero() && d.Told.IsZero() && !d.ToldDue.IsZero() && !d.Gag.After(now)
}

func (g *Gate) tellAll(ctx context.Context, id avow.PolicyID, m *Demand, now time.Time) error {
	if !m.Body.tells(now) {
		return nil
	}
	for _, sid := range slices.Concat(m.Body.People, m.Body.Nothing) {
		if err := g.tellOne(ctx, id, m, sid); err != nil {
			return err
		}
	}
	return nil
}

func (t *turn) missed(d *Demanding, clock string, total *Swept) {
	d.Missed = append(d.Missed, clock)
	total.Overdue++
	t.noteDemand(evidence.Overdue, d, nil)
}
