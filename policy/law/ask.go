package law

import (
	"slices"
	"strings"
)

// Instrument finds an instrument by its id.
func (p Pack) Instrument(id string) (Instrument, bool) {
	i := slices.IndexFunc(p.Instruments, func(in Instrument) bool { return in.ID == id })
	if i < 0 {
		return Instrument{}, false
	}
	return p.Instruments[i], true
}

// Cited finds the instrument that a policy cites, by citation, title or alias.
// Spaces, capitals, the marks 《》 and the width of brackets do not count. A citation without a year
// means the edition in force.
func (p Pack) Cited(citation string) (Instrument, bool) {
	want := bare(citation)
	if want == "" {
		return Instrument{}, false
	}
	for _, in := range p.Instruments {
		names := append([]string{in.Citation, in.Title.En, in.Title.Zh}, in.Aliases...)
		if slices.ContainsFunc(names, func(s string) bool { return bare(s) == want }) {
			return in, true
		}
	}
	return Instrument{}, false
}

func bare(s string) string {
	return strings.ToLower(strings.NewReplacer("《", "", "》", "", " ", "", "\u00a0", "", "（", "(", "）", ")").Replace(s))
}

// Binds reports whether the instrument binds on the day: it has begun, is not
// replaced, and is no draft.
func (in Instrument) Binds(on Date) bool {
	if in.Kind == Draft || in.InForce == "" || on < in.InForce {
		return false
	}
	return in.SupersededOn == "" || on < in.SupersededOn
}

func (p Pack) binds(c Cite) bool {
	in, ok := p.Instrument(c.Instrument)
	return ok && in.Binds(p.Edition)
}

// Reply returns the duty with the shortest answer for a right, counting only
// instruments in force at the pack's edition. A duty without a figure answers
// only when there is no figure at all.
func (p Pack) Reply(right string) (Reply, bool) {
	var best Reply
	found := false
	for _, r := range p.Replies {
		if !slices.Contains(r.Rights, right) || !p.binds(r.Cite) {
			continue
		}
		if !found || r.Answer.Shorter(best.Answer) {
			best, found = r, true
		}
	}
	return best, found
}

// ReplyWithin returns how soon a request is answered under the pack; false
// when the pack gives no figure for the right.
func (p Pack) ReplyWithin(right string) (Clock, bool) {
	r, ok := p.Reply(right)
	return r.Answer, ok && r.Answer.Stated()
}

// Effective is a duty and the pack it comes from.
type Effective struct {
	Pack string
	Reply
}

// Shortest returns the duty with the shortest answer for a right among packs:
// the one that must be kept when all of them apply. Of equal ones the first
// pack's wins. It is false when none gives a figure.
func Shortest(packs []Pack, right string) (Effective, bool) {
	var best Effective
	for _, p := range packs {
		if r, ok := p.Reply(right); ok && r.Answer.Shorter(best.Answer) {
			best = Effective{p.ID, r}
		}
	}
	return best, best.Answer.Stated()
}

// BreachWithin returns the duties to tell somebody ("authority", "people",
// "controller") of an incident of the tier, shortest first. Duties of the tier
// "any" always count; drafts never do.
func (p Pack) BreachWithin(to, tier string) []BreachDuty {
	var duties []BreachDuty
	for _, d := range p.Breach {
		if d.To == to && (d.Tier == "any" || d.Tier == tier) && p.binds(d.Cite) {
			duties = append(duties, d)
		}
	}
	slices.SortStableFunc(duties, func(a, b BreachDuty) int { return a.Within.least() - b.Within.least() })
	return duties
}

// Grade returns the gravest grade that an incident with so many people has,
// or "" below the lowest.
func (p Pack) Grade(people int) string {
	grade, from := "", 0
	for _, g := range p.Grades {
		if people >= g.PeopleFrom && g.PeopleFrom > from && p.binds(g.Cite) {
			grade, from = g.Grade, g.PeopleFrom
		}
	}
	return grade
}

// Age returns the strictest (highest) age of a rule such as
// "guardian-consent".
func (p Pack) Age(rule string) (AgeRule, bool) {
	var best AgeRule
	for _, a := range p.Ages {
		if a.Rule == rule && a.Under > best.Under && p.binds(a.Cite) {
			best = a
		}
	}
	return best, best.Under > 0
}

// ValidBasis reports whether the basis can carry processing. Where the law
// asks for no basis, any but implied consent can.
func (p Pack) ValidBasis(basis string) bool {
	if basis == "" || basis == "implied-consent" {
		return false
	}
	if !p.LegalBasis.Required && p.binds(p.LegalBasis.Cite) {
		return true
	}
	return slices.ContainsFunc(p.Bases, func(b BasisRule) bool { return b.Basis == basis && p.binds(b.Cite) })
}

// NeedsSeparate returns the rule that an act needs a consent of its own.
func (p Pack) NeedsSeparate(act string) (SeparateConsent, bool) {
	for _, s := range p.SeparateConsent {
		if s.Act == act && p.binds(s.Cite) {
			return s, true
		}
	}
	return SeparateConsent{}, false
}

// Exempt reports whether a case frees an act ("collect" or "provide") from
// consent.
func (p Pack) Exempt(covers, slug string) bool {
	return slices.ContainsFunc(p.Exemptions, func(e ExemptionRule) bool {
		return e.Covers == covers && slices.Contains(e.Cases, slug) && p.binds(e.Cite)
	})
}

// IsSensitive returns the first group that calls the datum sensitive.
func (p Pack) IsSensitive(datum string) (SensitiveGroup, bool) {
	for _, g := range p.Sensitive {
		if slices.Contains(g.Data, datum) && p.binds(g.Cite) {
			return g, true
		}
	}
	return SensitiveGroup{}, false
}

// AppType finds a type of app by its id.
func (p Pack) AppType(id string) (AppType, bool) {
	for _, t := range p.Necessary.Types {
		if t.ID == id {
			return t, true
		}
	}
	return AppType{}, false
}

// Needs reports whether the type of app may ask for the datum as necessary.
func (t AppType) Needs(datum string) bool { return slices.Contains(t.Data, datum) }

// ReAskAfter returns how long to wait before asking again after the event.
func (p Pack) ReAskAfter(what string) (Clock, bool) {
	var best Clock
	for _, r := range p.ReAsk {
		// The longest wait is the one that keeps every duty.
		if r.What == what && p.binds(r.Cite) && (!best.Stated() || best.Shorter(r.Wait)) {
			best = r.Wait
		}
	}
	return best, best.Stated()
}

// ForeignBlock returns the rule that stands before giving data to a foreign
// court or police.
func (p Pack) ForeignBlock() (ForeignAuthority, bool) {
	for _, f := range p.ForeignAuthority {
		if p.binds(f.Cite) {
			return f, true
		}
	}
	return ForeignAuthority{}, false
}

// TransferRoute returns the strictest route for sending abroad the data of
// people in all, and sensitive data of some of them. Routes stand in the pack
// strictest first. It is false when the pack has no rule for the numbers.
func (p Pack) TransferRoute(people, sensitive int) (TransferRoute, bool) {
	people = max(people, sensitive)
	for _, r := range p.Transfers {
		byPeople := r.PeopleFrom > 0 && people >= r.PeopleFrom
		bySensitive := r.SensitiveFrom > 0 && sensitive >= r.SensitiveFrom
		if (byPeople || bySensitive) && p.binds(r.Cite) {
			return r, true
		}
	}
	return TransferRoute{}, false
}
