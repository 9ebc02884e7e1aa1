package vault_test

import (
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"avow.dev/vault"
)

func TestTag(t *testing.T) {
	t.Parallel()
	w := setup(t)
	tag := func(datum, value string) vault.Tag {
		x, err := w.Tag(datum, []byte(value))
		must(t, err)
		return x
	}
	a := tag("email", "ada@person.example")
	if a != tag("email", "ada@person.example") || a == tag("email", "bob@person.example") || a == tag("phone", "ada@person.example") || a == (vault.Tag{}) {
		t.Fatal("tags must be equal for equal values of one datum, and only then")
	}
	if tag("ab", "c") == tag("a", "bc") {
		t.Fatal("datum and value run into each other")
	}
	w.restart()
	if a != tag("email", "ada@person.example") {
		t.Fatal("a restart changed the tag")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				x, err := w.Tag("email", []byte("ada@person.example"))
				if err != nil || x != a {
					t.Errorf("concurrent callers share state: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	cases := []struct {
		form     vault.Normal
		in, want string // want "" means refused
	}{
		{vault.Opaque, " As It Is\x00", " As It Is\x00"},
		{vault.Opaque, "", ""},
		{vault.Email, "  Ada.Lovelace@Person.EXAMPLE\t", "ada.lovelace@person.example"},
		{vault.Email, "ÉCOLE@MÜNCHEN.example", "école@münchen.example"},
		{vault.Email, "e\u0301cole@x.example", "école@x.example"},
		{vault.Email, `"a@b"@x.example`, `"a@b"@x.example`},
		{vault.Email, "用户@例子.公司", "用户@例子.公司"},
		{vault.Email, "ada", ""},
		{vault.Email, "@x", ""},
		{vault.Email, "ada@", ""},
		{vault.Email, "   ", ""},
		{vault.Phone, "+86 138-0013-8000", "+8613800138000"},
		{vault.Phone, "＋８６ １３８００１３８０００", "+8613800138000"},
		{vault.Phone, "(415) 555.0100", "4155550100"},
		{vault.Phone, "+1\u00a0415\u2011555\u20110100", "+14155550100"},
		{vault.Phone, "+", ""},
		{vault.Phone, "", ""},
		{vault.Phone, "1+2", ""},
		{vault.Phone, "++1", ""},
		{vault.Phone, "call me", ""},
		{vault.Phone, "138001380o0", ""},
		{vault.Phone, "1234567890123456", ""},
		{vault.Phone, "١٢٣", ""},
		{vault.Text, "  Straße ", "strasse"},
		{vault.Text, "ＡＢＣ１２３", "abc123"},
		{vault.Text, "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{vault.Text, "ﬁn", "fin"},
		{vault.Text, " ", ""},
		{vault.Normal(0), "x", ""},
		{vault.Normal(99), "x", ""},
	}
	for _, c := range cases {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			got, err := vault.Normalise(c.form, c.in)
			if (err != nil) != (c.want == "") || string(got) != c.want {
				t.Fatalf("form %d of %q: %q, %v; want %q", c.form, c.in, got, err, c.want)
			}
			if trimmed := strings.TrimSpace(c.in); err != nil && len(trimmed) > 2 && strings.Contains(err.Error(), trimmed) {
				t.Fatalf("the error quotes the value: %v", err)
			}
		})
	}
}

// Property: the normal form of a normal form is itself.
func TestNormaliseSettles(t *testing.T) {
	t.Parallel()
	check := func(t interface{ Fatalf(string, ...any) }, form vault.Normal, in string) {
		once, err := vault.Normalise(form, in)
		if err != nil {
			return
		}
		twice, err := vault.Normalise(form, string(once))
		if err != nil || string(once) != string(twice) {
			t.Fatalf("form %d of %+q: %+q, then %+q (%v)", form, in, once, twice, err)
		}
	}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if unicode.IsGraphic(r) { // every letter and mark there is
			check(t, vault.Text, string(r))
			check(t, vault.Email, string(r)+"@x")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]vault.Normal{vault.Opaque, vault.Email, vault.Phone, vault.Text}).Draw(t, "form")
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`\PM{1,4}\pM{0,4}@\PM{1,3}\pM{0,3}`), rapid.StringMatching(`\+?[0-9 ().-]{1,18}`)).Draw(t, "in")
		check(t, form, in)
	})
}

// Property: the short way for plain addresses and numbers leads where the whole form
// leads.
func TestNormaliseShortWay(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"Ada@Person.Example", "a@b", "@b", "a@", " a@b", "a@b\x7f", "a b@c", "a@b@C", "é@B", "+86 (139) 0000-1111", "0049.30/1", "++1", "1+1", "+", "-", "1234567890123456"} {
		sameWay(t, vault.Email, in)
		sameWay(t, vault.Phone, in)
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]vault.Normal{vault.Email, vault.Phone}).Draw(t, "form")
		sameWay(t, form, rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._+ -]{0,8}@[A-Za-z0-9.-]{0,8}`), rapid.StringMatching(`\+?[0-9 ()./+-]{0,20}`)).Draw(t, "in"))
	})
}

func sameWay(t interface{ Fatalf(string, ...any) }, form vault.Normal, in string) {
	got, err := vault.Normalise(form, in)
	want, wantErr := vault.NormaliseWhole(form, in)
	if string(got) != want || (err == nil) != (wantErr == nil) {
		t.Fatalf("form %d of %+q: %+q (%v), want %+q (%v)", form, in, got, err, want, wantErr)
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add(uint8(2), "Ada@X")
	f.Add(uint8(3), "+86 138")
	f.Add(uint8(4), "\u0345\u1fb3ﬁ")
	f.Fuzz(func(t *testing.T, form uint8, in string) {
		once, err := vault.Normalise(vault.Normal(form), in)
		if err != nil {
			return
		}
		twice, err := vault.Normalise(vault.Normal(form), string(once))
		if err != nil || string(twice) != string(once) {
			t.Fatalf("form %d: %+q, then %+q (%v)", form, once, twice, err)
		}
		sameWay(t, vault.Normal(form), in)
	})
}
