package centre

import (
	"net/http"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

// choice is one switch.
type choice struct {
	ID     string
	Name   string
	State  string // on, off, signal, not-asked, expired or each-time
	Since  time.Time
	Until  time.Time
	For    []string
	To     []string
	Data   []string
	Stops  []string
	OptOut bool
}

// always is a use that no switch can stop, and why.
type always struct {
	Purpose string
	Basis   string
}

// said is one line of a person's history.
type said struct {
	At    time.Time
	Name  string
	State string
	Index int64 // of the leaf
	Href  string
}

type choicesBody struct {
	Choices []choice
	Always  []always
	History []said
	Act     string
	GPC     bool
}

// choices shows one switch for each purpose and recipient that is the person's to
// decide, what nobody decides, and what they said so far.
func (v *visit) choices() error {
	st, err := v.standing()
	if err != nil {
		return err
	}
	body := choicesBody{Choices: v.switches(&st), Always: v.always(), Act: v.at("/choices"), GPC: st.Signals&avow.SignalGPC != 0}
	if body.History, err = v.history(); err != nil {
		return err
	}
	p := v.page("choices")
	p.Lead = v.t("choices.lead")
	return v.render(http.StatusOK, p, body)
}

func (v *visit) switches(st *avow.Standing) []choice {
	var out []choice
	f := v.program.File()
	for i := range f.Choices {
		info, ok := v.program.Choice(avow.Choice(f.Choices[i].ID.Text))
		if !ok {
			continue
		}
		c := choice{ID: string(info.ID), Name: v.text.names.Title("choices", string(info.ID)), OptOut: info.OptOut(),
			For: names(v, "purposes", info.For), To: names(v, "recipients", info.To), Data: names(v, "data", info.Data), Stops: names(v, "features", info.Stops)}
		chosen, _ := st.Choice(info.ID)
		c.State, c.Since, c.Until = stateOf(&info, &chosen, st, v.now)
		out = append(out, c)
	}
	return out
}

// stateOf says how a switch stands. A browser's signal outweighs what was said
// before it, and is outweighed by what is said after it.
func stateOf(info *policy.ChoiceInfo, chosen *avow.Chosen, st *avow.Standing, now time.Time) (state string, since, until time.Time) {
	if info.Kind == "per-event" {
		return "each-time", since, until
	}
	signalled := info.GPC && st.Signals&avow.SignalGPC != 0
	switch {
	case signalled && !(chosen.State == avow.Given && chosen.At.After(st.SignalAt)):
		return "signal", st.SignalAt, until
	case chosen.State == avow.Given && !chosen.Expires.IsZero() && !now.Before(chosen.Expires):
		return "expired", chosen.Expires, until
	case chosen.State == avow.Given:
		return "on", chosen.At, chosen.Expires
	case chosen.State == avow.Refused || chosen.State == avow.Withdrawn:
		return "off", chosen.At, until
	case info.OptOut():
		return "on", since, until
	}
	return "not-asked", since, until
}

func (v *visit) always() []always {
	f := v.program.File()
	governed := make(map[string]bool)
	for i := range f.Choices {
		for _, w := range f.Choices[i].For {
			governed[w.Text] = true
		}
	}
	var out []always
	add := func(purpose, basis string) {
		a := always{v.text.names.Title("purposes", purpose), v.text.names.Basis(basis)}
		if !governed[purpose] && basis != "none" && !slices.ContainsFunc(out, func(b always) bool { return b.Purpose == a.Purpose }) {
			out = append(out, a)
		}
	}
	for i := range f.Use {
		for _, w := range f.Use[i].For {
			add(w.Text, f.Use[i].Basis.Text)
		}
	}
	for i := range f.Collect {
		for _, w := range f.Collect[i].For {
			add(w.Text, f.Collect[i].Basis.Text)
		}
	}
	return out
}

func (v *visit) history() ([]said, error) {
	events, err := v.gate().History(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	traced, _, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), 0, 500)
	if err != nil {
		return nil, err
	}
	var out []said
	for _, e := range slices.Backward(events) {
		s := said{At: e.At, Name: v.text.names.Title("choices", string(e.Choice)), State: e.State.String(), Index: -1}
		for i := range traced {
			if l := &traced[i].Leaf; l.Choice == e.Choice && l.At.Equal(e.At.Truncate(time.Millisecond)) && isChoice(l.Kind) {
				s.Index, s.Href = traced[i].Index, v.at("/looked/"+itoa(traced[i].Index))
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func isChoice(k evidence.Kind) bool {
	return k == evidence.Consented || k == evidence.Refused || k == evidence.Withdrawn
}

// choose records one answer. Taking back is one press, like giving.
func (v *visit) choose() error {
	id := avow.Choice(v.r.PostFormValue("choice"))
	state := avow.Given
	switch v.r.PostFormValue("answer") {
	case "yes":
	case "no":
		state = avow.Refused
	default:
		return &avow.Error{Code: avow.Invalid, Message: "the answer is neither yes nor no", Try: "press one of the two buttons"}
	}
	_, err := v.gate().Agree(v.r.Context(), v.id, v.ref(), &gate.Agreement{Policy: v.program.Hash(), Language: avow.Language(v.tongue.Tag()), Gesture: "centre-button",
		Choices: []gate.ChoiceEvent{{Choice: id, State: state}}})
	if err != nil {
		return err
	}
	return v.to("/choices", map[avow.ChoiceState]string{avow.Given: "chosen-yes", avow.Refused: "chosen-no"}[state])
}
