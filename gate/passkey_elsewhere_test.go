package gate_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/passkey"
	"avow.dev/vault"
)

// TestAPasskeyOfAnotherPolicy: two policies of one instance stand at one address, so that a
// browser offers the passkeys of both at each. One that was made for the first is of no use
// at the second, to sign in, to show again who one is, or to answer what the first asked.
func TestAPasskeyOfAnotherPolicy(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	src, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	must(t, k.ring.AddPolicy(t.Context(), "guild", began))
	keys, err := k.ring.Vault(t.Context(), "guild", vault.Options{})
	must(t, err)
	p := compileText(t, []byte(strings.Replace(string(src), "policy: club", "policy: guild", 1)))
	must(t, k.Serve(t.Context(), p, keys))

	d := k.device()
	k.add(k.fresh("li"), d)
	if _, _, err := k.show(d); err != nil {
		t.Fatal(err)
	}
	site, err := passkey.At(privacyHome, "Club")
	must(t, err)
	guild := func(ask func() (gate.PasskeyAsking, error)) error {
		t.Helper()
		a, err := ask()
		must(t, err)
		_, _, err = k.SignInByPasskey(t.Context(), "guild", site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options)})
		return err
	}
	if err := guild(func() (gate.PasskeyAsking, error) { return k.AskPasskey(t.Context(), "guild", site, "") }); !gate.WrongPasskey(err) {
		t.Errorf("before anybody of that name is known there: %v", err)
	}
	// Somebody of the same name and address is known there, with a passkey of their own.
	agree := k.accept()
	agree.Policy = p.Hash()
	_, err = k.Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "guild", Subject: "li", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", "li@mail.example"), item("phone", "+8613800001111")}, Agree: agree})
	must(t, err)
	link, _, err := k.HandOver(t.Context(), "guild", "li", k.clock())
	must(t, err)
	there, _, err := k.SignInByHandOver(t.Context(), "guild", link, "")
	must(t, err)
	own := k.device()
	a, err := k.OfferPasskey(t.Context(), "guild", site, there, "Guild")
	must(t, err)
	_, err = k.AddPasskey(t.Context(), "guild", site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: own.Make(a.Options), Session: there}, "of the guild")
	must(t, err)
	if err := guild(func() (gate.PasskeyAsking, error) { return k.AskPasskey(t.Context(), "guild", site, "") }); !gate.WrongPasskey(err) {
		t.Errorf("signing in: %v", err)
	}
	if err := guild(func() (gate.PasskeyAsking, error) { return k.AskPasskey(t.Context(), "club", site, "") }); !gate.WrongPasskey(err) {
		t.Errorf("what the other policy asked is answered here: %v", err)
	}
	a, err = k.AskPasskeyAgain(t.Context(), "guild", site, there)
	must(t, err)
	back := d.As(own)
	_, _, err = k.ShowPasskey(t.Context(), "guild", site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(ofAnybody(t, a.Options)), Session: there})
	back()
	if !gate.WrongPasskey(err) {
		t.Errorf("showing again who one is: %v", err)
	}
	if _, err := k.OfferPasskey(t.Context(), "club", site, there, "Club"); !gate.NoSession(err) {
		t.Errorf("the session of one adds a passkey at the other: %v", err)
	}
	if _, _, err := k.show(d); err != nil {
		t.Errorf("where it was made it works no more: %v", err)
	}
}

// ofAnybody is what was asked without the list of those that will do: whoever attacks
// answers with what they have.
func ofAnybody(t *testing.T, options []byte) []byte {
	t.Helper()
	var o struct {
		PublicKey map[string]any `json:"publicKey"`
	}
	must(t, json.Unmarshal(options, &o))
	delete(o.PublicKey, "allowCredentials")
	raw, err := json.Marshal(o)
	must(t, err)
	return raw
}
