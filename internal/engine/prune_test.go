package engine_test

import (
	"errors"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine"
)

const day = 24 * time.Hour

// TestWhatNoBackupNeedsIsForgotten: notes older than any backup that is kept go, with
// evidence. A backup that is too old is refused then, unless somebody decides
// otherwise; a younger one is put back with all that was said since.
func TestWhatNoBackupNeedsIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.Create, cfg.BackupsKept = true, 30*day
	e := w.open(cfg)
	for ref, phone := range map[avow.SubjectRef]string{"wu": "13800000002", "su": "13800000003"} {
		w.join(e, ref, string(ref)+"@mail.example", phone)
		w.choose(e, ref, "offers", avow.Given)
	}
	must(t, e.Seal(t.Context()))
	old := w.backup()
	w.choose(e, "wu", "offers", avow.Withdrawn)
	w.pass(20 * day)
	sweep := func(leaves int) {
		t.Helper()
		_, err := e.Sweep(t.Context())
		must(t, err)
		if n := count(t, e, evidence.JournalPruned); n != leaves {
			t.Errorf("%d leaves about what was forgotten, want %d", n, leaves)
		}
	}
	sweep(0)
	must(t, e.Seal(t.Context()))
	young := w.backup()
	w.choose(e, "su", "offers", avow.Withdrawn)
	w.pass(15 * day)
	sweep(1) // the first note is 35 days old, the second 15
	sweep(1)
	w.close(e)
	w.close(w.open(w.config())) // it starts as ever

	w.lose()
	r := w.restoring(old)
	r.AcceptRollback = true
	if _, err := engine.Restore(t.Context(), r); !errors.Is(err, gate.ErrForgotten) {
		t.Fatalf("a backup that is too old: %v", err)
	}
	r = w.restoring(young)
	r.AcceptRollback = true
	_, err := engine.Restore(t.Context(), r)
	must(t, err)
	withdrawn := func(want map[avow.SubjectRef]avow.ChoiceState) {
		t.Helper()
		e := w.open(w.config())
		defer w.close(e)
		for ref, state := range want {
			if c, _ := w.standingOf(e, ref).Choice("offers"); c.State != state {
				t.Errorf("%s: %s, want %s", ref, c.State, state)
			}
		}
	}
	withdrawn(map[avow.SubjectRef]avow.ChoiceState{"wu": avow.Withdrawn, "su": avow.Withdrawn})
	w.lose()
	r = w.restoring(old)
	r.AcceptRollback, r.AcceptGap = true, true
	_, err = engine.Restore(t.Context(), r)
	must(t, err)
	withdrawn(map[avow.SubjectRef]avow.ChoiceState{"wu": avow.Given, "su": avow.Withdrawn})
}

// Short times are a slip of the pen.
func TestBackupsAreKeptForADayAtLeast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kept := range []time.Duration{-time.Hour, time.Hour} {
		cfg := w.config()
		cfg.Create, cfg.BackupsKept = true, kept
		if _, err := engine.Open(t.Context(), cfg); err == nil {
			t.Errorf("backups are kept for %v", kept)
		}
	}
}
