package vault_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/vault"
	"avow.dev/vault/keyfile"
)

func TestErasedPersonOpensNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	held := w.person(1)
	w.person(2)
	cell, other := w.seal(email(1), "ada"), w.seal(email(2), "bob")
	_, err := w.Salt(1, [16]byte{1})
	must(t, err)
	must(t, w.Destroy(1))
	check := func() {
		t.Helper()
		_, err := w.Open(nil, email(1), cell)
		wantErr(t, err, vault.ErrErased)
		_, err = w.Seal(nil, email(1), []byte("ada"))
		wantErr(t, err, vault.ErrErased)
		_, err = w.Salt(1, [16]byte{1})
		wantErr(t, err, vault.ErrErased)
		_, err = w.Key(1)
		wantErr(t, err, vault.ErrErased)
		state, err := w.State(1)
		if err != nil || state != keyfile.Destroyed {
			t.Fatalf("state %v %v", state, err)
		}
		w.wantOpen(email(2), other, "bob")
	}
	check()
	// A key someone still holds is revoked too.
	_, err = held.Open(nil, email(1), cell)
	wantErr(t, err, vault.ErrErased)
	_, err = held.Seal(nil, email(1), nil)
	wantErr(t, err, vault.ErrErased)
	_, err = held.Salt([16]byte{1})
	wantErr(t, err, vault.ErrErased)
	w.restart()
	check()
	must(t, w.Destroy(1)) // again
	check()
}

// Anti-list: after erasure, the keys folder of before (a backup) would open the
// cell, the one of now must not, whatever of the data was kept.
func TestTheKeyWasTheOnlyCopy(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	path := filepath.Join(w.dir, policy+".keys")
	before, err := os.ReadFile(path)
	must(t, err)
	slot := before[4096:4160]
	must(t, w.Destroy(1))
	err = filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, slot[16:32]) {
			t.Errorf("%s still has the wrapped key", path)
		}
		return err
	})
	must(t, err)
}

func TestDamagedAndSwappedSlots(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	w.person(2)
	cell := w.seal(email(1), "ada")
	w.close()
	path := filepath.Join(w.dir, policy+".keys")
	good, err := os.ReadFile(path)
	must(t, err)
	spoil := func(change func(b []byte)) error {
		b := bytes.Clone(good)
		change(b)
		must(t, os.WriteFile(path, b, 0o600))
		w.open(0)
		defer w.close()
		_, err := w.Open(nil, email(1), cell)
		return err
	}
	for at := 4096; at < 4096+64; at++ {
		if err := spoil(func(b []byte) { b[at] ^= 0x10 }); !errors.Is(err, keyfile.ErrDamaged) {
			t.Errorf("byte %d of the slot: %v", at-4096, err)
		}
	}
	swapped := spoil(func(b []byte) {
		copy(b[4096:4160], good[4160:4224])
		copy(b[4160:4224], good[4096:4160])
	})
	wantErr(t, swapped, keyfile.ErrDamaged)
	must(t, spoil(func([]byte) {}))
	w.open(0)
}

func TestSaltsAndPseudonyms(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	w.person(2)
	salt := func(sid uint64, leaf byte) [32]byte {
		s, err := w.Salt(sid, [16]byte{leaf})
		must(t, err)
		return s
	}
	a, p := salt(1, 1), w.Pseudonym(1, "")
	if a != salt(1, 1) || a == salt(1, 2) || a == salt(2, 1) || a == [32]byte{} {
		t.Fatal("salts must be stable, and differ by leaf and person")
	}
	if p != w.Pseudonym(1, "") || p == w.Pseudonym(2, "") || p == w.Pseudonym(1, "adverts") {
		t.Fatal("pseudonyms must be stable, and differ by person and audience")
	}
	w.restart()
	if a != salt(1, 1) || p != w.Pseudonym(1, "") {
		t.Fatal("a restart changed a salt or a pseudonym")
	}
	must(t, w.ring.AddPolicy(t.Context(), "astral", start()))
	other, err := w.ring.Vault(t.Context(), "astral", vault.Options{})
	must(t, err)
	if p == other.Pseudonym(1, "") {
		t.Fatal("two policies know a person by one pseudonym")
	}
	must(t, other.Close())
}

func TestLogSeed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	seed, err := w.ring.LogSeed(t.Context(), policy)
	must(t, err)
	again, err := w.ring.LogSeed(t.Context(), policy)
	must(t, err)
	if seed.Len() != ed25519.SeedSize || !seed.Equal(again) {
		t.Fatal("the log seed is not a stable Ed25519 seed")
	}
	if _, err := w.ring.LogSeed(t.Context(), "nobody"); err == nil {
		t.Fatal("a log seed for no policy")
	}
}

// Readers, writers and erasers at once, with a cache too small for them: whoever
// was told of an erasure sees nothing open afterwards.
func TestEraseUnderLoad(t *testing.T) {
	t.Parallel()
	w := setupSized(t, 64)
	const people = 256
	cells := make([][]byte, people+1)
	for sid := uint64(1); sid <= people; sid++ {
		w.person(sid)
		cells[sid] = w.seal(email(sid), "ada")
	}
	var erased [people + 1]atomic.Bool
	var readers sync.WaitGroup
	done := make(chan struct{})
	for r := range uint64(4) {
		readers.Go(func() {
			for i := r; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				sid := i%people + 1
				gone := erased[sid].Load()
				_, err := w.Open(nil, email(sid), cells[sid])
				if gone && !errors.Is(err, vault.ErrErased) || !gone && err != nil && !errors.Is(err, vault.ErrErased) {
					t.Errorf("person %d, erased %v: %v", sid, gone, err)
					return
				}
			}
		})
	}
	var erasers sync.WaitGroup
	for e := range uint64(4) {
		erasers.Go(func() {
			for sid := e + 1; sid <= people; sid += 4 {
				if err := w.Destroy(sid); err != nil {
					t.Error(err)
				}
				erased[sid].Store(true)
			}
		})
	}
	erasers.Wait()
	close(done)
	readers.Wait()
}
