// Package storybook plays made-up people in a made-up club, and shows every state
// of every page in a real Chromium: as pictures for the documents, and to tests of
// what people can see and reach.
package storybook

import (
	"context"
	_ "embed" // for the policy
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/mailbox"
	"avow.dev/policy"
	"avow.dev/vault"
)

// Policy is the text of the club's policy.
//
//go:embed club.yaml
var Policy []byte

// Began is the day on which the story is told.
var Began = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// House is an engine with the club's people in it and a clock of its own.
type House struct {
	*engine.Engine
	program *policy.Program
	now     atomic.Int64
	shop    *shop
	second  avow.Hash // of the version in force, to which not everybody has answered
	third   avow.Hash // of the version that is announced
	box     *mailbox.Box
	came    chan struct{}              // once for each letter
	parents map[avow.SubjectRef]string // the secrets of those who were let in, by their child
	wards   map[avow.SubjectRef]string // the names of their children's pages
}

// Open opens the house in an empty folder.
func Open(ctx context.Context, dir string) (*House, error) {
	p, err := policy.Read("club.yaml", Policy)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "root.key")
	if err := vault.CreateRootFile(path); err != nil {
		return nil, err
	}
	root, err := vault.OpenRootFile(path)
	if err != nil {
		return nil, err
	}
	h := &House{program: p, came: make(chan struct{}, 64), parents: make(map[avow.SubjectRef]string), wards: make(map[avow.SubjectRef]string)}
	if h.box, err = mailbox.Open(mailbox.Options{}); err != nil {
		return nil, err
	}
	h.box.After(func() { h.came <- struct{}{} })
	h.now.Store(Began.UnixNano())
	h.Engine, err = engine.Open(ctx, engine.Config{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: []*policy.Program{p},
		Create: true, Clock: h.clock, Listen: "127.0.0.1:0",
		Post: engine.Post{Mail: &deliver.MailConfig{Server: "smtp+plain://" + h.box.Addr(), From: "privacy@haven.example"}}})
	if err != nil {
		return nil, errors.Join(err, h.box.Close())
	}
	if h.shop, err = openShop(ctx, h.URL()); err != nil {
		return nil, errors.Join(fmt.Errorf("open the shop: %w", err), h.Engine.Close(ctx), h.box.Close())
	}
	if err := h.people(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make people up: %w", err), h.Close(ctx))
	}
	return h, nil
}

// Close shuts the house and the shop.
func (h *House) Close(ctx context.Context) error {
	return errors.Join(h.shop.close(), h.Engine.Close(ctx), h.box.Close())
}

// Shop returns the address of the club's own site, on which the banner stands.
func (h *House) Shop() string { return h.shop.url }

func (h *House) clock() time.Time     { return time.Unix(0, h.now.Load()).UTC() }
func (h *House) pass(d time.Duration) { h.now.Add(int64(d)) }

// people makes everybody up whom the stories are about.
func (h *House) people(ctx context.Context) error {
	for ref, name := range map[avow.SubjectRef]string{"li": "Li Wei", "leaving": "Ana Sol", "held": "Ida Berg", "new": ""} {
		if err := h.join(ctx, ref, name); err != nil {
			return err
		}
	}
	h.pass(2 * time.Hour)
	return errors.Join(h.busy(ctx), h.depart(ctx), h.hold(ctx), h.children(ctx), h.change(ctx))
}

func (h *House) join(ctx context.Context, ref avow.SubjectRef, name string) error {
	yes := &gate.Agreement{Policy: h.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult}
	if name == "" {
		_, err := h.Gate().Agree(ctx, "club", ref, yes)
		return err
	}
	_, err := h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items("email", string(ref)+"@haven.example", "name", name), Agree: yes,
	})
	if err != nil {
		return err
	}
	_, err = h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "show-walks", Point: "sign-up", Feature: "walks", Source: "device"},
		Items:   items("location-precise", "22.3193,114.1694"),
	})
	return err
}

func items(pairs ...string) (out []gate.Item) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, gate.Item{Datum: avow.Datum(pairs[i]), Value: gate.NewValue([]byte(pairs[i+1]))})
	}
	return out
}

// busy has li's data used, handed out and refused, and has li choose and ask.
func (h *House) busy(ctx context.Context) error {
	g := h.Gate()
	_, used := g.Use(ctx, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email", "name"}, Purpose: "manage-account", Role: "desk"})
	_, gave := g.Entrust(ctx, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	_, err := g.Use(ctx, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"})
	if _, refused := errors.AsType[*avow.Refusal](err); !refused {
		return errors.New("a use without a yes was not refused")
	}
	_, chose := g.Agree(ctx, "club", "li", &gate.Agreement{Policy: h.program.Hash(), Language: "en", Gesture: "centre-button",
		Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}})
	a, _, asked := g.Ask(ctx, "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("Who sees where I walk?"))})
	if err := errors.Join(used, gave, chose, asked); err != nil {
		return err
	}
	_, _, err = g.SendMessage(ctx, "club", a.ID, "desk", gate.NewValue([]byte("Thank you for asking. Nobody but you; we will write down how it is kept.")))
	return err
}

// depart has somebody ask to be deleted, and hold puts somebody under a legal hold.
func (h *House) depart(ctx context.Context) error {
	_, _, err := h.Gate().EraseLater(ctx, "club", "leaving")
	return err
}

func (h *House) hold(ctx context.Context) error {
	_, _, err := h.Gate().ProposeHold(ctx, "club", gate.Officer{Person: "ann"}, "held", &gate.Holding{Rule: "suit", Case: "M-1", Statute: "Civil Procedure Act art. 1", Until: h.clock().AddDate(0, 3, 0)})
	return err
}

// Link returns the address at which somebody comes in from the app.
func (h *House) Link(ctx context.Context, ref avow.SubjectRef) (string, error) {
	link, _, err := h.Gate().HandOver(ctx, "club", ref, h.clock())
	return h.URL() + "/privacy/club/enter/" + link, err
}
