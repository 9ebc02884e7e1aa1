package sqlite

import (
	"fmt"
	"maps"
	"sync"

	"avow.dev"
	"avow.dev/gate"
)

const (
	indexBits = 40
	mostIndex = 1 << indexBits
)

// position is where leaf index of a policy's log lies in table leaf.
func position(policy, index int64) int64 { return policy<<indexBits | index }

// heads holds what is committed of the policies' numbers and logs. The process
// owns the file, so memory and file agree; the committer changes both.
type heads struct {
	mu      sync.RWMutex
	numbers map[avow.PolicyID]int64
	logs    map[int64]gate.LogState
}

func (h *heads) number(p avow.PolicyID) (int64, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	n, ok := h.numbers[p]
	return n, ok
}

func (h *heads) name(number int64) (avow.PolicyID, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for p, n := range h.numbers {
		if n == number {
			return p, true
		}
	}
	return "", false
}

func (h *heads) log(p avow.PolicyID) gate.LogState {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.logs[h.numbers[p]]
}

func (h *heads) publish(numbers map[avow.PolicyID]int64, logs map[int64]gate.LogState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.numbers, numbers)
	maps.Copy(h.logs, logs)
}

// loadHeads reads the numbers and logs from the file.
func loadHeads(c *conn) (*heads, error) {
	h := &heads{numbers: map[avow.PolicyID]int64{}, logs: map[int64]gate.LogState{}}
	stmt := c.stmts[qPolicies]
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			if err := finish(stmt, err); err != nil {
				return nil, err
			}
			break
		}
		h.numbers[avow.PolicyID(stmt.ColumnText(1))] = stmt.ColumnInt64(0)
	}
	for name, number := range h.numbers {
		log, err := loadHead(c, number)
		if err != nil {
			return nil, fmt.Errorf("log of policy %s: %w", name, err)
		}
		h.logs[number] = log
	}
	return h, nil
}

func loadHead(c *conn, policy int64) (h gate.LogState, err error) {
	stmt := c.stmts[qLeafEnd]
	stmt.BindInt64(1, position(policy, 0))
	stmt.BindInt64(2, position(policy+1, 0))
	row, err := stmt.Step()
	if row {
		h.Recorded = stmt.ColumnInt64(0) - position(policy, 0)
	}
	if err := finish(stmt, err); err != nil {
		return gate.LogState{}, err
	}
	stmt = c.stmts[qLog]
	stmt.BindInt64(1, policy)
	row, err = stmt.Step()
	if row {
		h.Sealed, h.Checkpoint = stmt.ColumnInt64(0), column(stmt, 1)
	}
	return h, finish(stmt, err)
}
