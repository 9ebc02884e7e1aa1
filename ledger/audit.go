package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/mod/sumdb/note"
)

// A Fault says which file of a log is wrong, and where. It is an [ErrCorrupt], and whatever else caused it.
type Fault struct {
	// File is the path of the file within the log.
	File string
	// Index is the place inside the log: the index of a leaf for a bundle, of a hash within its level for a tile.
	// It is -1 when the whole file is meant.
	Index int64
	// Reason says what is wrong.
	Reason string
	// Err is the cause, when there is one.
	Err error
}

// Error returns the fault as file: place: reason.
func (f *Fault) Error() string {
	text := f.File
	if f.Index >= 0 {
		text += fmt.Sprintf(": index %d", f.Index)
	}
	text += ": " + f.Reason
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	return text
}

// Unwrap returns [ErrCorrupt] and the cause.
func (f *Fault) Unwrap() []error {
	if f.Err == nil {
		return []error{ErrCorrupt}
	}
	return []error{ErrCorrupt, f.Err}
}

// VerifyExport checks an exported log against nothing but the trusted keys: it hashes every leaf anew, compares every
// tile, the root and the signature, and returns the checkpoint when all of them agree. A damaged file is a [*Fault].
//
// Files that the checkpoint does not call for are not looked at. progress, which may be nil, hears the number of leaves
// done. That a log is whole does not say that it is the newest one: see [VerifyConsistency].
func VerifyExport(fsys fs.FS, progress func(done, total int64), trusted ...note.Verifier) (Checkpoint, error) {
	signed, err := readFile(fsys, Path{Kind: KindCheckpoint})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verify export: %w", &Fault{File: checkpointPath, Index: -1, Reason: "cannot be read", Err: err})
	}
	cp, err := OpenCheckpoint(signed, trusted...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verify export: %s: %w", checkpointPath, err)
	}
	a := audit{cp: cp, read: func(p Path) ([]byte, error) { return readFile(fsys, p) }}
	if err := a.run(progress); err != nil {
		return Checkpoint{}, fmt.Errorf("verify export: %w", err)
	}
	return cp, nil
}

// VerifyStored does for a store what [VerifyExport] does for an export; cp is its latest checkpoint, opened before.
// A fault names the file under which the damaged row would be served.
func VerifyStored(ctx context.Context, r Reader, cp Checkpoint, progress func(done, total int64)) error {
	a := audit{cp: cp, read: func(p Path) ([]byte, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return readPath(ctx, r, p)
	}}
	if err := a.run(progress); err != nil {
		return fmt.Errorf("verify stored log: %w", err)
	}
	return nil
}

// audit recomputes one log from its leaves.
type audit struct {
	cp   Checkpoint
	read func(Path) ([]byte, error)
	edge frontier
}

func (a *audit) run(progress func(done, total int64)) error {
	for a.edge.size < a.cp.Size {
		if err := a.bundle(); err != nil {
			return err
		}
		report(progress, a.edge.size, a.cp.Size)
	}
	for _, t := range a.edge.unfinished() {
		if err := a.compare(t); err != nil {
			return err
		}
	}
	if a.edge.root() != a.cp.Root {
		return &Fault{File: checkpointPath, Index: -1, Reason: fmt.Sprintf("root is not the root of the %d leaves", a.cp.Size)}
	}
	return nil
}

// bundle takes in the next leaves and compares the tiles that they finish.
func (a *audit) bundle() error {
	p := bundleAt(a.edge.size, a.cp.Size)
	data, err := a.read(p)
	if err != nil {
		return &Fault{File: p.String(), Index: -1, Reason: "cannot be read", Err: err}
	}
	leaves, err := splitBundle(data, p.Width)
	if err != nil {
		return &Fault{File: p.String(), Index: a.edge.size + int64(a.broken(p, leaves)), Reason: "bundle is damaged", Err: err}
	}
	for _, leaf := range leaves {
		a.edge.add(LeafHash(leaf))
	}
	for _, t := range a.edge.full {
		if err := a.compare(t); err != nil {
			return err
		}
	}
	a.edge.full = a.edge.full[:0]
	return nil
}

// broken returns the place of the first wrong leaf in a bundle that ends early or late. A wrong length shows only in the
// leaves after it, so the tile tells where the trouble began.
func (a *audit) broken(p Path, leaves [][]byte) int {
	stored, err := a.read(Path{Kind: KindTile, N: p.N, Width: p.Width})
	if err != nil || len(stored) != p.Width*HashSize {
		return len(leaves)
	}
	for i, leaf := range leaves {
		if LeafHash(leaf) != tileNode(stored, 0, i) {
			return i
		}
	}
	return len(leaves)
}

// compare holds a computed tile against the stored one.
func (a *audit) compare(t Tile) error {
	p := t.Path()
	stored, err := a.read(p)
	switch {
	case err != nil:
		return &Fault{File: p.String(), Index: -1, Reason: "cannot be read", Err: err}
	case len(stored) != len(t.Data):
		return &Fault{File: p.String(), Index: -1, Reason: fmt.Sprintf("%d bytes, want %d", len(stored), len(t.Data))}
	case bytes.Equal(stored, t.Data):
		return nil
	}
	at := 0
	for tileNode(stored, 0, at) == tileNode(t.Data, 0, at) {
		at++
	}
	index := t.N*TileWidth + int64(at)
	if t.Level > 0 {
		return &Fault{File: p.String(), Index: index, Reason: fmt.Sprintf("hash differs from what its leaves give, or one of the leaves %s is wrong", span(t.Level, index))}
	}
	if a.vouched(p, stored) {
		leaf := Path{Kind: KindEntries, N: p.N, Width: p.Width}
		return &Fault{File: leaf.String(), Index: index, Reason: "leaf is not the one that was sealed"}
	}
	return &Fault{File: p.String(), Index: index, Reason: "hash differs from the leaf's"}
}

// vouched reports whether the tiles above uphold a stored tile of level 0. Then a leaf that differs from it is the one
// that is wrong. The verdict does not hang on this; only the finger that points does.
func (a *audit) vouched(p Path, stored []byte) bool {
	if p.Width == TileWidth {
		above := Path{Kind: KindTile, Level: 1, N: p.N >> tileHeight, Width: TileWidth}
		if open, width := openTile(a.cp.Size, 1); above.N == open {
			above.Width = width
		}
		data, err := a.read(above)
		at := int(p.N&(TileWidth-1)) * HashSize
		root := newCrest(stored).node(tileHeight, 0)
		return err == nil && at+HashSize <= len(data) && bytes.Equal(data[at:at+HashSize], root[:])
	}
	edge, err := loadFrontier(a.cp.Size, func(level int, n int64, width int) ([]byte, error) {
		data, err := a.read(Path{Kind: KindTile, Level: level, N: n, Width: width})
		if err == nil && len(data) != width*HashSize {
			err = ErrCorrupt
		}
		return data, err
	})
	return err == nil && edge.root() == a.cp.Root
}

// span writes the leaves under a node of a level.
func span(level int, index int64) string {
	shift := tileHeight * level
	return fmt.Sprintf("%d to %d", index<<shift, (index+1)<<shift-1)
}

// readAtMost reads a file to its end and refuses one that is longer than it can rightly be.
func readAtMost(file io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errors.Join(fmt.Errorf("longer than %d bytes", limit), ErrCorrupt)
	}
	return data, nil
}
