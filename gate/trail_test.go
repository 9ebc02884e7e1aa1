package gate_test

import (
	"reflect"
	"testing"

	"avow.dev/gate"
)

// However many leaves of others lie between them, somebody's leaves are those that the
// log has under their indexes.
func TestTracedBetweenOthers(t *testing.T) {
	t.Parallel()
	w := wall(t)
	must(t, w.joinHouse("ann", item("name", "Ann")))
	for others := range 12 {
		for range others {
			_, err := w.read("ann", "name")
			must(t, err)
		}
		_, err := w.read("li", "name")
		must(t, err)
	}
	all, more, err := w.Traced(t.Context(), "club", "li", 0, 500)
	if must(t, err); more || len(all) < 12 {
		t.Fatalf("%d leaves, more: %t", len(all), more)
	}
	for i, got := range all {
		if i > 0 && got.Index >= all[i-1].Index {
			t.Errorf("%d comes after %d", got.Index, all[i-1].Index)
		}
		want, err := w.Evidence(t.Context(), "club", got.Index)
		if must(t, err); !reflect.DeepEqual(got, gate.Traced{Index: want.Index, Leaf: want.Leaf}) {
			t.Errorf("leaf %d: %+v, want %+v", got.Index, got.Leaf, want.Leaf)
		}
	}
}
