package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"avow.dev"
	"avow.dev/detect"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Content is something that a person is about to publish or to send, or that
// somebody reports.
type Content struct {
	Policy  avow.PolicyID
	Subject avow.SubjectRef // who wrote it
	Where   string          // public-post, profile, peer-message or off-platform-report
	Text    Value           // UTF-8, at most 64 KiB
	// Names are the ids and nicknames of members that the application knows to
	// stand in the text; everybody addressed by @ counts without being named.
	Names []string
}

// Review is what the policy does about contact details in content.
type Review struct {
	Action  string // allow, warn, hold or block
	Found   []detect.Finding
	Receipt avow.Receipt
	// Held is the id under which officers decide, if the action is hold.
	Held string
}

// The actions, the mildest first.
var contentActions = []string{"allow", "warn", "hold", "block"}

// contentPlaces are the places that rules about content speak of.
var contentPlaces = []string{"public-post", "profile", "peer-message", "off-platform-report"}

// mostContent is how long a text may be, in bytes.
const mostContent = 64 << 10

// Check looks for contact details of people in content and says what the policy
// does about them. The evidence holds the rules and the action, and nothing of the
// text. A text to be held is kept, sealed, until somebody decided about it.
func (g *Gate) Check(ctx context.Context, c *Content) (Review, error) {
	text := string(c.Text.Expose())
	switch {
	case !slices.Contains(contentPlaces, c.Where):
		return Review{}, &avow.Error{Code: avow.Invalid, Message: "this is no place where content appears", Try: "use public-post, profile, peer-message or off-platform-report"}
	case text == "" || len(text) > mostContent || !utf8.ValidString(text):
		return Review{}, &avow.Error{Code: avow.Invalid, Message: "there is no text, or it is no UTF-8, or longer than 64 KiB", Try: "send the text in parts"}
	}
	contacts := detect.Contacts(text)
	all := append(slices.Clone(contacts), detect.Named(text, contacts, c.Names)...)
	s, err := g.of(c.Policy)
	if err != nil {
		return Review{}, err
	}
	if len(s.inForce.Load().program.File().Content) > 0 {
		if err := g.openOffice(ctx, s); err != nil {
			return Review{}, err
		}
	}
	var out Review
	t, err := g.take(repeatable(ctx), c.Policy, c.Subject, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		var rules []*syntax.Content
		out, rules = t.force.review(c.Where, all)
		if out.Action == "hold" {
			var err error
			if out.Held, err = t.holdContent(c, out.Found); err != nil {
				return err
			}
		}
		t.note(evidence.Checked, func(l *evidence.Leaf) {
			l.Count = int64(len(out.Found))
			if out.Action == "hold" || out.Action == "block" {
				l.Verdict, l.Reasons = avow.Refuse, avow.ContactDetails.Set()
			}
			for _, r := range rules {
				l.Rules = once(l.Rules, avow.RuleID(r.ID.Text))
				for _, w := range r.Clause {
					l.Clauses = once(l.Clauses, avow.ClauseID(w.Text))
				}
			}
		})
		return nil
	})
	if err != nil {
		return Review{}, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// review returns the strictest action of the rules about a place, what they found,
// and those that apply.
func (f *force) review(where string, all []detect.Finding) (Review, []*syntax.Content) {
	out := Review{Action: contentActions[0]}
	var rules []*syntax.Content
	for i := range f.program.File().Content {
		r := &f.program.File().Content[i]
		if !syntax.Has(r.Where, where) {
			continue
		}
		applies := false
		for _, d := range all {
			if syntax.Has(r.Finds, string(d.Kind)) {
				applies = true
				if !slices.Contains(out.Found, d) {
					out.Found = append(out.Found, d)
				}
			}
		}
		if applies {
			rules = append(rules, r)
			out.Action = contentActions[max(slices.Index(contentActions, out.Action), slices.Index(contentActions, r.Action.Text))]
		}
	}
	return out, rules
}

// contactless adds a reason against publishing a text in which rules about
// profiles find contact details. Kinds of data that are contact details by what
// they are have rules of their own.
func (t *turn) contactless(req *avow.Request, d *avow.Decision) error {
	if req.Verb != avow.Publish || len(t.program.File().Content) == 0 || !t.who.known() {
		return nil
	}
	for i, datum := range req.Data {
		info, ok := t.program.Datum(datum)
		if !ok || i >= len(d.Rulings) || info.Type != "text" && info.Type != "json" && info.Type != "" {
			continue
		}
		var shown Shown
		err := t.readDatum(&info, nil, req.Purpose, &shown)
		for _, item := range shown.Items {
			if r, _ := t.force.review("profile", detect.Contacts(string(item.Value.Expose()))); r.Action == "block" || r.Action == "hold" {
				against(d, i, avow.ContactDetails.Set())
			}
		}
		wipe(shown.Items)
		if err != nil {
			return err
		}
	}
	return nil
}

// heldContent is a text that waits for somebody to decide. The text itself lies beside
// whoever wrote it, under their key and the matter's, so that it goes with them.
type heldContent struct {
	SID    int64            `json:"sid"` // who wrote it
	Where  string           `json:"where"`
	Found  []detect.Finding `json:"found"`
	Reason string           `json:"reason,omitempty"` // of the decision
}

// HeldContent is a matter of the desk for content.
type HeldContent struct {
	ID     string
	State  string // held, released or refused
	Opened time.Time
	Due    time.Time
	Where  string
	Text   Value // only while it is held, and only for officers
	Found  []detect.Finding
	Steps  []Step
}

var contentDesk = desk[heldContent]{"content", evidence.ContentDecided}

// ContentWait is by when a held text is to be decided about.
const ContentWait = 72 * time.Hour

// thisGate is who opens matters that nobody of the controller's people opened.
var thisGate = Officer{Person: "avow"}

// heldKind is the kind of record (of a person) that holds a text that waits.
const heldKind = "held-content"

// holdContent opens a matter about what the person of the turn wrote.
func (t *turn) holdContent(c *Content, found []detect.Finding) (string, error) {
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return "", err
	}
	key := newMatterKey(t.now)
	sealed, err := t.who.seal(heldKind, keyVersion(key), c.Text.Expose())
	if err != nil {
		return "", internal("the text could not be sealed", err)
	}
	t.restOn(office)
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: heldKind, Key: key, Body: sealed})
	t.note(evidence.ContentDecided, nil)
	t.entries[len(t.entries)-1].about = office
	m := Matter[heldContent]{State: "held", Opened: t.now, Due: t.now.Add(ContentWait), Steps: []Step{{t.now, thisGate, "held", "held"}},
		Body: heldContent{SID: t.who.row.SID, Where: c.Where, Found: found}}
	return hex.EncodeToString(key), contentDesk.put(t, office, key, &m, thisGate)
}

// writer opens who wrote a held text; nil if they are gone, and the text with them.
func (g *Gate) writer(ctx context.Context, s *served, sid int64) (*person, error) {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return nil, internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != s.id {
		return nil, nil
	}
	p, err := s.open(row)
	if err != nil {
		return nil, unlessGone(unreadable(err))
	}
	return p, nil
}

// heldText opens a text that waits; nothing of it if whoever wrote it is gone.
func (g *Gate) heldText(ctx context.Context, s *served, m *Matter[heldContent]) (Value, bool, error) {
	p, err := g.writer(ctx, s, m.Body.SID)
	if err != nil || p == nil {
		return Value{}, false, err
	}
	key, err := matterKey(m.ID)
	if err != nil {
		return Value{}, false, err
	}
	rec, ok, err := g.store.Get(ctx, p.row.SID, heldKind, key)
	if err != nil {
		return Value{}, false, internal("the text could not be read", err)
	}
	if !ok {
		return Value{}, false, nil
	}
	raw, err := p.unseal(heldKind, keyVersion(key), rec.Body)
	if err != nil {
		return Value{}, false, internal("the text could not be opened", err)
	}
	defer clear(raw)
	return NewValue(raw), true, nil
}

// waits lists the matters that wait for a decision, of people who are still there.
func (g *Gate) waits(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Matter[heldContent], error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	var trouble error
	all, err := contentDesk.list(ctx, g, id, after, limit, func(m *Matter[heldContent]) bool {
		if m.State != "held" || trouble != nil {
			return false
		}
		p, err := g.writer(ctx, s, m.Body.SID)
		trouble = err
		return p != nil
	})
	return all, errors.Join(err, trouble)
}

// WaitingContents lists what waits for a decision without the texts.
func (g *Gate) WaitingContents(ctx context.Context, id avow.PolicyID, after string, limit int) ([]HeldContent, error) {
	all, err := g.waits(ctx, id, after, limit)
	out := make([]HeldContent, len(all))
	for i := range all {
		out[i] = heldOf(&all[i])
	}
	return out, err
}

// HeldContents opens what waits for a decision, the longest waiting first, for
// officers: with the texts, which leaves evidence, also with those who wrote them.
func (g *Gate) HeldContents(ctx context.Context, id avow.PolicyID, by Officer, o *Look, after string, limit int) ([]HeldContent, avow.Receipt, error) {
	all, err := g.waits(ctx, id, after, limit)
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	return g.openHeld(ctx, id, by, o, "", all)
}

// OpenContent opens one text that waits for a decision, like [Gate.HeldContents].
func (g *Gate) OpenContent(ctx context.Context, id avow.PolicyID, matter string, by Officer, o *Look) (HeldContent, avow.Receipt, error) {
	m, err := contentDesk.read(ctx, g, id, matter)
	if err == nil && m.State != "held" {
		err = errNoMatter()
	}
	if err != nil {
		return HeldContent{}, avow.Receipt{}, err
	}
	all, r, err := g.openHeld(ctx, id, by, o, matter, []Matter[heldContent]{m})
	if err == nil && len(all) == 0 {
		err = errNoMatter()
	}
	if err != nil {
		return HeldContent{}, avow.Receipt{}, err
	}
	return all[0], r, nil
}

func (g *Gate) openHeld(ctx context.Context, id avow.PolicyID, by Officer, o *Look, of string, all []Matter[heldContent]) ([]HeldContent, avow.Receipt, error) {
	sid := int64(0)
	if len(all) == 1 {
		sid = all[0].Body.SID
	}
	says, err := g.opens(ctx, id, by, o, opensContent, of, sid)
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	t, err := g.takeOffice(repeatable(ctx), id, func(t *turn) error {
		t.note(evidence.ContentRead, func(l *evidence.Leaf) {
			says(t, l)
			l.Count = int64(len(all))
		})
		return nil
	})
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	out := make([]HeldContent, 0, len(all))
	for i := range all {
		if err := g.tellWriter(ctx, t.served, all[i].Body.SID, says); err != nil {
			return nil, avow.Receipt{}, err
		}
	}
	for i := range all {
		text, there, err := g.heldText(ctx, t.served, &all[i])
		if err != nil {
			return nil, avow.Receipt{}, err
		}
		if !there {
			continue
		}
		h := heldOf(&all[i])
		h.Text = text
		if o.Masked {
			known, err := g.identitiesOf(ctx, id, all[i].Body.SID)
			if err != nil {
				return nil, avow.Receipt{}, err
			}
			h.Text = mask(h.Text, known)
			wipeAll(known)
		}
		out = append(out, h)
	}
	return out, t.receipt(), nil
}

// tellWriter leaves evidence with whoever wrote a held text that it was read.
// Somebody who is not known, or not any more, has no trail.
func (g *Gate) tellWriter(ctx context.Context, s *served, sid int64, says func(*turn, *evidence.Leaf)) error {
	p, err := g.writer(ctx, s, sid)
	if err != nil || p == nil {
		return err
	}
	_, err = g.take(repeatable(ctx), s.id, p.state.ref, func(t *turn) error {
		if !t.who.known() || t.who.row.SID != sid {
			return nil
		}
		t.note(evidence.ContentRead, func(l *evidence.Leaf) { says(t, l) })
		return nil
	})
	return err
}

// DecideContent lets a held text go, or refuses it. Either way it is not kept here
// any longer.
func (g *Gate) DecideContent(ctx context.Context, id avow.PolicyID, matter string, by Officer, release bool, reason string) (HeldContent, avow.Receipt, error) {
	if len(reason) > 1024 {
		return HeldContent{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "the reason is longer than 1024 bytes", Try: "send a shorter one"}
	}
	did, state := "released", "released"
	if !release {
		did, state = "refused", "refused"
	}
	m, r, err := contentDesk.step(ctx, g, id, matter, by, did, func(t *turn, m *Matter[heldContent]) error {
		if m.State != "held" {
			return &avow.Error{Code: avow.Conflict, Message: "this was decided about already", Try: "list what is held"}
		}
		key, err := matterKey(m.ID)
		if err != nil {
			return err
		}
		m.State, m.Due, m.Body.Reason = state, time.Time{}, reason
		t.change.Delete = append(t.change.Delete, Record{SID: m.Body.SID, Kind: heldKind, Key: key})
		t.note(evidence.ContentDecided, func(l *evidence.Leaf) {
			if !release {
				l.Verdict, l.Reasons = avow.Refuse, avow.ContactDetails.Set()
			}
		})
		return nil
	})
	return heldOf(&m), r, err
}

// ContentOutcome says how things stand with a held text, for the application that
// sent it.
func (g *Gate) ContentOutcome(ctx context.Context, id avow.PolicyID, matter string) (HeldContent, error) {
	m, err := contentDesk.read(ctx, g, id, matter)
	return heldOf(&m), err
}

func heldOf(m *Matter[heldContent]) HeldContent {
	return HeldContent{ID: m.ID, State: m.State, Opened: m.Opened, Due: m.Due, Where: m.Body.Where, Found: m.Body.Found, Steps: m.Steps}
}
