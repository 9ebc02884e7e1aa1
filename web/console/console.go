package console

import (
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"sync"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

//go:embed pages parts words
var files embed.FS

// pages are read once in a process, for all handlers.
var pages = sync.OnceValues(func() (*html.Set, error) { return html.New(files) })

// Warm reads the pages ahead, beside other work of a start. What is wrong with them is
// told where they are needed.
func Warm() { _, _ = pages() }

// Base is where the console begins.
const Base = "/console"

// Config is what a console is made of.
type Config struct {
	Gate     *gate.Gate
	Officers *officer.Keeper
	Log      *slog.Logger // takes what went wrong, without a word of what was sent; nil means none
}

// Console answers on the pages of officers. It is safe for concurrent use.
type Console struct {
	cfg Config
	set *html.Set
	mux *http.ServeMux
}

// route is one page, and the privilege that opens it.
type route struct {
	name   string // of the place, for the navigation
	method string
	path   string // below Base
	may    officer.Privilege
	serve  func(*visit) error
}

// Anyone is the privilege of the pages on which people show who they are.
const Anyone officer.Privilege = ""

// New makes a console.
func New(cfg Config) (*Console, error) {
	if cfg.Gate == nil || cfg.Officers == nil {
		return nil, errors.New("open console: a gate and a keeper of accounts are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	set, err := pages()
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
	}), uploads)
}

// uploads reports whether a file may come with a request: the paper of a demand. Its page
// reads nothing before it knows who sends.
func uploads(r *http.Request) bool {
	ok, err := path.Match(Base+"/*/demands/*/paper", r.URL.Path)
	return ok && err == nil
}

// routes are all pages of the console. What needs a privilege of its own, such as an
// approval, is a route of its own beside the steps of its desk.
func routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{"enter", get, "", Anyone, (*visit).door},
		{"enter", post, "", Anyone, (*visit).enter},
		{"enter", post, "/leave", Anyone, (*visit).leave},
		{"again", get, "/again", Anyone, (*visit).again},
		{"again", post, "/again", Anyone, (*visit).showAgain},
		{"enter", post, "/passkey", Anyone, (*visit).enterByPasskey},
		{"enter", post, "/passkey/options", Anyone, (*visit).askPasskey},
		{"again", post, "/again/passkey", Anyone, (*visit).showPasskeyAgain},
		{"again", post, "/again/passkey/options", Anyone, (*visit).askPasskeyAgain},
		{"passkeys", get, "/passkeys", Anyone, (*visit).passkeys},
		{"passkeys", post, "/passkeys", Anyone, (*visit).addPasskey},
		{"passkeys", post, "/passkeys/options", Anyone, (*visit).offerPasskey},
		{"passkeys", post, "/passkeys/remove", Anyone, (*visit).removePasskey},
		{"provider", post, "/provider", Anyone, (*visit).provider},
		{"provider", get, "/return", Anyone, (*visit).returned},
		{"invitation", get, "/invitation", Anyone, (*visit).invitation},
		{"invitation", post, "/invitation", Anyone, (*visit).enrol},
		{"invitation", post, "/accept", Anyone, (*visit).accept},
		{"invitation", post, "/accept/passkey", Anyone, (*visit).acceptPasskey},
		{"invitation", post, "/accept/passkey/options", Anyone, (*visit).enrolPasskey},

		{"today", get, "/{policy}", officer.SeeToday, (*visit).today},

		{"requests", get, "/{policy}/requests", officer.SeeRequests, (*visit).requests},
		{"requests", get, "/{policy}/requests/{matter}", officer.SeeRequests, (*visit).request},
		{"requests", post, "/{policy}/requests/{matter}/open", officer.OpenPerson, (*visit).openRequest},
		{"requests", post, "/{policy}/requests/{matter}/copy", officer.OpenPerson, (*visit).previewCopy},
		{"requests", post, "/{policy}/requests/{matter}/approve", officer.ReleaseCopies, (*visit).approveCopy},
		{"requests", post, "/{policy}/requests/{matter}/release", officer.ReleaseCopies, (*visit).releaseCopy},
		{"requests", post, "/{policy}/requests/{matter}/answer", officer.AnswerRequests, (*visit).answerRequest},
		{"requests", post, "/{policy}/requests/{matter}/extend", officer.AnswerRequests, (*visit).extendRequest},
		{"requests", post, "/{policy}/requests/{matter}/write", officer.AnswerRequests, (*visit).writeRequest},

		{"requests", get, "/{policy}/fulfilments", officer.SeeRequests, (*visit).fulfilments},
		{"requests", get, "/{policy}/fulfilments/{matter}", officer.SeeRequests, (*visit).fulfilment},
		{"requests", get, "/{policy}/fulfilments/{matter}/certificate", officer.SeeRequests, (*visit).certificate},
		{"requests", get, "/{policy}/fulfilments/{matter}/certificate/file", officer.SeeRequests, (*visit).certificateFile},
		{"requests", get, "/{policy}/fulfilments/{matter}/certificate/proof", officer.SeeRequests, (*visit).certificateProof},
		{"requests", post, "/{policy}/fulfilments/{matter}/open", officer.RevealValue, (*visit).openFulfilment},
		{"requests", post, "/{policy}/fulfilments/{matter}/retry", officer.AnswerRequests, (*visit).retryStep},
		{"requests", post, "/{policy}/fulfilments/{matter}/told", officer.AnswerRequests, (*visit).tellByHand},

		{"content", get, "/{policy}/content", officer.SeeContent, (*visit).content},
		{"content", get, "/{policy}/content/{matter}", officer.SeeContent, (*visit).contentOf},
		{"content", post, "/{policy}/content/{matter}/open", officer.DecideContent, (*visit).openContent},
		{"content", post, "/{policy}/content/{matter}", officer.DecideContent, (*visit).decideContent},

		{"disclosure", get, "/{policy}/disclosure", officer.SeeRecipients, (*visit).disclosure},
		{"disclosure", get, "/{policy}/demands/{matter}", officer.SeeDemands, (*visit).demand},
		{"disclosure", post, "/{policy}/demands", officer.WorkDemands, (*visit).receiveDemand},
		{"disclosure", post, "/{policy}/demands/{matter}/{step}", officer.WorkDemands, (*visit).stepDemand},
		{"disclosure", post, "/{policy}/demands/{matter}/papers/{paper}", officer.WorkDemands, (*visit).readPaper},
		{"disclosure", post, "/{policy}/demands/{matter}/approve", officer.ApproveDemands, (*visit).approveDemand},
		{"disclosure", post, "/{policy}/demands/{matter}/release", officer.ApproveDemands, (*visit).releaseDemand},
		{"disclosure", post, "/{policy}/demands/{matter}/repeat", officer.ApproveDemands, (*visit).repeatDemand},
		{"disclosure", get, "/{policy}/recipients/{recipient}", officer.SeeRecipients, (*visit).recipient},
		{"disclosure", post, "/{policy}/recipients/{recipient}", officer.KeepRecipients, (*visit).proposeQualification},
		{"disclosure", get, "/{policy}/qualifications/{matter}", officer.SeeRecipients, (*visit).qualification},
		{"disclosure", post, "/{policy}/qualifications/{matter}/revoke", officer.KeepRecipients, (*visit).revokeQualification},
		{"disclosure", post, "/{policy}/qualifications/{matter}/approve", officer.ApproveRecipients, (*visit).approveQualification},
		{"disclosure", get, "/{policy}/releases/{matter}", officer.SeeReleases, (*visit).releaseOf},
		{"disclosure", get, "/{policy}/statistics", officer.SeeReleases, (*visit).statistics},
		{"disclosure", get, "/{policy}/statistics/{rule}", officer.SeeReleases, (*visit).statisticsOf},
		{"disclosure", post, "/{policy}/statistics/{rule}", officer.ProposeRelease, (*visit).proposeRelease},
		{"disclosure", post, "/{policy}/releases/{matter}/withdraw", officer.ProposeRelease, (*visit).withdrawRelease},
		{"disclosure", post, "/{policy}/releases/{matter}/approve", officer.ApproveRelease, (*visit).approveRelease},
		{"disclosure", post, "/{policy}/releases/{matter}/release", officer.ApproveRelease, (*visit).release},

		{"disclosure", get, "/{policy}/incidents", officer.SeeIncidents, (*visit).incidents},
		{"disclosure", get, "/{policy}/incidents/new", officer.SeeIncidents, (*visit).newIncident},
		{"disclosure", post, "/{policy}/incidents", officer.WorkIncidents, (*visit).openIncident},
		{"disclosure", get, "/{policy}/incidents/{matter}", officer.SeeIncidents, (*visit).incident},
		{"disclosure", get, "/{policy}/incidents/{matter}/describe", officer.SeeIncidents, (*visit).describeIncident},
		{"disclosure", get, "/{policy}/incidents/{matter}/report/{law}", officer.SeeIncidents, (*visit).incidentReport},
		{"disclosure", post, "/{policy}/incidents/{matter}/{step}", officer.WorkIncidents, (*visit).stepIncident},
		{"disclosure", post, "/{policy}/incidents/{matter}/letters", officer.RevealValue, (*visit).letters},

		{"disclosure", get, "/{policy}/successions", officer.SeeSuccessions, (*visit).successions},
		{"disclosure", post, "/{policy}/successions/binding", officer.WorkSuccessions, (*visit).bindSuccession},
		{"disclosure", post, "/{policy}/successions", officer.WorkSuccessions, (*visit).proposeSuccession},
		{"disclosure", get, "/{policy}/successions/{matter}", officer.SeeSuccessions, (*visit).succession},
		{"disclosure", post, "/{policy}/successions/{matter}/{step}", officer.WorkSuccessions, (*visit).stepSuccession},
		{"disclosure", post, "/{policy}/successions/{matter}/approve", officer.ApproveSuccessions, (*visit).approveSuccession},
		{"disclosure", get, "/{policy}/holds", officer.SeeDemands, (*visit).holds},
		{"disclosure", post, "/{policy}/holds", officer.SetHolds, (*visit).proposeHold},
		{"disclosure", get, "/{policy}/holds/{matter}", officer.SeeDemands, (*visit).hold},
		{"disclosure", post, "/{policy}/holds/{matter}/approve", officer.SetHolds, (*visit).approveHold},
		{"disclosure", post, "/{policy}/holds/{matter}/release", officer.SetHolds, (*visit).releaseHold},
		{"disclosure", get, "/{policy}/places", officer.SeeRecipients, (*visit).places},

		{"consent", get, "/{policy}/consent", officer.SeeConsents, (*visit).consent},
		{"consent", post, "/{policy}/consent/person", officer.OpenConsents, (*visit).personConsent},

		{"policy", get, "/{policy}/policy", officer.SeePolicy, (*visit).policy},
		{"policy", post, "/{policy}/policy", officer.DraftPolicy, (*visit).proposeChange},
		{"policy", get, "/{policy}/changes/{matter}", officer.SeePolicy, (*visit).change},
		{"policy", post, "/{policy}/changes/{matter}/{step}", officer.DraftPolicy, (*visit).stepChange},
		{"policy", post, "/{policy}/changes/{matter}/approve", officer.ApprovePolicy, (*visit).approveChange},
		{"policy", post, "/{policy}/changes/{matter}/announce", officer.AnnouncePolicy, (*visit).announceChange},

		{"data", get, "/{policy}/data", officer.SeeCounts, (*visit).data},
		{"data", post, "/{policy}/census", officer.TakeCensus, (*visit).census},
		{"proof", get, "/{policy}/proof", officer.SeeProof, (*visit).proof},
		{"proof", get, "/{policy}/openings", officer.SeeOpenings, (*visit).openings},
		{"proof", get, "/{policy}/attestations", officer.SeeProof, (*visit).attestations},
		{"proof", post, "/{policy}/attestations", officer.Attest, (*visit).renewAttestation},
	}
}

// places are what the navigation leads to, in its order.
var places = []struct {
	name, path string
	may        officer.Privilege
}{
	{"today", "", officer.SeeToday}, {"requests", "/requests", officer.SeeRequests}, {"content", "/content", officer.SeeContent},
	{"consent", "/consent", officer.SeeConsents}, {"disclosure", "/disclosure", officer.SeeRecipients}, {"policy", "/policy", officer.SeePolicy}, {"data", "/data", officer.SeeCounts}, {"proof", "/proof", officer.SeeProof},
}

// Page says what a page is and which privilege opens it, for those who hold pages to
// that.
type Page struct {
	Method, Path string // below Base
	May          officer.Privilege
}

// Pages lists every page of the console.
func Pages() []Page {
	var out []Page
	for _, rt := range routes() {
		out = append(out, Page{rt.method, rt.path, rt.may})
	}
	return out
}
