package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"avow.dev"
)

// Leaf is one piece of evidence.
//
// Every word in it must be one that the policy declares, or one of this
// package: what a caller sends and the policy does not know is written as
// [Undeclared], because it might be personal data.
type Leaf struct {
	ID         [16]byte // random; the salt is derived from it and the person's key
	At         time.Time
	Kind       Kind
	Policy     avow.PolicyID
	Hash       avow.Hash
	Verdict    avow.Verdict
	Observe    bool // the policy only observed: a refusal was let pass
	Data       []avow.Datum
	Purpose    avow.Purpose
	Point      avow.Point
	Recipient  avow.Recipient
	Role       avow.Role
	Choice     avow.Choice
	Reasons    avow.Reasons
	Rules      []avow.RuleID
	Clauses    []avow.ClauseID
	Count      int64    // of cells erased or expired, say; 0 is left out
	Commitment [32]byte // zero where the leaf is about nobody
	Detail     [32]byte // digest of what is attached elsewhere (a policy text, a notice); zero is left out
	Done       [16]byte // id of the leaf whose intention this completes; zero is left out
	Why        string   // for which reason somebody of the controller opened what is a person's
}

// Undeclared stands for a word that the policy does not know.
const Undeclared = "undeclared"

// MaxLeaf is the largest leaf, in bytes, as set by C2SP tlog-tiles.
const MaxLeaf = 65535

// Append appends the leaf as canonical JSON (RFC 8785) and returns the extended
// slice. Keys stand in code point order, absent values are left out, and all
// texts are ASCII words, which is what makes this simple writer canonical.
func (l *Leaf) Append(b []byte) []byte {
	b = append(b, `{"at":"`...)
	b = l.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = word(b, "choice", string(l.Choice))
	b = list(b, "clauses", l.Clauses)
	if l.Commitment != [32]byte{} {
		b = bytes(b, "commitment", l.Commitment[:])
	}
	if l.Count != 0 {
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, l.Count, 10)
	}
	b = list(b, "data", l.Data)
	if l.Detail != [32]byte{} {
		b = bytes(b, "detail", l.Detail[:])
	}
	if l.Done != [16]byte{} {
		b = append(b, `,"done":"`...)
		b = hex.AppendEncode(b, l.Done[:])
		b = append(b, '"')
	}
	b = word(b, "hash", string(l.Hash))
	b = append(b, `,"id":"`...)
	b = hex.AppendEncode(b, l.ID[:])
	b = append(b, '"')
	b = word(b, "kind", string(l.Kind))
	if l.Observe {
		b = append(b, `,"observe":true`...)
	}
	b = word(b, "point", string(l.Point))
	b = word(b, "policy", string(l.Policy))
	b = word(b, "purpose", string(l.Purpose))
	b = reasons(b, l.Reasons)
	b = word(b, "recipient", string(l.Recipient))
	b = word(b, "role", string(l.Role))
	b = list(b, "rules", l.Rules)
	b = append(b, `,"v":1`...)
	b = word(b, "verdict", l.Verdict.String())
	b = word(b, "why", l.Why)
	return append(b, '}')
}

func word(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":`...)
	return quote(b, s)
}

func list[S ~string](b []byte, key string, words []S) []byte {
	if len(words) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":[`...)
	for i, w := range words {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, string(w))
	}
	return append(b, ']')
}

func reasons(b []byte, set avow.Reasons) []byte {
	if set == 0 {
		return b
	}
	b = append(b, `,"reasons":[`...)
	first := true
	for r := range set.All() {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = quote(b, r.String())
	}
	return append(b, ']')
}

func bytes(b []byte, key string, raw []byte) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":"`...)
	b = base64.StdEncoding.AppendEncode(b, raw)
	return append(b, '"')
}

// quote writes a word. A byte outside the words' alphabet can only come from a
// caller that broke the rule above; the whole word is then withheld.
func quote(b []byte, s string) []byte {
	if !plain(s) {
		s = Undeclared
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return len(s) <= 128
}

// Commit binds a leaf to the person and the request it is about.
//
// salt must be derived from the person's key and the leaf's id, pseudonym from
// the person's key; both die with the key. Without them the commitment cannot
// be told from random bytes.
func Commit(salt, pseudonym, digest [32]byte) [32]byte {
	var buf [96]byte
	copy(buf[:32], salt[:])
	copy(buf[32:64], pseudonym[:])
	copy(buf[64:], digest[:])
	return sha256.Sum256(buf[:])
}
