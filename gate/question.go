package gate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/disclose"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// data returns what a question touches, the counted datum first.
func (q *Question) data() []avow.Datum {
	out := []avow.Datum{q.Data}
	for i := range q.By {
		out = once(out, q.By[i].Datum)
	}
	return out
}

// questioned asks the policy about a release and returns the rule that it goes
// by. A refusal is recorded. A policy that observes lets no release pass either:
// there would be no threshold to keep.
func (t *turn) questioned(q *Question, facts avow.Facts) (*syntax.Release, error) {
	req := avow.Request{Policy: t.id, Verb: avow.Release, Data: q.data(), Purpose: q.Purpose, Recipient: q.Recipient, At: t.now}
	d, _ := t.authorize(&req, facts|t.qualified(&req))
	t.oneKind(&req, &d)
	if q.Recipient != "" && t.qualified(&req) == 0 {
		against(&d, 0, avow.RecipientUnqualified.Set())
	}
	rule, ok := t.force.statistics(q.Rule)
	if !ok || !covers(rule, &req) {
		against(&d, 0, avow.VerbUndeclared.Set())
	}
	if d.Reasons != 0 {
		d.Verdict = avow.Refuse
		if err := t.undo(); err != nil {
			return nil, err
		}
		t.ruled(&req, &d)
		return nil, &avow.Refusal{Decision: d}
	}
	return rule, nil
}

// oneKind keeps data about people and data about nobody apart: a table over both
// would join them.
func (t *turn) oneKind(req *avow.Request, d *avow.Decision) {
	for i, datum := range req.Data {
		first, _ := t.program.Datum(req.Data[0])
		info, ok := t.program.Datum(datum)
		if ok && i > 0 && (info.Personal() != first.Personal() || !info.Personal()) {
			against(d, i, avow.MixedWithPersonal.Set())
		}
		if ok && info.Type == "password" {
			against(d, i, avow.PasswordIsNotData.Set())
		}
	}
}

func (f *force) statistics(id avow.RuleID) (*syntax.Release, bool) {
	list := f.program.File().Releases
	i := slices.IndexFunc(list, func(e syntax.Release) bool { return e.ID.Text == string(id) })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

func covers(r *syntax.Release, req *avow.Request) bool {
	for _, d := range req.Data {
		if !syntax.Has(r.Data, string(d)) {
			return false
		}
	}
	return syntax.Has(r.For, string(req.Purpose)) && (req.Recipient == "" && len(r.To) == 0 || syntax.Has(r.To, string(req.Recipient)))
}

// table spells a question out under its rule.
func (t *turn) table(q *Question, rule *syntax.Release) (disclose.Table, error) {
	limit, err := budgetOf(rule)
	if err != nil {
		return disclose.Table{}, internal("the rule's budget is malformed", err)
	}
	out := disclose.Table{Name: string(q.Data), Most: max(q.Most, 1), Crowd: int(rule.Threshold.N), Epsilon: limit, Totals: q.Totals}
	if q.Epsilon != "" {
		out.Epsilon, err = disclose.ParseEpsilon(q.Epsilon)
	}
	if err == nil && out.Epsilon > limit {
		err = errors.New("epsilon is more than the rule's budget")
	}
	sensitive := false
	for i := range q.By {
		b := &q.By[i]
		info, _ := t.program.Datum(cmpOr(b.Datum, q.Data))
		out.Dims = append(out.Dims, disclose.Dim{Name: string(info.Slug) + "." + b.Field, Values: b.Values, Prefix: b.Prefix, Bands: b.Bands, Sensitive: info.Level == "sensitive"})
		if sensitive = sensitive || info.Level == "sensitive"; sensitive {
			out.Diverse = diverse
		}
		if b.Field != "" && info.Type != "json" && err == nil {
			err = errors.New("only JSON has fields")
		}
	}
	if err == nil {
		err = out.Check()
	}
	if err != nil {
		return disclose.Table{}, &avow.Error{Code: avow.Invalid, Message: "this is no table that could be released: " + err.Error(), Try: "see the limits of tables in the documentation"}
	}
	return out, nil
}

func cmpOr(d, fallback avow.Datum) avow.Datum {
	if d == "" {
		return fallback
	}
	return d
}

// budgetOf returns the privacy budget of a rule in each period. A rule that names
// none has a budget of 1: figures without noise can be subtracted from each other.
func budgetOf(rule *syntax.Release) (disclose.Epsilon, error) {
	if rule.Epsilon.Text == "" {
		return disclose.One, nil
	}
	return disclose.ParseEpsilon(rule.Epsilon.Text)
}

// account is what a recipient was told under a rule in the period that runs. A
// period begins with its first question. It holds digests and sums only.
type account struct {
	Until time.Time        `json:"until"`
	Ever  disclose.Epsilon `json:"ever"` // over all periods
	Spent []spentOn        `json:"spent"`
}

type spentOn struct {
	disclose.Spending
	Matter string `json:"matter"`
}

const accountKind = "release-account"

func accountKey(rule avow.RuleID, to avow.Recipient) []byte {
	w := writer{}
	w.string(string(rule))
	w.string(string(to))
	sum := sha256.Sum256(w.b)
	return sum[:]
}

func (g *Gate) account(ctx context.Context, office int64, q *Question, now time.Time) (account, error) {
	var a account
	rec, ok, err := g.store.Get(ctx, office, accountKind, accountKey(q.Rule, q.Recipient))
	if err != nil {
		return a, internal("the privacy budget could not be read", err)
	}
	if ok {
		if err := json.Unmarshal(rec.Body, &a); err != nil {
			return a, internal("the privacy budget is malformed", errBody)
		}
	}
	if !now.Before(a.Until) {
		a.Until, a.Spent = time.Time{}, nil
	}
	return a, nil
}

func (a *account) ledger(limit disclose.Epsilon) disclose.Account {
	out := disclose.Account{Limit: limit}
	for _, s := range a.Spent {
		out.Spent = append(out.Spent, s.Spending)
	}
	return out
}

// answeredRelease finds the release that answered a question in this period.
func (g *Gate) answeredRelease(ctx context.Context, id avow.PolicyID, q *Question) (Release, bool, error) {
	s, err := g.of(id)
	if err != nil {
		return Release{}, false, err
	}
	f := s.inForce.Load()
	rule, ok := f.statistics(q.Rule)
	office, err := g.office(ctx, s)
	if err != nil || !ok || !office.known() {
		return Release{}, false, err
	}
	t := turn{served: s, program: f.program, force: f}
	table, err := t.table(q, rule)
	if err != nil {
		return Release{}, false, nil // it is said where the question is put forward
	}
	a, err := g.account(ctx, office.row.SID, q, g.Now())
	if err != nil {
		return Release{}, false, err
	}
	for _, s := range a.Spent {
		if s.Question != digestOf(q, &table) {
			continue
		}
		m, err := releases.read(ctx, g, id, s.Matter)
		return m, err == nil, err
	}
	return Release{}, false, nil
}

func digestOf(q *Question, t *disclose.Table) [32]byte {
	d := t.Digest()
	return sha256.Sum256(append(d[:], q.Purpose...))
}

// spend takes what the table costs out of the budget and lets the walk begin. A
// walk that began and did not end costs nothing more.
func (t *turn) spend(m *Release) (disclose.Table, error) {
	q := &m.Body.Question
	if m.State == "withdrawn" || m.State == "released" {
		return disclose.Table{}, notNow("the release is " + m.State)
	}
	rule, err := t.questioned(q, approvedFacts(&m.Proposal, m.Body.Approvals))
	if err != nil {
		return disclose.Table{}, err
	}
	what, err := m.Body.Digest()
	if err != nil {
		return disclose.Table{}, err
	}
	if n := int(max(rule.Approved.N, 0)); n != m.Body.Approvals || int(rule.Threshold.N) != m.Body.Crowd || n > 0 && !m.Proposal.approvedBy(n, what) {
		return disclose.Table{}, notNow("the policy has changed since it was put forward, or it was not approved by as many people as the policy wants")
	}
	table, err := t.table(q, rule)
	if err != nil || m.State == "counting" {
		return table, err
	}
	limit, err := budgetOf(rule)
	if err != nil {
		return table, internal("the rule's budget is malformed", err)
	}
	a, err := t.gate.account(t.ctx, t.who.row.SID, q, t.now)
	if err != nil {
		return table, err
	}
	ledger, question := a.ledger(limit), digestOf(q, &table)
	if ledger.Answered(question) || ledger.Spend(question, table.Epsilon) != nil {
		return table, &avow.Error{Code: avow.Conflict, Message: "the privacy budget of this period is spent, or this question was answered in it", Try: "read the release that answered it, or wait for the next period"}
	}
	if a.Until.IsZero() {
		a.Until = t.period(rule)
	}
	a.Ever += table.Epsilon
	a.Spent = append(a.Spent, spentOn{disclose.Spending{Question: question, Epsilon: table.Epsilon}, m.ID})
	raw, err := json.Marshal(a)
	if err != nil {
		return table, internal("the privacy budget could not be written", err)
	}
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: accountKind, Key: accountKey(q.Rule, q.Recipient), Body: raw})
	m.State, m.Body.Until = "counting", a.Until
	return table, nil
}

func (t *turn) period(rule *syntax.Release) time.Time {
	if end := t.program.After(t.now, rule.Schedule); rule.Schedule.Set && end.After(t.now) {
		return end
	}
	return t.now.Add(releasePeriod)
}

// released completes a release, with evidence that cites its rule.
func (t *turn) released(m *Release, rule *syntax.Release, rows []disclose.Row) error {
	raw, err := json.Marshal(rows)
	if err != nil {
		return internal("the table could not be written", err)
	}
	q := &m.Body.Question
	m.State, m.Body.Rows, m.Body.Shown = "released", rows, sha256.Sum256(raw)
	t.note(evidence.Released, func(l *evidence.Leaf) {
		l.Data, l.Purpose, l.Recipient = q.data(), q.Purpose, q.Recipient
		l.Rules, l.Clauses, l.Detail = []avow.RuleID{q.Rule}, syntax.Slugs[avow.ClauseID](rule.Clause), m.Body.Shown
		for i := range rows {
			if !rows[i].Hidden {
				l.Count++
			}
		}
	})
	return nil
}

// ReadRelease returns a release as it stands.
func (g *Gate) ReadRelease(ctx context.Context, id avow.PolicyID, matter string) (Release, error) {
	return releases.read(ctx, g, id, matter)
}

// Releases lists up to limit releases in the order in which they were put
// forward, after a given one.
func (g *Gate) Releases(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Release, error) {
	return releases.list(ctx, g, id, after, limit, nil)
}
