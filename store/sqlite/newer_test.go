package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	zombie "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// resident is a person as they must be read: version 0 is nobody.
type resident struct {
	version, due int64
	size         int
}

var mark = bytes.Repeat([]byte("MARK"), 30_000)

// change moves a person to another state and returns the change that does it.
func (r *resident) change(sid int64, dice *rand.Rand) *gate.Change {
	c := &gate.Change{Policy: policy}
	old := gate.Row{SID: sid, Version: r.version}
	if r.version > 0 && dice.IntN(6) == 0 {
		*r = resident{}
		c.Drop = &old
		return c
	}
	r.version++
	r.due = dice.Int64N(3)
	r.size = 1 + dice.IntN(900)
	if dice.IntN(8) == 0 {
		r.size = sqlite.MostNewer + 1
	}
	row := &gate.Row{SID: sid, Policy: policy, Version: r.version, Due: r.due, Body: mark[:r.size]}
	if c.Update = row; r.version == 1 {
		c.Insert, c.Update = row, nil
	}
	return c
}

func lookAt(t *testing.T, s *sqlite.Store, residents []resident) {
	t.Helper()
	for sid, want := range residents {
		row, found, err := s.Load(t.Context(), int64(sid))
		got := resident{row.Version, row.Due, len(row.Body)}
		if err != nil || found != (want.version > 0) || got != want {
			t.Fatalf("person %d: %+v, error %v, want %+v", sid, got, err, want)
		}
	}
}

// TestRowsThatWait changes people at random, small rows and large ones, and lets them go
// and come back: whether their rows wait, are being moved or were moved, through the
// cache or not, before and after a start, they are read as they were left. In the end all
// go, and nothing that the file keeps is of them.
func TestRowsThatWait(t *testing.T) {
	t.Parallel()
	for _, waiting := range []int{1, 3000, 0} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("%d bytes, seed %d", waiting, seed), func(t *testing.T) {
				t.Parallel()
				cfg := sqlite.Config{Dir: t.TempDir(), CacheMiB: 1, WaitingBytes: waiting}
				s := open(t, cfg)
				dice := rand.New(rand.NewPCG(seed, uint64(waiting)))
				residents := make([]resident, 12)
				for range 6 {
					for range 40 {
						sid := 1 + dice.Int64N(int64(len(residents))-1)
						if _, err := s.Commit(t.Context(), residents[sid].change(sid, dice)); err != nil {
							t.Fatal(err)
						}
					}
					lookAt(t, s, residents)
					sound(t, s)
					if dice.IntN(2) == 0 {
						closeStore(t, s)
						s = open(t, cfg)
						lookAt(t, s, residents)
					}
				}
				for sid := range residents {
					if v := residents[sid].version; v > 0 {
						if _, err := s.Commit(t.Context(), &gate.Change{Policy: policy, Drop: &gate.Row{SID: int64(sid), Version: v}}); err != nil {
							t.Fatal(err)
						}
					}
				}
				if people, _, err := sqlite.Waits(s); err != nil || people > 0 {
					t.Errorf("%d people wait who are gone, error %v", people, err)
				}
				sound(t, s)
				closeStore(t, s)
				if n := bytes.Count(kept(t, cfg), mark[:8]); n > 0 {
					t.Errorf("%d traces of people who are gone", n)
				}
			})
		}
	}
}

// TestAFailureBesideAMove fails each write of a sequence once, before and after it took
// effect, those of the move included: what was answered holds.
func TestAFailureBesideAMove(t *testing.T) {
	t.Parallel()
	for nth := range int64(40) {
		for _, ran := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d, ran %v", nth, ran), func(t *testing.T) {
				t.Parallel()
				var left atomic.Int64
				cfg := sqlite.Config{Dir: t.TempDir(), WaitingBytes: 1000}
				s, err := sqlite.OpenFaulty(cfg, func(step int, did bool) error {
					if did == ran && step != sqlite.StepCommit && step != sqlite.StepFlush && left.Add(-1) == 0 {
						return sqlite.ErrFullDisk
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				left.Store(nth + 1)
				dice := rand.New(rand.NewPCG(uint64(nth), 3))
				residents := make([]resident, 4)
				for range 30 {
					sid := 1 + dice.Int64N(int64(len(residents))-1)
					next := residents[sid]
					switch _, err := s.Commit(t.Context(), next.change(sid, dice)); {
					case err == nil:
						residents[sid] = next
					case !errors.Is(err, sqlite.ErrFull):
						t.Fatal(err)
					}
				}
				lookAt(t, s, residents)
				sound(t, s)
				closeStore(t, s)
				s = open(t, sqlite.Config{Dir: cfg.Dir})
				lookAt(t, s, residents)
				sound(t, s)
				closeStore(t, s)
			})
		}
	}
}

// TestRowsAreMovedInTheEnd: however few wait, they are moved after a while, and nothing
// is left where they waited.
func TestRowsAreMovedInTheEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sqlite.Config{Dir: dir})
		for _, c := range []*gate.Change{whole(1), again(1, 2), again(1, 3)} {
			if _, err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if people, groups, err := sqlite.Waits(s); err != nil || people != 1 || groups != 2 {
			t.Errorf("%d people wait in %d rows, error %v", people, groups, err)
		}
		time.Sleep(sqlite.MoveAfter + time.Second)
		synctest.Wait()
		if people, groups, err := sqlite.Waits(s); err != nil || people != 0 || groups != 0 {
			t.Errorf("after a while %d people wait in %d rows, error %v", people, groups, err)
		}
		closeStore(t, s)
	})
	s := open(t, sqlite.Config{Dir: dir})
	defer closeStore(t, s)
	if row, _, err := s.Load(t.Context(), 1); err != nil || row.Version != 3 {
		t.Errorf("version %d, error %v", row.Version, err)
	}
	sound(t, s)
}

// TestAMoveThatFails: the rows wait, the statistics say so, and they are moved once they
// can be.
func TestAMoveThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		s, err := sqlite.OpenFaulty(sqlite.Config{Dir: dir, WaitingBytes: 1}, func(step int, ran bool) error {
			if step == sqlite.StepRow && broken.Load() {
				return sqlite.ErrFullDisk
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		commit := func(c *gate.Change) {
			if _, err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		commit(&gate.Change{Policy: policy, Insert: &gate.Row{SID: 1, Policy: policy, Version: 1}})
		broken.Store(true)
		commit(&gate.Change{Policy: policy, Update: &gate.Row{SID: 1, Policy: policy, Version: 2, Body: mark[:8]}})
		synctest.Wait()
		people, _, err := sqlite.Waits(s)
		if err != nil || people != 1 || !s.Stats().Failing {
			t.Errorf("%d people wait, failing %v, error %v", people, s.Stats().Failing, err)
		}
		broken.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		people, _, err = sqlite.Waits(s)
		if err != nil || people != 0 || s.Stats().Failing {
			t.Errorf("on a good disk %d people wait, failing %v, error %v", people, s.Stats().Failing, err)
		}
		closeStore(t, s)
	})
	s := open(t, sqlite.Config{Dir: dir})
	defer closeStore(t, s)
	lookAt(t, s, []resident{{}, {2, 0, 8}})
	sound(t, s)
}

// TestDamagedRowsThatWait: a store whose waiting rows are cut or name nobody says so, and
// does not go on without them.
func TestDamagedRowsThatWait(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"cut":          `UPDATE newer SET body = substr(body, 1, length(body) - 1)`,
		"other policy": `UPDATE policy SET id = id + 7`,
		"nonsense":     `UPDATE newer SET body = x'ffffffffffffffffffffffff'`,
		"nobody":       `UPDATE newer SET body = x'0001010000'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, sqlite.Config{Dir: dir})
			for _, c := range []*gate.Change{whole(1), again(1, 2)} {
				if _, err := s.Commit(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			closeStore(t, s)
			runScript(t, filepath.Join(dir, "avow.db"), damage)
			_, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
			says(t, err, sqlite.ErrCorrupt, "restore the latest backup")
		})
	}
}

// TestCheckSeesRowsThatWait: what waits counts as if it were in its place, and must have
// one.
func TestCheckSeesRowsThatWait(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"no place":       `DELETE FROM subject`,
		"older":          `UPDATE subject SET ver = 9`,
		"another's hour": `UPDATE due SET bucket = bucket + 1`,
		"not due":        `DELETE FROM due`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, sqlite.Config{Dir: dir})
			defer closeStore(t, s)
			for _, c := range []*gate.Change{whole(1), again(1, 2)} {
				if _, err := s.Commit(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			sound(t, s)
			c, err := zombie.OpenConn(filepath.Join(dir, "avow.db"), zombie.OpenReadWrite)
			if err == nil {
				err = errors.Join(sqlitex.ExecuteTransient(c, damage, nil), c.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			if findings, err := s.Check(t.Context()); err != nil || len(findings) == 0 {
				t.Errorf("findings %q, error %v", findings, err)
			}
		})
	}
}

func FuzzRowsThatWait(f *testing.F) {
	f.Add([]byte{})
	f.Add(sqlite.AppendNewer(nil, 3, gate.Row{SID: 1, Version: 2, Due: 4, Body: []byte("body")}))
	f.Fuzz(func(t *testing.T, rows []byte) {
		for len(rows) > 0 {
			policy, r, rest, err := sqlite.CutNewer(rows)
			if err != nil {
				return
			}
			if len(rest) >= len(rows) {
				t.Fatal("nothing was cut off")
			}
			p, again, none, err := sqlite.CutNewer(sqlite.AppendNewer(nil, policy, r))
			if err != nil || len(none) > 0 || p != policy || again.SID != r.SID || again.Version != r.Version || again.Due != r.Due || !bytes.Equal(again.Body, r.Body) {
				t.Fatalf("%+v of policy %d comes back as %+v of %d, error %v", r, policy, again, p, err)
			}
			rows = rest
		}
	})
}
