package engine

import (
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"avow.dev/policy"
	"avow.dev/vault"
)

// Config says what an engine is made of.
type Config struct {
	// Data is the folder of avow.db and blobs.
	Data string
	// Keys is the folder of keyring.json and a key file for each policy; empty
	// means keys inside Data. A disk of its own is advised.
	Keys string
	// Root opens the keyring.
	Root vault.Root
	// Policies are served from the start, each under its own id.
	Policies []*policy.Program
	// Create lets a first start make the folders. Without it a wrong path is an
	// error, and cannot silently begin a second log.
	Create bool
	// Clock is the one source of time.
	Clock func() time.Time

	// Host begins the names of new logs: host/log/policy. A log keeps the name
	// of its first checkpoint for life. Empty means avow.local/policy.
	Host string

	// CacheMiB is the memory for what was used lately; 0 means the store's choice.
	CacheMiB int
	// Log takes the few lines that an engine has to say; nil means none.
	Log *slog.Logger
}

func (c *Config) check() error {
	switch {
	case c.Data == "":
		return errors.New("no data folder is named")
	case c.Root == nil:
		return errors.New("no root key is given; name a root key file or a passphrase file")
	case c.Clock == nil:
		return errors.New("no clock is given")
	case len(c.Policies) == 0:
		return errors.New("no policy is given; name at least one policy file")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Keys == "" {
		c.Keys = filepath.Join(c.Data, KeysFolder)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
