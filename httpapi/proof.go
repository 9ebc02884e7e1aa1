package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Proving is the body that reports a run of the proof.
type Proving struct {
	Kind     string         `json:"kind" enum:"full,self-test" doc:"Against an engine of the proof's own, or against this server."`
	Hash     string         `json:"hash" minLength:"1" maxLength:"80" doc:"Of the text that was proved; it has to be the one in force."`
	Rows     []ProvedClause `json:"rows" minItems:"1" maxItems:"4096" nullable:"false"`
	Probes   int64          `json:"probes,omitempty" minimum:"0"`
	Killed   int64          `json:"mutants_killed,omitempty" minimum:"0"`
	Survived int64          `json:"mutants_survived,omitempty" minimum:"0"`
}

// ProvedClause is what became of one clause.
type ProvedClause struct {
	Clause string `json:"clause" minLength:"1" maxLength:"64" example:"CLUB-1"`
	State  string `json:"state" enum:"proved,attested,rendered,unproved,broken"`
	How    string `json:"how,omitempty" maxLength:"1000" doc:"What was played, or what was seen instead. It is public: no data of people." example:"3 probes held"`
}

// Attestation is an attestation as it stands today.
type Attestation struct {
	Rule     string    `json:"rule"`
	Says     string    `json:"says"`
	By       Sentence  `json:"by" doc:"Who answers for it."`
	Owner    string    `json:"owner,omitempty" doc:"The role that renews it."`
	Evidence string    `json:"evidence" doc:"Name of the document."`
	SHA256   string    `json:"sha256,omitempty"`
	Since    time.Time `json:"since"`
	Expires  time.Time `json:"expires"`
	Renewed  bool      `json:"renewed,omitempty" doc:"True if it was renewed after what the policy says."`
	State    string    `json:"state" enum:"current,expiring,expired"`
	Clauses  []string  `json:"clauses" nullable:"false"`
}

// Attestations are all attestations of a policy.
type Attestations struct {
	Attestations []Attestation `json:"attestations" nullable:"false"`
}

// Renewing is the body that renews an attestation.
type Renewing struct {
	Rule     string    `json:"rule" minLength:"1" maxLength:"64" doc:"Id of the attestation." example:"attest-training"`
	Role     string    `json:"role,omitempty" maxLength:"64" doc:"Who renews it: the role that owns it." example:"desk"`
	Evidence string    `json:"evidence" minLength:"1" maxLength:"200" doc:"Name of the document that backs it." example:"training-2027.pdf"`
	SHA256   string    `json:"sha256" minLength:"64" maxLength:"64" doc:"Hash of that document." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Expires  time.Time `json:"expires" doc:"When it has to be renewed again, within three years." example:"2027-11-01T00:00:00Z"`
}

// Renewed is the answer of renewing an attestation.
type Renewed struct {
	Receipt     Receipt     `json:"receipt"`
	Attestation Attestation `json:"attestation"`
}

func attestationOf(a *gate.Attested) Attestation {
	return Attestation{string(a.Rule), a.Says, Sentence{a.By[0], a.By[1]}, string(a.Owner), a.Evidence, a.SHA256, a.Since, a.Expires, a.Renewed, a.State, strs(a.Clauses)}
}

func (d *Door) addProof() error {
	const tag = "Proof"
	err := post(d, operation{id: "report-proof", path: "/v1/{policy}/proofs", tag: tag, scopes: auth.Auditor,
		summary: "Report what a run of the proof found",
		doc:     "It is shown on the public page /proof/{policy}, leaves evidence, and alerts those whom the operator named if a promise is broken.",
		example: `{"kind":"self-test","hash":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","rows":[{"clause":"CLUB-1","state":"proved","how":"3 probes held"}]}`,
	}, func(c *call, in *Proving) (Answer, error) {
		run := &gate.ProofRun{Kind: in.Kind, Hash: avow.Hash(in.Hash), Probes: in.Probes, Killed: in.Killed, Survived: in.Survived}
		for _, r := range in.Rows {
			run.Rows = append(run.Rows, gate.ProofRow{Clause: avow.ClauseID(r.Clause), State: r.State, How: r.How})
		}
		r, err := c.gate.RecordProof(c, c.policy, run, d.cfg.BaseURL+"/proof/"+string(c.policy))
		return done(c, r, err, nil)
	})
	if err != nil {
		return err
	}
	get(d, operation{id: "attestations", path: "/v1/{policy}/attestations", tag: tag, scopes: auth.Officer | auth.Auditor,
		summary: "List what people answer for, as it stands today",
	}, func(c *call) (Attestations, error) {
		list, err := c.gate.Attestations(c, c.policy)
		out := Attestations{make([]Attestation, len(list))}
		for i := range list {
			out.Attestations[i] = attestationOf(&list[i])
		}
		return out, err
	})
	return post(d, operation{id: "renew-attestation", path: "/v1/{policy}/attestations/renew", tag: tag, scopes: auth.Officer,
		summary: "Renew an attestation",
		doc:     "By its owner, on the ground of a document. The policy file stays as it is.",
		example: `{"rule":"attest-training","role":"desk","evidence":"training-2027.pdf","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","expires":"2027-11-01T00:00:00Z"}`,
	}, func(c *call, in *Renewing) (Renewed, error) {
		a, r, err := c.gate.RenewAttestation(c, c.policy, c.officer(avow.Role(in.Role)), &gate.Renewal{Rule: avow.RuleID(in.Rule), Evidence: in.Evidence, SHA256: in.SHA256, Expires: in.Expires})
		if err != nil {
			return Renewed{}, named(c, err, []avow.Datum(nil))
		}
		return Renewed{receiptOf(r), attestationOf(&a)}, nil
	})
}
