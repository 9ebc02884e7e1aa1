package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	receiptHeader = "c2sp.org/tlog-proof@v1"
	// ReceiptExtension is the file name extension of a receipt.
	ReceiptExtension = ".tlog-proof"
	// MaxReceiptExtra is the most extra data that a receipt carries, in bytes.
	MaxReceiptExtra = 64 << 10

	maxReceipt = maxCheckpoint + MaxReceiptExtra*4/3 + maxHeight*(HashSize*4/3+4) + 256
)

// A Receipt lets a person prove, years later and without asking anyone, that one leaf is in a log (C2SP tlog-proof).
type Receipt struct {
	// Extra is data for the application, such as the leaf itself. Nothing signs it: never trust it by itself.
	Extra []byte
	// Index is the place of the leaf in the log, from 0.
	Index int64
	// Proof is the audit path from the leaf's sibling up.
	Proof []Hash
	// Checkpoint is the signed note, byte for byte.
	Checkpoint []byte
}

// Receipt makes the receipt of the leaf at index for a signed checkpoint out of the log's own store. It checks the
// proof before it hands it out: a store that contradicts its checkpoint gives [ErrCorrupt], never a bad receipt.
func (p *Prover) Receipt(ctx context.Context, signed []byte, index int64) (Receipt, error) {
	cp, err := ParseUnverified(signed)
	if err != nil {
		return Receipt{}, fmt.Errorf("make receipt: %w", err)
	}
	proof, err := p.Inclusion(ctx, index, cp.Size)
	if err != nil {
		return Receipt{}, fmt.Errorf("make receipt: %w", err)
	}
	leaf, err := p.Leaf(ctx, index, cp.Size)
	if err != nil {
		return Receipt{}, fmt.Errorf("make receipt: %w", err)
	}
	if err := cp.CheckInclusion(index, leaf, proof); err != nil {
		return Receipt{}, fmt.Errorf("make receipt of leaf %d: stored tiles do not give the signed root: %w", index, ErrCorrupt)
	}
	return Receipt{Index: index, Proof: proof, Checkpoint: signed}, nil
}

// Verify checks that leaf is the leaf this receipt is for, in a log that one of the trusted keys signs, and returns the
// checkpoint that commits to it. The extra data plays no part.
func (r Receipt) Verify(leaf []byte, trusted ...note.Verifier) (Checkpoint, error) {
	cp, err := OpenCheckpoint(r.Checkpoint, trusted...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verify receipt: %w", err)
	}
	if len(leaf) > MaxLeaf {
		return Checkpoint{}, fmt.Errorf("verify receipt: %w", ErrLeafTooLong)
	}
	if err := cp.CheckInclusion(r.Index, LeafHash(leaf), r.Proof); err != nil {
		return Checkpoint{}, fmt.Errorf("verify receipt of leaf %d: %w", r.Index, err)
	}
	return cp, nil
}

// MarshalText writes the receipt as a tlog-proof file.
func (r Receipt) MarshalText() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("write receipt: %w: %w", err, ErrReceipt)
	}
	var b bytes.Buffer
	b.WriteString(receiptHeader + "\n")
	if len(r.Extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(r.Extra) + "\n")
	}
	b.WriteString("index " + strconv.FormatInt(r.Index, 10) + "\n")
	for _, h := range r.Proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(r.Checkpoint)
	return b.Bytes(), nil
}

func (r Receipt) check() error {
	cp, err := ParseUnverified(r.Checkpoint)
	switch {
	case err != nil:
		return err
	case r.Index < 0 || r.Index >= cp.Size:
		return fmt.Errorf("index %d in a log of %d leaves", r.Index, cp.Size)
	case len(r.Proof) > maxHeight:
		return fmt.Errorf("%d hashes, want at most %d", len(r.Proof), maxHeight)
	case len(r.Extra) > MaxReceiptExtra:
		return fmt.Errorf("%d bytes of extra data, want at most %d", len(r.Extra), MaxReceiptExtra)
	}
	return nil
}

// ParseReceipt reads a tlog-proof file. It accepts only what [Receipt.MarshalText] writes, and verifies nothing: the
// form of the checkpoint is checked, its signature and the proof are not.
func ParseReceipt(data []byte) (Receipt, error) {
	if len(data) > maxReceipt {
		return Receipt{}, fmt.Errorf("read receipt: %d bytes, want at most %d: %w", len(data), maxReceipt, ErrReceipt)
	}
	r, err := parseReceipt(data)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("read receipt: %w: %w", err, ErrReceipt)
	}
	return r, nil
}

func parseReceipt(data []byte) (Receipt, error) {
	head, checkpoint, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		return Receipt{}, errors.New("no empty line before the checkpoint")
	}
	r := Receipt{Checkpoint: bytes.Clone(checkpoint)}
	lines := strings.Split(string(head), "\n")
	if lines[0] != receiptHeader {
		return Receipt{}, fmt.Errorf("line 1: want %q", receiptHeader)
	}
	lines = lines[1:]
	if extra, ok := cutPrefix(lines, "extra "); ok {
		raw, err := decodeBase64(extra)
		if err != nil || len(raw) == 0 {
			return Receipt{}, errors.New("line 2: extra data: want base64 of one byte or more")
		}
		r.Extra, lines = raw, lines[1:]
	}
	index, ok := cutPrefix(lines, "index ")
	if !ok {
		return Receipt{}, errors.New(`no "index" line`)
	}
	n, err := parseDecimal(index)
	if err != nil {
		return Receipt{}, fmt.Errorf("index: %w", err)
	}
	r.Index = n
	r.Proof, err = parseProof(lines[1:])
	return r, err
}

func cutPrefix(lines []string, prefix string) (string, bool) {
	if len(lines) == 0 {
		return "", false
	}
	return strings.CutPrefix(lines[0], prefix)
}

func parseProof(lines []string) ([]Hash, error) {
	if len(lines) > maxHeight {
		return nil, fmt.Errorf("%d hashes, want at most %d", len(lines), maxHeight)
	}
	proof := make([]Hash, 0, len(lines))
	for i, line := range lines {
		h, err := ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("hash %d: %w", i+1, err)
		}
		proof = append(proof, h)
	}
	return proof, nil
}
