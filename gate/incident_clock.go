package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// IncidentClock is a time by which somebody has to be told of an incident.
type IncidentClock struct {
	Law    string    `json:"law"`  // a law pack, or policy
	Of     string    `json:"of"`   // where it stands, such as art. 33(1)
	To     string    `json:"to"`   // authority or people
	Tier   string    `json:"tier"` // the case it holds for; any for all
	Due    time.Time `json:"due"`
	AtOnce bool      `json:"at_once,omitempty"` // no figure: at once
	Met    time.Time `json:"met,omitzero"`
	Missed bool      `json:"missed,omitempty"` // its time ran out, and evidence says so
}

func (c *IncidentClock) same(o *IncidentClock) bool {
	return c.Law == o.Law && c.Of == o.Of && c.To == o.To && c.Tier == o.Tier
}

// setClocks starts every clock that an incident has, from the moment at which the
// controller was aware of it.
func (t *turn) setClocks(m *Incident) error {
	rule, err := t.force.incidentRule()
	if err != nil {
		return err
	}
	b := &m.Body
	var all []IncidentClock
	if rule.Within.Set {
		all = append(all, IncidentClock{Law: "policy", Of: rule.ID.Text, To: "people", Tier: "any", Due: t.program.After(b.Aware, rule.Within)})
	}
	told := []string{"people"}
	if rule.Regulators.On {
		told = []string{"authority", "people"}
	}
	for i := range t.force.packs {
		all = append(all, t.clocksOf(b, &t.force.packs[i], told)...)
	}
	for i := range all {
		if before := slices.IndexFunc(b.Clocks, func(c IncidentClock) bool { return all[i].same(&c) }); before >= 0 {
			all[i].Met, all[i].Missed = b.Clocks[before].Met, b.Clocks[before].Missed
		}
	}
	b.Clocks = all
	m.Due = b.next()
	return nil
}

// clocksOf are the clocks of a law pack for an incident, by the case and by who is told.
func (t *turn) clocksOf(b *Breach, pack *law.Pack, told []string) []IncidentClock {
	var out []IncidentClock
	for _, tier := range b.tiers(pack) {
		for _, to := range told {
			for _, d := range pack.BreachWithin(to, tier) {
				if d.Tier == tier {
					out = append(out, t.clockOf(b, pack, &d))
				}
			}
		}
	}
	return out
}

// tiers are the cases of a pack that an incident falls under.
func (b *Breach) tiers(pack *law.Pack) []string {
	out := []string{"any"}
	if grade := pack.Grade(int(b.Affected.People)); grade != "" {
		out = append(out, "relatively-major")
		if grade != "relatively-major" {
			out = append(out, grade)
		}
	}
	if b.HighRisk {
		out = append(out, "high-risk")
	}
	for _, tier := range b.Tiers {
		if !slices.Contains(out, tier) {
			out = append(out, tier)
		}
	}
	if !b.Ended.IsZero() {
		out = append(out, "closing-summary")
	}
	return out
}

func (t *turn) clockOf(b *Breach, pack *law.Pack, d *law.BreachDuty) IncidentClock {
	from := b.Aware
	if d.Tier == "closing-summary" {
		from = b.Ended
	}
	return IncidentClock{Law: pack.ID, Of: d.Source, To: d.To, Tier: d.Tier, AtOnce: d.Within.N == 0,
		Due: t.program.After(from, syntax.Period{Set: true, N: int64(d.Within.N), Unit: unitOf(d.Within.Unit)})}
}

// next is the next time that matters; zero if no clock runs.
func (b *Breach) next() (due time.Time) {
	for i := range b.Clocks {
		c := &b.Clocks[i]
		if c.Met.IsZero() && !c.Missed && !c.AtOnce && (due.IsZero() || c.Due.Before(due)) {
			due = c.Due
		}
	}
	return due
}

// met stops the clocks of a law, or of all, about telling somebody.
func (b *Breach) met(lawID, to string, at time.Time) {
	for i := range b.Clocks {
		if c := &b.Clocks[i]; c.To == to && (lawID == "" || c.Law == lawID) && c.Met.IsZero() {
			c.Met = at
		}
	}
}

// sweepIncidents says which clocks were missed, and goes on with the incidents that
// are under way.
func (g *Gate) sweepIncidents(ctx context.Context, s *served, total *Swept) error {
	err := incidents.overdue(ctx, g, s.id, g.Now(), func(m *Incident) error {
		_, _, err := incidents.step(ctx, g, s.id, m.ID, engineItself, "clock ran out", func(t *turn, m *Incident) error {
			for i := range m.Body.Clocks {
				c := &m.Body.Clocks[i]
				if c.Met.IsZero() && !c.Missed && !c.AtOnce && !t.now.Before(c.Due) {
					c.Missed = true
					total.Overdue++
					t.note(evidence.Overdue, t.force.citing("incident"))
				}
			}
			m.Due = m.Body.next()
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	_, err = g.pursue(ctx, s)
	return err
}

// PursueIncidents goes on with every incident that is under way: it finds out who is
// affected and tells them, in steps that a restart goes on from. It returns how much
// it did.
func (g *Gate) PursueIncidents(ctx context.Context) (int64, error) {
	var did int64
	for _, id := range g.Policies() {
		s, err := g.of(id)
		if err != nil {
			continue
		}
		n, err := g.pursue(ctx, s)
		did += n
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

func (g *Gate) pursue(ctx context.Context, s *served) (int64, error) {
	g.pursuing.Lock()
	defer g.pursuing.Unlock()
	open, err := incidents.list(ctx, g, s.id, "", scanPage, func(m *Incident) bool { return m.State == "scoping" || m.State == "telling" })
	if err != nil {
		return 0, err
	}
	var did int64
	for i := range open {
		n, err := g.pursueOne(ctx, s, &open[i])
		did += n
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

func (g *Gate) pursueOne(ctx context.Context, s *served, m *Incident) (did int64, err error) {
	for m.State == "scoping" {
		if err := ready(ctx); err != nil {
			return did, err
		}
		if *m, err = g.scopeOn(ctx, s, m.ID); err != nil {
			return did, err
		}
		did++
	}
	if m.State != "telling" {
		return did, nil
	}
	n, err := g.tellOn(ctx, s, m)
	return did + n, err
}

// nudge has incidents pursued soon.
func (g *Gate) nudge() {
	select {
	case g.incident <- struct{}{}:
	default:
	}
}

// Pursuing returns a channel that has something when an incident may go on.
func (g *Gate) Pursuing() <-chan struct{} { return g.incident }

// IncidentCases lists the cases of the policy's law packs, beside the number of people
// and the risk, under which more clocks run: somebody has to say that one is given.
func (g *Gate) IncidentCases(id avow.PolicyID) ([]string, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, pack := range s.inForce.Load().packs {
		counted := []string{"any", "high-risk", "closing-summary"}
		for _, grade := range pack.Grades {
			counted = append(counted, grade.Grade)
		}
		for _, d := range pack.Breach {
			if !slices.Contains(counted, d.Tier) {
				out = once(out, d.Tier)
			}
		}
	}
	return out, nil
}
