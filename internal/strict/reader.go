package strict

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Fault says where a request is wrong and why. It holds names of the type and
// places, and nothing of the input.
type Fault struct {
	Where     string // such as items[3].datum; empty for the whole
	What      string // such as "is missing"
	Try       string
	Malformed bool // it is no JSON
	TooLarge  bool // a list is over its limit
}

// Error returns place and problem.
func (f *Fault) Error() string {
	if f.Where == "" {
		return "the body " + f.What
	}
	return f.Where + " " + f.What
}

// in puts the fault inside a field or a place of a list.
func (f *Fault) in(name string) *Fault {
	switch {
	case f.Where == "", strings.HasPrefix(f.Where, "["):
		f.Where = name + f.Where
	default:
		f.Where = name + "." + f.Where
	}
	return f
}

func within(err error, name string) error {
	if f, ok := errors.AsType[*Fault](err); ok && !f.Malformed {
		return f.in(name)
	}
	return err
}

// reader goes over a body of JSON (RFC 8259).
type reader struct {
	b []byte
	i int
}

func newReader(body []byte) (*reader, error) {
	if !utf8.Valid(body) {
		return nil, &Fault{What: "is not UTF-8", Try: "send JSON in UTF-8", Malformed: true}
	}
	return &reader{b: body}, nil
}

func (r *reader) end() error {
	if r.space(); r.i != len(r.b) {
		return &Fault{What: "goes on after its end", Try: "send one JSON object", Malformed: true}
	}
	return nil
}

func (r *reader) space() {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

// take reads c, if it comes next.
func (r *reader) take(c byte) bool {
	if r.space(); r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *reader) word(w string) bool {
	if r.space(); strings.HasPrefix(string(r.b[r.i:min(len(r.b), r.i+len(w))]), w) {
		r.i += len(w)
		return true
	}
	return false
}

// wrong is the fault for a value of another kind than the one that belongs here.
func (r *reader) wrong(what string) error {
	r.space()
	if r.i >= len(r.b) || !strings.ContainsRune(`{["tfn-0123456789`, rune(r.b[r.i])) {
		return r.broken()
	}
	if r.b[r.i] == 'n' {
		return &Fault{What: "is null", Try: "leave the field out"}
	}
	return &Fault{What: what, Try: "see the API's description"}
}

func (r *reader) broken() error {
	return &Fault{What: "is not JSON", Try: "send JSON as RFC 8259 says", Malformed: true}
}

func (r *reader) want(what string) ([]byte, error) {
	if r.space(); r.i >= len(r.b) || r.b[r.i] != '"' {
		return nil, r.wrong(what)
	}
	return r.text()
}

// text reads a string. The result shares memory with the body unless it was
// written with escapes.
func (r *reader) text() ([]byte, error) {
	if !r.take('"') {
		return nil, r.broken()
	}
	from := r.i
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			return r.b[from : r.i-1], nil
		case c == '\\':
			return r.escaped(from)
		case c < ' ':
			return nil, r.broken()
		}
		r.i++
	}
	return nil, r.broken()
}

func (r *reader) escaped(from int) ([]byte, error) {
	out := append([]byte(nil), r.b[from:r.i]...)
	for r.i < len(r.b) {
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return out, nil
		case c < ' ':
			return nil, r.broken()
		case c != '\\':
			out = append(out, c)
		default:
			next, ok := r.escape()
			if !ok {
				return nil, r.broken()
			}
			out = utf8.AppendRune(out, next)
		}
	}
	return nil, r.broken()
}

// escape reads what follows a backslash.
func (r *reader) escape() (rune, bool) {
	if r.i >= len(r.b) {
		return 0, false
	}
	c := r.b[r.i]
	r.i++
	if c == 'u' {
		return r.unicode()
	}
	const short, long = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	k := strings.IndexByte(short, c)
	if k < 0 {
		return 0, false
	}
	return rune(long[k]), true
}

func (r *reader) unicode() (rune, bool) {
	hi, ok := r.hex()
	if !ok || !utf16.IsSurrogate(hi) {
		return hi, ok
	}
	if r.i+1 >= len(r.b) || r.b[r.i] != '\\' || r.b[r.i+1] != 'u' {
		return 0, false
	}
	r.i += 2
	lo, ok := r.hex()
	c := utf16.DecodeRune(hi, lo)
	return c, ok && c != utf8.RuneError
}

func (r *reader) hex() (rune, bool) {
	if len(r.b)-r.i < 4 {
		return 0, false
	}
	n := rune(0)
	for _, c := range r.b[r.i : r.i+4] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	r.i += 4
	return n, true
}

// whole reads an integer without fraction, exponent or leading zeros.
func (r *reader) whole() (int64, bool) {
	r.space()
	from, digits := r.i, r.i
	if digits < len(r.b) && r.b[digits] == '-' {
		digits++
	}
	to := digits
	for to < len(r.b) && r.b[to] >= '0' && r.b[to] <= '9' {
		to++
	}
	odd := to == digits || to-digits > 1 && r.b[digits] == '0' ||
		to < len(r.b) && strings.IndexByte(".eE", r.b[to]) >= 0
	n, err := strconv.ParseInt(string(r.b[from:to]), 10, 64)
	if odd || err != nil {
		return 0, false
	}
	r.i = to
	return n, true
}
