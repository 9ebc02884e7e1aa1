package consent

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/vocab"
)

// ErrRecord is the error for a record that its leaf does not bear out.
var ErrRecord = errors.New("the leaf is not about this record")

// Parse reads a record as JSON.
func Parse(raw []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("read consent record: %w", err)
	}
	if r.Type != "dpv:ConsentRecord" || r.ConformsTo != RecordProfile {
		return nil, errors.New("read consent record: it is none of the profile " + RecordProfile)
	}
	return &r, nil
}

// Check reports whether a leaf, whose receipt was verified, is about the record:
// the choice, the state, the times, the words and what was done, by the person of
// the pseudonym. What else stands in a record follows from the policy text whose
// hash the leaf holds.
func (r *Record) Check(l *evidence.Leaf) error {
	c := evidence.Consent{Choice: avow.Choice(r.Choice), State: stateOf(r.Status), At: r.At, Expires: r.Expires, Policy: avow.Hash(r.Policy),
		Version: r.Notice.Version, Language: avow.Language(r.Notice.Language), Gesture: r.Method.Gesture, Origin: r.Method.Origin}
	var o evidence.Opening
	err := errors.Join(fill(o.Salt[:], r.Opening.Salt), fill(o.Pseudonym[:], r.Opening.Pseudonym))
	if words, ok := strings.CutPrefix(r.Notice.Words, "sha256:"); ok {
		raw, bad := hex.DecodeString(words)
		if bad != nil || copy(c.Words[:], raw) != len(c.Words) {
			err = errors.Join(err, errors.New("the hash of the words is malformed"))
		}
	}
	if err != nil {
		return fmt.Errorf("read consent record: %w", err)
	}
	if hex.EncodeToString(l.ID[:]) != r.Leaf.ID || !o.Opens(l, &c) {
		return ErrRecord
	}
	return nil
}

func stateOf(status string) string {
	for t := range vocab.AllConsentStates() {
		if first(t.IRIs, "") == status {
			return t.Slug
		}
	}
	return ""
}

func fill(into []byte, text string) error {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(into) {
		return errors.New("the opening of the leaf is malformed")
	}
	copy(into, raw)
	return nil
}
