package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/prove"
)

// child is an engine in a process of its own, which can be killed.
type child struct {
	cmd        *exec.Cmd
	ended      chan error
	url, token string
}

// Child returns a starter of engines in processes of their own: exe is the avow
// command. They follow the machine's clock.
func Child(exe string) prove.Start {
	return func(ctx context.Context, s prove.Setup) (prove.Engine, error) {
		files, err := write(s)
		if err != nil {
			return nil, err
		}
		urlFile := filepath.Join(filepath.Dir(s.Data), "url")
		if err := os.Remove(urlFile); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		args := append([]string{"serve", "--data", s.Data, "--keys", s.Keys, "--root-key", rootPath(s), "--listen", "127.0.0.1:0", "--create", "--url-file", urlFile}, files...)
		if s.Region != "" {
			args = append(args, "--region", s.Region)
		}
		for _, b := range s.Backups {
			args = append(args, "--backups", b)
		}
		c := &child{cmd: exec.Command(exe, args...), ended: make(chan error, 1)}
		c.cmd.Stdout, c.cmd.Stderr = s.Log, s.Log
		if err := c.cmd.Start(); err != nil {
			return nil, fmt.Errorf("start process: %w", err)
		}
		go func() { c.ended <- c.cmd.Wait() }()
		if err := c.open(ctx, exe, s, urlFile); err != nil {
			return nil, errors.Join(err, c.Kill())
		}
		return c, nil
	}
}

// write puts the policies into files that the process can read.
func write(s prove.Setup) ([]string, error) {
	dir := filepath.Join(filepath.Dir(s.Data), "policies")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var flags []string
	for _, p := range s.Policies {
		raw, err := syntax.Encode(p.File())
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, string(p.ID())+".yaml")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			return nil, err
		}
		flags = append(flags, "--policy", path)
	}
	return flags, nil
}

// patience is how long a process may take to open its door, on a machine that has much
// else to do.
const patience = 2 * time.Minute

// open waits for the door and gets a token from the process.
func (c *child) open(ctx context.Context, exe string, s prove.Setup, urlFile string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for c.url == "" {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the process: %w", ctx.Err())
		case err := <-c.ended:
			c.ended <- err
			return fmt.Errorf("the process ended at its start: %w", err)
		case <-look.C:
			raw, err := os.ReadFile(urlFile)
			if err == nil && strings.HasSuffix(string(raw), "\n") {
				c.url = strings.TrimSpace(string(raw))
			}
		}
	}
	out, err := exec.CommandContext(ctx, exe, "token", "create", "--data", s.Data, "--scope", "app,officer,auditor", "--role", "privacy-officer", "--name", "proof", "--json").Output()
	if err != nil {
		return fmt.Errorf("get a token: %w", err)
	}
	var t struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(out, &t); err != nil || t.Secret == "" {
		return fmt.Errorf("get a token: the command said something else")
	}
	c.token = t.Secret
	return nil
}

// URL implements prove.Engine.
func (c *child) URL() string { return c.url }

// Token implements prove.Engine.
func (c *child) Token() string { return c.token }

// TokenOf implements prove.Engine; it cannot be done from here.
func (c *child) TokenOf(context.Context, string) (string, error) { return "", errElsewhere }

// TokenFor implements prove.Engine.
func (c *child) TokenFor(context.Context, avow.PolicyID, avow.Recipient) (string, error) {
	return "", errElsewhere
}

// errElsewhere is for what cannot be done to another process.
var errElsewhere = errors.New("the engine runs in another process")

// Replace implements prove.Engine; it cannot be done from here.
func (c *child) Replace(context.Context, *policy.Program) error { return errElsewhere }

// Sweep implements prove.Engine; it cannot be done from here.
func (c *child) Sweep(context.Context) error { return errElsewhere }

// Deliver implements prove.Engine; it cannot be done from here.
func (c *child) Deliver(context.Context) error { return errElsewhere }

// Seal implements prove.Engine; it cannot be done from here.
func (c *child) Seal(context.Context) error { return errElsewhere }

// VKey implements prove.Engine; it is not known here.
func (c *child) VKey(avow.PolicyID) string { return "" }

// Close ends the process in good order.
func (c *child) Close(context.Context) error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-c.ended
	c.ended <- err
	return err
}

// Kill ends the process as kill -9 does.
func (c *child) Kill() error {
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-c.ended
	c.ended <- err
	if _, killed := errors.AsType[*exec.ExitError](err); killed {
		return nil
	}
	return err
}
