package sqlite_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// childDir names the folder that a child process writes to.
const childDir = "AVOW_TEST_CHILD"

// child writes from several callers until it is killed, and says on standard
// output what was acknowledged: eight bytes each.
func child() int {
	s, err := sqlite.Open(context.Background(), crashConfig(os.Getenv(childDir)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				sid, err := s.NextSubject(context.Background(), 0)
				if err == nil {
					_, err = s.Commit(context.Background(), whole(sid))
				}
				for version := int64(2); version <= versions && err == nil; version++ {
					_, err = s.Commit(context.Background(), again(sid, version))
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				mu.Lock()
				_, err = os.Stdout.Write(binary.BigEndian.AppendUint64(nil, uint64(sid)))
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return 1
}

// crashConfig makes flushes, merges and moves happen all the time.
func crashConfig(dir string) sqlite.Config {
	return sqlite.Config{Dir: dir, RecentEntries: 50, WaitingBytes: 2 << 10}
}

// whole writes one number to every kind of place.
func whole(sid int64) *gate.Change {
	body := binary.BigEndian.AppendUint64(nil, uint64(sid))
	return &gate.Change{
		Policy:  policy,
		Insert:  &gate.Row{SID: sid, Policy: policy, Version: 1, Due: sid, Body: body},
		AddTags: []gate.TagEntry{{Tag: benchTag(sid, 0), SID: sid}, {Tag: benchTag(sid, 1), SID: sid}},
		Put:     []gate.Record{{SID: sid, Kind: "k", Key: body, Body: body}},
		Leaves:  []gate.Leaf{{SID: sid, Body: body}},
	}
}

// versions is how often the person of a child is written, counting from the first.
const versions = 3

// again changes the row of a person that whole has added.
func again(sid, version int64) *gate.Change {
	row := *whole(sid).Insert
	row.Version, row.Due = version, row.Due+version
	row.Body = binary.BigEndian.AppendUint64(row.Body, uint64(version))
	return &gate.Change{Policy: policy, Update: &row}
}

// traces counts the places in which sid is found.
func traces(ctx context.Context, s *sqlite.Store, sid int64) (found int, err error) {
	count := func(ok bool, e error) {
		if ok {
			found++
		}
		err = errors.Join(err, e)
	}
	_, ok, e := s.Load(ctx, sid)
	count(ok, e)
	for i := range int64(2) {
		row, ok, e := s.Lookup(ctx, policy, benchTag(sid, i))
		count(ok && row.SID == sid, e)
	}
	body := binary.BigEndian.AppendUint64(nil, uint64(sid))
	_, ok, e = s.Get(ctx, sid, "k", body)
	count(ok, e)
	trail, e := s.Trail(ctx, sid, -1, 2)
	count(len(trail) == 1, e)
	if len(trail) == 1 {
		leaf, e := s.Leaves(ctx, policy, trail[0], trail[0]+1)
		count(e == nil && string(leaf[0]) == string(body), e)
	}
	return found, err
}

const allTraces = 6

// TestKill kills a real process in the middle of its work, several times on one
// folder. Whatever was acknowledged is there, and nothing is there by half.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := map[int64]bool{}
	var highest int64
	for round := range 4 {
		for _, sid := range killAfter(t, dir, 400+100*round) {
			if acknowledged[sid] {
				t.Fatalf("number %d was given twice", sid)
			}
			acknowledged[sid] = true
			highest = max(highest, sid)
		}
		checkWhole(t, dir, acknowledged, highest)
	}
}

// killAfter starts a child, kills it after about n acknowledgements, and
// returns them.
func killAfter(t *testing.T, dir string, n int) (sids []int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for {
		var b [8]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			break // what was cut off in the pipe was not acknowledged to anybody
		}
		sids = append(sids, int64(binary.BigEndian.Uint64(b[:])))
		if len(sids) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(sids) < n {
		t.Fatalf("child ended by itself after %d changes: %v", len(sids), err)
	}
	return sids
}

func checkWhole(t *testing.T, dir string, acknowledged map[int64]bool, highest int64) {
	t.Helper()
	s := open(t, crashConfig(dir))
	defer closeStore(t, s)
	stored := int64(0)
	for sid := int64(1); sid <= highest+100; sid++ {
		n, err := traces(t.Context(), s, sid)
		if err != nil {
			t.Fatalf("person %d: %v", sid, err)
		}
		if n != 0 && n != allTraces {
			t.Fatalf("person %d: %d of %d places: half a change", sid, n, allTraces)
		}
		if acknowledged[sid] && n == 0 {
			t.Fatalf("person %d was acknowledged and is lost", sid)
		}
		if n != 0 {
			stored++
		}
		row, _, err := s.Load(t.Context(), sid)
		if acknowledged[sid] && (err != nil || row.Version != versions || row.Due != sid+versions || len(row.Body) != 16) {
			t.Fatalf("person %d: version %d, error %v", sid, row.Version, err)
		}
	}
	state, err := s.LogState(t.Context(), policy)
	if err != nil || state.Recorded != stored {
		t.Fatalf("%d leaves beside %d people, error %v", state.Recorded, stored, err)
	}
	sound(t, s)
}

// sound demands that the store finds nothing wrong with itself.
func sound(t *testing.T, s *sqlite.Store) {
	t.Helper()
	findings, err := s.Check(t.Context())
	if err != nil || len(findings) > 0 {
		t.Fatalf("check: %q, error %v", findings, err)
	}
}

func closeStore(t testing.TB, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseAnswersAll: nobody waits for ever, and what was acknowledged before
// Close returned is there after it.
func TestCloseAnswersAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, crashConfig(dir))
	const callers = 32
	last := make([]int64, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := int64(0); ; n++ {
				sid := int64(i) + 1 + n*callers
				if _, err := s.Commit(context.Background(), whole(sid)); err != nil {
					if !errors.Is(err, sqlite.ErrClosed) {
						t.Errorf("commit: %v", err)
					}
					return
				}
				last[i] = sid
			}
		})
	}
	for s.Stats().Changes < 500 {
		runtime.Gosched()
	}
	closeStore(t, s)
	wg.Wait()
	s = open(t, crashConfig(dir))
	defer closeStore(t, s)
	for i, sid := range last {
		for ; sid > 0; sid -= callers {
			if n, err := traces(t.Context(), s, sid); err != nil || n != allTraces {
				t.Fatalf("caller %d, person %d: %d places, error %v", i, sid, n, err)
			}
		}
	}
}
