package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/ledger"
	"avow.dev/policy/syntax"
)

// Succession is a case in which control of the data moves: a merger, a sale, a
// bankruptcy. Somebody puts it forward and two others approve it. If the successor
// has signed the policy in force, people's data is then handed over page by page,
// sealed to it; if it has not, every yes of every person is taken out, so that they
// are asked anew. Its states: proposed, approved, under-way, done, withdrawn.
type Succession = Matter[Succeeding]

// Succeeding is what the desk knows of a succession.
type Succeeding struct {
	Rule      avow.RuleID    `json:"rule"` // an entry of the policy's succession
	Case      string         `json:"case"` // one of its cases
	Recipient avow.Recipient `json:"recipient"`
	Name      string         `json:"name"`     // who takes over
	Document  string         `json:"document"` // SHA-256 of the deed, in hex

	// Key is the age recipient to which everything is sealed.
	Key string `json:"key,omitempty"`
	// Signer is the successor's verifier key, and Signed its signed note (C2SP
	// signed-note) of [Binding]. Both are empty for a successor that keeps to
	// another policy.
	Signer string `json:"signer,omitempty"`
	Signed string `json:"signed,omitempty"`
	// Notice is the SHA-256 of the words that people were told, and Told when.
	Notice string    `json:"notice,omitempty"`
	Told   time.Time `json:"told,omitzero"`

	Policy avow.Hash `json:"policy"` // in force when it was put forward
	Moving Moving    `json:"moving,omitzero"`
}

// Moving is how far a succession has come.
type Moving struct {
	Page    int64    `json:"page"`    // number of the first person of the page done last
	Next    int64    `json:"next"`    // number of the person after it
	People  int64    `json:"people"`  // handed over, or reset
	Refused int64    `json:"refused"` // not handed over, by the policy's rules or the person's word
	Chain   [32]byte `json:"chain"`   // over the digests of all pages
}

// Bound reports whether the successor signed anything.
func (s *Succeeding) Bound() bool { return s.Signed != "" }

// Digest is what is approved: everything but the progress.
func (s *Succeeding) Digest() ([32]byte, error) {
	c := *s
	c.Moving = Moving{}
	raw, err := json.Marshal(&c)
	if err != nil {
		return [32]byte{}, internal("the succession could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

// Binding is the text that a successor signs: that it keeps to this policy, under
// this name, with this key.
func Binding(id avow.PolicyID, h avow.Hash, s *Succeeding) string {
	return fmt.Sprintf("avow.dev/succession/v1\npolicy: %s\nhash: %s\nsuccessor: %s\nname: %s\nkey: %s\n", id, h, s.Recipient, s.Name, s.Key)
}

var successions = desk[Succeeding]{"succession", evidence.SuccessionStep}

// approvers is how many people approve a succession, beside the one who puts it
// forward.
const approvers = 2

// ProposeSuccession puts a succession forward.
func (g *Gate) ProposeSuccession(ctx context.Context, id avow.PolicyID, by Officer, s *Succeeding) (Succession, avow.Receipt, error) {
	return successions.add(ctx, g, id, by, "proposed", "proposed", func(t *turn, m *Succession) error {
		m.Body = *s
		m.Body.Policy, m.Body.Moving = t.program.Hash(), Moving{}
		if err := t.checkSuccession(&m.Body); err != nil {
			return err
		}
		what, err := m.Body.Digest()
		if err != nil {
			return err
		}
		m.Proposal.propose(what, by, t.now)
		t.successionStep(&m.Body, avow.Refuse)
		return nil
	})
}

// ApproveSuccession is one person's yes to a succession, which they name by its
// digest.
func (g *Gate) ApproveSuccession(ctx context.Context, id avow.PolicyID, matter string, by Officer, what [32]byte) (Succession, avow.Receipt, error) {
	return successions.step(ctx, g, id, matter, by, "approved", func(t *turn, m *Succession) error {
		if m.State != "proposed" {
			return notNow("a succession is approved while it is proposed")
		}
		if err := t.checkSuccession(&m.Body); err != nil { // the policy may have gone on
			return err
		}
		stands, err := m.Body.Digest()
		if err != nil {
			return err
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		if !m.Proposal.approvedBy(approvers, stands) {
			t.successionStep(&m.Body, avow.Refuse)
			return nil
		}
		m.State = "approved"
		t.successionStep(&m.Body, avow.Allow)
		if !m.Body.Bound() {
			return nil
		}
		return t.fileAway(m.Body.Recipient, func([]filed) []filed { // one successor at a time
			return []filed{{m.ID, Qualifying{Recipient: m.Body.Recipient, Kind: boundKind, Policy: m.Body.Policy, Expires: t.now.Add(longestPaper)}}}
		})
	})
}

// WithdrawSuccession ends a succession before it is done. What was handed over is
// gone; nothing more goes.
func (g *Gate) WithdrawSuccession(ctx context.Context, id avow.PolicyID, matter string, by Officer) (Succession, avow.Receipt, error) {
	return successions.step(ctx, g, id, matter, by, "withdrawn", func(t *turn, m *Succession) error {
		if m.State == "withdrawn" || m.State == "done" {
			return notNow("it has ended")
		}
		m.State = "withdrawn"
		t.successionStep(&m.Body, avow.Refuse)
		t.say(saidUnqualified, func(w *writer) {
			w.string(string(m.Body.Recipient))
			w.string(m.ID)
		})
		return t.unfile(m.Body.Recipient, m.ID)
	})
}

// ReadSuccession returns a succession as it stands.
func (g *Gate) ReadSuccession(ctx context.Context, id avow.PolicyID, matter string) (Succession, error) {
	return successions.read(ctx, g, id, matter)
}

// Successions lists successions in the order in which they were put forward.
func (g *Gate) Successions(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Succession, error) {
	return successions.list(ctx, g, id, after, limit, nil)
}

func (t *turn) successionStep(s *Succeeding, v avow.Verdict) {
	t.note(evidence.SuccessionStep, func(l *evidence.Leaf) {
		l.Recipient, l.Rules, l.Verdict = s.Recipient, []avow.RuleID{s.Rule}, v
		if e := t.force.succession(s.Rule); e != nil {
			l.Clauses = syntax.Slugs[avow.ClauseID](e.Clause)
		}
	})
}

func (f *force) succession(id avow.RuleID) *syntax.Succeed {
	file := f.program.File()
	for i := range file.Succeed {
		if file.Succeed[i].ID.Text == string(id) {
			return &file.Succeed[i]
		}
	}
	return nil
}

// checkSuccession refuses a succession that the policy does not provide for, or
// that lacks what the policy requires.
func (t *turn) checkSuccession(s *Succeeding) error {
	wrong := func(what, try string) error { return &avow.Error{Code: avow.Invalid, Message: what, Try: try} }
	e := t.force.succession(s.Rule)
	deed, err := hex.DecodeString(s.Document)
	switch {
	case e == nil || !syntax.Has(e.When, s.Case):
		return wrong("the policy provides for no such case", "use an entry of the policy's succession and one of its cases")
	case !t.force.parties[s.Recipient].successor:
		return wrong("the policy names no such successor", "use a recipient of kind successor")
	case s.Name == "" || s.Name != strings.TrimSpace(s.Name) || strings.ContainsAny(s.Name, "\r\n") || err != nil || len(deed) != sha256.Size:
		return wrong("it is not said who takes over, or by which deed", "send a name on one line, and the SHA-256 of the deed as 64 hex digits")
	case s.Policy != t.program.Hash():
		return &avow.Error{Code: avow.Conflict, Message: "the policy has changed since this was put forward", Try: "put it forward again, and have the text in force signed"}
	}
	if syntax.Has(e.Requires, "notice") {
		words, err := hex.DecodeString(s.Notice)
		if err != nil || len(words) != sha256.Size || s.Told.IsZero() || s.Told.After(t.now) {
			return wrong("people are told before anything moves", "send the SHA-256 of the words that they were told, and when that was")
		}
	}
	if !s.Bound() {
		if e.Else.Text != "consents-reset" {
			return wrong("the policy lets nothing move to a successor that is not bound by it", "have the successor sign the policy in force")
		}
		return nil
	}
	return t.checkBinding(s)
}

// checkBinding makes sure that the successor signed the policy in force.
func (t *turn) checkBinding(s *Succeeding) error {
	if _, err := age.ParseX25519Recipient(s.Key); err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "this is no key to seal to", Try: "send the successor's age recipient, which begins with age1"}
	}
	v, err := ledger.ParseVerifier(s.Signer)
	if err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "this is no key to verify a signature with", Try: "send the successor's verifier key, as in a signed note: name+id+base64"}
	}
	n, err := note.Open([]byte(s.Signed), note.VerifierList(v))
	if err != nil || n.Text != Binding(t.id, t.program.Hash(), s) {
		return &avow.Error{Code: avow.Invalid, Message: "the successor has not signed this policy under this name and key",
			Try: "have the successor sign exactly the text that the binding gives, and send the signed note"}
	}
	return nil
}

// boundKind is what is on file of a successor that is bound. No paper is called so.
const boundKind = "bound"

// bound returns the facts that the desk shows of a successor: it signed the policy
// in force, people were told, and two people approved. Nothing else shows them.
func (t *turn) bound(r avow.Recipient, all []filed) avow.Facts {
	if !slices.ContainsFunc(all, func(f filed) bool {
		return f.Is.Kind == boundKind && f.Is.Policy == t.program.Hash() && t.now.Before(f.Is.Expires)
	}) {
		return 0
	}
	return avow.Facts(0).With(avow.FactSuccessorBound).With(avow.FactNotice).With(avow.FactQualified)
}
