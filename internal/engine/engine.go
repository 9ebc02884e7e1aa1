package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine/journal"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
	"avow.dev/vault/blob"
	"avow.dev/work"
)

// Engine is one running Avow. It is safe for concurrent use.
type Engine struct {
	cfg      Config
	store    *sqlite.Store
	ring     *vault.Keyring
	notes    *journal.File
	vaults   map[avow.PolicyID]*vault.Vault
	gate     *gate.Gate
	logs     map[avow.PolicyID]*log
	auth     *auth.Keeper
	officers *officer.Keeper
	crew     *work.Crew
	door     *door
	desk     *desk
	post     *post

	once    sync.Once
	closing error
}

// Open starts an engine: folders, store, keys, each policy, the caretakers, and
// last the door, if an address to listen at is given.
// Erasures that a crash interrupted are finished before it returns. ctx bounds
// the start only; an engine runs until Close.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	e, err := build(ctx, cfg)
	if err != nil {
		return nil, err
	}
	e.crew = work.Start(context.WithoutCancel(ctx), e.cfg.Log, e.jobs()...)
	if err := e.openDoor(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), e.Close(ctx))
	}
	e.post.open(context.WithoutCancel(ctx), e)
	e.openDesk()
	return e, nil
}

// cachedKeys is about how many keys of people stay expanded in memory, those of all
// policies together: 1.1 KB each.
const cachedKeys = 1 << 15

// build is Open without caretakers.
func build(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg.withDefaults(), logs: make(map[avow.PolicyID]*log), vaults: make(map[avow.PolicyID]*vault.Vault)}
	if err := e.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), e.release())
	}
	return e, nil
}

func (e *Engine) open(ctx context.Context) error {
	err := e.cfg.prepare(ctx)
	if err != nil {
		return err
	}
	if e.store, err = sqlite.Open(ctx, sqlite.Config{Dir: e.cfg.Data, CacheMiB: e.cfg.CacheMiB}); err != nil {
		return err
	}
	if e.ring, err = vault.Open(ctx, e.cfg.Keys, e.cfg.Root); err != nil {
		return err
	}
	if e.notes, err = journal.Open(filepath.Join(e.cfg.Keys, JournalFile)); err != nil {
		return err
	}
	for _, p := range e.cfg.Policies {
		e.logs[p.ID()] = &log{wake: make(chan struct{}, 1)}
	}
	files, err := blob.NewFolder(filepath.Join(e.cfg.Data, BlobFolder))
	if err != nil {
		return err
	}
	drivers, err := e.cfg.Post.drivers()
	if err != nil {
		return err
	}
	e.post = newPost(&e.cfg, drivers)
	if e.gate, err = gate.Open(gate.Config{Store: e.store, Clock: e.cfg.Clock, Recorded: e.recorded, Journal: e.notes, BackupsKept: e.cfg.BackupsKept, Trial: e.cfg.Trial, Alerts: e.cfg.Alerts, Address: e.cfg.BaseURL, Files: files, Letters: e.cfg.Post.Texts,
		Site: gate.Site{Region: e.cfg.Region, Backups: e.cfg.Backups}, LogKey: e.logKey, Channels: e.post.channels(), Courier: e.post, Troubled: e.troubled}); err != nil {
		return err
	}
	e.auth = auth.New(e.store, e.cfg.Clock)
	e.officers = officer.New(e.store, e.cfg.Clock, hashesAtOnce)
	for _, p := range e.cfg.Policies {
		if err := e.serve(ctx, p); err != nil {
			return fmt.Errorf("policy %s: %w", p.ID(), err)
		}
	}
	return nil
}

// serve opens the keys of a policy and puts it in force.
func (e *Engine) serve(ctx context.Context, p *policy.Program) error {
	id := p.ID()
	state, err := e.store.LogState(ctx, id)
	if err != nil {
		return err
	}
	if err := e.addKeys(ctx, id, state); err != nil {
		return err
	}
	if err := e.checkClock(ctx, id, state); err != nil {
		return err
	}
	if err := e.openLog(ctx, id, state); err != nil {
		return err
	}
	if err := e.checkWitness(ctx, id, state); err != nil {
		return err
	}
	if err := e.acceptGap(ctx, id); err != nil {
		return err
	}
	v, err := e.ring.Vault(ctx, string(id), vault.Options{CachedKeys: cachedKeys / max(1, len(e.cfg.Policies))})
	if err != nil {
		return err
	}
	e.vaults[id] = v
	return e.gate.Serve(ctx, p, v)
}

// addKeys makes the keys of a policy that is new to this data.
func (e *Engine) addKeys(ctx context.Context, id avow.PolicyID, state gate.LogState) error {
	known, err := vault.Describe(e.cfg.Keys)
	if err != nil {
		return err
	}
	for _, p := range known.Policies {
		if p.Name == string(id) {
			return nil
		}
	}
	if state.Recorded > 0 {
		return fmt.Errorf("%w: the data has a log of this policy, and the keyring in %s does not know it", gate.ErrKeys, e.cfg.Keys)
	}
	return e.ring.AddPolicy(ctx, string(id), e.cfg.Clock())
}

// Gate returns the gate.
func (e *Engine) Gate() *gate.Gate { return e.gate }

// Store returns the store, for numbers and backups.
func (e *Engine) Store() *sqlite.Store { return e.store }

// Data returns the data folder.
func (e *Engine) Data() string { return e.cfg.Data }

// Keys returns the keys folder.
func (e *Engine) Keys() string { return e.cfg.Keys }

// Replace puts a new text of a served policy in force.
func (e *Engine) Replace(ctx context.Context, p *policy.Program) error { return e.gate.Replace(ctx, p) }

// Sweep erases everything whose time is over, now rather than at the next pass.
func (e *Engine) Sweep(ctx context.Context) (gate.Swept, error) { return e.gate.Sweep(ctx) }

// Close ends the engine in good order: what is under way is finished, what is
// recorded is published, and files and keys are closed. Close may be called more
// than once.
func (e *Engine) Close(ctx context.Context) error {
	e.once.Do(func() {
		served := errors.Join(e.desk.close(ctx), e.door.close())
		if e.crew != nil {
			e.crew.Stop()
		}
		e.post.close()
		e.closing = errors.Join(served, e.Seal(ctx), e.witnessAll(ctx), e.release())
	})
	return e.closing
}

// release closes what was opened, the store before the keys.
func (e *Engine) release() error {
	var errs []error
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	for _, v := range e.vaults {
		errs = append(errs, v.Close())
	}
	if e.notes != nil {
		errs = append(errs, e.notes.Close())
	}
	if e.ring != nil {
		errs = append(errs, e.ring.Close())
	}
	return errors.Join(errs...)
}
