// Command bundle writes the browser script into dist, from the TypeScript in
// script. It is run by go generate in web/browser.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"avow.dev/web/browser/internal/build"
)

func main() {
	files, err := build.Scripts(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join("dist", name), body, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
