package gate

import (
	"bytes"
	"encoding/json"
	"math"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"avow.dev/policy"
)

// DefaultMax is the largest value of a datum that sets no other limit, in bytes.
const DefaultMax = 4096

// fits reports whether a value has the shape that its datum declares. A value
// that does not is refused, and never quoted.
func fits(d *policy.DatumInfo, v []byte) bool {
	limit := d.Max
	if limit == 0 {
		limit = DefaultMax
	}
	if len(v) == 0 || int64(len(v)) > limit {
		return false
	}
	if d.Grammar != nil && !d.Grammar.Match(v) {
		return false
	}
	if d.Type == "file" {
		return true
	}
	if !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
		return false
	}
	if d.Type == "text" || d.Type == "password" {
		return true
	}
	return shaped(d.Type, string(v))
}

func shaped(kind, s string) bool {
	switch kind {
	case "email":
		if plainEmail(s) {
			return true
		}
		a, err := mail.ParseAddress(s)
		return err == nil && a.Name == "" && a.Address == s
	case "phone":
		return isPhone(s)
	case "number":
		n, err := strconv.ParseFloat(s, 64)
		return err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	case "location":
		return isPlace(s)
	case "ip":
		_, err := netip.ParseAddr(s)
		return err == nil
	case "json":
		return json.Valid([]byte(s))
	}
	return true
}

// plainEmail recognises the addresses that nearly everybody has, in less time than
// the whole grammar of RFC 5322 takes: words of letters, digits and a few marks with
// single dots between them, on both sides of an @. Others are left to that grammar.
func plainEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && dotted(local, "!#$%&'*+-/=?^_`{|}~") && dotted(domain, "-")
}

// dotted reports whether s is ASCII words of letters, digits and the given marks,
// with single dots between them.
func dotted(s, marks string) bool {
	start := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if i == start {
				return false
			}
			start = i + 1
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(marks, c) >= 0:
		default:
			return false
		}
	}
	return start < len(s)
}

// isPhone accepts what people write: digits with an optional plus, and the
// usual separators, 5 to 20 digits in all.
func isPhone(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -().", r):
		default:
			return false
		}
	}
	return digits >= 5 && digits <= 20
}

func isPlace(s string) bool {
	lat, long, ok := strings.Cut(s, ",")
	if !ok {
		return false
	}
	la, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	lo, err2 := strconv.ParseFloat(strings.TrimSpace(long), 64)
	return err1 == nil && err2 == nil && la >= -90 && la <= 90 && lo >= -180 && lo <= 180
}
