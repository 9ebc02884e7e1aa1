package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"

	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/journal"
)

type restoreCommand struct {
	From string `arg:"" help:"Folder of the backup."`
	folderFlags
	rootFlags
	Bundle         string   `placeholder:"FILE" help:"Bundle of keys, if the keys folder is lost; it is opened into the keys folder, which must be new."`
	Identity       string   `placeholder:"FILE" help:"age identity that opens the bundle."`
	Journal        string   `placeholder:"FILE" help:"A later copy of the keys folder's journal.log: what was said and destroyed since."`
	Checkpoint     []string `placeholder:"FILE" help:"Checkpoints that were published; an older log is refused."`
	AcceptRollback bool     `help:"Go on with a log that is older than one that was published. The loss is noted in the log; monitors will see it."`
	AcceptGap      bool     `help:"Go on with keys that are older than the data, or with data that is older than any backup that was to be kept: refusals and holds in between are lost where only the journal had them."`
	DropLost       bool     `help:"Give up people whose keys are not there; nobody can open what is stored of them."`
	EndTokens      bool     `help:"End all tokens of programs. Without it those that were ended after the backup work again; avow token list shows them."`
	JSON           bool     `help:"Write the result as JSON."`
}

func (*restoreCommand) examples() []string {
	return []string{
		"avow restore /backup/2026-11-21 --data /var/lib/avow --keys /mnt/keys --root-key /etc/avow/root.key",
		"avow restore /backup/x --data new --keys newkeys --bundle keys.age --identity me.txt --root-key root.key",
	}
}

// Run puts a backup back. Every later erasure, refusal and hold that the keys
// folder knows of holds before anybody is let in.
func (k *restoreCommand) Run(ctx context.Context, c *console) error {
	if (k.Bundle == "") != (k.Identity == "") {
		return usage("--bundle and --identity belong together")
	}
	known, err := readAll(k.Checkpoint)
	if err != nil {
		return err
	}
	if k.Bundle != "" {
		if err := k.unbundle(c); err != nil {
			return err
		}
	}
	done, err := k.restore(ctx, c, known)
	if err != nil && k.Bundle != "" { // keys that were not reconciled are not left lying around
		err = errors.Join(err, os.RemoveAll(k.keys()))
	}
	if err != nil {
		return err
	}
	return k.report(c, done)
}

func (k *restoreCommand) restore(ctx context.Context, c *console, known [][]byte) ([]engine.RestoredPolicy, error) {
	if k.Journal != "" {
		n, err := journal.Adopt(filepath.Join(k.keys(), engine.JournalFile), k.Journal)
		if err != nil {
			return nil, refused(err)
		}
		c.say("took over %d journal notes", n)
	}
	root, err := k.rootFlags.open(k.keys(), false)
	if err != nil {
		return nil, err
	}
	bar := c.progress("going through people")
	done, err := engine.Restore(ctx, engine.Restoring{
		Config: engine.Config{Data: k.Data, Keys: k.keys(), Root: root, Clock: c.now, Known: known, AcceptRollback: k.AcceptRollback, AcceptGap: k.AcceptGap},
		From:   k.From, OldKeys: k.Bundle != "", DropLost: k.DropLost, EndTokens: k.EndTokens, Progress: bar.step64,
	})
	bar.end()
	return done, refused(advise(err))
}

// advise adds what the command line offers.
func advise(err error) error {
	switch {
	case errors.Is(err, gate.ErrLost):
		return fmt.Errorf("%w; use newer keys, or give those people up with --drop-lost", err)
	case errors.Is(err, gate.ErrJournal):
		return fmt.Errorf("%w, or go on with --accept-gap", err)
	case errors.Is(err, gate.ErrForgotten):
		return fmt.Errorf("%w, or go on with --accept-gap: what people said in between is lost", err)
	}
	return err
}

func (k *restoreCommand) report(c *console, done []engine.RestoredPolicy) error {
	if k.JSON {
		return writeJSON(c, done)
	}
	for _, p := range done {
		_, err := fmt.Fprintf(c.out, "%s: %d people; %d had been erased since, %d without keys given up, %d stray keys destroyed; %d published leaves lost\n",
			p.Policy, p.People, p.Erased, p.Lost, p.Strays, p.LostLeaves)
		if err != nil {
			return err
		}
	}
	c.say("restored to %s; every erasure, refusal and hold that the keys folder knows of is in force, and everybody signs in anew", k.Data)
	if !k.EndTokens {
		c.say("tokens and accounts are those of the backup: end what was ended since, see avow token list and avow officer list")
	}
	return nil
}

func readAll(paths []string) ([][]byte, error) {
	var all [][]byte
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func (k *restoreCommand) unbundle(c *console) (err error) {
	text, err := os.Open(k.Identity)
	if err != nil {
		return err
	}
	identities, err := age.ParseIdentities(text)
	if err = errors.Join(err, text.Close()); err != nil {
		return usage("--identity %s: %w", k.Identity, err)
	}
	f, err := os.Open(k.Bundle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return refused(engine.RestoreKeys(f, k.keys(), c.now(), identities...))
}
