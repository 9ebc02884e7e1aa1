package policy

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// ID returns the policy's slug.
func (p *Program) ID() avow.PolicyID { return avow.PolicyID(p.file.Policy.Text) }

// Version returns the operator's version label.
func (p *Program) Version() string { return p.file.Version.Text }

// Hash returns the hash of the policy's content: its meaning and its texts,
// without comments and layout.
func (p *Program) Hash() avow.Hash { return p.hash }

// Effective returns the instant from which the policy holds: the beginning of
// its effective date in UTC.
func (p *Program) Effective() time.Time { return p.effective }

// Enforces reports whether refusals are refusals. If not (mode observe), they
// are decided and recorded, and the gate lets pass.
func (p *Program) Enforces() bool { return p.file.Mode.Text != "observe" }

// Mode returns "observe" or "enforce".
func (p *Program) Mode() string { return p.file.Mode.Text }

// Languages returns the languages of the published text, the default first.
func (p *Program) Languages() []avow.Language { return syntax.Slugs[avow.Language](p.file.Languages) }

// ReportsDemands reports whether the transparency report counts demands on any of the
// policy's grounds.
func (p *Program) ReportsDemands() bool {
	return slices.ContainsFunc(p.file.Demands, func(d syntax.Demand) bool { return d.Report.On })
}

// Law returns the ids of the law packs that apply.
func (p *Program) Law() []string { return syntax.Texts(p.file.Law) }

// File returns the tree the program was compiled from. It must not be changed.
func (p *Program) File() *syntax.File { return p.file }

// Accepting returns a program that also takes acceptances of other texts of
// this policy for its own: those that it does not widen. It shares everything
// else with p, except that each has its own IDs and Bounds.
func (p *Program) Accepting(hashes ...avow.Hash) *Program {
	q := *p
	q.accepted = append(slices.Clone(p.accepted), hashes...)
	return &q
}

// Datum returns a kind of data.
func (p *Program) Datum(slug avow.Datum) (DatumInfo, bool) {
	id, ok := p.words.data.id(string(slug))
	if !ok {
		return DatumInfo{}, false
	}
	return p.data[id], true
}

// Data returns all kinds of data in the order of the policy. The slice must not
// be changed.
func (p *Program) Data() []DatumInfo { return p.data }

// Form returns a transformation.
func (p *Program) Form(id string) (FormInfo, bool) {
	f, ok := p.forms[id]
	return f, ok
}

// Rule returns the rule or other entry of an id.
func (p *Program) Rule(id avow.RuleID) (RuleInfo, bool) {
	n, ok := p.byID[string(id)]
	if !ok {
		return RuleInfo{}, false
	}
	return p.rules[n], true
}

// Rules returns all entries that have ids. The slice must not be changed.
func (p *Program) Rules() []RuleInfo { return p.rules }

// Clause returns a clause of the original text and the entries that carry it.
func (p *Program) Clause(id avow.ClauseID) (ClauseInfo, bool) {
	c, ok := p.clauses[id]
	return c, ok
}

// Choice returns a choice.
func (p *Program) Choice(id avow.Choice) (ChoiceInfo, bool) {
	n, ok := p.words.choices.id(string(id))
	if !ok {
		return ChoiceInfo{}, false
	}
	e := &p.file.Choices[n]
	return ChoiceInfo{
		ID: id, Kind: e.Kind.Text, For: syntax.Slugs[avow.Purpose](e.For), To: syntax.Slugs[avow.Recipient](e.To), Data: syntax.Slugs[avow.Datum](e.Data),
		GPC: syntax.Has(e.Signal, "gpc"), Expires: e.Expires, ReAsk: e.ReAsk, HeldToo: e.HeldToo.On, Stops: syntax.Slugs[avow.Feature](e.Stops),
		Withdraw: syntax.Texts(e.Withdraw), Clauses: syntax.Slugs[avow.ClauseID](e.Clause),
	}, true
}

// Holds returns the grounds for keeping data longer.
func (p *Program) Holds() []HoldInfo {
	out := make([]HoldInfo, len(p.file.Holds))
	for i := range p.file.Holds {
		e := &p.file.Holds[i]
		out[i] = HoldInfo{
			ID: avow.RuleID(e.ID.Text), Kind: e.Kind.Text, Statute: e.Statute.Text, Max: e.Max, Data: syntax.Slugs[avow.Datum](e.Data),
			Refuses: syntax.Texts(e.Refuses), Approvals: max(1, e.Approved.N), Clauses: syntax.Slugs[avow.ClauseID](e.Clause),
		}
	}
	return out
}

// Erasure returns what erasing means on an occasion, such as "request".
func (p *Program) Erasure(on string) (ErasureInfo, bool) {
	i := slices.IndexFunc(p.file.Erasure, func(e syntax.Erasure) bool { return syntax.Has(e.On, on) })
	if i < 0 {
		return ErasureInfo{}, false
	}
	e := &p.file.Erasure[i]
	return ErasureInfo{
		ID: avow.RuleID(e.ID.Text), On: syntax.Texts(e.On), Reaches: syntax.Texts(e.Reaches), Hide: e.Hide, Live: e.Live, Backups: e.Backups,
		Undo: e.Undo, Keeps: syntax.Texts(e.Keeps), Clauses: syntax.Slugs[avow.ClauseID](e.Clause),
	}, true
}

// Right returns what people can ask for under a word such as "access".
func (p *Program) Right(right string) (RightInfo, bool) {
	i := slices.IndexFunc(p.file.Rights, func(e syntax.Right) bool { return e.Right.Text == right })
	if i < 0 {
		return RightInfo{}, false
	}
	e := &p.file.Rights[i]
	return RightInfo{
		ID: avow.RuleID(e.ID.Text), Right: right, How: syntax.Texts(e.How), Within: e.Within, Free: e.Fee.Text == "free",
		RefuseOnlyFor: syntax.Texts(e.Refusals), Evidence: e.Evidence.On, ComplaintRoute: e.Complain.On, OnReview: e.Effect.Text == "on-review",
		Approvals: int(max(e.Approvals.N, 1)),
		Data:      syntax.Slugs[avow.Datum](e.Data), Clauses: syntax.Slugs[avow.ClauseID](e.Clause),
	}, true
}

// FreshSignIn returns how fresh a sign-in must be for an act (read, edit,
// export or publish) on a datum; false if the policy asks for none.
func (p *Program) FreshSignIn(act string, datum avow.Datum) (syntax.Period, avow.RuleID, bool) {
	for i := range p.file.Access {
		e := &p.file.Access[i]
		if e.Kind.Text == "fresh-sign-in" && (len(e.Verbs) == 0 || syntax.Has(e.Verbs, act)) && (len(e.Data) == 0 || syntax.Has(e.Data, string(datum))) {
			return e.Within, avow.RuleID(e.ID.Text), true
		}
	}
	return syntax.Period{}, "", false
}
