package console

import (
	"slices"

	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// picture is a drawing of boxes in columns, and lines between them. Whoever cannot see
// it reads the tables beside it, which say the same.
type picture struct {
	ID            string // tells two drawings of a page apart
	Title, Desc   string
	Width, Height int
	Heads         []label
	Boxes         []box
	Lines         []line
	All           *html.Link // back from one kind of data to all of them
	Small         *picture   // the same for a phone: one below the other
}

// label is a line of text at a place.
type label struct {
	X, Y int
	Text string
}

// box is one thing of the drawing. Kind is its shape: point, datum, purpose or party.
type box struct {
	Kind       string
	X, Y, W, H int
	Round      int
	TextX      int
	TextY      int
	Text, Full string
}

// line leads from one box to another.
type line struct {
	Kind           string
	X1, Y1, X2, Y2 int
	BendX1, BendX2 int
}

const (
	boxWide, boxHigh = 224, 30
	rowHigh, colWide = 40, 314
	headHigh         = 40
)

// ways are where a kind of data enters, why it is held, who reads it and where it goes.
type ways struct {
	points, purposes, readers, leaves, forms, kept []string
}

func (v *visit) waysOf(datum string) ways {
	f := v.program.File()
	var w ways
	for j := range f.Collect {
		if r := &f.Collect[j]; syntax.Has(r.Data, datum) {
			w.purposes, w.points = once(w.purposes, r.For), once(w.points, r.Points)
		}
	}
	for j := range f.Use {
		if r := &f.Use[j]; syntax.Has(r.Data, datum) {
			w.purposes, w.readers = once(w.purposes, r.For), once(w.readers, r.By)
		}
	}
	for j := range f.Share {
		if r := &f.Share[j]; syntax.Has(r.Data, datum) {
			w.leaves = once(w.leaves, r.To)
		}
	}
	for j := range f.Retain {
		if r := &f.Retain[j]; syntax.Has(r.Data, datum) {
			if n := v.ruleNames(); n != nil && n.Keep(r.ID.Text) != "" {
				w.kept = append(w.kept, n.Keep(r.ID.Text))
			} else {
				w.kept = append(w.kept, r.Keep.Period.String()+" "+r.Keep.After.Text)
			}
		}
	}
	return w
}

// dataMap draws where data enters, what it is and where it goes: all of it, or one
// kind of data together with its purposes.
func (v *visit) dataMap(only string) *picture {
	f := v.program.File()
	var data []string
	all := make(map[string]ways)
	for i := range f.Data {
		id := f.Data[i].ID.Text
		if w := v.waysOf(id); only == "" && len(w.points)+len(w.leaves) > 0 || only == id {
			data, all[id] = append(data, id), w
		}
	}
	if len(data) == 0 {
		return nil
	}
	p := &picture{ID: "map", Title: v.t("map.title"), Width: 2*colWide + boxWide + 4}
	left, middle, right := newColumn(2), newColumn(2+colWide), newColumn(2+2*colWide)
	for _, id := range data {
		middle.add("datum", "data", id)
		w := all[id]
		for _, point := range w.points {
			left.add("point", "points", point)
		}
		if only != "" {
			for _, purpose := range w.purposes {
				right.add("purpose", "purposes", purpose)
			}
		}
		for _, to := range w.leaves {
			right.add("party", "recipients", to)
		}
	}
	high := max(len(left.ids), len(middle.ids), len(right.ids))
	p.Height = headHigh + high*rowHigh
	for i, c := range []*column{left, middle, right} {
		c.top = headHigh + (high-len(c.ids))*rowHigh/2
		if len(c.ids) > 0 {
			key := [...]string{"head.points", "head.datum", "head.leaves"}[i]
			if i == 2 && only != "" {
				key = "map.serves"
			}
			p.Heads = append(p.Heads, label{c.x, 20, v.t(key)})
		}
		p.Boxes = append(p.Boxes, c.boxes(v)...)
	}
	for _, id := range data {
		w := all[id]
		for _, point := range w.points {
			p.Lines = append(p.Lines, join("in", left, "points/"+point, middle, "data/"+id))
		}
		if only != "" {
			for _, purpose := range w.purposes {
				p.Lines = append(p.Lines, join("why", middle, "data/"+id, right, "purposes/"+purpose))
			}
		}
		for _, to := range w.leaves {
			p.Lines = append(p.Lines, join("out", middle, "data/"+id, right, "recipients/"+to))
		}
	}
	p.Desc = v.t("map.desc", "points", len(left.ids), "data", len(data), "leaves", len(right.ids))
	if only != "" {
		p.Title = v.t("map.title-of", "name", v.named("data", only))
		p.Desc = v.t("map.desc-of", "points", len(left.ids), "right", len(right.ids))
		p.All = &html.Link{Text: v.t("map.all"), Href: v.at("/data")}
	}
	p.Small = v.smallMap(data, all, only != "")
	p.Small.Title, p.Small.Desc = p.Title, v.t("map.desc-small")
	return p
}

// smallMap draws the same for a narrow screen: each kind of data with the places where
// it enters, its purposes and its recipients below it.
func (v *visit) smallMap(data []string, all map[string]ways, whys bool) *picture {
	const wide, step = 286, 26
	p := &picture{ID: "map-small", Width: wide, Height: 4}
	put := func(kind, section, id string, indent int) (x, y int) {
		c := column{x: 1 + indent, top: p.Height, ids: []string{section + "/" + id}, kinds: []string{kind}}
		b := c.boxes(v)[0]
		b.W = wide - 2 - indent
		b.Text = fit(b.Full, b.W-24)
		p.Boxes, p.Height = append(p.Boxes, b), p.Height+rowHigh
		return b.X, b.Y
	}
	for _, id := range data {
		x, y := put("datum", "data", id, 0)
		under := func(how, kind, section string, ids []string) {
			for _, other := range ids {
				toX, toY := put(kind, section, other, step)
				p.Lines = append(p.Lines, line{Kind: how, X1: x + step/2, Y1: y + boxHigh, X2: toX, Y2: toY + boxHigh/2, BendX1: x + step/2, BendX2: x + step/2})
			}
		}
		w := all[id]
		under("in", "point", "points", w.points)
		if whys {
			under("why", "purpose", "purposes", w.purposes)
		}
		under("out", "party", "recipients", w.leaves)
		p.Height += 8
	}
	return p
}

// column is one column of the drawing.
type column struct {
	x, top int
	ids    []string // section/id
	kinds  []string
}

func newColumn(x int) *column { return &column{x: x} }

func (c *column) add(kind, section, id string) {
	if !slices.Contains(c.ids, section+"/"+id) {
		c.ids, c.kinds = append(c.ids, section+"/"+id), append(c.kinds, kind)
	}
}

func (c *column) boxes(v *visit) []box {
	var out []box
	for i, id := range c.ids {
		section, name := cut(id)
		y := c.top + i*rowHigh
		full := v.named(section, name)
		round := map[string]int{"point": 4, "datum": 4, "purpose": boxHigh / 2, "party": 0}[c.kinds[i]]
		out = append(out, box{Kind: c.kinds[i], X: c.x, Y: y, W: boxWide, H: boxHigh, Round: round, TextX: c.x + 12, TextY: y + 20, Text: fit(full, boxWide-24), Full: full})
	}
	return out
}

// middleOf is the height at which lines meet the box of an id.
func (c *column) middleOf(id string) int {
	return c.top + slices.Index(c.ids, id)*rowHigh + boxHigh/2
}

func join(kind string, from *column, a string, to *column, b string) line {
	x1, x2 := from.x+boxWide, to.x
	half := (x1 + x2) / 2
	return line{Kind: kind, X1: x1, Y1: from.middleOf(a), X2: x2, Y2: to.middleOf(b), BendX1: half, BendX2: half}
}

func cut(id string) (section, name string) {
	i := slices.Index([]byte(id), '/')
	return id[:i], id[i+1:]
}

// fit shortens a text to a width in pixels of the drawing. Chinese takes about twice
// the room of Latin letters.
func fit(s string, wide int) string {
	used := 0
	for i, r := range s {
		w := 7
		if r > 0x2e80 {
			w = 14
		}
		if used += w; used > wide {
			return s[:i] + "…"
		}
	}
	return s
}
