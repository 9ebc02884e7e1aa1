package reference

import (
	"avow.dev"
	"avow.dev/policy/syntax"
)

// rule is a rule of any section, in words.
type rule struct {
	verb           avow.Verb
	id             string
	data, purposes []string

	// Where one of these is empty, the rule does not constrain it.
	points, features, sources, recipients, roles, regions, grounds []string

	choices   []string
	needs     []avow.Reason // facts that must be shown and conditions on age
	forms     []string
	strangers bool // the person need not have an account
	nobody    bool // must not name a recipient
}

// allRules lists all rules in the order of the file.
func (p *Policy) allRules() []rule {
	var all []rule
	for _, e := range p.file.Collect {
		all = append(all, p.collect(e))
	}
	for _, e := range p.file.Use {
		r := rule{verb: avow.Use, id: e.ID.Text, data: words(e.Data), purposes: words(e.For), roles: words(e.By), features: words(e.Feature), forms: words(e.Form)}
		all = append(all, p.under(r, e.Needs))
	}
	for _, e := range p.file.Share {
		verb, _ := avow.ParseVerb(e.Verb.Text)
		r := rule{verb: verb, id: e.ID.Text, data: words(e.Data), purposes: words(e.For), recipients: words(e.To),
			grounds: words(e.Ground), sources: words(e.Source), forms: words(e.Form)}
		all = append(all, p.under(r, e.Needs))
	}
	for _, e := range p.file.Releases {
		r := rule{verb: avow.Release, id: e.ID.Text, data: words(e.Data), purposes: words(e.For), recipients: words(e.To), nobody: len(e.To) == 0}
		if e.Approved.N > 0 {
			r.needs = append(r.needs, avow.ApprovalMissing)
		}
		all = append(all, r)
	}
	return all
}

func (p *Policy) collect(e syntax.Collect) rule {
	r := rule{verb: avow.Collect, id: e.ID.Text, data: words(e.Data), purposes: words(e.For), points: words(e.Points),
		features: words(e.Features), sources: words(e.From), strangers: e.Account.Text == "none"}
	if len(r.sources) == 0 {
		r.sources = []string{"person", "device"}
	}
	if e.Every.N > 0 {
		r.needs = append(r.needs, avow.TooSoon)
	}
	if e.Network.Text == "wifi-only" || e.Network.Text == "prefer-wifi" {
		r.needs = append(r.needs, avow.Metered)
	}
	return p.under(r, e.Needs)
}

// under adds the conditions that a rule lists.
func (p *Policy) under(r rule, n syntax.Needs) rule {
	r.choices = words(n.Choice)
	for _, f := range words(n.Facts) {
		r.needs = append(r.needs, missing(f))
	}
	for _, id := range r.choices {
		for _, ch := range p.file.Choices {
			if ch.ID.Text == id && ch.Kind.Text == "per-event" {
				r.needs = append(r.needs, avow.TokenMissing)
			}
		}
	}
	switch n.Age.Text {
	case "adult":
		r.needs = append(r.needs, avow.AgeUnknown, avow.Minor)
	case "not-minor":
		r.needs = append(r.needs, avow.Minor)
	case "guardian":
		r.needs = append(r.needs, avow.GuardianMissing)
	}
	for _, place := range p.file.Places {
		if contains(n.Places, place.ID.Text) {
			r.regions = append(r.regions, place.Region.Text)
		}
	}
	return r
}

// missing returns the reason for the absence of a fact.
func missing(word string) avow.Reason {
	if word == "scope" { // the scope of a demand is written in its instrument
		word = "instrument"
	}
	f, _ := avow.ParseFact(word)
	return f.Missing()
}

func words(list []syntax.Word) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.Text
	}
	return out
}

func contains(list []syntax.Word, text string) bool {
	for _, w := range list {
		if w.Text == text {
			return true
		}
	}
	return false
}
