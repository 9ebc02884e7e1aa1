package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// A one-time code shows that somebody reads the mail or the phone that a person
// gave. Whether an address is known is told to nobody: asking for a code does the
// same work and gives the same answer for every address, and so does every wrong
// code. What differs is only whether a letter goes out.

// CodeAsking asks for a code.
type CodeAsking struct {
	// To is the address: a datum of type email or phone by which people are found.
	To Item
	// Browser is a secret of the browser or program that asks; the code works there
	// only. See [NewBrowser].
	Browser string
	// Network is where the request comes from, to count by; empty if unknown.
	Network  string
	Language avow.Language
	// Join says that somebody wants an account: the code goes to any address, and
	// [Gate.Register] takes it.
	Join bool
}

// Code is a code on its way to the person.
type Code struct {
	Policy   avow.PolicyID
	To       Item
	Code     Value
	Language avow.Language
	Until    time.Time
	// Join says that the code was asked for by somebody who wants an account, and
	// Known that the address has one.
	Join, Known bool
	// Guardian says that it is for somebody whom a young person named as their guardian;
	// see [Gate.TellGuardianCode].
	Guardian bool
	mail     bool // of a guardian: the address is one of mail
}

// Courier carries codes to people. It must not wait for the outcome.
type Courier interface {
	SendCode(ctx context.Context, c *Code) error
}

// NewBrowser returns a secret by which a browser is told from others.
func NewBrowser() string { return newSecret() }

const (
	// CodeLife is the longest that a code works; a policy may say less.
	CodeLife   = 10 * time.Minute
	codeDigits = 6
	codeTries  = 5
	// codesEachHour bounds the codes that go to one address, and codesOfNetwork
	// those that one network asks for.
	codesEachHour  = 5
	codesOfNetwork = 60
	// wrongEachDay bounds wrong codes for one address, so that asking again and
	// again does not add up to guessing.
	wrongEachDay = 15
)

func codeKind(s *served) string { return "code/" + string(s.id) }

// code is a code that was asked for. Of a stranger's address everything is there
// but the person.
type code struct {
	id    [16]byte // names the tries
	sid   int64    // 0: nobody
	datum avow.Datum
	to    Tag
	tag   Tag // of the code, under a key of the policy: six digits are soon guessed from a plain hash
	until time.Time
	join  bool // anybody's, for an account
}

func (c *code) append() []byte {
	w := writer{b: append([]byte(nil), c.id[:]...)}
	w.b = append(append(w.b, c.to[:]...), c.tag[:]...)
	w.string(string(c.datum))
	w.time(c.until)
	w.uint(uint64(c.sid))
	w.bool(c.join)
	return w.b
}

func decodeCode(raw []byte) (c code, err error) {
	r := reader{b: raw}
	r.fixed(c.id[:])
	r.fixed(c.to[:])
	r.fixed(c.tag[:])
	c.datum, c.until, c.sid, c.join = avow.Datum(r.string()), r.time(), int64(r.uint()), r.bool()
	return c, r.done()
}

// codeLife returns how long a code works, and how often it may be tried.
func (f *force) codeLife(now time.Time) (time.Time, int) {
	until, tries := now.Add(CodeLife), codeTries
	if a := f.access("code"); a != nil {
		if end := f.program.After(now, a.Within); a.Within.Set && end.Before(until) {
			until = end
		}
		if a.Tries.N > 0 {
			tries = min(tries, int(a.Tries.N))
		}
	}
	return until, tries
}

// AskCode sends a one-time code to an address, if it is that of a person. The
// answer does not say whether it is.
func (g *Gate) AskCode(ctx context.Context, id avow.PolicyID, a *CodeAsking) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	if g.courier == nil {
		return &avow.Error{Code: avow.Unavailable, Message: "codes cannot be sent from here", Try: "come from the application, by a hand-over link"}
	}
	browser, ok := secretKey(a.Browser)
	if !ok {
		return &avow.Error{Code: avow.Invalid, Message: "the secret of the browser is malformed", Try: "make one for each browser, of 256 random bits"}
	}
	f := s.inForce.Load()
	info, to, err := s.address(f, &a.To)
	if err != nil {
		return err
	}
	if !f.sendsCodes(&info) {
		return &avow.Error{Code: avow.Unavailable, Message: "the policy has no messages of class code for this kind of address", Try: "come from the application, by a hand-over link, or sign in by a password"}
	}
	for range attempts {
		again, err := g.askCode(ctx, s, a, browser, &code{datum: info.Slug, to: to, join: a.Join})
		if !again {
			return err
		}
	}
	return &avow.Error{Code: avow.Unavailable, Message: "too many ask for codes at once", Try: "try again later"}
}

// CodesTo returns the kinds of address that a code can be sent to: people are found by
// them, the policy has messages of class code for them, and something drives the
// channel. Nothing else may be asked of somebody who wants to sign in.
func (g *Gate) CodesTo(id avow.PolicyID) ([]avow.Datum, error) {
	s, err := g.of(id)
	if err != nil || g.courier == nil {
		return nil, err
	}
	f := s.inForce.Load()
	var out []avow.Datum
	for _, info := range f.program.Data() {
		if info.Lookup && (info.Type == "email" || info.Type == "phone") && f.sendsCodes(&info) && (g.channels == nil || slices.Contains(g.channels, channelOf(&info))) {
			out = append(out, info.Slug)
		}
	}
	return out, nil
}

// sendsCodes reports whether the policy has codes sent to a kind of address.
func (f *force) sendsCodes(to *policy.DatumInfo) bool {
	channel := channelOf(to)
	return slices.ContainsFunc(f.program.File().Messages, func(m syntax.Message) bool {
		return m.Class.Text == "code" && syntax.Has(m.Channels, channel)
	})
}

// channelOf is the channel of a kind of address.
func channelOf(to *policy.DatumInfo) string {
	if to.Type == "phone" {
		return BySMS
	}
	return ByMail
}

// address reads an address that codes can be sent to.
func (s *served) address(f *force, to *Item) (policy.DatumInfo, Tag, error) {
	info, ok := f.program.Datum(to.Datum)
	if !ok || !info.Lookup || info.Type != "email" && info.Type != "phone" {
		return info, Tag{}, &avow.Error{Code: avow.Invalid, Message: "no codes are sent to this kind of address", Try: "use an e-mail address or phone number by which people are found"}
	}
	malformed := &avow.Error{Code: avow.Invalid, Message: "this is no address of its kind", Try: "check the address"}
	if !fits(&info, to.Value.Expose()) {
		return info, Tag{}, malformed
	}
	tag, err := s.tagOf(&info, to.Value.Expose())
	if err != nil {
		malformed.Cause = err
		return info, Tag{}, malformed
	}
	return info, tag, nil
}

func (g *Gate) askCode(ctx context.Context, s *served, a *CodeAsking, browser []byte, c *code) (again bool, err error) {
	now, err := s.time(g.Now())
	if err != nil {
		return false, err
	}
	if _, err := g.places(ctx, s, []allowance{{"wrong-code", c.to, within(now, 24*time.Hour), wrongEachDay}}); err != nil {
		return false, err
	}
	list := []allowance{{"code", c.to, within(now, time.Hour), codesEachHour}}
	if a.Network != "" {
		list = append(list, allowance{"network", s.network(a.Network), within(now, time.Hour), codesOfNetwork})
	}
	places, err := g.places(ctx, s, list)
	if err != nil {
		return false, err
	}
	row, known, err := g.store.Lookup(ctx, s.id, c.to)
	if err != nil {
		return false, internal("the index could not be read", err)
	}
	if known {
		c.sid = row.SID
	}
	digits, err := s.newCode(c, browser)
	if err != nil {
		return false, err
	}
	defer digits.Wipe()
	f := s.inForce.Load()
	c.until, _ = f.codeLife(now)
	l := s.leaf(now, evidence.CodeAsked, f.citing("access/code"))
	_, err = g.commit(ctx, &Change{Policy: s.id, Leaves: []Leaf{{Body: l}},
		Put:    []Record{{Kind: codeKind(s), Key: browser, Body: c.append()}},
		PutNew: places})
	s.recorded(now, err)
	if errors.Is(err, ErrTaken) {
		return true, nil
	}
	if err != nil {
		return false, internal("the code could not be recorded", err)
	}
	if !known && !a.Join {
		return false, nil
	}
	if err := g.courier.SendCode(ctx, &Code{Policy: s.id, To: a.To, Code: digits, Language: a.Language, Until: c.until, Join: a.Join, Known: known}); err != nil {
		// The person sees that no letter comes; a stranger must not see a difference.
		g.troubled("a code could not be sent", err)
	}
	return false, nil
}

// places returns a place of each allowance. If one has none left, nothing more may
// be tried.
func (g *Gate) places(ctx context.Context, s *served, list []allowance) ([]Record, error) {
	var out []Record
	for i := range list {
		rec, ok, err := g.place(ctx, s, &list[i])
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, &avow.Error{Code: avow.TooMany, Message: "too many codes were asked for or tried", Try: "wait an hour, or come from the application by a hand-over link"}
		}
		out = append(out, rec)
	}
	return out, nil
}

// network is the keyed hash of where a request comes from.
func (s *served) network(from string) Tag {
	tag, err := s.tag("\x00network", []byte(from))
	if err != nil {
		return Tag{} // all unknown networks count as one
	}
	return tag
}

// newCode makes the code and the names of its tries.
func (s *served) newCode(c *code, browser []byte) (Value, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return Value{}, internal("a code could not be made", err)
	}
	c.id = newID()
	digits := fmt.Appendf(nil, "%0*d", codeDigits, n)
	if c.tag, err = s.codeTag(c, browser, digits); err != nil {
		return Value{}, internal("a code could not be made", err)
	}
	v := NewValue(digits)
	clear(digits)
	return v, nil
}

func (s *served) codeTag(c *code, browser, digits []byte) (Tag, error) {
	in := append(append([]byte(nil), c.id[:]...), browser...) // of a fixed length each
	return s.tag("\x00code", append(in, digits...))
}

// leaf is evidence that is about nobody.
func (s *served) leaf(now time.Time, kind evidence.Kind, fill func(*evidence.Leaf)) []byte {
	l := evidence.Leaf{ID: newID(), At: now, Kind: kind, Policy: s.id, Hash: s.inForce.Load().program.Hash(), Verdict: avow.Allow}
	fill(&l)
	return l.Append(nil)
}

// CodeTrying is a code that somebody types.
type CodeTrying struct {
	Code    Value
	Browser string // as when it was asked for
	// Before is the secret of the session that the browser has already, if any. It
	// ends with the new one.
	Before string
}

// errCode is the one answer to every code that does not sign in.
var errCode = &avow.Error{Code: avow.Forbidden, Message: "this code does not sign you in", Try: "check it, or ask for a new one: a code works once, for ten minutes, and in the browser that asked for it"}

// WrongCode reports whether an error says that a code was not accepted.
func WrongCode(err error) bool { return errors.Is(err, errCode) }

// SignInByCode begins a session for the person to whom the code was sent. A code
// works once and in the browser that asked for it; after a few wrong tries it
// works no more.
func (g *Gate) SignInByCode(ctx context.Context, id avow.PolicyID, a *CodeTrying) (string, Session, error) {
	s, err := g.of(id)
	if err != nil {
		return "", Session{}, err
	}
	browser, ok := secretKey(a.Browser)
	if !ok {
		return "", Session{}, errCode
	}
	for range attempts {
		c, right, again, err := g.tryCode(ctx, s, codeKind(s), browser, a.Code, func(c *code) bool { return c.sid != 0 })
		if again {
			continue
		}
		if err != nil {
			return "", Session{}, err
		}
		if !right {
			return "", Session{}, errCode
		}
		return g.spendCode(ctx, s, c, browser, a.Before)
	}
	return "", Session{}, errCode
}

// tryCode counts a try before it looks at the code. counts says whether a code that was
// typed rightly is one for what it is typed for.
func (g *Gate) tryCode(ctx context.Context, s *served, kind string, browser []byte, typed Value, counts func(*code) bool) (c code, right, again bool, err error) {
	now, err := s.time(g.Now())
	if err != nil {
		return c, false, false, err
	}
	rec, ok, err := g.store.Get(ctx, 0, kind, browser)
	if err != nil {
		return c, false, false, internal("the code could not be read", err)
	}
	if !ok {
		return c, false, false, nil
	}
	if c, err = decodeCode(rec.Body); err != nil {
		return c, false, false, internal("the code is malformed", err)
	}
	f := s.inForce.Load()
	_, tries := f.codeLife(now)
	places, err := g.places(ctx, s, []allowance{
		{"try", Tag(c.id), c.until, tries},
		{"wrong-code", c.to, within(now, 24*time.Hour), wrongEachDay},
	})
	if avow.CodeOf(err) == avow.TooMany && err != nil || !now.Before(c.until) {
		return c, false, false, nil
	}
	if err != nil {
		return c, false, false, err
	}
	tag, err := s.codeTag(&c, browser, typed.Expose())
	if err != nil {
		return c, false, false, internal("the code could not be compared", err)
	}
	right = subtle.ConstantTimeCompare(tag[:], c.tag[:]) == 1 && counts(&c)
	change := Change{Policy: s.id, PutNew: places[:1]}
	if !right {
		change.PutNew = places
		change.Leaves = []Leaf{{Body: s.leaf(now, evidence.SignInFailed, func(l *evidence.Leaf) {
			f.citing("access/code")(l)
			l.Verdict = avow.Refuse
		})}}
	}
	_, err = g.commit(ctx, &change)
	s.recorded(now, err)
	if errors.Is(err, ErrTaken) {
		return c, false, true, nil
	}
	if err != nil {
		return c, false, false, internal("the try could not be recorded", err)
	}
	return c, right, false, nil
}

// spendCode begins the session and takes the code away, in one change.
func (g *Gate) spendCode(ctx context.Context, s *served, c code, browser []byte, before string) (secret string, out Session, err error) {
	ref, err := g.refOf(ctx, s, c.sid)
	if err != nil {
		return "", Session{}, err
	}
	_, err = g.take(ctx, s.id, ref, func(t *turn) error {
		rec, err := t.unspent(codeKind(t.served), browser, c)
		if err != nil {
			return err
		}
		if t.who.row.SID != c.sid || !t.who.shows(t.force, c.datum, t.now) {
			return errCode
		}
		t.change.Delete = append(t.change.Delete, rec)
		secret, out, err = t.openSession(t.proofOf(c), t.now, before)
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, out, nil
}

// unspent reads a code again inside the turn: somebody else may have spent it, or
// asked for another, in between.
func (t *turn) unspent(kind string, browser []byte, c code) (Record, error) {
	rec, ok, err := t.gate.store.Get(t.ctx, 0, kind, browser)
	if err != nil {
		return rec, internal("the code could not be read", err)
	}
	if now, err := decodeCode(rec.Body); !ok || err != nil || now.id != c.id {
		return rec, errCode
	}
	return rec, nil
}

// proofOf says what somebody shows who types a code.
func (t *turn) proofOf(c code) Proof {
	if info, _ := t.program.Datum(c.datum); info.Type == "phone" {
		return BySMSCode
	}
	return ByEmailCode
}

// refOf returns the reference of a person who was found by number. Somebody who
// is gone by now has none, and the code that was sent to them does not sign in.
func (g *Gate) refOf(ctx context.Context, s *served, sid int64) (avow.SubjectRef, error) {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return "", internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != s.id {
		return "", errCode
	}
	p, err := s.open(row)
	if err != nil {
		return "", errCode // being erased
	}
	return p.state.ref, nil
}

// sweepCodes forgets codes that work no more.
func (g *Gate) sweepCodes(ctx context.Context, s *served, _ *Swept) error {
	return g.sweepRecords(ctx, s, codeKind(s), func(rec Record, now time.Time) bool {
		c, err := decodeCode(rec.Body)
		return err != nil || !now.Before(c.until)
	})
}

// sweepRecords deletes the records of nobody of a kind that are over.
func (g *Gate) sweepRecords(ctx context.Context, s *served, kind string, over func(Record, time.Time) bool) error {
	now := g.Now()
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, kind, after, scanPage)
		if err != nil {
			return internal("records that are over could not be read", err)
		}
		c := Change{Policy: s.id}
		for _, rec := range recs {
			after = rec.Key
			if over(rec, now) {
				c.Delete = append(c.Delete, rec)
			}
		}
		if len(c.Delete) > 0 {
			if _, err := g.commit(ctx, &c); err != nil {
				return internal("records that are over could not be deleted", err)
			}
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
