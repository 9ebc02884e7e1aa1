package engine

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"avow.dev/deliver"
	"avow.dev/gate"
	"avow.dev/internal/outside"
	"avow.dev/notice/letter"
	"avow.dev/work"
)

// Post says how messages leave. Without anything in it only webhooks do.
type Post struct {
	Mail *deliver.MailConfig
	SMS  *deliver.GatewayConfig
	Push *deliver.GatewayConfig
	// Inside are networks that are not on the public Internet and that webhooks may
	// lie in all the same.
	Inside []netip.Prefix
	// Texts are the texts of messages; nil means those that Avow brings.
	Texts *letter.Texts
}

// drivers makes the drivers of the channels.
func (p *Post) drivers() (map[string]deliver.Driver, error) {
	out := map[string]deliver.Driver{gate.ByWebhook: deliver.NewHook(outside.Options{Allow: p.Inside})}
	if p.Mail != nil {
		m, err := deliver.NewMail(*p.Mail)
		if err != nil {
			return nil, err
		}
		out[gate.ByMail] = m
	}
	if p.SMS != nil {
		g, err := deliver.NewSMS(*p.SMS)
		if err != nil {
			return nil, err
		}
		out[gate.BySMS] = g
	}
	if p.Push != nil {
		g, err := deliver.NewPush(*p.Push)
		if err != nil {
			return nil, err
		}
		out[gate.ByPush] = g
	}
	return out, nil
}

// LookAtLinks looks at the policies of recipients, now rather than at the next pass.
func (e *Engine) LookAtLinks(ctx context.Context) (int64, error) {
	return deliver.NewLinks(e.gate, outside.Options{Allow: e.cfg.Post.Inside}).Once(ctx)
}

// Deliver sends every message that is due, now rather than at the next pass.
func (e *Engine) Deliver(ctx context.Context) (int64, error) { return e.post.office.Once(ctx) }

const (
	deliverEvery = 5 * time.Second
	deliverPause = 10 * time.Millisecond
	linksEvery   = 24 * time.Hour
)

// post carries what the gate has to say to people.
type post struct {
	cfg     *Config
	drivers map[string]deliver.Driver
	office  *deliver.Office
	crew    *work.Crew
	codes   chan *gate.Code
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// waitingCodes is how many codes may wait to be put into the outbox.
const waitingCodes = 1024

func newPost(cfg *Config, drivers map[string]deliver.Driver) *post {
	return &post{cfg: cfg, drivers: drivers, codes: make(chan *gate.Code, waitingCodes)}
}

// channels are those that something drives, sorted.
func (p *post) channels() []string { return slices.Sorted(maps.Keys(p.drivers)) }

// open begins to deliver. It is called when the address of the door is known, since
// messages hold links to it.
func (p *post) open(ctx context.Context, e *Engine) {
	ctx, p.stop = context.WithCancel(ctx)
	base := e.URL()
	if base == "" {
		base = p.cfg.BaseURL
	}
	e.gate.AnswersAt(base)
	p.office = deliver.New(deliver.Config{Gate: e.gate, Clock: p.cfg.Clock, Drivers: p.drivers, BaseURL: base, Letters: p.cfg.Post.Texts, Log: p.cfg.Log})
	p.crew = work.Start(ctx, p.cfg.Log, work.Job{Name: "deliver", Every: work.Interval(deliverEvery), Pause: work.Interval(deliverPause), Wake: e.gate.Posting(), Once: p.office.Once},
		work.Job{Name: "incidents", Every: work.Interval(deliverEvery), Pause: work.Interval(deliverPause), Wake: e.gate.Pursuing(), Once: e.gate.PursueIncidents},
		work.Job{Name: "opt-outs", Every: work.Interval(deliverEvery), Pause: work.Interval(deliverPause), Wake: e.gate.OptingOut(), Once: e.gate.CarryOptOuts})
	p.done.Go(func() { p.carryCodes(ctx, e) })
}

// close lets what is under way end. It may be called before open.
func (p *post) close() {
	if p == nil || p.crew == nil {
		return
	}
	p.stop()
	p.crew.Stop()
	p.done.Wait()
}

// SendCode implements [gate.Courier]. A code is put into the outbox beside the
// request that asked for it, so that the answer takes no longer for an address that
// somebody has.
func (p *post) SendCode(_ context.Context, c *gate.Code) error {
	own := *c
	own.Code, own.To.Value = gate.NewValue(c.Code.Expose()), gate.NewValue(c.To.Value.Expose())
	select {
	case p.codes <- &own:
		return nil
	default:
		return errBusy
	}
}

var errBusy = errors.New("too many codes wait to be sent")

func (p *post) carryCodes(ctx context.Context, e *Engine) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-p.codes:
			if err := p.carryCode(ctx, e, c); err != nil && ctx.Err() == nil {
				e.troubled("a code could not be sent", err)
			}
			c.Code.Wipe()
			c.To.Value.Wipe()
		}
	}
}

// carryCode has a code told to the person who is known by the address, or sends it
// to the address as typed, to somebody who wants an account there: there is nobody yet
// beside whom, and under whose key, it could lie in the outbox.
func (p *post) carryCode(ctx context.Context, e *Engine, c *gate.Code) error {
	if c.Guardian {
		return e.gate.TellGuardianCode(ctx, c)
	}
	if c.Known || !c.Join {
		return e.gate.TellCode(ctx, c)
	}
	program, err := e.gate.Program(c.Policy)
	if err != nil {
		return err
	}
	channel := gate.ByMail
	if info, _ := program.Datum(c.To.Datum); info.Type == "phone" {
		channel = gate.BySMS
	}
	return p.office.CarryCode(ctx, c, channel)
}

// troubled logs trouble that the caller must not hear of.
func (e *Engine) troubled(what string, err error) {
	head, _, _ := strings.Cut(err.Error(), ":") // what follows may come from elsewhere
	e.cfg.Log.Warn(what, "error", head)
}
