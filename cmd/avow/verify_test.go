package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"avow.dev/ledger"
)

// TestALeafWritesNothingElse: what somebody put into their log is shown to whoever checks
// it, and does not write over what the check said.
func TestALeafWritesNothingElse(t *testing.T) {
	t.Parallel()
	key, err := ledger.NewKey(strings.NewReader(strings.Repeat("seed", 8)), "evil.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := key.Signer()
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := key.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	for name, leaf := range map[string]string{"escapes": "\x1b[2A\x1b[2Kok: leaf 7 of log good.example", "returns": "x\rok: leaf 7", "turns round": "x\u202egolb", "no text": "\xff\xfe", "lines": "x\nok: leaf 7 of log good.example"} {
		signed, err := ledger.Checkpoint{Origin: key.Origin(), Tree: ledger.Tree{Size: 1, Root: ledger.LeafHash([]byte(leaf))}}.Sign(signer)
		if err != nil {
			t.Fatal(err)
		}
		text, err := ledger.Receipt{Extra: []byte(leaf), Checkpoint: signed}.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "receipt")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := (&verifyCommand{}).receipt(path, []note.Verifier{trusted})
		if err != nil {
			t.Fatal(err)
		}
		if said := v.text(); strings.ContainsAny(strings.TrimSuffix(said, "\n"), "\x1b\r\u202e\xff") || strings.Count(said, "\n") != 2 {
			t.Errorf("%s: %q", name, said)
		}
	}
}
