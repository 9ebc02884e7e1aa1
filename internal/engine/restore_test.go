package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/vault"
)

// later is a world in which much was said and done after a backup: li was erased,
// wu withdrew, su refused, fu was put under a hold, go was closed, and ma joined.
func later(t *testing.T) (*world, string) {
	t.Helper()
	w := newWorld(t)
	e := w.first()
	for ref, phone := range map[avow.SubjectRef]string{"li": "13800000001", "wu": "13800000002", "su": "13800000003", "fu": "13800000004", "go": "13800000005", "xi": "13800000006"} {
		w.join(e, ref, string(ref)+"@mail.example", phone)
		w.choose(e, ref, "offers", avow.Given)
	}
	must(t, e.Seal(t.Context()))
	from := w.backup()
	w.pass(time.Hour)
	g := e.Gate()
	_, err := g.Erase(t.Context(), "club", "li")
	must(t, err)
	w.choose(e, "wu", "offers", avow.Withdrawn)
	w.choose(e, "su", "position", avow.Refused)
	_, err = g.Agree(t.Context(), "club", "su", &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}})
	must(t, err)
	_, _, err = g.ProposeHold(t.Context(), "club", gate.Officer{Person: "ann"}, "fu", &gate.Holding{Rule: "lawsuit", Case: "2026-1", Statute: "Act 1", Until: w.clock().Add(24 * time.Hour)})
	must(t, err)
	_, err = g.Close(t.Context(), "club", "go")
	must(t, err)
	w.join(e, "ma", "ma@mail.example", "13800000007")
	w.close(e)
	return w, from
}

func checkReapplied(t *testing.T, w *world, e *engine.Engine) {
	t.Helper()
	if s := w.standing(e, "li"); s.Account != avow.NoRelation {
		t.Errorf("the erased person is %v", s.Account)
	}
	wu, su := w.standing(e, "wu"), w.standing(e, "su")
	if c, _ := wu.Choice("offers"); c.State != avow.Withdrawn {
		t.Errorf("the withdrawal is %v", c.State)
	}
	if c, _ := su.Choice("position"); c.State != avow.Refused {
		t.Errorf("the refusal is %v", c.State)
	}
	if su.Signals&avow.SignalGPC == 0 {
		t.Error("the signal is forgotten")
	}
	if !w.standing(e, "fu").Hold {
		t.Error("the hold is forgotten")
	}
	if all, err := e.Gate().Holds(t.Context(), "club", "", 10); err != nil || len(all) != 1 || all[0].State != "in-force" || all[0].Body.Case != "2026-1" || all[0].Steps[0].By.Person != "ann" {
		t.Errorf("the desk knows of %+v, %v", all, err)
	}
	if s := w.standing(e, "go"); s.Account != avow.Closed {
		t.Errorf("the closed account is %v", s.Account)
	}
	if s := w.standing(e, "xi"); s.Account != avow.Open {
		t.Errorf("somebody else is %v", s.Account)
	}
	if c, _ := w.standingOf(e, "xi").Choice("offers"); c.State != avow.Given {
		t.Errorf("somebody else's yes is %v", c.State)
	}
}

func (w *world) standingOf(e *engine.Engine, ref avow.SubjectRef) *avow.Standing {
	s := w.standing(e, ref)
	return &s
}

func TestWhatWasSaidSinceHoldsAfterARestore(t *testing.T) {
	t.Parallel()
	w, from := later(t)
	w.lose()
	r := w.restoring(from)
	if _, err := engine.Restore(t.Context(), r); !errors.Is(err, engine.ErrRollback) {
		t.Fatalf("a rollback was not noticed: %v", err)
	}
	if left, err := os.ReadDir(w.data); err != nil || len(left) != 0 {
		t.Fatalf("a refused restore left %v %v", left, err)
	}
	r.AcceptRollback = true
	done, err := engine.Restore(t.Context(), r)
	must(t, err)
	if len(done) != 1 || done[0].People != 5 || done[0].Erased != 1 || done[0].LostLeaves <= 0 {
		t.Errorf("restored %+v", done)
	}
	e := w.open(w.config())
	defer w.close(e)
	checkReapplied(t, w, e)
	if n := count(t, e, evidence.Restored); n < 6 {
		t.Errorf("%d leaves about the restore", n)
	}
	// What was erased is not in the copy either, whoever asks by its value.
	if _, err := e.Gate().Find(t.Context(), "club", item("phone", "13800000001")); err == nil {
		t.Error("the erased person is found")
	}
	// The hold holds: fu cannot be erased before its time is over.
	if _, err := e.Gate().Erase(t.Context(), "club", "fu"); err == nil {
		t.Error("erased under a hold")
	}
	w.pass(25 * time.Hour)
	if _, err := e.Gate().Erase(t.Context(), "club", "fu"); err != nil {
		t.Error(err)
	}
}

// Whoever got the data of somebody whom a restore erases once more is told once more: of
// the first telling, the data that was put back knows nothing.
func TestRecipientsAreToldAgainAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800000001")
	_, err := e.Gate().Entrust(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	must(t, err)
	from := w.backup()
	_, err = e.Gate().Erase(t.Context(), "club", "li")
	must(t, err)
	w.close(e)
	w.lose()
	r := w.restoring(from)
	r.AcceptRollback = true
	done, err := engine.Restore(t.Context(), r)
	if must(t, err); len(done) != 1 || done[0].Erased != 1 {
		t.Fatalf("restored %+v", done)
	}
	e = w.open(w.config())
	defer w.close(e)
	all, err := e.Gate().Fulfilments(t.Context(), "club", "", 10, false)
	if must(t, err); len(all) != 1 || all[0].State != "open" || all[0].Body.Right != "erase" || all[0].Body.Done == [16]byte{} {
		t.Fatalf("%+v", all)
	}
	i := slices.IndexFunc(all[0].Body.Steps, func(s gate.StoreStep) bool { return s.Store == gate.StoreRecipient })
	if i < 0 {
		t.Fatalf("nobody is told: %+v", all[0].Body.Steps)
	}
	if s := all[0].Body.Steps[i]; s.Recipient != "host" || !s.NeedsHand() || s.Count != 1 || !slices.Equal(s.Data, []avow.Datum{"email"}) {
		t.Errorf("%+v", s)
	}
}

func count(t *testing.T, e *engine.Engine, kind evidence.Kind) int {
	t.Helper()
	state, err := e.Store().LogState(t.Context(), "club")
	must(t, err)
	leaves, err := e.Store().Leaves(t.Context(), "club", 0, state.Recorded)
	must(t, err)
	n := 0
	for _, raw := range leaves {
		l, err := evidence.Parse(raw)
		must(t, err)
		if l.Kind == kind {
			n++
		}
	}
	return n
}

// Somebody copies old files back by hand. The witness beside the keys notices; and
// if that is gone too, the journal still sees to it that what was said holds.
func TestDataPutBackByHand(t *testing.T) {
	t.Parallel()
	w, from := later(t)
	w.lose()
	must(t, os.Mkdir(w.data, 0o700))
	text, err := os.ReadFile(filepath.Join(from, engine.DataFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.data, engine.DataFile), text, 0o600))
	if _, err := engine.Open(t.Context(), w.config()); !errors.Is(err, engine.ErrRollback) {
		t.Fatalf("got %v", err)
	}
	must(t, os.Remove(filepath.Join(w.keys, "club.checkpoint")))
	e := w.open(w.config())
	defer w.close(e)
	checkReapplied(t, w, e)
}

// The latest word wins: a yes after a no is not undone by the journal.
func TestALaterYesOutweighsTheJournal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	w.join(e, "wu", "wu@mail.example", "13800000002")
	from := w.backup() // before the no
	w.pass(time.Minute)
	w.choose(e, "wu", "offers", avow.Refused)
	w.pass(time.Minute)
	w.choose(e, "wu", "offers", avow.Given)
	after := w.backup()
	w.close(e)
	for dir, want := range map[string]avow.ChoiceState{from: avow.Refused, after: avow.Given} {
		w.lose()
		r := w.restoring(dir)
		r.AcceptRollback = true
		_, err := engine.Restore(t.Context(), r)
		must(t, err)
		e := w.open(w.config())
		if c, _ := w.standingOf(e, "wu").Choice("offers"); c.State != want {
			t.Errorf("restored %v, want %v", c.State, want)
		}
		w.close(e)
	}
}

// A checkpoint that was published elsewhere is enough to notice a rollback.
func TestAPublishedCheckpointTellsARollback(t *testing.T) {
	t.Parallel()
	w, from := later(t)
	signed, err := os.ReadFile(filepath.Join(w.keys, "club.checkpoint"))
	must(t, err)
	must(t, os.Remove(filepath.Join(w.keys, "club.checkpoint")))
	w.lose()
	r := w.restoring(from)
	r.Known = [][]byte{signed}
	if _, err := engine.Restore(t.Context(), r); !errors.Is(err, engine.ErrRollback) {
		t.Errorf("got %v", err)
	}
}

func TestBackupsThatAreNotWhole(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir string) error{
		"no manifest":    func(dir string) error { return os.Remove(filepath.Join(dir, engine.ManifestFile)) },
		"a file missing": func(dir string) error { return os.Remove(filepath.Join(dir, engine.DataFile)) },
		"a file changed": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "checkpoints", "club.checkpoint"), []byte("x"), 0o600)
		},
		"a file outside": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, engine.ManifestFile), []byte(`{"format":"avow backup 1","files":[{"name":"../x"}]}`), 0o600)
		},
		"keys among the data": func(dir string) error {
			return smuggle(dir, "keys/club.keys", func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) })
		},
		"a file beside the data": func(dir string) error {
			return smuggle(dir, "avow.db-wal", func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) })
		},
		"a link to a file elsewhere": func(dir string) error {
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			return smuggle(dir, "blobs/00/00/x", func(path string) error {
				return errors.Join(os.WriteFile(elsewhere, []byte("x"), 0o600), os.Symlink(elsewhere, path))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.first()
			must(t, e.Seal(t.Context()))
			from := w.backup()
			w.close(e)
			must(t, spoil(from))
			w.lose()
			if _, err := engine.Restore(t.Context(), w.restoring(from)); !errors.Is(err, engine.ErrBackup) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// smuggle adds a file that holds an x to a backup, with a place in its manifest.
func smuggle(dir, name string, add func(path string) error) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), add(path)); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, engine.ManifestFile))
	if err != nil {
		return err
	}
	var m engine.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	m.Files = append(m.Files, engine.File{Name: name, Size: 1, SHA256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"})
	if raw, err = json.Marshal(m); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, engine.ManifestFile), raw, 0o600)
}

func TestNothingIsRestoredOverData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	from := w.backup()
	w.close(e)
	if _, err := engine.Restore(t.Context(), w.restoring(from)); err == nil {
		t.Error("restored over data")
	}
	w.close(w.open(w.config())) // which is untouched
}

// bundle seals the keys as they are now, for a day.
func (w *world) bundle(to *age.X25519Identity) []byte {
	w.Helper()
	var b bytes.Buffer
	must(w, engine.BackupKeys(w.keys, &b, w.clock(), w.clock().Add(24*time.Hour), to.Recipient()))
	return b.Bytes()
}

// The keys are lost, and only a bundle from before an erasure is left: data backed
// up after the erasure tells which keys must go.
func TestOldKeysDoNotBringBackTheErased(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800000001")
	w.join(e, "wu", "wu@mail.example", "13800000002")
	running := w.bundle(id)
	w.close(e) // without the keys that were made ahead
	keys, old := w.bundle(id), w.backup()
	e = w.open(w.config())
	w.pass(time.Hour)
	_, err = e.Gate().Erase(t.Context(), "club", "li")
	must(t, err)
	w.join(e, "ma", "ma@mail.example", "13800000003") // their key is in no bundle
	from := w.backup()
	w.close(e)
	w.lose()
	must(t, os.RemoveAll(w.keys))
	must(t, engine.RestoreKeys(bytes.NewReader(keys), w.keys, w.clock(), id))

	r := w.restoring(from)
	r.OldKeys = true
	if _, err := engine.Restore(t.Context(), r); !errors.Is(err, gate.ErrJournal) {
		t.Fatalf("keys older than the data were not noticed: %v", err)
	}
	r.AcceptGap = true
	if _, err := engine.Restore(t.Context(), r); !errors.Is(err, gate.ErrLost) {
		t.Fatalf("missing keys were not noticed: %v", err)
	}
	r.DropLost = true
	done, err := engine.Restore(t.Context(), r)
	must(t, err)
	if done[0].Strays != 1 || done[0].Lost != 2 || done[0].People != 1 { // lost: ma, and the office, which came with the erasure
		t.Errorf("restored %+v", done)
	}
	// Even the old data does not open what was erased.
	w.lose()
	must(t, os.Remove(filepath.Join(w.keys, "club.checkpoint")))
	r = w.restoring(old)
	done, err = engine.Restore(t.Context(), r)
	must(t, err)
	if done[0].Erased != 1 || done[0].People != 1 {
		t.Errorf("restored the old data: %+v", done)
	}
	w.close(w.open(w.config()))

	// A bundle that was made while a server ran has keys that nobody had yet, and that
	// nobody was given later: the server was stopped in between.
	w.lose()
	must(t, os.RemoveAll(w.keys))
	must(t, engine.RestoreKeys(bytes.NewReader(running), w.keys, w.clock(), id))
	r = w.restoring(from)
	r.OldKeys, r.AcceptGap, r.DropLost = true, true, true
	done, err = engine.Restore(t.Context(), r)
	must(t, err)
	if done[0].Lost != 2 || done[0].People != 1 || done[0].Strays < 2 {
		t.Errorf("restored with the keys of a server that ran: %+v", done)
	}
	w.close(w.open(w.config()))
}

// Somebody who joins after the bundle may get a key that was made ahead and is in it. An
// erasure of theirs holds all the same.
func TestBundleWithKeysMadeAhead(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800000001")
	keys := w.bundle(id)
	w.join(e, "wu", "wu@mail.example", "13800000002")
	w.join(e, "ma", "ma@mail.example", "13800000003")
	old := w.backup()
	w.pass(time.Hour)
	_, err = e.Gate().Erase(t.Context(), "club", "wu")
	must(t, err)
	from := w.backup()
	w.close(e)
	w.lose()
	must(t, os.RemoveAll(w.keys))
	must(t, engine.RestoreKeys(bytes.NewReader(keys), w.keys, w.clock(), id))
	r := w.restoring(from)
	r.OldKeys, r.AcceptGap = true, true
	done, err := engine.Restore(t.Context(), r)
	must(t, err)
	if done[0].Lost != 0 || done[0].People != 2 || done[0].Strays < 1 {
		t.Errorf("restored %+v", done)
	}
	w.lose()
	must(t, os.Remove(filepath.Join(w.keys, "club.checkpoint")))
	done, err = engine.Restore(t.Context(), w.restoring(old))
	must(t, err)
	if done[0].Erased != 1 || done[0].People != 2 {
		t.Errorf("restored the old data: %+v", done)
	}
	e = w.open(w.config())
	w.join(e, "an", "an@mail.example", "13800000004")
	w.close(e)
}

// The date binds honest software only; it is there against honest mistakes.
func TestAnExpiredBundleIsRefused(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	w := newWorld(t)
	w.close(w.first())
	keys := w.bundle(id)
	to := filepath.Join(t.TempDir(), "keys")
	if err := engine.RestoreKeys(bytes.NewReader(keys), to, w.clock().Add(25*time.Hour), id); !errors.Is(err, engine.ErrExpired) {
		t.Errorf("got %v", err)
	}
	other, err := age.GenerateX25519Identity()
	must(t, err)
	if err := engine.RestoreKeys(bytes.NewReader(keys), to, w.clock(), other); !errors.Is(err, engine.ErrBundle) {
		t.Errorf("another identity: %v", err)
	}
	if err := engine.RestoreKeys(bytes.NewReader(keys[:len(keys)/2]), to, w.clock(), id); !errors.Is(err, engine.ErrBundle) {
		t.Errorf("half of it: %v", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	must(t, engine.RestoreKeys(bytes.NewReader(keys), to, w.clock(), id))
	if _, err := vault.Describe(to); err != nil {
		t.Error(err)
	}
}

// No backup of the data has a key in it, also when the keys lie inside the data.
func TestNoKeysInABackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keys = filepath.Join(w.data, engine.KeysFolder)
	w.close(w.first())
	from := w.backup()
	must(t, filepath.WalkDir(from, func(path string, _ fs.DirEntry, err error) error {
		if n := filepath.Base(path); n == engine.RingFile || n == engine.JournalFile || filepath.Ext(n) == ".keys" {
			t.Errorf("%s is in the backup", n)
		}
		return err
	}))
}

// TestAWaitingErasureHoldsAfterARestore: somebody who asked to be erased after the
// backup is erased when their time is over, and somebody who then stayed is not.
func TestAWaitingErasureHoldsAfterARestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.first()
	w.join(e, "li", "li@mail.example", "13800000001")
	w.join(e, "wu", "wu@mail.example", "13800000002")
	must(t, e.Seal(t.Context()))
	from := w.backup()
	w.pass(time.Hour)
	at := make(map[avow.SubjectRef]time.Time)
	for _, ref := range []avow.SubjectRef{"li", "wu"} {
		d, _, err := e.Gate().EraseLater(t.Context(), "club", ref)
		if must(t, err); d.At.IsZero() {
			t.Fatal("the policy gives no time for a change of mind")
		}
		at[ref] = d.At
	}
	_, err := e.Gate().StayAfterAll(t.Context(), "club", "wu")
	must(t, err)
	w.close(e)
	w.lose()
	r := w.restoring(from)
	r.AcceptRollback = true
	_, err = engine.Restore(t.Context(), r)
	must(t, err)
	e = w.open(w.config())
	defer w.close(e)
	for ref, want := range map[avow.SubjectRef]bool{"li": true, "wu": false} {
		if d, waits, err := e.Gate().Departure(t.Context(), "club", ref); err != nil || waits != want || waits && !d.At.Equal(at[ref]) {
			t.Errorf("%s: waits %v until %v, %v", ref, waits, d.At, err)
		}
	}
	if s := w.standing(e, "li"); s.Account != avow.Frozen {
		t.Errorf("whoever leaves is %v", s.Account)
	}
	if s := w.standing(e, "wu"); s.Account != avow.Open {
		t.Errorf("whoever stays is %v", s.Account)
	}
}
