package keyfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"avow.dev/vault/keyfile"
)

const policy = "airstep"

func slot(sid uint64, fill byte) keyfile.Slot {
	s := keyfile.Slot{SID: sid, Epoch: 1}
	for i := range s.Nonce {
		s.Nonce[i] = fill
	}
	for i := range s.Wrapped {
		s.Wrapped[i] = fill ^ byte(sid)
	}
	return s
}

func create(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "airstep.keys")
	if err := keyfile.Create(path, policy); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *keyfile.File {
	t.Helper()
	f, err := keyfile.Open(path, policy)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// image is an empty key file as bytes.
func image(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(create(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func on(t testing.TB, d *faulty) *keyfile.File {
	t.Helper()
	f, err := keyfile.On(d, int64(len(d.cache)), policy)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t testing.TB, f *keyfile.File, slots ...keyfile.Slot) {
	t.Helper()
	if err := f.Put(slots...); err != nil {
		t.Fatal(err)
	}
}

func wantSlot(t testing.TB, f *keyfile.File, want keyfile.Slot) {
	t.Helper()
	got, err := f.Get(want.SID)
	if err != nil || got != want {
		t.Fatalf("slot %d: got %v, %v", want.SID, got, err)
	}
}

func wantErr(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func get(f *keyfile.File, sid uint64) error {
	_, err := f.Get(sid)
	return err
}

func TestLifeOfASlot(t *testing.T) {
	t.Parallel()
	path := create(t)
	f := open(t, path)
	wantErr(t, get(f, 1), keyfile.ErrEmpty)
	put(t, f, slot(1, 0xaa), slot(2, 0xbb), slot(3, 0xcc))
	wantSlot(t, f, slot(2, 0xbb))
	wantErr(t, f.Put(slot(2, 0xdd)), keyfile.ErrTaken)
	wantErr(t, f.Put(slot(4, 1), slot(1, 1)), keyfile.ErrTaken)
	wantErr(t, f.Put(slot(4, 1), slot(4, 1)), keyfile.ErrTaken)
	wantErr(t, get(f, 4), keyfile.ErrEmpty) // all or none
	if err := f.Destroy(2); err != nil {
		t.Fatal(err)
	}
	if err := f.Destroy(2, 5); err != nil { // again, and one never written
		t.Fatal(err)
	}
	check := func(f *keyfile.File) {
		wantErr(t, get(f, 2), keyfile.ErrDestroyed)
		wantErr(t, get(f, 5), keyfile.ErrDestroyed)
		wantErr(t, get(f, 4), keyfile.ErrEmpty)
		wantErr(t, f.Put(slot(2, 0xdd)), keyfile.ErrDestroyed)
		wantErr(t, f.Put(slot(5, 0xdd)), keyfile.ErrDestroyed)
		wantSlot(t, f, slot(1, 0xaa))
		wantSlot(t, f, slot(3, 0xcc))
		if f.Max() != 5 {
			t.Fatalf("highest number %d, want 5", f.Max())
		}
	}
	check(f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, get(f, 1), keyfile.ErrClosed)
	wantErr(t, f.Put(slot(9, 9)), keyfile.ErrClosed)
	check(open(t, path))
}

func TestDestroyedKeyIsNowhereInTheFile(t *testing.T) {
	t.Parallel()
	path := create(t)
	f := open(t, path)
	victim := slot(2, 0x5e)
	put(t, f, slot(1, 1), victim, slot(3, 3))
	before, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(before, victim.Wrapped[:]) {
		t.Fatalf("the key was never in the file (%v): the test proves nothing", err)
	}
	if err := f.Destroy(2); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || bytes.Contains(after, victim.Wrapped[:8]) || bytes.Contains(after, victim.Nonce[:]) {
		t.Fatalf("the destroyed key can still be read from the file (%v)", err)
	}
}

func TestNumbersOutsideTheRange(t *testing.T) {
	t.Parallel()
	f := open(t, create(t))
	for _, sid := range []uint64{0, keyfile.MaxSID + 1, 1 << 63, keyfile.MaxSID, 1<<20 + 1} {
		if err := f.Put(slot(sid, 1)); err == nil {
			t.Errorf("number %d was taken", sid)
		}
		if err := f.Destroy(sid); err == nil {
			t.Errorf("number %d was destroyed", sid)
		}
	}
	wantErr(t, get(f, keyfile.MaxSID), keyfile.ErrEmpty)
	if get(f, 0) == nil || get(f, keyfile.MaxSID+1) == nil {
		t.Error("a number out of range was read")
	}
	noEpoch := slot(1, 1)
	noEpoch.Epoch = 0
	if f.Put(noEpoch) == nil {
		t.Error("a slot without an epoch was taken")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	header := func(change func(b []byte)) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			change(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	cut := func(n int64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.Truncate(path, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := map[string]struct {
		spoil func(*testing.T, string)
		want  string
	}{
		"no file": {func(t *testing.T, p string) {
			if err := os.Remove(p); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		"empty file":     {cut(0), "not a header and whole slots"},
		"half a header":  {cut(100), "not a header and whole slots"},
		"half a slot":    {cut(4096 + 100), "not a header and whole slots"},
		"wrong magic":    {header(func(b []byte) { b[0] = 'X' }), "not a subject key file"},
		"future format":  {header(func(b []byte) { b[19] = 2 }), "format 2"},
		"damaged name":   {header(func(b []byte) { b[27] ^= 1 }), "damaged"},
		"damaged zeros":  {header(func(b []byte) { b[2000] = 1 }), "damaged"},
		"damaged sum":    {header(func(b []byte) { b[4095] ^= 1 }), "damaged"},
		"open to others": {func(t *testing.T, p string) { mustChmod(t, p, 0o644) }, "open to other users"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := create(t)
			c.spoil(t, path)
			_, err := keyfile.Open(path, policy)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

func mustChmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesAnotherPolicyAndASecondHolder(t *testing.T) {
	t.Parallel()
	path := create(t)
	if _, err := keyfile.Open(path, "astral"); err == nil || !strings.Contains(err.Error(), `belongs to policy "airstep"`) {
		t.Fatalf("another policy: %v", err)
	}
	open(t, path)
	if _, err := keyfile.Open(path, policy); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("second holder: %v", err)
	}
	if err := keyfile.Create(path, policy); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("create over a file: %v", err)
	}
	if err := keyfile.Create(filepath.Join(t.TempDir(), "x"), strings.Repeat("p", 256)); err == nil {
		t.Fatal("a policy name too long for the header was taken")
	}
}

// Whatever one flips in a slot, the slot either still names a key of the same
// shape (which then does not unwrap) or is refused; it never reads as empty.
func TestDamagedSlot(t *testing.T) {
	t.Parallel()
	d := newFaulty(image(t))
	f := on(t, d)
	put(t, f, slot(1, 1), slot(2, 2), slot(3, 3))
	if err := f.Destroy(2); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Withdraw(slot(3, 3)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	for at := 4096; at < 4096+192; at++ {
		for bit := range 8 {
			d.cache[at] ^= 1 << bit
			sid := uint64(at-4096)/64 + 1
			got, err := f.Get(sid)
			if sid == 1 && err == nil && got == slot(1, 1) || errors.Is(err, keyfile.ErrEmpty) {
				t.Fatalf("byte %d bit %d went unnoticed: %v", at, bit, err)
			}
			if sid > 1 && !errors.Is(err, keyfile.ErrDamaged) {
				t.Fatalf("byte %d bit %d of slot %d: %v", at, bit, sid, err)
			}
			d.cache[at] ^= 1 << bit
		}
	}
	d.cache[4096] = 9
	wantErr(t, get(f, 1), keyfile.ErrDamaged)
	wantErr(t, f.Put(slot(1, 7)), keyfile.ErrDamaged)
	if err := f.Destroy(1); err != nil { // erasing works on what cannot be read
		t.Fatal(err)
	}
	wantErr(t, get(f, 1), keyfile.ErrDestroyed)
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	path, victim := create(t), slot(4, 0x5e)
	f := open(t, path)
	put(t, f, slot(1, 1), slot(2, 2), slot(3, 3), victim)
	rewrapped := slot(2, 9)
	rewrapped.Epoch = 2
	if _, err := f.Replace(keyfile.Swap{Old: slot(2, 2), New: rewrapped}); err != nil {
		t.Fatal(err)
	}
	if err := f.Destroy(3); err != nil {
		t.Fatal(err)
	}
	n, err := f.Withdraw(slot(2, 2), slot(3, 3), victim, slot(5, 5), keyfile.Slot{SID: 6})
	if err != nil || n != 1 {
		t.Fatalf("withdrew %d, %v", n, err)
	}
	if n, err := f.Withdraw(); err != nil || n != 0 {
		t.Fatalf("withdrew %d of none, %v", n, err)
	}
	if n, err := f.Withdraw(victim); err != nil || n != 0 {
		t.Fatalf("withdrew %d again, %v", n, err)
	}
	check := func(f *keyfile.File) {
		t.Helper()
		wantSlot(t, f, slot(1, 1))
		wantSlot(t, f, rewrapped)
		wantErr(t, get(f, 3), keyfile.ErrDestroyed)
		wantErr(t, get(f, 4), keyfile.ErrEmpty)
		wantErr(t, f.Put(slot(4, 7)), keyfile.ErrDestroyed) // numbers are used once
		if f.Max() != 4 {
			t.Fatalf("highest number %d, want 4", f.Max())
		}
		for s, err := range f.All() {
			if err != nil || s.SID > 2 {
				t.Fatalf("slot %d is live: %v", s.SID, err)
			}
		}
	}
	check(f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = f.Withdraw(slot(1, 1))
	wantErr(t, err, keyfile.ErrClosed)
	text, err := os.ReadFile(path)
	if err != nil || bytes.Contains(text, victim.Wrapped[:8]) {
		t.Fatalf("the withdrawn key can still be read from the file (%v)", err)
	}
	_, c, err := keyfile.Inspect(path)
	if err != nil || c.Live[1] != 1 || c.Live[2] != 1 || c.Destroyed != 1 || c.Damaged != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	f = open(t, path)
	check(f)
	if err := f.Destroy(4); err != nil { // as anything can be
		t.Fatal(err)
	}
	wantErr(t, get(f, 4), keyfile.ErrDestroyed)
}

func TestReplaceNeverBringsAKeyBack(t *testing.T) {
	t.Parallel()
	f := open(t, create(t))
	put(t, f, slot(1, 1), slot(2, 2))
	if err := f.Destroy(1); err != nil {
		t.Fatal(err)
	}
	next := func(s keyfile.Slot) keyfile.Slot { s.Epoch = 2; return s }
	n, err := f.Replace(keyfile.Swap{Old: slot(1, 1), New: next(slot(1, 9))}, keyfile.Swap{Old: slot(2, 2), New: next(slot(2, 9))})
	if err != nil || n != 1 {
		t.Fatalf("replaced %d, %v", n, err)
	}
	wantErr(t, get(f, 1), keyfile.ErrDestroyed)
	wantSlot(t, f, next(slot(2, 9)))
	if _, err := f.Replace(keyfile.Swap{Old: slot(2, 2), New: slot(3, 2)}); err == nil {
		t.Fatal("a swap between two numbers was taken")
	}
}

func TestManyCallersShareOneFlush(t *testing.T) {
	t.Parallel()
	empty := image(t)
	synctest.Test(t, func(t *testing.T) {
		d := newFaulty(empty)
		f := on(t, d)
		put(t, f, slot(1, 1)) // allocates
		start := d.syncs
		d.blocking = make(chan struct{})
		var all sync.WaitGroup
		caller := func(sid uint64) {
			all.Go(func() {
				if err := f.Put(slot(sid, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		caller(2)
		synctest.Wait() // its flush is under way
		for sid := uint64(3); sid <= 64; sid++ {
			caller(sid)
		}
		all.Go(func() {
			if err := f.Destroy(1); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // all others wait
		d.blocking <- struct{}{}
		d.blocking <- struct{}{}
		all.Wait()
		if n := d.syncs - start; n != 2 {
			t.Fatalf("%d flushes for one caller and then 63 at once, want 2", n)
		}
		for sid := uint64(2); sid <= 64; sid++ {
			wantSlot(t, f, slot(sid, 1))
		}
		wantErr(t, get(f, 1), keyfile.ErrDestroyed)
	})
}
