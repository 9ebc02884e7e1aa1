package gate_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

var (
	ann  = gate.Officer{Person: "ann", Via: "token-1"}
	ann2 = gate.Officer{Person: "ann", Via: "token-2"} // another account of the same person
	bo   = gate.Officer{Person: "bo", Via: "token-3"}
	cleo = gate.Officer{Person: "cleo", Via: "token-4"}
)

func TestTwoPeopleApproveWhatStands(t *testing.T) {
	t.Parallel()
	w, n := setup(t), gate.NewNotes()
	m, r, err := n.Add(t.Context(), w.Gate, ann, "first", time.Time{})
	if must(t, err); m.ID == "" || r.Index < 0 || len(m.Steps) != 1 || m.Steps[0].By != ann {
		t.Fatalf("%+v %+v", m, r)
	}
	approve := func(by gate.Officer, text string, want avow.Code) gate.Matter[string] {
		t.Helper()
		m, err := n.Approve(t.Context(), w.Gate, m.ID, by, text)
		if want == "" {
			must(t, err)
		} else if avow.CodeOf(err) != want {
			t.Fatalf("%s on %q: %v, want %s", by.Via, text, err, want)
		}
		return m
	}
	approve(ann, "first", avow.Forbidden)
	approve(ann2, "first", avow.Forbidden)
	approve(gate.Officer{Via: "token-9"}, "first", avow.Forbidden)
	approve(bo, "second", avow.Conflict)
	if m := approve(bo, "first", ""); m.State != "open" {
		t.Error("one was enough")
	}
	approve(gate.Officer{Person: "bo", Via: "token-5"}, "first", avow.Conflict)
	must(t, n.Change(t.Context(), w.Gate, m.ID, ann, "second"))
	approve(cleo, "first", avow.Conflict) // what was read before the change
	if m := approve(cleo, "second", ""); m.State != "open" {
		t.Error("the approval of the first text counts for the second")
	}
	if m := approve(bo, "second", ""); m.State != "approved" || len(m.Steps) != 5 {
		t.Errorf("%+v", m)
	}
}

func TestMattersAreSealedListedAndLast(t *testing.T) {
	t.Parallel()
	w, n := setup(t), gate.NewNotes()
	const canary = "Matter-Canary-71"
	var ids []string
	for _, text := range []string{canary, "b", "c"} {
		w.pass(time.Second)
		m, _, err := n.Add(t.Context(), w.Gate, ann, text, time.Time{})
		must(t, err)
		ids = append(ids, m.ID)
	}
	for after, want := range map[string][]string{"": {canary, "b"}, ids[0]: {"b", "c"}, ids[2]: nil} {
		got, err := n.List(t.Context(), w.Gate, after, 2)
		if must(t, err); !slices.Equal(got, want) {
			t.Errorf("after %q: %q", after, got)
		}
	}
	for _, id := range []string{"", "zz", ids[0] + "00", "00000000000000000000000000000000"} {
		if _, err := n.Read(t.Context(), w.Gate, id); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("read %q: %v", id, err)
		}
	}
	w.stop()
	must(t, filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(canary)) || bytes.Contains(raw, []byte(`"person":"ann"`)) {
			t.Errorf("%s holds a matter in clear", path)
		}
		return err
	}))
	w.start()
	if m, err := n.Read(t.Context(), w.Gate, ids[0]); err != nil || m.Body != canary {
		t.Errorf("after a restart: %+v %v", m, err)
	}
}

func TestClocksOfMatters(t *testing.T) {
	t.Parallel()
	w, n := setup(t), gate.NewNotes()
	late, _, err := n.Add(t.Context(), w.Gate, ann, "late", began.Add(2*time.Hour))
	must(t, err)
	_, _, err = n.Add(t.Context(), w.Gate, ann, "soon", began.Add(time.Hour))
	must(t, err)
	due := func(at time.Duration, want ...string) {
		t.Helper()
		got, err := n.Overdue(t.Context(), w.Gate, began.Add(at))
		if must(t, err); !slices.Equal(got, want) {
			t.Errorf("after %v: %q, want %q", at, got, want)
		}
	}
	due(time.Hour - 1)
	due(time.Hour, "soon")
	due(3*time.Hour, "soon", "late")
	for _, by := range []gate.Officer{bo, cleo} {
		_, err = n.Approve(t.Context(), w.Gate, late.ID, by, "late")
		must(t, err)
	}
	due(3*time.Hour, "soon")
}

// TestNobodyNamesTheOffice: its reference is keyed, and what a caller can guess is
// a stranger.
func TestNobodyNamesTheOffice(t *testing.T) {
	t.Parallel()
	w, n := setup(t), gate.NewNotes()
	_, _, err := n.Add(t.Context(), w.Gate, ann, "x", time.Time{})
	must(t, err)
	for _, ref := range []avow.SubjectRef{"\x00office", "\x00office/", "office"} {
		if _, err := w.Access(t.Context(), "club", ref); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("%q: %v", ref, err)
		}
	}
	w.pass(20 * 365 * 24 * time.Hour)
	if _, err := w.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := n.List(t.Context(), w.Gate, "", 9); err != nil || len(got) != 1 {
		t.Errorf("after twenty years: %q %v", got, err)
	}
}

// TestManyAtOneDesk: nothing that two do at once is lost.
func TestManyAtOneDesk(t *testing.T) {
	t.Parallel()
	w, n := setup(t), gate.NewNotes()
	m, _, err := n.Add(t.Context(), w.Gate, ann, "x", time.Time{})
	must(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := n.Change(context.Background(), w.Gate, m.ID, bo, strconv.Itoa(i)); err != nil {
				t.Error(err)
			}
			_, _, err := n.Add(context.Background(), w.Gate, ann, "y", time.Time{})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if m, err = n.Read(t.Context(), w.Gate, m.ID); err != nil || len(m.Steps) != 9 {
		t.Errorf("%d steps, %v", len(m.Steps), err)
	}
	if got, err := n.List(t.Context(), w.Gate, "", 99); err != nil || len(got) != 9 {
		t.Errorf("%d matters, %v", len(got), err)
	}
}
