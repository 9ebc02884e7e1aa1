package gate_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

func (w *world) send(datum avow.Datum, content io.Reader) error {
	c := &gate.CollectingFile{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
		Datum: datum, Content: content, ContentType: "application/pdf"}
	if datum == "photo" {
		c.Purpose, c.Feature, c.Device.Network, c.ContentType = "show-walks", "walks", "wifi", "image/png"
	}
	_, err := w.CollectFile(context.Background(), c)
	return err
}

func (w *world) fetch(f *gate.File, p avow.Purpose) ([]byte, error) {
	o, err := w.OpenFile(context.Background(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{f.Datum}, Purpose: p, Role: "desk"}, f.ID)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(o)
	return b, errors.Join(err, o.Close())
}

// objects counts what lies in the blob folder.
func (w *world) objects() int {
	w.t.Helper()
	n := 0
	must(w.t, filepath.WalkDir(filepath.Join(w.dir, "files"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func (w *world) filesOf(datum avow.Datum) []gate.File {
	w.t.Helper()
	c, err := w.Copy(context.Background(), "club", "li")
	must(w.t, err)
	var out []gate.File
	for _, h := range c.Held {
		if h.Datum == datum && h.File != nil {
			out = append(out, *h.File)
		}
	}
	return out
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40))))
	end := bytes.Index(b.Bytes(), []byte("IDAT")) - 4
	note := []byte("\x00\x00\x00\x0ctEXtnote\x00canary-\xc5\x58\x3b\x44")
	return append(append(append([]byte{}, b.Bytes()[:end]...), note...), b.Bytes()[end:]...)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	paper := bytes.Repeat([]byte("canary paper "), 20000)
	w.wants(w.send("paper", bytes.NewReader(paper)), "no-account not-accepted")
	if n := w.objects(); n != 0 {
		t.Errorf("%d objects of a refused file", n)
	}
	must(t, w.joinHouse("li", item("name", "Li")))
	must(t, w.send("paper", iotest.OneByteReader(bytes.NewReader(paper[:1000]))))
	must(t, w.send("paper", bytes.NewReader(paper)))
	got := w.filesOf("paper")
	if len(got) != 1 || got[0].Size != int64(len(paper)) || got[0].ContentType != "application/pdf" {
		t.Fatalf("%+v", got)
	}
	b, err := w.fetch(&got[0], "manage-account")
	if must(t, err); !bytes.Equal(b, paper) {
		t.Error("other bytes came back")
	}
	_, err = w.fetch(&got[0], "marketing")
	w.wants(err, "purpose-undeclared")
	_, err = w.fetch(&gate.File{Datum: "paper", ID: "00"}, "manage-account")
	w.wants(err, "error unknown")
	shown, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"paper"}, Purpose: "manage-account", Role: "desk"})
	if must(t, err); len(shown.Items) != 0 || len(shown.Files) != 1 || shown.Files[0] != got[0] {
		t.Errorf("shown %+v", shown)
	}
	o, err := w.CopyFile(t.Context(), "club", "li", "paper", got[0].ID)
	must(t, err)
	must(t, o.Close())
	if n := w.objects(); n != 2 {
		t.Errorf("%d objects, want the new one and the one it replaced", n)
	}
	if n := w.sweep(); n.Files != 1 || w.objects() != 1 {
		t.Errorf("swept %+v, %d left", n, w.objects())
	}
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{"name"}) // moves the rest to a new key
	must(t, err)
	got = w.filesOf("paper")
	b, err = w.fetch(&got[0], "manage-account")
	if must(t, err); !bytes.Equal(b, paper) {
		t.Error("other bytes came back after the key changed")
	}
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	w.sweep()
	if n := w.objects(); n != 0 {
		t.Errorf("%d objects after the erasure", n)
	}
}

func TestFilesAreCleanedAndBounded(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	for name, bad := range map[string][]byte{"no picture": []byte("hello"), "empty": {}, "too large": make([]byte, 300001)} {
		if err := w.send("photo", bytes.NewReader(bad)); codes(err) != "value-malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.wants(w.send("name", bytes.NewReader([]byte("x"))), "error invalid")
	w.wants(w.send("paper", iotest.ErrReader(errors.New("cut"))), "error unavailable")
	must(t, w.send("photo", bytes.NewReader(picture(t))))
	must(t, w.send("photo", bytes.NewReader(picture(t))))
	got := w.filesOf("photo")
	if len(got) != 2 {
		t.Fatalf("%d photos", len(got))
	}
	b, err := w.fetch(&got[1], "show-walks")
	must(t, err)
	if _, err := png.Decode(bytes.NewReader(b)); err != nil || bytes.Contains(b, []byte("canary")) {
		t.Errorf("not cleaned: %v", err)
	}
	// Publishing starts nothing; taking down starts the clock of seven days.
	_, err = w.PublishAs(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"photo"}, Purpose: "show-walks", Recipient: "wall"}, gate.Proven{At: w.clock().Add(-time.Minute)})
	must(t, err)
	w.pass(90 * 24 * time.Hour)
	w.sweep()
	_, err = w.Unpublish(t.Context(), "club", "li", []avow.Datum{"photo", "name"})
	must(t, err)
	if l := w.last(); len(l.Data) != 1 || l.Count != 1 {
		t.Errorf("taken down %v", l.Data)
	}
	w.pass(7*24*time.Hour - time.Nanosecond)
	if n := w.filesOf("photo"); len(n) != 2 {
		t.Errorf("%d photos one tick before the end", len(n))
	}
	w.pass(time.Nanosecond)
	if n := w.filesOf("photo"); len(n) != 0 {
		t.Errorf("%d photos at the end", len(n))
	}
	if n := w.sweep(); n.Expired != 2 || w.objects() != 0 {
		t.Errorf("swept %+v, %d objects left", n, w.objects())
	}
}

// What a crash between the object and its change leaves goes after a day.
func TestLeftOverFiles(t *testing.T) {
	t.Parallel()
	broken := &breaking{}
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	w.wrap = func(s gate.Store) gate.Store { broken.Store = s; return broken }
	w.restart()
	broken.failAt(2, false)
	w.wants(w.send("paper", bytes.NewReader([]byte("paper"))), "error unavailable")
	broken.failAt(1<<30, false)
	w.restart()
	w.sweep()
	if w.objects() != 1 || len(w.filesOf("paper")) != 0 {
		t.Fatalf("%d objects, %d files", w.objects(), len(w.filesOf("paper")))
	}
	w.pass(25 * time.Hour)
	if n := w.sweep(); n.Files != 1 || w.objects() != 0 {
		t.Errorf("swept %+v", n)
	}
	must(t, w.send("paper", bytes.NewReader([]byte("paper"))))
	w.pass(25 * time.Hour)
	if n := w.sweep(); n.Files != 0 || len(w.filesOf("paper")) != 1 {
		t.Errorf("swept %+v", n)
	}
}

func TestWithoutAPlaceForFiles(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	g, err := gate.Open(gate.Config{Store: w.store, Clock: w.clock})
	must(t, err)
	must(t, g.Serve(t.Context(), w.program, w.keys))
	_, err = g.CollectFile(t.Context(), &gate.CollectingFile{Request: avow.Request{Policy: "club", Subject: "li"}, Datum: "paper", Content: os.Stdin})
	w.wants(err, "error unavailable")
}
