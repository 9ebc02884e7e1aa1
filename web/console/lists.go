package console

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// table is a list as a page shows it, and as a spreadsheet takes it.
type table struct {
	ID    string // in addresses; empty: its number on the page
	Title string
	Head  []string
	Rows  [][]cell
	Empty html.Empty
	Older *html.Link // the next page, if there is one
	CSV   string     // address of the same rows for a spreadsheet
}

// cell is one thing in a row.
type cell struct {
	Text  string
	Link  string
	Badge string // its kind; empty is none
	At    time.Time
	Now   time.Time // for At: say how far it lies off
	Right bool      // a figure
}

// figure is a cell with a number.
func (v *visit) figure(n int64) cell { return cell{Text: v.tongue.Number(n), Right: true} }

// moment is a cell with a time, or a dash.
func moment(at time.Time) cell {
	if at.IsZero() {
		return cell{Text: "–"}
	}
	return cell{At: at}
}

// until is a cell that says how far a time lies off, or a dash.
func (v *visit) until(at time.Time) cell {
	if at.IsZero() {
		return cell{Text: "–"}
	}
	return cell{At: at, Now: v.now}
}

type listBody struct {
	Tabs    []html.Link
	Bars    []bar
	Lead    []html.Line
	Picture *picture
	Tables  []table
	Forms   []form
	Filter  string
	Find    bool
}

// matterBody is everything that is known of one matter, and what can be done with it.
type matterBody struct {
	Tabs  []html.Link
	Facts []html.Line
	Bars  []bar
	Texts []textOf
	Steps []html.Step
	Lists []table
	Forms []form

	Filter string
	Find   bool
}

// bar says how far something is.
type bar struct {
	Label, Text string
	Value, Max  int64
	Link        *html.Link // where to see how far it is by now
}

// textOf is a longer text under a heading.
type textOf struct {
	Title, Text string
	Lang        string // if it is another than the page's
	Fold        bool   // shown when somebody opens it
}

// tab is one page of a place that has several, and the privilege that opens it.
type tab struct {
	page string
	may  officer.Privilege
}

// tabs leads through the pages of a place.
func (v *visit) tabs(all ...tab) []html.Link {
	var out []html.Link
	for _, t := range all {
		if v.may(t.may) {
			out = append(out, html.Link{Text: v.t("tab." + t.page), Href: v.at("/" + t.page), Here: v.r.URL.Path == v.at("/"+t.page)})
		}
	}
	return out
}

// paged reads one page of a list; for a spreadsheet, all of it. older is the address
// of the next page, if there is one.
func paged[M any](v *visit, id func(*M) string, read func(context.Context, avow.PolicyID, string, int) ([]M, error)) (all []M, older *html.Link, err error) {
	q := v.r.URL.Query()
	after := q.Get("after")
	for {
		some, err := read(v.r.Context(), v.id, after, most)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, some...)
		if len(some) < most {
			return all, nil, nil
		}
		after = id(&some[len(some)-1])
		if q.Get("as") != "csv" {
			return all, &html.Link{Text: v.t("older"), Href: v.r.URL.Path + "?after=" + url.QueryEscape(after)}, nil
		}
	}
}

// list shows tables, all by one template. With ?as=csv one of them is a file for a
// spreadsheet; with ?find=… only rows stay in which the words stand.
func (v *visit) list(p html.Page, body listBody) error {
	body.Filter, body.Find = v.finding(body.Tables)
	if done, err := v.tables(body.Tables); done || err != nil {
		return err
	}
	if p.Title == "" {
		p.Title = v.t(p.Name + ".title")
	}
	p.Name = "list"
	tellApart(body.Forms)
	return v.render(http.StatusOK, p, body)
}

// matter shows one matter. Its lists can be taken as spreadsheets too.
func (v *visit) matter(p html.Page, body matterBody) error {
	body.Filter, body.Find = v.finding(body.Lists)
	if done, err := v.tables(body.Lists); done || err != nil {
		return err
	}
	p.Name = "matter"
	tellApart(body.Forms)
	return v.render(http.StatusOK, p, body)
}

// finding returns the words by which the lists of a page are narrowed, and whether there
// is anything to narrow.
func (v *visit) finding(all []table) (words string, find bool) {
	for i := range all {
		find = find || len(all[i].Rows) > 0
	}
	return v.r.URL.Query().Get("find"), find && v.r.Method == http.MethodGet
}

// tables applies the filter, and writes the one that is asked for as a spreadsheet.
func (v *visit) tables(all []table) (done bool, err error) {
	if v.r.Method != http.MethodGet {
		return false, nil
	}
	q := v.r.URL.Query()
	for i := range all {
		t := &all[i]
		if t.ID == "" {
			t.ID = strconv.Itoa(i + 1)
		}
		if had := len(t.Rows); had > 0 {
			if t.Rows = found(t.Rows, q.Get("find")); len(t.Rows) == 0 {
				t.Empty = html.Empty{Title: v.t("list.found-none"), Text: v.t("list.found-none-text"), Link: &html.Link{Text: v.t("list.all"), Href: v.r.URL.Path}}
			}
		}
		if !v.may(officer.ExportLists) {
			continue
		}
		t.CSV = v.r.URL.Path + "?as=csv&of=" + t.ID
		for _, narrows := range []string{"datum", "find"} {
			if q.Get(narrows) != "" {
				t.CSV += "&" + narrows + "=" + url.QueryEscape(q.Get(narrows))
			}
		}
		if q.Get("as") == "csv" && q.Get("of") == t.ID {
			if err := v.needs(officer.ExportLists); err != nil {
				return false, err
			}
			return true, v.spreadsheet(t)
		}
	}
	return false, nil
}

// tellApart gives fields of the same name in several forms of a page ids of their own.
func tellApart(forms []form) {
	seen := make(map[string]bool)
	id := func(name string, i int) string {
		if seen[name] {
			return name + "-" + strconv.Itoa(i)
		}
		seen[name] = true
		return name
	}
	for i := range forms {
		for j := range forms[i].Fields {
			forms[i].Fields[j].ID = id(forms[i].Fields[j].Name, i)
		}
		for j := range forms[i].Groups {
			forms[i].Groups[j].ID = id(forms[i].Groups[j].Name, i)
		}
	}
}

func found(rows [][]cell, words string) [][]cell {
	words = strings.ToLower(strings.TrimSpace(words))
	if words == "" {
		return rows
	}
	var out [][]cell
	for _, row := range rows {
		for _, c := range row {
			if strings.Contains(strings.ToLower(c.Text), words) {
				out = append(out, row)
				break
			}
		}
	}
	return out
}

// spreadsheet writes a table as CSV (RFC 4180). A cell that a spreadsheet would
// take for a formula begins with an apostrophe.
func (v *visit) spreadsheet(t *table) error {
	name := "list"
	if _, err := strconv.Atoi(t.ID); err != nil {
		name = t.ID
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	out := csv.NewWriter(v.w)
	lines := [][]string{t.Head}
	for _, row := range t.Rows {
		var line []string
		for _, c := range row {
			s := c.Text
			if !c.At.IsZero() {
				s = c.At.UTC().Format(time.RFC3339)
			}
			line = append(line, html.PlainCell(s))
		}
		lines = append(lines, line)
	}
	return out.WriteAll(lines)
}
