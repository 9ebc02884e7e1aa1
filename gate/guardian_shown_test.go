package gate_test

import (
	"fmt"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// twoAgreed has the parents of li and mo agree, and returns the session of mo's.
func (n *nursery) twoAgreed() (mo string) {
	n.t.Helper()
	for _, ref := range []avow.SubjectRef{"li", "mo"} {
		parent := "parent-of-" + string(ref) + "@home.example"
		n.child(ref)
		must(n.t, n.ask(ref, parent))
		mo = n.enter(parent)
		must(n.t, n.answer(mo, gate.GuardianYes))
	}
	return mo
}

// TestAYesIsWrittenAboutAgain: two days after a yes a second message goes to the address,
// once, and leaves evidence; a yes that was taken back is not written about.
func TestAYesIsWrittenAboutAgain(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	mo := n.twoAgreed()
	must(t, n.answer(mo, gate.GuardianStop))
	n.mail()
	n.pass(gate.GuardianConfirms - time.Minute)
	n.sweep()
	n.wantMail()
	if n.count(evidence.GuardianConfirmed) != 0 {
		t.Error("evidence before the time")
	}
	n.pass(2 * time.Minute)
	n.sweep()
	n.wantMail("parent-of-li@home.example: You agreed as a parent or guardian: is that right?")
	n.pass(10 * gate.GuardianConfirms)
	n.sweep()
	n.wantMail()
	if n.count(evidence.GuardianConfirmed) != 1 {
		t.Error("the evidence is not of one message")
	}
	if got := n.takes("li"); got != "allow" {
		t.Errorf("the yes ended: %s", got)
	}
}

// TestOneAddressForManyYoungPeople: what an address can agree to has an end, and a place
// comes free again.
func TestOneAddressForManyYoungPeople(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	var last avow.SubjectRef
	for i := range gate.GuardianOf + 1 {
		last = avow.SubjectRef(fmt.Sprintf("child-%d", i))
		n.child(last)
		if i%4 == 0 {
			n.pass(25 * time.Hour) // so many messages go to one address in a day
		}
		must(t, n.ask(last, "mum@home.example"))
	}
	secret := n.enter("mum@home.example")
	all, err := n.Wards(t.Context(), "club", secret)
	must(t, err)
	yes := func(name string) error {
		_, err := n.AnswerGuardian(t.Context(), "club", secret, name, gate.GuardianYes)
		return err
	}
	for _, w := range all[:gate.GuardianOf] {
		must(t, yes(w.ID))
	}
	over := all[gate.GuardianOf].ID
	n.wants(yes(over), "error forbidden")
	_, err = n.AnswerGuardian(t.Context(), "club", secret, all[0].ID, gate.GuardianStop)
	must(t, err)
	n.wants(yes(over), "allow")
}

// TestAYesWhereTheYoungPersonIsSignedIn does not count; a no does, and so does a yes of
// somebody else's parent.
func TestAYesWhereTheYoungPersonIsSignedIn(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	for _, ref := range []avow.SubjectRef{"li", "mo"} {
		n.child(ref)
		must(t, n.ask(ref, "mum@home.example"))
	}
	link, _, err := n.HandOver(t.Context(), "club", "li", time.Time{})
	must(t, err)
	own, _, err := n.SignInByHandOver(t.Context(), "club", link, "")
	must(t, err)
	beside := func(session string) string {
		browser := gate.NewBrowser()
		must(t, n.code(browser, "mum@home.example"))
		secret, err := n.SignInGuardian(t.Context(), "club", &gate.CodeTrying{Code: gate.NewValue([]byte(n.box.last(t, "mum@home.example"))), Browser: browser, Before: session})
		must(t, err)
		return secret
	}
	say := func(secret string, of avow.SubjectRef, says gate.GuardianSays) error {
		all, err := n.Wards(t.Context(), "club", secret)
		must(t, err)
		for _, w := range all {
			_, ref, err := n.Ward(t.Context(), "club", secret, w.ID)
			must(t, err)
			if ref == of {
				_, err := n.AnswerGuardian(t.Context(), "club", secret, w.ID, says)
				return err
			}
		}
		t.Fatal("nobody of this name")
		return nil
	}
	secret := beside(own)
	n.wants(say(secret, "li", gate.GuardianYes), "error forbidden")
	if got := n.takes("li"); got != "guardian-missing" {
		t.Errorf("it counts: %s", got)
	}
	n.wants(say(secret, "mo", gate.GuardianYes), "allow")
	n.wants(say(secret, "li", gate.GuardianNo), "allow")
	n.wants(say(beside("no session"), "li", gate.GuardianYes), "allow")
}

// TestAGuardiansNoOutlivesABackup: a yes that was taken back is not brought back by an
// older copy of the data; a yes that came after the no stays.
func TestAGuardiansNoOutlivesABackup(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	n.journalled()
	n.AnswersAt("https://privacy.example")
	mo := n.twoAgreed()
	n.pass(time.Minute)
	must(t, n.answer(mo, gate.GuardianStop))
	n.pass(time.Minute)
	must(t, n.answer(mo, gate.GuardianYes)) // and thought otherwise
	restore := n.backup()
	n.AnswersAt("https://privacy.example")
	n.pass(time.Minute)
	must(t, n.answer(n.enter("parent-of-li@home.example"), gate.GuardianNo))
	restore()
	n.AnswersAt("https://privacy.example")
	if g := n.state("li"); g.State != gate.GuardianRefused || g.Until.IsZero() || n.takes("li") != "guardian-missing" {
		t.Errorf("the backup brings the yes back: %+v", g)
	}
	if g := n.state("mo"); g.State != gate.GuardianAgreed || n.takes("mo") != "allow" {
		t.Errorf("the later yes is lost: %+v", g)
	}
	n.pass(4 * 24 * time.Hour)
	n.sweep()
	if g := n.state("li"); g.State != gate.GuardianEnded || len(n.has("li", "email")) != 0 {
		t.Errorf("what needed the yes is held: %+v", g)
	}
}
