package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"avow.dev"
	"avow.dev/examples"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/internal/signin"
	"avow.dev/policy"
	"avow.dev/prove"
	"avow.dev/prove/live"
	"avow.dev/vault"
)

type demoCommand struct {
	Dir    string `placeholder:"DIR" help:"A new folder for the demo; a temporary one, removed at the end, if left out."`
	Listen string `default:"127.0.0.1:8080" help:"Address to listen at; port 0 takes a free one."`
	Once   bool   `help:"Play, report and end, instead of serving until Ctrl-C."`
	Proof  bool   `default:"true" negatable:"" help:"Prove the five policies as well; takes half a minute."`
}

func (*demoCommand) examples() []string {
	return []string{
		"avow demo                              five policies and a few made-up people, at http://127.0.0.1:8080",
		"avow demo --once --listen 127.0.0.1:0  for a look without a browser",
	}
}

// Run plays five policies with made-up people through the real door, and leaves
// it open.
func (k *demoCommand) Run(ctx context.Context, c *console) (err error) {
	programs, err := demoPolicies()
	if err != nil {
		return err
	}
	dir, clean, err := k.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	e, err := k.open(ctx, c, dir, programs)
	if err != nil {
		return refused(err)
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	if err := k.play(ctx, c, e, programs); err != nil {
		return err
	}
	if err := k.tell(ctx, c, e, dir, programs); err != nil {
		return err
	}
	if err := k.employ(ctx, c, e, programs); err != nil {
		return err
	}
	if err := k.prove(ctx, c, e, programs); err != nil {
		return err
	}
	if err := k.invite(ctx, c, e, programs); err != nil || k.Once {
		return err
	}
	c.say("\nServing until Ctrl-C.")
	<-ctx.Done()
	return nil
}

// invite prints the link by which the application would lead a person to their
// privacy centre. It comes last, because it works once and for two minutes.
func (k *demoCommand) invite(ctx context.Context, c *console, e *engine.Engine, programs []*policy.Program) error {
	who, p := avow.SubjectRef(people()[0]), programs[0]
	for _, other := range programs {
		if other.ID() == "airtalk" { // the one with most to show: choices, publishing, cookies
			p = other
		}
	}
	link, _, err := e.Gate().HandOver(ctx, p.ID(), who, c.now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "\nopen as %s, once and within two minutes\n         %s%s\n", who, e.URL(), signin.EnterPath(p.ID(), link))
	return err
}

// demoPolicies compiles the examples.
func demoPolicies() ([]*policy.Program, error) {
	var all []*policy.Program
	for _, name := range examples.Names() {
		src, err := examples.Policy(name)
		if err != nil {
			return nil, err
		}
		p, err := policy.Read(name+"/policy.yaml", src)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// folder makes the demo's folder, and says how to clean up.
func (k *demoCommand) folder() (dir string, clean func() error, err error) {
	if k.Dir == "" {
		dir, err = os.MkdirTemp("", "avow-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	entries, err := os.ReadDir(k.Dir)
	if err == nil && len(entries) > 0 {
		return "", nil, usage("%s is not empty; name a new folder", k.Dir)
	}
	return k.Dir, func() error { return nil }, os.MkdirAll(k.Dir, 0o700)
}

func (k *demoCommand) open(ctx context.Context, c *console, dir string, programs []*policy.Program) (*engine.Engine, error) {
	path := filepath.Join(dir, "root.key")
	if err := vault.CreateRootFile(path); err != nil {
		return nil, err
	}
	root, err := vault.OpenRootFile(path)
	if err != nil {
		return nil, err
	}
	return engine.Open(ctx, engine.Config{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: programs,
		Create: true, Clock: c.now, Listen: k.Listen, Control: true, Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
}

// play sends made-up people through the door, policy by policy.
func (k *demoCommand) play(ctx context.Context, c *console, e *engine.Engine, programs []*policy.Program) error {
	token, err := e.IssueToken(ctx, auth.App)
	if err != nil {
		return err
	}
	for _, p := range programs {
		s := &story{url: e.URL(), token: token, program: p}
		if err := s.play(ctx); err != nil {
			return fmt.Errorf("demo %s: %w", p.ID(), err)
		}
		if _, err := fmt.Fprintln(c.out, s.report()); err != nil {
			return err
		}
	}
	return e.Seal(ctx)
}

// tell says where to look.
func (k *demoCommand) tell(ctx context.Context, c *console, e *engine.Engine, dir string, programs []*policy.Program) error {
	token, err := e.IssueToken(ctx, auth.App|auth.Officer|auth.Auditor)
	if err != nil {
		return err
	}
	url := e.URL()
	_, err = fmt.Fprintf(c.out, "\nstart here           %s/\nthe API for people   %s/docs\nthe API as OpenAPI   %s/openapi.json\nwhat is served       %s/.well-known/avow.json\na token for a day    %s\ndata and keys        %s\n",
		url, url, url, url, token, dir)
	for _, p := range programs {
		_, more := fmt.Fprintf(c.out, "%-8s policy       %s/policy/%s\n         for people   %s/privacy/%s\n         proof        %s/proof/%s\n         log          %s/log/%s/checkpoint\n         log key      %s\n",
			p.ID(), url, p.ID(), url, p.ID(), url, p.ID(), url, p.ID(), e.VKey(p.ID()))
		err = errors.Join(err, more)
	}
	return err
}

// prove plays every promise of the five policies, on engines of its own, and
// shows the result, also on the pages of the demo's server.
func (k *demoCommand) prove(ctx context.Context, c *console, e *engine.Engine, programs []*policy.Program) error {
	if !k.Proof {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c.say("\nProving what the five policies promise, against engines of its own …")
	watch := watching{c: c, bars: make(map[avow.PolicyID]*bar)}
	result, err := prove.Run(ctx, prove.Options{Policies: programs, Start: live.Start, Child: live.Child(exe), Progress: watch.step})
	if err != nil {
		return err
	}
	token, err := e.IssueToken(ctx, auth.Auditor)
	if err != nil {
		return err
	}
	if err := report(ctx, c, e.URL(), token, programs, result); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.out); err != nil {
		return err
	}
	return result.Text(c.out, false)
}
