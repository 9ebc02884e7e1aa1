package keyfile_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"avow.dev/vault/keyfile"
)

// TestReleasedWhileProcessesStart opens and closes a file again and again while other
// processes are started: each holds what this one has open until it runs its program,
// and a closed file must be free all the same.
func TestReleasedWhileProcessesStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "club.keys")
	ctx, stop := context.WithCancel(t.Context())
	var starting sync.WaitGroup
	for range 4 {
		starting.Go(func() {
			for ctx.Err() == nil {
				_ = exec.CommandContext(ctx, "true").Run() // that it was started is all that counts
			}
		})
	}
	defer starting.Wait()
	defer stop()
	if err := keyfile.Create(path, "club"); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		f, err := keyfile.Open(path, "club")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
