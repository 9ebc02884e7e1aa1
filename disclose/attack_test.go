package disclose_test

import (
	"bytes"
	crand "crypto/rand"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"avow.dev/disclose"
)

// somebody is a person as an attacker may know them: the values that others know
// too, and the one that nobody should learn.
type somebody struct{ town, job, illness int }

const towns, jobs, illnesses = 4, 3, 3

func named(n int, what string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s %d", what, i))
	}
	return out
}

func health(epsilon disclose.Epsilon) disclose.Table {
	return disclose.Table{Name: "patients", Most: 1, Crowd: 10, Epsilon: epsilon, Diverse: 2, Dims: []disclose.Dim{
		{Name: "town", Values: named(towns, "town")},
		{Name: "job", Values: named(jobs, "job")},
		{Name: "illness", Values: named(illnesses, "illness"), Sensitive: true},
	}}
}

func count(t testing.TB, table disclose.Table, people [][]int) []disclose.Row {
	t.Helper()
	c, err := disclose.NewCounter(table, crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		var categories [][]int
		for _, k := range p {
			categories = append(categories, []int{k})
		}
		if err := c.Add(categories); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := c.Release()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSmallCellsStayHidden: no group below the threshold is ever shown, with
// noise and without, however the people fall into groups.
func TestSmallCellsStayHidden(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		table := disclose.Table{Name: "x", Most: 1, Crowd: 10, Totals: true, Dims: []disclose.Dim{{Name: "a", Values: named(3, "a")}, {Name: "b", Values: named(4, "b")}}}
		if seed%2 == 0 {
			table.Epsilon = disclose.One
		}
		people, real := make([][]int, 0, 400), make(map[string]int)
		for range r.IntN(400) {
			p := []int{r.IntN(4), r.IntN(5) * r.IntN(2)}
			people = append(people, p)
			a, b := label(table, 0, p[0]), label(table, 1, p[1])
			for _, of := range [][]string{{a, b}, {a, disclose.Total}, {disclose.Total, b}, {disclose.Total, disclose.Total}} {
				real[fmt.Sprint(of)]++
			}
		}
		for _, row := range count(t, table, people) {
			if n := real[fmt.Sprint(row.Of)]; !row.Hidden && n < table.Crowd {
				t.Fatalf("seed %d: %v shown with %d people", seed, row.Of, n)
			} else if table.Epsilon == 0 && !row.Hidden && row.Count != int64(n) {
				t.Fatalf("seed %d: %v is %d, shown as %d", seed, row.Of, n, row.Count)
			} else if row.Hidden && row.Count != 0 {
				t.Fatalf("seed %d: hidden, and has a count", seed)
			}
		}
	}
}

func label(t disclose.Table, dim, k int) string {
	if k < len(t.Dims[dim].Values) {
		return t.Dims[dim].Values[k]
	}
	return disclose.Other
}

// TestHiddenCellsCannotBeWorkedOut plays the attacker who knows that rows and
// columns add up: with what is shown, no hidden figure is determined, nor is the
// sum of the hidden ones of a line a group below the threshold. The solver is
// Gaussian elimination over the rationals, which the code under test does not use.
func TestHiddenCellsCannotBeWorkedOut(t *testing.T) {
	t.Parallel()
	hid := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		rows, columns := 1+r.IntN(4), 1+r.IntN(5)
		table := disclose.Table{Name: "x", Most: 1, Crowd: 10, Totals: true, Dims: []disclose.Dim{{Name: "b", Values: named(columns-1+1, "b")}}}
		if seed%3 > 0 {
			table.Dims = append([]disclose.Dim{{Name: "a", Values: named(rows, "a")}}, table.Dims...)
		}
		var people [][]int
		for cell := range (rows + 1) * (columns + 1) {
			n := 10 + r.IntN(30)
			if r.IntN(4) == 0 {
				n = r.IntN(12)
			}
			for range n {
				p := []int{cell / (columns + 1), cell % (columns + 1)}
				people = append(people, p[2-len(table.Dims):])
			}
		}
		hid += mustStayHidden(t, seed, count(t, table, people), &table)
	}
	if hid < 100 {
		t.Errorf("only %d figures were hidden: nothing was tested", hid)
	}
}

func mustStayHidden(t *testing.T, seed uint64, rows []disclose.Row, table *disclose.Table) int {
	t.Helper()
	var hidden []int
	for i, row := range rows {
		if row.Hidden {
			hidden = append(hidden, i)
		}
	}
	var matrix [][]*big.Rat
	for _, line := range lines(rows) {
		equation, sum, shownTotal := make([]*big.Rat, len(hidden)), int64(0), true
		some := false
		for n := range equation {
			equation[n] = new(big.Rat)
		}
		for _, part := range line {
			sign := int64(1)
			if part.total {
				sign = -1
			}
			if n := slices.Index(hidden, part.row); n >= 0 {
				equation[n].SetInt64(sign)
				some = true
				shownTotal = shownTotal && !part.total
			} else {
				sum += sign * rows[part.row].Count
			}
		}
		if -sum < int64(table.Crowd) && some && shownTotal {
			t.Fatalf("seed %d: together the hidden ones of a line are %d", seed, -sum)
		}
		matrix = append(matrix, equation)
	}
	for _, n := range determined(matrix, len(hidden)) {
		t.Fatalf("seed %d: %v follows from what is shown", seed, rows[hidden[n]].Of)
	}
	return len(hidden)
}

type part struct {
	row   int
	total bool // the sum of the line
}

// lines lists what adds up: along each dimension, entries that agree in the others.
func lines(rows []disclose.Row) map[string][]part {
	out := make(map[string][]part)
	for i, row := range rows {
		for d := range row.Of {
			rest := slices.Clone(row.Of)
			rest[d] = "*"
			out[fmt.Sprint(rest)] = append(out[fmt.Sprint(rest)], part{i, row.Of[d] == disclose.Total})
		}
	}
	return out
}

// determined brings a matrix into reduced row echelon form and returns the
// variables that have one value only: those whose row has no other entry.
func determined(m [][]*big.Rat, width int) (out []int) {
	top := 0
	for col := 0; col < width && top < len(m); col++ {
		pivot := slices.IndexFunc(m[top:], func(r []*big.Rat) bool { return r[col].Sign() != 0 })
		if pivot < 0 {
			continue
		}
		m[top], m[top+pivot] = m[top+pivot], m[top]
		inverse := new(big.Rat).Inv(m[top][col])
		for c := range width {
			m[top][c].Mul(m[top][c], inverse)
		}
		for r := range m {
			if r == top || m[r][col].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Set(m[r][col])
			for c := range width {
				m[r][c].Sub(m[r][c], new(big.Rat).Mul(factor, m[top][c]))
			}
		}
		top++
	}
	for _, row := range m {
		var at []int
		for c := range width {
			if row[c].Sign() != 0 {
				at = append(at, c)
			}
		}
		if len(at) == 1 {
			out = append(out, at[0])
		}
	}
	return out
}

// TestDifferencing plays the attacker who knows everybody but one, has a release
// with or without that one, and guesses which. Differential privacy bounds how
// often the best guess is right: e^epsilon / (1 + e^epsilon), plus delta.
// Hoeffding's inequality bounds the chance that a sound mechanism exceeds the
// limit below by alarm.
func TestDifferencing(t *testing.T) {
	t.Parallel()
	const n = 20_000
	slack := math.Sqrt(math.Log(1/alarm) / (2 * n))
	for _, c := range []struct {
		epsilon disclose.Epsilon
		people  int
	}{{disclose.One / 2, 200}, {disclose.One, 200}, {disclose.One / 2, 48}, {disclose.One / 2, 20}} {
		e := float64(c.epsilon) / float64(disclose.One)
		limit := math.Exp(e)/(1+math.Exp(e)) + 3*disclose.Slip + slack
		if right := guessed(t, c.epsilon, c.people, n); right > limit {
			t.Errorf("epsilon %v, %d people: right in %.4f of the cases, more than %.4f", c.epsilon, c.people, right, limit)
		}
	}
	// The same attack on exact figures always succeeds: it is no weak one.
	if right := guessed(t, 0, 200, 500); right < 1 {
		t.Errorf("without noise: right in %.4f of the cases", right)
	}
}

// guessed plays the attack n times. The best guess: the person is there if the
// figure is above the middle, or shown at all where few are.
func guessed(t *testing.T, epsilon disclose.Epsilon, people, n int) float64 {
	table := disclose.Table{Name: "x", Most: 1, Crowd: 20, Epsilon: epsilon}
	r := rand.New(rand.NewPCG(uint64(people), 3))
	right := 0
	for range n {
		there := r.IntN(2)
		c, err := disclose.NewCounter(table, crand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for range people + there {
			if err := c.Add(nil); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := c.Release()
		if err != nil {
			t.Fatal(err)
		}
		guess := 0
		if !rows[0].Hidden && rows[0].Count > int64(people) {
			guess = 1
		}
		if guess == there {
			right++
		}
	}
	return float64(right) / float64(n)
}

// TestLinkage plays the attacker who knows the town and the job of somebody and
// looks for their illness in the release: every group they find has the threshold
// of people and at least two illnesses.
func TestLinkage(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		table := health(disclose.One * disclose.Epsilon(seed%2))
		people, groups := make([][]int, 0, 2000), make(map[[2]int]int)
		for range 2000 {
			p := somebody{r.IntN(towns), r.IntN(jobs), r.IntN(illnesses)}
			switch {
			case p.town == 1: // a town in which all have the same
				p.illness = 2
			case p.town == 2 && r.IntN(30) > 0: // a town in which nearly nobody lives
				continue
			}
			people = append(people, []int{p.town, p.job, p.illness})
			groups[[2]int{p.town, p.job}]++
		}
		found := make(map[[2]int][]string)
		for _, row := range count(t, table, people) {
			if !row.Hidden {
				key := [2]int{slices.Index(table.Dims[0].Values, row.Of[0]), slices.Index(table.Dims[1].Values, row.Of[1])}
				found[key] = append(found[key], row.Of[2])
			}
		}
		for key, list := range found {
			if len(list) < table.Diverse || groups[key] < table.Crowd || key[0] == 1 || key[0] == 2 {
				t.Fatalf("seed %d: of somebody in group %v it is learnt: %v (%d people)", seed, key, list, groups[key])
			}
		}
		if table.Epsilon == 0 && len(found) == 0 {
			t.Fatal("nothing was shown at all")
		}
	}
}

// TestAveraging: asking again and again would wash the noise out, so the same
// question is known again, and a slightly different one costs anew.
func TestAveraging(t *testing.T) {
	t.Parallel()
	table := disclose.Table{Name: "x", Most: 1, Crowd: 20, Epsilon: disclose.One / 2}
	a := disclose.Account{Limit: disclose.One / 2}
	if a.Answered(table.Digest()) {
		t.Fatal("answered before it was asked")
	}
	if err := a.Spend(table.Digest(), table.Epsilon); err != nil {
		t.Fatal(err)
	}
	if !a.Answered(table.Digest()) || a.Left() != 0 {
		t.Fatal("asked, and not known again")
	}
	for name, other := range map[string]func(*disclose.Table){
		"rounded":       func(t *disclose.Table) { t.Round = 5 },
		"by category":   func(t *disclose.Table) { t.Dims = []disclose.Dim{{Name: "a", Values: []string{"b"}}} },
		"a little less": func(t *disclose.Table) { t.Epsilon = 1 },
		"cheaper":       func(t *disclose.Table) { t.Epsilon, t.Crowd = 1, 21 },
	} {
		asked := table
		other(&asked)
		if a.Answered(asked.Digest()) {
			t.Errorf("%s: taken for the same question", name)
		}
		if err := a.Spend(asked.Digest(), asked.Epsilon); err == nil {
			t.Errorf("%s: answered on an empty budget", name)
		}
	}
	// What averaging would do, if it were let: the mean of 400 answers is within 2
	// of the truth, where one answer is off by 2 and more half the time.
	sum := int64(0)
	for range 400 {
		z, err := disclose.Draw(crand.Reader, 1, table.Epsilon)
		if err != nil {
			t.Fatal(err)
		}
		sum += z
	}
	if mean := float64(sum) / 400; math.Abs(mean) > 2 {
		t.Errorf("averaging is no attack: the mean of 400 is off by %.2f", mean)
	}
}

// script is a source of randomness that says what it is told.
type script []byte

func (s *script) Read(b []byte) (int, error) {
	clear(b)
	if len(*s) == 0 {
		return 0, io.EOF
	}
	b[0] = (*s)[0]
	*s = (*s)[1:]
	return len(b), nil
}

// TestLuckShowsNobody: noise far beyond the margin, as it comes once in 10^20
// releases, does not show a group below the threshold either.
func TestLuckShowsNobody(t *testing.T) {
	t.Parallel()
	for people, hidden := range map[int]bool{15: true, 19: true, 20: false} {
		// Of the noise 2v: a u of 0, kept; v = 50 trials that succeed (0, then 1) and
		// one that fails (1); a positive sign.
		source := append(append(script{0, 0}, bytes.Repeat([]byte{0, 1}, 50)...), 1, 0)
		c, err := disclose.NewCounter(disclose.Table{Name: "x", Most: 1, Crowd: 20, Epsilon: disclose.One / 2}, &source)
		if err != nil {
			t.Fatal(err)
		}
		for range people {
			if err := c.Add(nil); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := c.Release()
		if err != nil || rows[0].Hidden != hidden || !hidden && rows[0].Count != int64(people)+100 {
			t.Errorf("%d people: %+v, %v", people, rows, err)
		}
	}
}
