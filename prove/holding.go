package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// holdProbes play one ground for keeping longer.
func (t text) holdProbes(h *syntax.Hold) []probe {
	id := h.ID.Text
	probes := []probe{
		{id, "stores and nothing else while it lasts, and lets go by itself", func(s *stage) error { return s.held(h) }},
		{id, "needs a citation and an end", func(s *stage) error { return s.holdUncited(h) }},
		{id, "is set by somebody, and by nobody unknown", func(s *stage) error { return s.heldByProgram(h) }},
	}
	if h.Approved.N > 1 {
		probes = append(probes, probe{id, fmt.Sprintf("is set by %d different people", h.Approved.N), func(s *stage) error { return s.heldByMany(h) }},
			probe{id, fmt.Sprintf("is released by %d different people", h.Approved.N), func(s *stage) error { return s.releasedByMany(h) }})
	}
	return probes
}

type holdAsk struct {
	Subject string    `json:"subject"`
	Rule    string    `json:"rule"`
	Case    string    `json:"case"`
	Statute string    `json:"statute"`
	Until   time.Time `json:"until"`
}

// counsel are people who set holds, the one who puts them forward first.
var counsel = []string{"ann", "bo", "cleo", "dora"}

// proposeHold puts a hold forward.
func (s *stage) proposeHold(h *holdAsk) (approving, error) {
	a, err := s.as(counsel[0], "holds", h)
	if err != nil {
		return approving{}, err
	}
	var made struct {
		Hold approving `json:"hold"`
	}
	if err := json.Unmarshal(a.raw, &made); err != nil || a.status != http.StatusOK || made.Hold.ID == "" {
		return approving{}, &mismatch{"a hold to be put forward", a.String()}
	}
	return made.Hold, nil
}

// hold puts a person under a hold, by as many people as the policy says, and
// returns the matter.
func (s *stage) hold(h *holdAsk, people int64) (string, error) {
	made, err := s.proposeHold(h)
	for n := int64(1); err == nil && n < people; n++ {
		var a *answer
		if a, err = s.as(counsel[n%int64(len(counsel))], "holds/approve", made); err == nil {
			err = expect(a.status == http.StatusOK, "the hold to be approved", "%v", a)
		}
	}
	return made.ID, err
}

// underHold reports whether a person is under a hold, by asking the door to erase
// them; who is not, is erased by that.
func (p *person) underHold() (bool, error) {
	a, err := p.send("erase", ask{Subject: p.ref})
	if err != nil {
		return false, err
	}
	if held := !a.allowed && a.because("on-hold"); held || a.allowed {
		return held, nil
	}
	return false, &mismatch{"an erasure or a refusal because of a hold", a.String()}
}

// heldByProgram: a caller who is nobody by name sets no hold.
func (s *stage) heldByProgram(h *syntax.Hold) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	a, err := p.send("holds", holdAsk{p.ref, h.ID.Text, "M-1", "Act 1", s.clock.now().Add(24 * time.Hour)})
	if err != nil {
		return err
	}
	if held, err := p.underHold(); err != nil || held || a.allowed {
		return orMismatch(err, "no hold by a program", "%v", a)
	}
	return nil
}

// heldByMany: a hold of several people is none by fewer of them, however often
// they say so and by whichever account, nor by a yes to something else.
func (s *stage) heldByMany(h *syntax.Hold) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	made, err := s.proposeHold(&holdAsk{p.ref, h.ID.Text, "M-1", "Act 1", s.clock.now().Add(24 * time.Hour)})
	if err != nil {
		return err
	}
	for n := int64(2); n < h.Approved.N; n++ { // all but one
		if _, err := s.as(counsel[(n-1)%int64(len(counsel))], "holds/approve", made); err != nil {
			return err
		}
	}
	for _, try := range []func() (*answer, error){
		func() (*answer, error) { return s.as(counsel[0], "holds/approve", made) },
		func() (*answer, error) { return s.again(counsel[0], "holds/approve", made) },
		func() (*answer, error) { return p.send("holds/approve", made) },
		func() (*answer, error) {
			return s.as(counsel[3], "holds/approve", approving{made.ID, strings.Repeat("0c", 32)})
		},
	} {
		if a, err := try(); err != nil || a.status == http.StatusOK {
			return orMismatch(err, "no approval by the same person, by a program, or of something else", "%v", a)
		}
	}
	if held, err := p.underHold(); err != nil || held {
		return orMismatch(err, "no hold by too few people", "%d of %d were enough", h.Approved.N-1, h.Approved.N)
	}
	return nil
}

// releasedByMany: what several people set, fewer of them do not release, however
// often they say so.
func (s *stage) releasedByMany(h *syntax.Hold) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	matter, err := s.hold(&holdAsk{p.ref, h.ID.Text, "M-1", "Act 1", s.clock.now().Add(24 * time.Hour)}, h.Approved.N)
	if err != nil {
		return err
	}
	for n := range h.Approved.N {
		if held, err := p.underHold(); err != nil || !held {
			return orMismatch(err, "the hold to last until enough people release it", "%d of %d were enough", n, h.Approved.N)
		}
		who := counsel[n%int64(len(counsel))]
		if _, err := s.as(who, "holds/release", approving{ID: matter}); err != nil {
			return err
		}
		if n == h.Approved.N-1 {
			break
		}
		if _, err := s.again(who, "holds/release", approving{ID: matter}); err != nil { // by another account
			return err
		}
	}
	if held, err := p.underHold(); err != nil || held {
		return orMismatch(err, "a hold that enough people released to be over", "the person is still held")
	}
	return nil
}

func (s *stage) holdUncited(h *syntax.Hold) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	soon := s.clock.now().Add(24 * time.Hour)
	for _, bad := range []holdAsk{
		{p.ref, h.ID.Text, "M-1", "", soon},
		{p.ref, h.ID.Text, "", "Act 1", soon},
		{p.ref, h.ID.Text, "M-1", "Act 1", s.clock.now()},
		{p.ref, h.ID.Text, "M-1", "Act 1", addPeriod(s.clock.now(), h.Max).Add(24 * time.Hour)},
		{p.ref, "a-hold-nobody-declared", "M-1", "Act 1", soon},
	} {
		a, err := s.as(counsel[0], "holds", bad)
		if err != nil {
			return err
		}
		if a.status == http.StatusOK {
			return &mismatch{"no hold without a citation, a matter and an end in time", fmt.Sprintf("one by %q for %q until %v", bad.Statute, bad.Case, bad.Until)}
		}
	}
	return nil
}

// held puts a person under the hold, tries to erase and to use, lets the hold
// run out, and expects the delayed end to come without anybody's doing.
func (s *stage) held(h *syntax.Hold) error {
	start := s.clock.now()
	defer s.clock.set(start)
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	until := addPeriod(start, h.Max)
	if limit := start.AddDate(0, 3, 0); until.After(limit) {
		until = limit
	}
	if _, err := s.hold(&holdAsk{p.ref, h.ID.Text, "M-1", "Act 1, section 2", until}, h.Approved.N); err != nil {
		return err
	}
	a, err := p.send("erase", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if !(!a.allowed && a.because("on-hold")) {
		return &mismatch{"erasure refused while the hold lasts", a.String()}
	}
	if err := p.unusable(); err != nil {
		return err
	}
	s.clock.set(until.Add(-time.Hour))
	if err := s.engine.Sweep(s.ctx); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	_, status, err := p.copy()
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return &mismatch{"the held person still stored", fmt.Sprintf("status %d", status)}
	}
	s.clock.set(until.Add(2 * time.Hour))
	if err := s.engine.Sweep(s.ctx); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if a, err = p.send("erase", ask{Subject: p.ref}); err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"erasure open again once the hold has run out", a.String()}
	}
	return p.gone()
}

// unusable expects that a held person's data serves no purpose.
func (p *person) unusable() error {
	for i := range p.text.Use {
		r := &p.text.Use[i]
		if !p.text.personal(r.Data[0].Text) {
			continue
		}
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Role: r.By[0].Text, Feature: first(words(r.Feature))})
		if err != nil {
			return err
		}
		if !(!a.allowed && a.because("on-hold")) {
			return &mismatch{"storage only while the hold lasts", a.String() + " (" + r.ID.Text + ")"}
		}
	}
	for i := range p.text.Collect {
		r := &p.text.Collect[i]
		v, err := p.sample(r.Data[0].Text)
		if err != nil || !p.text.personal(r.Data[0].Text) {
			continue
		}
		a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(r.Data[0].Text, v)}, Point: r.Points[0].Text, Purpose: r.For[0].Text, Source: "person", Feature: first(words(r.Features))})
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{"nothing taken in while the hold lasts", a.String() + " (" + r.ID.Text + ")"}
		}
	}
	return nil
}
