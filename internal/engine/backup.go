package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/store/sqlite"
)

// Backup copies the data in folder data to the folder to, which must be empty or
// new, also while a server works on it. Keys are never in it, wherever they lie.
// region is where that folder lies, an ISO 3166 code: a policy that lets no copy lie
// there has it refused; empty means that the policies are taken at their word.
// progress, which may be nil, hears how much of the database is done.
func Backup(ctx context.Context, data, to string, region avow.Region, now time.Time, progress func(done, total int)) (*Manifest, error) {
	if err := mayLieIn(ctx, data, region); err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	m, err := backup(ctx, data, to, now, progress)
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	return m, nil
}

func backup(ctx context.Context, data, to string, now time.Time, progress func(done, total int)) (*Manifest, error) {
	if err := emptyFolder(to); err != nil {
		return nil, err
	}
	logs, err := sqlite.Backup(ctx, data, filepath.Join(to, DataFile), progress)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Format: backupFormat, At: now.UTC().Truncate(time.Second)}
	names := []string{DataFile}
	for _, id := range slices.Sorted(maps.Keys(logs)) {
		state := logs[id]
		if state.Recorded == 0 { // no policy, but a name under which records are kept
			continue
		}
		m.Logs = append(m.Logs, LogExtent{id, state.Recorded, state.Sealed})
		if len(state.Checkpoint) == 0 {
			continue
		}
		name := checkpointFolder + "/" + string(id) + ".checkpoint"
		if err := writeBelow(to, name, state.Checkpoint); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	// Objects come after the database: one that the database names and that is
	// gone by now was erased in between.
	blobs, err := copyFolder(ctx, filepath.Join(data, BlobFolder), filepath.Join(to, BlobFolder), BlobFolder)
	if err != nil {
		return nil, err
	}
	for _, name := range append(names, blobs...) {
		f, err := describe(to, name)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, f)
	}
	return m, m.write(to)
}

// emptyFolder makes a folder, or makes sure that it is empty.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, private); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty; name an empty or a new folder", dir)
	}
	return err
}

func writeBelow(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), private); err != nil {
		return err
	}
	return replaceFile(path, data)
}

// copyFolder copies the files below a folder, if it is there, and returns their
// names under prefix. A file that goes away meanwhile is left out.
func copyFolder(ctx context.Context, from, to, prefix string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		err = copyFile(path, filepath.Join(to, rel))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		names = append(names, prefix+"/"+filepath.ToSlash(rel))
		return err
	})
	return names, err
}

// copyFile copies a file to a new one, durably.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	if err := os.MkdirAll(filepath.Dir(to), private); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
