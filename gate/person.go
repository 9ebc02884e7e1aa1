package gate

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"avow.dev"
	"avow.dev/vault"
)

// person is one data subject, read and opened for one turn. A stranger has no
// row and no key, and the zero standing.
type person struct {
	row   Row
	body  body
	state state
	key   vault.SubjectKey

	clocks *clocks // made when first asked for
	room   []byte  // for what is sealed and opened next
}

func (p *person) known() bool { return p.row.SID != 0 }

// find reads the person whom the application calls ref. An unknown reference is
// a stranger and no error.
func (g *Gate) find(ctx context.Context, s *served, ref avow.SubjectRef) (*person, error) {
	if ref == "" {
		return &person{}, nil
	}
	tag, err := s.refTag(ref)
	if err != nil {
		return nil, err
	}
	row, ok, err := g.store.Lookup(ctx, s.id, tag)
	if err != nil {
		return nil, fmt.Errorf("look up person: %w", err)
	}
	if !ok {
		return g.stranger(ctx, s, ref)
	}
	return s.open(row)
}

// open decodes a row and opens its standing.
func (s *served) open(row Row) (*person, error) {
	b, err := decodeBody(row.Body, s.inForce.Load().known)
	if err != nil {
		return nil, err
	}
	p := &person{row: row, body: b}
	if p.key, err = s.keys.Key(b.slot); err != nil {
		return nil, fmt.Errorf("find the person's key: %w", err)
	}
	raw, err := p.openStanding(row.Version, b.rest, b.standing)
	if err != nil {
		return nil, fmt.Errorf("open standing: %w", err)
	}
	p.state, err = decodeState(raw, s.inForce.Load().known)
	clear(raw)
	return p, err
}

// close seals the standing and writes the next version of the row, with the
// hour at which the sweep has to look at it.
func (p *person) close(f *force) (Row, error) {
	next := p.row
	next.Version++
	next.Due = p.due(f)
	room, rest := rooms.get(), rooms.get()
	defer rooms.put(room)
	defer rooms.put(rest)
	*room = p.state.append((*room)[:0])
	*rest = p.body.appendRest((*rest)[:0])
	sealed, err := p.sealStanding(next.Version, *rest, *room)
	clear(*room)
	if err != nil {
		return Row{}, fmt.Errorf("seal standing: %w", err)
	}
	p.body.standing = sealed
	*room = append(p.body.appendHead((*room)[:0]), *rest...)
	next.Body = bytes.Clone(*room)
	return next, nil
}

// rooms lends memory in which a standing and a row take shape. The standing, which
// stands there in clear, is wiped at once.
var rooms lent

type lent struct{ pool sync.Pool }

func (l *lent) get() *[]byte {
	if room, ok := l.pool.Get().(*[]byte); ok {
		return room
	}
	fresh := make([]byte, 0, 4096)
	return &fresh
}

// mostLent keeps one large row from staying in memory for good.
const mostLent = 64 << 10

func (l *lent) put(room *[]byte) {
	if cap(*room) <= mostLent {
		l.pool.Put(room)
	}
}

// standingDatum is the name under which the standing is sealed; no datum of a
// policy can be called so.
const standingDatum = "\x00standing"

// refTag finds a person by the application's reference.
func (s *served) refTag(ref avow.SubjectRef) (Tag, error) { return s.tag("\x00ref", []byte(ref)) }
