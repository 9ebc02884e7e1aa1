package sqlite

import (
	"bytes"
	"context"
	"slices"

	"avow.dev/store/sqlite/internal/run"
)

// joined reads several runs as one.
type joined struct {
	readers *pool
	inputs  []*input
	err     error // why all ended early
}

// input is a run being read, chunk after chunk.
type input struct {
	r     *sorted
	next  int
	chunk run.Chunk
	at    int
}

func newJoined(readers *pool, runs []*sorted) *joined {
	j := &joined{readers: readers}
	for _, r := range runs {
		j.inputs = append(j.inputs, &input{r: r})
	}
	return j
}

// all yields the entries in ascending order; it ends early with an error.
func (j *joined) all(yield func(run.Entry) bool) {
	for {
		if j.err = j.refill(); j.err != nil || len(j.inputs) == 0 {
			return
		}
		least := slices.MinFunc(j.inputs, func(a, b *input) int {
			return bytes.Compare(a.chunk[a.at*run.EntryBytes:][:run.KeyBytes], b.chunk[b.at*run.EntryBytes:][:run.KeyBytes])
		})
		if !yield(least.chunk.Entry(least.at)) {
			return
		}
		least.at++
	}
}

// refill reads the next chunk of each input that has come to the end of one,
// and drops inputs that have no more.
func (j *joined) refill() error {
	ended := false
	for _, in := range j.inputs {
		for in.at == in.chunk.Len() && in.next < in.r.fences.Len() {
			if err := j.read(in); err != nil {
				return err
			}
		}
		ended = ended || in.at == in.chunk.Len()
	}
	if ended {
		j.inputs = slices.DeleteFunc(j.inputs, func(in *input) bool { return in.at == in.chunk.Len() })
	}
	return nil
}

func (j *joined) read(in *input) error {
	c, err := j.readers.borrow(context.Background())
	if err != nil {
		return err
	}
	defer j.readers.give(c)
	chunk, err := readChunk(c, in.r, in.next)
	if err != nil {
		return err
	}
	in.chunk, in.at = append(in.chunk[:0], chunk...), 0
	in.next++
	return nil
}
