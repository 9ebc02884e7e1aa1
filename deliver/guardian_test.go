package deliver_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/engine/enginetest"
)

// TestAGuardianByTextMessage: a guardian who is named by a phone number is asked, let in
// and told by text messages, over a gateway; no message holds anybody's name or address, or
// a link that opens anything.
func TestAGuardianByTextMessage(t *testing.T) {
	t.Parallel()
	type message struct{ To, Text, Language string }
	came := make(chan message, 20)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		came <- m
	}))
	t.Cleanup(srv.Close)
	policy := enginetest.Compile(t, enginetest.Read(t, "../gate/testdata/mail.yaml")+"\nminors:\n  - {id: with-parent, rule: guardian-consent, age: 14}\n")
	w := enginetest.Open(t, policy, func(c *engine.Config) { c.Post = engine.Post{SMS: &deliver.GatewayConfig{URL: srv.URL, Key: key}} }, enginetest.Public("https://privacy.example"))
	g, ctx := w.Gate(), context.Background()
	next := func() message {
		t.Helper()
		select {
		case m := <-came:
			if strings.Contains(m.Text, "li@") || strings.Contains(m.Text, "7700") {
				t.Errorf("a message says too much: %s", m.Text)
			}
			if m.To != "+447700900123" {
				t.Errorf("a message goes to %s", m.To)
			}
			return m
		case <-time.After(time.Minute):
			t.Fatal("no message came")
			return message{}
		}
	}
	number := func() gate.Value { return gate.NewValue([]byte("+44 7700 900123")) }

	_, err := g.Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: "notices", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", "li@mail.example")},
		Agree:   &gate.Agreement{Policy: policy.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.AgeNotKnown}})
	must(t, err)
	_, err = g.FoundMinor(ctx, "club", "li")
	must(t, err)
	if open, err := g.GuardianChannels("club"); err != nil || len(open) != 1 || open[0] != gate.BySMS {
		t.Fatalf("guardians are asked by %v: %v", open, err)
	}
	if _, err := g.AskGuardian(ctx, "club", "li", &gate.GuardianAsking{Mail: true, To: gate.NewValue([]byte("mum@home.example"))}); avow.CodeOf(err) != avow.Unavailable {
		t.Errorf("by a channel that nothing drives: %v", err)
	}
	_, err = g.AskGuardian(ctx, "club", "li", &gate.GuardianAsking{To: number(), Language: "en"})
	must(t, err)
	if m := next(); !strings.Contains(m.Text, "https://privacy.example/privacy/club/guardian") || m.Language != "en" {
		t.Errorf("asked by %+v", m)
	}

	browser := gate.NewBrowser()
	must(t, g.AskGuardianCode(ctx, "club", &gate.GuardianCode{To: number(), Browser: browser, Language: "en"}))
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(next().Text)
	secret, err := g.SignInGuardian(ctx, "club", &gate.CodeTrying{Code: gate.NewValue([]byte(code)), Browser: browser})
	must(t, err)
	all, err := g.Wards(ctx, "club", secret)
	if err != nil || len(all) != 1 || strings.Contains(all[0].Address, "7700") {
		t.Fatalf("%+v: %v", all, err)
	}
	_, err = g.AnswerGuardian(ctx, "club", secret, all[0].ID, gate.GuardianYes)
	must(t, err)
	if m := next(); !strings.Contains(m.Text, "agreed") {
		t.Errorf("the yes is confirmed by %+v", m)
	}
	if st, err := g.Standing(ctx, "club", "li"); err != nil || !st.Guardian {
		t.Errorf("the yes does not count: %+v %v", st, err)
	}

	// A number that nobody named is answered alike, and gets nothing.
	must(t, g.AskGuardianCode(ctx, "club", &gate.GuardianCode{To: gate.NewValue([]byte("+44 7700 900199")), Browser: gate.NewBrowser(), Language: "en"}))
	must(t, g.AskGuardianCode(ctx, "club", &gate.GuardianCode{To: number(), Browser: gate.NewBrowser(), Language: "en"}))
	next() // of the one who was named: what was asked before it would have come first
}
