package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"avow.dev/vault/internal/durable"
)

// Folder is a store in a folder: 65536 folders of objects, two levels deep, and
// one of objects being written.
type Folder struct{ dir string }

const incoming = "incoming"

// NewFolder opens the store in dir and makes it if need be.
func NewFolder(dir string) (*Folder, error) {
	f := &Folder{dir: dir}
	if err := os.MkdirAll(filepath.Join(dir, incoming), durable.PrivateDir); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return f, nil
}

func (f *Folder) path(id ID) string {
	name := id.String()
	return filepath.Join(f.dir, name[:2], name[2:4], name)
}

// Create implements [Store]. An ID in use is refused with [fs.ErrExist].
func (f *Folder) Create(ctx context.Context, id ID) (Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := absent(f.path(id)); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), id.String()+".*") // mode 0600
	if err != nil {
		return nil, err
	}
	return &folderObject{File: file, path: f.path(id)}, nil
}

func absent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

type folderObject struct {
	*os.File
	path string
}

// Commit flushes the object, gives it its name, and flushes the name.
func (o *folderObject) Commit() error {
	err := o.Sync()
	if err = errors.Join(err, o.Close()); err == nil {
		err = o.settle()
	}
	if err != nil {
		return errors.Join(err, remove(o.Name()))
	}
	return nil
}

func (o *folderObject) settle() error {
	dir := filepath.Dir(o.path)
	if err := os.MkdirAll(dir, durable.PrivateDir); err != nil {
		return err
	}
	if err := absent(o.path); err != nil {
		return err
	}
	if err := os.Rename(o.Name(), o.path); err != nil {
		return err
	}
	// The folders above may be new as well; their names must last too.
	for range 3 {
		if err := durable.SyncDir(dir); err != nil {
			return err
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// Abort removes what was written.
func (o *folderObject) Abort() error { return errors.Join(o.Close(), remove(o.Name())) }

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Open implements [Store].
func (f *Folder) Open(ctx context.Context, id ID) (Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(id))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return folderSource{file, info.Size()}, nil
}

type folderSource struct {
	*os.File
	size int64
}

func (s folderSource) Size() int64 { return s.size }

// Delete implements [Store].
func (f *Folder) Delete(ctx context.Context, id ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := f.path(id)
	if err := remove(path); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	err := durable.SyncDir(filepath.Dir(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// Sweep removes what crashes left among the objects being written, last touched
// before the given time, and says how many. What is left there is sealed.
func (f *Folder) Sweep(before time.Time) (int, error) {
	dir := filepath.Join(f.dir, incoming)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("sweep blob folder: %w", err)
	}
	swept := 0
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // committed meanwhile
			continue
		}
		if err != nil {
			return swept, fmt.Errorf("sweep blob folder: %w", err)
		}
		if !info.ModTime().Before(before) || !strings.Contains(e.Name(), ".") {
			continue
		}
		if err := remove(filepath.Join(dir, e.Name())); err != nil {
			return swept, fmt.Errorf("sweep blob folder: %w", err)
		}
		swept++
	}
	return swept, nil
}
