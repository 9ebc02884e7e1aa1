package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"avow.dev/ledger"
)

func receiptOf(t testing.TB, n int, index int64) (text string, leaf []byte) {
	t.Helper()
	r := sealed(t, testLeaves(n))
	receipt, err := ledger.NewProver(r, 0).Receipt(context.Background(), r.signed, index)
	check(t, err)
	data, err := receipt.MarshalText()
	check(t, err)
	return string(data), testLeaf(int(index))
}

// verify does what a person's tool does: read the file, then check it.
func verify(t testing.TB, text string, leaf []byte) error {
	t.Helper()
	_, verifier := keyPair(t)
	receipt, err := ledger.ParseReceipt([]byte(text))
	if err != nil {
		return err
	}
	_, err = receipt.Verify(leaf, verifier)
	return err
}

func TestReceiptText(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(5))
	receipt, err := ledger.NewProver(r, 0).Receipt(context.Background(), r.signed, 2)
	check(t, err)
	receipt.Extra = []byte("told")
	text, err := receipt.MarshalText()
	check(t, err)
	var want strings.Builder
	want.WriteString("c2sp.org/tlog-proof@v1\nextra dG9sZA==\nindex 2\n")
	for _, h := range receipt.Proof {
		want.WriteString(h.String() + "\n")
	}
	want.WriteString("\n" + string(r.signed))
	if string(text) != want.String() || len(receipt.Proof) != 3 {
		t.Errorf("receipt is\n%s\nwant\n%s", text, want.String())
	}
	check(t, verify(t, string(text), testLeaf(2)))
}

func TestReceiptsOfEveryLeaf(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 255, 256, 257, 700} {
		r := sealed(t, testLeaves(n))
		prover := ledger.NewProver(r, 0)
		_, verifier := keyPair(t)
		for i := 0; i < n; i += 1 + n/60 {
			receipt, err := prover.Receipt(context.Background(), r.signed, int64(i))
			check(t, err)
			cp, err := receipt.Verify(testLeaf(i), verifier)
			check(t, err)
			if cp.Size != int64(n) {
				t.Errorf("receipt for a log of %d leaves, want %d", cp.Size, n)
			}
		}
	}
}

func TestEveryBitOfAReceiptCounts(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		n     int
		index int64
	}{{1, 0}, {5, 2}, {300, 10}} {
		text, leaf := receiptOf(t, at.n, at.index)
		check(t, verify(t, text, leaf))
		for i := range len(text) * 8 {
			bad := []byte(text)
			bad[i/8] ^= 1 << (i % 8)
			if verify(t, string(bad), leaf) == nil {
				t.Fatalf("accepted with bit %d of byte %d flipped:\n%q", i%8, i/8, bad)
			}
		}
		for i := range len(text) {
			if verify(t, text[:i], leaf) == nil {
				t.Fatalf("accepted when cut after %d bytes", i)
			}
		}
	}
}

func TestEveryBitOfALeafCounts(t *testing.T) {
	t.Parallel()
	text, leaf := receiptOf(t, 9, 4)
	for i := range len(leaf) * 8 {
		bad := append([]byte(nil), leaf...)
		bad[i/8] ^= 1 << (i % 8)
		if err := verify(t, text, bad); !errors.Is(err, ledger.ErrProof) {
			t.Fatalf("bit %d: %v, want ErrProof", i, err)
		}
	}
}

func TestTamperedReceipts(t *testing.T) {
	t.Parallel()
	text, leaf := receiptOf(t, 6, 2)
	lines := strings.SplitAfter(text, "\n")
	other, _ := receiptOf(t, 7, 2)
	otherCheckpoint := other[strings.Index(other, "\n\n")+2:]
	checkpoint := text[strings.Index(text, "\n\n")+2:]
	swap := func(i, j int) string {
		out := append([]string(nil), lines...)
		out[i], out[j] = out[j], out[i]
		return strings.Join(out, "")
	}
	without := func(i int) string {
		return strings.Join(append(append([]string(nil), lines[:i]...), lines[i+1:]...), "")
	}
	replace := func(old, now string) string { return strings.Replace(text, old, now, 1) }
	cases := map[string]struct {
		text string
		leaf []byte
		want error
	}{
		"leaf of another index":    {text, testLeaf(3), ledger.ErrProof},
		"overlong leaf":            {text, make([]byte, 65_536), ledger.ErrLeafTooLong},
		"another index":            {replace("index 2", "index 3"), leaf, ledger.ErrProof},
		"index beyond the log":     {replace("index 2", "index 6"), leaf, ledger.ErrReceipt},
		"negative index":           {replace("index 2", "index -1"), leaf, ledger.ErrReceipt},
		"index with zero":          {replace("index 2", "index 02"), leaf, ledger.ErrReceipt},
		"index beyond 63 bits":     {replace("index 2", "index 9223372036854775808"), leaf, ledger.ErrReceipt},
		"no index":                 {without(1), leaf, ledger.ErrReceipt},
		"index twice":              {replace("index 2\n", "index 2\nindex 2\n"), leaf, ledger.ErrReceipt},
		"hashes in another order":  {swap(2, 3), leaf, ledger.ErrProof},
		"missing hash":             {without(4), leaf, ledger.ErrProof},
		"hash twice":               {replace(lines[3], lines[3]+lines[3]), leaf, ledger.ErrProof},
		"64 hashes":                {replace(lines[3], strings.Repeat(lines[3], 64)), leaf, ledger.ErrReceipt},
		"other version":            {replace("@v1", "@v2"), leaf, ledger.ErrReceipt},
		"no header":                {without(0), leaf, ledger.ErrReceipt},
		"empty extra":              {replace("index 2", "extra \nindex 2"), leaf, ledger.ErrReceipt},
		"extra twice":              {replace("index 2", "extra AAAA\nextra AAAA\nindex 2"), leaf, ledger.ErrReceipt},
		"extra after the index":    {replace("index 2\n", "index 2\nextra AAAA\n"), leaf, ledger.ErrReceipt},
		"loose extra":              {replace("index 2", "extra AB==\nindex 2"), leaf, ledger.ErrReceipt},
		"carriage returns":         {strings.ReplaceAll(text, "\n", "\r\n"), leaf, ledger.ErrReceipt},
		"bytes after":              {text + "x", leaf, ledger.ErrReceipt},
		"empty line after":         {text + "\n", leaf, ledger.ErrReceipt},
		"empty line before":        {"\n" + text, leaf, ledger.ErrReceipt},
		"two empty lines":          {replace("\n\n", "\n\n\n"), leaf, ledger.ErrReceipt},
		"no checkpoint":            {strings.TrimSuffix(text, checkpoint), leaf, ledger.ErrReceipt},
		"checkpoint of other size": {strings.Replace(text, checkpoint, otherCheckpoint, 1), leaf, ledger.ErrProof},
		"too long":                 {text + strings.Repeat("x", 1<<20), leaf, ledger.ErrReceipt},
		"empty":                    {"", leaf, ledger.ErrReceipt},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := verify(t, c.text, c.leaf); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	check(t, verify(t, replace("index 2", "extra AAAA\nindex 2"), leaf))
}

func TestReceiptOfAnotherLog(t *testing.T) {
	t.Parallel()
	text, leaf := receiptOf(t, 6, 2)
	receipt, err := ledger.ParseReceipt([]byte(text))
	check(t, err)
	for name, key := range map[string]ledger.Key{"other name": testKey(t, "example.com/other", 1), "other key": testKey(t, origin, 2)} {
		verifier, err := key.Verifier()
		check(t, err)
		if _, err := receipt.Verify(leaf, verifier); !errors.Is(err, ledger.ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		}
	}
}

func TestProverNeverHandsOutABadReceipt(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(600)).copy()
	r.tiles[[2]int64{0, 1}][40] ^= 1
	prover := ledger.NewProver(r, 0)
	if _, err := prover.Receipt(context.Background(), r.signed, 300); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt", err)
	}
	if _, err := prover.Receipt(context.Background(), r.signed, 600); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("leaf that is not sealed: %v, want ErrNotFound", err)
	}
	if _, err := prover.Receipt(context.Background(), []byte("x"), 0); !errors.Is(err, ledger.ErrCheckpoint) {
		t.Errorf("no checkpoint: %v, want ErrCheckpoint", err)
	}
}

func TestReceiptsThatAreNotWritten(t *testing.T) {
	t.Parallel()
	signed := sealed(t, testLeaves(6)).signed
	for name, receipt := range map[string]ledger.Receipt{
		"zero":               {},
		"index beyond":       {Index: 6, Checkpoint: signed},
		"too many hashes":    {Proof: make([]ledger.Hash, 64), Checkpoint: signed},
		"too much extra":     {Extra: make([]byte, ledger.MaxReceiptExtra+1), Checkpoint: signed},
		"damaged checkpoint": {Checkpoint: signed[1:]},
	} {
		text, err := receipt.MarshalText()
		if name == "damaged checkpoint" {
			// The origin lost a letter: still a checkpoint in form, and for the signature to refuse.
			if err = verify(t, string(text), testLeaf(0)); err == nil {
				t.Errorf("%s: accepted", name)
			}
			continue
		}
		if !errors.Is(err, ledger.ErrReceipt) {
			t.Errorf("%s: %v, want ErrReceipt", name, err)
		}
	}
}

func FuzzProof(f *testing.F) {
	text, leaf := receiptOf(f, 6, 2)
	f.Add([]byte(text))
	f.Add([]byte(strings.Replace(text, "index 2", "extra AAAA\nindex 2", 1)))
	long, _ := receiptOf(f, 300, 299)
	f.Add([]byte(long))
	_, verifier := keyPair(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		receipt, err := ledger.ParseReceipt(data)
		if err != nil {
			if !errors.Is(err, ledger.ErrReceipt) {
				t.Fatalf("%v, want ErrReceipt", err)
			}
			return
		}
		again, err := receipt.MarshalText()
		check(t, err)
		if string(again) != string(data) {
			t.Fatalf("%q written as %q", data, again)
		}
		if _, err := receipt.Verify([]byte("never sealed"), verifier); err == nil {
			t.Fatalf("receipt for a leaf that is in no log: %q", data)
		}
		if _, err := receipt.Verify(leaf, verifier); err == nil && receipt.Index != 2 {
			t.Fatalf("receipt accepted at index %d: %q", receipt.Index, data)
		}
	})
}
