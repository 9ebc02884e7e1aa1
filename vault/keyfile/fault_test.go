package keyfile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"avow.dev/vault/keyfile"
)

func none(int) bool { return false }

func TestAFailedWriteOrFlushStopsTheFile(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		for at, what := range []string{"zeroing", "flush of zeros", "write", "flush"} {
			t.Run(fmt.Sprintf("%s, effect %v", what, effect), func(t *testing.T) {
				t.Parallel()
				d := newFaulty(image(t))
				f := on(t, d)
				d.failAt, d.effect = at+1, effect
				err := f.Put(slot(1, 1))
				wantErr(t, err, errDisk)
				if strings.Contains(err.Error(), "failed to") {
					t.Errorf("error text: %v", err)
				}
				again := f.Put(slot(2, 2))
				if what == "zeroing" { // nothing of value was touched
					if again != nil {
						t.Fatalf("no room once, and refused for ever: %v", again)
					}
					return
				}
				wantErr(t, again, keyfile.ErrHalted)
				wantErr(t, f.Destroy(2), keyfile.ErrHalted)
				// After the restart the file opens and takes changes.
				back := on(t, newFaulty(d.crash(none)))
				switch _, err := back.Get(1); {
				case err == nil, errors.Is(err, keyfile.ErrEmpty): // either is honest after an error
				default:
					t.Fatal(err)
				}
				put(t, back, slot(7, 7))
			})
		}
	}
}

func TestDestroyThatCouldNotBeFlushedIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		d := newFaulty(image(t))
		f := on(t, d)
		put(t, f, slot(1, 1))
		d.failAt, d.effect = d.ops+2, effect // the flush
		wantErr(t, f.Destroy(1), errDisk)
		wantErr(t, get(f, 1), keyfile.ErrDestroyed) // fails closed in memory
		back := on(t, newFaulty(d.crash(none)))
		if err := back.Destroy(1); err != nil { // and the second try ends it
			t.Fatal(err)
		}
		wantErr(t, get(back, 1), keyfile.ErrDestroyed)
	}
}

func TestWithdrawalThatCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		for at, what := range []string{"write", "flush"} {
			d := newFaulty(image(t))
			f := on(t, d)
			put(t, f, slot(1, 1), slot(2, 2))
			d.failAt, d.effect = d.ops+at+1, effect
			n, err := f.Withdraw(slot(1, 1))
			if n != 0 || !errors.Is(err, errDisk) {
				t.Fatalf("%s: withdrew %d, %v", what, n, err)
			}
			wantErr(t, f.Put(slot(3, 3)), keyfile.ErrHalted)
			_, err = f.Withdraw(slot(2, 2))
			wantErr(t, err, keyfile.ErrHalted)
			back := on(t, newFaulty(d.crash(none)))
			if err := get(back, 1); err != nil && !errors.Is(err, keyfile.ErrEmpty) { // either is honest after an error
				t.Fatalf("%s: %v", what, err)
			}
			wantSlot(t, back, slot(2, 2))
			if back.Max() != 2 {
				t.Fatalf("%s: highest number %d", what, back.Max())
			}
		}
	}
}

func TestAFullDiskStillDestroys(t *testing.T) {
	t.Parallel()
	d := newFaulty(image(t))
	f := on(t, d)
	put(t, f, slot(1, 1))
	d.full = true
	if err := f.Put(slot(1<<19, 1)); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("put on a full disk: %v", err)
	}
	if err := f.Destroy(1); err != nil {
		t.Fatalf("a full disk must not keep a person from being erased: %v", err)
	}
}

// model is what the callers were told.
type model struct {
	live      map[uint64]keyfile.Slot
	destroyed map[uint64]bool
	withdrawn map[uint64]bool
	unsure    map[uint64]bool
}

// Property: after a power cut at any operation, with any subset of the unflushed
// sectors on the disk, every acknowledged key can be read and every acknowledged
// destruction stands.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	empty := image(t)
	rapid.Check(t, func(t *rapid.T) {
		d := newFaulty(empty)
		f, err := keyfile.On(d, int64(len(d.cache)), policy)
		if err != nil {
			t.Fatal(err)
		}
		d.failAt = rapid.IntRange(1, 30).Draw(t, "fails at")
		d.effect = rapid.Bool().Draw(t, "with effect")
		m := model{live: map[uint64]keyfile.Slot{}, destroyed: map[uint64]bool{}, withdrawn: map[uint64]bool{}, unsure: map[uint64]bool{}}
		for i := range rapid.IntRange(1, 16).Draw(t, "steps") {
			sid := rapid.Uint64Range(1, 24).Draw(t, "sid")
			m.step(f, sid, byte(i), rapid.SampledFrom([]string{"put", "destroy", "rewrap", "withdraw"}).Draw(t, "what"))
		}
		image := d.crash(func(int) bool { return rapid.Bool().Draw(t, "sector survives") })
		back, err := keyfile.On(newFaulty(image), int64(len(image)), policy)
		if err != nil {
			t.Fatal(err)
		}
		m.check(t, back)
	})
}

func (m *model) step(f *keyfile.File, sid uint64, fill byte, what string) {
	fresh := slot(sid, fill)
	var err error
	switch what {
	case "put":
		if err = f.Put(fresh); err == nil {
			m.live[sid] = fresh
		}
	case "destroy":
		if err = f.Destroy(sid); err == nil {
			delete(m.live, sid)
			delete(m.withdrawn, sid)
			m.destroyed[sid] = true
		}
	case "rewrap":
		old, have := m.live[sid]
		if !have {
			return
		}
		var n int
		n, err = f.Replace(keyfile.Swap{Old: old, New: fresh})
		if n == 1 {
			m.live[sid] = fresh
		}
	}
	if what == "withdraw" {
		old, have := m.live[sid]
		if !have {
			old = fresh // which does not stand there
		}
		var n int
		if n, err = f.Withdraw(old); n == 1 {
			delete(m.live, sid)
			m.withdrawn[sid] = true
		}
	}
	if errors.Is(err, errDisk) {
		m.unsure[sid] = true
	}
}

func (m *model) check(t *rapid.T, f *keyfile.File) {
	for sid, want := range m.live {
		got, err := f.Get(sid)
		if !m.unsure[sid] && (err != nil || got != want) {
			t.Fatalf("acknowledged key %d: %v %v", sid, got, err)
		}
		if err != nil && !errors.Is(err, keyfile.ErrDestroyed) && !errors.Is(err, keyfile.ErrEmpty) {
			t.Fatalf("key %d of an unacknowledged change: %v", sid, err)
		}
	}
	for sid := range m.withdrawn {
		if _, err := f.Get(sid); !m.unsure[sid] && !errors.Is(err, keyfile.ErrEmpty) {
			t.Fatalf("acknowledged withdrawal of %d: %v", sid, err)
		}
		if err := f.Put(slot(sid, 1)); !errors.Is(err, keyfile.ErrDestroyed) {
			t.Fatalf("withdrawn number %d again: %v", sid, err)
		}
	}
	for sid := range m.destroyed {
		if _, err := f.Get(sid); !errors.Is(err, keyfile.ErrDestroyed) {
			t.Fatalf("acknowledged destruction of %d: %v", sid, err)
		}
	}
}

func TestRewrapResumes(t *testing.T) {
	t.Parallel()
	const people = 20
	for stop := range people + 1 {
		t.Run(fmt.Sprint("after ", stop), func(t *testing.T) {
			t.Parallel()
			f := open(t, create(t))
			for sid := uint64(1); sid <= people; sid++ {
				put(t, f, slot(sid, 1))
			}
			if err := f.Destroy(3); err != nil {
				t.Fatal(err)
			}
			wrapped := 0
			wrap := func(s keyfile.Slot) (keyfile.Slot, error) {
				wrapped++
				s.Epoch, s.Wrapped[0] = 2, 0xee
				return s, nil
			}
			ctx, cancel := context.WithCancel(t.Context())
			first, err := f.Rewrap(ctx, 1, keyfile.MaxSID, 2, func(s keyfile.Slot) (keyfile.Slot, error) {
				if wrapped == stop {
					cancel()
				}
				return wrap(s)
			})
			if stop < people-2 {
				wantErr(t, err, context.Canceled)
			}
			second, err := f.Rewrap(t.Context(), 1, keyfile.MaxSID, 2, wrap)
			cancel()
			if err != nil || first+second != people-1 || wrapped != people-1 {
				t.Fatalf("rewrapped %d + %d, wrapped %d times, %v", first, second, wrapped, err)
			}
			for s, err := range f.All() {
				if err != nil || s.Epoch != 2 || s.Wrapped[0] != 0xee {
					t.Fatalf("slot %d: %v %v", s.SID, s, err)
				}
			}
			wantErr(t, get(f, 3), keyfile.ErrDestroyed)
		})
	}
}

func TestRewrapPassesOverDamage(t *testing.T) {
	t.Parallel()
	d := newFaulty(image(t))
	f := on(t, d)
	put(t, f, slot(1, 1), slot(2, 2), slot(3, 3))
	d.cache[4096+64+3] = 1
	n, err := f.Rewrap(t.Context(), 1, 3, 2, func(s keyfile.Slot) (keyfile.Slot, error) { s.Epoch = 2; return s, nil })
	if n != 2 || !errors.Is(err, keyfile.ErrDamaged) || !strings.Contains(err.Error(), "slot 2") {
		t.Fatalf("rewrapped %d, %v", n, err)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	path := create(t)
	f := open(t, path) // stays open: Inspect needs no lock
	second := slot(4, 4)
	second.Epoch = 300
	put(t, f, slot(1, 1), slot(2, 2), slot(3, 3), second)
	if err := f.Destroy(2); err != nil {
		t.Fatal(err)
	}
	owner, c, err := keyfile.Inspect(path)
	if err != nil || owner != policy || c.Live[1] != 2 || c.Live[300] != 1 || c.Destroyed != 1 || c.Damaged != 0 {
		t.Fatalf("%s %+v %v", owner, c, err)
	}
}

func FuzzSlot(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add([]byte{0x4b, 0, 1, 0, 9}, uint16(0))
	f.Add([]byte{0xd8}, uint16(0))
	f.Add([]byte{0x4b, 0, 1, 1}, uint16(4))
	empty := image(f)
	f.Fuzz(func(t *testing.T, raw []byte, headerAt uint16) {
		whole := append(append([]byte{}, empty...), make([]byte, 64)...)
		copy(whole[4096:], raw)
		file, err := keyfile.On(newFaulty(whole), int64(len(whole)), policy)
		if err != nil {
			t.Fatal(err)
		}
		got, err := file.Get(1)
		if err == nil {
			// What reads as a key must be written back byte for byte.
			d := newFaulty(empty)
			twin := on(t, d)
			put(t, twin, got)
			if string(d.cache[4096:4160]) != string(whole[4096:]) {
				t.Fatalf("slot %x reads as %v and is written as %x", whole[4096:], got, d.cache[4096:4160])
			}
		}
		// Any change to the header is refused.
		if n := int(headerAt) % 4096; len(raw) > 0 && whole[n] != raw[0] {
			whole[n] = raw[0]
			if _, err := keyfile.On(newFaulty(whole), int64(len(whole)), policy); err == nil {
				t.Fatalf("header with byte %d = %x was taken", n, raw[0])
			}
		}
	})
}
