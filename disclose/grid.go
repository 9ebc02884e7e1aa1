package disclose

import "slices"

// grid is a table on its way out: the noisy figures, which of them are hidden,
// and, where totals are shown, the lines in which figures add up.
type grid struct {
	t       *Table
	labels  [][]string
	entries []entry
	lines   int // number of lines; 0 without totals
}

// entry is a cell or a total.
type entry struct {
	of     []string
	noisy  int64
	real   int64 // compared with the threshold, and shown to nobody
	hidden bool
	total  bool
	in     [2]int // the two lines it stands in
}

func newGrid(t *Table, cells int) *grid {
	g := &grid{t: t, entries: make([]entry, 0, cells)}
	for i := range t.Dims {
		g.labels = append(g.labels, t.Dims[i].labels())
	}
	return g
}

// put adds the next cell.
func (g *grid) put(real, noisy int64) {
	e := entry{of: make([]string, len(g.labels)), noisy: noisy, real: real}
	rest := len(g.entries)
	for d := len(g.labels) - 1; d >= 0; d-- {
		width := len(g.labels[d])
		e.of[d] = g.labels[d][rest%width]
		rest /= width
	}
	e.hidden = !g.crowded(real, noisy)
	g.entries = append(g.entries, e)
}

// crowded reports whether a group is large enough to be shown.
func (g *grid) crowded(real, noisy int64) bool {
	return real >= int64(g.t.Crowd) && noisy >= int64(g.t.Crowd)+g.t.Margin()
}

// diversify hides every group in which too few values of the sensitive dimension
// are shown: who is known to be in the group would be known to have the value.
func (g *grid) diversify() {
	d := slices.IndexFunc(g.t.Dims, func(d Dim) bool { return d.Sensitive })
	if d < 0 {
		return
	}
	inner := 1 // entries from one value of the dimension to the next
	for _, l := range g.labels[d+1:] {
		inner *= len(l)
	}
	width := len(g.labels[d])
	for first := range g.entries {
		if first/inner%width != 0 {
			continue
		}
		shown := 0
		for v := range width {
			if !g.entries[first+v*inner].hidden {
				shown++
			}
		}
		for v := range width {
			if shown < g.t.Diverse {
				g.entries[first+v*inner].hidden = true
			}
		}
	}
}

// total adds the totals, and hides what could be worked out with their help.
func (g *grid) total() {
	switch len(g.labels) {
	case 1:
		g.totalLine()
	case 2:
		g.totalBoth(len(g.labels[0]), len(g.labels[1]))
	default:
		return
	}
	for {
		line, found := g.thin()
		if found {
			g.hideIn(line, line)
			continue
		}
		bare, found := g.bare()
		if !found {
			return
		}
		g.hideIn(g.entries[bare].in[0], g.entries[bare].in[1])
	}
}

// totalLine adds the total of one dimension. One line stands as two, between
// which every entry lies.
func (g *grid) totalLine() {
	g.lines = 2
	sum := entry{of: []string{Total}, total: true, in: [2]int{0, 1}}
	for i := range g.entries {
		g.entries[i].in = [2]int{0, 1}
		sum.add(&g.entries[i])
	}
	g.addTotal(sum)
}

func (g *grid) totalBoth(rows, columns int) {
	g.lines = rows + 1 + columns + 1
	across, down := make([]entry, rows), make([]entry, columns)
	all := entry{of: []string{Total, Total}, total: true, in: [2]int{rows, rows + 1 + columns}}
	for i := range g.entries {
		r, c := i/columns, i%columns
		e := &g.entries[i]
		e.in = [2]int{r, rows + 1 + c}
		across[r].add(e)
		down[c].add(e)
		all.add(e)
	}
	for r := range across {
		across[r].of, across[r].total, across[r].in = []string{g.labels[0][r], Total}, true, [2]int{r, rows + 1 + columns}
		g.addTotal(across[r])
	}
	for c := range down {
		down[c].of, down[c].total, down[c].in = []string{Total, g.labels[1][c]}, true, [2]int{rows, rows + 1 + c}
		g.addTotal(down[c])
	}
	g.addTotal(all)
}

func (e *entry) add(o *entry) { e.real, e.noisy = e.real+o.real, e.noisy+o.noisy }

func (g *grid) addTotal(e entry) {
	e.hidden = !g.crowded(e.real, e.noisy)
	g.entries = append(g.entries, e)
}

// sumOf returns the entry that a line's others add up to: the last total in it.
// In a line of totals that is the total of totals.
func (g *grid) sumOf(line int) int {
	last := -1
	for i := range g.entries {
		if g.entries[i].total && g.entries[i].stands(line) {
			last = i
		}
	}
	return last
}

func (e *entry) stands(line int) bool { return e.in[0] == line || e.in[1] == line }

// thin finds a line that shows its sum while what is hidden in it is, taken
// together, a group too small to be shown: the difference would show it.
func (g *grid) thin() (line int, found bool) {
	for line := range g.lines {
		sum := g.sumOf(line)
		if g.entries[sum].hidden {
			continue
		}
		var rest entry
		some := false
		for i := range g.entries {
			if e := &g.entries[i]; i != sum && e.hidden && e.stands(line) {
				rest.add(e)
				some = true
			}
		}
		if some && !g.crowded(rest.real, rest.noisy) {
			return line, true
		}
	}
	return 0, false
}

// hideIn hides one more figure in one of two lines: the smallest, totals last; or
// anywhere, where those lines show nothing any more.
func (g *grid) hideIn(a, b int) {
	best := -1
	pick := func(fits func(*entry) bool) {
		for i := range g.entries {
			e := &g.entries[i]
			if !e.hidden && fits(e) && (best < 0 || e.before(&g.entries[best])) {
				best = i
			}
		}
	}
	if pick(func(e *entry) bool { return e.stands(a) || e.stands(b) }); best < 0 {
		pick(func(*entry) bool { return true })
	}
	g.entries[best].hidden = true
}

func (e *entry) before(o *entry) bool {
	if e.total != o.total {
		return o.total
	}
	return e.noisy < o.noisy
}

// bare finds a hidden figure that follows from those that are shown. Lines are
// the nodes of a graph and hidden figures its edges: a figure follows from the
// rest exactly if its edge lies on no cycle.
func (g *grid) bare() (int, bool) {
	w := walk{g: g, edges: make([][]int, g.lines), seen: make([]int, g.lines), low: make([]int, g.lines), bridge: -1}
	for i := range g.entries {
		if e := &g.entries[i]; e.hidden {
			w.edges[e.in[0]] = append(w.edges[e.in[0]], i)
			w.edges[e.in[1]] = append(w.edges[e.in[1]], i)
		}
	}
	for line := range g.lines {
		if w.seen[line] == 0 {
			w.visit(line, -1)
		}
	}
	return w.bridge, w.bridge >= 0
}

// walk finds a bridge of a graph (Tarjan, 1974).
type walk struct {
	g         *grid
	edges     [][]int
	seen, low []int // order of the visit from 1, and the earliest node reachable
	clock     int
	bridge    int
}

func (w *walk) visit(line, from int) {
	w.clock++
	w.seen[line], w.low[line] = w.clock, w.clock
	for _, e := range w.edges[line] {
		if e == from {
			continue
		}
		in := w.g.entries[e].in
		next := in[0] + in[1] - line
		if w.seen[next] != 0 {
			w.low[line] = min(w.low[line], w.seen[next])
			continue
		}
		w.visit(next, e)
		w.low[line] = min(w.low[line], w.low[next])
		if w.low[next] > w.seen[line] {
			w.bridge = e
		}
	}
}

// rows returns what may be shown.
func (g *grid) rows() []Row {
	out := make([]Row, len(g.entries))
	for i := range g.entries {
		e := &g.entries[i]
		out[i] = Row{Of: e.of, Hidden: e.hidden}
		if !e.hidden {
			out[i].Count = rounded(e.noisy, g.t.Round)
		}
	}
	return out
}

// rounded returns the nearest multiple, the even one of two that are as near.
func rounded(n, to int64) int64 {
	if to <= 1 {
		return n
	}
	q, rest := n/to, n%to
	if 2*rest > to || 2*rest == to && q%2 == 1 {
		q++
	}
	return q * to
}
