package syntax

// Form is a transformation of values.
type Form struct {
	Head
	Do     Word   `key:"do" need:"yes" of:"mask|truncate|coarsen|pseudonymise|hash-password|strip-metadata|scrub|round-time|drop|keep" doc:"What is done."`
	Data   []Word `key:"data" need:"yes" ref:"data" doc:"To which data."`
	When   Word   `key:"when" need:"yes" of:"ingest|output" doc:"Before the first durable write, or on the way out."`
	Keep   Num    `key:"keep" doc:"Mask: characters kept at the end. Truncate: characters kept at the start, or bits of an IP address."`
	Digits Num    `key:"digits" doc:"Coarsen: decimal digits of coordinates kept, or digits of a postal code."`
	Unit   Word   `key:"unit" of:"hour|day|month|year|city|region" doc:"Coarsen and round-time: the unit left."`
	For    []Word `key:"for" ref:"purposes" doc:"Only for these purposes; pseudonyms differ by purpose."`
	Secret Flag   `key:"secret" doc:"Pseudonymise: true if the mapping key lies in a separate key domain."`
}

// Protect is a promise about protection that the engine keeps.
type Protect struct {
	Head
	Measure []Word `key:"measure" need:"yes" of:"encrypt-at-rest|encrypt-in-transit|encrypt-fields|desensitise-at-collection|no-plaintext|unlinkable-tables|detect-change|restore-from-loss|deny-by-default|masked-display|role-restricted|attack-resistance|backup-encrypted" doc:"What is done."`
	Data    []Word `key:"data" ref:"data" doc:"For which data; all if left out."`
	Against []Word `key:"against" of:"access|disclosure|use|change|damage|loss|theft|attack" doc:"Against what."`
}

// Access is about passwords, sessions and who may do what.
type Access struct {
	Head
	Kind     Word   `key:"kind" need:"yes" of:"password|session|fresh-sign-in|role-only|report-misuse|weak-password|code" doc:"What it governs."`
	Hash     Word   `key:"hash" of:"argon2id" doc:"Password hash."`
	Memory   Num    `key:"memory_kib" doc:"Argon2id memory in KiB; at least 19456 with two passes."`
	Passes   Num    `key:"passes" doc:"Argon2id passes."`
	Idle     Period `key:"idle" doc:"A session dies after this much silence."`
	Absolute Period `key:"absolute" doc:"A session dies at this age."`
	Within   Period `key:"within" doc:"How fresh a sign-in, or how long a code lives."`
	Tries    Num    `key:"tries" doc:"Tries before a lock."`
	Data     []Word `key:"data" ref:"data" doc:"Data concerned."`
	Roles    []Word `key:"roles" ref:"roles" doc:"Roles that may."`
	Verbs    []Word `key:"verbs" of:"read|edit|export|publish" doc:"Acts concerned."`
}

// Retain says how long.
type Retain struct {
	Head
	Data   []Word `key:"data" need:"yes" ref:"data" doc:"What."`
	For    []Word `key:"for" ref:"purposes" doc:"For which purposes; all if left out."`
	Keep   Keep   `key:"keep" need:"yes" doc:"Duration and starting event, such as 90d after account-closed."`
	Then   Word   `key:"then" need:"yes" of:"erase|anonymise|delete" doc:"What happens then. Erase cannot be undone, delete hides first."`
	Form   Word   `key:"form" ref:"forms" doc:"Anonymise: the form that remains."`
	Within Period `key:"within" doc:"How long the sweep may take; one day if left out."`
}

// Hold keeps longer, storage only.
type Hold struct {
	Head
	Kind     Word   `key:"kind" need:"yes" of:"legal-duty|legal-claims|litigation" doc:"Why."`
	Statute  Str    `key:"statute" need:"yes" doc:"Citation."`
	Max      Period `key:"max" need:"yes" doc:"Longest time a hold may run."`
	Data     []Word `key:"data" ref:"data" doc:"Data it may cover; all if left out."`
	Refuses  []Word `key:"refuses" of:"erase|delete" doc:"Requests it may refuse while it runs."`
	Approved Num    `key:"approvals" doc:"How many people must set it; one if left out."`
}

// Erasure says what erasing means.
type Erasure struct {
	Head
	On      []Word `key:"on" need:"yes" of:"request|account-closed|retention|minor-found|consent-withdrawn" doc:"What sets it off."`
	Reaches []Word `key:"reaches" need:"yes" of:"live|backups|processors|indexes|logs" doc:"How far it reaches."`
	Hide    Period `key:"hide" need:"yes" doc:"When the data is out of sight."`
	Live    Period `key:"live" need:"yes" doc:"When no live copy can be read."`
	Backups Period `key:"backups" doc:"When no backup can be read."`
	Undo    Period `key:"undo" doc:"How long the person may change their mind."`
	Keeps   []Word `key:"keeps" ref:"holds" doc:"Holds that may delay it."`
}
