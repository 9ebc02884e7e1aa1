package gate

import (
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// route is a way to an address by a rule of use.
type route struct {
	datum   avow.Datum
	purpose avow.Purpose
	role    avow.Role
	feature avow.Feature
}

// routes lists the addresses that rules of use open for a message, in the order of
// the file.
func (f *force) routes(rule *syntax.Message, channel string) []route {
	var out []route
	for i := range f.program.File().Use {
		u := &f.program.File().Use[i]
		for _, d := range u.Data {
			if !f.addresses(avow.Datum(d.Text), channel, rule.Class.Text) {
				continue
			}
			for _, p := range u.For {
				if !syntax.Has(rule.For, p.Text) {
					continue
				}
				r := route{datum: avow.Datum(d.Text), purpose: avow.Purpose(p.Text)}
				if len(u.By) > 0 {
					r.role = avow.Role(u.By[0].Text)
				}
				if len(u.Feature) > 0 {
					r.feature = avow.Feature(u.Feature[0].Text)
				}
				out = append(out, r)
			}
		}
	}
	return out
}

// keepsAsGiven reports whether a datum is held as it came in. An address that is
// masked before it is stored is none any more: nothing can be sent to it.
func (f *force) keepsAsGiven(d avow.Datum) bool {
	info, _ := f.program.Datum(d)
	return !slices.ContainsFunc(info.Ingest, func(id string) bool {
		form, ok := f.program.Form(id)
		return !ok || form.Do != "keep"
	})
}

// addresses reports whether a datum is an address of the channel. Addresses of
// people who are no users serve the delivery of what a user shares, and nothing
// else; addresses of users do not serve that.
func (f *force) addresses(d avow.Datum, channel, class string) bool {
	info, ok := f.program.Datum(d)
	if !ok || !info.Personal() || (info.About == "non-user") != (class == "share-delivery") {
		return false
	}
	switch channel {
	case ByMail:
		return info.Type == "email"
	case BySMS, ByPhone:
		return info.Type == "phone"
	case ByPush:
		return f.term(d, "push-token", "avow:PushToken")
	case ByPost:
		return f.term(d, "postal-address", "pd:PostalAddress")
	}
	return false
}

// term reports whether a datum is a word of the vocabulary.
func (f *force) term(d avow.Datum, slug, iri string) bool {
	for i := range f.program.File().Data {
		if e := &f.program.File().Data[i]; e.ID.Text == string(d) {
			return e.ID.Text == slug || e.Term.Text == slug || strings.EqualFold(e.Term.Text, iri)
		}
	}
	return false
}

// given reports whether an address may serve a message by what it was given for.
// It was given for what the rule under which it was collected announces. A rule of
// messages that promises it takes only such addresses; and what was given for such
// messages alone is taken by no others.
func (f *force) given(c *cell, rule *syntax.Message) bool {
	purposes := make(map[string]bool)
	for _, g := range c.grants {
		purposes[string(g.purpose)] = true
	}
	for i := range f.program.File().Collect {
		if e := &f.program.File().Collect[i]; e.ID.Text == string(c.rule) {
			for _, p := range e.For {
				purposes[p.Text] = true
			}
		}
	}
	matches := slices.ContainsFunc(rule.For, func(p syntax.Word) bool { return purposes[p.Text] })
	if rule.AddressOnly.On || matches {
		return matches
	}
	reserved := make(map[string]bool)
	for i := range f.program.File().Messages {
		if e := &f.program.File().Messages[i]; e.AddressOnly.On {
			for _, p := range e.For {
				reserved[p.Text] = true
			}
		}
	}
	for p := range purposes {
		if !reserved[p] {
			return true
		}
	}
	return len(purposes) == 0
}
