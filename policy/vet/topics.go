package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

func (v *view) primary() bool {
	return slices.ContainsFunc(v.file.Places, func(p syntax.Place) bool { return p.Kind.Text == "primary" })
}

func (v *view) right(names ...string) bool {
	return slices.ContainsFunc(v.file.Rights, func(r syntax.Right) bool { return slices.Contains(names, r.Right.Text) })
}

func (v *view) contactFor(purpose string) bool {
	return slices.ContainsFunc(v.file.Controller.Contacts, func(c syntax.Contact) bool { return syntax.Has(c.For, purpose) })
}

func (v *view) saysSold() bool {
	return v.right("opt-out") || slices.ContainsFunc(v.file.Never, func(n syntax.Never) bool { return syntax.Has(n.Verbs, "sell") })
}

func (v *view) hearsSignals() bool {
	return slices.ContainsFunc(v.file.Choices, func(c syntax.Choice) bool { return syntax.Has(c.Signal, "gpc") })
}

// rightsGap holds the rights of the policy against those of its laws that
// people ask for by themselves. Erasing counts as deleting.
func (v *view) rightsGap() []gap {
	var lacking []string
	for _, p := range v.packs {
		want := []string{"access", "correct", "delete"}
		switch p.ID {
		case "cn":
			want = append(want, "copy", "explain")
		case "eu":
			want = append(want, "restrict", "object")
		}
		for _, r := range want {
			if !v.right(r) && (r != "delete" || !v.right("erase")) && !slices.Contains(lacking, r) {
				lacking = append(lacking, r)
			}
		}
	}
	if lacking == nil {
		return nil
	}
	return []gap{{
		"people are not told how to " + strings.Join(lacking, ", "),
		"write the rights, each with its channels", &v.file.Controller.Head,
	}}
}

// withdrawGaps are choices that people can make and not undo.
func (v *view) withdrawGaps() []gap {
	var out []gap
	for i := range v.file.Choices {
		c := &v.file.Choices[i]
		if c.Kind.Text != "opt-out" && c.Kind.Text != "per-event" && len(c.Withdraw) == 0 {
			out = append(out, gap{c.ID.Text + " does not say where consent is withdrawn", "write withdraw: [settings, centre]", &c.Head})
		}
	}
	return out
}

// automatedGaps are rules that decide about people from their profile and that
// people can neither refuse nor object to.
func (v *view) automatedGaps() []gap {
	if v.right("human-review") {
		return nil
	}
	var out []gap
	for r := range v.rules() {
		if r.verb != "use" || len(r.needs.Choice) > 0 {
			continue
		}
		for _, w := range r.purposes {
			p := find(v.file.Purposes, func(e *syntax.Purpose) *syntax.Head { return &e.Head }, w.Text)
			if t, ok := v.purposeTerm(w.Text); ok && profiling(t.Slug) && p != nil && !strings.Contains(p.Term.Text, ":") {
				out = append(out, gap{
					fmt.Sprintf("%s serves %s, and nothing says how to refuse it", r.head.ID.Text, w.Text),
					"let it wait for a choice, or write the right human-review", r.head,
				})
				break
			}
		}
	}
	return out
}

func profiling(purpose string) bool {
	switch purpose {
	case "personalise", "recommend-friends", "recommend-content", "ads-personalised":
		return true
	}
	return false
}

// interestGaps are rules on a legitimate interest that do not say which.
func (v *view) interestGaps() []gap {
	var out []gap
	for r := range v.rules() {
		if r.basis.Text == "legitimate-interest" && r.head.Note.IsZero() {
			out = append(out, gap{r.head.ID.Text + " rests on a legitimate interest and does not say which", "say in note: which interest it is", r.head})
		}
	}
	return out
}

// abroadGaps are places and recipients abroad without what allows the move.
func (v *view) abroadGaps() []gap {
	var out []gap
	home := country(v.file.Controller.Region.Text)
	if !slices.ContainsFunc(v.file.Law, func(w syntax.Word) bool { return applies(w.Text, home) }) {
		return nil
	}
	moved := map[string]bool{}
	for i := range v.file.Places {
		p := &v.file.Places[i]
		c := country(p.Region.Text)
		moved[c] = true
		if abroad(c, home) && (p.Mechanism.Text == "" || p.Mechanism.Text == "none-needed") {
			out = append(out, gap{fmt.Sprintf("%s is abroad (%s), and nothing says what allows the move", p.ID.Text, p.Region.Text), "write mechanism:", &p.Head})
		}
	}
	for i := range v.file.Parties {
		e := &v.file.Parties[i]
		c := country(e.Region.Text)
		if abroad(c, home) && !moved[c] && handing(v, e.ID.Text) != nil {
			out = append(out, gap{
				fmt.Sprintf("%s is abroad (%s), and no place says what allows the move", e.ID.Text, e.Region.Text),
				"write a place of kind transfer for the region, with its mechanism", &e.Head,
			})
		}
	}
	return out
}

func country(region string) string {
	c, _, _ := strings.Cut(region, "-")
	return c
}

// applies reports whether a pack is the law of the country.
func applies(pack, home string) bool {
	return pack == "cn" && home == "CN" || pack == "eu" && single(home)
}

// abroad reports whether data leaves the area of one law. The European Economic
// Area is one.
func abroad(c, home string) bool {
	return c != "" && home != "" && c != home && !(single(c) && single(home))
}

// single reports the countries of the European Economic Area.
func single(c string) bool {
	const area = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
	return c != "" && slices.Contains(strings.Fields(area), c)
}

// sdkGaps are third parties that collect by themselves and have no policy to
// point to.
func (v *view) sdkGaps() []gap {
	var out []gap
	seen := map[string]bool{}
	add := func(words []syntax.Word) {
		for _, w := range words {
			if p := v.party(w.Text); p != nil && p.PolicyURL.Text == "" && !seen[w.Text] {
				seen[w.Text] = true
				out = append(out, gap{w.Text + " collects by itself, and people cannot read how", "write policy_url: for it", &p.Head})
			}
		}
	}
	for i := range v.file.Adverts {
		if e := &v.file.Adverts[i]; e.Rule.Text == "parties-collect" {
			add(e.To)
		}
	}
	for i := range v.file.Cookies {
		if e := &v.file.Cookies[i]; e.Party.Text == "third" {
			add(e.By)
		}
	}
	return out
}
