package sqlite_test

import (
	"fmt"
	"testing"

	"avow.dev/store/sqlite"
)

// TestCacheRefusesWhatIsStale: a reader that began before a commit cannot fill
// in what it read after it.
func TestCacheRefusesWhatIsStale(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]func(sqlite.Cache){
		"put":  func(c sqlite.Cache) { c.Put(1, "new") },
		"drop": func(c sqlite.Cache) { c.Drop(1) },
	} {
		c := sqlite.NewCache(64 * 10)
		_, _, ticket := c.Get(1)
		commit(c)
		c.Fill(1, "old", ticket)
		if v, ok, _ := c.Get(1); ok && v == "old" {
			t.Errorf("%s: stale value is served", name)
		}
		c.Drop(1)
		_, _, ticket = c.Get(1)
		c.Fill(1, "read", ticket)
		if v, ok, _ := c.Get(1); !ok || v != "read" {
			t.Errorf("%s: got %q (%v), want what was read", name, v, ok)
		}
	}
}

// TestCacheIsBounded fills it far beyond its size: what is used again and again
// stays, and whatever is there is right.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	const most = 10 // of one shard
	c := sqlite.NewCache(64 * most)
	c.Put(0, "0")
	for k := int64(1); k < 500; k++ {
		if _, ok, _ := c.Get(0); !ok {
			t.Fatalf("after %d values the one in use is gone", k)
		}
		c.Put(k, fmt.Sprint(k))
		if k%7 == 0 {
			c.Drop(k - 1)
		}
	}
	kept := 0
	for k := range int64(500) {
		v, ok, _ := c.Get(k)
		if ok && v != fmt.Sprint(k) {
			t.Errorf("value of %d is %q", k, v)
		}
		if ok {
			kept++
		}
	}
	if kept == 0 || kept > most {
		t.Errorf("%d values are kept, want at most %d", kept, most)
	}
}
