package engine_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	db "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/ledger"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
)

func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800001111")
	key := e.VKey("club")
	must(t, e.Seal(t.Context()))
	w.close(e)
	w.close(e) // twice is once
	w.pass(time.Hour)
	e = w.open(w.config())
	defer w.close(e)
	if w.standing(e, "li").Account != avow.Open || e.VKey("club") != key {
		t.Error("something was lost")
	}
	state, err := e.Store().LogState(t.Context(), "club")
	must(t, err)
	if state.Sealed != state.Recorded {
		t.Errorf("sealed %d of %d", state.Sealed, state.Recorded)
	}
}

// What is recorded is published soon, without anybody asking.
func TestTheSealerIsWoken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	defer w.close(e)
	w.join(e, "li", "li@mail.example", "13800001111")
	eventually(t, "what is recorded is sealed", func() bool {
		state, err := e.Store().LogState(t.Context(), "club")
		must(t, err)
		return state.Sealed > 1 && state.Sealed == state.Recorded
	})
}

func TestALogKeepsItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.Create, cfg.BaseURL = true, "https://privacy.example"
	e := w.open(cfg)
	w.close(e)
	if !strings.HasPrefix(e.VKey("club"), "privacy.example/log/club+") {
		t.Errorf("called %s", e.VKey("club"))
	}
	again := w.open(w.config())
	w.close(again)
	if again.VKey("club") != e.VKey("club") {
		t.Errorf("renamed to %s", again.VKey("club"))
	}
}

func TestStartsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		do   func(*world, *engine.Config)
		want error
	}{
		{"a wrong path", func(w *world, c *engine.Config) { c.Data += "2"; c.Keys += "2" }, engine.ErrMissing},
		{"no keys", func(w *world, c *engine.Config) { c.Keys += "2" }, engine.ErrMissing},
		{"no keys, on a first start", func(w *world, c *engine.Config) { c.Keys += "2"; c.Create = true }, engine.ErrMissing},
		{"keys with a history and no data", func(w *world, c *engine.Config) { c.Data += "2"; c.Create = true }, engine.ErrMissing},
		{"another root key", func(w *world, c *engine.Config) { c.Root = newWorld(w).root }, vault.ErrRoot},
		{"a clock that was set back", func(w *world, c *engine.Config) { w.pass(-time.Minute) }, engine.ErrClock},
		{"a log that another key signed", foreignRing, gate.ErrKeys},
		{"another key file", foreignSlots, gate.ErrKeys},
		{"no keys for a policy that has a log", func(w *world, c *engine.Config) {
			other := newWorld(w)
			must(w, vault.Init(w.Context(), other.keys, w.root, began))
			c.Keys = other.keys
		}, gate.ErrKeys},
		{"a database of a newer version", func(w *world, c *engine.Config) {
			db, err := db.OpenConn(filepath.Join(w.data, engine.DataFile), db.OpenReadWrite)
			must(w, err)
			must(w, errors.Join(sqlitex.ExecuteTransient(db, "PRAGMA user_version = 999", nil), db.Close()))
		}, sqlite.ErrNewer},
		{"a database of somebody else", func(w *world, c *engine.Config) {
			must(w, os.WriteFile(filepath.Join(w.data, engine.DataFile), []byte(strings.Repeat("no database ", 1000)), 0o600))
		}, sqlite.ErrCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.first()
			w.join(e, "li", "li@mail.example", "13800001111")
			w.close(e)
			cfg := w.config()
			tc.do(w, &cfg)
			e, err := engine.Open(t.Context(), cfg)
			if err == nil {
				w.close(e)
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v", err)
			}
			if d, err := vault.Describe(cfg.Keys); err == nil && cfg.Keys != w.keys && len(d.Policies) > 0 && tc.name == "no keys for a policy that has a log" {
				t.Error("keys were made for a log that has some")
			}
		})
	}
}

// foreignRing gives the engine keys of the same root and policy, made elsewhere.
func foreignRing(w *world, c *engine.Config) {
	other := newWorld(w)
	other.root = w.root
	w.Helper()
	e := other.first()
	other.close(e)
	must(w, os.Remove(filepath.Join(other.keys, "club.checkpoint")))
	c.Keys = other.keys
}

// foreignSlots puts the key file of another keyring beside the right one.
func foreignSlots(w *world, c *engine.Config) {
	other := newWorld(w)
	e := other.first()
	other.join(e, "wu", "wu@mail.example", "13800002222")
	other.close(e)
	data, err := os.ReadFile(filepath.Join(other.keys, "club.keys"))
	must(w, err)
	must(w, os.WriteFile(filepath.Join(c.Keys, "club.keys"), data, 0o600))
}

func TestTwoEnginesOnOneFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	if _, err := engine.Open(t.Context(), w.config()); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("got %v", err)
	}
	w.close(e)
	w.close(w.open(w.config()))
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	w := newWorld(t)
	w.close(w.first())
	must(t, os.Chmod(w.data, 0o500))
	defer func() { must(t, os.Chmod(w.data, 0o700)) }()
	if _, err := engine.Open(t.Context(), w.config()); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}

func TestTheDoorAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.Create, cfg.Listen = true, "127.0.0.1:0"
	e := w.open(cfg)
	token, err := e.IssueToken(t.Context(), auth.App)
	must(t, err)
	if _, err := e.Auth().Check(t.Context(), token); err != nil {
		t.Error(err)
	}
	signed := fetch(t, e.URL()+"/log/club/checkpoint")
	v, err := ledger.ParseVerifier(e.VKey("club"))
	must(t, err)
	if _, err := ledger.OpenCheckpoint(signed, v); err != nil {
		t.Error(err)
	}
	w.close(e)
	if _, err := http.Get(e.URL()); err == nil {
		t.Error("the door is still open")
	}
}

// fetch gets a page once it is there: the first checkpoint takes a moment.
func fetch(t *testing.T, url string) (body []byte) {
	t.Helper()
	eventually(t, url, func() bool {
		res, err := http.Get(url)
		must(t, err)
		body, err = io.ReadAll(res.Body)
		must(t, errors.Join(err, res.Body.Close()))
		return res.StatusCode == http.StatusOK
	})
	return body
}

// eventually asks until the answer is yes. How long that takes is the machine's
// business, within reason.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	look, limit := time.NewTicker(5*time.Millisecond), time.NewTimer(2*time.Minute)
	defer look.Stop()
	defer limit.Stop()
	for !ask() {
		select {
		case <-look.C:
		case <-limit.C:
			t.Fatalf("not to be had: %s", what)
		}
	}
}
