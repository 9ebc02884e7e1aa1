package gate_test

import (
	"net/mail"
	"testing"

	"avow.dev/gate"
)

// FuzzPlainEmail: what the short way takes for an address is one.
func FuzzPlainEmail(f *testing.F) {
	for _, s := range []string{"li@mail.example", "a.b+c@d-e.example", "a..b@c", ".a@b", "a.@b", "a@", "@b", "a@b.", "a@b@c", "a b@c", "é@b", "a@b..c", "A_1@[::1]", "a@-b", "\"a\"@b", "a@b\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := mail.ParseAddress(s)
		whole := err == nil && a.Name == "" && a.Address == s
		if gate.PlainEmail(s) && !whole {
			t.Errorf("%q is no address: %v", s, err)
		}
	})
}

func TestPlainEmail(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"li@mail.example": true, "a.b+c@d-e.example": true, "a..b@c": false, "a@b.": false, "a@b@c": false, "a@": false, "@b": false, "": false} {
		if gate.PlainEmail(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
