package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"avow.dev"
	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
)

// Sealer moves recorded evidence of one policy into the tree and publishes it
// under a signed checkpoint. One sealer works on a log at a time; the store
// refuses the second.
type Sealer struct {
	store  Store
	policy avow.PolicyID
	signer note.Signer

	mu   sync.Mutex
	tree *ledger.Sealer
}

// NewSealer returns a sealer for the log of a policy. The signer's name is the
// log's origin.
func (g *Gate) NewSealer(id avow.PolicyID, signer note.Signer) *Sealer {
	return &Sealer{store: g.store, policy: id, signer: signer}
}

// SealBatch is how many leaves one checkpoint adds at most.
const SealBatch = 4096

// Seal seals and publishes what is recorded, up to a batch, and returns how many
// leaves it added. It signs nothing when nothing is new, except that the first
// checkpoint of an empty log is published, so that there is one to check against.
func (s *Sealer) Seal(ctx context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, err := s.store.LogState(ctx, s.policy)
	if err != nil {
		return 0, fmt.Errorf("seal: read the log's state: %w", err)
	}
	if s.tree == nil || s.tree.Size() != state.Sealed {
		if err := s.resume(ctx, state); err != nil {
			return 0, err
		}
	}
	if state.Recorded == state.Sealed && len(state.Checkpoint) > 0 {
		return 0, nil
	}
	to := min(state.Recorded, state.Sealed+SealBatch)
	leaves, err := s.store.Leaves(ctx, s.policy, state.Sealed, to)
	if err != nil {
		return 0, fmt.Errorf("seal: read leaves: %w", err)
	}
	return s.publish(ctx, leaves)
}

func (s *Sealer) resume(ctx context.Context, state LogState) error {
	if len(state.Checkpoint) == 0 {
		tree, err := ledger.NewSealer(s.signer)
		s.tree = tree
		return err
	}
	cp, err := ledger.ParseUnverified(state.Checkpoint)
	if err != nil {
		return fmt.Errorf("seal: read the last checkpoint: %w", err)
	}
	s.tree, err = ledger.Resume(ctx, logReader{s.store, s.policy}, cp, s.signer)
	return err
}

func (s *Sealer) publish(ctx context.Context, leaves [][]byte) (int64, error) {
	sealed, err := s.tree.Seal(leaves)
	if err != nil {
		return 0, fmt.Errorf("seal: %w", err)
	}
	c := Change{Policy: s.policy, Seal: &Seal{From: sealed.From, Size: sealed.Size, Checkpoint: sealed.Checkpoint}}
	for _, t := range sealed.Tiles {
		c.Seal.Tiles = append(c.Seal.Tiles, Tile{Level: t.Level, N: t.N, Data: t.Data})
	}
	if _, err := s.store.Commit(ctx, &c); err != nil {
		s.tree = nil // whether it was written is unknown: read it again
		if errors.Is(err, ErrChanged) {
			return 0, nil // somebody else sealed first
		}
		return 0, fmt.Errorf("seal: publish checkpoint: %w", err)
	}
	s.tree.Commit()
	return sealed.Size - sealed.From, nil
}

// logReader is a policy's log as the ledger reads it.
type logReader struct {
	store  Store
	policy avow.PolicyID
}

// Tile implements ledger.Reader.
func (r logReader) Tile(ctx context.Context, level int, n int64) ([]byte, error) {
	return r.store.Tile(ctx, r.policy, level, n)
}

// Leaves implements ledger.Reader.
func (r logReader) Leaves(ctx context.Context, from, to int64) ([][]byte, error) {
	return r.store.Leaves(ctx, r.policy, from, to)
}

// LogOf returns the log of a policy as the ledger reads it, for whoever serves,
// exports or checks it.
func LogOf(s Store, id avow.PolicyID) ledger.Reader { return logReader{s, id} }
