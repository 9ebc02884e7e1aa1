package envelope

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"avow.dev"
)

// Extension is the file name extension of an envelope.
const Extension = ".envelope"

// Size bounds an envelope in bytes.
const Size = 32 << 10

// The reasons for which an envelope is not taken; test for them with [errors.Is].
var (
	// ErrForm says that it is not written as this package writes it.
	ErrForm = errors.New("malformed envelope")
	// ErrSignature says that no trusted key signed it, or that it was altered.
	ErrSignature = errors.New("envelope not signed by a trusted key")
	// ErrPayload says that the payload is not the one that it was made for.
	ErrPayload = errors.New("payload of another envelope, or altered")
	// ErrOver says that its time is over.
	ErrOver = errors.New("the envelope's time is over")
)

// Envelope is what is said of one hand-over.
type Envelope struct {
	// ID is the id of the leaf of evidence of the hand-over, 16 bytes.
	ID [16]byte
	// Log is the name of the policy's log, which is also that of the signing key.
	Log       string
	Recipient avow.Recipient
	// Made is when, and Until is by when the recipient must have stopped using and
	// keeping what it got; both in whole seconds.
	Made, Until time.Time
	Policy      avow.PolicyID
	Hash        avow.Hash // of the text that was in force
	Verb        avow.Verb // share, entrust, transfer or disclose
	Purposes    []avow.Purpose
	Fields      []avow.Datum
	// Payload is the SHA-256 of the exact bytes that were handed over.
	Payload [32]byte
	// Onward is what the recipient may do beyond the purposes: never, asks-again or
	// same-terms; empty where the policy says nothing.
	Onward string
	// Prior is the envelope that was presented to ask again; zero for none.
	Prior [16]byte
}

// claims is an envelope as JSON, in the order in which it is written.
type claims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	ID       string   `json:"jti"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	Policy   string   `json:"policy"`
	Hash     string   `json:"policy_hash"`
	Verb     string   `json:"verb"`
	Purposes []string `json:"purposes"`
	Fields   []string `json:"fields"`
	Payload  string   `json:"payload_sha256"`
	Onward   string   `json:"onward,omitempty"`
	Prior    string   `json:"prior,omitempty"`
}

// mostWords bounds the fields and the purposes of one envelope.
const mostWords = 256

// latest is the last second of the year 9999.
const latest = 253402300799

func (e *Envelope) claims() claims {
	c := claims{Issuer: e.Log, Audience: string(e.Recipient), ID: hex.EncodeToString(e.ID[:]), Issued: e.Made.Unix(), Expires: e.Until.Unix(), Policy: string(e.Policy),
		Hash: string(e.Hash), Verb: e.Verb.String(), Purposes: words(e.Purposes), Fields: words(e.Fields), Payload: hex.EncodeToString(e.Payload[:]), Onward: e.Onward}
	if e.Prior != [16]byte{} {
		c.Prior = hex.EncodeToString(e.Prior[:])
	}
	return c
}

func words[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// envelope reads claims, each in its one spelling.
func (c *claims) envelope() (Envelope, error) {
	verb, known := avow.ParseVerb(c.Verb)
	e := Envelope{Log: c.Issuer, Recipient: avow.Recipient(c.Audience), Made: time.Unix(c.Issued, 0).UTC(), Until: time.Unix(c.Expires, 0).UTC(),
		Policy: avow.PolicyID(c.Policy), Hash: avow.Hash(c.Hash), Verb: verb, Onward: c.Onward}
	for _, w := range c.Purposes {
		e.Purposes = append(e.Purposes, avow.Purpose(w))
	}
	for _, w := range c.Fields {
		e.Fields = append(e.Fields, avow.Datum(w))
	}
	if !known || c.Issued < 0 || c.Expires > latest {
		return Envelope{}, errors.New("verb or times are not those of a hand-over")
	}
	if !digits(e.ID[:], c.ID) || !digits(e.Payload[:], c.Payload) || c.Prior != "" && (!digits(e.Prior[:], c.Prior) || e.Prior == [16]byte{}) {
		return Envelope{}, errors.New("an id or hash is not lower-case hex of its length")
	}
	return e, e.check()
}

func digits(into []byte, s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && strings.ToLower(s) == s && len(raw) == len(into) && copy(into, raw) == len(into)
}

// check holds both writing and reading to what an envelope can say.
func (e *Envelope) check() error {
	switch {
	case !handsOver(e.Verb):
		return errors.New("nothing is handed over by this verb")
	case !e.Until.After(e.Made):
		return errors.New("it is over before it begins")
	case len(e.Purposes) == 0 || len(e.Purposes) > mostWords || len(e.Fields) == 0 || len(e.Fields) > mostWords:
		return fmt.Errorf("no purpose or field, or more than %d", mostWords)
	case e.Onward != "" && e.Onward != "never" && e.Onward != "asks-again" && e.Onward != "same-terms":
		return errors.New("unknown rule for onward use")
	}
	sum, hashed := strings.CutPrefix(string(e.Hash), "sha256:")
	if raw, err := hex.DecodeString(sum); !hashed || err != nil || len(raw) != 32 || strings.ToLower(sum) != sum {
		return errors.New("the policy's hash is not one")
	}
	for _, s := range slices.Concat([]string{e.Log, string(e.Recipient), string(e.Policy)}, words(e.Purposes), words(e.Fields)) {
		if !isWord(s) {
			return errors.New("a name is empty, too long or no word")
		}
	}
	return nil
}

func handsOver(v avow.Verb) bool {
	return v == avow.Share || v == avow.Entrust || v == avow.Transfer || v == avow.Disclose
}

func isWord(s string) bool {
	return s != "" && len(s) <= 255 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' || r == '&'
	})
}

// For reports whether the envelope's purposes hold one.
func (e *Envelope) For(p avow.Purpose) bool { return slices.Contains(e.Purposes, p) }

// Has reports whether a field was handed over with it.
func (e *Envelope) Has(d avow.Datum) bool { return slices.Contains(e.Fields, d) }

// Over reports whether its time is over.
func (e *Envelope) Over(now time.Time) bool { return !now.Before(e.Until) }
