package gate_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/passkey"
	"avow.dev/internal/passkey/passkeytest"
)

const privacyHome = "https://privacy.example"

// keyed is a world whose centre is at an address.
type keyed struct {
	*signIn
	site *passkey.Site
}

func setupPasskeys(t *testing.T) *keyed {
	t.Helper()
	site, err := passkey.At(privacyHome, "Club")
	must(t, err)
	return &keyed{setupSignIn(t), site}
}

func (k *keyed) device() *passkeytest.Device { return passkeytest.New(k.t, privacyHome) }

// fresh signs somebody in who has just shown who they are.
func (k *keyed) fresh(ref avow.SubjectRef) string {
	k.t.Helper()
	link, _, err := k.HandOver(k.t.Context(), "club", ref, k.clock())
	must(k.t, err)
	secret, _, err := k.SignInByHandOver(k.t.Context(), "club", link, "")
	must(k.t, err)
	return secret
}

func (k *keyed) add(session string, d *passkeytest.Device) {
	k.t.Helper()
	a, err := k.OfferPasskey(k.t.Context(), "club", k.site, session, "Club")
	must(k.t, err)
	_, err = k.AddPasskey(k.t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Make(a.Options), Session: session}, "phone of li")
	must(k.t, err)
}

func (k *keyed) asked() gate.PasskeyAsking {
	k.t.Helper()
	a, err := k.AskPasskey(k.t.Context(), "club", k.site, "")
	must(k.t, err)
	return a
}

func (k *keyed) show(d *passkeytest.Device) (string, gate.Session, error) {
	k.t.Helper()
	a := k.asked()
	return k.SignInByPasskey(k.t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options)})
}

func (k *keyed) list(ref avow.SubjectRef) []gate.Passkey {
	k.t.Helper()
	all, err := k.Passkeys(k.t.Context(), "club", ref)
	must(k.t, err)
	return all
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	d := k.device()
	session := k.fresh("li")
	k.add(session, d)
	secret, s, err := k.show(d)
	must(t, err)
	if s.Subject != "li" || s.By != gate.ByPasskey || !s.Proved.Equal(k.clock()) || k.Enough("club", &s, gate.ActReveal) != nil {
		t.Errorf("%+v", s)
	}
	k.pass(11 * time.Minute)
	if _, err := k.OfferPasskey(t.Context(), "club", k.site, secret, "Club"); !gate.NeedsFresh(err) {
		t.Errorf("a stale proof adds a passkey: %v", err)
	}
	if _, err := k.RemovePasskey(t.Context(), "club", secret, k.list("li")[0].ID); !gate.NeedsFresh(err) {
		t.Errorf("a stale proof removes a passkey: %v", err)
	}
	a, err := k.AskPasskeyAgain(t.Context(), "club", k.site, secret)
	must(t, err)
	if !passkeytest.Asks(a.Options) {
		t.Error("who is known is asked for anybody's passkey")
	}
	next, s, err := k.ShowPasskey(t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options), Session: secret})
	if err != nil || k.Enough("club", &s, gate.ActCopy) != nil {
		t.Fatalf("stepping up: %v", err)
	}
	if _, err := k.Session(t.Context(), "club", secret); !gate.NoSession(err) {
		t.Errorf("the session goes on under its old secret: %v", err)
	}
	if l := k.list("li"); len(l) != 1 || l[0].Name != "phone of li" || !l[0].Used.Equal(k.clock()) {
		t.Errorf("%+v", l)
	}
	c, err := k.Copy(t.Context(), "club", "li")
	if err != nil || len(c.Passkeys) != 1 {
		t.Errorf("their copy holds %+v: %v", c.Passkeys, err)
	}
	_, err = k.RemovePasskey(t.Context(), "club", next, k.list("li")[0].ID)
	must(t, err)
	if _, err := k.Session(t.Context(), "club", next); err != nil {
		t.Errorf("the session that removed it ends: %v", err)
	}
	if _, _, err := k.show(d); !gate.WrongPasskey(err) {
		t.Errorf("a removed passkey signs in: %v", err)
	}
	k.add(next, d) // and another one may come
	if _, _, err := k.show(d); err != nil {
		t.Error(err)
	}
	if k.evidenceOf(evidence.PasskeyAdded) != 2 || k.evidenceOf(evidence.PasskeyRemoved) != 1 || k.evidenceOf(evidence.SignInFailed) != 1 || k.evidenceOf(evidence.SignedIn) != 4 {
		t.Error("evidence is missing")
	}
	k.pass(time.Hour)
	_, err = k.Sweep(t.Context())
	must(t, err)
	for _, kind := range []string{"passkey-asked/club", "passkey-spent/club"} {
		if recs, err := k.store.Scan(t.Context(), 0, kind, nil, 10); err != nil || len(recs) > 0 {
			t.Errorf("%d of %s are left: %v", len(recs), kind, err)
		}
	}
}

// TestPasskeysThatSignNobodyIn: one thing is wrong each time.
func TestPasskeysThatSignNobodyIn(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	k.join("eve", "eve@mail.example", "+8613800002222")
	d, theirs := k.device(), k.device()
	k.add(k.fresh("li"), d)
	k.add(k.fresh("eve"), theirs)
	elsewhere, err := passkey.At("https://other.example", "Other")
	must(t, err)
	for name, wrong := range map[string]func(a *gate.PasskeyAsking) []byte{
		"another page":       func(a *gate.PasskeyAsking) []byte { d.Origin = "https://evil.example"; return d.Show(a.Options) },
		"another site":       func(a *gate.PasskeyAsking) []byte { d.RPID = "evil.example"; return d.Show(a.Options) },
		"nobody unlocked it": func(a *gate.PasskeyAsking) []byte { d.Unverified = true; return d.Show(a.Options) },
		"another challenge":  func(*gate.PasskeyAsking) []byte { return d.Show(k.asked().Options) },
		"another browser":    func(a *gate.PasskeyAsking) []byte { a.Browser = gate.NewBrowser(); return d.Show(a.Options) },
		"no browser":         func(a *gate.PasskeyAsking) []byte { a.Browser = ""; return d.Show(a.Options) },
		"too late":           func(a *gate.PasskeyAsking) []byte { k.pass(passkey.Patience); return d.Show(a.Options) },
		"another person":     func(a *gate.PasskeyAsking) []byte { defer d.As(theirs)(); return d.Show(a.Options) },
		"nothing":            func(*gate.PasskeyAsking) []byte { return nil },
		"what was asked of somebody who is signed in": func(a *gate.PasskeyAsking) []byte {
			again, err := k.AskPasskeyAgain(t.Context(), "club", k.site, k.fresh("li"))
			must(t, err)
			a.Browser = again.Browser
			return d.Show(again.Options)
		},
	} {
		a := k.asked()
		sent := wrong(&a)
		if _, _, err := k.SignInByPasskey(t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: sent}); !gate.WrongPasskey(err) {
			t.Errorf("%s: %v", name, err)
		}
		d.Origin, d.RPID, d.Unverified = privacyHome, "", false
		k.pass(20 * time.Minute) // tries are forgiven
	}
	a := k.asked()
	answer := &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options)}
	if _, _, err := k.SignInByPasskey(t.Context(), "club", elsewhere, answer); !gate.WrongPasskey(err) {
		t.Errorf("at another address: %v", err)
	}
	a = k.asked()
	answer = &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options)}
	_, _, err = k.SignInByPasskey(t.Context(), "club", k.site, answer)
	must(t, err)
	if _, _, err := k.SignInByPasskey(t.Context(), "club", k.site, answer); !gate.WrongPasskey(err) {
		t.Errorf("an answer works twice: %v", err)
	}
	li, eve := k.fresh("li"), k.fresh("eve")
	again, err := k.AskPasskeyAgain(t.Context(), "club", k.site, li)
	must(t, err)
	if _, _, err := k.ShowPasskey(t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: again.Browser, Answer: d.Show(again.Options), Session: eve}); !gate.WrongPasskey(err) {
		t.Errorf("a session uses what another was asked: %v", err)
	}
	offered, err := k.OfferPasskey(t.Context(), "club", k.site, li, "Club")
	must(t, err)
	made := k.device().Make(offered.Options)
	if _, err := k.AddPasskey(t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: offered.Browser, Answer: made, Session: eve}, ""); !gate.WrongPasskey(err) || len(k.list("eve")) != 1 {
		t.Errorf("a passkey made for one person is added to another: %v", err)
	}
	if _, err := k.RemovePasskey(t.Context(), "club", eve, k.list("li")[0].ID); avow.CodeOf(err) != avow.Unknown || len(k.list("li")) != 1 {
		t.Errorf("somebody removes the passkey of somebody else: %v", err)
	}
	d.Unverified = true
	for range 5 {
		_, _, _ = k.show(d)
	}
	d.Unverified = false
	if _, _, err := k.show(d); avow.CodeOf(err) != avow.TooMany {
		t.Errorf("wrong answers are not counted: %v", err)
	}
}

func TestACopiedPasskeyIsBlocked(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	d := k.device()
	k.add(k.fresh("li"), d)
	for range 3 {
		_, _, err := k.show(d)
		must(t, err)
	}
	d.Rewind(1)
	for range 2 {
		if _, _, err := k.show(d); !gate.CopiedPasskey(err) {
			t.Fatalf("a device that counts backwards: %v", err)
		}
		d.Rewind(10)
	}
	if l := k.list("li"); l[0].Copied.IsZero() || k.evidenceOf(evidence.PasskeyBlocked) != 1 {
		t.Errorf("it is not noted: %+v", l)
	}
}

// TestPasskeysAndTheirPerson: they lie sealed, move to a new key with the rest, go when
// the person goes, and when the account may be in other hands.
func TestPasskeysAndTheirPerson(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	d := k.device()
	k.add(k.fresh("li"), d)
	recs, err := k.store.Scan(t.Context(), 1, "passkey", nil, 10)
	if err != nil || len(recs) != 1 || bytes.Contains(recs[0].Body, []byte("phone of li")) {
		t.Errorf("at rest lie %v: %v", recs, err)
	}
	_, err = k.EraseData(t.Context(), "club", "li", []avow.Datum{"phone"})
	must(t, err)
	if _, _, err := k.show(d); err != nil {
		t.Errorf("after something was erased: %v", err)
	}
	k.restart()
	if _, _, err := k.show(d); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	_, _, err = k.ReportMisuse(t.Context(), "club", "li")
	must(t, err)
	if _, _, err := k.show(d); !gate.WrongPasskey(err) || len(k.list("li")) > 0 {
		t.Errorf("after a misuse was reported: %v", err)
	}
	k.add(k.fresh("li"), d)
	_, err = k.Erase(t.Context(), "club", "li")
	must(t, err)
	if _, _, err := k.show(d); !gate.WrongPasskey(err) {
		t.Errorf("erased, and signed in: %v", err)
	}
	if _, err := k.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if recs, err := k.store.Scan(t.Context(), 1, "passkey", nil, 10); err != nil || len(recs) > 0 {
		t.Errorf("%d are left: %v", len(recs), err)
	}
}

// TestARemovedPasskeyComesBackWithNoBackup.
func TestARemovedPasskeyComesBackWithNoBackup(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	k.journalled()
	d, kept := k.device(), k.device()
	session := k.fresh("li")
	k.add(session, d)
	k.pass(time.Second) // the older one stands first
	k.add(session, kept)
	restore := k.backup()
	_, err := k.RemovePasskey(t.Context(), "club", session, k.list("li")[0].ID)
	must(t, err)
	restore()
	if _, _, err := k.show(d); !gate.WrongPasskey(err) {
		t.Errorf("an older backup brings it back: %v", err)
	}
	if _, _, err := k.show(kept); err != nil || len(k.list("li")) != 1 {
		t.Errorf("what was not removed: %v", err)
	}
}

// TestWherePasskeysAreNot: without a way to sign in by codes, or without an address that
// browsers take passkeys at.
func TestWherePasskeysAreNot(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	if takes, err := k.TakesPasskeys("club", nil); takes || err != nil {
		t.Errorf("without an address: %t %v", takes, err)
	}
	if _, err := k.AskPasskey(t.Context(), "club", nil, ""); avow.CodeOf(err) != avow.Unavailable {
		t.Errorf("without an address: %v", err)
	}
	session := k.fresh("li")
	k.stop()
	k.cfg.Courier = nil
	k.start()
	if takes, err := k.TakesPasskeys("club", k.site); takes || err != nil {
		t.Errorf("without codes: %t %v", takes, err)
	}
	_, err1 := k.AskPasskey(t.Context(), "club", k.site, "")
	_, err2 := k.OfferPasskey(t.Context(), "club", k.site, session, "Club")
	_, _, err3 := k.SignInByPasskey(context.Background(), "club", k.site, &gate.PasskeyAnswer{Browser: gate.NewBrowser()})
	for _, err := range []error{err1, err2, err3} {
		if avow.CodeOf(err) != avow.Unavailable || !strings.Contains(err.Error(), "passkeys") {
			t.Error(err)
		}
	}
	if _, err := k.AskPasskey(t.Context(), "choir", k.site, ""); err == nil {
		t.Error("a policy that is not served asks")
	}
}

// TestARestoreAsksForPasskeysAnew: a question of a backup may have been answered since.
func TestARestoreAsksForPasskeysAnew(t *testing.T) {
	t.Parallel()
	k := setupPasskeys(t)
	d := k.device()
	k.add(k.fresh("li"), d)
	a := k.asked()
	must(t, k.Restored(t.Context(), "club", 0))
	if _, _, err := k.SignInByPasskey(t.Context(), "club", k.site, &gate.PasskeyAnswer{Browser: a.Browser, Answer: d.Show(a.Options)}); !gate.WrongPasskey(err) {
		t.Errorf("a question from before: %v", err)
	}
	if _, _, err := k.show(d); err != nil {
		t.Error(err)
	}
}
