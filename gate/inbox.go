package gate

import (
	"context"
	"encoding/hex"
	"time"

	"avow.dev"
	"avow.dev/notice/letter"
)

// Mailed is a message that waits for a person within the application.
type Mailed struct {
	ID          string
	Class       string
	Rule        avow.RuleID
	Language    avow.Language
	Text        letter.Filled
	At, Expires time.Time
}

// Inbox lists the messages that wait for a person within the application, the oldest
// first. They are the person's own and hold no personal data, so that looking at
// them leaves no evidence.
func (g *Gate) Inbox(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Mailed, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	p, err := g.find(ctx, s, ref)
	if err != nil {
		return nil, unreadable(err)
	}
	if !p.known() {
		return nil, &avow.Error{Code: avow.Unknown, Message: "nobody is known by this reference", Try: "check the reference; an erased person is unknown too"}
	}
	var out []Mailed
	now := g.Now()
	err = g.eachPost(ctx, p, func(rec *Record, l *post) error {
		if l.channel != InApp || !now.Before(l.expires) {
			return nil
		}
		tmpl, ok := g.letters.Template(l.template)
		if !ok {
			return nil
		}
		out = append(out, Mailed{hex.EncodeToString(rec.Key), l.class, avow.RuleID(l.rule), l.language, tmpl.Fill(string(l.language), l.params), l.made, l.expires})
		return nil
	})
	return out, err
}

// eachPost visits the letters of a person, the oldest first.
func (g *Gate) eachPost(ctx context.Context, p *person, visit func(*Record, *post) error) error {
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, p.row.SID, postKind, after, scanPage)
		if err != nil {
			return internal("a person's messages could not be read", err)
		}
		for i := range recs {
			l, err := p.openPost(&recs[i])
			if err != nil {
				return err
			}
			if err := visit(&recs[i], &l); err != nil {
				return err
			}
			after = recs[i].Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
