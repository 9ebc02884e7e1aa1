package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"avow.dev/policy/syntax"
)

// incidentLetter plays somebody whom no channel reaches and who has a postal address:
// the desk is given a letter to them, and once it is posted they count as told.
func (s *stage) incidentLetter(r *syntax.Incident) error {
	m, channels := s.legal(r)
	if m == nil || !has(m.Channels, "post") {
		return &mismatch{"a message of class legal that goes by post", "none"}
	}
	p, _, err := s.reachable(m, channels)
	if err != nil {
		return err
	}
	address, err := p.addressFor(m, "post")
	if err != nil {
		return err
	}
	s.post.kill(channels...)
	i, err := s.raise()
	if err != nil {
		return err
	}
	a, err := s.as(responder, "incidents/letters", struct {
		onIncident
		Reason occasion `json:"reason"`
	}{onIncident{ID: i.ID}, occasion{Why: "incident", Text: "The notice could not be delivered."}})
	if err != nil {
		return err
	}
	var out struct {
		Letters []struct{ Address, Body string } `json:"letters"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.raw, &out) != nil {
		return &mismatch{"letters to whom nothing else reached", a.String()}
	}
	if len(out.Letters) != 1 || out.Letters[0].Address != address {
		return &mismatch{"one letter, to the address that was given", fmt.Sprintf("%d letters", len(out.Letters))}
	}
	for _, w := range words(r.Tells) {
		if !strings.Contains(out.Letters[0].Body, w+" in ") {
			return &mismatch{"the letter to say " + w, "it does not"}
		}
	}
	if a, err = s.as(responder, "incidents/letters/posted", onIncident{ID: i.ID}); err != nil {
		return err
	}
	if i, err = incidentIn(a); err != nil {
		return err
	}
	return expect(i.Told == 1 && i.Unreachable == 0, "the person to count as told once the letter is posted", "%d told, %d not reached", i.Told, i.Unreachable)
}
