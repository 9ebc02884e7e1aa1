package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// manual is docs/cli.md: what --help says of every command, on one page.
func manual() ([]byte, error) {
	c := &console{in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: func() time.Time { return time.Time{} }}
	var all commands
	parser, err := newParser(&all, c, func(int) {})
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The command line\n\nThis page is made from the commands' own help; `avow COMMAND --help` says the same.\n\n%s\n\n", description)
	b.WriteString("## Exit codes\n\n| code | meaning |\n|---|---|\n")
	for _, e := range exits() {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, e.text)
	}
	for _, node := range parser.Model.Leaves(true) {
		text, err := helpOf(node)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n## avow %s\n\n```text\n%s\n```\n", commandOf(node), text)
	}
	return []byte(b.String()), nil
}

// commandOf is a command's name below avow.
func commandOf(node *kong.Node) string {
	name := node.Name
	for p := node.Parent; p != nil && p.Type == kong.CommandNode; p = p.Parent {
		name = p.Name + " " + name
	}
	return name
}

// helpOf is what a command's --help prints, without the exit codes, which are the
// same for all.
func helpOf(node *kong.Node) (string, error) {
	var out strings.Builder
	c := &console{in: strings.NewReader(""), out: &out, err: io.Discard, now: func() time.Time { return time.Time{} }}
	if code := run(context.Background(), append(strings.Fields(commandOf(node)), "--help"), c); code != exitOK {
		return "", fmt.Errorf("help of %s: exit code %d", commandOf(node), code)
	}
	text, _, _ := strings.Cut(out.String(), "\nExit codes:\n")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"), nil
}
