package ledger_test

import (
	"bufio"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"avow.dev/ledger"
)

// vector is one file of conform/ledger: lines of key and value, and after --- a file as it stands.
type vector struct {
	fields map[string][]string
	body   string
}

func (v vector) get(t *testing.T, key string) string {
	t.Helper()
	if len(v.fields[key]) != 1 {
		t.Fatalf("%d lines %q, want one", len(v.fields[key]), key)
	}
	return v.fields[key][0]
}

func (v vector) number(t *testing.T, key string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(v.get(t, key), 10, 64)
	check(t, err)
	return n
}

func (v vector) hash(t *testing.T, key string) ledger.Hash {
	t.Helper()
	h, err := ledger.ParseHash(v.get(t, key))
	check(t, err)
	return h
}

func (v vector) leaves(t *testing.T) [][]byte {
	t.Helper()
	if len(v.fields["numbered"]) > 0 {
		return testLeaves(int(v.number(t, "numbered")))
	}
	var leaves [][]byte
	for _, text := range v.fields["leaf"] {
		leaf, err := hex.DecodeString(text)
		check(t, err)
		leaves = append(leaves, leaf)
	}
	return leaves
}

func readVector(t *testing.T, file string) vector {
	t.Helper()
	data, err := os.ReadFile(file)
	check(t, err)
	head, body, _ := strings.Cut(string(data), "---\n")
	v := vector{fields: make(map[string][]string), body: body}
	lines := bufio.NewScanner(strings.NewReader(head))
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			t.Fatalf("line %q is no field", lines.Text())
		}
		v.fields[key] = append(v.fields[key], strings.TrimPrefix(value, " "))
	}
	return v
}

func TestVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../conform/ledger/*.txt")
	check(t, err)
	kinds := map[string]func(*testing.T, vector){
		"log": logVector, "bundle": bundleVector, "receipt": receiptVector, "consistency": consistencyVector, "paths": pathsVector,
	}
	seen := make(map[string]bool)
	for _, file := range files {
		v := readVector(t, file)
		kind := v.get(t, "kind")
		run, ok := kinds[kind]
		if !ok {
			t.Fatalf("%s: unknown kind %q", file, kind)
		}
		seen[kind] = true
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			run(t, v)
		})
	}
	if len(seen) != len(kinds) {
		t.Errorf("vectors of %d kinds, want %d", len(seen), len(kinds))
	}
}

func logVector(t *testing.T, v vector) {
	seed, err := hex.DecodeString(v.get(t, "seed"))
	check(t, err)
	key, err := ledger.KeyFromSeed(v.get(t, "origin"), seed)
	check(t, err)
	if key.Public() != v.get(t, "vkey") {
		t.Errorf("key is %s", key.Public())
	}
	signer, err := key.Signer()
	check(t, err)
	s, err := ledger.NewSealer(signer)
	check(t, err)
	batch, err := s.Seal(v.leaves(t))
	check(t, err)
	if batch.Size != v.number(t, "size") || batch.Root != v.hash(t, "root") || string(batch.Checkpoint) != v.body {
		t.Errorf("sealed as\n%s\nwant\n%s", batch.Checkpoint, v.body)
	}
	verifier, err := ledger.ParseVerifier(v.get(t, "vkey"))
	check(t, err)
	_, err = ledger.OpenCheckpoint([]byte(v.body), verifier)
	check(t, err)
}

func bundleVector(t *testing.T, v vector) {
	bundle, err := ledger.AppendBundle(nil, v.leaves(t))
	check(t, err)
	if hex.EncodeToString(bundle) != v.get(t, "bundle") {
		t.Errorf("bundle is %x", bundle)
	}
}

func receiptVector(t *testing.T, v vector) {
	verifier, err := ledger.ParseVerifier(v.get(t, "vkey"))
	check(t, err)
	receipt, err := ledger.ParseReceipt([]byte(v.body))
	if err == nil {
		_, err = receipt.Verify(v.leaves(t)[0], verifier)
	}
	expect(t, v, err)
}

func consistencyVector(t *testing.T, v vector) {
	var proof []ledger.Hash
	for _, text := range v.fields["node"] {
		h, err := ledger.ParseHash(text)
		check(t, err)
		proof = append(proof, h)
	}
	old := ledger.Tree{Size: v.number(t, "old-size"), Root: v.hash(t, "old-root")}
	now := ledger.Tree{Size: v.number(t, "size"), Root: v.hash(t, "root")}
	expect(t, v, now.CheckConsistency(old, proof))
}

func expect(t *testing.T, v vector, err error) {
	t.Helper()
	want, ok := map[string]error{
		"ok": nil, "receipt": ledger.ErrReceipt, "proof": ledger.ErrProof, "signature": ledger.ErrSignature,
	}[v.get(t, "expect")]
	if !ok {
		t.Fatalf("unknown expectation %q", v.get(t, "expect"))
	}
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func pathsVector(t *testing.T, v vector) {
	for _, text := range v.fields["valid"] {
		if p, err := ledger.ParsePath(text); err != nil || p.String() != text {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range v.fields["invalid"] {
		if _, err := ledger.ParsePath(text); !errors.Is(err, ledger.ErrPath) {
			t.Errorf("%s: %v, want ErrPath", text, err)
		}
	}
}
