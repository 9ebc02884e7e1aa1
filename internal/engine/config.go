package engine

import (
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/caller"
	"avow.dev/internal/officer"
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

	// Listen is the address of the HTTP door, such as 127.0.0.1:8080; empty means
	// no door. BaseURL is its public address, if that is another.
	Listen, BaseURL string
	// TLSCert and TLSKey are PEM files; without them the door speaks plain HTTP,
	// for a proxy in front of it.
	TLSCert, TLSKey string
	// Proxies are believed when they say whose request they pass on.
	Proxies caller.Proxies
	// Control opens a socket in Data for the operator's commands.
	Control bool
	// Rights and Contact are told to the public by the door.
	Rights, Contact string
	// Provider is where the controller's people sign in beside passwords, if it has an
	// issuer. They come back to the console of the door.
	Provider officer.ProviderConfig
	// Alerts are told by mail or webhook when a promise breaks or an attestation runs
	// out. They need a BaseURL.
	Alerts []gate.Alert
	// Post says how messages leave.
	Post Post
	// Grace is how long requests under way may take at the end; 0 means 30 s.
	Grace time.Duration

	// Host begins the names of new logs: host/log/policy. A log keeps the name
	// of its first checkpoint for life. Empty means the host of BaseURL; without
	// that, a log is called avow.local/policy.
	Host string

	// Region is where the data folder lies, an ISO 3166 code such as CN or US-CA, and
	// Backups are the regions of the backups that are made of it. A policy that lets
	// its data lie elsewhere only is not served. Empty means that the policies are
	// taken at their word.
	Region  avow.Region
	Backups []avow.Region

	// BackupsKept is how old a backup of the data may be that is put back; 0 means any
	// age. What was said before that is forgotten beside the keys, and older data is
	// not opened any more.
	BackupsKept time.Duration

	// Trial lets Replace put any text in force, for proofs on made-up people.
	Trial bool

	// Known are signed checkpoints that were published; a log must continue its
	// own among them.
	Known [][]byte
	// AcceptRollback goes on with a log that is older than the newest checkpoint
	// known, and AcceptGap with keys that are older than the data. Both are for a
	// restore that somebody has decided on.
	AcceptRollback, AcceptGap bool

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
	if c.BackupsKept < 0 || c.BackupsKept > 0 && c.BackupsKept < leastKept {
		return errors.New("backups are kept for less than a day")
	}
	return errors.Join(c.checkAlerts(), checkProvider(c.Provider.Issuer))
}

// leastKept is the shortest time for which backups may be kept.
const leastKept = 24 * time.Hour

// checkProvider holds the provider to TLS, but for one on this machine.
func checkProvider(issuer string) error {
	if issuer == "" {
		return nil
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname())) {
		return errors.New("the sign-in provider has no https address")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Keys == "" {
		c.Keys = filepath.Join(c.Data, KeysFolder)
	}
	if c.Host == "" && c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err == nil {
			c.Host = u.Host
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
