package sqlite

import "sync"

// cache keeps committed values that were used lately. It never serves a value
// that an answered Commit has replaced:
//
//   - the committer changes the cache after COMMIT took effect and before it
//     answers anybody (put, drop), and counts the change in the shard;
//   - a reader that misses takes a ticket, reads the file, and fills the cache
//     only if the shard has not changed since the ticket. If the reader saw the
//     file as it was before a commit, then the ticket is older than the
//     committer's change, or the committer's change comes after the fill.
type cache[K comparable, V any] struct {
	shards []shard[K, V]
	hash   func(K) uint64
}

type shard[K comparable, V any] struct {
	mu      sync.Mutex
	changes uint64
	at      map[K]int
	slots   []slot[K, V]
	hand    int
	cost    int
	most    int
}

type slot[K comparable, V any] struct {
	key  K
	val  V
	cost int
	used bool
}

const cacheShards = 64

// newCache returns a cache of values whose costs add up to about most.
func newCache[K comparable, V any](most int, hash func(K) uint64) *cache[K, V] {
	c := &cache[K, V]{shards: make([]shard[K, V], cacheShards), hash: hash}
	for i := range c.shards {
		c.shards[i].at = map[K]int{}
		c.shards[i].most = most / cacheShards
	}
	return c
}

func (c *cache[K, V]) shard(k K) *shard[K, V] { return &c.shards[c.hash(k)%cacheShards] }

// get returns the value of k. If there is none, ticket is what fill needs.
func (c *cache[K, V]) get(k K) (v V, ok bool, ticket uint64) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[k]
	if !ok {
		return v, false, s.changes
	}
	s.slots[i].used = true
	return s.slots[i].val, true, 0
}

// fill is how a reader enters what it read from the file.
func (c *cache[K, V]) fill(k K, v V, cost int, ticket uint64) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == ticket {
		s.set(k, v, cost)
	}
}

// put is how the committer enters what it committed.
func (c *cache[K, V]) put(k K, v V, cost int) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.set(k, v, cost)
}

// drop is how the committer forgets what it removed.
func (c *cache[K, V]) drop(k K) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	if i, ok := s.at[k]; ok {
		s.remove(i)
	}
}

func (s *shard[K, V]) set(k K, v V, cost int) {
	if i, ok := s.at[k]; ok {
		s.cost += cost - s.slots[i].cost
		s.slots[i].val, s.slots[i].cost = v, cost
	} else {
		s.at[k] = len(s.slots)
		s.slots = append(s.slots, slot[K, V]{key: k, val: v, cost: cost})
		s.cost += cost
	}
	for s.cost > s.most && len(s.slots) > 0 {
		s.evict()
	}
}

// evict goes round like the hand of a clock and removes the first value that
// nobody used since it came by the last time.
func (s *shard[K, V]) evict() {
	for {
		if s.hand >= len(s.slots) {
			s.hand = 0
		}
		if !s.slots[s.hand].used {
			s.remove(s.hand)
			return
		}
		s.slots[s.hand].used = false
		s.hand++
	}
}

func (s *shard[K, V]) remove(i int) {
	last := len(s.slots) - 1
	delete(s.at, s.slots[i].key)
	s.cost -= s.slots[i].cost
	if i != last {
		s.slots[i] = s.slots[last]
		s.at[s.slots[i].key] = i
	}
	s.slots[last] = slot[K, V]{}
	s.slots = s.slots[:last]
}
