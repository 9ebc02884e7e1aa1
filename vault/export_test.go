package vault

import (
	"avow.dev/internal/secret"
	"avow.dev/vault/keyfile"
)

// What the vectors and the fuzz tests need and nobody else should have.

// KeyFromBytes is a subject key with chosen bytes.
func KeyFromBytes(policy string, sid uint64, raw [32]byte) (SubjectKey, error) {
	return newSubject(&subject{sid: sid, policy: policy, raw: raw, lent: &buffers{}})
}

// DecodeRing decodes keyring.json and encodes it again.
func DecodeRing(text []byte) ([]byte, error) {
	f, err := decodeRing(text)
	if err != nil {
		return nil, err
	}
	return marshal(f)
}

// AAD is the associated data of a cell.
func (a Address) AAD(policy string) []byte { return a.appendTo(nil, policy) }

// TagUnder is the tag of a value under a chosen index key.
func TagUnder(indexKey [32]byte, datum string, normal []byte) (Tag, error) {
	v := &Vault{index: newIndex(secret.New(indexKey[:]))}
	return v.Tag(datum, normal)
}

// PseudonymUnder is the pseudonym under a chosen key.
func PseudonymUnder(key [32]byte, sid uint64, audience string) [16]byte {
	v := &Vault{pseudonyms: newTagger(secret.New(key[:]))}
	return v.Pseudonym(sid, audience)
}

// Fresh makes a key as the stock does, short of writing it, and hands it out.
func (v *Vault) Fresh(sid uint64) (SubjectKey, error) {
	k := spare{sid, secret.Adopt(newKey())}
	v.wrapRaw(sid, k.raw.Expose())
	return v.hand(&k)
}

// InStock are the numbers of the keys that nobody has.
func (v *Vault) InStock() []uint64 {
	v.stock.mu.Lock()
	defer v.stock.mu.Unlock()
	var sids []uint64
	for _, k := range v.stock.spare {
		sids = append(sids, k.sid)
	}
	return sids
}

// Filled waits for the making of keys that is under way, if any is.
func (v *Vault) Filled() {
	v.stock.mu.Lock()
	f := v.stock.fill
	v.stock.mu.Unlock()
	if f != nil {
		<-f.done
	}
}

// On has the vault keep its keys on another disk, with nothing on it yet.
func (v *Vault) On(disk keyfile.Disk, size int64) error {
	f, err := keyfile.On(disk, size, v.policy)
	if err != nil {
		return err
	}
	if err := v.slots.Close(); err != nil {
		return err
	}
	v.slots = f
	return nil
}

// ColdOpen is Open after the slot was read and without the cache.
func (v *Vault) ColdOpen(dst []byte, slot *keyfile.Slot, a Address, cell []byte) ([]byte, error) {
	k, _, err := v.expand(slot)
	if err != nil {
		return nil, err
	}
	return k.Open(dst, a, cell)
}

// Slot is the person's slot.
func (v *Vault) Slot(sid uint64) (keyfile.Slot, error) { return v.slots.Get(sid) }

// LateAdd plays a reader that was overtaken: it misses in the cache, the person
// is erased, and then it adds the key it had read before. It reports whether the
// cache took it.
func LateAdd(sid uint64, key SubjectKey) bool {
	c := newCache(64)
	_, m, _ := c.get(sid)
	c.drop(sid)
	_, took := c.add(sid, key, m)
	return took
}

// CacheRun adds n keys to a cache of the given size, asking for the first again
// each time, and reports how many it holds and whether the first is among them.
func CacheRun(size int, n uint64, key func(sid uint64) SubjectKey) (held int, first bool) {
	c := newCache(size)
	for i := range n {
		sid := 1 + i*cacheShards // all in one shard
		_, m, _ := c.get(sid)
		c.add(sid, key(sid), m)
		_, _, first = c.get(1)
	}
	s := c.shard(1)
	for sid, i := range s.at {
		if s.ring[i].sid != sid || s.ring[i].key.SID() != sid {
			return -1, false
		}
	}
	return len(s.at), first
}

// NormaliseWhole is Normalise without the short way for what nearly everybody has.
func NormaliseWhole(form Normal, value string) (string, error) { return normalise(form, value) }
