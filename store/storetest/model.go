package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// book is the contract in memory, as simply as it can be said: a change is
// carried out on a copy, which is kept if nothing stood against it.
type book struct {
	rows    map[int64]gate.Row
	tags    map[policyTag]int64
	records map[recordKey]string
	logs    map[avow.PolicyID]*pages
}

type policyTag struct {
	policy avow.PolicyID
	tag    gate.Tag
}

type recordKey struct {
	sid       int64
	kind, key string
}

type pages struct {
	about      []int64
	bodies     []string
	sealed     int64
	checkpoint string
}

func newBook() *book {
	return &book{map[int64]gate.Row{}, map[policyTag]int64{}, map[recordKey]string{}, map[avow.PolicyID]*pages{
		blue: {}, green: {},
	}}
}

func (m *book) clone() *book {
	n := &book{maps.Clone(m.rows), maps.Clone(m.tags), maps.Clone(m.records), map[avow.PolicyID]*pages{}}
	for p, l := range m.logs {
		n.logs[p] = &pages{slices.Clone(l.about), slices.Clone(l.bodies), l.sealed, l.checkpoint}
	}
	return n
}

func (m *book) commit(c *gate.Change) (*book, error) {
	n := m.clone()
	for _, part := range [...]func(*gate.Change) error{n.rowPart, n.tagPart, n.recordPart, n.logPart} {
		if err := part(c); err != nil {
			return m, err
		}
	}
	return n, nil
}

func (m *book) rowPart(c *gate.Change) error {
	for _, r := range [...]*gate.Row{c.Drop, c.Unchanged} {
		if have, ok := m.rows[sidOf(r)]; r != nil && (!ok || have.Version != r.Version) {
			return gate.ErrChanged
		}
	}
	for _, r := range c.Others {
		if have, ok := m.rows[r.SID]; !ok || have.Version != r.Version {
			return gate.ErrChanged
		}
	}
	if r := c.Update; r != nil {
		if have, ok := m.rows[r.SID]; !ok || have.Version != r.Version-1 {
			return gate.ErrChanged
		}
		m.rows[r.SID] = *r
	}
	if r := c.Insert; r != nil {
		if _, ok := m.rows[r.SID]; ok {
			return gate.ErrChanged
		}
		m.rows[r.SID] = *r
	}
	if c.Drop != nil {
		delete(m.rows, c.Drop.SID)
	}
	return nil
}

func sidOf(r *gate.Row) int64 {
	if r == nil {
		return 0
	}
	return r.SID
}

func (m *book) tagPart(c *gate.Change) error {
	for _, e := range c.DropTags {
		if at := (policyTag{c.Policy, e.Tag}); m.tags[at] == e.SID {
			delete(m.tags, at)
		}
	}
	for _, e := range c.AddTags {
		at := policyTag{c.Policy, e.Tag}
		if m.tags[at] != 0 {
			return gate.ErrTaken
		}
		m.tags[at] = e.SID
	}
	return nil
}

func keyOf(r *gate.Record) recordKey { return recordKey{r.SID, r.Kind, string(r.Key)} }

func (m *book) recordPart(c *gate.Change) error {
	for i := range c.Delete {
		delete(m.records, keyOf(&c.Delete[i]))
	}
	for i := range c.Put {
		m.records[keyOf(&c.Put[i])] = string(c.Put[i].Body)
	}
	for i := range c.PutNew {
		if _, ok := m.records[keyOf(&c.PutNew[i])]; ok {
			return gate.ErrTaken
		}
		m.records[keyOf(&c.PutNew[i])] = string(c.PutNew[i].Body)
	}
	return nil
}

func (m *book) logPart(c *gate.Change) error {
	l := m.logs[c.Policy]
	if c.Purge != 0 {
		maps.DeleteFunc(m.records, func(k recordKey, _ string) bool { return k.sid == c.Purge })
		for _, l := range m.logs {
			l.forget(c.Purge)
		}
	}
	for _, leaf := range c.Leaves {
		l.about = append(l.about, leaf.SID)
		l.bodies = append(l.bodies, string(leaf.Body))
	}
	if c.Seal == nil {
		return nil
	}
	if c.Seal.From != l.sealed {
		return gate.ErrChanged
	}
	l.sealed, l.checkpoint = c.Seal.Size, string(c.Seal.Checkpoint)
	return nil
}

func (l *pages) forget(sid int64) {
	for i := range l.about {
		if l.about[i] == sid {
			l.about[i] = 0
		}
	}
}

// trail returns the leaves about sid that its trail must name and, from the
// same start, those that it may name: the latter are not all sealed. In this
// test a person has leaves in one log only.
func (m *book) trail(sid int64) (must, may []int64) {
	for _, l := range m.logs {
		for i, about := range l.about {
			if about == sid {
				may = append(may, int64(i))
			}
			if about == sid && int64(i) < l.sealed {
				must = may
			}
		}
	}
	return must, may
}

// Few people, tags and keys make changes meet.
const (
	modelPeople = 6
	modelTags   = 8
	modelSteps  = 400
)

// model commits random changes to the store and to a book, and compares both.
// A failure names the seed. Where a change has two reasons to be refused, either
// may be given.
func model(t *testing.T, b *bench) {
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 1))
	m := newBook()
	for n := range modelSteps {
		c := randomChange(dice, m)
		next, want := m.commit(&c)
		first := int64(len(m.logs[c.Policy].about))
		got, err := b.s.Commit(b.ctx(), &c)
		refused := errors.Is(err, gate.ErrChanged) || errors.Is(err, gate.ErrTaken)
		if refused != (want != nil) || (!refused && err != nil) || (!refused && len(c.Leaves) > 0 && got != first) {
			t.Fatalf("seed %d, change %d: got leaf %d, error %v, want leaf %d, error %v", seed, n, got, err, first, want)
		}
		m = next
		if n%50 == 49 {
			b.reopen()
		}
		if diff := b.compare(m); diff != "" {
			t.Fatalf("seed %d, after change %d: %s", seed, n, diff)
		}
	}
}

// policyFor gives even people to one policy and odd ones to the other.
func policyFor(sid int64) avow.PolicyID {
	if sid%2 == 0 {
		return blue
	}
	return green
}

func randomChange(dice *rand.Rand, m *book) gate.Change {
	sid := 1 + dice.Int64N(modelPeople)
	c := gate.Change{Policy: policyFor(sid)}
	body := fmt.Sprint(dice.Uint64())
	have := m.rows[sid]
	guess := have.Version
	if dice.IntN(8) == 0 {
		guess = max(1, guess+dice.Int64N(3)-1)
	}
	if other := 1 + dice.Int64N(modelPeople); dice.IntN(8) == 0 {
		c.Others = []gate.Row{*row(c.Policy, other, max(1, m.rows[other].Version), 0, "")}
	}
	switch dice.IntN(8) {
	case 0, 1:
		c.Insert = row(c.Policy, sid, 1, dice.Int64N(4), body)
	case 2, 3:
		c.Update = row(c.Policy, sid, guess+1, dice.Int64N(4), body)
	case 4:
		c.Drop = row(c.Policy, sid, guess, 0, "")
	case 5:
		c.Unchanged = row(c.Policy, sid, guess, 0, "")
	}
	for range dice.IntN(3) {
		c.AddTags = append(c.AddTags, gate.TagEntry{Tag: tag(dice.Uint64N(modelTags)), SID: sid})
		c.DropTags = append(c.DropTags, gate.TagEntry{Tag: tag(dice.Uint64N(modelTags)), SID: sid})
	}
	randomRecords(dice, &c, sid, body)
	for range dice.IntN(3) {
		c.Leaves = append(c.Leaves, gate.Leaf{SID: sid * dice.Int64N(2), Body: []byte(body)})
	}
	if dice.IntN(5) == 0 {
		c.Seal = randomSeal(dice, m.logs[c.Policy], body)
	}
	return c
}

func randomRecords(dice *rand.Rand, c *gate.Change, sid int64, body string) {
	one := func() gate.Record {
		return record(sid*dice.Int64N(2), strings.Repeat("k", 1+dice.IntN(2)), fmt.Sprint(dice.IntN(4)), body)
	}
	switch dice.IntN(10) {
	case 0, 1:
		c.Put = append(c.Put, one(), one())
	case 2:
		c.PutNew = append(c.PutNew, one())
	case 3:
		c.Delete = append(c.Delete, one())
		c.PutNew = append(c.PutNew, one())
	case 4:
		c.Purge, c.PurgeLimit = sid, 1<<20
	}
}

func randomSeal(dice *rand.Rand, l *pages, body string) *gate.Seal {
	s := &gate.Seal{From: l.sealed, Size: l.sealed, Checkpoint: []byte(body)}
	s.Size += dice.Int64N(int64(len(l.about)) - l.sealed + 1)
	if dice.IntN(6) == 0 {
		s.From, s.Size = s.From+1, s.Size+1
	}
	return s
}

// compare says where store and book differ.
func (b *bench) compare(m *book) string {
	for sid := int64(1); sid <= modelPeople; sid++ {
		if diff := b.comparePerson(m, sid); diff != "" {
			return fmt.Sprintf("person %d: %s", sid, diff)
		}
	}
	for i := range uint64(modelTags) {
		for _, p := range [...]avow.PolicyID{blue, green} {
			want := m.rows[m.tags[policyTag{p, tag(i)}]]
			got, _, err := b.s.Lookup(b.ctx(), p, tag(i))
			if err != nil || !sameRow(&got, &want) {
				return fmt.Sprintf("tag %d of %s leads to %d, error %v, want %d", i, p, got.SID, err, want.SID)
			}
		}
	}
	return b.compareRest(m)
}

func (b *bench) comparePerson(m *book, sid int64) string {
	want, there := m.rows[sid]
	got, ok, err := b.s.Load(b.ctx(), sid)
	if err != nil || ok != there || !sameRow(&got, &want) {
		return fmt.Sprintf("row is %+v (%v), error %v, want %+v (%v)", got, ok, err, want, there)
	}
	trail, err := b.s.Trail(b.ctx(), sid, -1, 1<<20)
	must, may := m.trail(sid)
	if err != nil || len(trail) < len(must) || len(trail) > len(may) || !slices.Equal(trail, may[:len(trail)]) {
		return fmt.Sprintf("trail is %v, error %v, want %v or more of %v", trail, err, must, may)
	}
	return ""
}

func (b *bench) compareRest(m *book) string {
	count := 0
	for sid := int64(0); sid <= modelPeople; sid++ {
		for _, kind := range [...]string{"k", "kk"} {
			list, err := b.s.Scan(b.ctx(), sid, kind, nil, 1<<20)
			if err != nil {
				return err.Error()
			}
			for i := range list {
				if body, ok := m.records[keyOf(&list[i])]; !ok || body != string(list[i].Body) {
					return fmt.Sprintf("record %q of (%d, %s) is %q, want %q", list[i].Key, sid, kind, list[i].Body, body)
				}
			}
			count += len(list)
		}
	}
	if count != len(m.records) {
		return fmt.Sprintf("%d records, want %d", count, len(m.records))
	}
	return cmpText(b.compareDue(m), b.compareLogs(m))
}

func cmpText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (b *bench) compareDue(m *book) string {
	var people []gate.Row
	for _, r := range m.rows {
		if r.Due != 0 {
			people = append(people, r)
		}
	}
	slices.SortFunc(people, func(a, b gate.Row) int {
		if a.Due != b.Due {
			return int(a.Due - b.Due)
		}
		return int(a.SID - b.SID)
	})
	got, err := b.s.Due(b.ctx(), 1<<40, 1<<20)
	if err != nil || len(got) != len(people) {
		return fmt.Sprintf("due: %v, error %v, want %d people", got, err, len(people))
	}
	for i := range got {
		if m.rows[got[i]].Due != people[i].Due {
			return fmt.Sprintf("due: %v is not the longest due first", got)
		}
	}
	return ""
}

func (b *bench) compareLogs(m *book) string {
	for p, want := range m.logs {
		got, err := b.s.LogState(b.ctx(), p)
		if err != nil || got.Recorded != int64(len(want.about)) || got.Sealed != want.sealed ||
			string(got.Checkpoint) != want.checkpoint {
			return fmt.Sprintf("log of %s is %+v, error %v, want %d, %d", p, got, err, len(want.about), want.sealed)
		}
		bodies, err := b.s.Leaves(b.ctx(), p, 0, got.Recorded)
		if err != nil {
			return err.Error()
		}
		for i := range bodies {
			if !bytes.Equal(bodies[i], []byte(want.bodies[i])) {
				return fmt.Sprintf("leaf %d of %s is %q, want %q", i, p, bodies[i], want.bodies[i])
			}
		}
	}
	return ""
}
