package browser_test

import (
	"testing"

	"avow.dev/internal/chromium/browsertest"
)

// TestWithoutScripts: without JavaScript there is no banner, nothing is set that is
// not necessary, and nobody else is asked.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	must(t, p.WithoutScripts())
	p.Goto(w.url())
	wants(t, "without scripts", p.Jar(), []string{"ac_session"})
	if w.thirdAsked() > 0 {
		t.Error("the third party was asked")
	}
}
