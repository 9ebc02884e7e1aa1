package ledger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
)

func TestKeyIsReadByTheLibrary(t *testing.T) {
	t.Parallel()
	key := testKey(t, origin, 7)
	signer, err := note.NewSigner(key.Private())
	check(t, err)
	verifier, err := note.NewVerifier(key.Public())
	check(t, err)
	sig, err := signer.Sign([]byte("text"))
	check(t, err)
	if !verifier.Verify([]byte("text"), sig) || signer.KeyHash() != verifier.KeyHash() || verifier.Name() != origin {
		t.Error("the halves do not belong together")
	}
	again, err := ledger.ParseKey(key.Private())
	check(t, err)
	if again.Private() != key.Private() || again.Origin() != origin {
		t.Error("key changes when written and read")
	}
}

func TestNewKeyNeedsRandom(t *testing.T) {
	t.Parallel()
	key, err := ledger.NewKey(bytes.NewReader(make([]byte, 32)), origin)
	check(t, err)
	same, err := ledger.KeyFromSeed(origin, make([]byte, 32))
	check(t, err)
	if key.Private() != same.Private() {
		t.Error("key does not come from the random bytes")
	}
	if _, err := ledger.NewKey(bytes.NewReader(make([]byte, 31)), origin); err == nil {
		t.Error("key made from too few random bytes")
	}
}

func TestKeyNeverPrintsItsSecret(t *testing.T) {
	t.Parallel()
	seed := bytes.Repeat([]byte{201, 77, 143, 98}, 8)
	key, err := ledger.KeyFromSeed(origin, seed)
	check(t, err)
	hidden := struct{ k ledger.Key }{key}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		for _, value := range []any{key, &key, struct{ K ledger.Key }{key}, hidden, &hidden} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
	}
	text, err := json.Marshal([]any{key, &key, hidden})
	check(t, err)
	printed.Write(text)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("key", "key", key)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("key", "key", key)
	secret := key.Private()[len(key.Private())-24:]
	for _, trace := range []string{"PRIVATE", secret, "201 77 143 98", "c94d8f62", "C94D8F62", "0xc9, 0x4d"} {
		if strings.Contains(printed.String(), trace) {
			t.Errorf("secret printed as %q:\n%s", trace, printed.String())
		}
	}
	if got := (ledger.Key{}).String(); got != "no key" {
		t.Errorf("empty key prints %q", got)
	}
}

func TestEmptyKeyDoesNothing(t *testing.T) {
	t.Parallel()
	if _, err := (ledger.Key{}).Signer(); !errors.Is(err, ledger.ErrKey) {
		t.Errorf("signer of no key: %v", err)
	}
	if _, err := (ledger.Key{}).Verifier(); !errors.Is(err, ledger.ErrKey) {
		t.Errorf("verifier of no key: %v", err)
	}
	if text := (ledger.Key{}).Public() + (ledger.Key{}).Private(); text != "" {
		t.Errorf("no key written as %q", text)
	}
}

func TestValidOrigin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"example.com/airstep", "a", "示例.中国/日志", strings.Repeat("a", 255)} {
		check(t, ledger.ValidOrigin(name))
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", "a\x7fb", "a\u00a0b", "a\u2003b", "a\u0085b", "a\xffb", strings.Repeat("a", 256)} {
		if err := ledger.ValidOrigin(name); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("%q: %v, want ErrKey", name, err)
		}
		if _, err := ledger.KeyFromSeed(name, make([]byte, 32)); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("key of %q: %v, want ErrKey", name, err)
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	key := testKey(t, origin, 7)
	private, public := key.Private(), key.Public()
	for name, text := range map[string]string{
		"empty": "", "public half": public, "cut": private[:len(private)-4], "longer": private + "AAAA",
		"other id": strings.Replace(private, "+"+private[len("PRIVATE+KEY+"+origin+"+"):][:8], "+00000000", 1),
		"no id":    "PRIVATE+KEY+" + origin, "other name": strings.Replace(private, origin, "example.com/x", 1),
	} {
		_, err := ledger.ParseKey(text)
		if !errors.Is(err, ledger.ErrKey) {
			t.Errorf("private key, %s: %v, want ErrKey", name, err)
		}
		if err != nil && strings.Contains(err.Error(), private[len(private)-20:]) {
			t.Errorf("private key, %s: the error repeats the key", name)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "private": private, "cut": public[:len(public)-4], "other name": strings.Replace(public, origin, "example.com/x", 1),
	} {
		if _, err := ledger.ParseVerifier(text); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("public key, %s: %v, want ErrKey", name, err)
		}
	}
}
