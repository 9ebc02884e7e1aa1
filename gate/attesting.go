package gate

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// An attestation is a promise that only people can keep. It stands in the policy
// with its owner, a document and an end; the owner renews it at this desk, so that
// the published rules stay as they are.

// The states of an attestation.
const (
	AttestationCurrent  = "current"
	AttestationExpiring = "expiring" // within the time of the reminder
	AttestationExpired  = "expired"
)

// AttestationReminder is how long before its end the owner is reminded.
const AttestationReminder = 30 * 24 * time.Hour

// longestAttestation is how far ahead a renewal may end.
const longestAttestation = 3 * 366 * 24 * time.Hour

// Attested is an attestation as everybody may know it.
type Attested struct {
	Rule     avow.RuleID     `json:"rule"`
	Says     string          `json:"says"`
	By       [2]string       `json:"by"` // in English and Chinese
	Owner    avow.Role       `json:"owner,omitempty"`
	Evidence string          `json:"evidence"` // name of the document
	SHA256   string          `json:"sha256,omitempty"`
	Since    time.Time       `json:"since"`
	Expires  time.Time       `json:"expires"`
	Renewed  bool            `json:"renewed,omitempty"` // after what the policy says
	State    string          `json:"state"`
	Leaf     int64           `json:"leaf"` // evidence of the renewal; -1: none
	Clauses  []avow.ClauseID `json:"clauses"`
}

// Renewal is what an owner says anew.
type Renewal struct {
	Rule     avow.RuleID `json:"rule"`
	Evidence string      `json:"evidence"`
	SHA256   string      `json:"sha256"`
	Since    time.Time   `json:"since"`
	Expires  time.Time   `json:"expires"`
}

var renewals = desk[Renewal]{"attestation", evidence.Attested}

func renewalKey(rule avow.RuleID) []byte { return append([]byte("attest/"), rule...) }

// Attestations returns the attestations of a policy as they stand today.
func (g *Gate) Attestations(ctx context.Context, id avow.PolicyID) ([]Attested, error) {
	program, err := g.Program(id)
	if err != nil {
		return nil, err
	}
	out := []Attested{}
	now := g.Now()
	for i := range program.File().Attest {
		a, err := g.attested(ctx, id, &program.File().Attest[i], now)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (g *Gate) attested(ctx context.Context, id avow.PolicyID, e *syntax.Attestation, now time.Time) (Attested, error) {
	a := Attested{Rule: avow.RuleID(e.ID.Text), Says: e.Says.Text, By: [2]string{e.By.In("en"), e.By.In("zh")}, Owner: avow.Role(e.Owner.Text), Evidence: e.Evidence.Text, SHA256: e.SHA256.Text,
		Since: day(e.Date), Expires: day(e.Expires), Leaf: -1, Clauses: syntax.Slugs[avow.ClauseID](e.Clause)}
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), renewalKey(a.Rule))
	if err != nil {
		return a, internal("the renewals could not be read", err)
	}
	if ok {
		var r Renewal
		if err := json.Unmarshal(rec.Body, &r); err != nil {
			return a, internal("a renewal is malformed", err)
		}
		if r.Expires.After(a.Expires) { // the policy itself may have been renewed since
			a.Evidence, a.SHA256, a.Since, a.Expires, a.Renewed = r.Evidence, r.SHA256, r.Since, r.Expires, true
		}
	}
	switch {
	case !now.Before(a.Expires):
		a.State = AttestationExpired
	case !now.Before(a.Expires.Add(-AttestationReminder)):
		a.State = AttestationExpiring
	default:
		a.State = AttestationCurrent
	}
	return a, nil
}

// RenewAttestation renews an attestation until a date, on the ground of a document
// that is named by its hash. Only the role that owns it can: another signature
// would be worth nothing.
func (g *Gate) RenewAttestation(ctx context.Context, id avow.PolicyID, by Officer, r *Renewal) (Attested, avow.Receipt, error) {
	var entry *syntax.Attestation
	_, receipt, err := renewals.add(ctx, g, id, by, "renewed", "renewed", func(t *turn, m *Matter[Renewal]) error {
		entry = nil
		for i := range t.program.File().Attest {
			if e := &t.program.File().Attest[i]; e.ID.Text == string(r.Rule) {
				entry = e
			}
		}
		digest, err := hex.DecodeString(r.SHA256)
		switch {
		case entry == nil:
			return &avow.Error{Code: avow.Unknown, Message: "the policy has no such attestation", Try: "use the id of an attestation of the policy"}
		case entry.Owner.Text != "" && string(by.Role) != entry.Owner.Text:
			return &avow.Error{Code: avow.Forbidden, Message: "another role owns this attestation", Try: "have its owner renew it"}
		case r.Evidence == "" || len(r.Evidence) > 200 || err != nil || len(digest) != 32:
			return &avow.Error{Code: avow.Invalid, Message: "an attestation without a document and its SHA-256 is none", Try: "name the document, and send its hash as 64 hex digits"}
		case !r.Expires.After(t.now) || r.Expires.Sub(t.now) > longestAttestation:
			return &avow.Error{Code: avow.Invalid, Message: "an attestation ends in the future, within three years", Try: "set another end"}
		}
		m.Body = Renewal{Rule: r.Rule, Evidence: r.Evidence, SHA256: r.SHA256, Since: t.now, Expires: r.Expires.UTC()}
		t.note(evidence.Attested, func(l *evidence.Leaf) {
			l.Rules, l.Clauses = []avow.RuleID{r.Rule}, syntax.Slugs[avow.ClauseID](entry.Clause)
			l.Detail = [32]byte(digest)
		})
		t.change.Put = append(t.change.Put, Record{Kind: policyKind(t.id), Key: renewalKey(r.Rule), Body: mustJSON(&m.Body)})
		return nil
	})
	if err != nil {
		return Attested{}, avow.Receipt{}, err
	}
	a, err := g.attested(ctx, id, entry, g.Now())
	return a, receipt, err
}

// sweepAttestations reminds of attestations that end soon, once for each end, and
// leaves evidence when one has run out.
func (g *Gate) sweepAttestations(ctx context.Context, s *served, _ *Swept) error {
	all, err := g.Attestations(ctx, s.id)
	if err != nil {
		return err
	}
	for i := range all {
		a := &all[i]
		if a.State == AttestationCurrent {
			continue
		}
		key := append([]byte("attest-"+a.State+"/"+a.Expires.Format(time.DateOnly)+"/"), a.Rule...)
		if len(key) > 64 {
			key = key[:64]
		}
		if _, done, err := g.store.Get(ctx, 0, policyKind(s.id), key); err != nil || done {
			if err != nil {
				return internal("it could not be read who was reminded", err)
			}
			continue
		}
		_, err := g.takeOffice(ctx, s.id, func(t *turn) error {
			t.note(evidence.AttestDue, func(l *evidence.Leaf) {
				l.Rules, l.Clauses = []avow.RuleID{a.Rule}, a.Clauses
				if a.State == AttestationExpired {
					l.Verdict = avow.Refuse
				}
			})
			t.change.Put = append(t.change.Put, Record{Kind: policyKind(t.id), Key: key})
			return t.alert("attestation-due", map[string]string{"link": t.gate.proofLink(t.id), "date": a.Expires.Format(time.DateOnly)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// proofLink is where people read how the promises of a policy stand.
func (g *Gate) proofLink(id avow.PolicyID) string { return g.address + "/proof/" + string(id) }
