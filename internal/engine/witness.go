package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/ledger"
)

// The keys folder keeps the newest checkpoint of each log that it has seen, so
// that data put back from an older copy is recognised at the start, whoever put
// it back.

func (e *Engine) witnessPath(id avow.PolicyID) string {
	return filepath.Join(e.cfg.Keys, string(id)+".checkpoint")
}

// witnessAll keeps the checkpoints as they are now.
func (e *Engine) witnessAll(ctx context.Context) error {
	for _, id := range e.gate.Policies() {
		state, err := e.store.LogState(ctx, id)
		if err != nil {
			return fmt.Errorf("witness: %w", err)
		}
		if err := e.logs[id].witness(e.witnessPath(id), state); err != nil {
			return fmt.Errorf("witness: %w", err)
		}
	}
	return nil
}

func (l *log) witness(path string, state gate.LogState) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(state.Checkpoint) == 0 || state.Sealed <= l.witnessed {
		return nil
	}
	if err := replaceFile(path, state.Checkpoint); err != nil {
		return err
	}
	l.witnessed = state.Sealed
	return nil
}

// checkWitness refuses a log that does not continue what was witnessed.
func (e *Engine) checkWitness(ctx context.Context, id avow.PolicyID, state gate.LogState) error {
	for _, signed := range e.cfg.Known {
		known, err := ledger.ParseUnverified(signed)
		if err != nil || known.Origin != e.logs[id].key.Origin() {
			continue // of another log, and checked there
		}
		if err := e.checkKnown(ctx, id, signed, state); err != nil {
			return err
		}
	}
	signed, err := os.ReadFile(e.witnessPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return e.checkKnown(ctx, id, signed, state)
}

func (e *Engine) checkKnown(ctx context.Context, id avow.PolicyID, signed []byte, state gate.LogState) error {
	l := e.logs[id]
	known, err := l.open(signed)
	if err != nil {
		return fmt.Errorf("open a known checkpoint: %w", err)
	}
	err = e.continues(ctx, id, known, state)
	switch {
	case err == nil:
		l.witnessed = max(l.witnessed, known.Size)
	case e.cfg.AcceptRollback && errors.Is(err, ErrRollback):
		l.lost = max(l.lost, known.Size-state.Recorded)
		l.witnessed = 0
	default:
		return err
	}
	return nil
}

// continues reports whether a log continues a known checkpoint of it.
func (e *Engine) continues(ctx context.Context, id avow.PolicyID, known ledger.Checkpoint, state gate.LogState) error {
	if state.Sealed < known.Size {
		return fmt.Errorf("%w: it has %d published leaves and once had %d; put back a newer backup, or accept the loss with restore --accept-rollback",
			ErrRollback, state.Sealed, known.Size)
	}
	if len(state.Checkpoint) == 0 {
		return nil
	}
	now, err := e.logs[id].open(state.Checkpoint)
	if err != nil {
		return err
	}
	if err := ledger.VerifyStoredConsistency(ctx, gate.LogOf(e.store, id), known, now); err != nil {
		return fmt.Errorf("%w: it does not continue that checkpoint: %w", ErrRollback, err)
	}
	return nil
}

// open reads a checkpoint signed with the log's key.
func (l *log) open(signed []byte) (ledger.Checkpoint, error) {
	v, err := l.key.Verifier()
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	return ledger.OpenCheckpoint(signed, v)
}

// acceptGap goes on with a journal that ends before the data does, or that begins after
// it, if somebody decided so.
func (e *Engine) acceptGap(ctx context.Context, id avow.PolicyID) error {
	if !e.cfg.AcceptGap {
		return nil
	}
	have, err := gate.JournalPosition(ctx, e.store, id)
	if err != nil {
		return err
	}
	if to := e.notes.Forgotten(id); have < to {
		return gate.SkipNotes(ctx, e.store, id, to)
	}
	if have <= e.notes.Last(id) {
		return nil
	}
	return e.notes.Skip(id, have, e.cfg.Clock())
}

// replaceFile gives a file a new content, or leaves the old one.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
