package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"avow.dev/notice/statements"
	"avow.dev/policy/syntax"
)

// publishProbes play a rule that publishes: only what the person chose is read, by
// its audience and by nobody else, until it is taken down.
func (t text) publishProbes(r *syntax.Share) []probe {
	id := r.ID.Text
	probes := []probe{
		{id, "is read by its audience alone", func(s *stage) error { return s.publishedTo(r) }},
		{id, "shows exactly what the rule lists", func(s *stage) error { return s.publishedList(r) }},
		{id, "is gone from every address once it is taken down", func(s *stage) error { return s.publishedGone(r) }},
	}
	if has(r.Needs.Facts, "notice") {
		probes = append(probes, probe{id, "stays shut until the person was shown the words", func(s *stage) error { return s.publishedUntold(r) }})
	}
	return probes
}

// warned asks for the words that precede a publication, and returns them with the
// token that shows that they were shown.
func (p *person) warned(datum, to, lang string) (words []string, token string, err error) {
	a, err := p.send("notices", map[string]any{"subject": p.ref, "data": []string{datum}, "recipient": to, "language": lang})
	if err != nil {
		return nil, "", err
	}
	var out struct {
		Words []string `json:"words"`
	}
	if a.status != http.StatusOK {
		return nil, "", &mismatch{"words to be shown before " + datum + " is published to " + to, a.String()}
	}
	return out.Words, a.token, json.Unmarshal(a.raw, &struct {
		Words *[]string `json:"words"`
	}{&out.Words})
}

// forewarn puts the token of a notice into a request whose rule needs one.
func (p *person) forewarn(r *syntax.Share, q *ask) error {
	if !has(r.Needs.Facts, "notice") || r.Verb.Text != "publish" {
		return nil
	}
	_, token, err := p.warned(q.Data[0], q.Recipient, "")
	if err != nil {
		return err
	}
	if q.Shown == nil {
		q.Shown = &shown{}
	}
	q.Shown.Token = token
	return nil
}

// publisher is somebody who has published everything that a rule lets out to its
// first audience, and where it can be read.
func (s *stage) publisher(r *syntax.Share) (p *person, at string, data []string, err error) {
	p = s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return nil, "", nil, err
	}
	at, data, err = p.publishAll(r)
	return p, at, data, err
}

func (p *person) publishAll(r *syntax.Share) (at string, data []string, err error) {
	s := p.stage
	to := r.To[0].Text
	if err := s.qualify(to); err != nil {
		return "", nil, err
	}
	for _, d := range r.Data {
		held, err := p.put(d.Text)
		if err != nil {
			return "", nil, err
		}
		if !held || s.text.forbidden("publish", d.Text, r.For[0].Text, to, r.ID.Text) {
			continue
		}
		q := p.shareAsked(r, d.Text, to, r.For[0].Text)
		if err := p.forewarn(r, q); err != nil {
			return "", nil, err
		}
		a, err := p.decide("publish", q)
		if err != nil {
			return "", nil, err
		}
		if !a.allowed {
			return "", nil, &mismatch{d.Text + " published to " + to, a.String()}
		}
		data = append(data, d.Text)
	}
	if len(data) == 0 {
		return "", nil, &unplayable{"nothing that the rule publishes can be taken in"}
	}
	places, err := p.places()
	if err == nil && places[to] == "" {
		err = &mismatch{"an address at which " + to + " can read", fmt.Sprint(len(places)) + " addresses"}
	}
	return places[to], data, err
}

// places is where what somebody published can be read, by audience.
func (p *person) places() (map[string]string, error) {
	a, err := p.send("published/places", map[string]string{"subject": p.ref})
	if err != nil {
		return nil, err
	}
	var out struct {
		Places []struct {
			Address   string `json:"address"`
			Recipient string `json:"recipient"`
		} `json:"places"`
	}
	if err := json.Unmarshal(a.raw, &out); err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	all := make(map[string]string)
	for _, at := range out.Places {
		all[at.Recipient] = at.Address
	}
	return all, nil
}

// reading is what an audience reads at an address, as somebody.
func (s *stage) reading(at, to, reader string) (*answer, error) {
	return s.send("published", map[string]string{"address": at, "recipient": to, "reader": reader})
}

// belonging returns somebody who belongs to the audience of a rule, "" where
// everybody does.
func (s *stage) belonging(r *syntax.Share) (string, error) {
	if e := s.text.party(r.To[0].Text); e == nil || e.Kind.Text == "public" {
		return "", nil
	}
	p := s.someone()
	return p.ref, p.prepareUse(r.Needs.Choice, nil)
}

func (s *stage) publishedTo(r *syntax.Share) error {
	p, at, data, err := s.publisher(r)
	if err != nil {
		return err
	}
	to := r.To[0].Text
	reader, err := s.belonging(r)
	if err != nil {
		return err
	}
	a, err := s.reading(at, to, reader)
	if err != nil {
		return err
	}
	if v, ok := a.value(data[0]); !ok || !strings.Contains(v, p.mark) {
		return &mismatch{data[0] + " of its owner read by " + to, a.String()}
	}
	if reader != "" {
		outsider := s.someone()
		if err := outsider.accept(); err != nil {
			return err
		}
		for _, other := range []string{"", outsider.ref} {
			if a, err = s.reading(at, to, other); err != nil || a.status == http.StatusOK {
				return orMismatch(err, "nothing read by who does not belong to "+to, "%v", a)
			}
		}
	}
	for i := range s.text.Parties {
		if other := s.text.Parties[i].ID.Text; other != to {
			if a, err = s.reading(at, other, reader); err != nil || a.status == http.StatusOK {
				return orMismatch(err, "nothing read at the address for "+other, "%v", a)
			}
		}
	}
	for _, w := range r.Needs.Choice {
		if err := p.choose(w.Text, "withdrawn"); err != nil {
			return err
		}
		if a, err = s.reading(at, to, reader); err != nil || a.status == http.StatusOK {
			return orMismatch(err, "nothing read after "+w.Text+" was taken back", "%v", a)
		}
	}
	return nil
}

// publishedList reads what the public sees of somebody who gave everything that can
// be given: exactly the fields of the rules that publish to that audience.
func (s *stage) publishedList(r *syntax.Share) error {
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return err
	}
	at, data, err := p.publishAll(r)
	if err != nil {
		return err
	}
	reader, err := s.belonging(r)
	if err != nil {
		return err
	}
	a, err := s.reading(at, r.To[0].Text, reader)
	if err != nil {
		return err
	}
	var seen []string
	for _, it := range a.items {
		if !slices.Contains(seen, it.Datum) {
			seen = append(seen, it.Datum)
		}
	}
	slices.Sort(seen)
	slices.Sort(data)
	return expect(slices.Equal(seen, data), "exactly "+strings.Join(data, ", ")+" to be public", "%s", strings.Join(seen, ", "))
}

func (s *stage) publishedGone(r *syntax.Share) error {
	p, at, data, err := s.publisher(r)
	if err != nil {
		return err
	}
	reader, err := s.belonging(r)
	if err != nil {
		return err
	}
	a, err := p.send("unpublish", ask{Subject: p.ref, Data: data})
	if err != nil || !a.allowed {
		return orMismatch(err, "taking down never refused", "%v", a)
	}
	if a, err = s.reading(at, r.To[0].Text, reader); err != nil || a.status != http.StatusNotFound || strings.Contains(string(a.raw), p.mark) {
		return orMismatch(err, "nothing at the address after it was taken down", "%v", a)
	}
	left, err := p.places()
	if err != nil || len(left) > 0 {
		return orMismatch(err, "no address after it was taken down", "%d", len(left))
	}
	page, err := s.do(http.MethodGet, "/privacy/"+s.text.Policy.Text+"/public/"+r.To[0].Text+"/"+at, nil)
	if err != nil || page.status != http.StatusNotFound || strings.Contains(string(page.raw), p.mark) {
		return orMismatch(err, "no page after it was taken down", "the page at the old address: %v", page)
	}
	return nil
}

// publishedUntold expects a publication to be refused without the words, and with
// words that were shown about something else or used up.
func (s *stage) publishedUntold(r *syntax.Share) error {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return err
	}
	if _, err := p.put(r.Data[0].Text); err != nil {
		return err
	}
	ask := func(token string) (*answer, error) {
		q := p.shareAsked(r, r.Data[0].Text, r.To[0].Text, r.For[0].Text)
		q.Shown = &shown{Token: token}
		return p.decide("publish", q)
	}
	_, token, err := p.warned(r.Data[0].Text, r.To[0].Text, "")
	if err != nil {
		return err
	}
	for _, step := range []struct {
		token string
		open  bool
	}{{"", false}, {"made-up", false}, {token, true}, {token, false}} {
		a, err := ask(step.token)
		if err != nil {
			return err
		}
		if a.allowed != step.open || !step.open && !a.because("notice-missing") {
			return &mismatch{fmt.Sprintf("publishing open %t, by whether the words were shown", step.open), a.String()}
		}
	}
	return nil
}

// informProbes hold a statement about a rule that publishes to the words that people
// are shown before it, in every language.
func (t text) informProbes(e *syntax.Inform) []probe {
	var probes []probe
	for i := range t.Share {
		if r := &t.Share[i]; r.Verb.Text == "publish" && has(e.For, r.ID.Text) {
			probes = append(probes, probe{e.ID.Text, "is said before " + r.ID.Text, func(s *stage) error { return s.saidBefore(e, r) }})
		}
	}
	return probes
}

func (s *stage) saidBefore(e *syntax.Inform, r *syntax.Share) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, lang := range s.text.Languages {
		said, _, err := p.warned(r.Data[0].Text, r.To[0].Text, lang.Text)
		if err != nil {
			return err
		}
		sentence, err := statements.Text(e.Say.Text, lang.Text)
		if err != nil {
			return err
		}
		if !slices.Contains(said, sentence) {
			return &mismatch{"the sentence of " + e.ID.Text + " in " + lang.Text + " among the words", strings.Join(said, " ")}
		}
	}
	return nil
}

// publishAndTakeDown publishes something that the person has and takes it down again,
// and reports whether a rule lets them.
func (p *person) publishAndTakeDown(datum string) (bool, error) {
	for i := range p.text.Share {
		r := &p.text.Share[i]
		if r.Verb.Text != "publish" || !has(r.Data, datum) {
			continue
		}
		if err := p.qualify(r.To[0].Text); err != nil {
			return false, err
		}
		if _, err := p.grant(standing(p.text, r.Needs.Choice)); err != nil {
			return false, err
		}
		q := p.shareAsked(r, datum, r.To[0].Text, r.For[0].Text)
		if err := p.forewarn(r, q); err != nil {
			return false, err
		}
		if a, err := p.decide("publish", q); err != nil || !a.allowed {
			return false, err
		}
		a, err := p.send("unpublish", ask{Subject: p.ref, Data: []string{datum}})
		if err != nil || !a.allowed {
			return false, orMismatch(err, "taking down never refused", "%v", a)
		}
		return true, nil
	}
	return false, nil
}
