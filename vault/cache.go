package vault

import "sync"

// cache keeps expanded keys of subjects seen lately, in shards, so that many
// callers seldom meet at one lock. Within a shard it evicts by the clock rule:
// the hand passes over keys used since it last came by.
type cache struct {
	shards [cacheShards]shard
}

const cacheShards = 64

type shard struct {
	mu    sync.Mutex
	at    map[uint64]int // place in ring
	ring  []place
	size  int
	hand  int
	drops uint64 // counts revocations; see mark
	_     [64]byte
}

type place struct {
	sid  uint64
	key  SubjectKey
	used bool
}

// mark is the state of a shard before a slot was read. A key read from a slot may
// be added only if nobody was erased meanwhile; otherwise it could be the key of
// that person, and would outlive them in the cache.
type mark uint64

func newCache(keys int) *cache {
	c := &cache{}
	size := max(1, (keys+cacheShards-1)/cacheShards)
	for i := range c.shards {
		c.shards[i].at = make(map[uint64]int)
		c.shards[i].size = size
	}
	return c
}

func (c *cache) shard(sid uint64) *shard { return &c.shards[sid%cacheShards] }

func (c *cache) get(sid uint64) (SubjectKey, mark, bool) {
	s := c.shard(sid)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[sid]
	if !ok {
		return SubjectKey{}, mark(s.drops), false
	}
	s.ring[i].used = true
	return s.ring[i].key, mark(s.drops), true
}

// add keeps key, or the one that another caller added first, and returns what it
// keeps; or it reports false if someone of the shard was erased since m.
func (c *cache) add(sid uint64, key SubjectKey, m mark) (SubjectKey, bool) {
	s := c.shard(sid)
	s.mu.Lock()
	defer s.mu.Unlock()
	if mark(s.drops) != m {
		return SubjectKey{}, false
	}
	if i, ok := s.at[sid]; ok {
		return s.ring[i].key, true
	}
	s.at[sid] = s.room()
	s.ring[s.at[sid]] = place{sid: sid, key: key}
	return key, true
}

// room returns a place to fill.
func (s *shard) room() int {
	if len(s.ring) < s.size {
		s.ring = append(s.ring, place{})
		return len(s.ring) - 1
	}
	for s.ring[s.hand].used {
		s.ring[s.hand].used = false
		s.hand = (s.hand + 1) % len(s.ring)
	}
	i := s.hand
	s.hand = (s.hand + 1) % len(s.ring)
	delete(s.at, s.ring[i].sid)
	return i
}

// drop revokes the key of sid and keeps any reader of its slot from adding it again.
func (c *cache) drop(sid uint64) {
	s := c.shard(sid)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops++
	i, ok := s.at[sid]
	if !ok {
		return
	}
	s.ring[i].key.revoke()
	delete(s.at, sid)
	last := len(s.ring) - 1
	s.ring[i] = s.ring[last]
	if i != last {
		s.at[s.ring[i].sid] = i
	}
	s.ring[last] = place{}
	s.ring = s.ring[:last]
	if s.hand >= last {
		s.hand = 0
	}
}
