package centre

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// lookLine is one entry of the log about a person.
type lookLine struct {
	Index   int64
	At      time.Time
	Ago     string
	Title   string
	Who     string
	Why     string
	What    []string
	Refused bool
	Reasons []string
	Href    string
}

type lookedBody struct {
	Lines []lookLine
	Pager html.Pager
	Only  string // which entries are shown
	Tabs  []html.Link
}

// pageOf is how many entries stand on a page.
const pageOf = 30

// looked lists who looked at the person's data and who got it, the newest first.
func (v *visit) looked() error {
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64)
	tabs := []string{"", "others", "refused"}
	only := v.r.URL.Query().Get("only")
	if !slices.Contains(tabs, only) {
		only = "" // what an address says is not repeated in links
	}
	body := lookedBody{Only: only}
	for _, tab := range tabs {
		href := v.at("/looked")
		if tab != "" {
			href += "?only=" + tab
		}
		body.Tabs = append(body.Tabs, html.Link{Text: v.t("looked.tab-" + orWord(tab, "all")), Href: href, Here: tab == only})
	}
	last := before
	for len(body.Lines) < pageOf {
		traced, more, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), last, 2*pageOf)
		if err != nil {
			return err
		}
		for i := range traced {
			last = traced[i].Index
			if shownUnder(only, &traced[i].Leaf) {
				body.Lines = append(body.Lines, v.lookLine(&traced[i]))
			}
			if len(body.Lines) == pageOf {
				more = more || i < len(traced)-1
				break
			}
		}
		if !more || last == 0 {
			last = 0
			break
		}
	}
	if last > 0 {
		href := v.at("/looked") + "?before=" + itoa(last)
		if only != "" {
			href += "&only=" + only
		}
		body.Pager.Older = &html.Link{Text: v.t("looked.older"), Href: href}
	}
	if before > 0 {
		body.Pager.Newer = &html.Link{Text: v.t("looked.newest"), Href: v.at("/looked")}
	}
	p := v.page("looked")
	p.Lead = v.t("looked.lead")
	return v.render(http.StatusOK, p, body)
}

// shownUnder reports whether an entry belongs under a heading.
func shownUnder(only string, l *evidence.Leaf) bool {
	switch only {
	case "others":
		switch l.Kind {
		case evidence.Used, evidence.Found, evidence.AskRead, evidence.Opened, evidence.ContentRead, evidence.Shared, evidence.Entrusted, evidence.Moved, evidence.Disclosed, evidence.Published:
			return l.Verdict == avow.Allow
		}
		return false
	case "refused":
		return l.Verdict != avow.Allow
	}
	return true
}

func (v *visit) lookLine(t *gate.Traced) lookLine {
	l := &t.Leaf
	line := lookLine{Index: t.Index, At: l.At, Ago: v.age(l.At), Refused: l.Verdict != avow.Allow, Href: v.at("/looked/" + itoa(t.Index))}
	key := "kind." + string(l.Kind)
	if line.Refused && v.tongue.Has(key+"-refused") {
		key += "-refused"
	}
	line.Title = v.t("kind.other")
	if v.tongue.Has(key) {
		line.Title = v.t(key)
	}
	if l.Role != "" {
		line.Who = v.text.names.Of("roles", string(l.Role))
	}
	if l.Recipient != "" {
		line.Who = v.text.names.Of("recipients", string(l.Recipient))
	}
	if l.Purpose != "" && l.Purpose != evidence.Undeclared {
		line.Why = v.text.names.Of("purposes", string(l.Purpose))
	}
	if l.Why != "" && v.tongue.Has("why."+l.Why) {
		line.Why = v.t("why." + l.Why)
	}
	if l.Choice != "" {
		line.Why = v.text.names.Of("choices", string(l.Choice))
	}
	for _, d := range l.Data {
		line.What = append(line.What, v.text.names.Of("data", string(d)))
	}
	for r := range l.Reasons.All() {
		line.Reasons = append(line.Reasons, policy.Told(r).In(avow.Language(v.tongue.Tag())))
	}
	return line
}

type leafBody struct {
	Line      lookLine
	Facts     []html.Line
	Published bool
	Proof     string
	Log       string
	Key       string // where the key of the log stands
	Body      string
}

// lookedAt shows one entry with its proof, to the person whom it is about.
func (v *visit) lookedAt() error {
	e, err := v.ownLeaf()
	if err != nil {
		return err
	}
	p := v.page("leaf")
	p.Title = v.t("leaf.title", "index", e.Index)
	p.Back = &html.Link{Text: v.t("nav.looked"), Href: v.at("/looked")}
	return v.render(http.StatusOK, p, v.leafBody(e, v.at("/looked/"+itoa(e.Index)+"/proof")))
}

func (v *visit) leafBody(e *gate.Evidence, proof string) leafBody {
	line := v.lookLine(&gate.Traced{Index: e.Index, Leaf: e.Leaf})
	b := leafBody{Line: line, Published: e.Receipt != nil, Proof: proof, Log: "/log/" + string(v.id) + "/checkpoint", Key: "/log/" + string(v.id) + "/vkey", Body: string(e.Body)}
	b.Facts = append(b.Facts, html.Line{Name: v.t("leaf.when"), Text: v.tongue.Moment(e.Leaf.At)})
	add := func(key, text string) {
		if text != "" {
			b.Facts = append(b.Facts, html.Line{Name: v.t(key), Text: text})
		}
	}
	add("leaf.who", line.Who)
	add("leaf.why", line.Why)
	add("leaf.what", v.tongue.List(line.What))
	var rules []string
	for _, r := range e.Leaf.Rules {
		rules = append(rules, string(r))
	}
	add("leaf.rules", v.tongue.List(rules))
	var clauses []string
	for _, c := range e.Leaf.Clauses {
		clauses = append(clauses, string(c))
	}
	add("leaf.clauses", v.tongue.List(clauses))
	return b
}

// lookedProof hands out the proof of one entry, as the C2SP tlog-proof that anyone
// can check without us.
func (v *visit) lookedProof() error {
	e, err := v.ownLeaf()
	if err != nil {
		return err
	}
	return v.proofFile(e)
}

func (v *visit) proofFile(e *gate.Evidence) error {
	if e.Receipt == nil {
		return &avow.Error{Code: avow.Unavailable, Message: "the entry is recorded and not yet published", Try: "try again in a minute"}
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+string(v.id)+"-"+itoa(e.Index)+`.tlog-proof"`)
	text, err := e.Receipt.MarshalText()
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the proof could not be written", Try: "try again later", Cause: err}
	}
	_, err = v.w.Write(text)
	return err
}

// ownLeaf returns the entry that the address names, if it is about this person.
// Anybody else's is unknown, as one that does not exist.
func (v *visit) ownLeaf() (*gate.Evidence, error) {
	unknown := &avow.Error{Code: avow.Unknown, Message: "no such entry is about this person", Try: "choose one from the list"}
	index, err := strconv.ParseInt(v.r.PathValue("index"), 10, 64)
	if err != nil || index < 0 {
		return nil, unknown
	}
	traced, _, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), index+1, 1)
	if err != nil {
		return nil, err
	}
	if len(traced) != 1 || traced[0].Index != index {
		return nil, unknown
	}
	e, err := v.gate().Evidence(v.r.Context(), v.id, index)
	return &e, err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// certificate shows the entry that an erasure is complete. It is about nobody any
// more: whoever knows the number may see it.
func (v *visit) certificate() error {
	e, err := v.erasedLeaf()
	if err != nil {
		return err
	}
	p := v.page("certificate")
	p.Title = v.t("certificate.title")
	p.Lead = v.t("certificate.lead", "name", v.text.names.Controller(), "date", v.tongue.Moment(e.Leaf.At))
	body := certificateBody{leafBody: v.leafBody(e, v.at("/certificate/"+itoa(e.Index)+"/proof"))}
	if key := v.r.PathValue("key"); key != "" {
		if body.Told, err = v.toldAfter(e.Leaf.Done, key); err != nil {
			return err
		}
	}
	return v.render(http.StatusOK, p, body)
}

// certificateFor leads whoever asked for an erasure that waited to its certificate,
// by the evidence of their asking.
func (v *visit) certificateFor() error {
	var asked [16]byte
	raw, err := hex.DecodeString(v.r.PathValue("leaf"))
	if err != nil || len(raw) != len(asked) {
		return errNowhere
	}
	copy(asked[:], raw)
	index, done, err := v.gate().Erased(v.r.Context(), v.id, asked)
	if err != nil {
		return err
	}
	if !done {
		p := v.page("certificate-waits")
		p.Title, p.Lead = v.t("certificate.title"), v.t("certificate.waits")
		return v.render(http.StatusOK, p, nil)
	}
	if v.r.PathValue("key") == "" {
		return v.to("/certificate/"+itoa(index), "")
	}
	if err := v.holdsKey(asked, v.r.PathValue("key")); err != nil {
		return err
	}
	return v.to(v.certificateAt(index), "")
}

func (v *visit) certificateProof() error {
	e, err := v.erasedLeaf()
	if err != nil {
		return err
	}
	return v.proofFile(e)
}

func (v *visit) erasedLeaf() (*gate.Evidence, error) {
	index, err := strconv.ParseInt(v.r.PathValue("index"), 10, 64)
	if err != nil {
		return nil, errNowhere
	}
	e, err := v.gate().Evidence(v.r.Context(), v.id, index)
	if err != nil {
		return nil, err
	}
	if e.Leaf.Kind != evidence.EraseDone {
		return nil, errNowhere
	}
	return &e, nil
}
