package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync/atomic"

	"avow.dev"
)

// Serve answers requests on a listener until ctx is done. Then it takes no new
// ones, lets those under way finish within the grace period, and returns: the
// store may be closed. What was done was answered, and what comes too late is
// turned away before anything is done. With a certificate and a key file it speaks TLS 1.2 or
// newer, without them plain HTTP, for a proxy in front of it.
//
// It returns nil when everything that was under way has been answered.
func (d *Door) Serve(ctx context.Context, l net.Listener, certFile, keyFile string) error {
	lim := d.cfg.Limits
	var closing atomic.Bool
	srv := &http.Server{
		// A request may be read just when Shutdown takes its connection for idle and
		// closes it: nobody would wait for it, and nobody hear the answer. Whoever
		// gets past this before it is shut is counted as active by then.
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if closing.Load() {
				w.Header().Set("Connection", "close")
				d.fail(w, r, errClosing)
				return
			}
			d.ServeHTTP(w, r)
		}),
		MaxHeaderBytes:    lim.Header,
		ReadHeaderTimeout: lim.ReadHeader, ReadTimeout: lim.Read, WriteTimeout: lim.Write, IdleTimeout: lim.Idle,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		// What net/http logs names client addresses.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan error, 1)
	go func() {
		if certFile != "" {
			ended <- srv.ServeTLS(l, certFile, keyFile)
		} else {
			ended <- srv.Serve(l)
		}
	}()
	d.cfg.Log.Info("door open", "address", l.Addr().String(), "tls", certFile != "")
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), lim.Grace)
	defer cancel()
	closing.Store(true)
	err := srv.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("close door: requests were still under way after the grace period: %w", err), srv.Close())
	}
	<-ended
	d.cfg.Log.Info("door closed")
	return err
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := d.cfg.Clock()
	seen := &recorder{ResponseWriter: w, route: "none"}
	defer func() {
		if v := recover(); v != nil {
			d.recovered(seen, r, v)
		}
		d.meter.request(seen.route, seen.code(), d.cfg.Clock().Sub(began))
	}()
	d.harden(w.Header(), r)
	if len(d.cfg.Proxies) > 0 {
		r.RemoteAddr = d.cfg.Proxies.Address(r)
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	default:
		d.fail(seen, r, &avow.Error{Code: avow.Unavailable, Message: "too many requests are under way", Try: "send the request again"})
		return
	}
	if !clean(r.URL.Path) {
		d.fail(seen, r, errNowhere)
		return
	}
	d.mux.ServeHTTP(seen, r)
}

// errClosing is the error for requests that come while the door closes.
var errClosing = &avow.Error{Code: avow.Unavailable, Message: "the door is closing, and nothing was done", Try: "send the request again"}

// errNowhere is the error for an address that nothing answers to.
var errNowhere = &avow.Error{Code: avow.Unknown, Message: "nothing answers to this address", Try: "see /docs"}

// clean reports whether a path is written in the one way that the multiplexer
// would redirect to: a redirect would repeat the address.
func clean(p string) bool {
	return strings.HasPrefix(p, "/") && (p == "/" || path.Clean(p) == p)
}

// harden sets what every answer has in common. Answers may hold personal data,
// so that nobody keeps them unless a page says otherwise.
func (d *Door) harden(h http.Header, r *http.Request) {
	h["Cache-Control"] = noStore
	h["Content-Security-Policy"] = nothing
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	if r.TLS != nil || strings.HasPrefix(d.cfg.BaseURL, "https:") {
		h["Strict-Transport-Security"] = twoYears
	}
}

// The values are shared by all answers. A handler replaces one by Header.Set,
// which makes a new slice.
var (
	noStore    = []string{"no-store"}
	nothing    = []string{"default-src 'none'; frame-ancestors 'none'"}
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	twoYears   = []string{"max-age=63072000"}
)

// nowhere answers what no route takes.
func (d *Door) nowhere(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := d.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		d.fail(w, r, errNowhere)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	d.fail(w, r, &httpError{http.StatusMethodNotAllowed, avow.Error{Code: avow.Invalid, Message: "this address takes another method", Try: "use " + strings.Join(allowed, " or ")}})
}

// recovered answers a panic. What was panicked with may hold anything, so that
// only its type and the names of the functions are logged.
func (d *Door) recovered(w *recorder, r *http.Request, v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	d.cfg.Log.Error("panic", "route", r.Pattern, "type", fmt.Sprintf("%T", v), "stack", stack())
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
	d.fail(w, r, errors.New("panic"))
}

func stack() []string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var names []string
	for {
		f, more := frames.Next()
		names = append(names, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return names
		}
	}
}

// recorder remembers the status, and which route was taken.
type recorder struct {
	http.ResponseWriter
	status int
	route  string
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and http.MaxBytesReader reach the writer beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int { return or(r.status, http.StatusOK) }
