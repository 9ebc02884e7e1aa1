package sqlite

import "avow.dev"

// step names the places at which a test can make a write fail.
type step int

const (
	stepBegin step = iota
	stepCommit
	stepCommitted // after COMMIT took effect
	stepRow
	stepTag
	stepRecord
	stepLeaf
	stepSeal
	stepPurge
)

// writer is the committer's connection and what it knows of the file.
type writer struct {
	c        *conn
	heads    *heads
	reserved int64 // highest person number reserved on disk
	pending  pending
	stats    *counters
	stopped  error
	fault    func(step) error // nil outside tests
}

// pending is what the running transaction has changed of the state that is
// kept in memory. It is published after COMMIT and forgotten otherwise.
type pending struct {
	numbers  map[avow.PolicyID]int64
	logs     map[int64]head
	reserved int64
}

func (p *pending) reset() {
	clear(p.numbers)
	clear(p.logs)
	p.reserved = 0
}

func newWriter(c *conn, stats *counters) (*writer, error) {
	heads, err := loadHeads(c)
	if err != nil {
		return nil, err
	}
	w := &writer{c: c, heads: heads, stats: stats, pending: pending{
		numbers: map[avow.PolicyID]int64{},
		logs:    map[int64]head{},
	}}
	w.reserved, err = loadReserved(c)
	return w, err
}

func loadReserved(c *conn) (n int64, err error) {
	stmt := c.stmts[qReserved]
	row, err := stmt.Step()
	if row {
		n = stmt.ColumnInt64(0)
	}
	return n, finish(stmt, err)
}

// publish makes what the committed transaction changed visible.
func (w *writer) publish() {
	w.heads.publish(w.pending.numbers, w.pending.logs)
	w.reserved = max(w.reserved, w.pending.reserved)
}

// step runs a statement that returns no row, unless a test lets it fail.
func (w *writer) step(s step, q query) error {
	if w.fault != nil {
		if err := w.fault(s); err != nil {
			return finish(w.c.stmts[q], err)
		}
	}
	err := w.c.run(q)
	if err == nil && s == stepCommit && w.fault != nil {
		err = w.fault(stepCommitted)
	}
	return err
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

// log returns the head of a policy's log as the transaction sees it.
func (w *writer) log(policy int64) head {
	if h, ok := w.pending.logs[policy]; ok {
		return h
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

// integer runs a statement that returns at most one row and returns its first
// column.
func (w *writer) integer(q query) (n int64, found bool, err error) {
	stmt := w.c.stmts[q]
	found, err = stmt.Step()
	if found {
		n = stmt.ColumnInt64(0)
	}
	return n, found, finish(stmt, err)
}

func (w *writer) close() error { return w.c.close() }

// policyNumbers returns the numbers of all policies.
func (w *writer) policyNumbers() []int64 {
	var list []int64
	for _, numbers := range [...]map[avow.PolicyID]int64{w.heads.numbers, w.pending.numbers} {
		for _, n := range numbers {
			list = append(list, n)
		}
	}
	return list
}
