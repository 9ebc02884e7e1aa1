package gate

import (
	"context"
	"strconv"
	"time"

	"avow.dev"
)

// TypedOnly reports whether the address of a code is held in a reduced form only, by
// which people are found and nothing can be sent. A code for it goes to the address
// as it was typed just now, and lies in no outbox.
func (g *Gate) TypedOnly(c *Code) (bool, error) {
	s, err := g.of(c.Policy)
	if err != nil {
		return false, err
	}
	return !s.inForce.Load().keepsAsGiven(c.To.Datum), nil
}

// TellCode sends a one-time code to the address that it was asked for, as a message
// of class code. It goes by the channel of the address.
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
	minutes := max(int(c.Until.Sub(g.Now()).Round(time.Minute)/time.Minute), 1)
	_, _, err = g.Tell(ctx, c.Policy, p.state.ref, &Message{Class: "code", Channel: channelOf(&info), Datum: info.Slug, Template: "code", Language: c.Language,
		Expires: c.Until, Params: map[string]string{"code": string(c.Code.Expose()), "minutes": strconv.Itoa(minutes)}})
	if avow.CodeOf(err) == avow.Unknown {
		return nil
	}
	return err
}
