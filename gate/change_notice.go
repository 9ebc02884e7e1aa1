package gate

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
)

// Version is one version of a policy as everybody may know it.
type Version struct {
	Hash     avow.Hash `json:"hash"`
	Version  string    `json:"version"`
	State    string    `json:"state"`                // announced, effective, superseded or withdrawn
	Since    time.Time `json:"since,omitzero"`       // from when on it holds or held
	Told     time.Time `json:"announced,omitzero"`   // when it was announced; zero for a text that needed no notice
	From     avow.Hash `json:"instead_of,omitempty"` // the text that it followed
	Why      string    `json:"why,omitempty"`        // the policy's word for the reason
	Widens   bool      `json:"widens,omitempty"`     // more is allowed, or less promised, in some way
	Channels []string  `json:"channels,omitempty"`   // by which it was announced
	Link     string    `json:"link,omitempty"`       // where people read it
}

var publicPrefix = []byte("public/")

// public is what everybody may know of a change that was announced.
func (t *turn) public(m *PolicyChange) Record {
	b := &m.Body
	state := m.State
	body, err := json.Marshal(Version{b.Hash, b.Version, state, b.Since, b.Told, b.From, b.Why, b.Widens, b.Channels, b.Link})
	if err != nil { // of texts and times: cannot happen
		body = nil
	}
	return Record{Kind: policyKind(t.id), Key: append(slices.Clone(publicPrefix), m.ID...), Body: body}
}

// Versions returns the versions of a policy, the newest first: those announced, the
// one in force, and those before.
func (g *Gate) Versions(ctx context.Context, id avow.PolicyID) ([]Version, error) {
	current, err := g.Program(id)
	if err != nil {
		return nil, err
	}
	told, err := g.announcements(ctx, id)
	if err != nil {
		return nil, err
	}
	chain, err := g.chain(ctx, id)
	if err != nil {
		return nil, internal("the versions of the policy could not be read", err)
	}
	var out []Version
	for i := range chain {
		v := Version{Hash: chain[i].hash, Since: chain[i].since, State: "superseded"}
		if i == len(chain)-1 && v.Hash == current.Hash() {
			v.State = "effective"
		}
		if p, err := chain[i].program(); err == nil {
			v.Version = p.Version()
		}
		if k := slices.IndexFunc(told, func(a Version) bool { return a.Hash == v.Hash && a.State != "withdrawn" }); k >= 0 {
			a := told[k]
			a.State, a.Since = v.State, v.Since
			v = a
			told = slices.Delete(told, k, k+1)
		}
		out = append(out, v)
	}
	out = append(out, told...)
	slices.Reverse(out)
	return out, nil
}

// announcements returns the changes that were ever announced, the oldest first.
func (g *Gate) announcements(ctx context.Context, id avow.PolicyID) ([]Version, error) {
	var out []Version
	after := publicPrefix
	for {
		recs, err := g.store.Scan(ctx, 0, policyKind(id), after, scanPage)
		if err != nil {
			return nil, internal("the announced changes could not be read", err)
		}
		for _, rec := range recs {
			if !strings.HasPrefix(string(rec.Key), string(publicPrefix)) {
				return out, nil
			}
			var v Version
			if err := json.Unmarshal(rec.Body, &v); err != nil {
				return nil, internal("an announced change is malformed", err)
			}
			out, after = append(out, v), rec.Key
		}
		if len(recs) < scanPage {
			return out, nil
		}
	}
}

// toldKind and seenKind are the kinds of records (of a person) that say that they
// were told of a change, and that they were shown it. The key is the text's hash.
const (
	toldKind = "told-change"
	seenKind = "seen-change"
)

// tellBatch is how many people one sweep tells of a change.
const tellBatch = 4096

// tellChanges sends the messages about announced changes: to everybody once, by
// the policy's class of legal notices.
func (g *Gate) tellChanges(ctx context.Context, s *served) error {
	open, err := policyChanges.list(ctx, g, s.id, "", scanPage, func(m *PolicyChange) bool {
		return (m.State == "announced" || m.State == "effective") && m.Body.Cursor > 0
	})
	if err != nil || len(open) == 0 {
		return err
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return internal("the people could not be counted", err)
	}
	for i := range open {
		if err := g.tellChange(ctx, s, &open[i], end); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gate) tellChange(ctx context.Context, s *served, m *PolicyChange, end int64) error {
	var mailed, missed int64
	sid, last := m.Body.Cursor, min(end, m.Body.Cursor+tellBatch)
	for ; sid < last; sid++ {
		if err := ready(ctx); err != nil {
			return err
		}
		row, ok, err := g.store.Load(ctx, sid)
		if err != nil {
			return internal("a person's record could not be read", err)
		}
		if !ok || row.Policy != s.id {
			continue
		}
		p, err := s.open(row)
		if err != nil || p.isOffice() || p.state.Synthetic || p.state.Account == avow.NoRelation || p.state.Account == avow.Closed || p.state.Account == avow.Closing {
			continue
		}
		reached, err := g.tellOfChange(ctx, s, p.state.ref, m)
		switch {
		case avow.CodeOf(err) == avow.Gone:
		case err != nil:
			return err
		case reached:
			mailed++
		default:
			missed++
		}
	}
	_, _, err := policyChanges.step(ctx, g, s.id, m.ID, engineItself, "told", func(_ *turn, m *PolicyChange) error {
		m.Body.Mailed, m.Body.Missed, m.Body.Cursor = m.Body.Mailed+mailed, m.Body.Missed+missed, sid
		if sid >= end {
			m.Body.Cursor = 0
		}
		return nil
	})
	return err
}

// tellOfChange sends one person the message, unless they were told already. It is in the
// language in which they accepted.
func (g *Gate) tellOfChange(ctx context.Context, s *served, ref avow.SubjectRef, m *PolicyChange) (reached bool, err error) {
	_, err = g.take(ctx, s.id, ref, func(t *turn) error {
		reached = false
		if !t.who.known() {
			return nil
		}
		key := digestOfHash(m.Body.Hash)
		rec, was, err := t.gate.store.Get(t.ctx, t.who.row.SID, toldKind, key[:])
		if err != nil {
			return internal("it could not be read who was told", err)
		}
		if was {
			reached = string(rec.Body) == "sent"
			return nil
		}
		told, err := t.tell(&Message{Class: "legal", Template: "policy-change", Params: map[string]string{
			"link": m.Body.Link, "date": m.Body.Since.Format(time.DateOnly), "version": m.Body.Version}})
		if err != nil {
			return err
		}
		reached = told.ID != ""
		body := "missed"
		if reached {
			body = "sent"
		}
		t.touched = true
		t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: toldKind, Key: key[:], Body: []byte(body)})
		return nil
	})
	return reached, err
}

// Ahead is a change as one person meets it.
type Ahead struct {
	Version
	Accepted bool            // the person has accepted the new text already
	Changes  []policy.Change // what differs from the text that holds for them
}

// ChangesAhead returns what was announced and is not in force yet, and what came
// into force and the person has not accepted, with what each changes for them. It
// notes that the person was shown it.
func (g *Gate) ChangesAhead(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Ahead, avow.Receipt, error) {
	told, err := g.announcements(ctx, id)
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	var out []Ahead
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		out = nil
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		mine, err := t.textOf()
		if err != nil {
			return err
		}
		for _, v := range told {
			inForce := v.Hash == t.program.Hash()
			if v.State == "withdrawn" || !inForce && v.State != "announced" {
				continue
			}
			next, err := g.compiled(t.ctx, t.id, v.Hash)
			if err != nil {
				return err
			}
			a := Ahead{Version: v, Accepted: mine.Hash() == v.Hash, Changes: policy.Diff(mine, next)}
			if inForce && a.Accepted {
				continue
			}
			if err := t.saw(v.Hash); err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	return out, t.receipt(), nil
}

// textOf returns the text that the person accepted, or the one in force.
func (t *turn) textOf() (*policy.Program, error) {
	if at, silent := t.force.accepted(&t.who.state.Standing); silent {
		return t.force.earlier[at].program()
	}
	return t.program, nil
}

// saw notes, once, that the person was shown a change.
func (t *turn) saw(h avow.Hash) error {
	key := digestOfHash(h)
	_, was, err := t.gate.store.Get(t.ctx, t.who.row.SID, seenKind, key[:])
	if err != nil {
		return internal("it could not be read what was shown", err)
	}
	if was {
		return nil
	}
	t.touched = true
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: seenKind, Key: key[:]})
	t.note(evidence.ChangeSeen, func(l *evidence.Leaf) {
		t.force.citing("change")(l)
		l.Detail = key
	})
	return nil
}

// ChangeSeen counts the people who were shown a change, by the evidence of it.
func (g *Gate) ChangeSeen(ctx context.Context, id avow.PolicyID, h avow.Hash) (n int64, err error) {
	want := digestOfHash(h)
	_, err = g.eachLeaf(ctx, id, 0, func(l *evidence.Leaf) {
		if l.Kind == evidence.ChangeSeen && l.Detail == want {
			n++
		}
	})
	return n, err
}
