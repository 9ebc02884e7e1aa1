package envelope_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"

	"avow.dev/envelope"
)

// TestSealedFile: the holder of the key gets both parts to the last byte, nobody
// else anything; another age program reads the same.
func TestSealedFile(t *testing.T) {
	t.Parallel()
	sign, verify := key(t, log, 7)
	e, payload := sample(t)
	text, err := envelope.Sign(&e, sign)
	must(t, err)
	mine, err := age.GenerateX25519Identity()
	must(t, err)
	other, err := age.GenerateX25519Identity()
	must(t, err)
	sealed, err := envelope.SealFor(mine.Recipient().String(), text, payload)
	must(t, err)
	if bytes.Contains(sealed, []byte("li@mail")) || bytes.Contains(sealed, []byte(text)) {
		t.Error("it is not sealed")
	}
	gotText, gotPayload, err := envelope.Unseal(bytes.NewReader(sealed), mine.String()+"\n")
	must(t, err)
	got, err := envelope.Open(gotText, verify)
	must(t, err)
	if _, err := got.Read(gotPayload); err != nil {
		t.Error(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), mine)
	must(t, err)
	if raw, err := io.ReadAll(r); err != nil || string(raw) != text+"\n"+string(payload) {
		t.Errorf("%q, %v", raw, err)
	}
	if _, _, err := envelope.Unseal(bytes.NewReader(sealed), other.String()); err == nil {
		t.Error("another key opens it")
	}
	sealed[len(sealed)-1] ^= 1
	if _, _, err := envelope.Unseal(bytes.NewReader(sealed), mine.String()); err == nil {
		t.Error("an altered file opens")
	}
	alone, err := envelope.SealFor(mine.Recipient().String(), text, nil)
	must(t, err)
	if _, _, err := envelope.Unseal(bytes.NewReader(alone), mine.String()); !errors.Is(err, envelope.ErrForm) {
		t.Errorf("without a payload: %v", err)
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	good := id.Recipient().String()
	must(t, envelope.CheckKey(good))
	for _, bad := range []string{"", good + " ", strings.ToUpper(good), good[:len(good)-1], id.String(), "ssh-ed25519 AAAA", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q"} {
		if err := envelope.CheckKey(bad); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a.b.c\n{}"))
	f.Add([]byte("a.b.c"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, payload, _ := envelope.Split(raw)
		if strings.Contains(text, "\n") || len(text)+len(payload) > len(raw) {
			t.Errorf("%q: %q, %q", raw, text, payload)
		}
	})
}
