// Command bundle writes scripts into a folder, from the TypeScript in script. It is run
// by go generate: bundle FOLDER NAME.js=ENTRY.ts …
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"avow.dev/web/internal/build"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("bundle FOLDER NAME.js=ENTRY.ts …")
	}
	entries := make(map[string]string)
	for _, arg := range args[1:] {
		name, entry, _ := strings.Cut(arg, "=")
		entries[name] = entry
	}
	files, err := build.Scripts(".", entries)
	if err != nil {
		return err
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(args[0], name), body, 0o644); err != nil {
			return err
		}
	}
	return nil
}
