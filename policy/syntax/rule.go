package syntax

// Needs are the conditions of a rule, all of which must hold.
type Needs struct {
	At     Pos    `key:"-"`
	Choice []Word `key:"choice" ref:"choices" doc:"Choices that must stand in favour."`
	Age    Word   `key:"age" of:"adult|not-minor|guardian" doc:"Adult: known to be; not-minor: not known to be one; guardian: a minor needs a guardian's yes."`
	Facts  []Word `key:"facts" doc:"Facts that must be shown, such as citation, contract, picked, approval."`
	Places []Word `key:"places" ref:"places" doc:"Storage places that are allowed."`
}

// Collect lets data in.
type Collect struct {
	Head
	Data      []Word `key:"data" need:"yes" ref:"data" doc:"What."`
	Points    []Word `key:"at" need:"yes" ref:"points" doc:"Where it enters."`
	For       []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Features  []Word `key:"feature" ref:"features" doc:"The functions that need it."`
	From      []Word `key:"from" doc:"Sources: person, device, or an entry of sources; person and device if left out."`
	Basis     Word   `key:"basis" need:"yes" of:"consent|explicit-consent|contract|legal-duty|vital|public-interest|legitimate-interest|made-public|none" doc:"Legal basis. None is for non-personal data only."`
	Necessity Word   `key:"necessity" of:"required|optional" doc:"Whether the feature needs it; required if left out."`
	Needs     Needs  `key:"needs" doc:"Conditions."`
	Every     Period `key:"every" doc:"Smallest interval between two samples of one person."`
	Network   Word   `key:"network" of:"any|prefer-wifi|wifi-only" doc:"Which networks it may travel by."`
	Account   Word   `key:"account" of:"open|none" doc:"Open if the person must have an open account (the default); none if strangers may be collected from."`
}

// Source is an origin of data other than the person's own input.
type Source struct {
	Head
	Kind  Word   `key:"kind" need:"yes" of:"partner|self-published|lawful-public|contract|fault-handling|derived" doc:"The kind of origin."`
	Needs []Word `key:"needs" need:"yes" doc:"Facts that must be shown: citation, url, contract, case, provenance."`
	For   []Word `key:"verbs" of:"collect|use|share|disclose" doc:"The verbs it excuses from prior consent."`
	Data  []Word `key:"data" ref:"data" doc:"Data it may concern; any declared data if left out."`
	Why   []Word `key:"for" ref:"purposes" doc:"Purposes it may serve."`
}

// Opening is open-ended wording of the original.
type Opening struct {
	Head
	Of Word `key:"of" need:"yes" of:"data|points|purposes|cases|recipients" doc:"What the original left open."`
}

// Mixing is what happens when data is joined.
type Mixing struct {
	Head
	When   Word   `key:"when" need:"yes" of:"stored-together|joined|exported-together|carries-identifier" doc:"The event."`
	Then   Word   `key:"then" need:"yes" of:"personal|refused|stripped" doc:"The result."`
	Data   []Word `key:"data" ref:"data" doc:"Non-personal data concerned; all if left out."`
	Result Word   `key:"result" ref:"data" doc:"The personal datum that the mixture counts as."`
}

// Use lets data be read for a purpose.
type Use struct {
	Head
	Data    []Word `key:"data" need:"yes" ref:"data" doc:"What."`
	For     []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	By      []Word `key:"by" need:"yes" ref:"roles" doc:"Who."`
	Feature []Word `key:"feature" ref:"features" doc:"For which functions."`
	Basis   Word   `key:"basis" need:"yes" of:"consent|explicit-consent|contract|legal-duty|vital|public-interest|legitimate-interest|made-public|none" doc:"Legal basis."`
	Needs   Needs  `key:"needs" doc:"Conditions."`
	Form    []Word `key:"form" ref:"forms" doc:"The form in which values are handed out."`
}

// Share lets data out.
type Share struct {
	Head
	Verb   Word   `key:"verb" need:"yes" of:"share|entrust|transfer|disclose|publish" doc:"The five ways out, kept apart."`
	Data   []Word `key:"data" need:"yes" ref:"data" doc:"What, field by field."`
	To     []Word `key:"to" need:"yes" ref:"recipients" doc:"To whom."`
	For    []Word `key:"for" need:"yes" ref:"purposes" doc:"Why."`
	Basis  Word   `key:"basis" need:"yes" of:"consent|explicit-consent|contract|legal-duty|vital|public-interest|legitimate-interest|made-public|none" doc:"Legal basis."`
	Needs  Needs  `key:"needs" doc:"Conditions."`
	Form   []Word `key:"form" ref:"forms" doc:"The form in which values leave."`
	Ground []Word `key:"ground" ref:"demands" doc:"Demands or exemptions that open it."`
	Source []Word `key:"source" ref:"sources" doc:"Provenance that opens it."`
	Until  Word   `key:"until" of:"taken-down|left|delivered|refused" doc:"When it ends."`
}

// Never forbids, whatever other rules say.
type Never struct {
	Head
	Verbs  []Word `key:"verbs" need:"yes" of:"collect|use|share|entrust|transfer|disclose|publish|release|sell|rent|license|distribute|store-plaintext" doc:"What is never done."`
	Data   []Word `key:"data" ref:"data" doc:"With which data; any if left out."`
	For    []Word `key:"for" ref:"purposes" doc:"For which purposes; any if left out."`
	To     []Word `key:"to" ref:"recipients" doc:"To whom; anyone if left out."`
	Except []Word `key:"except" doc:"Rules of collect, use, share, demands, sources or statistics in which it does not hold."`
}
