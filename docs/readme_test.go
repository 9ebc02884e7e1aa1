package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// walk plays the README: what a reader would type, in a folder with bin/avow.
type walk struct {
	t       *testing.T
	dir     string
	address string
	client  string // what was typed so far that later commands need
	last    []byte // the last answer
}

// TestReadme runs the commands of the README against a real server, and compares
// the answers that it shows with those that come.
func TestReadme(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl, which the README uses")
	}
	w := &walk{t: t, dir: t.TempDir(), address: freeAddress(t)}
	w.build()
	played := make(map[string]int)
	for _, b := range blocks(pages(t)["README.md"]) {
		played[b.mark]++
		text := strings.ReplaceAll(b.text, "127.0.0.1:8080", w.address)
		switch b.mark {
		case "demo":
			w.demo(b.text)
		case "setup":
			w.run(text)
		case "serve":
			w.serve(text)
		case "client":
			w.client = text
			w.run("test -n \"$TOKEN\" && test -n \"$HASH\"\n")
		case "call":
			w.last = w.run(text)
		case "answer":
			w.compare(text)
		case "verify":
			w.run(text)
		}
	}
	for _, mark := range []string{"demo", "setup", "serve", "client", "call", "answer", "verify"} {
		if played[mark] == 0 {
			t.Errorf("nothing in the README is marked %q any more", mark)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (w *walk) build() {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), "go", "build", "-o", filepath.Join(w.dir, "bin", "avow"), "avow.dev/cmd/avow").CombinedOutput()
	if err != nil {
		w.t.Fatalf("build: %v\n%s", err, out)
	}
}

// run types a block, and returns what it prints.
func (w *walk) run(text string) []byte {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "sh", "-eu")
	cmd.Dir, cmd.Stdin = w.dir, strings.NewReader(w.client+text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%v\n%s\n%s%s", err, text, out, stderr.Bytes())
	}
	return out
}

// serve runs a block beside the others until the test ends.
func (w *walk) serve(text string) {
	w.t.Helper()
	ready := filepath.Join(w.dir, "address")
	text = "exec " + strings.TrimSpace(text) + " --listen " + w.address + " --url-file " + ready
	cmd := exec.Command("sh", "-eu", "-c", text)
	cmd.Dir = w.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	w.t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			w.t.Error(err)
		}
		if err := <-ended; err != nil {
			w.t.Errorf("serve: %v\n%s", err, stderr.Bytes())
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(ready); err == nil {
			return
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			w.t.Fatalf("serve ended: %v\n%s", err, stderr.Bytes())
		case <-w.t.Context().Done():
			w.t.Fatal("the test ended before the server answered")
		}
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

// demo compares the lines shown, whatever their numbers, with those that come. The
// proof, which takes minutes on a busy machine, has a test of its own.
func (w *walk) demo(shown string) {
	w.t.Helper()
	out := digits.ReplaceAllString(string(w.run("bin/avow demo --once --no-proof --listen 127.0.0.1:0\n")), "0")
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(digits.ReplaceAllString(line, "0"), "\n")
		if line == "…" || strings.HasPrefix(line, "Serving") {
			continue
		}
		if !strings.Contains(out, line+"\n") {
			w.t.Errorf("the README shows this line of the demo, and it did not come: %s", line)
		}
	}
}

// compare holds an answer to the shortened one that is shown: what is shown must
// be in it.
func (w *walk) compare(shown string) {
	w.t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		w.t.Errorf("%v in\n%s", err, shown)
		return
	}
	if err := json.Unmarshal(w.last, &got); err != nil {
		w.t.Errorf("%v in the answer\n%s", err, w.last)
		return
	}
	if place := differs(want, got, "$"); place != "" {
		w.t.Errorf("the README shows another %s than came:\n%s\n%s", place, shown, w.last)
	}
}

// differs returns the first place at which shown is not in came, or "".
func differs(shown, came any, place string) string {
	switch s := shown.(type) {
	case map[string]any:
		c, ok := came.(map[string]any)
		if !ok {
			return place
		}
		for key, v := range s {
			if d := differs(v, c[key], place+"."+key); d != "" {
				return d
			}
		}
		return ""
	case []any:
		c, ok := came.([]any)
		if !ok || len(s) != len(c) {
			return place
		}
		for i, v := range s {
			if d := differs(v, c[i], fmt.Sprintf("%s[%d]", place, i)); d != "" {
				return d
			}
		}
		return ""
	}
	if shown != came {
		return place
	}
	return ""
}
