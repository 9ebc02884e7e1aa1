package gate_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/ledger"
	"avow.dev/policy"
)

func askProgram(t testing.TB, maker string) *policy.Program {
	t.Helper()
	raw, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	src := strings.Replace(string(raw), mapMaker, maker, 1)
	src = strings.Replace(src, "  - id: host-all\n", "  - id: share-maps\n    clause: [CLUB-3]\n    verb: share\n    data: [email]\n    to: [map-maker]\n    for: [show-map]\n    basis: explicit-consent\n    needs: {choice: [position]}\n  - id: host-all\n", 1)
	src = strings.Replace(src, "except: [share-map]", "except: [share-map, share-mail, share-maps]", 1)
	return compileText(t, []byte(src))
}

// askWorld is the club with a map maker that gets addresses for offers, has to ask
// again for maps, and somebody who agreed to offers.
func askWorld(t testing.TB, maker string) *world {
	t.Helper()
	w := setupProgram(t, askProgram(t, maker))
	w.join("li", "li@mail.example", "13800001111")
	w.say("li", "offers", avow.Given)
	w.qualify(w.paperOf("map-maker", "terms"))
	return w
}

const asks = "kind: partner, region: CN, terms: same-policy, requires: [terms], onward: asks-again, tagged: true, expires: 2027-06-30"

// sendMail hands the address over for offers.
func (w *world) sendMail() gate.Shown {
	w.t.Helper()
	shown, err := w.Share(w.t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Recipient: "map-maker"})
	must(w.t, err)
	return shown
}

// yes is a new yes of somebody, by the id of its evidence.
func (w *world) yes(ref avow.SubjectRef, choice avow.Choice) [16]byte {
	w.t.Helper()
	r, err := w.Agree(w.t.Context(), "club", ref, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: choice, State: avow.Given}}})
	must(w.t, err)
	return r.Leaf
}

// unqualify takes every paper of the map maker back.
func (w *world) unqualify() {
	w.t.Helper()
	all, err := w.Qualifications(w.t.Context(), "club", "map-maker", "", 100)
	must(w.t, err)
	for i := range all {
		if all[i].State == "revoked" {
			continue
		}
		_, _, err := w.RevokeQualification(w.t.Context(), "club", all[i].ID, bo)
		must(w.t, err)
	}
}

func (w *world) askAgain(text string, consent [16]byte) (gate.Shown, error) {
	return w.AskAgain(w.t.Context(), "club", &gate.AskingAgain{Envelope: text, Purpose: "show-map", Consent: consent, By: "map-maker"})
}

// open reads an envelope as the recipient does.
func open(t testing.TB, shown *gate.Shown) envelope.Envelope {
	t.Helper()
	k, _ := logKey("club")
	v, err := k.Verifier()
	must(t, err)
	e, err := envelope.Open(shown.Envelope, v)
	must(t, err)
	return e
}

func TestWhatIsTaggedTravelsInAnEnvelope(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	shown := w.sendMail()
	e := open(t, &shown)
	if e.ID != shown.Receipt.Leaf || e.Recipient != "map-maker" || !e.For("marketing") || len(e.Purposes) != 1 || !e.Has("email") || len(e.Fields) != 1 || e.Policy != "club" ||
		e.Hash != w.program.Hash() || e.Verb != avow.Share || e.Onward != "asks-again" || !e.Made.Equal(began) || e.Prior != [16]byte{} {
		t.Errorf("%+v", e)
	}
	// The recipient's terms end on the last of June, its paper and the yes later.
	if want := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC); !e.Until.Equal(want) {
		t.Errorf("until %s, want %s", e.Until, want)
	}
	fields, err := e.Read(shown.Payload)
	if must(t, err); len(fields) != 1 || string(fields[0].Value) != "li@mail.example" {
		t.Errorf("%+v", fields)
	}
	if l := w.leafAt(shown.Receipt.Index); l.Kind != evidence.Shared || l.Detail != sha256.Sum256([]byte(shown.Envelope)) {
		t.Errorf("the evidence is not bound to the envelope: %+v", l)
	}
	for _, secret := range []string{`"li"`, "li@mail", "13800001111"} {
		if strings.Contains(fmt.Sprintf("%+v", e), secret) || secret == `"li"` && strings.Contains(string(shown.Payload), secret) {
			t.Errorf("the envelope says %s", secret)
		}
	}
	// Elsewhere nothing is tagged: no envelope, and the values as before.
	w = askWorld(t, strings.Replace(asks, ", tagged: true", "", 1))
	if plain := w.sendMail(); plain.Envelope != "" || plain.Payload != nil {
		t.Errorf("an envelope for a recipient without a tag: %q", plain.Envelope)
	}
}

// TestEnvelopeEndsWithTheYes: what rests on a yes that runs out may be kept no longer.
func TestEnvelopeEndsWithTheYes(t *testing.T) {
	t.Parallel()
	w := askWorld(t, strings.Replace(asks, "2027-06-30", "2028-06-30", 1))
	w.pass(200 * 24 * time.Hour)
	shown := w.sendMail()
	if e, want := open(t, &shown), began.AddDate(1, 0, 0); e.Until.After(want) {
		t.Errorf("until %s, after the yes ends on %s", e.Until, want)
	}
}

// TestARestoreSpendsEveryYes: after older data was put back nobody knows which yes has
// renewed an envelope. None from before does; one from now on does.
func TestARestoreSpendsEveryYes(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	first := w.sendMail()
	w.pass(time.Minute)
	before := w.yes("li", "position")
	w.pass(time.Minute)
	must(t, w.Restored(t.Context(), "club", 0))
	_, err := w.askAgain(first.Envelope, before)
	wants(t, err, avow.ConsentMissing)
	w.pass(time.Minute)
	_, err = w.askAgain(first.Envelope, w.yes("li", "position"))
	must(t, err)
}

// TestNoKeyNoHandOver: without the key nothing that is tagged goes out.
func TestNoKeyNoHandOver(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	g, err := gate.Open(gate.Config{Store: w.store, Clock: w.clock})
	must(t, err)
	must(t, g.Serve(t.Context(), w.program, w.keys))
	shown, err := g.Share(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Recipient: "map-maker"})
	if avow.CodeOf(err) != avow.Unavailable || shown.Items != nil {
		t.Errorf("%+v, %v", shown, err)
	}
}

func TestAskingAgain(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	first := w.sendMail()
	w.pass(time.Minute)
	consent := w.yes("li", "position")
	shown, err := w.askAgain(first.Envelope, consent)
	must(t, err)
	before, e := open(t, &first), open(t, &shown)
	if e.Prior != before.ID || !e.For("show-map") || e.For("marketing") || e.ID != shown.Receipt.Leaf || len(shown.Items) != 1 || string(shown.Items[0].Value.Expose()) != "li@mail.example" {
		t.Errorf("%+v", e)
	}
	if _, err := e.Read(shown.Payload); err != nil {
		t.Error(err)
	}
	if l := w.leafAt(shown.Receipt.Index); l.Kind != evidence.Shared || l.Verdict != avow.Allow || l.Purpose != "show-map" || l.Recipient != "map-maker" {
		t.Errorf("evidence: %+v", l)
	}
	_, err = w.askAgain(first.Envelope, consent) // a replay
	wants(t, err, avow.EnvelopeSpent)
	_, err = w.askAgain(first.Envelope, w.yes("li", "position"))
	must(t, err)
	// Its own purpose is not asked for again, and says so without a leaf.
	if _, err := w.AskAgain(t.Context(), "club", &gate.AskingAgain{Envelope: first.Envelope, Purpose: "marketing", Consent: consent, By: "map-maker"}); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("the purpose that it has: %v", err)
	}
}

func TestAskingAgainIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with func(w *world, a *gate.AskingAgain)
		want []avow.Reason
	}{
		"without a new yes": {func(_ *world, a *gate.AskingAgain) { a.Consent = [16]byte{} }, []avow.Reason{avow.ConsentMissing}},
		"with a yes that was taken back": {func(w *world, _ *gate.AskingAgain) { w.say("li", "position", avow.Withdrawn) },
			[]avow.Reason{avow.ConsentMissing, avow.ConsentWithdrawn}},
		"with somebody else's yes": {func(w *world, a *gate.AskingAgain) {
			w.join("bo", "bo@mail.example", "13800002222")
			a.Consent = w.yes("bo", "position")
		}, []avow.Reason{avow.ConsentMissing}},
		"with a yes to something else": {func(w *world, a *gate.AskingAgain) { a.Consent = w.yes("li", "offers") }, []avow.Reason{avow.ConsentMissing}},
		"with a yes of before": {func(w *world, a *gate.AskingAgain) {
			shown := w.sendMail()
			a.Envelope = shown.Envelope
		}, []avow.Reason{avow.ConsentMissing}},
		"altered": {func(_ *world, a *gate.AskingAgain) { a.Envelope = a.Envelope[:len(a.Envelope)-4] + "AAAA" }, []avow.Reason{avow.EnvelopeInvalid}},
		"forged": {func(w *world, a *gate.AskingAgain) {
			e := open(w.t, &gate.Shown{Envelope: a.Envelope})
			a.Envelope = forge(w.t, &e)
		}, []avow.Reason{avow.EnvelopeInvalid}},
		"nonsense":             {func(_ *world, a *gate.AskingAgain) { a.Envelope = "x" }, []avow.Reason{avow.EnvelopeInvalid}},
		"by another recipient": {func(_ *world, a *gate.AskingAgain) { a.By = "host" }, []avow.Reason{avow.EnvelopeInvalid}},
		"by nobody":            {func(_ *world, a *gate.AskingAgain) { a.By = "" }, []avow.Reason{avow.EnvelopeInvalid}},
		"for more fields":      {func(_ *world, a *gate.AskingAgain) { a.Data = []avow.Datum{"email", "phone"} }, []avow.Reason{avow.EnvelopeInvalid, avow.VerbUndeclared, avow.Prohibited}},
		"for a purpose that no rule has": {func(_ *world, a *gate.AskingAgain) { a.Purpose = "support" },
			[]avow.Reason{avow.ConsentMissing, avow.PurposeUndeclared, avow.Prohibited}},
		"after its time": {func(w *world, _ *gate.AskingAgain) { w.pass(300 * 24 * time.Hour) }, []avow.Reason{avow.RetentionOver}},
		"after its time was swept": {func(w *world, _ *gate.AskingAgain) {
			w.pass(300 * 24 * time.Hour)
			_, err := w.Sweep(w.t.Context())
			must(w.t, err)
		}, []avow.Reason{avow.RetentionOver}},
		"after the terms were taken back": {func(w *world, _ *gate.AskingAgain) { w.unqualify() }, []avow.Reason{avow.RecipientUnqualified}},
		"after the person was erased": {func(w *world, _ *gate.AskingAgain) {
			_, err := w.Erase(w.t.Context(), "club", "li")
			must(w.t, err)
		}, []avow.Reason{avow.EnvelopeInvalid}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := askWorld(t, asks)
			first := w.sendMail()
			w.pass(time.Minute)
			a := &gate.AskingAgain{Envelope: first.Envelope, Purpose: "show-map", Consent: w.yes("li", "position"), By: "map-maker"}
			w.pass(time.Minute)
			c.with(w, a)
			before := len(w.leaves())
			shown, err := w.AskAgain(t.Context(), "club", a)
			wants(t, err, c.want...)
			if r, _ := errors.AsType[*avow.Refusal](err); shown.Items != nil || shown.Envelope != "" || len(w.leaves()) != before+1 || w.leafAt(r.Receipt.Index).Verdict != avow.Refuse {
				t.Errorf("%+v; %d leaves, want one that refuses", shown, len(w.leaves())-before)
			}
		})
	}
}

// TestOnlyWhoAsksAgain: a recipient that may use what it got for nothing else gets
// no other purpose, whatever the person says.
func TestOnlyWhoAsksAgain(t *testing.T) {
	t.Parallel()
	w := askWorld(t, strings.Replace(asks, "asks-again", "never", 1))
	first := w.sendMail()
	w.pass(time.Minute)
	_, err := w.askAgain(first.Envelope, w.yes("li", "position"))
	wants(t, err, avow.Prohibited)
}

// TestAnOlderTextsEnvelope: terms that bound to the text of before are no terms now.
func TestAnOlderTextsEnvelope(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	first := w.sendMail()
	w.pass(time.Minute)
	consent := w.yes("li", "position")
	w.stop()
	w.program = askProgram(t, strings.Replace(asks, "2027-06-30", "2027-06-29", 1))
	w.start()
	_, err := w.askAgain(first.Envelope, consent)
	if r, ok := errors.AsType[*avow.Refusal](err); !ok || !r.Decision.Reasons.Has(avow.RecipientUnqualified) {
		t.Errorf("%v", err)
	}
}

// TestAskedTwiceAtOnce: of many who present the same, one is heard.
func TestAskedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	first := w.sendMail()
	w.pass(time.Minute)
	consent := w.yes("li", "position")
	var group sync.WaitGroup
	var mu sync.Mutex
	heard := 0
	for range 8 {
		group.Go(func() {
			_, err := w.askAgain(first.Envelope, consent)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				heard++
			} else if r, ok := errors.AsType[*avow.Refusal](err); !ok || r.Decision.Reasons != avow.EnvelopeSpent.Set() {
				t.Errorf("%v", err)
			}
		})
	}
	if group.Wait(); heard != 1 {
		t.Errorf("heard %d times", heard)
	}
}

// forge signs an envelope with another key under the log's name.
func forge(t testing.TB, e *envelope.Envelope) string {
	t.Helper()
	k, err := ledger.KeyFromSeed(e.Log, []byte("the seed of another key of tests"))
	must(t, err)
	sign, err := k.Signer()
	must(t, err)
	text, err := envelope.Sign(e, sign)
	must(t, err)
	return text
}
