package html_test

import (
	"bytes"
	"os"
	"testing"

	"avow.dev/web/internal/build"
)

func TestScriptsAreCurrent(t *testing.T) {
	t.Parallel()
	files, err := build.Scripts(".", map[string]string{"passkey.js": "passkey.ts"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile("style/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("style/%s is not current: go generate ./web/html", name)
		}
	}
}
