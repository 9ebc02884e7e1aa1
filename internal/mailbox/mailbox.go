// Package mailbox is a real SMTP server on loopback that keeps what it is sent, for
// proofs and tests: it greets, speaks TLS, and answers as it is told to.
package mailbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options of a mailbox. The zero value speaks without TLS and takes everything.
type Options struct {
	TLS  bool // offer STARTTLS
	User string
	// Password, with User, has everybody sign in first.
	Password string
}

// Mail is a message that was taken over.
type Mail struct {
	From, To string // of the envelope
	Header   mail.Header
	Subject  string
	Body     string
	Raw      string
}

// Box is a server. It is safe for concurrent use.
type Box struct {
	opts   Options
	server *smtp.Server
	listen net.Listener
	roots  *x509.CertPool
	done   chan struct{}

	mu     sync.Mutex
	mails  []Mail
	answer func(to string) error
	after  func()
}

// Open starts a server on a port of its own.
func Open(o Options) (*Box, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	b := &Box{opts: o, listen: l, done: make(chan struct{})}
	b.server = smtp.NewServer(b)
	b.server.Domain, b.server.MaxRecipients, b.server.MaxMessageBytes = "localhost", 1, 1<<20
	b.server.ReadTimeout, b.server.WriteTimeout = time.Minute, time.Minute
	b.server.AllowInsecureAuth = !o.TLS
	b.server.ErrorLog = quiet{}
	if o.TLS {
		cert, roots, err := certificate()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open mailbox: %w", err), l.Close())
		}
		b.server.TLSConfig, b.roots = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, roots
	}
	go func() {
		defer close(b.done)
		_ = b.server.Serve(l) // it ends when it is closed
	}()
	return b, nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// certificate makes a certificate for this machine, and the roots that it hangs on.
func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	from := time.Unix(0, 0)
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: from.AddDate(200, 0, 0), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}

// Addr is host and port of the server.
func (b *Box) Addr() string { return b.listen.Addr().String() }

// TLS is what a client needs to trust the server.
func (b *Box) TLS() *tls.Config {
	return &tls.Config{RootCAs: b.roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// Answer has the server ask what to say to a recipient; nil takes everything. An
// error with a code is made by [Refuse].
func (b *Box) Answer(f func(to string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// After has the server call f when it has taken a message over, before it says so.
func (b *Box) After(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = f
}

// Refuse is an answer with a code, such as 450 or 550.
func Refuse(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no"}
}

// Mails returns what was taken over so far, in order.
func (b *Box) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Mail(nil), b.mails...)
}

// To returns what was taken over for an address.
func (b *Box) To(address string) []Mail {
	var out []Mail
	for _, m := range b.Mails() {
		if strings.EqualFold(m.To, address) {
			out = append(out, m)
		}
	}
	return out
}

// Close ends the server.
func (b *Box) Close() error {
	err := b.server.Close()
	<-b.done
	return err
}

// NewSession implements smtp.Backend.
func (b *Box) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{box: b, conn: c}, nil }

type session struct {
	box      *Box
	conn     *smtp.Conn
	from, to string
	known    bool
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.box.opts.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.box.opts.User || password != s.box.opts.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.box.opts.User != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	if _, encrypted := s.conn.TLSConnectionState(); s.box.opts.TLS && !encrypted {
		return Refuse(530)
	}
	s.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.box.mu.Lock()
	answer := s.box.answer
	s.box.mu.Unlock()
	if answer != nil {
		if err := answer(to); err != nil {
			return err
		}
	}
	s.to = to
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := Mail{From: s.from, To: s.to, Raw: string(raw)}
	if parsed, err := mail.ReadMessage(strings.NewReader(m.Raw)); err == nil {
		m.Header = parsed.Header
		body := parsed.Body
		if strings.EqualFold(parsed.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		text, _ := io.ReadAll(body) // what is broken is seen in Raw
		m.Body = strings.ReplaceAll(string(text), "\r\n", "\n")
		m.Subject, _ = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	}
	s.box.mu.Lock()
	s.box.mails = append(s.box.mails, m)
	after := s.box.after
	s.box.mu.Unlock()
	if after != nil {
		after()
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
