package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/evidence"
	"avow.dev/httpapi"
)

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	w := setup(t, func(c *httpapi.Config) { c.Limits.Body = 4096 })
	w.populate()
	items := func(n int, value string) string {
		return `{"purpose":"manage-account","point":"sign-up","items":[` + strings.TrimSuffix(strings.Repeat(`{"datum":"x","value":"`+value+`"},`, n), ",") + `]}`
	}
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"body":        {items(1, strings.Repeat("v", 4096)), 413},
		"purpose":     {`{"purpose":"` + strings.Repeat("p", 65) + `","point":"x","items":[{"datum":"email"}]}`, 422},
		"subject":     {`{"subject":"` + strings.Repeat("s", 257) + `","purpose":"p","point":"x","items":[{"datum":"email"}]}`, 422},
		"characters":  {`{"subject":"` + strings.Repeat("步", 256) + `","purpose":"p","point":"x","items":[{"datum":"email"}]}`, 403}, // they are counted, not their bytes
		"no items":    {items(0, ""), 422},
		"empty value": {items(1, ""), 403}, // malformed data is the policy's business, with evidence
	} {
		if got := w.do("POST", "/v1/club/collect", w.app, c.body); got.Code != c.status {
			t.Errorf("%s: %d, want %d: %s", name, got.Code, c.status, got.Body)
		}
	}
	wide := setup(t)
	for n, status := range map[int]int{256: 403, 257: 413} {
		if got := wide.do("POST", "/v1/club/collect", wide.app, items(n, "v")); got.Code != status {
			t.Errorf("%d items: %d", n, got.Code)
		}
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	body := `{"subject":"user-1024"}`
	for media, status := range map[string]int{"application/json": 200, "application/json; charset=UTF-8": 200, "application/json; charset=gbk": 415, "text/plain": 415,
		"application/json; x=y": 415, "application/xml": 415, "": 415, "application/jsonp": 415} {
		if got := w.do("POST", "/v1/club/standing", w.app, body, "Content-Type", media); got.Code != status {
			t.Errorf("%q: %d", media, got.Code)
		}
	}
	if got := w.do("POST", "/v1/club/standing", w.app, body, "Content-Encoding", "gzip"); got.Code != 415 {
		t.Errorf("compressed: %d", got.Code)
	}
	if got := w.do("POST", "/v1/club/standing?subject=x", w.app, body); got.Code != 422 {
		t.Errorf("with a query: %d", got.Code)
	}
}

// TestTooManyAtOnce: what is over the limit is turned away at once.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan bool), make(chan bool)
	w := setup(t, func(c *httpapi.Config) {
		c.Limits.Concurrent = 1
		c.LastProof = func() (httpapi.Proof, bool) { inside <- true; <-leave; return httpapi.Proof{}, false }
	})
	var wg sync.WaitGroup
	wg.Go(func() { w.do("GET", "/.well-known/avow.json", "", "") })
	<-inside
	if got := w.do("GET", "/healthz", "", ""); got.Code != 503 || got.Header().Get("Retry-After") == "" {
		t.Errorf("the second: %d", got.Code)
	}
	close(leave)
	wg.Wait()
	if got := w.do("GET", "/healthz", "", ""); got.Code != 200 {
		t.Errorf("afterwards: %d", got.Code)
	}
}

// serving opens the door on a real listener.
func (w *world) serving(ctx context.Context) (url string, closed chan error) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	closed = make(chan error, 1)
	go func() { closed <- w.Serve(ctx, l, "", "") }()
	return "http://" + l.Addr().String(), closed
}

// TestSlowAndFat: callers that never finish, or send a head without end.
func TestSlowAndFat(t *testing.T) {
	t.Parallel()
	w := setup(t, func(c *httpapi.Config) {
		c.Limits.ReadHeader, c.Limits.Read, c.Limits.Header = time.Second, time.Second, 2048
	})
	ctx, cancel := context.WithCancel(t.Context())
	url, closed := w.serving(ctx)
	address := strings.TrimPrefix(url, "http://")
	for name, c := range map[string]struct{ send, want string }{
		"head":      {"POST /v1/club/use HTTP/1.1\r\nHost: x\r\n", ""},
		"body":      {"POST /v1/club/use HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.app + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", " 408 "},
		"cut":       {"POST /v1/club/use HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.app + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\r\n", " 4"},
		"long head": {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 16<<10) + "\r\n\r\n", " 431 "},
	} {
		conn, err := net.Dial("tcp", address)
		must(t, err)
		_, err = io.WriteString(conn, c.send)
		must(t, err)
		got, err := io.ReadAll(conn) // until the door closes it
		if err != nil && len(got) == 0 && c.want != "" || !strings.Contains(string(got), c.want) {
			t.Errorf("%s: %v %q", name, err, got)
		}
		must(t, conn.Close())
	}
	cancel()
	must(t, <-closed)
	if strings.Contains(w.logs.String(), "127.0.0.1:") && strings.Count(w.logs.String(), "127.0.0.1:") > 1 { // its own address, once
		t.Errorf("the log names callers: %s", w.logs)
	}
}

const callers = 8

// TestShutdownLosesNothing: whatever was answered with a receipt is there, and
// the door closes without cutting anybody off.
func TestShutdownLosesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	url, closed := w.serving(ctx)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}} // whose connections are to this door only
	defer client.CloseIdleConnections()
	var answered atomic.Int64
	var mu sync.Mutex
	receipts := map[int64]string{}
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := 0; ; n++ {
				r, ok := w.signUp(t, client, url, fmt.Sprintf("p%d-%d", c, n))
				if !ok {
					return
				}
				mu.Lock()
				receipts[r.Index] = r.Leaf
				mu.Unlock()
				if answered.Add(1) == 200 {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	must(t, <-closed)
	cancel()
	for index, leaf := range receipts {
		bodies, err := w.store.Leaves(t.Context(), "club", index, index+1)
		must(t, err)
		l, err := evidence.Parse(bodies[0])
		must(t, err)
		if fmt.Sprintf("%x", l.ID) != leaf {
			t.Errorf("leaf %d is %x, the receipt says %s", index, l.ID, leaf)
		}
	}
	// And the other way round: what was done was answered.
	state, err := w.store.LogState(t.Context(), "club")
	must(t, err)
	bodies, err := w.store.Leaves(t.Context(), "club", 0, state.Recorded)
	must(t, err)
	done := 0
	for _, b := range bodies {
		l, err := evidence.Parse(b)
		must(t, err)
		if l.Kind == evidence.Collected {
			done++
		}
	}
	if n := len(receipts); n < 200 || int64(n) != answered.Load() || n != done {
		t.Errorf("%d receipts, %d answers, %d done", n, answered.Load(), done)
	}
}

// TestTooLateIsTurnedAway: a request whose connection was there before the door began
// to close, and that arrives after that, changes nothing.
func TestTooLateIsTurnedAway(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan bool), make(chan bool)
	w := setup(t, func(c *httpapi.Config) {
		c.LastProof = func() (httpapi.Proof, bool) { inside <- true; <-leave; return httpapi.Proof{}, false }
	})
	ctx, cancel := context.WithCancel(t.Context())
	url, closed := w.serving(ctx)
	address := strings.TrimPrefix(url, "http://")
	dial := func(send string) net.Conn {
		conn, err := net.Dial("tcp", address)
		must(t, err)
		_, err = io.WriteString(conn, send)
		must(t, err)
		return conn
	}
	early := dial("GET /.well-known/avow.json HTTP/1.1\r\nHost: x\r\n\r\n")
	<-inside
	late := dial("POST /v1/club/collect HTTP/1.1\r\n")
	cancel()
	for { // until it takes no more connections
		conn, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		must(t, conn.Close())
	}
	body := w.signingUp("late")
	_, _ = fmt.Fprintf(late, "Host: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", w.app, len(body), body) // it may be closed
	if got, _ := io.ReadAll(late); len(got) > 0 && !strings.HasPrefix(string(got), "HTTP/1.1 503 ") {
		t.Errorf("answered %q", got)
	}
	close(leave)
	if got, err := io.ReadAll(early); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200 ") {
		t.Errorf("what was under way: %q, %v", got, err)
	}
	must(t, <-closed)
	must(t, errors.Join(early.Close(), late.Close()))
	if n := w.leaves(); n != 1 { // the policy's own
		t.Errorf("%d leaves", n)
	}
}

// signingUp is the body by which somebody becomes known.
func (w *world) signingUp(ref string) string {
	return `{"subject":"` + ref + `","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"phone","value":"13800001111"}],"agree":{` + w.accepting() + `}}`
}

// signUp reports false once the door takes no more requests: it is turned away, or
// its connection closed. What was done all the same shows in the log.
func (w *world) signUp(t *testing.T, client *http.Client, url, ref string) (httpapi.Receipt, bool) {
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/club/collect", strings.NewReader(w.signingUp(ref)))
	if err != nil {
		t.Error(err)
		return httpapi.Receipt{}, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+w.app)
	got, err := client.Do(req)
	if err != nil {
		return httpapi.Receipt{}, false
	}
	raw, err := io.ReadAll(got.Body)
	if got.StatusCode == 503 {
		return httpapi.Receipt{}, false
	}
	if err = errors.Join(err, got.Body.Close()); err != nil || got.StatusCode != 200 {
		t.Errorf("%d %s %v", got.StatusCode, raw, err)
		return httpapi.Receipt{}, false
	}
	var a httpapi.Answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Error(err)
	}
	return a.Receipt, err == nil
}

func TestConfig(t *testing.T) {
	t.Parallel()
	w := setup(t)
	good := httpapi.Config{Gate: w.gate, Auth: w.auth, Clock: w.clock, BaseURL: "https://privacy.example"}
	if _, err := httpapi.New(good); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*httpapi.Config){
		"no gate": func(c *httpapi.Config) { c.Gate = nil }, "no auth": func(c *httpapi.Config) { c.Auth = nil }, "no clock": func(c *httpapi.Config) { c.Clock = nil },
		"no address": func(c *httpapi.Config) { c.BaseURL = "" }, "slash": func(c *httpapi.Config) { c.BaseURL += "/" }, "scheme": func(c *httpapi.Config) { c.BaseURL = "ftp://x" },
		"metrics twice": func(c *httpapi.Config) { c.Metrics = w.reg },
	} {
		c := good
		spoil(&c)
		if _, err := httpapi.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestLinesOfText: what people write goes over several lines, and words do not.
func TestLinesOfText(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	w.post("requests", `{"subject":"user-1024","right":"ask","text":"Dear club,\r\n\twho has my number?\n"}`, 200)
	w.post("requests", `{"subject":"user-1024\n","right":"ask","text":"x"}`, 422)
	w.post("requests", `{"subject":"user-1024","right":"ask","text":"\u0000"}`, 422)
}

// TestShutdownWaits for who is inside, and lets nobody else in.
func TestShutdownWaits(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan bool), make(chan bool)
	w := setup(t, func(c *httpapi.Config) {
		c.LastProof = func() (httpapi.Proof, bool) { inside <- true; <-leave; return httpapi.Proof{}, false }
	})
	ctx, cancel := context.WithCancel(t.Context())
	url, closed := w.serving(ctx)
	status := make(chan int, 1)
	go func() {
		got, err := http.Get(url + "/.well-known/avow.json")
		if err != nil {
			t.Errorf("cut off: %v", err)
			status <- 0
			return
		}
		_, err = io.Copy(io.Discard, got.Body)
		if err = errors.Join(err, got.Body.Close()); err != nil {
			t.Errorf("cut off: %v", err)
		}
		status <- got.StatusCode
	}()
	<-inside
	cancel()
	for { // until the listener is gone
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			break
		}
		must(t, conn.Close())
	}
	select {
	case err := <-closed:
		t.Errorf("closed with somebody inside: %v", err)
		closed <- err
	default:
	}
	close(leave)
	if got := <-status; got != 200 {
		t.Errorf("answered %d", got)
	}
	must(t, <-closed)
}

// TestGraceEnds: who does not leave is put out, and that is told.
func TestGraceEnds(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan bool), make(chan bool)
	w := setup(t, func(c *httpapi.Config) {
		c.Limits.Grace = time.Millisecond
		c.LastProof = func() (httpapi.Proof, bool) { inside <- true; <-leave; return httpapi.Proof{}, false }
	})
	ctx, cancel := context.WithCancel(t.Context())
	url, closed := w.serving(ctx)
	done := make(chan bool)
	go func() {
		defer close(done)
		if got, err := http.Get(url + "/.well-known/avow.json"); err == nil {
			t.Errorf("answered %d, %v", got.StatusCode, got.Body.Close())
		}
	}()
	<-inside
	cancel()
	if err := <-closed; err == nil {
		t.Error("closed as if nobody had been inside")
	}
	<-done
	close(leave)
}
