package enginetest

import (
	"regexp"
	"testing"
	"time"

	"avow.dev/deliver"
	"avow.dev/internal/engine"
	"avow.dev/internal/mailbox"
)

// Patience is how long a letter may take on a busy machine. Nothing waits for it that
// comes earlier.
const Patience = time.Minute

// Postbox is a mail server in which people find what they were sent.
type Postbox struct {
	*mailbox.Box
	t    testing.TB
	tls  bool
	came chan struct{} // once for each letter
}

// OpenPostbox opens a mail server, and closes it at the end of the test.
func OpenPostbox(t testing.TB, o mailbox.Options) *Postbox {
	t.Helper()
	box, err := mailbox.Open(o)
	Must(t, err)
	t.Cleanup(func() { _ = box.Close() }) // a test may have closed it
	b := &Postbox{box, t, o.TLS, make(chan struct{}, 1024)}
	box.After(func() { b.came <- struct{}{} })
	return b
}

// Post has a house send its mails there.
func (b *Postbox) Post() Setting {
	cfg := deliver.MailConfig{Server: "smtp+plain://" + b.Addr(), From: "privacy@haven.example"}
	if b.tls {
		cfg.Server, cfg.TLS = "smtp://"+b.Addr(), b.TLS()
	}
	return mails(&cfg)
}

// NoPost has a house believe that it can send mails. Nobody takes them.
func NoPost() Setting {
	return mails(&deliver.MailConfig{Server: "smtp+plain://127.0.0.1:9", From: "privacy@haven.example"})
}

func mails(cfg *deliver.MailConfig) Setting {
	return func(c *engine.Config) { c.Post = engine.Post{Mail: cfg} }
}

// Letters waits until an address has got n letters, and returns them.
func (b *Postbox) Letters(to string, n int) []mailbox.Mail {
	b.t.Helper()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	for {
		if got := b.To(to); len(got) >= n {
			return got
		}
		select {
		case <-b.came:
		case <-limit.C:
			b.t.Fatalf("%d letters came for %s, want %d; there are %d in all", len(b.To(to)), to, n, len(b.Mails()))
		}
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// Code is the code in the nth letter to an address.
func (b *Postbox) Code(to string, n int) string {
	b.t.Helper()
	m := b.Letters(to, n)[n-1]
	code := sixDigits.FindString(m.Body)
	if code == "" {
		b.t.Fatalf("no code stands in %q", m.Body)
	}
	return code
}
