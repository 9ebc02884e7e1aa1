package vet

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// placeholder looks for contacts, links and lists that the original leaves
// blank, and for channels that are promised and lead nowhere. The parser
// refuses placeholders themselves.
func placeholder(v *view) {
	c := &v.file.Controller
	for i := range c.Contacts {
		if e := &c.Contacts[i]; silent(&e.Head) {
			blankContact(v, e)
		}
	}
	for i := range v.file.Adverts {
		if e := &v.file.Adverts[i]; e.Rule.Text == "own-policy-link" {
			blankLinks(v, e)
		}
	}
	blankRights(v)
	deadChannels(v)
	emptyTopics(v)
}

func blankContact(v *view, e *syntax.Contact) {
	f := Finding{
		Severity: Notice, Supplied: true, What: fmt.Sprintf("the address of %s is supplied, not taken from the original text", e.ID.Text),
		Why: "a blank or masked address reaches nobody", Try: "make sure that the supplied address is read",
	}
	alone := true
	for i := range v.file.Rights {
		r := &v.file.Rights[i]
		if syntax.Has(r.How, e.Kind.Text) && len(shared(r.Clause, e.Clause)) > 0 {
			v.note(f, v.at(&e.Head, e.Value.Pos), v.on(&r.Head))
			alone = false
		}
	}
	if alone {
		v.note(f, v.at(&e.Head, e.Value.Pos))
	}
}

// blankLinks finds third parties to whose own policies people are sent.
func blankLinks(v *view, e *syntax.Advert) {
	for _, w := range e.To {
		p := v.party(w.Text)
		switch {
		case p == nil:
		case p.PolicyURL.Text == "":
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s sends people to the policy of %s, and there is no link to it", e.ID.Text, w.Text),
				Why: "a list of links that is empty informs nobody", Try: "write policy_url: for " + w.Text,
			}, v.at(&e.Head, w.Pos), v.on(&p.Head))
		case silent(&p.Head):
			v.note(Finding{
				Severity: Notice, Supplied: true, What: fmt.Sprintf("the link to the policy of %s is supplied", w.Text),
				Why: "a list of links that is empty informs nobody", Try: "make sure that the link leads to the policy",
			}, v.at(&e.Head, w.Pos), v.at(&p.Head, p.PolicyURL.Pos))
		}
	}
}

// blankRights finds a list of rights that the original announces and the
// operator has written: several supplied rights carry one clause.
func blankRights(v *view) {
	rights := v.file.Rights
	for _, c := range v.file.Clauses {
		var first, filled *syntax.Right
		n := 0
		for i := range rights {
			r := &rights[i]
			if !syntax.Has(r.Clause, c.ID.Text) {
				continue
			}
			if first == nil {
				first = r
			}
			if r.Supplied.On {
				filled, n = r, n+1
			}
		}
		// Rights that carry the clause of a principle are not a list of it.
		if n < 2 || filled == nil || !slices.ContainsFunc(rights, func(r syntax.Right) bool {
			return r.Supplied.On && len(r.Clause) == 1 && r.Clause[0].Text == c.ID.Text
		}) {
			continue
		}
		v.note(Finding{
			Severity: Notice, Supplied: true, What: fmt.Sprintf("%d rights under one clause are supplied; the original text announces a list and prints none", n),
			Why: "people cannot use rights that they are not told of", Try: "check the list against the laws that apply",
		}, v.on(&first.Head), v.on(&filled.Head))
	}
}

// deadChannels finds channels that rules promise and no contact has.
func deadChannels(v *view) {
	c := &v.file.Controller
	reached := func(kind string, purposes ...string) bool {
		return slices.ContainsFunc(c.Contacts, func(e syntax.Contact) bool {
			return (kind == "" || e.Kind.Text == kind) && hasAny(e.For, purposes...)
		})
	}
	dead := func(what, try string, places ...Place) {
		v.note(Finding{Severity: Warning, What: what, Why: "people would write to nobody", Try: try}, places...)
	}
	if len(c.Contacts) > 0 && !reached("", "questions", "requests") {
		dead("no contact is for questions or requests", "add questions and requests to for: of a contact", v.on(&c.Head))
	}
	for i := range v.file.Rights {
		r := &v.file.Rights[i]
		if w := indexOf(r.How, "email"); w >= 0 && !reached("email", "questions", "requests", "complaints") {
			dead(fmt.Sprintf("%s is asked for by e-mail, and no e-mail contact takes requests", r.ID.Text),
				"list an e-mail contact for requests, or take email out of how", v.at(&r.Head, r.How[w].Pos), v.on(&c.Head))
		}
		if r.Right.Text == "complain" && !reached("", "complaints") {
			dead(fmt.Sprintf("%s lets people complain, and no contact is for complaints", r.ID.Text),
				"add complaints to for: of a contact", v.on(&r.Head), v.on(&c.Head))
		}
	}
}

// emptyTopics finds topics that the document announces and no rule speaks of.
func emptyTopics(v *view) {
	f := v.file
	filled := map[string]int{
		"collect-and-use":         len(f.Collect) + len(f.Use) + len(f.Never),
		"store-and-protect":       len(f.Protect) + len(f.Retain) + len(f.Places),
		"share-transfer-disclose": len(f.Share) + len(f.Never) + len(f.Demands) + len(f.Succeed),
		"cookies":                 len(f.Cookies) + len(f.Trackers),
		"rights":                  len(f.Rights),
		"minors":                  len(f.Minors),
		"incidents":               len(f.Incidents),
		"changes":                 len(f.Changes),
		"contact":                 len(f.Controller.Contacts),
	}
	for _, w := range f.Structure.Topics {
		if filled[w.Text] == 0 {
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("the document announces %s, and no rule speaks of it", w.Text),
				Why: "a heading with nothing under it is a promise that nobody keeps", Try: "write the rules, or take the topic out",
			}, v.at(&f.Structure.Head, w.Pos))
		}
	}
}
