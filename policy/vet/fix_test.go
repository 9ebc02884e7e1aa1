package vet_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vet"
)

// faulty is the base policy, with faults that have a safe fix.
func faulty(tb testing.TB) []byte {
	tb.Helper()
	src := string(read(tb, "testdata/base.yaml"))
	for _, r := range [][2]string{
		{"gesture: [accept-button]", "gesture: [accept-button, use]"},
		{"opt_out: [none], promotion: refused", "opt_out: [none], promotion: allowed"},
		{"requires: [instrument, citation, scope]", "requires: [instrument, finding]"},
		{"  - {id: home, kind: primary", "  - id: other\n    accept:\n      - finding: waiver\n        reason:\n          en: It stands.\n          zh: 予以保留。\n    kind: transfer\n    region: CN\n  - {id: home, kind: primary"},
	} {
		if !strings.Contains(src, r[0]) {
			tb.Fatalf("the base has no %q", r[0])
		}
		src = strings.Replace(src, r[0], r[1], 1)
	}
	return []byte(src)
}

func parsed(tb testing.TB, src []byte) *syntax.File {
	tb.Helper()
	f, faults := syntax.Parse("policy.yaml", src)
	if len(faults) > 0 {
		tb.Fatalf("%s\n%s", faults.Format(), src)
	}
	return f
}

func TestSafeFixes(t *testing.T) {
	t.Parallel()
	src := faulty(t)
	all := check(t, parsed(t, src), false)
	if n := len(vet.Open(all)); n != 4 {
		t.Fatalf("%d findings, want 4\n%s", n, text(t, all))
	}
	edits := vet.SafeEdits(all)
	fixed, err := vet.Apply(src, edits)
	if err != nil {
		t.Fatal(err)
	}
	if left := check(t, parsed(t, fixed), false); len(left) > 0 {
		t.Errorf("still found\n%s\n%s", text(t, left), fixed)
	}
	if _, err := vet.Apply(fixed, edits); !errors.Is(err, vet.ErrConflict) {
		t.Errorf("the edits apply to another source: %v", err)
	}
}

// TestFixesOfLists removes and adds words in both ways of writing a list.
func TestFixesOfLists(t *testing.T) {
	t.Parallel()
	base := string(read(t, "testdata/base.yaml"))
	for name, c := range map[string]struct{ old, faulty, want string }{
		"first in brackets": {"gesture: [accept-button]", "gesture: [use, accept-button]", "gesture: [accept-button]"},
		"last in brackets":  {"gesture: [accept-button]", "gesture: [accept-button, use]", "gesture: [accept-button]"},
		"item":              {"gesture: [accept-button]", "gesture:\n    - use\n    - accept-button", "gesture:\n    - accept-button"},
		"added in brackets": {"requires: [instrument, citation, scope]", "requires: [instrument, finding]", "requires: [instrument, finding, citation]"},
		"replaced":          {"opt_out: [none], promotion: refused", "opt_out: [none], promotion: allowed", "opt_out: [none], promotion: refused"},
		"added as an item": {
			"  - {id: order, ground: court, instruments: [court-order], requires: [instrument, citation, scope], approvals: 2}",
			"  - id: order\n    ground: court\n    instruments: [court-order]\n    requires:\n      - instrument\n      - finding\n    approvals: 2",
			"    requires:\n      - instrument\n      - finding\n      - citation\n    approvals: 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := []byte(strings.Replace(base, c.old, c.faulty, 1))
			fixed, err := vet.Apply(src, vet.SafeEdits(check(t, parsed(t, src), false)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(fixed), c.want) {
				t.Errorf("%q is not there:\n%s", c.want, fixed)
			}
			if left := check(t, parsed(t, fixed), false); len(left) > 0 {
				t.Errorf("still found\n%s", text(t, left))
			}
		})
	}
}

// TestAnsweredFindingsAreLeftAlone checks that a fix never overrides what the
// operator has answered.
func TestAnsweredFindingsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, slug := range slugs {
		if edits := vet.SafeEdits(example(t, slug)); len(edits) > 0 {
			t.Errorf("%s: %+v", slug, edits)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	src := []byte("one: 一\ntwo: two\n")
	for name, edits := range map[string][]vet.Edit{
		"another text":      {{Pos: syntax.Pos{Line: 1, Column: 6}, Old: "二", New: "三"}},
		"a line too many":   {{Pos: syntax.Pos{Line: 9, Column: 1}}},
		"a column too many": {{Pos: syntax.Pos{Line: 1, Column: 20}}},
		"no place":          {{}},
		"a negative column": {{Pos: syntax.Pos{Line: 1, Column: -4}}},
		"two that overlap": {
			{Pos: syntax.Pos{Line: 2, Column: 1}, Old: "two: two"}, {Pos: syntax.Pos{Line: 2, Column: 6}, Old: "two", New: "2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := vet.Apply(src, edits); !errors.Is(err, vet.ErrConflict) {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	out, err := vet.Apply(src, []vet.Edit{{Pos: syntax.Pos{Line: 1, Column: 6}, Old: "一", New: "1"}, {Pos: syntax.Pos{Line: 2, Column: 1}, New: "# "}})
	if err != nil || string(out) != "one: 1\n# two: two\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestApplyKeepsTheRest checks that what no edit names stays as it is.
func TestApplyKeepsTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-z一二]{1,8}`), 1, 8).Draw(t, "lines")
		src := []byte(strings.Join(lines, "\n"))
		n := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		out, err := vet.Apply(src, []vet.Edit{{Pos: syntax.Pos{Line: n + 1, Column: 1}, Old: lines[n], New: "X"}})
		if err != nil {
			t.Fatal(err)
		}
		lines[n] = "X"
		if want := strings.Join(lines, "\n"); string(out) != want {
			t.Fatalf("%q, want %q", out, want)
		}
	})
}

// FuzzCheck feeds trees that parse and may mean nothing.
func FuzzCheck(f *testing.F) {
	f.Add(read(f, "testdata/base.yaml"))
	f.Add(faulty(f))
	f.Add([]byte("avow: 1\npolicy: p\nnever:\n  - {id: a, verbs: [share]}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, _ := syntax.Parse("p", src)
		if file == nil {
			return
		}
		all := vet.CheckFile(file, today)
		var b bytes.Buffer
		if err := vet.Print(&b, all); err != nil {
			t.Fatal(err)
		}
		if err := vet.WriteSARIF(&b, all); err != nil {
			t.Fatal(err)
		}
		if out, err := vet.Apply(src, vet.SafeEdits(all)); err == nil {
			syntax.Parse("p", out)
		}
	})
}

// TestTagging: the envelope is added where the entry is written, in either form, and
// by nobody's hand but an editor's: it is a promise.
func TestTagging(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"  - {id: mapper, name: {en: Mapper Ltd, zh: 图商有限公司}, kind: partner, contact: a@mapper.example, region: CN, onward: asks-again}\n",
		"  - id: mapper\n    name: {en: Mapper Ltd, zh: 图商有限公司}\n    kind: partner\n    contact: a@mapper.example\n    onward: asks-again\n    region: CN\n",
	} {
		src := bytes.Replace(read(t, "testdata/base.yaml"), []byte("\nrecipients:\n"), []byte("\nrecipients:\n"+entry), 1)
		all := check(t, parsed(t, src), false)
		if len(all) != 1 || all[0].ID != "asks-again-untagged" || all[0].Fix == nil || all[0].Fix.Safe {
			t.Fatalf("found\n%s", text(t, all))
		}
		fixed, err := vet.Apply(src, all[0].Fix.Edits)
		if err != nil {
			t.Fatal(err)
		}
		if left := check(t, parsed(t, fixed), false); len(left) > 0 {
			t.Errorf("still found\n%s", text(t, left))
		}
	}
}
