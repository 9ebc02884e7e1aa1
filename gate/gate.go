package gate

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"avow.dev"
	"avow.dev/ledger"
	"avow.dev/notice/letter"
	"avow.dev/policy"
	"avow.dev/vault"
	"avow.dev/vault/blob"
)

// Gate decides, acts and leaves evidence, for every policy it serves. It is
// safe for concurrent use.
type Gate struct {
	store    Store
	clock    func() time.Time
	recorded func(avow.PolicyID)
	journal  Journal
	// backupsKept is how old a backup may be that is put back; 0 means any age.
	backupsKept time.Duration
	files       blob.Store
	courier     Courier
	troubled    func(string, error)
	letters     *letter.Texts
	logKey      func(avow.PolicyID) (ledger.Key, bool)
	channels    []string      // that something drives; nil: all
	posting     chan struct{} // wakes whoever delivers; has room for one
	hashing     hashing
	base        atomic.Pointer[string] // address of the door
	incident    chan struct{}          // wakes whoever pursues incidents; has room for one
	pursuing    sync.Mutex

	optingOut chan struct{} // wakes whoever carries opt-outs out; has room for one

	counts   chan struct{} // wakes whoever counts; has room for one
	counting sync.Mutex    // one page of a count at a time

	steady   bool
	site     Site
	trial    bool
	alerts   []Alert
	address  string
	sweeping sync.Mutex

	mu     sync.RWMutex
	served map[avow.PolicyID]*served
}

// Config is what a gate is made of.
type Config struct {
	Store Store
	// Clock is the one source of time; evidence and retention follow it.
	Clock func() time.Time
	// Recorded, if not nil, is called after evidence of a policy was committed,
	// so that somebody can seal it. It must not block.
	Recorded func(avow.PolicyID)
	// Journal, if not nil, remembers what must hold whichever backup of the data
	// is put back.
	Journal Journal
	// BackupsKept is how old a backup may be that is put back. The sweep has the
	// journal forget what only an older one would need, with evidence. 0 means any
	// age, and nothing is forgotten.
	BackupsKept time.Duration
	// Steady has everything refused while the clock stands more than an hour
	// before the newest evidence. Without it such a clock is taken for one that was
	// set right.
	Steady bool
	// Site is where the instance and its backups stand.
	Site Site
	// Alerts are told when a promise breaks or an attestation runs out.
	Alerts []Alert
	// Address is where the door is reached from outside, for links in messages.
	Address string
	// Trial lets [Gate.Replace] put any text in force. It is for proofs, whose people
	// are made up.
	Trial bool
	// Files, if not nil, keeps the sealed bytes of large values. Without it,
	// [Gate.CollectFile] refuses.
	Files blob.Store
	// Courier, if not nil, carries one-time codes to people. Without it,
	// [Gate.AskCode] refuses.
	Courier Courier
	// Troubled, if not nil, is told of trouble that the caller must not hear of. The
	// text is constant, and the error holds no personal data.
	Troubled func(what string, err error)
	// Letters are the texts of outgoing messages; nil means those that Avow brings.
	Letters *letter.Texts
	// LogKey, if not nil, returns the key of a policy's log, which also signs the
	// envelopes in which purposes travel. Without it, what must travel in an envelope
	// does not go out.
	LogKey func(avow.PolicyID) (ledger.Key, bool)
	// Channels are those that something drives. A message by another one waits until
	// it expires, and its address stays shut. Nil means all.
	Channels []string
}

// served is one policy with its keys.
type served struct {
	id      avow.PolicyID
	keys    *vault.Vault
	steady  bool        // see Config
	files   *blob.Blobs // nil: files are not taken in
	stamp   stamp       // signs envelopes
	inForce atomic.Pointer[force]
	dropped atomic.Int64 // people whose rows went while catching up with the journal
	newest  atomic.Int64 // the time of the newest evidence, in nanoseconds of Unix time
	lines   lines

	reporting struct { // how far the transparency report has counted
		mu    sync.Mutex
		size  int64
		since time.Time // of the first leaf
		lines []TransparencyLine
	}

	changing sync.Mutex // one text comes into force at a time
	// switching is held while a text comes into force, and read-held while what another
	// has decided is recorded.
	switching sync.RWMutex
	retiring  sync.Mutex  // one goroutine destroys retired keys at a time
	stalled   atomic.Bool // an erasure was begun and could not be completed
}

// Open returns a gate that serves no policy yet.
func Open(cfg Config) (*Gate, error) {
	if cfg.Store == nil || cfg.Clock == nil {
		return nil, fmt.Errorf("open gate: a store and a clock are needed")
	}
	if cfg.Recorded == nil {
		cfg.Recorded = func(avow.PolicyID) {}
	}
	if cfg.Troubled == nil {
		cfg.Troubled = func(string, error) {}
	}
	if cfg.Letters == nil {
		cfg.Letters = letter.Builtin()
	}
	return &Gate{
		store:       cfg.Store,
		clock:       cfg.Clock,
		recorded:    cfg.Recorded,
		journal:     cfg.Journal,
		backupsKept: cfg.BackupsKept,
		files:       cfg.Files,
		courier:     cfg.Courier,
		troubled:    cfg.Troubled,
		letters:     cfg.Letters,
		logKey:      cfg.LogKey,
		channels:    cfg.Channels,
		posting:     make(chan struct{}, 1),
		incident:    make(chan struct{}, 1), optingOut: make(chan struct{}, 1), counts: make(chan struct{}, 1),
		steady:  cfg.Steady,
		trial:   cfg.Trial,
		alerts:  cfg.Alerts,
		address: cfg.Address,
		site:    cfg.Site,
		hashing: newHashing(),
		served:  make(map[avow.PolicyID]*served),
	}, nil
}

// Policies returns the ids of the policies served, sorted.
func (g *Gate) Policies() []avow.PolicyID {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Sorted(maps.Keys(g.served))
}

// Program returns the compiled policy that is in force for id.
func (g *Gate) Program(id avow.PolicyID) (*policy.Program, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	return s.inForce.Load().program, nil
}

// Store returns the store behind the gate, for the log's readers.
func (g *Gate) Store() Store { return g.store }

// Now returns the gate's time.
func (g *Gate) Now() time.Time { return g.clock().UTC() }

func (g *Gate) of(id avow.PolicyID) (*served, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	s := g.served[id]
	if s == nil {
		return nil, &avow.Error{Code: avow.Unknown, Message: "no such policy is served here", Try: "use one of the policies that /.well-known/avow.json lists"}
	}
	return s, nil
}

// commit writes a change, and says so to whoever seals.
func (g *Gate) commit(ctx context.Context, c *Change) (int64, error) {
	first, err := g.store.Commit(ctx, c)
	if err == nil && len(c.Leaves) > 0 {
		g.recorded(c.Policy)
		g.post(c)
	}
	return first, err
}

// newID returns the random id of a leaf. crypto/rand does not fail: it ends the
// process where the system has no randomness.
func newID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // documented never to return an error
	return id
}

// ready reports a done context before anything is begun.
func ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &avow.Error{Code: avow.Unavailable, Message: "the caller gave up before anything was done", Try: "send the request again", Cause: err}
	}
	return nil
}
