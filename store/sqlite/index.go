package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// kind tells the two indexes apart.
type kind int

const (
	tagIndex   kind = iota // policy and tag -> person
	trailIndex             // person, leaf and policy -> 1
	kinds
)

func tagKey(policy int64, t gate.Tag) (k run.Key) {
	binary.BigEndian.PutUint32(k[:], uint32(policy))
	copy(k[4:], t[:])
	return k
}

// trailKey sorts by person, then by leaf.
func trailKey(sid, leaf, policy int64) (k run.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(sid))
	binary.BigEndian.PutUint64(k[8:], uint64(leaf))
	binary.BigEndian.PutUint32(k[16:], uint32(policy))
	return k
}

func trailSID(k run.Key) int64  { return int64(binary.BigEndian.Uint64(k[:])) }
func trailLeaf(k run.Key) int64 { return int64(binary.BigEndian.Uint64(k[8:])) }

// sorted is a run on disk. It does not change, except that entries are removed
// from its chunks.
type sorted struct {
	id, level int64
	entries   int
	fences    run.Fences
	filter    run.Filter
}

// logged is an entry that is in no run yet, and the row of table entry that
// holds it.
type logged struct{ value, seq int64 }

// recent holds the entries that are in no run yet.
type recent struct {
	tags  map[run.Key]logged
	trail lines
}

// newRecent makes room for as many trail entries as there were.
func newRecent(entries int) *recent {
	return &recent{tags: map[run.Key]logged{}, trail: lines{all: make([]line, 0, entries), last: map[int64]int{}}}
}

func (r *recent) size() int { return max(len(r.tags), len(r.trail.all)) }

// lines are trail entries in order of arrival; those of a person are linked,
// the latest first.
type lines struct {
	all  []line
	last map[int64]int // by person: 1 + the place of the latest line
}

type line struct {
	key    run.Key // zero: removed
	seq    int64
	before int // 1 + the place of the person's line before this one
}

func (l *lines) add(k run.Key, seq int64) {
	sid := trailSID(k)
	l.all = append(l.all, line{k, seq, l.last[sid]})
	l.last[sid] = len(l.all)
}

// of calls f for each line of a person.
func (l *lines) of(sid int64, f func(*line)) {
	for at := l.last[sid]; at != 0; at = l.all[at-1].before {
		if e := &l.all[at-1]; e.key != (run.Key{}) {
			f(e)
		}
	}
}

func (l *lines) remove(k run.Key) {
	l.of(trailSID(k), func(e *line) {
		if e.key == k {
			e.key = run.Key{}
		}
	})
}

// index finds entries in memory and in runs. A key is in one place only:
// an entry is added where there is none, and removed where it is. The committer
// changes the index after COMMIT; readers look at it under the lock.
type index struct {
	mu     sync.RWMutex
	active *recent
	frozen *recent // being written to runs; not modified
	gone   [kinds]map[run.Key]struct{}
	runs   [kinds][]*sorted
	moves  uint64 // counts changes of runs
}

// tag looks for a tag in memory. If it is not there, it may be in one of runs.
func (x *index) tag(k run.Key) (e logged, found bool, runs []*sorted, moves uint64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e, found := x.active.tags[k]; found {
		return e, true, nil, 0
	}
	if x.frozen != nil {
		if e, found := x.frozen.tags[k]; found && !has(x.gone[tagIndex], k) {
			return e, true, nil, 0
		}
	}
	return logged{}, false, x.runs[tagIndex], x.moves
}

func has(set map[run.Key]struct{}, k run.Key) bool {
	_, ok := set[k]
	return ok
}

func (x *index) moved(moves uint64) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.moves != moves
}

// trailOf returns the entries of a person in memory, latest first, and the runs
// that may hold more.
func (x *index) trailOf(sid int64) (list []line, runs []*sorted, moves uint64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	x.active.trail.of(sid, func(e *line) { list = append(list, *e) })
	if x.frozen != nil {
		x.frozen.trail.of(sid, func(e *line) {
			if !has(x.gone[trailIndex], e.key) {
				list = append(list, *e)
			}
		})
	}
	return list, x.runs[trailIndex], x.moves
}

// freeze sets what is in memory aside, so that it can be written to runs while
// new entries come.
func (x *index) freeze() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.frozen, x.active = x.active, newRecent(len(x.active.trail.all))
	x.gone = [kinds]map[run.Key]struct{}{{}, {}}
}

// replace takes runs out of an index and puts another in; a nil add only takes
// out.
func (x *index) replace(n kind, out []*sorted, add *sorted) {
	x.mu.Lock()
	defer x.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(x.runs[n]), func(r *sorted) bool { return slices.Contains(out, r) })
	if add != nil {
		kept = append(kept, add)
	}
	x.runs[n] = kept
	x.moves++
}

// thaw forgets the frozen entries, which are in runs now.
func (x *index) thaw() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.frozen = nil
	x.gone = [kinds]map[run.Key]struct{}{}
}

// apply makes a committed group's removals and additions visible.
func (x *index) apply(p *pending, seq int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for k := range p.removed[tagIndex] {
		delete(x.active.tags, k)
	}
	for k := range p.removed[trailIndex] {
		x.active.trail.remove(k)
	}
	if x.frozen != nil {
		for n := range kinds {
			maps.Copy(x.gone[n], p.removed[n])
		}
	}
	for k, sid := range p.tags {
		x.active.tags[k] = logged{sid, seq}
	}
	for _, k := range p.trail {
		x.active.trail.add(k, seq)
	}
}

// errMerged: a chunk is not there. For a reader, its run may have been merged
// meanwhile; otherwise the file is damaged.
var errMerged = errors.New("part of an index is missing")

const chunkBits = 24

func chunkPos(run int64, n int) int64 { return run<<chunkBits | int64(n) }

// readChunk returns a chunk of a run, in memory that the next call uses again.
func readChunk(c *conn, r *sorted, n int) (run.Chunk, error) {
	stmt := c.stmts[qChunk]
	stmt.BindInt64(1, chunkPos(r.id, n))
	found, err := stmt.Step()
	var chunk run.Chunk
	if found {
		c.scratch = slices.Grow(c.scratch[:0], stmt.ColumnLen(0))
		chunk = c.scratch[:stmt.ColumnBytes(0, c.scratch[:cap(c.scratch)])]
	}
	if err := finish(stmt, err); err != nil {
		return nil, err
	}
	if !found {
		return nil, errMerged
	}
	if err := chunk.Valid(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return chunk, nil
}

// search finds the entry of k in runs.
func search(c *conn, runs []*sorted, k run.Key) (value int64, in *sorted, err error) {
	for _, r := range runs {
		if !r.filter.May(k) {
			continue
		}
		n := r.fences.Find(k)
		if n < 0 { // below the first chunk
			continue
		}
		chunk, err := readChunk(c, r, n)
		if err != nil {
			return 0, nil, err
		}
		if i, found := chunk.Search(k); found {
			return chunk.Entry(i).Value, r, nil
		}
	}
	return 0, nil, nil
}

// owner finds the person of a tag in runs for a reader; 0 means nobody.
func (x *index) owner(c *conn, k run.Key) (int64, error) {
	for {
		e, found, runs, moves := x.tag(k)
		if found {
			return e.value, nil // it came meanwhile
		}
		sid, _, err := search(c, runs, k)
		if !errors.Is(err, errMerged) {
			return sid, err
		}
		if !x.moved(moves) {
			return 0, fmt.Errorf("%w: a chunk of the tags is missing", ErrCorrupt)
		}
	}
}

// trail returns the leaves of a person after a leaf, at most limit.
func (x *index) leaves(c *conn, sid, after int64, limit int) ([]int64, error) {
	for {
		recent, runs, moves := x.trailOf(sid)
		var keys []run.Key
		var err error
		for _, r := range runs {
			if keys, err = collect(c, r, trailKey(sid, after+1, 0), limit, keys); err != nil {
				break
			}
		}
		if err == nil {
			return leavesOf(keys, recent, after, limit), nil
		}
		if !errors.Is(err, errMerged) {
			return nil, err
		}
		if !x.moved(moves) {
			return nil, fmt.Errorf("%w: a chunk of the trail is missing", ErrCorrupt)
		}
	}
}

func leavesOf(keys []run.Key, recent []line, after int64, limit int) []int64 {
	list := make([]int64, 0, len(keys)+len(recent))
	for _, k := range keys {
		list = append(list, trailLeaf(k))
	}
	for i := range recent {
		if leaf := trailLeaf(recent[i].key); leaf > after {
			list = append(list, leaf)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), limit)]
}

// collect appends the first limit entries of lower's person in a run, from
// lower on.
func collect(c *conn, r *sorted, lower run.Key, limit int, keys []run.Key) ([]run.Key, error) {
	most := len(keys) + limit
	for n := max(r.fences.Find(lower), 0); n < r.fences.Len(); n++ {
		chunk, err := readChunk(c, r, n)
		if err != nil {
			return keys, err
		}
		i, _ := chunk.Search(lower)
		for ; i < chunk.Len(); i++ {
			k := chunk.Entry(i).Key
			if trailSID(k) != trailSID(lower) || len(keys) == most {
				return keys, nil
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}
