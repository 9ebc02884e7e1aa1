package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/control"
	"avow.dev/vault"
)

func (w *world) serving() *engine.Engine {
	w.Helper()
	cfg := w.config()
	cfg.Create, cfg.Control = true, true
	return w.open(cfg)
}

func (w *world) dial() *control.Client {
	w.Helper()
	c, err := control.Dial(w.Context(), w.data)
	must(w, err)
	return c
}

func TestCommandsReachARunningServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.serving()
	c := w.dial()
	info, err := os.Stat(filepath.Join(w.data, control.SocketFile))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is open to others: %v", info.Mode())
	}
	secret, token, err := c.Issue(t.Context(), auth.Grant{Name: "shop", Scopes: auth.App, Policies: []avow.PolicyID{"club"}, Expires: w.clock().Add(time.Hour)})
	must(t, err)
	if got, err := e.Auth().Check(t.Context(), secret); err != nil || got.ID != token.ID || !got.May("club") || got.May("other") {
		t.Errorf("got %+v: %v", got, err)
	}
	all, err := c.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "shop" || !all[0].Expires.Equal(w.clock().Add(time.Hour)) {
		t.Errorf("listed %+v: %v", all, err)
	}
	must(t, c.Revoke(t.Context(), token.ID))
	if _, err := e.Auth().Check(t.Context(), secret); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("after the end: %v", err)
	}
	if err := c.Revoke(t.Context(), "0000000000000000"); err == nil {
		t.Error("an unknown token was ended")
	}
	if _, _, err := c.Issue(t.Context(), auth.Grant{Scopes: auth.App, Policies: []avow.PolicyID{"nobody"}}); err == nil {
		t.Error("a token for a policy that is not served")
	}
	w.close(e)
	if _, err := control.Dial(t.Context(), w.data); !errors.Is(err, control.ErrNobody) {
		t.Errorf("after the end: %v", err)
	}
}

// A socket that a crash left behind is in nobody's way.
func TestASocketLeftBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.close(w.first())
	must(t, os.WriteFile(filepath.Join(w.data, control.SocketFile), nil, 0o600))
	if _, err := control.Dial(t.Context(), w.data); !errors.Is(err, control.ErrNobody) {
		t.Errorf("got %v", err)
	}
	cfg := w.config()
	cfg.Control = true
	e := w.open(cfg)
	defer w.close(e)
	if _, err := w.dial().List(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRotateBesideTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.serving()
	for i := range 20 {
		w.join(e, avow.SubjectRef(fmt.Sprint("p", i)), fmt.Sprintf("p%d@mail.example", i), fmt.Sprintf("1380000%04d", i))
	}
	done, err := w.dial().Rotate(t.Context(), "club")
	must(t, err)
	if done.Slots != 20 || done.Resumed || len(done.Retired) != 1 {
		t.Errorf("rotated %+v", done)
	}
	if n := count(t, e, evidence.KeyRotate); n != 1 {
		t.Errorf("%d leaves about it", n)
	}
	w.close(e)
	e = w.open(w.config())
	defer w.close(e)
	if w.standing(e, "p7").Account != avow.Open {
		t.Error("somebody was lost")
	}
}

// A rotation that dies after the new key was made is finished by the next one: the
// people under the old key open all the time, and no third key is made.
func TestAnInterruptedRotationIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.serving()
	for i := range 5 {
		w.join(e, avow.SubjectRef(fmt.Sprint("p", i)), fmt.Sprintf("p%d@mail.example", i), fmt.Sprintf("1380000%04d", i))
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Rotate(gone, "club"); err == nil {
		t.Fatal("not interrupted")
	}
	w.close(e)
	if d := epochs(t, w); len(d) != 2 || d[0].Retired != nil || d[0].Subjects != 5 {
		t.Fatalf("after the interruption: %+v", d)
	}
	e = w.open(w.config())
	defer w.close(e)
	if w.standing(e, "p3").Account != avow.Open {
		t.Error("somebody does not open between two keys")
	}
	done, err := e.Rotate(t.Context(), "club")
	must(t, err)
	if d := epochs(t, w); !done.Resumed || done.Slots != 5 || len(d) != 2 || d[0].Retired == nil || d[1].Subjects != 5 {
		t.Errorf("finished %+v: %+v", done, d)
	}
	if w.standing(e, "p3").Account != avow.Open {
		t.Error("somebody was lost")
	}
}

func epochs(t *testing.T, w *world) []vault.EpochDescription {
	t.Helper()
	d, err := vault.Describe(w.keys)
	must(t, err)
	return d.Policies[0].Epochs
}
