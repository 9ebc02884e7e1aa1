package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

func openAt(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func leafOf(i int) *gate.Change {
	return &gate.Change{Policy: "club", Leaves: []gate.Leaf{{SID: 1, Body: bytes.Repeat([]byte{byte(i)}, 100)}},
		Put: []gate.Record{{SID: 1, Kind: "k", Key: []byte{byte(i >> 8), byte(i)}, Body: make([]byte, 3000)}}}
}

// A backup taken while writes go on is one moment of the store: as many records
// as leaves, and it opens like any store.
func TestBackupIsOneMoment(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), t.TempDir()
	s := openAt(t, dir)
	for i := range 300 {
		if _, err := s.Commit(t.Context(), leafOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 300; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := s.Commit(context.Background(), leafOf(i)); err != nil {
				done <- err
				return
			}
		}
	}()
	logs, err := sqlite.Backup(t.Context(), dir, filepath.Join(to, "avow.db"), nil)
	close(stop)
	if err := errors.Join(err, <-done, s.Close()); err != nil {
		t.Fatal(err)
	}
	c := openAt(t, to)
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	state, err := c.LogState(t.Context(), "club")
	if err != nil {
		t.Fatal(err)
	}
	if state.Recorded < 300 || logs["club"].Recorded != state.Recorded {
		t.Errorf("recorded %d, said %d", state.Recorded, logs["club"].Recorded)
	}
	records, err := c.Scan(t.Context(), 1, "k", nil, 1<<20)
	if err != nil || int64(len(records)) != state.Recorded {
		t.Errorf("%d records beside %d leaves: %v", len(records), state.Recorded, err)
	}
}

func TestBackupRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "avow.db")
	if _, err := sqlite.Backup(t.Context(), t.TempDir(), to, nil); err == nil {
		t.Error("no error for an empty folder")
	}
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
}

func TestBackupStopsWithItsContext(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), t.TempDir()
	s := openAt(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Backup(ctx, dir, filepath.Join(to, "avow.db"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
