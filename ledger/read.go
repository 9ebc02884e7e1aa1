package ledger

import (
	"context"
	"fmt"
)

// readTile returns the first width hashes of a tile. The unfinished tile of level 0 is stored nowhere and comes from
// its leaves.
func readTile(ctx context.Context, r Reader, level int, n int64, width int) ([]byte, error) {
	if level == 0 && width < TileWidth {
		return hashLeaves(ctx, r, n*TileWidth, width)
	}
	data, err := r.Tile(ctx, level, n)
	if err != nil {
		return nil, fmt.Errorf("read tile %d of level %d: %w", n, level, err)
	}
	if len(data)%HashSize != 0 || len(data) < width*HashSize || len(data) > tileBytes {
		return nil, fmt.Errorf("read tile %d of level %d: %d bytes, want %d hashes: %w", n, level, len(data), width, ErrCorrupt)
	}
	return data[:width*HashSize], nil
}

func hashLeaves(ctx context.Context, r Reader, from int64, width int) ([]byte, error) {
	leaves, err := readLeaves(ctx, r, from, width)
	if err != nil {
		return nil, err
	}
	data := make([]byte, 0, width*HashSize)
	for _, leaf := range leaves {
		h := LeafHash(leaf)
		data = append(data, h[:]...)
	}
	return data, nil
}

func readLeaves(ctx context.Context, r Reader, from int64, width int) ([][]byte, error) {
	leaves, err := r.Leaves(ctx, from, from+int64(width))
	if err != nil {
		return nil, fmt.Errorf("read %d leaves from %d: %w", width, from, err)
	}
	if len(leaves) != width {
		return nil, fmt.Errorf("read %d leaves from %d: got %d: %w", width, from, len(leaves), ErrCorrupt)
	}
	for i, leaf := range leaves {
		if len(leaf) > MaxLeaf {
			return nil, fmt.Errorf("read leaf %d: %w: %w", from+int64(i), ErrLeafTooLong, ErrCorrupt)
		}
	}
	return leaves, nil
}
