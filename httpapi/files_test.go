package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"avow.dev/httpapi"
)

const house = "../gate/testdata/house.yaml"

// paper is a request for a paper of li, with more fields if they are given.
func paper(more string) string {
	return `{"subject":"li","datum":"paper","purpose":"manage-account","point":"profile-page","feature":"account","source":"person"` + more + `}`
}

func form(t testing.TB, request string, content []byte) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range []struct {
		name, media string
		raw         []byte
	}{{"request", "application/json", []byte(request)}, {"content", "application/pdf; name=canary", content}} {
		w, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p.name + `"; filename="canary.pdf"`}, "Content-Type": {p.media}})
		must(t, err)
		_, err = w.Write(p.raw)
		must(t, err)
	}
	must(t, m.Close())
	return b.Bytes(), m.FormDataContentType()
}

func (w *world) upload(request string, content []byte, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	body, media := form(w.t, request, content)
	return w.do("POST", "/v1/club/files", w.app, string(body), append(headers, "Content-Type", media)...)
}

// fileID is the id of the only file that somebody has.
func (w *world) fileID(ref string) string {
	w.t.Helper()
	c := decode[httpapi.Copy](w.t, w.do("POST", "/v1/club/copy", w.app, `{"subject":"`+ref+`"}`))
	id := ""
	for i := range c.Held {
		if f := c.Held[i].File; f != nil {
			if id != "" || f.Size == 0 || f.ContentType != "application/pdf" {
				w.t.Errorf("held %+v beside %q", f, id)
			}
			id = f.File
		}
	}
	return id
}

func (w *world) files() (n int) {
	w.t.Helper()
	must(w.t, filepath.WalkDir(filepath.Join(w.dir, "files"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func (w *world) joinHouse() {
	w.post("collect", `{"subject":"li","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"name","value":"Li"}],"agree":{`+w.accepting()+`}}`, 200)
}

func TestFileThroughTheDoor(t *testing.T) {
	t.Parallel()
	w := setupPolicy(t, house)
	content := bytes.Repeat([]byte("canary paper\x00\xff"), 50_000)
	if got := w.upload(paper(""), content); got.Code != 403 || w.files() != 0 {
		t.Fatalf("before the account: %d, %d files", got.Code, w.files())
	}
	w.joinHouse()
	if got := w.upload(paper(""), content); got.Code != 200 || decode[httpapi.Answer](t, got).Receipt.Verdict != "allow" {
		t.Fatalf("upload: %d %s", got.Code, got.Body)
	}
	id := w.fileID("li")
	used := decode[httpapi.Handed](t, w.post("use", `{"subject":"li","data":["paper"],"purpose":"manage-account","role":"desk"}`, 200))
	if len(used.Files) != 1 || used.Files[0].File != id || used.Files[0].Size != int64(len(content)) || len(used.Items) != 0 {
		t.Errorf("used %+v", used)
	}
	for path, body := range map[string]string{
		"files/open": `{"subject":"li","datum":"paper","file":"` + id + `","purpose":"manage-account","role":"desk"}`,
		"files/copy": `{"subject":"li","datum":"paper","file":"` + id + `"}`,
	} {
		before := w.leaves()
		got := w.post(path, body, 200)
		var r httpapi.Receipt
		must(t, json.Unmarshal([]byte(got.Header().Get("Avow-Receipt")), &r))
		if !bytes.Equal(got.Body.Bytes(), content) || r.Verdict != "allow" || r.Index != before || got.Header().Get("Avow-Content-Type") != "application/pdf" {
			t.Errorf("%s: %d bytes, %v", path, got.Body.Len(), got.Header())
		}
		if got.Header().Get("Content-Disposition") != "attachment" || got.Header().Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: a browser would show it: %v", path, got.Header())
		}
		hardened(t, got)
	}
	if got := w.do("POST", "/v1/club/files/open", w.app, `{"subject":"li","datum":"paper","file":"`+id+`","purpose":"marketing","role":"desk"}`); got.Code != 403 {
		t.Errorf("for another purpose: %d", got.Code)
	}
	if strings.Contains(w.logs.String(), "canary") || strings.Contains(w.logs.String(), `"li"`) {
		t.Error("the log holds what was sent")
	}
}

// What does not fit is refused with evidence, or is no request; nothing of it stays.
func TestFilesThatAreNotTakenIn(t *testing.T) {
	t.Parallel()
	w := setupPolicy(t, house)
	w.joinHouse()
	sum := sha256.Sum256([]byte("other"))
	whole, media := form(t, paper(""), []byte("canary"))
	raw := func(body, media string) *httptest.ResponseRecorder {
		return w.do("POST", "/v1/club/files", w.app, body, "Content-Type", media)
	}
	photo := `{"subject":"li","datum":"photo","purpose":"show-walks","point":"profile-page","feature":"walks","source":"person","device":{"network":"wifi"}}`
	for name, c := range map[string]struct {
		got      *httptest.ResponseRecorder
		status   int
		part     string
		evidence bool
	}{
		"empty":             {w.upload(paper(""), nil), 403, "value-malformed", true},
		"too large":         {w.upload(photo, make([]byte, 300_001)), 403, "value-malformed", true},
		"other content":     {w.upload(paper(`,"sha256":"`+hex.EncodeToString(sum[:])+`"`), []byte("canary")), 403, "value-malformed", true},
		"no hash":           {w.upload(paper(`,"sha256":"12"`), []byte("canary")), 422, "sha256", false},
		"no file":           {w.upload(strings.Replace(paper(""), `"paper"`, `"name"`, 1), []byte("canary")), 422, "no file", false},
		"unknown field":     {w.upload(paper(`,"canary":1`), []byte("canary")), 422, "", false},
		"key without hash":  {w.upload(paper(""), []byte("canary"), key, "k"), 422, "sha256", false},
		"JSON":              {raw(paper(""), "application/json"), 415, "", false},
		"cut short":         {raw(string(whole[:len(whole)-30]), media), 503, "", false},
		"without content":   {raw(string(whole[:bytes.Index(whole, []byte("canary.pdf\"\r\nContent-Type: application/pdf"))-80])+"--\r\n", media), 400, "", false},
		"in another order":  {raw(strings.Replace(string(whole), `name="request"`, `name="content"`, 1), media), 400, "", false},
		"with no boundary":  {raw(string(whole), "multipart/form-data"), 415, "", false},
		"of another policy": {w.do("POST", "/v1/other/files", w.app, string(whole), "Content-Type", media), 403, "", false},
	} {
		if c.got.Code != c.status || !strings.Contains(c.got.Body.String(), c.part) || strings.Contains(c.got.Body.String(), "canary") {
			t.Errorf("%s: %d, want %d: %s", name, c.got.Code, c.status, c.got.Body)
		}
		if c.evidence != strings.Contains(c.got.Body.String(), `"receipt"`) {
			t.Errorf("%s: evidence is wrong: %s", name, c.got.Body)
		}
	}
	if n := w.files(); n != 0 {
		t.Errorf("%d files were left behind", n)
	}
}

// A file acts once under a key, and only with the content that was announced.
func TestAFileUnderAKey(t *testing.T) {
	t.Parallel()
	w := setupPolicy(t, house)
	w.joinHouse()
	content := []byte("a paper")
	sum := sha256.Sum256(content)
	request := paper(`,"sha256":"` + hex.EncodeToString(sum[:]) + `"`)
	first := w.upload(request, content, key, "k1")
	after := w.leaves()
	second := w.upload(request, content, key, "k1")
	if first.Code != 200 || second.Code != 200 || second.Header().Get("Idempotency-Replayed") != "true" || w.leaves() != after || w.files() != 1 {
		t.Errorf("%d, then %d %v; %d leaves, %d files", first.Code, second.Code, second.Header(), w.leaves()-after, w.files())
	}
	same(t, first, second)
	if got := w.upload(paper(`,"sha256":"`+strings.Repeat("0", 64)+`"`), content, key, "k1"); got.Code != 409 {
		t.Errorf("another file under the key: %d", got.Code)
	}
}

// zeros is a long file that nobody has in memory.
type zeros struct{ left int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), z.left)
	clear(b[:n])
	z.left -= n
	return int(n), nil
}

// TestAFileStreams sends 48 MB over a real connection and reads it again; neither
// the door nor the gate holds more than pieces of it. Not parallel: it looks at the
// memory of the process.
func TestAFileStreams(t *testing.T) {
	const size = 48 << 20
	w := setupPolicy(t, house)
	w.joinHouse()
	srv := httptest.NewServer(w)
	defer srv.Close()
	body, out := io.Pipe()
	m := multipart.NewWriter(out)
	go func() {
		p, err := m.CreateFormField("request")
		if err == nil {
			_, err = io.WriteString(p, paper(""))
		}
		if err == nil {
			p, err = m.CreateFormFile("content", "x")
		}
		if err == nil {
			_, err = io.Copy(p, &zeros{size})
		}
		if err == nil {
			err = m.Close()
		}
		out.CloseWithError(err)
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send := func(path, media string, body io.Reader) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/v1/club/"+path, body)
		must(t, err)
		r.Header.Set("Content-Type", media)
		r.Header.Set("Authorization", "Bearer "+w.app)
		resp, err := srv.Client().Do(r)
		must(t, err)
		return resp
	}
	up := send("files", m.FormDataContentType(), body)
	answer, err := io.ReadAll(up.Body)
	must(t, err)
	must(t, up.Body.Close())
	if up.StatusCode != 200 {
		t.Fatalf("upload: %d %s", up.StatusCode, answer)
	}
	used := decode[httpapi.Handed](t, w.post("use", `{"subject":"li","data":["paper"],"purpose":"manage-account","role":"desk"}`, 200))
	down := send("files/open", "application/json", strings.NewReader(`{"subject":"li","datum":"paper","file":"`+used.Files[0].File+`","purpose":"manage-account","role":"desk"}`))
	n, err := io.Copy(io.Discard, down.Body)
	must(t, err)
	must(t, down.Body.Close())
	runtime.ReadMemStats(&after)
	if down.StatusCode != 200 || n != size || down.ContentLength != size {
		t.Errorf("read %d of %d bytes, status %d", n, size, down.StatusCode)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size/2 {
		t.Errorf("%d bytes were allocated for a file of %d", grown, size)
	}
}
