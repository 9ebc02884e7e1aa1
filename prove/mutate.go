package prove

import (
	"errors"
	"fmt"
	"slices"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// mutant is one change to one entry. The change is made to a copy of the policy.
type mutant struct {
	entry  syntax.Entry
	change string
	apply  func(f *syntax.File)
	// published says that the entry states what the engine always does, so that
	// only the published text can tell that it is gone.
	published bool
}

// mutate changes every rule behind a proved clause, one at a time, and runs the
// rule's own probes against the changed policy.
func (t *trial) mutate(r *PolicyReport) (*Mutants, error) {
	mutants := t.plan.mutants(r)
	killed := make([]bool, len(mutants))
	err := t.share(len(mutants), func(s *stage, i int) (err error) {
		killed[i], err = t.kill(s, mutants[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &Mutants{Survived: []Survivor{}}
	for i, m := range mutants {
		if killed[i] {
			out.Killed++
		} else {
			out.Survived = append(out.Survived, Survivor{r.Policy, m.entry.Head.ID.Text, m.change})
		}
	}
	return out, nil
}

// kill puts a mutant in force on a stage and reports whether anything notices. A
// policy that does not compile is noticed before anybody can be harmed by it.
func (t *trial) kill(s *stage, m mutant) (bool, error) {
	f := t.plan.text.File.Clone()
	m.apply(f)
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		return true, nil
	}
	if err := s.force(p); err != nil {
		return false, err
	}
	s.running = p
	defer func() { s.running = nil }()
	probes := slices.Clone(t.plan.entries[key(m.entry)])
	if m.published || len(probes) == 0 {
		probes = append([]probe{t.plan.shown[key(m.entry)]}, probes...)
	}
	for _, p := range probes {
		err := p.play(s)
		if _, cannot := errors.AsType[*unplayable](err); err != nil && !cannot {
			return true, nil
		}
		if err := s.ctx.Err(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// force puts a policy in force and lets people accept it.
func (s *stage) force(p *policy.Program) error {
	s.clock.set(s.begin())
	if err := s.engine.Replace(s.ctx, p); err != nil {
		return fmt.Errorf("put the policy in force: %w", err)
	}
	return s.refresh()
}

// mutants lists the changes to the rules behind proved clauses.
func (p *plan) mutants(r *PolicyReport) []mutant {
	proved := make(map[string]bool)
	for i := range r.Clauses {
		if r.Clauses[i].State == Proved {
			proved[r.Clauses[i].ID] = true
		}
	}
	var out []mutant
	for e := range p.text.Entries() {
		if slices.ContainsFunc(e.Head.Clause, func(c syntax.Word) bool { return proved[c.Text] }) {
			out = append(out, p.mutantsOf(e)...)
		}
	}
	return out
}

func (p *plan) mutantsOf(e syntax.Entry) []mutant {
	id := e.Head.ID.Text
	out := []mutant{{entry: e, change: "taken out", apply: func(f *syntax.File) { remove(f, e.Section, id) }, published: !governs(e) && !p.text.forbidsAlone(e)}}
	turn := func(change string, apply func(v any)) {
		out = append(out, mutant{entry: e, change: change, apply: func(f *syntax.File) {
			if at, ok := f.Lookup(e.Section, id); ok {
				apply(at.Value)
			}
		}})
	}
	switch v := e.Value.(type) {
	case *syntax.Collect:
		p.collectMutants(v, turn)
	case *syntax.Use:
		p.useMutants(v, turn)
	case *syntax.Demand:
		demandMutants(v, turn)
	case *syntax.Release:
		p.text.releaseMutants(v, turn)
	case *syntax.Share:
		if len(v.Ground) > 0 {
			turn("without a demand", func(x any) { x.(*syntax.Share).Ground = nil })
		}
		if others := p.text.otherParties(v.To); len(others) > 0 {
			turn("opened to every recipient", func(x any) { x.(*syntax.Share).To = append(x.(*syntax.Share).To, others...) })
		}
		if len(v.Needs.Choice) > 0 {
			turn("without its choice", func(x any) { x.(*syntax.Share).Needs.Choice, x.(*syntax.Share).Basis.Text = nil, "contract" })
		}
		if has(v.Needs.Facts, "notice") && !p.text.toldAtTheDesk(v) {
			turn("without the notice before it", func(x any) {
				n := &x.(*syntax.Share).Needs
				n.Facts = without(n.Facts, "notice")
			})
		}
	case *syntax.Choice:
		if p.text.idle(id) {
			out[0].published = true // nothing that is there hangs on it
			break
		}
		if v.Kind.Text != "opt-out" {
			turn("on until objected to", func(x any) { x.(*syntax.Choice).Kind.Text = "opt-out" })
		} else {
			turn("off until agreed to", func(x any) { x.(*syntax.Choice).Kind.Text = "consent" })
		}
	case *syntax.Source:
		turn("believed without its last proof", func(x any) { n := x.(*syntax.Source); n.Needs = n.Needs[:len(n.Needs)-1] })
	case *syntax.Form:
		if p.text.vacuous(v.Data) {
			out[0].published = true // nothing is ever there that could be brought into a form
			break
		}
		turn("leaves values as they are", func(x any) { x.(*syntax.Form).Do.Text = "keep" })
	case *syntax.Retain:
		ends := v.Keep.After.Text == "account-closed" || v.Keep.After.Text == "relationship-ended"
		if p.text.vacuous(v.Data) || ends && p.text.erasesOn("account-closed") {
			out[0].published = true // nothing is ever there, or then, that could be kept
			break
		}
		turn("keeps a year longer", func(x any) { lengthen(&x.(*syntax.Retain).Keep.Period) })
	case *syntax.Attestation:
		turn("ends ten years later", func(x any) { x.(*syntax.Attestation).Expires.Year += 10 })
	case *syntax.Hold:
		turn("may last a year longer", func(x any) { lengthen(&x.(*syntax.Hold).Max) })
		if v.Approved.N > 1 {
			turn("set by one person alone", func(x any) { x.(*syntax.Hold).Approved = syntax.Num{} })
		}
	case *syntax.Content:
		turn("only warns", func(x any) { x.(*syntax.Content).Action.Text = "warn" })
		turn("looks for the first kind in the first place only", func(x any) {
			c := x.(*syntax.Content)
			c.Finds, c.Where = c.Finds[:1], c.Where[:1]
		})
	case *syntax.Acceptance:
		turn("not asked for", func(x any) { x.(*syntax.Acceptance).Required.On = false })
	case *syntax.Document:
		if !p.text.acts(v) {
			turn("in another version", func(x any) { x.(*syntax.Document).Version.Text += "-other" })
			break
		}
		turn("opens nothing", func(x any) { x.(*syntax.Document).Opens = nil })
	case *syntax.Party:
		p.partyMutants(v, turn)
	case *syntax.Succeed:
		if has(v.Requires, "notice") {
			turn("without notice", func(x any) { n := x.(*syntax.Succeed); n.Requires = without(n.Requires, "notice") })
		}
		turn("with consents kept", func(x any) { x.(*syntax.Succeed).Else.Text = "refused" })
	case *syntax.Place:
		p.placeMutants(v, turn, func(change string, apply func(*syntax.File)) {
			out = append(out, mutant{entry: e, change: change, apply: apply})
		})
	case *syntax.Permission:
		p.permissionMutants(v, turn)
	case *syntax.Cookie:
		p.cookieMutants(v, turn)
	case *syntax.Trackers:
		// What nobody agreed to before a choice includes what nobody declared.
		out[0].published = out[0].published || p.text.asksFirst()
	case *syntax.Advert:
		p.advertMutants(v, turn)

	case *syntax.Right:
		p.rightMutants(v, turn)
	case *syntax.Message:
		p.messageMutants(v, turn)
	case *syntax.Incident:
		p.incidentMutants(v, turn)
	case *syntax.Change:
		p.changeMutants(v, turn)
	case *syntax.Access:
		p.accessMutants(v, turn)
	case *syntax.Minors:
		p.minorMutants(v, turn)
	case *syntax.Contact:
		turn("left blank", func(x any) { x.(*syntax.Contact).Value.Text = "" })
	}
	return out
}

func (p *plan) collectMutants(v *syntax.Collect, turn func(string, func(any))) {
	if len(v.Needs.Choice) > 0 {
		turn("without its choice", func(x any) { x.(*syntax.Collect).Needs.Choice, x.(*syntax.Collect).Basis.Text = nil, "contract" })
	}
	if len(v.Needs.Facts) > 0 {
		turn("without the facts that it needs", func(x any) { x.(*syntax.Collect).Needs.Facts = nil })
	}
	if v.Every.Set && v.Every.N > 0 {
		turn("as often as it likes", func(x any) { x.(*syntax.Collect).Every = syntax.Period{} })
	}
	if v.Network.Text != "" && v.Network.Text != "any" {
		turn("by every network", func(x any) { x.(*syntax.Collect).Network.Text = "any" })
	}
	others := p.text.otherPoints(v.Points)
	if len(others) > 0 && p.text.pointsMatter(v, others) {
		turn("at every point", func(x any) { x.(*syntax.Collect).Points = append(x.(*syntax.Collect).Points, others...) })
	}
}

func (p *plan) useMutants(v *syntax.Use, turn func(string, func(any))) {
	if len(v.Needs.Choice) > 0 && !p.text.stopAnyway(v.Needs.Choice) {
		turn("without its choice", func(x any) { x.(*syntax.Use).Needs.Choice, x.(*syntax.Use).Basis.Text = nil, "contract" })
	}
	others := p.text.otherPurposes(v.For)
	if len(others) > 0 && p.text.purposesMatter(v, others) {
		turn("for every purpose", func(x any) { x.(*syntax.Use).For = append(x.(*syntax.Use).For, others...) })
	}
}

// toldAtTheDesk reports whether a rule hands data to successors only, whose desk
// moves nothing before people were told, whatever the rule asks for.
func (t text) toldAtTheDesk(v *syntax.Share) bool {
	return v.Verb.Text == "transfer" && has(v.Needs.Facts, "successor-bound") && len(t.Succeed) > 0 &&
		!slices.ContainsFunc(t.Succeed, func(e syntax.Succeed) bool { return !has(e.Requires, "notice") })
}

// stopAnyway reports whether objecting to any of the choices stops the use of what
// is held by itself, so that a rule which leaves them out decides the same.
func (t text) stopAnyway(choices []syntax.Word) bool {
	return !slices.ContainsFunc(choices, func(w syntax.Word) bool {
		c := t.choice(w.Text)
		return c == nil || c.Kind.Text != "opt-out" || !c.HeldToo.On
	})
}

// governs reports whether the engine acts on the entry, so that its behaviour,
// and not only the published text, must tell that it is gone.
func governs(e syntax.Entry) bool {
	switch v := e.Value.(type) {
	case *syntax.Access:
		return v.Kind.Text == "fresh-sign-in"
	case *syntax.Minors:
		return v.Rule.Text == "adults-only" || v.Rule.Text == "erase-when-found" || v.Rule.Text == "guardian-consent"
	case *syntax.Mixing:
		// Identifiers in data called non-personal are refused whatever the policy says.
		return v.When.Text != "carries-identifier"
	case *syntax.Incident, *syntax.Collect, *syntax.Use, *syntax.Share, *syntax.Choice, *syntax.Source, *syntax.Form, *syntax.Retain, *syntax.Hold, *syntax.Document, *syntax.Attestation:
		return true
	case *syntax.Content:
		return true
	case *syntax.Message:
		return true
	case *syntax.Succeed, *syntax.Place:
		return true
	case *syntax.Permission:
		return true
	}
	return governsPages(e)
}

// vacuous reports whether no rule that can be played lets any of the data in.
func (t text) vacuous(data []syntax.Word) bool {
	return !slices.ContainsFunc(data, func(w syntax.Word) bool {
		return slices.ContainsFunc(t.collecting(w.Text, "", ""), func(r *syntax.Collect) bool { return t.facts(r.Needs.Facts, &ask{}) == nil })
	})
}

// forbidsAlone reports whether an entry is a prohibition that no other one
// repeats for any of its verbs, so that without it some refusal is another. That
// nothing is stored in clear is the engine's doing, with or without the rule.
func (t text) forbidsAlone(e syntax.Entry) bool {
	n, ok := e.Value.(*syntax.Never)
	if !ok || has(n.Verbs, "store-plaintext") {
		return false
	}
	return !slices.ContainsFunc(t.Never, func(o syntax.Never) bool {
		return o.ID.Text != n.ID.Text && slices.ContainsFunc(o.Verbs, func(v syntax.Word) bool { return has(n.Verbs, v.Text) })
	})
}

func lengthen(p *syntax.Period) {
	if p.Unit == syntax.Year {
		p.N++
		return
	}
	p.N = p.N*3 + 1
}

// remove takes an entry out of its section, and out of the lists that name it and
// can do without it. What has no list loses its name and its clauses instead: the
// published text no longer carries it.
func remove(f *syntax.File, section, id string) {
	if !f.Remove(section, id) {
		if at, ok := f.Lookup(section, id); ok {
			at.Head.ID.Text += "-gone"
			at.Head.Clause = nil
		}
	}
	switch section {
	case "share", "sources":
		unexcept(f, id)
	case "forms":
		unform(f, id)
	case "holds":
		for i := range f.Erasure {
			f.Erasure[i].Keeps = without(f.Erasure[i].Keeps, id)
		}
	}
	dropClauses(f)
}

func unexcept(f *syntax.File, id string) {
	for i := range f.Never {
		f.Never[i].Except = without(f.Never[i].Except, id)
	}
}

func unform(f *syntax.File, id string) {
	for i := range f.Use {
		f.Use[i].Form = without(f.Use[i].Form, id)
	}
	for i := range f.Share {
		f.Share[i].Form = without(f.Share[i].Form, id)
	}
}

func (t text) otherPoints(have []syntax.Word) []syntax.Word {
	return others(ids(t.Points, pointID), have)
}

func (t text) otherPurposes(have []syntax.Word) []syntax.Word {
	return others(ids(t.Purposes, purposeID), have)
}

func (t text) otherParties(have []syntax.Word) []syntax.Word {
	return others(ids(t.Parties, partyID), have)
}

func others(all []string, have []syntax.Word) []syntax.Word {
	var out []syntax.Word
	for _, id := range all {
		if !has(have, id) {
			out = append(out, syntax.Word{Text: id})
		}
	}
	return out
}

// pointsMatter reports whether opening the rule to other points lets anything
// in that no other rule lets in there already.
func (t text) pointsMatter(v *syntax.Collect, others []syntax.Word) bool {
	for _, d := range v.Data {
		for _, at := range others {
			for _, why := range v.For {
				if len(t.collecting(d.Text, at.Text, why.Text)) == 0 {
					return true
				}
			}
		}
	}
	return false
}

func (t text) purposesMatter(v *syntax.Use, others []syntax.Word) bool {
	for _, d := range v.Data {
		for _, why := range others {
			for _, by := range v.By {
				if len(t.using(d.Text, why.Text, by.Text)) == 0 && !t.forbidden("use", d.Text, why.Text, "", v.ID.Text) {
					return true
				}
			}
		}
	}
	return false
}
