package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// missingTopic looks for topics that a law pack wants a policy to speak of and
// that the policy leaves out. Topics that the language itself makes every
// policy state, such as purposes and bases, cannot be missing.
func missingTopic(v *view) {
	for _, w := range v.wanted() {
		for _, m := range v.missing(w.topic.Topic) {
			v.note(Finding{
				Severity: w.severity, What: m.what, Try: m.try,
				Why: fmt.Sprintf("the law wants people to be told: %s (%s)", strings.ToLower(w.topic.En[:1])+w.topic.En[1:], strings.Join(w.sources, "; ")),
			}, v.on(m.head))
		}
	}
}

// wanted is one topic and all places that ask for it.
type wanted struct {
	topic    law.NoticeTopic
	severity Severity
	sources  []string
}

// wanted are the topics of all packs, each once, with the gravest severity: a
// topic asked for by a law weighs more than one asked for by a standard.
func (v *view) wanted() []wanted {
	var out []wanted
	at := map[string]int{}
	for _, p := range v.packs {
		for _, t := range p.Notice {
			in, ok := p.Instrument(t.Instrument)
			if !ok || !in.Binds(v.today) {
				continue
			}
			i, seen := at[t.Topic]
			if !seen {
				i = len(out)
				at[t.Topic] = i
				out = append(out, wanted{topic: t, severity: Warning})
			}
			if t.When == "always" && (in.Kind == law.Law || in.Kind == law.Regulation) {
				out[i].severity = Error
			}
			out[i].sources = append(out[i].sources, cite(p, t.Cite))
		}
	}
	return out
}

// gap is a topic that is missing, at the entry that calls for it or else at the
// controller, who answers for the whole.
type gap struct {
	what, try string
	head      *syntax.Head
}

// missing returns what the policy leaves out of a topic.
func (v *view) missing(topic string) []gap {
	f := v.file
	whole := func(missing bool, what, try string) []gap {
		if !missing {
			return nil
		}
		return []gap{{what, try, &f.Controller.Head}}
	}
	collects := v.collects()
	switch topic {
	case "controller-contact":
		return whole(len(f.Controller.Contacts) == 0, "the controller cannot be reached", "list a channel under contacts")
	case "method":
		return whole(collects && len(f.Use) == 0, "data is collected, and no rule says how it is used", "write the rules of use")
	case "retention":
		return whole(collects && len(f.Retain) == 0, "data is collected, and no rule says for how long", "write a rule of retain for each datum")
	case "storage-place":
		return whole(collects && !v.primary(), "data is collected, and no place of storage is named", "write a place of kind primary")
	case "security":
		return whole(collects && len(f.Protect) == 0, "data is collected, and no rule says how it is protected", "write the rules of protect")
	case "changes":
		return whole(len(f.Changes) == 0, "nothing says how changes are told", "write a change with rule: notice-period and its channels")
	case "minors":
		return whole(collects && len(f.Minors) == 0, "nothing says what holds for children", "write a rule of minors, such as guardian-consent")
	case "complaint":
		return whole(!v.right("complain") && !v.contactFor("complaints"), "there is no way to complain", "write the right complain, and a contact for complaints")
	case "sold-or-shared":
		return whole(collects && !v.saysSold(), "nothing says whether data is sold", "write a never with the verb sell, or the right opt-out")
	case "opt-out-link":
		return whole(len(f.Share) > 0 && !v.right("opt-out") && !v.saysSold(), "nothing lets people opt out of sharing", "write the right opt-out")
	case "browser-signal":
		return whole(len(f.Share) > 0 && !v.hearsSignals(), "no choice listens to the browser's opt-out signal", "write signal: [gpc] on the choices that it switches off")
	case "rights":
		return v.rightsGap()
	case "withdraw":
		return v.withdrawGaps()
	case "automated-decision":
		return v.automatedGaps()
	case "legitimate-interest":
		return v.interestGaps()
	case "abroad":
		return v.abroadGaps()
	case "sdk-list":
		return v.sdkGaps()
	}
	// A pack may be newer than this code.
	return whole(!slices.Contains(stated[:], topic), "nothing here knows how to check for "+topic, "check it by hand, and update")
}

// stated are the topics that every policy in the language speaks of, or that
// the published document prints by itself from the rules.
var stated = [...]string{
	"purpose", "data-types", "legal-basis", "required-or-optional", "recipients", "source", "sensitive", "privacy-officer",
	"updated-on", "collected-list", "shared-list",
}
