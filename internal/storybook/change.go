package storybook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// Versions of the club's policy, by what is replaced in the text before.
var (
	second = []string{`version: "2.0"`, `version: "2.1"`, "keep: 101d", "keep: 50d",
		"use:\n", "use:\n  - {id: greet, data: [name], for: [show-walks], by: [desk], basis: contract}\n"}
	third = []string{`version: "2.1"`, `version: "3.0"`, "keep: 50d", "keep: 70d",
		"- {id: host-all,", "- {id: host-places, verb: entrust, data: [location-precise], to: [host], for: [show-walks], basis: contract}\n  - {id: host-all,"}
)

// change brings a second version into force, to which li agrees, one stays with
// the first and nobody else has answered yet, and announces a third.
func (h *House) change(ctx context.Context) error {
	text := strings.NewReplacer(second...).Replace(string(Policy))
	hash, err := h.announce(ctx, text, h.clock())
	if err != nil {
		return fmt.Errorf("announce the second version: %w", err)
	}
	if _, err := h.Sweep(ctx); err != nil {
		return err
	}
	_, agreed := h.Gate().Agree(ctx, "club", "li", &gate.Agreement{Policy: hash, Accept: true, Gesture: "accept-button", Language: "en"})
	_, kept := h.Gate().KeepVersion(ctx, "club", "held", hash)
	h.pass(time.Minute)
	h.third, err = h.announce(ctx, strings.NewReplacer(third...).Replace(text), h.clock().AddDate(0, 0, 30))
	h.second = hash
	return errors.Join(agreed, kept, err)
}

// announce takes a text through the desk.
func (h *House) announce(ctx context.Context, text string, from time.Time) (avow.Hash, error) {
	by := func(name string) gate.Officer { return gate.Officer{Person: name, Via: "storybook"} }
	g := h.Gate()
	m, _, err := g.ProposeChange(ctx, "club", by("ann"), []byte(text), "business")
	if err != nil {
		return "", err
	}
	if m, _, err = g.CheckChange(ctx, "club", m.ID, by("ann")); err != nil {
		return "", err
	}
	for _, name := range []string{"bo", "cleo"} {
		if m, _, err = g.ApproveChange(ctx, "club", m.ID, by(name), m.Proposal.What); err != nil {
			return "", err
		}
	}
	m, _, err = g.AnnounceChange(ctx, "club", m.ID, by("ann"), from, "https://haven.example/privacy")
	return m.Body.Hash, err
}
