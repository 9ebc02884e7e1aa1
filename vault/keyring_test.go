package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/secret"
	"avow.dev/vault"
)

func TestWrongRootKey(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.person(1)
	cell := w.seal(email(1), "ada")
	w.close()
	path := filepath.Join(w.dir, "keyring.json")
	before, err := os.ReadFile(path)
	must(t, err)
	other := newRoot(t, filepath.Join(t.TempDir(), "other.key"))
	_, err = vault.Open(t.Context(), w.dir, other)
	wantErr(t, err, vault.ErrRoot)
	if !strings.HasPrefix(err.Error(), "open keyring: root key does not match the keyring in ") {
		t.Errorf("error: %v", err)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Fatal("a wrong root key changed the keyring")
	}
	w.open(0)
	w.wantOpen(email(1), cell, "ada")
}

func TestKeyringIsHeldByOne(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := vault.Open(t.Context(), w.dir, w.root)
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("second holder: %v", err)
	}
	_, err = w.ring.Vault(t.Context(), policy, vault.Options{})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("second vault: %v", err)
	}
	wantErr(t, vault.Init(t.Context(), w.dir, w.root, start()), fs.ErrExist)
	_, err = w.ring.Vault(t.Context(), "nobody", vault.Options{})
	if err == nil {
		t.Fatal("a vault for a policy without keys")
	}
}

func TestRootFile(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("0f", 32)
	cases := map[string]struct {
		text string
		mode fs.FileMode
		want string
	}{
		"good":               {digits + "\n", 0o600, ""},
		"no line end":        {digits, 0o400, ""},
		"windows line end":   {digits + "\r\n", 0o600, ""},
		"group may read":     {digits, 0o640, "open to other users"},
		"world may read":     {digits, 0o604, "open to other users"},
		"too short":          {digits[2:], 0o600, "64 hexadecimal digits"},
		"too long":           {digits + "00", 0o600, "64 hexadecimal digits"},
		"not hex":            {"zz" + digits[2:], 0o600, "64 hexadecimal digits"},
		"empty":              {"", 0o600, "64 hexadecimal digits"},
		"two lines":          {digits + "\n\n", 0o600, "64 hexadecimal digits"},
		"a comment after it": {digits + " # root", 0o600, "64 hexadecimal digits"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "root.key")
			must(t, os.WriteFile(path, []byte(c.text), 0o600))
			must(t, os.Chmod(path, c.mode))
			_, err := vault.OpenRootFile(path)
			if c.want == "" {
				must(t, err)
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "0f0f") {
				t.Fatalf("got %v, want %q and no digits", err, c.want)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "root.key")
	newRoot(t, path)
	wantErr(t, vault.CreateRootFile(path), fs.ErrExist)
}

func TestPassphraseRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, keys := filepath.Join(dir, "root.json"), filepath.Join(dir, "keys")
	right, wrong := secret.New([]byte("six random words in a row")), secret.New([]byte("six random words in a raw"))
	must(t, vault.CreatePassphraseRoot(path, right, vault.FloorCost()))
	root, err := vault.OpenPassphraseRoot(path, right)
	must(t, err)
	must(t, vault.Init(t.Context(), keys, root, start()))
	root, err = vault.OpenPassphraseRoot(path, right)
	must(t, err)
	ring, err := vault.Open(t.Context(), keys, root)
	must(t, err)
	must(t, ring.Close())
	root, err = vault.OpenPassphraseRoot(path, wrong)
	must(t, err)
	_, err = vault.Open(t.Context(), keys, root)
	wantErr(t, err, vault.ErrRoot)

	if vault.CreatePassphraseRoot(filepath.Join(dir, "b"), secret.New([]byte("short")), vault.FloorCost()) == nil {
		t.Error("a short passphrase was taken")
	}
	for _, weak := range []vault.Cost{{}, {MemoryKiB: 19455, Passes: 2, Lanes: 1}, {MemoryKiB: 19456, Passes: 1, Lanes: 1}, {MemoryKiB: 8 << 20, Passes: 2, Lanes: 1}} {
		if vault.CreatePassphraseRoot(filepath.Join(dir, "c"), right, weak) == nil {
			t.Errorf("cost %+v was taken", weak)
		}
	}
	text, err := os.ReadFile(path)
	must(t, err)
	for name, bad := range map[string]string{
		"weakened":     strings.Replace(string(text), "19456", "8", 1),
		"bomb":         strings.Replace(string(text), "19456", "4294967295", 1),
		"other kdf":    strings.Replace(string(text), "argon2id", "md5", 1),
		"unknown":      strings.Replace(string(text), "{", `{"x": 1,`, 1),
		"repeated":     strings.Replace(string(text), "{", `{"format": "x",`, 1),
		"other case":   strings.Replace(string(text), `"kdf"`, `"KDF"`, 1),
		"something on": string(text) + "{}",
		"short salt":   strings.Replace(string(text), `"salt": "`, `"salt": "AAAA`, 1),
	} {
		spoilt := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		must(t, os.WriteFile(spoilt, []byte(bad), 0o600))
		if _, err := vault.OpenPassphraseRoot(spoilt, right); err == nil {
			t.Errorf("%s: a spoilt file was taken", name)
		}
	}
}

// A hand that edits keyring.json gets an error, and not another key.
func TestKeyringMembersCannotBeSwapped(t *testing.T) {
	t.Parallel()
	w := setup(t)
	must(t, w.ring.AddPolicy(t.Context(), "astral", start()))
	w.close()
	path := filepath.Join(w.dir, "keyring.json")
	good, err := os.ReadFile(path)
	must(t, err)
	values := func(member string) []string {
		var all []string
		for rest := string(good); ; {
			_, after, ok := strings.Cut(rest, `"`+member+`": "`)
			if !ok {
				return all
			}
			value, tail, _ := strings.Cut(after, `"`)
			all, rest = append(all, value), tail
		}
	}
	index, pseudonym, keys := values("index_key"), values("pseudonym_key"), values("key")
	if len(index) != 2 || len(pseudonym) != 2 || len(keys) != 2 {
		t.Fatalf("%d %d %d members", len(index), len(pseudonym), len(keys))
	}
	for name, pair := range map[string][2]string{
		"index of another policy": {index[0], index[1]},
		"index and pseudonym":     {index[0], pseudonym[0]},
		"policy key of another":   {keys[0], keys[1]},
	} {
		swapped := strings.NewReplacer(pair[0], pair[1], pair[1], pair[0]).Replace(string(good))
		must(t, os.WriteFile(path, []byte(swapped), 0o600))
		ring, err := vault.Open(t.Context(), w.dir, w.root)
		must(t, err)
		_, err = ring.Vault(t.Context(), policy, vault.Options{})
		wantErr(t, err, vault.ErrRoot)
		must(t, ring.Close())
		t.Log(name, err)
	}
	must(t, os.WriteFile(path, good, 0o600))
	w.open(0)
}

func TestSpoiltKeyringIsRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	good, err := os.ReadFile(filepath.Join(w.dir, "keyring.json"))
	must(t, err)
	if again, err := vault.DecodeRing(good); err != nil || !bytes.Equal(again, good) {
		t.Fatalf("the good keyring: %v", err)
	}
	edits := map[string][2]string{
		"unknown member":      {"{", `{"x":1,`},
		"repeated member":     {`"check":`, `"check":"AAAA","check":`},
		"another case":        {`"index_key"`, `"Index_Key"`},
		"future format":       {"keyring 1", "keyring 2"},
		"short id":            {`"id": "`, `"id": "ab`},
		"bad base64":          {`"check": "`, `"check": "!`},
		"epoch 0":             {`"epoch": 1`, `"epoch": 0`},
		"epoch too large":     {`"epoch": 1`, `"epoch": 65536`},
		"retired with a key":  {`"epoch": 1,`, `"epoch": 1, "retired": "2026-03-01T09:00:00Z",`},
		"name with a slash":   {`"airstep"`, `"../step"`},
		"empty name":          {`"airstep"`, `""`},
		"no policies":         {`"policies": [`, `"policies": null, "x": [`},
		"text after the end":  {"\n}\n", "\n}\n{}"},
		"time without a zone": {`2026-03-01T09:00:00Z`, `2026-03-01T09:00:00`},
	}
	for name, e := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(string(good), e[0], e[1], 1)
			if bad == string(good) {
				t.Fatal("the edit changed nothing")
			}
			if _, err := vault.DecodeRing([]byte(bad)); err == nil {
				t.Fatal("taken")
			}
		})
	}
	for n := range len(good) - 1 {
		if _, err := vault.DecodeRing(good[:n]); err == nil {
			t.Fatalf("the first %d bytes were taken", n)
		}
	}
}

func TestKeyringHoldsNoKeyInTheClear(t *testing.T) {
	t.Parallel()
	recorder := &recordingRoot{root: newRoot(t, filepath.Join(t.TempDir(), "root.key"))}
	dir := filepath.Join(t.TempDir(), "keys")
	must(t, vault.Init(t.Context(), dir, recorder, start()))
	ring, err := vault.Open(t.Context(), dir, recorder)
	must(t, err)
	must(t, ring.AddPolicy(t.Context(), policy, start()))
	text, err := os.ReadFile(filepath.Join(dir, "keyring.json"))
	must(t, err)
	if len(recorder.seen) != 5 { // check, policy key, index, pseudonym, log
		t.Fatalf("%d keys were wrapped", len(recorder.seen))
	}
	for _, key := range recorder.seen {
		b64, digits := base64.StdEncoding.EncodeToString(key)[:8], hex.EncodeToString(key)
		if bytes.Contains(text, key) || strings.Contains(string(text), b64) || strings.Contains(string(text), digits) {
			t.Fatal("a key stands in keyring.json in the clear")
		}
	}
	info, err := os.Stat(filepath.Join(dir, "keyring.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v %v", info.Mode(), err)
	}
	must(t, ring.Close())
}

type recordingRoot struct {
	root vault.Root
	seen [][]byte
	fail error
}

func (r *recordingRoot) Wrap(ctx context.Context, key secret.Bytes, aad []byte) ([]byte, error) {
	if r.fail != nil {
		return nil, r.fail
	}
	r.seen = append(r.seen, bytes.Clone(key.Expose()))
	return r.root.Wrap(ctx, key, aad)
}

func (r *recordingRoot) Unwrap(ctx context.Context, wrapped, aad []byte) (secret.Bytes, error) {
	if r.fail != nil {
		return secret.Bytes{}, r.fail
	}
	return r.root.Unwrap(ctx, wrapped, aad)
}

// A key service that is away is not a wrong key, and loses nothing.
func TestRootOutOfReach(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.close()
	away := &recordingRoot{root: w.root, fail: errors.New("connection refused")}
	_, err := vault.Open(t.Context(), w.dir, away)
	if err == nil || errors.Is(err, vault.ErrRoot) || !strings.Contains(err.Error(), "connection refused") {
		t.Fatalf("got %v", err)
	}
	away.fail = nil
	ring, err := vault.Open(t.Context(), w.dir, away)
	must(t, err)
	v, err := ring.Vault(t.Context(), policy, vault.Options{})
	must(t, err)
	away.fail = errors.New("connection refused")
	if _, err := v.RotatePolicyKey(t.Context(), start()); err == nil {
		t.Fatal("rotated without a root")
	}
	if err := ring.AddPolicy(t.Context(), "astral", start()); err == nil {
		t.Fatal("added a policy without a root")
	}
	away.fail = nil
	must(t, ring.AddPolicy(t.Context(), "astral", start()))
	must(t, errors.Join(v.Close(), ring.Close()))
	w.open(0)
	w.person(1)
}

func TestAddPolicyAfterACrashAndOverStrangersKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, bad := range []string{"", "Airstep", "a/b", "..", "-a", strings.Repeat("a", 65), "名"} {
		if err := w.ring.AddPolicy(t.Context(), bad, start()); err == nil {
			t.Errorf("policy name %q was taken", bad)
		}
	}
	w.person(1)
	w.close()
	path := filepath.Join(w.dir, "keyring.json")
	must(t, os.Remove(path)) // the keyring is lost, the slots are not
	must(t, vault.Init(t.Context(), w.dir, w.root, start()))
	ring, err := vault.Open(t.Context(), w.dir, w.root)
	must(t, err)
	err = ring.AddPolicy(t.Context(), policy, start())
	if err == nil || !strings.Contains(err.Error(), "holds keys that this keyring does not know") {
		t.Fatalf("got %v", err)
	}
	// An empty key file, as a crash within AddPolicy leaves it, is used.
	slots := filepath.Join(w.dir, policy+".keys")
	must(t, os.Truncate(slots, 4096))
	must(t, ring.AddPolicy(t.Context(), policy, start()))
	must(t, ring.AddPolicy(t.Context(), policy, start()))
	must(t, ring.Close())
	w.open(0)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for sid := uint64(1); sid <= 3; sid++ {
		w.person(sid)
	}
	must(t, w.Destroy(2))
	last := w.settle() // they are no people
	later := start().Add(48 * time.Hour)
	_, err := w.RotatePolicyKey(t.Context(), later)
	must(t, err)
	w.person(last + 1)
	w.settle()
	d, err := vault.Describe(w.dir) // while it is open
	must(t, err)
	if len(d.Policies) != 1 || !d.Created.Equal(start()) {
		t.Fatalf("%+v", d)
	}
	p := d.Policies[0]
	if p.Name != policy || p.Live != 3 || p.Erased != 1 || p.Damaged != 0 || len(p.Epochs) != 2 ||
		p.Epochs[0].Subjects != 2 || p.Epochs[1].Subjects != 1 || !p.Epochs[1].Created.Equal(later) || p.Epochs[0].Retired != nil {
		t.Fatalf("%+v", p)
	}
	_, err = w.Rewrap(t.Context(), later)
	must(t, err)
	d, err = vault.Describe(w.dir)
	must(t, err)
	p = d.Policies[0]
	if p.Epochs[0].Subjects != 0 || p.Epochs[0].Retired == nil || p.Epochs[1].Subjects != 3 {
		t.Fatalf("%+v", p)
	}
}

func FuzzKeyring(f *testing.F) {
	w := setup(f)
	_, err := w.RotatePolicyKey(f.Context(), start())
	must(f, err)
	good, err := os.ReadFile(filepath.Join(w.dir, "keyring.json"))
	must(f, err)
	f.Add(good)
	f.Add([]byte(`{"format":"avow keyring 1","id":"00000000000000000000000000000000","created":"2026-03-01T09:00:00Z","check":"AA==","policies":[]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		again, err := vault.DecodeRing(text)
		if err != nil {
			return
		}
		third, err := vault.DecodeRing(again)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("decoded %q, wrote %q, then %q (%v)", text, again, third, err)
		}
	})
}
