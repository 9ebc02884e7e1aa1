package officer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/officer"
	"avow.dev/internal/passkey"
	"avow.dev/internal/passkey/passkeytest"
)

const address = "https://privacy.example"

// withPasskeys is a world whose console is at an address.
func withPasskeys(t *testing.T) *world {
	t.Helper()
	w := setup(t)
	site, err := passkey.At(address, "Avow")
	must(t, err)
	w.UsePasskeys(site)
	return w
}

// add has a device make a passkey for who is signed in.
func (w *world) add(session string, d *passkeytest.Device) {
	w.t.Helper()
	a, err := w.OfferPasskey(w.t.Context(), session)
	must(w.t, err)
	must(w.t, w.AddPasskey(w.t.Context(), session, a.Browser, "of a test", d.Make(a.Options)))
}

// show signs in by what a device shows.
func (w *world) show(d *passkeytest.Device) (string, officer.Session, error) {
	w.t.Helper()
	a, err := w.AskPasskey(w.t.Context(), "192.0.2.1")
	must(w.t, err)
	if passkeytest.Asks(a.Options) {
		w.t.Errorf("who is not known is asked for certain passkeys: %s", a.Options)
	}
	return w.SignInByPasskey(w.t.Context(), a.Browser, d.Show(a.Options), "")
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	w.join("ada", "a.lindqvist", officer.PrivacyOfficer)
	w.join("bo", "b.wu", officer.Support)
	d := passkeytest.New(t, address)
	first := w.enter("ada")
	w.add(first, d)
	again, err := w.OfferPasskey(t.Context(), first)
	must(t, err)
	if passkeytest.Excludes(again.Options) != 1 {
		t.Error("a device may make a second one")
	}
	w.pass(time.Hour)
	secret, s, err := w.show(d)
	if err != nil || s.Account.Login != "ada" || s.Account.Handle != nil || !s.Password || !w.alive(secret) {
		t.Fatalf("%+v: %v", s, err)
	}
	if err := w.Enough(&s, "club", officer.RevealValue); err != nil {
		t.Errorf("it does not stand for both factors: %v", err)
	}
	w.pass(officer.FreshFor + time.Second)
	if s, err = w.Session(t.Context(), secret); err != nil || !errors.Is(w.Enough(&s, "club", officer.RevealValue), officer.ErrStale) {
		t.Errorf("a proof does not go stale: %v", err)
	}
	if _, err := w.OfferPasskey(t.Context(), secret); !errors.Is(err, officer.ErrStale) {
		t.Errorf("a stale proof adds a passkey: %v", err)
	}
	asked, err := w.AskPasskeyAgain(t.Context(), secret)
	must(t, err)
	if !passkeytest.Asks(asked.Options) {
		t.Error("who is known is asked for anybody's passkey")
	}
	fresh, s, err := w.StepUpByPasskey(t.Context(), secret, asked.Browser, d.Show(asked.Options))
	if err != nil || w.alive(secret) || !w.alive(fresh) || w.Enough(&s, "club", officer.RevealValue) != nil {
		t.Errorf("stepping up: %v", err)
	}
	list, err := w.Passkeys(t.Context(), "ada")
	if err != nil || len(list) != 1 || list[0].Name != "of a test" || !list[0].Used.Equal(w.clock()) || !list[0].Copied.IsZero() {
		t.Fatalf("%+v: %v", list, err)
	}
	other := w.enter("bo")
	if err := w.DropPasskey(t.Context(), other, list[0].ID); err == nil {
		t.Error("somebody removes the passkey of somebody else")
	}
	must(t, w.DropPasskey(t.Context(), fresh, list[0].ID))
	if w.alive(fresh) {
		t.Error("what a passkey signed in stays in without it")
	}
	if _, _, err := w.show(d); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("a removed passkey signs in: %v", err)
	}
	w.pass(24 * time.Hour)
	if _, err := w.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	for _, kind := range []string{"officer-passkey-asked", "officer-round-spent", "officer-try"} {
		if recs, err := w.store.Scan(t.Context(), 0, kind, nil, 10); err != nil || len(recs) > 0 {
			t.Errorf("%d of %s are left: %v", len(recs), kind, err)
		}
	}
}

// TestPasskeysThatDoNotSignIn: one thing is wrong each time.
func TestPasskeysThatDoNotSignIn(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	w.join("ada", "a.lindqvist", officer.PrivacyOfficer)
	w.join("bo", "b.wu", officer.Support)
	theirs := passkeytest.New(t, address)
	w.add(w.enter("bo"), theirs)
	session := w.enter("ada")
	d := passkeytest.New(t, address)
	w.add(session, d)
	for name, wrong := range map[string]func(a *officer.Asking) []byte{
		"another page":       func(a *officer.Asking) []byte { d.Origin = "https://evil.example"; return d.Show(a.Options) },
		"another site":       func(a *officer.Asking) []byte { d.RPID = "evil.example"; return d.Show(a.Options) },
		"nobody unlocked it": func(a *officer.Asking) []byte { d.Unverified = true; return d.Show(a.Options) },
		"another challenge": func(*officer.Asking) []byte {
			other, err := w.AskPasskey(t.Context(), "")
			must(t, err)
			return d.Show(other.Options)
		},
		"another browser": func(a *officer.Asking) []byte { a.Browser = strings.Repeat("A", 43); return d.Show(a.Options) },
		"too late":        func(a *officer.Asking) []byte { w.pass(passkey.Patience); return d.Show(a.Options) },
		"another owner":   func(a *officer.Asking) []byte { defer d.As(theirs)(); return d.Show(a.Options) },
		"an unknown device": func(a *officer.Asking) []byte {
			stranger := passkeytest.New(t, address)
			offered, err := w.OfferPasskey(t.Context(), w.enter("ada"))
			must(t, err)
			stranger.Make(offered.Options) // and never sent back
			return stranger.Show(a.Options)
		},
		"nothing": func(*officer.Asking) []byte { return nil },
		"asked for another purpose": func(a *officer.Asking) []byte {
			offered, err := w.OfferPasskey(t.Context(), w.enter("ada"))
			must(t, err)
			a.Browser = offered.Browser
			return d.Show(a.Options)
		},
	} {
		a, err := w.AskPasskey(t.Context(), "")
		must(t, err)
		sent := wrong(&a)
		if _, _, err := w.SignInByPasskey(t.Context(), a.Browser, sent, ""); !errors.Is(err, officer.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		d.Origin, d.RPID, d.Unverified = address, "", false
		w.pass(20 * time.Minute) // tries are forgiven
	}
	a, err := w.AskPasskey(t.Context(), "")
	must(t, err)
	sent := d.Show(a.Options)
	_, _, err = w.SignInByPasskey(t.Context(), a.Browser, sent, "")
	must(t, err)
	if _, _, err := w.SignInByPasskey(t.Context(), a.Browser, sent, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("an answer works twice: %v", err)
	}
	ada, bo := w.enter("ada"), w.enter("bo")
	again, err := w.AskPasskeyAgain(t.Context(), ada)
	must(t, err)
	if _, _, err := w.StepUpByPasskey(t.Context(), bo, again.Browser, d.Show(again.Options)); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("a session uses what another was asked: %v", err)
	}
	again, err = w.AskPasskeyAgain(t.Context(), bo)
	must(t, err)
	unasked, err := w.AskPasskey(t.Context(), "")
	must(t, err)
	if _, _, err := w.StepUpByPasskey(t.Context(), bo, unasked.Browser, d.Show(unasked.Options)); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("what a sign-in was asked steps up: %v", err)
	}
	if _, _, err := w.StepUpByPasskey(t.Context(), bo, again.Browser, theirs.Show(again.Options)); err != nil {
		t.Errorf("their own: %v", err)
	}
	offered, err := w.OfferPasskey(t.Context(), ada)
	must(t, err)
	mine := passkeytest.New(t, address)
	made := mine.Make(offered.Options)
	if err := w.AddPasskey(t.Context(), w.enter("bo"), offered.Browser, "", made); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("a passkey made for one account is added to another: %v", err)
	}
}

func TestACopiedPasskey(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	w.join("ada", "ada", officer.Lawyer)
	d := passkeytest.New(t, address)
	w.add(w.enter("ada"), d)
	for range 3 {
		_, _, err := w.show(d)
		must(t, err)
	}
	d.Rewind(1)
	for range 2 { // it does not come back by counting on
		if _, _, err := w.show(d); !errors.Is(err, officer.ErrCopied) {
			t.Fatalf("a device that counts backwards: %v", err)
		}
		d.Rewind(10)
	}
	list, err := w.Passkeys(t.Context(), "ada")
	if err != nil || list[0].Copied.IsZero() {
		t.Errorf("it is not noted: %+v %v", list, err)
	}
	must(t, w.RemovePasskey(t.Context(), "ada", list[0].ID))
	w.add(w.enter("ada"), d)
	if _, _, err := w.show(d); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

// TestWrongPasskeysAreCounted, and shut that passkey alone: whoever guesses at a
// password locks nobody out who has a passkey, and the other way round.
func TestWrongPasskeysAreCounted(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	w.join("ada", "ada", officer.Lawyer)
	d := passkeytest.New(t, address)
	w.add(w.enter("ada"), d)
	for range 5 {
		_, _, _ = w.SignIn(t.Context(), "ada", "a guess", "123456", "")
	}
	if _, _, err := w.SignIn(t.Context(), "ada", password, w.code("ada"), ""); !errors.Is(err, officer.ErrLocked) {
		t.Fatalf("the password is not locked: %v", err)
	}
	if _, _, err := w.show(d); err != nil {
		t.Errorf("the passkey is locked by guesses at the password: %v", err)
	}
	d.Unverified = true
	for range 5 {
		if _, _, err := w.show(d); !errors.Is(err, officer.ErrRefused) {
			t.Fatal(err)
		}
	}
	d.Unverified = false
	if _, _, err := w.show(d); !errors.Is(err, officer.ErrLocked) {
		t.Errorf("wrong ones are not counted: %v", err)
	}
	w.pass(15 * time.Minute)
	if _, _, err := w.show(d); err != nil {
		t.Error(err)
	}
	w.enter("ada")
	var err error
	for range 121 {
		if _, err = w.AskPasskey(t.Context(), "198.51.100.7"); err != nil {
			break
		}
	}
	if !errors.Is(err, officer.ErrLocked) {
		t.Errorf("one network asks without end: %v", err)
	}
	if _, err := w.AskPasskey(t.Context(), "198.51.100.8"); err != nil {
		t.Errorf("another network: %v", err)
	}
}

// TestInvitedToAPasskey: an account may have nothing else.
func TestInvitedToAPasskey(t *testing.T) {
	t.Parallel()
	w := withPasskeys(t)
	invitation := w.invite("ada", "ada", officer.Lawyer)
	d := passkeytest.New(t, address)
	a, err := w.EnrolPasskey(t.Context(), invitation)
	must(t, err)
	other, err := w.EnrolPasskey(t.Context(), w.invite("eve", "eve", officer.Support))
	must(t, err)
	if err := w.AcceptPasskey(t.Context(), invitation, other.Browser, "", passkeytest.New(t, address).Make(other.Options)); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("what another invitation was asked is taken: %v", err)
	}
	made := d.Make(a.Options)
	must(t, w.AcceptPasskey(t.Context(), invitation, a.Browser, "  my\tkey ", made))
	if err := w.AcceptPasskey(t.Context(), invitation, a.Browser, "", made); !errors.Is(err, officer.ErrInvitation) {
		t.Errorf("an invitation works twice: %v", err)
	}
	secret, s, err := w.show(d)
	if err != nil || s.Password || s.Provided {
		t.Fatalf("%+v %v", s, err)
	}
	list, err := w.Passkeys(t.Context(), "ada")
	must(t, err)
	if err := w.DropPasskey(t.Context(), secret, list[0].ID); !errors.Is(err, officer.ErrLast) || list[0].Name != "my key" {
		t.Errorf("the last way in is removed: %v", err)
	}
	second := passkeytest.New(t, address)
	w.add(secret, second)
	must(t, w.DropPasskey(t.Context(), secret, list[0].ID))
	in, _, err := w.show(second)
	must(t, err)

	renewed, err := w.Reinvite(t.Context(), "ada")
	must(t, err)
	if _, _, err := w.show(second); !errors.Is(err, officer.ErrRefused) || w.alive(in) {
		t.Errorf("invited again, and the old passkey signs in: %v", err)
	}
	w.accept("ada", renewed)
	if _, _, err := w.show(second); !errors.Is(err, officer.ErrRefused) || w.alive(in) {
		t.Errorf("what was theirs comes back with the new password: %v", err)
	}
	w.add(w.enter("ada"), second)
	in, _, err = w.show(second)
	must(t, err)
	must(t, w.Disable(t.Context(), "ada"))
	if _, _, err := w.show(second); !errors.Is(err, officer.ErrRefused) || w.alive(in) {
		t.Errorf("disabled, and signs in: %v", err)
	}
	if recs, err := w.store.Scan(t.Context(), 0, "officer-passkey", nil, 10); err != nil || len(recs) > 0 {
		t.Errorf("%d passkeys of a disabled account are left: %v", len(recs), err)
	}
}

// TestSessionsOfWhoeverWasInvitedAgain do not come back with the owner.
func TestSessionsOfWhoeverWasInvitedAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("ada", "ada", officer.Lawyer)
	thief := w.enter("ada")
	invitation, err := w.Reinvite(t.Context(), "ada")
	must(t, err)
	w.accept("ada", invitation)
	if w.alive(thief) {
		t.Error("the owner is back, and so is whoever was signed in before")
	}
}

func TestWhereThereAreNoPasskeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("ada", "ada", officer.Lawyer)
	session := w.enter("ada")
	if w.PasskeyOrigin() != "" {
		t.Error("there is an address")
	}
	_, err1 := w.AskPasskey(t.Context(), "")
	_, err2 := w.AskPasskeyAgain(t.Context(), session)
	_, err3 := w.OfferPasskey(t.Context(), session)
	_, err4 := w.EnrolPasskey(t.Context(), w.invite("bo", "bo", officer.Support))
	for _, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, officer.ErrNoPasskeys) {
			t.Error(err)
		}
	}
	if _, _, err := w.SignInByPasskey(t.Context(), strings.Repeat("A", 43), nil, ""); !errors.Is(err, officer.ErrRefused) {
		t.Error(err)
	}
	with := withPasskeys(t)
	with.join("ada", "ada", officer.Lawyer)
	if _, err := with.AskPasskeyAgain(t.Context(), with.enter("ada")); !errors.Is(err, officer.ErrNoPasskeys) {
		t.Errorf("an account without one: %v", err)
	}
}
