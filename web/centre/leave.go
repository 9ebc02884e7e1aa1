package centre

import (
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

// fate is what becomes of one kind of data.
type fate struct {
	Name  string
	State string // goes, anonymised or stays
	Why   string
	Until time.Time
	Count int
}

type leaveBody struct {
	Waits     *gate.Departure
	Left      string
	Proof     string // where the certificate will be
	Held      bool
	HeldUntil time.Time
	Erase     []fate
	Close     []fate
	Told      []string
	Requests  int
	Undo      string // how long a change of mind takes, "" for none
	Same      bool   // closing erases everything too
	Act       string
	Back      string
	Copy      string
	Faults    html.Faults
}

// leaveForm says what would go, what would stay, why and until when, before
// anything is done.
func (v *visit) leaveForm() error { return v.leavePage(http.StatusOK, nil) }

func (v *visit) leavePage(status int, faults html.Faults) error {
	body := leaveBody{Waits: v.waits, Act: v.at("/leave"), Back: v.at("/leave/undo"), Copy: v.at("/copy"), Faults: faults}
	if v.waits != nil {
		body.Left = v.age(v.waits.At)
		body.Proof = v.at("/erased/" + hex.EncodeToString(v.waits.Leaf[:]))
		if key, err := v.gate().ToldKey(v.id, v.waits.Leaf); err == nil {
			body.Proof += "/" + key
		}
	}
	all, err := v.gate().Leaving(v.r.Context(), v.id, v.ref(), true)
	if err != nil {
		return err
	}
	some, err := v.gate().Leaving(v.r.Context(), v.id, v.ref(), false)
	if err != nil {
		return err
	}
	body.Held, body.HeldUntil, body.Requests = all.Held, all.HeldUntil, all.Requests
	body.Erase, body.Close = v.fates(all.Things), v.fates(some.Things)
	_, body.Same = v.program.Erasure("account-closed")
	if info, ok := v.program.Erasure("request"); ok && info.Undo.Set && info.Undo.N > 0 {
		body.Undo = v.period(info.Undo)
	}
	if body.Told, err = v.everReceived(); err != nil {
		return err
	}
	p := v.page("leave")
	p.Lead = v.t("leave.lead")
	return v.render(status, p, body)
}

// fates gathers what becomes of things, by kind.
func (v *visit) fates(things []gate.Left) []fate {
	var out []fate
	for i := range things {
		l := &things[i]
		f := fate{Name: v.text.names.Title("data", string(l.Datum)), State: "goes", Count: 1, Until: l.Until}
		switch {
		case l.Stays && l.Anonymised:
			f.State, f.Why = "anonymised", v.text.names.Keep(string(l.UntilBy))
		case l.Stays:
			f.State, f.Why = "stays", v.text.names.Keep(string(l.UntilBy))
		}
		if n := slices.IndexFunc(out, func(o fate) bool { return o.Name == f.Name && o.State == f.State && o.Until.Equal(f.Until) }); n >= 0 {
			out[n].Count++
			continue
		}
		out = append(out, f)
	}
	return out
}

// everReceived names everybody who was ever given anything.
func (v *visit) everReceived() ([]string, error) {
	seen, err := v.seenBy()
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range v.program.File().Parties {
		n := v.text.names.Of("recipients", v.program.File().Parties[i].ID.Text)
		for _, names := range seen {
			if slices.Contains(names, n) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// leave erases everything or closes the account, as the person decided after they
// have seen what it means.
func (v *visit) leave() error {
	if v.r.PostFormValue("sure") != "yes" {
		var faults html.Faults
		faults.Add("sure-"+orWord(v.r.PostFormValue("what"), "erase"), v.t("leave.unsure"))
		return v.leavePage(http.StatusUnprocessableEntity, faults)
	}
	ctx := v.r.Context()
	var r avow.Receipt
	var err error
	switch v.r.PostFormValue("what") {
	case "erase":
		var d gate.Departure
		if d, r, err = v.gate().EraseLater(ctx, v.id, v.ref()); err == nil && !d.At.IsZero() {
			return v.to("/leave", "leaving")
		}
	case "close":
		r, err = v.gate().Close(ctx, v.id, v.ref())
	default:
		return &avow.Error{Code: avow.Invalid, Message: "it is not said what is to be done", Try: "press one of the buttons"}
	}
	if err != nil {
		return err
	}
	if _, err := v.standing(); err != nil {
		return err
	}
	e, err := v.gate().Evidence(ctx, v.id, r.Index)
	if err == nil && e.Leaf.Kind == "erase-done" {
		if err := v.centre.cfg.Desk.SignOut(v.w, v.r, v.id); err != nil && !gate.NoSession(err) {
			v.centre.cfg.Log.Error("cookie stays", "page", "leave", "error", publicPart(err))
		}
		return v.to(v.certificateAt(r.Index), "")
	}
	return v.to("/leave", "closed")
}

// stay undoes an erasure that waits.
func (v *visit) stay() error {
	if _, err := v.gate().StayAfterAll(v.r.Context(), v.id, v.ref()); err != nil {
		return err
	}
	return v.to("", "stayed")
}
