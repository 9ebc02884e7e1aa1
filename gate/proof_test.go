package gate_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/ledger"
	"avow.dev/policy"
	"avow.dev/vault"
)

const origin = "haven.example/club"

func signer(t testing.TB) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(nil, origin)
	must(t, err)
	s, err := note.NewSigner(private)
	must(t, err)
	v, err := note.NewVerifier(public)
	must(t, err)
	return s, v
}

// seal publishes everything and verifies the stored log against its checkpoint.
func (w *world) seal(s note.Signer, v note.Verifier) {
	w.t.Helper()
	sealer := w.NewSealer("club", s)
	for {
		n, err := sealer.Seal(w.t.Context())
		must(w.t, err)
		if n == 0 {
			break
		}
	}
	state, err := w.store.LogState(w.t.Context(), "club")
	must(w.t, err)
	cp, err := ledger.OpenCheckpoint(state.Checkpoint, v)
	must(w.t, err)
	must(w.t, ledger.VerifyStored(w.t.Context(), gate.LogOf(w.store, "club"), cp, nil))
	if state.Recorded != state.Sealed {
		w.t.Errorf("%d of %d leaves sealed", state.Sealed, state.Recorded)
	}
	w.leaves()
}

// An erasure leaves no row, record, index entry or key; the log still verifies,
// and what the leaves were about cannot be opened any more.
func TestErasedWithoutATrace(t *testing.T) {
	t.Parallel()
	s, v := signer(t)
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("email", "li@mail.example"), item("phone", "13800001111"), item("name", "Li")))
	w.say("li", "offers", avow.Given)
	_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"}, Items: []gate.Item{item("steps", "12")}})
	must(t, err)
	_, _, err = w.Token(t.Context(), "club", "li", "send-crash")
	must(t, err)
	_, _, err = w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text("why?")})
	must(t, err)
	must(t, w.send("paper", bytes.NewReader([]byte("paper"))))
	leaf := w.last()
	opening, err := w.Opening(t.Context(), "club", "li", leaf.ID)
	if must(t, err); opening.Salt == [32]byte{} {
		t.Error("no salt")
	}
	w.seal(s, v)
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	if n := w.sweep(); n.Cleared != 1 || n.Files != 0 {
		t.Errorf("swept %+v", n)
	}
	_, err = w.Opening(t.Context(), "club", "li", leaf.ID)
	w.wants(err, "error unknown")
	if _, err := w.keys.Key(1); !errors.Is(err, vault.ErrErased) {
		t.Errorf("key: %v", err)
	}
	if _, ok, err := w.store.Load(t.Context(), 1); ok || err != nil {
		t.Error("the row is still there")
	}
	for _, kind := range []string{"consent", "token", "ask", "hold", "item/steps", "item/photo"} {
		if recs, err := w.store.Scan(t.Context(), 1, kind, nil, 10); err != nil || len(recs) > 0 {
			t.Errorf("%d records of kind %s", len(recs), kind)
		}
	}
	for _, kind := range []string{"queue/club", "erasing/club", "rubble", "file/club", "retiring/club"} {
		if recs, err := w.store.Scan(t.Context(), 0, kind, nil, 10); err != nil || len(recs) > 0 {
			t.Errorf("%d records of kind %s", len(recs), kind)
		}
	}
	if trail, err := w.store.Trail(t.Context(), 1, -1, 10); err != nil || len(trail) > 0 {
		t.Errorf("trail %v", trail)
	}
	if w.objects() != 0 {
		t.Error("a file is still there")
	}
	w.seal(s, v)
	e, err := w.Evidence(t.Context(), "club", 0)
	if must(t, err); e.Receipt == nil {
		t.Error("no receipt of a sealed leaf")
	}
	_, err = w.Evidence(t.Context(), "club", 1<<40)
	w.wants(err, "error unknown")
}

// A leaf's commitment opens with what the person can have while their key lives.
func TestCommitmentsOpen(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	req := avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"name"}, Purpose: "manage-account", Role: "desk"}
	_, err := w.Use(t.Context(), &req)
	must(t, err)
	l := w.last()
	o, err := w.Opening(t.Context(), "club", "li", l.ID)
	must(t, err)
	req.Verb, req.At = avow.Use, l.At
	if evidence.Commit(o.Salt, o.Pseudonym, evidence.Digest(&req)) != l.Commitment {
		t.Error("the commitment does not open")
	}
	req.Role = "boss"
	if evidence.Commit(o.Salt, o.Pseudonym, evidence.Digest(&req)) == l.Commitment {
		t.Error("the commitment opens to another request")
	}
}

var canaries = []string{"canary-li@mail.example", "13977712345", "Canary Li Xiaoming", "canary-reference-77", "canary why do you ask", "canary answer text", "canary paper content", "canary-matter-9"}

// No value, reference, text or token stands in any error, leaf or file.
func TestCanaries(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	const ref = "canary-reference-77"
	var errs []error
	try := func(err error) { errs = append(errs, err) }
	must(t, w.joinHouse(ref, item("email", canaries[0]), item("phone", canaries[1]), item("name", canaries[2])))
	try(w.joinHouse("other", item("email", canaries[0])))
	try(w.joinHouse("other", item("phone", canaries[2])))
	try(w.joinHouse("other", item(avow.Datum(canaries[2]), canaries[2])))
	token, _, err := w.Token(t.Context(), "club", ref, "send-crash")
	must(t, err)
	a, _, err := w.Ask(t.Context(), "club", ref, &gate.Asking{Right: "ask", Text: text(canaries[4])})
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, Text: text(canaries[5]), Refuse: canaries[5]})
	try(err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, Text: text(canaries[5])})
	must(t, err)
	_, err = w.CollectFile(t.Context(), &gate.CollectingFile{Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Datum: "paper", Content: strings.NewReader(canaries[6]), ContentType: canaries[2]})
	must(t, err)
	_, err = w.Correct(t.Context(), "club", ref, []gate.Item{item("phone", canaries[2])})
	try(err)
	_, err = w.Find(t.Context(), "club", item("phone", canaries[2]))
	try(err)
	err = w.hold(ref, "suit", canaries[7], w.clock().Add(time.Hour))
	must(t, err)
	_, err = w.Erase(t.Context(), "club", ref)
	try(err)
	_, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email"}, Purpose: avow.Purpose(canaries[2]), Shown: avow.Provenance{Citation: canaries[7]}})
	try(err)
	_, err = w.Access(t.Context(), "club", "canary-reference-78")
	try(err)
	secrets := append([]string{token, "canary-reference-78"}, canaries...)
	for i, err := range errs {
		if err == nil {
			t.Errorf("error %d is none", i)
		}
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			said := fmt.Sprintf("%v %+v %#v", cause, cause, cause)
			for _, c := range secrets {
				if strings.Contains(said, c) {
					t.Errorf("error %d says %q", i, c)
				}
			}
		}
	}
	must(t, w.store.Close())
	look(t, w.dir, secrets)
}

// look searches all files under a folder for texts, as they are and encoded.
func look(t *testing.T, dir string, secrets []string) {
	t.Helper()
	forms := make(map[string][]byte)
	for _, s := range secrets {
		forms[s] = []byte(s)
		forms["hex of "+s] = []byte(hex.EncodeToString([]byte(s)))
		for i := range 3 { // wherever it stands in a longer text
			enc := base64.StdEncoding.EncodeToString(append(make([]byte, i), s...))
			forms[fmt.Sprint("base64 of ", s, " at ", i)] = []byte(enc[4 : len(enc)-4])
		}
		var wide []byte
		for _, u := range utf16.Encode([]rune(s)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		forms["utf-16 of "+s] = wide
	}
	seen := 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		seen += len(raw)
		for name, form := range forms {
			if bytes.Contains(raw, form) {
				t.Errorf("%s in %s", name, filepath.Base(path))
			}
		}
		return err
	}))
	if seen < 1<<12 {
		t.Errorf("only %d bytes to look at", seen)
	}
}

func TestPolicyChanges(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	next := house(t, `version: "1.0"`, `version: "1.1"`)
	must(t, w.Replace(t.Context(), next))
	must(t, w.Replace(t.Context(), next))
	if n := w.count(evidence.PolicySet); n != 2 {
		t.Errorf("%d changes", n)
	}
	w.wants(w.joinHouse("li", item("name", "Li")), "error conflict") // the old text was shown
	_, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"name"}, Purpose: "manage-account", Role: "desk"})
	w.wants(err, "acceptance-outdated")
	for _, p := range []*policy.Program{w.program, next} {
		raw, err := w.PolicyText(t.Context(), "club", p.Hash())
		if err != nil || len(raw) == 0 {
			t.Errorf("text of %s: %v", p.Hash(), err)
		}
	}
	_, err = w.PolicyText(t.Context(), "club", "sha256:00")
	w.wants(err, "error unknown")
	if err := w.Serve(t.Context(), next, w.keys); err == nil {
		t.Error("served twice")
	}
	if _, err := w.Program("other"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("%v", err)
	}
	other := house(t, "policy: club", "policy: guild")
	if err := w.Serve(t.Context(), other, w.keys); err == nil {
		t.Error("served with the keys of another policy")
	}
}

// A process that is killed in the middle of erasures leaves none half done.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("GATE_CHILD"); dir != "" {
		child(t, dir)
		return
	}
	t.Parallel()
	for round := range 3 {
		w := setupProgram(t, house(t))
		for i := range 40 {
			must(t, w.joinHouse(avow.SubjectRef(fmt.Sprint("user-", i)), item("email", fmt.Sprintf("user%d@mail.example", i))))
		}
		must(t, w.store.Close())
		must(t, w.keys.Close())
		must(t, w.ring.Close())
		answered := killed(t, w.dir, 3+5*round)
		root, err := vault.OpenRootFile(filepath.Join(w.dir, "root.key"))
		must(t, err)
		w.ring, err = vault.Open(t.Context(), filepath.Join(w.dir, "keys"), root)
		must(t, err)
		w.start()
		for _, ref := range answered {
			if got := w.has(avow.SubjectRef(ref), "email"); got != nil {
				t.Errorf("%s is still there", ref)
			}
		}
		done := make(map[[16]byte]bool)
		for _, l := range w.leaves() {
			done[l.Done] = true
		}
		open := 0
		for _, l := range w.leaves() {
			if l.Kind == evidence.EraseIntended && !done[l.ID] {
				open++
			}
		}
		if open > 0 || w.count(evidence.EraseIntended) < len(answered) {
			t.Errorf("%d erasures are open, %d were answered", open, len(answered))
		}
	}
}

// killed runs a child that erases people until it has answered so many, kills it,
// and returns who was answered.
func killed(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "GATE_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var answered []string
	lines := bufio.NewScanner(out)
	for len(answered) < n && lines.Scan() {
		if ref, ok := strings.CutPrefix(lines.Text(), "erased "); ok {
			answered = append(answered, ref)
		}
	}
	must(t, cmd.Process.Kill())
	for lines.Scan() {
		if ref, ok := strings.CutPrefix(lines.Text(), "erased "); ok {
			answered = append(answered, ref)
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(answered) < n {
		t.Fatalf("the child answered %d", len(answered))
	}
	return answered
}

func child(t *testing.T, dir string) {
	root, err := vault.OpenRootFile(filepath.Join(dir, "root.key"))
	must(t, err)
	w := &world{t: t, dir: dir, program: house(t), now: newClock()}
	w.ring, err = vault.Open(t.Context(), filepath.Join(dir, "keys"), root)
	must(t, err)
	w.start()
	work := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range work {
				ref := avow.SubjectRef(fmt.Sprint("user-", i))
				if _, err := w.Erase(context.Background(), "club", ref); err == nil {
					fmt.Printf("erased %s\n", ref)
				}
			}
		})
	}
	for i := range 40 {
		work <- i
	}
	close(work)
	all.Wait()
	os.Exit(1) // it should have been killed by now
}
