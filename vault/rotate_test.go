package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"avow.dev/vault"
	"avow.dev/vault/keyfile"
)

// stopAfter is a context that is cancelled once it has been asked n times.
type stopAfter struct {
	context.Context
	left int
}

func (c *stopAfter) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestRotationInterruptedAnywhere(t *testing.T) {
	t.Parallel()
	const people = 8
	for stop := range people + 1 {
		t.Run(fmt.Sprint("after ", stop), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			cells := make([][]byte, people+1)
			for sid := uint64(1); sid <= people; sid++ {
				w.person(sid)
				cells[sid] = w.seal(email(sid), "ada")
			}
			must(t, w.Destroy(3))
			check := func() {
				t.Helper()
				for sid := uint64(1); sid <= people; sid++ {
					if sid != 3 {
						w.wantOpen(email(sid), cells[sid], "ada")
					}
				}
				_, err := w.Open(nil, email(3), cells[3])
				wantErr(t, err, vault.ErrErased)
			}
			tag, err := w.Tag("email", []byte("ada"))
			must(t, err)
			epoch, err := w.RotatePolicyKey(t.Context(), start())
			if err != nil || epoch != 2 {
				t.Fatalf("epoch %d %v", epoch, err)
			}
			first, err := w.Rewrap(&stopAfter{t.Context(), stop}, start())
			if stop < people-1 {
				wantErr(t, err, context.Canceled)
				if first.Slots != stop || len(first.Retired) != 0 {
					t.Fatalf("%+v", first)
				}
			}
			check()
			w.restart() // as after a crash
			check()
			second, err := w.Rewrap(t.Context(), start())
			must(t, err)
			if first.Slots+second.Slots != people-1 || len(first.Retired)+len(second.Retired) != 1 {
				t.Fatalf("%+v then %+v", first, second)
			}
			check()
			w.restart()
			check()
			again, err := w.Tag("email", []byte("ada"))
			if err != nil || again != tag {
				t.Fatal("a rotation changed the blind index")
			}
			text, err := os.ReadFile(filepath.Join(w.dir, "keyring.json"))
			must(t, err)
			if strings.Count(string(text), `"key":`) != 1 {
				t.Fatalf("the retired key is still there:\n%s", text)
			}
		})
	}
}

func TestDamageKeepsTheOldPolicyKey(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for sid := uint64(1); sid <= 3; sid++ {
		w.person(sid)
	}
	cell := w.seal(email(1), "ada")
	w.close()
	path := filepath.Join(w.dir, policy+".keys")
	text, err := os.ReadFile(path)
	must(t, err)
	text[4096+64+20] ^= 1 // of person 2
	must(t, os.WriteFile(path, text, 0o600))
	w.open(0)
	_, err = w.RotatePolicyKey(t.Context(), start())
	must(t, err)
	done, err := w.Rewrap(t.Context(), start())
	if done.Slots != 2 || len(done.Retired) != 0 || !errors.Is(err, keyfile.ErrDamaged) || !strings.Contains(err.Error(), "slot 2") {
		t.Fatalf("%+v %v", done, err)
	}
	must(t, w.Destroy(2))
	done, err = w.Rewrap(t.Context(), start())
	if err != nil || len(done.Retired) != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	w.wantOpen(email(1), cell, "ada")
}

// Sign-ups, reads and erasures go on through several rotations, and nobody's key
// is lost or comes back.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	w := setupSized(t, 64)
	const workers, each = 4, 100
	stop := make(chan struct{})
	var rotations, work sync.WaitGroup
	rotations.Go(func() {
		for {
			if _, err := w.RotatePolicyKey(t.Context(), start()); err != nil {
				t.Error(err)
				return
			}
			if _, err := w.Rewrap(t.Context(), start()); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	cells := make([][]byte, workers*each+1)
	for worker := range uint64(workers) {
		work.Go(func() {
			for i := range uint64(each) {
				sid := i*workers + worker + 1
				if err := liveAndDie(w, cells, sid); err != nil {
					t.Errorf("person %d: %v", sid, err)
					return
				}
			}
		})
	}
	work.Wait()
	close(stop)
	rotations.Wait()
	w.restart()
	for sid := uint64(1); sid <= workers*each; sid++ {
		if sid%3 == 0 {
			_, err := w.Open(nil, email(sid), cells[sid])
			wantErr(t, err, vault.ErrErased)
			continue
		}
		w.wantOpen(email(sid), cells[sid], "ada")
	}
}

func liveAndDie(w *world, cells [][]byte, sid uint64) error {
	k, err := w.NewSubjectKey(sid)
	if err != nil {
		return err
	}
	if cells[sid], err = k.Seal(nil, email(sid), []byte("ada")); err != nil {
		return err
	}
	if err := w.Persist(k); err != nil {
		return err
	}
	if _, err := w.Open(nil, email(sid), cells[sid]); err != nil {
		return err
	}
	if sid%3 == 0 {
		return w.Destroy(sid)
	}
	return nil
}
