package gate_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// link is a parameter that most templates take.
func link() map[string]string { return map[string]string{"link": "https://privacy.example/notices/1"} }

// mailbox signs li up under mail.yaml, with an address given for notices.
func mailbox(t testing.TB) *world {
	t.Helper()
	w := setupWith(t, "testdata/mail.yaml")
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"))
	return w
}

func (w *world) gives(ref avow.SubjectRef, at avow.Point, why avow.Purpose, items ...gate.Item) {
	w.t.Helper()
	_, err := w.Collect(context.Background(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: why, Point: at, Feature: "account", Source: "person"},
		Items:   items, Agree: w.accept(),
	})
	must(w.t, err)
}

func (w *world) tell(ref avow.SubjectRef, m gate.Message) (gate.Told, error) {
	w.t.Helper()
	told, _, err := w.Tell(context.Background(), "club", ref, &m)
	return told, err
}

// next takes the message that is due first; nil if there is none to send.
func (w *world) next() *gate.Delivery {
	w.t.Helper()
	due, err := w.DueMessages(context.Background(), "club", 10)
	must(w.t, err)
	for _, k := range due {
		d, err := w.TakeMessage(context.Background(), k)
		must(w.t, err)
		if d != nil {
			return d
		}
	}
	return nil
}

func (w *world) settle(d *gate.Delivery, o gate.Outcome) {
	w.t.Helper()
	must(w.t, w.SettleMessage(context.Background(), d, o))
}

// TestTell: each message is decided by the policy, and each decision leaves evidence.
func TestTell(t *testing.T) {
	t.Parallel()
	info := gate.Message{Class: "service-info", Template: "service-notice", Params: link()}
	for _, c := range []struct {
		name  string
		setup func(*world)
		m     gate.Message
		want  string
	}{
		{"service notice", nil, info, "allow"},
		{"class that no rule names", nil, gate.Message{Class: "transactional", Template: "service-notice", Params: link()}, "verb-undeclared"},
		{"channel that no rule names", nil, gate.Message{Class: "service-info", Channel: "sms", Template: "service-notice", Params: link()}, "verb-undeclared"},
		{"no address for the channel", nil, gate.Message{Class: "service-info", Channel: "push", Template: "service-notice", Params: link()}, "nothing-held"},
		{"promotion in a legal notice", nil, gate.Message{Class: "legal", Template: "news", Params: link()}, "prohibited"},
		{"promotion in a service notice", nil, gate.Message{Class: "service-info", Template: "news", Params: link()}, "prohibited"},
		{"legal notice", nil, gate.Message{Class: "legal", Template: "service-notice", Params: link()}, "allow"},
		{"marketing not asked for", nil, gate.Message{Class: "marketing", Template: "news", Params: link()}, "consent-missing"},
		{"marketing asked for", func(w *world) {
			w.say("li", "offers", avow.Given)
		}, gate.Message{Class: "marketing", Template: "news", Params: link()}, "allow"},
		{"marketing taken back", func(w *world) {
			w.say("li", "offers", avow.Given)
			w.say("li", "offers", avow.Withdrawn)
		}, gate.Message{Class: "marketing", Template: "news", Params: link()}, "consent-withdrawn"},
		{"marketing run out", func(w *world) {
			w.say("li", "offers", avow.Given)
			w.pass(366 * 24 * time.Hour)
		}, gate.Message{Class: "marketing", Template: "news", Params: link()}, "consent-expired"},
		{"offers of others without any choice", nil, gate.Message{Class: "partner-offer", Template: "partner-news", Params: link()}, "consent-missing"},
		{"answer to an address given for something else", nil, gate.Message{Class: "reply", Channel: "email", Template: "request-answered", Params: link()}, "purpose-undeclared"},
		{"answer within the application", nil, gate.Message{Class: "reply", Template: "request-answered", Params: link()}, "allow"},
		{"code to an address given for that", nil, gate.Message{Class: "code", Template: "code", Params: map[string]string{"code": "123456", "minutes": "10"}}, "allow"},
		{"code in another class", nil, gate.Message{Class: "legal", Template: "code", Params: map[string]string{"code": "123456", "minutes": "10"}}, "error invalid"},
		{"no such template", nil, gate.Message{Class: "legal", Template: "nothing", Params: link()}, "error invalid"},
		{"template for officers", nil, gate.Message{Class: "legal", Template: "proof-broken", Params: link()}, "error invalid"},
		{"words of a desk", nil, gate.Message{Class: "legal", Template: "incident", Params: map[string]string{"what": "a", "impact": "a", "taken": "a", "planned": "a", "advice": "a", "remedies": "a", "contact": "a", "data": "a",
			"date": "2026-01-01", "link": "https://a.example/"}}, "error invalid"},
		{"a value in a parameter", nil, gate.Message{Class: "legal", Template: "service-notice", Params: map[string]string{"link": "https://a.example/?m=li@mail.example"}}, "error invalid"},
		{"stopped", func(w *world) {
			_, err := w.Quiet(context.Background(), "club", "li", "info", true)
			must(w.t, err)
		}, info, "objected"},
		{"stopped and asked for again", func(w *world) {
			for _, stop := range []bool{true, false} {
				_, err := w.Quiet(context.Background(), "club", "li", "info", stop)
				must(w.t, err)
			}
		}, info, "allow"},
		{"somebody unknown", nil, gate.Message{Class: "legal", Template: "service-notice", Params: link()}, "allow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailbox(t)
			if c.setup != nil {
				c.setup(w)
			}
			before := w.count(evidence.Messaged)
			_, err := w.tell("li", c.m)
			w.wants(err, c.want)
			if n := w.count(evidence.Messaged) - before; n != 1 && !strings.HasPrefix(c.want, "error") {
				t.Errorf("%d leaves about the message", n)
			}
			if sends := w.next() != nil; sends != (c.want == "allow" && c.m.Class != "reply") {
				t.Errorf("something is sent: %v", sends)
			}
		})
	}
}

// TestReservedAddress: an address that was given for answers alone is used for
// nothing else.
func TestReservedAddress(t *testing.T) {
	t.Parallel()
	w := setupWith(t, "testdata/mail.yaml")
	w.gives("li", "profile-page", "answers", item("email", "li@mail.example"))
	_, err := w.tell("li", gate.Message{Class: "legal", Template: "service-notice", Params: link()})
	w.wants(err, "purpose-undeclared")
	_, err = w.tell("li", gate.Message{Class: "reply", Template: "request-answered", Params: link()})
	w.wants(err, "allow")
}

// TestDelivery: what goes out, and what is left behind.
func TestDelivery(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	told, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()})
	must(t, err)
	d := w.next()
	if d == nil || d.ID != told.ID || string(d.To.Expose()) != "li@mail.example" || d.Channel != "email" || d.Language != "en" || !strings.Contains(d.Text.Body, link()["link"]) || d.Stop == "" || d.OneClick {
		t.Fatalf("delivery %+v", d)
	}
	if l := w.last(); l.Kind != evidence.Used || l.Purpose != "notices" || len(l.Data) != 1 || l.Data[0] != "email" {
		t.Errorf("opening the address left %+v", l)
	}
	if w.next() != nil {
		t.Error("two take the same message")
	}
	w.settle(d, gate.Sent)
	w.pass(24 * time.Hour)
	if w.next() != nil {
		t.Error("it is sent twice")
	}
	if w.count(evidence.MessageSent) != 1 {
		t.Error("no evidence that it was sent")
	}
}

// TestDeliveryAfterCrash: a message that was taken and never settled comes again,
// under the same id.
func TestDeliveryAfterCrash(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	_, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()})
	must(t, err)
	first := w.next()
	w.restart()
	if w.next() != nil {
		t.Error("it is sent again at once")
	}
	w.pass(gate.Lease)
	again := w.next()
	if again == nil || again.ID != first.ID || again.Try != 2 {
		t.Fatalf("after the lease: %+v", again)
	}
	w.settle(first, gate.Sent) // who was slow finds that somebody else has it
	w.settle(again, gate.Sent)
	if n := w.count(evidence.MessageSent); n != 1 {
		t.Errorf("%d leaves", n)
	}
}

// TestRetries: it is tried again with growing pauses, and given up.
func TestRetries(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	_, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()})
	must(t, err)
	tries, waited := 0, time.Duration(0)
	for w.count(evidence.MessageFailed) == 0 && waited < 100*24*time.Hour {
		if d := w.next(); d != nil {
			tries++
			w.settle(d, gate.Later)
			d.Wipe()
		}
		w.pass(10 * time.Minute)
		waited += 10 * time.Minute
	}
	if tries < 5 || tries > gate.MostTries || waited > 4*24*time.Hour {
		t.Errorf("%d tries in %v", tries, waited)
	}
}

// TestWithdrawnInTheQueue: who takes back what a message needs does not get it,
// although it was sent off before.
func TestWithdrawnInTheQueue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		stop func(*world)
	}{
		{"choice", func(w *world) { w.say("li", "offers", avow.Withdrawn) }},
		{"stopped", func(w *world) {
			_, err := w.Quiet(context.Background(), "club", "li", "ads", true)
			must(w.t, err)
		}},
		{"erased", func(w *world) {
			_, err := w.Erase(context.Background(), "club", "li")
			must(w.t, err)
		}},
		{"address erased", func(w *world) {
			_, err := w.EraseData(context.Background(), "club", "li", []avow.Datum{"email"})
			must(w.t, err)
		}},
		{"held", func(w *world) {
			err := w.hold("li", "suit", "m", w.clock().Add(time.Hour))
			must(w.t, err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailbox(t)
			w.say("li", "offers", avow.Given)
			_, err := w.tell("li", gate.Message{Class: "marketing", Template: "news", Params: link()})
			must(t, err)
			c.stop(w)
			if d := w.next(); d != nil {
				t.Errorf("it goes out: %+v", d)
			}
			left, err := w.DueMessages(t.Context(), "club", 10)
			must(t, err)
			if len(left) != 0 {
				t.Errorf("%d entries are left", len(left))
			}
		})
	}
}

// TestStopByLink: the token in a message stops what it came with, and nothing else.
func TestStopByLink(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	w.say("li", "offers", avow.Given)
	_, err := w.tell("li", gate.Message{Class: "marketing", Template: "news", Params: link()})
	must(t, err)
	d := w.next()
	if d == nil || d.Stop == "" || !d.OneClick {
		t.Fatalf("delivery %+v", d)
	}
	w.settle(d, gate.Sent)
	if strings.Contains(d.Stop, "li") || len(d.Stop) != 32 {
		t.Errorf("the token is %q", d.Stop)
	}
	for _, wrong := range []string{"", "x", strings.Repeat("A", 32), d.Stop[:31] + "!"} {
		if _, _, err := w.Stop(t.Context(), "club", wrong); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("token %q: %v", wrong, err)
		}
	}
	seen, err := w.StopOf(t.Context(), "club", d.Stop)
	must(t, err)
	if seen.Stopped || seen.Rule != "ads" {
		t.Errorf("before: %+v", seen)
	}
	for range 2 { // a second click changes nothing
		_, _, err = w.Stop(t.Context(), "club", d.Stop)
		must(t, err)
	}
	seen, err = w.StopOf(t.Context(), "club", d.Stop)
	must(t, err)
	if !seen.Stopped {
		t.Errorf("after: %+v", seen)
	}
	_, err = w.tell("li", gate.Message{Class: "marketing", Template: "news", Params: link()})
	w.wants(err, "consent-withdrawn")
	_, err = w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()})
	w.wants(err, "allow")
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	if _, err := w.StopOf(t.Context(), "club", d.Stop); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("the token of somebody erased: %v", err)
	}
}

// TestDeadAddress: an address that takes nothing gets no more, except what must
// reach people.
func TestDeadAddress(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	for _, class := range []string{"service-info", "service-info", "legal"} {
		_, err := w.tell("li", gate.Message{Class: class, Template: "service-notice", Params: link()})
		must(t, err)
		w.pass(time.Second) // of two that are due at the same instant either goes first
	}
	d := w.next()
	w.settle(d, gate.Dead)
	if w.count(evidence.MessageFailed) != 1 {
		t.Error("no evidence of the failure")
	}
	d = w.next()
	if d == nil || d.Class != "legal" {
		t.Fatalf("next: %+v", d)
	}
	w.settle(d, gate.Dead)
	w.pass(181 * 24 * time.Hour)
	_, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()})
	must(t, err)
	if d = w.next(); d == nil {
		t.Error("half a year later it is not tried again")
	}
}

// TestShareOut: other people's data serves one message and is gone with it.
func TestShareOut(t *testing.T) {
	t.Parallel()
	for _, o := range []gate.Outcome{gate.Sent, gate.Dead} {
		w := mailbox(t)
		share := &gate.Sharing{
			Collecting: gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "sharing", Point: "profile-page", Source: "person"},
				Items: []gate.Item{item("friend-mail", "wang@mail.example"), item("friend-mail", "zhao@mail.example"), item("friend-name", "Wang")}},
			Message: gate.Message{Class: "share-delivery", Template: "share", Params: link()},
		}
		told, _, err := w.ShareOut(t.Context(), share)
		must(t, err)
		if len(told) != 2 {
			t.Fatalf("%d messages", len(told))
		}
		for range 2 {
			d := w.next()
			if d == nil || !strings.HasSuffix(string(d.To.Expose()), "@mail.example") || string(d.To.Expose()) == "li@mail.example" || d.Stop != "" {
				t.Fatalf("delivery %+v", d)
			}
			w.settle(d, o)
		}
		for _, datum := range []avow.Datum{"friend-mail", "friend-name"} {
			if left := w.has("li", datum); len(left) != 0 {
				t.Errorf("outcome %d: %d of %s are left", o, len(left), datum)
			}
		}
		w.pass(24 * time.Hour)
		if w.next() != nil {
			t.Error("one more message")
		}
	}
}

// TestShareOutRefused: nothing of other people is kept for a message that is not
// sent.
func TestShareOutRefused(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	_, _, err := w.ShareOut(t.Context(), &gate.Sharing{
		Collecting: gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "sharing", Point: "profile-page", Source: "person"},
			Items: []gate.Item{item("friend-mail", "wang@mail.example")}},
		Message: gate.Message{Class: "share-delivery", Template: "news", Params: link()},
	})
	w.wants(err, "prohibited")
	if left := w.has("li", "friend-mail"); len(left) != 0 {
		t.Errorf("%d addresses are kept", len(left))
	}
}

// TestLettersRekey: messages survive that single data of a person is erased.
func TestLettersRekey(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	w.gives("li", "sign-up", "notices", item("phone", "+8613800001111"))
	_, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link(), NotBefore: w.clock().Add(time.Hour)})
	must(t, err)
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{"phone"})
	must(t, err)
	if w.next() != nil {
		t.Error("it goes out before its time")
	}
	w.pass(time.Hour)
	if d := w.next(); d == nil || string(d.To.Expose()) != "li@mail.example" {
		t.Errorf("after: %+v", d)
	}
}

// TestNoLetterInClear: neither the text nor the address of a message stands in the
// store's files.
func TestNoLetterInClear(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	_, err := w.tell("li", gate.Message{Class: "code", Template: "code", Params: map[string]string{"code": "837261", "minutes": "10"}})
	must(t, err)
	d := w.next()
	w.settle(d, gate.Dead)
	must(t, w.store.Close())
	defer w.start()
	defer func() { must(t, w.keys.Close()) }()
	must(t, filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, secret := range []string{"837261", "li@mail.example"} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %s", filepath.Base(path), secret)
			}
		}
		return err
	}))
}

// TestDueWhenTheClockStepsBack: where time stands still until the clock has caught up,
// a message that was accepted meanwhile does not wait for that.
func TestDueWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	w.pass(-time.Minute)
	if _, err := w.tell("li", gate.Message{Class: "service-info", Template: "service-notice", Params: link()}); err != nil {
		t.Fatal(err)
	}
	if w.next() == nil {
		t.Error("the message waits for the clock")
	}
}
