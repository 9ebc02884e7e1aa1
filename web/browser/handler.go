package browser

import (
	"crypto/sha256"
	_ "embed" // for the bundles
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/strict"
	"avow.dev/policy"
)

//go:embed dist/gate.js
var gateJS []byte

//go:embed dist/avow.js
var avowJS []byte

// Config is what the pages are made of.
type Config struct {
	Gate  *gate.Gate
	Clock func() time.Time
	// BaseURL is the public address of the door, without a slash at the end.
	BaseURL string
}

// Handler answers below /browser/.
func Handler(cfg Config) (http.Handler, error) {
	plan, err := strict.Compile[choosing]()
	if err != nil {
		return nil, fmt.Errorf("serve the browser script: %w", err)
	}
	s := &scripts{cfg: cfg, kept: make(map[edition]*file), pace: newPace(), plan: plan}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /browser/{policy}/{file}", s.serve)
	mux.HandleFunc("POST /browser/{policy}/choices", s.take)
	mux.HandleFunc("OPTIONS /browser/{policy}/choices", s.allow)
	return mux, nil
}

type scripts struct {
	cfg  Config
	pace *pace
	plan *strict.Plan[choosing]

	mu   sync.Mutex
	kept map[edition]*file
}

// edition is a file of one text of a policy; attestations may change what is
// rendered from day to day.
type edition struct {
	name, day string
	hash      avow.Hash
}

type file struct {
	body []byte
	kind string
	tag  string
}

// mostFiles bounds the memory.
const mostFiles = 256

func (s *scripts) serve(w http.ResponseWriter, r *http.Request) {
	p, err := s.cfg.Gate.Program(avow.PolicyID(r.PathValue("policy")))
	if err != nil {
		answer(w, http.StatusNotFound, fault{"unknown", "no such policy is served here"})
		return
	}
	f, err := s.file(p, r.PathValue("file"))
	if err != nil || f == nil {
		answer(w, http.StatusNotFound, fault{"unknown", "there is no such file; there are avow.js, gate.js and config.json"})
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	// The policy in force may change, and a page must not go on with an old one.
	h.Set("Cache-Control", "public, max-age=60, must-revalidate")
	open(h)
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	// A browser that is gone has no use for an error.
	_, _ = w.Write(f.body)
}

// open lets the pages of operators' sites read the answer. It holds nothing about
// anybody, and no cookie or credential is looked at.
func open(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

func (s *scripts) file(p *policy.Program, name string) (*file, error) {
	now := s.cfg.Clock().UTC()
	key := edition{name, string(p.ID()) + now.Format(time.DateOnly), p.Hash()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.kept[key]; f != nil {
		return f, nil
	}
	body, kind, err := s.write(p, name, now)
	if err != nil || body == nil {
		return nil, err
	}
	if len(s.kept) >= mostFiles {
		clear(s.kept)
	}
	sum := sha256.Sum256(body)
	f := &file{body, kind, `"` + hex.EncodeToString(sum[:16]) + `"`}
	s.kept[key] = f
	return f, nil
}

func (s *scripts) write(p *policy.Program, name string, now time.Time) (body []byte, kind string, err error) {
	const js = "text/javascript; charset=utf-8"
	c := configOf(p, s.cfg.BaseURL+"/browser/"+string(p.ID()), now)
	switch name {
	case "gate.js":
		body, err = script(gateJS, c)
		return body, js, err
	case "avow.js":
		if c, err = withWords(p, c, s.cfg.BaseURL+"/policy/"+string(p.ID()), now); err == nil {
			body, err = script(avowJS, c)
		}
		return body, js, err
	case "config.json":
		body, err = json.Marshal(c)
		return body, "application/json", err
	}
	return nil, "", nil
}

type fault struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // as above
}

// refusal turns an error of the gate into an answer that says no more than it must.
func refusal(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*avow.Error](err)
	switch {
	case ok && e.Code == avow.Invalid, ok && e.Code == avow.Conflict:
		answer(w, http.StatusUnprocessableEntity, fault{strings.ToLower(string(e.Code)), e.Message})
	case ok && e.Code == avow.Gone:
		answer(w, http.StatusGone, fault{"gone", e.Message})
	default:
		answer(w, http.StatusServiceUnavailable, fault{"unavailable", "the choice could not be recorded; it holds in this browser"})
	}
}
