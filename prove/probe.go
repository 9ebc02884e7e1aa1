package prove

import (
	"errors"
	"fmt"
)

// probe is one question to the running engine. Its rule is the entry that it
// tests: without that entry, or with its contrary, at least one of the entry's
// probes must fail.
type probe struct {
	rule string
	name string
	run  func(*stage) error
}

// mismatch is what a probe returns when it saw something else than the policy
// promises.
type mismatch struct{ expected, seen string }

func (m *mismatch) Error() string { return "expected " + m.expected + ", saw " + m.seen }

func expect(ok bool, expected, seenFormat string, args ...any) error {
	if ok {
		return nil
	}
	return &mismatch{expected, fmt.Sprintf(seenFormat, args...)}
}

// unplayable is what a probe returns when a rule cannot be played with what is
// built: its condition is one that nothing can show yet.
type unplayable struct{ why string }

func (u *unplayable) Error() string { return "cannot be played: " + u.why }

// play runs the probe. Trouble of the proof itself, such as a browser that lost its
// page on a busy machine, says nothing of the policy: it is tried once more.
func (p *probe) play(s *stage) error {
	err := p.run(s)
	if err == nil || answers(err) {
		return err
	}
	return p.run(s)
}

// answers reports whether an error of a probe is what it found out.
func answers(err error) bool {
	_, saw := errors.AsType[*mismatch](err)
	_, cannot := errors.AsType[*unplayable](err)
	return saw || cannot
}

// result is what came of the probes of a clause.
type result struct {
	probes   int
	mismatch *mismatch
	broken   string // name of the probe that failed
	cannot   *unplayable
	failure  error // trouble of the proof itself
}

func (r *result) add(p probe, err error) {
	r.probes++
	if err == nil {
		return
	}
	if m, ok := errors.AsType[*mismatch](err); ok {
		if r.mismatch == nil {
			r.mismatch, r.broken = m, p.name
		}
		return
	}
	if u, ok := errors.AsType[*unplayable](err); ok {
		if r.cannot == nil {
			r.cannot = u
		}
		return
	}
	if r.failure == nil {
		r.failure, r.broken = err, p.name
	}
}
