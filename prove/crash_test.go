package prove_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/ledger"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/prove"
	"avow.dev/prove/live"
)

// TestKill kills a real server under load, again and again on one folder, and
// looks at what is there: every write that was answered, nothing half-written,
// every erasure that was answered or begun, and a log that verifies. Three
// rounds by default; AVOW_KILLS sets another number (make crash runs 100).
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("AVOW_KILLS")); err == nil {
		rounds = n
	}
	exe, err := command()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &crash{t: t, start: live.Child(exe), people: make(map[string]fate), answers: make(chan struct{}, 64),
		setup: prove.Setup{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Policies: []*policy.Program{sixPolicy(t)}, Log: io.Discard}}
	for round := range rounds {
		c.round(round)
		if t.Failed() {
			t.Fatalf("after %d kills", round+1)
		}
	}
	t.Logf("%d kills, %d people, all as answered", rounds, len(c.people))
}

func sixPolicy(t *testing.T) *policy.Program {
	t.Helper()
	path := "../gate/testdata/six.yaml"
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

// fate is what the server last said of a person.
type fate int

const (
	tried   fate = iota // sign-up sent, no answer
	joined              // sign-up answered
	leaving             // erasure sent, no answer
	gone                // erasure answered
)

type crash struct {
	t     *testing.T
	start prove.Start
	setup prove.Setup
	e     prove.Engine
	hash  string
	next  atomic.Int64
	// answers gets one for each sign-up that is answered, while somebody counts.
	answers chan struct{}

	mu     sync.Mutex
	people map[string]fate
}

// round starts the server, checks what the last kill left, and kills it under
// load.
func (c *crash) round(n int) {
	c.t.Helper()
	var err error
	if c.e, err = c.start(c.t.Context(), c.setup); err != nil {
		c.t.Fatalf("start %d: %v", n, err)
	}
	status, body := c.get("/v1/club")
	var p struct{ Hash string }
	if err := json.Unmarshal(body, &p); status != 200 || err != nil {
		c.t.Fatalf("policy: %d %v", status, err)
	}
	c.hash = p.Hash
	c.checkPeople()
	c.checkLog()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(c.load)
	}
	for range 5 + rand.IntN(60) { // so many answers later
		select {
		case <-c.answers:
		case <-c.t.Context().Done():
			return
		}
	}
	if k, ok := c.e.(interface{ Kill() error }); !ok || k.Kill() != nil {
		c.t.Error("the server could not be killed")
	}
	wg.Wait()
}

// load signs people up, and erases every third, until the server is gone.
func (c *crash) load() {
	for {
		ref := fmt.Sprintf("user-%d", c.next.Add(1))
		c.note(ref, tried)
		body := fmt.Sprintf(`{"subject":%q,"purpose":"manage-account","point":"sign-up","feature":"account","source":"person",
			"agree":{"policy_hash":%q,"accept":true,"gesture":"accept-button","age":"adult"},
			"items":[{"datum":"email","value":"%s@mail.example"},{"datum":"name","value":"name of %s"}]}`, ref, c.hash, ref, ref)
		if status, _, err := c.post("collect", body); err != nil || status != 200 {
			return
		}
		c.note(ref, joined)
		select {
		case c.answers <- struct{}{}:
		default:
		}
		if c.next.Load()%3 != 0 {
			continue
		}
		c.note(ref, leaving)
		if status, _, err := c.post("erase", fmt.Sprintf(`{"subject":%q}`, ref)); err != nil || status != 200 {
			return
		}
		c.note(ref, gone)
	}
}

func (c *crash) note(ref string, f fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.people[ref] = f
}

// checkPeople asks for each person and settles the unanswered ones.
func (c *crash) checkPeople() {
	c.t.Helper()
	for ref, f := range c.people {
		status, body, err := c.post("access", fmt.Sprintf(`{"subject":%q}`, ref))
		if err != nil {
			c.t.Fatal(err)
		}
		whole := bytes.Contains(body, []byte(ref+"@mail.example")) && bytes.Contains(body, []byte("name of "+ref))
		switch {
		case status == 200 && whole && f != gone:
			c.people[ref] = joined
		case status == 404 && f != joined:
			c.people[ref] = gone
		default:
			c.t.Errorf("%s, last heard of as %d, answers %d (whole: %v)", ref, f, status, whole)
		}
	}
}

// checkLog opens the stored log as an auditor with the folder would: not at all,
// but through the door, and verifies what is published.
func (c *crash) checkLog() {
	c.t.Helper()
	_, vkey := c.get("/log/club/vkey")
	key, err := ledger.ParseVerifier(string(bytes.TrimSpace(vkey)))
	if err != nil {
		c.t.Fatal(err)
	}
	status, signed := c.get("/log/club/checkpoint")
	if status != 200 {
		c.t.Fatalf("checkpoint: %d", status)
	}
	cp, err := ledger.OpenCheckpoint(signed, key)
	if err != nil || cp.Size == 0 {
		c.t.Fatalf("checkpoint of size %d: %v", cp.Size, err)
	}
	status, raw := c.get(fmt.Sprintf("/log/club/receipt/%d", cp.Size-1))
	if status != 200 {
		c.t.Fatalf("receipt: %d", status)
	}
	r, err := ledger.ParseReceipt(raw)
	if err == nil {
		_, err = r.Verify(r.Extra, key)
	}
	if err != nil {
		c.t.Errorf("the last receipt does not verify: %v", err)
	}
}

func (c *crash) post(op, body string) (int, []byte, error) {
	return c.send(http.MethodPost, "/v1/club/"+op, body)
}

func (c *crash) get(path string) (int, []byte) {
	c.t.Helper()
	status, body, err := c.send(http.MethodGet, path, "")
	if err != nil {
		c.t.Fatal(err)
	}
	return status, body
}

func (c *crash) send(method, path, body string) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, c.e.URL()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.e.Token())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}
