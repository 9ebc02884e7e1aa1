package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/vault"
	"avow.dev/vault/keyfile"
)

// memory is a disk that can be full, fail, and have its flushes wait.
type memory struct {
	mu      sync.Mutex
	bytes   []byte
	full    bool
	failing bool
	syncs   atomic.Int64
	entered chan struct{} // if set, each flush says that it began,
	leave   chan struct{} // and waits for this
	syncing atomic.Bool
	early   bool // it was closed while a flush was under way
}

func (d *memory) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := copy(p, d.bytes[min(off, int64(len(d.bytes))):]); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}

func (d *memory) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failing {
		return 0, errDisk
	}
	return copy(d.bytes[off:], p), nil
}

var errDisk = errors.New("input/output error")

func (d *memory) Reserve(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errors.New("no space left on device")
	}
	d.bytes = append(d.bytes, make([]byte, max(0, int(size)-len(d.bytes)))...)
	return nil
}

func (d *memory) Sync() error {
	d.syncing.Store(true)
	defer d.syncing.Store(false)
	if d.entered != nil {
		d.entered <- struct{}{}
		<-d.leave
	}
	d.syncs.Add(1)
	return nil
}

func (d *memory) Close() error {
	d.early = d.early || d.syncing.Load()
	return nil
}

// onMemory moves the vault's keys, of which there are none yet, to a disk in memory that has room.
func (w *world) onMemory() *memory {
	w.t.Helper()
	image, err := os.ReadFile(filepath.Join(w.dir, policy+".keys"))
	must(w.t, err)
	d := &memory{bytes: append(image, make([]byte, 64*1024)...)}
	must(w.t, w.On(d, int64(len(d.bytes))))
	return d
}

func (w *world) take() vault.SubjectKey {
	w.t.Helper()
	k, err := w.Take(w.t.Context())
	must(w.t, err)
	return k
}

// What is sealed under a key outlives the process at once, and one flush is shared by
// many keys.
func TestTakenKeyIsDurable(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := w.onMemory()
	for sid := uint64(1); sid <= 100; sid++ {
		k := w.take()
		if k.SID() != sid {
			t.Fatalf("got key %d, want %d", k.SID(), sid)
		}
		d.mu.Lock()
		live := d.bytes[4096+64*(sid-1)] == byte(keyfile.Live)
		d.mu.Unlock()
		if !live || d.syncs.Load() == 0 {
			t.Fatalf("key %d was given out and is not in the file", sid)
		}
	}
	w.Filled()
	if n := d.syncs.Load(); n > 5 { // 8, 16, 32, 64, 128
		t.Errorf("%d flushes for 100 keys", n)
	}
}

func TestGivenBackKeyIsAsNew(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.take()
	cell, err := k.Seal(nil, email(k.SID()), []byte("ada"))
	must(t, err)
	before := len(w.InStock())
	w.GiveBack(k)
	w.GiveBack(k) // which changes nothing
	if got := w.InStock(); len(got) != before+1 || got[0] != k.SID() {
		t.Fatalf("in stock: %v", got)
	}
	use := func(k vault.SubjectKey) error {
		_, opens := k.Open(nil, email(k.SID()), cell)
		_, seals := k.Seal(nil, email(k.SID()), nil)
		_, salts := k.Salt([16]byte{})
		for _, err := range []error{opens, seals, salts} {
			if !errors.Is(err, vault.ErrErased) {
				return fmt.Errorf("what was given back: %w", err)
			}
		}
		return nil
	}
	must(t, use(k))
	next := w.take()
	if next.SID() != k.SID() {
		t.Fatalf("next comes %d", next.SID())
	}
	w.GiveBack(k) // it is somebody else's now
	must(t, use(k))
	if slices.Contains(w.InStock(), next.SID()) {
		t.Fatal("whoever had a key before gave it back for who has it now")
	}
	next.Keep()
	cell, err = next.Seal(nil, email(next.SID()), []byte("bob"))
	must(t, err)
	w.wantOpen(email(next.SID()), cell, "bob")
	w.restart()
	w.wantOpen(email(next.SID()), cell, "bob")
}

func TestWhatDoesNotGoBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other := setup(t)
	kept := w.take()
	kept.Keep()
	read, err := w.Key(kept.SID())
	must(t, err)
	erased := w.take()
	must(t, w.Destroy(erased.SID()))
	settled := w.take()
	last := w.settle()
	foreign := other.take()
	made, err := vault.KeyFromBytes(policy, 2, [32]byte{1})
	must(t, err)
	for name, k := range map[string]vault.SubjectKey{"kept": kept, "read": read, "erased": erased, "of before Settle": settled, "made by nobody": made, "none": {}} {
		w.GiveBack(k)
		if got := w.InStock(); len(got) != 0 {
			t.Errorf("a key that was %s went into the stock: %v", name, got)
		}
	}
	vault.SubjectKey{}.Keep()
	if k := w.take(); k.SID() <= last || k.SID() == foreign.SID() {
		t.Errorf("key %d is given out after %d", k.SID(), last)
	}
	other.GiveBack(foreign)
	k := w.take()
	w.close()
	w.GiveBack(k)
	_, err = w.Take(t.Context())
	wantErr(t, err, keyfile.ErrClosed)
	w.open(0)
}

// A number that lies in stock, or is just being made, can be destroyed by whoever goes
// through the numbers. Nobody is given its key after.
func TestDestroyedInStock(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := w.onMemory()
	d.entered, d.leave = make(chan struct{}), make(chan struct{})
	got := make(chan vault.SubjectKey)
	go func() {
		k, err := w.Take(context.Background())
		if err != nil {
			t.Error(err)
		}
		got <- k
	}()
	<-d.entered // eight are written and not yet flushed
	gone := make(chan error)
	go func() { gone <- w.Destroy(2, 3) }()
	d.leave <- struct{}{}
	<-d.entered
	d.leave <- struct{}{}
	must(t, <-gone)
	first := <-got
	d.entered = nil
	must(t, w.Destroy(5))
	w.Filled()
	seen := []uint64{first.SID()}
	for range 20 {
		k := w.take()
		seen = append(seen, k.SID())
		if state, err := w.State(k.SID()); err != nil || state != keyfile.Live {
			t.Errorf("key %d: %v, %v", k.SID(), state, err)
		}
	}
	for _, sid := range []uint64{2, 3, 5} {
		if slices.Contains(seen, sid) {
			t.Errorf("key %d was destroyed and then given out: %v", sid, seen)
		}
	}
	// One that somebody has is revoked for them, also if it was read in between.
	k := w.take()
	_, err := w.Key(k.SID())
	must(t, err)
	must(t, w.Destroy(k.SID()))
	_, err = k.Seal(nil, email(k.SID()), nil)
	wantErr(t, err, vault.ErrErased)
}

func TestCloseWithdrawsWhatNobodyHas(t *testing.T) {
	t.Parallel()
	for _, rotated := range []bool{false, true} {
		t.Run(fmt.Sprint("rotated ", rotated), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			ada := w.person(1)
			cell, err := ada.Seal(nil, email(1), []byte("ada"))
			must(t, err)
			next := uint64(9)
			if rotated { // which withdraws too, and wraps ada's key alone
				_, err := w.RotatePolicyKey(t.Context(), start())
				must(t, err)
				done, err := w.Rewrap(t.Context(), start())
				if err != nil || done.Slots != 1 {
					t.Errorf("%+v, %v", done, err)
				}
				next = 9 + 16
			}
			back := w.take()
			spare, err := w.Slot(back.SID() + 1)
			must(t, err)
			w.GiveBack(back)
			w.restart()
			d, err := vault.Describe(w.dir)
			must(t, err)
			if p := d.Policies[0]; p.Live != 1 || p.Erased != 0 || p.Damaged != 0 {
				t.Errorf("%+v", p)
			}
			text, err := os.ReadFile(filepath.Join(w.dir, policy+".keys"))
			must(t, err)
			if bytes.Contains(text, spare.Wrapped[:]) {
				t.Error("a key that nobody has is still in the file")
			}
			w.wantOpen(email(1), cell, "ada")
			_, err = w.Key(3)
			wantErr(t, err, vault.ErrNoKey)
			if k := w.take(); k.SID() != next { // an older copy of the file has other keys under those before
				t.Errorf("key %d is given out", k.SID())
			}
		})
	}
}

// After a crash what was in stock stays in the file, and nobody is given it.
func TestCrashLeavesTheStockToNobody(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := filepath.Join(w.dir, policy+".keys")
	w.person(1)
	crashed, err := os.ReadFile(path)
	must(t, err)
	w.close()
	must(t, os.WriteFile(path, crashed, 0o600))
	w.open(0)
	if k := w.take(); k.SID() != 9 {
		t.Errorf("key %d is given out", k.SID())
	}
}

func TestFailedFilling(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := w.onMemory()
	d.bytes = d.bytes[:4096] // no room
	must(t, w.On(d, 4096))
	d.full = true
	for range 2 {
		if _, err := w.Take(t.Context()); err == nil {
			t.Fatal("a key without room for it")
		}
	}
	d.full = false
	if k := w.take(); k.SID() != 1 {
		t.Fatalf("got key %d", k.SID())
	}
	d.mu.Lock()
	d.failing = true
	d.mu.Unlock()
	var err error
	for n := 1; err == nil; n++ { // what is there serves until it is used up
		if _, err = w.Take(t.Context()); err == nil && n == 8 {
			t.Fatal("more keys than were made")
		}
	}
	for range 2 {
		_, err = w.Take(t.Context())
		wantErr(t, err, keyfile.ErrHalted)
	}
}

// Who waits for keys may give up. They are made all the same, and Close waits for that.
func TestGivingUpAndClosing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := w.onMemory()
	d.entered, d.leave = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	got := make(chan error)
	go func() { _, err := w.Take(ctx); got <- err }()
	<-d.entered
	cancel(gone)
	wantErr(t, <-got, gone)
	closed := make(chan error)
	go func() { closed <- w.Vault.Close() }()
	d.leave <- struct{}{}
	<-d.entered // of the withdrawal
	d.leave <- struct{}{}
	must(t, <-closed)
	if d.early {
		t.Error("the file was closed while keys were being made")
	}
	for sid := range 8 {
		if b := d.bytes[4096+64*sid:][:64]; b[0] != byte(keyfile.Withdrawn) || !bytes.Equal(b[1:], make([]byte, 63)) {
			t.Errorf("slot %d: %x", sid+1, b)
		}
	}
	_, err := w.Take(t.Context())
	wantErr(t, err, keyfile.ErrClosed)
}

// Property: whatever happens at the same time, no key is with two holders, and one that
// was kept is its holder's for good.
func TestNoKeyIsWithTwo(t *testing.T) {
	t.Parallel()
	w := setupSized(t, 64)
	var holders, kept sync.Map // by number
	var givers, others sync.WaitGroup
	stop := make(chan struct{})
	for range 12 {
		givers.Go(func() {
			for i := range 80 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%9 == 0 {
					cancel()
				}
				k, err := w.Take(ctx)
				cancel()
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					continue
				}
				if _, two := holders.LoadOrStore(k.SID(), true); two {
					t.Errorf("key %d is with two", k.SID())
				}
				cell, err := k.Seal(nil, email(k.SID()), []byte("ada"))
				if err != nil {
					t.Error(err)
				}
				switch rand.IntN(3) {
				case 0:
					k.Keep()
					kept.Store(k.SID(), cell)
				case 1:
					k.Keep()
					if err := w.Destroy(k.SID()); err != nil {
						t.Error(err)
					}
				default:
					holders.Delete(k.SID())
				}
				w.GiveBack(k)
			}
		})
	}
	aside := func(do func() error) {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := do(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	aside(func() error {
		_, err := w.RotatePolicyKey(t.Context(), start())
		if err == nil {
			_, err = w.Rewrap(t.Context(), start())
		}
		return err
	})
	aside(func() error { // as one does who looks for strays
		for _, sid := range w.InStock() {
			if _, err := w.Key(sid); err != nil && !errors.Is(err, vault.ErrErased) && !errors.Is(err, vault.ErrNoKey) {
				return err
			}
		}
		return nil
	})
	var settled atomic.Int64
	aside(func() error {
		if settled.Add(1)%50 != 0 {
			return nil
		}
		_, err := w.Settle(0)
		return err
	})
	givers.Wait()
	close(stop)
	others.Wait()
	w.restart()
	highest := uint64(0)
	holders.Range(func(sid, _ any) bool {
		highest = max(highest, sid.(uint64))
		cell, ok := kept.Load(sid)
		if !ok {
			_, err := w.Key(sid.(uint64))
			wantErr(t, err, vault.ErrErased)
			return true
		}
		w.wantOpen(email(sid.(uint64)), cell.([]byte), "ada")
		return true
	})
	if k := w.take(); k.SID() <= highest {
		t.Errorf("key %d is given out again", k.SID())
	}
}

// Data may name numbers that the key file does not know.
func TestSettlePassesOverWhatIsNamed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	last, err := w.Settle(1000)
	must(t, err)
	if k := w.take(); last != 8 || k.SID() != 1001 {
		t.Errorf("settled at %d, then key %d", last, k.SID())
	}
	last, err = w.Settle(1 << 60) // no number of ours
	must(t, err)
	if k := w.take(); k.SID() != last+1 {
		t.Errorf("after %d comes key %d", last, k.SID())
	}
}
