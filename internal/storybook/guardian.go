package storybook

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// children has four young people join, and the parents of three answer, each in their
// own way: one not yet, one with yes, and one by having everything erased.
func (h *House) children(ctx context.Context) error {
	for _, ref := range []avow.SubjectRef{"kid", "asking", "agreed", "erased"} {
		_, err := h.Gate().Collect(ctx, &gate.Collecting{
			Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
			Items:   items("email", string(ref)+"@haven.example", "name", "Mei Lin"),
			Agree:   &gate.Agreement{Policy: h.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en"}})
		if err != nil {
			return err
		}
		if _, err := h.Gate().FoundMinor(ctx, "club", ref); err != nil {
			return err
		}
	}
	for _, ref := range []avow.SubjectRef{"asking", "agreed", "erased"} {
		if err := h.parent(ctx, ref); err != nil {
			return fmt.Errorf("parent of %s: %w", ref, err)
		}
	}
	return nil
}

// parent names a parent of somebody, lets them in by their code, and has them decide.
func (h *House) parent(ctx context.Context, ref avow.SubjectRef) error {
	g := h.Gate()
	to := "parent-of-" + string(ref) + "@home.example"
	if _, err := g.AskGuardian(ctx, "club", ref, &gate.GuardianAsking{Mail: true, To: gate.NewValue([]byte(to)), Language: "en"}); err != nil {
		return err
	}
	browser := gate.NewBrowser()
	if err := g.AskGuardianCode(ctx, "club", &gate.GuardianCode{Mail: true, To: gate.NewValue([]byte(to)), Browser: browser, Language: "en"}); err != nil {
		return err
	}
	code, err := h.code(ctx, to)
	if err != nil {
		return err
	}
	secret, err := g.SignInGuardian(ctx, "club", &gate.CodeTrying{Code: gate.NewValue([]byte(code)), Browser: browser})
	if err != nil {
		return err
	}
	wards, err := g.Wards(ctx, "club", secret)
	if err != nil {
		return err
	}
	if len(wards) != 1 {
		return errors.New("the parent has no child")
	}
	h.parents[ref] = secret
	h.wards[ref] = wards[0].ID
	switch ref {
	case "agreed":
		_, err = g.AnswerGuardian(ctx, "club", secret, wards[0].ID, gate.GuardianYes)
	case "erased":
		_, _, err = g.EraseWard(ctx, "club", secret, wards[0].ID)
	}
	return err
}

var digits = regexp.MustCompile(`\b\d{6}\b`)

// code waits for the code that goes to an address.
func (h *House) code(ctx context.Context, to string) (string, error) {
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		for _, m := range h.box.To(to) {
			if code := digits.FindString(m.Body); code != "" {
				return code, nil
			}
		}
		select {
		case <-h.came:
		case <-ctx.Done():
			return "", ctx.Err()
		case <-limit.C:
			return "", errors.New("no code came")
		}
	}
}
