package gate_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// TestPapersAreSealed: a document is opened by the desk alone, byte for byte, and
// nothing at rest or in the log shows what it holds.
func TestPapersAreSealed(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	m, err := w.demand(order(), scoping(), true)
	must(t, err)
	p := m.Body.Papers[0]
	got, raw, err := w.ReadPaper(t.Context(), "club", m.ID, p.ID, bo, forDemand)
	if must(t, err); string(raw) != paper || got.SHA256 != sha256.Sum256([]byte(paper)) || got.ContentType != "application/pdf" {
		t.Errorf("%+v %q", got, raw)
	}
	if l := w.last(); l.Kind != evidence.DemandStep || l.Detail != p.SHA256 {
		t.Errorf("%+v", l)
	}
	for _, id := range []string{"", "zz", strings.Repeat("0", 32)} {
		if _, _, err := w.ReadPaper(t.Context(), "club", m.ID, id, bo, forDemand); avow.CodeOf(err) != avow.Unknown {
			t.Errorf("%q: %v", id, err)
		}
	}
	w.pass(365 * 24 * time.Hour)
	w.sweep() // no object is swept away that a demand names
	w.restart()
	if _, raw, err := w.ReadPaper(t.Context(), "club", m.ID, p.ID, bo, forDemand); err != nil || string(raw) != paper {
		t.Errorf("after a year: %q %v", raw, err)
	}
	w.stop()
	must(t, filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, canary := range []string{"Canary-Order-12", "District court", "Civil Procedure Law art. 67"} {
			if bytes.Contains(raw, []byte(canary)) {
				t.Errorf("%s holds %q in clear", path, canary)
			}
		}
		return err
	}))
	w.start()
}

// endless is a document without an end.
type endless struct{ read int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.read += int64(len(b))
	return len(b), nil
}

// TestPapersThatAreTooMuch: an endless upload ends soon, and what would unpack into
// a flood is kept as the bytes that it is.
func TestPapersThatAreTooMuch(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	r := order()
	m, _, err := w.ReceiveDemand(t.Context(), "club", ann, &r)
	must(t, err)
	flood := &endless{}
	for name, content := range map[string]io.Reader{"endless": flood, "empty": strings.NewReader("")} {
		if _, _, err := w.AddPaper(t.Context(), "club", m.ID, ann, "application/zip", content); avow.CodeOf(err) != avow.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	if flood.read > 2*gate.PaperMax {
		t.Errorf("%d bytes were read", flood.read)
	}
	// A zip of which 42 bytes unpack to terabytes, and a picture of a million times
	// a million points, in their first bytes: neither is looked into.
	for _, bomb := range []string{"PK\x03\x04\x14\x00\x00\x00\x08\x00 42.zip", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x0f\x42\x40\x00\x0f\x42\x40\x08\x06"} {
		m, _, err = w.AddPaper(t.Context(), "club", m.ID, ann, "application/octet-stream", strings.NewReader(bomb))
		must(t, err)
		if _, raw, err := w.ReadPaper(t.Context(), "club", m.ID, m.Body.Papers[len(m.Body.Papers)-1].ID, ann, forDemand); err != nil || string(raw) != bomb {
			t.Errorf("%q: %v", raw, err)
		}
	}
	w.pass(48 * time.Hour)
	w.sweep()
	if left := objects(t, w); left != 2 {
		t.Errorf("%d objects are left", left)
	}
}

func objects(t *testing.T, w *world) (n int) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(w.dir, "files"), func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}
