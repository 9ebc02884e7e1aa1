package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Moved is one page of a succession.
type Moved struct {
	Succession Succession
	Receipt    avow.Receipt
	// Sealed is an age file of JSON lines, one a person, which only the successor
	// opens; empty where consents were reset instead, or nobody was left.
	Sealed []byte
}

// Heir is one person's line of a page.
type Heir struct {
	Policy  avow.PolicyID     `json:"policy"`
	Hash    avow.Hash         `json:"policy_hash"` // the text that binds the successor
	Subject avow.SubjectRef   `json:"subject"`
	At      time.Time         `json:"at"`
	Purpose []avow.Purpose    `json:"purposes"`
	Items   []Inherited       `json:"items"`
	Choices []InheritedChoice `json:"choices"`
	// Files are large values that stay behind: they are handed over one by one.
	Files []avow.Datum `json:"files,omitempty"`
}

// Inherited is one value.
type Inherited struct {
	Datum  avow.Datum `json:"datum"`
	Value  string     `json:"value,omitempty"`
	Base64 []byte     `json:"base64,omitempty"` // where the value is no text
}

// InheritedChoice is one choice of the person, which goes on binding the successor.
type InheritedChoice struct {
	Choice  avow.Choice `json:"choice"`
	State   string      `json:"state"`
	At      time.Time   `json:"at"`
	Expires time.Time   `json:"expires,omitzero"`
}

// mostMoved is how many numbers of people one page looks at.
const mostMoved = 256

// MoveOn does the next page of an approved succession: it hands over, or resets.
// again repeats the page that was done last, for a caller whom it has not reached.
// Each person leaves evidence of their own, and the whole leaves one when it is
// done, with the number of people and a digest over all pages.
func (g *Gate) MoveOn(ctx context.Context, id avow.PolicyID, matter string, by Officer, again bool) (Moved, error) {
	if err := by.check(); err != nil {
		return Moved{}, err
	}
	m, err := successions.read(ctx, g, id, matter)
	if err != nil {
		return Moved{}, err
	}
	if err := g.mayMove(id, &m); err != nil {
		return Moved{}, err
	}
	from := max(m.Body.Moving.Next, 1)
	if again {
		if m.Body.Moving.Page == 0 {
			return Moved{}, notNow("no page was done yet")
		}
		from = m.Body.Moving.Page
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return Moved{}, internal("the people could not be counted", err)
	}
	p := page{g: g, ctx: ctx, id: id, m: &m}
	to := min(from+mostMoved, end)
	for sid := from; sid < to; sid++ {
		if err := p.person(sid); err != nil {
			return Moved{}, err
		}
	}
	sealed, err := p.seal()
	if err != nil {
		return Moved{}, err
	}
	m, r, err := successions.step(ctx, g, id, matter, by, "moved", func(t *turn, m *Succession) error {
		if err := g.mayMove(id, m); err != nil {
			return err
		}
		v := &m.Body.Moving
		if again && v.Page != from || !again && max(v.Next, 1) != from {
			return notNow("another page was done in between")
		}
		if !again {
			digest := sha256.Sum256(sealed)
			v.Page, v.Next, v.People, v.Refused = from, to, v.People+p.done, v.Refused+p.refused
			v.Chain = sha256.Sum256(append(v.Chain[:], digest[:]...))
			m.State = "under-way"
			if to >= end {
				m.State = "done"
			}
		}
		t.note(evidence.SuccessionStep, func(l *evidence.Leaf) {
			l.Recipient, l.Rules, l.Verdict = m.Body.Recipient, []avow.RuleID{m.Body.Rule}, avow.Allow
			l.Count, l.Detail = v.People, v.Chain
		})
		if m.State != "done" || !m.Body.Bound() {
			return nil
		}
		return t.unfile(m.Body.Recipient, m.ID) // the way closes behind it
	})
	if err != nil {
		return Moved{}, err
	}
	return Moved{m, r, sealed}, nil
}

// mayMove makes sure that a succession is approved, and that the policy in force is
// the one that was signed.
func (g *Gate) mayMove(id avow.PolicyID, m *Succession) error {
	if m.State != "approved" && m.State != "under-way" {
		return notNow("a succession moves when it is approved, until it is done")
	}
	p, err := g.Program(id)
	if err != nil {
		return err
	}
	if m.Body.Policy != p.Hash() {
		return notNow("the policy has changed since it was approved; withdraw it, and have the text in force signed")
	}
	return nil
}

// page is a page under way.
type page struct {
	g             *Gate
	ctx           context.Context
	id            avow.PolicyID
	m             *Succession
	out           bytes.Buffer
	done, refused int64
}

// person hands one person over, or resets what they agreed to. Somebody who is gone,
// or is being erased, is nobody any more.
func (p *page) person(sid int64) error {
	s, err := p.g.of(p.id)
	if err != nil {
		return err
	}
	row, ok, err := p.g.store.Load(p.ctx, sid)
	if err != nil {
		return internal("a person's record could not be read", err)
	}
	if !ok || row.Policy != p.id {
		return nil
	}
	who, err := s.open(row)
	if err != nil {
		return unlessGone(unreadable(err))
	}
	if who.isOffice() || who.state.Synthetic {
		return nil
	}
	if !p.m.Body.Bound() {
		return p.reset(who.state.ref)
	}
	return p.handOver(who)
}

func (p *page) handOver(who *person) error {
	f, err := p.g.Program(p.id)
	if err != nil {
		return err
	}
	line := Heir{Policy: p.id, Hash: f.Hash(), Subject: who.state.ref, At: p.g.Now(), Purpose: []avow.Purpose{}, Items: []Inherited{}, Choices: []InheritedChoice{}}
	left := false
	for i := range f.File().Share {
		r := &f.File().Share[i]
		if r.Verb.Text != avow.Transfer.String() || !syntax.Has(r.To, string(p.m.Body.Recipient)) {
			continue
		}
		why := avow.Purpose(r.For[0].Text)
		shown, err := p.g.Transfer(p.ctx, &avow.Request{Policy: p.id, Subject: who.state.ref, Data: syntax.Slugs[avow.Datum](r.Data), Purpose: why, Recipient: p.m.Body.Recipient})
		if _, refused := errors.AsType[*avow.Refusal](err); refused {
			continue
		}
		if err != nil {
			return err
		}
		left = true
		line.Purpose = once(line.Purpose, why)
		for _, it := range shown.Items {
			line.Items = append(line.Items, inherited(it))
		}
		for _, file := range shown.Files {
			line.Files = append(line.Files, file.Datum)
		}
		wipe(shown.Items)
	}
	if !left {
		p.refused++
		return nil
	}
	for _, c := range who.state.Choices {
		line.Choices = append(line.Choices, InheritedChoice{c.Choice, c.State.String(), c.At, c.Expires})
	}
	p.done++
	if err := json.NewEncoder(&p.out).Encode(&line); err != nil {
		return internal("a person's line could not be written", err)
	}
	return nil
}

func inherited(it Item) Inherited {
	raw := it.Value.Expose()
	if utf8.Valid(raw) {
		return Inherited{Datum: it.Datum, Value: string(raw)}
	}
	return Inherited{Datum: it.Datum, Base64: slices.Clone(raw)}
}

// reset takes every yes of a person out: they are asked anew, and until then what
// needs it is shut.
func (p *page) reset(ref avow.SubjectRef) error {
	_, err := p.g.take(p.ctx, p.id, ref, func(t *turn) error {
		if !t.who.known() {
			return nil
		}
		for _, c := range slices.Clone(t.who.state.Choices) {
			info, ok := t.program.Choice(c.Choice)
			if !ok || c.State != avow.Given {
				continue
			}
			c.State, c.At, c.Expires, c.Notice = avow.NotAsked, t.now, time.Time{}, t.program.Hash()
			t.who.state.choose(c)
			t.say(saidChoice, func(w *writer) { appendChosen(w, &c) })
			t.who.body.lookSoon(t.now)
			t.touched = true
			if err := t.event(evidence.ConsentReset, c, info, &Agreement{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		p.done++
	}
	return err
}

// seal seals the page to the successor, and wipes it.
func (p *page) seal() ([]byte, error) {
	if p.out.Len() == 0 {
		return nil, nil
	}
	defer clear(p.out.Bytes())
	to, err := age.ParseX25519Recipient(p.m.Body.Key)
	if err != nil {
		return nil, internal("the successor's key could not be read", err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(p.out.Bytes())
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, internal("the page could not be sealed", err)
	}
	return sealed.Bytes(), nil
}
