package gate

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault"
)

// Matter is one thing that the controller's people work on at a desk: a demand,
// an incident, the qualification of a recipient. B is what that desk knows of it.
//
// A matter is kept sealed under the office's key and names people by their row
// number, not by reference. It is only ever changed by a step, which says who did
// it; each step is one transaction and leaves one leaf or more.
type Matter[B any] struct {
	ID       string    `json:"-"`
	State    string    `json:"state"`
	Opened   time.Time `json:"opened"`
	Due      time.Time `json:"due,omitzero"` // by when the next thing must happen; zero: no clock runs
	Steps    []Step    `json:"steps"`
	Proposal Proposal  `json:"proposal,omitzero"`
	Body     B         `json:"body"`

	writes uint64 // how often it was written
	wasDue time.Time
}

// Step is one thing that was done to a matter.
type Step struct {
	At  time.Time `json:"at"`
	By  Officer   `json:"by"`
	Did string    `json:"did"` // a word of the desk, such as "scoped"
	To  string    `json:"to"`  // the state after it
}

// mostSteps bounds the history of one matter, and so its size.
const mostSteps = 1000

// desk keeps the matters of one kind.
type desk[B any] struct {
	name string        // of the records
	kind evidence.Kind // of its leaves
}

func (d desk[B]) records() string { return "desk/" + d.name }
func (d desk[B]) clocks() string  { return "desk-due/" + d.name }

// matterKeySize is the length of a matter's key: the time it was opened, so that
// matters are listed in that order, and 8 random bytes.
const matterKeySize = 16

func newMatterKey(now time.Time) []byte {
	key := binary.BigEndian.AppendUint64(make([]byte, 0, matterKeySize), uint64(now.UnixNano()))
	key = key[:matterKeySize]
	_, _ = rand.Read(key[8:]) // documented never to return an error
	return key
}

// add opens a matter. act fills it in and may refuse.
func (d desk[B]) add(ctx context.Context, g *Gate, id avow.PolicyID, by Officer, did, state string, act func(*turn, *Matter[B]) error) (Matter[B], avow.Receipt, error) {
	if err := by.check(); err != nil {
		return Matter[B]{}, avow.Receipt{}, err
	}
	var m Matter[B]
	t, err := g.takeOffice(ctx, id, func(t *turn) error {
		key := newMatterKey(t.now)
		m = Matter[B]{ID: hex.EncodeToString(key), State: state, Opened: t.now}
		if err := act(t, &m); err != nil {
			return err
		}
		m.Steps = append(m.Steps, Step{t.now, by, did, m.State})
		t.extra = key
		return d.put(t, t.who, key, &m, by)
	})
	if err != nil {
		return Matter[B]{}, avow.Receipt{}, err
	}
	if t.answered != nil { // the same request again: the matter as it stands now
		m, err = d.read(ctx, g, id, hex.EncodeToString(t.extra))
	}
	return m, t.receipt(), err
}

// step changes a matter: act sees it as it stands, and changes it or refuses.
// What act adds to the turn's change is committed with it or not at all.
func (d desk[B]) step(ctx context.Context, g *Gate, id avow.PolicyID, matter string, by Officer, did string, act func(*turn, *Matter[B]) error) (Matter[B], avow.Receipt, error) {
	if err := by.check(); err != nil {
		return Matter[B]{}, avow.Receipt{}, err
	}
	key, err := matterKey(matter)
	if err != nil {
		return Matter[B]{}, avow.Receipt{}, err
	}
	var m Matter[B]
	t, err := g.takeOffice(ctx, id, func(t *turn) (err error) {
		if m, err = d.get(t.ctx, t.gate, t.who, key); err != nil {
			return err
		}
		if len(m.Steps) >= mostSteps {
			return &avow.Error{Code: avow.Conflict, Message: "so much was done to this matter that nothing more fits", Try: "open a new one that refers to it"}
		}
		if err := act(t, &m); err != nil {
			return err
		}
		m.Steps = append(m.Steps, Step{t.now, by, did, m.State})
		return d.put(t, t.who, key, &m, by)
	})
	if err != nil {
		return Matter[B]{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		m, err = d.read(ctx, g, id, matter)
	}
	return m, t.receipt(), err
}

// put seals the matter as it is now under the office's key. If act noted no
// evidence, a leaf of the desk's own kind says that something was done.
func (d desk[B]) put(t *turn, office *person, key []byte, m *Matter[B], by Officer) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return internal("the matter could not be written", err)
	}
	defer clear(plain)
	if len(t.entries) == 0 {
		t.note(d.kind, nil)
	}
	for i := range t.entries {
		e := &t.entries[i]
		if e.leaf.Kind == d.kind { // bound to what was done, under a salt that goes with the office's key
			e.digest = sha256.Sum256(plain)
			e.leaf.Role = known(t.force.words.roles, by.Role)
		}
	}
	return d.place(t, office, key, m, plain)
}

// place adds the sealed matter, and its clock, to the turn's change.
func (d desk[B]) place(t *turn, office *person, key []byte, m *Matter[B], plain []byte) error {
	m.writes++
	sealed, err := office.key.Seal(nil, d.address(office, key, m.writes), plain)
	if err != nil {
		return internal("the matter could not be sealed", err)
	}
	w := writer{}
	w.uint(m.writes)
	sid := office.row.SID
	t.change.Put = append(t.change.Put, Record{SID: sid, Kind: d.records(), Key: key, Body: append(w.b, sealed...)})
	if !m.Due.Equal(m.wasDue) {
		if !m.wasDue.IsZero() {
			t.change.Delete = append(t.change.Delete, Record{SID: sid, Kind: d.clocks(), Key: dueKey(m.wasDue, key)})
		}
		if !m.Due.IsZero() {
			t.change.Put = append(t.change.Put, Record{SID: sid, Kind: d.clocks(), Key: dueKey(m.Due, key)})
		}
		m.wasDue = m.Due
	}
	return nil
}

func dueKey(due time.Time, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(max(due.UnixNano(), 0))), key...)
}

func (d desk[B]) address(office *person, key []byte, writes uint64) vault.Address {
	return vault.Address{SID: office.body.slot, Datum: d.records(), Version: keyVersion(key) + writes, Kind: vault.KindMessage}
}

func matterKey(id string) ([]byte, error) {
	key, err := hex.DecodeString(id)
	if err != nil || len(key) != matterKeySize {
		return nil, errNoMatter()
	}
	return key, nil
}

func errNoMatter() error {
	return &avow.Error{Code: avow.Unknown, Message: "there is no such matter", Try: "list the matters of this desk"}
}

// read returns a matter as it stands. It leaves no evidence by itself.
func (d desk[B]) read(ctx context.Context, g *Gate, id avow.PolicyID, matter string) (Matter[B], error) {
	s, err := g.of(id)
	if err != nil {
		return Matter[B]{}, err
	}
	key, err := matterKey(matter)
	if err != nil {
		return Matter[B]{}, err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return Matter[B]{}, err
	}
	return d.get(ctx, g, office, key)
}

func (d desk[B]) get(ctx context.Context, g *Gate, office *person, key []byte) (Matter[B], error) {
	if !office.known() {
		return Matter[B]{}, errNoMatter()
	}
	rec, ok, err := g.store.Get(ctx, office.row.SID, d.records(), key)
	if err != nil {
		return Matter[B]{}, internal("the matter could not be read", err)
	}
	if !ok {
		return Matter[B]{}, errNoMatter()
	}
	return d.open(office, &rec)
}

func (d desk[B]) open(office *person, rec *Record) (Matter[B], error) {
	r := reader{b: rec.Body}
	writes := r.uint()
	plain, err := office.key.Open(nil, d.address(office, rec.Key, writes), r.b)
	if err != nil {
		return Matter[B]{}, internal("a matter could not be opened", err)
	}
	defer clear(plain)
	var m Matter[B]
	if err := json.Unmarshal(plain, &m); err != nil {
		return Matter[B]{}, internal("a matter is malformed", errBody)
	}
	m.ID, m.writes, m.wasDue = hex.EncodeToString(rec.Key), writes, m.Due
	return m, nil
}

// each visits the matters opened after a given one ("" for all), in the order in
// which they were opened, as long as visit returns true.
func (d desk[B]) each(ctx context.Context, g *Gate, id avow.PolicyID, after string, visit func(*Matter[B]) (bool, error)) error {
	var from []byte
	if after != "" {
		var err error
		if from, err = matterKey(after); err != nil {
			return err
		}
	}
	return d.scan(ctx, g, id, d.records(), from, func(office *person, rec *Record) (bool, error) {
		m, err := d.open(office, rec)
		if err != nil {
			return false, err
		}
		return visit(&m)
	})
}

// list returns up to limit matters that keep wants, opened after a given one. A
// nil keep wants all.
func (d desk[B]) list(ctx context.Context, g *Gate, id avow.PolicyID, after string, limit int, keep func(*Matter[B]) bool) ([]Matter[B], error) {
	var all []Matter[B]
	limit = min(max(limit, 1), scanPage)
	err := d.each(ctx, g, id, after, func(m *Matter[B]) (bool, error) {
		if keep == nil || keep(m) {
			all = append(all, *m)
		}
		return len(all) < limit, nil
	})
	return all, err
}

// overdue visits the matters whose clock has run out, the longest due first. A
// visit that leaves the clock as it is sees the matter again next time.
func (d desk[B]) overdue(ctx context.Context, g *Gate, id avow.PolicyID, now time.Time, visit func(*Matter[B]) error) error {
	var due []*Matter[B] // read before the first visit, which may change the clocks
	err := d.scan(ctx, g, id, d.clocks(), nil, func(office *person, rec *Record) (bool, error) {
		if len(rec.Key) != 8+matterKeySize || bytes.Compare(rec.Key[:8], dueKey(now, nil)) > 0 {
			return false, nil
		}
		m, err := d.get(ctx, g, office, rec.Key[8:])
		if err != nil {
			return false, err
		}
		due = append(due, &m)
		return len(due) < scanPage, nil
	})
	if err != nil {
		return err
	}
	for _, m := range due {
		if err := visit(m); err != nil {
			return err
		}
	}
	return nil
}

func (d desk[B]) scan(ctx context.Context, g *Gate, id avow.PolicyID, kind string, after []byte, visit func(*person, *Record) (bool, error)) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	office, err := g.office(ctx, s)
	if err != nil || !office.known() {
		return err
	}
	for {
		recs, err := g.store.Scan(ctx, office.row.SID, kind, after, scanPage)
		if err != nil {
			return internal("the matters could not be read", err)
		}
		for i := range recs {
			more, err := visit(office, &recs[i])
			if err != nil || !more {
				return err
			}
			after = recs[i].Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
