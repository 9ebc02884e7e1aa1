package gate

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/notice/letter"
	"avow.dev/policy/syntax"
)

// A message to a person is decided twice: when it is caused, in the same change as
// what causes it, and when it goes out. What the person took back in between stops
// it. In between it lies as a letter beside their row, sealed under their key, so
// that it goes when they go; what is due stands in a queue of nobody's, see
// outbox.go. The address is no part of a letter: it is opened at the moment of
// sending, by a decision of its own.

// Channels by which a message travels. Letters and calls are made by hand.
const (
	ByMail  = "email"
	BySMS   = "sms"
	ByPush  = "push"
	InApp   = "in-app"
	ByPost  = "post"
	ByPhone = "phone"
)

// byHand reports whether nothing drives a channel: the message is there at once,
// for the person or for whoever writes letters and makes calls.
func byHand(channel string) bool { return channel == InApp || channel == ByPost || channel == ByPhone }

// Message is something that a person is told.
type Message struct {
	// Class is one of the policy's classes of messages: marketing, partner-offer,
	// service-info, transactional, legal, reply, code or share-delivery.
	Class string
	// Rule is one of several rules of the class; empty for the first that fits.
	Rule avow.RuleID
	// Channel is one of the rule's; empty for its first by which the person can be
	// reached.
	Channel string
	// Template and Params are the text. No parameter can hold personal data; a
	// one-time code goes by class code only.
	Template string
	Params   map[string]string
	Language avow.Language // empty: the one in which the person accepted the policy
	// NotBefore is when it may go out at the earliest, zero for now; Expires when it
	// is not worth sending any more, zero for the class's own time.
	NotBefore, Expires time.Time
	// Datum is the address's kind of data, where the person has several; empty for
	// the first that the rule can use.
	Datum avow.Datum

	item  []byte // of a multi-valued datum: which
	also  []itemName
	cause string // what is told when the message has gone out or could not
}

// Told says what became of a message.
type Told struct {
	ID      string // names the message; says nothing about whose it is; empty if it was refused
	Channel string
	// Reasons are why it does not go out; 0 if it does.
	Reasons avow.Reasons

	way way
}

// Tell sends a message to a person, or refuses to, with evidence of either.
func (g *Gate) Tell(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, m *Message) (Told, avow.Receipt, error) {
	var told Told
	t, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if told, err = t.tell(m); err != nil {
			return err
		}
		if told.Reasons != 0 {
			return &avow.Refusal{Decision: avow.Decision{Reasons: told.Reasons, Policy: t.program.Hash()}}
		}
		w := writer{}
		w.string(told.ID)
		w.string(told.Channel)
		t.extra = w.b
		return nil
	})
	if err != nil {
		return told, avow.Receipt{}, err
	}
	if t.answered != nil {
		r := reader{b: t.extra}
		told = Told{ID: r.string(), Channel: r.string()}
		if err := r.done(); err != nil {
			return Told{}, avow.Receipt{}, internal("a remembered message is malformed", err)
		}
	}
	return told, t.receipt(), nil
}

// tell prepares a message in the turn that causes it. A message that the policy
// does not let out is no error: the reasons are returned, and stand in the
// evidence, and whatever caused it happens all the same.
func (t *turn) tell(m *Message) (Told, error) {
	tmpl, err := t.template(m)
	if err != nil {
		return Told{}, err
	}
	if !t.who.known() || t.who.state.Synthetic { // nobody is there to read it
		return Told{Reasons: avow.NoAccount.Set()}, nil
	}
	way := t.way(m, tmpl)
	t.posted(&way)
	if way.reasons != 0 && !t.passes(way.reasons) || way.rule == nil || way.channel == "" {
		return Told{Channel: way.channel, Reasons: way.reasons, way: way}, nil
	}
	l := &post{rule: way.rule.ID.Text, class: way.rule.Class.Text, channel: way.channel, datum: way.datum, purpose: way.purpose, role: way.role, feature: way.feature,
		template: m.Template, params: m.Params, language: t.language(m.Language), made: t.now, item: m.item, also: m.also, cause: m.cause}
	from := m.NotBefore
	if from.Before(t.now) {
		from = t.now
	}
	if l.expires = m.Expires; l.expires.IsZero() {
		l.expires = from.Add(lifeOf(l))
	}
	id, err := t.enqueue(l, from)
	return Told{ID: id, Channel: way.channel}, err
}

// passes reports whether reasons are let pass because the policy only observes.
func (t *turn) passes(r avow.Reasons) bool { return !t.program.Enforces() && r&binding == 0 && r != 0 }

// template holds a message to its template.
func (t *turn) template(m *Message) (*letter.Template, error) {
	tmpl, ok := t.gate.letters.Template(m.Template)
	if !ok || tmpl.Office || tmpl.Guardian || tmpl.Part {
		return nil, &avow.Error{Code: avow.Invalid, Message: "there is no such template of a message to people", Try: "use one of the templates that are listed"}
	}
	if err := tmpl.Check(m.Params); err != nil {
		return nil, &avow.Error{Code: avow.Invalid, Message: "the parameters do not fit the template of the message",
			Try: "send each parameter that the template lists, of its kind; no personal data fits any", Cause: err}
	}
	if tmpl.Takes(letter.Text) && m.cause == "" {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this template takes words of a desk", Try: "send it from the desk that it belongs to"}
	}
	if tmpl.Takes(letter.Code) && m.Class != "code" {
		return nil, &avow.Error{Code: avow.Invalid, Message: "one-time codes go by messages of class code only", Try: "use class code"}
	}
	return tmpl, nil
}

// way is how a message can reach a person, or the reasons why it cannot.
type way struct {
	rule    *syntax.Message
	channel string
	datum   avow.Datum
	purpose avow.Purpose
	role    avow.Role
	feature avow.Feature
	reasons avow.Reasons
}

// way decides about a message: the first rule and channel with nothing against
// them, or the ones that come nearest.
func (t *turn) way(m *Message, tmpl *letter.Template) way {
	best := way{reasons: avow.VerbUndeclared.Set()}
	for i := range t.program.File().Messages {
		rule := &t.program.File().Messages[i]
		if rule.Class.Text != m.Class || m.Rule != "" && rule.ID.Text != string(m.Rule) {
			continue
		}
		against := t.againstClass(rule, tmpl)
		for _, c := range rule.Channels {
			if m.Channel != "" && m.Channel != c.Text {
				continue
			}
			w := t.reach(rule, c.Text, m)
			w.reasons |= against
			if best.rule == nil || w.reasons.Len() < best.reasons.Len() {
				best = w
			}
			if w.reasons == 0 {
				return w
			}
		}
		if best.rule == nil { // the class is declared, and not by this channel
			best.rule = rule
		}
	}
	return best
}

// againstClass returns what speaks against a message of a rule, by whatever channel
// it would go.
func (t *turn) againstClass(rule *syntax.Message, tmpl *letter.Template) avow.Reasons {
	var r avow.Reasons
	class := rule.Class.Text
	if tmpl.Promotes && rule.Promotion.Text != "allowed" {
		r |= avow.Prohibited.Set()
	}
	if advertises(class) && len(rule.Choice) == 0 {
		r |= avow.ConsentMissing.Set()
	}
	for _, c := range rule.Choice {
		r |= t.chosen(avow.Choice(c.Text), advertises(class))
	}
	if t.quiet(rule) {
		r |= avow.Objected.Set()
	}
	return r
}

// advertises reports whether a class of messages is there to advertise. Such
// messages go on request only.
func advertises(class string) bool { return class == "marketing" || class == "partner-offer" }

// chosen returns the reasons that a choice gives against a message. On request
// means that the person said yes, whatever the kind of the choice.
func (t *turn) chosen(id avow.Choice, onRequest bool) avow.Reasons {
	info, ok := t.program.Choice(id)
	if !ok {
		return avow.ConsentMissing.Set()
	}
	optOut := info.Kind == "opt-out"
	c, said := t.who.state.Choice(id)
	switch {
	case said && c.State == avow.Given:
		if !c.Expires.IsZero() && !t.now.Before(c.Expires) {
			return avow.ConsentExpired.Set()
		}
		return 0
	case said && optOut && (c.State == avow.Refused || c.State == avow.Withdrawn):
		return avow.Objected.Set()
	case said && c.State == avow.Refused:
		return avow.ConsentRefused.Set()
	case said && c.State == avow.Withdrawn:
		return avow.ConsentWithdrawn.Set()
	case optOut && !onRequest:
		return 0
	}
	return avow.ConsentMissing.Set()
}

// reach finds the person's address for a rule and a channel, and asks the policy
// whether it may be used for that.
func (t *turn) reach(rule *syntax.Message, channel string, m *Message) way {
	best := way{rule: rule, channel: channel, reasons: avow.VerbUndeclared.Set()}
	if channel == InApp {
		best.reasons = t.standingReasons()
		if len(rule.For) > 0 {
			best.purpose = avow.Purpose(rule.For[0].Text)
		}
		return best
	}
	if byHand(channel) { // nobody writes letters or makes calls from here yet
		best.reasons = avow.NothingHeld.Set()
		return best
	}
	found := false
	for _, r := range t.force.routes(rule, channel) {
		if m.Datum != "" && r.datum != m.Datum {
			continue
		}
		w := way{rule: rule, channel: channel, datum: r.datum, purpose: r.purpose, role: r.role, feature: r.feature}
		c, held := t.addressCell(r.datum, m.item)
		if !held || !t.force.keepsAsGiven(r.datum) {
			w.reasons = avow.NothingHeld.Set()
		} else {
			w.reasons = t.mayAddress(&w, c)
		}
		if !found || w.reasons.Len() < best.reasons.Len() {
			best, found = w, true
		}
		if w.reasons == 0 {
			break
		}
	}
	return best
}

// standingReasons is what speaks against showing somebody anything.
func (t *turn) standingReasons() avow.Reasons {
	switch t.who.state.Account {
	case avow.Closed:
		return avow.AccountClosed.Set()
	case avow.Closing:
		return avow.ErasurePending.Set()
	case avow.NoRelation, avow.Open, avow.Frozen:
	}
	return 0
}

// mayAddress asks the policy about using an address.
func (t *turn) mayAddress(w *way, c *cell) avow.Reasons {
	req := w.request(t)
	d, _ := t.authorize(&req, 0)
	t.stopped(&req, &d)
	r := d.Reasons
	if len(d.Rulings) == 1 && transforms(d.Rulings[0].Obligations) {
		r |= avow.Prohibited.Set() // the rule opens another form of it, to which nothing can be sent
	}
	if !t.force.given(c, w.rule) {
		r |= avow.PurposeUndeclared.Set()
	}
	if t.over(c) || c.hidden {
		r |= avow.NothingHeld.Set()
	}
	return r
}

// request is the use of an address by a message.
func (w *way) request(t *turn) avow.Request {
	return avow.Request{Policy: t.id, Subject: t.ref, Verb: avow.Use, Data: []avow.Datum{w.datum}, Purpose: w.purpose, Role: w.role, Feature: w.feature, At: t.now}
}

// addressCell returns the cell of an address, which of many is named by its key.
func (t *turn) addressCell(d avow.Datum, item []byte) (*cell, bool) {
	if item == nil {
		c := t.who.body.cell(d)
		return c, c != nil && !c.isFile()
	}
	for i := range t.change.PutNew { // collected in this very turn
		if rec := &t.change.PutNew[i]; rec.Kind == itemKind(d) && string(rec.Key) == string(item) {
			c, err := decodeItem(*rec)
			return &c, err == nil
		}
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, itemKind(d), item)
	if err != nil || !ok {
		return nil, false
	}
	c, err := decodeItem(rec)
	return &c, err == nil
}

// posted records the decision about a message.
func (t *turn) posted(w *way) {
	t.note(evidence.Messaged, func(l *evidence.Leaf) {
		w.fill(l)
		l.Reasons = w.reasons
		switch {
		case w.reasons == 0:
		case t.passes(w.reasons):
			l.Verdict, l.Observe = avow.Refuse, true
		default:
			l.Verdict = avow.Refuse
		}
	})
}

// fill names the words of a message that the policy declares.
func (w *way) fill(l *evidence.Leaf) {
	if w.rule != nil {
		l.Rules = []avow.RuleID{avow.RuleID(w.rule.ID.Text)}
		l.Clauses = syntax.Slugs[avow.ClauseID](w.rule.Clause)
		if len(w.rule.Choice) > 0 {
			l.Choice = avow.Choice(w.rule.Choice[0].Text)
		}
	}
	l.Purpose, l.Role = w.purpose, w.role
	if w.datum != "" {
		l.Data = []avow.Datum{w.datum}
	}
}

// language is the one in which a person is written to.
func (t *turn) language(asked avow.Language) avow.Language {
	served := t.program.Languages()
	for _, l := range []avow.Language{asked, t.who.state.Acceptance.Language} {
		if slices.Contains(served, l) {
			return l
		}
	}
	if len(served) > 0 {
		return served[0]
	}
	return "en"
}

// lifeOf is how long a message is worth sending.
func lifeOf(l *post) time.Duration {
	switch {
	case l.class == "code":
		return 15 * time.Minute
	case byHand(l.channel):
		return 90 * 24 * time.Hour
	case l.class == "legal":
		return 14 * 24 * time.Hour
	}
	return 3 * 24 * time.Hour
}

// enqueue seals a letter and puts it in the queue.
func (t *turn) enqueue(l *post, from time.Time) (string, error) {
	key := timeKey(t.now)
	rec, err := t.who.sealPost(key, l)
	if err != nil {
		return "", err
	}
	at := from
	if byHand(l.channel) { // the entry only takes it away when it is over
		at = l.expires
	}
	t.change.PutNew = append(t.change.PutNew, rec, ticket{due: at, sid: t.who.row.SID, key: key}.record(t.id))
	return hex.EncodeToString(key), nil
}
