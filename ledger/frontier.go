package ledger

import "math/bits"

// A Tile is a run of consecutive hashes at height 8·Level, to be stored under (Level, N).
type Tile struct {
	Level int
	N     int64
	// Data is the hashes, 32 bytes each; 8192 bytes when the tile is full.
	Data []byte
}

// frontier is the right edge of a tree: all that is needed to append to it and to know its root.
//
// A copy is a snapshot: appending to one copy never disturbs the bytes that the other one sees.
type frontier struct {
	size int64
	// peaks[h] is the root of the last complete subtree of 2^h leaves; it means something where bit h of size is set.
	peaks [maxHeight]Hash
	// open holds the hashes of the unfinished tile of each level.
	open [maxLevels][]byte
	// full collects the tiles finished since the caller last emptied it.
	full []Tile
}

func (f *frontier) add(h Hash) {
	f.record(0, h)
	height := 0
	for ; f.size>>height&1 == 1; height++ {
		h = NodeHash(f.peaks[height], h)
		if (height+1)%tileHeight == 0 {
			f.record((height+1)/tileHeight, h)
		}
	}
	f.peaks[height] = h
	f.size++
}

// record puts a node of height 8·level into its tile; f.size is still the size before the leaf that completed the node.
func (f *frontier) record(level int, h Hash) {
	if f.open[level] == nil {
		f.open[level] = make([]byte, 0, tileBytes)
	}
	f.open[level] = append(f.open[level], h[:]...)
	if len(f.open[level]) == tileBytes {
		n := f.size >> (tileHeight * (level + 1))
		f.full = append(f.full, Tile{Level: level, N: n, Data: f.open[level]})
		f.open[level] = nil
	}
}

func (f *frontier) root() Hash {
	if f.size == 0 {
		return EmptyRoot()
	}
	height := bits.TrailingZeros64(uint64(f.size))
	h := f.peaks[height]
	for height++; f.size>>height > 0; height++ {
		if f.size>>height&1 == 1 {
			h = NodeHash(f.peaks[height], h)
		}
	}
	return h
}

// loadFrontier rebuilds the edge of a tree of the given size from its unfinished tiles.
// read returns the first width hashes of a tile.
func loadFrontier(size int64, read func(level int, n int64, width int) ([]byte, error)) (frontier, error) {
	f := frontier{size: size}
	for level := 0; level < maxLevels; level++ {
		n, width := openTile(size, level)
		if width == 0 {
			continue
		}
		data, err := read(level, n, width)
		if err != nil {
			return frontier{}, err
		}
		f.open[level] = append(make([]byte, 0, tileBytes), data...)
		upper := newCrest(data)
		for r := range tileHeight {
			switch {
			case width>>r&1 == 0:
			case r < crestHeight:
				f.peaks[level*tileHeight+r] = tileNode(data, r, width>>r-1)
			default:
				f.peaks[level*tileHeight+r] = upper.node(r, width>>r-1)
			}
		}
	}
	return f, nil
}

// openTile returns the index and the width of the unfinished tile of a level; width 0 says that there is none.
func openTile(size int64, level int) (n int64, width int) {
	count := size >> (tileHeight * level)
	return count >> tileHeight, int(count & (TileWidth - 1))
}
