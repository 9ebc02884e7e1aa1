package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const (
	begin = "<!-- measured: begin; written by bench/run.sh -->"
	end   = "<!-- measured: end -->"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "median:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("median", flag.ContinueOnError)
	doc := flags.String("doc", "", "document whose block is replaced")
	facts := flags.String("facts", "", "file of lines 'name: value' about the machine and the program")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("no output of benchmarks is named")
	}
	r, err := readRuns(flags.Args())
	if err != nil {
		return err
	}
	told, err := readFacts(*facts)
	if err != nil {
		return err
	}
	block := page(r, told, flags.NArg())
	if *doc == "" {
		_, err := io.WriteString(out, block)
		return err
	}
	return replace(*doc, block)
}

// replace puts block between the markers of a document.
func replace(name, block string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(text, []byte(begin+"\n"))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("%s: no block between %q and %q", name, begin, end)
	}
	return os.WriteFile(name, fmt.Appendf(nil, "%s%s\n%s\n%s%s", head, begin, block, end, tail), 0o644)
}
