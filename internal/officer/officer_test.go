package officer_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/store/sqlite"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/pquerna/otp/totp"
)

type world struct {
	*officer.Keeper
	t     *testing.T
	store *sqlite.Store
	now   atomic.Int64
	// secret of each login's authenticator
	secrets map[string]string
}

const password = "correct horse battery staple"

func setup(t *testing.T) *world {
	t.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Config{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	w := &world{t: t, store: s, secrets: map[string]string{}}
	w.now.Store(time.Now().UnixNano()) // the provider of the tests has the system's clock
	w.Keeper = officer.New(s, w.clock, 2)
	return w
}

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) invite(login, person string, roles ...officer.Role) string {
	w.t.Helper()
	secret, _, err := w.Invite(w.t.Context(), officer.Invitation{Login: login, Person: person, Roles: roles})
	must(w.t, err)
	return secret
}

// join invites somebody, who makes the account theirs.
func (w *world) join(login, person string, roles ...officer.Role) {
	w.t.Helper()
	w.accept(login, w.invite(login, person, roles...))
}

func (w *world) accept(login, invitation string) {
	w.t.Helper()
	e, err := w.Enrol(w.t.Context(), invitation, "Avow", "")
	must(w.t, err)
	w.secrets[login] = e.Secret
	must(w.t, w.Accept(w.t.Context(), invitation, password, e.Secret, w.code(login)))
	w.pass(time.Minute) // the code that was shown then is over
}

func (w *world) code(login string) string {
	w.t.Helper()
	c, err := totp.GenerateCode(w.secrets[login], w.clock())
	must(w.t, err)
	return c
}

func (w *world) enter(login string) string {
	w.t.Helper()
	s, _, err := w.SignIn(w.t.Context(), login, password, w.code(login), "")
	must(w.t, err)
	w.pass(30 * time.Second)
	return s
}

func (w *world) alive(secret string) bool {
	w.t.Helper()
	_, err := w.Session(w.t.Context(), secret)
	if err != nil && !errors.Is(err, officer.ErrNoSession) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("Ada@house.example", "a.lindqvist", officer.PrivacyOfficer)
	w.secrets["ada@house.example"] = w.secrets["Ada@house.example"]
	code := w.code("ada@house.example")
	for name, try := range map[string][3]string{
		"a wrong password": {"ada@house.example", "not it at all", code}, "a wrong code": {"ada@house.example", password, "000000"},
		"no code": {"ada@house.example", password, ""}, "another name": {"eve@house.example", password, code},
	} {
		if _, _, err := w.SignIn(t.Context(), try[0], try[1], try[2], ""); !errors.Is(err, officer.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	secret, s, err := w.SignIn(t.Context(), " ADA@house.example", password, code, "")
	must(t, err)
	if s.Account.Person != "a.lindqvist" || s.Account.Credential != nil || s.Officer(officer.PrivacyOfficer) != (gate.Officer{Person: "a.lindqvist", Via: s.ID, Role: "privacy-officer"}) {
		t.Errorf("%+v", s)
	}
	if _, _, err := w.SignIn(t.Context(), "ada@house.example", password, code, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("a code works twice: %v", err)
	}
	w.pass(time.Minute)
	fresh, _, err := w.StepUp(t.Context(), secret, password, w.code("ada@house.example"))
	if err != nil || fresh == secret || w.alive(secret) || !w.alive(fresh) {
		t.Errorf("stepping up: %v", err)
	}
	must(t, w.SignOut(t.Context(), fresh))
	if w.alive(fresh) {
		t.Error("signed out, and still in")
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, in := range map[string]officer.Invitation{
		"no login": {Person: "p", Roles: []officer.Role{officer.Lawyer}}, "no person": {Login: "l", Roles: []officer.Role{officer.Lawyer}},
		"no role": {Login: "l", Person: "p"}, "no such role": {Login: "l", Person: "p", Roles: []officer.Role{"king"}},
	} {
		if _, _, err := w.Invite(t.Context(), in); err == nil {
			t.Errorf("%s: invited", name)
		}
	}
	first := w.invite("ada", "ada", officer.Lawyer)
	if _, _, err := w.Invite(t.Context(), officer.Invitation{Login: "ADA", Person: "eve", Roles: []officer.Role{officer.Lawyer}}); err == nil {
		t.Error("one login, two accounts")
	}
	e, err := w.Enrol(t.Context(), first, "Avow", "")
	must(t, err)
	w.secrets["ada"] = e.Secret
	if err := w.Accept(t.Context(), first, "password1234", e.Secret, w.code("ada")); !errors.Is(err, officer.ErrWeak) {
		t.Errorf("a weak password: %v", err)
	}
	if err := w.Accept(t.Context(), first, password, e.Secret, "000000"); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("a wrong code: %v", err)
	}
	w.accept("ada", first)
	if _, err := w.Enrol(t.Context(), first, "Avow", ""); !errors.Is(err, officer.ErrInvitation) {
		t.Errorf("an invitation works twice: %v", err)
	}
	late := w.invite("bo", "bo", officer.Support)
	w.pass(72 * time.Hour)
	if _, err := w.Enrol(t.Context(), late, "Avow", ""); !errors.Is(err, officer.ErrInvitation) {
		t.Errorf("an old invitation: %v", err)
	}
}

func TestLocked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("ada", "ada", officer.Lawyer)
	var wg sync.WaitGroup
	var refused atomic.Int64
	for range 8 {
		wg.Go(func() {
			if _, _, err := w.SignIn(t.Context(), "ada", "a guess", "123456", ""); errors.Is(err, officer.ErrRefused) {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if refused.Load() != 5 {
		t.Errorf("%d guesses were compared", refused.Load())
	}
	for range 5 {
		_, _, _ = w.SignIn(t.Context(), "nobody", "a guess", "123456", "")
	}
	for _, login := range []string{"ada", "nobody"} {
		if _, _, err := w.SignIn(t.Context(), login, password, w.code("ada"), ""); !errors.Is(err, officer.ErrLocked) {
			t.Errorf("%s: %v", login, err)
		}
	}
	w.pass(15 * time.Minute)
	w.enter("ada")
}

func TestSessionsDie(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("ada", "ada", officer.Lawyer)
	silent := w.enter("ada")
	w.pass(officer.Idle)
	if w.alive(silent) {
		t.Error("a silent session lives on")
	}
	busy, began := w.enter("ada"), w.clock()
	for w.clock().Sub(began) < officer.Absolute {
		if !w.alive(busy) {
			t.Fatalf("a busy session ends after %s", w.clock().Sub(began))
		}
		w.pass(10 * time.Minute)
	}
	if w.alive(busy) {
		t.Error("a busy session has no end")
	}
	for name, end := range map[string]func() error{
		"disabled":      func() error { return w.Disable(t.Context(), "ada") },
		"invited again": func() error { _, err := w.Reinvite(t.Context(), "bo"); return err },
	} {
		login := map[string]string{"disabled": "ada", "invited again": "bo"}[name]
		if login == "bo" {
			w.join("bo", "bo", officer.Lawyer)
		}
		s := w.enter(login)
		must(t, end())
		if w.alive(s) {
			t.Errorf("%s, and still in", name)
		}
		if _, _, err := w.SignIn(t.Context(), login, password, w.code(login), ""); !errors.Is(err, officer.ErrRefused) {
			t.Errorf("%s, and signs in: %v", name, err)
		}
	}
	if w.alive(strings.Repeat("A", 43)) || w.alive("") {
		t.Error("a made-up session opens something")
	}
	w.pass(24 * time.Hour)
	n, err := w.Sweep(t.Context())
	if err != nil || n == 0 {
		t.Errorf("%d swept: %v", n, err)
	}
}

// TestPrivileges holds the table to what the roles are promised not to do.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	personal := []officer.Privilege{officer.OpenPerson, officer.RevealValue, officer.ErasePerson, officer.AnswerRequests}
	for _, r := range []officer.Role{officer.Engineer, officer.Auditor, officer.Operator} {
		for _, p := range personal {
			if officer.May([]officer.Role{r}, p) {
				t.Errorf("%s may %s", r, p)
			}
		}
	}
	for _, p := range []officer.Privilege{officer.WorkDemands, officer.ApproveDemands, officer.KeepRecipients, officer.SetHolds, officer.ApprovePolicy, officer.RotateKeys, officer.WorkIncidents, officer.Attest} {
		if officer.May([]officer.Role{officer.Auditor}, p) || officer.May([]officer.Role{officer.Support}, p) || officer.May(nil, p) {
			t.Errorf("an auditor, support or nobody may %s", p)
		}
	}
	if officer.May([]officer.Role{officer.Support}, officer.RevealValue) || officer.May(officer.Roles(), "anything else") {
		t.Error("too much is granted")
	}
	w := setup(t)
	w.join("ada", "ada", officer.PrivacyOfficer)
	s, err := w.Session(t.Context(), w.enter("ada"))
	must(t, err)
	if err := w.Enough(&s, "club", officer.RevealValue); err != nil {
		t.Errorf("fresh: %v", err)
	}
	w.pass(officer.FreshFor)
	if err := w.Enough(&s, "club", officer.RevealValue); !errors.Is(err, officer.ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if err := w.Enough(&s, "club", officer.RotateKeys); !errors.Is(err, officer.ErrForbidden) {
		t.Errorf("not of the role: %v", err)
	}
	list, err := w.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Credential != nil || !slices.Equal(list[0].Roles, []officer.Role{officer.PrivacyOfficer}) {
		t.Errorf("%+v %v", list, err)
	}
}

// TestAtRest: nothing that lies in the store opens anything.
func TestAtRest(t *testing.T) {
	t.Parallel()
	w := setup(t)
	invitation := w.invite("ada", "ada", officer.Lawyer)
	w.accept("ada", invitation)
	session := w.enter("ada")
	for _, kind := range []string{"officer", "officer-invitation", "officer-session", "officer-step", "officer-try", "officer-seen"} {
		recs, err := w.store.Scan(t.Context(), 0, kind, nil, 100)
		must(t, err)
		for _, r := range recs {
			for _, secret := range []string{password, w.secrets["ada"], invitation, session} {
				if strings.Contains(string(r.Key)+string(r.Body), secret) {
					t.Errorf("%s holds a secret", kind)
				}
			}
		}
	}
}

// TestProvider signs somebody in at the organisation's own provider.
func TestProvider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	m, err := mockoidc.Run()
	must(t, err)
	t.Cleanup(func() { must(t, m.Shutdown()) })
	cfg := m.Config()
	p := officer.NewProvider(officer.ProviderConfig{Issuer: cfg.Issuer, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, RedirectURL: "https://privacy.example/console/return"}, time.Now)
	w.Use(p)

	away := func(invitation string) (state, own, code string) {
		t.Helper()
		address, own, err := w.Leave(t.Context(), invitation)
		must(t, err)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Get(address)
		must(t, err)
		must(t, resp.Body.Close())
		back, err := url.Parse(resp.Header.Get("Location"))
		must(t, err)
		return back.Query().Get("state"), own, back.Query().Get("code")
	}
	m.QueueUser(&mockoidc.MockUser{Subject: "ada-at-work"})
	state, own, code := away("")
	if _, _, err := w.Return(t.Context(), state, own, code, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("somebody nobody invited: %v", err)
	}
	invitation := w.invite("ada", "ada", officer.Lawyer)
	m.QueueUser(&mockoidc.MockUser{Subject: "ada-at-work"})
	state, own, code = away(invitation)
	if _, _, err := w.Return(t.Context(), state, officer.Session{}.ID+"another browser", code, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("in another browser: %v", err)
	}
	secret, s, err := w.Return(t.Context(), state, own, code, "")
	if err != nil || s.Account.Person != "ada" || !w.alive(secret) {
		t.Fatalf("%+v %v", s, err)
	}
	if _, _, err := w.Return(t.Context(), state, own, code, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("twice: %v", err)
	}
	m.QueueUser(&mockoidc.MockUser{Subject: "ada-at-work"})
	state, own, code = away("")
	if _, s, err := w.Return(t.Context(), state, own, code, ""); err != nil || s.Account.Login != "ada" {
		t.Errorf("the second time: %+v %v", s, err)
	}
	m.QueueUser(&mockoidc.MockUser{Subject: "somebody-else"})
	state, own, code = away("")
	if _, _, err := w.Return(t.Context(), state, own, code, ""); !errors.Is(err, officer.ErrRefused) {
		t.Errorf("another subject: %v", err)
	}
}
