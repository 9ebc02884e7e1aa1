package sqlite

import (
	"bytes"
	"maps"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// step names the places at which a test can make a write fail.
type step int

const (
	stepBegin step = iota
	stepCommit
	stepRow
	stepNewer
	stepEntries
	stepRecord
	stepLeaf
	stepSeal
	stepPurge
	stepFlush

	steps
)

// fault lets a test fail a step before it ran, or after it took effect. It is
// nil outside tests.
type fault func(s step, ran bool) error

// writer is the committer's connection and what it knows of the file.
type writer struct {
	c         *conn
	heads     *heads
	tail      *tail
	index     *index
	rows      *cache[int64, gate.Row]
	newer     *newer
	owners    *cache[run.Key, int64]
	absent    *absent
	highest   int64 // highest person number that has or had a row
	reserved  int64 // highest person number reserved on disk
	seq       int64 // last row of table entry
	frozenSeq int64 // the last row when the index was frozen
	slots     slots
	asideSeq  int64 // the last group when rows were set aside
	upTo      int64 // at the start: rows up to this one can be deleted
	merging   *merging
	pending   pending
	stats     *counters
	now       func() time.Time
	merger    *merger
	mover     *mover
	stopped   error
	queue     *queue
	flusher   *flusher
	carrier   *carrier
	carrying  bool  // the carrier is at work
	wrote     int64 // about what was written to the log since the carrier began
	fault     fault
}

// pending is what the running transaction has changed of the state that is
// kept in memory. It is published after COMMIT and forgotten otherwise.
type pending struct {
	numbers  map[avow.PolicyID]int64
	logs     map[int64]gate.LogState
	leaves   map[int64]*packed
	rows     map[int64]*gate.Row // nil: dropped
	waits    map[int64]bool      // of rows: whether it goes to table newer
	newer    []byte              // those
	stale    map[int64]struct{}  // slots that hold some that do not
	slot     int64               // of the group
	dropped  int                 // free slots that are deleted
	tags     map[run.Key]int64   // added
	trail    []run.Key           // added
	removed  [kinds]map[run.Key]struct{}
	struck   map[int64]struct{} // rows of table entry that hold some of them
	reserved int64
	seq      int64 // row of table entry written, 0 if none
	after    []func()

	tagBytes, trailBytes []byte
}

func (p *pending) reset() {
	if p.numbers == nil {
		p.numbers, p.logs = map[avow.PolicyID]int64{}, map[int64]gate.LogState{}
		p.rows, p.waits, p.stale = map[int64]*gate.Row{}, map[int64]bool{}, map[int64]struct{}{}
		p.leaves = map[int64]*packed{}
		p.tags, p.removed = map[run.Key]int64{}, [kinds]map[run.Key]struct{}{{}, {}}
		p.struck = map[int64]struct{}{}
	}
	clear(p.numbers)
	clear(p.logs)
	clear(p.rows)
	clear(p.waits)
	clear(p.stale)
	clear(p.tags)
	clear(p.struck)
	for _, set := range p.removed {
		clear(set)
	}
	clear(p.after)
	for _, l := range p.leaves {
		l.reset()
	}
	p.trail, p.after, p.newer = p.trail[:0], p.after[:0], p.newer[:0]
	p.reserved, p.seq, p.dropped = 0, 0, 0
}

func newWriter(c *conn, cacheBytes int) (w *writer, err error) {
	w = &writer{c: c, tail: newTail()}
	if w.heads, err = loadHeads(c); err != nil {
		return nil, err
	}
	if w.absent, err = loadAbsent(c); err != nil {
		return nil, err
	}
	done, err := readProgress(c)
	if err != nil {
		return nil, err
	}
	w.reserved = done.subject
	if w.index, w.seq, err = loadIndex(c, done.flushed); err != nil {
		return nil, err
	}
	if first, _, err := c.integer(qEntryFirst); err != nil {
		return nil, err
	} else if first != 0 && first <= done.flushed {
		w.upTo = done.flushed
	}
	if w.newer, w.slots, err = loadNewer(c, w.heads, done.moved); err != nil {
		return nil, err
	}
	w.highest, _, err = c.integer(qRowHighest)
	w.rows = newCache[int64, gate.Row](cacheBytes, func(sid int64) uint64 { return uint64(sid) })
	w.owners = newCache[run.Key, int64](cacheBytes/4, func(k run.Key) uint64 { return uint64(k[run.KeyBytes-1]) })
	return w, err
}

// progress is the one row of table progress.
type progress struct{ subject, flushed, moved int64 }

func readProgress(c *conn) (p progress, err error) {
	stmt := c.stmts[qProgress]
	row, err := stmt.Step()
	if row {
		p = progress{stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2)}
	}
	return p, finish(stmt, err)
}

// publish makes what the committed transaction changed visible. Nobody was
// answered yet.
func (w *writer) publish() {
	p := &w.pending
	w.committed(p)
	w.heads.publish(p.numbers, p.logs)
	if p.seq != 0 || len(p.removed[tagIndex]) > 0 || len(p.removed[trailIndex]) > 0 {
		w.seq = max(w.seq, p.seq)
		w.index.apply(p, p.seq)
	}
	if m := w.merging; m != nil {
		maps.Copy(m.gone, p.removed[m.index])
	}
	w.reserved = max(w.reserved, p.reserved)
	w.publishCaches(p)
	for _, f := range p.after {
		f()
	}
	if w.index.active.size() >= w.merger.flushAt {
		w.merger.signal()
	}
	if w.newer.waits() >= w.mover.moveAt {
		w.mover.signal()
	}
}

func (w *writer) publishCaches(p *pending) {
	for k := range p.removed[tagIndex] {
		w.owners.drop(k)
	}
	for k, sid := range p.tags {
		w.owners.put(k, sid, ownerCost) // who just came is soon looked for
	}
	w.slots.dropped(p.dropped)
	if len(p.rows) == 0 {
		return
	}
	if len(p.newer) > 0 {
		w.slots.take(p.slot)
	}
	w.newer.mu.Lock()
	defer w.newer.mu.Unlock()
	for sid, row := range p.rows {
		w.highest = max(w.highest, sid)
		if !p.waits[sid] {
			w.newer.forget(sid)
		}
		if row == nil {
			w.rows.drop(sid)
			continue
		}
		kept := *row
		kept.Body = bytes.Clone(row.Body)
		w.rows.put(sid, kept, rowCost(&kept))
		if p.waits[sid] {
			w.newer.add(p.slot, kept)
		}
	}
}

// ownerCost and rowCost are about what an entry of a cache takes in memory.
const ownerCost = 96

func rowCost(r *gate.Row) int { return len(r.Body) + 160 }

// stored returns version and due hour of a row as the transaction sees it; the
// version of no row is 0.
func (w *writer) stored(sid int64) (version, due int64, err error) {
	if row, ok := w.pending.rows[sid]; ok {
		if row == nil {
			return 0, 0, nil
		}
		return row.Version, row.Due, nil
	}
	if row, ok, _ := w.rows.get(sid); ok {
		return row.Version, row.Due, nil
	}
	if row, ok := w.newer.get(sid); ok {
		return row.Version, row.Due, nil
	}
	if sid > w.highest {
		return 0, 0, nil
	}
	stmt := w.c.stmts[qRowVersion]
	stmt.BindInt64(1, sid)
	found, err := stmt.Step()
	if found {
		version, due = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
	}
	return version, due, finish(stmt, err)
}

// step runs a statement that returns no row, unless a test lets it fail.
func (w *writer) step(s step, q query) error {
	w.wrote += pageSize
	if w.fault == nil {
		return w.c.run(q)
	}
	if err := w.fault(s, false); err != nil {
		return finish(w.c.stmts[q], err)
	}
	if err := w.c.run(q); err != nil {
		return err
	}
	return w.fault(s, true)
}

// number returns the number of a policy that has one.
func (w *writer) number(p avow.PolicyID) (int64, bool) {
	if n, ok := w.pending.numbers[p]; ok {
		return n, true
	}
	n, ok := w.heads.numbers[p]
	return n, ok
}

// ensureNumber gives p the next number if it has none.
func (w *writer) ensureNumber(p avow.PolicyID) (int64, error) {
	if n, ok := w.number(p); ok {
		return n, nil
	}
	n := int64(len(w.heads.numbers)+len(w.pending.numbers)) + 1
	stmt := w.c.stmts[qPolicyAdd]
	stmt.BindInt64(1, n)
	stmt.BindText(2, string(p))
	if err := w.step(stepRow, qPolicyAdd); err != nil {
		return 0, err
	}
	w.pending.numbers[p] = n
	return n, nil
}

// log returns the state of a policy's log as the transaction sees it.
func (w *writer) log(policy int64) gate.LogState {
	if l, ok := w.pending.logs[policy]; ok {
		return l
	}
	return w.heads.logs[policy]
}

// reserve raises the highest person number that may be given out.
func (w *writer) reserve(upTo int64) error {
	if upTo <= max(w.reserved, w.pending.reserved) {
		return nil
	}
	w.c.stmts[qReserve].BindInt64(1, upTo)
	w.pending.reserved = upTo
	return w.step(stepRow, qReserve)
}

func (w *writer) integer(q query) (int64, bool, error) { return w.c.integer(q) }

// close closes the connection. The one that is closed last carries the log over to
// the database file and deletes the log; when the store has stopped, nobody knows what either
// holds on the disk, and so it stays open until the process ends.
func (w *writer) close() error {
	if w.broken() != nil {
		return nil
	}
	return w.c.close()
}
