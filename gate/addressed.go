package gate

import (
	"context"
	"encoding/hex"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Letters with an address of their own: to somebody of the controller's, sealed
// under the office's key, and to a recipient's webhook, sealed under the key of the
// person whom its body is about. They lie in the same outbox, are sent off in the
// change that causes them, and are retried in the same way.

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

// hook is what goes to a recipient's endpoint.
type hook struct {
	recipient avow.Recipient
	to        string
	secret    []byte
	payload   []byte
	expires   time.Time
}

// sendHook puts a request to a recipient's webhook into the outbox, in the turn of
// the person whom the payload is about, after the decision that lets it out. It
// goes only as long as the recipient is qualified.
func (t *turn) sendHook(h *hook) (string, error) {
	if !isHook(h.to) {
		return "", &avow.Error{Code: avow.Invalid, Message: "this is no address of a webhook", Try: "write an address such as https://partner.example/hook"}
	}
	if len(h.secret) < leastSecret {
		return "", errSecret()
	}
	l := &post{class: "hand-over", channel: ByWebhook, to: h.to, recipient: string(h.recipient), payload: h.payload, secret: h.secret, made: t.now, expires: h.expires}
	if l.expires.IsZero() {
		l.expires = t.now.Add(lifeOf(l))
	}
	return t.enqueue(l, t.now)
}

// takeAddressed prepares a letter that has an address of its own.
func (t *turn) takeAddressed(k *Ticket, l *post) *Delivery {
	if l.recipient != "" {
		req := avow.Request{Policy: t.id, Subject: t.ref, Recipient: avow.Recipient(l.recipient), At: t.now}
		if !t.qualified(&req).Has(avow.FactQualified) || t.who.state.Hold || t.who.state.Account == avow.Closing {
			t.note(evidence.MessageFailed, func(leaf *evidence.Leaf) {
				leaf.Verdict, leaf.Reasons = avow.Refuse, avow.RecipientUnqualified.Set()
				leaf.Recipient = known(t.force.words.recipients, avow.Recipient(l.recipient))
			})
			t.endPost(k, l)
			return nil
		}
	}
	d := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Channel: l.channel, Language: l.language, Expires: l.expires,
		Try: int(k.ticket.tries) + 1, To: NewValue([]byte(l.to)), Payload: l.payload, Secret: l.secret}
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
