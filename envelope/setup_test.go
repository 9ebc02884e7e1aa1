package envelope_test

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
)

const log = "example.com/log/club"

// key is the key of a log from a seed of one byte.
func key(t testing.TB, name string, seed byte) (note.Signer, note.Verifier) {
	t.Helper()
	k, err := ledger.KeyFromSeed(name, bytes.Repeat([]byte{seed}, 32))
	must(t, err)
	s, err := k.Signer()
	must(t, err)
	v, err := k.Verifier()
	must(t, err)
	return s, v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var made = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// sample is an envelope, and the payload that goes with it.
func sample(t testing.TB) (envelope.Envelope, []byte) {
	t.Helper()
	raw, sum, err := envelope.Seal([]envelope.Field{{Datum: "email", Value: []byte("li@mail.example")}, {Datum: "photo", File: "0a0b"}, {Datum: "raw", Value: []byte{0xff, 0}}})
	must(t, err)
	return envelope.Envelope{ID: [16]byte{1, 2, 3}, Log: log, Recipient: "host", Made: made, Until: made.AddDate(0, 1, 0), Policy: "club",
		Hash: "sha256:" + avow.Hash(bytes.Repeat([]byte("ab"), 32)), Verb: avow.Entrust, Purposes: []avow.Purpose{"manage-account"},
		Fields: []avow.Datum{"email", "photo", "raw"}, Payload: sum, Onward: "asks-again"}, raw
}
