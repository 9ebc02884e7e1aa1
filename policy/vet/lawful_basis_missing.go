package vet

import "fmt"

// lawfulBasisMissing looks for rules whose basis is none under one of the laws
// that apply, and for those whose basis the original does not state. That a
// rule has a basis under one law, and personal data one at all, the compiler
// checks.
func lawfulBasisMissing(v *view) {
	for r := range v.rules() {
		if r.verb != "collect" && silent(r.head) {
			v.note(Finding{
				Severity: Notice, Supplied: true, What: fmt.Sprintf("the basis of %s (%s) is supplied, not taken from the original text", r.head.ID.Text, r.basis.Text),
				Why: "processing without a stated basis cannot be checked", Try: "check that the basis carries each purpose of the rule",
			}, v.at(r.head, r.basis.Pos))
		}
		basis := r.basis.Text
		if basis == "" || basis == "none" {
			continue
		}
		if basis == "public-interest" {
			basis = "news" // the vocabulary's slug for tasks and reporting in the public interest
		}
		for _, p := range v.packs {
			if p.ValidBasis(basis) {
				continue
			}
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s rests on %s, which is no basis under the law of %s", r.head.ID.Text, r.basis.Text, p.ID),
				Why: "for people there the rule is unlawful: " + cite(p, p.LegalBasis.Cite),
				Try: "choose a basis that every law of the policy knows, such as consent or contract",
			}, v.at(r.head, r.basis.Pos))
		}
	}
}
