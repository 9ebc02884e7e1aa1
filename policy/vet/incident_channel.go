package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// incidentChannel looks for channels by which people are promised word of incidents,
// and which no message that the law demands can take.
func incidentChannel(v *view) {
	for i := range v.file.Incidents {
		e := &v.file.Incidents[i]
		for k, w := range e.Channels {
			if f, places := v.againstChannel(e, w); f.What != "" {
				if len(e.Channels) > 1 && f.Fix == nil {
					f.Fix = v.removeWord(e.Channels, k)
					if f.Fix != nil {
						f.Fix.Safe = false // it takes a promise back
					}
				}
				v.note(f, places...)
			}
		}
	}
}

// againstChannel says why nobody is told of an incident by a channel, and where that
// stands. The finding has no words if somebody is.
func (v *view) againstChannel(e *syntax.Incident, w syntax.Word) (Finding, []Place) {
	here, channel := v.at(&e.Head, w.Pos), w.Text
	f := Finding{Severity: Error, Why: "whoever can be reached by nothing else is promised word and gets none"}
	if channel == "phone" {
		f.What = fmt.Sprintf("%s promises calls, and nothing makes any", e.ID.Text)
		f.Try = "take phone out, or accept the finding and say who calls"
		return f, []Place{here}
	}
	if channel == "letter" {
		channel = "post" // as rules of messages call it
	}
	var legal []*syntax.Message
	for i := range v.file.Messages {
		if m := &v.file.Messages[i]; m.Class.Text == "legal" {
			legal = append(legal, m)
		}
	}
	if len(legal) == 0 {
		f.What = fmt.Sprintf("%s promises word by %s, and the policy has no messages of class legal", e.ID.Text, w.Text)
		f.Try = "add a rule of messages of class legal that goes by " + channel
		return f, []Place{here}
	}
	by := slices.DeleteFunc(slices.Clone(legal), func(m *syntax.Message) bool { return !syntax.Has(m.Channels, channel) })
	if len(by) == 0 {
		f.What = fmt.Sprintf("%s promises word by %s, and %s does not go by %s", e.ID.Text, w.Text, legal[0].ID.Text, channel)
		f.Try = fmt.Sprintf("add %s to the channels of %s, or take %s out here", channel, legal[0].ID.Text, w.Text)
		f.Fix = v.addWord(legal[0].Channels, channel)
		return f, []Place{here, v.on(&legal[0].Head)}
	}
	if channel == "in-app" || slices.ContainsFunc(by, func(m *syntax.Message) bool { return v.addressed(m, channel) }) {
		return Finding{}, nil
	}
	f.What = fmt.Sprintf("%s promises word by %s, and no rule opens an address for %s", e.ID.Text, w.Text, by[0].ID.Text)
	f.Try = fmt.Sprintf("let a rule of use open an address that is taken in, and kept as it came, for a purpose of %s; or take %s out here", by[0].ID.Text, w.Text)
	return f, []Place{here, v.on(&by[0].Head)}
}

// addressed reports whether somebody may have an address to which a message can go:
// it is taken in, kept as it came, and opened for a purpose of the message.
func (v *view) addressed(m *syntax.Message, channel string) bool {
	for r := range v.rules() {
		if r.verb != "use" || len(shared(r.purposes, m.For)) == 0 {
			continue
		}
		for _, w := range r.data {
			if d := v.datum(w.Text); d != nil && d.About.Text != "non-user" && isAddress(d, channel) && v.takenFor(w.Text, m) && !v.reduced(w.Text) {
				return true
			}
		}
	}
	return false
}

// isAddress reports whether a datum is an address of a channel.
func isAddress(d *syntax.Datum, channel string) bool {
	switch channel {
	case "email":
		return d.Type.Text == "email"
	case "sms":
		return d.Type.Text == "phone"
	}
	t, _ := termOf(d)
	switch channel {
	case "push":
		return t.Slug == "push-token"
	case "post":
		return t.Slug == "postal-address"
	}
	return false
}

// takenFor reports whether a rule takes an address in that may serve a message: one
// that is given for a purpose of it, or, unless the message takes only such, for any
// purpose that other messages do not keep to themselves.
func (v *view) takenFor(datum string, m *syntax.Message) bool {
	var reserved []syntax.Word
	for i := range v.file.Messages {
		if e := &v.file.Messages[i]; e.AddressOnly.On {
			reserved = append(reserved, e.For...)
		}
	}
	return slices.ContainsFunc(v.file.Collect, func(c syntax.Collect) bool {
		free := slices.ContainsFunc(c.For, func(p syntax.Word) bool { return !syntax.Has(reserved, p.Text) })
		return syntax.Has(c.Data, datum) && (len(shared(c.For, m.For)) > 0 || free && !m.AddressOnly.On)
	})
}

// reduced reports whether a datum is made into something else before it is kept.
func (v *view) reduced(datum string) bool {
	return slices.ContainsFunc(v.file.Forms, func(f syntax.Form) bool {
		return f.When.Text == "ingest" && f.Do.Text != "keep" && syntax.Has(f.Data, datum)
	})
}
