package engine_test

import (
	"errors"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/internal/officer"
)

// TestNothingIsOpenAgainAfterARestore: what was open when the backup was made, and may
// have ended since, does not open again: sessions, links, event tokens, invitations to
// the console, and if wished the tokens of programs.
func TestNothingIsOpenAgainAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800000001")
	ctx, g := t.Context(), e.Gate()
	link, _, err := g.HandOver(ctx, "club", "li", w.clock())
	must(t, err)
	session, _, err := g.SignInByHandOver(ctx, "club", link, "")
	must(t, err)
	unused, _, err := g.HandOver(ctx, "club", "li", w.clock())
	must(t, err)
	event, _, err := g.Token(ctx, "club", "li", "send-crash")
	must(t, err)
	report := func(e *engine.Engine) error {
		_, err := e.Gate().Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "fix-faults", Point: "on-the-way", Source: "device"},
			Items: []gate.Item{item("crash-log", "x")}, Token: event})
		return err
	}
	invitation, _, err := e.Officers().Invite(ctx, officer.Invitation{Login: "ann@house.example", Person: "ann", Roles: []officer.Role{officer.Auditor}})
	must(t, err)
	token, _, err := e.Auth().Issue(ctx, auth.Grant{Name: "app", Scopes: auth.App})
	must(t, err)
	must(t, e.Seal(ctx))
	from := w.backup()
	must(t, g.SignOut(ctx, "club", session)) // after the backup
	must(t, report(e))
	w.close(e)

	for _, endTokens := range []bool{false, true} {
		w.lose()
		r := w.restoring(from)
		r.AcceptRollback, r.EndTokens = true, endTokens
		_, err = engine.Restore(ctx, r)
		must(t, err)
		e = w.open(w.config())
		g = e.Gate()
		if _, err := g.Session(ctx, "club", session); !gate.NoSession(err) {
			t.Errorf("the session that was ended: %v", err)
		}
		if _, _, err := g.SignInByHandOver(ctx, "club", unused, ""); !gate.DeadLink(err) {
			t.Errorf("a link from before: %v", err)
		}
		if report(e) == nil {
			t.Error("an event token from before is taken")
		}
		if _, err := e.Officers().Enrol(ctx, invitation, "Avow", ""); !errors.Is(err, officer.ErrInvitation) {
			t.Errorf("an invitation from before: %v", err)
		}
		if _, err := e.Auth().Check(ctx, token); (err == nil) == endTokens {
			t.Errorf("ending tokens %v: %v", endTokens, err)
		}
		if s := w.standing(e, "li"); s.Account != avow.Open {
			t.Errorf("li is %v", s.Account)
		}
		again, _, err := g.HandOver(ctx, "club", "li", w.clock())
		must(t, err)
		if _, _, err := g.SignInByHandOver(ctx, "club", again, ""); err != nil {
			t.Errorf("nobody can sign in: %v", err)
		}
		w.close(e)
	}
}

// TestANoToAPermissionHoldsAfterARestore: a permission of the device that was granted
// when the backup was made and taken back since stays taken back.
func TestANoToAPermissionHoldsAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	use := gate.PermissionUse{Permission: "location", Purpose: "show-map", Feature: "maps", Running: true}
	say := func(e *engine.Engine, ref avow.SubjectRef, granted bool) {
		t.Helper()
		w.pass(time.Minute)
		_, err := e.Gate().PermissionSaid(t.Context(), "club", ref, &use, granted)
		must(t, err)
	}
	for _, ref := range []avow.SubjectRef{"li", "wu"} {
		w.join(e, ref, string(ref)+"@mail.example", map[avow.SubjectRef]string{"li": "13800000001", "wu": "13800000002"}[ref])
		say(e, ref, true)
	}
	must(t, e.Seal(t.Context()))
	from := w.backup()
	say(e, "li", false)
	w.close(e)
	w.lose()
	r := w.restoring(from)
	r.AcceptRollback = true
	_, err := engine.Restore(t.Context(), r)
	must(t, err)
	e = w.open(w.config())
	defer w.close(e)
	for ref, want := range map[avow.SubjectRef]gate.PermissionState{"li": gate.PermissionDenied, "wu": gate.PermissionGranted} {
		a, err := e.Gate().MayAskPermission(t.Context(), "club", ref, &use)
		must(t, err)
		if a.State != want {
			t.Errorf("%s: %s, want %s", ref, a.State, want)
		}
	}
}
