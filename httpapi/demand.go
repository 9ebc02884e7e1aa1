package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

const demandTag = "Demands of authorities"

// Receiving is the body that records a demand.
type Receiving struct {
	Ground     string    `json:"ground" minLength:"1" maxLength:"64" doc:"A demand of the policy." example:"court-papers"`
	Authority  string    `json:"authority" minLength:"1" maxLength:"64" doc:"Who asks, a recipient of the policy." example:"police"`
	Instrument string    `json:"instrument,omitempty" maxLength:"64" doc:"The paper's kind, as the policy lists them. Left out where there is none, such as for a telephone call." example:"court-order"`
	Number     string    `json:"number,omitempty" maxLength:"256" doc:"The paper's number." example:"(2026) 17"`
	Statute    string    `json:"statute,omitempty" maxLength:"1024" doc:"Citation." example:"Criminal Procedure Law, article 54"`
	Agency     string    `json:"agency,omitempty" maxLength:"256" doc:"Which office of it." example:"Third division"`
	Region     string    `json:"region,omitempty" maxLength:"16" doc:"Where it sits, an ISO 3166 code; as the policy says of the recipient if left out." example:"CN"`
	Issued     time.Time `json:"issued,omitempty,omitzero" doc:"When the paper was issued."`
	Expires    time.Time `json:"expires,omitempty,omitzero" doc:"When the paper runs out."`
	Gag        time.Time `json:"gag,omitempty,omitzero" doc:"Until then the people may not be told. A gag has an end."`
	Link       string    `json:"link,omitempty" maxLength:"512" doc:"Where people read what they are told. With it, a message of the policy's class for what the law demands says that there is a notice." example:"https://privacy.example/privacy/club"`
}

// Scoping is the body that puts people, data and period of a demand into fields.
type Scoping struct {
	MatterID
	People  []string  `json:"people" minItems:"1" maxItems:"64" minLength:"1" maxLength:"256" nullable:"false" doc:"Whom it is about, as the application refers to them." example:"[\"user-1024\"]"`
	Asked   []string  `json:"asked" minItems:"1" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"The kinds of data that are asked for." example:"[\"email\",\"phone\"]"`
	Named   []string  `json:"named" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"Those of them that stand in the instrument." example:"[\"email\"]"`
	From    time.Time `json:"from,omitempty,omitzero" doc:"The period that the instrument names." example:"2026-01-01T00:00:00Z"`
	To      time.Time `json:"to,omitempty,omitzero" example:"2026-11-21T00:00:00Z"`
	Purpose string    `json:"purpose,omitempty" maxLength:"64" doc:"A purpose of the policy; the first that fits the ground if left out."`
}

// Documenting is the body that attaches a document.
type Documenting struct {
	MatterID
	ContentType string `json:"content_type" minLength:"1" maxLength:"255" example:"application/pdf"`
	Base64      string `json:"base64" minLength:"1" doc:"The document. It is sealed as it is, and never looked into." example:"JVBERi0xLjc="`
}

// Amending is the body that adds to what is on record.
type Amending struct {
	MatterID
	Finding   string    `json:"finding,omitempty" maxLength:"8192" doc:"Why the law or the need applies. It is the finding of whoever sends it."`
	Urgency   string    `json:"urgency,omitempty" maxLength:"8192" doc:"Why nobody could be asked."`
	Statute   string    `json:"statute,omitempty" maxLength:"1024" doc:"Citation."`
	Mechanism string    `json:"mechanism,omitempty" enum:"approval,agreement" doc:"What opens the way to a foreign authority."`
	Reference string    `json:"reference,omitempty" maxLength:"256" doc:"Of the mechanism."`
	Expires   time.Time `json:"expires,omitempty,omitzero"`
	Gag       time.Time `json:"gag,omitempty,omitzero"`
}

// DemandWords is the body of steps that take a few words.
type DemandWords struct {
	MatterID
	Text string `json:"text,omitempty" maxLength:"8192" doc:"How, or why. It is kept sealed." example:"called back by the number in the register"`
}

// Gagging is the body that extends a gag after a release.
type Gagging struct {
	MatterID
	Until   time.Time `json:"until" example:"2027-01-31T00:00:00Z"`
	Statute string    `json:"statute" minLength:"1" maxLength:"1024" doc:"Citation." example:"order of 5 December"`
}

// PaperOf names a document of a demand.
type PaperOf struct {
	MatterID
	Looking
	Paper string `json:"paper" minLength:"32" maxLength:"32" doc:"The document's id." example:"000000000000000000000000000000aa"`
}

// Paper is a document of a demand.
type Paper struct {
	ID          string    `json:"id" example:"000000000000000000000000000000aa"`
	SHA256      string    `json:"sha256" doc:"As it stands in the evidence."`
	ContentType string    `json:"content_type"`
	Size        int64     `json:"size"`
	At          time.Time `json:"at"`
	Base64      string    `json:"base64,omitempty" doc:"The document, where it was asked for."`
}

// LeftOut is a kind of data that is not given, and why.
type LeftOut struct {
	Datum string `json:"datum"`
	Why   string `json:"why" example:"not-named"`
}

// Demand is a demand as it stands. It names nobody.
type Demand struct {
	MatterHead
	Receiving
	Papers        []Paper   `json:"papers" nullable:"false"`
	Authenticated string    `json:"authenticated,omitempty"`
	Finding       string    `json:"finding,omitempty"`
	FindingBy     string    `json:"finding_by,omitempty"`
	Urgency       string    `json:"urgency,omitempty"`
	Mechanisms    []string  `json:"mechanisms" nullable:"false" doc:"What opens the way to a foreign authority: approval, agreement."`
	From          time.Time `json:"from,omitzero"`
	To            time.Time `json:"to,omitzero"`
	Purpose       string    `json:"purpose,omitempty"`
	People        int64     `json:"people" doc:"How many people it is about."`
	Unknown       int64     `json:"unknown,omitempty" doc:"How many of those named are not known here."`
	Minimum       []string  `json:"minimum" nullable:"false" doc:"What may be given at most: asked for, named in the instrument, and let out by the policy."`
	Left          []LeftOut `json:"left_out" nullable:"false" doc:"What was asked for and is not in it."`
	Why           string    `json:"why,omitempty" doc:"It was refused, withdrawn or challenged."`
	Released      time.Time `json:"released,omitzero"`
	Package       string    `json:"package,omitempty" doc:"Salted SHA-256 of what was released, as it stands in the evidence."`
	Again         int64     `json:"again,omitempty" doc:"How often it was handed out again."`
	Recalled      time.Time `json:"recalled,omitzero" doc:"When the authority took it back after the release."`
	Told          time.Time `json:"told,omitzero" doc:"When the people were told."`
	ToldDue       time.Time `json:"told_due,omitzero" doc:"By when they have to be."`
	PaperDue      time.Time `json:"paper_due,omitzero" doc:"By when the paper of an emergency has to be there."`
	Missed        []string  `json:"missed" nullable:"false" doc:"Clocks that ran out: notice, paper."`
}

// Demanded is the answer of the steps of a demand.
type Demanded struct {
	Receipt Receipt `json:"receipt"`
	Demand  Demand  `json:"demand"`
}

// Demands is a list of demands.
type Demands struct {
	Demands []Demand `json:"demands" nullable:"false"`
}

// GivenTo is what an authority gets of one person.
type GivenTo struct {
	Subject string  `json:"subject"`
	Items   []Datum `json:"items" nullable:"false"`
}

// Repeating is the body that hands a release out again.
type Repeating struct {
	Approving
	Looking
}

// Package is what is released on a demand.
type Package struct {
	Receipt Receipt   `json:"receipt"`
	Demand  Demand    `json:"demand"`
	People  []GivenTo `json:"people" nullable:"false"`
	Left    int64     `json:"people_left_out,omitempty" doc:"Of whom nothing may be given now."`
}

func demandOf(m *gate.Demand) Demand {
	d := &m.Body
	out := Demand{MatterHead: headOfMatter(m, 2), Receiving: Receiving{d.Ground, string(d.Authority), d.Instrument, d.Number, d.Statute, d.Agency, string(d.Region), d.Issued, d.Expires, d.Gag, d.Link},
		Papers: make([]Paper, len(d.Papers)), Authenticated: d.Authenticated, Finding: d.Finding, FindingBy: d.FindingBy.Person, Urgency: d.Urgency, Mechanisms: []string{},
		From: d.Scope.From, To: d.Scope.To, Purpose: string(d.Scope.Purpose), People: int64(len(d.Scope.People)), Unknown: int64(d.Scope.Unknown), Minimum: strs(d.Scope.Data), Left: []LeftOut{}, Why: d.Why,
		Released: d.ReleasedAt, Again: int64(len(d.Repeats)), Recalled: d.Recalled, Told: d.Told, ToldDue: d.ToldDue, PaperDue: d.PaperDue, Missed: strs(d.Missed)}
	for i := range d.Papers {
		out.Papers[i] = paperOf(&d.Papers[i])
	}
	for _, m := range d.Mechanisms {
		out.Mechanisms = append(out.Mechanisms, m.Kind)
	}
	for _, l := range d.Scope.Left {
		out.Left = append(out.Left, LeftOut{string(l.Datum), l.Why})
	}
	if !d.ReleasedAt.IsZero() {
		out.Package = hex.EncodeToString(d.Digest[:])
	}
	return out
}

func paperOf(p *gate.Paper) Paper {
	return Paper{ID: p.ID, SHA256: hex.EncodeToString(p.SHA256[:]), ContentType: p.ContentType, Size: p.Size, At: p.At}
}

func demanded(c *call, m gate.Demand, r avow.Receipt, err error) (Demanded, error) {
	if err != nil {
		return Demanded{}, named(c, err, []avow.Datum(nil))
	}
	return Demanded{receiptOf(r), demandOf(&m)}, nil
}

func (d *Door) addDemands() error {
	for _, add := range []func() error{d.addReceiving, d.addScoping, d.addDocuments, d.addDemandWords, d.addApproving, d.addDemandLists, d.addDemandNotices} {
		if err := add(); err != nil {
			return err
		}
	}
	d.addTransparency()
	return nil
}

func (d *Door) addReceiving() error {
	return errors.Join(post(d, operation{id: "receive-demand", path: "/v1/{policy}/demands", tag: demandTag, scopes: auth.Officer, once: true,
		summary: "Record a demand of an authority, or an emergency",
		doc:     "It is recorded whatever it lacks; what it lacks is a reason to refuse it. A ground or an authority that the policy does not know is refused at once.",
		example: `{"ground":"court-papers","authority":"police","instrument":"court-order","number":"(2026) 17","statute":"Criminal Procedure Law, article 54","region":"CN"}`,
	}, func(c *call, in *Receiving) (Demanded, error) {
		m, r, err := c.gate.ReceiveDemand(c, c.policy, c.officer(""), &gate.Receiving{Ground: in.Ground, Authority: avow.Recipient(in.Authority), Instrument: in.Instrument, Number: in.Number,
			Statute: in.Statute, Agency: in.Agency, Region: avow.Region(in.Region), Issued: in.Issued, Expires: in.Expires, Gag: in.Gag, Link: in.Link})
		return demanded(c, m, r, err)
	}), post(d, operation{id: "amend-demand", path: "/v1/{policy}/demands/amend", tag: demandTag, scopes: auth.Officer, once: true,
		summary: "Add to what is on record of a demand",
		doc:     "A finding, the urgency, a citation, a mechanism for a foreign authority, the end of the paper or of the gag. It voids approvals.",
		example: `{"id":"000000000000000000000000000000ff","finding":"the order names the account and is signed"}`,
	}, func(c *call, in *Amending) (Demanded, error) {
		m, r, err := c.gate.AmendDemand(c, c.policy, in.ID, c.officer(""), &gate.Amendment{Finding: in.Finding, Urgency: in.Urgency, Statute: in.Statute,
			Mechanism: gate.Mechanism{Kind: in.Mechanism, Reference: in.Reference}, Expires: in.Expires, Gag: in.Gag})
		return demanded(c, m, r, err)
	}))
}

func (d *Door) addScoping() error {
	return post(d, operation{id: "scope-demand", path: "/v1/{policy}/demands/scope", tag: demandTag, scopes: auth.Officer, once: true,
		summary: "Read people, data and period of a demand into fields",
		doc:     "Answers with the minimum that may be given. Whoever scopes a demand puts it forward, and does not approve it; scoping voids approvals.",
		example: `{"id":"000000000000000000000000000000ff","people":["user-1024"],"asked":["email","phone"],"named":["email"],"from":"2026-01-01T00:00:00Z","to":"2026-11-21T00:00:00Z"}`,
	}, func(c *call, in *Scoping) (Demanded, error) {
		s := &gate.Scoping{Asked: dataOf(in.Asked), Named: dataOf(in.Named), From: in.From, To: in.To, Purpose: avow.Purpose(in.Purpose)}
		for _, p := range in.People {
			s.People = append(s.People, avow.SubjectRef(p))
		}
		m, r, err := c.gate.ScopeDemand(c, c.policy, in.ID, c.officer(""), s)
		return demanded(c, m, r, err)
	})
}

func (d *Door) addDocuments() error {
	return errors.Join(post(d, operation{id: "document-demand", path: "/v1/{policy}/demands/documents", tag: demandTag, scopes: auth.Officer,
		summary: "Attach a document to a demand",
		doc:     "It is sealed under the office's key, and its SHA-256 stands in the evidence. How large it may be follows from the door's limit for bodies; 16 MiB at most.",
		example: `{"id":"000000000000000000000000000000ff","content_type":"application/pdf","base64":"JVBERi0xLjc="}`,
	}, func(c *call, in *Documenting) (Demanded, error) {
		raw, err := base64.StdEncoding.DecodeString(in.Base64)
		if err != nil {
			return Demanded{}, &avow.Error{Code: avow.Invalid, Message: "the document is not base64", Try: "send it in standard base64, with padding"}
		}
		defer clear(raw)
		m, r, err := c.gate.AddPaper(c, c.policy, in.ID, c.officer(""), in.ContentType, bytes.NewReader(raw))
		return demanded(c, m, r, err)
	}), post(d, operation{id: "read-document", path: "/v1/{policy}/demands/documents/read", tag: demandTag, scopes: auth.Officer,
		summary: "Open a document of a demand", doc: "That somebody did stands in the evidence.",
		example: `{"id":"000000000000000000000000000000ff","paper":"000000000000000000000000000000aa",` + dueReason + `}`,
	}, func(c *call, in *PaperOf) (Paper, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return Paper{}, err
		}
		p, raw, err := c.gate.ReadPaper(c, c.policy, in.ID, in.Paper, in.by(c), look)
		if err != nil {
			return Paper{}, err
		}
		defer clear(raw)
		out := paperOf(&p)
		out.Base64 = base64.StdEncoding.EncodeToString(raw)
		return out, nil
	}))
}

// addDemandWords adds the steps that take a few words.
func (d *Door) addDemandWords() error {
	g := d.cfg.Gate
	for _, row := range []struct {
		operation
		do func(context.Context, avow.PolicyID, string, gate.Officer, string) (gate.Demand, avow.Receipt, error)
	}{
		{operation{id: "authenticate-demand", path: "/v1/{policy}/demands/authenticate", summary: "Say how it was made sure that a demand is genuine"}, g.AuthenticateDemand},
		{operation{id: "refuse-demand", path: "/v1/{policy}/demands/refuse", summary: "Refuse a demand"}, g.RefuseDemand},
		{operation{id: "withdraw-demand", path: "/v1/{policy}/demands/withdraw", summary: "Note that an authority took its demand back"}, g.WithdrawDemand},
		{operation{id: "challenge-demand", path: "/v1/{policy}/demands/challenge", summary: "Note that a demand is fought", doc: "Nothing is released until it is scoped anew."}, g.ChallengeDemand},
		{operation{id: "recall-demand", path: "/v1/{policy}/demands/recall", summary: "Note that an authority took its demand back after the release", doc: "What was released is not handed out again."}, g.RecallDemand},
	} {
		op := row.operation
		op.tag, op.scopes, op.once, op.example = demandTag, auth.Officer, true, `{"id":"000000000000000000000000000000ff","text":"called back by the number in the register"}`
		err := post(d, op, func(c *call, in *DemandWords) (Demanded, error) {
			m, r, err := row.do(c, c.policy, in.ID, c.officer(""), in.Text)
			return demanded(c, m, r, err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addApproving() error {
	return errors.Join(post(d, operation{id: "approve-demand", path: "/v1/{policy}/demands/approve", tag: demandTag, scopes: auth.Officer, once: true,
		summary: "Approve what would be released",
		doc:     "Two people approve, neither of whom scoped the demand. It is refused while anything else is missing.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (Demanded, error) {
		what, err := in.digest()
		if err != nil {
			return Demanded{}, err
		}
		m, r, err := c.gate.ApproveDemand(c, c.policy, in.ID, c.officer(""), what)
		return demanded(c, m, r, err)
	}), post(d, operation{id: "release-demand", path: "/v1/{policy}/demands/release", tag: demandTag, scopes: auth.Officer, verb: avow.Disclose,
		summary: "Release the approved minimum, once",
		doc:     "For a reason, which the people read when the gag is over. Answers with the data after the evidence is recorded.",
		example: `{"id":"000000000000000000000000000000ff","reason":{"why":"demand","text":"Counsel hands it over today."}}`,
	}, func(c *call, in *MatterRead) (Package, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return Package{}, err
		}
		m, p, err := c.gate.ReleaseDemand(c, c.policy, in.ID, in.by(c), look)
		return packageOf(c, &m, p, err)
	}), post(d, operation{id: "repeat-demand", path: "/v1/{policy}/demands/repeat", tag: demandTag, scopes: auth.Officer, verb: avow.Disclose,
		summary: "Hand out again what was released, where that broke off",
		doc:     "The very same to the same authority, for three days after the release and three times at most. It is decided anew and leaves evidence of its own.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","reason":{"why":"demand","text":"The line broke before the end of the file."}}`,
	}, func(c *call, in *Repeating) (Package, error) {
		what, err := in.digest()
		if err != nil {
			return Package{}, err
		}
		look, err := c.look(&in.Looking)
		if err != nil {
			return Package{}, err
		}
		m, p, err := c.gate.RepeatRelease(c, c.policy, in.ID, in.by(c), look, what)
		return packageOf(c, &m, p, err)
	}))
}

// packageOf answers with what is handed out.
func packageOf(c *call, m *gate.Demand, p *gate.Handed, err error) (Package, error) {
	if err != nil {
		return Package{}, named(c, err, []avow.Datum(nil))
	}
	out := Package{Receipt: receiptOf(p.Receipt), Demand: demandOf(m), People: []GivenTo{}, Left: int64(p.Left)}
	for i := range p.People {
		out.People = append(out.People, GivenTo{string(p.People[i].Subject), show(p.People[i].Items)})
	}
	return out, nil
}

func (d *Door) addDemandLists() error {
	return errors.Join(post(d, operation{id: "read-demand", path: "/v1/{policy}/demands/read", tag: demandTag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one demand", doc: "It says how many people it is about, and not who.", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (Demand, error) {
		m, err := c.gate.ReadDemand(c, c.policy, in.ID)
		if err != nil {
			return Demand{}, err
		}
		return demandOf(&m), nil
	}), list(d, operation{id: "demands", path: "/v1/{policy}/demands/list", tag: demandTag, scopes: auth.Officer | auth.Auditor,
		summary: "List demands in the order in which they came",
	}, (*gate.Gate).Demands, plainly(demandOf), func(l []Demand) Demands { return Demands{l} }))
}
