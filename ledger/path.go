package ledger

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind says which of the three kinds of static resource a [Path] names.
type Kind uint8

// The kinds of resource of C2SP tlog-tiles. The zero Kind names nothing.
const (
	KindCheckpoint Kind = iota + 1
	KindTile
	KindEntries
)

const (
	checkpointPath = "checkpoint"
	maxPathLevel   = 63
	// A log of 2^63 leaves has 2^55 bundles, which is 17 digits: six elements of three.
	maxPathElements = 6
)

// A Path names one static resource of a log, relative to the log's prefix (C2SP tlog-tiles).
type Path struct {
	Kind Kind
	// Level is the level of a tile, 0 to 63.
	Level int
	// N is the index of a tile or bundle, from 0.
	N int64
	// Width is the number of hashes or leaves, 1 to 256; less than 256 makes the resource partial.
	Width int
}

// String writes the path as it stands in a URL or an export, such as tile/0/x001/x234/067.p/5.
func (p Path) String() string {
	var b strings.Builder
	switch p.Kind {
	case KindCheckpoint:
		return checkpointPath
	case KindTile:
		b.WriteString("tile/" + strconv.Itoa(p.Level))
	case KindEntries:
		b.WriteString("tile/entries")
	default:
		return "invalid path"
	}
	writeIndex(&b, p.N)
	if p.Width != TileWidth {
		b.WriteString(".p/" + strconv.Itoa(p.Width))
	}
	return b.String()
}

// writeIndex writes n in groups of three digits, all but the last marked by an x, so that no name is both a file and a
// folder.
func writeIndex(b *strings.Builder, n int64) {
	digits := fmt.Sprintf("%03d", n)
	for len(digits)%3 != 0 {
		digits = "0" + digits
	}
	for ; len(digits) > 3; digits = digits[3:] {
		b.WriteString("/x" + digits[:3])
	}
	b.WriteString("/" + digits)
}

// ParsePath reads a path. Each resource has one spelling; everything else is [ErrPath].
func ParsePath(s string) (Path, error) {
	if s == checkpointPath {
		return Path{Kind: KindCheckpoint}, nil
	}
	p, ok := parseTilePath(s)
	// Writing the path back finds leading zeros, missing x marks and the width 256 written out.
	if !ok || p.String() != s {
		return Path{}, fmt.Errorf("%w: want checkpoint, tile/<level>/<index>[.p/<width>] or tile/entries/<index>[.p/<width>]", ErrPath)
	}
	return p, nil
}

func parseTilePath(s string) (Path, bool) {
	parts := strings.Split(s, "/")
	if len(parts) < 3 || len(parts) > 3+maxPathElements || parts[0] != "tile" {
		return Path{}, false
	}
	p := Path{Kind: KindEntries, Width: TileWidth}
	if parts[1] != "entries" {
		level, err := strconv.Atoi(parts[1])
		if err != nil || level < 0 || level > maxPathLevel {
			return Path{}, false
		}
		p.Kind, p.Level = KindTile, level
	}
	index := parts[2:]
	if stem, ok := strings.CutSuffix(parts[len(parts)-2], ".p"); ok {
		width, err := strconv.Atoi(parts[len(parts)-1])
		if err != nil || width < 1 || width >= TileWidth || len(index) < 2 {
			return Path{}, false
		}
		p.Width = width
		index = index[:len(index)-1]
		index[len(index)-1] = stem
	}
	n, ok := parseIndex(index)
	p.N = n
	return p, ok
}

func parseIndex(elements []string) (int64, bool) {
	if len(elements) > maxPathElements {
		return 0, false
	}
	var n int64
	for _, element := range elements {
		three, err := strconv.ParseUint(strings.TrimPrefix(element, "x"), 10, 16)
		if err != nil || three > 999 {
			return 0, false
		}
		n = n*1000 + int64(three)
	}
	return n, true
}

// holds reports whether a log of the given size has the resource, in full width.
func (p Path) holds(size int64) bool {
	switch {
	case p.Kind == KindCheckpoint:
		return true
	case p.Kind != KindTile && p.Kind != KindEntries, p.Level >= maxLevels:
		return false
	}
	count := size >> (tileHeight * p.Level)
	last, width := count>>tileHeight, int(count&(TileWidth-1))
	return p.N < last || p.N == last && p.Width <= width
}
