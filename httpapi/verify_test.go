package httpapi_test

import (
	"strconv"
	"testing"

	"avow.dev/httpapi"
	"avow.dev/ledger"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// verify checks a receipt against nothing but the published key.
func verify(t *testing.T, w *world, e httpapi.Evidence) {
	t.Helper()
	v, err := ledger.ParseVerifier(w.key.Public())
	must(t, err)
	r, err := ledger.ParseReceipt([]byte(e.Proof))
	must(t, err)
	if _, err := r.Verify(r.Extra, v); err != nil {
		t.Errorf("receipt: %v", err)
	}
	if string(r.Extra) != string(e.Leaf) {
		t.Errorf("leaf %s, receipt has %s", e.Leaf, r.Extra)
	}
}
