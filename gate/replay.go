package gate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// ReplayLife is how long a request is remembered by its key.
const ReplayLife = 24 * time.Hour

// Replay makes a request that is sent twice act once: the caller names it by a
// key of their own, the key is remembered together with the act, in the same
// transaction, and a second request under it gets the first one's receipt. What
// was handed out the first time is not handed out again.
//
// Neither the key nor the request is stored: a keyed hash of each is.
type Replay struct {
	name    []byte
	request [32]byte
	done    bool
}

// NewReplay returns the memory of one request. caller separates the keys of one
// caller from those of another; op and body are what must be the same when the
// key comes again.
func NewReplay(caller, key, op string, body []byte) *Replay {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(op))))
	h.Write([]byte(op))
	h.Write(body)
	r := &Replay{name: binary.BigEndian.AppendUint64(nil, uint64(len(caller)))}
	r.name = append(append(r.name, caller...), key...)
	h.Sum(r.request[:0])
	return r
}

// Done reports whether the answer was the remembered one.
func (r *Replay) Done() bool { return r.done }

type replayContext struct{}

// Once returns a context under which everything that writes, except Token, acts
// at most once for r. Reading for the person (Access and Copy) may be repeated
// as often as they like.
func Once(ctx context.Context, r *Replay) context.Context {
	return context.WithValue(ctx, replayContext{}, r)
}

// repeatable returns a context without a Replay.
func repeatable(ctx context.Context) context.Context {
	if onceOf(ctx) == nil {
		return ctx
	}
	return Once(ctx, nil)
}

func onceOf(ctx context.Context) *Replay {
	r, _ := ctx.Value(replayContext{}).(*Replay) // absent: nil
	return r
}

// replayKind is the kind of record (of nobody) that remembers requests.
func replayKind(id avow.PolicyID) string { return "replay/" + string(id) }

// memory is what is remembered of a request: its keyed hash, and the answer
// without any value.
type memory struct {
	request Tag
	from    int64 // the leaf's index is at least this
	receipt avow.Receipt
	refused bool
	answer  avow.Decision
	extra   []byte
}

func (m *memory) append() []byte {
	w := writer{b: append([]byte(nil), m.request[:]...)}
	w.uint(uint64(m.from))
	w.bytes(m.receipt.Leaf[:])
	w.time(m.receipt.At)
	w.uint(uint64(m.receipt.Verdict))
	w.bool(m.receipt.Observe)
	w.bool(m.refused)
	w.string(string(m.answer.Policy))
	w.uint(uint64(m.answer.Reasons))
	w.uint(uint64(len(m.answer.Rulings)))
	for i := range m.answer.Rulings {
		ruling := &m.answer.Rulings[i]
		w.uint(uint64(ruling.Verdict))
		w.uint(uint64(ruling.Reasons))
		w.string(string(ruling.Rule))
	}
	w.bytes(m.extra)
	return w.b
}

func decodeMemory(raw []byte) (m memory, err error) {
	if len(raw) < len(m.request) {
		return m, errBody
	}
	r := reader{b: raw[copy(m.request[:], raw):]}
	m.from = int64(r.uint())
	r.bad = copy(m.receipt.Leaf[:], r.bytes()) != len(m.receipt.Leaf) || r.bad
	m.receipt.At = r.time()
	m.receipt.Verdict = avow.Verdict(r.uint())
	m.receipt.Observe, m.refused = r.bool(), r.bool()
	m.answer.Policy, m.answer.Reasons = avow.Hash(r.string()), avow.Reasons(r.uint())
	for range r.count() {
		m.answer.Rulings = append(m.answer.Rulings, avow.Ruling{Verdict: avow.Verdict(r.uint()), Reasons: avow.Reasons(r.uint()), Rule: avow.RuleID(r.string())})
	}
	m.extra = r.bytes()
	return m, r.done()
}

// onced is a turn's share in a Replay.
type onced struct {
	replay  *Replay
	key     Tag
	request Tag
	from    int64
	stale   bool // an entry of this key is there, and its time is over
}

// replayed looks whether the request was answered before. Then it returns the
// turn of that answer, or its refusal. Without a [Replay] it returns nothing.
func (g *Gate) replayed(ctx context.Context, s *served) (*onced, *turn, error) {
	r := onceOf(ctx)
	if r == nil {
		return nil, nil, nil
	}
	key, err := s.tag("\x00replay", r.name)
	if err != nil {
		return nil, nil, internal("the request could not be looked up", err)
	}
	request, err := s.tag("\x00request", r.request[:])
	if err != nil {
		return nil, nil, internal("the request could not be looked up", err)
	}
	state, err := g.store.LogState(ctx, s.id)
	if err != nil {
		return nil, nil, internal("the log's state could not be read", err)
	}
	o := &onced{replay: r, key: key, request: request, from: state.Recorded}
	m, found, err := g.recall(ctx, s, key)
	if err != nil || !found {
		return o, nil, err
	}
	if !g.Now().Before(m.receipt.At.Add(ReplayLife)) {
		o.stale = true
		return o, nil, nil
	}
	if m.request != request {
		return nil, nil, &avow.Error{Code: avow.Conflict, Message: "this key was used for another request", Try: "use a new key for each request"}
	}
	r.done = true
	m.receipt.Policy = s.id
	if m.receipt.Index, err = g.indexOf(ctx, s.id, m.receipt.Leaf, m.from); err != nil {
		return nil, nil, err
	}
	if m.refused {
		return nil, nil, &avow.Refusal{Receipt: m.receipt, Decision: s.spell(m.answer)}
	}
	return nil, &turn{served: s, ctx: ctx, gate: g, who: &person{}, answered: &m.receipt, extra: m.extra}, nil
}

func (g *Gate) recall(ctx context.Context, s *served, key Tag) (memory, bool, error) {
	rec, ok, err := g.store.Get(ctx, 0, replayKind(s.id), key[:])
	if err != nil {
		return memory{}, false, internal("the request could not be looked up", err)
	}
	if !ok {
		return memory{}, false, nil
	}
	m, err := decodeMemory(rec.Body)
	if err != nil {
		return memory{}, false, internal("a remembered request is malformed", err)
	}
	return m, true, nil
}

// spell adds the clauses of the rules to a remembered decision.
func (s *served) spell(d avow.Decision) avow.Decision {
	p := s.inForce.Load().program
	for i := range d.Rulings {
		if info, ok := p.Rule(d.Rulings[i].Rule); ok {
			d.Rulings[i].Clauses = info.Clauses
		}
	}
	return d
}

// replayReach is how many leaves are searched for one whose index is sought.
const replayReach = 1 << 14

// indexOf finds the leaf with an id that was recorded soon after the log had
// length from. A leaf that other requests have pushed far away has index -1.
func (g *Gate) indexOf(ctx context.Context, id avow.PolicyID, leaf [16]byte, from int64) (int64, error) {
	state, err := g.store.LogState(ctx, id)
	if err != nil {
		return 0, internal("the log's state could not be read", err)
	}
	for last := min(state.Recorded, from+replayReach); from < last; from += scanPage {
		bodies, err := g.store.Leaves(ctx, id, from, min(from+scanPage, last))
		if err != nil {
			return 0, internal("the log could not be read", err)
		}
		for i, b := range bodies {
			if l, err := evidence.Parse(b); err == nil && l.ID == leaf {
				return from + int64(i), nil
			}
		}
	}
	return -1, nil
}

// remember adds the memory of this turn's answer to its change. It is taken
// where another request under the same key was quicker.
func (t *turn) remember(refusal *avow.Refusal) {
	if t.once == nil {
		return
	}
	rec := t.record(t.receipt(), refusal)
	if t.once.stale {
		t.change.Delete = append(t.change.Delete, rec)
	}
	t.change.PutNew = append(t.change.PutNew, rec)
}

func (t *turn) record(receipt avow.Receipt, refusal *avow.Refusal) Record {
	m := memory{request: t.once.request, from: t.once.from, receipt: receipt, extra: t.extra}
	if receipt.At.IsZero() {
		m.receipt.At = t.now
	}
	if refusal != nil {
		m.refused, m.answer = true, refusal.Decision
	}
	return Record{Kind: replayKind(t.id), Key: t.once.key[:], Body: m.append()}
}

// outrun reports whether another request under the same key was answered while
// this one was under way.
func (t *turn) outrun() bool {
	if t.once == nil {
		return false
	}
	m, ok, err := t.gate.recall(t.ctx, t.served, t.once.key)
	return err == nil && ok && t.now.Before(m.receipt.At.Add(ReplayLife))
}

// forget takes the remembered requests away whose time is over.
func (g *Gate) forget(ctx context.Context) error {
	for _, id := range g.Policies() {
		var after []byte
		for {
			recs, err := g.store.Scan(ctx, 0, replayKind(id), after, scanPage)
			if err != nil {
				return internal("remembered requests could not be read", err)
			}
			if err := g.forgetPage(ctx, id, recs); err != nil {
				return err
			}
			if len(recs) < scanPage {
				break
			}
			after = recs[len(recs)-1].Key
		}
	}
	return nil
}

func (g *Gate) forgetPage(ctx context.Context, id avow.PolicyID, recs []Record) error {
	c := Change{Policy: id}
	for _, rec := range recs {
		m, err := decodeMemory(rec.Body)
		if err != nil || !g.Now().Before(m.receipt.At.Add(ReplayLife)) {
			c.Delete = append(c.Delete, rec)
		}
	}
	if len(c.Delete) == 0 {
		return nil
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return internal("remembered requests could not be cleared away", err)
	}
	return nil
}
