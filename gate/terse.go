package gate

import (
	"encoding/binary"
	"time"

	"avow.dev"
	"avow.dev/retain"
)

// terseWriter and terseReader are the byte forms of what says the same words and times
// again and again, as the cells of a row do: what was said before is said by its number.
// A word is its length times two, and its bytes; or the number of one that was said, times
// two and one more. A moment is 0 (none), 1 (the last one again), or its nanoseconds and 2
// more, and its seconds.
type terseWriter struct {
	writer
	said said
	last time.Time
}

type terseReader struct {
	reader
	said said
	last time.Time
}

// said are the first words, in the order in which they came. Those that come later are
// said in full each time: looking for them would take longer than writing them.
type said struct {
	words [24]string
	n     int
}

func (s *said) add(word string) {
	if s.n < len(s.words) && word != "" {
		s.words[s.n] = word
		s.n++
	}
}

func (w *terseWriter) word(s string) {
	for i := range w.said.n {
		if w.said.words[i] == s {
			w.uint(uint64(i)<<1 | 1)
			return
		}
	}
	w.said.add(s)
	w.uint(uint64(len(s)) << 1)
	w.b = append(w.b, s...)
}

func (r *terseReader) word() string {
	n := r.uint()
	if n&1 == 0 {
		word := r.known(r.next(n >> 1))
		r.said.add(word)
		return word
	}
	if n>>1 >= uint64(r.said.n) {
		r.fail()
		return ""
	}
	return r.said.words[n>>1]
}

func (w *terseWriter) moment(t time.Time) {
	switch {
	case t.IsZero():
		w.uint(0)
	case t.Equal(w.last):
		w.uint(1)
	default:
		w.last = t
		w.uint(uint64(t.Nanosecond()) + 2)
		w.b = binary.AppendVarint(w.b, t.Unix())
	}
}

func (r *terseReader) moment() time.Time {
	switch nanos := r.uint(); nanos {
	case 0:
		return time.Time{}
	case 1:
		return r.last
	default:
		r.last = r.instant(nanos - 2)
		return r.last
	}
}

func (w *terseWriter) recipients(list []avow.Recipient) {
	w.uint(uint64(len(list)))
	for _, r := range list {
		w.word(string(r))
	}
}

func (r *terseReader) recipients() []avow.Recipient {
	var list []avow.Recipient
	for range r.count() {
		list = append(list, avow.Recipient(r.word()))
	}
	return list
}

func (w *terseWriter) dated(list []dated) {
	w.uint(uint64(len(list)))
	for _, d := range list {
		w.word(string(d.event))
		w.moment(d.at)
	}
}

func (r *terseReader) dated() []dated {
	var list []dated
	for range r.count() {
		list = append(list, dated{retain.Event(r.word()), r.moment()})
	}
	return list
}
