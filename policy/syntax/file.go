package syntax

// File is one policy.
type File struct {
	Name string `key:"-"` // as given to Parse; used in faults
	At   Pos    `key:"-"`

	source source // the text it was parsed from

	Avow      Num    `key:"avow" need:"yes" doc:"Version of the policy language: 1."`
	Policy    Word   `key:"policy" need:"yes" doc:"The policy's slug."`
	Version   Str    `key:"version" need:"yes" doc:"The operator's version label, shown to people."`
	Effective Date   `key:"effective" need:"yes" doc:"The date from which the policy holds."`
	Mode      Word   `key:"mode" need:"yes" of:"observe|enforce" doc:"Observe decides, records and lets pass; enforce refuses."`
	Languages []Word `key:"languages" need:"yes" of:"en|zh" doc:"The languages of the published text; the first is the default."`
	Law       []Word `key:"law" need:"yes" doc:"Law packs that apply, such as cn, eu, us-ca."`
	AppType   Word   `key:"app_type" doc:"The type of app in the sense of China's necessary-information rules, such as utility."`
	Modelled  Text   `key:"modelled_on" doc:"Which published text the policy is modelled on, and that it is not affiliated."`

	Clauses []Clause `key:"clauses" doc:"The clauses of the original text, each with the canonical promise it stands for."`

	Controller  Controller   `key:"controller" need:"yes" doc:"Who decides about the data."`
	Scope       []Scope      `key:"scope" need:"yes" doc:"The apps, sites and services the policy covers."`
	Structure   Structure    `key:"structure" doc:"What the published document promises to contain."`
	Acceptance  Acceptance   `key:"acceptance" doc:"How the policy is accepted before anything is collected."`
	Definitions []Definition `key:"definitions" doc:"What the words mean."`
	Roles       []Role       `key:"roles" doc:"Who works with data inside the organisation."`
	Features    []Feature    `key:"features" doc:"Functions of the product that data is bound to."`
	Points      []Point      `key:"points" doc:"Collection points: where data enters."`

	Data     []Datum   `key:"data" doc:"Every kind of data the policy knows."`
	Purposes []Purpose `key:"purposes" doc:"Why data is processed."`
	Choices  []Choice  `key:"choices" doc:"What a person can agree to, refuse, withdraw or object to."`

	Collect  []Collect  `key:"collect" doc:"What is collected, where, why and on which basis."`
	Sources  []Source   `key:"sources" doc:"Where data may come from other than the person, and what must be shown."`
	Openings []Opening  `key:"openings" doc:"Open-ended wording of the original. It opens nothing: only listed rules do."`
	Mixing   []Mixing   `key:"mixing" doc:"What happens when non-personal data meets personal data."`
	Use      []Use      `key:"use" doc:"What data is used for, and by which roles."`
	Forms    []Form     `key:"forms" doc:"Transformations of values before they are stored or handed out."`
	Protect  []Protect  `key:"protect" doc:"How data is protected."`
	Access   []Access   `key:"access" doc:"Passwords, sessions, and who must sign in afresh for what."`
	Retain   []Retain   `key:"retain" doc:"How long data is kept and what happens then."`
	Holds    []Hold     `key:"holds" doc:"When data is kept longer, storage only."`
	Erasure  []Erasure  `key:"erasure" doc:"What erasing means, how fast, and how far it reaches."`
	Never    []Never    `key:"never" doc:"What is never done."`
	Parties  []Party    `key:"recipients" doc:"Who receives data."`
	Share    []Share    `key:"share" doc:"What leaves: shared, entrusted, transferred, disclosed or published."`
	Releases []Release  `key:"statistics" doc:"Statistics that are released, and to whom."`
	Demands  []Demand   `key:"demands" doc:"Demands of authorities, and emergencies."`
	Succeed  []Succeed  `key:"succession" doc:"Merger, sale and bankruptcy."`
	Places   []Place    `key:"places" doc:"Where data is stored and where it may move."`
	Cookies  []Cookie   `key:"cookies" doc:"Every cookie, pixel and similar tracker."`
	Trackers []Trackers `key:"tracking" doc:"Rules for cookies and trackers as a whole."`

	Permissions []Permission  `key:"permissions" doc:"Device permissions, each tied to a purpose and a feature."`
	Messages    []Message     `key:"messages" doc:"Classes of messages to people."`
	Adverts     []Advert      `key:"adverts" doc:"Advertising."`
	Content     []Content     `key:"content" doc:"Contact details in public content."`
	Rights      []Right       `key:"rights" doc:"What people can ask for, how, and how fast."`
	Minors      []Minors      `key:"minors" doc:"Children and young people."`
	Incidents   []Incident    `key:"incidents" doc:"What happens when something goes wrong."`
	Changes     []Change      `key:"changes" doc:"How the policy changes."`
	Openness    []Openness    `key:"openness" doc:"Public policy, public log, equal languages."`
	Inform      []Inform      `key:"inform" doc:"Advice, warnings and explanations from the catalogue of statements."`
	Waivers     []Waiver      `key:"waivers" doc:"Disclaimers of the original. They are shown, and switch nothing off."`
	Attest      []Attestation `key:"attestations" doc:"Organisational promises, backed by an owner, evidence and an expiry date."`
}

// Clause registers one clause of the original text.
type Clause struct {
	At      Pos  `key:"-"`
	ID      Word `key:"id" need:"yes" form:"clause-id" doc:"The clause's id, such as AIRSTEP-7."`
	Promise Word `key:"promise" need:"yes" form:"promise-id" doc:"The canonical promise, CP-01 to CP-44, that it stands for."`
	Class   Word `key:"class" need:"yes" of:"M|H|O|D" doc:"M enforced by machine, H partly by people, O organisational, D declarative."`
	Only    Word `key:"only" of:"en|zh" doc:"The one language in which the original text has the clause; all of them if left out."`
}
