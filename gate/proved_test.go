package gate_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

const backed = `
attestations:
  - {id: trained, clause: [HOUSE-2], owner: desk, says: staff-training, by: {en: Head of the desk, zh: 客服主管}, evidence: training.pdf, date: 2026-01-01, expires: 2026-12-31}
`

func backedHouse(t *testing.T) *policy.Program {
	t.Helper()
	return compileText(t, append(changeableText(t, "  - {id: HOUSE-1, promise: CP-01, class: M}", "  - {id: HOUSE-1, promise: CP-01, class: M}\n  - {id: HOUSE-2, promise: CP-43, class: O}"), backed...))
}

// An attestation ends, is reminded of, shows as broken, and is renewed by its owner
// without another text.
func TestAttestationsEndAndAreRenewed(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, backedHouse(t))
	w.cfg.Alerts, w.cfg.Address = []gate.Alert{{To: "officer@haven.example"}}, "https://privacy.example"
	w.restart()
	ctx := t.Context()
	state := func() (string, string) {
		t.Helper()
		p, err := w.Promises(ctx, "club")
		must(t, err)
		return p.Attestations[0].State, p.List[1].State
	}
	check := func(attestation, promise string) {
		t.Helper()
		if a, p := state(); a != attestation || p != promise {
			t.Errorf("%s: attestation %s, promise %s", w.clock().Format(time.DateOnly), a, p)
		}
	}
	check("current", "attested")
	end := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	w.at(end.AddDate(0, 0, -30))
	w.sweep()
	w.sweep()
	check("expiring", "attested")
	if n := w.count(evidence.AttestDue); n != 1 {
		t.Errorf("reminded %d times", n)
	}
	w.at(end)
	w.sweep()
	check("expired", "broken")
	if p, _ := w.Promises(ctx, "club"); p.Seal != "broken" {
		t.Errorf("the seal is %s", p.Seal)
	}
	ok := gate.Renewal{Rule: "trained", Evidence: "training-2027.pdf", SHA256: strings.Repeat("ab", 32), Expires: end.AddDate(1, 0, 0)}
	desk := gate.Officer{Person: "ann", Role: "desk"}
	for _, c := range []struct {
		by   gate.Officer
		with func(*gate.Renewal)
		want avow.Code
	}{
		{gate.Officer{Role: "desk"}, nil, avow.Forbidden},
		{gate.Officer{Person: "ann"}, nil, avow.Forbidden},
		{desk, func(r *gate.Renewal) { r.Rule = "silence" }, avow.Unknown},
		{desk, func(r *gate.Renewal) { r.Evidence = "" }, avow.Invalid},
		{desk, func(r *gate.Renewal) { r.SHA256 = "abc" }, avow.Invalid},
		{desk, func(r *gate.Renewal) { r.Expires = w.clock() }, avow.Invalid},
		{desk, func(r *gate.Renewal) { r.Expires = end.AddDate(9, 0, 0) }, avow.Invalid},
	} {
		r := ok
		if c.with != nil {
			c.with(&r)
		}
		if _, _, err := w.RenewAttestation(ctx, "club", c.by, &r); avow.CodeOf(err) != c.want {
			t.Errorf("%+v by %+v: %v, want %s", r, c.by, err, c.want)
		}
	}
	a, _, err := w.RenewAttestation(ctx, "club", desk, &ok)
	must(t, err)
	if !a.Renewed || !a.Expires.Equal(ok.Expires) || w.last().Kind != evidence.Attested || w.last().Detail == [32]byte{} {
		t.Errorf("%+v", a)
	}
	check("current", "attested")
}

// A run turns the seal and alerts within that run, and not at every run after it.
func TestABrokenPromiseTurnsTheSeal(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.cfg.Alerts, w.cfg.Address = []gate.Alert{{To: "officer@haven.example"}, {To: "https://watch.example/hook", Secret: []byte("0123456789abcdef0123456789abcdef")}}, "https://privacy.example"
	w.restart()
	run := func(state string) {
		t.Helper()
		w.pass(time.Minute)
		_, err := w.RecordProof(t.Context(), "club", &gate.ProofRun{Kind: gate.SelfTest, Hash: w.program.Hash(), Rows: []gate.ProofRow{{Clause: "HOUSE-1", State: state, How: "seen"}}}, "https://privacy.example/proof/club")
		must(t, err)
	}
	seal := func() *gate.Promises {
		t.Helper()
		p, err := w.Promises(t.Context(), "club")
		must(t, err)
		return p
	}
	if p := seal(); p.Seal != "unknown" || p.List[0].State != "unproved" {
		t.Errorf("%+v", p)
	}
	run("proved")
	if p := seal(); p.Seal != "kept" || p.List[0].State != "proved" || p.List[0].Leaf < 0 {
		t.Errorf("%+v", p)
	}
	run("broken")
	if p := seal(); p.Seal != "broken" || p.List[0].State != "broken" || p.List[0].How != "seen" {
		t.Errorf("%+v", p)
	}
	l := w.leaves()
	var last evidence.Leaf
	for i := range l {
		if l[i].Kind == evidence.ProofRun {
			last = l[i]
		}
	}
	if last.Verdict != avow.Refuse || last.Count != 1 || len(last.Clauses) != 1 {
		t.Errorf("%+v", last)
	}
	p := seal()
	if p.SelfTest.Alerted.IsZero() {
		t.Error("nobody was alerted")
	}
	at := p.SelfTest.Alerted
	run("broken")
	if p := seal(); !p.SelfTest.Alerted.Equal(at) {
		t.Error("alerted at every run")
	}
	run("proved")
	if p := seal(); p.Seal != "kept" || !p.SelfTest.Alerted.IsZero() {
		t.Errorf("%+v", p)
	}
	for _, bad := range []gate.ProofRun{
		{Kind: "guess", Hash: w.program.Hash(), Rows: []gate.ProofRow{{Clause: "HOUSE-1", State: "proved"}}},
		{Kind: "full", Hash: "sha256:00", Rows: []gate.ProofRow{{Clause: "HOUSE-1", State: "proved"}}},
		{Kind: "full", Hash: w.program.Hash()},
		{Kind: "full", Hash: w.program.Hash(), Rows: []gate.ProofRow{{Clause: "HOUSE-9", State: "proved"}}},
		{Kind: "full", Hash: w.program.Hash(), Rows: []gate.ProofRow{{Clause: "HOUSE-1", State: "fine"}}},
	} {
		if _, err := w.RecordProof(t.Context(), "club", &bad, ""); err == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}
