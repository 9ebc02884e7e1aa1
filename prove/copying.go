package prove

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// heldCopy is what the door answers to a person who asks what is held.
type heldCopy struct {
	Receipt struct {
		Index int64 `json:"index"`
	} `json:"receipt"`
	Held []heldThing `json:"held"`
}

// heldThing is one thing that is held, as the copy tells of it.
type heldThing struct {
	Datum    string    `json:"datum"`
	Value    string    `json:"value"`
	Bytes    []byte    `json:"base64"` // in place of value, if it is no text
	Rule     string    `json:"rule"`
	Purposes []string  `json:"purposes"`
	Until    time.Time `json:"until"`
	Hidden   bool      `json:"hidden"`
	Secret   bool      `json:"secret"`
	Hash     string    `json:"hash"`
}

// content is what the thing says, whether it came as text or as bytes.
func (h *heldThing) content() string { return h.Value + string(h.Bytes) }

func (c *heldCopy) has(datum string) bool {
	for i := range c.Held {
		if c.Held[i].Datum == datum && !c.Held[i].Hidden {
			return true
		}
	}
	return false
}

func (p *person) copy() (*heldCopy, int, error) {
	a, err := p.send("access", ask{Subject: p.ref})
	if err != nil {
		return nil, 0, err
	}
	var c heldCopy
	if a.status != http.StatusOK {
		return &c, a.status, nil
	}
	if err := json.Unmarshal(a.raw, &c); err != nil {
		return nil, a.status, fmt.Errorf("read copy: %w", err)
	}
	return &c, a.status, nil
}

// fill takes in everything that the policy lets in from this person, and
// returns what was taken, for comparison with the copy.
func (p *person) fill() (map[string]string, error) {
	if err := p.accept(); err != nil {
		return nil, err
	}
	taken := make(map[string]string)
	for i := range p.text.Data {
		d := p.text.Data[i].ID.Text
		ok, err := p.put(d)
		if err != nil {
			return nil, err
		}
		if ok {
			taken[d], err = p.sample(d)
			if err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// rightProbes play one right that the API offers.
func (t text) rightProbes(r *syntax.Right) []probe {
	return slices.Concat(t.operationProbes(r), t.requestProbes(r), t.aloneProbes(r))
}

// operationProbes play the operation that a right has of its own.
func (t text) operationProbes(r *syntax.Right) []probe {
	id := r.ID.Text
	switch r.Right.Text {
	case "access", "copy":
		if r.Effect.Text == "on-review" {
			return nil // see reviewing.go
		}
		return []probe{{id, "shows a person everything that is held of them", (*stage).completeCopy}}
	case "correct":
		return []probe{{id, "lets a person correct what is held", (*stage).corrected}}
	case "delete", "erase":
		return []probe{{id, "erases a person at their word", (*stage).erasedOnRequest}}
	case "close-account":
		return []probe{{id, "ends the relationship at a person's word", (*stage).closed}}
	case "withdraw", "opt-out", "object":
		return []probe{{id, "lets a person take back any yes, at once", (*stage).takenBack}}
	case "explain":
		return []probe{{id, "explains each rule in every language", (*stage).explained}}
	case "take-down":
		return []probe{{id, "takes down at a person's word", (*stage).takenDown}}
	case "ask", "complain", "restrict", "human-review":
		return []probe{{id, "opens a request with a clock", func(s *stage) error { return s.asked(r) }}}
	}
	return nil
}

// completeCopy compares the copy with what the proof itself sent in.
func (s *stage) completeCopy() error {
	p := s.someone()
	taken, err := p.fill()
	if err != nil {
		return err
	}
	c, status, err := p.copy()
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return &mismatch{"a copy of everything held", fmt.Sprintf("status %d", status)}
	}
	for d := range taken {
		if !c.has(d) && !s.alwaysDropped(d) {
			return &mismatch{"everything taken in the copy", d + " is missing"}
		}
	}
	for i := range c.Held {
		if _, ok := taken[c.Held[i].Datum]; !ok && !s.mixedResult(c.Held[i].Datum) {
			return &mismatch{"nothing in the copy that was not taken", c.Held[i].Datum + " is there"}
		}
	}
	l, err := s.evidence(c.Receipt.Index)
	if err != nil {
		return err
	}
	return expect(l.Kind == "access", "evidence of the access", "evidence of %s", l.Kind)
}

func (s *stage) alwaysDropped(datum string) bool { return s.dropped(&syntax.Use{}, datum) }

func (s *stage) mixedResult(datum string) bool {
	return slices.ContainsFunc(s.text.Mixing, func(m syntax.Mixing) bool { return m.Result.Text == datum })
}

func (s *stage) corrected() error {
	p := s.someone()
	taken, err := p.fill()
	if err != nil {
		return err
	}
	proof, err := p.proof(taken)
	if err != nil {
		return err
	}
	other := s.someone()
	for d := range taken {
		if s.text.datum(d).Many.On || s.alwaysDropped(d) {
			continue
		}
		v, err := other.sample(d)
		if err != nil {
			return err
		}
		before, _, err := p.copy()
		if err != nil {
			return err
		}
		a, err := p.send("correct", ask{Subject: p.ref, Items: []item{sent(d, v)}, Proof: proof})
		if err != nil {
			return err
		}
		if !a.allowed {
			return &mismatch{d + " to be corrected", a.String()}
		}
		after, _, err := p.copy()
		if err != nil {
			return err
		}
		if v != taken[d] && valueOf(before, d) == valueOf(after, d) && !s.reducedAlike(d) {
			return &mismatch{"the corrected " + d + " in the next copy", "the old one"}
		}
	}
	return nil
}

// reducedAlike reports whether an ingest form may make two values the same.
func (s *stage) reducedAlike(d string) bool {
	return s.text.reduced(d) || s.text.datum(d).Type.Text == "password" || s.text.datum(d).Type.Text == "date"
}

// reduced reports whether a datum is held in another form than the one it came in.
func (t text) reduced(d string) bool {
	return slices.ContainsFunc(t.Forms, func(f syntax.Form) bool { return f.When.Text == "ingest" && f.Do.Text != "keep" && has(f.Data, d) })
}

func valueOf(c *heldCopy, d string) string {
	for i := range c.Held {
		if c.Held[i].Datum == d {
			return c.Held[i].content()
		}
	}
	return ""
}

func (s *stage) erasedOnRequest() error {
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	a, err := p.send("erase", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"the person erased at their word", a.String()}
	}
	return p.gone()
}

// gone expects that nobody knows the person any more.
func (p *person) gone() error {
	if _, status, err := p.copy(); err != nil || status != http.StatusNotFound {
		return orMismatch(err, "nobody known by the erased person's reference", "status %d", status)
	}
	for i := range p.text.Use {
		r := &p.text.Use[i]
		a, err := p.send("use", ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Role: r.By[0].Text, Feature: first(words(r.Feature))})
		if err != nil {
			return err
		}
		if len(a.items) > 0 {
			return &mismatch{"nothing shown of an erased person", a.String()}
		}
	}
	return nil
}

func (s *stage) closed() error {
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	a, err := p.send("close", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"the relationship ended at the person's word", a.String()}
	}
	if s.text.erasesOn("account-closed") {
		return p.gone()
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Role: r.By[0].Text, Feature: first(words(r.Feature))})
		if err != nil {
			return err
		}
		if a.allowed && len(s.text.collecting(r.Data[0].Text, "", "")) > 0 {
			return &mismatch{"no use after the relationship ended", a.String()}
		}
	}
	return nil
}

func (t text) erasesOn(event string) bool {
	return slices.ContainsFunc(t.Erasure, func(e syntax.Erasure) bool { return has(e.On, event) })
}

func (s *stage) takenBack() error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for i := range s.text.Choices {
		c := &s.text.Choices[i]
		if c.Kind.Text == "per-event" {
			continue
		}
		for _, word := range []string{"given", "withdrawn"} {
			if err := p.choose(c.ID.Text, word); err != nil {
				return err
			}
		}
		for _, pr := range s.text.choiceProbes(c) {
			err := pr.run(s)
			if _, cannot := errors.AsType[*unplayable](err); cannot {
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stage) takenDown() error {
	p := s.someone()
	taken, err := p.fill()
	if err != nil {
		return err
	}
	var all []string
	for d := range taken {
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil
	}
	a, err := p.send("unpublish", ask{Subject: p.ref, Data: all})
	if err != nil {
		return err
	}
	return expect(a.allowed, "taking down never refused", "%v", a)
}

// asked opens a request and expects it to be recorded with a date by which it
// is answered.
func (s *stage) asked(r *syntax.Right) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	a, err := p.send("requests", map[string]string{"subject": p.ref, "right": r.Right.Text, "text": p.mark + ": what do you do with my data?"})
	if err != nil {
		return err
	}
	if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed {
		return &unplayable{"the door takes no requests of this kind yet"}
	}
	var out struct {
		Due time.Time `json:"due"`
	}
	if err := json.Unmarshal(a.raw, &out); err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	return expect(a.allowed && out.Due.After(s.clock.now()), "a request with a date by which it is answered", "%v, due %v", a, out.Due)
}

// explained asks for the words of every rule in every language.
func (s *stage) explained() error {
	doc, err := s.published()
	if err != nil {
		return err
	}
	for e := range s.text.Entries() {
		for _, lang := range s.text.Languages {
			if !doc[lang.Text].rules[e.Head.ID.Text] {
				return &mismatch{"rule " + e.Head.ID.Text + " in words in " + lang.Text, "it is not in the published text"}
			}
		}
	}
	return nil
}
