package prove

import (
	"bytes"
	"strings"
	"testing"
)

// A marker is found wherever it lies in a file, between zeros and across blocks, in
// every form.
func TestAMarkerIsFoundAnywhere(t *testing.T) {
	t.Parallel()
	list := needles([]string{"Canary7Zq"})
	for _, n := range list {
		for _, at := range []int{0, 1, 4090, 4095, 4096, 5000, 3*4096 - 3, 3 * 4096, 5*4096 - len(n.bytes)} {
			raw := make([]byte, 5*4096)
			copy(raw[at:], n.bytes)
			if got := find(raw, list, 0); got == "" {
				t.Errorf("%s at %d is not found", n.form, at)
			}
			full := bytes.Repeat([]byte("x"), 5*4096+7)
			copy(full[at:], n.bytes)
			if got := find(full, list, 0); !strings.HasPrefix(got, "Canary7Zq as ") {
				t.Errorf("%s at %d among others: %q", n.form, at, got)
			}
		}
	}
	for _, raw := range [][]byte{nil, {0}, []byte("C"), []byte("Canary8Zq"), make([]byte, 10000), bytes.Repeat([]byte("Canary"), 5000)} {
		if got := find(raw, list, 2); got != "" {
			t.Errorf("found %q in %d bytes", got, len(raw))
		}
	}
}
