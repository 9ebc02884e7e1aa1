package gate

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"avow.dev"
)

// Counting says how far a count of everybody has come. People are looked at a page
// at a time, and how far it came is kept with what was found: a count that a restart
// interrupts goes on where it was.
type Counting struct {
	Began time.Time `json:"began"`
	Next  int64     `json:"next"` // number of the person who is looked at next
	End   int64     `json:"end"`  // the first number that is not looked at
}

// Looked is how many of how many numbers were looked at.
func (c *Counting) Looked() (n, of int64) { return c.Next - 1, max(c.End-1, 1) }

// countPage is how many people are looked at before what was found is kept.
const countPage = 512

// A count under way. Found holds no name and no reference, only numbers.
type countUnderWay struct {
	Counting
	By    Officer         `json:"by"`    // who asked for it
	About string          `json:"about"` // what is counted; when that is another, it begins anew
	Found json.RawMessage `json:"found,omitempty"`
}

// countPrefix is where counts under way lie among the records of a policy.
const countPrefix = "count/"

func countKey(what string) []byte { return []byte(countPrefix + what) }

// CountingOn returns a channel that has something when a count may go on.
func (g *Gate) CountingOn() <-chan struct{} { return g.counts }

// beginCount has everybody counted, from the first person on, whatever of the same
// count was under way.
func (g *Gate) beginCount(ctx context.Context, id avow.PolicyID, what string, by Officer) error {
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return internal("the people could not be counted", err)
	}
	g.counting.Lock()
	defer g.counting.Unlock()
	u := countUnderWay{Counting: Counting{Began: g.Now(), Next: 1, End: end}, By: by}
	if err := g.keepCount(ctx, id, what, &u); err != nil {
		return err
	}
	select {
	case g.counts <- struct{}{}:
	default:
	}
	return nil
}

func (g *Gate) keepCount(ctx context.Context, id avow.PolicyID, what string, u *countUnderWay) error {
	_, err := g.commit(ctx, &Change{Policy: id, Put: []Record{{Kind: policyKind(id), Key: countKey(what), Body: mustJSON(u)}}})
	if err != nil {
		return internal("it could not be kept how far counting has come", err)
	}
	return nil
}

func (g *Gate) dropCount(ctx context.Context, id avow.PolicyID, what string) error {
	_, err := g.commit(ctx, &Change{Policy: id, Delete: []Record{{Kind: policyKind(id), Key: countKey(what)}}})
	if err != nil {
		return internal("a count could not be ended", err)
	}
	return nil
}

// underWay returns a count that has begun and not ended.
func (g *Gate) underWay(ctx context.Context, id avow.PolicyID, what string) (u countUnderWay, ok bool, err error) {
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), countKey(what))
	if err != nil || !ok {
		if err != nil {
			err = internal("it could not be read how far counting has come", err)
		}
		return u, false, err
	}
	if err := json.Unmarshal(rec.Body, &u); err != nil {
		return u, false, internal("a count under way is malformed", errBody)
	}
	return u, true, nil
}

// Count takes every count that has begun to its end, and returns how many people were
// looked at. It is the work of a caretaker: whoever asks for a count does not wait.
func (g *Gate) Count(ctx context.Context) (int64, error) {
	total := int64(0)
	for _, id := range g.Policies() {
		s, err := g.of(id)
		if err != nil {
			continue
		}
		begun, err := g.countsOf(ctx, id)
		if err != nil {
			return total, err
		}
		for _, what := range begun {
			for more := true; more; {
				if err := ready(ctx); err != nil {
					return total, err
				}
				var n int64
				n, more, err = g.countOn(ctx, s, what)
				total += n
				if err != nil {
					return total, err
				}
			}
		}
	}
	return total, nil
}

// countsOf lists the counts of a policy that have begun.
func (g *Gate) countsOf(ctx context.Context, id avow.PolicyID) ([]string, error) {
	recs, err := g.store.Scan(ctx, 0, policyKind(id), []byte(countPrefix), scanPage)
	if err != nil {
		return nil, internal("the counts under way could not be read", err)
	}
	var out []string
	for _, rec := range recs {
		what, ours := strings.CutPrefix(string(rec.Key), countPrefix)
		if !ours {
			break
		}
		out = append(out, what)
	}
	return out, nil
}

// counter is what counts one kind of thing.
type counter interface {
	// take says what is counted. ok is false if nothing is any more.
	take(t *turn) (about string, ok bool, err error)
	// person counts the person of the turn.
	person(t *turn) error
	found() any // what was found so far, to be kept and gone on from
	// end keeps the result, and ends the count in the same transaction.
	end(t *turn, u *countUnderWay) error
}

// countOn looks at one page of people.
func (g *Gate) countOn(ctx context.Context, s *served, what string) (n int64, more bool, err error) {
	g.counting.Lock()
	defer g.counting.Unlock()
	u, ok, err := g.underWay(ctx, s.id, what)
	if err != nil || !ok {
		return 0, false, err
	}
	f := s.inForce.Load()
	t := turn{served: s, ctx: ctx, gate: g, force: f, program: f.program}
	if t.now, err = s.time(g.Now()); err != nil {
		return 0, false, err
	}
	var c counter = &census{}
	if matter, is := strings.CutPrefix(what, changeCount); is {
		c = &concerning{matter: matter}
	}
	about, ok, err := c.take(&t)
	if err != nil || !ok {
		if err == nil {
			err = g.dropCount(ctx, s.id, what)
		}
		return 0, false, err
	}
	if u.About != about {
		u.About, u.Next, u.Found = about, 1, nil
	}
	if len(u.Found) > 0 {
		if err := json.Unmarshal(u.Found, c.found()); err != nil {
			return 0, false, internal("a count under way is malformed", errBody)
		}
	}
	for ; n < countPage && u.Next < u.End; n++ {
		if err := t.countOne(u.Next, c); err != nil {
			return n, false, err
		}
		u.Next++
	}
	if u.Next >= u.End {
		return n, false, c.end(&t, &u)
	}
	u.Found = mustJSON(c.found())
	return n, true, g.keepCount(ctx, s.id, what, &u)
}

// countOne has one person counted, unless they are made up, being erased or the office.
func (t *turn) countOne(sid int64, c counter) error {
	row, ok, err := t.gate.store.Load(t.ctx, sid)
	if err != nil {
		return internal("a person's record could not be read", err)
	}
	if !ok || row.Policy != t.id {
		return nil
	}
	if t.who, err = t.open(row); err != nil {
		return unlessGone(unreadable(err))
	}
	if st := &t.who.state; t.who.isOffice() || st.Synthetic || st.Account == avow.Closing {
		return nil
	}
	return c.person(t)
}
