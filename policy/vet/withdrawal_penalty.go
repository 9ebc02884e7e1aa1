package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// withdrawalPenalty looks for choices whose refusal closes more than what they
// serve, and for data that an app of its type may not demand.
func withdrawalPenalty(v *view) {
	for i := range v.file.Choices {
		c := &v.file.Choices[i]
		for _, w := range c.Stops {
			stops(v, c, w)
		}
	}
	for _, p := range v.packs {
		if t, ok := p.AppType(v.file.AppType.Text); ok {
			demanded(v, t)
		}
	}
}

func stops(v *view, c *syntax.Choice, w syntax.Word) {
	feature := find(v.file.Features, func(e *syntax.Feature) *syntax.Head { return &e.Head }, w.Text)
	f := Finding{
		Severity: Warning, Why: "a yes that costs something to refuse is not given freely",
		Try: fmt.Sprintf("take %s out of stops", w.Text), Fix: v.removeWord(c.Stops, indexOf(c.Stops, w.Text)),
	}
	switch {
	case feature != nil && feature.Basic.On:
		f.Severity, f.What = Error, fmt.Sprintf("refusing %s closes %s, a basic function", c.ID.Text, w.Text)
	case !v.servesFeature(c, w.Text):
		f.What = fmt.Sprintf("refusing %s closes %s, which none of its data serves", c.ID.Text, w.Text)
	case v.priceOfService(c, w.Text):
		f.What = fmt.Sprintf("refusing %s closes %s, although its data is optional there", c.ID.Text, w.Text)
	default:
		return
	}
	places := []Place{v.at(&c.Head, w.Pos)}
	if feature != nil {
		places = append(places, v.on(&feature.Head))
	}
	v.note(f, places...)
}

// servesFeature reports whether a rule of the function rests on the choice, or
// takes the choice's data for its purposes.
func (v *view) servesFeature(c *syntax.Choice, feature string) bool {
	for r := range v.rules() {
		if syntax.Has(r.features, feature) && (syntax.Has(r.needs.Choice, c.ID.Text) ||
			len(shared(r.purposes, c.For)) > 0 && (len(c.Data) == 0 || len(shared(r.data, c.Data)) > 0)) {
			return true
		}
	}
	return slices.ContainsFunc(v.file.Permissions, func(p syntax.Permission) bool {
		return syntax.Has(p.Feature, feature) && len(shared(p.For, c.For)) > 0
	})
}

// priceOfService reports whether a consent for the service itself closes a
// function that calls all of the data optional.
func (v *view) priceOfService(c *syntax.Choice, feature string) bool {
	service := slices.ContainsFunc(c.For, func(w syntax.Word) bool {
		t, ok := v.purposeTerm(w.Text)
		return ok && t.Slug == "provide-service" && general(v, []syntax.Word{w})
	})
	optional := false
	for i := range v.file.Collect {
		e := &v.file.Collect[i]
		if !syntax.Has(e.Features, feature) || !syntax.Has(e.Needs.Choice, c.ID.Text) {
			continue
		}
		if e.Necessity.Text != "optional" {
			return false
		}
		optional = true
	}
	return service && optional
}

// demanded finds personal data that is demanded for an account, or for a basic
// function, and that is not among the necessary data of the type of app. What
// signs people in comes with the account.
func demanded(v *view, t law.AppType) {
	i := slices.IndexFunc(v.file.Features, func(e syntax.Feature) bool { return e.Basic.On })
	if i < 0 {
		return
	}
	basic := &v.file.Features[i]
	account := t.Needs("account-id") || t.Needs("phone")
	for j := range v.file.Collect {
		e := &v.file.Collect[j]
		if e.Necessity.Text == "optional" || !syntax.Has(e.From, "person") && len(e.From) > 0 || !v.gates(e) {
			continue
		}
		for _, w := range e.Data {
			d := v.datum(w.Text)
			if d == nil || !personal(d) || t.Needs(w.Text) || account && (w.Text == "username" || w.Text == "password") {
				continue
			}
			v.note(Finding{
				Severity: Warning, What: fmt.Sprintf("%s demands %s, which an app of the type %q does not need", e.ID.Text, w.Text, t.ID),
				Why: "refusing data that is not necessary must leave the basic functions open",
				Try: "write necessity: optional, or show that the basic function works without it",
			}, v.at(&e.Head, w.Pos), v.on(&basic.Head))
			break
		}
	}
}

// gates reports whether a rule stands before the product as a whole: it is for
// the account or for a basic function.
func (v *view) gates(e *syntax.Collect) bool {
	return slices.ContainsFunc(e.For, func(w syntax.Word) bool {
		t, ok := v.purposeTerm(w.Text)
		return ok && (t.Slug == "register" || t.Slug == "manage-account")
	}) || slices.ContainsFunc(v.file.Features, func(f syntax.Feature) bool { return f.Basic.On && syntax.Has(e.Features, f.ID.Text) })
}
