package ledger

import (
	"container/list"
	"sync"
)

// tileKey names a tile at one width. What it names never changes, so nothing kept under it becomes stale, whichever
// process appends to the log.
type tileKey struct {
	level, width int
	n            int64
}

type cacheEntry[V any] struct {
	key   tileKey
	value V
}

// cache keeps the most recently used of what belongs to tiles. It is safe for concurrent use.
type cache[V any] struct {
	mu    sync.Mutex
	limit int
	byKey map[tileKey]*list.Element
	order *list.List
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, byKey: make(map[tileKey]*list.Element), order: list.New()}
}

func (c *cache[V]) get(key tileKey) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(at)
	entry, ok := at.Value.(*cacheEntry[V])
	if !ok {
		return value, false
	}
	return entry.value, true
}

func (c *cache[V]) put(key tileKey, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.order.PushFront(&cacheEntry[V]{key: key, value: value})
	if c.order.Len() <= c.limit {
		return
	}
	if oldest, ok := c.order.Remove(c.order.Back()).(*cacheEntry[V]); ok {
		delete(c.byKey, oldest.key)
	}
}
