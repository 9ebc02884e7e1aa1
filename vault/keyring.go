package vault

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"avow.dev/internal/secret"
	"avow.dev/vault/internal/durable"
	"avow.dev/vault/keyfile"
)

// Keyring is a keys folder, open: keyring.json with the keys of each policy, and
// beside it a key file per policy. The folder is kept apart from the data and
// out of its backups. A Keyring is safe for concurrent use.
type Keyring struct {
	dir    string
	lock   *os.File
	sealer sealer

	mu   sync.Mutex
	file ringFile // under mu; changed only by being replaced
}

// Init makes a keys folder at dir, with an empty keyring under root. It refuses a
// folder that already has one.
func Init(ctx context.Context, dir string, root Root, now time.Time) error {
	if err := initialise(ctx, dir, root, now); err != nil {
		return fmt.Errorf("create keyring: %w", err)
	}
	return nil
}

func initialise(ctx context.Context, dir string, root Root, now time.Time) error {
	if err := os.MkdirAll(dir, durable.PrivateDir); err != nil {
		return err
	}
	id := make([]byte, 16)
	rand.Read(id)
	f := ringFile{Format: ringFormat, ID: hex.EncodeToString(id), Created: instant(now), Policies: []ringPolicy{}}
	var err error
	s := sealer{root: root, id: f.ID}
	if f.Check, err = s.wrap(ctx, secret.New([]byte(checkText)), "", kindCheck, 0); err != nil {
		return err
	}
	text, err := marshal(f)
	if err != nil {
		return err
	}
	return durable.Create(filepath.Join(dir, ringName), text)
}

// Open opens the keys folder at dir, which one process at a time may do. A root
// key that is not the keyring's is an error that is [ErrRoot]; nothing is changed.
func Open(ctx context.Context, dir string, root Root) (*Keyring, error) {
	k, err := open(ctx, dir, root)
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return k, nil
}

func open(ctx context.Context, dir string, root Root) (*Keyring, error) {
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	k := &Keyring{dir: dir, lock: lock}
	if err := durable.Lock(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), durable.Release(lock))
	}
	if err := k.load(ctx, root); err != nil {
		return nil, errors.Join(err, durable.Release(lock))
	}
	return k, nil
}

func (k *Keyring) load(ctx context.Context, root Root) error {
	f, err := readRing(k.dir)
	if err != nil {
		return err
	}
	k.file, k.sealer = f, sealer{root: root, id: f.ID}
	_, err = k.sealer.unwrap(ctx, f.Check, "", kindCheck, 0)
	if errors.Is(err, ErrRoot) {
		return fmt.Errorf("%w the keyring in %s; open it with the root key it was made with (nothing was changed)", ErrRoot, k.dir)
	}
	return err
}

func readRing(dir string) (ringFile, error) {
	path := filepath.Join(dir, ringName)
	text, err := readPrivate(path)
	if err != nil {
		return ringFile{}, err
	}
	f, err := decodeRing(text)
	if err != nil {
		return ringFile{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Close releases the folder. Close the vaults first.
func (k *Keyring) Close() error { return durable.Release(k.lock) }

// Format prints no more than what this is.
func (k *Keyring) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("keyring")) }

// change writes keyring.json with what edit makes of it, and only then believes it.
func (k *Keyring) change(edit func(*ringFile) error) error {
	next := k.file
	next.Policies = slices.Clone(next.Policies)
	for i := range next.Policies {
		next.Policies[i].Epochs = slices.Clone(next.Policies[i].Epochs)
	}
	if err := edit(&next); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	text, err := marshal(next)
	if err != nil {
		return err
	}
	if err := durable.Replace(filepath.Join(k.dir, ringName), text); err != nil {
		return err
	}
	k.file = next
	return nil
}

// AddPolicy makes the keys of a policy and its key file. Called again for a policy
// that has them, it does nothing.
func (k *Keyring) AddPolicy(ctx context.Context, policy string, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.file.policy(policy); err == nil {
		return nil
	}
	if err := k.addPolicy(ctx, policy, instant(now)); err != nil {
		return fmt.Errorf("add policy to keyring: %w", err)
	}
	return nil
}

func (k *Keyring) addPolicy(ctx context.Context, policy string, now time.Time) error {
	if err := checkName(policy); err != nil {
		return err
	}
	p := ringPolicy{Name: policy, Created: now, Epochs: []ringEpoch{{Epoch: 1, Created: now}}}
	for _, w := range []struct {
		into  *[]byte
		kind  string
		epoch uint16
	}{
		{&p.Epochs[0].Key, kindPolicy, 1},
		{&p.Index, kindIndex, 0},
		{&p.Pseudonym, kindPseudonym, 0},
		{&p.Log, kindLog, 0},
	} {
		fresh := secret.Adopt(newKey())
		wrapped, err := k.sealer.wrap(ctx, fresh, policy, w.kind, w.epoch)
		fresh.Wipe()
		if err != nil {
			return err
		}
		*w.into = wrapped
	}
	if err := k.createSlots(policy); err != nil {
		return err
	}
	return k.change(func(f *ringFile) error {
		at, _ := slices.BinarySearchFunc(f.Policies, policy, func(p ringPolicy, name string) int { return strings.Compare(p.Name, name) })
		f.Policies = slices.Insert(f.Policies, at, p)
		return nil
	})
}

// createSlots makes the policy's key file before keyring.json names it. A crash
// in between leaves an empty one, which is then used; one with keys in it belongs
// to a keyring that is gone, and is not for us to write over.
func (k *Keyring) createSlots(policy string) error {
	path := k.slotsPath(policy)
	err := keyfile.Create(path, policy)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := keyfile.Open(path, policy)
	if err != nil {
		return err
	}
	used := f.Max()
	if err := f.Close(); err != nil {
		return err
	}
	if used > 0 {
		return fmt.Errorf("%s holds keys that this keyring does not know; restore the keyring.json that belongs to it, or move it away", path)
	}
	return nil
}

func (k *Keyring) slotsPath(policy string) string { return slotsPath(k.dir, policy) }

func slotsPath(dir, policy string) string { return filepath.Join(dir, policy+".keys") }

// LogSeed is the Ed25519 seed that signs the policy's evidence log. Wipe it.
func (k *Keyring) LogSeed(ctx context.Context, policy string) (secret.Bytes, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.file.policy(policy)
	if err != nil {
		return secret.Bytes{}, fmt.Errorf("log seed: %w", err)
	}
	return k.sealer.unwrap(ctx, p.Log, policy, kindLog, 0)
}

// instant is a time as keyring.json writes it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
