package syntax

// Datum is one kind of data.
type Datum struct {
	Head
	Name    Text `key:"name" doc:"Label; the vocabulary's label if left out."`
	Term    Word `key:"term" form:"term" doc:"DPV or Avow vocabulary term, if the id is not a slug of the vocabulary."`
	Class   Word `key:"class" of:"personal|non-personal|statistics" doc:"Personal unless said otherwise."`
	Level   Word `key:"level" of:"id|quasi|loc|sensitive|secret|none" doc:"How far it identifies or hurts; the vocabulary's level if left out."`
	Type    Word `key:"type" of:"text|email|phone|number|date|location|ip|json|file|password" doc:"The shape of its values; text if left out."`
	Max     Num  `key:"max" doc:"Largest value in bytes; 4096 if left out."`
	Lookup  Flag `key:"lookup" doc:"True if people are found by it: a blind index is kept."`
	Many    Flag `key:"many" doc:"True if a person has many of it: samples, reports, contacts."`
	Held    Word `key:"held" of:"vault|app|nowhere" doc:"Who keeps the values; vault if left out."`
	About   Word `key:"about" of:"user|non-user|device" doc:"Whom it is about; user if left out."`
	Grammar Str  `key:"grammar" doc:"Regular expression that every value must match (RE2)."`
}

// Purpose is why data is processed.
type Purpose struct {
	Head
	Name Text `key:"name" doc:"Label; the vocabulary's label if left out."`
	Term Word `key:"term" form:"term" doc:"DPV or Avow vocabulary term, if the id is not a slug of the vocabulary."`
}

// Choice is something people decide.
type Choice struct {
	Head
	Name      Text   `key:"name" need:"yes" doc:"What the switch says."`
	Kind      Word   `key:"kind" need:"yes" of:"consent|explicit-consent|opt-out|per-event" doc:"Off until agreed to; the same, explicitly and separately; on until objected to; or agreed to for each single event."`
	For       []Word `key:"for" need:"yes" ref:"purposes" doc:"The purposes it covers."`
	To        []Word `key:"to" ref:"recipients" doc:"The recipients it covers."`
	Data      []Word `key:"data" ref:"data" doc:"The data it covers; everything its purposes need if left out."`
	Signal    []Word `key:"signal" of:"gpc" doc:"Browser signals that switch it off."`
	Expires   Period `key:"expires" doc:"How long a yes lasts; until withdrawn if left out."`
	ReAsk     Period `key:"re_ask" doc:"How long a no is respected before asking again."`
	Withdraw  []Word `key:"withdraw" of:"settings|centre|email|link|device-settings|sign-out" doc:"Where it is withdrawn."`
	Stops     []Word `key:"stops" ref:"features" doc:"Features that stop without it."`
	HeldToo   Flag   `key:"held_too" doc:"True if withdrawing also stops the use of what is already held."`
	Programme Flag   `key:"programme" doc:"True if it is a programme one joins and leaves."`
}
