package gate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// A history is what happens to one person, step by step:
//
//	accept@0 · give offers@1h · use email marketing engine · withdraw offers@2h
//
// "@" sets the clock to so long after the beginning. A step is expected to be
// allowed, unless "→" says with which reasons it is refused.
func (w *world) play(history string) {
	w.t.Helper()
	for step := range strings.SplitSeq(history, "·") {
		what, want, refused := strings.Cut(step, "→")
		if !refused {
			want = "allow"
		}
		what = strings.TrimSpace(what)
		if i := strings.LastIndexByte(what, '@'); i >= 0 && what[i+1] >= '0' && what[i+1] <= '9' {
			w.now.Store(began.Add(w.offset(what[i+1:])).UnixNano())
			what = what[:i]
		}
		if got := codes(w.step(strings.Fields(what))); got != strings.TrimSpace(want) {
			w.t.Fatalf("step %q: got %s, want %s", strings.TrimSpace(step), got, strings.TrimSpace(want))
		}
	}
}

// offset reads 2h or 30d.
func (w *world) offset(s string) time.Duration {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		must(w.t, err)
		return time.Duration(n) * 24 * time.Hour
	}
	d, err := time.ParseDuration(s)
	must(w.t, err)
	return d
}

const them = avow.SubjectRef("li")

func (w *world) step(f []string) error {
	w.t.Helper()
	ctx := w.t.Context()
	agree := func(a gate.Agreement) error {
		a.Policy, a.Gesture = w.program.Hash(), "accept-button"
		_, err := w.Agree(ctx, "club", them, &a)
		return err
	}
	choose := func(s avow.ChoiceState) error {
		return agree(gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: avow.Choice(f[1]), State: s}}})
	}
	req := avow.Request{Policy: "club", Subject: them, Source: "person"}
	switch f[0] {
	case "accept":
		return agree(gate.Agreement{Accept: true})
	case "decline":
		return agree(gate.Agreement{Decline: true})
	case "document":
		return agree(gate.Agreement{Accept: true, Document: f[1]})
	case "qualify":
		w.qualify(w.paperOf(avow.Recipient(f[1]), "terms"))
		return nil
	case "adult":
		return agree(gate.Agreement{Age: avow.KnownAdult})
	case "minor":
		return agree(gate.Agreement{Age: avow.KnownMinor})
	case "guardian":
		return agree(gate.Agreement{Guardian: true})
	case "gpc":
		return agree(gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}})
	case "give":
		return choose(avow.Given)
	case "refuse":
		return choose(avow.Refused)
	case "withdraw":
		return choose(avow.Withdrawn)
	case "collect": // datum=value purpose point feature network
		datum, value, _ := strings.Cut(f[1], "=")
		req.Purpose, req.Point, req.Feature = avow.Purpose(f[2]), avow.Point(f[3]), avow.Feature(f[4])
		c := &gate.Collecting{Request: req, Items: []gate.Item{item(avow.Datum(datum), value)}}
		if len(f) > 5 {
			c.Network = f[5]
		}
		if len(f) > 6 || datum == "crash-log" {
			c.Source, c.Permitted, c.Running = "device", true, true
			use := gate.PermissionUse{Permission: "location", Purpose: "show-map", Feature: "maps"}
			if _, err := w.PermissionSaid(w.t.Context(), "club", c.Subject, &use, true); err != nil {
				return err
			}
		}
		_, err := w.Collect(ctx, c)
		return err
	case "use": // datum purpose role feature
		req.Data, req.Purpose, req.Source = []avow.Datum{avow.Datum(f[1])}, avow.Purpose(f[2]), ""
		if len(f) > 3 {
			req.Role = avow.Role(f[3])
		}
		if len(f) > 4 {
			req.Feature = avow.Feature(f[4])
		}
		_, err := w.Use(ctx, &req)
		return err
	case "share", "entrust", "transfer", "publish": // datum purpose recipient
		req.Data, req.Purpose, req.Recipient, req.Source = []avow.Datum{avow.Datum(f[1])}, avow.Purpose(f[2]), avow.Recipient(f[3]), ""
		var err error
		switch f[0] {
		case "share":
			_, err = w.Share(ctx, &req)
		case "entrust":
			_, err = w.Entrust(ctx, &req)
		case "transfer":
			_, err = w.Transfer(ctx, &req)
		default:
			_, err = w.Publish(ctx, &req)
		}
		return err
	case "correct":
		datum, value, _ := strings.Cut(f[1], "=")
		_, err := w.CorrectAs(ctx, "club", them, []gate.Item{item(avow.Datum(datum), value)}, gate.Proven{At: w.clock()})
		return err
	case "hold":
		err := w.hold(them, "suit", "M-1", w.clock().Add(w.offset(f[1])))
		return err
	case "release":
		err := w.unhold()
		return err
	case "close":
		_, err := w.Close(ctx, "club", them)
		return err
	case "erase":
		_, err := w.Erase(ctx, "club", them)
		return err
	case "forget": // single data
		_, err := w.EraseData(ctx, "club", them, []avow.Datum{avow.Datum(f[1])})
		return err
	case "happened":
		_, err := w.Happened(ctx, "club", them, f[1], nil)
		return err
	case "sweep":
		_, err := w.Sweep(ctx)
		return err
	case "holds": // datum value…
		if got := strings.Join(w.has(them, avow.Datum(f[1])), " "); got != strings.Join(f[2:], " ") {
			w.t.Fatalf("holds of %s %q, want %q", f[1], got, f[2:])
		}
		return nil
	}
	w.t.Fatalf("no such step: %v", f)
	return nil
}

// Every reason that a person's state gives, met on the way that people take.
func TestHistoriesOfTheClub(t *testing.T) {
	t.Parallel()
	const (
		signUp = "collect email=li@mail.example manage-account sign-up account"
		offer  = "use email marketing engine"
		walk   = "collect location-precise=31.2304,121.4737 show-map on-the-way walks wifi"
	)
	for name, history := range map[string]string{
		"a stranger is asked first":     signUp + " → not-accepted · accept · " + signUp,
		"refused policy":                "decline · " + signUp + " → acceptance-refused",
		"consent given and withdrawn":   "accept · adult · " + signUp + " · " + offer + " → consent-missing · give offers@1h · " + offer + " · withdraw offers@2h · " + offer + " → consent-withdrawn",
		"consent refused":               "accept · adult · refuse offers · " + offer + " → consent-refused · give offers@1h · " + offer,
		"a refusal after a yes":         "accept · adult · give offers · refuse offers@1s · " + offer + " → consent-withdrawn",
		"consent runs out":              "accept · adult · give offers · " + offer + "@364d · " + offer + "@365d → consent-expired · give offers · " + offer,
		"browser signal":                "accept · adult · give offers · gpc@1h · " + offer + " → signal-opt-out · give offers@2h · " + offer + " · gpc@3h · " + offer,
		"objection":                     "accept · adult · use phone support engine → role-not-allowed · use email support engine · refuse profile · use email support desk",
		"age":                           "accept · give offers · " + offer + " → age-unknown · minor · " + offer + " → minor · guardian · " + offer + " → minor · adult → error conflict",
		"a hold stores only":            "accept · adult · give offers · " + signUp + " · erase · accept · " + signUp,
		"closed":                        "accept · adult · " + signUp + " · close@1h · use location-precise show-map engine maps → account-closed not-accepted consent-missing · accept → error gone",
		"erased and a stranger again":   "accept · " + signUp + " · erase · use email manage-account desk → not-accepted · erase → error unknown · accept · use email manage-account desk",
		"another document":              "accept · adult · give position · collect location-precise=1.5,2.5 show-map on-the-way maps wifi device → not-accepted · document map-terms · collect location-precise=1.5,2.5 show-map on-the-way maps wifi device",
		"one sample in five minutes":    "accept · adult · give position · document map-terms · " + walk + " device → feature-undeclared · collect location-precise=1.5,2.5 show-map on-the-way maps wifi device · collect location-precise=1.6,2.5 show-map on-the-way maps wifi device@4m59s → too-soon · collect location-precise=1.7,2.5 show-map on-the-way maps wifi device@5m",
		"metered network":               "accept · adult · give position · document map-terms · collect location-precise=1.5,2.5 show-map on-the-way maps metered device → metered · collect location-precise=1.5,2.5 show-map on-the-way maps unknown device → metered",
		"no permission":                 "accept · adult · give position · document map-terms · collect location-precise=1.5,2.5 show-map on-the-way maps wifi",
		"prohibited":                    "accept · give offers · qualify map-maker · share email marketing map-maker → prohibited · entrust email manage-account ad-house → prohibited",
		"recipient's terms end":         "accept · adult · give position · share location-precise show-map map-maker → recipient-unqualified · qualify map-maker · share location-precise show-map map-maker · share location-precise show-map map-maker@222d → recipient-unqualified",
		"a successor has to sign":       "accept · transfer email manage-account heir → notice-missing successor-unbound",
		"a fresh sign-in":               "accept · adult · give position · qualify map-maker · publish location-precise show-map map-maker → fresh-sign-in-missing",
		"undeclared":                    "accept · use shoe-size manage-account desk → datum-undeclared · use email fun desk → purpose-undeclared · use password manage-account desk → verb-undeclared password-is-not-data",
		"malformed":                     "accept · collect email=nobody manage-account sign-up account → value-malformed",
		"a token for each event":        "accept · collect crash-log=stack fix-faults on-the-way account → token-missing",
		"nothing to correct":            "accept · correct email=li@mail.example → error unknown · " + signUp + " · correct email=wang@mail.example · holds email wang@mail.example",
		"position is rounded before":    "accept · adult · give position · document map-terms · collect location-precise=31.2304789,121.4737123 show-map on-the-way maps wifi device · holds location-precise 31.230,121.474",
		"position goes after a day":     "accept · adult · give position · document map-terms · collect location-precise=1.5,2.5 show-map on-the-way maps wifi device@0s · holds location-precise 1.500,2.500@23h59m59s · holds location-precise@24h · sweep@25h · holds location-precise",
		"withdrawn position stays shut": "accept · adult · give position · document map-terms · collect location-precise=1.5,2.5 show-map on-the-way maps wifi device · use location-precise show-map engine maps · withdraw position@1h · use location-precise show-map engine maps → consent-withdrawn",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.play(history)
		})
	}
}

func TestHistoriesOfTheHouse(t *testing.T) {
	t.Parallel()
	const (
		mail  = "collect email=li@mail.example manage-account sign-up account"
		offer = "collect email=li@mail.example marketing sign-up account"
	)
	for name, history := range map[string]string{
		"a hold refuses use and erasure":     "accept · " + mail + " · hold 60d · use email manage-account desk → on-hold · erase → on-hold · forget email → on-hold · correct email=x@mail.example → on-hold · " + mail + " → on-hold · holds email li@mail.example",
		"a hold ends by itself":              "accept · " + mail + " · hold 60d · use email manage-account desk@59d → on-hold · use email manage-account desk@60d · erase",
		"a hold is released":                 "accept · " + mail + " · hold 60d · release · use email manage-account desk · release → error conflict",
		"a hold has a longest time":          "accept · hold 365d · hold 366d → error invalid",
		"closing waits for its rule":         "accept · " + mail + " · close@1d · sweep@30d · holds email li@mail.example · sweep@31d · holds email · accept",
		"a hold outlives closing":            "accept · " + mail + " · hold 60d · close@1d · sweep@59d · holds email li@mail.example · sweep@60d · accept@61d",
		"what is held stops too":             "accept · collect name=Li manage-account sign-up account · use name tips desk · refuse tailored · use name tips desk → objected · give tailored@1h · use name tips desk",
		"withdrawn consent starts the clock": "accept · give offers · " + offer + " · withdraw offers@5d · holds email li@mail.example@14d · sweep@16d · holds email",
		"another yes does not":               "accept · give offers · " + offer + " · refuse tailored@1d · sweep@40d · holds email li@mail.example",
		"a yes again stops the clock":        "accept · give offers · " + offer + " · withdraw offers@5d · give offers@6d · sweep@30d · holds email li@mail.example",
		"a yes that runs out starts it":      "accept · give offers · " + offer + " · sweep@374d · holds email li@mail.example · sweep@376d · holds email",
		"two purposes, two clocks":           "accept · give offers · " + offer + " · " + mail + " · withdraw offers@1d · sweep@50d · holds email li@mail.example · close · sweep@79d · holds email li@mail.example · sweep@81d · holds email",
		"delivered":                          "accept · collect parcel=Road_1 deliver profile-page walks · sweep@90d · holds parcel Road_1 · happened delivered@100d · holds parcel Road_1@102d · sweep@104d · holds parcel",
		"an event nobody knows":              "accept · happened rained → error invalid · happened unpublished → error invalid",
		"steps have an interval":             "accept · collect steps=10 show-walks profile-page walks · collect steps=11 show-walks profile-page walks@299s → too-soon · collect steps=12 show-walks profile-page walks@300s · holds steps 10 12 · forget steps · holds steps",
		"the person's statement":             "accept · collect name=Li tips profile-page walks → attestation-missing",
		"wifi only":                          "accept · collect photo=x show-walks profile-page walks metered → metered · collect photo=x show-walks profile-page walks satellite → error invalid",
		"held elsewhere":                     "accept · collect shoe=43 manage-account sign-up account · use shoe manage-account desk · holds shoe · collect gone-check=18 manage-account sign-up account · holds gone-check",
		"passwords":                          "accept · collect password=correct-horse manage-account sign-up account · use password manage-account desk → verb-undeclared password-is-not-data · holds password " + "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupProgram(t, house(t))
			w.play(history)
		})
	}
}
