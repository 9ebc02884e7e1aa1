package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// memory is a store of records. Its gate lets a test stop a read half way.
type memory struct {
	mu     sync.Mutex
	recs   map[string]gate.Record
	reads  atomic.Int64
	onRead func()
	fail   error
}

func (m *memory) Scan(_ context.Context, _ int64, kind string, after []byte, limit int) ([]gate.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []gate.Record
	for _, r := range m.recs {
		if r.Kind == kind && string(r.Key) > string(after) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b gate.Record) int { return strings.Compare(string(a.Key), string(b.Key)) })
	return out[:min(limit, len(out))], m.fail
}

func (m *memory) Get(_ context.Context, _ int64, _ string, key []byte) (gate.Record, bool, error) {
	m.reads.Add(1)
	m.mu.Lock()
	r, ok := m.recs[string(key)]
	m.mu.Unlock()
	if m.onRead != nil {
		m.onRead()
	}
	return r, ok, m.fail
}

func (m *memory) Commit(_ context.Context, c *gate.Change) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return 0, m.fail
	}
	for _, r := range append(c.Put, c.PutNew...) {
		m.recs[string(r.Key)] = r
	}
	return 0, nil
}

type world struct {
	*auth.Keeper
	store *memory
	now   atomic.Int64
}

func setup() *world {
	w := &world{store: &memory{recs: map[string]gate.Record{}}}
	w.now.Store(time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC).UnixNano())
	w.Keeper = auth.New(w.store, w.clock)
	return w
}

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()) }

func (w *world) issue(t *testing.T, g auth.Grant) (string, auth.Token) {
	t.Helper()
	secret, token, err := w.Issue(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return secret, token
}

func TestIssueAndCheck(t *testing.T) {
	t.Parallel()
	w := setup()
	g := auth.Grant{Name: "till", Scopes: auth.App | auth.Auditor, Policies: []avow.PolicyID{"club"}, Expires: w.clock().Add(time.Hour)}
	secret, token := w.issue(t, g)
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(secret, "avow_"))
	if err != nil || len(raw) != 32 || len(token.ID) != 16 {
		t.Fatalf("secret of %d bytes, id %q: %v", len(raw), token.ID, err)
	}
	got, err := w.Check(t.Context(), secret)
	if err != nil || got.ID != token.ID || got.Name != "till" || got.Scopes.String() != "app,auditor" || !got.Scopes.Has(auth.App) || got.Scopes.Has(auth.Officer) ||
		!got.May("club") || got.May("other") || !got.Created.Equal(w.clock()) || !got.Expires.Equal(g.Expires) {
		t.Errorf("%+v %v", got, err)
	}
	for _, r := range w.store.recs {
		all := string(r.Key) + string(r.Body)
		if strings.Contains(all, secret) || strings.Contains(all, string(raw)) || strings.Contains(all, secret[5:]) {
			t.Error("the secret is stored")
		}
	}
	list, err := w.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != token.ID {
		t.Errorf("%+v %v", list, err)
	}
	w.now.Add(int64(time.Hour))
	if _, err := w.Check(t.Context(), secret); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("an hour later: %v", err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, _ := w.issue(t, auth.Grant{Name: "x", Scopes: auth.App})
	last := "A"
	if secret[len(secret)-1] == 'A' {
		last = "E"
	}
	for s, want := range map[string]error{"": auth.ErrMalformed, "avow_": auth.ErrMalformed, secret[5:]: auth.ErrMalformed, secret + "A": auth.ErrMalformed, secret + "=": auth.ErrMalformed,
		strings.ToUpper(secret): auth.ErrMalformed, "avow_" + strings.Repeat("A", 43): auth.ErrUnknown, secret[:len(secret)-1] + last: auth.ErrUnknown} {
		if _, err := w.Check(t.Context(), s); !errors.Is(err, want) {
			t.Errorf("%.12q…: %v, want %v", s, err, want)
		}
	}
	for _, g := range []auth.Grant{{Scopes: auth.App}, {Name: "x"}, {Name: strings.Repeat("x", 101), Scopes: auth.App}, {Name: "x", Scopes: 16}, {Name: "x", Scopes: auth.Recipient}, {Name: "x", Scopes: auth.Recipient, Recipient: "host"}, {Name: "x", Scopes: auth.App, Recipient: "host"},
		{Name: "x", Scopes: auth.Recipient | auth.App, Recipient: "host", Policies: []avow.PolicyID{"club"}}, {Name: "x", Scopes: auth.Recipient, Recipient: "host", Policies: []avow.PolicyID{"club", "b"}},
		{Name: "x", Scopes: auth.Recipient, Recipient: "host", Person: "ann", Policies: []avow.PolicyID{"club"}}, {Name: "x", Scopes: auth.App, Expires: w.clock()}} {
		if _, _, err := w.Issue(t.Context(), g); err == nil {
			t.Errorf("issued for %+v", g)
		}
	}
	for _, s := range []string{"", "app,", "root", "App"} {
		if _, err := auth.ParseScopes(s); err == nil {
			t.Errorf("scopes %q", s)
		}
	}
	if s, err := auth.ParseScopes("officer, app"); err != nil || s != auth.App|auth.Officer {
		t.Errorf("%v %v", s, err)
	}
}

// TestRecipientToken: it remembers whom it speaks for.
func TestRecipientToken(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, _ := w.issue(t, auth.Grant{Name: "host", Scopes: auth.Recipient, Recipient: "host", Policies: []avow.PolicyID{"club"}})
	got, err := w.Check(t.Context(), secret)
	if err != nil || got.Recipient != "host" || got.Scopes.Has(auth.App|auth.Officer|auth.Auditor) || !got.May("club") || got.May("other") {
		t.Errorf("%+v %v", got, err)
	}
}

// TestRevokeAtOnce: a token that is remembered as good is not any more.
func TestRevokeAtOnce(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, token := w.issue(t, auth.Grant{Name: "x", Scopes: auth.App})
	other, _ := w.issue(t, auth.Grant{Name: "y", Scopes: auth.App})
	for range 3 {
		if _, err := w.Check(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.store.reads.Load(); n != 1 || !w.Seen(secret) || w.Seen(other) {
		t.Errorf("%d reads", n)
	}
	if err := w.Revoke(t.Context(), token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Check(t.Context(), secret); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := w.Check(t.Context(), other); err != nil {
		t.Errorf("the other: %v", err)
	}
	at := w.clock()
	w.now.Add(int64(time.Hour))
	if err := w.Revoke(t.Context(), token.ID); err != nil {
		t.Errorf("again: %v", err)
	}
	list, err := w.List(t.Context())
	i := slices.IndexFunc(list, func(x auth.Token) bool { return x.ID == token.ID })
	if err != nil || len(list) != 2 || !list[i].Revoked.Equal(at) || list[i].Live(w.clock()) {
		t.Errorf("%+v %v", list, err)
	}
	if err := w.Revoke(t.Context(), "0000000000000000"); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("no token: %v", err)
	}
}

// TestRevokeDuringCheck: a check that read before the revocation does not bring
// the token back after it.
func TestRevokeDuringCheck(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, token := w.issue(t, auth.Grant{Name: "x", Scopes: auth.App})
	w.store.onRead = sync.OnceFunc(func() {
		if err := w.Revoke(t.Context(), token.ID); err != nil {
			t.Error(err)
		}
	})
	if _, err := w.Check(t.Context(), secret); err != nil {
		t.Fatalf("read before: %v", err)
	}
	if _, err := w.Check(t.Context(), secret); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("read after: %v", err)
	}
}

// TestOtherProcess: what another process revokes holds within seconds.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, token := w.issue(t, auth.Grant{Name: "x", Scopes: auth.App})
	if _, err := w.Check(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := auth.New(w.store, w.clock).Revoke(t.Context(), token.ID); err != nil {
		t.Fatal(err)
	}
	w.now.Add(int64(5 * time.Second))
	if _, err := w.Check(t.Context(), secret); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("five seconds later: %v", err)
	}
}

// TestStoreTrouble is not taken for a bad token, nor for a good one.
func TestStoreTrouble(t *testing.T) {
	t.Parallel()
	w := setup()
	secret, token := w.issue(t, auth.Grant{Name: "x", Scopes: auth.App})
	w.store.fail = errors.New("disk gone")
	if _, err := w.Check(t.Context(), secret); !errors.Is(err, w.store.fail) {
		t.Errorf("check: %v", err)
	}
	if err := w.Revoke(t.Context(), token.ID); !errors.Is(err, w.store.fail) {
		t.Errorf("revoke: %v", err)
	}
	if _, _, err := w.Issue(t.Context(), auth.Grant{Name: "x", Scopes: auth.App}); !errors.Is(err, w.store.fail) {
		t.Errorf("issue: %v", err)
	}
	w.store.fail = nil
	for k, r := range w.store.recs {
		r.Body = []byte("{")
		w.store.recs[k] = r
	}
	if _, err := w.Check(t.Context(), secret); err == nil {
		t.Error("a malformed record is taken")
	}
	if _, err := w.List(t.Context()); err == nil {
		t.Error("a malformed record is listed")
	}
}
