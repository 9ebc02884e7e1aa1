package gate_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// nursery is a policy that asks guardians, and a courier that keeps codes.
type nursery struct {
	*world
	box *postman
}

// postman puts codes to guardians into the outbox, and keeps all codes.
type postman struct {
	letterbox
	w     *world
	quiet bool // nothing goes into the outbox
}

func (p *postman) SendCode(ctx context.Context, c *gate.Code) error {
	if c.Guardian && !p.quiet {
		if err := p.w.TellGuardianCode(ctx, c); err != nil {
			return err
		}
	}
	return p.letterbox.SendCode(ctx, c)
}

func newNursery(t *testing.T, changes ...string) *nursery {
	t.Helper()
	src, err := os.ReadFile("testdata/mail.yaml")
	must(t, err)
	text := strings.NewReplacer(changes...).Replace(string(src)) + "\nminors:\n  - {id: with-parent, rule: guardian-consent, age: 14}\n"
	box := &postman{}
	w := setupConfig(t, compileText(t, []byte(text)), gate.Config{Courier: box})
	box.w = w
	w.AnswersAt("https://privacy.example")
	return &nursery{w, box}
}

// child signs somebody up who turns out to be young.
func (n *nursery) child(ref avow.SubjectRef) {
	n.t.Helper()
	a := n.accept()
	a.Age = avow.AgeNotKnown
	_, err := n.Collect(n.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "notices", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", string(ref)+"@mail.example")}, Agree: a})
	must(n.t, err)
	_, err = n.FoundMinor(n.t.Context(), "club", ref)
	must(n.t, err)
}

func (n *nursery) ask(ref avow.SubjectRef, to string) error {
	_, err := n.AskGuardian(n.t.Context(), "club", ref, &gate.GuardianAsking{Mail: true, To: gate.NewValue([]byte(to)), Language: "en"})
	return err
}

// code asks for a code to an address, in a browser.
func (n *nursery) code(browser, to string) error {
	return n.AskGuardianCode(n.t.Context(), "club", &gate.GuardianCode{Mail: true, To: gate.NewValue([]byte(to)), Browser: browser, Network: "203.0.113.7", Language: "en"})
}

func (n *nursery) try(browser, code string) (string, error) {
	return n.SignInGuardian(n.t.Context(), "club", &gate.CodeTrying{Code: gate.NewValue([]byte(code)), Browser: browser})
}

// enter shows an address by a code, and returns the guardian's session.
func (n *nursery) enter(to string) string {
	n.t.Helper()
	browser := gate.NewBrowser()
	must(n.t, n.code(browser, to))
	secret, err := n.try(browser, n.box.last(n.t, to))
	must(n.t, err)
	return secret
}

// one is the only young person of a session.
func (n *nursery) one(secret string) gate.Ward {
	n.t.Helper()
	all, err := n.Wards(n.t.Context(), "club", secret)
	must(n.t, err)
	if len(all) != 1 {
		n.t.Fatalf("there are %d", len(all))
	}
	return all[0]
}

func (n *nursery) answer(secret string, says gate.GuardianSays) error {
	n.t.Helper()
	_, err := n.AnswerGuardian(n.t.Context(), "club", secret, n.one(secret).ID, says)
	return err
}

func (n *nursery) state(ref avow.SubjectRef) gate.Guardianship {
	n.t.Helper()
	all, err := n.Guardians(n.t.Context(), "club", ref)
	must(n.t, err)
	if len(all) == 0 {
		return gate.Guardianship{}
	}
	return all[0]
}

// takes reports whether something more can be taken in about somebody.
func (n *nursery) takes(ref avow.SubjectRef) string {
	_, err := n.Collect(n.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("name", "Placeholder")}})
	return codes(err)
}

// mail is what lies in the outbox, by address and subject, and is taken out.
func (n *nursery) mail() []string {
	n.t.Helper()
	var out []string
	for {
		d := n.next()
		if d == nil {
			return out
		}
		out = append(out, string(d.To.Expose())+": "+d.Text.Subject)
		if strings.Contains(d.Text.Subject+d.Text.Short+d.Text.Body, "@") {
			n.t.Errorf("a message holds an address: %s", d.Text.Body)
		}
		n.settle(d, gate.Sent)
	}
}

func (n *nursery) wantMail(want ...string) {
	n.t.Helper()
	got := n.mail()
	slices.Sort(got) // what is sent at one instant has no order
	slices.Sort(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		n.t.Errorf("the outbox held\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAGuardianAgrees: what the policy closes to a minor opens with the yes of a parent
// who showed their address by a code, and closes again when they stop or take it back.
func TestAGuardianAgrees(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	n.wants(n.ask("li", "Mum@home.example"), "allow")
	if got := n.takes("li"); got != "guardian-missing" {
		t.Fatalf("without an answer: %s", got)
	}
	n.wantMail("mum@home.example: Somebody young named you as their parent or guardian")
	if g := n.state("li"); g.State != gate.GuardianAsked || g.Address != "mu•••ple" || !g.Until.Equal(n.clock().Add(gate.GuardianWaits)) {
		t.Errorf("asked: %+v", g)
	}
	secret := n.enter("mum@home.example")
	n.wantMail("mum@home.example: Your code")
	must(t, n.answer(secret, gate.GuardianYes))
	n.wantMail("mum@home.example: You agreed as a parent or guardian", "li@mail.example: Your parent or guardian agreed")
	if got := n.takes("li"); got != "allow" {
		t.Fatalf("with a yes: %s", got)
	}
	before := len(n.leaves())
	must(t, n.answer(secret, gate.GuardianYes)) // said before
	if len(n.leaves()) != before || len(n.mail()) != 0 {
		t.Error("the same answer again changes something")
	}
	must(t, n.answer(secret, gate.GuardianStop))
	if got := n.takes("li"); got != "guardian-missing" {
		t.Fatalf("stopped: %s", got)
	}
	n.pass(40 * 24 * time.Hour)
	n.sweep()
	if got := n.has("li", "name"); len(got) != 1 {
		t.Errorf("stopping took away %v", got)
	}
	secret = n.enter("mum@home.example") // the address is known still
	must(t, n.answer(secret, gate.GuardianYes))
	must(t, n.answer(secret, gate.GuardianNo)) // taken back
	if got := n.takes("li"); got != "guardian-missing" {
		t.Fatalf("taken back: %s", got)
	}
	for kind, want := range map[evidence.Kind]int{evidence.GuardianAsked: 1, evidence.GuardianSignedIn: 2, evidence.GuardianAgreed: 2, evidence.GuardianStopped: 1, evidence.GuardianRefused: 1} {
		if got := n.count(kind); got != want {
			t.Errorf("%d leaves %s, want %d", got, kind, want)
		}
	}
}

// TestANoTakesWhatNeededAYes: after the time for a change of mind, and with it the
// address of the guardian. Nobody else is asked for a while.
func TestANoTakesWhatNeededAYes(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	must(t, n.ask("li", "mum@home.example"))
	must(t, n.answer(n.enter("mum@home.example"), gate.GuardianNo))
	n.pass(2 * 24 * time.Hour)
	n.sweep()
	if got := n.has("li", "email"); len(got) != 1 {
		t.Fatalf("it went before the time for a change of mind was over: %v", got)
	}
	n.pass(2 * 24 * time.Hour)
	n.sweep()
	if got := n.has("li", "email"); len(got) != 0 {
		t.Fatalf("what needed a yes is held: %v", got)
	}
	if g := n.state("li"); g.State != gate.GuardianEnded || g.Why != "refusal" || g.Address != "" {
		t.Errorf("the guardian: %+v", g)
	}
	if st, err := n.Standing(t.Context(), "club", "li"); err != nil || st.Age != avow.KnownMinor || st.Guardian {
		t.Errorf("the standing: %+v %v", st, err)
	}
	browser := gate.NewBrowser()
	must(t, n.code(browser, "mum@home.example"))
	for _, c := range n.box.codes {
		if c == "mum@home.example" {
			t.Error("a code goes to an address that is gone")
		}
	}
	n.wants(n.ask("li", "dad@home.example"), "error conflict") // a no is not gone round
	n.pass(gate.GuardianRests)
	n.sweep()
	n.wants(n.ask("li", "dad@home.example"), "allow")
	if g, _ := n.Guardians(t.Context(), "club", "li"); len(g) != 1 {
		t.Errorf("the one before is remembered: %+v", g)
	}
}

// TestSilence: who does not answer is reminded once, and then counts as a no.
func TestSilence(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	n.child("mo") // asks nobody
	must(t, n.ask("li", "mum@home.example"))
	n.mail()
	n.pass(10 * 24 * time.Hour)
	n.sweep()
	n.wantMail()
	n.pass(24*time.Hour + time.Minute)
	n.sweep()
	n.sweep()
	n.wantMail("mum@home.example: Somebody young named you as their parent or guardian", "li@mail.example: Your parent or guardian has not answered yet")
	n.pass(3 * 24 * time.Hour)
	n.sweep()
	if g := n.state("li"); g.State != gate.GuardianEnded || g.Why != "silence" || len(n.has("li", "email")) != 0 {
		t.Errorf("after the deadline: %+v, %v", g, n.has("li", "email"))
	}
	if got := n.has("mo", "email"); len(got) != 1 {
		t.Errorf("somebody else lost %v", got)
	}
	n.wants(n.ask("li", "dad@home.example"), "allow") // silence is no answer of anybody's
}

// TestWhoMayBeNamed: nobody is their own guardian, and only who is known to be young has
// one.
func TestWhoMayBeNamed(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	n.child("mo")
	n.gives("ada", "sign-up", "notices", item("email", "ada@mail.example")) // of age
	for _, c := range []struct {
		who  avow.SubjectRef
		to   string
		want string
	}{
		{"nobody", "mum@home.example", "error unknown"},
		{"ada", "mum@home.example", "error conflict"},
		{"li", "no address", "error invalid"},
		{"li", "a@b.example\r\nBcc: x@y.example", "error invalid"},
		{"li", "li@mail.example", "error invalid"},
		{"li", "LI+mum@mail.example", "error invalid"},
		{"li", "mum@home.example", "allow"},
		{"li", "dad@home.example", "error conflict"}, // one at a time
	} {
		if got := codes(n.ask(c.who, c.to)); got != c.want {
			t.Errorf("%s names %q: %s, want %s", c.who, c.to, got, c.want)
		}
	}
	// The address of another young person is taken like any other, so that nobody learns
	// whose it is; they cannot agree by it.
	must(t, n.ask("mo", "li@mail.example"))
	n.wants(n.answer(n.enter("li@mail.example"), gate.GuardianYes), "error forbidden")
	if got := n.takes("mo"); got != "guardian-missing" {
		t.Errorf("a minor agreed for another: %s", got)
	}
	// An address that was the parent's is the young person's own by now.
	must(t, n.answer(n.enter("mum@home.example"), gate.GuardianYes))
	_, err := n.Correct(t.Context(), "club", "li", []gate.Item{item("email", "mum@home.example")})
	must(t, err)
	secret := n.enter("mum@home.example")
	must(t, n.answer(secret, gate.GuardianStop))
	n.wants(n.answer(secret, gate.GuardianYes), "error forbidden")
}

// TestNobodyElseAnswers: a link alone opens nothing; a code works once, in its browser,
// for the address that it went to, and a guardian reaches nobody else's child.
func TestNobodyElseAnswers(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	n.child("mo")
	must(t, n.ask("li", "mum@home.example"))
	must(t, n.ask("mo", "dad@other.example"))
	for d := n.next(); d != nil; d = n.next() { // no message holds anything that opens
		if _, after, _ := strings.Cut(d.Text.Body, "https://privacy.example/privacy/club/guardian"); strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]) != "" {
			t.Errorf("the link holds more than the page: %q", after)
		}
		n.settle(d, gate.Sent)
	}
	browser := gate.NewBrowser()
	must(t, n.code(browser, "mum@home.example"))
	code := n.box.last(t, "mum@home.example")
	if _, err := n.try(gate.NewBrowser(), code); !gate.WrongCode(err) {
		t.Errorf("the code works in another browser: %v", err)
	}
	if _, _, err := n.SignInByCode(t.Context(), "club", &gate.CodeTrying{Code: gate.NewValue([]byte(code)), Browser: browser}); !gate.WrongCode(err) {
		t.Errorf("the guardian's code signs the child in: %v", err)
	}
	secret, err := n.try(browser, code)
	must(t, err)
	if _, err := n.try(browser, code); !gate.WrongCode(err) {
		t.Errorf("the code works twice: %v", err)
	}
	mine := n.one(secret)
	theirs := n.one(n.enter("dad@other.example"))
	for name, err := range map[string]error{
		"read": func() error { _, _, err := n.Ward(t.Context(), "club", secret, theirs.ID); return err }(),
		"yes": func() error {
			_, err := n.AnswerGuardian(t.Context(), "club", secret, theirs.ID, gate.GuardianYes)
			return err
		}(),
		"erase": func() error { _, _, err := n.EraseWard(t.Context(), "club", secret, theirs.ID); return err }(),
		"undo":  func() error { _, err := n.KeepWard(t.Context(), "club", secret, theirs.ID); return err }(),
		"copy":  func() error { _, err := n.CopyForGuardian(t.Context(), "club", secret, theirs.ID); return err }(),
	} {
		if codes(err) != "error unknown" {
			t.Errorf("a parent of another child may %s: %v", name, err)
		}
	}
	for _, forged := range []string{"", mine.ID, gate.NewBrowser(), strings.Repeat("A", 43)} {
		if _, err := n.Wards(t.Context(), "club", forged); !gate.NoSession(err) {
			t.Errorf("%q opens: %v", forged, err)
		}
		if _, _, err := n.EraseWard(t.Context(), "club", forged, mine.ID); !gate.NoSession(err) {
			t.Errorf("%q erases: %v", forged, err)
		}
	}
	if _, err := n.Session(t.Context(), "club", secret); !gate.NoSession(err) {
		t.Errorf("the guardian's session is the child's: %v", err)
	}
	n.pass(gate.GuardianSessionLife)
	if _, err := n.Wards(t.Context(), "club", secret); !gate.NoSession(err) {
		t.Errorf("the session lives on: %v", err)
	}
	must(t, n.SignOutGuardian(t.Context(), "club", secret))
	if d := n.state("li"); d.State != gate.GuardianAsked {
		t.Errorf("somebody answered: %+v", d)
	}
}

// TestGuessingAGuardiansCode: the tries are counted before a code is looked at, and an
// address that nobody named is answered like any other.
func TestGuessingAGuardiansCode(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	must(t, n.ask("li", "mum@home.example"))
	for _, to := range []string{"mum@home.example", "stranger@home.example"} {
		var said []string
		for i := range 6 {
			browser := gate.NewBrowser()
			said = append(said, codes(n.code(browser, to)))
			if i < 3 {
				for range 5 {
					_, err := n.try(browser, "no-code")
					said = append(said, codes(err))
				}
			}
			if i == 0 && to == "mum@home.example" { // five wrong tries, and the right one is too late
				if _, err := n.try(browser, n.box.last(t, to)); !gate.WrongCode(err) {
					t.Errorf("a sixth try is taken: %v", err)
				}
			}
		}
		want := strings.Repeat("allow error forbidden error forbidden error forbidden error forbidden error forbidden ", 3) + "error too-many error too-many error too-many"
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%s: %s", to, got)
		}
	}
	n.pass(25 * time.Hour)
	browser := gate.NewBrowser()
	for range 5 {
		must(t, n.code(browser, "mum@home.example"))
	}
	n.wants(n.code(browser, "mum@home.example"), "error too-many")
}

// TestAGuardianErases: after a time for a change of mind, which is theirs alone; both are
// told, and nothing leads to the young person afterwards.
func TestAGuardianErases(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	must(t, n.ask("li", "mum@home.example"))
	secret := n.enter("mum@home.example")
	n.mail()
	dep, _, err := n.EraseWard(t.Context(), "club", secret, n.one(secret).ID)
	must(t, err)
	if !dep.At.Equal(n.clock().AddDate(0, 0, 3)) { // this policy gives no time of its own
		t.Errorf("it happens at %s", dep.At)
	}
	n.wantMail("li@mail.example: Your parent or guardian has everything deleted", "mum@home.example: Everything is deleted on 2026-11-24")
	_, err = n.StayAfterAll(t.Context(), "club", "li")
	n.wants(err, "error forbidden")
	n.wants(n.answer(secret, gate.GuardianYes), "error conflict")
	_, err = n.KeepWard(t.Context(), "club", secret, n.one(secret).ID)
	must(t, err)
	n.wantMail("mum@home.example: The deletion was undone", "li@mail.example: Nothing is deleted")
	if got := n.has("li", "email"); len(got) != 1 {
		t.Fatalf("undone, and gone: %v", got)
	}
	dep, _, err = n.EraseWard(t.Context(), "club", secret, n.one(secret).ID)
	must(t, err)
	n.pass(3*24*time.Hour + time.Minute)
	n.sweep()
	if _, done, err := n.Erased(t.Context(), "club", dep.Leaf); err != nil || !done {
		t.Errorf("no certificate: %v", err)
	}
	if got := n.has("li", "email"); got != nil {
		t.Errorf("still held: %v", got)
	}
	before := len(n.box.codes)
	must(t, n.code(gate.NewBrowser(), "mum@home.example"))
	if len(n.box.codes) != before {
		t.Error("the address leads to somebody who is gone")
	}
	n.pass(20 * 24 * time.Hour)
	n.sweep() // what was queued finds nobody
}

// TestWhatAGuardianSees: values only after an answer as a guardian, and not what people
// say to each other.
func TestWhatAGuardianSees(t *testing.T) {
	t.Parallel()
	n := newNursery(t, "{id: name, type: text}", "{id: name, term: chat-message, type: text}")
	n.child("li")
	must(t, n.ask("li", "mum@home.example"))
	secret := n.enter("mum@home.example")
	id := n.one(secret).ID
	_, err := n.CopyForGuardian(t.Context(), "club", secret, id)
	n.wants(err, "error forbidden")
	must(t, n.answer(secret, gate.GuardianYes))
	if got := n.takes("li"); got != "allow" {
		t.Fatal(got)
	}
	_, _, err = n.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("a question of mine"))})
	must(t, err)
	c, err := n.CopyForGuardian(t.Context(), "club", secret, id)
	must(t, err)
	if len(c.Held) != 1 || c.Held[0].Datum != "email" || len(c.Requests) != 0 {
		t.Errorf("the copy: %+v", c)
	}
	if n.last().Kind != evidence.GuardianCopied {
		t.Errorf("the evidence is %s", n.last().Kind)
	}
}

// TestAGuardianEnds: with majority, by an officer, and by the young person as long as
// there is no answer.
func TestAGuardianEnds(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	for _, ref := range []avow.SubjectRef{"li", "mo", "wei", "yun"} {
		n.child(ref)
		must(t, n.ask(ref, "parent-of-"+string(ref)+"@home.example"))
	}
	li, mo, yun := n.enter("parent-of-li@home.example"), n.enter("parent-of-mo@home.example"), n.enter("parent-of-yun@home.example")
	must(t, n.answer(li, gate.GuardianYes))
	must(t, n.answer(mo, gate.GuardianYes))
	_, _, err := n.EraseWard(t.Context(), "club", mo, n.one(mo).ID)
	must(t, err)
	must(t, n.answer(yun, gate.GuardianNotMine))

	_, err = n.RecallGuardian(t.Context(), "club", "li")
	n.wants(err, "error conflict") // an answer stands
	_, err = n.NoMinor(t.Context(), "club", "li")
	must(t, err)
	_, err = n.EndGuardian(t.Context(), "club", "mo")
	must(t, err)
	_, err = n.RecallGuardian(t.Context(), "club", "wei")
	must(t, err)
	for ref, why := range map[avow.SubjectRef]string{"li": "grown-up", "mo": "office", "wei": "recalled", "yun": "not-theirs"} {
		if g := n.state(ref); g.State != gate.GuardianEnded || g.Why != why || g.Address != "" {
			t.Errorf("%s: %+v", ref, g)
		}
		if got := n.has(ref, "email"); len(got) != 1 {
			t.Errorf("%s holds %v", ref, got)
		}
	}
	if _, waits, err := n.Departure(t.Context(), "club", "mo"); err != nil || waits {
		t.Errorf("the erasure waits: %v", err)
	}
	for _, secret := range []string{li, mo, yun} {
		if all, err := n.Wards(t.Context(), "club", secret); err != nil || len(all) != 0 {
			t.Errorf("they decide still: %v %v", all, err)
		}
	}
	n.wants(n.ask("yun", "parent-of-yun@home.example"), "error conflict") // they said no such thing
	n.wants(n.ask("yun", "aunt@home.example"), "allow")
	if got := n.takes("mo"); got != "guardian-missing" {
		t.Errorf("the yes lives on: %s", got)
	}
}

// TestOneGuardianOfTwo: a parent of two sees both, and answers for each.
func TestOneGuardianOfTwo(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	for _, ref := range []avow.SubjectRef{"li", "mo"} {
		n.child(ref)
		must(t, n.ask(ref, "mum@home.example"))
	}
	secret := n.enter("mum@home.example")
	all, err := n.Wards(t.Context(), "club", secret)
	must(t, err)
	if len(all) != 2 || n.count(evidence.GuardianSignedIn) != 2 {
		t.Fatalf("%d young people", len(all))
	}
	_, ref, err := n.Ward(t.Context(), "club", secret, all[0].ID)
	must(t, err)
	_, err = n.AnswerGuardian(t.Context(), "club", secret, all[0].ID, gate.GuardianYes)
	must(t, err)
	for _, r := range []avow.SubjectRef{"li", "mo"} {
		want := map[bool]string{true: "allow", false: "guardian-missing"}[r == ref]
		if got := n.takes(r); got != want {
			t.Errorf("%s: %s, want %s", r, got, want)
		}
	}
}

// TestTooManyGuardians: nobody has messages sent without end, and none go where the
// policy asks for nobody.
func TestTooManyGuardians(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("li")
	for range 3 {
		must(t, n.ask("li", "mum@home.example"))
		_, err := n.RecallGuardian(t.Context(), "club", "li")
		must(t, err)
	}
	n.wants(n.ask("li", "mum@home.example"), "error too-many")
	other := mailbox(t)
	other.AnswersAt("https://privacy.example")
	_, err := other.AskGuardian(t.Context(), "club", "li", &gate.GuardianAsking{Mail: true, To: gate.NewValue([]byte("mum@home.example"))})
	other.wants(err, "error unknown")
}

// TestARestoreSendsGuardiansOut: sessions and codes of a backup may have ended since.
func TestARestoreSendsGuardiansOut(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.child("mo")
	must(t, n.ask("mo", "parent@mail.example"))
	secret := n.enter("parent@mail.example")
	browser := gate.NewBrowser()
	must(t, n.code(browser, "parent@mail.example"))
	code := n.box.last(t, "parent@mail.example")
	must(t, n.Restored(t.Context(), "club", 0))
	if _, err := n.Wards(t.Context(), "club", secret); !gate.NoSession(err) {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := n.try(browser, code); !gate.WrongCode(err) {
		t.Errorf("a code from before: %v", err)
	}
	n.enter("parent@mail.example") // and may come again
}
