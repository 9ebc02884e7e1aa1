package ledger

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
)

const (
	// minKept lets one proof keep all tiles it touches.
	minKept = 2 * maxLevels
	// crestsPerTile is how many crests are kept for one tile of which the hashes are kept too.
	crestsPerTile = 16
)

// A Prover makes proofs from the stored tiles of one log. It is safe for concurrent use when its Reader is.
//
// A proof reads at most two tiles a level: the one on its path and the one on the right edge.
type Prover struct {
	r      Reader
	tiles  *cache[[]byte]
	crests *cache[*crest]
}

// NewProver returns a prover that remembers up to the given number of tiles (and never fewer than 16), at about 4.5 KiB
// each: their upper nodes, and for the most recent sixteenth the hashes themselves. 4096 tiles, 18 MiB, cover a log of
// a million leaves. The first proof through a tile that is not remembered costs a read and 255 hashes more.
func NewProver(r Reader, tiles int) *Prover {
	tiles = max(tiles, minKept)
	return &Prover{r: r, tiles: newCache[[]byte](max(tiles/crestsPerTile, minKept)), crests: newCache[*crest](tiles)}
}

// Root returns the root of the tree of the first size leaves.
func (p *Prover) Root(ctx context.Context, size int64) (Hash, error) {
	if size < 0 {
		return Hash{}, fmt.Errorf("root of a tree of %d leaves: %w", size, ErrNotFound)
	}
	if size == 0 {
		return EmptyRoot(), nil
	}
	v := view{ctx: ctx, p: p, size: size}
	root, err := v.subtree(0, size)
	if err != nil {
		return Hash{}, fmt.Errorf("root of a tree of %d leaves: %w", size, err)
	}
	return root, nil
}

// Leaf returns the stored hash of the leaf at index in a tree of size leaves.
func (p *Prover) Leaf(ctx context.Context, index, size int64) (Hash, error) {
	if index < 0 || index >= size {
		return Hash{}, fmt.Errorf("leaf %d in a tree of %d leaves: %w", index, size, ErrNotFound)
	}
	v := view{ctx: ctx, p: p, size: size}
	return v.node(0, index)
}

// Inclusion returns the audit path of the leaf at index in the tree of the first size leaves, from the leaf's sibling
// up (RFC 6962 section 2.1.1).
func (p *Prover) Inclusion(ctx context.Context, index, size int64) ([]Hash, error) {
	if index < 0 || index >= size {
		return nil, fmt.Errorf("prove leaf %d in a tree of %d leaves: %w", index, size, ErrNotFound)
	}
	v := view{ctx: ctx, p: p, size: size, proof: make([]Hash, 0, bits.Len64(uint64(size)))}
	lo, hi := int64(0), size
	for hi-lo > 1 {
		mid := lo + split(hi-lo)
		if index < mid {
			v.take(mid, hi)
			hi = mid
		} else {
			v.take(lo, mid)
			lo = mid
		}
	}
	if v.err != nil {
		return nil, fmt.Errorf("prove leaf %d in a tree of %d leaves: %w", index, size, v.err)
	}
	slices.Reverse(v.proof)
	return v.proof, nil
}

// Consistency returns the proof that the tree of the first old leaves is the beginning of the tree of size leaves
// (RFC 6962 section 2.1.2).
func (p *Prover) Consistency(ctx context.Context, old, size int64) ([]Hash, error) {
	if old < 0 || old > size {
		return nil, fmt.Errorf("prove %d leaves before %d: %w", old, size, ErrNotFound)
	}
	v := view{ctx: ctx, p: p, size: size, proof: make([]Hash, 0, bits.Len64(uint64(size))+1)}
	lo, hi := int64(0), size
	for old != 0 && old != hi {
		mid := lo + split(hi-lo)
		if old <= mid {
			v.take(mid, hi)
			hi = mid
		} else {
			v.take(lo, mid)
			lo = mid
		}
	}
	if lo > 0 {
		v.take(lo, hi)
	}
	if v.err != nil {
		return nil, fmt.Errorf("prove %d leaves before %d: %w", old, size, v.err)
	}
	slices.Reverse(v.proof)
	return v.proof, nil
}

// split returns the size of the left part of a tree of n > 1 leaves: the largest power of two below n.
func split(n int64) int64 { return 1 << (bits.Len64(uint64(n-1)) - 1) }

// view is one walk over the tree of one size, from the root down; a proof is read from the leaf up. The first error
// stops it.
type view struct {
	ctx   context.Context
	p     *Prover
	size  int64
	last  [maxLevels]reach
	proof []Hash
	err   error
}

func (v *view) take(lo, hi int64) {
	if v.err != nil {
		return
	}
	h, err := v.subtree(lo, hi)
	if err != nil {
		v.err = err
		return
	}
	v.proof = append(v.proof, h)
}

// subtree returns the root over the leaves lo ≤ i < hi; lo is a multiple of the largest power of two up to hi-lo.
func (v *view) subtree(lo, hi int64) (Hash, error) {
	height := bits.Len64(uint64(hi-lo)) - 1
	h, err := v.node(height, lo>>height)
	mid := lo + 1<<height
	if err != nil || mid == hi {
		return h, err
	}
	rest, err := v.subtree(mid, hi)
	if err != nil {
		return Hash{}, err
	}
	return NodeHash(h, rest), nil
}

// node returns the root of the i-th complete subtree of 2^height leaves.
func (v *view) node(height int, i int64) (Hash, error) {
	level, r := height/tileHeight, height%tileHeight
	n := i >> (tileHeight - r)
	tile := v.reach(level, n)
	at := int(i - n<<(tileHeight-r))
	if r < crestHeight {
		data, err := v.hashes(tile)
		if err != nil {
			return Hash{}, err
		}
		return tileNode(data, r, at), nil
	}
	upper, err := v.crest(tile)
	if err != nil {
		return Hash{}, err
	}
	return upper.node(r, at), nil
}

// reach is a tile that the walk has come to, with what it has needed of it so far.
type reach struct {
	key   tileKey
	data  []byte
	crest *crest
}

func (v *view) reach(level int, n int64) *reach {
	key := tileKey{level: level, n: n, width: TileWidth}
	if open, width := openTile(v.size, level); n == open {
		key.width = width
	}
	if v.last[level].key != key {
		v.last[level] = reach{key: key}
	}
	return &v.last[level]
}

func (v *view) hashes(tile *reach) ([]byte, error) {
	if tile.data != nil {
		return tile.data, nil
	}
	data, ok := v.p.tiles.get(tile.key)
	if !ok {
		var err error
		data, err = readTile(v.ctx, v.p.r, tile.key.level, tile.key.n, tile.key.width)
		if err != nil {
			return nil, err
		}
		v.p.tiles.put(tile.key, data)
	}
	tile.data = data
	return data, nil
}

func (v *view) crest(tile *reach) (*crest, error) {
	if tile.crest != nil {
		return tile.crest, nil
	}
	upper, ok := v.p.crests.get(tile.key)
	if !ok {
		data, err := v.hashes(tile)
		if err != nil {
			return nil, err
		}
		upper = newCrest(data)
		v.p.crests.put(tile.key, upper)
	}
	tile.crest = upper
	return upper, nil
}
