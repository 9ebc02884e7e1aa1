package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault"
)

// Reach says which data an incident reached: of which kinds, collected when, under
// which keys. People are affected who hold any of it.
type Reach struct {
	Store string       `json:"store,omitempty"` // what was reached: live, backup or another word of the controller's
	Data  []avow.Datum `json:"data,omitempty"`  // empty: all
	From  time.Time    `json:"from,omitzero"`   // collected from then on; zero: at any time
	To    time.Time    `json:"to,omitzero"`     // collected until then, as when a stolen backup was made; zero: until now
	// FirstKey and LastKey are a range of key numbers, where keys were lost.
	FirstKey uint64 `json:"first_key,omitempty"`
	LastKey  uint64 `json:"last_key,omitempty"`
}

// Affected is what is known of those affected. It is counted, never set.
type Affected struct {
	People  int64                `json:"people"`
	Records int64                `json:"records"`
	ByDatum map[avow.Datum]int64 `json:"by_datum,omitempty"` // people, by kind of data
	Cursor  int64                `json:"cursor,omitempty"`   // the person number that comes next
	End     int64                `json:"end,omitempty"`
	Done    bool                 `json:"done"`
}

// scopeBatch is how many people one step looks at.
const scopeBatch = 512

// ScopeIncident begins to find out who is affected. A scope that is set anew begins
// anew; it cannot be changed once people are being told.
func (g *Gate) ScopeIncident(ctx context.Context, id avow.PolicyID, matter string, by Officer, scope *Reach) (Incident, avow.Receipt, error) {
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return Incident{}, avow.Receipt{}, internal("the people could not be counted", err)
	}
	m, r, err := incidents.step(ctx, g, id, matter, by, "scoped", func(t *turn, m *Incident) error {
		if m.State != "open" && m.State != "scoping" && m.State != "scoped" {
			return notNow("who is affected is settled before people are told")
		}
		for _, d := range scope.Data {
			if !t.force.words.data[d] {
				return &avow.Error{Code: avow.Invalid, Message: "the policy knows no such data", Try: "name kinds of data of the policy"}
			}
		}
		if !scope.To.IsZero() && scope.To.Before(scope.From) || scope.LastKey < scope.FirstKey || len(scope.Data) > mostData || len(scope.Store) > 64 {
			return &avow.Error{Code: avow.Invalid, Message: "the scope ends before it begins, or is too long", Try: "send from before to"}
		}
		m.State, m.Body.Scope, m.Body.Progress = "scoping", *scope, Progress{}
		m.Body.Affected = Affected{Cursor: 1, End: end}
		return t.dropHits(m.ID)
	})
	if err == nil {
		g.nudge()
	}
	return m, r, err
}

// scopeOn looks at the next people. What it finds is written together with how far
// it has come, so that nobody is counted twice or left out after a crash.
func (g *Gate) scopeOn(ctx context.Context, s *served, matter string) (Incident, error) {
	m, _, err := incidents.step(ctx, g, s.id, matter, engineItself, "counted", func(t *turn, m *Incident) error {
		if m.State != "scoping" {
			return nil
		}
		a := &m.Body.Affected
		if a.ByDatum == nil {
			a.ByDatum = make(map[avow.Datum]int64)
		}
		for n := 0; n < scopeBatch && a.Cursor < a.End; n++ {
			if err := t.hitOf(m, a.Cursor); err != nil {
				return err
			}
			a.Cursor++
		}
		if a.Cursor >= a.End {
			m.State, a.Done = "scoped", true
			t.note(evidence.IncidentStep, func(l *evidence.Leaf) {
				t.force.citing("incident")(l)
				l.Count = a.People
			})
			return t.setClocks(m)
		}
		m.Steps = slices.DeleteFunc(m.Steps, func(st Step) bool { return st.Did == "counted" }) // a long walk leaves one line
		return nil
	})
	return m, err
}

// hit is one affected person: which of their data, and how they are told.
type hit struct {
	Data    []avow.Datum `json:"d"`
	Records int64        `json:"n"`
	State   string       `json:"s"` // found, sent, told, unreachable or gone
	Channel string       `json:"c,omitempty"`
	Letter  string       `json:"l,omitempty"`
	Tried   []string     `json:"x,omitempty"`
	At      time.Time    `json:"t,omitzero"`
	Printed time.Time    `json:"p,omitzero"` // when the letter to them was written that nobody has posted yet

	sid    int64
	writes uint64
	rec    Record
}

// hitKind is the kind of record (of the office) that stands for an affected person.
const hitKind = "incident-person"

func hitKey(matter string, sid int64) ([]byte, error) {
	key, err := matterKey(matter)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint64(key, uint64(sid)), nil
}

func hitAddress(office *person, key []byte, writes uint64) vault.Address {
	return vault.Address{SID: office.body.slot, Datum: hitKind + "/" + hex.EncodeToString(key), Version: writes, Kind: vault.KindMessage}
}

func (h *hit) record(office *person, key []byte) (Record, error) {
	h.writes++
	raw, err := json.Marshal(h)
	if err != nil {
		return Record{}, internal("an affected person could not be written down", err)
	}
	sealed, err := office.key.Seal(nil, hitAddress(office, key, h.writes), raw)
	clear(raw)
	if err != nil {
		return Record{}, internal("an affected person could not be sealed", err)
	}
	w := writer{}
	w.uint(h.writes)
	return Record{SID: office.row.SID, Kind: hitKind, Key: key, Body: append(w.b, sealed...)}, nil
}

func openHit(office *person, rec *Record) (hit, error) {
	r := reader{b: rec.Body}
	h := hit{writes: r.uint(), rec: *rec}
	raw, err := office.key.Open(nil, hitAddress(office, rec.Key, h.writes), r.b)
	if err != nil {
		return hit{}, internal("an affected person could not be opened", err)
	}
	defer clear(raw)
	if err := json.Unmarshal(raw, &h); err != nil || len(rec.Key) != matterKeySize+8 {
		return hit{}, internal("an affected person is malformed", errBody)
	}
	h.sid = int64(binary.BigEndian.Uint64(rec.Key[matterKeySize:]))
	return h, nil
}

// dropHits forgets who was found by an earlier scope.
func (t *turn) dropHits(matter string) error {
	return t.gate.eachHit(t.ctx, t.who, matter, func(h *hit) (bool, error) {
		t.change.Delete = append(t.change.Delete, h.rec)
		return true, nil
	})
}

// eachHit visits the affected people of an incident, a page at a time.
func (g *Gate) eachHit(ctx context.Context, office *person, matter string, visit func(*hit) (bool, error)) error {
	from, err := matterKey(matter)
	if err != nil {
		return err
	}
	after := from
	for {
		recs, err := g.store.Scan(ctx, office.row.SID, hitKind, after, scanPage)
		if err != nil {
			return internal("the affected people could not be read", err)
		}
		for i := range recs {
			if string(recs[i].Key[:min(len(recs[i].Key), matterKeySize)]) != string(from) {
				return nil
			}
			h, err := openHit(office, &recs[i])
			if err != nil {
				return err
			}
			if more, err := visit(&h); err != nil || !more {
				return err
			}
			after = recs[i].Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

// hitOf looks at one person.
func (t *turn) hitOf(m *Incident, sid int64) error {
	row, ok, err := t.gate.store.Load(t.ctx, sid)
	if err != nil {
		return internal("a person's record could not be read", err)
	}
	if !ok || row.Policy != t.id {
		return nil
	}
	p, err := t.open(row)
	if err != nil {
		return unlessGone(unreadable(err))
	}
	if p.isOffice() || p.state.Synthetic || p.state.Account == avow.Closing {
		return nil
	}
	sc := &m.Body.Scope
	if sc.LastKey > 0 && (p.body.slot < sc.FirstKey || p.body.slot > sc.LastKey) {
		return nil
	}
	h := hit{State: "found"}
	for i := range p.body.cells {
		h.reached(sc, &p.body.cells[i])
	}
	for i := range p.body.series {
		if err := t.reachedItems(p, sc, p.body.series[i].datum, &h); err != nil {
			return err
		}
	}
	if h.Records == 0 {
		return nil
	}
	key, err := hitKey(m.ID, sid)
	if err != nil {
		return err
	}
	rec, err := h.record(t.who, key)
	if err != nil {
		return err
	}
	t.change.Put = append(t.change.Put, rec)
	a := &m.Body.Affected
	a.People++
	a.Records += h.Records
	for _, d := range h.Data {
		a.ByDatum[d]++
	}
	return nil
}

// reached adds a cell that lies in the scope.
func (h *hit) reached(sc *Reach, c *cell) {
	if c.hidden || len(c.grants) == 0 || len(sc.Data) > 0 && !slices.Contains(sc.Data, c.datum) {
		return
	}
	first := c.grants[0].at
	for _, g := range c.grants {
		if g.at.Before(first) {
			first = g.at
		}
	}
	if !sc.To.IsZero() && first.After(sc.To) || first.Before(sc.From) {
		return
	}
	h.Data = once(h.Data, c.datum)
	h.Records++
}

func (t *turn) reachedItems(p *person, sc *Reach, datum avow.Datum, h *hit) error {
	if len(sc.Data) > 0 && !slices.Contains(sc.Data, datum) {
		return nil
	}
	var after []byte
	for {
		recs, err := t.gate.store.Scan(t.ctx, p.row.SID, itemKind(datum), after, scanPage)
		if err != nil {
			return internal("stored items could not be read", err)
		}
		for _, rec := range recs {
			c, err := decodeItem(rec)
			if err != nil {
				return err
			}
			h.reached(sc, &c)
			after = rec.Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
