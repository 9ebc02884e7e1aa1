package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"avow.dev/internal/secret"
	"avow.dev/vault/keyfile"
)

// Vault holds the keys of one policy, open: it makes, finds and destroys the keys
// of people, and seals and opens their cells. It is safe for concurrent use.
type Vault struct {
	policy string
	ring   *Keyring
	slots  *keyfile.File
	cache  *cache
	lent   buffers

	epochs atomic.Pointer[epochs]
	stock  stock
	// wrapping is read-held while keys are wrapped and put, and held while the
	// epochs change, so that no slot appears under a key that is being retired.
	wrapping sync.RWMutex
	rotating sync.Mutex // one rotation or rewrap at a time

	index      *index
	pseudonyms *tagger
}

// Options are the settings of a vault. The zero value is fit for use.
type Options struct {
	// CachedKeys is about how many subject keys stay expanded in memory, 1.1 KB
	// each. 0 means 8192.
	CachedKeys int
}

const defaultCachedKeys = 8192

// Vault opens the vault of a policy. It takes the lock of the policy's key file.
func (k *Keyring) Vault(ctx context.Context, policy string, opt Options) (*Vault, error) {
	v, err := k.openVault(ctx, policy, opt)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	return v, nil
}

func (k *Keyring) openVault(ctx context.Context, policy string, opt Options) (*Vault, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.file.policy(policy)
	if err != nil {
		return nil, err
	}
	if opt.CachedKeys == 0 {
		opt.CachedKeys = defaultCachedKeys
	}
	v := &Vault{policy: policy, ring: k, cache: newCache(opt.CachedKeys)}
	e, err := k.openEpochs(ctx, p)
	if err != nil {
		return nil, err
	}
	v.epochs.Store(e)
	indexKey, err := k.sealer.unwrap(ctx, p.Index, policy, kindIndex, 0)
	if err != nil {
		return nil, err
	}
	v.index = newIndex(indexKey)
	pseudonymKey, err := k.sealer.unwrap(ctx, p.Pseudonym, policy, kindPseudonym, 0)
	if err != nil {
		return nil, err
	}
	v.pseudonyms = newTagger(pseudonymKey)
	v.slots, err = keyfile.Open(k.slotsPath(policy), policy)
	return v, err
}

// Close withdraws the keys that nobody was given, and closes the key file. Every other
// change was durable when it was answered.
func (v *Vault) Close() error {
	_, err := v.settle(0, true)
	if errors.Is(err, keyfile.ErrHalted) || errors.Is(err, keyfile.ErrClosed) {
		err = nil // what is left lies there as after a crash
	}
	return errors.Join(err, v.slots.Close())
}

// Policy is the name of the policy.
func (v *Vault) Policy() string { return v.policy }

// Format prints no more than whose vault this is.
func (v *Vault) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "vault of %s", v.policy) }

// wrapRaw makes the slot of a key, under the current policy key.
func (v *Vault) wrapRaw(sid uint64, raw []byte) keyfile.Slot {
	e := v.epochs.Load()
	slot := keyfile.Slot{SID: sid, Epoch: e.current}
	buf := v.lent.get()
	aad := v.appendSlotAAD(*buf, sid)
	var room [nonceSize + keySize + tagSize]byte
	wrapped := e.keys[e.current].Seal(room[:0], nil, raw, aad)
	v.lent.put(buf, aad)
	copy(slot.Nonce[:], wrapped)
	copy(slot.Wrapped[:], wrapped[nonceSize:])
	return slot
}

// appendSlotAAD binds a wrapped key to its policy and its number: a slot copied
// over another person's does not unwrap.
func (v *Vault) appendSlotAAD(dst []byte, sid uint64) []byte {
	return appendNumber(appendPart(dst, v.policy), sid)
}

// unwrap appends the subject key in slot to dst. known is false when the slot
// names an epoch that e does not hold.
func (v *Vault) unwrap(dst []byte, e *epochs, slot *keyfile.Slot) (raw []byte, known bool, err error) {
	aead, known := e.keys[slot.Epoch]
	if !known {
		return nil, false, nil
	}
	buf := v.lent.get()
	both := v.appendSlotAAD(*buf, slot.SID)
	n := len(both)
	both = append(append(both, slot.Nonce[:]...), slot.Wrapped[:]...)
	raw, err = aead.Open(dst, nil, both[n:], both[:n])
	v.lent.put(buf, both)
	if err != nil {
		return nil, true, fmt.Errorf("slot %d: %w: the key in it does not unwrap; restore the key file from its own backup", slot.SID, keyfile.ErrDamaged)
	}
	return raw, true, nil
}

// Key finds the key of a person, in the cache or in its slot. The errors are
// [ErrErased], [ErrNoKey], [keyfile.ErrDamaged] and what the disk says.
func (v *Vault) Key(sid uint64) (SubjectKey, error) {
	strange := 0
	for {
		key, m, ok := v.cache.get(sid)
		if ok {
			return key, nil
		}
		slot, err := v.slots.Get(sid)
		if err != nil {
			return SubjectKey{}, plainly(err)
		}
		key, known, err := v.expand(&slot)
		if err != nil {
			return SubjectKey{}, err
		}
		if !known {
			// A rotation may have rewritten the slot and retired the epoch since it
			// was read. Twice in a row it has not.
			if strange++; strange == 3 {
				return SubjectKey{}, fmt.Errorf("slot %d: %w: it names epoch %d, which the keyring does not hold", sid, keyfile.ErrDamaged, slot.Epoch)
			}
			continue
		}
		if kept, ok := v.cache.add(sid, key, m); ok {
			return kept, nil
		}
	}
}

func (v *Vault) expand(slot *keyfile.Slot) (key SubjectKey, known bool, err error) {
	s := &subject{sid: slot.SID, policy: v.policy, lent: &v.lent}
	_, known, err = v.unwrap(s.raw[:0], v.epochs.Load(), slot)
	if err != nil || !known {
		return SubjectKey{}, known, err
	}
	key, err = newSubject(s)
	return key, true, err
}

// Destroy erases people: it overwrites their keys and returns when that is durable
// and no key of theirs opens anything in this process. It may be repeated, also
// for numbers that have no key. After an error nobody knows which keys are gone:
// the caller writes the intention first, and finishes it after a restart.
func (v *Vault) Destroy(sids ...uint64) error {
	v.unstock(sids) // so that nobody is given it while it goes
	err := v.slots.Destroy(sids...)
	v.unstock(sids) // if it came back or was just being made
	for _, sid := range sids {
		v.cache.drop(sid)
	}
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	return nil
}

// State says whether a person has a key, never had one, or was erased.
func (v *Vault) State(sid uint64) (keyfile.State, error) {
	_, err := v.slots.Get(sid)
	if err == nil {
		return keyfile.Live, nil
	}
	switch {
	case errors.Is(err, keyfile.ErrDestroyed):
		return keyfile.Destroyed, nil
	case errors.Is(err, keyfile.ErrEmpty):
		return keyfile.Empty, nil
	}
	return keyfile.Empty, plainly(err)
}

// Seal appends to dst the cell of plaintext at a.
func (v *Vault) Seal(dst []byte, a Address, plaintext []byte) ([]byte, error) {
	k, err := v.Key(a.SID)
	if err != nil {
		return nil, err
	}
	return k.Seal(dst, a, plaintext)
}

// Open appends to dst the plaintext of the cell that was sealed at a. The errors
// are [ErrCell] and those of Key.
func (v *Vault) Open(dst []byte, a Address, cell []byte) ([]byte, error) {
	k, err := v.Key(a.SID)
	if err != nil {
		return nil, err
	}
	return k.Open(dst, a, cell)
}

// OpenSecret is Open with a plaintext that cannot be printed.
func (v *Vault) OpenSecret(a Address, cell []byte) (secret.Bytes, error) {
	k, err := v.Key(a.SID)
	if err != nil {
		return secret.Bytes{}, err
	}
	return k.OpenSecret(a, cell)
}

// Salt is the salt of an evidence leaf about a person; see [SubjectKey.Salt].
func (v *Vault) Salt(sid uint64, leaf [16]byte) ([32]byte, error) {
	k, err := v.Key(sid)
	if err != nil {
		return [32]byte{}, err
	}
	return k.Salt(leaf)
}
