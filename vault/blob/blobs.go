package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"avow.dev/vault"
)

// Keys seals and opens the key of an object under its subject's; a [vault.Vault].
type Keys interface {
	Policy() string
	Seal(dst []byte, a vault.Address, plaintext []byte) ([]byte, error)
	Open(dst []byte, a vault.Address, cell []byte) ([]byte, error)
}

// Blobs are the large objects of one policy.
type Blobs struct {
	keys  Keys
	store Store
}

// New joins the keys of a policy with a store.
func New(keys Keys, store Store) *Blobs { return &Blobs{keys: keys, store: store} }

// Delete removes an object from the store.
func (b *Blobs) Delete(ctx context.Context, ref Ref) error { return b.store.Delete(ctx, ref.ID) }

// Writer seals an object as it is written. It is not for concurrent use. One of
// Commit and Abort ends it.
type Writer struct {
	object Object
	chunks chunks
	number uint64
	plain  []byte // what the next chunk has so far
	sealed []byte
	err    error // sticky
}

var errEnded = errors.New("write blob: the object was ended")

// Create begins an object of a subject whose key is durable.
func (b *Blobs) Create(ctx context.Context, ref Ref) (*Writer, error) {
	key := make([]byte, keySize)
	rand.Read(key)
	defer clear(key)
	header, err := b.keys.Seal([]byte{format}, ref.keyAddress(), key)
	if err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	c, err := newChunks(key, b.keys.Policy(), ref)
	if err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	object, err := b.store.Create(ctx, ref.ID)
	if err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	if _, err := object.Write(header); err != nil {
		return nil, errors.Join(fmt.Errorf("create blob: %w", err), object.Abort())
	}
	return &Writer{object: object, chunks: c, plain: make([]byte, 0, chunkSize)}, nil
}

// Write implements [io.Writer]. What it returns as written is taken, not durable.
func (w *Writer) Write(p []byte) (int, error) {
	taken := 0
	for w.err == nil && taken < len(p) {
		if len(w.plain) == chunkSize { // and more to come: not the last
			w.flush(false)
			continue
		}
		n := min(chunkSize-len(w.plain), len(p)-taken)
		w.plain = append(w.plain, p[taken:taken+n]...)
		taken += n
	}
	return taken, w.err
}

func (w *Writer) flush(last bool) {
	w.sealed = w.chunks.seal(w.sealed[:0], w.number, last, w.plain)
	clear(w.plain)
	w.plain = w.plain[:0]
	w.number++
	if _, err := w.object.Write(w.sealed); err != nil {
		w.err = fmt.Errorf("write blob: %w", err)
	}
}

// Commit seals the rest and returns when the object is durable. After an error
// there is no object.
func (w *Writer) Commit() error {
	if w.err == nil {
		w.flush(true)
	}
	if err := w.err; err != nil {
		return errors.Join(err, w.Abort())
	}
	w.err = errEnded
	if err := w.object.Commit(); err != nil {
		return fmt.Errorf("write blob: %w", err)
	}
	return nil
}

// Abort gives the object up. After Commit it does nothing.
func (w *Writer) Abort() error {
	if errors.Is(w.err, errEnded) {
		return nil
	}
	w.err = errEnded
	clear(w.plain[:cap(w.plain)])
	if err := w.object.Abort(); err != nil {
		return fmt.Errorf("abort blob: %w", err)
	}
	return nil
}

// Reader opens an object chunk by chunk. It is safe for concurrent use.
type Reader struct {
	source Source
	chunks chunks
	shape  shape
	alive  func() error // whether the subject still has the key

	mu     sync.Mutex
	at     uint64 // number of the chunk in plain
	plain  []byte // opened last; nil if none
	sealed []byte
}

// Open opens an object. It opens the last chunk at once, and so refuses one that
// was cut before anything of it is read. The errors are [ErrBlob],
// [vault.ErrErased], [io/fs.ErrNotExist] and what the store says.
func (b *Blobs) Open(ctx context.Context, ref Ref) (*Reader, error) {
	source, err := b.store.Open(ctx, ref.ID)
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	r, err := b.open(source, ref)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open blob: %w", err), source.Close())
	}
	return r, nil
}

func (b *Blobs) open(source Source, ref Ref) (*Reader, error) {
	s, err := shapeOf(source.Size())
	if err != nil {
		return nil, err
	}
	header := make([]byte, headerSize)
	if err := readFull(source, header, 0); err != nil {
		return nil, err
	}
	if header[0] != format {
		return nil, ErrBlob
	}
	key, err := b.openKey(ref, header)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	c, err := newChunks(key, b.keys.Policy(), ref)
	if err != nil {
		return nil, ErrBlob
	}
	r := &Reader{source: source, chunks: c, shape: s}
	r.alive = func() error {
		key, err := b.openKey(ref, header)
		clear(key)
		return err
	}
	_, err = r.chunk(s.count - 1)
	return r, err
}

func (b *Blobs) openKey(ref Ref, header []byte) ([]byte, error) {
	key, err := b.keys.Open(nil, ref.keyAddress(), header[1:])
	if errors.Is(err, vault.ErrCell) {
		return nil, ErrBlob
	}
	return key, err
}
