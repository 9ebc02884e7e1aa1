package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"avow.dev/internal/secret"
	"avow.dev/vault/keyfile"
)

// The stock is what lets a new person wait for one flush and not for two: a few keys
// that are durable in the key file already, made ahead of demand, and that nobody has.
//
// One key given to two people is the worst that could happen here: erasing one of them
// would erase the other, or leave them open. So a key is in the stock or with somebody,
// never both. It comes into the stock as new, or when whoever had it gives it back
// before anything sealed under it could have been kept; what they held of it is revoked
// then. Whatever the process held in stock when it ended is never given out by another
// one: a number above all that were ever written is the only one that is taken for free.

const (
	firstBatch = 8   // keys made at the first demand, and then twice as many each time
	mostBatch  = 128 // up to so many
)

// stock is under its mutex, which is held over no flush.
type stock struct {
	mu     sync.Mutex
	spare  []spare
	batch  int      // how many keys were made last; 0 before the first demand
	fill   *filling // under way, or nil
	floor  uint64   // numbers up to it are not given out any more
	erased uint64   // counts calls of Destroy
	closed bool
}

// spare is a key that nobody has. It is no more than bytes: a SubjectKey of it exists
// only while somebody has it.
type spare struct {
	sid uint64
	raw secret.Bytes
}

// filling is the making of a batch.
type filling struct {
	done chan struct{}
	err  error // to be read after done
}

// Take gives out a key that nobody else has, under a number that no key had before. It
// is durable: the data sealed under it may be committed at once. It waits only when
// none is in stock, for ctx at most.
//
// Whoever takes a key says [SubjectKey.Keep] before anything sealed under it may reach a
// disk. One that was not kept can go back by [Vault.GiveBack]; one that is lost serves
// nobody and harms nobody. The errors are [keyfile.ErrClosed], that of ctx, and why no
// keys could be made; each call that finds none tries again.
func (v *Vault) Take(ctx context.Context) (SubjectKey, error) {
	for {
		key, wait, err := v.takeSpare()
		if wait == nil && err == nil {
			return key, nil
		}
		if err == nil {
			select {
			case <-wait.done:
				err = wait.err
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		if err != nil {
			return SubjectKey{}, fmt.Errorf("take subject key: %w", err)
		}
	}
}

// takeSpare takes a key from the stock, or returns what to wait for.
func (v *Vault) takeSpare() (SubjectKey, *filling, error) {
	s := &v.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return SubjectKey{}, nil, keyfile.ErrClosed
	}
	if len(s.spare) == 0 {
		return SubjectKey{}, v.filling(), nil
	}
	key, err := v.hand(&s.spare[0])
	if err != nil {
		return SubjectKey{}, nil, err
	}
	s.spare[0].raw.Wipe()
	s.spare = s.spare[1:]
	if len(s.spare) < s.batch/2 {
		v.filling()
	}
	return key, nil, nil
}

// hand makes what is given out of a spare key. It goes into the cache, so that an
// erasure revokes it also for who has it. s.mu is held, so that no erasure of this
// number comes in between: Destroy takes it out of the stock first.
func (v *Vault) hand(k *spare) (SubjectKey, error) {
	sub := &subject{sid: k.sid, policy: v.policy, lent: &v.lent}
	copy(sub.raw[:], k.raw.Expose())
	key, err := newSubject(sub)
	if err != nil {
		return SubjectKey{}, err
	}
	sub.loose.Store(true)
	for {
		_, m, read := v.cache.get(k.sid)
		if read { // by somebody who goes through the numbers
			v.cache.drop(k.sid)
			continue
		}
		if _, added := v.cache.add(k.sid, key, m); added {
			return key, nil
		}
	}
}

// GiveBack puts a key back that was taken and not kept. It is revoked for who had it,
// and the next one to take it gets it as if it were new. A key that was kept, was given
// back already or is no key stays as it is, and so it may always be called at the end.
func (v *Vault) GiveBack(key SubjectKey) {
	if key.held == nil {
		return
	}
	sub := key.held()
	if sub.policy != v.policy || !sub.loose.CompareAndSwap(true, false) {
		return
	}
	s := &v.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := sub.copyRaw()
	v.cache.drop(sub.sid)
	key.revoke()
	// An erasure writes first and then takes the number out of the stock, for which it
	// waits for us: either the slot says it now, or the key is taken out after.
	_, err := v.slots.Get(sub.sid)
	if err != nil || raw.Len() == 0 || s.closed || sub.sid <= s.floor {
		raw.Wipe()
		return
	}
	s.spare = append([]spare{{sub.sid, raw}}, s.spare...)
}

// filling returns the filling that is under way, or begins one. s.mu is held.
func (v *Vault) filling() *filling {
	s := &v.stock
	if s.fill != nil {
		return s.fill
	}
	f := &filling{done: make(chan struct{})}
	s.fill = f
	go v.refill(f, min(max(firstBatch, 2*s.batch), mostBatch), s.floor, s.erased)
	return f
}

// refill makes n keys and puts them into the stock.
func (v *Vault) refill(f *filling, n int, floor, erased uint64) {
	made, err := v.makeSpare(n, floor)
	s := &v.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range made {
		if s.erased != erased { // maybe one of these; see GiveBack
			if _, err := v.slots.Get(k.sid); err != nil {
				k.raw.Wipe()
				continue
			}
		}
		s.spare = append(s.spare, k)
	}
	if err == nil {
		s.batch = n
	}
	s.fill, f.err = nil, err
	close(f.done)
}

// makeSpare makes n keys, fewer where the numbers end, and returns when they are
// durable. Nobody else writes numbers above the highest.
func (v *Vault) makeSpare(n int, floor uint64) ([]spare, error) {
	v.wrapping.RLock()
	defer v.wrapping.RUnlock()
	last := max(v.slots.Max(), floor)
	n = int(min(uint64(n), keyfile.MaxSID-last))
	if n == 0 {
		return nil, errors.New("all subject numbers are used up")
	}
	made, slots := make([]spare, n), make([]keyfile.Slot, n)
	for i := range made {
		made[i] = spare{last + 1 + uint64(i), secret.Adopt(newKey())}
		slots[i] = v.wrapRaw(made[i].sid, made[i].raw.Expose())
	}
	if err := v.slots.Put(slots...); err != nil {
		for _, k := range made {
			k.raw.Wipe()
		}
		return nil, plainly(err)
	}
	return made, nil
}

// unstock takes the key of a number out of the stock, if it lies there.
func (v *Vault) unstock(sids []uint64) {
	s := &v.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erased++
	kept := s.spare[:0]
	for _, k := range s.spare {
		if slices.Contains(sids, k.sid) {
			k.raw.Wipe()
			continue
		}
		kept = append(kept, k)
	}
	s.spare = kept
}

// farthest is how far above the highest number a number may lie that is passed over.
const farthest = 1 << 19

// Settle withdraws the keys in stock, and returns the highest number of all that were
// given out so far. One that is given out from now on has a higher number, which is also
// above named: data may name numbers that the key file, restored from an older copy,
// does not know. A key with a lower number that is given back serves nobody any more.
func (v *Vault) Settle(named uint64) (uint64, error) { return v.settle(named, false) }

func (v *Vault) settle(named uint64, closing bool) (uint64, error) {
	s := &v.stock
	s.mu.Lock()
	s.closed = s.closed || closing
	for s.fill != nil {
		f := s.fill
		s.mu.Unlock()
		<-f.done
		s.mu.Lock()
	}
	left, last := s.spare, v.slots.Max()
	s.spare, s.floor = nil, max(s.floor, last)
	if named <= min(last+farthest, keyfile.MaxSID) { // no number of ours lies farther
		s.floor = max(s.floor, named)
	}
	s.mu.Unlock()
	return last, v.withdraw(left)
}

// withdraw gives up keys that nobody has and nobody can get any more. One whose slot a
// rotation rewrites in the meantime stays where it is, as after a crash.
func (v *Vault) withdraw(left []spare) error {
	slots := make([]keyfile.Slot, 0, len(left))
	for _, k := range left {
		k.raw.Wipe()
		v.cache.drop(k.sid)
		if slot, err := v.slots.Get(k.sid); err == nil {
			slots = append(slots, slot)
		}
	}
	if _, err := v.slots.Withdraw(slots...); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	return nil
}
