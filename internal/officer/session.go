package officer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

const (
	sessionKind = "officer-session"
	tryKind     = "officer-try"
	stepKind    = "officer-step"

	// Idle and Absolute are when a session ends.
	Idle     = 15 * time.Minute
	Absolute = 10 * time.Hour
	// FreshFor is how long a proof counts for what needs a fresh one.
	FreshFor  = 5 * time.Minute
	seenEvery = time.Minute

	tries       = 5
	triesLength = 15 * time.Minute
)

// Errors of signing in; test for them with errors.Is.
var (
	// ErrRefused is the one answer to every name, password and code that do not sign
	// in, whatever is wrong with them.
	ErrRefused = errors.New("these do not sign you in")
	// ErrLocked: the name was tried too often, whether or not anybody has it.
	ErrLocked = errors.New("too many tries; wait a quarter of an hour")
	// ErrNoSession: nobody is signed in by this session.
	ErrNoSession = errors.New("nobody is signed in")
	// ErrStale: the act needs a proof of a short time ago.
	ErrStale = errors.New("show again who you are")
	// ErrForbidden: none of the roles may do this.
	ErrForbidden = errors.New("none of your roles may do this")
)

// Session is the time during which somebody is signed in to the console.
type Session struct {
	Provided bool   // they sign in at the organisation's provider
	Password bool   // they have a password and one-time codes
	ID       string // opens nothing
	Account  Account
	Opened   time.Time
	Proved   time.Time // when they last showed who they are
	Seen     time.Time
}

// Officer is who acts, for the gate: the person, and in which role.
func (s *Session) Officer(role Role) gate.Officer {
	return gate.Officer{Person: s.Account.Person, Via: s.ID, Role: avow.Role(role)}
}

type session struct {
	Login  string    `json:"login"`
	Opened time.Time `json:"opened"`
	Proved time.Time `json:"proved"`
	// Handle is that of the account when the session began. The session of who is
	// invited again does not come back with them.
	Handle []byte `json:"handle"`
	// Passkey is the key of the passkey that began the session, and ends it when it is
	// removed.
	Passkey []byte `json:"passkey,omitempty"`
}

// SignIn begins a session by a password and a one-time code. before is the secret
// of the session that the browser has already, if any; it ends.
func (k *Keeper) SignIn(ctx context.Context, login, pw, code, before string) (string, Session, error) {
	place, err := k.take(ctx, login)
	if err != nil {
		return "", Session{}, err
	}
	a, err := k.prove(ctx, login, pw, code)
	if err != nil {
		return "", Session{}, err
	}
	return k.begin(ctx, a, nil, before, place)
}

// prove compares a password and a code, with the same work for every name.
func (k *Keeper) prove(ctx context.Context, login, pw, code string) (*Account, error) {
	a, err := k.byLogin(ctx, login)
	if err != nil {
		return nil, err
	}
	c := nobodys()
	if a != nil && a.State == Active && a.Credential != nil {
		c = a.Credential
	}
	var secret string
	var right bool
	err = k.hash(ctx, func() error {
		secret, right = c.open([]byte(pw[:min(len(pw), 1024)]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	step, fits := stepOf(secret, code, k.now())
	if !right || !fits {
		return nil, ErrRefused
	}
	// A code is taken once: two who send the same one cannot both write this.
	_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{{Kind: stepKind, Key: binary.BigEndian.AppendUint64(loginKey(login), step)}}})
	if errors.Is(err, gate.ErrTaken) {
		return nil, ErrRefused
	}
	if err != nil {
		return nil, fmt.Errorf("sign officer in: %w", err)
	}
	return a, nil
}

// take takes one of the tries that a name has in a stretch of time, before anything
// is compared.
func (k *Keeper) take(ctx context.Context, login string) (gate.Record, error) {
	return k.takeOf(ctx, loginKey(login), tries)
}

// takeOf takes one of so many places in a stretch of time.
func (k *Keeper) takeOf(ctx context.Context, of []byte, most int) (gate.Record, error) {
	key := binary.BigEndian.AppendUint64(nil, uint64(k.now().Truncate(triesLength).Unix()))
	key = append(key, of[:16]...)
	taken, err := k.store.Scan(ctx, 0, tryKind, key, most)
	if err != nil {
		return gate.Record{}, fmt.Errorf("sign officer in: %w", err)
	}
	for n := range byte(most) {
		rec := gate.Record{Kind: tryKind, Key: append(key[:len(key):len(key)], n)}
		if slices.ContainsFunc(taken, func(r gate.Record) bool { return bytes.Equal(r.Key, rec.Key) }) {
			continue
		}
		_, err := k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
		if err == nil {
			return rec, nil
		}
		if !errors.Is(err, gate.ErrTaken) {
			return rec, fmt.Errorf("sign officer in: %w", err)
		}
	}
	return gate.Record{}, ErrLocked
}

// begin opens a session under a secret that nobody has seen before. by is the key of
// the passkey that was shown, if it was one.
func (k *Keeper) begin(ctx context.Context, a *Account, by []byte, before string, gone ...gate.Record) (string, Session, error) {
	now := k.now()
	secret, key := newSecret()
	s := session{a.Login, now, now, a.handle(), by}
	rec, err := record(sessionKind, key, s)
	if err != nil {
		return "", Session{}, err
	}
	if old, ok := keyOf(before); ok {
		gone = append(gone, gate.Record{Kind: sessionKind, Key: old})
	}
	if _, err := k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}, Delete: gone}); err != nil {
		return "", Session{}, fmt.Errorf("sign officer in: %w", err)
	}
	return secret, s.told(key, a, now), nil
}

func (s *session) told(key []byte, a *Account, seen time.Time) Session {
	return Session{a.Provider != "", a.Credential != nil, base64.RawURLEncoding.EncodeToString(key[:9]), a.public(), s.Opened, s.Proved, seen}
}

// Session returns the live session of a secret.
func (k *Keeper) Session(ctx context.Context, secret string) (Session, error) {
	key, ok := keyOf(secret)
	if !ok {
		return Session{}, ErrNoSession
	}
	rec, ok, err := k.store.Get(ctx, 0, sessionKind, key)
	if err != nil {
		return Session{}, fmt.Errorf("read officer's session: %w", err)
	}
	var s session
	now := k.now()
	if !ok || json.Unmarshal(rec.Body, &s) != nil || !now.Before(s.Opened.Add(Absolute)) {
		return Session{}, ErrNoSession
	}
	seen, err := k.seen(ctx, key, s.Opened)
	if err != nil {
		return Session{}, err
	}
	if !now.Before(seen.Add(Idle)) {
		return Session{}, ErrNoSession
	}
	a, err := k.byLogin(ctx, s.Login)
	if err != nil {
		return Session{}, err
	}
	// An account that was invited again is nobody's until its owner has come back.
	if a == nil || a.State != Active || !bytes.Equal(s.Handle, a.handle()) {
		return Session{}, ErrNoSession
	}
	if s.Passkey != nil {
		if _, ok, err := k.store.Get(ctx, 0, passkeyKind, s.Passkey); err != nil || !ok {
			return Session{}, cmp.Or(err, ErrNoSession)
		}
	}
	if now.Sub(seen) >= seenEvery {
		c := gate.Change{Policy: gate.House, Put: []gate.Record{{Kind: seenKind, Key: key, Body: binary.BigEndian.AppendUint64(nil, uint64(now.UnixNano()))}}}
		if _, err := k.store.Commit(ctx, &c); err != nil {
			return Session{}, fmt.Errorf("write officer's session: %w", err)
		}
		seen = now
	}
	return s.told(key, a, seen), nil
}

// seenKind says when a session was used last. It lies apart from the session, so
// that a request under way cannot bring back one that was ended.
const seenKind = "officer-seen"

func (k *Keeper) seen(ctx context.Context, key []byte, opened time.Time) (time.Time, error) {
	rec, ok, err := k.store.Get(ctx, 0, seenKind, key)
	if err != nil {
		return opened, fmt.Errorf("read officer's session: %w", err)
	}
	if !ok || len(rec.Body) != 8 {
		return opened, nil
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(rec.Body))).UTC(), nil
}

// SignOut ends a session. To end one that has ended is no error.
func (k *Keeper) SignOut(ctx context.Context, secret string) error {
	key, ok := keyOf(secret)
	if !ok {
		return nil
	}
	_, err := k.store.Commit(ctx, &gate.Change{Policy: gate.House, Delete: []gate.Record{{Kind: sessionKind, Key: key}, {Kind: seenKind, Key: key}}})
	if err != nil {
		return fmt.Errorf("sign officer out: %w", err)
	}
	return nil
}

// StepUp shows again who somebody is, by password and code, and gives their session
// a new secret.
func (k *Keeper) StepUp(ctx context.Context, secret, pw, code string) (string, Session, error) {
	s, err := k.Session(ctx, secret)
	if err != nil {
		return "", Session{}, err
	}
	return k.SignIn(ctx, s.Account.Login, pw, code, secret)
}

// Enough reports whether a session may use a privilege of a policy now: the error
// is ErrForbidden or ErrStale.
func (k *Keeper) Enough(s *Session, id avow.PolicyID, p Privilege) error {
	switch {
	case !s.Account.May(id, p):
		return ErrForbidden
	case NeedsFresh(p) && k.now().Sub(s.Proved) > FreshFor:
		return ErrStale
	}
	return nil
}

// Sweep clears away what is over: tries, codes that were taken, sessions that have
// ended. It returns how many records went.
func (k *Keeper) Sweep(ctx context.Context) (int64, error) {
	now, total := k.now(), int64(0)
	for kind, over := range map[string]func(*gate.Record) bool{
		tryKind: func(r *gate.Record) bool {
			return len(r.Key) < 8 || int64(binary.BigEndian.Uint64(r.Key)) < now.Add(-2*triesLength).Unix()
		},
		stepKind: func(r *gate.Record) bool {
			n := len(r.Key) - 8
			return n < 0 || binary.BigEndian.Uint64(r.Key[n:])+10 < uint64(now.Unix())/uint64(period.Seconds())
		},
		sessionKind: func(r *gate.Record) bool {
			var s session
			return json.Unmarshal(r.Body, &s) != nil || !now.Before(s.Opened.Add(Absolute))
		},
		seenKind: func(r *gate.Record) bool {
			return len(r.Body) != 8 || !now.Before(time.Unix(0, int64(binary.BigEndian.Uint64(r.Body))).Add(Idle))
		},
		roundKind: func(r *gate.Record) bool {
			var at round
			return json.Unmarshal(r.Body, &at) != nil || !now.Before(at.Until)
		},
		askedKind: func(r *gate.Record) bool {
			var a asked
			return json.Unmarshal(r.Body, &a) != nil || !now.Before(a.Until)
		},
		spentKind: func(r *gate.Record) bool {
			return len(r.Body) != 8 || !now.Before(time.Unix(int64(binary.BigEndian.Uint64(r.Body)), 0))
		},
		invitationKind: func(r *gate.Record) bool {
			var in invitation
			return json.Unmarshal(r.Body, &in) != nil || !now.Before(in.Until)
		},
	} {
		n, err := k.sweep(ctx, kind, over)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// EndSessions ends every session, every invitation and every sign-in under way: in data
// that was put back from a backup nobody can know which of them had ended since.
func (k *Keeper) EndSessions(ctx context.Context) error {
	for _, kind := range []string{sessionKind, seenKind, roundKind, askedKind, invitationKind} {
		if _, err := k.sweep(ctx, kind, func(*gate.Record) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) sweep(ctx context.Context, kind string, over func(*gate.Record) bool) (int64, error) {
	var after []byte
	n := int64(0)
	for {
		recs, err := k.store.Scan(ctx, 0, kind, after, scanPage)
		if err != nil {
			return n, fmt.Errorf("sweep officers: %w", err)
		}
		c := gate.Change{Policy: gate.House}
		for i := range recs {
			after = recs[i].Key
			if over(&recs[i]) {
				c.Delete = append(c.Delete, recs[i])
			}
		}
		if len(c.Delete) > 0 {
			if _, err := k.store.Commit(ctx, &c); err != nil {
				return n, fmt.Errorf("sweep officers: %w", err)
			}
			n += int64(len(c.Delete))
		}
		if len(recs) < scanPage {
			return n, nil
		}
	}
}

// providerKey is the digest of who somebody is at a provider.
func providerKey(issuer, subject string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d:%s%s", len(issuer), issuer, subject)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
