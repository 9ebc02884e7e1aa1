package console

import (
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/web/html"
)

//go:embed pages parts words
var files embed.FS

// Base is where the console begins.
const Base = "/console"

// Config is what a console is made of.
type Config struct {
	Gate *gate.Gate
	Auth *auth.Keeper
	Log  *slog.Logger // takes what went wrong, without a word of what was sent; nil means none
}

// Console answers on the pages of officers. It is safe for concurrent use.
type Console struct {
	cfg Config
	set *html.Set
	mux *http.ServeMux
}

// route is one page, and which scopes may open it; 0: everyone.
type route struct {
	name   string // of the page, for the navigation
	method string
	path   string // below Base
	may    auth.Scope
	serve  func(*visit) error
}

// New makes a console.
func New(cfg Config) (*Console, error) {
	if cfg.Gate == nil || cfg.Auth == nil {
		return nil, errors.New("open console: a gate and a keeper of tokens are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	set, err := html.New(files)
	if err != nil {
		return nil, fmt.Errorf("open console: %w", err)
	}
	c := &Console{cfg: cfg, set: set, mux: http.NewServeMux()}
	for _, rt := range routes() {
		c.mux.HandleFunc(rt.method+" "+Base+rt.path, func(w http.ResponseWriter, r *http.Request) { c.serve(&rt, w, r) })
	}
	c.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.fail(&visit{console: c, w: w, r: r}, errNowhere) })
	return c, nil
}

// Handler returns the handler of everything at and below [Base].
func (c *Console) Handler() http.Handler {
	return html.Guard(c.mux, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.fail(&visit{console: c, w: w, r: r}, html.ErrCrossSite)
	}))
}

// read is who may look, act who may change something.
const (
	read = auth.Officer | auth.Auditor
	act  = auth.Officer
)

// routes are all pages of the console.
func routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{"enter", get, "", 0, (*visit).door},
		{"enter", post, "", 0, (*visit).enter},
		{"enter", post, "/leave", 0, (*visit).leave},

		{"today", get, "/{policy}", read, (*visit).today},

		{"requests", get, "/{policy}/requests", read, (*visit).requests},
		{"requests", get, "/{policy}/requests/{matter}", read, (*visit).request},
		{"requests", post, "/{policy}/requests/{matter}/open", act, (*visit).openRequest},
		{"requests", post, "/{policy}/requests/{matter}/answer", act, (*visit).answerRequest},
		{"requests", post, "/{policy}/requests/{matter}/extend", act, (*visit).extendRequest},
		{"requests", post, "/{policy}/requests/{matter}/write", act, (*visit).writeRequest},

		{"content", get, "/{policy}/content", read, (*visit).content},
		{"content", post, "/{policy}/content", act, (*visit).openContent},
		{"content", post, "/{policy}/content/{matter}", act, (*visit).decideContent},

		{"disclosure", get, "/{policy}/disclosure", read, (*visit).disclosure},
		{"disclosure", get, "/{policy}/demands/{matter}", read, (*visit).demand},
		{"disclosure", post, "/{policy}/demands", act, (*visit).receiveDemand},
		{"disclosure", post, "/{policy}/demands/{matter}/{step}", act, (*visit).stepDemand},
		{"disclosure", get, "/{policy}/recipients/{recipient}", read, (*visit).recipient},
		{"disclosure", post, "/{policy}/recipients/{recipient}", act, (*visit).proposeQualification},
		{"disclosure", post, "/{policy}/qualifications/{matter}/{step}", act, (*visit).stepQualification},
		{"disclosure", get, "/{policy}/releases/{matter}", read, (*visit).releaseOf},
		{"disclosure", post, "/{policy}/releases/{matter}/{step}", act, (*visit).stepRelease},

		{"policy", get, "/{policy}/policy", read, (*visit).policy},
		{"policy", post, "/{policy}/policy", act, (*visit).proposeChange},
		{"policy", get, "/{policy}/changes/{matter}", read, (*visit).change},
		{"policy", post, "/{policy}/changes/{matter}/{step}", act, (*visit).stepChange},

		{"data", get, "/{policy}/data", read, (*visit).data},
		{"proof", get, "/{policy}/proof", read, (*visit).proof},
	}
}

// Page says what a page is and who may open it, for those who hold pages to that.
type Page struct {
	Method, Path string // below Base
	May          auth.Scope
}

// Pages lists every page of the console.
func Pages() []Page {
	var out []Page
	for _, rt := range routes() {
		out = append(out, Page{rt.method, rt.path, rt.may})
	}
	return out
}
