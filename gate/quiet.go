package gate

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// A person stops messages of a rule by the choice that the rule hangs on, which
// they take back, or where it hangs on none, by a no of its own. Both are in force
// when they are committed, and what is in the outbox then does not go out. Both are
// kept over a restore of an older backup, like every no.

// quietChoice is the name under which a no to messages of a rule stands among the
// person's choices. No choice of a policy can be called so.
func quietChoice(rule *syntax.Message) avow.Choice { return avow.Choice("message:" + rule.ID.Text) }

// stoppable reports whether people can stop messages of a rule.
func stoppable(rule *syntax.Message) bool {
	return rule.Class.Text != "legal" && rule.Class.Text != "code" && len(rule.OptOut) > 0 && !syntax.Has(rule.OptOut, "none")
}

// quiet reports whether the person wants no messages of a rule.
func (t *turn) quiet(rule *syntax.Message) bool {
	c, ok := t.who.state.Choice(quietChoice(rule))
	return ok && stoppable(rule) && c.State == avow.Withdrawn
}

// Quiet stops messages of a rule to a person, or lets them come again. Marketing
// comes again by its choice only, which the person gives as any other.
func (g *Gate) Quiet(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, rule avow.RuleID, stop bool) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		return t.hush(rule, stop)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) hush(id avow.RuleID, stop bool) error {
	rule := t.force.message(id)
	if rule == nil {
		return &avow.Error{Code: avow.Invalid, Message: "the policy names no such message", Try: "use the id of a message of the policy"}
	}
	if !stoppable(rule) {
		return &avow.Error{Code: avow.Conflict, Message: "messages of this kind cannot be stopped", Try: "they carry no promotion, and come only when they must"}
	}
	if !stop && len(rule.Choice) > 0 {
		return &avow.Error{Code: avow.Invalid, Message: "these messages come on request only", Try: "record the choice that they hang on"}
	}
	if len(rule.Choice) == 0 {
		state := avow.Withdrawn
		if !stop {
			state = avow.Given
		}
		c := avow.Chosen{Choice: quietChoice(rule), State: state, At: t.now, Notice: t.program.Hash()}
		t.who.state.choose(c)
		t.touched = true
		t.say(saidChoice, func(w *writer) { appendChosen(w, &c) })
	}
	for _, c := range rule.Choice {
		if err := t.choose(ChoiceEvent{avow.Choice(c.Text), avow.Withdrawn}, &Agreement{Language: t.language("")}); err != nil {
			return err
		}
		t.touched = true
	}
	kind := evidence.MessageStopped
	if !stop {
		kind = evidence.MessageResumed
	}
	t.note(kind, func(l *evidence.Leaf) { (&way{rule: rule}).fill(l) })
	return nil
}

// message returns a rule of messages, or nil.
func (f *force) message(id avow.RuleID) *syntax.Message {
	for i := range f.program.File().Messages {
		if m := &f.program.File().Messages[i]; m.ID.Text == string(id) {
			return m
		}
	}
	return nil
}

// stopToken returns the token that stops messages of a rule by a link. It is the
// same for each message of the rule, derives from a secret of the person's, and
// holds nothing: whoever has it finds nobody by it, and can do nothing but stop.
func (t *turn) stopToken(rule *syntax.Message) (string, error) {
	if rule == nil || !stoppable(rule) || !slices.ContainsFunc(rule.OptOut, func(w syntax.Word) bool { return w.Text == "link" || w.Text == "one-click" }) {
		return "", nil
	}
	token := t.who.stopSecret(rule.ID.Text)
	tag, err := t.tag(stopName, []byte(token))
	if err != nil {
		return "", internal("a link could not be made", err)
	}
	for _, bt := range t.who.body.tags {
		if bt.tag == tag {
			return token, nil
		}
	}
	t.addTag("", tag)
	t.touched = true
	return token, nil
}

const stopName = "\x00stop"

func (p *person) stopSecret(rule string) string {
	id := sha256.Sum256([]byte(rule))
	secret := p.derive("stop", [16]byte(id[:16]))
	return base64.RawURLEncoding.EncodeToString(secret[:24])
}

// Stopping is what a token from a message stops.
type Stopping struct {
	Rule     avow.RuleID
	Class    string
	Language avow.Language
	Stopped  bool // it is stopped already
}

// StopOf says what a token stops, and changes nothing.
func (g *Gate) StopOf(ctx context.Context, id avow.PolicyID, token string) (Stopping, error) {
	s, err := g.of(id)
	if err != nil {
		return Stopping{}, err
	}
	p, rule, err := g.stopper(ctx, s, token)
	if err != nil {
		return Stopping{}, err
	}
	now, err := s.time(g.Now())
	if err != nil {
		return Stopping{}, err
	}
	f := s.inForce.Load()
	t := &turn{served: s, ctx: ctx, gate: g, force: f, program: f.program, now: now, ref: p.state.ref, who: p}
	out := Stopping{Rule: avow.RuleID(rule.ID.Text), Class: rule.Class.Text, Language: t.language(""), Stopped: t.quiet(rule)}
	for _, c := range rule.Choice {
		out.Stopped = out.Stopped || t.chosen(avow.Choice(c.Text), advertises(rule.Class.Text)) != 0
	}
	return out, nil
}

// Stop does what the link in a message promises. It is never refused, and asks
// nobody to sign in (RFC 8058, section 3.1).
func (g *Gate) Stop(ctx context.Context, id avow.PolicyID, token string) (Stopping, avow.Receipt, error) {
	s, err := g.of(id)
	if err != nil {
		return Stopping{}, avow.Receipt{}, err
	}
	p, rule, err := g.stopper(ctx, s, token)
	if err != nil {
		return Stopping{}, avow.Receipt{}, err
	}
	r, err := g.Quiet(ctx, id, p.state.ref, avow.RuleID(rule.ID.Text), true)
	return Stopping{Rule: avow.RuleID(rule.ID.Text), Class: rule.Class.Text, Stopped: true}, r, err
}

// stopper finds whose token it is, and for which rule.
func (g *Gate) stopper(ctx context.Context, s *served, token string) (*person, *syntax.Message, error) {
	unknown := &avow.Error{Code: avow.Unknown, Message: "this link stops nothing", Try: "it may be of an older message; choose in your settings instead"}
	if len(token) != 32 || strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return nil, nil, unknown
	}
	tag, err := s.tag(stopName, []byte(token))
	if err != nil {
		return nil, nil, internal("the link could not be read", err)
	}
	row, ok, err := g.store.Lookup(ctx, s.id, tag)
	if err != nil {
		return nil, nil, internal("the link could not be read", err)
	}
	if !ok {
		return nil, nil, unknown
	}
	p, err := s.open(row)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	f := s.inForce.Load()
	for i := range f.program.File().Messages {
		if m := &f.program.File().Messages[i]; p.stopSecret(m.ID.Text) == token && stoppable(m) {
			return p, m, nil
		}
	}
	return nil, nil, unknown
}
