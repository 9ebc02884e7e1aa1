package disclose_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"avow.dev/disclose"
)

func TestEpsilon(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.5": "0.5", "1": "1", "0.000001": "0.000001", "4": "4", "0.250": "0.25", "0": "", "0.0": "", "4.000001": "",
		"5": "", "": "", ".5": "", "1.": "", "-1": "", "1e3": "", "0.1234567": "", "10": "", "0,5": "", "٣": ""} {
		e, err := disclose.ParseEpsilon(in)
		if got := e.String(); want == "" && err == nil || want != "" && (err != nil || got != want) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzEpsilon(f *testing.F) {
	f.Add("0.5")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := disclose.ParseEpsilon(s)
		if err != nil {
			return
		}
		if again, err := disclose.ParseEpsilon(e.String()); err != nil || again != e || e <= 0 || e > disclose.MaxEpsilon {
			t.Errorf("%q: %d, then %d, %v", s, e, again, err)
		}
	})
}

func TestTableChecks(t *testing.T) {
	t.Parallel()
	good := func() disclose.Table {
		return disclose.Table{Name: "x", Most: 1, Crowd: 20, Epsilon: disclose.One, Dims: []disclose.Dim{{Name: "a", Values: []string{"p", "q"}}}}
	}
	base := good()
	if err := base.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*disclose.Table){
		"cells":        func(t *disclose.Table) { t.Most = 0 },
		"1 to 16":      func(t *disclose.Table) { t.Most = 17 },
		"threshold":    func(t *disclose.Table) { t.Crowd = 4 },
		"epsilon":      func(t *disclose.Table) { t.Epsilon = -1 },
		"rounding":     func(t *disclose.Table) { t.Round = 21 },
		"dimensions":   func(t *disclose.Table) { t.Dims = make([]disclose.Dim, 4) },
		"totals":       func(t *disclose.Table) { t.Totals, t.Dims = true, append(append(t.Dims, t.Dims...), t.Dims...) },
		"values or":    func(t *disclose.Table) { t.Dims[0].Bands = []int64{1} },
		"called other": func(t *disclose.Table) { t.Dims[0].Values[1] = "other" },
		"listed twice": func(t *disclose.Table) { t.Dims[0].Values[1] = "p" },
		"ascend":       func(t *disclose.Table) { t.Dims[0].Values, t.Dims[0].Bands = nil, []int64{3, 3} },
		"least 2":      func(t *disclose.Table) { t.Dims[0].Sensitive = true },
		"sensitive dim": func(t *disclose.Table) {
			d := t.Dims[0]
			d.Sensitive = true
			t.Dims, t.Diverse = []disclose.Dim{d, d}, 2
		},
		"up to 4096": func(t *disclose.Table) {
			t.Dims = []disclose.Dim{{Values: named(64, "a")}, {Values: named(63, "b")}}
		},
		"too many": func(t *disclose.Table) { t.Dims[0].Values = named(4096, "a") },
	} {
		table := good()
		change(&table)
		if err := table.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	pages := disclose.Dim{Values: []string{"/shop", "/about"}, Prefix: true}
	for v, want := range map[string]int{"/shop": 0, "/shop/card": 0, "/about": 1, "/": 2, "": 2, "x/shop": 2} {
		if got := pages.Category(v); got != want {
			t.Errorf("%q: %d, want %d", v, got, want)
		}
	}
	ages := disclose.Dim{Bands: []int64{18, 30, 60}}
	for n, want := range map[float64]int{17.9: 3, 18: 0, 29: 0, 30: 1, 59.5: 1, 60: 2, 999: 2, -1: 3} {
		if got := ages.Number(n); got != want {
			t.Errorf("%v: %d, want %d", n, got, want)
		}
	}
	rows := count(t, disclose.Table{Name: "x", Most: 1, Crowd: 5, Dims: []disclose.Dim{ages}}, nil)
	var labels []string
	for _, r := range rows {
		labels = append(labels, r.Of[0])
	}
	if got := strings.Join(labels, ", "); got != "18 to 29, 30 to 59, 60 and more, other" {
		t.Errorf("labels: %s", got)
	}
}

// TestOnePersonMovesFewCounters: whatever a person has, they count in at most
// Most cells, each of them drawn about as often, and not at all where they have
// no category.
func TestOnePersonMovesFewCounters(t *testing.T) {
	t.Parallel()
	table := disclose.Table{Name: "x", Most: 2, Crowd: 5, Dims: []disclose.Dim{{Name: "a", Values: named(4, "a")}}}
	c, err := disclose.NewCounter(table, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const people = 5000
	for range people {
		if err := c.Add([][]int{{0, 1, 2, 3, 3, 0}}); err != nil {
			t.Fatal(err)
		}
		if err := c.Add([][]int{{}}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := c.Release()
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, r := range rows[:4] {
		sum += r.Count
		// A fair draw is off by 200 with a chance below 2 exp(-2*5000*0.04^2) = 2e-7 for each row.
		if r.Count < people/2-200 || r.Count > people/2+200 {
			t.Errorf("%v: %d of %d", r.Of, r.Count, people)
		}
	}
	if sum != 2*people {
		t.Errorf("%d people counted %d times", people, sum)
	}
	for _, bad := range [][][]int{{{5}}, {{-1}}, {}, {{0}, {0}}} {
		if err := c.Add(bad); err == nil {
			t.Errorf("%v: counted", bad)
		}
	}
}

func TestRounding(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int64{20: 20, 21: 20, 23: 25, 27: 25, 28: 30} {
		rows := count(t, disclose.Table{Name: "x", Most: 1, Crowd: 20, Round: 5}, make([][]int, n))
		if rows[0].Count != want {
			t.Errorf("%d: %d, want %d", n, rows[0].Count, want)
		}
	}
}

// TestDigestSeesEverything: no two different questions have the same digest.
func TestDigestSeesEverything(t *testing.T) {
	t.Parallel()
	d := func(dims ...disclose.Dim) disclose.Table {
		return disclose.Table{Name: "x", Most: 1, Crowd: 20, Dims: dims}
	}
	tables := []disclose.Table{
		d(), d(disclose.Dim{}), {Name: "y", Most: 1, Crowd: 20}, {Name: "x", Most: 2, Crowd: 20}, {Name: "x", Most: 1, Crowd: 21}, {Name: "x", Most: 1, Crowd: 20, Totals: true},
		{Name: "x", Most: 1, Crowd: 20, Round: 5}, {Name: "x", Most: 1, Crowd: 20, Epsilon: 5}, {Name: "x", Most: 1, Crowd: 20, Diverse: 5},
		d(disclose.Dim{Name: "a"}), d(disclose.Dim{Values: []string{"a"}}), d(disclose.Dim{Values: []string{"a", "b"}}), d(disclose.Dim{Values: []string{"ab"}}),
		d(disclose.Dim{Bands: []int64{1}}), d(disclose.Dim{Prefix: true}), d(disclose.Dim{Sensitive: true}),
	}
	var seen [][32]byte
	for i := range tables {
		digest := tables[i].Digest()
		if slices.Contains(seen, digest) {
			t.Errorf("table %d is taken for another", i)
		}
		seen = append(seen, digest)
	}
}
