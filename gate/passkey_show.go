package gate

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/internal/passkey"
)

// PasskeyAsking is what a browser needs in order to make or show a passkey.
type PasskeyAsking struct {
	Options []byte // JSON, for its script
	// Browser is a secret that belongs in a cookie: the answer works in that browser only.
	Browser string
}

// PasskeyAnswer is what a browser answered.
type PasskeyAnswer struct {
	Browser string // as when it was asked
	Answer  []byte
	// Session is the secret of the session that the browser has. Where it was asked it must
	// be the same; a sign-in ends it.
	Session string
}

// AskPasskey asks somebody who wants to sign in for a passkey, whichever they have: the
// same for everybody. network is where they are, to count by; empty if unknown.
func (g *Gate) AskPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, network string) (PasskeyAsking, error) {
	s, err := g.mustTakePasskeys(id, site)
	if err != nil {
		return PasskeyAsking{}, err
	}
	options, challenge, err := site.Show(nil)
	if err != nil {
		return PasskeyAsking{}, internal("a passkey could not be asked for", err)
	}
	for range attempts {
		now, err := s.time(g.Now())
		if err != nil {
			return PasskeyAsking{}, err
		}
		var places []Record
		if network != "" {
			if places, err = g.places(ctx, s, []allowance{{"passkey-network", s.network(network), within(now, time.Hour), passkeysOfNetwork}}); err != nil {
				return PasskeyAsking{}, err
			}
		}
		out, err := g.askedPasskey(ctx, s, options, &passkeyAsked{what: toSignInByPasskey, challenge: challenge}, places...)
		if !errors.Is(err, ErrTaken) {
			return out, err
		}
	}
	return PasskeyAsking{}, &avow.Error{Code: avow.Unavailable, Message: "too many ask to sign in at once", Try: "try again later"}
}

// askedPasskey remembers what a browser was asked for.
func (g *Gate) askedPasskey(ctx context.Context, s *served, options []byte, a *passkeyAsked, more ...Record) (PasskeyAsking, error) {
	now, err := s.time(g.Now())
	if err != nil {
		return PasskeyAsking{}, err
	}
	secret := newSecret()
	key, _ := secretKey(secret)
	a.until = now.Add(passkey.Patience)
	_, err = g.commit(ctx, &Change{Policy: s.id, PutNew: append(more, Record{Kind: passkeyAskedKind(s), Key: key, Body: a.append()})})
	if errors.Is(err, ErrTaken) {
		return PasskeyAsking{}, err
	}
	if err != nil {
		return PasskeyAsking{}, internal("what was asked could not be recorded", err)
	}
	return PasskeyAsking{options, secret}, nil
}

// AskPasskeyAgain asks the person of a session for one of their passkeys, so that they
// show again who they are.
func (g *Gate) AskPasskeyAgain(ctx context.Context, id avow.PolicyID, site *passkey.Site, session string) (PasskeyAsking, error) {
	return g.askOwner(ctx, id, site, session, func(t *turn, have []*keptPasskey, a *passkeyAsked) (options []byte, err error) {
		if len(have) == 0 {
			return nil, errPasskey
		}
		a.what = toShowPasskey
		options, a.challenge, err = site.Show(publicHalves(have))
		return options, err
	})
}

// OfferPasskey begins to add a passkey for the person of a session who has shown a short
// time ago who they are. title is what their device shows beside it.
func (g *Gate) OfferPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, session, title string) (PasskeyAsking, error) {
	now, err := g.Session(ctx, id, session)
	if err != nil {
		return PasskeyAsking{}, err
	}
	if err := g.Enough(id, &now, ActSecret); err != nil {
		return PasskeyAsking{}, err
	}
	return g.askOwner(ctx, id, site, session, func(t *turn, have []*keptPasskey, a *passkeyAsked) (options []byte, err error) {
		if len(have) >= passkey.Most {
			return nil, errMostPasskeys
		}
		a.what, a.handle = toAddPasskey, passkey.NewHandle()
		if len(have) > 0 {
			a.handle = have[0].handle
		}
		options, a.challenge, err = site.Make(&passkey.Owner{Handle: a.handle, Name: title, Title: title, Has: publicHalves(have)})
		return options, err
	})
}

func publicHalves(list []*keptPasskey) []passkey.Passkey {
	out := make([]passkey.Passkey, len(list))
	for i, p := range list {
		out[i] = p.Passkey
	}
	return out
}

// askOwner asks the person of a session for something about their passkeys.
func (g *Gate) askOwner(ctx context.Context, id avow.PolicyID, site *passkey.Site, session string, what func(*turn, []*keptPasskey, *passkeyAsked) ([]byte, error)) (PasskeyAsking, error) {
	s, err := g.mustTakePasskeys(id, site)
	if err != nil {
		return PasskeyAsking{}, err
	}
	now, err := g.Session(ctx, id, session)
	if err != nil {
		return PasskeyAsking{}, err
	}
	t, err := g.look(ctx, id, now.Subject)
	if err != nil {
		return PasskeyAsking{}, err
	}
	have, err := t.passkeys()
	if err != nil {
		return PasskeyAsking{}, err
	}
	a := &passkeyAsked{sid: t.who.row.SID}
	a.session, _ = secretKey(session)
	options, err := what(t, have, a)
	if err != nil {
		if _, ok := errors.AsType[*avow.Error](err); ok {
			return PasskeyAsking{}, err
		}
		return PasskeyAsking{}, internal("a passkey could not be asked for", err)
	}
	return g.askedPasskey(ctx, s, options, a)
}

// answeredPasskey takes what a browser was asked for; it is spent, whatever comes of it.
func (g *Gate) answeredPasskey(ctx context.Context, s *served, a *PasskeyAnswer, what uint64) (*passkeyAsked, error) {
	key, ok := secretKey(a.Browser)
	if !ok {
		return nil, errPasskey
	}
	now, err := s.time(g.Now())
	if err != nil {
		return nil, err
	}
	rec, ok, err := g.store.Get(ctx, 0, passkeyAskedKind(s), key)
	if err != nil {
		return nil, internal("what was asked could not be read", err)
	}
	if !ok {
		return nil, errPasskey
	}
	as, err := decodePasskeyAsked(rec.Body)
	if err != nil {
		return nil, internal("what was asked is malformed", err)
	}
	own, _ := secretKey(a.Session)
	if as.what != what || !now.Before(as.until) || len(as.session) > 0 && string(as.session) != string(own) {
		return nil, errPasskey
	}
	// Of two who answer the same at once, one is refused.
	spent := Record{Kind: passkeySpentKind(s), Key: key, Body: binary.BigEndian.AppendUint64(nil, uint64(as.until.Unix()+1))}
	_, err = g.commit(ctx, &Change{Policy: s.id, Delete: []Record{rec}, PutNew: []Record{spent}})
	if errors.Is(err, ErrTaken) {
		return nil, errPasskey
	}
	if err != nil {
		return nil, internal("the answer could not be recorded", err)
	}
	return as, nil
}

// SignInByPasskey begins a session for the owner of the passkey that a browser showed when
// it was asked by [Gate.AskPasskey]. The error of anything that shows no passkey of
// anybody here satisfies [WrongPasskey].
func (g *Gate) SignInByPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, a *PasskeyAnswer) (string, Session, error) {
	return g.enterByPasskey(ctx, id, site, a, toSignInByPasskey)
}

// ShowPasskey is SignInByPasskey for the person of the session that was asked by
// [Gate.AskPasskeyAgain], and nobody else. The session goes on under a new secret.
func (g *Gate) ShowPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, a *PasskeyAnswer) (string, Session, error) {
	if _, err := g.Session(ctx, id, a.Session); err != nil {
		return "", Session{}, err
	}
	return g.enterByPasskey(ctx, id, site, a, toShowPasskey)
}

func (g *Gate) enterByPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, a *PasskeyAnswer, what uint64) (string, Session, error) {
	s, err := g.mustTakePasskeys(id, site)
	if err != nil {
		return "", Session{}, err
	}
	as, err := g.answeredPasskey(ctx, s, a, what)
	if err != nil {
		return "", Session{}, err
	}
	secret, out, err := g.checkPasskey(ctx, s, site, as, a)
	if WrongPasskey(err) {
		return "", Session{}, g.failed(ctx, s, "access/session", errPasskey)
	}
	return secret, out, err
}

// checkPasskey finds whose passkey was shown, and lets them in.
func (g *Gate) checkPasskey(ctx context.Context, s *served, site *passkey.Site, as *passkeyAsked, a *PasskeyAnswer) (secret string, out Session, err error) {
	said, err := passkey.Read(a.Answer)
	if err != nil {
		return "", Session{}, errPasskey
	}
	tag, err := s.tag(passkeyDatum, said.Handle)
	if err != nil {
		return "", Session{}, internal("the passkey could not be looked up", err)
	}
	row, ok, err := g.store.Lookup(ctx, s.id, tag)
	if err != nil {
		return "", Session{}, internal("the passkey could not be looked up", err)
	}
	if !ok || as.sid != 0 && as.sid != row.SID {
		return "", Session{}, errPasskey
	}
	who, err := s.open(row)
	if err != nil {
		return "", Session{}, errPasskey // being erased
	}
	place, err := g.passkeyTry(ctx, s, said.ID)
	if err != nil {
		return "", Session{}, err
	}
	copied := false
	_, err = g.take(ctx, s.id, who.state.ref, func(t *turn) error {
		copied = false
		if t.who.row.SID != row.SID {
			return errPasskey
		}
		p, err := t.passkeyShown(site, as, said)
		if errors.Is(err, passkey.ErrCopied) {
			copied = true
			return t.blockPasskey(p)
		}
		if err != nil {
			return err
		}
		t.change.Delete = append(t.change.Delete, place)
		p.used = t.now
		rec, err := t.putPasskey(p)
		if err != nil {
			return err
		}
		t.change.Put = append(t.change.Put, rec)
		secret, out, err = t.openSession(ByPasskey, t.now, a.Session)
		return err
	})
	switch {
	case err != nil:
		return "", Session{}, err
	case copied:
		return "", Session{}, errCopied
	}
	return secret, out, nil
}

// passkeyTry takes one of the tries that a passkey has.
func (g *Gate) passkeyTry(ctx context.Context, s *served, id []byte) (Record, error) {
	of, err := s.tag("\x00passkey-id", id)
	if err != nil {
		return Record{}, internal("tries could not be counted", err)
	}
	for range attempts {
		now, err := s.time(g.Now())
		if err != nil {
			return Record{}, err
		}
		places, err := g.places(ctx, s, []allowance{{"passkey", of, within(now, triesLength), passkeyTries}})
		if err != nil {
			return Record{}, err
		}
		_, err = g.commit(ctx, &Change{Policy: s.id, PutNew: places})
		if err == nil {
			return places[0], nil
		}
		if !errors.Is(err, ErrTaken) {
			return Record{}, internal("the try could not be recorded", err)
		}
	}
	return Record{}, errPasskey
}

// passkeyShown returns the person's passkey that an answer shows, as it is to be kept.
// The error is errPasskey, errCopied where that is known, or passkey.ErrCopied.
func (t *turn) passkeyShown(site *passkey.Site, as *passkeyAsked, said *passkey.Answer) (*keptPasskey, error) {
	all, err := t.passkeys()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if string(p.ID) != string(said.ID) {
			continue
		}
		if !p.copied.IsZero() {
			return nil, errCopied
		}
		p.Passkey, err = site.Check(as.challenge, said, p.handle, &p.Passkey)
		if errors.Is(err, passkey.ErrRefused) {
			err = errPasskey
		}
		return p, err
	}
	return nil, errPasskey
}

// blockPasskey notes that there may be a copy of a passkey. It signs nobody in any more.
func (t *turn) blockPasskey(p *keptPasskey) error {
	p.copied = t.now
	rec, err := t.putPasskey(p)
	if err != nil {
		return err
	}
	t.change.Put, t.touched = append(t.change.Put, rec), true
	t.note(evidence.PasskeyBlocked, func(l *evidence.Leaf) {
		t.force.citing("access/session")(l)
		l.Verdict = avow.Refuse
	})
	return nil
}
