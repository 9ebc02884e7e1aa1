package vault

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normal is how values of a datum are brought to one form before they are tagged,
// so that a person is found however the value was typed. The form is for the
// index only; the cell keeps what was given.
type Normal uint8

// The normal forms. A change to one changes tags, and needs every index rebuilt.
const (
	Opaque Normal = iota + 1 // byte for byte
	Email                    // NFC, trimmed, small letters on both sides of the @
	Phone                    // ASCII digits after an optional +, without separators
	Text                     // NFKC, case folded, trimmed
)

var (
	errEmpty = errors.New("the value is empty")
	errEmail = errors.New("the value has no @ between two parts")
	errPhone = errors.New("the value is not digits, separators and at most one leading +")
	errKind  = errors.New("unknown normal form")
)

// Normalise returns value in its normal form, which is its own normal form. The
// errors never quote the value.
//
// Small letters in the local part of an address are a choice: mail systems may
// tell cases apart, people do not. A phone number keeps or lacks its country code
// as it came; a caller that knows the country adds it first.
func Normalise(form Normal, value string) ([]byte, error) {
	if normal, ok := plain(form, value); ok {
		return normal, nil
	}
	normal, err := normalise(form, value)
	if err != nil {
		return nil, fmt.Errorf("normalise: %w", err)
	}
	return []byte(normal), nil
}

// plain does in one pass what the rest of this file does for the addresses and numbers
// that nearly everybody has: ASCII, without spaces around an address, and of a number
// nothing but digits, spaces, hyphens, dots, brackets and a plus in front. Whatever is
// not one of these is left to the whole form.
func plain(form Normal, value string) ([]byte, bool) {
	switch form {
	case Email:
		return plainEmail(value)
	case Phone:
		return plainPhone(value)
	}
	return nil, false
}

func plainEmail(value string) ([]byte, bool) {
	at := strings.LastIndexByte(value, '@')
	if at < 1 || at == len(value)-1 {
		return nil, false
	}
	normal := make([]byte, len(value))
	for i := range len(value) {
		c := value[i]
		if c <= ' ' || c >= 0x7f {
			return nil, false
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		normal[i] = c
	}
	return normal, true
}

func plainPhone(value string) ([]byte, bool) {
	normal := make([]byte, 0, len(value))
	for i := range len(value) {
		switch c := value[i]; {
		case c >= '0' && c <= '9', c == '+' && len(normal) == 0:
			normal = append(normal, c)
		case strings.IndexByte(" -.()", c) < 0:
			return nil, false
		}
	}
	digits := len(normal)
	if digits > 0 && normal[0] == '+' {
		digits--
	}
	return normal, digits > 0 && digits <= maxPhone
}

func normalise(form Normal, value string) (string, error) {
	switch form {
	case Opaque:
		return refuseEmpty(value)
	case Email:
		return email(value)
	case Phone:
		return phone(value)
	case Text:
		return refuseEmpty(settle(value, foldText))
	}
	return "", errKind
}

func refuseEmpty(s string) (string, error) {
	if s == "" {
		return "", errEmpty
	}
	return s, nil
}

func email(value string) (string, error) {
	s := settle(value, func(s string) string { return norm.NFC.String(strings.ToLower(strings.TrimSpace(s))) })
	if at := strings.LastIndexByte(s, '@'); at < 1 || at == len(s)-1 {
		return "", errEmail
	}
	return s, nil
}

func foldText(s string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(s))))
}

// settle applies a form until it changes nothing more: folding can undo a
// composition and composing can bring back a letter to fold. Two rounds do for
// all of Unicode that we know of; four end it in any case.
func settle(s string, form func(string) string) string {
	for range 4 {
		next := form(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// maxPhone is the most digits that E.164 gives a number.
const maxPhone = 15

func phone(value string) (string, error) {
	var b strings.Builder
	digits := 0
	for _, r := range norm.NFKC.String(value) { // full-width digits and plus become ASCII
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
			digits++
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case !separator(r):
			return "", errPhone
		}
	}
	if digits == 0 {
		return "", errEmpty
	}
	if digits > maxPhone {
		return "", errPhone
	}
	return b.String(), nil
}

func separator(r rune) bool {
	return strings.ContainsRune("-.()/", r) || unicode.Is(unicode.Pd, r) || unicode.IsSpace(r) || r == '\u2212'
}
