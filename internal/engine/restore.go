package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/store/sqlite"
)

// Restoring says how a backup is put back.
type Restoring struct {
	// Config names the folders, the root key and the clock. Policies are read from
	// the backup.
	Config
	// From is the folder of the backup.
	From string
	// OldKeys says that the keys folder is an older copy, and not the one that was
	// in use last: keys of people erased since are destroyed.
	OldKeys bool
	// DropLost gives up people who came after the copy of the keys.
	DropLost bool
	// EndTokens ends all tokens of programs. Without it those that were ended after
	// the backup work again.
	EndTokens bool
	// Progress, which may be nil, hears how many people were gone through.
	Progress func(done, total int64)
}

// RestoredPolicy says what a restore did for one policy.
type RestoredPolicy struct {
	Policy avow.PolicyID `json:"policy"`
	gate.Reconciled
	LostLeaves int64 `json:"lost_leaves"` // published leaves that the log no longer has
}

// Restore puts a backup back into a new folder and re-applies, before anybody is
// let in, every later erasure, refusal and hold that the keys folder knows of. All
// sessions end. When it fails it leaves no data folder behind.
func Restore(ctx context.Context, r Restoring) ([]RestoredPolicy, error) {
	done, err := restore(ctx, &r)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return done, nil
}

func restore(ctx context.Context, r *Restoring) (done []RestoredPolicy, err error) {
	m, err := ReadManifest(ctx, r.From)
	if err != nil {
		return nil, err
	}
	r.Config = r.withDefaults()
	if err := emptyBut(r.Data, r.Keys); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.undo())
		}
	}()
	for _, f := range m.Files {
		if err := copyFile(filepath.Join(r.From, filepath.FromSlash(f.Name)), filepath.Join(r.Data, filepath.FromSlash(f.Name))); err != nil {
			return nil, err
		}
	}
	if err := os.RemoveAll(filepath.Join(r.Data, checkpointFolder)); err != nil {
		return nil, err
	}
	if r.Policies, err = storedPolicies(ctx, r.Data, m); err != nil {
		return nil, err
	}
	e, err := build(ctx, r.Config)
	if err != nil {
		return nil, err
	}
	if done, err = e.reapply(ctx, r); err != nil {
		return nil, errors.Join(err, e.release()) // publishing nothing of what goes away again
	}
	return done, e.Close(ctx)
}

// emptyBut makes sure that a folder holds nothing but, perhaps, the keys.
func emptyBut(dir, keys string) error {
	if err := os.MkdirAll(dir, private); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if filepath.Join(dir, entry.Name()) != filepath.Clean(keys) {
			return fmt.Errorf("%s is not empty; a restore goes into a new folder and never over data", dir)
		}
	}
	return nil
}

// undo takes away what a failed restore has put into the data folder.
func (r *Restoring) undo() error {
	entries, err := os.ReadDir(r.Data)
	errs := []error{err}
	for _, entry := range entries {
		if path := filepath.Join(r.Data, entry.Name()); path != filepath.Clean(r.Keys) {
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}

// storedPolicies compiles the policies that were in force.
func storedPolicies(ctx context.Context, data string, m *Manifest) (programs []*policy.Program, err error) {
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: data})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, log := range m.Logs {
		text, err := gate.LatestPolicy(ctx, s, log.Policy)
		if err != nil {
			return nil, err
		}
		p, err := policy.Read("stored policy "+string(log.Policy), text)
		if err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// reapply goes through the people of every policy, and ends what an older copy of the
// data may have opened again. The journal was caught up with when the policies were
// opened.
func (e *Engine) reapply(ctx context.Context, r *Restoring) ([]RestoredPolicy, error) {
	var done []RestoredPolicy
	for _, id := range e.gate.Policies() {
		n, err := e.gate.Reconcile(ctx, id, gate.Reconciling{DropLost: r.DropLost, DestroyStrays: r.OldKeys, Progress: r.Progress})
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", id, err)
		}
		if err := e.gate.Restored(ctx, id, e.logs[id].lost); err != nil {
			return nil, err
		}
		done = append(done, RestoredPolicy{Policy: id, Reconciled: n, LostLeaves: e.logs[id].lost})
	}
	if err := e.officers.EndSessions(ctx); err != nil {
		return nil, err
	}
	if r.EndTokens {
		return done, e.endTokens(ctx)
	}
	return done, nil
}

func (e *Engine) endTokens(ctx context.Context) error {
	all, err := e.auth.List(ctx)
	for i := range all {
		err = errors.Join(err, e.auth.Revoke(ctx, all[i].ID))
	}
	return err
}
