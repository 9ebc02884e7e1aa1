package syntax

// Head is what every entry of a policy has in common.
type Head struct {
	At       Pos      `key:"-"`
	ID       Word     `key:"id" need:"yes" doc:"The rule's id: unique in the policy and the same in every language."`
	Clause   []Word   `key:"clause" ref:"clauses" doc:"The clauses of the original text that this entry carries."`
	Supplied Flag     `key:"supplied" doc:"True if the operator chose this value because the original is silent; the published text says so."`
	Note     Text     `key:"note" form:"note" doc:"An explanatory note in each language. It may explain, and may not promise."`
	Owner    Word     `key:"owner" ref:"roles" doc:"The role that answers for this rule."`
	Accept   []Accept `key:"accept" doc:"Findings of the linter that the operator answers openly; the answer is published."`
}

// Accept answers a finding of the linter in the open.
type Accept struct {
	At      Pos  `key:"-"`
	Finding Word `key:"finding" need:"yes" doc:"The finding's id, such as implied-consent."`
	Reason  Text `key:"reason" need:"yes" form:"note" doc:"Why it stands, in each language."`
}
