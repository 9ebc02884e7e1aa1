package gate

import (
	"context"
	"encoding/hex"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"avow.dev"
)

// Letters with an address of their own: to somebody of the controller's, sealed
// under the office's key. They lie in the same outbox, are sent off in the change
// that causes them, and are retried in the same way. What goes to a recipient is
// another matter: see dispatch.go.

// ByWebhook is the channel of signed HTTP requests to endpoints.
const ByWebhook = "webhook"

// Notice is a message to somebody of the controller's.
type Notice struct {
	To       string // a mail address, or the address of a webhook
	Secret   []byte // of a webhook: the key that signs
	Template string // one for the office
	Params   map[string]string
	Language avow.Language
	Expires  time.Time // zero: three days from now
}

// TellOffice writes to somebody of the controller's. It holds no data of people.
func (g *Gate) TellOffice(ctx context.Context, id avow.PolicyID, n *Notice) (string, error) {
	letter := ""
	_, err := g.takeOffice(ctx, id, func(t *turn) (err error) {
		letter, err = t.tellOffice(n)
		return err
	})
	return letter, err
}

// tellOffice is TellOffice in a turn of the office, such as a step of a desk.
func (t *turn) tellOffice(n *Notice) (string, error) {
	tmpl, ok := t.gate.letters.Template(n.Template)
	if !ok || !tmpl.Office {
		return "", &avow.Error{Code: avow.Invalid, Message: "there is no such template of a message to the controller's people", Try: "use one of the templates that are listed"}
	}
	if err := tmpl.Check(n.Params); err != nil {
		return "", &avow.Error{Code: avow.Invalid, Message: "the parameters do not fit the template of the message", Try: "send each parameter that the template lists, of its kind", Cause: err}
	}
	l := &post{class: "office", channel: ByMail, template: n.Template, params: n.Params, language: t.language(n.Language), to: n.To, made: t.now, expires: n.Expires, secret: n.Secret}
	if isHook(n.To) {
		l.channel = ByWebhook
		if len(n.Secret) < leastSecret {
			return "", errSecret()
		}
	} else if a, err := mail.ParseAddress(n.To); err != nil || a.Address != n.To {
		return "", &avow.Error{Code: avow.Invalid, Message: "this is neither a mail address nor the address of a webhook", Try: "write officer@club.example or https://club.example/hook"}
	}
	if l.expires.IsZero() {
		l.expires = t.now.Add(lifeOf(l))
	}
	return t.enqueue(l, t.now)
}

// leastSecret is how long a key that signs must be, in bytes.
const leastSecret = 16

func errSecret() error {
	return &avow.Error{Code: avow.Invalid, Message: "the key that signs requests to the webhook is missing or short", Try: "agree on 16 random bytes or more"}
}

func isHook(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http") && !strings.ContainsAny(to, " \r\n")
}

// takeAddressed prepares a letter that has an address of its own.
func (t *turn) takeAddressed(k *Ticket, l *post) *Delivery {
	d := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Channel: l.channel, Language: l.language, Expires: l.expires,
		Try: int(k.ticket.tries) + 1, To: NewValue([]byte(l.to)), Secret: l.secret}
	if l.template != "" {
		tmpl, ok := t.gate.letters.Template(l.template)
		if !ok {
			d.Wipe()
			t.givePostUp(k, l)
			return nil
		}
		d.Text = tmpl.Fill(string(l.language), l.params)
	}
	t.lease(k, d)
	return d
}
