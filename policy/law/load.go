package law

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
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

// Load returns an embedded pack. It is parsed once in a process: callers share it,
// and must not change it.
func Load(id string) (Pack, error) {
	p, ok := packs()[id]
	if !ok {
		return Pack{}, fmt.Errorf("load law pack: no pack %q: there are %s", id, strings.Join(Packs(), ", "))
	}
	return p()
}

// packs holds each pack, which is parsed when it is first asked for, and once.
var packs = sync.OnceValue(func() map[string]func() (Pack, error) {
	all := make(map[string]func() (Pack, error))
	for _, id := range Packs() {
		all[id] = sync.OnceValues(func() (Pack, error) { return parse(id) })
	}
	return all
})

func parse(id string) (Pack, error) {
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
