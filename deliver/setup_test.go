package deliver_test

import (
	"context"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/mailbox"
)

var must = enginetest.Must

// world is a running engine that writes to people, and where they read it.
type world struct {
	*enginetest.House
	t   testing.TB
	box *enginetest.Postbox
}

// setup starts an engine with the given post. Without any it gets a mail server
// that speaks TLS.
func setup(t testing.TB, posts ...engine.Post) *world {
	t.Helper()
	w := &world{t: t}
	var post enginetest.Setting
	if len(posts) > 0 {
		post = func(c *engine.Config) { c.Post = posts[0] }
	} else {
		w.box = enginetest.OpenPostbox(t, mailbox.Options{TLS: true})
		post = w.box.Post()
	}
	w.House = enginetest.Open(t, enginetest.Compile(t, enginetest.Read(t, "../gate/testdata/mail.yaml")), post, enginetest.Public("https://privacy.example"))
	return w
}

// join signs somebody up with data that was given for notices.
func (w *world) join(ref avow.SubjectRef, items ...gate.Item) {
	w.t.Helper()
	_, err := w.Gate().Collect(context.Background(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "notices", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items,
		Agree:   &gate.Agreement{Policy: w.Program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	must(w.t, err)
}

func item(d avow.Datum, v string) gate.Item {
	return gate.Item{Datum: d, Value: gate.NewValue([]byte(v))}
}

func (w *world) say(ref avow.SubjectRef, choice avow.Choice, state avow.ChoiceState) {
	w.t.Helper()
	_, err := w.Gate().Agree(context.Background(), "club", ref, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: choice, State: state}}})
	must(w.t, err)
}

func (w *world) tell(ref avow.SubjectRef, m gate.Message) {
	w.t.Helper()
	_, _, err := w.Gate().Tell(context.Background(), "club", ref, &m)
	must(w.t, err)
}

// deliver delivers what is due, and waits until it is done: the engine's own
// caretaker may be at it already.
func (w *world) deliver() {
	w.t.Helper()
	_, err := w.Deliver(context.Background())
	must(w.t, err)
}

var notice = gate.Message{Class: "service-info", Template: "service-notice", Params: map[string]string{"link": "https://privacy.example/notices/1"}}
