package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/internal/password"
	"avow.dev/policy"
	"avow.dev/redact"
)

// A password is a datum of the policy like any other, except that it is hashed
// before it is sealed, and that nobody can read it back: it is compared here.

// PasswordTrying is an attempt to sign in by a password.
type PasswordTrying struct {
	// By is a value by which the person is found: an address, or a name.
	By       Item
	Password Value
	Network  string // see [CodeAsking]
	Before   string // see [CodeTrying]
}

const (
	passwordTries = 5
	// triesLength is the stretch of time in which tries are counted.
	triesLength = 15 * time.Minute
	// triesOfNetwork bounds the tries of one network in it.
	triesOfNetwork = 50
)

// errPassword is the one answer to every password that does not sign in, whether
// or not anybody is known by that name.
var errPassword = &avow.Error{Code: avow.Forbidden, Message: "this name and password do not sign you in", Try: "check both, or sign in by a code"}

// SignInByPassword begins a session for the person who has this name and password.
// Unknown names cost the same work and get the same answer.
func (g *Gate) SignInByPassword(ctx context.Context, id avow.PolicyID, a *PasswordTrying) (string, Session, error) {
	s, err := g.of(id)
	if err != nil {
		return "", Session{}, err
	}
	info, ok := s.inForce.Load().program.Datum(a.By.Datum)
	if !ok || !info.Lookup {
		return "", Session{}, &avow.Error{Code: avow.Invalid, Message: "people do not sign in by this datum", Try: "use a datum that the policy marks with lookup"}
	}
	tag, err := s.tagOf(&info, a.By.Value.Expose())
	if err != nil {
		return "", Session{}, errPassword
	}
	for range attempts {
		place, again, err := g.takeTry(ctx, s, tag, a.Network)
		if again {
			continue
		}
		if err != nil {
			return "", Session{}, err
		}
		return g.comparePassword(ctx, s, &try{a, id, &info, tag, place})
	}
	return "", Session{}, errPassword
}

// try is an attempt whose place is taken.
type try struct {
	*PasswordTrying
	policy avow.PolicyID
	by     *policy.DatumInfo
	tag    Tag
	place  []Record
}

// takeTry takes a place before any password is looked at, so that many tries at
// once are not more tries.
func (g *Gate) takeTry(ctx context.Context, s *served, of Tag, network string) (places []Record, again bool, err error) {
	now, err := s.time(g.Now())
	if err != nil {
		return nil, false, err
	}
	most := passwordTries
	if a := s.inForce.Load().access("password"); a != nil && a.Tries.N > 0 {
		most = int(min(a.Tries.N, 100))
	}
	list := []allowance{{"password", of, within(now, triesLength), most}}
	if network != "" {
		list = append(list, allowance{"password-network", s.network(network), within(now, triesLength), triesOfNetwork})
	}
	places, err = g.places(ctx, s, list)
	if err != nil {
		return nil, false, err
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, PutNew: places})
	if errors.Is(err, ErrTaken) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, internal("the try could not be recorded", err)
	}
	return places, false, nil
}

// comparePassword opens the session, or says that the password is wrong.
func (g *Gate) comparePassword(ctx context.Context, s *served, a *try) (string, Session, error) {
	row, found, err := g.store.Lookup(ctx, s.id, a.tag)
	if err != nil {
		return "", Session{}, internal("the index could not be read", err)
	}
	who := &person{}
	if found {
		if who, err = s.open(row); err != nil {
			who = &person{} // being erased
		}
	}
	held, version, err := s.heldPassword(who)
	if err != nil {
		return "", Session{}, err
	}
	defer held.Wipe()
	right, renewed, err := g.rightPassword(ctx, s, held, a.Password)
	if err != nil {
		return "", Session{}, err
	}
	defer renewed.Wipe()
	if !right || version == 0 || !who.shows(s.inForce.Load(), a.by.Slug, g.Now()) || who.state.Account == avow.Frozen {
		return "", Session{}, g.failed(ctx, s, "access/password", errPassword)
	}
	return g.enterByPassword(ctx, who.state.ref, a, version, renewed)
}

// failed leaves evidence of a failed sign-in, about nobody, and returns the answer.
func (g *Gate) failed(ctx context.Context, s *served, occasion string, answer error) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, Leaves: []Leaf{{Body: s.leaf(now, evidence.SignInFailed, func(l *evidence.Leaf) {
		s.inForce.Load().citing(occasion)(l)
		l.Verdict = avow.Refuse
	})}}})
	s.recorded(now, err)
	if err != nil {
		return internal("the failed sign-in could not be recorded", err)
	}
	return answer
}

// enterByPassword opens the session, unless the password has changed meanwhile.
func (g *Gate) enterByPassword(ctx context.Context, ref avow.SubjectRef, a *try, version uint64, renewed Value) (secret string, out Session, err error) {
	_, err = g.take(ctx, a.policy, ref, func(t *turn) error {
		c := t.passwordCell()
		if c == nil || c.version != version || t.who.state.Account == avow.Frozen {
			return errPassword
		}
		if renewed.Len() > 0 {
			c.version++
			if err := t.sealCell(c, renewed.Expose()); err != nil {
				return err
			}
		}
		t.change.Delete = append(t.change.Delete, a.place[0]) // who gets in has not guessed
		secret, out, err = t.openSession(ByPassword, t.now, a.Before)
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, out, nil
}

// passwordCell returns the person's password; nil if none is held.
func (t *turn) passwordCell() *cell { return t.who.passwordCell(t.force) }

func (p *person) passwordCell(f *force) *cell {
	for _, d := range f.program.Data() {
		if d.Type != "password" {
			continue
		}
		if c := p.body.cell(d.Slug); c != nil && !c.hidden {
			return c
		}
	}
	return nil
}

// heldPassword returns the hash that a try is compared with. For somebody who is
// not known, or has no password, it is one that nothing matches, with version 0.
func (s *served) heldPassword(who *person) (Value, uint64, error) {
	f := s.inForce.Load()
	c := who.passwordCell(f)
	if c == nil {
		memory, passes := f.hashCost()
		return NewValue([]byte(redact.NoPassword(memory, passes))), 0, nil
	}
	raw, err := who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return Value{}, 0, internal("the password could not be opened", err)
	}
	defer clear(raw)
	return NewValue(raw), c.version, nil
}

// hashCost is what the policy says about how passwords are hashed.
func (f *force) hashCost() (memory, passes uint32) {
	memory, passes = redact.MinMemory, redact.MinPasses
	if a := f.access("password"); a != nil {
		memory, passes = max(memory, uint32(a.Memory.N)), max(passes, uint32(a.Passes.N))
	}
	return memory, passes
}

// rightPassword compares. If the password is right and was hashed more cheaply
// than the policy now asks for, renewed is a new hash of it.
func (g *Gate) rightPassword(ctx context.Context, s *served, held, typed Value) (right bool, renewed Value, err error) {
	v := typed.Expose()
	if len(v) > password.Longest {
		v = v[:password.Longest]
		defer func() { right = false }()
	}
	memory, passes := s.inForce.Load().hashCost()
	err = g.hashing.hash(ctx, func() (err error) {
		right, err = redact.Password(string(held.Expose()), v)
		if err != nil {
			return internal("the stored password is malformed", err)
		}
		if right && redact.Cheaper(string(held.Expose()), memory, passes) {
			f := redact.Form{Do: redact.HashPassword, Memory: memory, Passes: passes}
			renewed, _, err = redact.Apply(&f, typed, nil)
		}
		return err
	})
	return right, renewed, err
}

// PasswordChanging replaces a person's password.
type PasswordChanging struct {
	Session string
	// Old, if given and right, shows who the person is; otherwise the session must be
	// fresh, as after a sign-in by code.
	Old Value
	New Value
}

// ChangePassword replaces the password of the session's person. All sessions end,
// and a new one begins. An account that was frozen because somebody else used it
// is open again: the new password is the owner's.
func (g *Gate) ChangePassword(ctx context.Context, id avow.PolicyID, a *PasswordChanging) (string, Session, error) {
	now, err := g.Session(ctx, id, a.Session)
	if err != nil {
		return "", Session{}, err
	}
	s, err := g.of(id)
	if err != nil {
		return "", Session{}, err
	}
	by := now.By
	if err := g.Enough(id, &now, ActSecret); err != nil || a.Old.Len() > 0 {
		if err := g.oldPassword(ctx, s, &now, a.Old, err); err != nil {
			return "", Session{}, err
		}
		by = ByPassword
	}
	var secret string
	var out Session
	_, err = g.take(ctx, id, now.Subject, func(t *turn) (err error) {
		secret, out, err = t.changePassword(a, by)
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, out, nil
}

// oldPassword checks the password that is to be replaced. stale is what is wrong
// without it.
func (g *Gate) oldPassword(ctx context.Context, s *served, now *Session, old Value, stale error) error {
	if old.Len() == 0 {
		return stale
	}
	tag, err := s.tag("\x00change", []byte(now.Subject))
	if err != nil {
		return internal("tries could not be counted", err)
	}
	place, again, err := g.takeTry(ctx, s, tag, "")
	if again {
		err = errPassword
	}
	if err != nil {
		return err
	}
	who, err := g.find(ctx, s, now.Subject)
	if err != nil {
		return unreadable(err)
	}
	held, version, err := s.heldPassword(who)
	if err != nil {
		return err
	}
	defer held.Wipe()
	right, renewed, err := g.rightPassword(ctx, s, held, old)
	renewed.Wipe()
	if err != nil {
		return err
	}
	if !right || version == 0 {
		return g.failed(ctx, s, "access/password", errPassword)
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, Delete: place})
	return err
}

func (t *turn) changePassword(a *PasswordChanging, by Proof) (string, Session, error) {
	c := t.passwordCell()
	if c == nil {
		return "", Session{}, &avow.Error{Code: avow.Unknown, Message: "this person has no password", Try: "sign in by a code"}
	}
	info, _ := t.program.Datum(c.datum)
	if t.weak(&info, a.New, nil) {
		return "", Session{}, errWeak
	}
	v, some, err := t.reduce(c.datum, a.New, ingest(&info), "")
	if err != nil || !some {
		return "", Session{}, internal("the password could not be hashed", err)
	}
	defer v.Wipe()
	c.version++
	if err := t.sealCell(c, v.Expose()); err != nil {
		return "", Session{}, err
	}
	if t.who.state.Account == avow.Frozen {
		t.who.state.Account = avow.Open
	}
	if _, err := t.endSessions(""); err != nil {
		return "", Session{}, err
	}
	t.note(evidence.PasswordChanged, t.force.citing("access/password"))
	return t.openSession(by, t.now, "")
}

// errWeak is the answer to a password that is too easily guessed.
var errWeak = &avow.Error{Code: avow.Invalid, Message: "this password is too easily guessed", Try: "use 8 to 256 characters that are not one of the common passwords, such as four words that do not belong together"}

// weak reports whether a value is a password that is too easily guessed. Values
// that come with it must not be its better part.
func (t *turn) weak(info *policy.DatumInfo, v Value, beside []Item) bool {
	if info.Type != "password" {
		return false
	}
	var about [][]byte
	for i := range beside {
		if d, ok := t.program.Datum(beside[i].Datum); ok && d.Type != "password" && d.Type != "file" {
			about = append(about, beside[i].Value.Expose())
		}
	}
	return password.Weak(v.Expose(), about...)
}

// howHashed says how a password is hashed, for its owner; "" if it cannot be read.
func (t *turn) howHashed(c *cell) string {
	raw, err := t.who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return ""
	}
	defer clear(raw)
	memory, passes, err := redact.Cost(string(raw))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("argon2id m=%d t=%d", memory, passes)
}
