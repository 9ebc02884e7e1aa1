package passkey_test

import (
	"errors"
	"strings"
	"testing"

	"avow.dev/internal/passkey"
	"avow.dev/internal/passkey/passkeytest"
)

const home = "https://privacy.example"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func at(t testing.TB, address string) *passkey.Site {
	t.Helper()
	s, err := passkey.At(address, "Example")
	must(t, err)
	if s == nil {
		t.Fatalf("%s takes no passkeys", address)
	}
	return s
}

func TestAt(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://privacy.example": home, "https://Privacy.example:443/": home, "https://privacy.example:8443": home + ":8443",
		"http://localhost:8080": "http://localhost:8080", "http://127.0.0.1:8080": "http://localhost:8080", "https://[::1]:8443": "https://localhost:8443", "http://localhost:80": "http://localhost",
		"http://privacy.example": "", "https://192.0.2.1": "", "https://[2001:db8::1]": "", "": "", "privacy.example": "", "http://0.0.0.0:8080": "", "://": "",
	} {
		s, err := passkey.At(address, "Example")
		must(t, err)
		got := ""
		if s != nil {
			got = s.Origin()
		}
		if got != want {
			t.Errorf("%s: passkeys of %q, want %q", address, got, want)
		}
	}
}

// made has a device make a passkey.
func made(t testing.TB, s *passkey.Site, d *passkeytest.Device, handle []byte) passkey.Passkey {
	t.Helper()
	asked, challenge, err := s.Make(&passkey.Owner{Handle: handle, Name: "li", Title: "Li"})
	must(t, err)
	p, err := s.Made(challenge, handle, d.Make(asked))
	must(t, err)
	return p
}

func TestMakeAndShow(t *testing.T) {
	t.Parallel()
	s, d, handle := at(t, home), passkeytest.New(t, home), passkey.NewHandle()
	p := made(t, s, d, handle)
	asked, _, err := s.Make(&passkey.Owner{Handle: handle, Name: "li", Title: "Li", Has: []passkey.Passkey{p}})
	must(t, err)
	if passkeytest.Excludes(asked) != 1 {
		t.Errorf("a device may make a second one: %s", asked)
	}
	for n := range uint32(3) {
		asked, challenge, err := s.Show(nil)
		must(t, err)
		if passkeytest.Asks(asked) {
			t.Errorf("a sign-in asks for certain passkeys: %s", asked)
		}
		a, err := passkey.Read(d.Show(asked))
		must(t, err)
		if string(a.Handle) != string(handle) || string(a.ID) != string(p.ID) {
			t.Errorf("it says that it is of %x", a.Handle)
		}
		if p, err = s.Check(challenge, a, handle, &p); err != nil || p.Count != n+1 {
			t.Fatalf("use %d: counted %d, %v", n, p.Count, err)
		}
	}
	asked, challenge, err := s.Show([]passkey.Passkey{p})
	must(t, err)
	if !passkeytest.Asks(asked) {
		t.Errorf("any passkey will do: %s", asked)
	}
	a, err := passkey.Read(d.Show(asked))
	must(t, err)
	if _, err := s.Check(challenge, a, handle, &p); err != nil {
		t.Error(err)
	}
}

// TestWhatMakesNoPasskey: one thing is wrong each time.
func TestWhatMakesNoPasskey(t *testing.T) {
	t.Parallel()
	s, handle := at(t, home), passkey.NewHandle()
	for name, change := range map[string]func(d *passkeytest.Device, challenge *string, answer *[]byte){
		"nothing":              nil,
		"another page":         func(d *passkeytest.Device, _ *string, _ *[]byte) { d.Origin = "https://evil.example" },
		"a page of plain HTTP": func(d *passkeytest.Device, _ *string, _ *[]byte) { d.Origin = "http://privacy.example" },
		"another port":         func(d *passkeytest.Device, _ *string, _ *[]byte) { d.Origin = home + ":8443" },
		"another site":         func(d *passkeytest.Device, _ *string, _ *[]byte) { d.RPID = "evil.example" },
		"a site above":         func(d *passkeytest.Device, _ *string, _ *[]byte) { d.RPID = "example" },
		"nobody unlocked it":   func(d *passkeytest.Device, _ *string, _ *[]byte) { d.Unverified = true },
		"nobody touched it":    func(d *passkeytest.Device, _ *string, _ *[]byte) { d.Absent = true },
		"another challenge":    func(_ *passkeytest.Device, c *string, _ *[]byte) { *c = strings.Repeat("A", 43) },
		"no challenge":         func(_ *passkeytest.Device, c *string, _ *[]byte) { *c = "" },
		"nothing sent":         func(_ *passkeytest.Device, _ *string, a *[]byte) { *a = nil },
		"too much": func(_ *passkeytest.Device, _ *string, a *[]byte) {
			*a = append(*a, make([]byte, passkey.MostAnswer)...)
		},
		"more behind it": func(_ *passkeytest.Device, _ *string, a *[]byte) { *a = append(*a, "{}"...) },
	} {
		d := passkeytest.New(t, home)
		asked, challenge, err := s.Make(&passkey.Owner{Handle: handle, Name: "li", Title: "Li"})
		must(t, err)
		var answer []byte
		if change != nil {
			change(d, &challenge, &answer)
		}
		sent := append(d.Make(asked), answer...)
		if name == "nothing sent" {
			sent = nil
		}
		_, err = s.Made(challenge, handle, sent)
		if want := change != nil; errors.Is(err, passkey.ErrRefused) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatShowsNothing: one thing is wrong each time.
func TestWhatShowsNothing(t *testing.T) {
	t.Parallel()
	s := at(t, home)
	type showing struct {
		d         *passkeytest.Device
		challenge string
		handle    []byte
		passkey   passkey.Passkey
	}
	for name, wrong := range map[string]func(*showing){
		"nothing":            func(*showing) {},
		"another page":       func(w *showing) { w.d.Origin = "https://evil.example" },
		"another site":       func(w *showing) { w.d.RPID = "evil.example" },
		"nobody unlocked it": func(w *showing) { w.d.Unverified = true },
		"nobody touched it":  func(w *showing) { w.d.Absent = true },
		"another challenge":  func(w *showing) { w.challenge = strings.Repeat("A", 43) },
		"no challenge":       func(w *showing) { w.challenge = "" },
		"another owner":      func(w *showing) { w.handle = passkey.NewHandle() },
		"another key":        func(w *showing) { w.passkey.Key = made(t, s, passkeytest.New(t, home), w.handle).Key },
		"another passkey":    func(w *showing) { w.passkey.ID = []byte("of somebody else") },
		"no key":             func(w *showing) { w.passkey.Key = nil },
	} {
		d, handle := passkeytest.New(t, home), passkey.NewHandle()
		w := &showing{d: d, handle: handle, passkey: made(t, s, d, handle)}
		asked, challenge, err := s.Show(nil)
		must(t, err)
		w.challenge = challenge
		wrong(w)
		a, err := passkey.Read(d.Show(asked))
		must(t, err)
		_, err = s.Check(w.challenge, a, w.handle, &w.passkey)
		if want := name != "nothing"; errors.Is(err, passkey.ErrRefused) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCopied: a device that counts backwards, or stands still, may be one of two.
func TestCopied(t *testing.T) {
	t.Parallel()
	s, d, handle := at(t, home), passkeytest.New(t, home), passkey.NewHandle()
	p := made(t, s, d, handle)
	p.Count = 5
	for count, want := range map[int64]error{3: passkey.ErrCopied, 4: passkey.ErrCopied, 5: nil} {
		d.Rewind(count)
		asked, challenge, err := s.Show(nil)
		must(t, err)
		a, err := passkey.Read(d.Show(asked))
		must(t, err)
		if next, err := s.Check(challenge, a, handle, &p); !errors.Is(err, want) || want != nil && next.Count != 5 {
			t.Errorf("counted %d after 5: %v, then %d", count+1, err, next.Count)
		}
	}
	still := passkeytest.New(t, home) // most password managers never count
	still.Step = 0
	p = made(t, s, still, handle)
	for range 2 {
		asked, challenge, err := s.Show(nil)
		must(t, err)
		a, err := passkey.Read(still.Show(asked))
		must(t, err)
		if p, err = s.Check(challenge, a, handle, &p); err != nil {
			t.Errorf("one that does not count: %v", err)
		}
	}
}

// FuzzAnswers: whatever a browser sends is read or refused.
func FuzzAnswers(f *testing.F) {
	s, d, handle := at(f, home), passkeytest.New(f, home), passkey.NewHandle()
	p := made(f, s, d, handle)
	asked, challenge, err := s.Make(&passkey.Owner{Handle: handle, Name: "li", Title: "Li"})
	must(f, err)
	f.Add(d.Make(asked))
	shown, _, err := s.Show(nil)
	must(f, err)
	f.Add(d.Show(shown))
	f.Add([]byte(`{"id":"","response":{}}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		if _, err := s.Made(challenge, handle, sent); err != nil && !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("made: %v", err)
		}
		a, err := passkey.Read(sent)
		if err != nil {
			if !errors.Is(err, passkey.ErrRefused) {
				t.Errorf("read: %v", err)
			}
			return
		}
		if _, err := s.Check(challenge, a, handle, &p); err == nil {
			t.Error("an answer to another challenge is taken")
		}
	})
}
