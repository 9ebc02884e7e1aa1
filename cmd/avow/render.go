package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"avow.dev/notice"
)

type renderCommand struct {
	File   string `arg:"" help:"Policy file."`
	Lang   string `help:"Language, one of the policy's; its first if left out."`
	As     string `default:"html" enum:"html,md,json" help:"Form: html, md or json."`
	Output string `short:"o" help:"File to write; standard output if left out."`
	Verify string `help:"Address at which receipts can be checked, printed in the text."`
	At     string `help:"Day for which expired attestations are marked, as YYYY-MM-DD; today if left out."`
}

func (*renderCommand) examples() []string {
	return []string{
		"avow render policy.yaml -o privacy.html",
		"avow render policy.yaml --lang zh --as md -o 隐私政策.md",
	}
}

// Run writes the published text, whole or not at all.
func (k *renderCommand) Run(c *console) error {
	p, err := compileFile(k.File)
	if err != nil {
		return err
	}
	now := c.now()
	if k.At != "" {
		if now, err = time.Parse(time.DateOnly, k.At); err != nil {
			return usage("--at %s is no day; write it as 2026-11-21", k.At)
		}
	}
	doc, err := notice.Render(p.File(), notice.Options{Lang: k.Lang, Now: now, Hash: string(p.Hash()), Verify: k.Verify})
	if err != nil {
		return &exit{exitPolicy, err}
	}
	var text bytes.Buffer
	write := map[string]func(io.Writer) error{"html": doc.HTML, "md": doc.Markdown, "json": doc.JSON}[k.As]
	if err := write(&text); err != nil {
		return err
	}
	if k.Output == "" {
		_, err := c.out.Write(text.Bytes())
		return err
	}
	return writeOutput(k.Output, text.Bytes())
}

// writeOutput makes or replaces a file that is meant to be read by others.
func writeOutput(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Chmod(0o644), f.Close())
}
