package gate_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
	"avow.dev/gate"
)

const endpoint = "https://map-maker.example/hook"

// hooked is a paper that names a webhook.
func (w *world) hooked(to avow.Recipient, kind string) *gate.Qualifying {
	q := w.paperOf(to, kind)
	q.Hook = endpoint
	return q
}

func mailTo() *avow.Request {
	return &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Recipient: "map-maker"}
}

func (w *world) dispatch() (string, avow.Receipt, error) {
	return w.Dispatch(w.t.Context(), avow.Share, mailTo())
}

// dispatched is a dispatch in the outbox, of a recipient with a webhook.
func dispatched(t testing.TB) (w *world, id, paper string) {
	t.Helper()
	w = askWorld(t, asks)
	paper = w.qualify(w.hooked("map-maker", "assessment"))[0]
	id, _, err := w.dispatch()
	must(t, err)
	return w, id, paper
}

func (w *world) state(id string) gate.Dispatched {
	w.t.Helper()
	d, err := w.ReadDispatch(w.t.Context(), "club", id)
	must(w.t, err)
	return d
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	if _, _, err := w.dispatch(); avow.CodeOf(err) != avow.Conflict || w.count(evidence.Dispatched) != 0 {
		t.Fatalf("without a webhook: %v", err)
	}
	q := w.hooked("map-maker", "assessment")
	made, _, err := w.ProposeQualification(t.Context(), "club", ann, q)
	must(t, err)
	if key := made.Body.Secret; !strings.HasPrefix(key, "whsec_") || len(key) < 40 {
		t.Errorf("the key: %q", key)
	}
	if _, _, err := w.dispatch(); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("by a paper that nobody approved: %v", err)
	}
	read, err := w.ReadQualification(t.Context(), "club", made.ID)
	must(t, err)
	what, err := read.Body.Digest()
	must(t, err)
	yes, _, err := w.ApproveQualification(t.Context(), "club", made.ID, bo, what)
	must(t, err)
	all, err := w.Qualifications(t.Context(), "club", "map-maker", "", 10)
	must(t, err)
	if said := fmt.Sprintf("%+v %+v %+v", read, yes, all); strings.Contains(said, "whsec_") || !strings.Contains(said, endpoint) {
		t.Errorf("the key is told again: %s", said)
	}

	shared := w.count(evidence.Shared)
	id, receipt, err := w.dispatch()
	must(t, err)
	if l := w.leafAt(receipt.Index); l.Kind != evidence.Dispatched || l.Verdict != avow.Allow || l.Recipient != "map-maker" || l.Purpose != "marketing" || w.count(evidence.Shared) != shared {
		t.Errorf("the leaf: %+v", l)
	}
	if s := w.state(id); s.State != gate.DispatchQueued || s.Recipient != "map-maker" || s.Tries != 0 || s.Leaf != receipt.Leaf {
		t.Errorf("%+v", s)
	}
	d := w.next()
	if d == nil || d.ID != id || d.Channel != gate.ByWebhook || string(d.To.Expose()) != endpoint || len(d.Secret) != 32 {
		t.Fatalf("%+v", d)
	}
	text, payload, at, err := envelope.Unbundle(d.Payload)
	must(t, err)
	e := open(t, &gate.Shown{Envelope: text})
	fields, err := e.Read(payload)
	if must(t, err); len(fields) != 1 || string(fields[0].Value) != "li@mail.example" || !at.Equal(w.clock().Truncate(time.Second)) {
		t.Errorf("%+v at %v", fields, at)
	}
	left := w.last()
	if left.Kind != evidence.Shared || left.Verdict != avow.Allow || left.ID != e.ID || left.Detail == [32]byte{} {
		t.Errorf("the leaf of what left: %+v", left)
	}
	w.settle(d, gate.Sent)
	if l := w.last(); l.Kind != evidence.DispatchTaken || l.Done != e.ID || l.Recipient != "map-maker" || l.Count != 1 {
		t.Errorf("the leaf of what was taken over: %+v", l)
	}
	if s := w.state(id); s.State != gate.DispatchDelivered || s.Tries != 1 || !s.Next.IsZero() || s.Leaf != w.last().ID {
		t.Errorf("%+v", s)
	}
	w.pass(24 * time.Hour)
	if d := w.next(); d != nil {
		t.Errorf("it goes again: %+v", d)
	}
	// Whoever got it can ask again by its envelope.
	if _, err := w.askAgain(text, w.yes("li", "position")); err != nil {
		t.Error(err)
	}
}

// TestDispatchIsDecidedAgain: what happens while it waits stops it, with evidence, and
// whoever asked can read that.
func TestDispatchIsDecidedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		happens func(*world, string)
		reason  avow.Reason
		left    bool // somebody is left whom the evidence is about
	}{
		{"consent withdrawn", func(w *world, _ string) { w.say("li", "offers", avow.Withdrawn) }, avow.ConsentWithdrawn, true},
		{"webhook taken back", func(w *world, paper string) {
			_, _, err := w.RevokeQualification(w.t.Context(), "club", paper, bo)
			must(w.t, err)
		}, avow.RecipientUnqualified, true},
		{"qualification taken back", func(w *world, _ string) { w.unqualify() }, avow.RecipientUnqualified, true},
		{"person erased", func(w *world, _ string) {
			_, err := w.Erase(w.t.Context(), "club", "li")
			must(w.t, err)
		}, avow.NoAccount, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, id, paper := dispatched(t)
			shared := w.count(evidence.Shared)
			c.happens(w, paper)
			if d := w.next(); d != nil {
				t.Fatalf("it goes all the same: %+v", d)
			}
			s := w.state(id)
			if s.State != gate.DispatchRefused || !s.Reasons.Has(c.reason) || !s.Next.IsZero() {
				t.Errorf("%+v", s)
			}
			l := w.last()
			if l.Verdict != avow.Refuse || !l.Reasons.Has(c.reason) || l.ID != s.Leaf || l.Recipient != "map-maker" {
				t.Errorf("the evidence: %+v", l)
			}
			if c.left != (l.Kind == evidence.Shared) || !c.left && (l.Kind != evidence.DispatchEnded || l.Commitment != [32]byte{}) || w.count(evidence.DispatchTaken) != 0 {
				t.Errorf("%s, and %d leaves of the verb", l.Kind, w.count(evidence.Shared)-shared)
			}
			w.pass(24 * time.Hour)
			if d := w.next(); d != nil || w.state(id).State != gate.DispatchRefused {
				t.Errorf("it comes back: %+v", d)
			}
		})
	}
}

// TestDispatchBetweenAttempts: a first attempt changes nothing about that.
func TestDispatchBetweenAttempts(t *testing.T) {
	t.Parallel()
	w, id, _ := dispatched(t)
	d := w.next()
	w.settle(d, gate.Later)
	if s := w.state(id); s.State != gate.DispatchQueued || s.Tries != 1 || !s.Next.After(w.clock()) {
		t.Errorf("%+v", s)
	}
	w.say("li", "offers", avow.Withdrawn)
	w.pass(time.Minute)
	if d := w.next(); d != nil || w.state(id).State != gate.DispatchRefused {
		t.Errorf("%+v, %+v", d, w.state(id))
	}
}

// TestDispatchGivenUp: by too many attempts, by its time, and by an endpoint that is
// gone for good.
func TestDispatchGivenUp(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*world){
		"gone": func(w *world) { w.settle(w.next(), gate.Dead) },
		"too late": func(w *world) {
			w.settle(w.next(), gate.Later)
			w.pass(4 * 24 * time.Hour)
			if d := w.next(); d != nil {
				w.t.Errorf("it goes after its time: %+v", d)
			}
		},
		"too often": func(w *world) {
			for range gate.MostTries {
				d := w.next()
				if d == nil {
					w.t.Fatal("it is not tried again")
				}
				w.settle(d, gate.Later)
				w.pass(6 * time.Hour)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, id, _ := dispatched(t)
			fail(w)
			if s := w.state(id); s.State != gate.DispatchGivenUp || s.Tries == 0 || s.Reasons != 0 {
				t.Errorf("%+v", s)
			}
			if l := w.last(); l.Kind != evidence.DispatchEnded || l.Verdict != avow.Allow || l.Recipient != "map-maker" || l.Commitment == [32]byte{} {
				t.Errorf("%+v", l)
			}
			w.pass(24 * time.Hour)
			if d := w.next(); d != nil {
				t.Errorf("it goes all the same: %+v", d)
			}
			// The address of the person is not the recipient's: it is not left alone.
			w.pass(91 * 24 * time.Hour)
			_, err := w.Sweep(t.Context())
			must(t, err)
			if _, err := w.ReadDispatch(t.Context(), "club", id); avow.CodeOf(err) != avow.Unknown {
				t.Errorf("after 90 days: %v", err)
			}
		})
	}
}

// TestDispatchAtRest: what waits holds no value, and the key that signs stands nowhere
// in clear.
func TestDispatchAtRest(t *testing.T) {
	t.Parallel()
	w, id, _ := dispatched(t)
	must(t, w.store.Close())
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range []string{"li@mail.example", "whsec_", endpoint} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %s", filepath.Base(path), secret)
			}
		}
		return nil
	})
	must(t, err)
	if _, err := hex.DecodeString(id); err != nil {
		t.Error(err)
	}
}

// TestDispatchList: the newest first, and those of one recipient.
func TestDispatchList(t *testing.T) {
	t.Parallel()
	w, first, _ := dispatched(t)
	w.pass(time.Second)
	second, _, err := w.dispatch()
	must(t, err)
	all, err := w.Dispatches(t.Context(), "club", "map-maker", "", 10)
	must(t, err)
	if len(all) != 2 || all[0].ID != second || all[1].ID != first {
		t.Errorf("%+v", all)
	}
	if rest, err := w.Dispatches(t.Context(), "club", "", second, 10); err != nil || len(rest) != 1 || rest[0].ID != first {
		t.Errorf("%+v, %v", rest, err)
	}
	if none, err := w.Dispatches(t.Context(), "club", "host", "", 10); err != nil || len(none) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 32)} {
		if _, err := w.ReadDispatch(t.Context(), "club", bad); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestNoDispatch: what cannot go by this way is refused at once, without a trace in
// the outbox.
func TestNoDispatch(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	w.qualify(w.hooked("map-maker", "assessment"))
	for name, change := range map[string]func(*avow.Request) (avow.Verb, string){
		"published":    func(*avow.Request) (avow.Verb, string) { return avow.Publish, "error invalid" },
		"to nobody":    func(r *avow.Request) (avow.Verb, string) { r.Recipient = ""; return avow.Share, "error invalid" },
		"about nobody": func(r *avow.Request) (avow.Verb, string) { r.Subject = ""; return avow.Share, "error invalid" },
		"nothing":      func(r *avow.Request) (avow.Verb, string) { r.Data = nil; return avow.Share, "error invalid" },
		"not allowed": func(r *avow.Request) (avow.Verb, string) {
			r.Purpose = "show-map"
			return avow.Share, "consent-missing"
		},
	} {
		req := mailTo()
		verb, want := change(req)
		if _, _, err := w.Dispatch(t.Context(), verb, req); codes(err) != want {
			t.Errorf("%s: %s", name, codes(err))
		}
	}
	if all, err := w.Dispatches(t.Context(), "club", "", "", 10); err != nil || len(all) != 0 || w.next() != nil {
		t.Errorf("%+v, %v", all, err)
	}
	for _, bad := range []string{"http://map-maker.example/hook", "http://8.8.8.8/hook", "ftp://map-maker.example", "map-maker.example", "https://u:p@map-maker.example/", "https://map-maker.example/#x", "https://" + strings.Repeat("a", 1024) + ".example/"} {
		q := w.hooked("map-maker", "terms")
		q.Hook = bad
		if _, _, err := w.ProposeQualification(t.Context(), "club", ann, q); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	q := w.hooked("map-maker", "terms")
	q.Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
	if _, _, err := w.ProposeQualification(t.Context(), "club", ann, q); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("a key of the caller's own: %v", err)
	}
}

// TestDispatchRepeated: a request that is sent twice under one key waits once.
func TestDispatchRepeated(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	w.qualify(w.hooked("map-maker", "assessment"))
	var ids []string
	for range 2 {
		ctx := gate.Once(t.Context(), gate.NewReplay("app", "once", "share", []byte("{}")))
		id, _, err := w.Dispatch(ctx, avow.Share, mailTo())
		must(t, err)
		ids = append(ids, id)
	}
	if all, err := w.Dispatches(t.Context(), "club", "", "", 10); err != nil || len(all) != 1 || ids[0] != ids[1] || all[0].ID != ids[0] {
		t.Errorf("%v: %+v, %v", ids, all, err)
	}
}
