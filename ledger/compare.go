package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Follows reports whether a checkpoint can come after a known one of the same log, given the consistency proof between
// them. It tells apart what a checker has to tell people:
//
//   - [ErrOrigin]: they belong to two logs;
//   - [ErrOlder]: the log has shrunk, so leaves that were published are withheld (a restored backup, or a stale copy);
//   - [ErrForked]: both have one size and two roots, so somebody was shown another history;
//   - [ErrProof]: the proof does not show it, which alone accuses nobody: see [VerifyConsistency].
func Follows(known, now Checkpoint, proof []Hash) error {
	if err := sameOrNewer(known, now); err != nil {
		return err
	}
	if err := now.CheckConsistency(known.Tree, proof); err != nil {
		return fmt.Errorf("log of %d leaves after %d known: %w", now.Size, known.Size, err)
	}
	return nil
}

func sameOrNewer(known, now Checkpoint) error {
	switch {
	case known.Origin != now.Origin:
		return fmt.Errorf("known log %q, now %q: %w", known.Origin, now.Origin, ErrOrigin)
	case now.Size < known.Size:
		return fmt.Errorf("log of %d leaves, %d were known: %w", now.Size, known.Size, ErrOlder)
	case now.Size == known.Size && now.Root != known.Root:
		return fmt.Errorf("two roots for the same %d leaves: %w", now.Size, ErrForked)
	}
	return nil
}

// VerifyConsistency reports whether an exported log, whose checkpoint is now, continues a known checkpoint. Both have
// been opened with [OpenCheckpoint]. The errors are those of [Follows], with one difference: when the files prove no
// consistency, the whole export is checked, and the answer is the [*Fault] in it or else [ErrForked].
func VerifyConsistency(fsys fs.FS, known, now Checkpoint) error {
	read := func(p Path) ([]byte, error) { return readFile(fsys, p) }
	return consistent(context.Background(), Folder(fsys, now.Size), read, known, now)
}

// VerifyStoredConsistency does for a store what [VerifyConsistency] does for an export.
func VerifyStoredConsistency(ctx context.Context, r Reader, known, now Checkpoint) error {
	read := func(p Path) ([]byte, error) { return readPath(ctx, r, p) }
	return consistent(ctx, r, read, known, now)
}

func consistent(ctx context.Context, r Reader, read func(Path) ([]byte, error), known, now Checkpoint) error {
	if err := sameOrNewer(known, now); err != nil {
		return err
	}
	proof, err := NewProver(r, 0).Consistency(ctx, known.Size, now.Size)
	if err != nil {
		return err
	}
	err = Follows(known, now, proof)
	if !errors.Is(err, ErrProof) {
		return err
	}
	// A damaged tile spoils a proof as a fork does. Before a log is accused, its files are cleared.
	whole := audit{cp: now, read: read}
	if err := whole.run(nil); err != nil {
		return err
	}
	return fmt.Errorf("the first %d leaves are not those of the known checkpoint: %w", known.Size, ErrForked)
}
