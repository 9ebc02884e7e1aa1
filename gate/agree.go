package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
)

// Agreement is what a person says about the policy: accept or refuse it as a
// whole, and decide on single choices. Accepting is never consenting: each
// choice is named by itself.
type Agreement struct {
	// Policy is the hash of the policy that was shown. An acceptance of any
	// other text than the one in force is refused.
	Policy   avow.Hash
	Accept   bool
	Decline  bool
	Document string // id of a further document; empty for the policy itself
	Gesture  string // such as "accept-button"
	Language avow.Language
	// Origin says where it was said, such as "settings/adverts", and Words is the
	// SHA-256 of the exact words that were shown; both are kept with the choices.
	Origin string
	Words  [32]byte

	Choices []ChoiceEvent
	// Notices are the places of the policy whose notice was shown: before a yes to
	// a move, they are what makes it one. They need the policy's hash.
	Notices []avow.RuleID
	Signals []avow.Signals // signals that the browser sends
	Age     avow.AgeBand   // as checked at the door; AgeNotKnown leaves it as it is
	Born    *Birth         // instead of Age: the band is found from it, and it is kept nowhere
	// Synthetic says that the person is made up for a self-test: never counted, never
	// written to, and nothing of them goes to anybody. It is said with their first word,
	// and of nobody else.
	Synthetic bool
	// Guardian says that a guardian of a minor has agreed. It is never taken back
	// by leaving it out.
	Guardian bool
}

// takingBack returns what somebody takes back or refuses by an agreement, without
// what they give, and how old they are; nil if that is nothing.
func (a *Agreement) takingBack() *Agreement {
	out := &Agreement{Policy: a.Policy, Decline: a.Decline, Document: a.Document, Gesture: a.Gesture, Language: a.Language, Origin: a.Origin, Words: a.Words, Signals: a.Signals}
	for _, c := range a.Choices {
		if c.State != avow.Given {
			out.Choices = append(out.Choices, c)
		}
	}
	if a.Age == avow.KnownMinor {
		out.Age = a.Age
	}
	out.Born = a.Born
	if !out.Decline && len(out.Choices) == 0 && len(out.Signals) == 0 && out.Age == avow.AgeNotKnown && out.Born == nil {
		return nil
	}
	return out
}

// silent reports whether an agreement says nothing at all.
func (a *Agreement) silent() bool {
	return !a.Accept && !a.Decline && len(a.Choices) == 0 && len(a.Notices) == 0 && len(a.Signals) == 0 && a.Age == avow.AgeNotKnown && a.Born == nil && !a.Guardian
}

// ChoiceEvent is one word of a person on one choice.
type ChoiceEvent struct {
	Choice avow.Choice
	State  avow.ChoiceState // Given, Refused or Withdrawn
}

// Agree records what a person says. The first acceptance makes a stranger a
// person of this policy. The receipt of something that was said before and changes
// nothing, such as a signal that the browser sends again, has index -1.
func (g *Gate) Agree(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, a *Agreement) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error { return t.agree(a) })
	if t != nil && t.intended != nil { // a minor was found
		return g.complete(ctx, t)
	}
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) agree(a *Agreement) error {
	if t.ref == "" {
		return &avow.Error{Code: avow.Invalid, Message: "an agreement needs a person", Try: "send the subject"}
	}
	if a.Accept && a.Decline {
		return &avow.Error{Code: avow.Invalid, Message: "the policy is both accepted and refused", Try: "send one of the two"}
	}
	if a.silent() {
		return &avow.Error{Code: avow.Invalid, Message: "the agreement says nothing", Try: "accept, refuse, or name a choice"}
	}
	if a.Language != "" && !slices.Contains(t.program.Languages(), a.Language) {
		return &avow.Error{Code: avow.Invalid, Message: "the policy has no text in this language", Try: "send the language in which it was shown"}
	}
	if err := t.mayAgree(); err != nil {
		return err
	}
	if err := t.admit(); err != nil {
		return err
	}
	if a.Synthetic && t.who.row.Version > 0 && !t.who.state.Synthetic {
		return &avow.Error{Code: avow.Conflict, Message: "this person is real", Try: "make somebody up under another reference"}
	}
	t.who.state.Synthetic = t.who.state.Synthetic || a.Synthetic
	t.touched = true
	t.who.state.seen = t.now
	if err := t.acceptance(a); err != nil {
		return err
	}
	if err := t.placesShown(a); err != nil {
		return err
	}
	for _, c := range a.Choices {
		if err := t.choose(c, a); err != nil {
			return err
		}
	}
	t.signals(a.Signals)
	return t.aged(a)
}

// mayAgree keeps people out whose relationship is ending or over.
func (t *turn) mayAgree() error {
	if s := t.who.state.Account; s == avow.Closing || s == avow.Closed {
		return &avow.Error{Code: avow.Gone, Message: "this relationship has ended", Try: "begin a new one under another reference"}
	}
	return nil
}

func (t *turn) acceptance(a *Agreement) error {
	if !a.Accept && !a.Decline {
		return nil
	}
	if a.Policy != t.program.Hash() {
		return &avow.Error{Code: avow.Conflict, Message: "the text that was shown is not the policy in force",
			Try: "show the current policy and send its hash"}
	}
	if a.Accept && (!t.force.acceptsGesture(a.Gesture)) {
		return &avow.Error{Code: avow.Invalid, Message: "this gesture does not accept a policy",
			Try: "use a gesture that the policy lists; using or browsing never counts"}
	}
	rec := avow.Acceptance{State: avow.AcceptedPolicy, Policy: a.Policy, Version: t.program.Version(), Language: a.Language, Gesture: a.Gesture, At: t.now}
	kind := evidence.Accepted
	if a.Decline {
		rec.State, kind = avow.RefusedPolicy, evidence.Declined
	}
	st := &t.who.state
	if a.Document != "" {
		version, ok := t.force.document(a.Document)
		if !ok {
			return &avow.Error{Code: avow.Invalid, Message: "the policy names no such document", Try: "use a document id of the policy"}
		}
		rec.Version = a.Document + "@" + version
		st.Documents = slices.DeleteFunc(st.Documents, func(d avow.Acceptance) bool { return d.Version == rec.Version })
		st.Documents = append(st.Documents, rec)
	} else {
		st.Acceptance = rec
		if a.Decline {
			t.say(saidDecline, func(w *writer) { acceptance(w, &rec) })
		}
		if a.Accept && st.Account == avow.NoRelation {
			st.Account, st.opened = avow.Open, t.now
		}
	}
	t.note(kind, func(l *evidence.Leaf) {
		t.force.citing("acceptance")(l)
		l.Detail = digestOfHash(a.Policy)
	})
	return nil
}

// choose records one choice. A yes to something that is agreed to for each
// single event is no standing yes: it is given by a token, see Token.
func (t *turn) choose(c ChoiceEvent, a *Agreement) error {
	info, ok := t.program.Choice(c.Choice)
	if !ok {
		return &avow.Error{Code: avow.Invalid, Message: "the policy names no such choice", Try: "use a choice id of the policy"}
	}
	if info.Kind == "per-event" {
		return &avow.Error{Code: avow.Invalid, Message: "this choice is made for each single event", Try: "ask for an event token"}
	}
	before, _ := t.who.state.Choice(c.Choice)
	chosen := avow.Chosen{Choice: c.Choice, State: c.State, At: t.now, Notice: t.program.Hash()}
	kind := evidence.Consented
	switch c.State {
	case avow.Given:
		if err := t.mayConsent(c.Choice); err != nil {
			return err
		}
		chosen.Expires = t.expiry(info)
	case avow.Refused, avow.Withdrawn:
		kind = evidence.Refused
		if before.State == avow.Given || c.State == avow.Withdrawn {
			chosen.State, kind = avow.Withdrawn, evidence.Withdrawn
		}
	default:
		return &avow.Error{Code: avow.Invalid, Message: "a choice is given, refused or withdrawn", Try: "send one of the three words"}
	}
	t.who.state.choose(chosen)
	if c.State != avow.Given {
		t.say(saidChoice, func(w *writer) { appendChosen(w, &chosen) })
	}
	t.who.body.lookSoon(t.now)
	return t.event(kind, chosen, info, a)
}

// expiry returns when a yes given now runs out; zero if it does not.
func (t *turn) expiry(info policy.ChoiceInfo) time.Time {
	if !info.Expires.Set {
		return time.Time{}
	}
	return t.program.After(t.now, info.Expires)
}

// event appends the choice to the person's history, which is never rewritten,
// and leaves evidence of it.
func (t *turn) event(kind evidence.Kind, c avow.Chosen, info policy.ChoiceInfo, a *Agreement) error {
	t.note(kind, func(l *evidence.Leaf) {
		l.Choice, l.Rules, l.Clauses = c.Choice, []avow.RuleID{avow.RuleID(c.Choice)}, info.Clauses
		l.Detail = digestOfHash(c.Notice)
	})
	said := &t.entries[len(t.entries)-1]
	e := Event{Chosen: c, Version: t.program.Version(), Language: a.Language, Gesture: a.Gesture, Origin: a.Origin, Words: a.Words, Leaf: said.leaf.ID}
	statement := e.consent()
	said.digest = statement.Digest()
	w := writer{}
	e.append(&w)
	key := timeKey(t.now)
	sealed, err := t.who.seal(eventKind, keyVersion(key), w.b)
	if err != nil {
		return internal("the consent event could not be sealed", err)
	}
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: eventKind, Key: key, Body: sealed})
	return nil
}

// eventKind is the kind of record that holds the consent history.
const eventKind = "consent"

// Event is one entry of a person's consent history.
type Event struct {
	avow.Chosen
	Version  string // of the policy
	Language avow.Language
	Gesture  string
	Origin   string
	Words    [32]byte
	Leaf     [16]byte // id of the evidence
}

func (e *Event) append(w *writer) {
	w.string(string(e.Choice))
	w.uint(uint64(e.State))
	w.time(e.At)
	w.time(e.Expires)
	for _, s := range []string{string(e.Notice), e.Version, string(e.Language), e.Gesture, e.Origin} {
		w.string(s)
	}
	w.b = append(append(w.b, e.Words[:]...), e.Leaf[:]...)
}

func decodeEvent(raw []byte) (Event, error) {
	r := reader{b: raw}
	e := Event{Chosen: avow.Chosen{Choice: avow.Choice(r.string()), State: avow.ChoiceState(r.uint()), At: r.time(), Expires: r.time(),
		Notice: avow.Hash(r.string())}, Version: r.string(), Language: avow.Language(r.string()), Gesture: r.string(), Origin: r.string()}
	r.fixed(e.Words[:])
	r.fixed(e.Leaf[:])
	return e, r.done()
}

// signals notes standing signals of the browser. A signal that goes away takes
// nothing back: the person said so once, and says otherwise by a choice.
func (t *turn) signals(signals []avow.Signals) {
	st := &t.who.state
	for _, s := range signals {
		if st.Signals&s == s {
			continue
		}
		st.Signals |= s
		st.SignalAt = t.now
		t.say(saidSignal, func(w *writer) {
			w.uint(uint64(s))
			w.time(t.now)
		})
		t.note(evidence.Signalled, nil)
	}
}

// Standing returns where a person stands.
func (g *Gate) Standing(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Standing, error) {
	s, err := g.of(id)
	if err != nil {
		return avow.Standing{}, err
	}
	p, err := g.find(ctx, s, ref)
	if err != nil {
		return avow.Standing{}, unreadable(err)
	}
	if p.state.lapsed(g.Now()) {
		p.state.Hold = false
	}
	return p.state.Standing, nil
}
