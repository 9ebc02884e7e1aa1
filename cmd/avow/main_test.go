package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev/ledger"
	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"avow": main}) }

// TestStories runs the command as people run it: one story for each verb, with
// what goes wrong and with which exit code.
func TestStories(t *testing.T) {
	t.Parallel()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", filepath.Join(repo, "examples"))
			e.Setenv("CLUB", filepath.Join(repo, "gate", "testdata", "club.yaml"))
			e.Setenv("HOUSE", filepath.Join(repo, "gate", "testdata", "house.yaml"))
			return strangers(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "await": await, "request": request, "capture": capture, "field": field, "flip": flip, "swap": swap,
			"below": below, "sign": sign, "say": say, "leave": leave, "logurl": logURL, "seturl": setURL,
		},
	})
}

// code N COMMAND... runs a command, which must end with exit code N.
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// patience is how long anything may take that a script waits for.
const patience = 2 * time.Minute

// glance is how long to wait before looking again: whoever waits leaves the machine
// to what they wait for.
const glance = 5 * time.Millisecond

// await FILE waits until a file is there.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for until := time.Now().Add(patience); ; time.Sleep(glance) {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && (info.Size() > 0 || info.Mode().Type() != 0) {
			return
		}
		if time.Now().After(until) {
			ts.Fatalf("%s did not come", args[0])
		}
	}
}

// request STATUS URLFILE TOKENFILE PATH [BODY] sends a request to a server until
// it answers with the status, and keeps the answer in the file reply.
func request(ts *testscript.TestScript, _ bool, args []string) {
	url := strings.TrimSpace(ts.ReadFile(args[1])) + args[3]
	var body []byte
	for until := time.Now().Add(patience); ; time.Sleep(glance) {
		method, in := http.MethodGet, ""
		if len(args) > 4 {
			method, in = http.MethodPost, args[4]
		}
		req, err := http.NewRequest(method, url, strings.NewReader(in))
		ts.Check(err)
		req.Header.Set("Content-Type", "application/json")
		if args[2] != "-" {
			req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[2])))
		}
		res, err := http.DefaultClient.Do(req)
		ts.Check(err)
		body, err = io.ReadAll(res.Body)
		ts.Check(errors.Join(err, res.Body.Close()))
		if strconv.Itoa(res.StatusCode) == args[0] {
			break
		}
		if len(args) > 4 || time.Now().After(until) {
			ts.Fatalf("%s: %s, want %s: %s", url, res.Status, args[0], body)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("reply"), body, 0o600))
}

// sign NAME PHONE signs somebody up at the server of the file url, with the token
// of the file token.
func sign(ts *testscript.TestScript, _ bool, args []string) {
	request(ts, false, []string{"200", "url", "token", "/v1/club/agreements", fmt.Sprintf(
		`{"subject":%q,"policy_hash":%q,"accept":true,"gesture":"accept-button","language":"en","age":"adult"}`, args[0], clubHash(ts))})
	request(ts, false, []string{"200", "url", "token", "/v1/club/collect", fmt.Sprintf(
		`{"subject":%q,"purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"phone","value":%q}]}`, args[0], args[1])})
}

func clubHash(ts *testscript.TestScript) string {
	p, err := compileFile(ts.Getenv("CLUB"))
	ts.Check(err)
	return string(p.Hash())
}

// say NAME STATE lets somebody decide on the choice offers.
func say(ts *testscript.TestScript, _ bool, args []string) {
	request(ts, false, []string{"200", "url", "token", "/v1/club/agreements",
		fmt.Sprintf(`{"subject":%q,"choices":[{"choice":"offers","state":%q}]}`, args[0], args[1])})
}

// logURL sets LOGURL to the address of the log.
func logURL(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("LOGURL", strings.TrimSpace(ts.ReadFile("url"))+"/log/club")
}

// setURL sets AVOW_URL to the address of the server.
func setURL(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("AVOW_URL", strings.TrimSpace(ts.ReadFile("url")))
}

// strangers writes age identities with their recipients, and the key of another log.
func strangers(e *testscript.Env) error {
	var errs []error
	for _, name := range []string{"me", "other"} {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		errs = append(errs, os.WriteFile(filepath.Join(e.WorkDir, name+".txt"), []byte(id.String()+"\n"), 0o600),
			os.WriteFile(filepath.Join(e.WorkDir, name+".pub"), []byte(id.Recipient().String()+"\n"), 0o600))
	}
	k, err := ledger.NewKey(rand.Reader, "avow.local/club")
	errs = append(errs, err, os.WriteFile(filepath.Join(e.WorkDir, "other.vkey"), []byte(k.Public()), 0o600))
	return errors.Join(errs...)
}

// capture FILE keeps the last command's output in a file.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile("stdout")), 0o600))
}

// field NAME FILE keeps a text of the answer in the file reply in a file.
func field(ts *testscript.TestScript, _ bool, args []string) {
	var reply map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("reply")), &reply))
	text, ok := reply[args[0]].(string)
	if !ok || text == "" {
		ts.Fatalf("the answer has no %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// below FILE UPPER LOWER writes one file below another, as a sealed file holds them.
func below(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[1])+"\n"+ts.ReadFile(args[2])), 0o600))
}

// flip FILE changes a byte in the middle of a file.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	data[len(data)/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// swap FILE OLD NEW replaces a text that stands once in a file.
func swap(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(text, args[1]) != 1 {
		ts.Fatalf("%q does not stand once in %s", args[1], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// TestTheManualIsCurrent holds docs/cli.md to what --help says.
func TestTheManualIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := manual()
	if err != nil {
		t.Fatal(err)
	}
	path := "../../docs/cli.md"
	if os.Getenv("AVOW_WRITE_MANUAL") != "" {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what the help says; run AVOW_WRITE_MANUAL=1 go test -run Manual ./cmd/avow", path)
	}
}

func TestExitCodesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := manual()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exits() {
		if !strings.Contains(string(text), fmt.Sprintf("| %d | %s |", e.code, e.text)) {
			t.Errorf("exit code %d is not in the manual", e.code)
		}
	}
}
