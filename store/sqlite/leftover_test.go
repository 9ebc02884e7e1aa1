package sqlite_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/store/sqlite"
)

// kept returns the closed database without the bytes of its pages that belong to nothing.
//
// SQLite overwrites what is deleted (secure_delete): cells, and pages that become free. When it
// moves cells to another page of a tree, though, it leaves copies of them in the space between
// the page's pointers and its cells, until that space is used again. What lies there was not
// deleted yet when it was moved, and no statement reaches it; keys-and-cells.md says so.
func kept(t *testing.T, cfg sqlite.Config) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(cfg.Dir, "avow.db"))
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(file); at += 4096 {
		head := at
		if at == 0 {
			head = 100 // the file's own header
		}
		pointers := 8 // where they begin in the page's header: a leaf's, of a table or an index
		switch file[head] {
		case 2, 5:
			pointers = 12
		case 10, 13:
		default:
			continue // no page of a tree: the rest of a long cell, or free
		}
		from := head + pointers + 2*int(binary.BigEndian.Uint16(file[head+3:]))
		clear(file[from:max(from, at+int(binary.BigEndian.Uint16(file[head+5:])))])
	}
	return file
}
