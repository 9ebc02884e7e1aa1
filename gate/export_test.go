package gate

import (
	"bytes"
	"time"

	"avow.dev"
)

// ReadBody decodes a row's body, and reports whether it comes out the same when it
// is written and read again.
func ReadBody(raw []byte) (same bool, err error) {
	b, err := decodeBody(raw, nil)
	if err != nil {
		return false, err
	}
	once := b.append(nil)
	again, err := decodeBody(once, nil)
	return err == nil && bytes.Equal(once, again.append(nil)), nil
}

// ReadState is ReadBody for a standing.
func ReadState(raw []byte) (same bool, err error) {
	s, err := decodeState(raw, nil)
	if err != nil {
		return false, err
	}
	once := s.append(nil)
	again, err := decodeState(once, nil)
	return err == nil && bytes.Equal(once, again.append(nil)), nil
}

// SomeState is a standing with something in every field.
func SomeState() []byte {
	at := time.Date(2500, 1, 1, 0, 0, 0, 1, time.UTC)
	a := avow.Acceptance{State: avow.AcceptedPolicy, Policy: "sha256:1", Version: "1", Language: "zh", Gesture: "accept-button", At: at}
	s := state{Standing: avow.Standing{Account: avow.Open, Acceptance: a, Documents: []avow.Acceptance{a}, Age: avow.KnownAdult, Guardian: true,
		Choices: []avow.Chosen{{Choice: "offers", State: avow.Given, At: at, Expires: at, Notice: "sha256:2"}}, Signals: 1, SignalAt: at, Hold: true, Synthetic: true},
		ref: "li", opened: at, closed: at, seen: at, holdUntil: at, fact: []dated{{"delivered", at}}}
	return s.append(nil)
}
