package gate

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/vault"
)

// turn carries one request through the gate: the person as read, the policy in
// force, and the change that will be committed whole or not at all.
type turn struct {
	*served
	ctx     context.Context
	gate    *Gate
	program *policy.Program
	force   *force
	now     time.Time
	ref     avow.SubjectRef
	who     *person
	change  Change
	entries []entry
	few     [2]entry // room for them: most turns have no more
	said    [][]byte // for the journal
	touched bool     // the person's row has to be written
	made    *newcomer
	keyed   bool // the change may hold what is sealed under the key in made

	clocked  bool       // something was delivered whose time is over with that
	resealed bool       // what remains has to be sealed under a new key
	lasting  *Agreement // what the person takes back stands, also if the rest is refused
	first    int64      // index of the first leaf, once committed

	once      *onced                   // the request is remembered by a key of the caller's
	answered  *avow.Receipt            // the request was answered before, and nothing was done
	intended  *[16]byte                // the leaf by which the person's erasure was intended in this turn
	following *following               // what is done elsewhere for what is done in this turn
	followed  string                   // the fulfilment that was opened for it
	extra     []byte                   // of the answer, beside the receipt; without personal data
	cuts      map[avow.Datum]time.Time // from when on items may be read; see older
	// anonymous says that what is collected is kept as about nobody.
	anonymous bool
	next      *force // the text that this turn puts in force
}

// entry is a leaf on its way, and the digest of the request it is about.
type entry struct {
	leaf   evidence.Leaf
	digest [32]byte
	about  *person // nil: whom the turn is about
	quiet  bool    // not on the person's trail
}

// attempts bounds how often a turn is taken again because somebody else changed
// the same person in between.
const attempts = 64

// take reads the person, lets act decide and prepare the change, and commits.
// If somebody changed the person in between, it begins anew, so that no
// decision is ever acted upon after its ground has gone.
//
// A *avow.Refusal from act is committed like any other outcome and then
// returned; any other error commits nothing.
func (g *Gate) take(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, act func(*turn) error) (*turn, error) {
	if err := ready(ctx); err != nil {
		return nil, err
	}
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	return g.takeOf(ctx, s, ref, act)
}

// takeOf is take for a policy that may not be served yet.
func (g *Gate) takeOf(ctx context.Context, s *served, ref avow.SubjectRef, act func(*turn) error) (*turn, error) {
	t, err := g.takeIn(ctx, s, ref, act)
	if errors.Is(err, errNoOffice) {
		if err := g.openOffice(ctx, s); err != nil {
			return nil, err
		}
		return g.takeIn(ctx, s, ref, act)
	}
	return t, err
}

// takeIn is takeOf where there is an office already, or none is needed.
func (g *Gate) takeIn(ctx context.Context, s *served, ref avow.SubjectRef, act func(*turn) error) (*turn, error) {
	var made newcomer
	defer func() { s.keys.GiveBack(made.key) }()
	for n := range attempts {
		if n == 1 {
			line := s.lines.of(ref)
			line.Lock()
			defer line.Unlock()
		}
		o, before, err := g.replayed(ctx, s)
		if err != nil || before != nil {
			return before, err
		}
		who, err := g.find(ctx, s, ref)
		if err != nil {
			return nil, unreadable(err)
		}
		now, err := s.time(g.Now())
		if err != nil {
			return nil, err
		}
		t := &turn{served: s, ctx: ctx, gate: g, force: s.inForce.Load(), now: now, ref: ref, made: &made, once: o}
		t.program = t.force.program
		t.begin(who)
		again, err := t.finish(act(t))
		if !again {
			return t, err
		}
	}
	return nil, &avow.Error{Code: avow.Unavailable, Message: "the person's record is changed by too many requests at once", Try: "send the request again"}
}

// finish commits what act prepared. again asks for another attempt.
func (t *turn) finish(outcome error) (again bool, err error) {
	refusal, refused := errors.AsType[*avow.Refusal](outcome)
	if outcome != nil && !refused {
		return false, outcome
	}
	if err := t.openFulfilment(); err != nil {
		return false, err
	}
	if err := t.prepare(); err != nil {
		return false, internal("the change could not be prepared", err)
	}
	t.keepKey() // the journal and the store may have it from here on, whatever they answer
	t.remember(refusal)
	if err := t.journal(); err != nil {
		return false, &avow.Error{Code: avow.Unavailable, Message: "what was said could not be made safe, so nothing was done", Try: "try again later", Cause: err}
	}
	if again, err = t.commit(); again {
		return true, nil
	}
	t.recorded(t.now, err)
	switch {
	case errors.Is(err, ErrChanged), errors.Is(err, ErrTaken) && t.raced():
		return true, nil
	case errors.Is(err, ErrTaken):
		return false, &avow.Error{Code: avow.Conflict, Message: "a value by which people are found belongs to somebody else already",
			Try: "find that person first, or send another value", Cause: err}
	case err != nil:
		return false, &avow.Error{Code: avow.Unavailable, Message: "the evidence could not be recorded, so nothing was shown; whether anything was changed is not known",
			Try: "ask how things stand, and try again", Cause: err}
	case refused:
		refusal.Receipt = t.receipt()
		return false, refusal
	}
	return false, nil
}

// commit writes the change, unless another text came into force since it was decided: then
// again asks for another attempt. What a text decides is recorded before the next one is
// in force, and nothing of it after.
func (t *turn) commit() (again bool, err error) {
	if t.next != nil {
		t.switching.Lock()
		defer t.switching.Unlock()
	} else {
		t.switching.RLock()
		defer t.switching.RUnlock()
	}
	if t.force != t.inForce.Load() {
		return true, nil
	}
	t.first, err = t.gate.commit(t.ctx, &t.change)
	if t.next != nil && err == nil {
		t.inForce.Store(t.next)
	}
	return false, err
}

// raced reports whether what is taken may be this person's own reference, which
// somebody else added between our reading and our writing, or this very request
// that was sent twice at once.
func (t *turn) raced() bool {
	if t.outrun() {
		return true
	}
	if t.change.Insert == nil {
		return false
	}
	tag, err := t.refTag(t.ref)
	if err != nil {
		return false
	}
	_, known, err := t.gate.store.Lookup(t.ctx, t.id, tag)
	return err == nil && known
}

// prepare completes the change with the person's row and the evidence.
func (t *turn) prepare() error {
	if err := t.placeRow(); err != nil {
		return err
	}
	t.change.Leaves = slices.Grow(t.change.Leaves, len(t.entries))
	for i := range t.entries {
		e := &t.entries[i]
		who := t.who
		if e.about != nil {
			who = e.about
		}
		if who.known() {
			e.leaf.Commitment = who.commitment(e.leaf.ID, e.digest)
		}
		sid := who.row.SID
		if e.quiet {
			sid = 0
		}
		t.change.Leaves = append(t.change.Leaves, Leaf{SID: sid, Body: e.leaf.Append(make([]byte, 0, 512))})
	}
	return nil
}

// placeRow says what happens to the person's row.
func (t *turn) placeRow() error {
	switch {
	case !t.who.known():
	case t.change.Update != nil: // placed already
	case !t.touched:
		t.change.Unchanged = &t.who.row
	default:
		next, err := t.who.close(t.force)
		if err != nil {
			return err
		}
		if next.Version == 1 {
			t.change.Insert = &next
		} else {
			t.change.Update = &next
		}
	}
	return nil
}

// newcomer is the number of a person who is being added, and a key for them or for
// somebody who gets a new one. Both are kept over attempts. The key goes back to the
// stock when the turn ends without having said keepKey, so that whoever is refused uses
// up none.
type newcomer struct {
	sid int64
	key vault.SubjectKey
}

// newKey sees to a key that nobody has, unless an earlier attempt did.
func (t *turn) newKey() error {
	if t.made.key.SID() == 0 {
		key, err := t.keys.Take(t.ctx)
		if gone := ready(t.ctx); err != nil && gone != nil {
			return gone
		}
		if err != nil {
			return internal("a key for the person could not be made", err)
		}
		t.made.key = key
	}
	t.keyed = true
	return nil
}

// keepKey says that what is sealed under the new key, if anything is, may be on a disk
// from now on. It comes before whatever writes: a key that was written under and then
// given to somebody else would be the key of two people.
func (t *turn) keepKey() {
	if t.keyed {
		t.made.key.Keep()
	}
}

// admit makes a stranger a person of this policy: a number, and a key that is durable
// already. A key whose person is never committed protects nothing and harms nobody.
func (t *turn) admit() error {
	if t.who.known() {
		return nil
	}
	if err := t.newKey(); err != nil {
		return err
	}
	if t.made.sid == 0 {
		sid, err := t.gate.store.NextSubject(t.ctx, 0)
		if err != nil {
			return internal("a number for the person could not be found", err)
		}
		t.made.sid = sid
	}
	tag, err := t.refTag(t.ref)
	if err != nil {
		return internal("the person could not be indexed", err)
	}
	t.who.row = Row{SID: t.made.sid, Policy: t.id}
	t.who.state.ref = t.ref
	t.who.takeKey(t.made.key)
	t.addTag("", tag)
	t.touched = true
	return nil
}

// addTag makes the person findable by a tag.
func (t *turn) addTag(d avow.Datum, tag Tag) {
	t.who.body.tags = append(t.who.body.tags, bodyTag{d, tag})
	t.change.AddTags = append(t.change.AddTags, TagEntry{tag, t.who.row.SID})
}

// dropTag makes the person no longer findable by their value of d.
func (t *turn) dropTag(d avow.Datum) {
	kept := t.who.body.tags[:0]
	for _, bt := range t.who.body.tags {
		if bt.datum == d {
			t.change.DropTags = append(t.change.DropTags, TagEntry{bt.tag, t.who.row.SID})
			continue
		}
		kept = append(kept, bt)
	}
	t.who.body.tags = kept
}

// begin starts the turn from a person as read. A hold whose time is over ends
// here, whatever the turn is about: it needs no hand.
func (t *turn) begin(who *person) {
	t.who, t.change, t.entries, t.said, t.touched = who, Change{Policy: t.id}, t.few[:0], nil, false
	t.keyed, t.resealed, t.clocked, t.intended, t.following, t.followed, t.next = false, false, false, nil, nil, "", nil
	if who.state.lapsed(t.now) {
		t.release()
	}
}

// undo forgets everything that act prepared: the person is as read, and somebody
// who was admitted in this turn is a stranger again. Only what they took back in
// the same gesture stands: nobody's no depends on something else being allowed.
func (t *turn) undo() error {
	fresh := &person{state: state{ref: t.ref}}
	if t.who.row.Version > 0 {
		var err error
		if fresh, err = t.open(t.who.row); err != nil {
			return unreadable(err)
		}
	}
	t.begin(fresh)
	if t.lasting == nil || !t.who.known() {
		return nil
	}
	return t.agree(t.lasting)
}

// receipt is the receipt of the last leaf, which is the one that answers.
func (t *turn) receipt() avow.Receipt {
	if t.answered != nil {
		return *t.answered
	}
	last := len(t.entries) - 1
	if last < 0 {
		return avow.Receipt{Policy: t.id, Index: -1}
	}
	l := &t.entries[last].leaf
	return avow.Receipt{Policy: t.id, Index: t.first + int64(last), Leaf: l.ID, At: l.At, Verdict: l.Verdict, Observe: l.Observe}
}

// unreadable is the error for a person whose row does not open.
func unreadable(err error) error {
	if errors.Is(err, vault.ErrErased) {
		return &avow.Error{Code: avow.Gone, Message: "this person is being erased", Try: "nothing more can be done; their reference is free again when the erasure is complete", Cause: err}
	}
	return internal("the person's record could not be read", err)
}

func internal(message string, cause error) error {
	return &avow.Error{Code: avow.Internal, Message: message, Try: "see the server's log; nothing was done", Cause: cause}
}
