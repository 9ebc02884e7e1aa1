package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"avow.dev/internal/engine"
	"avow.dev/internal/secret"
	"avow.dev/vault"
)

// rootFlags name the root key. Files only: a key on a command line stands in the
// process list and in the shell's history.
type rootFlags struct {
	RootKey        string `env:"AVOW_ROOT_KEY" placeholder:"FILE" help:"Root key file, readable by its owner only."`
	PassphraseFile string `env:"AVOW_PASSPHRASE_FILE" placeholder:"FILE" help:"File with a passphrase, instead of a root key file."`
}

// open opens the root key. create makes one that is not there yet.
func (f rootFlags) open(keys string, create bool) (vault.Root, error) {
	switch {
	case f.RootKey != "" && f.PassphraseFile != "":
		return nil, usage("name a root key file or a passphrase file, not both")
	case f.RootKey != "":
		return f.openFile(create)
	case f.PassphraseFile != "":
		return f.openPassphrase(keys, create)
	}
	return nil, usage("no root key: name one by --root-key FILE or --passphrase-file FILE; avow keys init makes one")
}

func (f rootFlags) openFile(create bool) (vault.Root, error) {
	if _, err := os.Stat(f.RootKey); create && errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(f.RootKey), 0o700); err != nil {
			return nil, err
		}
		if err := vault.CreateRootFile(f.RootKey); err != nil {
			return nil, err
		}
	}
	root, err := vault.OpenRootFile(f.RootKey)
	return root, refused(err)
}

func (f rootFlags) openPassphrase(keys string, create bool) (vault.Root, error) {
	text, err := os.ReadFile(f.PassphraseFile)
	if err != nil {
		return nil, refused(err)
	}
	phrase := secret.New(bytes.TrimRight(text, "\r\n"))
	clear(text)
	defer phrase.Wipe()
	path := filepath.Join(keys, engine.PassphraseFile)
	if _, err := os.Stat(path); create && errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(keys, 0o700); err != nil {
			return nil, err
		}
		if err := vault.CreatePassphraseRoot(path, phrase, vault.DefaultCost()); err != nil {
			return nil, refused(err)
		}
	}
	root, err := vault.OpenPassphraseRoot(path, phrase)
	return root, refused(err)
}
