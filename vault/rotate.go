package vault

import (
	"context"
	"crypto/cipher"
	"fmt"
	"maps"
	"time"

	"avow.dev/vault/keyfile"
)

// RotatePolicyKey makes a new policy key, current at once for every key wrapped
// from now on, and returns its epoch. The slots written before stay readable
// under theirs until Rewrap has come by. Cells are not touched: a rotation costs
// 64 bytes a person, whatever they have stored.
func (v *Vault) RotatePolicyKey(ctx context.Context, now time.Time) (uint16, error) {
	v.rotating.Lock()
	defer v.rotating.Unlock()
	epoch, key, err := v.ring.newEpoch(ctx, v.policy, now)
	if err != nil {
		return 0, fmt.Errorf("rotate policy key: %w", err)
	}
	aead, err := newAEAD(key.Expose())
	key.Wipe()
	if err != nil {
		return 0, fmt.Errorf("rotate policy key: %w", err)
	}
	v.swapEpochs(func(e *epochs) { e.keys[epoch], e.current = aead, epoch })
	return epoch, nil
}

// swapEpochs waits for the wraps under way and puts a changed copy in place.
func (v *Vault) swapEpochs(change func(*epochs)) {
	v.wrapping.Lock()
	defer v.wrapping.Unlock()
	old := v.epochs.Load()
	next := &epochs{current: old.current, keys: maps.Clone(old.keys)}
	change(next)
	v.epochs.Store(next)
}

// Rewrapped is what a Rewrap did.
type Rewrapped struct {
	Slots   int      // rewritten under the current policy key
	Retired []uint16 // epochs that no slot needs any longer, and whose keys are gone
}

// Rewrap brings every slot under the current policy key, beside the traffic, and
// then retires the older ones. Stopped by ctx, an error or a crash, it goes on
// where it was when it is called again. An epoch is retired only after all slots
// were seen to have left it: one damaged slot keeps the old keys until it is
// restored or its subject destroyed.
func (v *Vault) Rewrap(ctx context.Context, now time.Time) (Rewrapped, error) {
	v.rotating.Lock()
	defer v.rotating.Unlock()
	if _, err := v.Settle(0); err != nil { // what nobody has need not be wrapped anew, nor counted
		return Rewrapped{}, err
	}
	current := v.epochs.Load().current
	n, err := v.slots.Rewrap(ctx, 1, keyfile.MaxSID, current, v.rewrapSlot)
	done := Rewrapped{Slots: n}
	if err != nil {
		return done, fmt.Errorf("vault: %w", err)
	}
	for slot, err := range v.slots.All() {
		if err != nil {
			return done, fmt.Errorf("vault: retire policy keys: %w", err)
		}
		if slot.Epoch != current {
			return done, fmt.Errorf("vault: retire policy keys: slot %d is still under epoch %d; run it again", slot.SID, slot.Epoch)
		}
	}
	if done.Retired, err = v.ring.retire(v.policy, current, now); err != nil {
		return done, fmt.Errorf("vault: retire policy keys: %w", err)
	}
	v.swapEpochs(func(e *epochs) {
		maps.DeleteFunc(e.keys, func(epoch uint16, _ cipher.AEAD) bool { return epoch < current })
	})
	return done, nil
}

func (v *Vault) rewrapSlot(old keyfile.Slot) (keyfile.Slot, error) {
	raw, known, err := v.unwrap(nil, v.epochs.Load(), &old)
	if err != nil {
		return keyfile.Slot{}, err
	}
	if !known {
		return keyfile.Slot{}, fmt.Errorf("%w: it names epoch %d, which the keyring does not hold", keyfile.ErrDamaged, old.Epoch)
	}
	defer clear(raw)
	return v.wrapRaw(old.SID, raw), nil
}
