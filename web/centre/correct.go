package centre

import (
	"net/http"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/web/html"
)

type correctBody struct {
	Field  html.Field
	Old    string // masked
	Told   []string
	Faults html.Faults
	Back   string
}

// correctForm asks for the right value.
func (v *visit) correctForm() error {
	info, h, err := v.heldOne()
	if err != nil {
		return err
	}
	defer wipe(h)
	return v.correctPage(http.StatusOK, info, h, "", nil)
}

func (v *visit) correctPage(status int, info *policy.DatumInfo, h []gate.Held, sent string, faults html.Faults) error {
	seen, err := v.received(info.Slug)
	if err != nil {
		return err
	}
	name := v.text.names.Title("data", string(info.Slug))
	f := html.Field{Name: "value", Label: v.t("correct.new", "name", name), Required: true, Value: sent, Type: inputOf(info.Type), Autocomplete: autocompleteOf(info.Type)}
	if len(faults) > 0 {
		f.Error = faults[0].Text
	}
	p := v.page("correct")
	p.Title = v.t("correct.title", "name", v.text.names.Of("data", string(info.Slug)))
	p.Back = &html.Link{Text: v.t("nav.data"), Href: v.at("/data")}
	return v.render(status, p, correctBody{Field: f, Old: masked(info, h[0].Value), Told: seen, Faults: faults, Back: v.at("/data")})
}

// correct puts the right value in place of the wrong one. Where the policy asks for
// a fresh sign-in before an edit, it asks for one.
func (v *visit) correct() error {
	info, h, err := v.heldOne()
	if err != nil {
		return err
	}
	defer wipe(h)
	if within, _, asked := v.program.FreshSignIn("edit", info.Slug); asked && v.program.After(v.session.Proved, within).Before(v.now) {
		return errStale
	}
	sent := strings.TrimSpace(v.r.PostFormValue("value"))
	if sent == "" {
		var faults html.Faults
		faults.Add("value", v.t("correct.empty"))
		return v.correctPage(http.StatusUnprocessableEntity, info, h, sent, faults)
	}
	value := gate.NewValue([]byte(sent))
	defer value.Wipe()
	_, err = v.gate().CorrectAs(v.r.Context(), v.id, v.ref(), []gate.Item{{Datum: info.Slug, Value: value}}, gate.Proven{Session: v.centre.cfg.Desk.Secret(v.r, v.id)})
	switch avow.CodeOf(err) {
	case avow.Invalid, avow.Conflict:
		if err != nil {
			var faults html.Faults
			faults.Add("value", v.t("correct."+string(avow.CodeOf(err))))
			return v.correctPage(http.StatusUnprocessableEntity, info, h, sent, faults)
		}
	}
	if err != nil {
		return err
	}
	return v.to("/data", "corrected")
}

// heldOne reads the one value that a page is about.
func (v *visit) heldOne() (*policy.DatumInfo, []gate.Held, error) {
	unknown := &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held that could be changed here", Try: "choose something from the list"}
	info, ok := v.program.Datum(avow.Datum(v.r.PathValue("datum")))
	if !ok || info.Many {
		return nil, nil, unknown
	}
	c, err := v.gate().AccessTo(v.r.Context(), v.id, v.ref(), info.Slug)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Held) != 1 || c.Held[0].Secret || c.Held[0].Hidden || c.Held[0].File != nil {
		wipe(c.Held)
		return nil, nil, unknown
	}
	return &info, c.Held, nil
}

// received names the recipients that got a kind of data, who still have the old value.
func (v *visit) received(d avow.Datum) ([]string, error) {
	seen, err := v.seenBy()
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range v.program.File().Parties {
		if n := v.text.names.Of("recipients", v.program.File().Parties[i].ID.Text); slices.Contains(seen[d], n) {
			out = append(out, n)
		}
	}
	return out, nil
}

func inputOf(kind string) string {
	switch kind {
	case "email", "date", "number":
		return kind
	case "phone":
		return "tel"
	}
	return "text"
}

func autocompleteOf(kind string) string {
	switch kind {
	case "email":
		return "email"
	case "phone":
		return "tel"
	}
	return "off"
}
