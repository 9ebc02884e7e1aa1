package blob

import (
	"errors"
	"fmt"
	"io"
)

// Size is the length of the plaintext.
func (r *Reader) Size() int64 { return r.shape.size }

// ReadAt implements [io.ReaderAt]. For reading from front to back, put it into an
// [io.SectionReader].
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read blob: negative offset")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(p) && off < r.shape.size {
		plain, err := r.chunk(uint64(off / chunkSize))
		if err != nil {
			return n, fmt.Errorf("read blob: %w", err)
		}
		got := copy(p[n:], plain[off%chunkSize:])
		n, off = n+got, off+int64(got)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// chunk returns the plaintext of a chunk, valid until the next call.
func (r *Reader) chunk(number uint64) ([]byte, error) {
	if err := r.alive(); err != nil {
		r.forget()
		return nil, err
	}
	if r.plain != nil && r.at == number {
		return r.plain, nil
	}
	size := int64(sealedSize)
	last := number == r.shape.count-1
	if last {
		size = r.shape.size - int64(number)*chunkSize + tagSize
	}
	if r.sealed == nil {
		r.sealed = make([]byte, min(sealedSize, r.shape.size+tagSize))
	}
	sealed := r.sealed[:size]
	if err := readFull(r.source, sealed, headerSize+int64(number)*sealedSize); err != nil {
		return nil, err
	}
	room := r.plain[:0]
	r.plain = nil
	plain, err := r.chunks.open(room, number, last, sealed)
	if err != nil {
		return nil, err
	}
	if plain == nil { // an empty chunk is an opened one as well
		plain = []byte{}
	}
	r.plain, r.at = plain, number
	return plain, nil
}

func (r *Reader) forget() {
	clear(r.plain[:cap(r.plain)])
	r.plain = nil
}

// Close wipes what was opened and closes the object.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
	return r.source.Close()
}

// readFull reads exactly p. An object shorter than it was when its size was asked
// is one that was cut.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return ErrBlob
	}
	return err
}
