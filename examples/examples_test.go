package examples_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// counts are the clauses of the five texts.
var counts = map[string]int{"airstep": 34, "airtalk": 91, "ousiqi": 89, "astral": 43, "generic": 47}

// clause is one row of catalogue.tsv.
type clause struct {
	id, promise, class string
	flagged            bool
}

// catalogue returns the clauses by policy, in their order.
func catalogue(t *testing.T) map[string][]clause {
	t.Helper()
	f, err := os.Open("catalogue.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows, seen := map[string][]clause{}, map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		cols := strings.Split(s.Text(), "\t")
		if len(cols) != 4 || cols[3] != "flagged" && cols[3] != "-" {
			t.Fatalf("catalogue.tsv: bad row %q", s.Text())
		}
		if seen[cols[0]] {
			t.Errorf("catalogue.tsv: %s stands twice, so it has two promises", cols[0])
		}
		seen[cols[0]] = true
		text, _, _ := strings.Cut(cols[0], "-")
		slug := strings.ToLower(text)
		rows[slug] = append(rows[slug], clause{cols[0], cols[1], cols[2], cols[3] == "flagged"})
	}
	return rows
}

func load(t *testing.T, slug string) (*syntax.File, []byte) {
	t.Helper()
	name := filepath.Join(slug, "policy.yaml")
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(name, src)
	if len(faults) > 0 {
		t.Fatalf("%d faults\n%s", len(faults), faults.Format())
	}
	return f, src
}

func each(t *testing.T, check func(t *testing.T, slug string)) {
	t.Helper()
	for slug := range counts {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			check(t, slug)
		})
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	rows := catalogue(t)
	total, flagged, promises := 0, 0, map[string]bool{}
	for slug, n := range counts {
		if len(rows[slug]) != n {
			t.Errorf("%s has %d clauses, want %d", slug, len(rows[slug]), n)
		}
		for _, c := range rows[slug] {
			total++
			promises[c.promise] = true
			if c.flagged {
				flagged++
			}
		}
	}
	if total != 304 || flagged != 67 || len(promises) != 44 {
		t.Errorf("%d clauses, %d flagged, %d promises; want 304, 67, 44", total, flagged, len(promises))
	}
}

func TestFormatted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		_, src := load(t, slug)
		out, err := syntax.Format(src)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out, src) {
			t.Error("the file is not in canonical form: run avow fmt")
		}
	})
}

func TestCompiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		if f.Policy.Text != slug || f.Mode.Text != "enforce" {
			t.Errorf("policy %q in mode %q, want %q in enforce", f.Policy.Text, f.Mode.Text, slug)
		}
		if _, faults := policy.Compile(f); len(faults) > 0 {
			t.Errorf("%d faults\n%s", len(faults), faults.Format())
		}
	})
}

// TestClauses holds each policy to the catalogue: exactly its clauses, each
// with its promise and class.
func TestClauses(t *testing.T) {
	t.Parallel()
	rows := catalogue(t)
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		got := map[string]syntax.Clause{}
		for _, c := range f.Clauses {
			got[c.ID.Text] = c
		}
		for _, want := range rows[slug] {
			c, ok := got[want.id]
			if !ok {
				t.Errorf("clause %s is not registered", want.id)
				continue
			}
			if c.Promise.Text != want.promise || c.Class.Text != want.class {
				t.Errorf("clause %s is %s %s, want %s %s", want.id, c.Promise.Text, c.Class.Text, want.promise, want.class)
			}
		}
		if len(f.Clauses) != len(rows[slug]) {
			t.Errorf("%d clauses, want %d", len(f.Clauses), len(rows[slug]))
		}
	})
}

// TestCarried checks that each clause is carried by an entry of a kind that
// fits its class: an attested clause by an attestation, and a clause that a
// machine enforces by something else.
func TestCarried(t *testing.T) {
	t.Parallel()
	rows := catalogue(t)
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		sections := map[string][]string{}
		for e := range f.Entries() {
			for _, w := range e.Head.Clause {
				sections[w.Text] = append(sections[w.Text], e.Section)
			}
		}
		for _, c := range rows[slug] {
			in := sections[c.id]
			attested := slices.Contains(in, "attestations")
			switch {
			case len(in) == 0:
				t.Errorf("clause %s is carried by nothing", c.id)
			case c.class == "O" && !attested:
				t.Errorf("clause %s is organisational and no attestation carries it", c.id)
			case c.class == "M" && !slices.ContainsFunc(in, enforced):
				t.Errorf("clause %s is for the machine and only %v carry it", c.id, in)
			}
		}
	})
}

// enforced reports whether entries of a section are more than shown.
func enforced(section string) bool { return section != "attestations" && section != "waivers" }

// findings are the findings that the linter knows.
var findings = strings.Fields(`implied-consent bundled-consent vacuous-promise erase-all-vs-hold no-sharing-vs-sharing
	anonymous-vs-personal datum-classed-twice choice-vs-automatic optin-vs-promo residency-widening open-ended no-purpose no-number
	placeholder exemption-misplaced stale-law waiver forced-cookies instant-change quasi-identifier language-drift
	undeclared-but-needed withdrawal-penalty precedence sensitive-unnamed recipient-unnamed lawful-basis-missing self-judged-test`)

// TestAnswered checks that each flagged clause is answered in the open, on an
// entry that carries it.
func TestAnswered(t *testing.T) {
	t.Parallel()
	rows := catalogue(t)
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		answered := map[string]bool{}
		for e := range f.Entries() {
			for _, a := range e.Head.Accept {
				if !slices.Contains(findings, a.Finding.Text) {
					t.Errorf("%s answers %q, which is no finding", e.Head.ID.Text, a.Finding.Text)
				}
			}
			for _, w := range e.Head.Clause {
				answered[w.Text] = answered[w.Text] || len(e.Head.Accept) > 0
			}
		}
		for _, c := range rows[slug] {
			if c.flagged && !answered[c.id] {
				t.Errorf("clause %s is flagged and not answered", c.id)
			}
		}
	})
}

// TestReachesNobody checks that an example cannot reach a real party: all
// addresses lie in the reserved domain example.
func TestReachesNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		for _, c := range f.Controller.Contacts {
			if c.Kind.Text != "in-app" {
				reserved(t, c.Value.Text)
			}
		}
		for _, p := range f.Parties {
			reserved(t, p.Contact.Text)
			reserved(t, p.PolicyURL.Text)
			for _, h := range p.Hosts {
				reserved(t, h.Text)
			}
		}
		for _, lang := range []string{"en", "zh"} {
			if f.Modelled.In(lang) == "" {
				t.Errorf("modelled_on lacks %s", lang)
			}
		}
	})
}

func reserved(t *testing.T, address string) {
	t.Helper()
	host := strings.TrimPrefix(address, "https://")
	host, _, _ = strings.Cut(host, "/")
	if host != "" && !strings.HasSuffix(host, ".example") {
		t.Errorf("%q may reach somebody", address)
	}
}
