package engine

import (
	"context"
	"errors"
	"time"

	"avow.dev/work"
)

const (
	sealEvery    = 10 * time.Second
	sealPause    = 5 * time.Millisecond
	sweepEvery   = 5 * time.Minute
	witnessEvery = time.Minute
	countEvery   = time.Minute
)

// jobs are the caretakers: one sweep, whoever counts, and one sealer for each log.
func (e *Engine) jobs() []work.Job {
	jobs := []work.Job{{Name: "sweep", Every: work.Interval(sweepEvery), Once: func(ctx context.Context) (int64, error) {
		n, err := e.gate.Sweep(ctx)
		gone, officers := e.officers.Sweep(ctx)
		return int64(n.Expired+n.Cleared) + gone, errors.Join(err, officers)
	}}}
	jobs = append(jobs, work.Job{Name: "witness", Every: work.Interval(witnessEvery), Once: func(ctx context.Context) (int64, error) {
		return 0, e.witnessAll(ctx)
	}})
	jobs = append(jobs, work.Job{Name: "count", Every: work.Interval(countEvery), Wake: e.gate.CountingOn(), Once: e.gate.Count})
	if !e.cfg.Trial { // recipients of a proof are made up
		jobs = append(jobs, work.Job{Name: "links", Every: work.Interval(linksEvery), Once: e.LookAtLinks})
	}
	for _, id := range e.gate.Policies() {
		l := e.logs[id]
		jobs = append(jobs, work.Job{Name: "seal " + string(id), Every: work.Interval(sealEvery), Pause: work.Interval(sealPause), Wake: l.wake, Once: l.seal})
	}
	return jobs
}
