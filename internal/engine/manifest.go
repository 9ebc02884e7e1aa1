package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"avow.dev"
)

const (
	backupFormat = "avow backup 1"
	// ManifestFile lists what a backup holds.
	ManifestFile = "manifest.json"
	// checkpointFolder holds the latest checkpoint of each log in a backup.
	checkpointFolder = "checkpoints"
)

// ErrBackup: a backup is incomplete, changed, or no backup.
var ErrBackup = errors.New("not a whole backup")

// Manifest says what a backup holds, so that a restore can tell a whole one from
// a broken one. It is no protection against whoever can write the backup; the
// checkpoints in it are signed.
type Manifest struct {
	Format string      `json:"format"`
	At     time.Time   `json:"at"`
	Files  []File      `json:"files"`
	Logs   []LogExtent `json:"logs"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"` // with slashes, below the folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// LogExtent says how far a log had come.
type LogExtent struct {
	Policy   avow.PolicyID `json:"policy"`
	Recorded int64         `json:"recorded"`
	Sealed   int64         `json:"sealed"`
}

// describe reads a file of a backup.
func describe(dir, name string) (File, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return File{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// write puts the manifest in place, last of all.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, ManifestFile), append(text, '\n'))
}

// backedUp reports whether a file may be part of a backup: the database, a checkpoint or an
// object. Whatever else a manifest names, a restore would put beside them: keys, above all.
func backedUp(name string) bool {
	kind, rest, below := strings.Cut(name, "/")
	if !below {
		return name == DataFile
	}
	return (kind == checkpointFolder || kind == BlobFolder) && filepath.IsLocal(filepath.FromSlash(rest)) && path.Clean(rest) == rest
}

// ReadManifest reads the manifest of a backup and checks every file against it.
func ReadManifest(ctx context.Context, dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s holds no %s, which is written last", ErrBackup, dir, ManifestFile)
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBackup, ManifestFile, err)
	}
	if m.Format != backupFormat {
		return nil, fmt.Errorf("%w: its format is %q, and this program reads %q", ErrBackup, m.Format, backupFormat)
	}
	for _, want := range m.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !backedUp(want.Name) {
			return nil, fmt.Errorf("%w: it names a file that no backup has", ErrBackup)
		}
		if info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(want.Name))); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%w: %s is no file of its own", ErrBackup, want.Name)
		}
		have, err := describe(dir, want.Name)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBackup, err)
		}
		if have != want {
			return nil, fmt.Errorf("%w: %s is not the file that was backed up", ErrBackup, want.Name)
		}
	}
	return &m, nil
}
