package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/internal/secret"
	"avow.dev/notice/letter"
	"avow.dev/policy/syntax"
)

// Whom no channel reached is written to on paper, where the policy lets their
// postal address be used for messages that the law demands. Somebody prints the
// letters, posts them, and then says so.

// PaperNotice is a notice to one person, to be printed.
type PaperNotice struct {
	Name, Address Value // the name is empty where the rule does not open it
	Language      avow.Language
	Text          letter.Filled
}

// Wipe clears what identifies the person.
func (p *PaperNotice) Wipe() {
	p.Name.Wipe()
	p.Address.Wipe()
}

// mostLetters is how many letters are written at a time. The next come when these
// are posted.
const mostLetters = 200

// letterChannel is what an incident's rule calls the channel [ByPost].
const letterChannel = "letter"

// IncidentNotices shows what people will be told, by language, as if somebody held
// everything that is concerned.
func (g *Gate) IncidentNotices(ctx context.Context, id avow.PolicyID, matter string) (map[avow.Language]letter.Filled, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	m, err := incidents.read(ctx, g, id, matter)
	if err != nil {
		return nil, err
	}
	f := s.inForce.Load()
	var data []avow.Datum
	for _, d := range f.program.Data() {
		if m.Body.Affected.ByDatum[d.Slug] > 0 {
			data = append(data, d.Slug)
		}
	}
	tmpl, ok := g.letters.Template("incident")
	if !ok {
		return nil, internal("the template of incident notices is missing", errBody)
	}
	out := make(map[avow.Language]letter.Filled)
	for _, language := range f.program.Languages() {
		out[language] = tmpl.Fill(string(language), g.incidentParams(s, &m, data, language))
	}
	return out, nil
}

// IncidentLetters writes the next letters to those whom no channel reached. It opens
// their addresses, for the reason given, each under the policy's rules and with
// evidence, and says in the incident's history who had them opened.
func (g *Gate) IncidentLetters(ctx context.Context, id avow.PolicyID, matter string, by Officer, o *Look) ([]PaperNotice, avow.Receipt, error) {
	if err := o.check(); err != nil {
		return nil, avow.Receipt{}, err
	}
	m, r, err := incidents.step(ctx, g, id, matter, by, "letters", func(t *turn, m *Incident) error {
		rule, err := t.force.incidentRule()
		if err != nil {
			return err
		}
		if !syntax.Has(rule.Channels, letterChannel) {
			return &avow.Error{Code: avow.Conflict, Message: "the policy does not tell people of incidents by letter", Try: "add letter to the channels of its rule"}
		}
		if m.State != "told" && m.State != "closed" {
			return notNow("letters go to whom no channel reached, which is known once everybody else was told")
		}
		leaf, err := t.file(by, o, opensAddresses, matter, 0)
		if err != nil {
			return err
		}
		t.note(evidence.IncidentStep, func(l *evidence.Leaf) {
			t.force.citing("incident")(l)
			l.Why, l.Done = o.Why, leaf
		})
		return nil
	})
	if err != nil {
		return nil, r, err
	}
	s, err := g.of(id)
	if err != nil {
		return nil, r, err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return nil, r, err
	}
	var all []PaperNotice
	err = g.eachHit(ctx, office, m.ID, func(h *hit) (bool, error) {
		if h.State != "unreachable" {
			return true, nil
		}
		p, ok, err := g.paper(ctx, s, office, &m, h)
		if ok {
			all = append(all, p)
		}
		return len(all) < mostLetters, err
	})
	if err != nil {
		for i := range all {
			all[i].Wipe()
		}
		return nil, r, err
	}
	return all, r, nil
}

// paper writes to one person, if the policy lets their address be used for it.
func (g *Gate) paper(ctx context.Context, s *served, office *person, m *Incident, h *hit) (PaperNotice, bool, error) {
	row, ok, err := g.store.Load(ctx, h.sid)
	if err != nil {
		return PaperNotice{}, false, internal("a person's record could not be read", err)
	}
	if !ok {
		return PaperNotice{}, false, nil
	}
	who, err := s.open(row)
	if err != nil {
		return PaperNotice{}, false, unlessGone(unreadable(err))
	}
	t, err := g.look(ctx, s.id, who.state.ref)
	if err != nil {
		return PaperNotice{}, false, unlessGone(err)
	}
	w, name, ok := t.byLetter()
	if !ok {
		return PaperNotice{}, false, nil
	}
	req := w.request(t)
	if name != "" {
		req.Data = append(req.Data, name)
	}
	shown, err := g.Use(ctx, &req)
	if err != nil {
		return PaperNotice{}, false, unlessGone(err)
	}
	language := t.language("")
	out := PaperNotice{Name: secret.Adopt(nil), Address: secret.Adopt(nil), Language: language}
	for _, it := range shown.Items {
		if it.Datum == w.datum {
			out.Address = it.Value
		} else {
			out.Name = it.Value
		}
	}
	tmpl, ok := g.letters.Template("incident")
	if !ok {
		return PaperNotice{}, false, internal("the template of incident notices is missing", errBody)
	}
	out.Text = tmpl.Fill(string(language), g.incidentParams(s, m, h.Data, language))
	h.Printed = g.Now()
	return out, true, g.saveHit(ctx, s, office, h, nil)
}

// byLetter finds the address that a letter can go to, by the policy's rules about
// messages that the law demands, and the name that the same rule opens.
func (t *turn) byLetter() (w way, name avow.Datum, ok bool) {
	for i := range t.program.File().Messages {
		rule := &t.program.File().Messages[i]
		if rule.Class.Text != "legal" || !syntax.Has(rule.Channels, ByPost) {
			continue
		}
		for _, r := range t.force.routes(rule, ByPost) {
			w = way{rule: rule, channel: ByPost, datum: r.datum, purpose: r.purpose, role: r.role, feature: r.feature}
			c, held := t.addressCell(r.datum, nil)
			if held && t.force.keepsAsGiven(r.datum) && t.mayAddress(&w, c) == 0 {
				return w, t.nameBeside(&w), true
			}
		}
	}
	return way{}, "", false
}

// nameBeside is the name that a rule of use opens together with an address.
func (t *turn) nameBeside(w *way) avow.Datum {
	for i := range t.program.File().Use {
		u := &t.program.File().Use[i]
		if !syntax.Has(u.Data, string(w.datum)) || !syntax.Has(u.For, string(w.purpose)) || w.role != "" && !syntax.Has(u.By, string(w.role)) {
			continue
		}
		j := slices.IndexFunc(u.Data, func(d syntax.Word) bool { return t.force.term(avow.Datum(d.Text), "name", "pd:Name") })
		if j >= 0 && t.who.body.cell(avow.Datum(u.Data[j].Text)) != nil {
			return avow.Datum(u.Data[j].Text)
		}
	}
	return ""
}

// LettersPosted records that the letters written last were posted: those people are
// told. It returns the incident and how many letters they were.
func (g *Gate) LettersPosted(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Incident, avow.Receipt, error) {
	if err := by.check(); err != nil {
		return Incident{}, avow.Receipt{}, err
	}
	g.pursuing.Lock()
	defer g.pursuing.Unlock()
	s, err := g.of(id)
	if err != nil {
		return Incident{}, avow.Receipt{}, err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return Incident{}, avow.Receipt{}, err
	}
	p := Progress{ByChannel: make(map[string]int64)}
	var posted int64
	err = g.eachHit(ctx, office, matter, func(h *hit) (bool, error) {
		if h.State == "unreachable" && !h.Printed.IsZero() {
			h.State, h.Channel, h.At = "told", ByPost, g.Now()
			posted++
			if err := g.saveHit(ctx, s, office, h, nil); err != nil {
				return false, err
			}
		}
		p.count(h)
		return true, nil
	})
	if err != nil {
		return Incident{}, avow.Receipt{}, err
	}
	return incidents.step(ctx, g, id, matter, by, "posted", func(t *turn, m *Incident) error {
		if m.State != "told" && m.State != "closed" || posted == 0 && m.Body.Progress.Told == p.Told {
			return notNow("letters are posted after they were written")
		}
		p.Finished = m.Body.Progress.Finished
		m.Body.Progress = p
		if p.Unreachable == 0 {
			m.Body.met("", "people", t.now)
			m.Due = m.Body.next()
		}
		t.note(evidence.IncidentStep, func(l *evidence.Leaf) {
			t.force.citing("incident")(l)
			l.Count = posted
		})
		return nil
	})
}

// incidentParams fills in the notice: in a language, with the names of the data that
// is concerned.
func (g *Gate) incidentParams(s *served, m *Incident, data []avow.Datum, language avow.Language) map[string]string {
	f := s.inForce.Load()
	words := m.Body.Words[string(language)]
	when := m.Body.Occurred
	if when.IsZero() {
		when = m.Body.Aware
	}
	names := make([]string, len(data))
	for i, d := range data {
		names[i] = f.nameOf(d, string(language))
	}
	link := g.home(s.id)
	if !m.Body.Public.IsZero() && link != "" {
		link += "/announcements"
	}
	return map[string]string{"what": told(words, "what-happened"), "impact": told(words, "impact"), "taken": told(words, "measures-taken"), "planned": told(words, "measures-planned"),
		"advice": told(words, "advice"), "remedies": told(words, "remedies"), "contact": told(words, "contact"), "data": listing(names, language), "date": when.Format(time.DateOnly), "link": link}
}
