package cookies

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// ForgetPath is where a guarded site takes the wish to delete everything that it
// has stored in the browser: a POST from the site itself.
const ForgetPath = "/.well-known/avow/forget"

// Site is what the guard has to know of the operator's site.
type Site struct {
	// Script is the origin from which Avow's browser script comes, such as
	// https://privacy.example; empty if it comes from the site itself.
	Script string
	// Clock is the time, for lifetimes that follow the calendar.
	Clock func() time.Time
}

// Guard keeps the policy's promises on a site. Where the handler sets one of the
// three policies that the guard sends, the handler's stands.
func (r *Register) Guard(site Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		said := r.Said(req)
		for name, value := range r.Policies(site, said) {
			w.Header().Set(name, value)
		}
		if req.URL.Path == ForgetPath {
			r.forget(w, req)
			return
		}
		g := &guarded{ResponseWriter: w, register: r, said: said, now: site.Clock(), secure: secure(req)}
		g.sent = r.strip(req, said)
		next.ServeHTTP(g, req)
		g.clean()
	})
}

// secure reports whether a browser takes Secure cookies from this site: by TLS,
// also of a proxy in front, or because it is this very machine.
func secure(req *http.Request) bool {
	host, _, _ := strings.Cut(req.Host, ":")
	return req.TLS != nil || req.Header.Get("X-Forwarded-Proto") == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1"
}

// strip takes cookies out of a request that must not reach the site, and returns
// the names of those that the browser is to forget.
func (r *Register) strip(req *http.Request, said Said) (forget []string) {
	all := req.Cookies()
	req.Header.Del("Cookie")
	for _, c := range all {
		if r.passes(c.Name, c.Value, said) {
			req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted})
		} else if !slices.Contains(forget, c.Name) {
			forget = append(forget, c.Name)
		}
	}
	return forget
}

// passes reports whether a cookie may travel, either way.
func (r *Register) passes(name, value string, said Said) bool {
	t, ok := r.Tracker("cookie", name)
	if !ok {
		return !r.only
	}
	return len(t.By) == 0 && r.Allows(t, said) && (t.Grammar == nil || t.Grammar.MatchString(value))
}

// forget answers the wish to delete everything. Only the site's own pages can
// express it.
func (r *Register) forget(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if from := req.Header.Get("Sec-Fetch-Site"); from != "same-origin" && from != "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Clear-Site-Data", `"cookies", "storage"`)
	w.Header().Set("Cache-Control", "no-store")
	for _, t := range r.trackers { // for browsers that do not know the header, or not here
		if t.Kind == "cookie" && len(t.By) == 0 {
			http.SetCookie(w, &http.Cookie{Name: t.Name, Path: "/", MaxAge: -1})
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// guarded is a response whose cookies are held to the policy at the last moment
// before they leave.
type guarded struct {
	http.ResponseWriter
	register *Register
	said     Said
	now      time.Time
	secure   bool
	sent     []string // that the browser is to forget
	done     bool
}

// WriteHeader implements http.ResponseWriter.
func (g *guarded) WriteHeader(status int) {
	if status >= 200 { // informational answers carry no cookies
		g.clean()
	}
	g.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (g *guarded) Write(b []byte) (int, error) {
	g.clean()
	return g.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer beneath. What is sent by
// it directly must have been preceded by WriteHeader.
func (g *guarded) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// Flush implements http.Flusher.
func (g *guarded) Flush() {
	g.clean()
	// Whether the writer beneath can flush is its business, as without the guard.
	_ = http.NewResponseController(g.ResponseWriter).Flush()
}

func (g *guarded) clean() {
	if g.done {
		return
	}
	g.done = true
	h := g.Header()
	lines := h["Set-Cookie"]
	h.Del("Set-Cookie")
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			continue // nobody could hold it to anything
		}
		ends := c.MaxAge < 0 || !c.Expires.IsZero() && !c.Expires.After(g.now)
		if !ends && !g.register.passes(c.Name, c.Value, g.said) {
			continue
		}
		if !ends {
			g.register.shape(c, g.now, g.secure)
		}
		http.SetCookie(g.ResponseWriter, c)
		g.sent = slices.DeleteFunc(g.sent, func(name string) bool { return name == c.Name })
	}
	for _, name := range g.sent {
		http.SetCookie(g.ResponseWriter, &http.Cookie{Name: name, Path: "/", MaxAge: -1})
	}
}

// shape gives a cookie the attributes that the policy declares.
func (r *Register) shape(c *http.Cookie, now time.Time, secure bool) {
	t, ok := r.Tracker("cookie", c.Name)
	if !ok {
		return
	}
	c.HttpOnly, c.SameSite, c.Secure = t.HTTPOnly, t.SameSite, secure
	c.Expires, c.RawExpires, c.MaxAge = time.Time{}, "", 0
	if t.Lifetime.N > 0 {
		c.MaxAge = seconds(t.Lifetime, now)
	}
	if c.Path == "" {
		c.Path = "/"
	}
}
