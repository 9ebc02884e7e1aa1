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
			w.settle()
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
	w.close() // without what was in stock
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
	var lives [workers * each]life
	for worker := range workers {
		work.Go(func() {
			for i := range each {
				l := &lives[i*workers+worker]
				if err := l.liveAndDie(w, i%3 == 0); err != nil {
					t.Errorf("person %d: %v", l.sid, err)
					return
				}
			}
		})
	}
	work.Wait()
	close(stop)
	rotations.Wait()
	w.restart()
	seen := map[uint64]bool{}
	for _, l := range lives {
		if seen[l.sid] {
			t.Fatalf("two people have key %d", l.sid)
		}
		seen[l.sid] = true
		if l.erased {
			_, err := w.Open(nil, email(l.sid), l.cell)
			wantErr(t, err, vault.ErrErased)
			continue
		}
		w.wantOpen(email(l.sid), l.cell, "ada")
	}
}

type life struct {
	sid    uint64
	cell   []byte
	erased bool
}

func (l *life) liveAndDie(w *world, die bool) error {
	k, err := w.Take(w.t.Context())
	if err != nil {
		return err
	}
	k.Keep()
	l.sid, l.erased = k.SID(), die
	if l.cell, err = k.Seal(nil, email(l.sid), []byte("ada")); err != nil {
		return err
	}
	if _, err := w.Open(nil, email(l.sid), l.cell); err != nil {
		return err
	}
	if die {
		return w.Destroy(l.sid)
	}
	return nil
}
