package gate

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/retain"
)

// state is a person's standing together with the dates that retention clocks
// start from. It is sealed under the person's key before it is stored: what
// somebody consented to is personal data too.
type state struct {
	avow.Standing
	ref    avow.SubjectRef // sealed with the rest, so that a copy can name it
	root   [32]byte        // salts and pseudonyms of the person's evidence derive from it
	opened time.Time
	closed time.Time
	seen   time.Time
	fact   []dated

	holdUntil time.Time // when the hold runs out by itself
}

// dated is a retention event that has happened to the person, or to a cell.
type dated struct {
	event retain.Event
	at    time.Time
}

const stateFormat = 2

func (s *state) append(buf []byte) []byte {
	w := terseWriter{writer: writer{b: buf}}
	w.uint(stateFormat)
	w.string(string(s.ref))
	w.bytes(s.root[:])
	w.uint(uint64(s.Account))
	acceptance(&w.writer, &s.Acceptance)
	w.uint(uint64(len(s.Documents)))
	for i := range s.Documents {
		acceptance(&w.writer, &s.Documents[i])
	}
	w.uint(uint64(len(s.Choices)))
	for i := range s.Choices {
		c := &s.Choices[i]
		w.string(string(c.Choice))
		w.uint(uint64(c.State))
		w.moment(c.At)
		w.moment(c.Expires)
		w.word(string(c.Notice))
	}
	w.uint(uint64(s.Age))
	w.bool(s.Guardian)
	w.uint(uint64(s.Signals))
	w.moment(s.SignalAt)
	w.bool(s.Hold)
	w.bool(s.Restricted)
	w.bool(s.Synthetic)
	w.moment(s.opened)
	w.moment(s.closed)
	w.moment(s.seen)
	w.moment(s.holdUntil)
	w.dated(s.fact)
	return w.b
}

func acceptance(w *writer, a *avow.Acceptance) {
	w.uint(uint64(a.State))
	w.string(string(a.Policy))
	w.string(a.Version)
	w.string(string(a.Language))
	w.string(a.Gesture)
	w.time(a.At)
}

func readAcceptance(r *reader) avow.Acceptance {
	return avow.Acceptance{State: avow.AcceptState(r.uint()), Policy: avow.Hash(r.string()), Version: r.string(),
		Language: avow.Language(r.string()), Gesture: r.string(), At: r.time()}
}

func decodeState(raw []byte, words map[string]string) (state, error) {
	r := terseReader{reader: reader{b: raw, words: words}}
	if r.uint() != stateFormat {
		return state{}, errBody
	}
	var s state
	s.ref = avow.SubjectRef(r.string())
	r.bad = copy(s.root[:], r.bytes()) != len(s.root) || r.bad
	s.Account = avow.AccountState(r.uint())
	s.Acceptance = readAcceptance(&r.reader)
	for range r.count() {
		s.Documents = append(s.Documents, readAcceptance(&r.reader))
	}
	for range r.count() {
		s.Choices = append(s.Choices, avow.Chosen{Choice: avow.Choice(r.string()), State: avow.ChoiceState(r.uint()),
			At: r.moment(), Expires: r.moment(), Notice: avow.Hash(r.word())})
	}
	s.Age = avow.AgeBand(r.uint())
	s.Guardian = r.bool()
	s.Signals = avow.Signals(r.uint())
	s.SignalAt = r.moment()
	s.Hold = r.bool()
	s.Restricted = r.bool()
	s.Synthetic = r.bool()
	s.opened, s.closed, s.seen, s.holdUntil = r.moment(), r.moment(), r.moment(), r.moment()
	s.fact = r.dated()
	return s, r.done()
}

// lapsed reports whether a hold has run out by itself.
func (s *state) lapsed(now time.Time) bool { return s.Hold && !now.Before(s.holdUntil) }

// lastWord returns when the person said something last, by a choice or by a signal.
func (s *state) lastWord() time.Time {
	at := s.SignalAt
	for i := range s.Choices {
		if s.Choices[i].At.After(at) {
			at = s.Choices[i].At
		}
	}
	return at
}

// choose records the person's latest word on a choice.
func (s *state) choose(c avow.Chosen) {
	for i := range s.Choices {
		if s.Choices[i].Choice == c.Choice {
			s.Choices[i] = c
			return
		}
	}
	s.Choices = append(s.Choices, c)
}

// happen records that a retention event happened.
func (s *state) happen(e retain.Event, at time.Time) { s.fact = happen(s.fact, e, at) }

func (s *state) unhappen(e retain.Event) {
	s.fact = slices.DeleteFunc(slices.Clone(s.fact), func(d dated) bool { return d.event == e })
}

// happen returns the list with the event at its latest time.
func happen(list []dated, e retain.Event, at time.Time) []dated {
	list = slices.Clone(list)
	for i := range list {
		if list[i].event == e {
			list[i].at = at
			return list
		}
	}
	return append(list, dated{e, at})
}

func when(list []dated, e retain.Event) (time.Time, bool) {
	for i := range list {
		if list[i].event == e {
			return list[i].at, true
		}
	}
	return time.Time{}, false
}
