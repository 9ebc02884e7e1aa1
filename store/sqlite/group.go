package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"avow.dev/gate"
)

// group is what a slot holds.
type group struct {
	held
	rows []numbered
}

// numbered is a row whose policy goes by its number.
type numbered struct {
	gate.Row
	policy int64
}

func (g *group) damaged(cause error) error {
	return fmt.Errorf("slot %d of table newer: %w: %w", g.slot, sqlite.ResultCorrupt.ToError(), cause)
}

// newerHead is about what a row takes in table newer besides its body.
const newerHead = 12

// appendNewer appends a row to those of a group.
func appendNewer(dst []byte, policy int64, r *gate.Row) []byte {
	for _, n := range [...]int64{r.SID, policy, r.Version, r.Due, int64(len(r.Body))} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return append(dst, r.Body...)
}

var errNewer = errors.New("rows that wait are cut or mixed up")

// cutNewer takes the first row off those of a group. The body stays part of rows.
func cutNewer(rows []byte) (r numbered, rest []byte, err error) {
	var size int64
	for _, n := range [...]*int64{&r.SID, &r.policy, &r.Version, &r.Due, &size} {
		v, used := binary.Uvarint(rows)
		if used <= 0 || v > 1<<62 {
			return numbered{}, nil, errNewer
		}
		*n, rows = int64(v), rows[used:]
	}
	if r.SID == 0 || r.Version == 0 || size > int64(len(rows)) {
		return numbered{}, nil, errNewer
	}
	r.Body = rows[:size:size]
	return r, rows[size:], nil
}

// without returns the rows of a group less those of people who are gone.
func without(rows []byte, gone func(sid int64) bool) (kept []byte, err error) {
	for len(rows) > 0 {
		r, rest, err := cutNewer(rows)
		if err != nil {
			return nil, err
		}
		if !gone(r.SID) {
			kept = append(kept, rows[:len(rows)-len(rest)]...)
		}
		rows = rest
	}
	return kept, nil
}
