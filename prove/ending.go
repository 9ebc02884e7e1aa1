package prove

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"avow.dev/policy/syntax"
)

// erasureProbes play what erasing means: at once out of sight, for good, in
// every copy, and whatever crashes on the way.
func (t text) erasureProbes(e *syntax.Erasure) []probe {
	id := e.ID.Text
	var probes []probe
	add := func(name string, run func(*stage) error) { probes = append(probes, probe{id, name, run}) }
	if has(e.On, "request") {
		add("erases at a person's word", (*stage).erasedOnRequest)
	}
	if has(e.On, "account-closed") {
		add("erases when the relationship ends", (*stage).closed)
	}
	if has(e.On, "retention") {
		add("erases when a time is over", (*stage).someRetention)
	}
	if has(e.On, "minor-found") || has(e.On, "consent-withdrawn") {
		add("erases at a person's word", (*stage).erasedOnRequest)
	}
	add("leaves nothing that an old copy could give back", (*stage).oldCopyStaysShut)
	add("is finished after a crash in the middle", (*stage).crashFinished)
	return probes
}

func (s *stage) someRetention() error {
	for i := range s.text.Retain {
		err := s.retained(&s.text.Retain[i])
		if _, cannot := errors.AsType[*unplayable](err); cannot {
			continue
		}
		return err
	}
	return s.vacuously("no retention rule can be played")
}

// oldCopyStaysShut keeps a copy of the data from before an erasure, brings it
// back beside the keys of today, and expects the erased person to stay unknown
// and the other one to be there.
func (s *stage) oldCopyStaysShut() error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := s.aside(dir, false)
	if err != nil {
		return err
	}
	gone, stays := a.someone(), a.someone()
	for _, p := range []*person{gone, stays} {
		if _, err := p.fill(); err != nil {
			return errors.Join(err, a.end())
		}
	}
	if err := a.end(); err != nil {
		return err
	}
	old := filepath.Join(dir, "old")
	if err := os.CopyFS(old, os.DirFS(a.setup.Data)); err != nil {
		return err
	}
	again := *a
	if err := again.run(); err != nil {
		return err
	}
	gone.stage, stays.stage = &again, &again
	ans, err := gone.send("erase", ask{Subject: gone.ref})
	if err := errors.Join(err, again.end()); err != nil {
		return err
	}
	if !ans.allowed {
		return &mismatch{"the person erased", ans.String()}
	}
	if err := os.RemoveAll(a.setup.Data); err != nil {
		return err
	}
	if err := os.CopyFS(a.setup.Data, os.DirFS(old)); err != nil {
		return err
	}
	back := *a
	if err := back.run(); err == nil {
		return errors.Join(back.end(), &mismatch{"a log that lost published evidence to be noticed at start", "the engine started as if nothing had happened"})
	}
	back = *a
	back.setup.OldData = true
	if err := back.run(); err != nil {
		return err
	}
	defer back.end()
	gone.stage, stays.stage = &back, &back
	if err := gone.gone(); err != nil {
		return err
	}
	_, status, err := stays.copy()
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return &mismatch{"a person who was not erased back from the old copy", fmt.Sprintf("status %d", status)}
	}
	where, _, err := scan([]string{gone.mark, gone.ref}, a.setup.Data, a.setup.Keys)
	if err != nil {
		return err
	}
	return expect(where == "", "no trace of the erased person in any file", "%s", where)
}

// crasher is an engine that can be killed as by kill -9.
type crasher interface{ Kill() error }

// crashFinished kills a real process in the middle of erasures and starts it
// again: every erasure that was answered holds, and every one that had begun is
// finished or never was.
func (s *stage) crashFinished() error {
	if s.child == nil {
		return &unplayable{"killing a process needs the command, and this proof runs without it"}
	}
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for round := range 3 {
		if err := s.crashOnce(filepath.Join(dir, fmt.Sprint(round)), round); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) crashOnce(dir string, round int) error {
	a := *s
	a.start = s.child
	a.setup = Setup{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Policies: s.setup.Policies, Log: s.log, Region: s.setup.Region, Backups: s.setup.Backups}
	if err := a.run(); err != nil {
		return err
	}
	people := make([]*person, 12)
	for i := range people {
		people[i] = a.someone()
		if err := people[i].accept(); err != nil {
			return errors.Join(err, a.end())
		}
		if len(a.text.Data) > 0 {
			if _, err := people[i].put(a.text.Data[0].ID.Text); err != nil {
				return errors.Join(err, a.end())
			}
		}
	}
	answered := a.eraseUntilKilled(people, 2+3*round)
	a.client.CloseIdleConnections()
	again := a
	if err := again.run(); err != nil {
		return err
	}
	defer again.end()
	for i, p := range people {
		p.stage = &again
		_, status, err := p.copy()
		if err != nil {
			return err
		}
		if answered[i] && status != http.StatusNotFound {
			return &mismatch{"every answered erasure kept after kill -9", fmt.Sprintf("status %d", status)}
		}
		if status != http.StatusOK && status != http.StatusNotFound {
			return &mismatch{"each person there or gone after kill -9", fmt.Sprintf("status %d", status)}
		}
	}
	return nil
}

// eraseUntilKilled erases all at once and kills the engine after some answers.
func (a *stage) eraseUntilKilled(people []*person, after int) []bool {
	answered := make([]bool, len(people))
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for i, p := range people {
		wg.Go(func() {
			ans, err := p.send("erase", ask{Subject: p.ref})
			mu.Lock()
			defer mu.Unlock()
			answered[i] = err == nil && ans.allowed
			if n++; n == after {
				if c, ok := a.engine.(crasher); ok {
					// The outcome shows at the next start, whatever this says.
					_ = c.Kill()
				}
			}
		})
	}
	wg.Wait()
	return answered
}
