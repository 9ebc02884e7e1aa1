package gate

import (
	"bytes"
	"context"
	"unicode"
	"unicode/utf8"

	"avow.dev"
	"avow.dev/detect"
)

// This file takes out of what somebody wrote what says who they are, for whoever may
// help without knowing.

// identities returns what is held of the person of a turn that identifies somebody by
// itself, as the vocabulary has it: names and user names as well as addresses and
// numbers. Whoever calls it clears it.
func (t *turn) identities() ([][]byte, error) {
	var out [][]byte
	visit := func(c *cell) error {
		if info, ok := t.program.Datum(c.datum); !ok || info.Level != "id" || c.hidden || c.isFile() {
			return nil
		}
		raw, err := t.who.unseal(c.datum, c.version, c.sealed)
		if err != nil {
			return internal("a value could not be opened to be masked", err)
		}
		out = append(out, bytes.Clone(raw))
		clear(raw)
		return nil
	}
	for i := range t.who.body.cells {
		if err := visit(&t.who.body.cells[i]); err != nil {
			return nil, err
		}
	}
	for i := range t.who.body.series {
		err := t.eachItem(t.who.body.series[i].datum, func(_ Record, c *cell) error { return visit(c) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// identitiesOf is what is held of the person of a number that identifies them; nothing
// of somebody who is not known, or not any more.
func (g *Gate) identitiesOf(ctx context.Context, id avow.PolicyID, sid int64) ([][]byte, error) {
	s, err := g.of(id)
	if err != nil || sid == 0 {
		return nil, err
	}
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return nil, internal("a person's record could not be read", err)
	}
	if !ok || row.Policy != id {
		return nil, nil
	}
	f := s.inForce.Load()
	t := turn{served: s, ctx: ctx, gate: g, force: f, program: f.program, now: g.Now()}
	if t.who, err = s.open(row); err != nil {
		return nil, unlessGone(unreadable(err))
	}
	return t.identities()
}

func wipeAll(all [][]byte) {
	for _, b := range all {
		clear(b)
	}
}

const masked = "•••"

// mask takes contact details out of what somebody wrote, and what is held of them that
// identifies them: as a whole, and each word of it.
func mask(v Value, identities [][]byte) Value {
	text := bytes.Clone(v.Expose())
	var names [][]byte
	for _, id := range identities {
		names = append(append(names, bytes.TrimSpace(id)), bytes.Fields(id)...)
	}
	for _, name := range names {
		text = without(text, name)
	}
	found := detect.Contacts(string(text))
	var b []byte
	at := 0
	for _, f := range found {
		b = append(append(b, text[at:f.Start]...), masked...)
		at = f.End
	}
	b = append(b, text[at:]...)
	v.Wipe()
	clear(text)
	return NewValue(b)
}

// without takes a name out of a text, wherever it stands as a word, in capitals or not.
// Scripts without spaces have no words: there it goes wherever it stands.
func without(text, name []byte) []byte {
	if utf8.RuneCount(name) < 2 || bytes.Equal(name, []byte(masked)) {
		return text
	}
	var out []byte
	for at := 0; at < len(text); {
		n := match(text[at:], name)
		if before, _ := utf8.DecodeLastRune(text[:at]); n > 0 && !(joins(before) && joins(first(name))) {
			if after, _ := utf8.DecodeRune(text[at+n:]); !(joins(after) && joins(last(name))) {
				out = append(out, masked...)
				at += n
				continue
			}
		}
		_, size := utf8.DecodeRune(text[at:])
		out = append(out, text[at:at+size]...)
		at += size
	}
	return out
}

// match returns how many bytes of a text a name takes at its beginning, whatever its
// capitals; 0 if it does not stand there.
func match(text, name []byte) int {
	n := 0
	for len(name) > 0 {
		a, s := utf8.DecodeRune(text[n:])
		b, t := utf8.DecodeRune(name)
		if s == 0 || unicode.ToLower(a) != unicode.ToLower(b) {
			return 0
		}
		n, name = n+s, name[t:]
	}
	return n
}

func first(b []byte) rune { r, _ := utf8.DecodeRune(b); return r }
func last(b []byte) rune  { r, _ := utf8.DecodeLastRune(b); return r }

// joins reports whether a letter makes one word with the letter beside it.
func joins(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
