package disclose

import (
	"fmt"
	"io"
	"slices"
)

// Counter counts people, or events about nobody, into a table. It keeps
// counters, and nothing of whom it was fed.
type Counter struct {
	table  Table
	source io.Reader
	counts []int64
	cells  []int // of the person being counted
}

// NewCounter returns a counter of a table. source is where randomness comes
// from: crypto/rand in everything but tests.
func NewCounter(t Table, source io.Reader) (*Counter, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	return &Counter{table: t, source: source, counts: make([]int64, t.size())}, nil
}

// Add counts one person, who has the given categories in each dimension. Where
// they have several, every combination counts, up to Table.Most of them, drawn
// evenly. A dimension without a category leaves the person out.
func (c *Counter) Add(categories [][]int) error {
	if len(categories) != len(c.table.Dims) {
		return fmt.Errorf("count: %d dimensions instead of %d", len(categories), len(c.table.Dims))
	}
	c.cells = append(c.cells[:0], 0)
	for i, list := range categories {
		if err := c.spread(i, list); err != nil {
			return err
		}
	}
	slices.Sort(c.cells)
	c.cells = slices.Compact(c.cells)
	for n := range c.cells {
		if n >= c.table.Most {
			break
		}
		pick, err := uniform(c.source, uint64(len(c.cells)-n))
		if err != nil {
			return err
		}
		other := n + int(pick)
		c.cells[n], c.cells[other] = c.cells[other], c.cells[n]
		c.counts[c.cells[n]]++
	}
	clear(c.cells[:cap(c.cells)])
	return nil
}

// spread multiplies the person's cells by their categories in one dimension.
func (c *Counter) spread(dim int, categories []int) error {
	width := len(c.table.Dims[dim].Values) + len(c.table.Dims[dim].Bands) + 1
	before := slices.Clone(c.cells)
	defer clear(before)
	c.cells = c.cells[:0]
	list := slices.Clone(categories)
	defer clear(list)
	slices.Sort(list)
	for _, k := range slices.Compact(list) {
		if k < 0 || k >= width {
			return fmt.Errorf("count: no category %d", k)
		}
		for _, cell := range before {
			c.cells = append(c.cells, cell*width+k)
		}
	}
	return nil
}

// Row is one figure of a release. A hidden row has no count; why it is hidden is
// not told, because that would tell about it.
type Row struct {
	Of     []string // a category of each dimension, or "total"
	Count  int64
	Hidden bool
}

// Release draws the noise and returns the figures that may be shown, in the order
// of the categories. It is called once: the counters are cleared.
func (c *Counter) Release() ([]Row, error) {
	t := &c.table
	defer clear(c.counts)
	g := newGrid(t, len(c.counts))
	n := newNoise(c.source, t.Most, t.Epsilon)
	for _, real := range c.counts {
		noisy := real
		if t.Epsilon > 0 {
			z, err := n.draw()
			if err != nil {
				return nil, err
			}
			noisy += z
		}
		g.put(real, noisy)
	}
	g.diversify()
	if t.Totals {
		g.total()
	}
	return g.rows(), nil
}
