package console_test

import (
	"net/url"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

var must = enginetest.Must

// house serves an example policy.
type house struct {
	*enginetest.House
	t *testing.T
}

func open(t *testing.T, example string, set ...enginetest.Setting) *house {
	t.Helper()
	return openText(t, enginetest.Example(t, example), set...)
}

func openText(t *testing.T, text string, set ...enginetest.Setting) *house {
	t.Helper()
	return &house{enginetest.Open(t, enginetest.Compile(t, text), set...), t}
}

// join makes somebody a member of the policy.
func (h *house) join(ref avow.SubjectRef) {
	h.t.Helper()
	gesture := "accept-button"
	for _, g := range h.Program.File().Acceptance.Gesture {
		if g.Text == "sign-up" {
			gesture = g.Text
		}
	}
	_, err := h.Gate().Agree(h.t.Context(), h.Program.ID(), ref, &gate.Agreement{Policy: h.Program.Hash(), Accept: true, Gesture: gesture, Language: "en", Age: avow.KnownAdult})
	must(h.t, err)
}

// at is a page of the policy's console.
func (h *house) at(page string) string { return "/console/" + string(h.Program.ID()) + page }

// visitor is somebody at a browser, with their account.
type visitor struct {
	*enginetest.Visitor
	h       *house
	account account
}

func (h *house) visitor() *visitor { return &visitor{Visitor: h.Visitor(), h: h} }

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}
