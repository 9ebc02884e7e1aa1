package work_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"avow.dev/work"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestAJobComesBackAtItsInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		crew := work.Start(t.Context(), quiet(), work.Job{Name: "j", Every: work.Interval(time.Hour), Once: func(context.Context) (int64, error) {
			at = append(at, time.Since(start))
			return 0, nil
		}})
		time.Sleep(150 * time.Minute)
		crew.Stop()
		if len(at) != 3 || at[0] != 0 || at[1] != time.Hour || at[2] != 2*time.Hour {
			t.Errorf("passes at %v", at)
		}
	})
}

func TestAWokenJobRunsAtOnceButKeepsItsPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{}, 1)
		var at []time.Duration
		start := time.Now()
		crew := work.Start(t.Context(), quiet(), work.Job{Name: "j", Every: work.Interval(time.Hour), Pause: work.Interval(time.Second), Wake: wake,
			Once: func(context.Context) (int64, error) {
				at = append(at, time.Since(start))
				return 1, nil
			}})
		time.Sleep(10 * time.Millisecond)
		wake <- struct{}{}
		time.Sleep(10 * time.Second)
		crew.Stop()
		if len(at) != 2 || at[1] != time.Second {
			t.Errorf("passes at %v", at)
		}
	})
}

func TestAFailingJobBacksOffAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, nil))
		var at []time.Duration
		start := time.Now()
		crew := work.Start(t.Context(), log, work.Job{Name: "j", Every: work.Interval(time.Hour), Once: func(context.Context) (int64, error) {
			at = append(at, time.Since(start))
			if len(at) <= 3 {
				return 0, errors.New("sweep: canary@mail.example is broken")
			}
			return 0, nil
		}})
		time.Sleep(30 * time.Minute)
		crew.Stop()
		if len(at) != 4 || at[3] != 700*time.Millisecond {
			t.Errorf("passes at %v", at)
		}
		if s := logged.String(); strings.Contains(s, "canary") || !strings.Contains(s, "error=sweep") {
			t.Errorf("logged %s", s)
		}
	})
}

func TestStopWaitsForThePassUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		crew := work.Start(t.Context(), quiet(), work.Job{Name: "j", Every: 1, Once: func(ctx context.Context) (int64, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return 0, nil
		}})
		time.Sleep(time.Millisecond)
		crew.Stop()
		if !ended {
			t.Error("stopped in the middle of a pass")
		}
		crew.Stop()
	})
}
