package gate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault/blob"
)

// interrupted is how long a step here may wait before it counts as failed.
const interrupted = time.Minute

// byItself brings the steps further that need nobody, and reports whether it did.
func (t *turn) byItself(m *Fulfilment) (bool, error) {
	f := &m.Body
	changed := false
	for i := range f.Steps {
		s := &f.Steps[i]
		switch {
		case s.Store == StoreBackups && s.State == StepWaiting && !t.now.Before(s.Until):
			s.is(StepDone, "over", t.now)
			t.noteOf(m, evidence.FulfilmentStep, func(l *evidence.Leaf) { s.Leaf = l.ID })
			changed = true
		case (s.Store == StoreKey || s.Store == StoreFiles) && (s.State == StepWaiting || s.State == StepFailed):
			left, err := t.leftOf(m, s.Store)
			if err != nil {
				return false, err
			}
			switch {
			case !left:
				s.is(StepDone, "", t.now)
				changed = true
			case s.State == StepWaiting && t.now.Sub(s.At) >= interrupted:
				s.is(StepFailed, "interrupted", t.now)
				changed = true
			}
		case !s.settled() && !t.now.Before(m.Opened.Add(factsLife)) && (s.State == StepWaiting || len(s.HandOvers) > 0 || f.Ref != ""):
			s.HandOvers = nil
			s.is(StepFailed, "too-late", t.now)
			changed = true
		}
	}
	if !t.now.Before(m.Opened.Add(factsLife)) {
		f.Ref = ""
	}
	return changed, nil
}

// leftOf reports whether something of a store is still to be destroyed.
func (t *turn) leftOf(m *Fulfilment, store string) (bool, error) {
	f := &m.Body
	kind := retiringKind(t.id)
	is := func(rec *Record) bool { return string(rec.Body) == string(f.Leaf[:]) }
	switch {
	case store == StoreFiles:
		kind = fileKind(t.id)
		is = func(rec *Record) bool {
			r := reader{b: rec.Body}
			return len(rec.Key) == len(blob.ID{}) && r.uint() == f.Slot
		}
	case f.whole():
		return false, nil // the key goes before it is known who has to be told
	}
	recs, err := t.gate.scanAll(t.ctx, 0, kind)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(recs, func(r Record) bool { return is(&r) }), nil
}

// lookAgainAt brings a fulfilment further as far as it goes by itself.
func (g *Gate) lookAgainAt(ctx context.Context, s *served, matter string) error {
	return g.onFulfilment(ctx, s, matter, "went-on", (*turn).byItself)
}

// stepStore is a step on one store of a fulfilment, by its number from 0.
func (g *Gate) stepStore(ctx context.Context, id avow.PolicyID, matter string, n int, by Officer, did string, act func(*turn, *Fulfilment, *StoreStep) error) (Fulfilment, avow.Receipt, error) {
	m, r, err := fulfilments.step(ctx, g, id, matter, by, did, func(t *turn, m *Fulfilment) error {
		if n < 0 || n >= len(m.Body.Steps) {
			return &avow.Error{Code: avow.Unknown, Message: "there is no such step", Try: "read the fulfilment, and count its steps from 0"}
		}
		if err := act(t, m, &m.Body.Steps[n]); err != nil {
			return err
		}
		tidyFulfilment(m, t.now)
		return nil
	})
	return unnamed(m), r, err
}

// RetryStep tries one step again that has failed: a recipient's webhook, what the
// application could not do, or what was interrupted here. A step that is left to
// somebody's hand is tried by webhook if the recipient has one by now.
func (g *Gate) RetryStep(ctx context.Context, id avow.PolicyID, matter string, n int, by Officer) (Fulfilment, avow.Receipt, error) {
	s, err := g.of(id)
	if err != nil {
		return Fulfilment{}, avow.Receipt{}, err
	}
	here := false
	m, r, err := g.stepStore(ctx, id, matter, n, by, "tried-again", func(t *turn, m *Fulfilment, s *StoreStep) error {
		here = false
		if s.State != StepFailed && !s.NeedsHand() {
			return notNow("only what has failed is tried again")
		}
		if s.Why == "too-late" {
			return notNow("nobody knows any more whom it is about")
		}
		t.noteOf(m, evidence.FulfilmentStep, func(l *evidence.Leaf) {
			l.Recipient, l.Role = known(t.force.words.recipients, s.Recipient), known(t.force.words.roles, by.Role)
		})
		switch s.Store {
		case StoreRecipient:
			if h, err := t.anyHook(s.Recipient); err != nil || h.to == "" {
				return cmp.Or(err, notNow("the recipient has no webhook on file; tell them by hand"))
			}
			return t.tellOn(m, n)
		case StoreApp:
			if m.Body.Ref == "" {
				return notNow("the application cannot be told whom it is about, because data was put back from a backup")
			}
			s.is(StepWaiting, "", t.now)
		case StoreKey, StoreFiles:
			s.is(StepWaiting, "", t.now)
			here = true
		}
		return nil
	})
	if err != nil || !here {
		return m, r, err
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := g.recover(ctx, s); err != nil {
		return m, r, err
	}
	if err := g.retire(ctx, s); err != nil {
		return m, r, err
	}
	if err := g.sweepFiles(ctx, s, &Swept{}); err != nil {
		return m, r, err
	}
	if err := g.lookAgainAt(ctx, s, matter); err != nil {
		return m, r, err
	}
	m, err = g.ReadFulfilment(ctx, id, matter)
	return m, r, err
}

// mostTellingAnswer bounds what is put down of a recipient's answer, in bytes.
const mostTellingAnswer = 1000

// TellByHand puts down that somebody told a recipient, or the application's people, and
// what they answered. It can be said once more when an answer comes.
func (g *Gate) TellByHand(ctx context.Context, id avow.PolicyID, matter string, n int, by Officer, told *ToldByHand) (Fulfilment, avow.Receipt, error) {
	return g.stepStore(ctx, id, matter, n, by, "told-by-hand", func(t *turn, m *Fulfilment, s *StoreStep) error {
		again := s.State == StepDone && s.ByHand != nil
		switch {
		case s.Store != StoreRecipient && s.Store != StoreApp:
			return notNow("this is done here, and by nobody's hand")
		case s.State == StepNotNeeded || s.State == StepDone && !again:
			return notNow("it is done")
		case s.State == StepWaiting && s.Way == byHook:
			return notNow("the recipient's webhook is being told; wait until it is, or is given up")
		case told.On.IsZero() || told.On.After(t.now) || told.On.Before(m.Opened.Add(-24*time.Hour)):
			return &avow.Error{Code: avow.Invalid, Message: "it is not said when they were told, or it was before there was anything to tell", Try: "send a day that has been"}
		case !slices.Contains(TellingChannels(), told.Channel):
			return &avow.Error{Code: avow.Invalid, Message: "it is not said how they were told", Try: "use one of: " + strings.Join(TellingChannels(), ", ")}
		case len(told.Answer) > mostTellingAnswer:
			return &avow.Error{Code: avow.Invalid, Message: "the answer is longer than 1000 bytes", Try: "say what it comes to, and name nobody"}
		}
		s.ByHand = &ToldByHand{By: by, On: told.On.UTC(), Channel: told.Channel, Answer: told.Answer}
		if !again {
			s.Tries++
			s.is(StepDone, "", t.now)
		}
		t.noteTold(m, s, by.Role)
		return nil
	})
}

// What the application answers to a step of its own.
const (
	AppDone     = "done"
	AppNothing  = "nothing-held"
	AppKeeps    = "kept-by-law" // it may not erase, for a duty of its own; somebody looks at it
	AppTroubled = "error"       // it could not; somebody looks at it
)

// AppStep is what the application has to do with what it keeps itself.
type AppStep struct {
	ID      string // of the fulfilment
	Right   string
	Subject avow.SubjectRef
	Data    []avow.Datum
	Since   time.Time
}

// AppSteps lists what waits for the application, the oldest first: at most limit, after a
// given one ("" for the first). It comes again until it is answered.
func (g *Gate) AppSteps(ctx context.Context, id avow.PolicyID, after string, limit int) ([]AppStep, error) {
	waits := func(m *Fulfilment) bool {
		s := m.Body.step(StoreApp)
		return s != nil && s.State == StepWaiting
	}
	all, err := fulfilments.list(ctx, g, id, after, limit, waits)
	var out []AppStep
	for i := range all {
		m := &all[i]
		s := m.Body.step(StoreApp)
		out = append(out, AppStep{ID: m.ID, Right: m.Body.Right, Subject: m.Body.Ref, Data: s.Data, Since: s.At})
	}
	return out, err
}

// AnswerAppStep takes the application's word on its step: one of AppDone, AppNothing,
// AppKeeps, AppTroubled. The same word again changes nothing.
func (g *Gate) AnswerAppStep(ctx context.Context, id avow.PolicyID, matter, word, via string) (avow.Receipt, error) {
	_, r, err := fulfilments.step(ctx, g, id, matter, Officer{Person: "application", Via: via}, "app-answered", func(t *turn, m *Fulfilment) error {
		s := m.Body.step(StoreApp)
		if s == nil || s.State == StepNotNeeded && s.Why == "nothing-held" && s.Tries == 0 {
			return &avow.Error{Code: avow.Unknown, Message: "nothing waits for the application there", Try: "list what waits"}
		}
		state, why := StepFailed, word
		switch word {
		case AppDone:
			state, why = StepDone, ""
		case AppNothing:
			state = StepNotNeeded
		case AppKeeps, AppTroubled:
		default:
			return &avow.Error{Code: avow.Invalid, Message: "this is no answer", Try: "send done, nothing-held, kept-by-law or error"}
		}
		if s.settled() && s.State != state {
			return notNow("it was answered otherwise before")
		}
		if s.State != state || s.Why != why {
			s.Tries++
			s.is(state, why, t.now)
		}
		t.noteTold(m, s, "")
		tidyFulfilment(m, t.now)
		return nil
	})
	return r, err
}

// sweepFulfilments brings further what goes on by itself, and forgets what is over.
func (g *Gate) sweepFulfilments(ctx context.Context, s *served, _ *Swept) error {
	return fulfilments.overdue(ctx, g, s.id, g.Now(), func(m *Fulfilment) error {
		switch {
		case m.State == "begun" && m.Body.whole():
			return nil // its erasure is completed by whoever finishes erasures
		case m.State == "begun":
			return g.reachOut(ctx, s, m.ID)
		case m.State == "done" && !g.Now().Before(m.Body.Finished.Add(fulfilmentLife)):
			return g.forgetFulfilment(ctx, s, m)
		}
		return g.lookAgainAt(ctx, s, m.ID)
	})
}

// forgetFulfilment takes a fulfilment away. The evidence stays.
func (g *Gate) forgetFulfilment(ctx context.Context, s *served, m *Fulfilment) error {
	key, err := matterKey(m.ID)
	if err != nil {
		return err
	}
	_, err = g.takeOffice(ctx, s.id, func(t *turn) error {
		sid := t.who.row.SID
		t.change.Delete = append(t.change.Delete, Record{SID: sid, Kind: fulfilments.records(), Key: key}, Record{SID: sid, Kind: fulfilments.clocks(), Key: dueKey(m.wasDue, key)},
			Record{Kind: fulfilmentOf(s.id), Key: m.Body.Leaf[:]})
		if m.Body.SID != 0 {
			t.change.Delete = append(t.change.Delete, Record{SID: m.Body.SID, Kind: ownFulfilment, Key: key})
		}
		return nil
	})
	return err
}
