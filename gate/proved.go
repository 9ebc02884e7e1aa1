package gate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// The kinds of proof runs.
const (
	FullProof = "full"      // every promise, against an engine of the proof's own
	SelfTest  = "self-test" // what somebody made up can try, against this very server
)

// The states of a promise on the public page.
const (
	PromiseProved   = "proved"
	PromiseAttested = "attested"
	PromiseRendered = "rendered"
	PromiseUnproved = "unproved"
	PromiseBroken   = "broken"
)

// ProofRun is what a run of the proof found. It holds no personal data: words of
// the policy and of the proof.
type ProofRun struct {
	At   time.Time  `json:"at"` // when it was reported
	Kind string     `json:"kind"`
	Hash avow.Hash  `json:"hash"` // the text that was proved
	Rows []ProofRow `json:"rows"`
	Leaf int64      `json:"leaf"` // its evidence in the log

	Probes   int64 `json:"probes,omitempty"`
	Killed   int64 `json:"mutants_killed,omitempty"` // changed policies that the probes noticed
	Survived int64 `json:"mutants_survived,omitempty"`

	Alerted time.Time `json:"alerted,omitzero"`
}

// ProofRow is one promise in a run.
type ProofRow struct {
	Clause avow.ClauseID `json:"clause"`
	State  string        `json:"state"` // proved, attested, rendered, unproved or broken
	How    string        `json:"how"`   // what was played, or what was seen instead
}

func (r *ProofRun) broken() int {
	n := 0
	for i := range r.Rows {
		if r.Rows[i].State == PromiseBroken {
			n++
		}
	}
	return n
}

// Alert is whom to tell when a promise breaks or an attestation runs out: a mail
// address, or the address of a webhook with the key that signs what it gets.
type Alert struct {
	To     string
	Secret []byte
}

// alertEvery is how often a break is told again while it lasts.
const alertEvery = 24 * time.Hour

func proofKey(kind string) []byte { return []byte("proof/" + kind) }

// RecordProof keeps a run of the proof, leaves evidence of it, and alerts if
// something broke. link is where people read it.
func (g *Gate) RecordProof(ctx context.Context, id avow.PolicyID, run *ProofRun, link string) (avow.Receipt, error) {
	program, err := g.Program(id)
	if err != nil {
		return avow.Receipt{}, err
	}
	if err := run.check(program); err != nil {
		return avow.Receipt{}, err
	}
	before, _, err := g.proofRun(ctx, id, run.Kind)
	if err != nil {
		return avow.Receipt{}, err
	}
	kept := *run
	t, err := g.takeOffice(ctx, id, func(t *turn) error {
		kept.At, kept.Leaf, kept.Alerted = t.now, 0, before.Alerted
		raw, err := json.Marshal(&kept)
		if err != nil {
			return internal("the run could not be written", err)
		}
		broken := kept.broken()
		t.note(evidence.ProofRun, func(l *evidence.Leaf) {
			l.Detail, l.Count = sha256.Sum256(raw), int64(broken)
			if broken > 0 {
				l.Verdict = avow.Refuse
				for i := range kept.Rows {
					if kept.Rows[i].State == PromiseBroken && len(l.Clauses) < mostData {
						l.Clauses = once(l.Clauses, kept.Rows[i].Clause)
					}
				}
			}
		})
		switch {
		case broken == 0:
			kept.Alerted = time.Time{}
		case kept.Alerted.IsZero() || t.now.Sub(kept.Alerted) >= alertEvery:
			if err := t.alert("proof-broken", map[string]string{"link": link}); err != nil {
				return err
			}
			kept.Alerted = t.now
		}
		return t.keepRun(&kept)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	kept.Leaf = t.first
	if _, err := g.commit(ctx, &Change{Policy: id, Put: []Record{{Kind: policyKind(id), Key: proofKey(kept.Kind), Body: mustJSON(&kept)}}}); err != nil {
		return t.receipt(), internal("the place of the run's evidence could not be kept", err)
	}
	return t.receipt(), nil
}

func (t *turn) keepRun(run *ProofRun) error {
	raw, err := json.Marshal(run)
	if err != nil {
		return internal("the run could not be written", err)
	}
	t.change.Put = append(t.change.Put, Record{Kind: policyKind(t.id), Key: proofKey(run.Kind), Body: raw})
	return nil
}

// mustJSON writes what was written before.
func mustJSON(v any) []byte {
	raw, _ := json.Marshal(v) // of texts, numbers and times: it has no way to fail
	return raw
}

// alert tells everybody whom the operator named.
func (t *turn) alert(template string, params map[string]string) error {
	for _, a := range t.gate.alerts {
		if _, err := t.tellOffice(&Notice{To: a.To, Secret: a.Secret, Template: template, Params: params}); err != nil {
			return err
		}
	}
	return nil
}

func (r *ProofRun) check(p *policy.Program) error {
	if r.Kind != FullProof && r.Kind != SelfTest {
		return &avow.Error{Code: avow.Invalid, Message: "this is no kind of proof run", Try: "send full or self-test"}
	}
	if r.Hash != p.Hash() {
		return &avow.Error{Code: avow.Conflict, Message: "the text that was proved is not the one in force", Try: "prove the text in force"}
	}
	if len(r.Rows) == 0 || len(r.Rows) > 4096 {
		return &avow.Error{Code: avow.Invalid, Message: "a run has 1 to 4096 rows", Try: "send a row for each promise that was played"}
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		known := slices.ContainsFunc(p.File().Clauses, func(c syntax.Clause) bool { return c.ID.Text == string(row.Clause) })
		word := slices.Contains([]string{PromiseProved, PromiseAttested, PromiseRendered, PromiseUnproved, PromiseBroken}, row.State)
		if !known || !word || len(row.How) > 1000 {
			return &avow.Error{Code: avow.Invalid, Message: "a row names no clause of the policy, or no state", Try: "send clauses of the policy, with proved, attested, rendered, unproved or broken"}
		}
	}
	return nil
}

// proofRun returns the last run of a kind, if there was one.
func (g *Gate) proofRun(ctx context.Context, id avow.PolicyID, kind string) (ProofRun, bool, error) {
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), proofKey(kind))
	if err != nil || !ok {
		return ProofRun{}, false, err
	}
	var r ProofRun
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return ProofRun{}, false, internal("a proof run is malformed", err)
	}
	return r, true, nil
}

// Promise is one promise as the public may know it.
type Promise struct {
	Clause  avow.ClauseID `json:"clause"`
	Promise string        `json:"promise"` // the canonical promise, such as CP-28
	State   string        `json:"state"`
	How     string        `json:"how,omitempty"`
	At      time.Time     `json:"at,omitzero"` // when that was found
	By      string        `json:"by,omitempty"`
	Leaf    int64         `json:"leaf"` // evidence of that in the log; -1: none
	Rules   []avow.RuleID `json:"rules"`
}

// Promises is how a policy's promises stand.
type Promises struct {
	Policy       avow.PolicyID `json:"policy"`
	Version      string        `json:"version"`
	Hash         avow.Hash     `json:"hash"`
	Seal         string        `json:"seal"` // kept, broken, or unknown before the first run on this text
	Full         *ProofRun     `json:"-"`
	SelfTest     *ProofRun     `json:"-"`
	List         []Promise     `json:"promises"`
	Attestations []Attested    `json:"attestations"`
}

// Count counts the promises in a state.
func (p *Promises) Count(state string) int {
	n := 0
	for i := range p.List {
		if p.List[i].State == state {
			n++
		}
	}
	return n
}

// Promises returns how the promises of a policy stand: by the last full proof and the
// last self-test of the text in force, and by the attestations as they are today.
func (g *Gate) Promises(ctx context.Context, id avow.PolicyID) (*Promises, error) {
	program, err := g.Program(id)
	if err != nil {
		return nil, err
	}
	out := &Promises{Policy: id, Version: program.Version(), Hash: program.Hash(), Seal: "unknown"}
	for _, kind := range []string{FullProof, SelfTest} {
		run, ok, err := g.proofRun(ctx, id, kind)
		if err != nil {
			return nil, internal("the last proof could not be read", err)
		}
		if !ok || run.Hash != program.Hash() {
			continue
		}
		if kind == FullProof {
			out.Full = &run
		} else {
			out.SelfTest = &run
		}
	}
	if out.Attestations, err = g.Attestations(ctx, id); err != nil {
		return nil, err
	}
	for i := range program.File().Clauses {
		out.List = append(out.List, out.promise(program, &program.File().Clauses[i]))
	}
	out.seal()
	return out, nil
}

// seal is broken by any broken promise, also by an attestation that ran out.
func (p *Promises) seal() {
	switch {
	case p.Count(PromiseBroken) > 0:
		p.Seal = "broken"
	case p.Full != nil || p.SelfTest != nil:
		p.Seal = "kept"
	}
}

func (p *Promises) promise(program *policy.Program, c *syntax.Clause) Promise {
	out := Promise{Clause: avow.ClauseID(c.ID.Text), Promise: c.Promise.Text, State: PromiseUnproved, Leaf: -1, Rules: []avow.RuleID{}}
	if info, ok := program.Clause(out.Clause); ok && info.Rules != nil {
		out.Rules = info.Rules
	}
	if p.attests(c, &out) {
		return out
	}
	if c.Class.Text == "D" || c.Promise.Text == "CP-42" {
		out.State = PromiseRendered
	}
	for _, run := range []*ProofRun{p.Full, p.SelfTest} {
		if run == nil {
			continue
		}
		i := slices.IndexFunc(run.Rows, func(r ProofRow) bool { return r.Clause == out.Clause })
		if i < 0 {
			continue
		}
		// A self-test tries some of what a full proof does, and against the real thing:
		// what it breaks is broken, and what it keeps is known more lately.
		if run.Kind == SelfTest && run.Rows[i].State != PromiseBroken && out.State == PromiseBroken {
			continue
		}
		out.State, out.How, out.At, out.By, out.Leaf = run.Rows[i].State, run.Rows[i].How, run.At, run.Kind, run.Leaf
	}
	return out
}

// attests lets the attestations of a clause say how it stands. A clause of an
// organisation is broken once one that backs it has run out.
func (p *Promises) attests(c *syntax.Clause, out *Promise) bool {
	if c.Promise.Text != "CP-43" {
		return false
	}
	found := false
	for i := range p.Attestations {
		a := &p.Attestations[i]
		if !slices.Contains(a.Clauses, out.Clause) {
			continue
		}
		out.At, out.By, out.How, out.Leaf = a.Since, "attestation", a.Evidence, a.Leaf
		if a.State == AttestationExpired {
			out.State = PromiseBroken
			return true
		}
		out.State, found = PromiseAttested, true
	}
	return found
}
