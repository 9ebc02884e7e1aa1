package httpapi

import (
	"bytes"
	"net/http"
	"strings"
	"sync"

	"avow.dev"
	"avow.dev/notice"
	"avow.dev/policy"
	"golang.org/x/text/language"
)

// texts remembers the published texts of the policies in force.
type texts struct {
	mu   sync.Mutex
	kept map[edition]*page
}

// edition is one language of one text of a policy, on one day: attestations in
// it may expire from day to day.
type edition struct {
	hash avow.Hash
	lang avow.Language
	day  string
}

// page is a rendered text in all its formats.
type page struct {
	doc    *notice.Document
	bodies map[string][]byte
}

// keptPages bounds the memory; it is far above what any set of policies needs.
const keptPages = 256

func (t *texts) document(d *Door, p *policy.Program, lang avow.Language) (*notice.Document, error) {
	pg, err := t.page(d, p, lang)
	if err != nil {
		return nil, err
	}
	return pg.doc, nil
}

func (t *texts) page(d *Door, p *policy.Program, lang avow.Language) (*page, error) {
	now := d.now()
	key := edition{p.Hash(), lang, now.Format("2006-01-02")}
	t.mu.Lock()
	defer t.mu.Unlock()
	if pg := t.kept[key]; pg != nil {
		return pg, nil
	}
	base := d.cfg.BaseURL + "/policy/" + string(p.ID())
	opts := notice.Options{Lang: string(lang), Now: now, Hash: string(p.Hash()), Verify: d.cfg.BaseURL + "/log/" + string(p.ID()) + "/checkpoint", Editions: map[string]string{}}
	for _, l := range p.Languages() {
		opts.Editions[string(l)] = base + "?lang=" + string(l)
	}
	doc, err := notice.Render(p.File(), opts)
	if err != nil {
		return nil, &avow.Error{Code: avow.Internal, Message: "the policy could not be put into words", Try: "see the server's log", Cause: err}
	}
	pg, err := write(doc)
	if err != nil {
		return nil, &avow.Error{Code: avow.Internal, Message: "the policy could not be written", Try: "see the server's log", Cause: err}
	}
	if t.kept == nil || len(t.kept) >= keptPages {
		t.kept = make(map[edition]*page)
	}
	t.kept[key] = pg
	return pg, nil
}

func write(doc *notice.Document) (*page, error) {
	var html, md, js bytes.Buffer
	if err := doc.HTML(&html); err != nil {
		return nil, err
	}
	if err := doc.Markdown(&md); err != nil {
		return nil, err
	}
	if err := doc.JSON(&js); err != nil {
		return nil, err
	}
	return &page{doc, map[string][]byte{"html": html.Bytes(), "md": md.Bytes(), "json": js.Bytes()}}, nil
}

func (d *Door) addTexts() {
	d.open(operation{
		id: "text", path: "/policy/{policy}", tag: "For everyone", media: "text/html",
		summary: "Read the published policy",
		doc:     "In the language that lang or Accept-Language asks for. With .html, .md or .json after the name it comes in that format.",
		params: []param{{"policy", "path", "A policy, with or without .html, .md or .json.", "club"},
			{"lang", "query", "A language of the policy.", "en"}, {"Accept-Language", "header", "Languages in order of preference.", "zh, en;q=0.8"}},
	}, d.text)
}

func (d *Door) text(w http.ResponseWriter, r *http.Request) error {
	name, format := r.PathValue("policy"), "html"
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name, format = name[:i], name[i+1:]
	}
	p, err := d.cfg.Gate.Program(avow.PolicyID(name))
	if err != nil {
		return err
	}
	asked := r.URL.Query().Get("lang")
	lang, ok := choose(p.Languages(), asked, r.Header.Values("Accept-Language"))
	if !ok {
		return &avow.Error{Code: avow.Unknown, Message: "the policy is not published in this language", Try: "use one of its languages, or leave lang out"}
	}
	pg, err := d.texts.page(d, p, lang)
	if err != nil {
		return err
	}
	body, ok := pg.bodies[format]
	if !ok {
		return &avow.Error{Code: avow.Unknown, Message: "the policy is not published in this format", Try: "use .html, .md or .json"}
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "json": "application/json"}[format])
	h.Set("Content-Language", string(lang))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+notice.StyleSource()+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Link", "<"+d.cfg.BaseURL+"/policy/"+string(p.ID())+`>; rel="privacy-policy"`)
	h.Set("Vary", "Accept-Language")
	d.public(w, r, body, "public, max-age=300")
	return nil
}

// choose picks a language: the one that is asked for, or else the reader's
// favourite, or else the policy's first.
func choose(have []avow.Language, asked string, accept []string) (avow.Language, bool) {
	if asked != "" {
		for _, l := range have {
			if strings.EqualFold(string(l), asked) {
				return l, true
			}
		}
		return "", false
	}
	tags := make([]language.Tag, len(have))
	for i, l := range have {
		tags[i] = language.Make(string(l))
	}
	wanted, _, err := language.ParseAcceptLanguage(strings.Join(accept, ","))
	if err != nil {
		return have[0], true
	}
	_, i, _ := language.NewMatcher(tags).Match(wanted...)
	return have[i], true
}
