package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/policy"
)

// Drafting is the body that proposes a new text of a policy.
type Drafting struct {
	Text string `json:"text" minLength:"1" maxLength:"524288" lines:"yes" doc:"The whole policy file, with a version of its own." example:"avow: 1\npolicy: club\n"`
	Why  string `json:"why" minLength:"1" maxLength:"64" doc:"Why it changes: one of the reasons that the policy lists, if it lists any." example:"law"`
}

// Redrafting is the body that replaces the text of a change.
type Redrafting struct {
	MatterID
	Drafting
}

// Announcing is the body that tells people of a change.
type Announcing struct {
	MatterID
	Since time.Time `json:"since" doc:"From when on the new text holds; not before the notice that the policy promises is over." example:"2026-12-24T00:00:00Z"`
	Link  string    `json:"link,omitempty" maxLength:"500" doc:"A page of your own that says more. Left out, people are led to the page that shows what changes, sentence by sentence."`
}

// PolicyChange is a change of a policy as it stands.
type PolicyChange struct {
	MatterHead
	Hash     string       `json:"hash" doc:"Of the new text."`
	Version  string       `json:"version"`
	From     string       `json:"instead_of" doc:"Hash of the text that it is compared with."`
	Why      string       `json:"why"`
	Widens   bool         `json:"widens" doc:"True if more is allowed or less is promised in some way; known once it is checked."`
	Told     time.Time    `json:"announced,omitzero"`
	Since    time.Time    `json:"since,omitzero" doc:"From when on it holds."`
	Channels []string     `json:"channels,omitempty" nullable:"false" doc:"By which it is announced."`
	Mailed   int64        `json:"messages" doc:"People to whom a message about it is on its way or went out."`
	Missed   int64        `json:"missed" doc:"People whom no message can reach; the system notice is there for them."`
	Replayed int64        `json:"replayed" doc:"Recorded decisions that the draft was tried on."`
	Breaks   []Breaking   `json:"breaks" nullable:"false" doc:"What was allowed in them and would stop, whoever asks."`
	Findings []VetFinding `json:"findings" nullable:"false" doc:"What vetting the draft found and its text does not answer. An error that the text in force has not keeps it a draft."`
}

// VetFinding is something that the rules of a draft say about each other.
type VetFinding struct {
	ID       string `json:"id" example:"implied-consent"`
	Severity string `json:"severity" enum:"error,warning,notice"`
	Rule     string `json:"rule,omitempty"`
	Line     int64  `json:"line" doc:"Of the draft."`
	What     string `json:"what"`
	Why      string `json:"why"`
	Try      string `json:"try"`
	Before   bool   `json:"before,omitempty" doc:"The text in force has it too."`
}

// Breaking is a kind of decision that would end otherwise.
type Breaking struct {
	Verb      string `json:"verb"`
	Datum     string `json:"datum"`
	Purpose   string `json:"purpose,omitempty"`
	Point     string `json:"point,omitempty"`
	Recipient string `json:"recipient,omitempty"`
	Role      string `json:"role,omitempty"`
	Count     int64  `json:"count" doc:"How often it was decided."`
}

// Difference is one difference in meaning between two texts.
type Difference struct {
	Class   string   `json:"class" enum:"needs-fresh-consent,new-recipient,wider,needs-notice,narrower,editorial" doc:"Wider allows more, or promises less."`
	Section string   `json:"section" example:"share"`
	Rules   []string `json:"rules" nullable:"false"`
	Says    Sentence `json:"says"`
}

// Reworded is a published sentence that differs between two texts.
type Reworded struct {
	Rule    string    `json:"rule"`
	Section string    `json:"section"`
	Before  *Sentence `json:"before,omitempty" doc:"Left out for a sentence that is new."`
	After   *Sentence `json:"after,omitempty" doc:"Left out for a sentence that goes."`
}

// ChangeRead is a change with what differs.
type ChangeRead struct {
	PolicyChange
	Text        string       `json:"text" doc:"The new text."`
	Differences []Difference `json:"differences" nullable:"false" doc:"In meaning, the gravest first."`
	Sentences   []Reworded   `json:"sentences" nullable:"false" doc:"In the published words, in every language."`
	Seen        int64        `json:"seen" doc:"People who were shown what it changes for them."`
	Concerns    *Concerned   `json:"concerns,omitempty" doc:"Whom it concerns, as counted last."`
	Counting    *Counting    `json:"counting,omitempty" doc:"How far it has come to count them anew."`
}

// Changed is the answer of the operations on one change.
type Changed struct {
	Receipt Receipt      `json:"receipt"`
	Change  PolicyChange `json:"change"`
}

// PolicyChanges is a list of changes.
type PolicyChanges struct {
	Changes []PolicyChange `json:"changes" nullable:"false"`
}

func changeOf(m *gate.PolicyChange) PolicyChange {
	b := &m.Body
	out := PolicyChange{MatterHead: headOfMatter(m, gate.ChangeApprovals()), Hash: string(b.Hash), Version: b.Version, From: string(b.From), Why: b.Why, Widens: b.Widens,
		Told: b.Told, Since: b.Since, Channels: b.Channels, Mailed: b.Mailed, Missed: b.Missed, Replayed: b.Replayed, Breaks: make([]Breaking, len(b.Breaks)), Findings: make([]VetFinding, len(b.Findings))}
	for i, f := range b.Findings {
		out.Findings[i] = VetFinding{f.ID, string(f.Severity), string(f.Rule), int64(f.Line), f.What, f.Why, f.Try, f.Before}
	}
	for i, x := range b.Breaks {
		out.Breaks[i] = Breaking{x.Verb, string(x.Datum), string(x.Purpose), string(x.Point), string(x.Recipient), string(x.Role), x.Count}
	}
	return out
}

func changed(c *call, m gate.PolicyChange, r avow.Receipt, err error) (Changed, error) {
	if err != nil {
		return Changed{}, named(c, err, []avow.Datum(nil))
	}
	return Changed{receiptOf(r), changeOf(&m)}, nil
}

func differencesOf(list []policy.Change) []Difference {
	out := make([]Difference, len(list))
	for i, x := range list {
		out[i] = Difference{string(x.Class), x.Section, strs(x.Rules), Sentence{x.Says.En, x.Says.Zh}}
	}
	return out
}

const changesTag = "Changes of the policy"

func (d *Door) addChanges() error {
	for _, add := range []func() error{d.addDrafts, d.addChangeSteps, d.addChangePeople, d.addChangeLists, d.addAhead} {
		if err := add(); err != nil {
			return err
		}
	}
	d.addHistory()
	return nil
}

func (d *Door) addDrafts() error {
	const draft = `"text":"avow: 1\npolicy: club\n","why":"law"`
	return errors.Join(post(d, operation{id: "propose-change", path: "/v1/{policy}/changes", tag: changesTag, scopes: auth.Officer,
		summary: "Propose a new text of the policy",
		doc: "It is checked, approved by two people, and announced; then it comes into force by itself. A wider text cannot come into force in any other way. " +
			"Who is silent keeps the narrower rules where the policy says so, and so does data that was collected before.",
		example: `{` + draft + `}`,
	}, func(c *call, in *Drafting) (Changed, error) {
		m, r, err := c.gate.ProposeChange(c, c.policy, c.officer(""), []byte(in.Text), in.Why)
		return changed(c, m, r, err)
	}), post(d, operation{id: "redraft-change", path: "/v1/{policy}/changes/redraft", tag: changesTag, scopes: auth.Officer,
		summary: "Replace the text of a change that is not announced yet",
		doc:     "What was approved before is void.",
		example: `{"id":"000000000000000000000000000000ff",` + draft + `}`,
	}, func(c *call, in *Redrafting) (Changed, error) {
		m, r, err := c.gate.RedraftChange(c, c.policy, in.ID, c.officer(""), []byte(in.Text), in.Why)
		return changed(c, m, r, err)
	}))
}

func (d *Door) addChangeSteps() error {
	for _, row := range []struct {
		operation
		do func(context.Context, avow.PolicyID, string, gate.Officer) (gate.PolicyChange, avow.Receipt, error)
	}{
		{operation{id: "check-change", path: "/v1/{policy}/changes/check", summary: "Vet a draft, compare it with the text in force, and try it on recorded decisions",
			doc: "Then it can be approved by two others. With an error that the text in force has not, it stays a draft; the findings say why."}, d.cfg.Gate.CheckChange},
		{operation{id: "withdraw-change", path: "/v1/{policy}/changes/withdraw", summary: "Give a change up that is not in force"}, d.cfg.Gate.WithdrawChange},
	} {
		op := row.operation
		op.tag, op.scopes, op.example = changesTag, auth.Officer, `{"id":"000000000000000000000000000000ff"}`
		err := post(d, op, func(c *call, in *MatterID) (Changed, error) {
			m, r, err := row.do(c, c.policy, in.ID, c.officer(""))
			return changed(c, m, r, err)
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(post(d, operation{id: "approve-change", path: "/v1/{policy}/changes/approve", tag: changesTag, scopes: auth.Officer,
		summary: "Approve a change",
		doc:     "Nobody approves what they put forward, nobody twice through another token of theirs, and nobody anything else than what stands.",
		example: `{"id":"000000000000000000000000000000ff","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *Approving) (Changed, error) {
		what, err := in.digest()
		if err != nil {
			return Changed{}, err
		}
		m, r, err := c.gate.ApproveChange(c, c.policy, in.ID, c.officer(""), what)
		return changed(c, m, r, err)
	}), post(d, operation{id: "announce-change", path: "/v1/{policy}/changes/announce", tag: changesTag, scopes: auth.Officer,
		summary: "Tell people of a change, and from when on it holds",
		doc:     "It is public from then on, and messages go out. It comes into force by itself, after the notice that the policy in force promises.",
		example: `{"id":"000000000000000000000000000000ff","since":"2026-12-24T00:00:00Z"}`,
	}, func(c *call, in *Announcing) (Changed, error) {
		m, r, err := c.gate.AnnounceChange(c, c.policy, in.ID, c.officer(""), in.Since, in.Link)
		return changed(c, m, r, err)
	}))
}

func (d *Door) addChangeLists() error {
	return errors.Join(list(d, operation{id: "changes", path: "/v1/{policy}/changes/list", tag: changesTag, scopes: auth.Officer | auth.Auditor,
		summary: "List changes in the order in which they were proposed", doc: "Without the texts.",
	}, (*gate.Gate).Changes, plainly(changeOf), func(l []PolicyChange) PolicyChanges { return PolicyChanges{l} }), post(d, operation{id: "read-change", path: "/v1/{policy}/changes/read", tag: changesTag, scopes: auth.Officer | auth.Auditor,
		summary: "Read one change, with what differs in meaning and in words", example: `{"id":"000000000000000000000000000000ff"}`,
	}, d.readChange))
}

func (d *Door) readChange(c *call, in *MatterID) (ChangeRead, error) {
	m, err := c.gate.Change(c, c.policy, in.ID)
	if err != nil {
		return ChangeRead{}, err
	}
	under, counting, err := c.gate.ChangeCountUnderWay(c, c.policy, in.ID)
	if err != nil {
		return ChangeRead{}, err
	}
	out := ChangeRead{PolicyChange: changeOf(&m), Text: m.Body.Text, Concerns: concernedOf(m.Body.Concerns), Counting: countingOf(under, counting)}
	next, err := m.Body.Program()
	if err != nil {
		return ChangeRead{}, err
	}
	old, err := c.gate.Text(c, c.policy, m.Body.From)
	if err != nil {
		return ChangeRead{}, err
	}
	out.Differences = differencesOf(policy.Diff(old, next))
	if out.Sentences, err = d.reworded(old, next); err != nil {
		return ChangeRead{}, err
	}
	out.Seen, err = c.gate.ChangeSeen(c, c.policy, m.Body.Hash)
	return out, err
}

// reworded compares the published sentences of two texts, rule by rule, in every
// language that both have.
func (d *Door) reworded(old, next *policy.Program) ([]Reworded, error) {
	before, err := d.sentencesOf(old)
	if err != nil {
		return nil, err
	}
	after, err := d.sentencesOf(next)
	if err != nil {
		return nil, err
	}
	out := []Reworded{}
	for _, k := range after.order {
		a := after.of[k]
		switch b, was := before.of[k]; {
		case !was:
			out = append(out, Reworded{Rule: k[1], Section: k[0], After: &a})
		case a != b:
			out = append(out, Reworded{Rule: k[1], Section: k[0], Before: &b, After: &a})
		}
	}
	for _, k := range before.order {
		if _, stays := after.of[k]; !stays {
			b := before.of[k]
			out = append(out, Reworded{Rule: k[1], Section: k[0], Before: &b})
		}
	}
	return out, nil
}

// spoken are the published sentences of a text, by section and rule.
type spoken struct {
	of    map[[2]string]Sentence
	order [][2]string
}

func (d *Door) sentencesOf(p *policy.Program) (spoken, error) {
	out := spoken{of: make(map[[2]string]Sentence)}
	for e := range p.File().Entries() {
		var said RuleExplained
		said.Rule, said.Section = e.Head.ID.Text, e.Section
		if err := d.said(p, &said); err != nil {
			return out, err
		}
		if said.Sentence == nil {
			continue
		}
		k := [2]string{said.Section, said.Rule}
		if _, twice := out.of[k]; !twice {
			out.order = append(out.order, k)
		}
		out.of[k] = *said.Sentence
	}
	return out, nil
}

// ChangesAhead is what changes for a person.
type ChangesAhead struct {
	Receipt Receipt `json:"receipt"`
	Changes []Ahead `json:"changes" nullable:"false"`
}

// Ahead is a change as one person meets it.
type Ahead struct {
	PastVersion
	Accepted bool         `json:"accepted" doc:"True if the person has accepted the new text."`
	Changes  []Difference `json:"differences" nullable:"false" doc:"From the text that holds for this person now."`
}

func (d *Door) addAhead() error {
	return post(d, operation{id: "changes-ahead", path: "/v1/{policy}/changes/ahead", tag: changesTag, scopes: auth.App,
		summary: "Say what changes for a person",
		doc:     "What was announced, and what came into force and the person has not accepted: the system notice. That they were shown it is noted.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (ChangesAhead, error) {
		list, r, err := c.gate.ChangesAhead(c, c.policy, in.ref())
		if err != nil {
			return ChangesAhead{}, named(c, err, []avow.Datum(nil))
		}
		out := ChangesAhead{receiptOf(r), make([]Ahead, len(list))}
		for i := range list {
			out.Changes[i] = Ahead{d.pastVersion(c.policy, &list[i].Version), list[i].Accepted, differencesOf(list[i].Changes)}
		}
		return out, nil
	})
}

// PastVersion is one version of a policy as everybody may know it.
type PastVersion struct {
	Hash     string    `json:"hash"`
	Version  string    `json:"version"`
	State    string    `json:"state" enum:"announced,effective,superseded,withdrawn"`
	Told     time.Time `json:"announced,omitzero"`
	Since    time.Time `json:"since,omitzero" doc:"From when on it holds or held."`
	From     string    `json:"instead_of,omitempty"`
	Why      string    `json:"why,omitempty"`
	Widens   bool      `json:"widens,omitempty"`
	Channels []string  `json:"channels,omitempty" nullable:"false"`
	Link     string    `json:"link"`
}

// History is the public history of a policy, the newest version first.
type History struct {
	Policy   string        `json:"policy"`
	Versions []PastVersion `json:"versions" nullable:"false"`
}

func (d *Door) pastVersion(id avow.PolicyID, v *gate.Version) PastVersion {
	link := v.Link
	if link == "" {
		link = d.cfg.BaseURL + "/policy/" + string(id)
	}
	return PastVersion{string(v.Hash), v.Version, v.State, v.Told, v.Since, string(v.From), v.Why, v.Widens, v.Channels, link}
}

func (d *Door) addHistory() {
	d.open(operation{
		id: "history", path: "/policy/{policy}/history", tag: "For everyone", media: "application/json",
		summary: "Read the versions of a policy",
		doc:     "Those announced, the one in force, and those before, with when each was announced and from when on it held. The hashes are those of the log.",
		params:  []param{{"policy", "path", "A policy.", "club"}},
	}, func(w http.ResponseWriter, r *http.Request) error {
		id := avow.PolicyID(r.PathValue("policy"))
		list, err := d.cfg.Gate.Versions(r.Context(), id)
		if err != nil {
			return err
		}
		out := History{string(id), make([]PastVersion, len(list))}
		for i := range list {
			out.Versions[i] = d.pastVersion(id, &list[i])
		}
		return d.publicJSON(w, r, out)
	})
}
