package sqlite

import "sync/atomic"

// counters are kept by the committer and read by Stats.
type counters struct {
	groups  atomic.Int64
	changes atomic.Int64
	largest atomic.Int64

	mergeFailed atomic.Bool
}

func (c *counters) group(n int) {
	c.groups.Add(1)
	c.changes.Add(int64(n))
	c.largest.Store(max(c.largest.Load(), int64(n)))
}

// Stats are plain numbers for metrics; they only grow, except Waiting.
type Stats struct {
	Groups  int64 // transactions committed
	Changes int64 // changes that took part in them
	Largest int64 // changes in the largest group
	Waiting int   // changes that wait now
}

// Stats returns what the committer has done since Open.
func (s *Store) Stats() Stats {
	return Stats{
		Groups:  s.stats.groups.Load(),
		Changes: s.stats.changes.Load(),
		Largest: s.stats.largest.Load(),
		Waiting: s.queue.len(),
	}
}
