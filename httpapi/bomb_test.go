package httpapi_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// unfolding is a hundred mebibytes of zeros, packed into a hundred kibibytes: one
// block of a mebibyte, again and again.
func unfolding(t *testing.T) []byte {
	t.Helper()
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestCompression)
	must(t, err)
	_, err = w.Write(make([]byte, 1<<20))
	must(t, err)
	must(t, w.Flush())
	out := append([]byte{0x78, 0xda}, bytes.Repeat(block.Bytes(), 100)...) // RFC 1950
	out = append(out, 1, 0, 0, 0xff, 0xff)                                 // an empty block, the last
	return binary.BigEndian.AppendUint32(out, 100<<20%65521<<16|1)         // Adler-32 of zeros
}

// unfoldingBody is a JSON object of fifty mebibytes in members of gzip.
func unfoldingBody(t *testing.T) string {
	t.Helper()
	member := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(text))
		must(t, err)
		must(t, w.Close())
		return b.String()
	}
	return member(`{"subject":"`) + strings.Repeat(member(strings.Repeat("0", 1<<20)), 50) + member(`"}`)
}

// bomb is a small picture that says it is as large as a picture can be, and whose
// pixels unfold to a hundred mebibytes.
func bomb(t *testing.T) []byte {
	t.Helper()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		sum := crc32.NewIEEE()
		_, err := sum.Write(append([]byte(kind), body...))
		must(t, err)
		out = binary.BigEndian.AppendUint32(append(append(out, kind...), body...), sum.Sum32())
	}
	chunk("IHDR", []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 6, 0, 0, 0})
	chunk("IDAT", unfolding(t))
	chunk("IEND", nil)
	return out
}

// TestBombs sends what unfolds to far more than it is, and what is not what it says.
// It runs alone, since it looks at the memory of the process.
func TestBombs(t *testing.T) {
	w := setupPolicy(t, house)
	w.joinHouse()
	photo := `{"subject":"li","datum":"photo","purpose":"show-walks","point":"profile-page","feature":"walks","source":"person","device":{"network":"wifi"}}`
	picture := bomb(t)
	packed := unfoldingBody(t)
	html := []byte(`<!doctype html><script>alert(1)</script>`)
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for name, c := range map[string]struct {
		got  func() *httptest.ResponseRecorder
		want []int
	}{
		"a picture that unfolds": {func() *httptest.ResponseRecorder { return w.upload(photo, picture) }, []int{200, 403}},
		"a paper that unfolds":   {func() *httptest.ResponseRecorder { return w.upload(paper(""), picture) }, []int{200}},
		"a page as a picture":    {func() *httptest.ResponseRecorder { return w.upload(photo, html) }, []int{403}},
		"a drawing as a picture": {func() *httptest.ResponseRecorder { return w.upload(photo, svg) }, []int{403}},
		"a body that unfolds": {func() *httptest.ResponseRecorder {
			return w.do("POST", "/v1/club/access", w.app, packed, "Content-Encoding", "gzip")
		}, []int{415, 400}},
		"a form that unfolds": {func() *httptest.ResponseRecorder {
			body, media := form(t, paper(""), picture)
			return w.do("POST", "/v1/club/files", w.app, string(body), "Content-Type", media, "Content-Encoding", "gzip")
		}, []int{415, 400}},
	} {
		got := c.got()
		good := false
		for _, status := range c.want {
			good = good || got.Code == status
		}
		if !good {
			t.Errorf("%s: %d, want %v: %s", name, got.Code, c.want, got.Body)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 48 {
		t.Errorf("%d MiB were made for what is %d KiB", grown, len(picture)>>10)
	}
	// What was kept is handed out as it came, and no browser would show it.
	id := w.paperOf("li")
	got := w.post("files/copy", `{"subject":"li","datum":"paper","file":"`+id+`"}`, 200)
	if !bytes.Equal(got.Body.Bytes(), picture) || got.Header().Get("Content-Type") != "application/octet-stream" || got.Header().Get("Content-Disposition") != "attachment" || got.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d bytes came back as %v", got.Body.Len(), got.Header())
	}
}

// paperOf is the file of somebody's only paper.
func (w *world) paperOf(ref string) string {
	w.t.Helper()
	used := decode[struct {
		Files []struct{ Datum, File string }
	}](w.t, w.post("use", `{"subject":"`+ref+`","data":["paper"],"purpose":"manage-account","role":"desk"}`, 200))
	if len(used.Files) != 1 {
		w.t.Fatalf("%d papers are kept", len(used.Files))
	}
	return used.Files[0].File
}
