package sqlite_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	zombie "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/store/sqlite"
)

func TestTwoOnOneFolder(t *testing.T) {
	t.Parallel()
	cfg := sqlite.Config{Dir: t.TempDir()}
	s := open(t, cfg)
	_, err := sqlite.Open(t.Context(), cfg)
	says(t, err, sqlite.ErrLocked, cfg.Dir, "stop the other avow")
	if _, err := s.Commit(t.Context(), whole(1)); err != nil {
		t.Errorf("the first is disturbed: %v", err)
	}
	closeStore(t, s)
	closeStore(t, open(t, cfg))
}

// says demands an error of a kind whose text holds where it was and what to
// try.
func says(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want %v", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// unchanged calls f and demands that no file of the folder has other bytes
// after it.
func unchanged(t *testing.T, dir string, f func()) {
	t.Helper()
	before := contents(t, dir)
	f()
	after := contents(t, dir)
	for name, text := range before {
		if !bytes.Equal(after[name], text) {
			t.Errorf("%s was changed", name)
		}
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(filepath.Join(dir, path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFilesThatAreNotOurs(t *testing.T) {
	t.Parallel()
	script := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { runScript(t, path, text) }
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		kind error
		word string
	}{
		"text":    {func(t *testing.T, path string) { write(t, path, strings.Repeat("not a database\n", 500)) }, sqlite.ErrCorrupt, "backup"},
		"foreign": {script("CREATE TABLE songs (name TEXT)"), sqlite.ErrCorrupt, "another folder"},
		"newer": {func(t *testing.T, path string) {
			closeStore(t, open(t, sqlite.Config{Dir: filepath.Dir(path)}))
			runScript(t, path, "PRAGMA user_version = 1000")
		}, sqlite.ErrNewer, "newer version"},
		"folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, sqlite.ErrReadOnly, "right to write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.make(t, filepath.Join(dir, "avow.db"))
			unchanged(t, dir, func() {
				_, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
				says(t, err, c.kind, dir, c.word)
			})
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func runScript(t *testing.T, path, text string) {
	t.Helper()
	c, err := zombie.OpenConn(path, zombie.OpenReadWrite|zombie.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteTransient(c, text, nil), c.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedPage overwrites pages of the file: the store says so, people
// elsewhere in the file can be read, and Check names the damage.
func TestDamagedPage(t *testing.T) {
	t.Parallel()
	cfg := sqlite.Config{Dir: t.TempDir()}
	s := open(t, cfg)
	const many = 800
	for sid := int64(1); sid <= many; sid++ {
		c := whole(sid)
		c.Insert.Body = bytes.Repeat(c.Insert.Body, 50)
		if _, err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	damage(t, filepath.Join(cfg.Dir, "avow.db"), "subject")

	s = open(t, cfg)
	defer closeStore(t, s)
	damaged, fine := 0, 0
	for sid := int64(1); sid <= many; sid++ {
		_, ok, err := s.Load(t.Context(), sid)
		switch {
		case err != nil:
			says(t, err, sqlite.ErrCorrupt, "restore the latest backup")
			damaged++
		case ok:
			fine++
		}
	}
	if damaged == 0 || fine == 0 {
		t.Errorf("%d people damaged, %d fine", damaged, fine)
	}
	if _, err := s.Commit(t.Context(), whole(many+1)); err != nil {
		t.Errorf("a change elsewhere: %v", err)
	}
	findings, err := s.Check(t.Context())
	if err != nil || len(findings) == 0 {
		t.Errorf("check: %q, error %v", findings, err)
	}
}

// damage makes nonsense of every tenth page of a table.
func damage(t *testing.T, path, table string) {
	t.Helper()
	c, err := zombie.OpenConn(path, zombie.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	var pages []int64
	err = sqlitex.ExecuteTransient(c, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", &sqlitex.ExecOptions{
		Args:       []any{table},
		ResultFunc: func(s *zombie.Stmt) error { pages = append(pages, s.ColumnInt64(0)); return nil },
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 5; i < len(pages); i += 10 {
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 4096), (pages[i]-1)*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
