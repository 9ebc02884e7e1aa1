package gate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// letterbox is a courier that keeps what it is given.
type letterbox struct {
	mu    sync.Mutex
	codes []string
	err   error
}

func (l *letterbox) SendCode(_ context.Context, c *gate.Code) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes = append(l.codes, string(c.To.Value.Expose())+" "+string(c.Code.Expose()))
	return l.err
}

func (l *letterbox) last(t testing.TB, to string) string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.codes) - 1; i >= 0; i-- {
		if code, ok := strings.CutPrefix(l.codes[i], to+" "); ok {
			return code
		}
	}
	t.Fatalf("no code was sent to %s", to)
	return ""
}

// counted is a store that counts what is asked of it.
type counted struct {
	gate.Store
	looks, scans, gets, loads, commits, records, leaves atomic.Int64
}

func (c *counted) Lookup(ctx context.Context, p avow.PolicyID, tag gate.Tag) (gate.Row, bool, error) {
	c.looks.Add(1)
	return c.Store.Lookup(ctx, p, tag)
}

func (c *counted) Scan(ctx context.Context, sid int64, kind string, after []byte, limit int) ([]gate.Record, error) {
	c.scans.Add(1)
	return c.Store.Scan(ctx, sid, kind, after, limit)
}

func (c *counted) Get(ctx context.Context, sid int64, kind string, key []byte) (gate.Record, bool, error) {
	c.gets.Add(1)
	return c.Store.Get(ctx, sid, kind, key)
}

func (c *counted) Load(ctx context.Context, sid int64) (gate.Row, bool, error) {
	c.loads.Add(1)
	return c.Store.Load(ctx, sid)
}

func (c *counted) Commit(ctx context.Context, change *gate.Change) (int64, error) {
	c.commits.Add(1)
	c.records.Add(int64(len(change.Put) + len(change.PutNew) + len(change.Delete)))
	c.leaves.Add(int64(len(change.Leaves)))
	return c.Store.Commit(ctx, change)
}

func (c *counted) work() [7]int64 {
	return [...]int64{c.looks.Swap(0), c.scans.Swap(0), c.gets.Swap(0), c.loads.Swap(0), c.commits.Swap(0), c.records.Swap(0), c.leaves.Swap(0)}
}

// signIn is a world with a letterbox.
type signIn struct {
	*world
	box   *letterbox
	count *counted
}

func setupSignIn(t *testing.T) *signIn {
	t.Helper()
	s := &signIn{box: &letterbox{}, count: &counted{}}
	w := setup(t)
	w.stop()
	w.cfg.Courier = s.box
	w.wrap = func(st gate.Store) gate.Store { s.count.Store = st; return s.count }
	w.start()
	s.world = w
	w.join("li", "li@mail.example", "+8613800001111")
	return s
}

func (s *signIn) ask(browser, address string) error {
	return s.AskCode(s.t.Context(), "club", &gate.CodeAsking{To: item("email", address), Browser: browser, Language: "en"})
}

func (s *signIn) try(browser, code string) (string, gate.Session, error) {
	return s.SignInByCode(s.t.Context(), "club", &gate.CodeTrying{Code: gate.NewValue([]byte(code)), Browser: browser})
}

// enter signs li in by a hand-over link.
func (s *signIn) enter() (string, gate.Session) {
	s.t.Helper()
	link, _, err := s.HandOver(s.t.Context(), "club", "li", time.Time{})
	must(s.t, err)
	secret, session, err := s.SignInByHandOver(s.t.Context(), "club", link, "")
	must(s.t, err)
	return secret, session
}

func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestSignInByCode(t *testing.T) {
	t.Parallel()
	s, browser := setupSignIn(t), gate.NewBrowser()
	must(t, s.ask(browser, "LI@mail.example"))
	code := s.box.last(t, "LI@mail.example")
	if _, _, err := s.try(gate.NewBrowser(), code); !gate.WrongCode(err) {
		t.Errorf("in another browser: %v", err)
	}
	if _, _, err := s.try(browser, other(code)); !gate.WrongCode(err) {
		t.Errorf("a wrong code: %v", err)
	}
	secret, session, err := s.try(browser, code)
	must(t, err)
	if session.Subject != "li" || session.By != gate.ByEmailCode || !session.Proved.Equal(s.clock()) {
		t.Errorf("%+v", session)
	}
	if _, _, err := s.try(browser, code); !gate.WrongCode(err) {
		t.Errorf("a code works twice: %v", err)
	}
	got, err := s.Session(t.Context(), "club", secret)
	if err != nil || got.Subject != "li" {
		t.Errorf("%+v %v", got, err)
	}
	if s.evidenceOf(evidence.CodeAsked) != 1 || s.evidenceOf(evidence.SignInFailed) != 1 || s.evidenceOf(evidence.SignedIn) != 1 {
		t.Error("evidence is missing")
	}
}

func (s *signIn) evidenceOf(k evidence.Kind) int { return s.world.count(k) }

func TestCodeRunsOut(t *testing.T) {
	t.Parallel()
	s, browser := setupSignIn(t), gate.NewBrowser()
	must(t, s.ask(browser, "li@mail.example"))
	s.pass(gate.CodeLife)
	if _, _, err := s.try(browser, s.box.last(t, "li@mail.example")); !gate.WrongCode(err) {
		t.Errorf("ten minutes later: %v", err)
	}
}

// TestNoEnumeration: a stranger's address gets the same answer by the same work.
func TestNoEnumeration(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	measure := func(address string) (out [2][7]int64) {
		browser := gate.NewBrowser()
		s.count.work()
		must(t, s.ask(browser, address))
		out[0] = s.count.work()
		if _, _, err := s.try(browser, "not it"); !gate.WrongCode(err) {
			t.Errorf("%s: %v", address, err)
		}
		out[1] = s.count.work()
		return out
	}
	known, unknown := measure("li@mail.example"), measure("nobody@mail.example")
	if known != unknown {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
	if len(s.box.codes) != 1 {
		t.Errorf("%d letters", len(s.box.codes))
	}
	for range 4 { // and so do both when they are asked for too often
		must(t, s.ask(gate.NewBrowser(), "li@mail.example"))
		must(t, s.ask(gate.NewBrowser(), "nobody@mail.example"))
	}
	a, b := s.ask(gate.NewBrowser(), "li@mail.example"), s.ask(gate.NewBrowser(), "nobody@mail.example")
	if avow.CodeOf(a) != avow.TooMany || a.Error() != b.Error() {
		t.Errorf("known: %v, unknown: %v", a, b)
	}
	s.box.err = errors.New("no such mailbox")
	s.pass(time.Hour)
	must(t, s.ask(gate.NewBrowser(), "li@mail.example"))
}

// TestBruteForce: guessing comes to an end, for a code and for a day.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	s, guesses := setupSignIn(t), 0
	for range 10 {
		browser := gate.NewBrowser()
		if s.ask(browser, "li@mail.example") != nil {
			s.pass(time.Hour)
			continue
		}
		code := s.box.last(t, "li@mail.example")
		for range 8 {
			if _, _, err := s.try(browser, other(code)); !gate.WrongCode(err) {
				t.Fatal(err)
			}
		}
		if _, _, err := s.try(browser, code); !gate.WrongCode(err) {
			t.Error("the right code works after the tries are used up")
		}
	}
	guesses = s.evidenceOf(evidence.SignInFailed)
	if guesses > 15 || guesses < 5 {
		t.Errorf("%d guesses in a day", guesses)
	}
	s.pass(24 * time.Hour)
	browser := gate.NewBrowser()
	must(t, s.ask(browser, "li@mail.example"))
	_, _, err := s.try(browser, s.box.last(t, "li@mail.example"))
	must(t, err)
}

// TestCodeSpentOnce: of many that send the right code at once, one gets in.
func TestCodeSpentOnce(t *testing.T) {
	t.Parallel()
	s, browser := setupSignIn(t), gate.NewBrowser()
	must(t, s.ask(browser, "li@mail.example"))
	code := s.box.last(t, "li@mail.example")
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := s.try(browser, code); err == nil {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in", in.Load())
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	link, until, err := s.HandOver(t.Context(), "club", "li", time.Time{})
	must(t, err)
	if strings.Contains(link, "li") && len(link) < 40 || !until.Equal(s.clock().Add(2*time.Minute)) {
		t.Errorf("%s until %s", link, until)
	}
	if _, session, err := s.SignInByHandOver(t.Context(), "club", link, ""); err != nil || session.Subject != "li" || session.By != gate.ByHandOver {
		t.Errorf("%+v %v", session, err)
	}
	if _, _, err := s.SignInByHandOver(t.Context(), "club", link, ""); !gate.DeadLink(err) {
		t.Errorf("twice: %v", err)
	}
	link, _, err = s.HandOver(t.Context(), "club", "li", time.Time{})
	must(t, err)
	s.pass(2 * time.Minute)
	if _, _, err := s.SignInByHandOver(t.Context(), "club", link, ""); !gate.DeadLink(err) {
		t.Errorf("late: %v", err)
	}
	if _, _, err := s.HandOver(t.Context(), "club", "nobody", time.Time{}); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("a stranger: %v", err)
	}
}

func TestSessionsDie(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	check := func(secret string) error { _, err := s.Session(t.Context(), "club", secret); return err }

	silent, _ := s.enter()
	s.pass(29 * time.Minute)
	must(t, check(silent))
	s.pass(30 * time.Minute)
	if !gate.NoSession(check(silent)) {
		t.Error("a silent session lives on")
	}

	busy, session := s.enter()
	for session.Ends.After(s.clock()) {
		must(t, check(busy))
		s.pass(20 * time.Minute)
	}
	if !gate.NoSession(check(busy)) {
		t.Error("a busy session has no end")
	}

	out, _ := s.enter()
	must(t, s.SignOut(t.Context(), "club", out))
	must(t, s.SignOut(t.Context(), "club", out))
	if !gate.NoSession(check(out)) {
		t.Error("signed out, and still in")
	}

	mine, _ := s.enter()
	theirs, _ := s.enter()
	if n, err := s.SignOutEverywhere(t.Context(), "club", "li", mine); err != nil || n != 1 && n != 3 {
		t.Errorf("%d ended: %v", n, err)
	}
	must(t, check(mine))
	if !gate.NoSession(check(theirs)) {
		t.Error("signed out everywhere, and still in")
	}
	if list, err := s.Sessions(t.Context(), "club", "li"); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}

	_, err := s.Erase(t.Context(), "club", "li")
	must(t, err)
	if !gate.NoSession(check(mine)) {
		t.Error("erased, and still in")
	}
	for _, bad := range []string{"", "x", mine + "A", strings.Repeat("A", 43)} {
		if !gate.NoSession(check(bad)) {
			t.Errorf("%q opens a session", bad)
		}
	}
}

// TestNoFixation: a session that was planted before the sign-in opens nothing
// after it, and a secret that somebody made up is never taken.
func TestNoFixation(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	planted, _ := s.enter()
	link, _, err := s.HandOver(t.Context(), "club", "li", time.Time{})
	must(t, err)
	fresh, _, err := s.SignInByHandOver(t.Context(), "club", link, planted)
	must(t, err)
	if _, err := s.Session(t.Context(), "club", planted); fresh == planted || !gate.NoSession(err) {
		t.Errorf("the planted session: %v", err)
	}
}

// TestSignInLeavesNothing: the sweep takes away what is over, and nothing at rest
// tells a code, a link, a session or an address.
func TestSignInLeavesNothing(t *testing.T) {
	t.Parallel()
	s, browser := setupSignIn(t), gate.NewBrowser()
	must(t, s.ask(browser, "li@mail.example"))
	link, _, err := s.HandOver(t.Context(), "club", "li", time.Time{})
	must(t, err)
	secret, _ := s.enter()
	for _, kind := range []string{"pace/club", "code/club", "hand-over/club", "session/club"} {
		recs, err := s.store.Scan(t.Context(), 0, kind, nil, 10)
		must(t, err)
		if len(recs) == 0 {
			t.Errorf("%s: nothing there", kind)
		}
		for _, r := range recs {
			all := string(r.Key) + string(r.Body)
			for _, s := range []string{browser, link, secret, "li@mail", s.box.last(t, "li@mail.example")} {
				if strings.Contains(all, s) {
					t.Errorf("%s holds a secret", kind)
				}
			}
		}
	}
	s.pass(25 * time.Hour)
	s.sweep()
	for _, kind := range []string{"pace/club", "code/club", "hand-over/club", "session/club"} {
		recs, err := s.store.Scan(t.Context(), 0, kind, nil, 10)
		if must(t, err); len(recs) > 0 {
			t.Errorf("%s: %d left", kind, len(recs))
		}
	}
}
