package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"avow.dev/ledger"
)

// otherHistory is a log that shares its first leaves with testLeaves and then tells something else.
func otherHistory(same, n int) [][]byte {
	leaves := testLeaves(n)
	for i := same; i < n; i++ {
		leaves[i] = fmt.Appendf(nil, "lie %d", i)
	}
	return leaves
}

func TestVerifyConsistency(t *testing.T) {
	t.Parallel()
	now := sealed(t, testLeaves(700))
	dir := os.DirFS(exported(t, now))
	damaged := exported(t, now)
	edit(t, damaged, "tile/0/000", func(data []byte) []byte { data[0] ^= 1; return data })
	other, err := testKey(t, "example.com/other", 1).Signer()
	check(t, err)
	s, err := ledger.NewSealer(other)
	check(t, err)
	elsewhere, err := s.Seal(nil)
	check(t, err)
	strange, err := ledger.ParseUnverified(elsewhere.Checkpoint)
	check(t, err)

	for name, c := range map[string]struct {
		known ledger.Checkpoint
		want  error
	}{
		"empty log":               {opened(t, sealed(t, nil).signed), nil},
		"first leaf":              {opened(t, sealed(t, testLeaves(1)).signed), nil},
		"edge of a tile":          {opened(t, sealed(t, testLeaves(256)).signed), nil},
		"middle":                  {opened(t, sealed(t, testLeaves(300)).signed), nil},
		"itself":                  {opened(t, now.signed), nil},
		"rolled back":             {opened(t, sealed(t, testLeaves(701)).signed), ledger.ErrOlder},
		"rolled back and forked":  {opened(t, sealed(t, otherHistory(5, 900)).signed), ledger.ErrOlder},
		"forked at the same size": {opened(t, sealed(t, otherHistory(699, 700)).signed), ledger.ErrForked},
		"forked before":           {opened(t, sealed(t, otherHistory(299, 300)).signed), ledger.ErrForked},
		"forked from the start":   {opened(t, sealed(t, otherHistory(0, 1)).signed), ledger.ErrForked},
		"another log":             {strange, ledger.ErrOrigin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ledger.VerifyConsistency(dir, c.known, opened(t, now.signed)); !errors.Is(err, c.want) {
				t.Errorf("export: %v, want %v", err, c.want)
			}
			if err := ledger.VerifyStoredConsistency(context.Background(), now.copy(), c.known, opened(t, now.signed)); !errors.Is(err, c.want) {
				t.Errorf("store: %v, want %v", err, c.want)
			}
		})
	}
	// A damaged file must not be taken for a fork.
	known := opened(t, sealed(t, testLeaves(5)).signed)
	var fault *ledger.Fault
	err = ledger.VerifyConsistency(os.DirFS(damaged), known, opened(t, now.signed))
	if !errors.As(err, &fault) || errors.Is(err, ledger.ErrForked) || fault.File != "tile/0/000" {
		t.Errorf("damaged tile: %v, want a fault in tile/0/000", err)
	}
}

func TestFollows(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(700))
	now, known := opened(t, r.signed), opened(t, sealed(t, testLeaves(300)).signed)
	proof, err := ledger.NewProver(r, 0).Consistency(context.Background(), 300, 700)
	check(t, err)
	check(t, ledger.Follows(known, now, proof))
	check(t, ledger.Follows(now, now, nil))
	for name, c := range map[string]struct {
		known, now ledger.Checkpoint
		proof      []ledger.Hash
		want       error
	}{
		"no proof":      {known, now, nil, ledger.ErrProof},
		"cut proof":     {known, now, proof[1:], ledger.ErrProof},
		"shrunk":        {now, known, proof, ledger.ErrOlder},
		"other history": {opened(t, sealed(t, otherHistory(5, 300)).signed), now, proof, ledger.ErrProof},
	} {
		if err := ledger.Follows(c.known, c.now, c.proof); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
