package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	zombie "zombiezen.com/go/sqlite"

	"avow.dev/store/sqlite"
)

// TestEveryStatementFindsItsRowsByKey asks the planner: what it would scan
// grows with the number of people.
func TestEveryStatementFindsItsRowsByKey(t *testing.T) {
	t.Parallel()
	c, err := zombie.OpenConn(filepath.Join(t.TempDir(), "plan.db"), zombie.OpenReadWrite|zombie.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.SetUp(c); err != nil {
		t.Fatal(err)
	}
	for _, text := range sqlite.Queries() {
		if text == "" {
			t.Error("a statement has no text")
		}
		if strings.HasPrefix(text, "PRAGMA") {
			continue
		}
		for _, line := range plan(t, c, text) {
			if strings.Contains(line, "SCAN") || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s:\n%s", text, line)
			}
		}
	}
	if got := plan(t, c, "SELECT sid FROM subject WHERE body = ?1"); !strings.Contains(strings.Join(got, ""), "SCAN") {
		t.Errorf("a scan is not seen: %q", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func plan(t *testing.T, c *zombie.Conn, text string) (lines []string) {
	t.Helper()
	stmt, _, err := c.PrepareTransient("EXPLAIN QUERY PLAN " + text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for {
		row, err := stmt.Step()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !row {
			break
		}
		lines = append(lines, stmt.ColumnText(3))
	}
	if err := stmt.Finalize(); err != nil {
		t.Fatal(err)
	}
	return lines
}
