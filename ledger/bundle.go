package ledger

import (
	"encoding/binary"
	"fmt"
)

// AppendBundle appends leaves to dst as an entry bundle: each with its length in two bytes before it, the higher byte
// first (C2SP tlog-tiles).
func AppendBundle(dst []byte, leaves [][]byte) ([]byte, error) {
	for i, leaf := range leaves {
		if len(leaf) > MaxLeaf {
			return nil, fmt.Errorf("bundle leaf %d: %w", i, ErrLeafTooLong)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(leaf)))
		dst = append(dst, leaf...)
	}
	return dst, nil
}

// ParseBundle splits an entry bundle of exactly width leaves. The leaves are parts of data.
func ParseBundle(data []byte, width int) ([][]byte, error) {
	leaves, err := splitBundle(data, width)
	if err != nil {
		return nil, err
	}
	return leaves, nil
}

// splitBundle also returns the leaves before the first error, so that a caller can say which leaf is broken.
func splitBundle(data []byte, width int) ([][]byte, error) {
	if width < 0 || width > TileWidth {
		return nil, fmt.Errorf("read bundle of %d leaves, want at most %d: %w", width, TileWidth, ErrCorrupt)
	}
	leaves := make([][]byte, 0, width)
	for i := range width {
		if len(data) < 2 {
			return leaves, fmt.Errorf("read bundle: ends before leaf %d of %d: %w", i, width, ErrCorrupt)
		}
		length := int(binary.BigEndian.Uint16(data))
		data = data[2:]
		if len(data) < length {
			return leaves, fmt.Errorf("read bundle: ends inside leaf %d of %d: %w", i, width, ErrCorrupt)
		}
		leaves = append(leaves, data[:length:length])
		data = data[length:]
	}
	if len(data) > 0 {
		return leaves, fmt.Errorf("read bundle: %d bytes after the last leaf: %w", len(data), ErrCorrupt)
	}
	return leaves, nil
}
