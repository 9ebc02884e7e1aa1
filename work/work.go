// Package work runs the caretakers: small jobs that come back at an interval or
// when they are woken. It owns time and nothing else; each job calls one verb
// of the gate.
package work

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Interval is how often a job looks whether there is something to do. It is not
// how long anything may live; that is a retention rule's business.
type Interval time.Duration

// Job is one caretaker.
type Job struct {
	Name string
	// Once does one pass and returns how much it did. It is never run twice at
	// the same time.
	Once func(context.Context) (int64, error)
	// Every is the longest time between two passes.
	Every Interval
	// Wake, if not nil, starts a pass at once. A send must not block: make it a
	// channel with room for one, and let a full one be.
	Wake <-chan struct{}
	// Pause is the least time between two passes, however often it is woken.
	Pause Interval
}

// Crew is a set of jobs at work.
type Crew struct {
	stop context.CancelFunc
	done sync.WaitGroup
}

// Start sets the jobs to work. Each begins with a pass at once. Log gets one
// line for a pass that did something (at debug level) and one for an error.
func Start(ctx context.Context, log *slog.Logger, jobs ...Job) *Crew {
	ctx, cancel := context.WithCancel(ctx)
	c := &Crew{stop: cancel}
	for _, j := range jobs {
		c.done.Go(func() { j.loop(ctx, log) })
	}
	return c
}

// Stop lets the passes under way end, and returns when all have. It may be
// called more than once.
func (c *Crew) Stop() {
	c.stop()
	c.done.Wait()
}

// backoff bounds how long a failing job waits before it tries again.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = time.Minute
)

func (j *Job) loop(ctx context.Context, log *slog.Logger) {
	wait := firstBackoff
	for {
		n, err := j.Once(ctx)
		next := time.Duration(j.Every)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("caretaker stumbled", "job", j.Name, "error", constant(err))
			next = wait
			wait = min(2*wait, lastBackoff)
		default:
			wait = firstBackoff
			if n > 0 {
				log.Debug("caretaker did something", "job", j.Name, "count", n)
			}
		}
		if !j.rest(ctx, next, err == nil) {
			return
		}
	}
}

// rest waits for the next pass and reports whether there is one.
func (j *Job) rest(ctx context.Context, next time.Duration, wakeable bool) bool {
	if j.Pause > 0 && !sleep(ctx, time.Duration(j.Pause)) {
		return false
	}
	wake := j.Wake
	if !wakeable {
		wake = nil
	}
	timer := time.NewTimer(next)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return true
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// constant returns the part of an error that may be logged. Errors of this
// module say what was being done before the first colon and hold no values
// there; what follows may come from elsewhere.
func constant(err error) string {
	s := err.Error()
	for i := range len(s) {
		if s[i] == ':' {
			return s[:i]
		}
	}
	return s
}
