package vault

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"math"
	"time"

	"avow.dev/internal/secret"
)

// epochs are the policy keys that can still unwrap a slot. It never changes; a
// rotation makes a new one.
type epochs struct {
	current uint16
	keys    map[uint16]cipher.AEAD
}

// newEpoch makes the next policy key and returns it once keyring.json has it:
// nothing may be wrapped under a key that a crash could lose.
func (k *Keyring) newEpoch(ctx context.Context, policy string, now time.Time) (uint16, secret.Bytes, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.file.policy(policy)
	if err != nil {
		return 0, secret.Bytes{}, err
	}
	if len(p.Epochs) == math.MaxUint16 {
		return 0, secret.Bytes{}, errors.New("the policy has used up its 65535 epochs")
	}
	next := ringEpoch{Epoch: uint16(len(p.Epochs) + 1), Created: instant(now)}
	key := secret.Adopt(newKey())
	if next.Key, err = k.sealer.wrap(ctx, key, policy, kindPolicy, next.Epoch); err != nil {
		return 0, secret.Bytes{}, err
	}
	err = k.change(func(f *ringFile) error {
		p, err := f.policy(policy)
		if err != nil {
			return err
		}
		p.Epochs = append(p.Epochs, next)
		return nil
	})
	return next.Epoch, key, err
}

// retire forgets the policy keys before current. Call it when no slot needs them.
func (k *Keyring) retire(policy string, current uint16, now time.Time) ([]uint16, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var retired []uint16
	p, err := k.file.policy(policy)
	if err != nil {
		return nil, err
	}
	for _, e := range p.Epochs {
		if e.Epoch < current && e.Retired == nil {
			retired = append(retired, e.Epoch)
		}
	}
	if len(retired) == 0 {
		return nil, nil
	}
	return retired, k.change(func(f *ringFile) error {
		p, err := f.policy(policy)
		if err != nil {
			return err
		}
		at := instant(now)
		for i := range p.Epochs {
			if e := &p.Epochs[i]; e.Epoch < current && e.Retired == nil {
				e.Retired, e.Key = &at, nil
			}
		}
		return nil
	})
}

// openEpochs unwraps the policy keys that are not retired.
func (k *Keyring) openEpochs(ctx context.Context, p *ringPolicy) (*epochs, error) {
	e := &epochs{keys: map[uint16]cipher.AEAD{}}
	for _, have := range p.Epochs {
		if have.Retired != nil {
			continue
		}
		key, err := k.sealer.unwrap(ctx, have.Key, p.Name, kindPolicy, have.Epoch)
		if err != nil {
			return nil, fmt.Errorf("epoch %d: %w", have.Epoch, err)
		}
		aead, err := newAEAD(key.Expose())
		key.Wipe()
		if err != nil {
			return nil, err
		}
		e.keys[have.Epoch], e.current = aead, have.Epoch
	}
	return e, nil
}
