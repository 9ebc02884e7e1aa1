package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/ledger"
)

func sha(raw []byte) [32]byte { return sha256.Sum256(raw) }

var update = flag.Bool("update", false, "write the vectors anew")

const vectors = "../conform/envelope"

// TestVectors reads conform/envelope as another implementation would.
func TestVectors(t *testing.T) {
	t.Parallel()
	if *update {
		writeVectors(t)
	}
	files, err := filepath.Glob(filepath.Join(vectors, "*.txt"))
	if must(t, err); len(files) < 6 {
		t.Fatalf("only %d vectors", len(files))
	}
	why := map[string]error{"ok": nil, "form": envelope.ErrForm, "signature": envelope.ErrSignature, "payload": envelope.ErrPayload, "over": envelope.ErrOver}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		must(t, err)
		f := make(map[string]string)
		for line := range strings.Lines(string(raw)) {
			k, v, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !ok {
				t.Fatalf("%s: %q", file, line)
			}
			f[k] = v
		}
		verify, err := ledger.ParseVerifier(f["vkey"])
		must(t, err)
		want, known := why[f["expect"]]
		if !known {
			t.Fatalf("%s expects %q", file, f["expect"])
		}
		e, err := envelope.Open(f["envelope"], verify)
		if err == nil && f["payload"] != "" {
			_, err = e.Read([]byte(f["payload"]))
		}
		if err == nil && e.Over(made) {
			err = envelope.ErrOver
		}
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %s", file, err, f["expect"])
		}
	}
}

func writeVectors(t *testing.T) {
	sign, verify := key(t, "example.com/avow-vectors", 7)
	payload := `{"salt":"AAECAwQFBgcICQoLDA0ODw","fields":[{"datum":"email","value":"li@mail.example"}]}`
	e := envelope.Envelope{ID: [16]byte(bytes.Repeat([]byte{0x0a}, 16)), Log: "example.com/avow-vectors", Recipient: "host", Made: made, Until: made.AddDate(0, 1, 0), Policy: "club",
		Hash: "sha256:" + avow.Hash(bytes.Repeat([]byte("ab"), 32)), Verb: avow.Entrust, Purposes: []avow.Purpose{"manage-account"}, Fields: []avow.Datum{"email"},
		Payload: sha([]byte(payload)), Onward: "asks-again"}
	write := func(name, expect, text, payload string) {
		s := "vkey: " + vkey(t) + "\nexpect: " + expect + "\nenvelope: " + text + "\n"
		if payload != "" {
			s += "payload: " + payload + "\n"
		}
		must(t, os.WriteFile(filepath.Join(vectors, name+".txt"), []byte(s), 0o644))
	}
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	if _, err := envelope.Open(text, verify); err != nil {
		t.Fatal(err)
	}
	write("ok", "ok", text, payload)
	write("payload-altered", "payload", text, strings.Replace(payload, "li@", "le@", 1))
	write("claims-altered", "form", text[:len(text)/2]+"A"+text[len(text)/2+1:], payload)
	write("cut", "form", text[:strings.LastIndex(text, ".")], payload)
	write("padded", "form", text+"==", payload)
	stranger, _ := key(t, "example.com/avow-vectors", 8)
	other, err := envelope.Sign(&e, stranger)
	must(t, err)
	write("stranger", "signature", other, payload)
	parts := strings.Split(text, ".")
	write("no-algorithm", "signature", "eyJhbGciOiJub25lIn0."+parts[1]+"."+parts[2], payload)
	e.Prior, e.ID = e.ID, [16]byte(bytes.Repeat([]byte{0x0b}, 16))
	again, err := envelope.Sign(&e, sign)
	must(t, err)
	write("asked-again", "ok", again, payload)
	e.Made, e.Until = made.AddDate(0, -2, 0), made
	over, err := envelope.Sign(&e, sign)
	must(t, err)
	write("over", "over", over, "")
}

func vkey(t *testing.T) string {
	k, err := ledger.KeyFromSeed("example.com/avow-vectors", bytes.Repeat([]byte{7}, 32))
	must(t, err)
	return k.Public()
}
