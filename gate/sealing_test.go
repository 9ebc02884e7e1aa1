package gate_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
	"avow.dev/gate"
)

func ageKey(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	return id
}

// keyed is a paper that carries a key.
func (w *world) keyed(to avow.Recipient, kind string, id *age.X25519Identity) *gate.Qualifying {
	q := w.paperOf(to, kind)
	q.Key = id.Recipient().String()
	return q
}

func (w *world) sealMail() (gate.Shown, error) {
	return w.SealOut(w.t.Context(), avow.Share, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Recipient: "map-maker"})
}

func TestSealedHandOver(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	before := len(w.leaves())
	if shown, err := w.sealMail(); avow.CodeOf(err) != avow.Conflict || shown.Sealed != nil || shown.Items != nil || len(w.leaves()) != before {
		t.Fatalf("without a key: %+v, %v", shown, err)
	}
	mine := ageKey(t)
	paper := w.qualify(w.keyed("map-maker", "terms", mine))[0]
	shown, err := w.sealMail()
	must(t, err)
	if shown.Items != nil || shown.Payload != nil || shown.Envelope != "" || shown.Files != nil || strings.Contains(fmt.Sprintf("%+v %s", shown, shown.Sealed), "li@mail") {
		t.Errorf("in clear: %+v", shown)
	}
	if _, _, err := envelope.Unseal(bytes.NewReader(shown.Sealed), ageKey(t).String()); err == nil {
		t.Error("another key opens it")
	}
	text, payload, err := envelope.Unseal(bytes.NewReader(shown.Sealed), mine.String())
	must(t, err)
	e := open(t, &gate.Shown{Envelope: text})
	fields, err := e.Read(payload)
	if must(t, err); len(fields) != 1 || string(fields[0].Value) != "li@mail.example" || e.ID != shown.Receipt.Leaf || e.Recipient != "map-maker" {
		t.Errorf("%+v in %+v", fields, e)
	}
	if l := w.leafAt(shown.Receipt.Index); l.Kind != evidence.Shared || l.Detail != sha256.Sum256([]byte("sealed-file\n"+text)) {
		t.Errorf("the leaf does not say how it went: %+v", l)
	}
	// Whoever opened it can ask again by it.
	w.pass(time.Minute)
	if _, err := w.askAgain(text, w.yes("li", "position")); err != nil {
		t.Error(err)
	}
	// Of two keys the one approved last counts, until it is taken back.
	newer := ageKey(t)
	replacing := w.qualify(w.keyed("map-maker", "assessment", newer))[0]
	shown, err = w.sealMail()
	must(t, err)
	if _, _, err := envelope.Unseal(bytes.NewReader(shown.Sealed), newer.String()); err != nil {
		t.Error(err)
	}
	_, _, err = w.RevokeQualification(t.Context(), "club", replacing, bo)
	must(t, err)
	shown, err = w.sealMail()
	must(t, err)
	if _, _, err := envelope.Unseal(bytes.NewReader(shown.Sealed), mine.String()); err != nil {
		t.Error(err)
	}
	// The paper without a key keeps the recipient qualified, and nothing is sealed.
	_, _, err = w.RevokeQualification(t.Context(), "club", paper, bo)
	must(t, err)
	if _, err := w.sealMail(); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("by a revoked key: %v", err)
	}
	w.sendMail()
	w.unqualify()
	_, err = w.sealMail()
	wants(t, err, avow.RecipientUnqualified)
}

// TestKeyEndsWithItsPaper: also where nothing else is required of the recipient.
func TestKeyEndsWithItsPaper(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	q := w.keyed("map-maker", "assessment", ageKey(t))
	q.Expires = w.clock().Add(time.Hour)
	w.qualify(q)
	_, err := w.sealMail()
	must(t, err)
	w.pass(time.Hour)
	if _, err := w.sealMail(); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("after the paper ran out: %v", err)
	}
}

// TestProposedKeyIsNoKey: before somebody else has approved it, and what is no key
// is not put forward.
func TestProposedKeyIsNoKey(t *testing.T) {
	t.Parallel()
	w := askWorld(t, asks)
	mine := ageKey(t)
	_, _, err := w.ProposeQualification(t.Context(), "club", ann, w.keyed("map-maker", "terms", mine))
	must(t, err)
	if _, err := w.sealMail(); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("by a proposed key: %v", err)
	}
	for _, bad := range []string{mine.String(), "age1", mine.Recipient().String() + "x", "ssh-ed25519 AAAA"} {
		q := w.paperOf("map-maker", "terms")
		q.Key = bad
		if _, _, err := w.ProposeQualification(t.Context(), "club", ann, q); avow.CodeOf(err) != avow.Invalid || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// Another key is another paper: nobody approves one and gets the other.
	a, b := w.keyed("map-maker", "terms", mine), w.keyed("map-maker", "terms", ageKey(t))
	one, err := a.Digest()
	must(t, err)
	two, err := b.Digest()
	must(t, err)
	if one == two {
		t.Error("the digest leaves the key out")
	}
}

// TestSealedWithoutTag: a sealed file has its envelope also where the policy asks
// for none, and a refusal stays one.
func TestSealedWithoutTag(t *testing.T) {
	t.Parallel()
	w := askWorld(t, strings.Replace(asks, ", tagged: true", "", 1))
	mine := ageKey(t)
	w.qualify(w.keyed("map-maker", "terms", mine))
	shown, err := w.sealMail()
	must(t, err)
	text, payload, err := envelope.Unseal(bytes.NewReader(shown.Sealed), mine.String())
	must(t, err)
	e := open(t, &gate.Shown{Envelope: text})
	if _, err := e.Read(payload); err != nil {
		t.Error(err)
	}
	w.say("li", "offers", avow.Withdrawn)
	shown, err = w.sealMail()
	wants(t, err, avow.ConsentWithdrawn)
	if shown.Sealed != nil {
		t.Error("sealed all the same")
	}
	if _, err := w.SealOut(t.Context(), avow.Publish, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Recipient: "map-maker"}); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("published: %v", err)
	}
}
