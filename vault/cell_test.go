package vault_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"avow.dev/vault"
)

func TestNoNonceRepeats(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.person(1)
	const seals = 100_000
	seen := make(map[[12]byte]bool, seals)
	var cell []byte
	for range seals {
		var err error
		cell, err = k.Seal(cell[:0], email(1), []byte("ada@person.example"))
		must(t, err)
		seen[[12]byte(cell[1:13])] = true
	}
	if len(seen) != seals {
		t.Fatalf("%d nonces for %d seals", len(seen), seals)
	}
}

func TestEqualIdentitiesGiveDifferentCells(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	w.person(2)
	const value = "ada@person.example"
	a, b, c := w.seal(email(1), value), w.seal(email(1), value), w.seal(email(2), value)
	if bytes.Equal(a, b) || bytes.Equal(a, c) || bytes.Equal(a[13:], b[13:]) || bytes.Equal(a[13:], c[13:]) {
		t.Fatal("equal values gave equal cells")
	}
	for _, cell := range [][]byte{a, b, c} {
		if bytes.Contains(cell, []byte("person")) {
			t.Fatal("the value can be read in its cell")
		}
		if len(cell) != len(value)+vault.CellOverhead {
			t.Fatalf("a cell of %d bytes for %d", len(cell), len(value))
		}
	}
	w.wantOpen(email(1), a, value)
	w.wantOpen(email(2), c, value)
}

func TestMovedCellsStayShut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	w.person(2)
	cell := w.seal(email(1), "ada@person.example")
	for name, a := range map[string]vault.Address{
		"person":         {SID: 2, Datum: "email", Version: 1, Kind: vault.KindValue},
		"datum":          {SID: 1, Datum: "phone", Version: 1, Kind: vault.KindValue},
		"longer datum":   {SID: 1, Datum: "email\x00", Version: 1, Kind: vault.KindValue},
		"no datum":       {SID: 1, Version: 1, Kind: vault.KindValue},
		"older version":  {SID: 1, Datum: "email", Version: 0, Kind: vault.KindValue},
		"newer version":  {SID: 1, Datum: "email", Version: 2, Kind: vault.KindValue},
		"kind":           {SID: 1, Datum: "email", Version: 1, Kind: vault.KindMessage},
		"no kind":        {SID: 1, Datum: "email", Version: 1},
		"person unknown": {SID: 3, Datum: "email", Version: 1, Kind: vault.KindValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := w.Open(nil, a, cell)
			if err == nil || got != nil {
				t.Fatalf("a cell moved to another %s opened: %q", name, got)
			}
			if name != "person unknown" {
				wantErr(t, err, vault.ErrCell)
			}
		})
	}
	if _, err := w.Seal(nil, vault.Address{SID: 1, Datum: "email"}, nil); err == nil {
		t.Fatal("a cell without a kind was sealed")
	}
}

func TestCellsOfAnotherPolicyStayShut(t *testing.T) {
	t.Parallel()
	raw := [32]byte{1, 2, 3}
	ours, err := vault.KeyFromBytes("airstep", 1, raw)
	must(t, err)
	theirs, err := vault.KeyFromBytes("astral", 1, raw) // even under the same key
	must(t, err)
	cell, err := ours.Seal(nil, email(1), []byte("ada"))
	must(t, err)
	_, err = theirs.Open(nil, email(1), cell)
	wantErr(t, err, vault.ErrCell)
	if err.Error() != vault.ErrCell.Error() {
		t.Fatalf("the error says more than that the cell does not open: %v", err)
	}
}

func TestAnyFlippedBitOrCutRefuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	cell := w.seal(email(1), "ada@person.example")
	for bit := range len(cell) * 8 {
		bad := bytes.Clone(cell)
		bad[bit/8] ^= 1 << (bit % 8)
		_, err := w.Open(nil, email(1), bad)
		wantErr(t, err, vault.ErrCell)
	}
	for n := range len(cell) {
		_, err := w.Open(nil, email(1), cell[:n])
		wantErr(t, err, vault.ErrCell)
	}
	_, err := w.Open(nil, email(1), append(bytes.Clone(cell), 0))
	wantErr(t, err, vault.ErrCell)
}

func TestEmptyPlaintextAndAppending(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	cell := w.seal(email(1), "")
	w.wantOpen(email(1), cell, "")
	got, err := w.Seal([]byte("before"), email(1), []byte("ada"))
	must(t, err)
	if !bytes.HasPrefix(got, []byte("before")) {
		t.Fatal("Seal does not append")
	}
	plain, err := w.Open([]byte("say "), email(1), got[6:])
	if err != nil || string(plain) != "say ada" {
		t.Fatalf("%q %v", plain, err)
	}
}

func TestPlaintextAndKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var raw [32]byte
	copy(raw[:], "canary-key-canary-key-canary-key")
	k, err := vault.KeyFromBytes(policy, 1, raw)
	must(t, err)
	cell, err := k.Seal(nil, email(1), []byte("canary-plaintext"))
	must(t, err)
	s, err := k.OpenSecret(email(1), cell)
	must(t, err)
	if string(s.Expose()) != "canary-plaintext" {
		t.Fatal("OpenSecret lost the plaintext")
	}
	hidden := struct {
		k  vault.SubjectKey
		kp *vault.SubjectKey
		s  any
		v  *vault.Vault
		r  *vault.Keyring
	}{k, &k, s, w.Vault, w.ring}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, x := range []any{k, &k, s, hidden, &hidden, w.root, w.Vault, w.ring} {
			out := strings.ToLower(fmt.Sprintf(verb, x))
			for _, leak := range []string{"canary", "63616e617279", "99 97 110 97 114 121", "0x63, 0x61, 0x6e"} {
				if strings.Contains(out, leak) {
					t.Errorf("%s of %T prints a secret", verb, x)
				}
			}
		}
	}
}

// The good cell is a vector and not sealed here, where each worker process of the
// fuzzer would seal its own.
func FuzzOpenCell(f *testing.F) {
	v := vectors(f, "cells.txt")[0]
	k, a, good, want := v.subjectKey(f), v.address(f), v.hex(f, "cell"), v.hex(f, "plaintext")
	f.Add(good, a.Datum, a.Version, uint8(a.Kind))
	f.Add(good[:len(good)-1], a.Datum, a.Version, uint8(a.Kind))
	f.Add(good, "phone", a.Version, uint8(a.Kind))
	f.Add([]byte{1}, "", uint64(0), uint8(0))
	f.Fuzz(func(t *testing.T, cell []byte, datum string, version uint64, kind uint8) {
		at := vault.Address{SID: a.SID, Datum: datum, Version: version, Kind: vault.Kind(kind)}
		got, err := k.Open(nil, at, cell)
		if bytes.Equal(cell, good) && at == a {
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("the good cell: %q %v", got, err)
			}
			return
		}
		if err == nil || got != nil {
			t.Fatalf("a cell that was never sealed opened at %+v", at)
		}
	})
}
