package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// need says what a purpose or function cannot work without: one of the kinds of
// data of each group.
type need struct {
	purpose string   // slug of the vocabulary; or
	words   []string // in the name of a feature, in any language
	data    [][]string
}

var needed = [...]need{
	{purpose: "pay", data: [][]string{{"payment-order", "order-id", "card-number", "bank-account", "payment-account"}}},
	{purpose: "deliver-goods", data: [][]string{{"delivery-address", "postal-address"}}},
	{purpose: "manage-orders", data: [][]string{{"payment-order", "order-id"}}},
	{purpose: "ads-personalised", data: [][]string{{"ad-id", "oaid", "cookie-id", "android-id", "device-id"}}},
	{purpose: "ads-location", data: [][]string{{"location-coarse", "location-precise", "ip", "nearby-cell", "wifi-info"}}},
	{purpose: "marketing-mail", data: [][]string{{"email", "phone", "postal-address", "push-token"}}},
	{purpose: "check-age", data: [][]string{{"age-flag", "age", "birth-date", "id-number"}}},
	{words: []string{"horoscope", "natal", "birth chart", "astrolog", "星盘", "星座", "占星"},
		data: [][]string{{"birth-date"}, {"birth-time"}, {"birth-place"}}},
	{words: []string{"turn-by-turn", "route planning", "地图导航", "路线规划"}, data: [][]string{{"location-precise", "trip"}}},
	{words: []string{"video call", "video chat", "视频通话", "视频聊天"}, data: [][]string{{"video"}}},
	{words: []string{"voice assistant", "语音助手"}, data: [][]string{{"voice"}}},
}

// undeclaredButNeeded looks for purposes that rules serve and functions that
// the product has, whose data no rule takes.
func undeclaredButNeeded(v *view) {
	for i := range v.file.Purposes {
		e := &v.file.Purposes[i]
		t, ok := v.purposeTerm(e.ID.Text)
		if !ok || strings.Contains(e.Term.Text, ":") {
			continue
		}
		for _, n := range needed {
			if n.purpose == t.Slug && n.purpose != "" {
				v.needs(&e.Head, n.data, v.serves(e.ID.Text))
			}
		}
	}
	for i := range v.file.Features {
		e := &v.file.Features[i]
		for _, n := range needed {
			if mentions(e.Name, n.words) {
				v.needs(&e.Head, n.data, true)
			}
		}
	}
}

func mentions(t syntax.Text, words []string) bool {
	for _, s := range t.By {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(s.Text), w) }) {
			return true
		}
	}
	return false
}

// serves reports whether the product does something for the purpose.
func (v *view) serves(purpose string) bool {
	for r := range v.rules() {
		if syntax.Has(r.purposes, purpose) {
			return true
		}
	}
	return slices.ContainsFunc(v.file.Messages, func(m syntax.Message) bool { return syntax.Has(m.For, purpose) }) ||
		slices.ContainsFunc(v.file.Cookies, func(c syntax.Cookie) bool { return syntax.Has(c.For, purpose) && c.Party.Text == "first" })
}

// needs holds what is needed against what is declared.
func (v *view) needs(h *syntax.Head, groups [][]string, served bool) {
	var missing []string
	for _, g := range groups {
		d := v.declared(g)
		if len(d) == 0 {
			missing = append(missing, g[0])
			continue
		}
		if c := v.takes(d, h); c != nil && silent(&c.Head) {
			v.note(Finding{
				Severity: Notice, Supplied: true, What: fmt.Sprintf("what %s needs is supplied in %s; the original text never declares it", h.ID.Text, c.ID.Text),
				Why: "the product cannot work without it", Try: "keep the rule",
			}, v.on(&c.Head), v.on(h))
		}
	}
	if len(missing) == 0 || !served {
		return
	}
	places := []Place{v.on(h)}
	for i := range v.file.Openings {
		if o := &v.file.Openings[i]; o.Of.Text == "data" {
			places = append(places, v.on(&o.Head))
			break
		}
	}
	v.note(Finding{
		Severity: Warning, What: fmt.Sprintf("%s needs %s, and no data of the kind is declared", h.ID.Text, quote(missing)),
		Why: "either it is taken without being said, or the function does not do what it is called",
		Try: "declare the data and write the rule that takes it, or say that it never leaves the device",
	}, places...)
}

// declared returns the data of the policy that are of one of the kinds.
func (v *view) declared(kinds []string) []string {
	var out []string
	for i := range v.file.Data {
		d := &v.file.Data[i]
		if t, ok := termOf(d); slices.Contains(kinds, d.ID.Text) || ok && slices.Contains(kinds, t.Slug) {
			out = append(out, d.ID.Text)
		}
	}
	return out
}

// takes returns the rule that collects one of the data for the purpose or
// feature.
func (v *view) takes(data []string, h *syntax.Head) *syntax.Collect {
	for i := range v.file.Collect {
		e := &v.file.Collect[i]
		if hasAny(e.Data, data...) && (syntax.Has(e.For, h.ID.Text) || syntax.Has(e.Features, h.ID.Text)) {
			return e
		}
	}
	return nil
}
