package deliver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/outside"
	"avow.dev/ledger"
	"avow.dev/policy"
	"avow.dev/vault"
	"avow.dev/webhook"
)

// loopback is what an operator allows whose recipients are on this machine.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// partner is a recipient with a real receiver.
type partner struct {
	*httptest.Server
	down  atomic.Bool
	asked atomic.Int64

	mu    sync.Mutex
	taken []webhook.HandOver
}

func (p *partner) all() []webhook.HandOver {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// partnered has the host take hand-overs at a receiver of its own, named by a paper of
// two people.
func (w *world) partnered() *partner {
	w.t.Helper()
	p := &partner{}
	var r atomic.Pointer[webhook.Receiver]
	p.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		p.asked.Add(1)
		if p.down.Load() {
			http.Error(rw, "down", http.StatusServiceUnavailable)
			return
		}
		r.Load().ServeHTTP(rw, req)
	}))
	w.t.Cleanup(p.Close)
	secret := w.hook(p.URL + "/hook")
	key, err := ledger.ParseVerifier(w.VKey("club"))
	must(w.t, err)
	made, err := webhook.New(webhook.Config{Recipient: "host", Secrets: []string{secret}, Logs: []note.Verifier{key}, Now: w.Now, Take: func(_ context.Context, h *webhook.HandOver) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken = append(p.taken, *h)
		return nil
	}})
	must(w.t, err)
	r.Store(made)
	return p
}

// hook puts a webhook of the host on file, and returns the key that signs.
func (w *world) hook(to string) string {
	w.t.Helper()
	ctx := context.Background()
	made, _, err := w.Gate().ProposeQualification(ctx, "club", gate.Officer{Person: "ann"}, &gate.Qualifying{Recipient: "host", Kind: "assessment", Document: strings.Repeat("ab", 32), By: "Notary Ltd",
		Date: w.Now().Add(-time.Hour), Expires: w.Now().AddDate(1, 0, 0), Hook: to})
	must(w.t, err)
	_, _, err = w.Gate().ApproveQualification(ctx, "club", made.ID, gate.Officer{Person: "bo"}, made.Proposal.What)
	must(w.t, err)
	return made.Body.Secret
}

func (w *world) dispatch(ref avow.SubjectRef) string {
	w.t.Helper()
	id, _, err := w.Gate().Dispatch(context.Background(), avow.Entrust, &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	must(w.t, err)
	return id
}

func (w *world) state(id string) gate.Dispatched {
	w.t.Helper()
	d, err := w.Gate().ReadDispatch(context.Background(), "club", id)
	must(w.t, err)
	return d
}

// TestDispatch: a receiver that is down gets it when it is up, once, and knows from
// whom, what for, and that it is whole.
func TestDispatch(t *testing.T) {
	t.Parallel()
	w := setup(t, engine.Post{Inside: loopback})
	w.join("li", item("email", "li@mail.example"))
	p := w.partnered()
	p.down.Store(true)
	id := w.dispatch("li")
	w.deliver()
	if s := w.state(id); s.State != gate.DispatchQueued || s.Tries == 0 || len(p.all()) != 0 {
		t.Errorf("%+v, %d taken", s, len(p.all()))
	}
	p.down.Store(false)
	w.Pass(time.Minute)
	w.deliver()
	all := p.all()
	if len(all) != 1 || all[0].ID != id || string(all[0].Fields[0].Value) != "li@mail.example" || !all[0].Envelope.For("manage-account") || all[0].Envelope.Verb != avow.Entrust {
		t.Fatalf("%+v", all)
	}
	if s := w.state(id); s.State != gate.DispatchDelivered || w.count(evidence.DispatchTaken) != 1 {
		t.Errorf("%+v", s)
	}
	w.Pass(time.Hour)
	w.deliver()
	if len(p.all()) != 1 || strings.Contains(w.Log.String(), "li@mail") || strings.Contains(w.Log.String(), p.URL) {
		t.Errorf("%d taken; the log: %s", len(p.all()), w.Log)
	}
}

// TestDispatchGone: a receiver that says it is gone gets nothing more.
func TestDispatchGone(t *testing.T) {
	t.Parallel()
	w := setup(t, engine.Post{Inside: loopback})
	w.join("li", item("email", "li@mail.example"))
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		rw.WriteHeader(http.StatusGone)
	}))
	defer srv.Close()
	w.hook(srv.URL)
	id := w.dispatch("li")
	w.deliver()
	w.Pass(time.Hour)
	w.deliver()
	if s := w.state(id); s.State != gate.DispatchGivenUp || asked.Load() != 1 {
		t.Errorf("%+v, asked %d times", s, asked.Load())
	}
}

// TestDispatchStaysOutside: neither a webhook on a private network nor a redirect
// leads to our own machine.
func TestDispatchStaysOutside(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	outer := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusTemporaryRedirect))
	defer outer.Close()
	for _, c := range []struct {
		name, to string
		post     engine.Post
	}{
		{"on a private network", inside.URL, engine.Post{}},
		{"by a redirect", outer.URL, engine.Post{Inside: loopback}},
		{"by a name", strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), engine.Post{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := setup(t, c.post)
			w.join("li", item("email", "li@mail.example"))
			w.hook(c.to)
			id := w.dispatch("li")
			w.deliver()
			if s := w.state(id); asked.Load() != 0 || s.State != gate.DispatchQueued || w.count(evidence.DispatchTaken) != 0 {
				t.Errorf("asked %d times, %+v", asked.Load(), s)
			}
		})
	}
}

// TestHookAnswers: an answer that never comes, and one that never ends, hold nobody up.
func TestHookAnswers(t *testing.T) {
	t.Parallel()
	letter := &deliver.Letter{ID: "1", Policy: "club", Secret: key, Payload: []byte("{}"), At: time.Unix(0, 0)}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		allow  []netip.Prefix
		ok     bool
	}{
		{"never comes", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees who hangs up
			<-r.Context().Done()
		}, loopback, false},
		{"never ends", func(rw http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for r.Context().Err() == nil {
				if _, err := rw.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, loopback, true},
		{"too many headers", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-Long", strings.Repeat("x", 64<<10))
		}, loopback, false},
		{"without TLS, and nothing is allowed", func(http.ResponseWriter, *http.Request) {}, nil, false},
		{"without TLS, and another network is allowed", func(http.ResponseWriter, *http.Request) {}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, false},
		{"taken", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusAccepted) }, loopback, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.answer)
			defer srv.Close()
			defer srv.CloseClientConnections()
			timeout := 30 * time.Second
			if c.name == "never comes" {
				timeout = 100 * time.Millisecond
			}
			l := *letter
			l.To = srv.URL
			err := deliver.NewHook(outside.Options{Allow: c.allow, Timeout: timeout}).Carry(t.Context(), &l)
			if (err == nil) != c.ok || errors.Is(err, deliver.ErrDead) || err != nil && strings.Contains(err.Error(), srv.URL) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestDispatchKilled: what was answered is there after the process was killed, and
// goes out once.
func TestDispatchKilled(t *testing.T) {
	if dir := os.Getenv("DELIVER_CHILD"); dir != "" {
		askedInChild(t, dir)
		return
	}
	t.Parallel()
	w := setup(t, engine.Post{Inside: loopback})
	w.join("li", item("email", "li@mail.example"))
	p := w.partnered()
	p.down.Store(true)
	must(t, w.Close(context.Background()))
	ids := dispatchedAndKilled(t, w.Dir, 3)
	var err error
	w.Engine, err = engine.Open(context.Background(), w.Config)
	must(t, err)
	p.down.Store(false)
	w.Pass(7 * time.Hour) // behind every lease and pause
	w.deliver()
	got := make(map[string]int)
	for _, h := range p.all() {
		got[h.ID]++
	}
	for _, id := range ids {
		if s := w.state(id); got[id] != 1 || s.State != gate.DispatchDelivered {
			t.Errorf("%s was taken %d times: %+v", id, got[id], s)
		}
	}
}

// dispatchedAndKilled has a child ask for dispatches, and kills it once so many were
// answered.
func dispatchedAndKilled(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDispatchKilled$")
	cmd.Env = append(os.Environ(), "DELIVER_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var ids []string
	lines := bufio.NewScanner(out)
	for len(ids) < n && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "asked "); ok {
			ids = append(ids, id)
		}
	}
	must(t, cmd.Process.Kill())
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "asked "); ok {
			ids = append(ids, id)
		}
	}
	_ = cmd.Wait() // it was killed
	if len(ids) < n {
		t.Fatalf("%d were answered", len(ids))
	}
	return ids
}

func askedInChild(t *testing.T, dir string) {
	root, err := vault.OpenRootFile(filepath.Join(dir, "root.key"))
	must(t, err)
	p := enginetest.Compile(t, enginetest.Read(t, "../gate/testdata/mail.yaml"))
	e, err := engine.Open(context.Background(), engine.Config{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: []*policy.Program{p},
		Clock: enginetest.NewClock().Now, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Post: engine.Post{Inside: loopback}})
	must(t, err)
	w := &world{House: &enginetest.House{Engine: e}, t: t}
	for range 100 {
		fmt.Println("asked " + w.dispatch("li"))
	}
	os.Exit(1) // it should have been killed by now
}
