package law

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed data
var files embed.FS

// Packs returns the ids of the embedded packs, sorted.
func Packs() []string {
	names, err := fs.Glob(files, "data/*.yaml")
	if err != nil { // only a malformed pattern fails
		return nil
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".yaml")
	}
	slices.Sort(names)
	return names
}

// Load reads an embedded pack. Each call returns a pack of its own, which the
// caller may change.
func Load(id string) (Pack, error) {
	if !slices.Contains(Packs(), id) {
		return Pack{}, fmt.Errorf("load law pack: no pack %q: there are %s", id, strings.Join(Packs(), ", "))
	}
	src, err := files.ReadFile("data/" + id + ".yaml")
	if err != nil {
		return Pack{}, fmt.Errorf("load law pack: %w", err)
	}
	p, err := Parse(id+".yaml", src)
	if err != nil {
		return Pack{}, fmt.Errorf("load law pack: %w", err)
	}
	return p, nil
}
