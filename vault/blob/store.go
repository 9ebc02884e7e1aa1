package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
)

// ID names an object. It is random and says nothing about whose it is.
type ID [16]byte

// NewID draws an ID.
func NewID() ID {
	var id ID
	rand.Read(id[:])
	return id
}

// String is the ID in 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Store keeps sealed objects; it never sees plaintext or a key.
type Store interface {
	// Create begins an object, which exists once its Commit has returned.
	Create(ctx context.Context, id ID) (Object, error)
	// Open opens an object for reading. The error for one that does not exist is
	// [io/fs.ErrNotExist].
	Open(ctx context.Context, id ID) (Source, error)
	// Delete removes an object durably. One that does not exist is removed already.
	Delete(ctx context.Context, id ID) error
}

// Object is a sealed object being written. One of Commit and Abort ends it.
type Object interface {
	io.Writer
	Commit() error // returns when the object is durable
	Abort() error  // leaves nothing behind
}

// Source is a sealed object being read. ReadAt is safe for concurrent use.
type Source interface {
	io.ReaderAt
	io.Closer
	Size() int64
}
