package gate

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// Everybody who is affected is told by the first of the policy's channels by which
// they can be reached; where it turns out dead, by the next. Whom none reaches is
// counted, and where those are too many everybody is told in public
// (GDPR 34(3)(c), GB/T 35273-2020 10.2).

// Progress is how far telling people has come. It is counted from their records.
type Progress struct {
	Told        int64            `json:"told"`
	Waiting     int64            `json:"waiting"`
	Unreachable int64            `json:"unreachable"`
	Gone        int64            `json:"gone"` // erased since they were found
	ByChannel   map[string]int64 `json:"by_channel,omitempty"`
	Finished    time.Time        `json:"finished,omitzero"`
}

// ReachPercent is the share of the affected people below which everybody is told
// in public.
const ReachPercent = 95

// outcomeKind is the kind of record (of a person) that says what became of a letter
// that somebody waits to hear of. Its key is the letter's.
const outcomeKind = "post-outcome"

// outcome leaves word of what became of a letter, where somebody waits for it.
func (t *turn) outcome(k *Ticket, l *post, sent bool) {
	if l.cause == "" {
		return
	}
	word := []byte("failed")
	if sent {
		word = []byte("sent")
	}
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: outcomeKind, Key: k.ticket.key, Body: word})
}

// tellOn goes once over everybody who is affected, and returns to how many something
// happened.
func (g *Gate) tellOn(ctx context.Context, s *served, m *Incident) (int64, error) {
	rule, err := s.inForce.Load().incidentRule()
	if err != nil {
		return 0, err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return 0, err
	}
	p := Progress{ByChannel: make(map[string]int64)}
	var did int64
	err = g.eachHit(ctx, office, m.ID, func(h *hit) (bool, error) {
		if err := ready(ctx); err != nil {
			return false, err
		}
		before := h.State
		if err := g.tellHit(ctx, s, office, m, rule, h); err != nil {
			return false, err
		}
		if h.State != before {
			did++
		}
		p.count(h)
		return true, nil
	})
	if err != nil {
		return did, err
	}
	if did == 0 && p.Waiting > 0 && p.Waiting == m.Body.Progress.Waiting && p.Told == m.Body.Progress.Told {
		return 0, nil
	}
	return did, g.progressed(ctx, s, m, rule, p)
}

func (p *Progress) count(h *hit) {
	switch h.State {
	case "told":
		p.Told++
		p.ByChannel[h.Channel]++
	case "unreachable":
		p.Unreachable++
	case "gone":
		p.Gone++
	default:
		p.Waiting++
	}
}

// progressed writes down how far telling has come, and ends it.
func (g *Gate) progressed(ctx context.Context, s *served, m *Incident, rule *syntax.Incident, p Progress) error {
	_, _, err := incidents.step(ctx, g, s.id, m.ID, engineItself, "told people", func(t *turn, m *Incident) error {
		m.Steps = slices.DeleteFunc(m.Steps, func(st Step) bool { return st.Did == "told people" }) // the last one is enough
		m.Body.Progress = p
		if p.Waiting > 0 || m.State != "telling" {
			return nil
		}
		m.State, m.Body.Progress.Finished = "told", t.now
		reachable := p.Told + p.Unreachable
		if rule.Announce.On && reachable > 0 && p.Told*100 < reachable*ReachPercent && m.Body.Public.IsZero() {
			m.Body.Public = t.now
			t.note(evidence.IncidentAnnounced, func(l *evidence.Leaf) {
				t.force.citing("incident")(l)
				l.Count = p.Unreachable
			})
		}
		if p.Unreachable == 0 || !m.Body.Public.IsZero() {
			m.Body.met("", "people", t.now)
		}
		t.note(evidence.IncidentStep, func(l *evidence.Leaf) {
			t.force.citing("incident")(l)
			l.Count = p.Told
		})
		m.Due = m.Body.next()
		return nil
	})
	return err
}

// tellHit brings one person further.
func (g *Gate) tellHit(ctx context.Context, s *served, office *person, m *Incident, rule *syntax.Incident, h *hit) error {
	if h.State == "sent" {
		key, err := hex.DecodeString(h.Letter)
		if err != nil {
			return internal("an affected person is malformed", err)
		}
		rec, ok, err := g.store.Get(ctx, h.sid, outcomeKind, key)
		if err != nil {
			return internal("it could not be read what became of a message", err)
		}
		switch {
		case ok && string(rec.Body) == "sent":
			h.State, h.At = "told", g.Now()
			return g.saveHit(ctx, s, office, h, &rec)
		case ok:
			h.State = "found"
		default:
			_, there, err := g.store.Get(ctx, h.sid, postKind, key)
			if err != nil {
				return internal("a message could not be read", err)
			}
			if there {
				return nil
			}
			h.State = "found" // the person was erased, or the letter went otherwise
		}
	}
	if h.State != "found" {
		return nil
	}
	row, ok, err := g.store.Load(ctx, h.sid)
	if err != nil {
		return internal("a person's record could not be read", err)
	}
	if !ok {
		h.State = "gone"
		return g.saveHit(ctx, s, office, h, nil)
	}
	p, err := s.open(row)
	if err != nil {
		if err = unlessGone(unreadable(err)); err == nil {
			h.State = "gone"
			err = g.saveHit(ctx, s, office, h, nil)
		}
		return err
	}
	return g.tellOf(ctx, s, office, m, rule, h, p.state.ref)
}

// saveHit writes an affected person down. old, if not nil, is no longer needed.
func (g *Gate) saveHit(ctx context.Context, s *served, office *person, h *hit, old *Record) error {
	rec, err := h.record(office, h.rec.Key)
	if err != nil {
		return err
	}
	c := Change{Policy: s.id, Put: []Record{rec}}
	if old != nil {
		c.Delete = []Record{*old}
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return internal("an affected person could not be written down", err)
	}
	return nil
}

// tellOf sends the notice by the next channel that may reach the person. The letter
// and the note of it are one change.
func (g *Gate) tellOf(ctx context.Context, s *served, office *person, m *Incident, rule *syntax.Incident, h *hit, ref avow.SubjectRef) error {
	start := *h
	_, err := g.take(ctx, s.id, ref, func(t *turn) error {
		*h = start
		h.Tried = slices.Clone(start.Tried)
		h.State = "unreachable"
		for _, w := range rule.Channels {
			channel := w.Text
			if channel == "letter" {
				channel = ByPost
			}
			if slices.Contains(h.Tried, channel) || !t.who.known() || !g.carries(channel) {
				continue
			}
			h.Tried = append(h.Tried, channel)
			told, err := t.tell(t.noticeOf(m, h, channel))
			if err != nil {
				return err
			}
			if told.ID == "" {
				continue
			}
			h.State, h.Channel, h.Letter, h.At = "sent", channel, told.ID, t.now
			if channel == InApp {
				h.State = "told"
			}
			break
		}
		if !t.who.known() {
			h.State = "gone"
		}
		rec, err := h.record(office, h.rec.Key)
		if err != nil {
			return err
		}
		t.change.Put = append(t.change.Put, rec)
		if t.who.known() {
			t.touched = true
			t.note(evidence.IncidentNotice, func(l *evidence.Leaf) {
				t.force.citing("incident")(l)
				l.Data = h.Data
				if h.State == "unreachable" {
					l.Verdict, l.Reasons = avow.Refuse, avow.NothingHeld.Set()
				}
			})
		}
		return nil
	})
	return err
}

// carries reports whether a message by a channel reaches anybody.
func (g *Gate) carries(channel string) bool {
	if channel == InApp {
		return true
	}
	return !byHand(channel) && (g.channels == nil || slices.Contains(g.channels, channel))
}

// noticeOf is the notice to one person: in their language, with the names of the data
// of theirs that is concerned.
func (t *turn) noticeOf(m *Incident, h *hit, channel string) *Message {
	language := t.language("")
	return &Message{Class: "legal", Channel: channel, Template: "incident", Language: language, cause: "incident/" + m.ID, Params: t.gate.incidentParams(t.served, m, h.Data, language)}
}

// told is what a text says under a name; a dash if nothing.
func told(words Words, name string) string {
	if s := strings.TrimSpace(words[name]); s != "" {
		return s
	}
	return "–"
}

// listing joins names as a language joins them.
func listing(names []string, language avow.Language) string {
	if strings.HasPrefix(string(language), "zh") {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// AnswersAt tells the gate the public address of its door, such as
// https://privacy.example, for links in messages that it writes by itself.
func (g *Gate) AnswersAt(base string) { g.base.Store(&base) }

// home is where a person finds what is held of them; empty if no door is known.
func (g *Gate) home(id avow.PolicyID) string {
	base := g.base.Load()
	if base == nil || *base == "" {
		return ""
	}
	return *base + "/privacy/" + string(id)
}

// versionPage is where a person reads what a version changes, sentence by sentence;
// empty if no door is known.
func (g *Gate) versionPage(id avow.PolicyID, h avow.Hash) string {
	home := g.home(id)
	if home == "" {
		return ""
	}
	return home + "/versions/" + strings.TrimPrefix(string(h), "sha256:")
}

// nameOf is the name of a kind of data in a language.
func (f *force) nameOf(d avow.Datum, language string) string {
	for i := range f.program.File().Data {
		e := &f.program.File().Data[i]
		if e.ID.Text != string(d) {
			continue
		}
		if !e.Name.IsZero() {
			return e.Name.In(language)
		}
		slug := e.Term.Text
		if slug == "" {
			slug = e.ID.Text
		}
		if term, ok := vocab.Datum(slug); ok {
			return term.Label(language)
		}
	}
	return string(d)
}
