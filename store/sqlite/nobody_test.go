package sqlite_test

import (
	"fmt"
	"testing"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// TestRecordsOfNobodyOutlastAStart holds what is known of kinds without records to
// what the file holds, before and after a start.
func TestRecordsOfNobodyOutlastAStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for start := range 3 {
		s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 4 {
			kind := fmt.Sprint("kind-", n)
			want := n < start
			_, found, err := s.Get(t.Context(), 0, kind, []byte("a"))
			list, err2 := s.Scan(t.Context(), 0, kind, nil, 10)
			if err != nil || err2 != nil || found != want || (len(list) == 1) != want {
				t.Errorf("start %d, %s: found %v and %d, want %v; errors %v, %v", start, kind, found, len(list), want, err, err2)
			}
		}
		put := gate.Record{Kind: fmt.Sprint("kind-", start), Key: []byte("a"), Body: []byte("b")}
		if _, err := s.Commit(t.Context(), &gate.Change{Policy: policy, Put: []gate.Record{put}}); err != nil {
			t.Fatal(err)
		}
		if _, found, err := s.Get(t.Context(), 0, put.Kind, put.Key); err != nil || !found {
			t.Errorf("start %d: what was just written is found %v, error %v", start, found, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Get(t.Context(), 0, "kind-9", nil); err == nil {
			t.Error("a closed store answers")
		}
	}
}
