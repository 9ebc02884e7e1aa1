package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"avow.dev/policy/syntax"
)

type fmtCommand struct {
	Files []string `arg:"" optional:"" name:"file" help:"Policy files; standard input if none is named."`
	Write bool     `short:"w" help:"Write the result back to the file."`
	Diff  bool     `short:"d" help:"Show what would change. Exit code 1 if anything would."`
	List  bool     `short:"l" help:"List the files that would change. Exit code 1 if any would."`
}

func (*fmtCommand) examples() []string {
	return []string{
		"avow fmt -w policy.yaml     in place",
		"avow fmt -l policies/*.yaml  for CI: names the untidy ones",
		"avow fmt < policy.yaml      as a filter, for editors",
	}
}

// Run formats each file. What cannot be formatted is left as it is.
func (k *fmtCommand) Run(c *console) error {
	if len(k.Files) == 0 {
		return k.filter(c)
	}
	changed := false
	for _, path := range k.Files {
		differs, err := k.one(c, path)
		if err != nil {
			return err
		}
		changed = changed || differs
	}
	if changed && (k.List || k.Diff) {
		return found()
	}
	return nil
}

func (k *fmtCommand) filter(c *console) error {
	if k.Write || k.List {
		return usage("-w and -l need the name of a file")
	}
	src, err := io.ReadAll(c.in)
	if err != nil {
		return err
	}
	out, err := syntax.Format(src)
	if err != nil {
		return &exit{exitPolicy, fmt.Errorf("standard input: %w", err)}
	}
	if k.Diff {
		_, err = fmt.Fprint(c.out, lineDiff("standard input", src, out))
		return err
	}
	_, err = c.out.Write(out)
	return err
}

func (k *fmtCommand) one(c *console, path string) (bool, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	out, err := syntax.Format(src)
	if err != nil {
		return false, &exit{exitPolicy, fmt.Errorf("%s: %w", path, err)}
	}
	differs := !bytes.Equal(src, out)
	if k.List && differs {
		_, err = fmt.Fprintln(c.out, path)
	}
	if k.Diff && differs {
		_, more := fmt.Fprint(c.out, lineDiff(path, src, out))
		err = errors.Join(err, more)
	}
	if k.Write && differs {
		err = errors.Join(err, replaceFile(path, out))
	}
	if !k.Write && !k.List && !k.Diff {
		_, err = c.out.Write(out)
	}
	return differs, err
}

// replaceFile gives a file a new content, or leaves the old one.
func replaceFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
