package ledger

const (
	// crestHeight is where a crest begins. A node below it costs one hash at most; keeping those too would take four
	// times the memory to save a fifth of a microsecond.
	crestHeight = 2
	crestNodes  = TileWidth>>crestHeight*2 - 1
)

// crest is the upper nodes of a tile, from height 2 to its root: all that is costly to compute, in 4 KiB.
type crest [crestNodes]Hash

// newCrest computes the crest of a tile, full or not.
func newCrest(data []byte) *crest {
	c := new(crest)
	width := len(data) / HashSize
	for i := range width >> crestHeight {
		c[i] = tileNode(data, crestHeight, i)
	}
	for r := crestHeight + 1; width>>r > 0; r++ {
		below, here := crestRow(r-1), crestRow(r)
		for i := range width >> r {
			c[here+i] = NodeHash(c[below+2*i], c[below+2*i+1])
		}
	}
	return c
}

// node returns the i-th node r heights above the hashes of the tile, 2 ≤ r ≤ 8.
func (c *crest) node(r, i int) Hash { return c[crestRow(r)+i] }

// crestRow is where the nodes at height r begin: 64 nodes of height 2, then 32, and so on to the root.
func crestRow(r int) int {
	const all = TileWidth >> crestHeight * 2
	return all - all>>(r-crestHeight)
}

// tileNode computes the i-th node r heights above the hashes of a tile.
func tileNode(data []byte, r, i int) Hash {
	if r == 0 {
		return Hash(data[i*HashSize : (i+1)*HashSize])
	}
	return NodeHash(tileNode(data, r-1, 2*i), tileNode(data, r-1, 2*i+1))
}
