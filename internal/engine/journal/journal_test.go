package journal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/journal"
)

var at = time.Date(2026, 11, 21, 9, 30, 0, 123456789, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, path string) *journal.File {
	t.Helper()
	j, err := journal.Open(path)
	must(t, err)
	return j
}

func said(n int) gate.Note {
	return gate.Note{At: at, Policy: "club", SID: int64(n), Slot: uint64(n), Sealed: []byte{byte(n)}}
}

// write makes a journal with notes 1 to n.
func write(t testing.TB, path string, n int) {
	t.Helper()
	j := open(t, path)
	for i := 1; i <= n; i++ {
		_, err := j.Append(t.Context(), said(i))
		must(t, err)
	}
	must(t, j.Close())
}

func numbers(t testing.TB, j *journal.File, after uint64) (all []uint64) {
	t.Helper()
	for n, err := range j.Since("club", after) {
		must(t, err)
		if !n.At.Equal(at) || n.SID != int64(n.Slot) {
			t.Errorf("read %+v", n)
		}
		all = append(all, n.Number)
	}
	return all
}

func TestNotesComeBackInOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	write(t, path, 3)
	j := open(t, path)
	n, err := j.Append(t.Context(), said(4), gate.Note{At: at, Policy: "other", Slot: 9})
	must(t, err)
	if n != 5 || j.Last("club") != 4 || j.Last("other") != 5 || j.Last("none") != 0 {
		t.Errorf("numbered %d, last %d and %d", n, j.Last("club"), j.Last("other"))
	}
	if got := numbers(t, j, 1); !slices.Equal(got, []uint64{2, 3, 4}) {
		t.Errorf("since 1: %v", got)
	}
	must(t, j.Close())
}

// A crash cuts the last line anywhere: the notes before it stay, and the next one
// takes its number.
func TestALineCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.log")
	write(t, path, 2)
	two, err := os.ReadFile(path)
	must(t, err)
	write(t, path, 1)
	three, err := os.ReadFile(path)
	must(t, err)
	for cut := len(two); cut < len(three); cut += 7 {
		must(t, os.WriteFile(path, three[:cut], 0o600))
		j := open(t, path)
		n, err := j.Append(t.Context(), said(3))
		must(t, err)
		if got := numbers(t, j, 0); n != 3 || !slices.Equal(got, []uint64{1, 2, 3}) {
			t.Errorf("cut at %d: numbered %d, have %v", cut, n, got)
		}
		must(t, j.Close())
	}
}

func TestAChangedLineIsNoticed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	write(t, path, 3)
	text, err := os.ReadFile(path)
	must(t, err)
	for i := 0; i < len(text)-1; i += 11 {
		bad := slices.Clone(text)
		bad[i] ^= 1
		must(t, os.WriteFile(path, bad, 0o600))
		if j, err := journal.Open(path); !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("byte %d of %d: %v %v", i, len(text), j != nil, err)
		}
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	write(t, path, 2)
	j := open(t, path)
	must(t, j.Skip("club", 9, at))
	n, err := j.Append(t.Context(), said(10))
	must(t, err)
	if n != 10 || !slices.Equal(numbers(t, j, 0), []uint64{1, 2, 10}) {
		t.Errorf("numbered %d", n)
	}
	must(t, j.Close())
	j = open(t, path)
	if j.Last("club") != 10 {
		t.Errorf("last %d", j.Last("club"))
	}
	must(t, j.Close())
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	short, long, other := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	write(t, long, 3)
	text, err := os.ReadFile(long)
	must(t, err)
	must(t, os.WriteFile(short, text, 0o600))
	write(t, long, 2)
	write(t, other, 0)
	j := open(t, other)
	_, err = j.Append(t.Context(), gate.Note{At: at, Policy: "club", Slot: 77})
	must(t, errors.Join(err, j.Close()))
	if _, err := journal.Adopt(short, other); !errors.Is(err, journal.ErrOther) {
		t.Errorf("another history: %v", err)
	}
	if n, err := journal.Adopt(short, long); err != nil || n != 2 {
		t.Errorf("adopted %d: %v", n, err)
	}
	if n, err := journal.Adopt(short, long); err != nil || n != 0 {
		t.Errorf("adopted again %d: %v", n, err)
	}
	if n, err := journal.Adopt(filepath.Join(dir, "new"), long); err != nil || n != 5 {
		t.Errorf("adopted anew %d: %v", n, err)
	}
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed")
	write(f, path, 2)
	text, err := os.ReadFile(path)
	must(f, err)
	f.Add(text)
	f.Add([]byte("{}\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "journal.log")
		must(t, os.WriteFile(path, text, 0o600))
		j, err := journal.Open(path)
		if err != nil {
			return
		}
		last := j.Last("club")
		_, err = j.Append(t.Context(), said(1))
		must(t, errors.Join(err, j.Close()))
		again := open(t, path) // what was opened and written opens again
		if again.Last("club") <= last {
			t.Errorf("last %d, then %d", last, again.Last("club"))
		}
		must(t, again.Close())
	})
}

// Callers at the same time get numbers of their own, without a gap, and everything
// comes back.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	j := open(t, path)
	const callers, each = 32, 8
	got := make(chan uint64, callers*each)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				n, err := j.Append(context.Background(), said(1), said(2))
				if err != nil {
					t.Error(err)
				}
				got <- n
			}
		})
	}
	wg.Wait()
	close(got)
	seen := map[uint64]bool{}
	for n := range got {
		if seen[n] || n%2 != 0 {
			t.Errorf("number %d", n)
		}
		seen[n] = true
	}
	must(t, j.Close())
	j = open(t, path)
	all := numbers(t, j, 0)
	if len(all) != 2*callers*each || all[len(all)-1] != uint64(len(all)) || len(seen) != callers*each {
		t.Errorf("%d notes, the last %d", len(all), all[len(all)-1])
	}
	must(t, j.Close())
}

// crash copies a journal that is open, as a crash leaves it: laid out ahead.
func crash(t *testing.T, notes int) (dir string, text []byte, end int) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "open.log")
	j := open(t, path)
	var list []gate.Note
	for i := 1; i <= notes; i++ {
		list = append(list, said(i))
	}
	_, err := j.Append(t.Context(), said(99))
	must(t, err)
	_, err = j.Append(t.Context(), list...)
	must(t, err)
	text, err = os.ReadFile(path)
	must(t, err)
	end = bytes.LastIndexByte(text, '\n') + 1
	if end == len(text) {
		t.Fatal("the file is not laid out ahead")
	}
	must(t, j.Close())
	return dir, text, end
}

// A crash leaves sectors of the last write as they were laid out, in any order. What
// was confirmed before stays, and the journal goes on.
func TestATornWrite(t *testing.T) {
	t.Parallel()
	dir, text, end := crash(t, 12)
	const sector = 512
	first := bytes.IndexByte(text, '\n') + 1
	path := filepath.Join(dir, "torn.log")
	for at := first / sector * sector; at < end; at += sector {
		bad := slices.Clone(text)
		clear(bad[max(at, first):min(at+sector, end)])
		must(t, os.WriteFile(path, bad, 0o600))
		j, err := journal.Open(path)
		if err != nil {
			t.Fatalf("torn at %d: %v", at, err)
		}
		before := j.Last("club")
		if before < 1 || before > 12 {
			t.Errorf("torn at %d: last %d", at, before)
		}
		n, err := j.Append(t.Context(), said(5))
		must(t, err)
		must(t, j.Close())
		if j = open(t, path); n != before+1 || j.Last("club") != n {
			t.Errorf("torn at %d: numbered %d after %d", at, n, before)
		}
		must(t, j.Close())
	}
}

// The same hole before a later write is no crash but damage.
func TestAHoleInWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	write(t, path, 20)
	text, err := os.ReadFile(path)
	must(t, err)
	for at := 0; at+512 < len(text)-400; at += 512 {
		bad := slices.Clone(text)
		clear(bad[at : at+512])
		must(t, os.WriteFile(path, bad, 0o600))
		if _, err := journal.Open(path); !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("hole at %d of %d: %v", at, len(text), err)
		}
	}
}

// aged is a note of a policy of a day.
func aged(policy avow.PolicyID, day int) gate.Note {
	return gate.Note{At: at.AddDate(0, 0, day), Policy: policy, SID: 1, Slot: 1, Sealed: []byte{byte(day)}}
}

// TestPrune: what is old goes, what is left reads as before also after a start, and the
// file goes on.
func TestPrune(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.log")
	j := open(t, path)
	for day := range 10 {
		_, err := j.Append(t.Context(), aged([]avow.PolicyID{"club", "choir"}[day%2], day), aged("club", day))
		must(t, err)
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	left := func(j *journal.File) (days []int) {
		t.Helper()
		for n, err := range j.Since("club", 0) {
			must(t, err)
			days = append(days, int(n.Sealed[0]))
		}
		return days
	}
	old, err := j.Old(at.AddDate(0, 0, 4))
	if must(t, err); old["club"] != (gate.OldNotes{Count: 6, Last: 8}) || old["choir"] != (gate.OldNotes{Count: 2, Last: 7}) {
		t.Errorf("old are %v", old)
	}
	must(t, j.Prune(at.AddDate(0, 0, 4)))
	must(t, j.Prune(at.AddDate(0, 0, 4))) // nothing more to do
	check := func(j *journal.File, want ...int) {
		t.Helper()
		if got := left(j); !slices.Equal(got, want) {
			t.Errorf("left are %v, want %v", got, want)
		}
	}
	check(j, 4, 4, 5, 6, 6, 7, 8, 8, 9)
	if j.Forgotten("club") != 8 || j.Forgotten("choir") != 7 || j.Forgotten("other") != 0 || j.Last("club") != 20 {
		t.Errorf("forgotten %d and %d, last %d", j.Forgotten("club"), j.Forgotten("choir"), j.Last("club"))
	}
	n, err := j.Append(t.Context(), aged("club", 10))
	if must(t, err); n != 21 {
		t.Errorf("the next note is number %d", n)
	}
	must(t, j.Close())
	j = open(t, path)
	check(j, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10)
	must(t, j.Prune(at.AddDate(0, 0, 30))) // all of it
	check(j)
	if j.Forgotten("club") != 21 || j.Last("club") != 21 || j.Last("choir") != 19 {
		t.Errorf("of all, forgotten %d, last %d and %d", j.Forgotten("club"), j.Last("club"), j.Last("choir"))
	}
	must(t, j.Close())
	j = open(t, path)
	if n, err = j.Append(t.Context(), aged("choir", 31)); err != nil || n != 22 {
		t.Errorf("after all went, the next note is number %d, %v", n, err)
	}
	must(t, j.Close())
	j = open(t, path)
	must(t, j.Close())
	other := filepath.Join(t.TempDir(), "whole.log")
	must(t, os.WriteFile(other, bytes.TrimRight(whole, "\x00"), 0o600))
	if _, err := journal.Adopt(path, other); err != nil { // an older copy adds nothing
		t.Error(err)
	}
	if _, err := journal.Adopt(other, path); !errors.Is(err, journal.ErrOther) { // it has forgotten notes that the copy never had
		t.Errorf("a copy that begins too late: %v", err)
	}
}

// TestAPrunedCopyIsAdopted where both still remember a note.
func TestAPrunedCopyIsAdopted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, early := filepath.Join(dir, "journal.log"), filepath.Join(dir, "early.log")
	j := open(t, path)
	for day := range 6 {
		_, err := j.Append(t.Context(), aged("club", day))
		must(t, err)
	}
	must(t, j.Close())
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(early, text, 0o600))
	j = open(t, path)
	_, err = j.Append(t.Context(), aged("club", 6))
	must(t, err)
	must(t, j.Prune(at.AddDate(0, 0, 3)))
	must(t, j.Close())
	if n, err := journal.Adopt(early, path); err != nil || n != 1 {
		t.Errorf("adopted %d, %v", n, err)
	}
	// A line that was changed is found behind the first one too.
	text, err = os.ReadFile(path)
	must(t, err)
	spoilt := bytes.Replace(text, []byte(`"n":5`), []byte(`"n":9`), 1)
	must(t, os.WriteFile(path, spoilt, 0o600))
	if _, err := journal.Open(path); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("a changed line: %v", err)
	}
}
