package engine

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
)

const (
	bundleFormat = "avow keys 1"
	bundleHead   = "bundle.json"
	// bundleLimit bounds what is read of a bundle's head.
	bundleLimit = 1 << 20
	// ringTries bounds how often keys are copied again because a rotation came in
	// between.
	ringTries = 5
)

var (
	// ErrExpired: a bundle of keys is past its date. This binds honest software
	// only: whoever holds the bundle and its identity can open it with other tools.
	ErrExpired = errors.New("the bundle of keys has expired")
	// ErrBundle: a file is no bundle of keys, or is damaged.
	ErrBundle = errors.New("not a bundle of keys")
)

// bundle is the head of a bundle of keys.
type bundle struct {
	Format  string    `json:"format"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
	Files   []File    `json:"files"`
}

// BackupKeys writes the keys folder, sealed to the recipients, to out: apart from
// the data, with a date after which a restore refuses it, because it brings back
// keys destroyed since. The root key is not in it. It may run beside a server.
func BackupKeys(keys string, out io.Writer, now, expires time.Time, recipients ...age.Recipient) error {
	if err := backupKeys(keys, out, now, expires, recipients); err != nil {
		return fmt.Errorf("back up keys: %w", err)
	}
	return nil
}

func backupKeys(keys string, out io.Writer, now, expires time.Time, recipients []age.Recipient) error {
	files, err := readKeys(keys)
	if err != nil {
		return err
	}
	sealed, err := age.Encrypt(out, recipients...)
	if err != nil {
		return err
	}
	head := bundle{Format: bundleFormat, At: now.UTC().Truncate(time.Second), Expires: expires.UTC().Truncate(time.Second)}
	for _, f := range files {
		sum := sha256.Sum256(f.data)
		head.Files = append(head.Files, File{Name: f.name, Size: int64(len(f.data)), SHA256: hex.EncodeToString(sum[:])})
	}
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return err
	}
	w := tar.NewWriter(sealed)
	for _, f := range append([]keyFile{{bundleHead, text}}, files...) {
		err = errors.Join(err, w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.data)), ModTime: head.At}))
		if err == nil {
			_, err = w.Write(f.data)
		}
	}
	return errors.Join(err, w.Close(), sealed.Close())
}

// keyFile is one file of a keys folder.
type keyFile struct {
	name string
	data []byte
}

// readKeys reads the keys folder. The keyring comes first and again last: when a
// rotation changed it in between, keys and keyring may not belong together.
func readKeys(dir string) ([]keyFile, error) {
	for range ringTries {
		before, err := os.ReadFile(filepath.Join(dir, RingFile))
		if err != nil {
			return nil, err
		}
		files, err := readKeyFiles(dir)
		if err != nil {
			return nil, err
		}
		after, err := os.ReadFile(filepath.Join(dir, RingFile))
		if err != nil {
			return nil, err
		}
		if bytes.Equal(before, after) {
			return append(files, keyFile{RingFile, after}), nil
		}
	}
	return nil, errors.New("the keys are being rotated; try again when that is done")
}

func readKeyFiles(dir string) ([]keyFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []keyFile
	for _, entry := range entries {
		if name := entry.Name(); entry.Type().IsRegular() && name != RingFile && bundled(name) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			files = append(files, keyFile{name, data})
		}
	}
	return files, nil
}

// bundled reports whether a file of the keys folder is part of a bundle.
func bundled(name string) bool {
	if strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) {
		return false
	}
	switch filepath.Ext(name) {
	case ".keys", ".checkpoint":
		return true
	}
	return name == RingFile || name == JournalFile || name == PassphraseFile
}

// RestoreKeys opens a bundle of keys into a new folder.
func RestoreKeys(in io.Reader, keys string, now time.Time, identities ...age.Identity) error {
	if err := emptyFolder(keys); err != nil {
		return fmt.Errorf("restore keys: %w", err)
	}
	if err := restoreKeys(in, keys, now, identities); err != nil {
		err = errors.Join(err, os.RemoveAll(keys))
		return fmt.Errorf("restore keys: %w", err)
	}
	return nil
}

func restoreKeys(in io.Reader, keys string, now time.Time, identities []age.Identity) error {
	plain, err := age.Decrypt(in, identities...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBundle, err)
	}
	r := tar.NewReader(plain)
	head, err := readBundleHead(r)
	if err != nil {
		return err
	}
	if !now.Before(head.Expires) {
		return fmt.Errorf("%w on %s: it would bring back keys of people erased since it was made", ErrExpired, head.Expires.Format(time.DateOnly))
	}
	for _, want := range head.Files {
		if err := unpack(r, keys, want); err != nil {
			return err
		}
	}
	return nil
}

func readBundleHead(r *tar.Reader) (bundle, error) {
	var head bundle
	h, err := r.Next()
	if err != nil || h.Name != bundleHead || h.Size > bundleLimit {
		return head, errors.Join(ErrBundle, err)
	}
	d := json.NewDecoder(io.LimitReader(r, bundleLimit))
	d.DisallowUnknownFields()
	if err := d.Decode(&head); err != nil || head.Format != bundleFormat {
		return head, errors.Join(ErrBundle, err)
	}
	return head, nil
}

func unpack(r *tar.Reader, keys string, want File) error {
	h, err := r.Next()
	if err != nil || h.Name != want.Name || h.Size != want.Size || !bundled(h.Name) {
		return errors.Join(fmt.Errorf("%w: a file is missing or out of place", ErrBundle), err)
	}
	f, err := os.OpenFile(filepath.Join(keys, want.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: %s is not the file that was bundled", ErrBundle, want.Name)
	}
	return nil
}
