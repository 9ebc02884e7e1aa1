package sqlite

import (
	"sync/atomic"
	"time"
)

// counters are kept by the committer and read by Stats.
type counters struct {
	groups  atomic.Int64
	changes atomic.Int64
	largest atomic.Int64

	nanos atomic.Int64
}

func (c *counters) group(n int, took time.Duration) {
	c.nanos.Add(int64(took))
	c.groups.Add(1)
	c.changes.Add(int64(n))
	c.largest.Store(max(c.largest.Load(), int64(n)))
}

// Stats are plain numbers for metrics. Groups, Changes and Seconds only grow.
type Stats struct {
	Groups  int64 // transactions committed
	Changes int64 // changes that took part in them
	Largest int64 // changes in the largest group
	Waiting int   // changes that wait now

	Seconds float64 // time spent in them, 0 without Config.Now
	Failing bool    // the last try to tidy in the background failed; nothing is lost, memory and the file grow
}

// Stats returns what the committer has done since Open.
func (s *Store) Stats() Stats {
	return Stats{
		Groups:  s.stats.groups.Load(),
		Changes: s.stats.changes.Load(),
		Largest: s.stats.largest.Load(),
		Waiting: s.queue.len(),
		Seconds: time.Duration(s.stats.nanos.Load()).Seconds(),

		Failing: s.merger.failing.Load() || s.mover.failing.Load(),
	}
}
