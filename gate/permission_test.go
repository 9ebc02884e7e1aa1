package gate_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// permitted is the club's policy with a permission on the position, and one that
// is on from the start.
func permitted(t *testing.T) *world {
	t.Helper()
	const list = `permissions:
  - {id: permit-place, permission: location, data: [location-precise], for: [show-map], feature: [maps], while: feature-running, default: off, re_ask: 48h, stores: true}
  - {id: permit-vibrate, permission: vibrate, for: [show-map], feature: [maps], while: app-open, default: on}
  - {id: permit-start, permission: auto-start, for: [show-map], feature: [maps], while: switched-on, default: off}
`
	raw, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	src := string(raw)
	from := strings.Index(src, "permissions:\n")
	to := from + strings.Index(src[from:], "\n\n")
	return setupProgram(t, compileText(t, []byte(src[:from]+list+src[to:])))
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := permitted(t)
	place := gate.PermissionUse{Permission: "location", Purpose: "show-map", Feature: "maps", Running: true}
	ask := func(name string, use gate.PermissionUse, mayAsk bool, reasons avow.Reasons) gate.PermissionAnswer {
		t.Helper()
		a, err := w.MayAskPermission(t.Context(), "club", "u1", &use)
		must(t, err)
		if a.MayAsk != mayAsk || a.Reasons != reasons {
			t.Errorf("%s: may ask %v because of %v, want %v because of %v", name, a.MayAsk, a.Reasons.Codes(), mayAsk, reasons.Codes())
		}
		if l := w.last(); l.Kind != "permission-ask" || (l.Verdict == avow.Allow) != (reasons == 0) {
			t.Errorf("%s: the evidence says %s, %v", name, l.Kind, l.Verdict)
		}
		return a
	}
	say := func(use gate.PermissionUse, granted bool) gate.PermissionAnswer {
		t.Helper()
		a, err := w.PermissionSaid(t.Context(), "club", "u1", &use, granted)
		must(t, err)
		return a
	}
	with := func(change func(*gate.PermissionUse)) gate.PermissionUse {
		use := place
		change(&use)
		return use
	}
	ask("another permission", with(func(u *gate.PermissionUse) { u.Permission = "camera" }), false, avow.PurposeUndeclared.Set())
	ask("another purpose", with(func(u *gate.PermissionUse) { u.Purpose = "marketing" }), false, avow.PurposeUndeclared.Set())
	ask("another feature", with(func(u *gate.PermissionUse) { u.Feature = "walks" }), false, avow.FeatureUndeclared.Set())
	ask("out of context", with(func(u *gate.PermissionUse) { u.Running = false }), false, avow.NotInUse.Set())
	if a := ask("in context", place, true, 0); a.State != gate.PermissionUndecided || a.MayUse || !a.Stores {
		t.Errorf("before an answer: %+v", a)
	}
	if a := ask("on by the policy", gate.PermissionUse{Permission: "vibrate", Purpose: "show-map", Feature: "maps"}, false, 0); !a.MayUse {
		t.Error("what is on by the policy may not be used")
	}
	start := gate.PermissionUse{Permission: "auto-start", Purpose: "show-map", Feature: "maps", Running: true}
	ask("not switched on", start, false, avow.NotInUse.Set())
	start.Wanted = true
	ask("switched on", start, true, 0)

	no := say(place, false)
	if !no.Again.Equal(began.Add(48 * time.Hour)) {
		t.Errorf("asked again after %v", no.Again)
	}
	ask("after a no", place, false, avow.DevicePermissionDenied.Set())
	w.pass(48*time.Hour - time.Nanosecond)
	ask("a moment before the time", place, false, avow.DevicePermissionDenied.Set())
	w.pass(time.Nanosecond)
	ask("when the time is over", place, true, 0)
	say(place, true)
	if a := ask("after a yes", place, false, 0); !a.MayUse {
		t.Error("what was granted may not be used")
	}
	say(start, false)
	w.pass(1000 * 24 * time.Hour)
	ask("after a no that no time is set for", start, false, avow.DevicePermissionDenied.Set())
	held, err := w.Permissions(t.Context(), "club", "u1")
	must(t, err)
	want := []gate.PermissionState{gate.PermissionGranted, gate.PermissionUndecided, gate.PermissionDenied}
	for i, h := range held {
		if h.State != want[i] {
			t.Errorf("%s is %s, want %s", h.Rule, h.State, want[i])
		}
	}
}

// TestTheDeviceAloneShowsNothing: an application that says the device permits
// something is believed only after the person agreed.
func TestTheDeviceAloneShowsNothing(t *testing.T) {
	t.Parallel()
	w := permitted(t)
	w.join("u1", "li@mail.example", "+8613800001111")
	w.say("u1", "position", avow.Given)
	place := gate.PermissionUse{Permission: "location", Purpose: "show-map", Feature: "maps", Running: true}
	take := func(name string, allowed bool, d gate.Device) {
		t.Helper()
		_, err := w.Collect(t.Context(), &gate.Collecting{
			Request: avow.Request{Policy: "club", Subject: "u1", Purpose: "show-map", Point: "on-the-way", Feature: "maps", Source: "device"},
			Items:   []gate.Item{{Datum: "location-precise", Value: gate.NewValue([]byte("22.541,114.062"))}}, Device: d})
		if allowed != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	terms := w.accept()
	terms.Document = "map-terms"
	must(t, second(w.Agree(t.Context(), "club", "u1", terms)))
	on := gate.Device{Permitted: true, Running: true, Network: "wifi"}
	take("before an answer", false, on)
	must(t, second(w.PermissionSaid(t.Context(), "club", "u1", &place, true)))
	take("after a yes", true, on)
	take("not running", false, gate.Device{Permitted: true, Network: "wifi"})
	take("not permitted by the device", false, gate.Device{Running: true, Network: "wifi"})
	must(t, second(w.PermissionSaid(t.Context(), "club", "u1", &place, false)))
	take("after a no", false, on)
}

func second[A any](_ A, err error) error { return err }
