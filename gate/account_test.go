package gate_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

const secretWords = "correct horse battery"

// join asks for a code in order to join, and registers with it.
func (s *signIn) register(address, pw string) (gate.Registered, error) {
	s.t.Helper()
	browser := gate.NewBrowser()
	must(s.t, s.AskCode(s.t.Context(), "club", &gate.CodeAsking{To: item("email", address), Browser: browser, Join: true}))
	return s.Register(s.t.Context(), "club", s.signUp(browser, s.box.last(s.t, address), address, pw))
}

func (s *signIn) signUp(browser, code, address, pw string) *gate.Registering {
	return &gate.Registering{Browser: browser, Code: gate.NewValue([]byte(code)), Collecting: gate.Collecting{
		Request: avow.Request{Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", address), item("password", pw)}, Agree: s.accept()}}
}

func (s *signIn) password(address, pw string) (string, gate.Session, error) {
	return s.SignInByPassword(s.t.Context(), "club", &gate.PasswordTrying{By: item("email", address), Password: gate.NewValue([]byte(pw))})
}

func TestRegister(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	// 1, 8 and 9 are no digits of base 32: a reference never holds them by chance.
	got, err := s.register("wu.1989@mail.example", secretWords)
	must(t, err)
	if got.Existing || !strings.HasPrefix(string(got.Session.Subject), "member-") || strings.Contains(string(got.Session.Subject), "1989") {
		t.Errorf("%+v", got)
	}
	if _, err := s.Session(t.Context(), "club", got.Secret); err != nil {
		t.Error(err)
	}
	_, in, err := s.password("wu.1989@mail.example", secretWords)
	if err != nil || in.Subject != got.Session.Subject || in.By != gate.ByPassword {
		t.Errorf("%+v %v", in, err)
	}
	again, err := s.register("wu.1989@mail.example", "another password altogether")
	if err != nil || !again.Existing || again.Session.Subject != got.Session.Subject {
		t.Errorf("the address has an account: %+v %v", again, err)
	}
	if _, _, err := s.password("wu.1989@mail.example", "another password altogether"); !gate.WrongPassword(err) {
		t.Errorf("a second sign-up changed the password: %v", err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	if _, err := s.register("wu@mail.example", "password1"); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("a common password: %v", err)
	}
	browser := gate.NewBrowser()
	must(t, s.AskCode(t.Context(), "club", &gate.CodeAsking{To: item("email", "wu@mail.example"), Browser: browser, Join: true}))
	code := s.box.last(t, "wu@mail.example")
	if _, err := s.Register(t.Context(), "club", s.signUp(browser, code, "other@mail.example", secretWords)); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("another address than the code was sent to: %v", err)
	}
	if _, err := s.Register(t.Context(), "club", s.signUp(gate.NewBrowser(), code, "wu@mail.example", secretWords)); !gate.WrongCode(err) {
		t.Errorf("another browser: %v", err)
	}
	up := s.signUp(browser, code, "wu@mail.example", secretWords)
	up.Agree = nil
	if _, err := s.Register(t.Context(), "club", up); codes(err) != "not-accepted" {
		t.Errorf("without accepting: %v", codes(err))
	}
	up = s.signUp(browser, code, "wu@mail.example", secretWords)
	up.Subject = "li"
	if _, err := s.Register(t.Context(), "club", up); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("somebody else's reference: %v", err)
	}
	// A code that was asked for in order to sign in takes nobody in.
	browser = gate.NewBrowser()
	must(t, s.ask(browser, "wu@mail.example"))
	if _, err := s.Register(t.Context(), "club", s.signUp(browser, "000000", "wu@mail.example", secretWords)); !gate.WrongCode(err) {
		t.Errorf("a code for signing in: %v", err)
	}
}

// TestPasswordNoEnumeration: a stranger's name costs the same work, gets the same
// answer, and is locked like anybody else's.
func TestPasswordNoEnumeration(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	_, err := s.register("wu@mail.example", secretWords)
	must(t, err)
	work := map[string][7]int64{}
	for range 5 {
		for _, address := range []string{"wu@mail.example", "nobody@mail.example", "li@mail.example"} { // li has no password
			s.count.work()
			if _, _, err := s.password(address, "not the password"); !gate.WrongPassword(err) {
				t.Errorf("%s: %v", address, err)
			}
			work[address] = s.count.work()
		}
	}
	if work["wu@mail.example"] != work["nobody@mail.example"] || work["wu@mail.example"] != work["li@mail.example"] {
		t.Errorf("work %v", work)
	}
	for address := range work {
		if _, _, err := s.password(address, secretWords); avow.CodeOf(err) != avow.TooMany {
			t.Errorf("%s: after five tries: %v", address, err)
		}
	}
	s.pass(15 * time.Minute)
	_, _, err = s.password("wu@mail.example", secretWords)
	must(t, err)
}

// TestPasswordTriesAtOnce: many at once are not more tries.
func TestPasswordTriesAtOnce(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	_, err := s.register("wu@mail.example", secretWords)
	must(t, err)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() { _, _, _ = s.password("wu@mail.example", "a guess") })
	}
	wg.Wait()
	if n := s.evidenceOf(evidence.SignInFailed); n != 5 {
		t.Errorf("%d guesses were compared", n)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	got, err := s.register("wu@mail.example", secretWords)
	must(t, err)
	other, _, err := s.password("wu@mail.example", secretWords)
	must(t, err)
	change := func(secret, old, fresh string) (string, error) {
		out, _, err := s.ChangePassword(t.Context(), "club", &gate.PasswordChanging{Session: secret, Old: gate.NewValue([]byte(old)), New: gate.NewValue([]byte(fresh))})
		return out, err
	}
	s.pass(20 * time.Minute)
	if _, err := change(got.Secret, "", "some other long words"); !gate.NeedsFresh(err) {
		t.Errorf("twenty minutes after the sign-in: %v", err)
	}
	if _, err := change(got.Secret, "not it", "some other long words"); !gate.WrongPassword(err) {
		t.Errorf("with a wrong old one: %v", err)
	}
	if _, err := change(got.Secret, secretWords, "12345678"); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("to a common one: %v", err)
	}
	fresh, err := change(got.Secret, secretWords, "some other long words")
	must(t, err)
	for _, old := range []string{got.Secret, other} {
		if _, err := s.Session(t.Context(), "club", old); !gate.NoSession(err) {
			t.Errorf("a session outlives the password: %v", err)
		}
	}
	if _, err := s.Session(t.Context(), "club", fresh); err != nil {
		t.Error(err)
	}
	if _, _, err := s.password("wu@mail.example", secretWords); !gate.WrongPassword(err) {
		t.Errorf("the old password: %v", err)
	}
	_, _, err = s.password("wu@mail.example", "some other long words")
	must(t, err)
}

// TestMisuse: whoever reports it locks everybody out, also who knows the password.
func TestMisuse(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	got, err := s.register("wu@mail.example", secretWords)
	must(t, err)
	ended, _, err := s.ReportMisuse(t.Context(), "club", got.Session.Subject)
	if err != nil || ended != 1 || s.evidenceOf(evidence.MisuseReported) != 1 {
		t.Errorf("%d sessions ended: %v", ended, err)
	}
	if _, err := s.Session(t.Context(), "club", got.Secret); !gate.NoSession(err) {
		t.Errorf("the session: %v", err)
	}
	if _, _, err := s.password("wu@mail.example", secretWords); !gate.WrongPassword(err) {
		t.Errorf("the password: %v", err)
	}
	if _, err := s.read(got.Session.Subject, "email"); !strings.Contains(codes(err), "account-frozen") {
		t.Errorf("use while frozen: %v", codes(err))
	}
	browser := gate.NewBrowser()
	must(t, s.ask(browser, "wu@mail.example"))
	secret, _, err := s.try(browser, s.box.last(t, "wu@mail.example"))
	must(t, err)
	_, _, err = s.ChangePassword(t.Context(), "club", &gate.PasswordChanging{Session: secret, New: gate.NewValue([]byte("the owner's new words"))})
	must(t, err)
	_, _, err = s.password("wu@mail.example", "the owner's new words")
	must(t, err)
}

// TestRehash: when the policy asks for more work, a hash is renewed at the next
// sign-in.
func TestRehash(t *testing.T) {
	t.Parallel()
	s := setupSignIn(t)
	_, err := s.register("wu@mail.example", secretWords)
	must(t, err)
	dearer := changed(t, "access:\n", "access:\n  - {id: dear, kind: password, hash: argon2id, memory_kib: 20480, passes: 3, data: [password]}\n")
	must(t, s.Replace(t.Context(), dearer))
	s.program = dearer
	before := s.count.records.Load()
	_, in, err := s.password("wu@mail.example", secretWords)
	must(t, err)
	if s.count.records.Load() == before {
		t.Error("nothing was written")
	}
	c, err := s.Access(t.Context(), "club", in.Subject)
	must(t, err)
	for _, h := range c.Held {
		if h.Datum == "password" && h.Hash != "argon2id m=20480 t=3" {
			t.Errorf("hashed by %q", h.Hash)
		}
	}
	_, _, err = s.password("wu@mail.example", secretWords)
	must(t, err)
}

// changed is the policy of the club with changes to its text.
func changed(t *testing.T, old, new string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	if !strings.Contains(string(src), old) {
		t.Fatalf("the policy does not contain %q", old)
	}
	return compileText(t, []byte(strings.Replace(string(src), old, new, 1)))
}
