package syntax

// Party is a recipient.
type Party struct {
	Head
	Name      Text   `key:"name" need:"yes" doc:"Its name."`
	Kind      Word   `key:"kind" need:"yes" of:"affiliate|processor|partner|ad-network|payment-provider|stats-recipient|court|police|authority|regulator|successor|members|public|person" doc:"What it is."`
	Contact   Str    `key:"contact" form:"live" doc:"How to reach it."`
	Region    Word   `key:"region" form:"region" doc:"Where it is, an ISO 3166 code."`
	PolicyURL Str    `key:"policy_url" form:"live" doc:"Its own privacy policy."`
	Hosts     []Str  `key:"hosts" doc:"Network hosts it uses."`
	Terms     Word   `key:"terms" of:"same-policy|contract|none" doc:"What binds it."`
	Expires   Date   `key:"expires" doc:"When its terms end; egress closes then."`
	Requires  []Word `key:"requires" of:"terms|purposes|policy-link|assessment|due-diligence" doc:"Qualifications without which egress stays closed."`
	Onward    Word   `key:"onward" of:"never|asks-again|same-terms" doc:"What it may do beyond the stated purpose."`
	Tagged    Flag   `key:"tagged" doc:"True if each hand-over carries its purpose in a signed envelope."`
}

// Release is a release of statistics.
type Release struct {
	Head
	Data      []Word `key:"data" need:"yes" ref:"data" doc:"What is counted."`
	To        []Word `key:"to" ref:"recipients" doc:"Who receives it; nobody outside if left out."`
	For       []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Threshold Num    `key:"threshold" need:"yes" doc:"Smallest group that is shown (k)."`
	Epsilon   Str    `key:"epsilon" doc:"Privacy budget of each release."`
	Schedule  Period `key:"every" doc:"How often."`
	Subject   Word   `key:"subject_key" of:"none|rotating" doc:"Whether rows carry a key for a person: none at all, or one that rotates."`
	Rotates   Period `key:"rotates" doc:"How often a rotating key changes."`
	Approved  Num    `key:"approvals" doc:"How many people approve each release."`
}

// Demand is a legal ground or an emergency on which an authority or somebody in
// need is given data.
type Demand struct {
	Head
	Ground       Word   `key:"ground" need:"yes" of:"law|authority|court|national-security|criminal-justice|vital-interest|investigation|litigation|harm-prevention|other-law" doc:"The ground."`
	Instruments  []Word `key:"instruments" of:"statute|subpoena|court-order|warrant|investigation-letter|agency-order|permit|emergency-record" doc:"Papers that open it."`
	Requires     []Word `key:"requires" of:"instrument|citation|finding|urgency|scope" doc:"What must be on record first."`
	Approvals    Num    `key:"approvals" need:"yes" doc:"How many people must approve; at least two."`
	Notice       Word   `key:"notice" of:"before|after|when-gag-ends|none" doc:"When the person is told."`
	NoticeWithin Period `key:"notice_within" doc:"How soon after."`
	Report       Flag   `key:"report" doc:"True if it is counted in the transparency report."`
	Foreign      Word   `key:"foreign" of:"blocked|allowed" doc:"Foreign authorities."`
}

// Succeed is what happens when control of the data moves.
type Succeed struct {
	Head
	When     []Word `key:"when" need:"yes" of:"merger|acquisition|sale|reorganisation|bankruptcy|consent" doc:"The case."`
	Requires []Word `key:"requires" need:"yes" of:"same-policy|notice|consent|named-successor" doc:"What must be there before anything moves."`
	Else     Word   `key:"else" of:"consents-reset|refused" doc:"What happens otherwise."`
}

// Place is where data lies or may go.
type Place struct {
	Head
	Kind      Word   `key:"kind" need:"yes" of:"primary|backup|transfer" doc:"What happens there."`
	Region    Word   `key:"region" need:"yes" form:"region" doc:"ISO 3166 code, such as CN or US-CA."`
	Operator  []Word `key:"operator" ref:"recipients" doc:"Whose servers; our own if left out."`
	From      []Str  `key:"from" doc:"Regions of the people whose data may move there."`
	Mechanism Word   `key:"mechanism" of:"none-needed|standard-contract|certification|security-assessment|adequacy|separate-consent" doc:"What allows the move."`
	Notice    Flag   `key:"notice" doc:"True if people are told before."`
	Choice    []Word `key:"choice" ref:"choices" doc:"The separate consent."`
}
