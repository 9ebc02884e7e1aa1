package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// The probes of incidents drill: an incident is opened at the desk, on an engine of
// its own with people of its own, and what reaches whom is read at the other end.

type incidentWords struct {
	Language string `json:"language"`
	What     string `json:"what_happened,omitempty"`
	Impact   string `json:"impact,omitempty"`
	Taken    string `json:"measures_taken,omitempty"`
	Planned  string `json:"measures_planned,omitempty"`
	Advice   string `json:"advice,omitempty"`
	Remedies string `json:"remedies,omitempty"`
	Contact  string `json:"contact,omitempty"`
}

type incident struct {
	ID         string          `json:"id,omitempty"`
	Aware      time.Time       `json:"aware,omitzero"`
	Occurred   time.Time       `json:"occurred,omitzero"`
	Discovered time.Time       `json:"discovered,omitzero"`
	Types      []string        `json:"types,omitempty"`
	Place      string          `json:"place,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	Traces     string          `json:"traces,omitempty"`
	Tell       []incidentWords `json:"tell,omitempty"`
}

// incidentState is an incident as the desk shows it.
type incidentState struct {
	ID          string    `json:"id"`
	State       string    `json:"state"`
	Counted     bool      `json:"counted"`
	People      int64     `json:"people"`
	Told        int64     `json:"told"`
	Waiting     int64     `json:"waiting"`
	Unreachable int64     `json:"unreachable"`
	Announced   time.Time `json:"announced"`
	Clocks      []struct {
		Law, To, Tier string
		Due           time.Time
		Missed        bool
		Met           time.Time
	} `json:"clocks"`
}

type onIncident struct {
	ID     string   `json:"id"`
	Data   []string `json:"data,omitempty"`
	Law    string   `json:"law,omitempty"`
	Phased bool     `json:"phased,omitempty"`
}

const responder = "responder"

// incidentProbes play the policy's rule about incidents.
func (t text) incidentProbes(r *syntax.Incident) []probe {
	id := r.ID.Text
	probes := []probe{
		{id, "tells each affected person, and nobody else, what of theirs is concerned", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentTold(r) }) }},
		{id, "goes on to the next channel where one is dead", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentCascades(r) }) }},
		{id, "announces in public where people cannot be reached", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentAnnounced(r) }) }},
		{id, "runs the clocks from the moment of awareness", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentClocks(r) }) }},
		{id, "reports to each authority, with nothing missing", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentReported(r) }) }},
	}
	if has(r.Channels, "letter") {
		probes = append(probes, probe{id, "writes to whom nothing else reaches", func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentLetter(r) }) }})
	}
	for _, w := range r.Tells {
		probes = append(probes, probe{id, "tells nobody before it says " + w.Text, func(s *stage) error { return s.drill(func(a *stage) error { return a.incidentWhole(w.Text) }) }})
	}
	return probes
}

// drill runs on an engine of its own, where nobody is but the people of the drill.
func (s *stage) drill(act func(*stage) error) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a := s.elsewhere(dir)
	a.setup.Post = s.post.setup()
	if err := a.run(); err != nil {
		return err
	}
	defer a.end()
	defer s.post.kill()
	return act(a)
}

// told makes the words of an incident, without one of them.
func (s *stage) told(without string) []incidentWords {
	var out []incidentWords
	for _, l := range s.text.Languages {
		say := func(name string) string {
			if name == without {
				return ""
			}
			return name + " in " + l.Text
		}
		out = append(out, incidentWords{l.Text, say("what-happened"), say("impact"), say("measures-taken"), say("measures-planned"), say("advice"), say("remedies"), say("contact")})
	}
	return out
}

// alarm opens an incident of which the controller has been aware for an hour.
func (s *stage) alarm(without string) (*incidentState, error) {
	now := s.clock.now()
	a, err := s.as(responder, "incidents", incident{Aware: now.Add(-time.Hour), Occurred: now.Add(-48 * time.Hour), Discovered: now.Add(-2 * time.Hour), Types: []string{"confidentiality"},
		Place: "a server", Cause: "a lost password", Traces: "kept", Tell: s.told(without)})
	if err != nil {
		return nil, err
	}
	return incidentIn(a)
}

func incidentIn(a *answer) (*incidentState, error) {
	var in struct {
		Incident incidentState `json:"incident"`
	}
	if a.status != http.StatusOK {
		return nil, &mismatch{"the desk for incidents to do what it is asked", a.String()}
	}
	return &in.Incident, json.Unmarshal(a.raw, &in)
}

// affected has those affected counted.
func (s *stage) affected(i *incidentState, data ...string) (*incidentState, error) {
	a, err := s.as(responder, "incidents/scope", onIncident{ID: i.ID, Data: data})
	if err != nil {
		return nil, err
	}
	if _, err := incidentIn(a); err != nil {
		return nil, err
	}
	if err := s.engine.Sweep(s.ctx); err != nil {
		return nil, err
	}
	return s.incidentNow(i)
}

func (s *stage) incidentNow(i *incidentState) (*incidentState, error) {
	a, err := s.as(responder, "incidents/read", onIncident{ID: i.ID})
	if err != nil {
		return nil, err
	}
	var out incidentState
	if a.status != http.StatusOK {
		return nil, &mismatch{"the incident to be read", a.String()}
	}
	return &out, json.Unmarshal(a.raw, &out)
}

// spread has everybody told, and waits until it is settled who was.
func (s *stage) spread(i *incidentState) (*incidentState, error) {
	a, err := s.as(responder, "incidents/tell", onIncident{ID: i.ID})
	if err != nil {
		return nil, err
	}
	if i, err = incidentIn(a); err != nil {
		return nil, err
	}
	for range 12 {
		if err := s.engine.Sweep(s.ctx); err != nil {
			return nil, err
		}
		if i, err = s.incidentNow(i); err != nil || i.State != "telling" {
			return i, err
		}
		if err := s.engine.Deliver(s.ctx); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// raise plays an incident from its opening until it is settled who was told.
func (s *stage) raise() (*incidentState, error) {
	i, err := s.alarm("")
	if err != nil {
		return nil, err
	}
	if i, err = s.affected(i); err != nil {
		return nil, err
	}
	return s.spread(i)
}

// legal returns the message by which people are told, and its channels that the
// incident rule names and the proof can read, in the rule's order.
func (s *stage) legal(r *syntax.Incident) (*syntax.Message, []string) {
	for i := range s.text.Messages {
		m := &s.text.Messages[i]
		if m.Class.Text != "legal" {
			continue
		}
		var out []string
		for _, c := range words(r.Channels) {
			if slices.Contains(s.playable(m), c) && c != "in-app" {
				out = append(out, c)
			}
		}
		return m, out
	}
	return nil, nil
}

// reachable makes a person with an address for each of the channels, and returns the
// addresses.
func (s *stage) reachable(m *syntax.Message, channels []string) (*person, map[string]string, error) {
	p := s.someone()
	addresses := make(map[string]string)
	for _, channel := range channels {
		address, err := p.addressFor(m, channel)
		if err != nil {
			return nil, nil, err
		}
		addresses[channel] = address
	}
	return p, addresses, nil
}

// addressFor gives a person an address for a channel.
func (p *person) addressFor(m *syntax.Message, channel string) (string, error) {
	for _, given := range []bool{true, false} {
		for _, v := range p.text.ways(m, channel, given) {
			if err := p.prepare(v.collect); err != nil {
				return "", err
			}
			purpose := v.collect.For[0].Text
			for _, w := range v.collect.For {
				if has(m.For, w.Text) {
					purpose = w.Text
				}
			}
			q, err := p.request(v.collect, v.datum, v.collect.Points[0].Text, purpose)
			if _, cannot := err.(*unplayable); cannot {
				continue
			}
			if err != nil {
				return "", err
			}
			a, err := p.decide("collect", q)
			if err != nil {
				return "", err
			}
			if a.allowed {
				return q.Items[0].Value, nil
			}
		}
	}
	return "", &unplayable{"nothing that can be played takes an address in for " + channel}
}

func (s *stage) incidentTold(r *syntax.Incident) error {
	m, channels := s.legal(r)
	if m == nil || len(channels) == 0 {
		return &unplayable{"no message of class legal goes by a channel that the proof can read"}
	}
	_, addresses, err := s.reachable(m, channels[:1])
	if err != nil {
		return err
	}
	other := s.someone() // accepted, and gave nothing
	if err := other.accept(); err != nil {
		return err
	}
	i, err := s.alarm("")
	if err != nil {
		return err
	}
	if i, err = s.affected(i); err != nil {
		return err
	}
	if !i.Counted || i.People != 1 {
		return &mismatch{"one affected person", fmt.Sprintf("%d", i.People)}
	}
	if i, err = s.spread(i); err != nil {
		return err
	}
	got := s.post.texts(channels[0], addresses[channels[0]])
	if i.Told != 1 || len(got) != 1 {
		return &mismatch{"the affected person to be told once", fmt.Sprintf("%d told, %d messages", i.Told, len(got))}
	}
	if channels[0] == "email" {
		for _, w := range words(r.Tells) {
			if !strings.Contains(got[0], w+" in ") {
				return &mismatch{"the notice to say " + w, "it does not"}
			}
		}
	}
	return expect(i.State == "told", "the telling to come to its end", "%s", i.State)
}

func (s *stage) incidentCascades(r *syntax.Incident) error {
	m, channels := s.legal(r)
	if m == nil || len(channels) < 2 {
		return &unplayable{"people can be told by one channel only that the proof can read"}
	}
	for n := range channels[1:] {
		s.post.kill(channels[:n+1]...)
		_, addresses, err := s.reachable(m, channels)
		if err != nil {
			return err
		}
		i, err := s.raise()
		if err != nil {
			return err
		}
		next := channels[n+1]
		if got := s.post.texts(next, addresses[next]); len(got) != 1 {
			return &mismatch{fmt.Sprintf("the notice by %s where %s is dead", next, strings.Join(channels[:n+1], " and ")), fmt.Sprintf("%d notices, %d told", len(got), i.Told)}
		}
	}
	return nil
}

func (s *stage) incidentAnnounced(r *syntax.Incident) error {
	m, channels := s.legal(r)
	if m == nil || len(channels) == 0 {
		return &unplayable{"no message of class legal goes by a channel that the proof can read"}
	}
	if _, _, err := s.reachable(m, channels); err != nil {
		return err
	}
	s.post.kill(channels...)
	i, err := s.raise()
	if err != nil {
		return err
	}
	page, err := s.client.Get(s.engine.URL() + "/announcements/" + s.text.Policy.Text)
	if err != nil {
		return err
	}
	defer page.Body.Close()
	var in struct {
		Announcements []struct {
			Tell []incidentWords `json:"tell"`
		} `json:"announcements"`
	}
	if err := json.NewDecoder(page.Body).Decode(&in); err != nil {
		return err
	}
	public := len(in.Announcements) == 1 && len(in.Announcements[0].Tell) == len(s.text.Languages)
	if i.Unreachable != 1 {
		return &mismatch{"one person who cannot be reached", fmt.Sprintf("%d, %d told", i.Unreachable, i.Told)}
	}
	if r.Announce.On {
		return expect(public && !i.Announced.IsZero(), "an announcement that everybody can read", "none")
	}
	return expect(!public, "no announcement", "one")
}

func (s *stage) incidentWhole(word string) error {
	i, err := s.alarm(word)
	if err != nil {
		return err
	}
	if i, err = s.affected(i); err != nil {
		return err
	}
	a, err := s.as(responder, "incidents/tell", onIncident{ID: i.ID})
	if err != nil {
		return err
	}
	return expect(a.status == http.StatusConflict && strings.Contains(string(a.raw), word), "nobody to be told before "+word+" is written", "%v", a)
}

func (s *stage) incidentClocks(r *syntax.Incident) error {
	aware := s.clock.now().Add(-time.Hour)
	i, err := s.alarm("")
	if err != nil {
		return err
	}
	if r.Within.Set {
		found := false
		for _, c := range i.Clocks {
			found = found || c.Law == "policy" && c.To == "people" && c.Due.Equal(s.program.After(aware, r.Within))
		}
		if !found {
			return &mismatch{"people to be told within " + r.Within.String() + " of awareness", "another clock, or none"}
		}
	}
	for _, id := range words(s.text.Law) {
		pack, err := law.Load(id)
		if err != nil {
			return err
		}
		for _, d := range pack.BreachWithin("authority", "any") {
			found := false
			for _, c := range i.Clocks {
				found = found || c.Law == id && c.To == "authority" && c.Tier == "any" && !c.Due.Before(aware) && !c.Due.After(aware.Add(time.Duration(d.Within.N)*time.Hour))
			}
			if r.Regulators.On && d.Within.Unit == law.Hours && !found {
				return &mismatch{"a clock to report to the authority of " + id, "none"}
			}
		}
	}
	s.clock.set(s.clock.now().AddDate(0, 2, 0))
	if err := s.engine.Sweep(s.ctx); err != nil {
		return err
	}
	if i, err = s.incidentNow(i); err != nil {
		return err
	}
	missed := slices.ContainsFunc(i.Clocks, func(c struct {
		Law, To, Tier string
		Due           time.Time
		Missed        bool
		Met           time.Time
	}) bool {
		return c.Missed
	})
	return expect(missed || !r.Within.Set, "what was missed to be recorded", "nothing is")
}

func (s *stage) incidentReported(r *syntax.Incident) error {
	i, err := s.alarm("impact")
	if err != nil {
		return err
	}
	if i, err = s.affected(i); err != nil {
		return err
	}
	for _, id := range words(s.text.Law) {
		a, err := s.as(responder, "incidents/file", onIncident{ID: i.ID, Law: id})
		if err != nil {
			return err
		}
		if id != "us-ca" && a.status != http.StatusConflict {
			return &mismatch{"a report that lacks the impact to be refused", a.String()}
		}
	}
	now := s.clock.now()
	if _, err := s.as(responder, "incidents/describe", incident{ID: i.ID, Aware: now.Add(-time.Hour), Occurred: now.Add(-48 * time.Hour), Discovered: now.Add(-2 * time.Hour),
		Types: []string{"confidentiality"}, Place: "a server", Cause: "a lost password", Traces: "kept", Tell: s.told("")}); err != nil {
		return err
	}
	// Nobody holds anything here, so the kinds of data have to be somebody's.
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range s.text.Data {
		if ok, err := p.put(d.ID.Text); err != nil {
			return err
		} else if ok {
			break
		}
	}
	if i, err = s.affected(i); err != nil {
		return err
	}
	for _, id := range words(s.text.Law) {
		a, err := s.as(responder, "incidents/file", onIncident{ID: i.ID, Law: id})
		if err != nil {
			return err
		}
		if _, err := incidentIn(a); err != nil {
			return err
		}
	}
	if i, err = s.incidentNow(i); err != nil {
		return err
	}
	authorities, open := 0, 0
	for _, c := range i.Clocks {
		if c.To == "authority" {
			authorities++
			if c.Met.IsZero() {
				open++
			}
		}
	}
	return expect(open == 0 && (authorities > 0) == r.Regulators.On, "every authority's clock to be met by a whole report", "%d of %d are open", open, authorities)
}

// incidentMutants change the rule about incidents.
func (p *plan) incidentMutants(v *syntax.Incident, turn func(string, func(any))) {
	for _, w := range v.Tells {
		turn("without saying "+w.Text, func(x any) { i := x.(*syntax.Incident); i.Tells = without(i.Tells, w.Text) })
	}
	for _, w := range v.Channels {
		turn("without "+w.Text, func(x any) { i := x.(*syntax.Incident); i.Channels = without(i.Channels, w.Text) })
	}
	if v.Within.Set {
		turn("later", func(x any) { lengthen(&x.(*syntax.Incident).Within) })
	}
	if v.Announce.On {
		turn("without an announcement", func(x any) { x.(*syntax.Incident).Announce.On = false })
	}
	if v.Regulators.On {
		turn("without authorities", func(x any) { x.(*syntax.Incident).Regulators.On = false })
	}
}
