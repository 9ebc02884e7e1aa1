package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
	"avow.dev/vault/blob"
)

// policyKind is the kind of record (of nobody) that keeps every policy text that
// was ever in force, under its hash.
func policyKind(id avow.PolicyID) string { return "policy/" + string(id) }

// Serve puts a policy in force, with the keys of its people. It finishes what a
// crash left behind before the first request is taken, and leaves evidence when
// the text differs from the one that was in force.
func (g *Gate) Serve(ctx context.Context, program *policy.Program, keys *vault.Vault) error {
	id := program.ID()
	if keys.Policy() != string(id) {
		return fmt.Errorf("serve %s: these are the keys of another policy", id)
	}
	if _, err := g.of(id); err == nil {
		return fmt.Errorf("serve %s: a policy of this name is served already", id)
	}
	s := &served{id: id, keys: keys, steady: g.steady, lines: lines{seed: maphash.MakeSeed()}}
	if g.files != nil {
		s.files = blob.New(keys, g.files)
	}
	if err := s.stamp.cut(g.logKey, id); err != nil {
		return fmt.Errorf("serve %s: key of the log: %w", id, err)
	}
	program, err := g.superseding(ctx, s, program)
	if err != nil {
		return fmt.Errorf("serve %s: %w", id, err)
	}
	s.inForce.Store(newForce(program))
	if err := s.inForce.Load().checkSite(g.site); err != nil {
		return fmt.Errorf("serve %s: %w", id, err)
	}
	if err := g.checkKeys(ctx, s); err != nil {
		return fmt.Errorf("serve %s: check keys: %w", id, err)
	}
	if err := g.readClock(ctx, s); err != nil {
		return fmt.Errorf("serve %s: %w", id, err)
	}
	if err := g.enact(ctx, s, program); err != nil {
		return fmt.Errorf("serve %s: %w", id, err)
	}
	if _, err := g.recover(ctx, s); err != nil {
		return fmt.Errorf("serve %s: finish erasures: %w", id, err)
	}
	if err := g.retire(ctx, s); err != nil {
		return fmt.Errorf("serve %s: retire keys: %w", id, err)
	}
	if err := g.catchUp(ctx, s); err != nil {
		return fmt.Errorf("serve %s: catch up with the journal: %w", id, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.served[id] != nil {
		return fmt.Errorf("serve %s: a policy of this name is served already", id)
	}
	g.served[id] = s
	return nil
}

// Replace puts a new text of a policy in force, at once. A text that allows more
// than the one in force is refused: it has to be proposed, approved and announced,
// see [Gate.ProposeChange]. Whoever accepted another text is asked again, unless
// the policy says that silence keeps the narrower rules. Requests under way that are not
// recorded yet are decided anew.
func (g *Gate) Replace(ctx context.Context, program *policy.Program) error {
	s, err := g.of(program.ID())
	if err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := g.mayReplace(ctx, s, s.inForce.Load().program, program); err != nil {
		return err
	}
	return g.enact(ctx, s, program)
}

// enact records the text of a policy that comes into force, unless it was the
// last one to do so, and puts it in force.
func (g *Gate) enact(ctx context.Context, s *served, p *policy.Program) error {
	latest, ok, err := g.store.Get(ctx, 0, policyKind(s.id), []byte("latest"))
	if err != nil {
		return fmt.Errorf("read the latest policy: %w", err)
	}
	chain, err := g.chain(ctx, s.id)
	if err != nil {
		return fmt.Errorf("read the versions of the policy: %w", err)
	}
	next := newForce(p)
	if ok && string(latest.Body) == string(p.Hash()) {
		next.settleChain(chain)
		s.inForce.Store(next)
		return nil
	}
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	leaf, records, chain, err := enacted(next, chain, now)
	if err != nil {
		return err
	}
	next.settleChain(chain)
	err = func() error {
		s.switching.Lock()
		defer s.switching.Unlock()
		_, err := g.commit(ctx, &Change{Policy: s.id, Leaves: []Leaf{{Body: leaf.Append(nil)}}, Put: records})
		if err == nil {
			s.inForce.Store(next)
		}
		return err
	}()
	s.recorded(now, err)
	return err
}

// enacted returns what is recorded of a text that comes into force.
func enacted(next *force, chain []version, now time.Time) (evidence.Leaf, []Record, []version, error) {
	p := next.program
	text, err := syntax.Encode(p.File())
	if err != nil {
		return evidence.Leaf{}, nil, nil, fmt.Errorf("encode policy: %w", err)
	}
	chain = extend(chain, p, now)
	l := evidence.Leaf{ID: newID(), At: now, Kind: evidence.PolicySet, Policy: p.ID(), Hash: p.Hash(), Verdict: avow.Allow,
		Detail: digestOfHash(p.Hash())}
	next.citing("openness")(&l)
	return l, []Record{
		{Kind: policyKind(p.ID()), Key: []byte("latest"), Body: []byte(p.Hash())},
		{Kind: policyKind(p.ID()), Key: hashKey(p.Hash()), Body: text},
		{Kind: policyKind(p.ID()), Key: chainKey, Body: appendChain(chain)},
	}, chain, nil
}

func hashKey(h avow.Hash) []byte {
	d := digestOfHash(h)
	return append([]byte("text/"), d[:]...)
}

// PolicyText returns a policy text that is or was in force, by its hash.
func (g *Gate) PolicyText(ctx context.Context, id avow.PolicyID, h avow.Hash) ([]byte, error) {
	rec, ok, err := g.store.Get(ctx, 0, policyKind(id), hashKey(h))
	if err != nil {
		return nil, internal("the policy text could not be read", err)
	}
	if !ok {
		return nil, &avow.Error{Code: avow.Unknown, Message: "no policy text with this hash was in force here", Try: "see the log for the hashes that were"}
	}
	return rec.Body, nil
}

// LatestPolicy returns the text of a policy that was last in force in a store.
func LatestPolicy(ctx context.Context, s interface {
	Get(ctx context.Context, sid int64, kind string, key []byte) (Record, bool, error)
}, id avow.PolicyID) ([]byte, error) {
	latest, ok, err := s.Get(ctx, 0, policyKind(id), []byte("latest"))
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("policy %s: no text is stored", id))
	}
	rec, ok, err := s.Get(ctx, 0, policyKind(id), hashKey(avow.Hash(latest.Body)))
	if err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("policy %s: its text is not stored", id))
	}
	return rec.Body, nil
}

// digestOfHash returns the 32 bytes of a "sha256:" hash, or zeros.
func digestOfHash(h avow.Hash) (d [32]byte) {
	raw, err := hex.DecodeString(strings.TrimPrefix(string(h), "sha256:"))
	if err == nil && len(raw) == len(d) {
		copy(d[:], raw)
	}
	return d
}
