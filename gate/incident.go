package gate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Incident is a security incident. Its states: open, scoping (who is affected is
// being found out), scoped, telling (people are being told), told, closed.
type Incident = Matter[Breach]

// Breach is what the desk knows of an incident. What is not known yet is empty, and
// the report to an authority says so.
type Breach struct {
	Circumstances
	Scope    Reach            `json:"scope"`
	Affected Affected         `json:"affected"`
	Clocks   []IncidentClock  `json:"clocks"`
	Progress Progress         `json:"progress"`
	Reports  []ReportSent     `json:"reports,omitempty"`
	Public   time.Time        `json:"public,omitzero"` // when it was announced to everybody
	Ended    time.Time        `json:"closed,omitzero"`
	Words    map[string]Words `json:"words"` // what people are told, by language
}

// Circumstances are what happened, as somebody of the controller's found it
// (GDPR 33(3), PIPL 57, GB/T 35273-2020 10.1, and the Chinese rules on reporting
// network security incidents of 2025).
type Circumstances struct {
	Occurred   time.Time `json:"occurred,omitzero"`   // when it began
	Discovered time.Time `json:"discovered,omitzero"` // when somebody saw it
	Aware      time.Time `json:"aware,omitzero"`      // when the controller knew; the clocks of the law start here
	Over       time.Time `json:"over,omitzero"`       // when it was stopped
	// Types are what was hurt: confidentiality, integrity, availability.
	Types []string `json:"types,omitempty"`
	Place string   `json:"place,omitempty"` // system or site
	Cause string   `json:"cause,omitempty"` // as far as it is known
	// Traces is what was done to keep them, and Help what was asked for.
	Traces string `json:"traces,omitempty"`
	Help   string `json:"help,omitempty"`
	// HighRisk says that it is likely to result in a high risk to people
	// (GDPR 34(1)).
	HighRisk bool `json:"high_risk,omitempty"`
	// Tiers are the cases of the law packs that it falls under beside the number of
	// people, such as critical-infrastructure.
	Tiers []string `json:"tiers,omitempty"`
	// Delay is why a report comes after its time (GDPR 33(1)).
	Delay string `json:"delay,omitempty"`
}

// Words are what people are told in one language, by the words of the policy's rule:
// what-happened, impact, measures-taken, measures-planned, advice, remedies, contact.
type Words map[string]string

var incidentWords = [...]string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"}

var hurt = [...]string{"confidentiality", "integrity", "availability"}

var incidents = desk[Breach]{"incident", evidence.IncidentStep}

// incidentRule returns the policy's rule about incidents.
func (f *force) incidentRule() (*syntax.Incident, error) {
	if len(f.program.File().Incidents) == 0 {
		return nil, &avow.Error{Code: avow.Conflict, Message: "the policy has no rule about incidents", Try: "add one: it says what people are told, by what and how soon"}
	}
	return &f.program.File().Incidents[0], nil
}

// OpenIncident opens an incident with what is known of it.
func (g *Gate) OpenIncident(ctx context.Context, id avow.PolicyID, by Officer, c *Circumstances, words map[string]Words) (Incident, avow.Receipt, error) {
	return incidents.add(ctx, g, id, by, "opened", "open", func(t *turn, m *Incident) error {
		if _, err := t.force.incidentRule(); err != nil {
			return err
		}
		t.note(evidence.IncidentStep, t.force.citing("incident"))
		return t.describe(m, c, words)
	})
}

// DescribeIncident replaces what is known of an incident. Clocks that have been met
// or missed stay so.
func (g *Gate) DescribeIncident(ctx context.Context, id avow.PolicyID, matter string, by Officer, c *Circumstances, words map[string]Words) (Incident, avow.Receipt, error) {
	return incidents.step(ctx, g, id, matter, by, "described", func(t *turn, m *Incident) error {
		if m.State == "closed" {
			return notNow("the incident is closed")
		}
		return t.describe(m, c, words)
	})
}

const mostIncidentText = 4 << 10

func (t *turn) describe(m *Incident, c *Circumstances, words map[string]Words) error {
	if c.Aware.IsZero() || c.Aware.After(t.now) || c.Discovered.After(t.now) || c.Occurred.After(t.now) {
		return &avow.Error{Code: avow.Invalid, Message: "an incident needs the time at which the controller became aware of it, and no time of it lies ahead", Try: "send aware, and discovered and occurred where they are known"}
	}
	for _, kind := range c.Types {
		if !slices.Contains(hurt[:], kind) {
			return &avow.Error{Code: avow.Invalid, Message: "an incident hurts confidentiality, integrity or availability", Try: "send one or more of the three words"}
		}
	}
	for _, text := range []string{c.Place, c.Cause, c.Traces, c.Help, c.Delay} {
		if len(text) > mostIncidentText {
			return tooLong()
		}
	}
	for language, w := range words {
		if !slices.Contains(t.program.Languages(), avow.Language(language)) {
			return &avow.Error{Code: avow.Invalid, Message: "the policy is not written in one of these languages", Try: "write to people in the languages of the policy"}
		}
		for name, text := range w {
			if !slices.Contains(incidentWords[:], name) {
				return &avow.Error{Code: avow.Invalid, Message: "this is nothing that people are told", Try: "send " + strings.Join(incidentWords[:], ", ")}
			}
			if len(text) > mostIncidentText {
				return tooLong()
			}
			if name != "contact" && identifies([]byte(text)) {
				return &avow.Error{Code: avow.Invalid, Message: "what people are told names somebody: an address, a number or the like", Try: "leave out what identifies anybody; the way to reach you belongs into contact"}
			}
		}
	}
	m.Body.Circumstances = *c
	m.Body.Words = make(map[string]Words, len(words))
	for language, w := range words {
		m.Body.Words[language] = maps.Clone(w)
	}
	return t.setClocks(m)
}

func tooLong() error {
	return &avow.Error{Code: avow.Invalid, Message: "a text of the incident has more than 4 KiB", Try: "send a shorter text"}
}

// unsaid lists what the policy promises to tell people and is not written in some
// language yet.
func (t *turn) unsaid(m *Incident, rule *syntax.Incident) []string {
	var out []string
	for _, w := range rule.Tells {
		for _, language := range t.program.Languages() {
			if strings.TrimSpace(m.Body.Words[string(language)][w.Text]) == "" {
				out = append(out, fmt.Sprintf("%s (%s)", w.Text, language))
			}
		}
	}
	return out
}

// TellIncident begins to tell everybody who is affected. It is refused while
// anything that the policy promises to tell is missing in any language.
func (g *Gate) TellIncident(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Incident, avow.Receipt, error) {
	m, r, err := incidents.step(ctx, g, id, matter, by, "telling", func(t *turn, m *Incident) error {
		rule, err := t.force.incidentRule()
		if err != nil {
			return err
		}
		if m.State != "scoped" {
			return notNow("people are told when it is known who they are")
		}
		if t.gate.home(t.id) == "" {
			return &avow.Error{Code: avow.Unavailable, Message: "the address is not known at which people can read more", Try: "start with a door, or tell the gate where it is"}
		}
		if missing := t.unsaid(m, rule); len(missing) > 0 {
			return &avow.Error{Code: avow.Conflict, Message: "people cannot be told yet: something that the policy promises to tell them is not written", Try: "write " + strings.Join(missing, ", ")}
		}
		m.State = "telling"
		t.note(evidence.IncidentTold, func(l *evidence.Leaf) {
			t.force.citing("incident")(l)
			l.Data, l.Count = m.Body.Scope.Data, m.Body.Affected.People
		})
		return nil
	})
	if err == nil {
		g.nudge()
	}
	return m, r, err
}

// CloseIncident ends an incident that was handled. The summary that a law asks for
// afterwards has its clock from here.
func (g *Gate) CloseIncident(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Incident, avow.Receipt, error) {
	return incidents.step(ctx, g, id, matter, by, "closed", func(t *turn, m *Incident) error {
		if m.State != "told" && !(m.State == "scoped" && m.Body.Affected.People == 0) {
			return notNow("an incident is closed when everybody was told, or nobody is affected")
		}
		m.State, m.Body.Ended = "closed", t.now
		return t.setClocks(m)
	})
}

// ReadIncident returns an incident as it stands.
func (g *Gate) ReadIncident(ctx context.Context, id avow.PolicyID, matter string) (Incident, error) {
	return incidents.read(ctx, g, id, matter)
}

// Incidents lists incidents in the order in which they were opened.
func (g *Gate) Incidents(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Incident, error) {
	return incidents.list(ctx, g, id, after, limit, nil)
}

// Announcement is an incident as everybody may read it.
type Announcement struct {
	At       time.Time
	Occurred time.Time
	Data     []avow.Datum
	Words    map[string]Words
}

// Announcements lists what was announced to everybody, the newest first.
func (g *Gate) Announcements(ctx context.Context, id avow.PolicyID) ([]Announcement, error) {
	all, err := incidents.list(ctx, g, id, "", scanPage, func(m *Incident) bool { return !m.Body.Public.IsZero() })
	if err != nil {
		return nil, err
	}
	out := make([]Announcement, 0, len(all))
	for i := range slices.Backward(all) {
		b := &all[i].Body
		out = append(out, Announcement{b.Public, b.Occurred, b.Scope.Data, b.Words})
	}
	return out, nil
}
