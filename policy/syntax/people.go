package syntax

// Right is something people can ask for.
type Right struct {
	Head
	Right    Word   `key:"right" need:"yes" of:"access|copy|correct|delete|erase|withdraw|object|restrict|explain|complain|close-account|opt-out|limit|take-down|ask|human-review" doc:"What."`
	How      []Word `key:"how" need:"yes" of:"centre|api|email|in-app|settings" doc:"By which channels."`
	Within   Period `key:"within" doc:"Answered within; the law packs' shortest clock if left out or longer."`
	Fee      Word   `key:"fee" of:"free" doc:"Requests are free."`
	Refusals []Word `key:"refuse_only_for" of:"repetitive|excessive|third-party-rights|impossible|legal-hold|not-required-by-law|identity-unverified" doc:"The closed list of reasons for refusing."`
	Evidence Flag   `key:"evidence" doc:"True if a refusal needs evidence."`
	Complain Flag   `key:"complaint_route" doc:"True if a refusal names where to complain."`
	Effect   Word   `key:"effect" of:"at-once|on-review" doc:"At once unless the policy says that a person reviews it."`
	// Approvals is how many people agree to a copy before it goes out.
	Approvals Num    `key:"approvals" doc:"For access and copy that a person reviews: how many people must agree to exactly what goes out; one if left out."`
	Data      []Word `key:"data" ref:"data" doc:"Data concerned; all if left out."`
}

// Minors is about children and young people.
type Minors struct {
	Head
	Rule    Word   `key:"rule" need:"yes" of:"adults-only|not-sold-to|not-collected-knowingly|erase-when-found|guardian-consent|not-advised" doc:"The rule."`
	Age     Num    `key:"age" doc:"Age in years from which a person counts as adult here."`
	Keeps   Word   `key:"keeps" of:"band|date" doc:"What is kept of the age check; the band if left out."`
	Verbs   []Word `key:"verbs" of:"register|purchase|marketing" doc:"Acts concerned."`
	Erasure Word   `key:"erasure" ref:"erasure" doc:"The erasure that runs."`
}

// Incident is about breaches.
type Incident struct {
	Head
	Tells      []Word `key:"tells" of:"what-happened|impact|measures-taken|measures-planned|advice|remedies|contact" doc:"What people are told."`
	Channels   []Word `key:"channels" of:"email|sms|push|letter|phone|in-app" doc:"By what, in order."`
	Within     Period `key:"within" doc:"How soon people are told; the law packs' clock if shorter."`
	Announce   Flag   `key:"announce" doc:"True if a public announcement is made where people cannot be reached one by one."`
	Regulators Flag   `key:"regulators" doc:"True if regulators are reported to."`
}

// Change is about new versions of the policy.
type Change struct {
	Head
	Rule    Word   `key:"rule" need:"yes" of:"notice-period|posted|silence-keeps-narrower|widening-needs-consent|takes-effect|reasons" doc:"The rule."`
	Notice  Period `key:"notice" doc:"Time between notice and effect."`
	Channel []Word `key:"channels" of:"system|email|in-app|site" doc:"How it is announced."`
	Reasons []Word `key:"reasons" of:"technology|law|business|user-needs" doc:"Why it may change."`
	Widens  Word   `key:"widening" of:"fresh-consent|refused" doc:"What a wider rule needs."`
}

// Openness is about checking.
type Openness struct {
	Head
	Rule Word `key:"rule" need:"yes" of:"same-in-all-languages|public-policy|public-log|change-history|transparency-report" doc:"The promise."`
}

// Inform is a statement of the catalogue.
type Inform struct {
	Head
	Say Word   `key:"say" need:"yes" doc:"Slug of the catalogue of statements."`
	For []Word `key:"for" doc:"What it is about: recipients, features, data or rules, by id."`
}

// Waiver is a disclaimer of the original.
type Waiver struct {
	Head
	Of Word `key:"of" need:"yes" of:"others-use-of-published-data|leaks-unavoidable|minor-and-guardian-liable|beyond-control|linked-sites" doc:"What the original disclaims."`
}

// Attestation is an organisational promise.
type Attestation struct {
	Head
	Says     Word `key:"says" need:"yes" of:"all-reasonable-measures|security-team-and-rules|industry-standards|rights-match-responsibilities|offer-terms-clear|due-diligence|liability-borne|physical-measures|staff-training|penetration-test|partner-conduct|report-handling" doc:"What is attested."`
	By       Text `key:"by" need:"yes" doc:"The person or office that answers for it."`
	Evidence Str  `key:"evidence" need:"yes" doc:"Name of the document that backs it."`
	SHA256   Str  `key:"sha256" doc:"Hash of that document."`
	Date     Date `key:"date" need:"yes" doc:"When it was attested."`
	Expires  Date `key:"expires" need:"yes" doc:"When it must be renewed; expired shows on the public page."`
}
