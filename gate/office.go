package gate

import (
	"context"
	"encoding/hex"
	"strings"

	"avow.dev"
)

// The office is whose key seals what the controller's people work on: matters of
// desks and messages to themselves. In the store it is a row like a person's, so
// that its key is backed up, rotated and restored like theirs; it holds no data
// of a policy and is nobody's subject.

// officePrefix begins the office's reference. What follows is a keyed hash, so
// that no caller can name it.
const officePrefix = "\x00office/"

func (s *served) officeRef() (avow.SubjectRef, error) {
	tag, err := s.tag("\x00office", nil)
	if err != nil {
		return "", internal("the office could not be found", err)
	}
	return avow.SubjectRef(officePrefix + hex.EncodeToString(tag[:])), nil
}

// isOffice reports whether a row that was read is the office's. Whoever walks
// over all people leaves it out.
func (p *person) isOffice() bool { return strings.HasPrefix(string(p.state.ref), officePrefix) }

// office returns the office of a policy as it stands; it is not known before the
// first matter.
func (g *Gate) office(ctx context.Context, s *served) (*person, error) {
	ref, err := s.officeRef()
	if err != nil {
		return nil, err
	}
	p, err := g.find(ctx, s, ref)
	if err != nil {
		return nil, unreadable(err)
	}
	return p, nil
}

// takeOffice is take for the office of a policy. All that is done there, is done
// one after the other: of two who change the same matter, the second reads what
// the first has written.
func (g *Gate) takeOffice(ctx context.Context, id avow.PolicyID, act func(*turn) error) (*turn, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	ref, err := s.officeRef()
	if err != nil {
		return nil, err
	}
	return g.take(ctx, id, ref, func(t *turn) error {
		if err := t.admit(); err != nil {
			return err
		}
		t.touched = true
		return act(t)
	})
}

// openOffice makes sure that the office is there, and leaves no evidence: a matter
// that is changed in a turn of a person rests on it.
func (g *Gate) openOffice(ctx context.Context, s *served) error {
	office, err := g.office(ctx, s)
	if err != nil || office.known() {
		return err
	}
	ref, err := s.officeRef()
	if err != nil {
		return err
	}
	_, err = g.takeOf(repeatable(ctx), s, ref, (*turn).admit)
	return err
}

// restOn makes a turn of a person take effect only if the office is still as
// read: a matter that allowed something may have been closed in between.
func (t *turn) restOn(office *person) {
	if !office.known() {
		return
	}
	t.touched = true
	if t.change.Unchanged == nil { // what was read first holds for all of it
		row := office.row
		t.change.Unchanged = &row
	}
}
