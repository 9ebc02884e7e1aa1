package disclose

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of a table. They bound what one release can hold in memory.
const (
	MaxDims   = 3
	MaxCells  = 4096
	MaxMost   = 16
	MinCrowd  = 5 // the smallest threshold
	maxLabel  = 128
	minDivers = 2
)

// Table says what is counted and how it may be shown.
type Table struct {
	Name  string // of what is counted, such as a datum
	Dims  []Dim  // up to three; none: one figure
	Most  int    // how many cells one person may be counted in; 1 to 16
	Crowd int    // the threshold: the smallest group that is shown
	// Epsilon is what the release costs. Zero: exact counts, for use where no
	// noise is asked for; then the threshold and rounding are all that protects.
	Epsilon Epsilon
	Round   int64 // figures are rounded to multiples of this; 0 and 1: not at all
	Totals  bool  // show totals as well; with up to two dimensions
	Diverse int   // how many values of a sensitive dimension a group must show; at least 2 where there is one
}

// Dim is one dimension: a closed list of categories, and whatever is in none of
// them.
type Dim struct {
	Name      string
	Values    []string // the categories; by Bands: their labels are made
	Prefix    bool     // a value belongs to the first category that it begins with
	Bands     []int64  // numbers: ascending lower edges; excludes Values
	Sensitive bool
}

// Other is the label of what belongs to no category.
const Other = "other"

// Total is the label of a total.
const Total = "total"

// Check says what is wrong with a table.
func (t *Table) Check() error {
	switch {
	case len(t.Dims) > MaxDims:
		return fmt.Errorf("a table has up to %d dimensions", MaxDims)
	case t.Most < 1 || t.Most > MaxMost:
		return fmt.Errorf("one person counts in 1 to %d cells", MaxMost)
	case t.Crowd < MinCrowd:
		return fmt.Errorf("the threshold is at least %d", MinCrowd)
	case t.Epsilon < 0 || t.Epsilon > MaxEpsilon:
		return errors.New("epsilon is out of range")
	case t.Round < 0 || t.Round > int64(t.Crowd):
		return errors.New("rounding is to a multiple between 0 and the threshold")
	case t.Totals && len(t.Dims) > 2:
		return errors.New("totals are shown with up to two dimensions")
	}
	sensitive := 0
	for i := range t.Dims {
		if err := t.Dims[i].check(); err != nil {
			return fmt.Errorf("dimension %d: %w", i+1, err)
		}
		if t.Dims[i].Sensitive {
			sensitive++
		}
	}
	if sensitive > 1 || sensitive == 1 && t.Diverse < minDivers {
		return fmt.Errorf("a table has one sensitive dimension at most, and asks for at least %d of its values", minDivers)
	}
	if t.size() > MaxCells {
		return fmt.Errorf("a table has up to %d cells", MaxCells)
	}
	return nil
}

func (d *Dim) check() error {
	if len(d.Values) > 0 == (len(d.Bands) > 0) {
		return errors.New("either values or bands are listed")
	}
	if len(d.Values)+len(d.Bands) >= MaxCells {
		return errors.New("too many categories")
	}
	seen := make(map[string]bool)
	for _, v := range d.Values {
		if v == "" || len(v) > maxLabel || seen[v] || v == Other || v == Total {
			return errors.New("a category is empty, too long, listed twice, or called other or total")
		}
		seen[v] = true
	}
	for i := 1; i < len(d.Bands); i++ {
		if d.Bands[i] <= d.Bands[i-1] {
			return errors.New("bands ascend")
		}
	}
	return nil
}

// labels returns the categories as they are shown, the rest last.
func (d *Dim) labels() []string {
	out := slices.Clone(d.Values)
	for i, from := range d.Bands {
		if i+1 < len(d.Bands) {
			out = append(out, fmt.Sprintf("%d to %d", from, d.Bands[i+1]-1))
			continue
		}
		out = append(out, fmt.Sprintf("%d and more", from))
	}
	return append(out, Other)
}

// Category returns the number of the category that a value belongs to.
func (d *Dim) Category(v string) int {
	for i, c := range d.Values {
		if v == c || d.Prefix && strings.HasPrefix(v, c) {
			return i
		}
	}
	return len(d.Values) // of bands: see Number
}

// Number returns the number of the band that a number belongs to.
func (d *Dim) Number(n float64) int {
	band := len(d.Bands)
	for i, from := range d.Bands {
		if n >= float64(from) {
			band = i
		}
	}
	return band
}

// size is the number of cells.
func (t *Table) size() int {
	n := 1
	for i := range t.Dims {
		n *= len(t.Dims[i].Values) + len(t.Dims[i].Bands) + 1
		if n > MaxCells {
			return n
		}
	}
	return n
}

// Digest identifies the question: two tables with the same digest ask for the
// same figures. What the answer costs is a part of it.
func (t *Table) Digest() [32]byte {
	var b []byte
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	text := func(s string) {
		number(int64(len(s)))
		b = append(b, s...)
	}
	flag := func(on bool) {
		if on {
			number(1)
		} else {
			number(0)
		}
	}
	text(t.Name)
	for _, n := range []int64{int64(t.Most), int64(t.Crowd), int64(t.Epsilon), t.Round, int64(t.Diverse), int64(len(t.Dims))} {
		number(n)
	}
	flag(t.Totals)
	for i := range t.Dims {
		d := &t.Dims[i]
		text(d.Name)
		flag(d.Prefix)
		flag(d.Sensitive)
		number(int64(len(d.Values)))
		for _, v := range d.Values {
			text(v)
		}
		number(int64(len(d.Bands)))
		for _, e := range d.Bands {
			number(e)
		}
	}
	return sha256.Sum256(b)
}

// Margin is by how much a noisy count must pass the threshold to be shown.
func (t *Table) Margin() int64 {
	if t.Epsilon == 0 {
		return 0
	}
	return newNoise(nil, t.Most, t.Epsilon).margin()
}
