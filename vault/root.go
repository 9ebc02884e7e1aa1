package vault

import (
	"context"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"avow.dev/internal/secret"
	"avow.dev/vault/internal/durable"
)

// Root wraps the keys of a keyring: a key management service, a security module,
// a key file or a passphrase. aad is bound to the result; a service binds it as
// its encryption context. Unwrap answers an error that is [ErrRoot] when this
// root did not make wrapped, and any other error when it cannot tell.
type Root interface {
	Wrap(ctx context.Context, key secret.Bytes, aad []byte) (wrapped []byte, err error)
	Unwrap(ctx context.Context, wrapped, aad []byte) (key secret.Bytes, err error)
}

// rootFormat is the first byte of what a local root wraps.
const rootFormat = 1

// localRoot wraps with a key in this process. It is held in a closure, where no
// printer finds it.
type localRoot struct{ aead func() cipher.AEAD }

func newLocalRoot(key []byte) (Root, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return localRoot{func() cipher.AEAD { return aead }}, nil
}

func (r localRoot) Wrap(_ context.Context, key secret.Bytes, aad []byte) ([]byte, error) {
	return r.aead().Seal([]byte{rootFormat}, nil, key.Expose(), aad), nil
}

func (r localRoot) Unwrap(_ context.Context, wrapped, aad []byte) (secret.Bytes, error) {
	if len(wrapped) == 0 || wrapped[0] != rootFormat {
		return secret.Bytes{}, ErrRoot
	}
	key, err := r.aead().Open(nil, nil, wrapped[1:], aad)
	if err != nil {
		return secret.Bytes{}, ErrRoot
	}
	return secret.Adopt(key), nil
}

// CreateRootFile writes a fresh root key to path: 64 hexadecimal digits,
// readable by its owner only. It refuses to touch a file that exists. Whoever has
// this file and the keys folder has every key; keep a copy of it elsewhere.
func CreateRootFile(path string) error {
	key := newKey()
	defer clear(key)
	if err := durable.Create(path, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return fmt.Errorf("create root key file: %w", err)
	}
	return nil
}

// OpenRootFile reads the root key at path. It refuses a file that others may read.
func OpenRootFile(path string) (Root, error) {
	root, err := readRootFile(path)
	if err != nil {
		return nil, fmt.Errorf("open root key file: %w", err)
	}
	return root, nil
}

func readRootFile(path string) (Root, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	digits := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	key, err := hex.DecodeString(digits)
	if err != nil || len(key) != keySize { // the cause would quote the key
		return nil, fmt.Errorf("%s: a root key is 64 hexadecimal digits on one line", path)
	}
	defer clear(key)
	return newLocalRoot(key)
}

// readPrivate reads a small file that only its owner may read.
func readPrivate(path string) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := durable.CheckPrivate(info); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	const most = 16 << 20
	if info.Size() > most {
		return nil, fmt.Errorf("%s: %d bytes is more than such a file ever has", path, info.Size())
	}
	return os.ReadFile(path)
}
