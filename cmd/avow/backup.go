package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"avow.dev"
	"avow.dev/internal/engine"
)

type backupCommand struct {
	To        string   `arg:"" help:"A new or empty folder for the copy of the data. It never holds a key."`
	Data      string   `env:"AVOW_DATA" required:"" placeholder:"DIR" help:"Data folder; a server may be running on it."`
	Keys      string   `env:"AVOW_KEYS" placeholder:"DIR" help:"Keys folder, for --bundle; DATA/keys if left out."`
	Region    string   `placeholder:"CODE" help:"Where the copy lies, an ISO 3166 code such as CN or US-CA. A place that a policy does not name is refused."`
	Bundle    string   `placeholder:"FILE" help:"Also write the keys, sealed to the recipients, to this file. Keep it apart from the data."`
	Recipient []string `placeholder:"AGE1…" help:"Who can open the bundle: age recipients, or files of them."`
	Expires   string   `default:"30d" help:"When a restore refuses the bundle: 12h, 30d or a day. A bundle brings back keys destroyed after it was made, so let it be short. This binds honest software only."`
	JSON      bool     `help:"Write the result as JSON."`
}

func (*backupCommand) examples() []string {
	return []string{
		"avow backup /backup/2026-11-21 --data /var/lib/avow",
		"avow backup /backup/x --data /var/lib/avow --bundle /vault/keys.age --recipient age1…",
	}
}

// Run copies data, and keys apart from it.
func (k *backupCommand) Run(ctx context.Context, c *console) error {
	if (k.Bundle == "") != (len(k.Recipient) == 0) {
		return usage("--bundle and --recipient belong together")
	}
	if k.Bundle != "" && inside(k.To, k.Bundle) {
		return usage("the bundle of keys must not lie in the backup of the data: whoever finds both can read everything")
	}
	if err := engine.CheckData(k.Data); err != nil {
		return refused(err)
	}
	bar := c.progress("backing up")
	m, err := engine.Backup(ctx, k.Data, k.To, avow.Region(k.Region), c.now(), bar.step)
	bar.end()
	if err != nil {
		return err
	}
	// Keys come last, so that they open everything in the copy of the data.
	if k.Bundle != "" {
		if err := k.bundle(c); err != nil {
			return err
		}
	}
	if k.JSON {
		return writeJSON(c, m)
	}
	for _, log := range m.Logs {
		if _, err := fmt.Fprintf(c.out, "%s: %d leaves, %d published\n", log.Policy, log.Recorded, log.Sealed); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(c.out, "backed up %d files to %s\n", len(m.Files), k.To)
	return err
}

// inside reports whether a path lies in a folder.
func inside(dir, path string) bool {
	d, err1 := filepath.Abs(dir)
	p, err2 := filepath.Abs(path)
	rel, err3 := filepath.Rel(d, p)
	return err1 != nil || err2 != nil || err3 == nil && filepath.IsLocal(rel)
}

func (k *backupCommand) bundle(c *console) (err error) {
	recipients, err := parseRecipients(k.Recipient)
	if err != nil {
		return err
	}
	expires, err := parseExpiry(k.Expires, c.now())
	if err != nil {
		return err
	}
	if expires.IsZero() {
		return usage("a bundle of keys has to expire")
	}
	keys := folderFlags{Data: k.Data, Keys: k.Keys}.keys()
	f, err := os.OpenFile(k.Bundle, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = engine.BackupKeys(keys, f, c.now(), expires, recipients...)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(k.Bundle))
	}
	return nil
}

// parseRecipients reads age recipients, or files that hold one a line.
func parseRecipients(words []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, w := range words {
		text := w
		if !strings.HasPrefix(w, "age1") {
			b, err := os.ReadFile(w)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		some, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, usage("--recipient %s: %w", w, err)
		}
		all = append(all, some...)
	}
	return all, nil
}
