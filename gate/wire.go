package gate

import (
	"encoding/binary"
	"errors"
	"time"
)

// errBody is the error for a row that this gate did not write.
var errBody = errors.New("row body is malformed")

// writer and reader are the byte forms of a row: varints, length-prefixed
// strings, and times as seconds and nanoseconds (0 is the zero time). A time far
// in the future, such as the end of a term of centuries, comes back as it went in.
type writer struct{ b []byte }

func (w *writer) uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

func (w *writer) bytes(s []byte) {
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) string(s string) {
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) time(t time.Time) {
	if t.IsZero() {
		w.uint(0)
		return
	}
	w.uint(uint64(t.Nanosecond()) + 1)
	w.b = binary.AppendVarint(w.b, t.Unix())
}

func (w *writer) bool(v bool) {
	var n uint64
	if v {
		n = 1
	}
	w.uint(n)
}

// A reader given the words of a policy returns them without copying.
type reader struct {
	b     []byte
	bad   bool
	words map[string]string
}

func (r *reader) fail() { r.bad, r.b = true, nil }

func (r *reader) uint() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[k:]
	return n
}

// count reads the length of a list whose elements take at least one byte each,
// so that a malformed length cannot ask for more memory than the input has.
func (r *reader) count() int {
	return r.most(r.uint())
}

// most returns n if so many bytes are left.
func (r *reader) most(n uint64) int {
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte { return r.next(r.uint()) }

func (r *reader) next(length uint64) []byte {
	n := r.most(length)
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *reader) string() string { return r.known(r.bytes()) }

func (r *reader) known(b []byte) string {
	if w, ok := r.words[string(b)]; ok {
		return w
	}
	return string(b)
}

func (r *reader) time() time.Time {
	nanos := r.uint()
	if nanos == 0 {
		return time.Time{}
	}
	return r.instant(nanos - 1)
}

// instant reads the seconds of a time.
func (r *reader) instant(nanos uint64) time.Time {
	seconds, k := binary.Varint(r.b)
	if k <= 0 || nanos >= uint64(time.Second) {
		r.fail()
		return time.Time{}
	}
	r.b = r.b[k:]
	return time.Unix(seconds, int64(nanos)).UTC()
}

func (r *reader) bool() bool { return r.uint() == 1 }

// fixed reads bytes of a known length.
func (r *reader) fixed(into []byte) {
	if len(r.b) < len(into) {
		r.fail()
		return
	}
	r.b = r.b[copy(into, r.b):]
}

// done reports a malformed or longer input.
func (r *reader) done() error {
	if r.bad || len(r.b) != 0 {
		return errBody
	}
	return nil
}
