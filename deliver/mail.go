package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// MailConfig says how mail leaves.
type MailConfig struct {
	// Server is smtps://HOST:465 for TLS from the start, smtp://HOST:587 for STARTTLS,
	// which is then required, or smtp+plain://HOST:25 without TLS, for a relay on this
	// machine only.
	Server         string
	User, Password string // no sign-in if both are empty
	// From is the sender, such as privacy@club.example. Its name is the controller's.
	From string
	// Return is where bounces go; From if empty.
	Return string
	// TLS is for servers with a certificate authority of their own.
	TLS     *tls.Config
	Timeout time.Duration // of a connection; 0 means 30 s
}

// Mail carries letters by SMTP (RFC 5321).
type Mail struct {
	cfg    MailConfig
	client *mail.Client
	domain string

	mu   sync.Mutex
	idle []*smtp.Client
}

// NewMail returns a driver for e-mail. It connects to nobody yet.
func NewMail(cfg MailConfig) (*Mail, error) {
	u, err := url.Parse(cfg.Server)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" {
		return nil, errors.New("mail server: write smtps://HOST:PORT, smtp://HOST:PORT or, on this machine, smtp+plain://HOST:PORT")
	}
	from, err := netmail.ParseAddress(cfg.From)
	if err != nil {
		return nil, errors.New("mail sender: this is no mail address")
	}
	cfg.From = from.Address
	if cfg.Return == "" {
		cfg.Return = cfg.From
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	opts := []mail.Option{mail.WithTimeout(cfg.Timeout), mail.WithoutNoop()}
	port := 0
	switch u.Scheme {
	case "smtps":
		port, opts = 465, append(opts, mail.WithSSL())
	case "smtp":
		port, opts = 587, append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case "smtp+plain":
		if !onThisMachine(u.Hostname()) {
			return nil, errors.New("mail server: without TLS mail goes to this machine only; use smtps or smtp")
		}
		port, opts = 25, append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, errors.New("mail server: the scheme is smtps, smtp or smtp+plain")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("mail server: the port is no number")
		}
	}
	opts = append(opts, mail.WithPort(port))
	if cfg.TLS != nil {
		opts = append(opts, mail.WithTLSConfig(cfg.TLS))
	}
	if cfg.User != "" || cfg.Password != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(cfg.User), mail.WithPassword(cfg.Password))
	}
	_, domain, _ := strings.Cut(cfg.From, "@")
	opts = append(opts, mail.WithHELO(domain))
	c, err := mail.NewClient(u.Hostname(), opts...)
	if err != nil {
		return nil, errors.New("mail server: the settings do not fit together")
	}
	return &Mail{cfg: cfg, client: c, domain: domain}, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Carry implements [Driver].
func (m *Mail) Carry(ctx context.Context, l *Letter) error {
	msg, err := m.compose(l)
	if err != nil {
		return err
	}
	fresh := false
	c := m.take()
	if c == nil {
		if c, err = m.client.DialToSMTPClientWithContext(ctx); err != nil {
			return errors.New("the mail server could not be reached, or does not offer what is required of it")
		}
		fresh = true
	}
	err = m.client.SendWithSMTPClient(c, msg)
	if err == nil {
		m.keep(c)
		return nil
	}
	dead := permanent(err)
	if dead {
		m.keep(c)
		return fmt.Errorf("mail: %w", ErrDead)
	}
	_ = m.client.CloseWithSMTPClient(c) // nothing is under way on it any more
	if !fresh && !answered(err) {
		return m.Carry(ctx, l) // the server had hung up in the meantime
	}
	return errors.New("the mail server did not take the message over now")
}

// answered reports whether an error is an answer of the server.
func answered(err error) bool {
	e, ok := errors.AsType[*mail.SendError](err)
	return ok && e.ErrorCode() != 0
}

// permanent reports whether the server said that this address takes nothing
// (RFC 5321, section 4.2.1: 5yz). What it says of us (policy, sign-in, size) is not
// about the address, and may be mended.
func permanent(err error) bool {
	e, ok := errors.AsType[*mail.SendError](err)
	if !ok || e.IsTemp() || e.ErrorCode() < 500 {
		return false
	}
	if e.Reason != mail.ErrSMTPRcptTo && e.Reason != mail.ErrSMTPDataClose {
		return false
	}
	status := e.EnhancedStatusCode()
	return status == "" && e.Reason == mail.ErrSMTPRcptTo || strings.HasPrefix(status, "5.1.") || strings.HasPrefix(status, "5.2.1") || e.Reason == mail.ErrSMTPRcptTo && !strings.HasPrefix(status, "5.7.")
}

func (m *Mail) take() *smtp.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.idle) == 0 {
		return nil
	}
	c := m.idle[len(m.idle)-1]
	m.idle = m.idle[:len(m.idle)-1]
	return c
}

func (m *Mail) keep(c *smtp.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, c)
}

// Rest closes connections that wait.
func (m *Mail) Rest() {
	m.mu.Lock()
	idle := m.idle
	m.idle = nil
	m.mu.Unlock()
	for _, c := range idle {
		_ = m.client.CloseWithSMTPClient(c) // a connection that nobody needs
	}
}

// compose writes the mail. Its text is plain: nothing in it fetches anything, or
// says whether it was opened.
func (m *Mail) compose(l *Letter) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	msg.SetMessageIDWithValue(l.ID + "." + string(l.Policy) + "@" + m.domain)
	msg.SetDateWithValue(l.At)
	msg.Subject(l.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's machine answers it
	if l.Language != "" {
		msg.SetGenHeader("Content-Language", l.Language)
	}
	if l.StopURL != "" {
		msg.SetListUnsubscribe(l.StopURL) // RFC 2369
		if l.OneClick {
			msg.SetListUnsubscribePost() // RFC 8058
		}
	}
	err := errors.Join(msg.FromFormat(l.From, m.cfg.From), msg.EnvelopeFrom(m.cfg.Return))
	if err != nil {
		return nil, errors.New("the sender of the mail is malformed")
	}
	if err := msg.To(l.To); err != nil {
		return nil, fmt.Errorf("mail: %w", ErrDead)
	}
	msg.SetBodyString(mail.TypeTextPlain, l.Body)
	return msg, nil
}
