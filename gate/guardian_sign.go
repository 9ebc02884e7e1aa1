package gate

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// A guardian has no account. They type the address that a message went to, and then the
// code that goes there: the same short life, tries and limits as for anybody who signs in,
// and the same answer for an address that nobody named.

// GuardianSessionLife is how long a code lets a guardian in. There is no way to stay: each
// time is a new proof, and each act within it a fresh one.
const GuardianSessionLife = 15 * time.Minute

func guardianCodeKind(s *served) string    { return "guardian-code/" + string(s.id) }
func guardianSessionKind(s *served) string { return "guardian-session/" + string(s.id) }

// GuardianCode asks for a code to a guardian's address.
type GuardianCode struct {
	Mail     bool
	To       Value
	Browser  string // as in [CodeAsking]
	Network  string
	Language avow.Language
}

// AskGuardianCode sends a one-time code to an address, if somebody named it as their
// guardian's. The answer does not say whether anybody did.
func (g *Gate) AskGuardianCode(ctx context.Context, id avow.PolicyID, a *GuardianCode) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	if g.courier == nil {
		return &avow.Error{Code: avow.Unavailable, Message: "codes cannot be sent from here", Try: "write to the controller"}
	}
	browser, ok := secretKey(a.Browser)
	if !ok {
		return &avow.Error{Code: avow.Invalid, Message: "the secret of the browser is malformed", Try: "make one for each browser, of 256 random bits"}
	}
	_, _, tag, err := s.guardianAddress(a.Mail, a.To)
	if err != nil {
		return err
	}
	for range attempts {
		err := g.askGuardianCode(ctx, s, a, browser, tag)
		if errors.Is(err, ErrTaken) {
			continue
		}
		return err
	}
	return &avow.Error{Code: avow.Unavailable, Message: "too many ask for codes at once", Try: "try again later"}
}

func (g *Gate) askGuardianCode(ctx context.Context, s *served, a *GuardianCode, browser []byte, tag Tag) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	if _, err := g.places(ctx, s, []allowance{{"wrong-code", tag, within(now, 24*time.Hour), wrongEachDay}}); err != nil {
		return err
	}
	list := []allowance{{"code", tag, within(now, time.Hour), codesEachHour}}
	if a.Network != "" {
		list = append(list, allowance{"network", s.network(a.Network), within(now, time.Hour), codesOfNetwork})
	}
	places, err := g.places(ctx, s, list)
	if err != nil {
		return err
	}
	sids, err := g.wardsAt(ctx, s, tag)
	if err != nil {
		return err
	}
	f := s.inForce.Load()
	c := code{to: tag}
	c.until, _ = f.codeLife(now)
	digits, err := s.newCode(&c, browser)
	if err != nil {
		return err
	}
	defer digits.Wipe()
	_, err = g.commit(ctx, &Change{Policy: s.id, PutNew: places,
		Put:    []Record{{Kind: guardianCodeKind(s), Key: browser, Body: c.append()}},
		Leaves: []Leaf{{Body: s.leaf(now, evidence.CodeAsked, f.citing("access/code"))}}})
	s.recorded(now, err)
	if errors.Is(err, ErrTaken) {
		return err
	}
	if err != nil {
		return internal("the code could not be recorded", err)
	}
	if len(sids) == 0 {
		return nil
	}
	if err := g.courier.SendCode(ctx, &Code{Policy: s.id, To: Item{Value: a.To}, Code: digits, Language: a.Language, Until: c.until, Known: true, Guardian: true, mail: a.Mail}); err != nil {
		g.troubled("a code could not be sent", err) // a stranger must not see a difference
	}
	return nil
}

// wardsAt returns the numbers of the persons who named an address.
func (g *Gate) wardsAt(ctx context.Context, s *served, tag Tag) ([]int64, error) {
	recs, err := g.store.Scan(ctx, 0, guardianOfKind(s.id), tag[:], scanPage)
	if err != nil {
		return nil, internal("the guardians could not be read", err)
	}
	var out []int64
	for _, rec := range recs {
		if len(rec.Key) != len(tag)+8 || Tag(rec.Key[:len(tag)]) != tag {
			break
		}
		out = append(out, int64(binary.BigEndian.Uint64(rec.Key[len(tag):])))
	}
	return out, nil
}

// TellGuardianCode sends a code to a guardian's address, as a message that lies sealed
// beside the person who named it.
func (g *Gate) TellGuardianCode(ctx context.Context, c *Code) error {
	s, err := g.of(c.Policy)
	if err != nil {
		return err
	}
	_, _, tag, err := s.guardianAddress(c.mail, c.To.Value)
	if err != nil {
		return err
	}
	sids, err := g.wardsAt(ctx, s, tag)
	if err != nil || len(sids) == 0 {
		return err
	}
	ref, err := g.refOf(ctx, s, sids[0])
	if errors.Is(err, errCode) {
		return nil // gone in the meantime
	}
	if err != nil {
		return err
	}
	_, err = g.take(ctx, s.id, ref, func(t *turn) error {
		d, ok, err := t.wardBy(tag)
		if err != nil || !ok {
			return err
		}
		tmpl, ok := t.gate.letters.Template("code")
		if !ok {
			return nil
		}
		params := c.Params(t.now)
		if err := tmpl.Check(params); err != nil {
			return internal("a message to a guardian could not be written", err)
		}
		_, err = t.enqueue(&post{class: "code", channel: d.channel, template: "code", params: params, language: t.language(c.Language), to: d.to, made: t.now, expires: c.Until}, t.now)
		return err
	})
	return unlessGone(err)
}

// SignInGuardian lets a guardian in by the code that was sent, for a quarter of an hour.
// The error of a code that is not accepted satisfies [WrongCode].
func (g *Gate) SignInGuardian(ctx context.Context, id avow.PolicyID, a *CodeTrying) (string, error) {
	s, err := g.of(id)
	if err != nil {
		return "", err
	}
	browser, ok := secretKey(a.Browser)
	if !ok {
		return "", errCode
	}
	for range attempts {
		c, right, again, err := g.tryCode(ctx, s, guardianCodeKind(s), browser, a.Code, func(*code) bool { return true })
		switch {
		case again:
			continue
		case err != nil:
			return "", err
		case !right:
			return "", errCode
		}
		beside, err := g.signedInBeside(ctx, s, a.Before)
		if err != nil {
			return "", err
		}
		return g.letGuardianIn(ctx, s, c, browser, beside)
	}
	return "", errCode
}

// signedInBeside returns the number of the person who is signed in, in the browser in which
// a guardian is let in; 0 for nobody.
func (g *Gate) signedInBeside(ctx context.Context, s *served, secret string) (int64, error) {
	if secret == "" {
		return 0, nil
	}
	now, err := g.Session(ctx, s.id, secret)
	if NoSession(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	t, err := g.look(ctx, s.id, now.Subject)
	if err != nil {
		return 0, unlessGone(err)
	}
	return t.who.row.SID, nil
}

// letGuardianIn begins the session in the turn of whoever named them, so that a code is
// spent once, and leaves evidence with each of those.
func (g *Gate) letGuardianIn(ctx context.Context, s *served, c code, browser []byte, beside int64) (string, error) {
	sids, err := g.wardsAt(ctx, s, c.to)
	if err != nil {
		return "", err
	}
	secret := ""
	for _, sid := range sids {
		ref, err := g.refOf(ctx, s, sid)
		if errors.Is(err, errCode) {
			continue
		}
		if err != nil {
			return "", err
		}
		made := ""
		_, err = g.take(ctx, s.id, ref, func(t *turn) error {
			if _, ok, err := t.wardBy(c.to); err != nil || !ok {
				return err
			}
			if secret == "" {
				rec, err := t.unspent(guardianCodeKind(t.served), browser, c)
				if err != nil {
					return err
				}
				made = newSecret()
				key, _ := secretKey(made)
				w := writer{}
				(&guardianSession{c.to, t.now.Add(GuardianSessionLife), beside}).append(&w)
				t.touched = true
				t.change.Delete = append(t.change.Delete, rec)
				t.change.PutNew = append(t.change.PutNew, Record{Kind: guardianSessionKind(t.served), Key: key, Body: w.b})
			}
			t.note(evidence.GuardianSignedIn, t.force.citing("minors"))
			return nil
		})
		switch {
		case err == nil && secret == "":
			secret = made
		case unlessGone(err) != nil:
			return "", err
		}
	}
	if secret == "" {
		return "", errCode // nobody named this address
	}
	return secret, nil
}

// guardianSession is a guardian's, as it lies under the hash of its secret.
type guardianSession struct {
	tag    Tag // of the address that was shown
	until  time.Time
	beside int64 // who was signed in, in the same browser; 0 for nobody
}

func (v *guardianSession) append(w *writer) {
	w.bytes(v.tag[:])
	w.time(v.until)
	w.uint(uint64(v.beside))
}

func decodeGuardianSession(raw []byte) (v guardianSession, err error) {
	r := reader{b: raw}
	if copy(v.tag[:], r.bytes()) != len(v.tag) {
		return v, errBody
	}
	v.until, v.beside = r.time(), int64(r.uint())
	return v, r.done()
}

// guardianIn returns a guardian's session. The error of one that is none satisfies
// [NoSession].
func (g *Gate) guardianIn(ctx context.Context, s *served, secret string) (guardianSession, error) {
	key, ok := secretKey(secret)
	if !ok {
		return guardianSession{}, errSession
	}
	rec, ok, err := g.store.Get(ctx, 0, guardianSessionKind(s), key)
	if err != nil {
		return guardianSession{}, internal("the session could not be read", err)
	}
	if !ok {
		return guardianSession{}, errSession
	}
	v, err := decodeGuardianSession(rec.Body)
	if err != nil {
		return guardianSession{}, internal("the session is malformed", err)
	}
	if !g.Now().Before(v.until) {
		return guardianSession{}, errSession
	}
	return v, nil
}

// SignOutGuardian ends a guardian's session. To end one that has ended is no error.
func (g *Gate) SignOutGuardian(ctx context.Context, id avow.PolicyID, secret string) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	key, ok := secretKey(secret)
	if !ok {
		return nil
	}
	if _, err := g.commit(ctx, &Change{Policy: id, Delete: []Record{{Kind: guardianSessionKind(s), Key: key}}}); err != nil {
		return internal("the session could not be ended", err)
	}
	return nil
}
