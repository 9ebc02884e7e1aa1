package examples_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/mailbox"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// TestIncidentsReachPeople: with each example in force, people are told of an incident
// by the first channel that it promises, and by the next where that is dead.
// AIRSTEP takes nothing in, so that no incident can concern anybody; GENERIC, whose
// original speaks of channels, is played by its proof.
func TestIncidentsReachPeople(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ slug, dead, by string }{
		{"airtalk", "", gate.ByMail}, {"airtalk", gate.ByMail, gate.InApp}, {"ousiqi", "", gate.ByMail}, {"ousiqi", gate.ByMail, gate.InApp},
		{"astral", "", gate.InApp}, {"generic", "", gate.ByMail},
	} {
		t.Run(tt.slug+" "+tt.dead, func(t *testing.T) {
			t.Parallel()
			box := enginetest.OpenPostbox(t, mailbox.Options{})
			if tt.dead == gate.ByMail {
				box.Answer(func(string) error { return mailbox.Refuse(550) })
			}
			p := enginetest.Compile(t, enginetest.Example(t, tt.slug))
			o := alarmed{enginetest.Open(t, p, box.Post()), p, t}
			o.join("li")
			got := o.tell()
			if got.Told != 1 || got.ByChannel[tt.by] != 1 || got.Unreachable != 0 {
				t.Errorf("%+v, want one told by %s", got, tt.by)
			}
			if n := len(box.To("li@mail.example")); (tt.by == gate.ByMail) != (n == 1) {
				t.Errorf("%d letters", n)
			}
		})
	}
}

// alarmed is a house with an incident.
type alarmed struct {
	*enginetest.House
	p *policy.Program
	t *testing.T
}

// join has somebody agree to everything and give what they can be reached by, or a name
// where the policy keeps nothing of the kind.
func (o *alarmed) join(ref avow.SubjectRef) {
	o.t.Helper()
	f := o.p.File()
	said := false
	for _, gesture := range f.Acceptance.Gesture {
		_, err := o.Gate().Agree(o.t.Context(), o.p.ID(), ref, &gate.Agreement{Policy: o.p.Hash(), Accept: true, Gesture: gesture.Text, Language: "en", Age: avow.KnownAdult})
		if said = err == nil; said {
			break
		}
	}
	if !said {
		o.t.Fatal("nobody can accept the policy")
	}
	var shown []avow.RuleID
	for i := range f.Places {
		if f.Places[i].Notice.On {
			shown = append(shown, avow.RuleID(f.Places[i].ID.Text))
		}
	}
	for i := range f.Choices { // some are asked for at another place, and stay open
		_, _ = o.Gate().Agree(o.t.Context(), o.p.ID(), ref, &gate.Agreement{Policy: o.p.Hash(), Language: "en", Gesture: "centre-button", Notices: shown, Choices: []gate.ChoiceEvent{{Choice: avow.Choice(f.Choices[i].ID.Text), State: avow.Given}}})
	}
	gave := false
	for _, datum := range []string{"email", "username"} { // an address for each purpose: some serve answers alone
		for i := range f.Collect {
			gave = o.gives(ref, &f.Collect[i], datum) || gave
		}
	}
	if !gave {
		o.t.Fatal("nobody can give anything")
	}
}

func (o *alarmed) gives(ref avow.SubjectRef, r *syntax.Collect, datum string) bool {
	o.t.Helper()
	for _, d := range r.Data {
		if d.Text != datum || len(r.Points) == 0 {
			continue
		}
		req := avow.Request{Policy: o.p.ID(), Subject: ref, Purpose: avow.Purpose(r.For[0].Text), Point: avow.Point(r.Points[0].Text), Source: "person"}
		if len(r.Features) > 0 {
			req.Feature = avow.Feature(r.Features[0].Text)
		}
		_, err := o.Gate().Collect(o.t.Context(), &gate.Collecting{Request: req, Items: []gate.Item{{Datum: avow.Datum(datum), Value: gate.NewValue([]byte(string(ref) + "@mail.example"))}}})
		return err == nil
	}
	return false
}

// tell opens an incident about everything that is held, and tells people until nothing
// happens any more.
func (o *alarmed) tell() gate.Progress {
	o.t.Helper()
	ctx, g, by := o.t.Context(), o.Gate(), gate.Officer{Person: "ana", Via: "test"}
	words := make(map[string]gate.Words)
	for _, l := range o.p.Languages() {
		words[string(l)] = gate.Words{"what-happened": "w", "impact": "i", "measures-taken": "t", "measures-planned": "p", "advice": "a", "remedies": "r", "contact": "c"}
	}
	m, _, err := g.OpenIncident(ctx, o.p.ID(), by, &gate.Circumstances{Aware: o.Now().Add(-time.Hour), Types: []string{"confidentiality"}}, words)
	enginetest.Must(o.t, err)
	_, _, err = g.ScopeIncident(ctx, o.p.ID(), m.ID, by, &gate.Reach{})
	enginetest.Must(o.t, err)
	pursue := func() {
		for range 12 {
			_, err := g.PursueIncidents(ctx)
			enginetest.Must(o.t, err)
			_, err = o.Deliver(ctx)
			enginetest.Must(o.t, err)
		}
	}
	pursue()
	_, _, err = g.TellIncident(ctx, o.p.ID(), m.ID, by)
	enginetest.Must(o.t, err)
	pursue()
	m, err = g.ReadIncident(ctx, o.p.ID(), m.ID)
	enginetest.Must(o.t, err)
	return m.Body.Progress
}
