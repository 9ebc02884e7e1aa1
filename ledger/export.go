package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Export writes the whole log up to a signed checkpoint as static files: every entry bundle, every tile and, last, the
// checkpoint, so that a broken-off export has none. Any web server can serve the result as a C2SP tlog-tiles log.
//
// It computes every tile anew from the leaves and refuses with [ErrCorrupt] when they do not lead to the signed root.
// write gets slash-separated names; progress, which may be nil, hears the number of leaves done.
func Export(ctx context.Context, r Reader, signed []byte, write func(name string, data []byte) error, progress func(done, total int64)) (Checkpoint, error) {
	cp, err := ParseUnverified(signed)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("export log: %w", err)
	}
	var edge frontier
	for edge.size < cp.Size {
		if err := exportBundle(ctx, r, cp.Size, &edge, write); err != nil {
			return Checkpoint{}, fmt.Errorf("export log: %w", err)
		}
		report(progress, edge.size, cp.Size)
	}
	if edge.root() != cp.Root {
		return Checkpoint{}, fmt.Errorf("export log: %d stored leaves do not give the signed root: %w", cp.Size, ErrCorrupt)
	}
	if err := writeTiles(edge.unfinished(), write); err != nil {
		return Checkpoint{}, fmt.Errorf("export log: %w", err)
	}
	if err := write(checkpointPath, signed); err != nil {
		return Checkpoint{}, fmt.Errorf("export log: write checkpoint: %w", err)
	}
	return cp, nil
}

func exportBundle(ctx context.Context, r Reader, size int64, edge *frontier, write func(string, []byte) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := bundleAt(edge.size, size)
	leaves, err := readLeaves(ctx, r, edge.size, p.Width)
	if err != nil {
		return err
	}
	bundle, err := AppendBundle(nil, leaves)
	if err != nil {
		return err
	}
	if err := write(p.String(), bundle); err != nil {
		return fmt.Errorf("write %s: %w", p, err)
	}
	for _, leaf := range leaves {
		edge.add(LeafHash(leaf))
	}
	tiles := edge.full
	edge.full = nil
	return writeTiles(tiles, write)
}

func writeTiles(tiles []Tile, write func(string, []byte) error) error {
	for _, t := range tiles {
		if err := write(t.Path().String(), t.Data); err != nil {
			return fmt.Errorf("write %s: %w", t.Path(), err)
		}
	}
	return nil
}

// bundleAt returns the path of the bundle that begins at leaf from, a multiple of 256, in a log of the given size.
func bundleAt(from, size int64) Path {
	return Path{Kind: KindEntries, N: from / TileWidth, Width: int(min(size-from, TileWidth))}
}

// Path returns the path under which the tile is served, at its present width.
func (t Tile) Path() Path {
	return Path{Kind: KindTile, Level: t.Level, N: t.N, Width: len(t.Data) / HashSize}
}

// unfinished returns the partial tiles of all levels.
func (f *frontier) unfinished() []Tile {
	var tiles []Tile
	for level, data := range f.open {
		if len(data) > 0 {
			n, _ := openTile(f.size, level)
			tiles = append(tiles, Tile{Level: level, N: n, Data: data})
		}
	}
	return tiles
}

func report(progress func(done, total int64), done, total int64) {
	if progress != nil {
		progress(done, total)
	}
}

// WriteInto returns the write function of [Export] for a folder. It makes the folders it needs and replaces files; it
// does not sync them, which is for the caller to do when the export must survive a crash.
func WriteInto(root *os.Root) func(name string, data []byte) error {
	return func(name string, data []byte) error {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		return root.WriteFile(name, data, 0o644)
	}
}

// Folder reads an exported log of the given size, so that proofs and receipts can be made from an export too.
// Nothing that it returns is checked; [VerifyExport] does that.
func Folder(fsys fs.FS, size int64) Reader { return folder{fsys: fsys, size: size} }

type folder struct {
	fsys fs.FS
	size int64
}

// Tile returns a tile at the width that the size of the log gives it.
func (f folder) Tile(_ context.Context, level int, n int64) ([]byte, error) {
	p := Path{Kind: KindTile, Level: level, N: n, Width: TileWidth}
	if open, width := openTile(f.size, level); n == open {
		p.Width = width
	}
	if !p.holds(f.size) || p.Width == 0 {
		return nil, fmt.Errorf("%s: %w", p, ErrNotFound)
	}
	return readFile(f.fsys, p)
}

// Leaves reads the bundles that hold the leaves.
func (f folder) Leaves(_ context.Context, from, to int64) ([][]byte, error) {
	var leaves [][]byte
	for from < to {
		p := bundleAt(from-from%TileWidth, f.size)
		data, err := readFile(f.fsys, p)
		if err != nil {
			return nil, err
		}
		bundle, err := ParseBundle(data, p.Width)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		first := p.N * TileWidth
		last := min(to, first+int64(p.Width))
		if from >= last {
			return nil, fmt.Errorf("%s: leaf %d: %w", p, from, ErrNotFound)
		}
		leaves = append(leaves, bundle[from-first:last-first]...)
		from = last
	}
	return leaves, nil
}

// readFile reads a resource of an export, and never more than such a resource can hold.
func readFile(fsys fs.FS, p Path) (data []byte, err error) {
	limit := int64(maxCheckpoint)
	switch p.Kind {
	case KindTile:
		limit = int64(p.Width) * HashSize
	case KindEntries:
		limit = int64(p.Width) * (2 + MaxLeaf)
	}
	file, err := fsys.Open(p.String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return readAtMost(file, limit)
}
