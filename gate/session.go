package gate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Proof is how somebody has shown who they are.
type Proof string

// The proofs of a session, and none that asks for a document.
const (
	ByEmailCode Proof = "email-code"
	BySMSCode   Proof = "sms-code"
	ByHandOver  Proof = "hand-over" // the application vouches, by a link that works once
	ByPassword  Proof = "password"
	ByPasskey   Proof = "passkey"
)

// Session is the time during which somebody is known to be a person of a policy.
type Session struct {
	ID      string // to name it in a list; opens nothing
	Subject avow.SubjectRef
	By      Proof
	Opened  time.Time
	Proved  time.Time // when the person last showed who they are; zero if nobody says
	Seen    time.Time
	Ends    time.Time // at the latest; silence ends it sooner
}

// Sessions are kept as two records. Beside nobody lies who a secret speaks for,
// under its hash; beside the person lies the session. Either alone is nothing: a
// person who is erased takes their sessions with them.
const personSession = "session"

func sessionKind(s *served) string { return "session/" + string(s.id) }

// The length of a session where the policy does not say.
var (
	defaultIdle     = syntax.Period{N: 30, Unit: syntax.Minute}
	defaultAbsolute = syntax.Period{N: 24, Unit: syntax.Hour}
)

// seenEvery bounds how often a session in use is written. A session may therefore
// end by silence up to so much too early, and never too late.
const seenEvery = time.Minute

// newSecret returns 256 random bits as text.
func newSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // documented never to return an error
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// secretKey is what is kept of a secret. Nobody guesses 256 random bits, so a
// plain hash suffices.
func secretKey(secret string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != 32 {
		return nil, false
	}
	key := sha256.Sum256(raw)
	return key[:], true
}

// errSession is the one answer to a secret that opens no session, whatever is
// wrong with it.
var errSession = &avow.Error{Code: avow.Forbidden, Message: "nobody is signed in by this session", Try: "sign in"}

// NoSession reports whether an error says that a session does not exist any more,
// or never did.
func NoSession(err error) bool { return errors.Is(err, errSession) }

// errErasing is the error for somebody whose erasure has begun.
var errErasing = &avow.Error{Code: avow.Gone, Message: "this person is being erased", Try: "nothing more can be done; their reference is free again when the erasure is complete"}

// session is what lies beside the person.
type session struct {
	key                  []byte
	by                   Proof
	opened, proved, seen time.Time
}

func (s *session) record(sid int64) Record {
	w := writer{}
	w.string(string(s.by))
	w.time(s.opened)
	w.time(s.proved)
	w.time(s.seen)
	return Record{SID: sid, Kind: personSession, Key: s.key, Body: w.b}
}

func decodeSession(rec Record) (session, error) {
	r := reader{b: rec.Body}
	s := session{key: rec.Key, by: Proof(r.string()), opened: r.time(), proved: r.time(), seen: r.time()}
	return s, r.done()
}

// sessionAccess returns what the policy says about the length of sessions.
func (f *force) sessionAccess() (idle, absolute syntax.Period) {
	idle, absolute = defaultIdle, defaultAbsolute
	if a := f.access("session"); a != nil {
		if a.Idle.Set {
			idle = a.Idle
		}
		if a.Absolute.Set {
			absolute = a.Absolute
		}
	}
	return idle, absolute
}

// access returns the policy's first entry about a kind of access; nil if there is none.
func (f *force) access(kind string) *syntax.Access {
	list := f.program.File().Access
	for i := range list {
		if list[i].Kind.Text == kind {
			return &list[i]
		}
	}
	return nil
}

// live returns the end of a session, and whether it is still alive.
func (f *force) live(s *session, now time.Time) (end time.Time, alive bool) {
	idle, absolute := f.sessionAccess()
	end = f.program.After(s.opened, absolute)
	return end, now.Before(end) && now.Before(f.program.After(s.seen, idle))
}

// openSession begins a session in this turn, under a secret that nobody has seen
// before. The session that the same browser had, if any, ends: what somebody
// planted there opens nothing.
func (t *turn) openSession(by Proof, proved time.Time, before string) (string, Session, error) {
	if t.who.state.Account == avow.Closing {
		return "", Session{}, errErasing
	}
	secret := newSecret()
	key, _ := secretKey(secret)
	s := session{key: key, by: by, opened: t.now, proved: proved, seen: t.now}
	w := writer{}
	w.uint(uint64(t.who.row.SID))
	t.change.PutNew = append(t.change.PutNew, Record{Kind: sessionKind(t.served), Key: key, Body: w.b}, s.record(t.who.row.SID))
	if err := t.dropSession(before); err != nil {
		return "", Session{}, err
	}
	t.touched = true
	t.sawPerson()
	t.note(evidence.SignedIn, t.force.citing("access/session"))
	return secret, t.told(&s), nil
}

// told is a session as its owner sees it.
func (t *turn) told(s *session) Session { return t.force.told(s, t.ref) }

func (f *force) told(s *session, ref avow.SubjectRef) Session {
	end, _ := f.live(s, s.seen)
	return Session{ID: base64.RawURLEncoding.EncodeToString(s.key[:9]), Subject: ref, By: s.by, Opened: s.opened, Proved: s.proved, Seen: s.seen, Ends: end}
}

// dropSession ends the session of a secret, whoever's it is.
func (t *turn) dropSession(secret string) error {
	key, ok := secretKey(secret)
	if !ok {
		return nil
	}
	recs, err := t.gate.sessionRecords(t.ctx, t.served, key)
	t.change.Delete = append(t.change.Delete, recs...)
	return err
}

// sessionRecords returns the two records of a session, or none.
func (g *Gate) sessionRecords(ctx context.Context, s *served, key []byte) ([]Record, error) {
	pointer, ok, err := g.store.Get(ctx, 0, sessionKind(s), key)
	if err != nil {
		return nil, internal("the session could not be read", err)
	}
	if !ok {
		return nil, nil
	}
	r := reader{b: pointer.Body}
	sid := int64(r.uint())
	if err := r.done(); err != nil {
		return nil, internal("the session is malformed", err)
	}
	return []Record{pointer, {SID: sid, Kind: personSession, Key: key}}, nil
}

// Session returns the live session of a secret, and notes that it is in use. The
// error of a session that has ended satisfies [NoSession].
func (g *Gate) Session(ctx context.Context, id avow.PolicyID, secret string) (Session, error) {
	s, err := g.of(id)
	if err != nil {
		return Session{}, err
	}
	key, ok := secretKey(secret)
	if !ok {
		return Session{}, errSession
	}
	recs, err := g.sessionRecords(ctx, s, key)
	if err != nil || recs == nil {
		return Session{}, orNoSession(err)
	}
	sid := recs[1].SID
	rec, ok, err := g.store.Get(ctx, sid, personSession, key)
	if err != nil {
		return Session{}, internal("the session could not be read", err)
	}
	row, there, err := g.store.Load(ctx, sid)
	if err != nil {
		return Session{}, internal("the session could not be read", err)
	}
	if !ok || !there || row.Policy != id {
		return Session{}, errSession
	}
	return g.useSession(ctx, s, rec, row)
}

func orNoSession(err error) error {
	if err == nil {
		return errSession
	}
	return err
}

// useSession opens the person of a session that was found, if it is alive.
func (g *Gate) useSession(ctx context.Context, s *served, rec Record, row Row) (Session, error) {
	found, err := decodeSession(rec)
	if err != nil {
		return Session{}, internal("the session is malformed", err)
	}
	now, err := s.time(g.Now())
	if err != nil {
		return Session{}, err
	}
	f := s.inForce.Load()
	if _, alive := f.live(&found, now); !alive {
		return Session{}, errSession
	}
	p, err := s.open(row)
	if err != nil {
		return Session{}, unreadable(err)
	}
	if p.state.Account == avow.Closing {
		return Session{}, errSession
	}
	if now.Sub(found.seen) >= seenEvery {
		// Only the person's half is written: a session that is ended in between
		// stays ended, since its other half is gone.
		found.seen = now
		if _, err := g.commit(ctx, &Change{Policy: s.id, Put: []Record{found.record(row.SID)}}); err != nil {
			return Session{}, internal("the session could not be written", err)
		}
	}
	return f.told(&found, p.state.ref), nil
}

// SignOut ends the session of a secret. To end one that has ended is no error.
func (g *Gate) SignOut(ctx context.Context, id avow.PolicyID, secret string) error {
	found, err := g.Session(ctx, id, secret)
	if NoSession(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = g.take(ctx, id, found.Subject, func(t *turn) error {
		t.note(evidence.SignedOut, t.force.citing("access/session"))
		return t.dropSession(secret)
	})
	return err
}

// Sessions lists the live sessions of a person, the newest first.
func (g *Gate) Sessions(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Session, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	who, err := g.find(ctx, s, ref)
	if err != nil {
		return nil, unreadable(err)
	}
	f := s.inForce.Load()
	var out []Session
	err = g.eachSession(ctx, s, who, func(_ []Record, found *session) {
		if _, alive := f.live(found, g.Now()); alive {
			out = append(out, f.told(found, ref))
		}
	})
	slices.SortFunc(out, func(a, b Session) int { return b.Opened.Compare(a.Opened) })
	return out, err
}

// eachSession visits the sessions of a person that were not ended.
func (g *Gate) eachSession(ctx context.Context, s *served, who *person, visit func([]Record, *session)) error {
	if !who.known() {
		return nil
	}
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, who.row.SID, personSession, after, scanPage)
		if err != nil {
			return internal("the sessions could not be read", err)
		}
		for _, rec := range recs {
			found, err := decodeSession(rec)
			if err != nil {
				return internal("a session is malformed", err)
			}
			both, err := g.sessionRecords(ctx, s, rec.Key)
			if err != nil {
				return err
			}
			if both != nil {
				visit(both, &found)
			}
			after = rec.Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

// SignOutEverywhere ends all sessions of a person, except the one of the secret
// that is given, if any, and returns how many there were.
func (g *Gate) SignOutEverywhere(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, except string) (int, error) {
	ended := 0
	_, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		ended, err = t.endSessions(except)
		return err
	})
	return ended, err
}

// endSessions ends the person's sessions in this turn, and says so in the log.
func (t *turn) endSessions(except string) (int, error) {
	if err := t.mustBeKnown(); err != nil {
		return 0, err
	}
	ended, err := t.dropSessions(except)
	t.note(evidence.SignedOut, func(l *evidence.Leaf) {
		t.force.citing("access/session")(l)
		l.Count = int64(ended)
	})
	return ended, err
}

func (t *turn) dropSessions(except string) (int, error) { return t.dropSessionsThat(except, nil) }

// dropSessionsBy ends the person's sessions that one kind of proof began.
func (t *turn) dropSessionsBy(by Proof, except string) error {
	_, err := t.dropSessionsThat(except, func(s *session) bool { return s.by == by })
	return err
}

func (t *turn) dropSessionsThat(except string, which func(*session) bool) (int, error) {
	kept, _ := secretKey(except)
	ended := 0
	err := t.gate.eachSession(t.ctx, t.served, t.who, func(recs []Record, s *session) {
		if (kept == nil || string(s.key) != string(kept)) && (which == nil || which(s)) {
			t.change.Delete = append(t.change.Delete, recs...)
			ended++
		}
	})
	t.touched = true // whoever signs in meanwhile begins anew, after this
	return ended, err
}

// sweepSessions clears away what is left of sessions that have ended.
func (g *Gate) sweepSessions(ctx context.Context, s *served, _ *Swept) error {
	f, now := s.inForce.Load(), g.Now()
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, sessionKind(s), after, scanPage)
		if err != nil {
			return internal("the sessions could not be read", err)
		}
		c := Change{Policy: s.id}
		for _, rec := range recs {
			after = rec.Key
			both, err := g.sessionRecords(ctx, s, rec.Key)
			if err != nil || both == nil {
				return err
			}
			mine, ok, err := g.store.Get(ctx, both[1].SID, personSession, rec.Key)
			if err != nil {
				return internal("the sessions could not be read", err)
			}
			found, err := decodeSession(mine)
			if ok && err == nil {
				if _, alive := f.live(&found, now); alive {
					continue
				}
			}
			c.Delete = append(c.Delete, both...)
		}
		if len(c.Delete) > 0 {
			if _, err := g.commit(ctx, &c); err != nil {
				return internal("ended sessions could not be cleared away", err)
			}
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
