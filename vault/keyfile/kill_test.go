//go:build unix

package keyfile_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/vault/keyfile"
)

const childEnv = "AVOW_KEYFILE_CHILD"

func numbered(sid uint64) keyfile.Slot {
	s := slot(sid, 0x77)
	binary.BigEndian.PutUint64(s.Wrapped[8:], sid*0x9e3779b97f4a7c15)
	return s
}

// TestKillChild is the child of TestKill: it puts and destroys keys from several
// goroutines and says each success on standard output, until it is killed.
func TestKillChild(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		t.Skip("runs as the child of TestKill")
	}
	f, err := keyfile.Open(path, policy)
	if err != nil {
		t.Fatal(err)
	}
	var next atomic.Uint64
	next.Store(f.Max())
	var out sync.Mutex
	say := func(what string, sid uint64) {
		out.Lock()
		defer out.Unlock()
		fmt.Fprintln(os.Stdout, what, sid) // unbuffered: one write a line
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				sid := next.Add(1)
				if err := f.Put(numbered(sid)); err != nil {
					t.Error(err)
					return
				}
				say("put", sid)
				if sid%5 == 0 {
					if err := f.Destroy(sid); err != nil {
						t.Error(err)
						return
					}
					say("destroyed", sid)
				}
			}
		})
	}
	all.Wait()
}

func TestKill(t *testing.T) {
	t.Parallel()
	path := create(t)
	live, dead := map[uint64]bool{}, map[uint64]bool{}
	for round := range 5 {
		heard := runAndKill(t, path, 200+round*137, live, dead)
		f, err := keyfile.Open(path, policy)
		if err != nil {
			t.Fatal(err)
		}
		for sid := range dead {
			wantErr(t, get(f, sid), keyfile.ErrDestroyed)
		}
		for sid := range live {
			if dead[sid] || sid%5 == 0 {
				continue // may have been destroyed without a word
			}
			wantSlot(t, f, numbered(sid))
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: %d lines heard, %d put, %d destroyed", round, heard, len(live), len(dead))
	}
}

func runAndKill(t *testing.T, path string, lines int, live, dead map[uint64]bool) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), childEnv+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	heard := 0
	for scan := bufio.NewScanner(out); scan.Scan(); {
		var what string
		var sid uint64
		if _, err := fmt.Sscan(scan.Text(), &what, &sid); err != nil {
			t.Errorf("child said %q", scan.Text())
			continue
		}
		switch what {
		case "put":
			live[sid] = true
		case "destroyed":
			dead[sid] = true
		}
		if heard++; heard == lines {
			if err := child.Process.Kill(); err != nil { // SIGKILL
				t.Error(err)
			}
		}
	}
	if err := child.Wait(); err == nil || heard < lines {
		t.Fatalf("the child ended by itself after %d lines: %v", heard, err)
	}
	return heard
}
