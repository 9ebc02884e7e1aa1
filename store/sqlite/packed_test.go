package sqlite_test

import (
	"path/filepath"
	"testing"

	zombie "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// A log that an earlier version wrote, a row for each leaf, is read and goes on.
func TestLeavesInRowsOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := zombie.OpenConn(filepath.Join(dir, "avow.db"), zombie.OpenReadWrite|zombie.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.SetUpTo(c, 1); err != nil {
		t.Fatal(err)
	}
	script := `INSERT INTO policy VALUES (1, 'club');
		INSERT INTO leaf VALUES (1 << 40, 'a'); INSERT INTO leaf VALUES ((1 << 40) + 1, 'b');`
	if err := sqlitex.ExecuteScript(c, script, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, sqlite.Config{Dir: dir})
	defer closeStore(t, s)
	first, err := s.Commit(t.Context(), &gate.Change{Policy: "club", Leaves: []gate.Leaf{{Body: []byte("c")}, {Body: []byte("d")}}})
	if err != nil || first != 2 {
		t.Fatalf("first %d, %v", first, err)
	}
	for from, want := range []string{"abcd", "bcd", "cd", "d", ""} {
		got, err := s.Leaves(t.Context(), "club", int64(from), 4)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, leaf := range got {
			text += string(leaf)
		}
		if text != want {
			t.Errorf("from %d: %q, want %q", from, text, want)
		}
	}
	sound(t, s)
}
