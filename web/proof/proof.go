// Package proof is the public page of a policy on which everybody sees how each of
// its promises stands: proved, attested, rendered, unproved or broken, when and how
// that was found, and the evidence of it in the log. Beside it the same is told to
// programs as JSON. Nobody signs in, and nothing about people is on it.
package proof

import (
	"embed"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
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

// Pattern is where the page answers, of net/http.ServeMux. With .json after the
// policy's name it answers programs.
const Pattern = "/proof/{policy}"

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

// view is what the page shows.
type view struct {
	*gate.Promises
	Seal   html.Notice
	Counts []count
	Rows   []row
	Signed []signed
	JSON   string
	Log    string
	Report string // the transparency report; empty where the policy counts no demands
}

type count struct {
	State, Kind string
	N           int
}

// row is one promise.
type row struct {
	gate.Promise
	Kind     string // of its badge
	Says     string // the published sentence
	Where    string // where that stands
	Evidence string
}

// signed is one attestation.
type signed struct {
	gate.Attested
	Owner, Kind string
}

// kinds are the badges of the states.
var kinds = map[string]string{
	gate.PromiseProved: "on", gate.PromiseAttested: "law", gate.PromiseRendered: "plain", gate.PromiseUnproved: "wait", gate.PromiseBroken: "bad",
	gate.AttestationCurrent: "on", gate.AttestationExpiring: "wait", gate.AttestationExpired: "bad",
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !html.Public(w, r) {
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	name, machine := strings.CutSuffix(r.PathValue("policy"), ".json")
	if !machine && h.set.Switch(w, r) {
		return
	}
	state, err := h.gate.Promises(r.Context(), avow.PolicyID(name))
	if err == nil && machine {
		h.json(w, state)
		return
	}
	frame := html.Page{Name: "proof"}
	if err == nil {
		err = h.page(w, r, frame, state)
	}
	if err != nil {
		w.Header().Set("Cache-Control", "no-store")
		_ = h.set.Fail(w, r, frame, err, nil) // the reader is gone if this fails
	}
}

// run is a run of the proof as programs read it.
type run struct {
	At       time.Time `json:"at"`
	Probes   int64     `json:"probes,omitempty"`
	Killed   int64     `json:"mutants_killed,omitempty"`
	Survived int64     `json:"mutants_survived,omitempty"`
	Leaf     int64     `json:"leaf"`
}

func runOf(r *gate.ProofRun) *run {
	if r == nil {
		return nil
	}
	return &run{r.At, r.Probes, r.Killed, r.Survived, r.Leaf}
}

func (h *handler) json(w http.ResponseWriter, state *gate.Promises) {
	raw, err := json.MarshalIndent(struct {
		*gate.Promises
		Full     *run `json:"full,omitempty"`
		SelfTest *run `json:"self_test,omitempty"`
	}{state, runOf(state.Full), runOf(state.SelfTest)}, "", " ")
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(append(raw, '\n')) // the reader is gone if this fails
}

func (h *handler) page(w http.ResponseWriter, r *http.Request, frame html.Page, state *gate.Promises) error {
	t := h.set.Tongue(r)
	program, err := h.gate.Program(state.Policy)
	if err != nil {
		return err
	}
	id := string(state.Policy)
	v := view{Promises: state, JSON: "/proof/" + id + ".json", Log: "/log/" + id + "/checkpoint"}
	if program.ReportsDemands() {
		v.Report = "/transparency-report/" + id
	}
	if v.Seal, err = sealed(t, state); err != nil {
		return err
	}
	for _, s := range []string{gate.PromiseBroken, gate.PromiseProved, gate.PromiseAttested, gate.PromiseRendered, gate.PromiseUnproved} {
		v.Counts = append(v.Counts, count{s, kinds[s], state.Count(s)})
	}
	doc, err := h.texts.Of(program, t.Tag(), h.clock())
	if err != nil {
		return err
	}
	for _, p := range state.List {
		v.Rows = append(v.Rows, rowOf(doc, id, p))
	}
	for _, a := range state.Attestations {
		by := a.By[0]
		if t.Tag() == "zh" && a.By[1] != "" {
			by = a.By[1]
		}
		v.Signed = append(v.Signed, signed{a, by, kinds[a.State]})
	}
	frame.Body, frame.Site, frame.Home = v, program.File().Controller.Name.In(t.Tag()), "/policy/"+id
	if frame.Title, err = t.Say("title"); err != nil {
		return err
	}
	if frame.Lead, err = t.Say("lead"); err != nil {
		return err
	}
	return h.set.Render(w, r, t, http.StatusOK, frame)
}

// rowOf is one promise with the sentence of the rule that carries it.
func rowOf(doc *notice.Document, id string, p gate.Promise) row {
	out := row{Promise: p, Kind: kinds[p.State]}
	if p.Leaf >= 0 {
		out.Evidence = "/log/" + id + "/receipt/" + strconv.FormatInt(p.Leaf, 10)
	}
	for _, rule := range p.Rules {
		if s, ok := doc.Sentence(string(rule)); ok {
			out.Says, out.Where = s.Text, "/policy/"+id+"#rule-"+string(rule)
			break
		}
	}
	return out
}

// sealed is the one thing that a hurried reader takes away.
func sealed(t *html.Tongue, state *gate.Promises) (html.Notice, error) {
	kind := map[string]string{"kept": "good", "broken": "bad"}[state.Seal]
	if kind == "" {
		kind = "info"
	}
	n := html.Notice{Kind: kind}
	var err error
	if n.Title, err = t.Say("seal." + state.Seal); err != nil {
		return n, err
	}
	n.Text, err = t.Say("seal." + state.Seal + ".text")
	return n, err
}
