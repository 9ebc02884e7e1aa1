package docs_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"golang.org/x/mod/modfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// named returns what stands in the first column of the tables in a text.
func named(text string) []string {
	var found []string
	for _, m := range firstCell.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)
	return found
}

// after returns the table that follows a mark.
func after(t *testing.T, text, mark string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "<!-- checked: "+mark+" -->\n")
	if !ok {
		t.Fatalf("no table is marked %q any more", mark)
	}
	table, _, _ := strings.Cut(rest, "\n\n")
	return table
}

func same(t *testing.T, what string, have, want []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(have, w) {
			t.Errorf("%s: %s is missing", what, w)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			t.Errorf("%s: %s is no longer there", what, h)
		}
	}
	if len(have) != len(want) {
		t.Errorf("%s: %d rows for %d things", what, len(have), len(want))
	}
}

// TestDependencies compares the page with go.mod, and its sections with what the
// program links.
func TestDependencies(t *testing.T) {
	t.Parallel()
	mod, err := modfile.Parse("go.mod", []byte(read(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range mod.Require {
		if !r.Indirect {
			want = append(want, r.Mod.Path)
		}
	}
	page := read(t, "docs/design/dependencies.md")
	same(t, "docs/design/dependencies.md", named(page), want)

	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "avow.dev/cmd/avow").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := make(map[string]bool)
	for m := range strings.FieldsSeq(string(out)) {
		linked[m] = true
	}
	program, rest, ok := strings.Cut(page, "## In tests only")
	if !ok {
		t.Fatal("docs/design/dependencies.md has no section for tests any more")
	}
	for _, m := range named(program) {
		if !linked[m] {
			t.Errorf("%s is said to be in the program, and is not linked", m)
		}
	}
	for _, m := range named(rest) {
		if linked[m] {
			t.Errorf("%s is said not to be in the program, and is linked", m)
		}
	}
}

// TestLeafTable compares the table of a leaf's keys with a leaf that has them all.
func TestLeafTable(t *testing.T) {
	t.Parallel()
	some := [32]byte{1}
	l := evidence.Leaf{ID: [16]byte{1}, At: time.Unix(0, 0), Kind: evidence.Used, Policy: "p", Hash: "h", Verdict: avow.Refuse, Observe: true,
		Data: []avow.Datum{"d"}, Purpose: "p", Point: "p", Recipient: "r", Role: "r", Choice: "c", Reasons: avow.OnHold.Set(),
		Rules: []avow.RuleID{"r"}, Clauses: []avow.ClauseID{"c"}, Count: 1, Commitment: some, Detail: some, Done: [16]byte{1}, Why: "help"}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(l.Append(nil), &keys); err != nil {
		t.Fatal(err)
	}
	same(t, "docs/design/formats.md", named(after(t, read(t, "docs/design/formats.md"), "leaf")), slices.Collect(maps.Keys(keys)))
}

// TestMetricsTable compares the table of metrics with those that the door makes.
func TestMetricsTable(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`"(avow_[a-z_]+)"`).FindAllStringSubmatch(read(t, "httpapi/metrics.go"), -1)
	var want []string
	for _, n := range names {
		want = append(want, n[1])
	}
	same(t, "docs/design/observability.md", named(after(t, read(t, "docs/design/observability.md"), "metrics")), want)
}

// TestLogLines finds each line that the server can log in the table of log lines.
func TestLogLines(t *testing.T) {
	t.Parallel()
	page, line, found := read(t, "docs/design/observability.md"), regexp.MustCompile(`(?i)\blog\.(?:Info|Warn|Error|Debug)\("([^"]+)"`), 0
	for _, dir := range []string{"httpapi", "internal/engine", "work", "cmd/avow"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range line.FindAllStringSubmatch(string(src), -1) {
				found++
				if !strings.Contains(page, "`"+m[1]+"`") {
					t.Errorf("docs/design/observability.md does not have the log line %q of %s", m[1], f)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no log line was found in the code")
	}
}

// TestCommands holds every command and flag that a page shows in code to the
// commands' own manual.
func TestCommands(t *testing.T) {
	t.Parallel()
	manual := read(t, "docs/cli.md")
	command := regexp.MustCompile("(?:`|bin/|cmd/)avow ((?:keys |token |log |officer )?[a-z]+)([^`\n]*)")
	flag := regexp.MustCompile(`--[a-z][a-z-]*`)
	for path, text := range pages(t) {
		if path == "docs/cli.md" {
			continue
		}
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(manual, "\n## avow "+m[1]+"\n") {
				t.Errorf("%s shows %q, which is no command", path, "avow "+m[1])
			}
			for _, f := range flag.FindAllString(m[2], -1) {
				if !strings.Contains(manual, f) {
					t.Errorf("%s shows %q with %s, which no command knows", path, "avow "+m[1], f)
				}
			}
		}
	}
}

var (
	row   = regexp.MustCompile(`(?m)^([a-z]+) +(\d+) clauses: (\d+) proved, (\d+) attested, (\d+) rendered, (\d+) unproved, (\d+) broken`)
	text  = regexp.MustCompile(`, (?:…|text sha256:[^)]*)\)`)
	cause = regexp.MustCompile(`(?m)^ +(\d+)  \S`)
)

// TestProofSummary holds the summary in the README to the catalogue of clauses
// and to itself; and, if AVOW_CHECK_PROVE is set, to a proof played now, which
// takes minutes.
func TestProofSummary(t *testing.T) {
	t.Parallel()
	readme := read(t, "README.md")
	shown := ""
	for _, b := range blocks(readme) {
		if b.mark == "prove" {
			shown = b.text
		}
	}
	var total [6]int
	for _, m := range row.FindAllStringSubmatch(shown, -1) {
		var n [6]int
		for i := range n {
			n[i] = number(t, m[2+i])
			total[i] += n[i]
		}
		if n[0] != n[1]+n[2]+n[3]+n[4]+n[5] {
			t.Errorf("the README's row for %s does not add up", m[1])
		}
		if have := strings.Count(read(t, "examples/catalogue.tsv"), "\n"+strings.ToUpper(m[1])+"-"); n[0] != have {
			t.Errorf("the README has %d clauses of %s, and the catalogue %d", n[0], m[1], have)
		}
	}
	unproved := 0
	for _, m := range cause.FindAllStringSubmatch(shown, -1) {
		unproved += number(t, m[1])
	}
	if unproved != total[4] {
		t.Errorf("the README gives reasons for %d unproved clauses of %d", unproved, total[4])
	}
	for _, words := range []string{fmt.Sprintf("with %d clauses", total[0]), fmt.Sprintf("So %d of the %d clauses are proved", total[1], total[0])} {
		if !strings.Contains(readme, words) {
			t.Errorf("the README does not say %q, which its summary does", words)
		}
	}
	if os.Getenv("AVOW_CHECK_PROVE") == "" {
		return
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./cmd/avow", "prove", "examples/...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("prove: %v", err)
	}
	if now := text.ReplaceAllString(string(out), ", …)"); now != shown {
		t.Errorf("the README shows\n%s\nand the proof says now\n%s", shown, now)
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNamedTestsExist: a test that a page names is there.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("design/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	code := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(src), -1) {
			code[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if !code[m[1]] {
			t.Errorf("the page names %s, which is not there", m[1])
		}
	}
}
