package centre

import (
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/signin"
	"avow.dev/web/html"
)

//go:embed pages parts words
var files embed.FS

// pages are read once in a process, for all handlers.
var pages = sync.OnceValues(func() (*html.Set, error) { return html.New(files) })

// Warm reads the pages ahead, beside other work of a start. What is wrong with them is
// told where they are needed.
func Warm() { _, _ = pages() }

// Base is where the pages of a policy begin: Base + policy.
const Base = "/privacy/"

// Fresh is how old a sign-in may be for seeing or taking away values in clear.
const Fresh = 15 * time.Minute

// Config is what a centre is made of.
type Config struct {
	Gate *gate.Gate
	Desk *signin.Desk
	Log  *slog.Logger // takes what went wrong, without a word of what was sent; nil means none
}

// Centre answers on the pages of people. It is safe for concurrent use.
type Centre struct {
	cfg    Config
	set    *html.Set
	routes []route
	mux    *http.ServeMux
	texts  texts
}

// who may open a page.
type who uint8

const (
	anyone   who = iota
	person       // somebody who is signed in, and sees only their own
	fresh        // the same, signed in a short time ago
	guardian     // whoever has shown by a code that somebody named their address, and sees only whom
)

// String names the level, for tests of access.
func (w who) String() string { return [...]string{"anyone", "person", "fresh", "guardian"}[w] }

// route is one page.
type route struct {
	name   string // of the page, for the navigation and the metrics
	method string
	path   string // below Base + policy
	who    who
	serve  func(*visit) error
}

// New makes a centre.
func New(cfg Config) (*Centre, error) {
	if cfg.Gate == nil || cfg.Desk == nil {
		return nil, errors.New("open centre: a gate and a sign-in desk are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	set, err := pages()
	if err != nil {
		return nil, fmt.Errorf("open centre: %w", err)
	}
	c := &Centre{cfg: cfg, set: set, mux: http.NewServeMux()}
	c.routes = routes()
	for _, rt := range c.routes {
		c.mux.HandleFunc(rt.method+" "+Base+"{policy}"+rt.path, func(w http.ResponseWriter, r *http.Request) { c.serve(&rt, w, r) })
	}
	c.mux.HandleFunc("/", c.nowhere)
	return c, nil
}

// Handler returns the handler of everything below [Base].
func (c *Centre) Handler() http.Handler {
	return html.Guard(c.mux, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.fail(&visit{centre: c, w: w, r: r}, html.ErrCrossSite) }), nil)
}

// nowhere answers what no page takes.
func (c *Centre) nowhere(w http.ResponseWriter, r *http.Request) {
	c.fail(&visit{centre: c, w: w, r: r}, errNowhere)
}

// routes are all pages of the centre.
func routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{"home", get, "", anyone, (*visit).home},
		{"policy", get, "/policy", anyone, (*visit).policyText},
		{"versions", get, "/versions", anyone, (*visit).versions},
		{"versions", get, "/versions/{hash}", anyone, (*visit).version},
		{"versions", post, "/versions/{hash}", person, (*visit).answerVersion},
		{"opt-out", get, "/opt-out", anyone, (*visit).optOutForm},
		{"opt-out", post, "/opt-out", anyone, (*visit).optOut},
		{"cookies", get, "/cookies", anyone, (*visit).cookies},
		{"children", get, "/children", anyone, (*visit).children},
		{"children", post, "/children/young", person, (*visit).sayYoung},
		{"children", post, "/children/guardian", fresh, (*visit).askGuardian},
		{"children", post, "/children/guardian/recall", person, (*visit).recallGuardian},
		{"announcements", get, "/announcements", anyone, (*visit).announcements},
		{"certificate", get, "/certificate/{index}", anyone, (*visit).certificate},
		{"certificate", get, "/certificate/{index}/{key}", anyone, (*visit).certificate},
		{"certificate", get, "/erased/{leaf}", anyone, (*visit).certificateFor},
		{"certificate", get, "/erased/{leaf}/{key}", anyone, (*visit).certificateFor},
		{"proof", get, "/certificate/{index}/proof", anyone, (*visit).certificateProof},
		{"public", get, "/public/{audience}/{at}", anyone, (*visit).public},

		{"sign-in", get, "/sign-in", anyone, (*visit).signIn},
		{"sign-in", post, "/sign-in", anyone, (*visit).askCode},
		{"sign-in", get, "/sign-in/code", anyone, (*visit).codeForm},
		{"sign-in", post, "/sign-in/code", anyone, (*visit).tryCode},
		{"sign-in", post, "/sign-in/passkey", anyone, (*visit).enterByPasskey},
		{"sign-in", post, "/sign-in/passkey/options", anyone, (*visit).askPasskey},
		{"enter", get, "/enter/{link}", anyone, (*visit).enter},
		{"enter", post, "/enter/{link}", anyone, (*visit).entered},
		{"sign-out", post, "/sign-out", anyone, (*visit).signOut},

		{"guardian", get, "/guardian", anyone, (*visit).guardianDoor},
		{"guardian", post, "/guardian", anyone, (*visit).guardianCode},
		{"guardian", get, "/guardian/code", anyone, (*visit).guardianCodeForm},
		{"guardian", post, "/guardian/code", anyone, (*visit).guardianEnter},
		{"guardian", post, "/guardian/leave", anyone, (*visit).guardianLeave},
		{"guardian", get, "/guardian/of/{ward}", guardian, (*visit).ward},
		{"guardian", post, "/guardian/of/{ward}", guardian, (*visit).answerWard},
		{"guardian", post, "/guardian/of/{ward}/erase", guardian, (*visit).eraseWard},
		{"guardian", post, "/guardian/of/{ward}/undo", guardian, (*visit).keepWard},
		{"guardian", post, "/guardian/of/{ward}/copy", guardian, (*visit).copyWard},

		{"data", get, "/data", person, (*visit).data},
		{"data", post, "/data/show", fresh, (*visit).show},
		{"data", get, "/data/delete/{datum}", person, (*visit).deleteForm},
		{"data", post, "/data/delete/{datum}", person, (*visit).deleteData},
		{"data", get, "/data/correct/{datum}", person, (*visit).correctForm},
		{"data", post, "/data/correct/{datum}", person, (*visit).correct},

		{"choices", get, "/choices", person, (*visit).choices},
		{"choices", post, "/choices", person, (*visit).choose},

		{"copy", get, "/copy", person, (*visit).copyForm},
		{"copy", post, "/copy", fresh, (*visit).makeCopy},
		{"copy", get, "/copy/{package}", fresh, (*visit).fetchCopy},

		{"publish", get, "/publish", person, (*visit).publishing},
		{"publish", post, "/publish/ask", person, (*visit).publishAsk},
		{"publish", post, "/publish", fresh, (*visit).publish},
		{"publish", post, "/publish/down", person, (*visit).takeDown},

		{"requests", get, "/requests", person, (*visit).requests},
		{"requests", get, "/requests/new", person, (*visit).askForm},
		{"requests", post, "/requests/new", person, (*visit).ask},
		{"requests", get, "/requests/of/{request}", person, (*visit).request},
		{"requests", post, "/requests/of/{request}", person, (*visit).write},
		{"requests", post, "/requests/of/{request}/revoke", person, (*visit).revoke},
		{"requests", post, "/requests/of/{request}/verify", fresh, (*visit).verify},

		{"looked", get, "/looked", person, (*visit).looked},
		{"looked", get, "/looked/{index}", person, (*visit).lookedAt},
		{"looked", get, "/looked/{index}/proof", person, (*visit).lookedProof},

		{"passkeys", get, "/passkeys", person, (*visit).passkeys},
		{"passkeys", post, "/passkeys", fresh, (*visit).addPasskey},
		{"passkeys", post, "/passkeys/options", fresh, (*visit).offerPasskey},
		{"passkeys", post, "/passkeys/remove", fresh, (*visit).removePasskey},

		{"leave", get, "/leave", person, (*visit).leaveForm},
		{"leave", post, "/leave", person, (*visit).leave},
		{"leave", post, "/leave/undo", person, (*visit).stay},
	}
}
