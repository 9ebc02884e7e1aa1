// Package stop is the page behind the link by which a person stops messages of a
// kind. It asks nobody to sign in: a GET shows what the link stops and asks, and a
// POST stops it at once, be it the page's own button or the one click of a mail
// program (RFC 8058). The address holds nothing but a random token.
package stop

import (
	"embed"
	"errors"
	"net/http"
	"strings"
	"sync"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

//go:embed pages words
var files embed.FS

// pages are read once in a process, for all handlers.
var pages = sync.OnceValues(func() (*html.Set, error) { return html.New(files) })

// Warm reads the pages ahead, beside other work of a start. What is wrong with them is
// told where they are needed.
func Warm() { _, _ = pages() }

// Pattern is where the page answers, of net/http.ServeMux.
const Pattern = "/privacy/{policy}/stop/{token}"

// Handler returns the page.
func Handler(g *gate.Gate) (http.Handler, error) {
	set, err := pages()
	if err != nil {
		return nil, err
	}
	return &handler{g, set}, nil
}

type handler struct {
	gate *gate.Gate
	set  *html.Set
}

// view is what the page shows.
type view struct {
	What string
	Done bool
}

// ServeHTTP implements http.Handler. A form from another site is welcome: whoever
// has the token may stop, and nothing else can be done with it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	html.Harden(w.Header())
	if h.set.Switch(w, r) {
		return
	}
	frame := html.Page{Name: "stop"}
	s, err := h.act(r)
	t := h.set.Tongue(r)
	if err != nil {
		if errors.Is(err, errMethod) {
			w.Header().Set("Allow", "GET, HEAD, POST")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		// The reader is gone if this fails, and nobody is left to be told.
		_ = h.set.Fail(w, r, frame, err, nil)
		return
	}
	if p, err := h.gate.Program(avow.PolicyID(r.PathValue("policy"))); err == nil {
		frame.Site = p.File().Controller.Name.In(t.Tag())
		frame.Home = "/privacy/" + r.PathValue("policy")
	}
	if err := h.show(w, r, t, frame, s); err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
	}
}

func (h *handler) show(w http.ResponseWriter, r *http.Request, t *html.Tongue, frame html.Page, s gate.Stopping) error {
	title := "title"
	if s.Stopped {
		title = "title.done"
	}
	what, err := t.Say("class." + s.Class)
	if err != nil {
		return err
	}
	if frame.Title, err = t.Say(title); err != nil {
		return err
	}
	frame.Body = view{what, s.Stopped}
	return h.set.Render(w, r, t, http.StatusOK, frame)
}

var errMethod = errors.New("method not allowed")

func (h *handler) act(r *http.Request) (gate.Stopping, error) {
	id, token := avow.PolicyID(r.PathValue("policy")), strings.TrimSpace(r.PathValue("token"))
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return h.gate.StopOf(r.Context(), id, token)
	case http.MethodPost:
		s, _, err := h.gate.Stop(r.Context(), id, token)
		return s, err
	}
	return gate.Stopping{}, errMethod
}
