package deliver_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/deliver"
	"avow.dev/internal/outside"
)

const policyPage = `<!doctype html><title>Privacy</title><script nonce="1">let x = "<b>";</script><style>p{}</style><!-- made at noon --><p>We keep  nothing &amp; sell nothing.</p>`

// published is a site of a recipient, which is reached although it lies on this machine.
func published(t *testing.T, at string, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at+":0")
	if err != nil {
		t.Skipf("this machine has no %s: %v", at, err)
	}
	srv := httptest.NewUnstartedServer(answer)
	must(t, srv.Listener.Close())
	srv.Listener = l
	srv.StartTLS()
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return srv
}

// only lets a reader reach 127.0.0.1 and nothing else that is inside.
func only(srv *httptest.Server) outside.Options {
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return outside.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, TLS: &tls.Config{RootCAs: pool}, Timeout: 10 * time.Second}
}

// TestALinkIsRead: by its bytes and by its words, which stay while the rest of the page
// is made anew; and nothing is said about anybody on the way.
func TestALinkIsRead(t *testing.T) {
	t.Parallel()
	page := policyPage
	srv := published(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cookie", "Referer", "Authorization", "From"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s is sent", name)
			}
		}
		http.SetCookie(w, &http.Cookie{Name: "tracked", Value: "1", Secure: true})
		_, _ = w.Write([]byte(page))
	})
	links := deliver.NewLinks(nil, only(srv))
	first := links.Look(t.Context(), srv.URL)
	if !first.Read || first.Document != sha256.Sum256([]byte(policyPage)) || first.Words != sha256.Sum256([]byte("Privacy We keep nothing & sell nothing.")) {
		t.Errorf("%+v", first)
	}
	page = strings.NewReplacer(`nonce="1"`, `nonce="2"`, "noon", "midnight").Replace(page)
	if again := links.Look(t.Context(), srv.URL); again.Document == first.Document || again.Words != first.Words {
		t.Error("a page that is made anew has other words")
	}
	page = strings.Replace(page, "sell nothing", "sell it all", 1)
	if again := links.Look(t.Context(), srv.URL); !again.Read || again.Words == first.Words {
		t.Error("other words are not noticed")
	}
}

// TestALinkThatCannotBeRead: what is gone is gone; everything else is only not read, and
// no answer takes longer, or more memory, than a policy does.
func TestALinkThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		gone   bool
	}{
		"gone":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, true},
		"missing":  {http.NotFound, true},
		"failing":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, false},
		"shut":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, false},
		"circling": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, false},
		"to plain": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		}, false},
		"huge": {func(w http.ResponseWriter, r *http.Request) {
			for chunk := make([]byte, 1<<20); r.Context().Err() == nil; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, false},
		"slow": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("We keep"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := published(t, "127.0.0.1", c.answer)
			o := only(srv)
			if name == "slow" {
				o.Timeout = 200 * time.Millisecond
			}
			if found := deliver.NewLinks(nil, o).Look(t.Context(), srv.URL+"/privacy"); found.Read || found.Gone != c.gone {
				t.Errorf("%+v", found)
			}
		})
	}
}

// TestALinkLeadsNowhereInside: no link, redirect or name leads to a machine of ours, in
// whatever form its number is written.
func TestALinkLeadsNowhereInside(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := published(t, "127.0.0.2", func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	must(t, err)
	var to string
	srv := published(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	links := deliver.NewLinks(nil, only(srv))
	for _, host := range []string{"127.0.0.2", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "0177.0.0.2", "2130706434", "[::1]", "[::]", "0.0.0.0", "[64:ff9b::7f00:2]", "[2002:7f00:2::]", "[fe80::1]", "[fd00::1]",
		"169.254.169.254", "10.0.0.1", "100.64.0.1", "localhost"} {
		at := "https://" + host + ":" + port + "/"
		if host == "localhost" {
			at = strings.Replace(at, "localhost", "2.localhost", 1)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if found := links.Look(ctx, at); found.Read || found.Gone {
			t.Errorf("%s is read", at)
		}
		to = at
		if found := links.Look(ctx, srv.URL); found.Read || found.Gone {
			t.Errorf("a redirect to %s is followed", at)
		}
		cancel()
	}
	for _, link := range []string{"", "http://recipient.example/", "https://user:secret@" + srv.Listener.Addr().String(), "file:///etc/passwd", "gopher://127.0.0.2", "https://", "//127.0.0.2:" + port} {
		if found := links.Look(t.Context(), link); found.Read || found.Gone {
			t.Errorf("%q is read", link)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("a machine inside was asked %d times", n)
	}
}

// TestANameThatTurnsInside: a name that is outside when it is looked up first and inside
// the second time gains nothing.
func TestANameThatTurnsInside(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	srv := published(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // so that the name is looked up again
		_, _ = w.Write([]byte(policyPage))
	})
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	must(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	inner := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }), ReadHeaderTimeout: time.Second}
	go func() { _ = inner.ServeTLS(l, "", "") }() // it ends when it is closed
	t.Cleanup(func() { _ = inner.Close() })
	var last atomic.Uint32
	last.Store(1)
	o := only(srv)
	o.Resolver = resolver(t, func() byte { return byte(last.Load()) })
	links := deliver.NewLinks(nil, o)
	if found := links.Look(t.Context(), "https://example.com:"+port); !found.Read {
		t.Fatal("what is allowed is not read")
	}
	last.Store(2)
	if found := links.Look(t.Context(), "https://example.com:"+port); found.Read || found.Gone || asked.Load() != 0 {
		t.Errorf("%+v, asked %d times", found, asked.Load())
	}
}

// resolver answers every question for an address with 127.0.0.N.
func resolver(t *testing.T, n func() byte) *net.Resolver {
	t.Helper()
	pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = pc.Close() })
	go func() {
		for buf := make([]byte, 512); ; {
			size, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(answer(buf[:size], n()), from) // who does not hear it asks again
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// answer is a DNS answer to a question (RFC 1035, 4): an A record to a question for one,
// and none to any other.
func answer(question []byte, last byte) []byte {
	end := 12
	for end < len(question) && question[end] != 0 {
		end += 1 + int(question[end])
	}
	end += 5
	out := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	if question[end-3] == 1 { // type A
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, last)
	}
	return out
}
