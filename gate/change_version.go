package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// The versions of a policy form a chain, oldest first. Where the policy says that
// silence keeps the narrower rules, somebody who accepted an earlier version and
// said nothing since is decided upon by every version from theirs on: what any of
// them refuses, is refused. So a version that narrows holds for everybody at once,
// and one that widens for nobody who did not accept it. Data is treated like that
// too, also that of people who accepted: what was collected under an earlier
// version is used as all versions since then allow.

// version is one text of a policy that is or was in force.
type version struct {
	hash    avow.Hash
	since   time.Time // when it came into force
	program func() (*policy.Program, error)
}

// mostVersions is how many versions are remembered for people who are silent.
// Whoever accepted an older one is asked again.
const mostVersions = 32

// chainKey is under which the chain lies beside the texts.
var chainKey = []byte("chain")

func appendChain(chain []version) []byte {
	w := writer{}
	w.uint(uint64(len(chain)))
	for i := range chain {
		w.string(string(chain[i].hash))
		w.time(chain[i].since)
	}
	return w.b
}

// chain reads the versions of a policy. Texts are compiled when they are needed
// first.
func (g *Gate) chain(ctx context.Context, id avow.PolicyID) ([]version, error) {
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), chainKey)
	if err != nil || !ok {
		return nil, err
	}
	r := reader{b: rec.Body}
	var out []version
	for range r.count() {
		v := version{hash: avow.Hash(r.string()), since: r.time()}
		v.program = sync.OnceValues(func() (*policy.Program, error) { return g.compiled(context.WithoutCancel(ctx), id, v.hash) })
		out = append(out, v)
	}
	return out, r.done()
}

// Text returns the program of a text that is or was in force, or that was
// announced.
func (g *Gate) Text(ctx context.Context, id avow.PolicyID, h avow.Hash) (*policy.Program, error) {
	if p, err := g.Program(id); err != nil || p.Hash() == h {
		return p, err
	}
	return g.compiled(ctx, id, h)
}

// compiled reads and compiles a text that was in force, or that a desk keeps.
func (g *Gate) compiled(ctx context.Context, id avow.PolicyID, h avow.Hash) (*policy.Program, error) {
	text, err := g.PolicyText(ctx, id, h)
	if err != nil {
		return nil, err
	}
	return compileText(text)
}

func compileText(text []byte) (*policy.Program, error) {
	f, faults := syntax.Parse("policy.yaml", text)
	if len(faults) > 0 {
		return nil, faults
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// extend returns the chain with a version that comes into force now.
func extend(chain []version, p *policy.Program, now time.Time) []version {
	v := version{p.Hash(), now, func() (*policy.Program, error) { return p, nil }}
	chain = append(slices.Clip(chain), v)
	return chain[max(0, len(chain)-mostVersions):]
}

// keepsNarrower reports whether a policy says that silence keeps the narrower
// rules.
func keepsNarrower(p *policy.Program) bool {
	return slices.ContainsFunc(p.File().Changes, func(c syntax.Change) bool { return c.Rule.Text == "silence-keeps-narrower" })
}

// settleChain gives a policy in force its earlier versions, as far as silence keeps
// them for anybody.
func (f *force) settleChain(chain []version) {
	if len(chain) < 2 || !keepsNarrower(f.program) {
		return
	}
	f.since, f.earlier = chain[len(chain)-1].since, chain[:len(chain)-1]
}

// accepted returns the place in the chain of the version that somebody accepted,
// and false if it is the one in force, or none that counts.
func (f *force) accepted(s *avow.Standing) (int, bool) {
	if len(f.earlier) == 0 || s.Acceptance.State != avow.AcceptedPolicy || s.Acceptance.Policy == f.program.Hash() {
		return 0, false
	}
	i := slices.IndexFunc(f.earlier, func(v version) bool { return v.hash == s.Acceptance.Policy })
	return i, i >= 0
}

// asked decides by one version, as if the person had accepted that one.
func asked(p *policy.Program, req *avow.Request, facts avow.Facts, s *avow.Standing, now time.Time) (avow.Decision, bool) {
	standing := *s
	if standing.Acceptance.State == avow.AcceptedPolicy {
		standing.Acceptance.Policy = p.Hash()
	}
	bound := p.Bind(&standing, now)
	return p.Weigh(req, facts, &bound)
}

// bySilence decides by every version from the one that a silent person accepted.
func (t *turn) bySilence(from int, req *avow.Request, facts avow.Facts) (avow.Decision, bool) {
	d, ok := asked(t.program, req, facts, &t.who.state.Standing, t.now)
	if !ok {
		return d, false
	}
	for _, v := range t.force.earlier[from:] {
		p, err := v.program()
		if err != nil {
			d.Reasons |= avow.AcceptanceOutdated.Set()
			continue
		}
		before, allowed := asked(p, req, facts, &t.who.state.Standing, t.now)
		if allowed {
			continue
		}
		for i := range before.Rulings {
			if before.Rulings[i].Verdict != avow.Allow {
				against(&d, i, avow.AcceptanceOutdated.Set())
			}
		}
		d.Reasons |= avow.AcceptanceOutdated.Set()
	}
	if d.Reasons != 0 {
		d.Verdict = avow.Refuse
	}
	return d, d.Reasons == 0
}

// usableSince returns from when on a datum has to have been collected for a use
// that is allowed now: the end of the last version that would not allow it.
func (t *turn) usableSince(req *avow.Request, facts avow.Facts, datum avow.Datum) time.Time {
	one := *req
	one.Data = []avow.Datum{datum}
	until := t.force.since
	for i := len(t.force.earlier) - 1; i >= 0; i-- {
		v := &t.force.earlier[i]
		p, err := v.program()
		if err != nil {
			return until
		}
		if _, ok := asked(p, &one, facts, &t.who.state.Standing, t.now); !ok {
			return until
		}
		until = v.since
	}
	return time.Time{}
}

// older keeps what was collected under an earlier version from uses that it did
// not allow. Of many items, the older ones are left out.
func (t *turn) older(req *avow.Request, facts avow.Facts, d *avow.Decision) {
	t.cuts = nil
	if opened := t.who.state.opened; len(t.force.earlier) == 0 || !t.who.known() || !opened.IsZero() && !opened.Before(t.force.since) {
		return // there is nothing older than this version
	}
	for i, datum := range req.Data {
		if t.who.body.of(datum) == nil && !t.collectedBefore(datum, t.force.since) {
			continue
		}
		cut := t.usableSince(req, facts, datum)
		if cut.IsZero() {
			continue
		}
		if t.collectedBefore(datum, cut) {
			against(d, i, avow.AcceptanceOutdated.Set())
		}
		if t.cuts == nil {
			t.cuts = make(map[avow.Datum]time.Time)
		}
		t.cuts[datum] = cut
	}
}

// collectedBefore reports whether the value of a datum is older than a version.
func (t *turn) collectedBefore(datum avow.Datum, at time.Time) bool {
	c := t.who.body.cell(datum)
	return c != nil && c.collected().Before(at)
}

// collected returns when a value came.
func (c *cell) collected() (at time.Time) {
	for _, g := range c.grants {
		if g.at.After(at) {
			at = g.at
		}
	}
	return at
}

// tooOld reports whether an item is older than the version that allows its use.
func (t *turn) tooOld(c *cell) bool {
	cut, ok := t.cuts[c.datum]
	return ok && c.collected().Before(cut)
}

// ErrWidens: a text allows more than the one in force, and was not announced.
var ErrWidens = errors.New("the text widens what was promised")

// mayReplace keeps a wider text from coming into force in any other way than by
// the desk for changes. Before there is anybody whom it could concern, every text
// may.
func (g *Gate) mayReplace(ctx context.Context, s *served, old, next *policy.Program) error {
	if g.trial || old == nil || old.Hash() == next.Hash() {
		return nil
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return internal("it could not be read whether there are people", err)
	}
	if end <= 1 {
		return nil
	}
	chain, err := g.chain(ctx, s.id)
	if err != nil {
		return internal("the versions of the policy could not be read", err)
	}
	if slices.ContainsFunc(chain, func(v version) bool { return v.hash == next.Hash() }) {
		return &avow.Error{Code: avow.Conflict, Message: "this text is an earlier version of the policy, and was superseded", Try: "export the version in force, and change that", Cause: ErrWidens}
	}
	for _, c := range policy.Diff(old, next) {
		if c.Class.Widens() {
			return &avow.Error{Code: avow.Conflict, Message: fmt.Sprintf("the text is wider than the one in force, by %s %v at least, and people were not told", c.Section, c.Rules),
				Try: "propose the change at the desk (POST /v1/{policy}/changes), have it approved by two and announced; it then comes into force by itself", Cause: ErrWidens}
		}
	}
	return nil
}

// superseding returns the program that a policy's file stands for at a start: the
// file's own, or the version that superseded it while the server ran.
func (g *Gate) superseding(ctx context.Context, s *served, p *policy.Program) (*policy.Program, error) {
	latest, ok, err := g.store.Get(ctx, 0, policyKind(s.id), []byte("latest"))
	if err != nil || !ok || string(latest.Body) == string(p.Hash()) || g.trial {
		return p, err
	}
	now, err := g.compiled(ctx, s.id, avow.Hash(latest.Body))
	if err != nil {
		return nil, fmt.Errorf("compile the version in force: %w", err)
	}
	chain, err := g.chain(ctx, s.id)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(chain, func(v version) bool { return v.hash == p.Hash() }) {
		return now, nil
	}
	return p, g.mayReplace(ctx, s, now, p)
}
