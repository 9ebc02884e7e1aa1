//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A hang-up signal reads the policies again; one with faults leaves the old in
// force.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	src, err := os.ReadFile("../../gate/testdata/club.yaml")
	check(t, err)
	check(t, os.WriteFile(at("p.yaml"), src, 0o600))
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--data", at("d"), "--root-key", at("root.key"), "--policy", at("p.yaml"), "--listen", "127.0.0.1:0", "--create", "--url-file", at("url")},
			&console{in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: time.Now})
	}()
	url := strings.TrimSpace(string(eventually(t, func() ([]byte, bool) {
		b, err := os.ReadFile(at("url"))
		return b, err == nil && len(b) > 0
	})))
	serves := func(version string) {
		t.Helper()
		eventually(t, func() ([]byte, bool) {
			b := known(t, url)
			return b, bytes.Contains(b, []byte(`"version": "`+version+`"`))
		})
	}
	serves("1.0")
	check(t, os.WriteFile(at("p.yaml"), []byte("avow: 1\n"), 0o600))
	check(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	check(t, os.WriteFile(at("p.yaml"), bytes.Replace(src, []byte(`version: "1.0"`), []byte(`version: "1.1"`), 1), 0o600))
	check(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	serves("1.1")
	stop()
	if got := <-code; got != exitOK {
		t.Errorf("exit code %d", got)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func known(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url + "/.well-known/avow.json")
	check(t, err)
	b, err := io.ReadAll(res.Body)
	check(t, err)
	check(t, res.Body.Close())
	return b
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, ask func() ([]byte, bool)) []byte {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(glance) {
		if b, ok := ask(); ok {
			return b
		}
		if time.Now().After(until) {
			t.Fatal("it did not come")
		}
	}
}
