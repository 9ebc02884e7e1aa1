package envelope_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
)

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, payload := sample(t)
	e.Prior = [16]byte{9}
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	got, err := envelope.Open(text, verify)
	if must(t, err); !reflect.DeepEqual(got, e) {
		t.Fatalf("%+v\nwant %+v", got, e)
	}
	fields, err := got.Read(payload)
	must(t, err)
	if len(fields) != 3 || string(fields[0].Value) != "li@mail.example" || fields[1].File != "0a0b" || !bytes.Equal(fields[2].Value, []byte{0xff, 0}) {
		t.Errorf("%+v", fields)
	}
	if got.Over(e.Until.Add(-time.Second)) || !got.Over(e.Until) || !got.For("manage-account") || got.For("marketing") {
		t.Error("its time or its purposes are not what was signed")
	}
}

// TestAnotherImplementation reads an envelope with a JOSE library, as a recipient
// would, and refuses one that the library has written in its own way.
func TestAnotherImplementation(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, _ := sample(t)
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
	must(t, err)
	raw, err := jws.Verify(private.Public())
	must(t, err)
	var claims map[string]any
	must(t, json.Unmarshal(raw, &claims))
	if claims["aud"] != "host" || claims["iss"] != log || claims["exp"] != float64(e.Until.Unix()) || jws.Signatures[0].Header.KeyID != envelope.KeyID(verify) {
		t.Errorf("%v", claims)
	}
	for name, head := range map[string]map[jose.HeaderKey]any{"no type": nil, "a key inside": {"jwk": "x", "typ": envelope.MediaType}, "critical": {"crit": []string{"exp"}, "typ": envelope.MediaType}} {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: envelope.KeyID(verify)}}, &jose.SignerOptions{ExtraHeaders: head})
		must(t, err)
		other, err := signer.Sign(raw)
		must(t, err)
		compact, err := other.CompactSerialize()
		must(t, err)
		if _, err := envelope.Open(compact, verify); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryByteCounts changes each character of an envelope and each byte of a
// payload.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, payload := sample(t)
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	for i := range text {
		other := []byte(text)
		other[i] = 'A'
		if text[i] == 'A' {
			other[i] = 'B'
		}
		if _, err := envelope.Open(string(other), verify); err == nil {
			t.Fatalf("character %d may be changed", i)
		}
	}
	for _, other := range []string{"", ".", "..", text + ".", text + "=", text + "\n", strings.Repeat("A", 1<<20)} {
		if _, err := envelope.Open(other, verify); !errors.Is(err, envelope.ErrForm) {
			t.Errorf("%.20q…: %v", other, err)
		}
	}
	for _, other := range []string{" " + text, strings.Replace(text, ".", "\n.", 1)} { // a head is compared, not read
		if _, err := envelope.Open(other, verify); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("%.20q…: %v", other, err)
		}
	}
	for i := range payload {
		other := bytes.Clone(payload)
		other[i] ^= 1
		if _, err := e.Read(other); !errors.Is(err, envelope.ErrPayload) {
			t.Fatalf("byte %d of the payload may be changed: %v", i, err)
		}
	}
}

// TestSignedByAnother: neither another log's key, nor another key under the log's
// name, nor what the log's own key signed for something else.
func TestSignedByAnother(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, _ := sample(t)
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	_, stranger := key(t, log, 8)
	_, elsewhere := key(t, "example.com/log/other", 7)
	if _, err := envelope.Open(text, stranger, elsewhere, nil); !errors.Is(err, envelope.ErrSignature) {
		t.Errorf("%v", err)
	}
	if _, err := envelope.Open(text); !errors.Is(err, envelope.ErrSignature) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := envelope.Open(text, stranger, verify); err != nil {
		t.Errorf("with an old and a new key: %v", err)
	}
	other, _ := key(t, "example.com/log/other", 7)
	if _, err := envelope.Sign(&e, other); !errors.Is(err, envelope.ErrForm) {
		t.Errorf("signed with another log's key: %v", err)
	}
	cp, err := ledger.Checkpoint{Origin: log, Tree: ledger.Tree{Root: ledger.EmptyRoot()}}.Sign(sign)
	must(t, err)
	if _, err := envelope.Open(string(cp), verify); !errors.Is(err, envelope.ErrForm) {
		t.Errorf("a checkpoint: %v", err)
	}
	if _, err := ledger.OpenCheckpoint([]byte(text), verify); err == nil {
		t.Error("an envelope passes for a checkpoint")
	}
}

// TestOneSpelling: what somebody who holds the key could write otherwise is not read.
func TestOneSpelling(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, _ := sample(t)
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	parts := strings.Split(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(t, err)
	good := string(raw)
	for name, body := range map[string]string{
		"space":         strings.Replace(good, ":", ": ", 1),
		"another key":   strings.Replace(good, `{"iss"`, `{"sub":"li","iss"`, 1),
		"a key twice":   strings.Replace(good, `{"iss"`, `{"aud":"x","iss"`, 1),
		"another case":  strings.Replace(good, `"iss"`, `"ISS"`, 1),
		"no purpose":    strings.Replace(good, `["manage-account"]`, `[]`, 1),
		"null":          strings.Replace(good, `["manage-account"]`, `null`, 1),
		"verb":          strings.Replace(good, `"entrust"`, `"collect"`, 1),
		"onward":        strings.Replace(good, `"asks-again"`, `"anything"`, 1),
		"upper case":    strings.Replace(good, `sha256:ab`, `sha256:AB`, 1),
		"time":          strings.Replace(good, `"exp":`, `"exp":999`, 1),
		"over at once":  strings.Replace(good, `"exp":1`, `"exp":0`, 1),
		"nothing":       "",
		"another thing": "[]",
	} {
		said := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(body))
		sig, err := sign.Sign([]byte(said))
		must(t, err)
		if _, err := envelope.Open(said+"."+base64.RawURLEncoding.EncodeToString(sig), verify); !errors.Is(err, envelope.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotBeSigned(t *testing.T) {
	t.Parallel()
	sign, _ := key(t, log, 7)
	for name, change := range map[string]func(*envelope.Envelope){
		"no purpose":   func(e *envelope.Envelope) { e.Purposes = nil },
		"no field":     func(e *envelope.Envelope) { e.Fields = nil },
		"no recipient": func(e *envelope.Envelope) { e.Recipient = "" },
		"a use":        func(e *envelope.Envelope) { e.Verb = avow.Use },
		"published":    func(e *envelope.Envelope) { e.Verb = avow.Publish },
		"over":         func(e *envelope.Envelope) { e.Until = e.Made },
		"onward":       func(e *envelope.Envelope) { e.Onward = "x" },
		"hash":         func(e *envelope.Envelope) { e.Hash = "x" },
		"a sentence":   func(e *envelope.Envelope) { e.Fields = []avow.Datum{"two words"} },
		"too many":     func(e *envelope.Envelope) { e.Fields = make([]avow.Datum, 257) },
	} {
		e, _ := sample(t)
		change(&e)
		if _, err := envelope.Sign(&e, sign); !errors.Is(err, envelope.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e, _ := sample(t)
	if _, err := envelope.Sign(&e, nil); !errors.Is(err, envelope.ErrForm) {
		t.Errorf("without a key: %v", err)
	}
}

// TestSalted: the same values never have the same hash, so that nobody can guess
// them from an envelope.
func TestSalted(t *testing.T) {
	t.Parallel()
	fields := []envelope.Field{{Datum: "phone", Value: []byte("13800001111")}}
	_, one, err := envelope.Seal(fields)
	must(t, err)
	_, two, err := envelope.Seal(fields)
	if must(t, err); one == two {
		t.Error("two payloads have one hash")
	}
	e, _ := sample(t)
	raw, sum, err := envelope.Seal(fields)
	must(t, err)
	e.Payload = sum
	if _, err := e.Read(raw); !errors.Is(err, envelope.ErrForm) {
		t.Errorf("a field that the envelope does not name: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	sign, verify := key(f, log, 7)
	e, _ := sample(f)
	text, err := envelope.Sign(&e, sign)
	must(f, err)
	f.Add(text)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := envelope.Open(s, verify)
		if err != nil {
			return
		}
		again, err := envelope.Sign(&got, sign)
		if err != nil || again != s {
			t.Errorf("two spellings: %q and %q, %v", s, again, err)
		}
	})
}

func FuzzPayload(f *testing.F) {
	e, raw := sample(f)
	f.Add(raw)
	f.Add([]byte(`{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := e.Read(raw); err == nil {
			return
		}
		own := e
		own.Payload = sha(raw)
		fields, err := own.Read(raw)
		for _, one := range fields {
			if err == nil && !own.Has(one.Datum) {
				t.Error("a field that is not named")
			}
		}
	})
}
