package gate_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// advertised is the club's policy with two advertising parties, one of them with a
// switch and adverts without it.
func advertised(t *testing.T) *world {
	t.Helper()
	const list = `adverts:
  - {id: ad-parties, rule: named-parties, to: [host, map-maker]}
  - {id: ad-personal, rule: personalised, to: [host], data: [email], choice: [offers]}
  - {id: ad-measure, rule: parties-measure, to: [host], data: [email], choice: [offers]}
  - {id: ad-else, rule: contextual, to: [host]}

minors:`
	raw, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	return setupProgram(t, compileText(t, []byte(strings.Replace(string(raw), "\nminors:", "\n"+list, 1))))
}

func TestAdverts(t *testing.T) {
	t.Parallel()
	w := advertised(t)
	w.join("u1", "li@mail.example", "+8613800001111")
	ask := func(name string, to avow.Recipient, use gate.AdvertUse, mode gate.AdvertMode, signals ...avow.Signals) {
		t.Helper()
		a, err := w.Advert(t.Context(), "club", "u1", &gate.AdvertAsk{Recipient: to, Use: use, Signals: signals})
		must(t, err)
		if a.Mode != mode || (mode == gate.AdvertPersonalised) != slices.Equal(a.Data, []avow.Datum{"email"}) {
			t.Errorf("%s: %s by %v, want %s", name, a.Mode, a.Data, mode)
		}
		if l := w.last(); l.Kind != "advert" || l.Recipient != to || !slices.Contains(l.Rules, "ad-parties") {
			t.Errorf("%s: the evidence is %+v", name, l)
		}
	}
	ask("accepting the policy", "host", gate.AdvertShow, gate.AdvertContextual)
	ask("measuring before a choice", "host", gate.AdvertMeasure, gate.AdvertNone)
	w.say("u1", "offers", avow.Given)
	ask("after a yes", "host", gate.AdvertShow, gate.AdvertPersonalised)
	ask("measuring after a yes", "host", gate.AdvertMeasure, gate.AdvertPersonalised)
	ask("collecting, which no rule has", "host", gate.AdvertCollect, gate.AdvertNone)
	ask("a party that personalises nothing", "map-maker", gate.AdvertShow, gate.AdvertContextual)
	w.pass(time.Minute)
	ask("under the signal", "host", gate.AdvertShow, gate.AdvertContextual, avow.SignalGPC)
	ask("after the signal", "host", gate.AdvertShow, gate.AdvertContextual)
	w.pass(time.Minute)
	w.say("u1", "offers", avow.Given)
	ask("after a later yes", "host", gate.AdvertShow, gate.AdvertPersonalised)
	w.pass(367 * 24 * time.Hour)
	ask("after the yes ran out", "host", gate.AdvertShow, gate.AdvertContextual)
	w.say("u1", "offers", avow.Given)
	w.say("u1", "offers", avow.Withdrawn)
	ask("after taking it back", "host", gate.AdvertShow, gate.AdvertContextual)
	_, err := w.Advert(t.Context(), "club", "u1", &gate.AdvertAsk{Recipient: "stranger", Use: gate.AdvertShow})
	w.wants(err, "recipient-undeclared")
	a, err := w.Advert(t.Context(), "club", "", &gate.AdvertAsk{Recipient: "host", Use: gate.AdvertShow})
	must(t, err)
	if a.Mode != gate.AdvertContextual {
		t.Errorf("somebody unknown: %s", a.Mode)
	}
}
