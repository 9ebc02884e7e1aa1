// Package front is the first page of a server: each policy it keeps, and where its
// text, the people's pages, the proof and the log are. Nobody signs in, and nothing
// about people is on it.
package front

import (
	"embed"
	"net/http"
	"sync"

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

// Patterns are where the page answers, of net/http.ServeMux: at the root, and where
// a centre is asked for without saying whose.
var Patterns = []string{"/{$}", "/privacy"}

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

// service is one policy and what can be seen of it.
type service struct {
	ID, Name, Says string // Says is the word about the proof, Kind that of its badge
	Kind           string
	Report         bool // it counts demands of authorities
}

// seals are the badges of a proof's outcome.
var seals = map[string]string{"kept": "on", "broken": "bad", "unknown": "wait"}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !html.Public(w, r) {
		return
	}
	if h.set.Switch(w, r) {
		return
	}
	t := h.set.Tongue(r)
	frame := html.Page{Name: "front"}
	services, err := h.services(r, t)
	if err == nil {
		frame.Body = services
		frame.Title, err = t.Say("title")
	}
	if err == nil {
		frame.Lead, err = t.Say("lead")
	}
	if err == nil {
		err = h.set.Render(w, r, t, http.StatusOK, frame)
	}
	if err != nil {
		_ = h.set.Fail(w, r, frame, err, nil) // the reader is gone if this fails
	}
}

func (h *handler) services(r *http.Request, t *html.Tongue) ([]service, error) {
	var out []service
	for _, id := range h.gate.Policies() {
		p, err := h.gate.Program(id)
		if err != nil {
			return nil, err
		}
		state, err := h.gate.Promises(r.Context(), id)
		if err != nil {
			return nil, err
		}
		s := service{ID: string(id), Name: p.File().Controller.Name.In(t.Tag()), Kind: seals[state.Seal], Report: p.ReportsDemands()}
		if s.Says, err = t.Say("seal." + state.Seal); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
