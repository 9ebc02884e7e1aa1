package ledger_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
)

func TestCheckpointText(t *testing.T) {
	t.Parallel()
	signed := string(sealed(t, testLeaves(5)).signed)
	cp := opened(t, []byte(signed))
	lines := strings.Split(signed, "\n")
	if lines[0] != origin || lines[1] != "5" || lines[2] != cp.Root.String() || lines[3] != "" || !strings.HasPrefix(lines[4], "— "+origin+" ") || len(lines) != 6 {
		t.Errorf("checkpoint is\n%s", signed)
	}
	if cp.Origin != origin || cp.Size != 5 {
		t.Errorf("opened as %q, size %d", cp.Origin, cp.Size)
	}
}

// No bit of a checkpoint can change: the whole file is text, root or signature.
func TestEveryBitOfACheckpointCounts(t *testing.T) {
	t.Parallel()
	_, verifier := keyPair(t)
	for _, n := range []int{0, 5, 300} {
		signed := sealed(t, testLeaves(n)).signed
		for i := range len(signed) * 8 {
			bad := append([]byte(nil), signed...)
			bad[i/8] ^= 1 << (i % 8)
			if _, err := ledger.OpenCheckpoint(bad, verifier); err == nil {
				t.Fatalf("accepted with bit %d of byte %d flipped:\n%q", i%8, i/8, bad)
			}
		}
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	t.Parallel()
	signer, verifier := keyPair(t)
	signText := func(text string, signers ...note.Signer) string {
		if len(signers) == 0 {
			signers = []note.Signer{signer}
		}
		signed, err := note.Sign(&note.Note{Text: text}, signers...)
		check(t, err)
		return string(signed)
	}
	root := ledger.LeafHash(nil).String()
	good := signText(origin + "\n5\n" + root + "\n")
	other, err := testKey(t, "example.com/other", 3).Signer()
	check(t, err)
	stranger := func(i int) string {
		return fmt.Sprintf("— witness%d.example %s\n", i, base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "id%02dsignature", i)))
	}
	strangers := func(n int) (text string) {
		for i := range n {
			text += stranger(i)
		}
		return text
	}
	loose := base64.StdEncoding.EncodeToString([]byte("id00signature"))
	loose = strings.TrimRight(loose, "=")
	loose = loose[:len(loose)-1] + string(loose[len(loose)-1]+1) + "=="

	if _, err := ledger.OpenCheckpoint([]byte(good+strangers(15)), verifier); err != nil {
		t.Errorf("16 signatures: %v", err)
	}
	cases := map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", ledger.ErrCheckpoint},
		"no signature":          {origin + "\n5\n" + root + "\n\n", ledger.ErrCheckpoint},
		"17 signatures":         {good + strangers(16), ledger.ErrCheckpoint},
		"same stranger twice":   {good + stranger(1) + stranger(1), ledger.ErrCheckpoint},
		"loose base64":          {good + "— witness.example " + loose + "\n", ledger.ErrCheckpoint},
		"too long":              {good + strings.Repeat("x", 128<<10), ledger.ErrCheckpoint},
		"bytes after":           {good + "x", ledger.ErrCheckpoint},
		"empty line after":      {good + "\n", ledger.ErrCheckpoint},
		"carriage returns":      {strings.ReplaceAll(good, "\n", "\r\n"), ledger.ErrCheckpoint},
		"extension line":        {signText(origin + "\n5\n" + root + "\nmore\n"), ledger.ErrCheckpoint},
		"empty extension line":  {signText(origin + "\n5\n" + root + "\n\n"), ledger.ErrCheckpoint},
		"two lines":             {signText(origin + "\n5\n"), ledger.ErrCheckpoint},
		"no origin":             {signText("\n5\n" + root + "\n"), ledger.ErrCheckpoint},
		"origin with space":     {signText("a b\n5\n" + root + "\n"), ledger.ErrCheckpoint},
		"origin with C1":        {signText("a\u0085b\n5\n" + root + "\n"), ledger.ErrCheckpoint},
		"leading zero":          {signText(origin + "\n05\n" + root + "\n"), ledger.ErrCheckpoint},
		"signed size":           {signText(origin + "\n+5\n" + root + "\n"), ledger.ErrCheckpoint},
		"negative size":         {signText(origin + "\n-5\n" + root + "\n"), ledger.ErrCheckpoint},
		"size beyond 63 bits":   {signText(origin + "\n9223372036854775808\n" + root + "\n"), ledger.ErrCheckpoint},
		"short root":            {signText(origin + "\n5\n" + root[4:] + "\n"), ledger.ErrCheckpoint},
		"root not base64":       {signText(origin + "\n5\n" + strings.Repeat("!", 44) + "\n"), ledger.ErrCheckpoint},
		"empty log with a root": {signText(origin + "\n0\n" + root + "\n"), ledger.ErrCheckpoint},
		"stranger's signature":  {signText(origin+"\n5\n"+root+"\n", other), ledger.ErrSignature},
		"key of another log":    {signText("example.com/third\n5\n" + root + "\n"), ledger.ErrOrigin},
		"changed size":          {strings.Replace(good, "\n5\n", "\n6\n", 1), ledger.ErrSignature},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := ledger.OpenCheckpoint([]byte(c.text), verifier); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	if _, err := ledger.OpenCheckpoint([]byte(good)); !errors.Is(err, ledger.ErrSignature) {
		t.Errorf("without keys: %v, want ErrSignature", err)
	}
	if _, err := ledger.OpenCheckpoint([]byte(good), nil); !errors.Is(err, ledger.ErrKey) {
		t.Errorf("with a nil key: %v, want ErrKey", err)
	}
}

func TestSignRefusesAnotherLog(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	cp := ledger.Checkpoint{Origin: "example.com/other", Tree: ledger.Tree{Root: ledger.EmptyRoot()}}
	if _, err := cp.Sign(signer); !errors.Is(err, ledger.ErrOrigin) {
		t.Errorf("%v, want ErrOrigin", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	_, verifier := keyPair(f)
	good := sealed(f, testLeaves(3)).signed
	f.Add(good)
	f.Add(append(append([]byte(nil), good...), "— witness.example AAAAAAAA\n"...))
	f.Add([]byte("a\n0\n" + ledger.EmptyRoot().String() + "\n\n— b AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cp, err := ledger.ParseUnverified(data)
		if err == nil {
			want := fmt.Sprintf("%s\n%d\n%s\n\n", cp.Origin, cp.Size, cp.Root)
			if !strings.HasPrefix(string(data), want) {
				t.Fatalf("read %q as %+v", data, cp)
			}
		}
		believed, err2 := ledger.OpenCheckpoint(data, verifier)
		if err2 == nil && (err != nil || believed != cp || believed.Size != 3) {
			t.Fatalf("believed a checkpoint that nobody signed: %q", data)
		}
	})
}
