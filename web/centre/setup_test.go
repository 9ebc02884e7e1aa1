package centre_test

import (
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/policy"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

var must = enginetest.Must

// house serves a policy with everything that a page can show.
type house struct {
	*enginetest.House
	t *testing.T
}

func openHouse(t *testing.T, changes ...string) *house {
	t.Helper()
	return openPrograms(t, enginetest.Compile(t, enginetest.Read(t, "../../internal/storybook/club.yaml"), changes...))
}

func openPrograms(t *testing.T, programs ...*policy.Program) *house {
	t.Helper()
	return &house{enginetest.Open(t, programs[0], enginetest.Beside(programs[1:]...), enginetest.NoPost()), t}
}

// join makes somebody a member with a few things about them.
func (h *house) join(ref avow.SubjectRef, mail, name string) {
	h.t.Helper()
	items := func(pairs ...string) (out []gate.Item) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, gate.Item{Datum: avow.Datum(pairs[i]), Value: gate.NewValue([]byte(pairs[i+1]))})
		}
		return out
	}
	ctx := h.t.Context()
	_, err := h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items("email", mail, "name", name),
		Agree:   &gate.Agreement{Policy: h.Program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	must(h.t, err)
	_, err = h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "show-walks", Point: "sign-up", Feature: "walks", Source: "device"},
		Items:   items("location-precise", "22.3193,114.1694"),
	})
	must(h.t, err)
	_, err = h.Gate().Use(ctx, &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email", "name"}, Purpose: "manage-account", Role: "desk"})
	must(h.t, err)
	_, err = h.Gate().Entrust(ctx, &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	must(h.t, err)
}

// link returns the address of a hand-over link.
func (h *house) link(ref avow.SubjectRef) string {
	h.t.Helper()
	link, _, err := h.Gate().HandOver(h.t.Context(), "club", ref, h.Now())
	must(h.t, err)
	return "/privacy/club/enter/" + link
}

// signedIn returns a browser in which somebody has followed a link of the app.
func (h *house) signedIn(ref avow.SubjectRef) *enginetest.Visitor {
	h.t.Helper()
	return h.Entered("club", ref)
}
