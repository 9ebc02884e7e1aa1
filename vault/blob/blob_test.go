package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow.dev/vault"
	"avow.dev/vault/blob"
)

const chunk = 64 << 10

type world struct {
	t     testing.TB
	dir   string
	vault *vault.Vault
	*blob.Blobs
	folder *blob.Folder
}

func setup(t testing.TB) *world {
	t.Helper()
	top := t.TempDir()
	rootPath, keys := filepath.Join(top, "root.key"), filepath.Join(top, "keys")
	must(t, vault.CreateRootFile(rootPath))
	root, err := vault.OpenRootFile(rootPath)
	must(t, err)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	must(t, vault.Init(t.Context(), keys, root, now))
	ring, err := vault.Open(t.Context(), keys, root)
	must(t, err)
	must(t, ring.AddPolicy(t.Context(), "airstep", now))
	v, err := ring.Vault(t.Context(), "airstep", vault.Options{})
	must(t, err)
	t.Cleanup(func() {
		if err := errors.Join(v.Close(), ring.Close()); err != nil {
			t.Error(err)
		}
	})
	for range 2 { // numbers 1 and 2
		k, err := v.Take(t.Context())
		must(t, err)
		k.Keep()
	}
	w := &world{t: t, dir: filepath.Join(top, "blobs"), vault: v}
	w.folder, err = blob.NewFolder(w.dir)
	must(t, err)
	w.Blobs = blob.New(v, w.folder)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(size)})
	if _, err := r.Read(b); err != nil {
		panic(err) // ChaCha8 never errs
	}
	return b
}

func (w *world) put(ref blob.Ref, data []byte) {
	w.t.Helper()
	out, err := w.Create(w.t.Context(), ref)
	must(w.t, err)
	_, err = io.Copy(out, bytes.NewReader(data))
	must(w.t, err)
	must(w.t, out.Commit())
}

func (w *world) get(ref blob.Ref) ([]byte, error) {
	r, err := w.Open(w.t.Context(), ref)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	return data, errors.Join(err, r.Close())
}

func (w *world) path(id blob.ID) string {
	n := id.String()
	return filepath.Join(w.dir, n[:2], n[2:4], n)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, size := range []int{0, 1, 15, 16, 17, chunk - 17, chunk - 16, chunk - 1, chunk, chunk + 1, 2*chunk - 1, 2 * chunk, 2*chunk + 1, 5*chunk + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			ref, data := blob.Ref{SID: 1, ID: blob.NewID()}, content(size)
			w.put(ref, data)
			got, err := w.get(ref)
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes back, %v", len(got), err)
			}
			info, err := os.Stat(w.path(ref.ID))
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Fatalf("mode %v", info.Mode())
			}
		})
	}
}

func TestReadAtAnywhere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	data := content(3*chunk + 100)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(ref, data)
	r, err := w.Open(t.Context(), ref)
	must(t, err)
	plain := bytes.NewReader(data)
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.Int64Range(0, int64(len(data))+10).Draw(t, "offset")
		a := make([]byte, rapid.IntRange(0, 2*chunk).Draw(t, "length"))
		b := make([]byte, len(a))
		n, err := r.ReadAt(a, off)
		m, want := plain.ReadAt(b, off)
		if len(a) == 0 { // both answers to an empty read are allowed
			return
		}
		if n != m || !bytes.Equal(a[:n], b[:m]) || (err == nil) != (want == nil) {
			t.Fatalf("read %d at %d: %d %v, want %d %v", len(a), off, n, err, m, want)
		}
	})
	if _, err := r.ReadAt(make([]byte, 1), -1); err == nil {
		t.Fatal("a negative offset was read")
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			got := make([]byte, chunk)
			if _, err := r.ReadAt(got, int64(i)*1000); err != nil || !bytes.Equal(got, data[i*1000:i*1000+chunk]) {
				t.Errorf("concurrent read: %v", err)
			}
		})
	}
	all.Wait()
	must(t, r.Close())
}

// spoilt is what anyone with the bytes but not the key could make of an object.
func spoilt(a, b []byte) map[string][]byte {
	const header, sealed = 62, chunk + 16
	at := func(x []byte, i int) []byte { return x[header+i*sealed : min(len(x), header+(i+1)*sealed)] }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	flip := func(i int) []byte { c := bytes.Clone(a); c[i] ^= 1; return c }
	head := a[:header]
	return map[string][]byte{
		"empty file":                    {},
		"header alone":                  head,
		"cut by a byte":                 a[:len(a)-1],
		"cut between chunks":            a[:header+2*sealed],
		"cut to the first chunk":        a[:header+sealed],
		"cut within a chunk":            a[:header+sealed+100],
		"cut to a tag more":             a[:header+2*sealed+16],
		"longer":                        append(bytes.Clone(a), 0),
		"an empty chunk more":           append(bytes.Clone(a), make([]byte, 16)...),
		"chunks in another order":       join(head, at(a, 1), at(a, 0), at(a, 2)),
		"last chunk first":              join(head, at(a, 2), at(a, 0), at(a, 1)),
		"a chunk repeated":              join(head, at(a, 0), at(a, 0), at(a, 2)),
		"a chunk left out":              join(head, at(a, 0), at(a, 2)),
		"a chunk of another object":     join(head, at(a, 0), at(b, 1), at(a, 2)),
		"last chunk of another object":  join(head, at(a, 0), at(a, 1), at(b, 2)),
		"header of another object":      join(b[:header], a[header:]),
		"another object":                b,
		"future format":                 flip(0),
		"flipped in the cell's format":  flip(1),
		"flipped in the key":            flip(30),
		"flipped in a middle chunk":     flip(header + sealed + 5),
		"flipped in the tag of a chunk": flip(header + sealed - 1),
		"flipped at the end":            flip(len(a) - 1),
	}
}

func TestSpoiltObjectsStayShut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := blob.Ref{SID: 1, ID: blob.NewID()}, blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(a, content(2*chunk+500))
	w.put(b, content(2*chunk+501))
	fileA, err := os.ReadFile(w.path(a.ID))
	must(t, err)
	fileB, err := os.ReadFile(w.path(b.ID))
	must(t, err)
	for name, bad := range spoilt(fileA, fileB) {
		must(t, os.WriteFile(w.path(a.ID), bad, 0o600))
		if _, err := w.get(a); !errors.Is(err, blob.ErrBlob) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.WriteFile(w.path(a.ID), fileA, 0o600))
	got, err := w.get(a)
	if err != nil || !bytes.Equal(got, content(2*chunk+500)) {
		t.Fatalf("the good object: %v", err)
	}
	if _, err := w.get(blob.Ref{SID: 2, ID: a.ID}); !errors.Is(err, blob.ErrBlob) {
		t.Fatalf("as another person's: %v", err)
	}
}

// A cut is noticed when the object is opened, before a byte of it is released.
func TestCutIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(ref, content(3*chunk))
	must(t, os.Truncate(w.path(ref.ID), 62+2*(chunk+16)))
	if _, err := w.Open(t.Context(), ref); !errors.Is(err, blob.ErrBlob) {
		t.Fatal(err)
	}
}

func TestErasure(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ref, other := blob.Ref{SID: 1, ID: blob.NewID()}, blob.Ref{SID: 2, ID: blob.NewID()}
	w.put(ref, content(3*chunk))
	w.put(other, content(10))
	open, err := w.Open(t.Context(), ref)
	must(t, err)
	first := make([]byte, 10)
	_, err = open.ReadAt(first, 0)
	must(t, err)
	must(t, w.vault.Destroy(1))
	for _, off := range []int64{0, chunk} { // also the chunk that was open already
		if n, err := open.ReadAt(first, off); n != 0 || !errors.Is(err, vault.ErrErased) {
			t.Fatalf("an open reader went on after the erasure: %d %v", n, err)
		}
	}
	must(t, open.Close())
	if _, err := w.get(ref); !errors.Is(err, vault.ErrErased) {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), ref); !errors.Is(err, vault.ErrErased) {
		t.Fatal(err)
	}
	if got, err := w.get(other); err != nil || !bytes.Equal(got, content(10)) {
		t.Fatalf("someone else's: %v", err)
	}
}

// files are all files under dir with what is in them.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	}))
	return all
}

func TestPlaintextNeverTouchesTheDisk(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	out, err := w.Create(t.Context(), ref)
	must(t, err)
	canary := bytes.Repeat([]byte("canary-canary-"), 10_000) // two chunks and more
	look := func(when string) {
		for path, text := range files(t, w.dir) {
			if bytes.Contains(text, []byte("canary")) {
				t.Fatalf("%s: plaintext in %s", when, path)
			}
		}
	}
	_, err = out.Write(canary)
	must(t, err)
	look("while writing")
	must(t, out.Commit())
	look("after commit")
	if n := len(files(t, w.dir)); n != 1 {
		t.Fatalf("%d files for one object", n)
	}
}

func TestAbortAndSweepLeaveNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	out, err := w.Create(t.Context(), ref)
	must(t, err)
	_, err = out.Write(content(chunk * 2))
	must(t, err)
	must(t, out.Abort())
	must(t, out.Abort())
	if n, err := out.Write([]byte("x")); n != 0 || err == nil {
		t.Fatal("wrote after the end")
	}
	if out.Commit() == nil {
		t.Fatal("committed after the end")
	}
	if left := files(t, w.dir); len(left) != 0 {
		t.Fatalf("left behind: %d files", len(left))
	}
	// A crash leaves a file without a name in the store; it is not an object.
	crashed, err := w.Create(t.Context(), ref)
	must(t, err)
	_, err = crashed.Write(content(chunk * 2))
	must(t, err)
	if _, err := w.get(ref); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if n, err := w.folder.Sweep(time.Unix(0, 0)); n != 0 || err != nil {
		t.Fatalf("swept %d of the young, %v", n, err)
	}
	if n, err := w.folder.Sweep(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); n != 1 || err != nil {
		t.Fatalf("swept %d, %v", n, err)
	}
}

func TestIDsAreUsedOnceAndDeletedForGood(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(ref, content(100))
	if _, err := w.Create(t.Context(), ref); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("a second object under one ID: %v", err)
	}
	must(t, w.Delete(t.Context(), ref))
	must(t, w.Delete(t.Context(), ref))
	must(t, w.Delete(t.Context(), blob.Ref{SID: 1, ID: blob.NewID()}))
	if _, err := w.get(ref); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Create(gone, ref); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// failing is a store whose objects fail at the n-th write or at commit.
type failing struct {
	blob.Store
	left     int
	aborted  bool
	atCommit bool
}

func (f *failing) Create(ctx context.Context, id blob.ID) (blob.Object, error) {
	o, err := f.Store.Create(ctx, id)
	return failingObject{o, f}, err
}

type failingObject struct {
	blob.Object
	f *failing
}

var errDisk = errors.New("no space left on device")

func (o failingObject) Write(p []byte) (int, error) {
	if o.f.left--; o.f.left < 0 && !o.f.atCommit {
		return 0, errDisk
	}
	return o.Object.Write(p)
}

func (o failingObject) Commit() error {
	if o.f.atCommit {
		return errors.Join(errDisk, o.Object.Abort())
	}
	return o.Object.Commit()
}

func (o failingObject) Abort() error {
	o.f.aborted = true
	return o.Object.Abort()
}

func TestFailingStore(t *testing.T) {
	t.Parallel()
	for writes := range 5 {
		t.Run(fmt.Sprint("write ", writes), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			store := &failing{Store: w.folder, left: writes, atCommit: writes == 4}
			ref := blob.Ref{SID: 1, ID: blob.NewID()}
			out, err := blob.New(w.vault, store).Create(t.Context(), ref)
			if err == nil {
				_, werr := out.Write(content(2*chunk + 1))
				err = errors.Join(werr, out.Commit())
			}
			if !errors.Is(err, errDisk) || !store.aborted && !store.atCommit {
				t.Fatalf("aborted %v, %v", store.aborted, err)
			}
			if left := files(t, w.dir); len(left) != 0 {
				t.Fatalf("%d files left", len(left))
			}
		})
	}
}

func FuzzOpenBlob(f *testing.F) {
	w := setup(f)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(ref, content(chunk+10))
	good, err := os.ReadFile(w.path(ref.ID))
	must(f, err)
	f.Add(uint32(0), []byte{1}, uint32(len(good)))
	f.Add(uint32(62), []byte("xyz"), uint32(len(good)))
	f.Add(uint32(0), []byte{}, uint32(62+chunk+16))
	f.Fuzz(func(t *testing.T, at uint32, over []byte, size uint32) {
		bad := append(bytes.Clone(good), make([]byte, 100)...)
		copy(bad[int(at)%len(bad):], over)
		bad = bad[:int(size)%(len(bad)+1)]
		b := blob.New(w.vault, memory(bad))
		r, err := b.Open(t.Context(), ref)
		if err == nil {
			_, err = io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		}
		if (err == nil) != bytes.Equal(bad, good) {
			t.Fatalf("at %d, size %d: %v", at, size, err)
		}
		if err != nil && !errors.Is(err, blob.ErrBlob) {
			t.Fatal(err)
		}
	})
}

// memory is a store with one object, whatever is asked for.
type memory []byte

func (m memory) Create(context.Context, blob.ID) (blob.Object, error) { return nil, fs.ErrInvalid }
func (m memory) Delete(context.Context, blob.ID) error                { return fs.ErrInvalid }
func (m memory) Open(context.Context, blob.ID) (blob.Source, error) {
	return source{bytes.NewReader(m)}, nil
}

type source struct{ *bytes.Reader }

func (source) Close() error { return nil }

func BenchmarkWrite1MiB(b *testing.B) {
	w := setup(b)
	data := content(1 << 20)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		w.put(blob.Ref{SID: 1, ID: blob.NewID()}, data)
	}
}

func BenchmarkRead1MiB(b *testing.B) {
	w := setup(b)
	ref := blob.Ref{SID: 1, ID: blob.NewID()}
	w.put(ref, content(1<<20))
	r, err := w.Open(b.Context(), ref)
	must(b, err)
	buf := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.ReadAt(buf, 0); err != nil {
			b.Fatal(err)
		}
	}
	must(b, r.Close())
}
