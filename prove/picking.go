package prove

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"avow.dev/policy/syntax"
)

// The facts that a person shows by what they do in the app: picking what is to be
// sent, and stating what a rule needs from them.

type picked struct {
	Datum  string `json:"datum"`
	SHA256 string `json:"sha256"`
}

type selecting struct {
	Subject string   `json:"subject"`
	Point   string   `json:"point"`
	Picked  []picked `json:"picked"`
}

type stating struct {
	Subject string `json:"subject"`
	Point   string `json:"point"`
	Given   bool   `json:"given"`
}

// content is what an item holds, as it is hashed in a selection.
func (it *item) content() []byte {
	if it.Base64 != "" {
		raw, _ := base64.StdEncoding.DecodeString(it.Base64) // written by sent
		return raw
	}
	return []byte(it.Value)
}

// pick has the person pick the items of a request for its point.
func (p *person) pick(items []item, point string) (string, error) {
	s := selecting{Subject: p.ref, Point: point}
	for i := range items {
		sum := sha256.Sum256(items[i].content())
		s.Picked = append(s.Picked, picked{items[i].Datum, hex.EncodeToString(sum[:])})
	}
	a, err := p.send("selections", s)
	if err != nil {
		return "", err
	}
	return a.selection, nil
}

// state has the person make the statement that rules at a point need.
func (p *person) state(point string, given bool) error {
	a, err := p.send("statements", stating{p.ref, point, given})
	if err != nil {
		return err
	}
	return expect(a.allowed, "the person's statement to be recorded", "%v", a)
}

// pickAndState shows what the rule needs from the person, and returns the facts
// that something else has to show. A point that is not the policy's takes no
// statement, and the request is refused for the point anyway.
func (p *person) pickAndState(r *syntax.Collect, q *ask) ([]syntax.Word, error) {
	needs := slices.Clone(r.Needs.Facts)
	if has(needs, "picked") {
		var err error
		if q.Selection, err = p.pick(q.Items, q.Point); err != nil {
			return nil, err
		}
	}
	if has(needs, "attested") && slices.Contains(ids(p.text.Points, pointID), q.Point) {
		if err := p.state(q.Point, true); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(needs, func(w syntax.Word) bool { return w.Text == "picked" || w.Text == "attested" }), nil
}

// pickProbes play that only what was picked gets in, and only with the statement
// that the rule needs.
func (t text) pickProbes(r *syntax.Collect) []probe {
	id := r.ID.Text
	var probes []probe
	if has(r.Needs.Facts, "picked") {
		probes = append(probes, probe{id, "lets in what the person picked and nothing else", func(s *stage) error { return s.onlyPicked(r) }})
	}
	if has(r.Needs.Facts, "attested") {
		probes = append(probes, probe{id, "lets nothing in without the person's statement", func(s *stage) error { return s.onlyStated(r) }})
	}
	return probes
}

// ready makes a person for whom the rule opens, and the request that opens it.
func (s *stage) ready(r *syntax.Collect) (*person, *ask, error) {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return nil, nil, err
	}
	q, err := p.request(r, r.Data[0].Text, r.Points[0].Text, r.For[0].Text)
	return p, q, err
}

func (s *stage) onlyPicked(r *syntax.Collect) error {
	p, q, err := s.ready(r)
	if err != nil {
		return err
	}
	picks := q.Selection
	other := q.Items[0]
	if other.Base64 != "" {
		other = sent(other.Datum, picture(p.mark+"other"))
	} else {
		other.Value = s.someone().shaped(s.text.datum(other.Datum))
	}
	stranger, theirs, err := s.ready(r)
	if err != nil {
		return err
	}
	for _, try := range []struct {
		when, selection, subject string
		items                    []item
		opens                    bool
	}{
		{"without a selection", "", p.ref, q.Items, false},
		{"with a selection nobody made", "00112233445566778899aabbccddeeff", p.ref, q.Items, false},
		{"with somebody else's selection", theirs.Selection, p.ref, q.Items, false},
		{"by somebody else", picks, stranger.ref, q.Items, false},
		{"of something else than was picked", picks, p.ref, []item{other}, false},
		{"of something beside what was picked", picks, p.ref, []item{q.Items[0], other}, false},
		{"of what was picked", picks, p.ref, q.Items, true},
	} {
		q.Selection, q.Subject, q.Items = try.selection, try.subject, try.items
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.allowed != try.opens || !try.opens && !a.because("not-picked") {
			return &mismatch{map[bool]string{true: "taking in ", false: "a refusal of taking in "}[try.opens] + "data " + try.when, a.String()}
		}
	}
	return nil
}

func (s *stage) onlyStated(r *syntax.Collect) error {
	p, q, err := s.ready(r)
	if err != nil {
		return err
	}
	for _, given := range []bool{true, false, true} {
		if err := p.state(q.Point, given); err != nil {
			return err
		}
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.allowed != given || !given && !a.because("attestation-missing") {
			return &mismatch{map[bool]string{true: "data let in with the person's statement", false: "data refused without the person's statement"}[given], a.String()}
		}
	}
	return nil
}
