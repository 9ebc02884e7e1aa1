package syntax_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

func TestParseBinds(t *testing.T) {
	t.Parallel()
	f := base(t)
	if got := f.Controller.Contacts[0].Value.Text; got != "privacy@haven.example" {
		t.Errorf("contact %q", got)
	}
	if got := f.Scope[0].Name.In("zh"); got != "手机版" {
		t.Errorf("scope in zh %q", got)
	}
	if got := f.Controller.Name.In("zh"); got != "Haven" {
		t.Errorf("a plain text must stand for all languages, got %q", got)
	}
	email, ok := f.Lookup("data", "email")
	if d, isDatum := email.Value.(*syntax.Datum); !ok || !isDatum || !d.Lookup.On || d.At.Line == 0 || d.ID.Pos.Column != 9 {
		t.Errorf("datum %+v", email.Value)
	}
	wipe, _ := f.Lookup("erasure", "wipe")
	if e, ok := wipe.Value.(*syntax.Erasure); !ok || !e.Hide.Set || e.Hide.N != 0 || e.Live.String() != "30d" {
		t.Errorf("erasure %+v", wipe.Value)
	}
}

// base parses the policy that examples are merged into.
func base(tb testing.TB) *syntax.File {
	tb.Helper()
	f, faults := syntax.Parse("base.yaml", read(tb, "testdata/examples/base.yaml"))
	if len(faults) > 0 {
		tb.Fatal(faults.Format())
	}
	return f
}

func TestParseGoesOnAfterFaults(t *testing.T) {
	t.Parallel()
	src := bytes.Replace(read(t, "testdata/examples/base.yaml"), []byte("mode: enforce"), []byte("mode: enforc\npirce: 3"), 1)
	f, faults := syntax.Parse("p.yaml", src)
	if got := kinds(faults); got != "unknown-key unknown-word" {
		t.Errorf("faults %s", got)
	}
	if f.Mode.Text != "enforc" || len(f.Places) != 1 {
		t.Errorf("the tree is not bound as far as it can be: %+v", f.Mode)
	}
}

func TestParseReadsOtherLineEnds(t *testing.T) {
	t.Parallel()
	src := read(t, "testdata/examples/base.yaml")
	want := base(t).Hash()
	windows := append([]byte("\uFEFF"), bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))...)
	f, faults := syntax.Parse("p.yaml", windows)
	if len(faults) > 0 || f.Hash() != want {
		t.Errorf("%s", faults.Format())
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src, kind string
		most            int
	}{
		{"bytes", "# " + strings.Repeat("x", 1<<20), "too-large", 1},
		{"faults", strings.Repeat("a: 1\nb: 2\n", 10000), "too-many-faults", 1000},
		{"brackets", strings.Repeat("[", 1<<20-1), "too-deep", 1},
		{"dashes", strings.Repeat("- ", 1<<18), "too-deep", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, faults := syntax.Parse("p.yaml", []byte(tt.src))
			if len(faults) != tt.most || !strings.Contains(kinds(faults), tt.kind) {
				t.Errorf("%d faults, want %d with %s", len(faults), tt.most, tt.kind)
			}
		})
	}
}

func TestFaultsAreSortedErrorsAndJSON(t *testing.T) {
	t.Parallel()
	_, faults := syntax.Parse("p.yaml", read(t, "testdata/faults/all-at-once.yaml"))
	if !slices.IsSortedFunc(faults, func(a, b syntax.Fault) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	}) {
		t.Error("not sorted by place")
	}
	var as syntax.Faults
	if err := faults.Err(); !errors.As(err, &as) || len(strings.Split(err.Error(), "\n")) != len(faults) {
		t.Errorf("as an error: %v", err)
	}
	if syntax.Faults(nil).Err() != nil {
		t.Error("no faults must be no error")
	}
	text, err := json.Marshal(faults[:1])
	want := `[{"file":"p.yaml","pos":{"line":1,"column":7},"id":"language-version",` +
		`"what":"version 2 of the policy language","why":"another version of the language may give the same words another meaning",` +
		`"try":"write avow: 1","line":"avow: 2"}]`
	if err != nil || string(text) != want {
		t.Errorf("JSON %s, %v", text, err)
	}
}

func TestFaultOfAnotherPackage(t *testing.T) {
	t.Parallel()
	f := base(t)
	ref := syntax.Pos{Line: 18, Column: 13}
	got := f.Fault(ref, "dangling-reference", "no such purpose", "why", "try").Format()
	want := "base.yaml:18:13: no such purpose [dangling-reference]\n   18 |       kind: email\n      |             ^\n        why: why\n        try: try\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := f.Fault(syntax.Pos{}, "x", "what", "", "").Format(); got != "base.yaml: what [x]\n" {
		t.Errorf("without a place: %q", got)
	}
}

func TestFormatOfLongAndHostileLines(t *testing.T) {
	t.Parallel()
	long := syntax.Fault{File: "p", Pos: syntax.Pos{Line: 1, Column: 5001}, ID: "x", What: "w", Line: strings.Repeat("界", 5000) + "X" + strings.Repeat("y", 5000)}
	lines := strings.Split(long.Format(), "\n")
	before, _, _ := strings.Cut(lines[1], "X")
	if wide := 8 + 1 + 2*80; strings.Count(before, "界") != 80 || strings.Index(lines[2], "^") != wide {
		t.Errorf("the caret is off: %q", lines[1:3])
	}
	hostile := syntax.Fault{File: "p", Pos: syntax.Pos{Line: 1, Column: 1}, ID: "x", What: "w\x1b[2J", Line: "a\x1b[2Jb\u202e"}
	if got := hostile.Format(); strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("a terminal would obey %q", got)
	}
}

func TestParseKeepsTheFirstOfTwo(t *testing.T) {
	t.Parallel()
	f, faults := syntax.Parse("p.yaml", []byte("mode: observe\nmode: enforce\n"))
	if f.Mode.Text != "observe" || !strings.Contains(kinds(faults), "duplicate-key") {
		t.Errorf("mode %q, %s", f.Mode, kinds(faults))
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, id, try string }{
		{"languages: [ne]", "unknown-word", `did you mean "en"?`},
		{"languages: [fr]", "unknown-word", "write one of: en, zh"},
		{"mode: Enforce", "unknown-word", `did you mean "enforce"?`},
		{"recipient: []", "unknown-key", `did you mean "recipients"?`},
		{"policy: My_Policy", "bad-slug", `did you mean "my-policy"?`},
		{"retain: [{keep: 1d after acount-closed}]", "bad-keep", `did you mean "account-closed"?`},
		{"retain: [{keep: 90}]", "no-unit", "add one of s, m, h, d, w, mo, y or wd (working days), such as 90d"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			_, faults := syntax.Parse("p.yaml", []byte(tt.src))
			i := slices.IndexFunc(faults, func(f syntax.Fault) bool { return f.ID == tt.id })
			if i < 0 || faults[i].Try != tt.try {
				t.Errorf("got\n%s", faults.Format())
			}
		})
	}
}
