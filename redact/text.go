package redact

import (
	"encoding/base32"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// mask hides all but the last keep characters. A value so short that the rest
// would be guessed is hidden whole.
func mask(v []byte, keep int) []byte {
	n := utf8.RuneCount(v)
	if n < 2*keep {
		keep = 0
	}
	out := make([]byte, 0, len(v))
	for i := 0; len(v) > 0; i++ {
		r, size := utf8.DecodeRune(v)
		v = v[size:]
		if i < n-keep {
			out = append(out, '*')
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func truncate(v []byte, keep int) []byte {
	end := 0
	for i := 0; i < keep && end < len(v); i++ {
		_, size := utf8.DecodeRune(v[end:])
		end += size
	}
	return append([]byte{}, v[:end]...)
}

// truncateIP keeps the first bits of an address: of IPv4 as given, of IPv6 at
// most twice as many, which is the usual pairing (24 and 48).
func truncateIP(v []byte, bits int) ([]byte, error) {
	a, err := netip.ParseAddr(string(v))
	if err != nil {
		return nil, fmt.Errorf("%w: not an IP address", ErrForm)
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		bits *= 2
	}
	p, err := a.Prefix(min(bits, a.BitLen()))
	if err != nil {
		return nil, fmt.Errorf("%w: not an IP address", ErrForm)
	}
	return []byte(p.Masked().Addr().String()), nil
}

// coarsen rounds "latitude,longitude" to a number of decimals, a date to a
// unit, and anything else to its first characters.
func coarsen(v []byte, digits int, unit string) ([]byte, error) {
	if unit == "month" || unit == "year" || unit == "day" {
		return roundTime(v, unit)
	}
	lat, long, ok := strings.Cut(string(v), ",")
	if !ok {
		return truncate(v, digits), nil
	}
	la, err1 := decimal(lat, digits, 90)
	lo, err2 := decimal(long, digits, 180)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%w: not a coordinate pair", ErrForm)
	}
	return []byte(la + "," + lo), nil
}

func decimal(s string, digits int, limit float64) (string, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > limit {
		return "", ErrForm
	}
	scale := math.Pow(10, float64(digits))
	r := math.Round(f*scale) / scale
	if r == 0 {
		r = 0 // no "-0"
	}
	return strconv.FormatFloat(r, 'f', digits, 64), nil
}

var layouts = [...]string{time.RFC3339, "2006-01-02", "2006-01", "2006"}

func roundTime(v []byte, unit string) ([]byte, error) {
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(v))
		if err != nil {
			continue
		}
		switch unit {
		case "year":
			return t.AppendFormat(nil, "2006"), nil
		case "month":
			return t.AppendFormat(nil, "2006-01"), nil
		case "day":
			return t.AppendFormat(nil, "2006-01-02"), nil
		case "hour":
			return t.UTC().AppendFormat(nil, "2006-01-02T15:00:00Z"), nil
		}
	}
	return nil, fmt.Errorf("%w: not a date or time", ErrForm)
}

// The scrubber's patterns err on the side of taking out too much: a crash
// report without a number is still a crash report.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:bearer|basic|token|apikey|api_key|password|passwd|pwd|secret|session|cookie)\b["']?\s*[:= ]\s*["']?[^\s"',;&]+`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?`),
	regexp.MustCompile(`[\p{L}0-9._%+-]+(?:@|%40)[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+`),
	regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}\b`),
	regexp.MustCompile(`(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b`),
	regexp.MustCompile(`\+?\d[\d\s().-]{5,}\d`),
	regexp.MustCompile(`\b[A-Za-z0-9_-]{32,}\b`),
}

func scrub(v []byte) []byte {
	out := append([]byte{}, v...)
	for _, re := range secrets {
		out = re.ReplaceAll(out, []byte("[removed]"))
	}
	return out
}

func pseudonym(p [16]byte) []byte {
	return []byte(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(p[:])))
}
