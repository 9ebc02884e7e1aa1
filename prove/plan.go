package prove

import "avow.dev/policy/syntax"

// plan is what a policy's proof plays: for each entry its probes, and for each
// clause what becomes of them.
type plan struct {
	text    text
	entries map[string][]probe // behaviour, by entry
	shown   map[string]probe   // that the entry is published, by entry
	carries map[string][]syntax.Entry
}

func newPlan(t text) *plan {
	p := &plan{text: t, entries: make(map[string][]probe), shown: make(map[string]probe), carries: t.carriers()}
	for e := range t.Entries() {
		id := e.Head.ID.Text
		p.entries[key(e)] = t.probesOf(e)
		p.shown[key(e)] = probe{id, "stands in the published text in every language", func(s *stage) error { return s.rendered(e.Head) }}
	}
	return p
}

// key tells entries of different sections apart that have the same id.
func key(e syntax.Entry) string { return e.Section + "/" + e.Head.ID.Text }

// probesOf returns the probes of an entry's behaviour; none for an entry that
// only informs, or that nothing plays yet.
func (t text) probesOf(e syntax.Entry) []probe {
	switch v := e.Value.(type) {
	case *syntax.Collect:
		return t.collectProbes(v)
	case *syntax.Use:
		return t.useProbes(v)
	case *syntax.Share:
		if len(v.Ground) > 0 && len(v.Source) == 0 {
			return t.demandShareProbes(v)
		}
		if v.Verb.Text == "publish" {
			return append(t.shareProbes(v), t.publishProbes(v)...)
		}
		return t.shareProbes(v)
	case *syntax.Demand:
		return t.demandProbes(v)
	case *syntax.Release:
		return t.releaseProbes(v)
	case *syntax.Never:
		return t.neverProbes(v)
	case *syntax.Choice:
		return t.choiceProbes(v)
	case *syntax.Source:
		return t.sourceProbes(v)
	case *syntax.Mixing:
		return t.mixingProbes(v)
	case *syntax.Form:
		return t.formProbes(v)
	case *syntax.Protect:
		return t.protectProbes(v)
	case *syntax.Retain:
		return t.retainProbes(v)
	case *syntax.Hold:
		return t.holdProbes(v)
	case *syntax.Attestation:
		return t.attestationProbes(v)
	case *syntax.Erasure:
		return t.erasureProbes(v)
	case *syntax.Right:
		return t.rightProbes(v)
	case *syntax.Change:
		return t.changeProbes(v)
	case *syntax.Content:
		return t.contentProbes(v)
	case *syntax.Acceptance:
		return t.acceptanceProbes(v)
	case *syntax.Document:
		return t.documentProbes(v)
	case *syntax.Succeed:
		return t.succeedProbes(v)
	case *syntax.Place:
		return t.placeProbes(v)
	case *syntax.Contact:
		return t.contactProbes(v)
	case *syntax.Message:
		return t.messageProbes(v)
	case *syntax.Incident:
		return t.incidentProbes(v)
	case *syntax.Cookie:
		return t.cookieProbes(v)
	case *syntax.Trackers:
		return t.trackerProbes(v)
	case *syntax.Advert:
		return t.advertProbes(v)
	case *syntax.Permission:
		return t.permissionProbes(v)
	}
	return t.wordsOf(e)
}

// wordsOf returns the probes of entries that define, announce or explain.
func (t text) wordsOf(e syntax.Entry) []probe {
	id := e.Head.ID.Text
	one := func(name string, run func(*stage) error) []probe { return []probe{{id, name, run}} }
	switch v := e.Value.(type) {
	case *syntax.Definition:
		return one("treats what is not listed as personal, and refuses it", (*stage).unlisted)
	case *syntax.Opening:
		if v.Of.Text == "purposes" || v.Of.Text == "cases" {
			return one("opens nothing that is not listed", (*stage).unlistedPurpose)
		}
		return one("opens nothing that is not listed", (*stage).unlisted)
	case *syntax.Feature:
		if v.Basic.On {
			return one("works with everything optional refused", func(s *stage) error { return s.basic(v) })
		}
		return one("lets nothing in that is not listed", (*stage).unlisted)
	case *syntax.Point:
		return one("lets nothing in that is not listed", (*stage).unlisted)
	case *syntax.Scope, *syntax.Controller:
		return one("is bound to the text that people accept", (*stage).acceptedIsPublished)
	case *syntax.Structure:
		return one("holds the sections that it announces", func(s *stage) error { return s.sectioned(v) })
	case *syntax.Openness:
		if v.Rule.Text == "same-in-all-languages" {
			return one("says the same in every language", (*stage).sameRules)
		}
		if v.Rule.Text == "transparency-report" {
			return one("publishes figures that the log has", (*stage).reportOpen)
		}
		return one("lets anyone check the log offline", (*stage).logVerifies)
	case *syntax.Party:
		return t.partyProbes(v)
	case *syntax.Inform:
		return t.informProbes(v)
	case *syntax.Access:
		return t.accessProbes(v)
	case *syntax.Minors:
		return t.minorProbes(v)
	}
	return nil
}
