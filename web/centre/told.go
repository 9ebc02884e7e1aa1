package centre

import (
	"crypto/subtle"

	"avow.dev/gate"
	"avow.dev/web/html"
)

// What was erased, corrected or restricted is told to those who had been given it. The
// person sees whom, and when (GDPR art. 19).

// toldOf is what became of one thing that the person asked for, at others.
type toldOf struct {
	Title string
	Steps []html.Step
}

type certificateBody struct {
	leafBody
	Told []html.Step
}

// toldSteps says of each place beyond the vault how far it is.
func (v *visit) toldSteps(m *gate.Fulfilment) []html.Step {
	var out []html.Step
	for i := range m.Body.Steps {
		s := &m.Body.Steps[i]
		title := v.t("told." + s.Store)
		if s.Recipient != "" {
			title = v.text.names.Of("recipients", string(s.Recipient))
		}
		switch {
		case s.State == gate.StepNotNeeded, s.Store != gate.StoreRecipient && s.Store != gate.StoreApp && s.Store != gate.StoreBackups:
		case s.Store == gate.StoreBackups && s.State == gate.StepWaiting:
			out = append(out, html.Step{State: "wait", Title: title, Text: v.t("told.until", "date", v.tongue.Date(s.Until))})
		case s.State == gate.StepDone && s.Store != gate.StoreBackups:
			at := s.At
			if s.ByHand != nil {
				at = s.ByHand.On
			}
			out = append(out, html.Step{State: "done", Title: title, At: at, Text: v.t("told.done")})
		case s.State == gate.StepDone:
			out = append(out, html.Step{State: "done", Title: title, At: s.At, Text: v.t("told.unreadable")})
		default: // a step that failed is a matter of the controller's people
			out = append(out, html.Step{State: "now", Title: title, Text: v.t("told.waits")})
		}
	}
	return out
}

// ownTold is what became of all that this person asked for, the newest first.
func (v *visit) ownTold() ([]toldOf, error) {
	all, err := v.gate().OwnFulfilments(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	var out []toldOf
	for i := range all {
		if steps := v.toldSteps(&all[i]); len(steps) > 0 {
			out = append(out, toldOf{v.t("told.of-"+all[i].Body.Right, "date", v.tongue.Date(all[i].Opened)), steps})
		}
	}
	return out, nil
}

// holdsKey refuses whoever does not have the address that the person got.
func (v *visit) holdsKey(leaf [16]byte, key string) error {
	want, err := v.gate().ToldKey(v.id, leaf)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(key)) != 1 {
		return errNowhere
	}
	return nil
}

// certificateAt is the address of a certificate that also says who was told.
func (v *visit) certificateAt(index int64) string {
	at := "/certificate/" + itoa(index)
	e, err := v.gate().Evidence(v.r.Context(), v.id, index)
	if err != nil {
		return at
	}
	key, err := v.gate().ToldKey(v.id, e.Leaf.Done)
	if err != nil {
		return at
	}
	return at + "/" + key
}

// toldAfter is who was told of an erasure, for whoever has its key.
func (v *visit) toldAfter(intended [16]byte, key string) ([]html.Step, error) {
	if err := v.holdsKey(intended, key); err != nil {
		return nil, err
	}
	m, ok, err := v.gate().FulfilmentOf(v.r.Context(), v.id, intended)
	if err != nil || !ok {
		return nil, err
	}
	return v.toldSteps(&m), nil
}
