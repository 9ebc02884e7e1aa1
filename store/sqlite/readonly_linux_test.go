package sqlite_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"avow.dev/store/sqlite"
)

// TestReadOnly opens a folder that may only be read, and a file that may only
// be read in a folder that may be written.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	for name, modes := range map[string][3]os.FileMode{ // folder, database, lock
		"folder": {0o555, 0o444, 0o444},
		"file":   {0o777, 0o444, 0o666},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			s := open(t, sqlite.Config{Dir: dir})
			if _, err := s.Commit(t.Context(), whole(1)); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			chmod(t, filepath.Dir(filepath.Dir(dir)), 0o755)
			for i, path := range []string{dir, filepath.Join(dir, "avow.db"), filepath.Join(dir, "avow.lock")} {
				chmod(t, path, modes[i])
			}
			unchanged(t, dir, func() {
				says(t, openAsStranger(t, dir), sqlite.ErrReadOnly, dir, "right to write")
			})
			chmod(t, dir, 0o755)
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// openAsStranger opens the store as a user without rights of its own: root may
// write everything. The thread that changed its user is given up.
func openAsStranger(t *testing.T, dir string) error {
	answer := make(chan error)
	go func() {
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if err := unix.Setfsuid(65534); err != nil {
				answer <- err
				return
			}
		}
		s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
		if err == nil {
			err = s.Close()
		}
		answer <- err
	}()
	return <-answer
}
