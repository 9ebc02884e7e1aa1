package prove

import (
	"context"
	"io"
	"net/netip"
	"sync/atomic"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Engine is a running Avow. The proof knows it by its door and by its folders.
type Engine interface {
	// URL is the base address of the door.
	URL() string
	// Token is a token of the door with every scope.
	Token() string
	// TokenOf makes a token of scope officer for one of the controller's people. Each
	// call makes another token of the same person.
	TokenOf(ctx context.Context, person string) (string, error)
	// TokenFor makes a token of scope recipient for one recipient of a policy.
	TokenFor(ctx context.Context, id avow.PolicyID, to avow.Recipient) (string, error)
	// Replace puts another text of a policy in force.
	Replace(ctx context.Context, p *policy.Program) error
	// Sweep carries out what is due.
	Sweep(ctx context.Context) error
	// Deliver sends every message that is due.
	Deliver(ctx context.Context) error
	// Seal publishes the evidence recorded so far.
	Seal(ctx context.Context) error
	// VKey is the key that a policy's checkpoints are verified with.
	VKey(id avow.PolicyID) string
	// Close ends it in good order.
	Close(ctx context.Context) error
}

// Setup is what an engine is started with. Starting again on folders that are
// there is a restart.
type Setup struct {
	Data, Keys string
	Policies   []*policy.Program
	Clock      func() time.Time
	Log        io.Writer // everything that the engine logs
	Region     string    // where the data folder lies
	Backups    []string  // and its copies
	TLS        bool      // with a certificate made for the occasion
	Post       *Post     // where messages to people go; nil: nowhere
	OldData    bool      // the data folder was put back from a copy older than the keys, knowingly
}

// Post is where messages to people go.
type Post struct {
	Mail      string         // host and port of a mail server on this machine, without TLS
	SMS, Push string         // addresses of gateways
	Key       []byte         // that signs what goes to the gateways
	Inside    []netip.Prefix // private networks that webhooks may lie in
}

// Start starts an engine.
type Start func(ctx context.Context, s Setup) (Engine, error)

// clock is the proof's time. It moves only when a probe moves it.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

func (c *clock) set(t time.Time) { c.ns.Store(t.UnixNano()) }
