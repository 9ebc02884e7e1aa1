package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/ledger"
)

// log is the evidence log of one policy, as somebody seals it.
type log struct {
	key    ledger.Key
	sealer *gate.Sealer
	wake   chan struct{}

	mu        sync.Mutex
	lost      int64 // published leaves that a restore has lost
	witnessed int64 // size of the checkpoint kept beside the keys
}

// openLog finds the log's name and key.
func (e *Engine) openLog(ctx context.Context, id avow.PolicyID, state gate.LogState) error {
	origin := e.originOf(id)
	if len(state.Checkpoint) > 0 {
		cp, err := ledger.ParseUnverified(state.Checkpoint)
		if err != nil {
			return fmt.Errorf("read the last checkpoint: %w", err)
		}
		origin = cp.Origin
	}
	seed, err := e.ring.LogSeed(ctx, string(id))
	if err != nil {
		return err
	}
	key, err := ledger.KeyFromSeed(origin, seed.Expose())
	seed.Wipe()
	if err != nil {
		return err
	}
	if err := checkSignature(key, state); err != nil {
		return err
	}
	signer, err := key.Signer()
	if err != nil {
		return err
	}
	l := e.logs[id]
	l.key, l.sealer = key, e.gate.NewSealer(id, signer)
	return nil
}

// originOf is the name of a log that has none yet.
func (e *Engine) originOf(id avow.PolicyID) string {
	if e.cfg.Host == "" {
		return "avow.local/" + string(id)
	}
	return e.cfg.Host + "/log/" + string(id)
}

// checkSignature makes sure that the last checkpoint was signed with the key at
// hand: another key would begin another history under the same name.
func checkSignature(key ledger.Key, state gate.LogState) error {
	if len(state.Checkpoint) == 0 {
		return nil
	}
	v, err := key.Verifier()
	if err != nil {
		return err
	}
	if _, err := ledger.OpenCheckpoint(state.Checkpoint, v); errors.Is(err, ledger.ErrSignature) {
		return fmt.Errorf("%w: the last checkpoint was signed with another key", gate.ErrKeys)
	} else if err != nil {
		return fmt.Errorf("open the last checkpoint: %w", err)
	}
	return nil
}

// slack is how far a clock may be set back while nothing runs. Time services
// step a clock by less.
const slack = 5 * time.Second

// checkClock refuses a start in the past: evidence would come out of order, and
// what is over would come back.
func (e *Engine) checkClock(ctx context.Context, id avow.PolicyID, state gate.LogState) error {
	if state.Recorded == 0 {
		return nil
	}
	bodies, err := e.store.Leaves(ctx, id, state.Recorded-1, state.Recorded)
	if err != nil || len(bodies) != 1 {
		return fmt.Errorf("read the newest evidence: %w", errors.Join(err, ledger.ErrCorrupt))
	}
	last, err := evidence.Parse(bodies[0])
	if err != nil {
		return fmt.Errorf("read the newest evidence: %w", err)
	}
	if now := e.cfg.Clock(); now.Add(slack).Before(last.At) {
		return fmt.Errorf("%w: it is %s by the clock, and the newest evidence is of %s; set the clock right and start again",
			ErrClock, now.UTC().Format(time.RFC3339), last.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// VKey returns the verifier key of a policy's log, which everyone may have, or
// "" for a policy that is not served.
func (e *Engine) VKey(id avow.PolicyID) string {
	l := e.logs[id]
	if l == nil {
		return ""
	}
	return l.key.Public()
}

// logKey returns the key of a log that is open.
func (e *Engine) logKey(id avow.PolicyID) (ledger.Key, bool) {
	l := e.logs[id]
	if l == nil {
		return ledger.Key{}, false
	}
	return l.key, true
}

// Seal publishes everything that is recorded, in every log.
func (e *Engine) Seal(ctx context.Context) error {
	for _, id := range e.gate.Policies() {
		for {
			if n, err := e.logs[id].seal(ctx); err != nil {
				return err
			} else if n == 0 {
				break
			}
		}
	}
	return nil
}

// seal publishes one log and says how many leaves it was. What comes meanwhile waits
// for the next pass: a checkpoint for every few leaves would keep callers waiting for
// its flush. Only what is more than a batch goes on at once.
func (l *log) seal(ctx context.Context) (int64, error) {
	var total int64
	for {
		n, err := l.sealer.Seal(ctx)
		total += n
		if err != nil || n < gate.SealBatch {
			return total, err
		}
	}
}

// recorded wakes the sealer of a policy, and blocks nobody.
func (e *Engine) recorded(id avow.PolicyID) {
	l := e.logs[id]
	if l == nil {
		return
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
