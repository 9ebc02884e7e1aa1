package gate_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

const picking = "for: [tips], basis: contract, needs: {facts: [attested]}"

func pickedSum(s string) gate.Picked {
	return gate.Picked{Datum: "name", SHA256: sha256.Sum256([]byte(s))}
}

func TestOnlyWhatWasPicked(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, picking, "for: [tips], basis: contract, needs: {facts: [picked]}"))
	w.join("li", "li@mail.example", "+8613800001111")
	id, _, err := w.Pick(t.Context(), "club", "li", "profile-page", []gate.Picked{pickedSum("Li"), pickedSum("Lily")})
	must(t, err)
	elsewhere, _, err := w.Pick(t.Context(), "club", "li", "sign-up", []gate.Picked{pickedSum("Li")})
	must(t, err)
	take := func(selection string, names ...string) error {
		c := &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "tips", Point: "profile-page", Source: "person"}, Selection: selection}
		for _, n := range names {
			c.Items = append(c.Items, gate.Item{Datum: "name", Value: gate.NewValue([]byte(n))})
		}
		_, err := w.Collect(context.Background(), c)
		return err
	}
	for name, try := range map[string]struct {
		selection string
		names     []string
	}{
		"none": {"", []string{"Li"}}, "made up": {strings.Repeat("ab", 16), []string{"Li"}}, "no hex": {"zz", []string{"Li"}},
		"other content": {id, []string{"Bo"}}, "beside it": {id, []string{"Li", "Bo"}}, "of another point": {elsewhere, []string{"Li"}},
	} {
		t.Run(name, func(t *testing.T) { w.wants(take(try.selection, try.names...), "not-picked") })
	}
	must(t, take(id, "Li"))
	must(t, take(id, "Lily")) // and again, for an upload that broke
	w.pass(gate.PickLife)
	w.wants(take(id, "Li"), "not-picked")
	for range 64 {
		_, _, err = w.Pick(t.Context(), "club", "li", "profile-page", []gate.Picked{pickedSum("Li")})
		must(t, err)
	}
	if _, _, err = w.Pick(t.Context(), "club", "li", "profile-page", []gate.Picked{pickedSum("Li")}); avow.CodeOf(err) != avow.TooMany {
		t.Errorf("a 65th selection: %v", err)
	}
	if _, _, err = w.Pick(t.Context(), "club", "nobody", "profile-page", []gate.Picked{pickedSum("Li")}); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("by a stranger: %v", err)
	}
}

// TestPickedFile: the content of a file is what was picked, or it is not kept.
func TestPickedFile(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "network: wifi-only}", "network: wifi-only, needs: {facts: [picked]}}",
		"feature: [account], basis: contract}", "feature: [account], basis: contract, needs: {facts: [picked]}}"))
	_, err := w.Agree(t.Context(), "club", "li", w.accept())
	must(t, err)
	const text = "a paper of some length"
	sum := sha256.Sum256([]byte(text))
	id, _, err := w.Pick(t.Context(), "club", "li", "profile-page", []gate.Picked{{Datum: "paper", SHA256: sum}})
	must(t, err)
	take := func(content string, sha [32]byte) error {
		_, err := w.CollectFile(context.Background(), &gate.CollectingFile{
			Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
			Datum:   "paper", Content: strings.NewReader(content), Selection: id, SHA256: sha})
		return err
	}
	w.wants(take("something else", sha256.Sum256([]byte("something else"))), "not-picked")
	w.wants(take("something else", sum), "value-malformed") // announced as what was picked
	if n := w.objects(); n != 0 {
		t.Errorf("%d objects of refused files", n)
	}
	must(t, take(text, sum))
}

func TestStatementStandsUntilTakenBack(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.join("li", "li@mail.example", "+8613800001111")
	take := func() error {
		_, err := w.Collect(context.Background(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "tips", Point: "profile-page", Source: "person"},
			Items: []gate.Item{{Datum: "name", Value: gate.NewValue([]byte("Li"))}}})
		return err
	}
	state := func(at avow.Point, given bool) {
		t.Helper()
		_, err := w.Attest(t.Context(), "club", "li", at, given)
		must(t, err)
	}
	w.wants(take(), "attestation-missing")
	state("sign-up", true)
	w.wants(take(), "attestation-missing")
	state("profile-page", true)
	w.pass(400 * 24 * time.Hour)
	must(t, take())
	state("profile-page", false)
	w.wants(take(), "attestation-missing")
	if _, err := w.Attest(t.Context(), "club", "li", "nowhere", true); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("about no point: %v", err)
	}
}
