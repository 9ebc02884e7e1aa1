package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"avow.dev"
	"avow.dev/internal/engine"
	"avow.dev/prove"
	"avow.dev/prove/live"
)

type proveCommand struct {
	Policy []string `arg:"" placeholder:"FILE" help:"Policy files, or folders with a policy.yaml; DIR/... stands for every one below a folder."`
	Mutate bool     `help:"Take each proved rule out or turn it round, and demand that its probes notice."`
	All    bool     `help:"Show every clause."`
	JSON   bool     `help:"Write the report as JSON."`
	JUnit  string   `name:"junit" placeholder:"FILE" help:"Write the report as JUnit XML as well."`
	HTML   string   `name:"html" placeholder:"FILE" help:"Write the report as a page as well."`

	Browser string `placeholder:"PATH" env:"AVOW_CHROMIUM" help:"The Chromium in which pages are proved; one on the PATH if left out. Without any, what only a browser can show stays unproved."`

	againstFlags
}

func (*proveCommand) examples() []string {
	return []string{
		"avow prove policy.yaml",
		"avow prove examples/... --mutate",
		"avow prove policy.yaml --junit proof.xml --html proof.html",
		"avow prove policy.yaml --mutate --report-to https://privacy.example --token-file auditor.token",
		"avow prove policy.yaml --against https://privacy.example --token-file selftest.token --schedule 1h",
	}
}

// Run proves policies against engines of its own; nothing that is served
// elsewhere is touched.
func (k *proveCommand) Run(ctx context.Context, c *console) error {
	files, err := policyFiles(k.Policy)
	if err != nil {
		return err
	}
	programs, err := compileFiles(files)
	if err != nil {
		return err
	}
	if k.Against != "" {
		return k.selfTests(ctx, c, programs)
	}
	engine.Tune()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	watch := watching{c: c, bars: make(map[avow.PolicyID]*bar)}
	report, err := prove.Run(ctx, prove.Options{Policies: programs, Start: live.Start, Child: live.Child(exe), Mutate: k.Mutate, Browser: k.Browser, Progress: watch.step})
	if err != nil {
		return err
	}
	if err := k.write(c, report); err != nil {
		return err
	}
	if err := k.reportFull(ctx, c, programs, report); err != nil {
		return err
	}
	if !report.Kept() {
		return found()
	}
	return nil
}

func (k *proveCommand) write(c *console, r *prove.Report) error {
	for path, write := range map[string]func(io.Writer) error{k.JUnit: r.JUnit, k.HTML: r.HTML} {
		if path == "" {
			continue
		}
		var b strings.Builder
		if err := write(&b); err != nil {
			return err
		}
		if err := writeOutput(path, []byte(b.String())); err != nil {
			return err
		}
	}
	if !k.JSON {
		return r.Text(c.out, k.All)
	}
	enc := json.NewEncoder(c.out)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// policyFiles expands DIR into its policy.yaml, and DIR/... into every one below a
// folder.
func policyFiles(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		dir, all := strings.CutSuffix(arg, "/...")
		if !all {
			if own := filepath.Join(arg, "policy.yaml"); exists(own) {
				arg = own
			}
			out = append(out, arg)
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, "*", "policy.yaml"))
		if err != nil {
			return nil, err
		}
		if own := filepath.Join(dir, "policy.yaml"); exists(own) {
			found = append(found, own)
		}
		if len(found) == 0 {
			return nil, usage("no policy.yaml lies in a folder of %s", dir)
		}
		slices.Sort(found)
		out = append(out, found...)
	}
	return out, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// watching shows how far each policy's proof is.
type watching struct {
	c    *console
	mu   sync.Mutex
	bars map[avow.PolicyID]*bar
}

func (w *watching) step(id avow.PolicyID, done, total int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bars[id] == nil {
		w.bars[id] = w.c.progress(fmt.Sprintf("proving %s", id))
	}
	w.bars[id].step(done, total)
}
