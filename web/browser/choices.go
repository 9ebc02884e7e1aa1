package browser

import (
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/cookies"
	"avow.dev/gate"
)

// choosing is what the script sends when somebody has chosen.
type choosing struct {
	Visitor  string `json:"visitor"`
	Gesture  string `json:"gesture"`
	Policy   string `json:"policy_hash"`
	Language string `json:"language,omitempty"`
	GPC      bool   `json:"gpc,omitempty"`
	Choices  []struct {
		Choice string `json:"choice"`
		State  string `json:"state"`
	} `json:"choices"`
}

// receipt says that a choice is recorded, and where its evidence is.
type receipt struct {
	Policy string    `json:"policy"`
	Index  int64     `json:"index"`
	Leaf   string    `json:"leaf"`
	At     time.Time `json:"at"`
}

// Visitor is how the gate knows somebody who chose in a browser: by the random name
// that stands in their choice cookie.
func Visitor(name string) avow.SubjectRef { return cookies.Visitor(name) }

// mostBody bounds what is read of a choice.
const mostBody = 16 << 10

func (s *scripts) allow(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	open(h)
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

func (s *scripts) take(w http.ResponseWriter, r *http.Request) {
	open(w.Header())
	id := avow.PolicyID(r.PathValue("policy"))
	p, err := s.cfg.Gate.Program(id)
	if err != nil {
		answer(w, http.StatusNotFound, fault{"unknown", "no such policy is served here"})
		return
	}
	if !s.pace.may(r.RemoteAddr, s.cfg.Clock()) {
		answer(w, http.StatusTooManyRequests, fault{"too-many", "too many choices came from here; try again in a minute"})
		return
	}
	var in choosing
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err == nil {
		err = s.plan.Decode(body, &in)
	}
	if err != nil {
		answer(w, http.StatusBadRequest, fault{"invalid", "the body is not the JSON that is expected here"})
		return
	}
	a, wrong := in.agreement(cookies.Of(p), r.Header.Get("Sec-GPC") == "1")
	if wrong != "" {
		answer(w, http.StatusUnprocessableEntity, fault{"invalid", wrong})
		return
	}
	got, err := s.cfg.Gate.Agree(r.Context(), id, Visitor(in.Visitor), a)
	if err != nil {
		refusal(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]receipt{"receipt": {string(got.Policy), got.Index, hex.EncodeToString(got.Leaf[:]), got.At}})
}

// agreement is what a choice says to the gate: about trackers, and nothing else.
func (in *choosing) agreement(r *cookies.Register, signal bool) (*gate.Agreement, string) {
	switch {
	case !cookies.IsVisitor(in.Visitor):
		return nil, "the visitor must be a random UUID"
	case !slices.Contains([]string{"accept-all", "reject-all", "save"}, in.Gesture):
		return nil, "only pressing a button is a choice: accept-all, reject-all or save"
	case avow.Hash(in.Policy) != r.Hash():
		return nil, "the text that was shown is not the policy in force; load the page again"
	case len(in.Language) > 35:
		return nil, "the language must be a language tag"
	}
	a := &gate.Agreement{Gesture: in.Gesture, Language: avow.Language(in.Language)}
	if signal || in.GPC {
		a.Signals = append(a.Signals, avow.SignalGPC)
	}
	for _, c := range in.Choices {
		if !slices.ContainsFunc(r.Choices(), func(o cookies.Choice) bool { return string(o.ID) == c.Choice }) {
			return nil, "a choice is named on which no tracker of a page depends"
		}
		state := avow.Given
		if c.State == "refused" {
			state = avow.Refused
		} else if c.State != "given" {
			return nil, "a choice is given or refused"
		}
		a.Choices = append(a.Choices, gate.ChoiceEvent{Choice: avow.Choice(c.Choice), State: state})
	}
	if len(a.Choices) == 0 {
		return nil, "no choice is named"
	}
	return a, ""
}
