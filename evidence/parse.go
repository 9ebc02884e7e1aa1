package evidence

import (
	stdbytes "bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"avow.dev"
)

// ErrLeaf is the error for bytes that are no leaf of this version.
var ErrLeaf = errors.New("not an evidence leaf")

// wire is the JSON form of a leaf, for reading only.
type wire struct {
	At         time.Time       `json:"at"`
	Choice     avow.Choice     `json:"choice"`
	Clauses    []avow.ClauseID `json:"clauses"`
	Commitment string          `json:"commitment"`
	Count      int64           `json:"count"`
	Data       []avow.Datum    `json:"data"`
	Detail     string          `json:"detail"`
	Done       string          `json:"done"`
	Hash       avow.Hash       `json:"hash"`
	ID         string          `json:"id"`
	Kind       Kind            `json:"kind"`
	Observe    bool            `json:"observe"`
	Point      avow.Point      `json:"point"`
	Policy     avow.PolicyID   `json:"policy"`
	Purpose    avow.Purpose    `json:"purpose"`
	Reasons    []string        `json:"reasons"`
	Recipient  avow.Recipient  `json:"recipient"`
	Role       avow.Role       `json:"role"`
	Rules      []avow.RuleID   `json:"rules"`
	V          int             `json:"v"`
	Verdict    avow.Verdict    `json:"verdict"`
	Why        string          `json:"why"`
}

// Parse reads a leaf. It accepts exactly what Append writes: whatever does not
// come out the same byte for byte is refused with [ErrLeaf].
func Parse(b []byte) (Leaf, error) {
	if len(b) > MaxLeaf {
		return Leaf{}, fmt.Errorf("%w: longer than %d bytes", ErrLeaf, MaxLeaf)
	}
	var w wire
	dec := json.NewDecoder(stdbytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return Leaf{}, fmt.Errorf("%w: %w", ErrLeaf, err)
	}
	l, err := w.leaf()
	if err != nil {
		return Leaf{}, err
	}
	if !stdbytes.Equal(l.Append(nil), b) {
		return Leaf{}, fmt.Errorf("%w: not in canonical form", ErrLeaf)
	}
	return l, nil
}

func (w *wire) leaf() (Leaf, error) {
	l := Leaf{At: w.At, Choice: w.Choice, Clauses: w.Clauses, Count: w.Count, Data: w.Data, Hash: w.Hash, Kind: w.Kind, Observe: w.Observe,
		Point: w.Point, Policy: w.Policy, Purpose: w.Purpose, Recipient: w.Recipient, Role: w.Role, Rules: w.Rules, Verdict: w.Verdict, Why: w.Why}
	for _, code := range w.Reasons {
		r, ok := avow.ParseReason(code)
		if !ok {
			return Leaf{}, fmt.Errorf("%w: unknown reason", ErrLeaf)
		}
		l.Reasons |= r.Set()
	}
	for _, f := range [...]struct {
		in     string
		out    []byte
		decode func(string) ([]byte, error)
	}{
		{w.Commitment, l.Commitment[:], base64.StdEncoding.DecodeString},
		{w.Detail, l.Detail[:], base64.StdEncoding.DecodeString},
		{w.ID, l.ID[:], hex.DecodeString},
		{w.Done, l.Done[:], hex.DecodeString},
	} {
		if f.in == "" {
			continue
		}
		raw, err := f.decode(f.in)
		if err != nil || len(raw) != len(f.out) {
			return Leaf{}, fmt.Errorf("%w: malformed bytes", ErrLeaf)
		}
		copy(f.out, raw)
	}
	return l, nil
}
