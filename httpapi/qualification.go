package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Qualifying is the body that puts a paper of a recipient forward.
type Qualifying struct {
	Recipient string    `json:"recipient" minLength:"1" maxLength:"64" doc:"A recipient of the policy." example:"map-maker"`
	Kind      string    `json:"kind" enum:"terms,purposes,policy-link,assessment,due-diligence" doc:"Which word of the policy's requires it answers." example:"terms"`
	Document  string    `json:"document" minLength:"64" maxLength:"64" doc:"SHA-256 of the paper itself, in hex. The paper lies elsewhere." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	By        string    `json:"by" minLength:"1" maxLength:"256" doc:"Who signed, stated or assessed. Kept sealed." example:"Notary Ltd"`
	Date      time.Time `json:"date" doc:"When." example:"2026-11-01T00:00:00Z"`
	Expires   time.Time `json:"expires" doc:"When it stops to count, within five years." example:"2027-11-01T00:00:00Z"`
	Policy    string    `json:"policy_hash,omitempty" maxLength:"80" doc:"The text that terms bind to. Terms of a recipient that keeps to the same policy hold only while this text is in force." example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Purposes  []string  `json:"purposes,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"What a statement of purposes lists: purposes of the policy. It counts for these only."`
	Link      string    `json:"link,omitempty" maxLength:"2048" doc:"The recipient's own policy, as the policy publishes the link and as somebody has checked it. It is looked at again every day."`
	Key       string    `json:"key,omitempty" maxLength:"128" doc:"The recipient's public age key, X25519. While the paper counts, hand-overs that are asked for as sealed files go to it." example:"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"`
	Webhook   string    `json:"webhook,omitempty" maxLength:"1024" doc:"The recipient's webhook, over https. While the paper counts, hand-overs that are asked for by webhook go to it." example:"https://map-maker.example/hand-overs"`
}

// Qualification is a paper of a recipient as it stands.
type Qualification struct {
	MatterHead
	Qualifying
	Counts bool      `json:"counts" doc:"It was approved, and its time is not over."`
	Seen   *LinkSeen `json:"link_seen,omitempty" doc:"What the link was seen to lead to since, where that is or was not what the paper binds to."`
}

// LinkSeen is what a recipient's policy link leads to by now.
type LinkSeen struct {
	State    string    `json:"state" enum:"same,changed,gone,unreachable"`
	Since    time.Time `json:"since"`
	Document string    `json:"document,omitempty" doc:"SHA-256 of what was read."`
	Words    string    `json:"words,omitempty" doc:"SHA-256 of its words alone, one space between two. A new paper may bind to either."`
	Due      bool      `json:"due" doc:"Somebody has to look again. Data goes on to go there until the paper's time is over or it is revoked."`
}

// QualificationDone is the answer of the operations on one paper.
type QualificationDone struct {
	Receipt       Receipt       `json:"receipt"`
	Qualification Qualification `json:"qualification"`
	Secret        string        `json:"webhook_secret,omitempty" doc:"Where the paper names a webhook: the key that signs what goes there, to be given to the recipient. It is made here, and shown only to whoever puts the paper forward." example:"whsec_c29tZXRoaW5nIHRoYXQgbm9ib2R5IGd1ZXNzZXM="`
}

// QualificationPage asks for a part of a list of papers.
type QualificationPage struct {
	MatterPage
	Recipient string `json:"recipient,omitempty" maxLength:"64" doc:"Of this recipient only." example:"map-maker"`
}

// Qualifications is a list of papers.
type Qualifications struct {
	Qualifications []Qualification `json:"qualifications" nullable:"false"`
}

// Party is a recipient as it stands today.
type Party struct {
	Recipient string    `json:"recipient" example:"map-maker"`
	Kind      string    `json:"kind" example:"partner"`
	Region    string    `json:"region,omitempty" example:"CN"`
	Requires  []string  `json:"requires" nullable:"false" doc:"What the policy requires before data goes there."`
	Lacks     []string  `json:"lacks" nullable:"false" doc:"What nothing answers today."`
	Open      bool      `json:"open" doc:"Data may go there, as far as the recipient is concerned."`
	Until     time.Time `json:"until,omitzero" doc:"When the first of what opens it runs out."`
}

// PartyList is every recipient of a policy.
type PartyList struct {
	Recipients []Party `json:"recipients" nullable:"false"`
}

func (q *Qualifying) gate() *gate.Qualifying {
	out := &gate.Qualifying{Recipient: avow.Recipient(q.Recipient), Kind: q.Kind, Document: q.Document, By: q.By, Date: q.Date.UTC(), Expires: q.Expires.UTC(),
		Policy: avow.Hash(q.Policy), Link: q.Link, Key: q.Key, Hook: q.Webhook}
	for _, w := range q.Purposes {
		out.Purposes = append(out.Purposes, avow.Purpose(w))
	}
	return out
}

func qualificationOf(m *gate.Qualification, now time.Time) Qualification {
	q := &m.Body
	var seen *LinkSeen
	if s := q.Seen; s != nil {
		seen = &LinkSeen{s.State, s.Since, s.Document, s.Words, q.LinkDue(now)}
	}
	return Qualification{headOfMatter(m, 1), Qualifying{string(q.Recipient), q.Kind, q.Document, q.By, q.Date, q.Expires, string(q.Policy), strs(q.Purposes), q.Link, q.Key, q.Hook},
		m.State == "valid" && now.Before(q.Expires), seen}
}

func qualificationDone(c *call, m gate.Qualification, r avow.Receipt, err error) (QualificationDone, error) {
	if err != nil {
		return QualificationDone{}, err
	}
	return QualificationDone{receiptOf(r), qualificationOf(&m, c.gate.Now()), m.Body.Secret}, nil
}

func (d *Door) addQualifications() error {
	const tag = "Recipients"
	return errors.Join(post(d, operation{id: "propose-qualification", path: "/v1/{policy}/qualifications", tag: tag, scopes: auth.Officer,
		summary: "Put a paper of a recipient forward",
		doc:     "Terms, a statement of purposes, a checked link, an assessment, due diligence: what the policy requires before data goes there. It counts after somebody else has approved it, until its time is over or it is revoked.",
		example: `{"recipient":"map-maker","kind":"terms","document":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","by":"Notary Ltd","date":"2026-11-01T00:00:00Z","expires":"2027-11-01T00:00:00Z","policy_hash":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Qualifying) (QualificationDone, error) {
		m, r, err := c.gate.ProposeQualification(c, c.policy, c.officer(""), in.gate())
		return qualificationDone(c, m, r, err)
	}), post(d, operation{id: "approve-qualification", path: "/v1/{policy}/qualifications/approve", tag: tag, scopes: auth.Officer,
		summary: "Approve a paper",
		doc:     "Nobody approves what they put forward, and nobody anything else than what stands.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (QualificationDone, error) {
		what, err := in.digest()
		if err != nil {
			return QualificationDone{}, err
		}
		m, r, err := c.gate.ApproveQualification(c, c.policy, in.ID, c.officer(""), what)
		return qualificationDone(c, m, r, err)
	}), post(d, operation{id: "revoke-qualification", path: "/v1/{policy}/qualifications/revoke", tag: tag, scopes: auth.Officer,
		summary: "Take a paper back", doc: "One person suffices. What needs the paper is refused from then on.", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (QualificationDone, error) {
		m, r, err := c.gate.RevokeQualification(c, c.policy, in.ID, c.officer(""))
		return qualificationDone(c, m, r, err)
	}), d.addQualificationLists(tag))
}

func (d *Door) addQualificationLists(tag string) error {
	err := post(d, operation{id: "read-qualification", path: "/v1/{policy}/qualifications/read", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one paper", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *MatterID) (Qualification, error) {
		m, err := c.gate.ReadQualification(c, c.policy, in.ID)
		if err != nil {
			return Qualification{}, err
		}
		return qualificationOf(&m, c.gate.Now()), nil
	})
	if err != nil {
		return err
	}
	err = post(d, operation{id: "qualifications", path: "/v1/{policy}/qualifications/list", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "List papers in the order in which they were put forward", example: `{"recipient":"map-maker","limit":50}`,
	}, func(c *call, in *QualificationPage) (Qualifications, error) {
		list, err := c.gate.Qualifications(c, c.policy, avow.Recipient(in.Recipient), in.After, int(or(in.Limit, 100)))
		if err != nil {
			return Qualifications{}, err
		}
		out := Qualifications{Qualifications: make([]Qualification, len(list))}
		for i := range list {
			out.Qualifications[i] = qualificationOf(&list[i], c.gate.Now())
		}
		return out, nil
	})
	if err != nil {
		return err
	}
	get(d, operation{id: "recipients", path: "/v1/{policy}/recipients", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "Say of every recipient whether data may go there today",
	}, func(c *call) (PartyList, error) {
		list, err := c.gate.Parties(c, c.policy)
		if err != nil {
			return PartyList{}, err
		}
		out := PartyList{Recipients: make([]Party, len(list))}
		for i, p := range list {
			out.Recipients[i] = Party{string(p.ID), p.Kind, p.Region, strs(p.Requires), strs(p.Lacks), p.Open, p.Until}
		}
		return out, nil
	})
	return nil
}
