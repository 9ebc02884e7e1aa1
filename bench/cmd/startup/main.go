// Command startup starts a server several times and says how long it took until
// it answered, and how much memory it held when nobody asked anything.
//
//	startup -url http://127.0.0.1:18080/healthz -runs 5 -- avow serve …
//
// It writes lines of the form "name: value".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 30 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("startup", flag.ContinueOnError)
	url := flags.String("url", "", "address that answers once the server is up")
	runs := flags.Int("runs", 5, "how often the server is started")
	idle := flags.Duration("idle", 3*time.Second, "how long it is left alone before its memory is read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *url == "" || flags.NArg() == 0 || *runs < 2 {
		return errors.New("an address, a command and at least two runs are needed")
	}
	var took []time.Duration
	var held []int
	for range *runs {
		d, kib, err := once(*url, *idle, flags.Args())
		if err != nil {
			return err
		}
		took, held = append(took, d), append(held, kib)
	}
	first := took[0]
	again := slices.Sorted(slices.Values(took[1:]))
	slices.Sort(held)
	_, err := fmt.Fprintf(out, "first start, making folders and keys: %d ms\nstart until it answers: %d ms (%d–%d)\nmemory with nobody there: %.1f MiB\n",
		first.Milliseconds(), again[len(again)/2].Milliseconds(), again[0].Milliseconds(), again[len(again)-1].Milliseconds(), float64(held[len(held)/2])/1024)
	return err
}

// once starts the server, waits until it answers, leaves it alone, reads its
// memory and ends it.
func once(url string, idle time.Duration, command []string) (time.Duration, int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience+idle)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	answered := await(ctx, url)
	took := time.Since(began)
	var kib int
	if answered == nil {
		time.Sleep(idle)
		kib, answered = resident(cmd.Process.Pid)
	}
	err := cmd.Process.Signal(unix.SIGTERM)
	return took, kib, errors.Join(answered, err, cmd.Wait())
}

func await(ctx context.Context, url string) error {
	for {
		if up(ctx, url) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer from %s: %w", url, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

func up(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

var rss = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func resident(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	m := rss.FindSubmatch(text)
	if m == nil {
		return 0, errors.New("no resident size is told")
	}
	return strconv.Atoi(string(m[1]))
}
