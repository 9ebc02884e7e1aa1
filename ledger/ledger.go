// Package ledger is the append-only tree of one log: it seals leaves, proves them, and lets anyone check both offline.
//
// The tree is that of RFC 6962 section 2.1. What leaves this package follows the C2SP specifications tlog-tiles,
// tlog-checkpoint, signed-note and tlog-proof, so that tools which know nothing of Avow can read, mirror and check a log.
//
// A leaf is opaque here. The package keeps no rows and reads no clock: the store implements [Reader] and writes what
// [Sealer.Seal] returns in one transaction. A log has one name, its origin, which is also the name of its signing key.
package ledger

import (
	"context"
	"errors"
)

const (
	// TileWidth is the number of hashes in a full tile, and of leaves in a full entry bundle (C2SP tlog-tiles).
	TileWidth = 256
	// MaxLeaf is the longest leaf in bytes: an entry bundle has 16 bits for the length.
	MaxLeaf = 1<<16 - 1

	tileHeight = 8
	tileBytes  = TileWidth * HashSize
	// A size is below 2^63, so a tree has at most 63 heights of complete subtrees, in 8 levels of tiles.
	maxHeight = 63
	maxLevels = 8
)

// The reasons for which this package refuses; test for them with [errors.Is].
var (
	// ErrNotFound says that a well-formed path names nothing in the log at its present size.
	ErrNotFound = errors.New("no such resource in this log")
	// ErrPath says that a path is not one that C2SP tlog-tiles defines.
	ErrPath = errors.New("malformed log path")
	// ErrCheckpoint says that a checkpoint is not written as C2SP tlog-checkpoint demands.
	ErrCheckpoint = errors.New("malformed checkpoint")
	// ErrSignature says that no trusted key signed the checkpoint, or that a trusted key's signature is wrong.
	ErrSignature = errors.New("checkpoint not signed by a trusted key")
	// ErrOrigin says that a checkpoint or key belongs to another log.
	ErrOrigin = errors.New("checkpoint of another log")
	// ErrReceipt says that a receipt is not written as C2SP tlog-proof demands.
	ErrReceipt = errors.New("malformed receipt")
	// ErrProof says that a proof does not lead from what was claimed to the root.
	ErrProof = errors.New("proof does not verify")
	// ErrCorrupt says that stored leaves, tiles and checkpoint contradict each other.
	ErrCorrupt = errors.New("log contradicts itself")
	// ErrOlder says that a log is smaller than a checkpoint already seen: it was rolled back, or a stale copy is shown.
	ErrOlder = errors.New("log is older than a known checkpoint")
	// ErrForked says that a log and a checkpoint already seen have different histories.
	ErrForked = errors.New("log is forked from a known checkpoint")
	// ErrLeafTooLong says that a leaf is longer than [MaxLeaf].
	ErrLeafTooLong = errors.New("leaf longer than 65535 bytes")
	// ErrPending says that the sealer still waits to hear what became of its last batch.
	ErrPending = errors.New("previous batch neither committed nor rolled back")
	// ErrKey says that a key or its name is not usable for a log.
	ErrKey = errors.New("unusable log key")
)

// A Reader gives access to the stored rows of one log.
//
// Both methods read by primary key. What they return for a given argument never changes, except that the last tile of
// an upper level grows at its end. The caller treats the returned slices as read-only and may keep them.
type Reader interface {
	// Tile returns the stored hashes of tile n at level: 8192 bytes for a full tile. At level 1 and above the last tile
	// may be shorter; it holds at least what every sealed size up to the present needs. Level 0 is asked for full tiles
	// only. The error for a missing tile is the store's own.
	Tile(ctx context.Context, level int, n int64) ([]byte, error)
	// Leaves returns the bodies of the leaves from ≤ index < to, in order, all of them or an error.
	// At most 256 are asked for at once.
	Leaves(ctx context.Context, from, to int64) ([][]byte, error)
}
