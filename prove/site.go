package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"avow.dev/cookies"
	"avow.dev/internal/chromium"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// site is an operator's site as careless as they come: it sets every cookie that
// the policy declares and one that it does not, for as long as it can, and puts
// every pixel, beacon and third party on its page. What keeps it honest is the
// guard of package cookies, and in a browser the script of the engine.
type site struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	tracked []string // pixels and beacons that were asked for
}

// stray is a cookie that no policy declares.
const stray = "stray_by_nobody"

// current is the policy in force: the one under proof, or its mutant.
func (s *stage) current() *policy.Program {
	if s.running != nil {
		return s.running
	}
	return s.program
}

// shop opens the site, once.
func (s *stage) shop() (*site, error) {
	if s.web != nil {
		return s.web, nil
	}
	l, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a site: %w", err)
	}
	w := &site{url: "http://" + l.Addr().String()}
	w.server = &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		guard := cookies.Site{Script: s.engine.URL(), Clock: s.clock.now}
		cookies.Of(s.current()).Guard(guard, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.serve(s, rw, r) })).ServeHTTP(rw, r)
	}), BaseContext: func(net.Listener) context.Context { return s.ctx }}
	go func() { _ = w.server.Serve(l) }() // ends with the stage
	s.web = w
	return w, nil
}

// closeShop closes the site, if it was opened.
func (s *stage) closeShop() {
	if s.web != nil {
		_ = s.web.server.Close() // nothing of it is needed any more
	}
}

func (w *site) serve(s *stage, rw http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/track/"); ok {
		w.mu.Lock()
		w.tracked = append(w.tracked, name)
		w.mu.Unlock()
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	if r.URL.Path == "/keeper.js" {
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(rw, s.keeper()) // whoever is gone needs no answer
		return
	}
	for i := range s.text.Cookies {
		c := &s.text.Cookies[i]
		if isCookie(c) && c.Name.Text != cookies.ChoiceCookie {
			value := fitting(c)
			if r.Header.Get("X-Misfit") != "" {
				value = misfit
			}
			http.SetCookie(rw, &http.Cookie{Name: c.Name.Text, Value: value, MaxAge: 1 << 30, SameSite: otherSite(c), HttpOnly: !c.HTTPOnly.On})
		}
	}
	http.SetCookie(rw, &http.Cookie{Name: stray, Value: "1", MaxAge: 1 << 30})
	if r.URL.Path == "/got" {
		names := []string{}
		for _, c := range r.Cookies() {
			names = append(names, c.Name)
		}
		_ = json.NewEncoder(rw).Encode(names) // whoever is gone needs no answer
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(rw, s.page()) // as above
}

// page is a page with everything that waits for a choice.
func (s *stage) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><script src="%s/browser/%s/avow.js"></script><link rel="icon" href="data:,"><title>Site</title></head><body><main><h1>Site</h1><p id="read">Reading needs nothing.</p><a id="on" href="/on">Go on</a></main>`,
		s.engine.URL(), s.text.Policy.Text)
	for i := range s.text.Cookies {
		c := &s.text.Cookies[i]
		name := html.EscapeString(c.Name.Text)
		if c.Party.Text == "third" {
			for _, h := range s.text.hostsOf(c.By) {
				fmt.Fprintf(&b, `<img alt="" data-avow="%s" data-src="http://%s/pixel.png">`, name, html.EscapeString(h))
			}
		} else if c.Kind.Text == "pixel" || c.Kind.Text == "beacon" {
			fmt.Fprintf(&b, `<img alt="" data-avow="%s" data-src="/track/%s">`, name, name)
		}
	}
	b.WriteString(`<script src="/keeper.js"></script></body></html>`)
	return b.String()
}

func (t text) hostsOf(parties []syntax.Word) []string {
	var out []string
	for i := range t.Parties {
		if p := &t.Parties[i]; has(parties, p.ID.Text) {
			for _, h := range p.Hosts {
				out = append(out, h.Text)
			}
		}
	}
	return out
}

func isCookie(c *syntax.Cookie) bool { return c.Kind.Text == "" || c.Kind.Text == "cookie" }

// otherSite is another attribute than the policy's.
func otherSite(c *syntax.Cookie) http.SameSite {
	if c.SameSite.Text == "none" {
		return http.SameSiteStrictMode
	}
	return http.SameSiteNoneMode
}

// misfit is a value that identifies somebody, and that fits no grammar that leaves
// no room for that.
const misfit = "li@mail.example"

// fitting is a value that fits a cookie's grammar.
func fitting(c *syntax.Cookie) string {
	for _, v := range []string{"0123456789abcdef0123456789abcdef", "0123456789abcdef0123456", "dark=1", "a"} {
		if c.Grammar.Text == "" || fitsGrammar(c.Grammar.Text, v) {
			return v
		}
	}
	return ""
}

// browsed is one request to the site, and what it led to.
type browsed struct {
	status int
	set    map[string]*http.Cookie // what reaches the browser
	gone   []string                // what the browser is told to forget
	got    []string                // what reached the site
	header http.Header
	body   string
}

// browse asks the site as a browser would that holds these cookies.
func (s *stage) browse(path string, choice *http.Cookie, gpc, misfits bool, held ...*http.Cookie) (*browsed, error) {
	w, err := s.shop()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, w.url+path, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range held {
		req.AddCookie(c)
	}
	if choice != nil {
		req.AddCookie(choice)
	}
	if gpc {
		req.Header.Set("Sec-GPC", "1")
	}
	if misfits {
		req.Header.Set("X-Misfit", "1")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the site: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the site's answer: %w", err)
	}
	v := &browsed{status: resp.StatusCode, set: make(map[string]*http.Cookie), header: resp.Header, body: string(body)}
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 {
			v.gone = append(v.gone, c.Name)
		} else {
			v.set[c.Name] = c
		}
	}
	if path == "/got" {
		err = json.Unmarshal(body, &v.got)
	}
	return v, err
}

// browserConfig is what the engine tells the script of the policy in force.
type browserConfig struct {
	Hash     string   `json:"hash"`
	Revision uint32   `json:"revision"`
	Only     bool     `json:"only"`
	Remember *int64   `json:"remember"`
	Hosts    []string `json:"hosts"`
	Choices  []struct {
		ID    string   `json:"id"`
		Out   bool     `json:"out"`
		GPC   bool     `json:"gpc"`
		Hosts []string `json:"hosts"`
	} `json:"choices"`
	Trackers []struct {
		Name    string   `json:"name"`
		Kind    string   `json:"kind"`
		Need    bool     `json:"need"`
		Third   bool     `json:"third"`
		Life    int64    `json:"life"`
		Choices []string `json:"choices"`
	} `json:"trackers"`
}

func (s *stage) browserConfig() (*browserConfig, error) {
	a, err := s.do(http.MethodGet, "/browser/"+s.text.Policy.Text+"/config.json", nil)
	if err != nil {
		return nil, err
	}
	c := &browserConfig{}
	if err := json.Unmarshal(a.raw, c); err != nil || a.status != http.StatusOK {
		return nil, fmt.Errorf("read what the script knows: status %d", a.status)
	}
	return c, nil
}

// chose is the cookie in which the script remembers what was agreed to.
func (s *stage) chose(gpc bool, given ...string) (*http.Cookie, error) {
	c, err := s.browserConfig()
	if err != nil {
		return nil, err
	}
	if given == nil {
		given = []string{}
	}
	raw, err := json.Marshal(map[string]any{"categories": given, "revision": c.Revision, "data": map[string]bool{"gpc": gpc}})
	if err != nil {
		return nil, err
	}
	return &http.Cookie{Name: cookies.ChoiceCookie, Value: url.QueryEscape(string(raw))}, nil
}

// chooses sends what somebody chose, as the script does, and returns the answer.
func (s *stage) chooses(visitor, gesture string, given bool, choices ...string) (*answer, error) {
	type one struct {
		Choice string `json:"choice"`
		State  string `json:"state"`
	}
	list := []one{}
	for _, c := range choices {
		list = append(list, one{c, map[bool]string{true: "given", false: "refused"}[given]})
	}
	raw, err := json.Marshal(map[string]any{"visitor": visitor, "gesture": gesture, "policy_hash": s.hash, "language": s.text.Languages[0].Text, "choices": list})
	if err != nil {
		return nil, err
	}
	return s.do(http.MethodPost, "/browser/"+s.text.Policy.Text+"/choices", raw)
}

// visitor makes up the random name of a browser.
func (s *stage) visitor() string {
	return fmt.Sprintf("3f2504e0-4f89-41d3-9a0c-%012x", s.people.Add(1))
}

// browsers holds the one real browser of a run, started when it is first needed,
// and one in which cookies are off.
type browsers struct {
	path string
	ctx  context.Context

	mu      sync.Mutex
	running [2]*chromium.Browser
}

// open opens a page in a private window. Without a browser on this machine the
// probe cannot be played.
func (b *browsers) open(cookiesOff bool) (*chromium.Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := 0
	if cookiesOff {
		i = 1
	}
	if b.running[i] == nil {
		started, err := chromium.Start(b.ctx, chromium.Options{Path: b.path, CookiesOff: cookiesOff})
		if errors.Is(err, chromium.ErrNone) {
			return nil, &unplayable{err.Error()}
		}
		if err != nil {
			return nil, err
		}
		b.running[i] = started
	}
	return b.running[i].Open()
}

func (b *browsers) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for i, r := range b.running {
		if r != nil {
			errs = append(errs, r.Close())
			b.running[i] = nil
		}
	}
	return errors.Join(errs...)
}

// named returns the choices that cookies or advertising parties of a page hang on.
func (t text) pageChoices() []string {
	var out []string
	add := func(words []syntax.Word) {
		for _, w := range words {
			if !slices.Contains(out, w.Text) {
				out = append(out, w.Text)
			}
		}
	}
	for i := range t.Cookies {
		if !t.Cookies[i].Invisible.On {
			add(t.Cookies[i].Choice)
		}
	}
	for i := range t.Adverts {
		if advertUses[t.Adverts[i].Rule.Text] != "" {
			add(t.Adverts[i].Choice)
		}
	}
	return out
}

// gpcOn reports whether a choice of the policy heeds the browser's signal.
func (t text) gpcOn(choice string) bool {
	c, ok := t.File.Lookup("choices", choice)
	if !ok {
		return false
	}
	e, ok := c.Value.(*syntax.Choice)
	return ok && has(e.Signal, "gpc")
}
