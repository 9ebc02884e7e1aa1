package vocab

import (
	"embed"
	"fmt"
	"iter"
	"strings"
)

//go:embed data/*.tsv
var files embed.FS

// A row is one line of a table, by column name. What was not asked for is
// found by done, so that a column without a reader is an error.
type row struct {
	where string
	cells map[string]string
	used  map[string]bool
}

func (r *row) text(column string) string {
	r.used[column] = true
	if v := r.cells[column]; v != "-" {
		return v
	}
	return ""
}

func (r *row) words(column string) Words { return Words(r.text(column)) }

func (r *row) yes(column, yes, no string) (bool, error) {
	switch v := r.text(column); v {
	case yes:
		return true, nil
	case no:
		return false, nil
	default:
		return false, fmt.Errorf("%s: column %s is %q: want %q or %q", r.where, column, v, yes, no)
	}
}

func (r *row) term() Term {
	return Term{r.text("slug"), r.words("iris"), r.text("broader"), r.text("en"), r.text("zh")}
}

func (r *row) done() error {
	for column := range r.cells {
		if !r.used[column] {
			return fmt.Errorf("%s: column %s is not read by anything", r.where, column)
		}
	}
	return nil
}

// table holds the rows of one kind in file order.
type table[T any] struct {
	rows  []T
	terms []Term
	at    map[string]int
}

func (t table[T]) get(slug string) (T, bool) {
	i, ok := t.at[slug]
	if !ok {
		var none T
		return none, false
	}
	return t.rows[i], true
}

func (t table[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, r := range t.rows {
			if !yield(r) {
				return
			}
		}
	}
}

// read loads the table of a kind, building each row with build.
func read[T any](kind Kind, build func(*row) (T, error)) (table[T], error) {
	name := "data/" + string(kind) + ".tsv"
	src, err := files.ReadFile(name)
	if err != nil {
		return table[T]{}, fmt.Errorf("read vocabulary: %w", err)
	}
	rows, err := split(name, string(src))
	if err != nil {
		return table[T]{}, err
	}
	t := table[T]{at: make(map[string]int, len(rows))}
	for _, r := range rows {
		if err := t.add(r, build); err != nil {
			return table[T]{}, err
		}
	}
	return t, nil
}

func (t *table[T]) add(r *row, build func(*row) (T, error)) error {
	term := r.term()
	if term.Slug == "" || term.En == "" || term.Zh == "" {
		return fmt.Errorf("%s: slug and both labels are needed", r.where)
	}
	if _, twice := t.at[term.Slug]; twice {
		return fmt.Errorf("%s: slug %q stands twice", r.where, term.Slug)
	}
	built, err := build(r)
	if err != nil {
		return err
	}
	t.at[term.Slug] = len(t.rows)
	t.rows, t.terms = append(t.rows, built), append(t.terms, term)
	return r.done()
}

// split cuts a table into rows. Lines that start with "#" are notices.
func split(name, src string) ([]*row, error) {
	var columns []string
	var rows []*row
	n := 0
	for line := range strings.Lines(src) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if columns == nil {
			columns = cells
			continue
		}
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", name, n, len(cells), len(columns))
		}
		r := &row{fmt.Sprintf("%s:%d", name, n), make(map[string]string, len(cells)), make(map[string]bool, len(cells))}
		for i, cell := range cells {
			r.cells[columns[i]] = cell
		}
		rows = append(rows, r)
	}
	return rows, nil
}
