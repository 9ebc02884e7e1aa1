package vault_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"avow.dev/vault"
)

// vector is one block of "name: value" lines of a file in conform/cells, which
// another implementation than this one computed.
type vector map[string]string

func vectors(t testing.TB, name string) []vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "conform", "cells", name))
	must(t, err)
	var all []vector
	for block := range strings.SplitSeq(string(text), "\n\n") {
		v := vector{}
		for line := range strings.Lines(block) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(line, "#") {
				v[key] = strings.TrimSpace(value)
			}
		}
		if len(v) > 0 {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no vectors in %s", name)
	}
	return all
}

func (v vector) hex(t testing.TB, name string) []byte {
	t.Helper()
	value, ok := v[name]
	b, err := hex.DecodeString(value)
	if err != nil || !ok {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

func (v vector) number(t testing.TB, name string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(v[name], 10, 64)
	must(t, err)
	return n
}

func (v vector) address(t testing.TB) vault.Address {
	t.Helper()
	return vault.Address{SID: v.number(t, "sid"), Datum: v["datum"], Version: v.number(t, "version"), Kind: vault.Kind(v.number(t, "kind"))}
}

func (v vector) subjectKey(t testing.TB) vault.SubjectKey {
	t.Helper()
	k, err := vault.KeyFromBytes(v["policy"], v.number(t, "sid"), [32]byte(v.hex(t, "key")))
	must(t, err)
	return k
}

func TestVectorCells(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "cells.txt") {
		t.Run(v["name"], func(t *testing.T) {
			t.Parallel()
			if got := v.address(t).AAD(v["policy"]); !bytes.Equal(got, v.hex(t, "aad")) {
				t.Fatalf("associated data %x", got)
			}
			got, err := v.subjectKey(t).Open(nil, v.address(t), v.hex(t, "cell"))
			if err != nil || !bytes.Equal(got, v.hex(t, "plaintext")) {
				t.Fatalf("opened %x, %v", got, err)
			}
			if nonce := v.hex(t, "cell")[1:13]; !bytes.Equal(nonce, v.hex(t, "nonce")) {
				t.Fatalf("nonce %x", nonce)
			}
		})
	}
}

func TestVectorRefusals(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "refuse.txt") {
		t.Run(v["name"], func(t *testing.T) {
			t.Parallel()
			_, err := v.subjectKey(t).Open(nil, v.address(t), v.hex(t, "cell"))
			wantErr(t, err, vault.ErrCell)
		})
	}
}

func TestVectorDerivations(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "derive.txt") {
		t.Run(v["what"]+" "+v["name"], func(t *testing.T) {
			t.Parallel()
			key := [32]byte(v.hex(t, "key"))
			var got []byte
			switch v["what"] {
			case "tag":
				tag, err := vault.TagUnder(key, v["datum"], v.hex(t, "value"))
				must(t, err)
				got = tag[:]
			case "salt":
				k, err := vault.KeyFromBytes(policy, 1, key)
				must(t, err)
				salt, err := k.Salt([16]byte(v.hex(t, "leaf")))
				must(t, err)
				got = salt[:]
			case "pseudonym":
				p := vault.PseudonymUnder(key, v.number(t, "sid"), v["audience"])
				got = p[:]
			}
			if !bytes.Equal(got, v.hex(t, "out")) {
				t.Fatalf("got %x, want %s", got, v["out"])
			}
		})
	}
}
