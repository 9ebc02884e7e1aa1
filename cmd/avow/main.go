// Command avow is Avow on the command line: it checks, renders and explains
// policies, serves them, and lets anyone verify the evidence.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

func main() {
	harden()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &console{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now,
		asks: term.IsTerminal(int(os.Stdin.Fd())),
		bars: term.IsTerminal(int(os.Stderr.Fd())),
	})
	stop()
	os.Exit(code)
}

// harden keeps personal data out of what a crash leaves behind: no core dump, no
// values in a panic's trace, and no file that others may read.
func harden() {
	limitSystem()
	debug.SetTraceback("none")
}

// console is the world outside as the commands see it.
type console struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	now  func() time.Time
	asks bool // somebody is there to answer questions
	bars bool // somebody is there to watch progress
}

// say writes a line for people, beside the output.
func (c *console) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.err, format+"\n", args...) // a closed terminal changes nothing that is done
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, c *console) int {
	var commands commands
	left := false
	parser, err := newParser(&commands, c, func(int) { left = true })
	if err != nil {
		c.say("avow: %v", err)
		return exitTrouble
	}
	parsed, err := parser.Parse(args)
	if left { // --help has said everything
		return exitOK
	}
	if err != nil {
		c.say("avow: %v\nRun avow --help, or avow COMMAND --help.", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(c)
	if text := told(err); text != "" {
		c.say("avow: %s", text)
	}
	return codeOf(err)
}

func newParser(commands *commands, c *console, leave func(int)) (*kong.Kong, error) {
	return kong.New(commands,
		kong.Name("avow"),
		kong.Description(description),
		kong.Writers(c.out, c.err),
		kong.Exit(leave),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(helpPrinter),
		kong.ExplicitGroups([]kong.Group{
			{Key: "policy", Title: "Policies"},
			{Key: "run", Title: "Running"},
			{Key: "evidence", Title: "Evidence"},
			{Key: "care", Title: "Keys and backups"},
		}),
	)
}
