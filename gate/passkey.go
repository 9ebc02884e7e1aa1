package gate

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/internal/passkey"
)

// A person who is signed in may add passkeys, and sign in by them from then on. They
// are never asked for one: a code does the same. A sign-in names nobody and asks for
// nobody's passkey in particular; the person is found by what their passkeys call them,
// 256 random bits of which the index has a keyed hash. What is kept of a passkey is
// sealed under the person's key, and goes with it.

// Passkey is one as its owner sees it.
type Passkey struct {
	ID     string // to name it in a list; opens nothing
	Name   string // that they gave it
	Made   time.Time
	Used   time.Time // zero: never
	Synced bool      // it may leave its device, as those of password managers do
	// Copied is when its device counted backwards: there may be a second one of it, and
	// it signs nobody in any more. Zero otherwise.
	Copied time.Time
}

const (
	passkeyKind = "passkey"
	// passkeyDatum is the name under which passkeys are sealed, and their owners found; no
	// datum of a policy can be called so.
	passkeyDatum avow.Datum = "\x00passkey"

	// passkeyTries bounds the wrong answers for one passkey in a quarter of an hour, and
	// passkeysOfNetwork how often one network may ask in an hour.
	passkeyTries      = 5
	passkeysOfNetwork = 240
	longestPasskey    = 60 // letters of its name
)

// errPasskey is the one answer to everything that shows no passkey of anybody here.
var errPasskey = &avow.Error{Code: avow.Forbidden, Message: "this passkey is not accepted", Try: "try again, or sign in by a code"}

// errCopied is said to who shows a passkey that may have been copied.
var errCopied = &avow.Error{Code: avow.Forbidden, Message: "there may be a copy of this passkey, so that it signs nobody in", Try: "sign in by a code, and remove it"}

// errNoPasskeys is the answer where people sign in by links of the application alone, or
// at an address at which browsers take no passkeys.
var errNoPasskeys = &avow.Error{Code: avow.Unavailable, Message: "people do not sign in by passkeys here", Try: "sign in as the policy's privacy centre offers"}

// WrongPasskey reports whether an error says that a passkey was not accepted.
func WrongPasskey(err error) bool { return errors.Is(err, errPasskey) }

// CopiedPasskey reports whether an error says that there may be a copy of a passkey.
func CopiedPasskey(err error) bool { return errors.Is(err, errCopied) }

// keptPasskey is one as it lies beside the person, sealed.
type keptPasskey struct {
	passkey.Passkey
	handle             []byte // what it calls its owner
	name               string
	made, used, copied time.Time
}

func passkeyRecordKey(id []byte) []byte {
	sum := sha256.Sum256(id)
	return sum[:16]
}

func (p *keptPasskey) append() []byte {
	w := writer{}
	w.bytes(p.ID)
	w.bytes(p.Key)
	w.uint(uint64(p.Count))
	w.bool(p.Synced)
	w.bytes(p.handle)
	w.string(p.name)
	w.time(p.made)
	w.time(p.used)
	w.time(p.copied)
	return w.b
}

func decodePasskey(raw []byte) (*keptPasskey, error) {
	r := reader{b: raw}
	p := &keptPasskey{Passkey: passkey.Passkey{ID: r.bytes(), Key: r.bytes(), Count: uint32(r.uint()), Synced: r.bool()},
		handle: r.bytes(), name: r.string(), made: r.time(), used: r.time(), copied: r.time()}
	return p, r.done()
}

func (p *keptPasskey) told() Passkey {
	return Passkey{base64.RawURLEncoding.EncodeToString(passkeyRecordKey(p.ID)), p.name, p.made, p.used, p.Synced, p.copied}
}

// putPasskey is a passkey as the store keeps it.
func (t *turn) putPasskey(p *keptPasskey) (Record, error) {
	key := passkeyRecordKey(p.ID)
	sealed, err := t.who.seal(passkeyDatum, keyVersion(key), p.append())
	if err != nil {
		return Record{}, internal("a passkey could not be sealed", err)
	}
	return Record{SID: t.who.row.SID, Kind: passkeyKind, Key: key, Body: sealed}, nil
}

// passkeys are the person's, the oldest first.
func (t *turn) passkeys() ([]*keptPasskey, error) {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, passkeyKind, nil, scanPage) // there are passkey.Most at most
	if err != nil {
		return nil, internal("the passkeys could not be read", err)
	}
	var out []*keptPasskey
	for _, rec := range recs {
		raw, err := t.who.unseal(passkeyDatum, keyVersion(rec.Key), rec.Body)
		if err != nil {
			return nil, internal("a passkey could not be opened", err)
		}
		p, err := decodePasskey(raw)
		if err != nil {
			return nil, internal("a passkey is malformed", err)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b *keptPasskey) int { return a.made.Compare(b.made) })
	return out, nil
}

// Passkeys lists the passkeys of a person, the oldest first.
func (g *Gate) Passkeys(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Passkey, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	return t.toldPasskeys()
}

func (t *turn) toldPasskeys() ([]Passkey, error) {
	all, err := t.passkeys()
	var out []Passkey
	for _, p := range all {
		out = append(out, p.told())
	}
	return out, err
}

// TakesPasskeys reports whether people sign in to a policy by passkeys of a site: only
// where they can sign in by a code too, so that nobody needs one.
func (g *Gate) TakesPasskeys(id avow.PolicyID, site *passkey.Site) (bool, error) {
	if site == nil {
		return false, nil
	}
	kinds, err := g.CodesTo(id)
	return len(kinds) > 0, err
}

func (g *Gate) mustTakePasskeys(id avow.PolicyID, site *passkey.Site) (*served, error) {
	takes, err := g.TakesPasskeys(id, site)
	if err == nil && !takes {
		err = errNoPasskeys
	}
	if err != nil {
		return nil, err
	}
	return g.of(id)
}

// AddPasskey adds the passkey that a browser made, to the person of the session that was
// asked by [Gate.OfferPasskey]. Nobody else is told of it.
func (g *Gate) AddPasskey(ctx context.Context, id avow.PolicyID, site *passkey.Site, a *PasskeyAnswer, name string) (avow.Receipt, error) {
	s, err := g.mustTakePasskeys(id, site)
	if err != nil {
		return avow.Receipt{}, err
	}
	now, err := g.Session(ctx, id, a.Session)
	if err != nil {
		return avow.Receipt{}, err
	}
	if err := g.Enough(id, &now, ActSecret); err != nil {
		return avow.Receipt{}, err
	}
	as, err := g.answeredPasskey(ctx, s, a, toAddPasskey)
	if err != nil {
		return avow.Receipt{}, err
	}
	made, err := site.Made(as.challenge, as.handle, a.Answer)
	if err != nil {
		return avow.Receipt{}, errPasskey
	}
	t, err := g.take(ctx, id, now.Subject, func(t *turn) error {
		return t.addPasskey(&keptPasskey{Passkey: made, handle: as.handle, name: shortName(name), made: t.now})
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) addPasskey(p *keptPasskey) error {
	if err := t.mustBeKnown(); err != nil {
		return err
	}
	if t.who.state.Account == avow.Closing {
		return errErasing
	}
	have, err := t.passkeys()
	if err != nil {
		return err
	}
	switch {
	case len(have) >= passkey.Most:
		return errMostPasskeys
	case slices.ContainsFunc(have, func(q *keptPasskey) bool { return string(q.ID) == string(p.ID) || string(q.handle) != string(p.handle) }):
		return errPasskey // added meanwhile, in another window
	}
	if len(have) == 0 {
		tag, err := t.tag(passkeyDatum, p.handle)
		if err != nil {
			return internal("the person could not be indexed", err)
		}
		t.addTag(passkeyDatum, tag)
	}
	rec, err := t.putPasskey(p)
	if err != nil {
		return err
	}
	t.change.PutNew = append(t.change.PutNew, rec)
	t.touched = true
	t.note(evidence.PasskeyAdded, t.force.citing("access/session"))
	return nil
}

var errMostPasskeys = &avow.Error{Code: avow.Conflict, Message: "there are as many passkeys as one person may have", Try: "remove one first"}

// shortName is what somebody calls a passkey; nothing depends on it.
func shortName(name string) string {
	runes := []rune(strings.Join(strings.Fields(name), " "))
	return string(runes[:min(len(runes), longestPasskey)])
}

// RemovePasskey takes a passkey from the person of a session who has shown a short time
// ago who they are. Whoever signed in by a passkey is signed out, except this session.
func (g *Gate) RemovePasskey(ctx context.Context, id avow.PolicyID, session, name string) (avow.Receipt, error) {
	now, err := g.Session(ctx, id, session)
	if err != nil {
		return avow.Receipt{}, err
	}
	if err := g.Enough(id, &now, ActSecret); err != nil {
		return avow.Receipt{}, err
	}
	t, err := g.take(ctx, id, now.Subject, func(t *turn) error {
		all, err := t.passkeys()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(p *keptPasskey) bool { return p.told().ID == name })
		if at < 0 {
			return &avow.Error{Code: avow.Unknown, Message: "this person has no such passkey", Try: "choose one of the list"}
		}
		t.dropPasskeys(all[at : at+1])
		t.dropPasskeyTag(len(all) - 1)
		return t.dropSessionsBy(ByPasskey, session)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// dropPasskeys takes passkeys away, and has the journal remember: a lost device must not
// sign in again because an older backup was put back.
func (t *turn) dropPasskeys(gone []*keptPasskey) {
	for _, p := range gone {
		key := passkeyRecordKey(p.ID)
		t.change.Delete = append(t.change.Delete, Record{SID: t.who.row.SID, Kind: passkeyKind, Key: key})
		t.say(saidNoPasskey, func(w *writer) { w.bytes(key) })
		t.note(evidence.PasskeyRemoved, t.force.citing("access/session"))
	}
	t.touched = true
}

// dropPasskeyTag makes the person no longer findable by passkeys when none is left.
func (t *turn) dropPasskeyTag(left int) {
	if left == 0 {
		t.dropTag(passkeyDatum)
	}
}

// dropAllPasskeys is what somebody needs whose account others may have got into.
func (t *turn) dropAllPasskeys() error {
	all, err := t.passkeys()
	if err != nil || len(all) == 0 {
		return err
	}
	t.dropPasskeys(all)
	t.dropPasskeyTag(0)
	return nil
}

// hearNoPasskey takes a passkey away again that a backup brought back.
func (t *turn) hearNoPasskey(r *reader) (bool, error) {
	key := slices.Clone(r.bytes())
	if err := r.done(); err != nil || len(key) != 16 {
		return false, errors.Join(err, orBody(len(key) == 16))
	}
	all, err := t.passkeys()
	if err != nil {
		return false, err
	}
	left := slices.DeleteFunc(slices.Clone(all), func(p *keptPasskey) bool { return string(passkeyRecordKey(p.ID)) == string(key) })
	if len(left) == len(all) {
		return false, nil
	}
	t.change.Delete = append(t.change.Delete, Record{SID: t.who.row.SID, Kind: passkeyKind, Key: key})
	t.dropPasskeyTag(len(left))
	return true, nil
}

func orBody(fine bool) error {
	if fine {
		return nil
	}
	return errBody
}

// carryPasskey seals a passkey under the person's new key.
func (t *turn) carryPasskey(old *person, rec *Record) error {
	return t.carry(old, passkeyDatum, keyVersion(rec.Key), &rec.Body)
}

// passkeyAsked is what a browser was asked for, until it answers. It lies beside nobody,
// under the hash of the browser's secret.
type passkeyAsked struct {
	what      uint64
	challenge string
	session   []byte // the key of the session that was asked; none for a sign-in
	handle    []byte // what a new passkey will call its owner
	sid       int64  // who has to show one; 0: whoever can
	until     time.Time
}

// What a browser is asked for.
const (
	toSignInByPasskey uint64 = iota + 1
	toShowPasskey
	toAddPasskey
)

func passkeyAskedKind(s *served) string { return "passkey-asked/" + string(s.id) }
func passkeySpentKind(s *served) string { return "passkey-spent/" + string(s.id) }

func (a *passkeyAsked) append() []byte {
	w := writer{}
	w.uint(a.what)
	w.string(a.challenge)
	w.bytes(a.session)
	w.bytes(a.handle)
	w.uint(uint64(a.sid))
	w.time(a.until)
	return w.b
}

func decodePasskeyAsked(raw []byte) (*passkeyAsked, error) {
	r := reader{b: raw}
	a := &passkeyAsked{what: r.uint(), challenge: r.string(), session: r.bytes(), handle: r.bytes(), sid: int64(r.uint()), until: r.time()}
	return a, r.done()
}

// sweepPasskeys forgets what browsers were asked for and did not answer in time.
func (g *Gate) sweepPasskeys(ctx context.Context, s *served, _ *Swept) error {
	err := g.sweepRecords(ctx, s, passkeyAskedKind(s), func(rec Record, now time.Time) bool {
		a, err := decodePasskeyAsked(rec.Body)
		return err != nil || !now.Before(a.until)
	})
	if err != nil {
		return err
	}
	return g.sweepRecords(ctx, s, passkeySpentKind(s), func(rec Record, now time.Time) bool {
		return len(rec.Body) != 8 || int64(binary.BigEndian.Uint64(rec.Body)) <= now.Unix()
	})
}
