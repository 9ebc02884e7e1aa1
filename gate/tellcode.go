package gate

import (
	"context"
	"slices"
	"strconv"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// TellCode sends a one-time code to the address that it was asked for, as a message
// of class code. It goes by the channel of the address. Where the address is held in a
// reduced form only, by which people are found and nothing can be sent, it lies beside the
// code as it was typed, sealed under the person's key, until the code is sent or over.
func (g *Gate) TellCode(ctx context.Context, c *Code) error {
	s, err := g.of(c.Policy)
	if err != nil {
		return err
	}
	f := s.inForce.Load()
	info, tag, err := s.address(f, &c.To)
	if err != nil {
		return err
	}
	row, ok, err := g.store.Lookup(ctx, s.id, tag)
	if err != nil {
		return internal("the index could not be read", err)
	}
	if !ok {
		return nil // gone in the meantime
	}
	p, err := s.open(row)
	if err != nil {
		return unlessGone(unreadable(err))
	}
	if !f.keepsAsGiven(c.To.Datum) {
		return g.tellTyped(ctx, s, c, p.state.ref, &info, tag)
	}
	_, _, err = g.Tell(ctx, c.Policy, p.state.ref, &Message{Class: "code", Channel: channelOf(&info), Datum: info.Slug, Template: "code", Language: c.Language,
		Expires: c.Until, Params: c.Params(g.Now())})
	if avow.CodeOf(err) == avow.Unknown {
		return nil
	}
	return err
}

// Params are what the message with a code says: the code, and for how many minutes it
// holds.
func (c *Code) Params(now time.Time) map[string]string {
	minutes := max(int(c.Until.Sub(now).Round(time.Minute)/time.Minute), 1)
	return map[string]string{"code": string(c.Code.Expose()), "minutes": strconv.Itoa(minutes)}
}

// tellTyped sends a code to an address as it was typed, if the person is still found by it.
func (g *Gate) tellTyped(ctx context.Context, s *served, c *Code, ref avow.SubjectRef, info *policy.DatumInfo, tag Tag) error {
	_, err := g.take(ctx, s.id, ref, func(t *turn) error {
		tmpl, ok := t.gate.letters.Template("code")
		if !ok || !slices.ContainsFunc(t.who.body.tags, func(b bodyTag) bool { return b.tag == tag }) {
			return nil
		}
		params := c.Params(t.now)
		if err := tmpl.Check(params); err != nil {
			return internal("a message with a code could not be written", err)
		}
		_, err := t.enqueue(&post{class: "code", channel: channelOf(info), template: "code", params: params, language: t.language(c.Language), to: string(c.To.Value.Expose()), made: t.now, expires: c.Until}, t.now)
		return err
	})
	return unlessGone(err)
}
