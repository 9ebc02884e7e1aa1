package sqlite

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// tailBytes is about how much of the end of each log is kept in memory.
const tailBytes = 1 << 20

// tail keeps the leaves that were committed last: the sealer reads every leaf, soon
// after it was written, and those who act for somebody read what was just said of them.
type tail struct {
	mu   sync.RWMutex
	logs map[int64][]leafRow // by policy, in order and without gaps
}

// leafRow is a row of table leaf. It is not modified.
type leafRow struct {
	first      int64
	body, ends []byte
}

func newTail() *tail { return &tail{logs: map[int64][]leafRow{}} }

// add appends rows to the end of a log, and forgets the first of those it had.
func (t *tail) add(policy int64, rows []leafRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	log := append(t.logs[policy], rows...)
	n, room := len(log), tailBytes
	for n > 0 && room > 0 {
		n--
		room -= len(log[n].body)
	}
	t.logs[policy] = log[n:]
}

// leaves appends to list the leaves with indexes from from up to to, and reports
// whether all of them are here.
func (t *tail) leaves(list [][]byte, policy, from, to int64) ([][]byte, bool) {
	t.mu.RLock()
	log := t.logs[policy]
	t.mu.RUnlock()
	at, exact := slices.BinarySearchFunc(log, from, func(r leafRow, from int64) int { return cmp.Compare(r.first, from) })
	if !exact {
		at-- // the row before may hold it
	}
	if at < 0 {
		return list, false
	}
	for _, r := range log[at:] {
		if r.first >= to {
			break
		}
		list = unpack(list, r.first, r.ends, from, to, int64(len(r.body)), r.part)
	}
	return list, true
}

func (r *leafRow) part(start, end int64) []byte { return r.body[start:end:end] }

// committed adds what a group has written to the logs.
func (w *writer) committed(p *pending) {
	for policy, l := range p.leaves {
		if len(l.rows) > 0 {
			w.tail.add(policy, l.rows)
		}
	}
}

// keep remembers a row that is about to be written, for the tail.
func (p *packed) keep() {
	p.rows = append(p.rows, leafRow{p.first, bytes.Clone(p.body), bytes.Clone(p.ends)})
}
