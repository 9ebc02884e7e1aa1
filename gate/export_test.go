package gate

import "bytes"

// ReadBody decodes a row's body, and reports whether it comes out the same when it
// is written and read again.
func ReadBody(raw []byte) (same bool, err error) {
	b, err := decodeBody(raw)
	if err != nil {
		return false, err
	}
	once := b.append(nil)
	again, err := decodeBody(once)
	return err == nil && bytes.Equal(once, again.append(nil)), nil
}

// ReadState is ReadBody for a standing.
func ReadState(raw []byte) (same bool, err error) {
	s, err := decodeState(raw)
	if err != nil {
		return false, err
	}
	once := s.append(nil)
	again, err := decodeState(once)
	return err == nil && bytes.Equal(once, again.append(nil)), nil
}
