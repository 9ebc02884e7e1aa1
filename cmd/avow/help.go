package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// helper is a command that has more to say than its flags.
type helper interface{ examples() []string }

// helpPrinter writes kong's help, and after it examples and exit codes.
func helpPrinter(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	var b strings.Builder
	if node := ctx.Selected(); node != nil && node.Target.CanAddr() {
		if h, ok := node.Target.Addr().Interface().(helper); ok {
			b.WriteString("\nExamples:\n")
			for _, line := range h.examples() {
				fmt.Fprintf(&b, "  %s\n", line)
			}
		}
	}
	b.WriteString("\nExit codes:\n")
	for _, e := range exits() {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.text)
	}
	_, err := fmt.Fprint(ctx.Stdout, b.String())
	return err
}
