package deliver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice/letter"
)

// Letter is a message as a driver carries it.
type Letter struct {
	ID       string // the same in every attempt
	Policy   avow.PolicyID
	Class    string
	To       string
	Language string
	From     string // name of the controller in the language of the message
	Subject  string
	Short    string
	Body     string
	StopURL  string // empty: it cannot be stopped by a link
	OneClick bool   // the link stops with one request (RFC 8058)
	At       time.Time
	Payload  []byte // of a webhook, instead of a text
	Secret   []byte // by which a webhook is signed
}

// Driver carries letters of one channel. It returns nil when somebody else has
// taken the letter over, [ErrDead] when the address takes nothing, and any other
// error when it may work later. Its errors hold nothing of the letter.
type Driver interface {
	Carry(ctx context.Context, l *Letter) error
}

// resting is what a driver has to do when nothing is due any more.
type resting interface{ Rest() }

// ErrDead: the address takes nothing, now or ever.
var ErrDead = errors.New("the address takes nothing")

// Config says what a post office is made of.
type Config struct {
	Gate    *gate.Gate
	Clock   func() time.Time
	Drivers map[string]Driver // by channel
	// BaseURL is the public address of the door, for links by which people stop
	// messages.
	BaseURL string
	Letters *letter.Texts
	Log     *slog.Logger
}

// Office delivers what is due. It is safe for concurrent use.
type Office struct {
	cfg Config
	one sync.Mutex
}

// New returns a post office.
func New(cfg Config) *Office {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Letters == nil {
		cfg.Letters = letter.Builtin()
	}
	return &Office{cfg: cfg}
}

// Channels returns the channels that something drives, sorted.
func (o *Office) Channels() []string { return slices.Sorted(maps.Keys(o.cfg.Drivers)) }

const (
	page    = 64 // messages of one look at the outbox
	carries = 8  // at once
)

// Once delivers everything that is due, and returns how many messages went out.
func (o *Office) Once(ctx context.Context) (int64, error) {
	o.one.Lock()
	defer o.one.Unlock()
	var sent int64
	var errs []error
	for _, id := range o.cfg.Gate.Policies() {
		n, err := o.policy(ctx, id)
		sent += n
		errs = append(errs, err)
	}
	for _, d := range o.cfg.Drivers {
		if r, ok := d.(resting); ok {
			r.Rest()
		}
	}
	return sent, errors.Join(errs...)
}

// policy delivers what is due of one policy. What was looked at once is not looked
// at again in this pass: a message that waits keeps nobody busy.
func (o *Office) policy(ctx context.Context, id avow.PolicyID) (sent int64, err error) {
	for ctx.Err() == nil {
		due, err := o.cfg.Gate.DueMessages(ctx, id, page)
		if err != nil || len(due) == 0 {
			return sent, err
		}
		n, err := o.batch(ctx, due)
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, ctx.Err()
}

func (o *Office) batch(ctx context.Context, due []gate.Ticket) (int64, error) {
	var mu sync.Mutex
	var sent int64
	var errs []error
	places := make(chan struct{}, carries)
	var all sync.WaitGroup
	for _, k := range due {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			out, err := o.carry(ctx, k)
			mu.Lock()
			defer mu.Unlock()
			if out {
				sent++
			}
			errs = append(errs, err)
		})
	}
	all.Wait()
	return sent, errors.Join(errs...)
}

// carry takes one message, hands it to its driver, and settles it.
func (o *Office) carry(ctx context.Context, k gate.Ticket) (bool, error) {
	d, err := o.cfg.Gate.TakeMessage(ctx, k)
	if err != nil && ctx.Err() == nil {
		o.cfg.Log.Error("a message could not be taken from the outbox", "error", constant(err))
		return false, o.cfg.Gate.SkipMessage(ctx, k)
	}
	if err != nil || d == nil {
		return false, err
	}
	defer d.Wipe()
	driver, ok := o.cfg.Drivers[d.Channel]
	if !ok {
		return false, o.settle(ctx, d, gate.Later)
	}
	err = driver.Carry(ctx, o.letter(d))
	if ctx.Err() != nil && err != nil { // stopped in the middle: the lease brings it back
		return false, ctx.Err()
	}
	outcome := gate.Sent
	switch {
	case errors.Is(err, ErrDead):
		outcome = gate.Dead
	case err != nil:
		outcome = gate.Later
		o.cfg.Log.Warn("a message was not taken over; it is tried again", "channel", d.Channel, "try", d.Try, "error", constant(err))
	}
	return outcome == gate.Sent, o.settle(ctx, d, outcome)
}

// CarryCode sends a code to an address that nobody is known by, for somebody who
// wants an account there. It lies in no outbox: nothing is kept of a stranger, and
// who waits in vain asks again.
func (o *Office) CarryCode(ctx context.Context, c *gate.Code, channel string) error {
	driver, ok := o.cfg.Drivers[channel]
	if !ok {
		return errors.New("nothing drives the channel of the code")
	}
	tmpl, ok := o.cfg.Letters.Template("code")
	if !ok {
		return errors.New("there is no template of codes")
	}
	text := tmpl.Fill(string(c.Language), c.Params(o.cfg.Clock()))
	l := &Letter{ID: rand.Text(), Policy: c.Policy, Class: "code", To: string(c.To.Value.Expose()), Language: string(c.Language), Subject: text.Subject, Short: text.Short, Body: text.Body, At: o.cfg.Clock().UTC()}
	if p, err := o.cfg.Gate.Program(c.Policy); err == nil {
		l.From = p.File().Controller.Name.In(string(c.Language))
	}
	return driver.Carry(ctx, l)
}

// settle records the outcome, also when somebody ends the program just now: what
// was sent and is not settled is sent again.
func (o *Office) settle(ctx context.Context, d *gate.Delivery, outcome gate.Outcome) error {
	return o.cfg.Gate.SettleMessage(context.WithoutCancel(ctx), d, outcome)
}

// constant returns the part of an error that may be logged.
func constant(err error) string {
	head, _, _ := strings.Cut(err.Error(), ":")
	return head
}

// letter puts a delivery into the form that drivers carry.
func (o *Office) letter(d *gate.Delivery) *Letter {
	l := &Letter{ID: d.ID, Policy: d.Policy, Class: d.Class, To: string(d.To.Expose()), Language: string(d.Language), Subject: d.Text.Subject, Short: d.Text.Short,
		Body: d.Text.Body, OneClick: d.OneClick, At: o.cfg.Clock().UTC(), Payload: d.Payload, Secret: d.Secret}
	if d.Channel == gate.ByWebhook && len(l.Payload) == 0 {
		l.Payload = notice(l)
	}
	if p, err := o.cfg.Gate.Program(d.Policy); err == nil {
		l.From = p.File().Controller.Name.In(string(d.Language))
	}
	if d.Stop != "" && o.cfg.BaseURL != "" {
		l.StopURL = StopURL(o.cfg.BaseURL, d.Policy, d.Stop)
		if t, ok := o.cfg.Letters.Template("stop"); ok {
			l.Body += "\n-- \n" + t.Fill(string(d.Language), map[string]string{"link": l.StopURL}).Body
		}
	}
	return l
}

// notice is the body of a webhook of the controller's own people.
func notice(l *Letter) []byte {
	body, err := json.Marshal(struct {
		ID      string `json:"id"`
		Policy  string `json:"policy"`
		Subject string `json:"subject"`
		Text    string `json:"text"`
	}{l.ID, string(l.Policy), l.Subject, l.Body})
	if err != nil {
		return nil // texts are always written
	}
	return body
}

// StopURL is the address behind the link by which a person stops messages.
func StopURL(base string, id avow.PolicyID, token string) string {
	return base + "/privacy/" + string(id) + "/stop/" + token
}
