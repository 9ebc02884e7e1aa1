package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	// maxSignatures is what signed-note asks every verifier to accept, and no more.
	maxSignatures = 16
	// maxCheckpoint leaves room for sixteen post-quantum signatures.
	maxCheckpoint = 128 << 10
)

// A Checkpoint says that the log named Origin has the given tree.
type Checkpoint struct {
	Origin string
	Tree
}

// Sign writes the checkpoint as a signed note (C2SP tlog-checkpoint, signed-note). Each key must bear the name of the log.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	origin, err := commonOrigin(signers)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	if origin != c.Origin || c.Size < 0 {
		return nil, fmt.Errorf("sign checkpoint of %q, size %d, with a key of %q: %w", c.Origin, c.Size, origin, ErrOrigin)
	}
	text := c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// OpenCheckpoint reads a signed checkpoint and believes it only when a trusted key of that very log signed it.
//
// Signatures by unknown keys are ignored, as the standard demands; a wrong signature by a known key refuses the whole
// note. Give the old and the new key while a log changes its key.
func OpenCheckpoint(signed []byte, trusted ...note.Verifier) (Checkpoint, error) {
	cp, err := ParseUnverified(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	keys, err := knownKeys(trusted)
	if err != nil {
		return Checkpoint{}, err
	}
	opened, err := note.Open(signed, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint of %q: %w: %w", cp.Origin, err, ErrSignature)
	}
	for _, sig := range opened.Sigs {
		if sig.Name != cp.Origin {
			return Checkpoint{}, fmt.Errorf("open checkpoint: log %q signed by key %q: %w", cp.Origin, sig.Name, ErrOrigin)
		}
	}
	return cp, nil
}

// knownKeys refuses nil and doubled keys, on which package note panics or contradicts itself later.
func knownKeys(trusted []note.Verifier) (note.Verifiers, error) {
	if len(trusted) == 0 {
		return nil, fmt.Errorf("open checkpoint: no trusted key given: %w", ErrSignature)
	}
	for i, key := range trusted {
		if key == nil {
			return nil, fmt.Errorf("open checkpoint: trusted key %d is nil: %w", i, ErrKey)
		}
	}
	return note.VerifierList(trusted...), nil
}

// ParseUnverified reads a checkpoint without looking at its signatures. It is for checkpoints out of one's own store;
// one that came from anywhere else goes through [OpenCheckpoint].
//
// It reads strictly: three lines, no extension lines (nobody can audit those), one spelling for every value, at most
// 16 signatures and no control characters.
func ParseUnverified(signed []byte) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %d bytes, want at most %d: %w", len(signed), maxCheckpoint, ErrCheckpoint)
	}
	text, err := noteText(signed)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: %w", err, ErrCheckpoint)
	}
	cp, err := parseText(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: %w", err, ErrCheckpoint)
	}
	return cp, nil
}

func parseText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("%d lines of text, want origin, size and root", len(lines)-1)
	}
	if err := ValidOrigin(lines[0]); err != nil {
		return Checkpoint{}, fmt.Errorf("line 1: %w", err)
	}
	size, err := parseDecimal(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("line 2: size: %w", err)
	}
	root, err := ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("line 3: root: %w", err)
	}
	if size == 0 && root != EmptyRoot() {
		return Checkpoint{}, errors.New("line 3: root of an empty log is not the hash of nothing")
	}
	return Checkpoint{Origin: lines[0], Tree: Tree{Size: size, Root: root}}, nil
}

// noteText checks the outer form of a signed note, in the places where package note is lenient, and returns its text.
func noteText(signed []byte) (string, error) {
	// Without keys, note.Open checks the form and then finds no signature that it can verify.
	_, err := note.Open(signed, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return "", fmt.Errorf("read signed note: %w", err)
	}
	lines := bytes.Count(signed[len(unverified.Note.Text)+1:], []byte("\n"))
	if lines > maxSignatures {
		return "", fmt.Errorf("%d signatures, want at most %d", lines, maxSignatures)
	}
	if lines != len(unverified.Note.UnverifiedSigs) {
		return "", errors.New("the same signature twice")
	}
	for i, sig := range unverified.Note.UnverifiedSigs {
		if _, err := decodeBase64(sig.Base64); err != nil {
			return "", fmt.Errorf("signature %d: %w", i+1, err)
		}
	}
	return unverified.Note.Text, nil
}

// parseDecimal reads a non-negative number in its only spelling: no sign, no leading zero.
func parseDecimal(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, errors.New("want a decimal number below 2^63 without sign or leading zero")
	}
	return n, nil
}
