package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/control"
	"avow.dev/vault"
)

type keysCommand struct {
	Init   keysInit   `cmd:"" help:"Make a keys folder, and a root key if there is none."`
	Show   keysShow   `cmd:"" help:"Show ages, epochs and counts of keys; no key, wrapped or not."`
	Rotate keysRotate `cmd:"" help:"Give a policy a new key and wrap every person's key anew."`
}

type keysFlag struct {
	Keys string `env:"AVOW_KEYS" required:"" placeholder:"DIR" help:"Keys folder."`
}

type keysInit struct {
	keysFlag
	rootFlags
}

func (*keysInit) examples() []string {
	return []string{"avow keys init --keys /mnt/keys --root-key /etc/avow/root.key"}
}

// Run makes a keys folder.
func (k *keysInit) Run(ctx context.Context, c *console) error {
	root, err := k.rootFlags.open(k.Keys, true)
	if err != nil {
		return err
	}
	if err := vault.Init(ctx, k.Keys, root, c.now()); err != nil {
		return err
	}
	c.say("made %s; keep it apart from the data, and the root key apart from both", k.Keys)
	return nil
}

type keysShow struct {
	keysFlag
	JSON bool `help:"Write the result as JSON."`
}

// Run shows what may be shown. A server may be running.
func (k *keysShow) Run(c *console) error {
	d, err := vault.Describe(k.Keys)
	if err != nil {
		return err
	}
	if k.JSON {
		return writeJSON(c, d)
	}
	if _, err := fmt.Fprintf(c.out, "keyring %s of %s\n", d.ID, d.Created.Format(time.DateOnly)); err != nil {
		return err
	}
	for _, p := range d.Policies {
		if _, err := fmt.Fprintf(c.out, "%s: %d people, %d erased, %d damaged\n", p.Name, p.Live, p.Erased, p.Damaged); err != nil {
			return err
		}
		for _, e := range p.Epochs {
			if err := printEpoch(c, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func printEpoch(c *console, e vault.EpochDescription) error {
	state := "in use"
	if e.Retired != nil {
		state = "retired " + e.Retired.Format(time.DateOnly)
	}
	_, err := fmt.Fprintf(c.out, "  epoch %d of %s: %s, %d people under it\n", e.Epoch, e.Created.Format(time.DateOnly), state, e.Subjects)
	return err
}

type keysRotate struct {
	Policy string `arg:"" help:"The policy."`
	Data   string `env:"AVOW_DATA" placeholder:"DIR" help:"Data folder, if a server may be running on it: it then rotates beside its traffic."`
	Keys   string `env:"AVOW_KEYS" placeholder:"DIR" help:"Keys folder; DATA/keys if left out."`
	rootFlags
	JSON bool `help:"Write the result as JSON."`
}

func (*keysRotate) examples() []string {
	return []string{
		"avow keys rotate airstep --data /var/lib/avow --keys /mnt/keys --root-key /etc/avow/root.key",
		"Copy the key file first. A rotation that was interrupted is finished by the next one.",
	}
}

// Run rotates: through the server if one runs, else on the folder itself.
func (k *keysRotate) Run(ctx context.Context, c *console) error {
	done, err := k.rotate(ctx, c)
	if err != nil {
		return err
	}
	if k.JSON {
		return writeJSON(c, done)
	}
	what := "new key"
	if done.Resumed {
		what = "finished the interrupted rotation"
	}
	_, err = fmt.Fprintf(c.out, "%s: %s, %d people wrapped anew, epochs retired: %v\n", k.Policy, what, done.Slots, done.Retired)
	return err
}

func (k *keysRotate) rotate(ctx context.Context, c *console) (control.Rotated, error) {
	if k.Data != "" {
		client, err := control.Dial(ctx, k.Data)
		if err == nil {
			return client.Rotate(ctx, avow.PolicyID(k.Policy))
		}
		if !errors.Is(err, control.ErrNobody) {
			return control.Rotated{}, err
		}
	}
	keys := k.Keys
	if keys == "" && k.Data != "" {
		keys = filepath.Join(k.Data, engine.KeysFolder)
	}
	if keys == "" {
		return control.Rotated{}, usage("name the data folder or the keys folder")
	}
	return k.rotateFolder(ctx, c, keys)
}

func (k *keysRotate) rotateFolder(ctx context.Context, c *console, keys string) (done control.Rotated, err error) {
	if _, err := os.Stat(filepath.Join(keys, engine.RingFile)); err != nil {
		return done, refused(err)
	}
	root, err := k.rootFlags.open(keys, false)
	if err != nil {
		return done, err
	}
	ring, err := vault.Open(ctx, keys, root)
	if err != nil {
		return done, refused(err)
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	v, err := ring.Vault(ctx, k.Policy, vault.Options{})
	if err != nil {
		return done, refused(err)
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return engine.Rotate(ctx, v, keys, avow.PolicyID(k.Policy), c.now())
}
