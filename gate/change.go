package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"

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
	s.slots.Store(keys.MaxSID())
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
	if err := g.announce(ctx, s, program); err != nil {
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

// Replace puts a new text of a policy in force. Whoever accepted another text
// is asked again, unless the new one says that the acceptance still counts.
// Requests under way finish under the policy that they began with.
func (g *Gate) Replace(ctx context.Context, program *policy.Program) error {
	s, err := g.of(program.ID())
	if err != nil {
		return err
	}
	if err := g.announce(ctx, s, program); err != nil {
		return err
	}
	s.inForce.Store(newForce(program))
	return nil
}

// announce records the text of a policy that comes into force, unless it was the
// last one to do so.
func (g *Gate) announce(ctx context.Context, s *served, p *policy.Program) error {
	latest, ok, err := g.store.Get(ctx, 0, policyKind(s.id), []byte("latest"))
	if err != nil {
		return fmt.Errorf("read the latest policy: %w", err)
	}
	if ok && string(latest.Body) == string(p.Hash()) {
		return nil
	}
	text, err := syntax.Encode(p.File())
	if err != nil {
		return fmt.Errorf("encode policy: %w", err)
	}
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	l := evidence.Leaf{ID: newID(), At: now, Kind: evidence.PolicySet, Policy: s.id, Hash: p.Hash(), Verdict: avow.Allow,
		Detail: digestOfHash(p.Hash())}
	newForce(p).citing("openness")(&l)
	_, err = g.commit(ctx, &Change{Policy: s.id, Leaves: []Leaf{{Body: l.Append(nil)}}, Put: []Record{
		{Kind: policyKind(s.id), Key: []byte("latest"), Body: []byte(p.Hash())},
		{Kind: policyKind(s.id), Key: hashKey(p.Hash()), Body: text},
	}})
	s.recorded(now, err)
	return err
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
