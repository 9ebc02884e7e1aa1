package avow

import "time"

// Request is one question to a policy: may this be done, to these kinds of
// data of this person, for this purpose? It holds no personal data except the
// subject reference.
type Request struct {
	Policy    PolicyID
	Verb      Verb
	Subject   SubjectRef
	Data      []Datum
	Purpose   Purpose
	Point     Point
	Feature   Feature
	Source    Source
	Recipient Recipient
	Role      Role
	Region    Region
	Ground    string // exemption or legal ground, such as "national-security"
	Shown     Provenance
	At        time.Time
}

// Provenance is what a caller shows in support of a request. Its texts are
// recorded as commitments, not in clear.
type Provenance struct {
	Citation     string // statute, publication or decision
	URL          string
	Contract     string // id of the contract
	Case         string // id of the fault, fraud or court case
	Partner      string // who supplied the data
	ConsentProof string // the partner's proof of consent
	Token        string // unused token of a choice that is made for each single event; spent if the request is allowed
}

// Facts returns the facts that p shows by being filled in.
func (p Provenance) Facts() Facts {
	var f Facts
	for _, shown := range [...]struct {
		fact Fact
		ok   bool
	}{
		{FactCitation, p.Citation != ""},
		{FactURL, p.URL != ""},
		{FactContract, p.Contract != ""},
		{FactCase, p.Case != ""},
		{FactProvenance, p.Partner != "" && p.ConsentProof != "" && p.Citation != ""},
	} {
		if shown.ok {
			f = f.With(shown.fact)
		}
	}
	return f
}
