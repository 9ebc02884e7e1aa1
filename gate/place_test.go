package gate_test

import (
	"errors"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// abroad stores people's data in California, with a copy in Hong Kong, and more.
func abroad(more ...string) []string {
	return []string{"\nerasure:\n", strings.NewReplacer(more...).Replace(`
places:
  - {id: west, kind: primary, region: US-CA, from: [CN], mechanism: standard-contract, notice: true, choice: [stored-abroad]}
  - {id: spare, kind: backup, region: HK, mechanism: standard-contract, notice: true, choice: [stored-abroad]}

erasure:
`), "\nchoices:\n", `
choices:
  - {id: stored-abroad, kind: explicit-consent, name: {en: Store my data abroad, zh: 存储在境外}, for: [manage-account]}
`}
}

func (w *world) takeMail(t testing.TB, region avow.Region) error {
	t.Helper()
	_, err := w.Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person", Region: region},
		Items:   []gate.Item{{Datum: "email", Value: gate.NewValue([]byte("li@mail.example"))}}})
	return err
}

// wants expects a refusal for exactly these reasons.
func wants(t testing.TB, err error, reasons ...avow.Reason) {
	t.Helper()
	var want avow.Reasons
	for _, r := range reasons {
		want |= r.Set()
	}
	r, ok := errors.AsType[*avow.Refusal](err)
	if !ok {
		t.Fatalf("not refused: %v", err)
	}
	if r.Decision.Reasons != want {
		t.Fatalf("refused for %v, want %v", words(r.Decision.Reasons), words(want))
	}
}

func words(s avow.Reasons) (out []string) {
	for r := range s.All() {
		out = append(out, r.String())
	}
	return out
}

func TestDataIsStoredAbroadAfterNoticeAndYes(t *testing.T) {
	t.Parallel()
	p := house(t, abroad()...)
	w := setupProgram(t, p)
	agree := func(a gate.Agreement) error {
		_, err := w.Agree(t.Context(), "club", "li", &a)
		return err
	}
	yes := []gate.ChoiceEvent{{Choice: "stored-abroad", State: avow.Given}}
	must(t, agree(gate.Agreement{Policy: p.Hash(), Accept: true, Gesture: "accept-button", Age: avow.KnownAdult}))

	wants(t, w.takeMail(t, ""), avow.ConsentMissing, avow.NoticeMissing)
	if err := agree(gate.Agreement{Choices: yes}); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("a yes without a notice: %v", err)
	}
	for _, bad := range []gate.Agreement{
		{Notices: []avow.RuleID{"west"}},                                   // in which words?
		{Policy: "sha256:00", Notices: []avow.RuleID{"west"}},              // in others
		{Policy: p.Hash(), Notices: []avow.RuleID{"east"}},                 // of nothing
		{Policy: p.Hash(), Notices: []avow.RuleID{"west"}, Choices: yes},   // of one of two
		{Policy: p.Hash(), Notices: []avow.RuleID{"manage"}, Choices: yes}, // of another entry
	} {
		if err := agree(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	must(t, agree(gate.Agreement{Policy: p.Hash(), Notices: []avow.RuleID{"west"}}))
	wants(t, w.takeMail(t, ""), avow.ConsentMissing, avow.NoticeMissing) // copies lie in the other place
	must(t, agree(gate.Agreement{Policy: p.Hash(), Notices: []avow.RuleID{"spare"}}))
	wants(t, w.takeMail(t, ""), avow.ConsentMissing)
	must(t, agree(gate.Agreement{Choices: yes}))
	must(t, w.takeMail(t, ""))
	must(t, w.takeMail(t, "US-CA"))
	wants(t, w.takeMail(t, "AQ"), avow.RegionNotAllowed)
	wants(t, w.takeMail(t, "HK"), avow.RegionNotAllowed) // a place of copies is none to take data in
	must(t, agree(gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "stored-abroad", State: avow.Withdrawn}}}))
	wants(t, w.takeMail(t, ""), avow.ConsentWithdrawn)
}

// A place that changes has to be told anew, and until then takes nothing in.
func TestAChangedPlaceIsToldAnew(t *testing.T) {
	t.Parallel()
	p := house(t, abroad()...)
	w := setupProgram(t, p)
	_, err := w.Agree(t.Context(), "club", "li", &gate.Agreement{Policy: p.Hash(), Accept: true, Gesture: "accept-button", Age: avow.KnownAdult,
		Notices: []avow.RuleID{"west", "spare"}, Choices: []gate.ChoiceEvent{{Choice: "stored-abroad", State: avow.Given}}})
	must(t, err)
	must(t, w.takeMail(t, ""))
	next := house(t, abroad("from: [CN], mechanism: standard-contract", "from: [CN], mechanism: certification")...)
	must(t, w.Replace(t.Context(), next))
	_, err = w.Agree(t.Context(), "club", "li", &gate.Agreement{Policy: next.Hash(), Accept: true, Gesture: "accept-button"})
	must(t, err)
	wants(t, w.takeMail(t, ""), avow.NoticeMissing)
}

func TestWhereAnInstanceMayStand(t *testing.T) {
	t.Parallel()
	p := house(t, abroad()...)
	for _, c := range []struct {
		site gate.Site
		ok   bool
	}{
		{gate.Site{}, true},
		{gate.Site{Region: "US-CA"}, true},
		{gate.Site{Region: "US-CA", Backups: []avow.Region{"HK", "US-CA"}}, true},
		{gate.Site{Region: "CN"}, false},
		{gate.Site{Region: "HK"}, false},
		{gate.Site{Region: "US-CA", Backups: []avow.Region{"CN"}}, false},
		{gate.Site{Backups: []avow.Region{"HK", "CN"}}, false},
	} {
		if err := gate.CheckSite(p, c.site); (err == nil) != c.ok || err != nil && !errors.Is(err, gate.ErrPlace) {
			t.Errorf("%+v: %v", c.site, err)
		}
	}
	two := house(t, abroad("\nplaces:\n", "\nplaces:\n  - {id: east, kind: primary, region: CN}\n")...)
	if err := gate.CheckSite(two, gate.Site{}); !errors.Is(err, gate.ErrUnsaid) {
		t.Errorf("two places, and none was said: %v", err)
	}
	if err := gate.CheckSite(house(t), gate.Site{Region: "AQ"}); err != nil {
		t.Errorf("a policy that promises no place: %v", err)
	}
}

// Under a text that no longer lets data lie here, nothing more is taken in.
func TestAPolicyThatMovesAwayTakesNothingIn(t *testing.T) {
	t.Parallel()
	here := []string{"\nerasure:\n", "\nplaces:\n  - {id: here, kind: primary, region: CN}\n\nerasure:\n"}
	w := setupSite(t, house(t, here...), gate.Site{Region: "CN", Backups: []avow.Region{"CN"}})
	accept := func(p avow.Hash) {
		_, err := w.Agree(t.Context(), "club", "li", &gate.Agreement{Policy: p, Accept: true, Gesture: "accept-button", Age: avow.KnownAdult})
		must(t, err)
	}
	accept(w.program.Hash())
	must(t, w.takeMail(t, ""))
	away := house(t, "\nerasure:\n", "\nplaces:\n  - {id: there, kind: primary, region: SG}\n\nerasure:\n")
	must(t, w.Replace(t.Context(), away))
	accept(away.Hash())
	wants(t, w.takeMail(t, ""), avow.RegionNotAllowed)
}
