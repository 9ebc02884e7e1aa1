// Package transparency is the public page of a policy on which everybody reads how
// many demands of authorities there were and what became of them. Its figures are
// those of [gate.Gate.Transparency], which programs get as JSON from the API: totals
// as the log has them, and bands by ground. Nobody signs in, and nothing about people
// is on it.
package transparency

import (
	"embed"
	"net/http"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice"
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
const Pattern = "/transparency-report/{policy}"

// Handler returns the page. clock is the time by which texts are rendered.
func Handler(g *gate.Gate, clock func() time.Time) (http.Handler, error) {
	set, err := pages()
	if err != nil {
		return nil, err
	}
	return &handler{gate: g, clock: clock, set: set}, nil
}

type handler struct {
	gate  *gate.Gate
	clock func() time.Time
	set   *html.Set
	texts notice.Shelf
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !html.Public(w, r) {
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	if h.set.Switch(w, r) {
		return
	}
	frame := html.Page{Name: "transparency"}
	if err := h.page(w, r, frame); err != nil {
		w.Header().Set("Cache-Control", "no-store")
		_ = h.set.Fail(w, r, frame, err, nil) // the reader is gone if this fails
	}
}

func (h *handler) page(w http.ResponseWriter, r *http.Request, frame html.Page) error {
	id := avow.PolicyID(r.PathValue("policy"))
	t := h.set.Tongue(r)
	program, err := h.gate.Program(id)
	if err != nil {
		return err
	}
	report, err := h.gate.Transparency(r.Context(), id)
	if err != nil {
		return err
	}
	doc, err := h.texts.Of(program, t.Tag(), h.clock())
	if err != nil {
		return err
	}
	v := view{Transparency: report, JSON: "/transparency/" + string(id), Log: "/log/" + string(id) + "/checkpoint", Proof: "/proof/" + string(id)}
	if v.Years, v.Uncounted, err = tables(t, report, grounds(program.File(), doc)); err != nil {
		return err
	}
	frame.Body, frame.Site, frame.Home = v, program.File().Controller.Name.In(t.Tag()), "/policy/"+string(id)
	if frame.Title, err = t.Say("title"); err != nil {
		return err
	}
	if frame.Lead, err = t.Say("lead"); err != nil {
		return err
	}
	return h.set.Render(w, r, t, http.StatusOK, frame)
}
