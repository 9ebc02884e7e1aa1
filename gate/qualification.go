package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
)

// Qualification is one thing that shows that a recipient may be given data: its terms, a
// statement of its purposes, its own policy, an assessment. One of the
// controller's people puts it forward and another approves it; either of them, or
// anybody else of the office, takes it back alone and at once. Its states:
// proposed, valid, revoked. Its time runs out by itself.
type Qualification = Matter[Qualifying]

// Qualifying is what a paper says.
type Qualifying struct {
	Recipient avow.Recipient `json:"recipient"`
	// Kind is the word of the policy's requires that it answers: terms, purposes,
	// policy-link, assessment or due-diligence.
	Kind string `json:"kind"`
	// Document is the SHA-256 of the paper itself, in hex, which lies elsewhere.
	Document string    `json:"document"`
	By       string    `json:"by"`   // who signed, stated or assessed
	Date     time.Time `json:"date"` // when
	Expires  time.Time `json:"expires"`
	// Policy is the text that terms bind the recipient to. Terms of a recipient that
	// keeps to the same policy hold only while that text is in force.
	Policy   avow.Hash      `json:"policy,omitempty"`
	Purposes []avow.Purpose `json:"purposes,omitempty"` // what a statement of purposes lists
	Link     string         `json:"link,omitempty"`     // what a policy-link was checked to lead to
	// Key is the recipient's age key, "age1…", to which sealed files go while the paper
	// counts; any paper may carry one. See [Gate.SealOut].
	Key string `json:"key,omitempty"`
	// Hook is the recipient's webhook, to which dispatches go while the paper counts; any
	// paper may name one. Secret is the key that signs them, as the Standard Webhooks
	// specification writes it ("whsec_…"): it is made when the paper is put forward,
	// shown to whoever does that, and to nobody again. See [Gate.Dispatch].
	Hook   string `json:"hook,omitempty"`
	Secret string `json:"secret,omitempty"`
	// Seen is what the link was last seen to lead to, where that is not what the paper
	// binds to, or was not once. See [Gate.SawPolicyLink].
	Seen *LinkSeen `json:"seen,omitempty"`
}

// Digest is what is approved: everything that the paper says, and nothing that is
// made or seen here.
func (q *Qualifying) Digest() ([32]byte, error) {
	said := *q
	said.Secret, said.Seen = "", nil
	raw, err := json.Marshal(&said)
	if err != nil {
		return [32]byte{}, internal("the paper could not be written", err)
	}
	return sha256.Sum256(raw), nil
}

var qualifications = desk[Qualifying]{"qualification", evidence.QualificationStep}

// paperKinds are the words of requires.
var paperKinds = []string{"terms", "purposes", "policy-link", "assessment", "due-diligence"}

// longestPaper is how long a paper may hold before somebody looks again.
const longestPaper = 5 * 366 * 24 * time.Hour

// ProposeQualification puts a paper forward. It opens nothing before somebody else has
// approved it.
func (g *Gate) ProposeQualification(ctx context.Context, id avow.PolicyID, by Officer, q *Qualifying) (Qualification, avow.Receipt, error) {
	return qualifications.add(ctx, g, id, by, "proposed", "proposed", func(t *turn, m *Qualification) error {
		m.Body = *q
		m.Body.Seen = nil
		if err := m.Body.makeSecret(); err != nil {
			return err
		}
		if err := t.checkQualification(&m.Body); err != nil {
			return err
		}
		what, err := m.Body.Digest()
		if err != nil {
			return err
		}
		m.Proposal.propose(what, by, t.now)
		t.qualificationStep(&m.Body, avow.Refuse) // nothing is open by it yet
		return nil
	})
}

// ApproveQualification is another person's yes to a paper, which they name by its digest.
// From then on it counts.
func (g *Gate) ApproveQualification(ctx context.Context, id avow.PolicyID, paper string, by Officer, what [32]byte) (Qualification, avow.Receipt, error) {
	return unsaid(qualifications.step(ctx, g, id, paper, by, "approved", func(t *turn, m *Qualification) error {
		if m.State != "proposed" {
			return notNow("a paper is approved while it is proposed")
		}
		if err := t.checkQualification(&m.Body); err != nil { // the policy or the time may have gone on
			return err
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		stands, err := m.Body.Digest()
		if err != nil {
			return err
		}
		if !m.Proposal.approvedBy(1, stands) {
			return notNow("what is approved is not what the paper says")
		}
		m.State, m.Due = "valid", m.Body.Expires
		t.qualificationStep(&m.Body, avow.Allow)
		return t.fileAway(m.Body.Recipient, func(all []filed) []filed { return append(all, filed{m.ID, m.Body}) })
	}))
}

// RevokeQualification takes a paper back. What needs it is refused from then on.
func (g *Gate) RevokeQualification(ctx context.Context, id avow.PolicyID, paper string, by Officer) (Qualification, avow.Receipt, error) {
	return unsaid(qualifications.step(ctx, g, id, paper, by, "revoked", func(t *turn, m *Qualification) error {
		if m.State == "revoked" {
			return notNow("it was revoked before")
		}
		m.State, m.Due = "revoked", time.Time{}
		t.qualificationStep(&m.Body, avow.Refuse)
		t.say(saidUnqualified, func(w *writer) {
			w.string(string(m.Body.Recipient))
			w.string(m.ID)
		})
		return t.unfile(m.Body.Recipient, m.ID)
	}))
}

// ReadQualification returns a paper.
func (g *Gate) ReadQualification(ctx context.Context, id avow.PolicyID, paper string) (Qualification, error) {
	m, err := qualifications.read(ctx, g, id, paper)
	m.Body.Secret = ""
	return m, err
}

// Qualifications lists papers of a recipient ("" for all), those put forward first first:
// at most limit, after a given one.
func (g *Gate) Qualifications(ctx context.Context, id avow.PolicyID, of avow.Recipient, after string, limit int) ([]Qualification, error) {
	all, err := qualifications.list(ctx, g, id, after, limit, func(m *Qualification) bool { return of == "" || m.Body.Recipient == of })
	for i := range all {
		all[i].Body.Secret = ""
	}
	return all, err
}

// unsaid leaves out the key that signs dispatches.
func unsaid(m Qualification, r avow.Receipt, err error) (Qualification, avow.Receipt, error) {
	m.Body.Secret = ""
	return m, r, err
}

func (t *turn) qualificationStep(q *Qualifying, v avow.Verdict) {
	t.note(evidence.QualificationStep, func(l *evidence.Leaf) {
		l.Recipient, l.Rules, l.Verdict = q.Recipient, []avow.RuleID{avow.RuleID(q.Recipient)}, v
		l.Clauses = t.force.parties[q.Recipient].clauses
	})
}

// checkQualification refuses a paper that could not count.
func (t *turn) checkQualification(q *Qualifying) error {
	p, ok := t.force.parties[q.Recipient]
	wrong := func(what, try string) error { return &avow.Error{Code: avow.Invalid, Message: what, Try: try} }
	switch sum, err := hex.DecodeString(q.Document); {
	case !ok:
		return wrong("the policy names no such recipient", "use the id of a recipient of the policy")
	case !slices.Contains(paperKinds, q.Kind):
		return wrong("this is no kind of paper", "use one of: "+strings.Join(paperKinds, ", "))
	case p.successor:
		return wrong("a successor is bound at the desk for succession, by its own signature", "open a succession")
	case err != nil || len(sum) != sha256.Size:
		return wrong("the paper itself is not named", "send the SHA-256 of the document as 64 hex digits")
	case strings.TrimSpace(q.By) == "" || q.Date.IsZero() || q.Date.After(t.now):
		return wrong("it is not said who signed or assessed, or when", "send by, and a date that has been")
	case !q.Expires.After(t.now) || q.Expires.After(t.now.Add(longestPaper)):
		return wrong("a paper ends in the future, within five years", "send when it has to be looked at again")
	case q.Kind == "terms" && !isHash(q.Policy):
		return wrong("terms bind to a text, and none is named", "send the hash of the policy that was signed or annexed")
	case q.Kind != "terms" && q.Policy != "" || q.Kind != "purposes" && len(q.Purposes) > 0 || q.Kind != "policy-link" && q.Link != "":
		return wrong("the paper says something that its kind does not say", "leave out policy, purposes or link")
	case q.Kind == "purposes" && (len(q.Purposes) == 0 || slices.ContainsFunc(q.Purposes, func(w avow.Purpose) bool { return !t.force.words.purposes[w] })):
		return wrong("a statement of purposes lists purposes of the policy", "name every purpose that the recipient stated")
	case q.Key != "" && envelope.CheckKey(q.Key) != nil:
		return wrong("the key is not the public half of an age key", "send the recipient's age1…, as age-keygen prints it, and never the secret key")
	case q.Hook != "" && !goodHook(q.Hook):
		return wrong("this is no address to which dispatches could go", "write an https address without a user; http only to a number on a private network that the operator allows")
	case q.Kind == "policy-link":
		return p.checkLink(q.Link)
	}
	return nil
}

// checkLink holds what somebody checked to what the policy publishes. Who looks at it
// says so under their name; that it still leads to the same text is looked at later.
func (p *party) checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || link != p.link {
		return &avow.Error{Code: avow.Invalid, Message: "this is not the link that the policy publishes for the recipient",
			Try: "check the policy_url of the recipient's entry, which begins with https, and send it"}
	}
	return nil
}

func isHash(h avow.Hash) bool { return digestOfHash(h) != [32]byte{} }

// filed is a paper that counts, as it is kept for decisions: all those of one
// recipient in one record of the office.
type filed struct {
	ID string     `json:"id"`
	Is Qualifying `json:"is"`
}

// filedKind is the kind of record (of the office) that holds them, by recipient.
const filedKind = "papers"

// mostFiled bounds the papers of one recipient that count at a time.
const mostFiled = 64

func (t *turn) unfile(r avow.Recipient, paper string) error {
	return t.fileAway(r, func(all []filed) []filed {
		return slices.DeleteFunc(all, func(f filed) bool { return f.ID == paper })
	})
}

// fileAway changes the papers that count for a recipient. Those whose time is over
// go on the way.
func (t *turn) fileAway(r avow.Recipient, change func([]filed) []filed) error {
	all, writes, err := t.filed(t.who, r)
	if err != nil {
		return err
	}
	all = change(slices.DeleteFunc(all, func(f filed) bool { return !t.now.Before(f.Is.Expires) }))
	if len(all) > mostFiled {
		return &avow.Error{Code: avow.Conflict, Message: "too many papers of this recipient count at once", Try: "revoke those that are replaced"}
	}
	plain, err := json.Marshal(all)
	if err != nil {
		return internal("the papers could not be written", err)
	}
	sealed, err := t.who.seal(filedName(r), writes+1, plain)
	if err != nil {
		return internal("the papers could not be sealed", err)
	}
	w := writer{}
	w.uint(writes + 1)
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: filedKind, Key: []byte(r), Body: append(w.b, sealed...)})
	return nil
}

// filedName is the name under which they are sealed; no datum can be called so.
func filedName(r avow.Recipient) avow.Datum { return avow.Datum("\x00papers/" + string(r)) }

// filed returns the papers that were approved for a recipient, and how often their
// record was written.
func (t *turn) filed(office *person, r avow.Recipient) ([]filed, uint64, error) {
	if !office.known() {
		return nil, 0, nil
	}
	rec, ok, err := t.gate.store.Get(t.ctx, office.row.SID, filedKind, []byte(r))
	if err != nil {
		return nil, 0, internal("the recipient's papers could not be read", err)
	}
	if !ok {
		return nil, 0, nil
	}
	in := reader{b: rec.Body}
	writes := in.uint()
	plain, err := office.unseal(filedName(r), writes, in.b)
	if err != nil {
		return nil, 0, internal("the recipient's papers could not be opened", err)
	}
	var all []filed
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, 0, internal("the recipient's papers are malformed", errBody)
	}
	return all, writes, nil
}
