package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Known is /.well-known/avow.json: where everything is that anyone may check.
type Known struct {
	Policies  []KnownPolicy `json:"policies" nullable:"false"`
	LastProof *KnownProof   `json:"last_proof,omitempty"`
}

// KnownPolicy is one policy, for whoever wants to check it.
type KnownPolicy struct {
	PolicyHead
	Log      KnownLog `json:"log"`
	Rights   string   `json:"rights" doc:"Where people exercise their rights."`
	Contacts []string `json:"contacts" nullable:"false" doc:"For questions and requests."`
}

// KnownLog says where the log is.
type KnownLog struct {
	Prefix     string `json:"prefix"`
	Checkpoint string `json:"checkpoint"`
	Origin     string `json:"origin,omitempty"`
	VKey       string `json:"vkey,omitempty"`
}

// KnownProof is the last proof run.
type KnownProof struct {
	At     time.Time `json:"at"`
	Rows   int64     `json:"rows"`
	Proved int64     `json:"proved"`
	Failed int64     `json:"failed"`
}

func (d *Door) addWellKnown() {
	const tag = "For everyone"
	d.open(operation{id: "known", path: "/.well-known/avow.json", tag: tag, media: "application/json",
		summary: "What is promised here, and where to check it"}, d.known)
	d.open(operation{id: "gpc", path: "/.well-known/gpc.json", tag: tag, media: "application/json",
		summary: "Whether Global Privacy Control is honoured",
		doc:     "As W3C Global Privacy Control says. It is true where a policy has a choice that the signal switches off."}, d.gpc)
	if d.cfg.Contact != "" {
		d.open(operation{id: "security-txt", path: "/.well-known/security.txt", tag: tag, media: "text/plain",
			summary: "Whom to tell about weaknesses", doc: "RFC 9116."}, d.securityTxt)
	}
}

func (d *Door) programs() ([]*policy.Program, error) {
	var out []*policy.Program
	for _, id := range d.cfg.Gate.Policies() {
		p, err := d.cfg.Gate.Program(id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (d *Door) known(w http.ResponseWriter, r *http.Request) error {
	programs, err := d.programs()
	if err != nil {
		return err
	}
	out := Known{Policies: []KnownPolicy{}}
	for _, p := range programs {
		out.Policies = append(out.Policies, d.knownOf(p))
	}
	if d.cfg.LastProof != nil {
		if run, ok := d.cfg.LastProof(); ok {
			out.LastProof = &KnownProof{run.At.UTC(), int64(run.Rows), int64(run.Proved), int64(run.Failed)}
		}
	}
	return d.publicJSON(w, r, out)
}

func (d *Door) knownOf(p *policy.Program) KnownPolicy {
	prefix := d.cfg.BaseURL + "/log/" + string(p.ID())
	k := KnownPolicy{PolicyHead: d.headOf(p), Log: KnownLog{Prefix: prefix, Checkpoint: prefix + "/checkpoint", VKey: d.cfg.VKeys[p.ID()]},
		Rights: or(d.cfg.Rights, d.cfg.BaseURL+"/policy/"+string(p.ID())), Contacts: []string{}}
	k.Log.Origin, _, _ = strings.Cut(k.Log.VKey, "+")
	for _, c := range p.File().Controller.Contacts {
		for _, purpose := range c.For {
			if purpose.Text == "questions" || purpose.Text == "requests" {
				k.Contacts = append(k.Contacts, c.Value.Text)
				break
			}
		}
	}
	return k
}

func (d *Door) gpc(w http.ResponseWriter, r *http.Request) error {
	programs, err := d.programs()
	if err != nil {
		return err
	}
	out := struct {
		GPC        bool   `json:"gpc"`
		LastUpdate string `json:"lastUpdate,omitempty"`
	}{}
	for _, p := range programs {
		out.LastUpdate = max(out.LastUpdate, p.File().Effective.String())
		for i := range p.File().Choices {
			c, _ := p.Choice(avow.Choice(p.File().Choices[i].ID.Text)) // it compiled, so it is there
			out.GPC = out.GPC || c.GPC
		}
	}
	return d.publicJSON(w, r, out)
}

// securityTxtLife is below the year that RFC 9116 advises. The file is made
// anew at every request, so that it never runs out while the door is open.
const securityTxtLife = 180 * 24 * time.Hour

func (d *Door) securityTxt(w http.ResponseWriter, r *http.Request) error {
	programs, err := d.programs()
	if err != nil {
		return err
	}
	var langs []string
	for _, p := range programs {
		for _, l := range p.Languages() {
			if !slices.Contains(langs, string(l)) {
				langs = append(langs, string(l))
			}
		}
	}
	text := "Contact: " + d.cfg.Contact + "\nExpires: " + d.now().Truncate(24*time.Hour).Add(securityTxtLife).Format(time.RFC3339) +
		"\nCanonical: " + d.cfg.BaseURL + "/.well-known/security.txt\n"
	if len(langs) > 0 {
		text += "Preferred-Languages: " + strings.Join(langs, ", ") + "\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	d.public(w, r, []byte(text), "public, max-age=86400")
	return nil
}

func (d *Door) publicJSON(w http.ResponseWriter, r *http.Request, out any) error {
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the answer could not be written", Try: "see the server's log", Cause: err}
	}
	w.Header().Set("Content-Type", "application/json")
	d.public(w, r, append(raw, '\n'), "public, max-age=300")
	return nil
}

// public writes what everyone may read and keep, from any origin.
func (d *Door) public(w http.ResponseWriter, r *http.Request, raw []byte, cache string) {
	sum := sha256.Sum256(raw)
	etag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	d.send(w, raw)
}
