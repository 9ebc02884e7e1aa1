package httpapi

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Succeeding is the body that puts a succession forward.
type Succeeding struct {
	Rule      string    `json:"rule" minLength:"1" maxLength:"64" doc:"An entry of the policy's succession." example:"sold"`
	Case      string    `json:"case" enum:"merger,acquisition,sale,reorganisation,bankruptcy,consent" doc:"One of its cases." example:"sale"`
	Recipient string    `json:"recipient" minLength:"1" maxLength:"64" doc:"The successor, as the policy names it." example:"heir"`
	Name      string    `json:"name" minLength:"1" maxLength:"256" doc:"Who takes over." example:"Acme Ltd"`
	Document  string    `json:"document" minLength:"64" maxLength:"64" doc:"SHA-256 of the deed, in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Key       string    `json:"key,omitempty" maxLength:"128" doc:"The age recipient of the successor, to which everything is sealed."`
	Signer    string    `json:"signer,omitempty" maxLength:"512" doc:"The verifier key of the successor (C2SP signed-note)."`
	Signed    string    `json:"signed,omitempty" maxLength:"8192" doc:"The binding, signed by the successor (C2SP signed-note), in standard base64. Left out for a successor that keeps to another policy: every yes of every person is then taken out instead."`
	Notice    string    `json:"notice,omitempty" maxLength:"64" doc:"SHA-256 of the words that people were told, in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Told      time.Time `json:"told,omitempty,omitzero" doc:"When they were told." example:"2026-11-01T00:00:00Z"`
}

// Succession is a succession as it stands.
type Succession struct {
	MatterHead
	Succeeding
	Policy  string `json:"policy_hash" doc:"The text in force when it was put forward."`
	Binding string `json:"binding" doc:"What the successor signs."`
	People  int64  `json:"people" doc:"Handed over, or reset."`
	Refused int64  `json:"refused" doc:"Not handed over, by the policy's rules or the person's word."`
	Chain   string `json:"chain" doc:"Digest over all pages."`
}

// SuccessionDone is the answer of the operations on one succession.
type SuccessionDone struct {
	Receipt    Receipt    `json:"receipt"`
	Succession Succession `json:"succession"`
	Sealed     string     `json:"sealed,omitempty" doc:"A page: an age file of JSON lines in base64, which only the successor opens."`
}

// Successions is a list of successions.
type Successions struct {
	Successions []Succession `json:"successions" nullable:"false"`
}

// Binding is what a successor signs.
type Binding struct {
	Binding string `json:"binding" doc:"To be signed as it stands, with its last line's end."`
}

// MovingOn asks for a page.
type MovingOn struct {
	MatterID
	Again bool `json:"again,omitempty" doc:"Repeat the page that was done last."`
}

func (s *Succeeding) gate() (*gate.Succeeding, error) {
	signed, err := base64.StdEncoding.DecodeString(s.Signed)
	if err != nil {
		return nil, &avow.Error{Code: avow.Invalid, Message: "the signed note is not in base64", Try: "send the whole note in standard base64 with padding"}
	}
	return &gate.Succeeding{Rule: avow.RuleID(s.Rule), Case: s.Case, Recipient: avow.Recipient(s.Recipient), Name: s.Name, Document: s.Document,
		Key: s.Key, Signer: s.Signer, Signed: string(signed), Notice: s.Notice, Told: s.Told.UTC()}, nil
}

func successionOf(id avow.PolicyID, m *gate.Succession) Succession {
	b := &m.Body
	return Succession{headOfMatter(m, 2), Succeeding{string(b.Rule), b.Case, string(b.Recipient), b.Name, b.Document, b.Key, b.Signer, base64.StdEncoding.EncodeToString([]byte(b.Signed)), b.Notice, b.Told},
		string(b.Policy), gate.Binding(id, b.Policy, b), b.Moving.People, b.Moving.Refused, hex.EncodeToString(b.Moving.Chain[:])}
}

func successionDone(c *call, m gate.Succession, r avow.Receipt, err error) (SuccessionDone, error) {
	if err != nil {
		return SuccessionDone{}, err
	}
	return SuccessionDone{Receipt: receiptOf(r), Succession: successionOf(c.policy, &m)}, nil
}

const exampleMatter = `{"id":"000000000000000000000000000000ff"}`

func (d *Door) addSuccessions() error {
	const tag = "Succession"
	return errors.Join(post(d, operation{id: "succession-binding", path: "/v1/{policy}/successions/binding", tag: tag, scopes: auth.Officer,
		summary: "The text that a successor signs", doc: "It binds the successor to the policy in force, under its name and key. Any C2SP signed-note tool signs it.",
		example: `{"rule":"sold","case":"sale","recipient":"heir","name":"Acme Ltd","document":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","key":"age1example"}`,
	}, func(c *call, in *Succeeding) (Binding, error) {
		s, err := in.gate()
		if err != nil {
			return Binding{}, err
		}
		return Binding{gate.Binding(c.policy, c.program.Hash(), s)}, nil
	}), post(d, operation{id: "propose-succession", path: "/v1/{policy}/successions", tag: tag, scopes: auth.Officer,
		summary: "Put a succession forward",
		doc:     "A merger, a sale, a bankruptcy. A successor that signed the policy in force receives people's data sealed to its key; for one that did not, every yes is taken out, where the policy says so. Two other people approve it.",
		example: `{"rule":"sold","case":"sale","recipient":"heir","name":"Acme Ltd","document":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","notice":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","told":"2026-11-01T00:00:00Z"}`,
	}, func(c *call, in *Succeeding) (SuccessionDone, error) {
		s, err := in.gate()
		if err != nil {
			return SuccessionDone{}, err
		}
		m, r, err := c.gate.ProposeSuccession(c, c.policy, c.officer(""), s)
		return successionDone(c, m, r, err)
	}), post(d, operation{id: "approve-succession", path: "/v1/{policy}/successions/approve", tag: tag, scopes: auth.Officer,
		summary: "Approve a succession", doc: "Two people beside the one who put it forward.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (SuccessionDone, error) {
		what, err := in.digest()
		if err != nil {
			return SuccessionDone{}, err
		}
		m, r, err := c.gate.ApproveSuccession(c, c.policy, in.ID, c.officer(""), what)
		return successionDone(c, m, r, err)
	}), post(d, operation{id: "withdraw-succession", path: "/v1/{policy}/successions/withdraw", tag: tag, scopes: auth.Officer,
		summary: "End a succession before it is done", doc: "What was handed over is gone; nothing more goes.", example: exampleMatter,
	}, func(c *call, in *MatterID) (SuccessionDone, error) {
		m, r, err := c.gate.WithdrawSuccession(c, c.policy, in.ID, c.officer(""))
		return successionDone(c, m, r, err)
	}), post(d, operation{id: "move-on-succession", path: "/v1/{policy}/successions/move-on", tag: tag, scopes: auth.Officer,
		summary: "Do the next page of an approved succession",
		doc:     "Until the state is done. Each person leaves evidence, and the whole leaves one with the number of people and a digest over all pages.", example: exampleMatter,
	}, func(c *call, in *MovingOn) (SuccessionDone, error) {
		moved, err := c.gate.MoveOn(c, c.policy, in.ID, c.officer(""), in.Again)
		if err != nil {
			return SuccessionDone{}, err
		}
		return SuccessionDone{receiptOf(moved.Receipt), successionOf(c.policy, &moved.Succession), base64.StdEncoding.EncodeToString(moved.Sealed)}, nil
	}), d.addSuccessionLists(tag))
}

func (d *Door) addSuccessionLists(tag string) error {
	return errors.Join(post(d, operation{id: "read-succession", path: "/v1/{policy}/successions/read", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one succession", example: exampleMatter,
	}, func(c *call, in *MatterID) (Succession, error) {
		m, err := c.gate.ReadSuccession(c, c.policy, in.ID)
		if err != nil {
			return Succession{}, err
		}
		return successionOf(c.policy, &m), nil
	}), list(d, operation{id: "successions", path: "/v1/{policy}/successions/list", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "List successions in the order in which they were put forward",
	}, (*gate.Gate).Successions, func(c *call, m *gate.Succession) Succession { return successionOf(c.policy, m) }, func(l []Succession) Successions { return Successions{l} }))
}
