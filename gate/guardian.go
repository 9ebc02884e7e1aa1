package gate

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Where the policy wants a parent or guardian to agree for a young person, an address of
// theirs is named, and a message goes there. Whoever reads that address shows it each time
// by a code of its own, sees what is held by its kind, and agrees, refuses, stops, takes a
// copy or has everything erased. No message holds a link that opens anything. Each answer
// is confirmed to the address and to the young person, a yes again after two days (16 CFR
// 312.5(b)(2)(vi), "email plus"), and nobody is asked for a document.
//
// Unsolved: that the address is the guardian's. A young person who reads two addresses, and
// answers where they are not signed in, could answer themselves; their own address, that of
// somebody who is known here to be a minor, and one that agreed for many do not count. Email
// plus is no verification where data of children is given to others (16 CFR 312.5(b)(1)).

// Guardianship is what is known of a guardian who was asked.
type Guardianship struct {
	ID       string // names it, and opens nothing
	State    GuardianState
	Why      string // it ended: silence, refusal, not-theirs, recalled, office or grown-up
	Asked    time.Time
	Answered time.Time // zero: not yet
	Until    time.Time // until when an answer is waited for, or when what they refused goes
	Address  string    // masked, for who named it; empty when it is gone
}

// GuardianState is how far a guardian is.
type GuardianState string

// The states.
const (
	GuardianAsked   GuardianState = "asked"
	GuardianAgreed  GuardianState = "agreed"
	GuardianStopped GuardianState = "stopped" // nothing more is taken in; what is held stays
	GuardianRefused GuardianState = "refused" // refused, or took it back: what needed them goes
	GuardianEnded   GuardianState = "ended"   // and their address is gone
)

const (
	// GuardianWaits is how long a guardian has to answer. Then what needed them goes,
	// and so does their address (16 CFR 312.5(c)(1): within a reasonable time).
	GuardianWaits = 14 * 24 * time.Hour
	// guardianReminds is how long before that both are told.
	guardianReminds = 3 * 24 * time.Hour
	// guardianUndoDays is how long an answer that takes data away can be changed where the
	// policy gives no such time: whoever gave it is known by an address alone.
	guardianUndoDays = 3
	// GuardianConfirms is how long after a yes a second message goes to the address, so that
	// whoever reads it then hears of it too (16 CFR 312.5(b)(2)(vi): "email plus").
	GuardianConfirms = 2 * 24 * time.Hour
	// GuardianOf is for how many young people at a time one address may have agreed.
	GuardianOf = 6
	// GuardianRests is how long nobody else is asked after a guardian said no: a no is
	// not gone round by asking elsewhere.
	GuardianRests = 30 * 24 * time.Hour
)

// guardianKind is the kind of record (of a person) of a guardian, by the keyed hash of
// their address. guardianOfKind leads (of nobody) from that hash to the persons, and
// guardianDueKind is the queue of what comes next, by its time.
const guardianKind = "guardian"

func guardianOfKind(id avow.PolicyID) string  { return "guardian-of/" + string(id) }
func guardianDueKind(id avow.PolicyID) string { return "guardian-due/" + string(id) }

// ward is a guardian's record in full.
type ward struct {
	Guardianship
	tag         Tag // of the address; stays for the rest when the address is gone
	channel, to string
	language    avow.Language
	reminded    bool   // of the question, or of the yes
	rec         Record // as read
	own         bool   // whoever answers does so where the young person is signed in
}

func (d *ward) append(w *writer) {
	id, _ := hex.DecodeString(d.ID)
	w.bytes(id)
	w.string(string(d.State))
	w.string(d.Why)
	w.time(d.Asked)
	w.time(d.Answered)
	w.time(d.Until)
	w.string(d.channel)
	w.string(d.to)
	w.string(string(d.language))
	w.bool(d.reminded)
}

// next is when something happens without anybody: the zero time for never.
func (d *ward) next() time.Time {
	switch {
	case d.State == GuardianAsked && !d.reminded:
		return d.Until.Add(-guardianReminds)
	case d.State == GuardianAgreed && !d.reminded:
		return d.Answered.Add(GuardianConfirms)
	case d.State == GuardianAsked, d.State == GuardianRefused:
		return d.Until
	case d.State == GuardianEnded:
		return d.Answered.Add(GuardianRests)
	}
	return time.Time{}
}

func (p *person) openWard(rec Record) (ward, error) {
	if len(rec.Key) != len(Tag{}) {
		return ward{}, internal("what is known of a guardian is malformed", errBody)
	}
	raw, err := p.unseal(guardianKind, keyVersion(rec.Key), rec.Body)
	if err != nil {
		return ward{}, internal("what is known of a guardian could not be opened", err)
	}
	defer clear(raw)
	d, err := decodeWard(raw)
	if err != nil {
		return ward{}, internal("what is known of a guardian is malformed", err)
	}
	d.tag, d.rec = Tag(rec.Key), rec
	return d, nil
}

func decodeWard(raw []byte) (ward, error) {
	r := reader{b: raw}
	d := ward{Guardianship: Guardianship{ID: hex.EncodeToString(r.bytes()), State: GuardianState(r.string()), Why: r.string(), Asked: r.time(), Answered: r.time(), Until: r.time()},
		channel: r.string(), to: r.string(), language: avow.Language(r.string()), reminded: r.bool()}
	d.Address = maskAddress(d.to)
	return d, r.done()
}

func newWardID() string {
	id := newID()
	return hex.EncodeToString(id[:])
}

// maskAddress shows enough of an address to know one's own parent's by it.
func maskAddress(to string) string {
	r := []rune(to)
	switch {
	case len(r) == 0:
		return ""
	case len(r) < 8:
		return "•••"
	}
	return string(r[:2]) + "•••" + string(r[len(r)-3:])
}

// putWard writes a guardian's record, and what comes next by itself.
func (t *turn) putWard(d *ward) error {
	w := writer{}
	d.append(&w)
	sealed, err := t.who.seal(guardianKind, keyVersion(d.tag[:]), w.b)
	clear(w.b)
	if err != nil {
		return internal("a guardian could not be written down", err)
	}
	t.touched = true
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: guardianKind, Key: slices.Clone(d.tag[:]), Body: sealed})
	of := t.wardIndex(d)
	if d.State == GuardianEnded {
		t.change.Delete = append(t.change.Delete, of)
	} else {
		t.change.Put = append(t.change.Put, of)
	}
	if at := d.next(); !at.IsZero() {
		t.change.Put = append(t.change.Put, Record{Kind: guardianDueKind(t.id), Key: guardianDueKey(at, t.who.row.SID), Body: slices.Clone(d.tag[:])})
	}
	return nil
}

func (t *turn) wardIndex(d *ward) Record {
	return Record{Kind: guardianOfKind(t.id), Key: binary.BigEndian.AppendUint64(slices.Clone(d.tag[:]), uint64(t.who.row.SID)), Body: []byte{1}}
}

func guardianDueKey(at time.Time, sid int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(max(at.UnixNano(), 0))), uint64(sid))
}

// wards returns the person's guardians, the one who counts first and then the latest.
func (t *turn) wards() ([]ward, error) {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, guardianKind, nil, scanPage)
	if err != nil {
		return nil, internal("the guardians could not be read", err)
	}
	out := make([]ward, len(recs))
	for i := range recs {
		if out[i], err = t.who.openWard(recs[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b ward) int {
		if a.open() != b.open() {
			if a.open() {
				return -1
			}
			return 1
		}
		return b.Asked.Compare(a.Asked)
	})
	return out, nil
}

// open reports whether a guardian was asked and it has not ended.
func (d *ward) open() bool { return d.State != GuardianEnded }

// wardBy returns the guardian of an address; false if none is open.
func (t *turn) wardBy(tag Tag) (ward, bool, error) {
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, guardianKind, tag[:])
	if err != nil {
		return ward{}, false, internal("the guardians could not be read", err)
	}
	if !ok {
		return ward{}, false, nil
	}
	d, err := t.who.openWard(rec)
	return d, err == nil && d.open(), err
}

// Guardians lists whom a person, or their application, asked to agree as their guardian:
// the one who counts first. The addresses are masked.
func (g *Gate) Guardians(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Guardianship, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	all, err := t.wards()
	out := make([]Guardianship, len(all))
	for i := range all {
		out[i] = all[i].Guardianship
	}
	return out, err
}

// dropWards takes away what leads from guardians' addresses to a person who goes.
func (g *Gate) dropWards(ctx context.Context, c *Change, sid int64) error {
	recs, err := g.store.Scan(ctx, sid, guardianKind, nil, scanPage)
	if err != nil {
		return internal("the guardians could not be read", err)
	}
	for _, rec := range recs {
		c.Delete = append(c.Delete, Record{Kind: guardianOfKind(c.Policy), Key: binary.BigEndian.AppendUint64(bytes.Clone(rec.Key), uint64(sid))})
	}
	return nil
}

// GuardianAge returns the age below which a guardian has to agree, in years; 0 where the
// policy names none.
func GuardianAge(p *policy.Program) int64 {
	for i := range p.File().Minors {
		if m := &p.File().Minors[i]; m.Rule.Text == "guardian-consent" {
			return m.Age.N
		}
	}
	return 0
}
