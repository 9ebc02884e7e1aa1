package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// A Sealer appends leaves to one log and signs the result.
//
// It is for one goroutine, and for whoever alone may append to the log at that time: two sealers on one log would sign
// two histories. Every [Sealer.Seal] is answered by [Sealer.Commit] or [Sealer.Rollback]; when the outcome of the
// transaction is unknown, throw the sealer away and [Resume] from what the store holds.
type Sealer struct {
	origin  string
	signers []note.Signer
	now     frontier
	next    frontier
	pending bool
}

// Sealed is what one batch adds to a log. The store writes all of it, with the leaves, in one transaction, and shows
// nobody the checkpoint before that transaction is durable: a log must never take back what it signed.
type Sealed struct {
	// From and Size are the number of leaves before and after: the leaves got the indexes From to Size-1.
	From, Size int64
	Root       Hash
	// Tiles are the rows to insert or to replace. A full tile is final. At level 1 and above the last tile comes
	// unfinished too, whenever it grew; a later batch replaces it by a longer one with the same beginning.
	// Valid until the next call of Seal after a Rollback.
	Tiles []Tile
	// Checkpoint is the signed note that publishes the new size (C2SP tlog-checkpoint).
	Checkpoint []byte
}

// NewSealer starts an empty log named by its keys; all of them must bear the same name, the origin.
func NewSealer(signers ...note.Signer) (*Sealer, error) {
	origin, err := commonOrigin(signers)
	if err != nil {
		return nil, fmt.Errorf("start log: %w", err)
	}
	return &Sealer{origin: origin, signers: signers}, nil
}

// Resume continues a log from its latest checkpoint. It reads the unfinished tiles and the last leaves (fewer than
// 256), and refuses with [ErrCorrupt] when they do not lead to the root that was signed: appending to a damaged log
// would sign the damage.
func Resume(ctx context.Context, r Reader, last Checkpoint, signers ...note.Signer) (*Sealer, error) {
	s, err := NewSealer(signers...)
	if err != nil {
		return nil, err
	}
	if last.Origin != s.origin {
		return nil, fmt.Errorf("resume log %q with a key of %q: %w", last.Origin, s.origin, ErrOrigin)
	}
	if last.Size < 0 {
		return nil, fmt.Errorf("resume log: negative size: %w", ErrCheckpoint)
	}
	s.now, err = loadFrontier(last.Size, func(level int, n int64, width int) ([]byte, error) {
		return readTile(ctx, r, level, n, width)
	})
	if err != nil {
		return nil, fmt.Errorf("resume log at size %d: %w", last.Size, err)
	}
	if s.now.root() != last.Root {
		return nil, fmt.Errorf("resume log at size %d: stored tiles do not give the signed root: %w", last.Size, ErrCorrupt)
	}
	return s, nil
}

// Size returns the number of leaves committed.
func (s *Sealer) Size() int64 { return s.now.size }

// Seal appends a batch and signs the new root. An empty batch signs the present one. On error nothing has changed.
// The leaves are not kept.
func (s *Sealer) Seal(leaves [][]byte) (Sealed, error) {
	if s.pending {
		return Sealed{}, fmt.Errorf("seal: %w", ErrPending)
	}
	for i, leaf := range leaves {
		if len(leaf) > MaxLeaf {
			return Sealed{}, fmt.Errorf("seal leaf %d of the batch: %w", i, ErrLeafTooLong)
		}
	}
	s.next = s.now
	for _, leaf := range leaves {
		s.next.add(LeafHash(leaf))
	}
	sealed := Sealed{From: s.now.size, Size: s.next.size, Root: s.next.root(), Tiles: s.grown()}
	cp := Checkpoint{Origin: s.origin, Tree: Tree{Size: sealed.Size, Root: sealed.Root}}
	signed, err := cp.Sign(s.signers...)
	if err != nil {
		return Sealed{}, fmt.Errorf("seal: %w", err)
	}
	sealed.Checkpoint = signed
	s.pending = true
	return sealed, nil
}

// grown takes the finished tiles and adds the unfinished ones of the upper levels that changed. The unfinished tile of
// level 0 is left out: it changes with every batch, and fewer than 256 leaves give it back.
func (s *Sealer) grown() []Tile {
	tiles := s.next.full
	s.next.full = nil
	for level := 1; level < maxLevels; level++ {
		shift := tileHeight * level
		n, width := openTile(s.next.size, level)
		if width == 0 || s.next.size>>shift == s.now.size>>shift {
			continue
		}
		data := s.next.open[level]
		tiles = append(tiles, Tile{Level: level, N: n, Data: data[:len(data):len(data)]})
	}
	return tiles
}

// Commit says that the last batch is durable. Without one it does nothing.
func (s *Sealer) Commit() {
	if s.pending {
		s.now = s.next
		s.pending = false
	}
}

// Rollback says that the last batch was not stored and its checkpoint was shown to nobody.
func (s *Sealer) Rollback() { s.pending = false }

func commonOrigin(signers []note.Signer) (string, error) {
	if len(signers) == 0 {
		return "", fmt.Errorf("no signing key: %w", ErrKey)
	}
	for _, signer := range signers {
		if signer == nil {
			return "", errors.Join(errors.New("nil signing key"), ErrKey)
		}
		if signer.Name() != signers[0].Name() {
			return "", fmt.Errorf("keys of two logs, %q and %q: %w", signers[0].Name(), signer.Name(), ErrKey)
		}
	}
	origin := signers[0].Name()
	return origin, ValidOrigin(origin)
}
