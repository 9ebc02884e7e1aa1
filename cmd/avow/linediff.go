package main

import (
	"fmt"
	"strings"
)

// lineDiff shows how two texts differ, in the unified form, without lines that
// are the same further than three lines away.
func lineDiff(name string, old, now []byte) string {
	a, b := strings.SplitAfter(string(old), "\n"), strings.SplitAfter(string(now), "\n")
	edits := editScript(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s (formatted)\n", name, name)
	const around = 3
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i++
			continue
		}
		from, to := max(0, i-around), i
		for quiet := 0; to < len(edits) && quiet <= 2*around; to++ {
			if edits[to].op == ' ' {
				quiet++
			} else {
				quiet = 0
			}
		}
		writeHunk(&out, trimTail(edits[from:to], around))
		i = to
	}
	return out.String()
}

// edit is one line of a diff. a and b are its places in the two texts.
type edit struct {
	op   byte // ' ', '-' or '+'
	text string
	a, b int
}

func trimTail(hunk []edit, around int) []edit {
	quiet := 0
	for quiet < len(hunk) && hunk[len(hunk)-1-quiet].op == ' ' {
		quiet++
	}
	return hunk[:len(hunk)-max(0, quiet-around)]
}

func writeHunk(out *strings.Builder, hunk []edit) {
	var olds, news int
	for _, e := range hunk {
		if e.op != '+' {
			olds++
		}
		if e.op != '-' {
			news++
		}
	}
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", hunk[0].a+1, olds, hunk[0].b+1, news)
	for _, e := range hunk {
		if e.text == "" {
			continue
		}
		fmt.Fprintf(out, "%c%s\n", e.op, strings.TrimSuffix(e.text, "\n"))
	}
}

// editScript is a shortest way from a to b, by the longest common subsequence of
// what lies between their common beginning and end.
func editScript(a, b []string) []edit {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []edit
	for i := range head {
		out = append(out, edit{' ', a[i], i, i})
	}
	out = append(out, middle(a, b, head, len(a)-tail, len(b)-tail)...)
	for i := range tail {
		x, y := len(a)-tail+i, len(b)-tail+i
		out = append(out, edit{' ', a[x], x, y})
	}
	return out
}

func middle(a, b []string, from, aEnd, bEnd int) []edit {
	n, m := aEnd-from, bEnd-from
	longest := make([][]int32, n+1)
	for i := range longest {
		longest[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[from+i] == b[from+j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && a[from+i] == b[from+j]:
			out = append(out, edit{' ', a[from+i], from + i, from + j})
			i, j = i+1, j+1
		case j == m || i < n && longest[i+1][j] >= longest[i][j+1]:
			out = append(out, edit{'-', a[from+i], from + i, from + j})
			i++
		default:
			out = append(out, edit{'+', b[from+j], from + i, from + j})
			j++
		}
	}
	return out
}
