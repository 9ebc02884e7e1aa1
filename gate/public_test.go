package gate_test

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// wall is the house with a wall that anyone can read after a notice.
func wall(t *testing.T) *world {
	t.Helper()
	w := setupProgram(t, house(t, "{id: show-photo, verb: publish, data: [photo, name], to: [wall], for: [show-walks], basis: contract}",
		"{id: show-photo, verb: publish, data: [photo, name], to: [wall], for: [show-walks], basis: explicit-consent, needs: {choice: [show-me], facts: [notice]}}",
		"choices:\n", "choices:\n  - {id: show-me, name: {en: Show, zh: 展示}, kind: explicit-consent, for: [show-walks], to: [wall], data: [photo, name], held_too: true}\n"))
	must(t, w.joinHouse("li", item("name", "Li"), item("email", "li@example.org")))
	return w
}

func (w *world) publish(token string, data ...avow.Datum) error {
	_, err := w.PublishAs(w.t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: data, Purpose: "show-walks", Recipient: "wall",
		Shown: avow.Provenance{Token: token}}, gate.Proven{At: w.clock()})
	return err
}

func (w *world) shown(data ...avow.Datum) string {
	w.t.Helper()
	token, _, err := w.Shown(w.t.Context(), "club", "li", &gate.Showing{Data: data, To: "wall", Words: sha256.Sum256([]byte("Members will see your name.")), Language: "en"})
	must(w.t, err)
	return token
}

func TestPublishingNeedsTheWordsThatWereShown(t *testing.T) {
	t.Parallel()
	w := wall(t)
	w.say("li", "show-me", avow.Given)
	w.wants(w.publish("", "name"), "notice-missing")
	w.wants(w.publish("made-up", "name"), "notice-missing")
	other := w.shown("photo")
	w.wants(w.publish(other, "name"), "notice-missing")
	token := w.shown("name")
	if l := w.last(); l.Kind != evidence.Noticed || l.Detail != sha256.Sum256([]byte("Members will see your name.")) || !slices.Equal(l.Data, []avow.Datum{"name"}) {
		t.Errorf("the words left %+v", l)
	}
	must(t, w.publish(token, "name"))
	w.wants(w.publish(token, "name"), "notice-missing")
	late := w.shown("name")
	w.pass(gate.NoticeLife)
	w.wants(w.publish(late, "name"), "notice-missing")
	if _, _, err := w.Shown(t.Context(), "club", "nobody", &gate.Showing{Data: []avow.Datum{"name"}, To: "wall", Words: [32]byte{1}}); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("nobody was shown something: %v", err)
	}
}

func TestWhatIsPublishedIsReadUntilItIsTakenDown(t *testing.T) {
	t.Parallel()
	w := wall(t)
	w.say("li", "show-me", avow.Given)
	must(t, w.publish(w.shown("name"), "name"))
	at := w.address()
	must(t, w.joinHouse("ann", item("name", "Ann")))
	for reader, want := range map[avow.SubjectRef]string{"": "error unknown", "stranger": "error unknown", "ann": "error unknown", "li": "Li"} {
		w.reader = reader
		if got := w.public(at, "wall"); got != want {
			t.Errorf("%q reads %q, want %q", reader, got, want)
		}
	}
	w.say("ann", "show-me", avow.Given)
	w.reader = "ann"
	if got := w.public(at, "wall"); got != "Li" {
		t.Fatalf("published is %q", got)
	}
	w.say("ann", "show-me", avow.Withdrawn)
	if got := w.public(at, "wall"); got != "error unknown" {
		t.Errorf("somebody who left reads %q", got)
	}
	w.say("ann", "show-me", avow.Given)
	if got := w.public(at, "host"); got != "error unknown" {
		t.Errorf("another audience sees %q", got)
	}
	for _, bad := range []string{"", "zz", at[:30], at + "00", "00112233445566778899aabbccddeeff"} {
		if got := w.public(bad, "wall"); got != "error unknown" {
			t.Errorf("the address %q shows %q", bad, got)
		}
	}
	before := w.count(evidence.Published)
	w.public(at, "wall")
	if w.count(evidence.Published) != before+1 {
		t.Error("a look left no evidence")
	}
	// A choice that is taken back shuts it at once, and opens it again.
	w.say("li", "show-me", avow.Withdrawn)
	if got := w.public(at, "wall"); got != "error unknown" {
		t.Errorf("after the withdrawal: %q", got)
	}
	w.say("li", "show-me", avow.Given)
	if got := w.public(at, "wall"); got != "Li" {
		t.Errorf("after a new yes: %q", got)
	}
	_, err := w.Unpublish(t.Context(), "club", "li", []avow.Datum{"name"})
	must(t, err)
	if got := w.public(at, "wall"); got != "error unknown" {
		t.Errorf("after the take-down: %q", got)
	}
	must(t, w.publish(w.shown("name"), "name"))
	if again := w.address(); again == at {
		t.Error("an address came back")
	}
	at = w.address()
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	if got := w.public(at, "wall"); got != "error unknown" {
		t.Errorf("after the erasure: %q", got)
	}
}

// address is where what li published can be read.
func (w *world) address() string {
	w.t.Helper()
	all, err := w.Addresses(w.t.Context(), "club", "li")
	must(w.t, err)
	if len(all) != 1 || all[0].To != "wall" {
		w.t.Fatalf("addresses: %v", all)
	}
	return all[0].At
}

// public is what an audience reads at an address.
func (w *world) public(at string, audience avow.Recipient) string {
	w.t.Helper()
	shown, err := w.Public(w.t.Context(), "club", at, audience, w.reader)
	if err != nil {
		return codes(err)
	}
	out := ""
	for _, i := range shown.Items {
		out += string(i.Value.Expose())
	}
	return out
}

func TestHoldingsNameEverythingAndOpenNothing(t *testing.T) {
	t.Parallel()
	w := wall(t)
	before := len(w.leaves())
	held, err := w.Holdings(t.Context(), "club", "li")
	must(t, err)
	if len(w.leaves()) != before {
		t.Error("counting left evidence")
	}
	var data []avow.Datum
	for _, h := range held {
		data = append(data, h.Datum)
		if h.Value.Len() != 0 || h.Rule != "take-account" || h.UntilBy != "keep-account" || !h.Until.IsZero() {
			t.Errorf("%+v", h)
		}
	}
	slices.Sort(data)
	if !slices.Equal(data, []avow.Datum{"email", "name"}) {
		t.Errorf("held: %v", data)
	}
	if _, err := w.Holdings(t.Context(), "club", "nobody"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("a stranger: %v", err)
	}
	one, err := w.AccessTo(t.Context(), "club", "li", "name")
	must(t, err)
	if len(one.Held) != 1 || string(one.Held[0].Value.Expose()) != "Li" {
		t.Errorf("opened: %+v", one.Held)
	}
	if l := w.last(); l.Kind != evidence.Accessed || !slices.Equal(l.Data, []avow.Datum{"name"}) {
		t.Errorf("the evidence: %+v", l)
	}
}

func TestTracedPages(t *testing.T) {
	t.Parallel()
	w := wall(t)
	for range 4 {
		_, err := w.read("li", "name")
		must(t, err)
	}
	must(t, w.joinHouse("ann", item("name", "Ann")))
	var kinds []evidence.Kind
	before, more := int64(0), true
	for more {
		var page []gate.Traced
		var err error
		page, more, err = w.Traced(t.Context(), "club", "li", before, 2)
		must(t, err)
		if len(page) > 2 {
			t.Fatalf("a page of %d", len(page))
		}
		for _, l := range page {
			kinds, before = append(kinds, l.Leaf.Kind), l.Index
		}
	}
	want := []evidence.Kind{evidence.Used, evidence.Used, evidence.Used, evidence.Used, evidence.Collected}
	if len(kinds) < len(want) || !slices.Equal(kinds[:len(want)], want) {
		t.Errorf("traced: %v", kinds)
	}
}

func TestErasureWaitsWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "live: at once,", "live: 30d, undo: 7d,"))
	must(t, w.joinHouse("li", item("name", "Li")))
	plan, err := w.Leaving(t.Context(), "club", "li", true)
	must(t, err)
	if len(plan.Things) != 1 || plan.Things[0].Stays || plan.Held {
		t.Errorf("the preview of an erasure: %+v", plan)
	}
	plan, err = w.Leaving(t.Context(), "club", "li", false)
	must(t, err)
	if len(plan.Things) != 1 || !plan.Things[0].Stays || !plan.Things[0].Until.Equal(began.Add(30*24*time.Hour)) || plan.Things[0].UntilBy != "keep-account" {
		t.Errorf("the preview of leaving: %+v", plan.Things)
	}
	d, _, err := w.EraseLater(t.Context(), "club", "li")
	must(t, err)
	if !d.At.Equal(began.Add(7 * 24 * time.Hour)) {
		t.Errorf("it waits until %v", d.At)
	}
	if _, err := w.read("li", "name"); codes(err) != "account-frozen" {
		t.Errorf("used while it waits: %v", codes(err))
	}
	if _, _, err := w.EraseLater(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("asked twice: %v", err)
	}
	_, err = w.StayAfterAll(t.Context(), "club", "li")
	must(t, err)
	if _, err := w.read("li", "name"); err != nil {
		t.Errorf("not as before: %v", err)
	}
	w.pass(8 * 24 * time.Hour)
	w.sweep()
	if _, done, err := w.Erased(t.Context(), "club", d.Leaf); err != nil || done {
		t.Errorf("a certificate of an erasure that was undone: %v, %v", done, err)
	}
	if got := w.has("li", "name"); !slices.Equal(got, []string{"Li"}) {
		t.Errorf("an undone erasure happened: %v", got)
	}
	if _, err := w.StayAfterAll(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("undone twice: %v", err)
	}
	d, r, err := w.EraseLater(t.Context(), "club", "li")
	must(t, err)
	if d.Leaf != r.Leaf {
		t.Errorf("asked for by %x, says the receipt, and not by %x", r.Leaf, d.Leaf)
	}
	w.pass(7*24*time.Hour - time.Second)
	w.restart()
	w.sweep()
	if _, waits, err := w.Departure(t.Context(), "club", "li"); err != nil || !waits {
		t.Fatalf("a second before: %v, %v", waits, err)
	}
	w.pass(time.Second)
	if n := w.sweep(); n.Erased != 1 {
		t.Errorf("swept %+v", n)
	}
	if _, err := w.Holdings(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("still known: %v", err)
	}
	if n := w.sweep(); n.Erased != 0 {
		t.Error("erased again")
	}
	index, done, err := w.Erased(t.Context(), "club", d.Leaf)
	must(t, err)
	if e, err := w.Evidence(t.Context(), "club", index); err != nil || !done || e.Leaf.Kind != evidence.EraseDone {
		t.Errorf("whoever asked finds no certificate: %v, %v, %s", done, err, e.Leaf.Kind)
	}
	for _, k := range []evidence.Kind{evidence.EraseAsked, evidence.EraseUndone, evidence.EraseIntended, evidence.EraseDone} {
		if w.count(k) == 0 {
			t.Errorf("no leaf of kind %s", k)
		}
	}
}

func TestAHoldKeepsAWaitingErasureWaiting(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "live: at once,", "live: 30d, undo: 7d,"))
	must(t, w.joinHouse("li", item("name", "Li")))
	_, _, err := w.EraseLater(t.Context(), "club", "li")
	must(t, err)
	err = w.hold("li", "suit", "m", w.clock().Add(30*24*time.Hour))
	must(t, err)
	plan, err := w.Leaving(t.Context(), "club", "li", true)
	must(t, err)
	if !plan.Held || !plan.Things[0].Stays || !plan.HeldUntil.Equal(w.clock().Add(30*24*time.Hour)) {
		t.Errorf("under a hold: %+v", plan)
	}
	w.pass(10 * 24 * time.Hour)
	w.sweep()
	if got := w.has("li", "name"); !slices.Equal(got, []string{"Li"}) {
		t.Errorf("a held person was erased: %v", got)
	}
	w.pass(20 * 24 * time.Hour)
	if n := w.sweep(); n.Erased != 1 {
		t.Errorf("after the hold: %+v", n)
	}
}

func TestACopyWaitsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := wall(t)
	must(t, w.joinHouse("ann", item("name", "Ann")))
	content := bytes.Repeat([]byte("placeholder-copy"), 40000) // in several pieces
	pack := func(content []byte) (gate.Package, error) {
		c, err := w.Copy(t.Context(), "club", "li")
		must(t, err)
		return w.Pack(t.Context(), "club", c, "copy.zip", "application/zip", content)
	}
	p, err := pack(content)
	must(t, err)
	got, back, err := w.Unpack(t.Context(), "club", "li", p.ID)
	must(t, err)
	if !bytes.Equal(back, content) || got != p || !p.Until.Equal(w.clock().Add(gate.PackageLife)) {
		t.Errorf("it came back as %+v, %d bytes", got, len(back))
	}
	for who, id := range map[avow.SubjectRef]string{"ann": p.ID, "li": "00", "nobody": p.ID} {
		if _, _, err := w.Unpack(t.Context(), "club", who, id); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("%s opens %s: %v", who, id, err)
		}
	}
	if all, err := w.Packages(t.Context(), "club", "ann"); err != nil || len(all) != 0 {
		t.Errorf("ann sees %v, %v", all, err)
	}
	w.nowhere(t, "placeholder-copy")
	w.pass(gate.PackageLife)
	if _, _, err := w.Unpack(t.Context(), "club", "li", p.ID); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("after its time: %v", err)
	}
	w.sweep()
	// What is erased in part is in no copy either.
	p, err = pack(content)
	must(t, err)
	read, err := w.Copy(t.Context(), "club", "li")
	must(t, err)
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{"email"})
	must(t, err)
	if _, err := w.Pack(t.Context(), "club", read, "copy.zip", "application/zip", content); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("what was read before an erasure is kept after it: %v", err)
	}
	if _, _, err := w.Unpack(t.Context(), "club", "li", p.ID); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("a copy outlives what it copied: %v", err)
	}
	for range 10 {
		w.pass(time.Second)
		_, err = pack(content[:100])
		must(t, err)
	}
	if all, err := w.Packages(t.Context(), "club", "li"); err != nil || len(all) != 8 || !all[0].Made.After(all[7].Made) {
		t.Errorf("%d copies wait, %v", len(all), err)
	}
}

// nowhere looks for a text in everything that lies on disk.
func (w *world) nowhere(t *testing.T, text string) {
	t.Helper()
	must(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			t.Errorf("%s holds %q", path, text)
		}
		return err
	}))
}
