package console

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// requestTabs lead from what waits for an answer to what was carried out.
func (v *visit) requestTabs() []html.Link {
	return v.tabs(tab{"requests", officer.SeeRequests}, tab{"fulfilments", officer.SeeRequests})
}

// stepBadges are the kinds of badges of a step's states.
var stepBadges = map[string]string{gate.StepWaiting: "wait", gate.StepDone: "on", gate.StepFailed: "bad", gate.StepNotNeeded: "plain"}

// fulfilments lists what was carried out, store by store, and how far it is.
func (v *visit) fulfilments() error {
	all, older, err := paged(v, func(m *gate.Fulfilment) string { return m.ID }, v.everyFulfilment)
	if err != nil {
		return err
	}
	t := table{ID: "fulfilments", Title: v.t("fulfilments.all"), Head: []string{v.t("head.right"), v.t("head.what"), v.t("head.state"), v.t("head.begun"), v.t("head.stores"), v.t("head.failed")}, Older: older,
		Empty: html.Empty{Title: v.t("fulfilments.empty"), Text: v.t("fulfilments.empty-text")}}
	for i := range all {
		m := &all[i]
		done, failed := progressOf(m)
		state := cell{Text: v.t("fulfilment-state." + m.State), Badge: "wait"}
		switch {
		case m.State == "done":
			state.Badge = "on"
		case failed > 0:
			state.Badge = "bad"
		}
		t.Rows = append(t.Rows, []cell{{Text: v.fulfilmentTitle(m), Link: v.at("/fulfilments/" + m.ID)}, {Text: v.aboutWhat(m)}, state, {At: m.Opened},
			{Text: v.t("fulfilment.progress", "done", done, "all", len(m.Body.Steps)), Right: true}, v.figure(int64(failed))})
	}
	p := v.page("fulfilments")
	p.Lead = v.t("fulfilments.lead")
	return v.list(p, listBody{Tabs: v.requestTabs(), Tables: []table{t}})
}

// everyFulfilment lists them all, done or not.
func (v *visit) everyFulfilment(ctx context.Context, id avow.PolicyID, after string, limit int) ([]gate.Fulfilment, error) {
	return v.gate().Fulfilments(ctx, id, after, limit, false)
}

// progressOf counts the steps that need nobody any more, and those that failed.
func progressOf(m *gate.Fulfilment) (done, failed int) {
	for i := range m.Body.Steps {
		switch m.Body.Steps[i].State {
		case gate.StepDone, gate.StepNotNeeded:
			done++
		case gate.StepFailed:
			failed++
		}
	}
	return done, failed
}

func (v *visit) fulfilmentTitle(m *gate.Fulfilment) string {
	return v.t("fulfilment-right." + m.Body.Right)
}

// aboutWhat names the data that a fulfilment is about.
func (v *visit) aboutWhat(m *gate.Fulfilment) string {
	if len(m.Body.Data) == 0 {
		return v.t("fulfilment.everything")
	}
	return v.dataNames(m.Body.Data)
}

func (v *visit) dataNames(data []avow.Datum) string {
	var names []string
	for _, d := range data {
		names = append(names, v.named("data", string(d)))
	}
	return v.tongue.List(names)
}

// storeName says where a step is done.
func (v *visit) storeName(s *gate.StoreStep) string {
	if s.Recipient != "" {
		return v.named("recipients", string(s.Recipient))
	}
	return v.t("store." + s.Store)
}

// waitingFulfilments are those of which a step needs somebody here.
func (v *visit) waitingFulfilments() (all []waiting, err error) {
	open, err := v.gate().Fulfilments(v.r.Context(), v.id, "", most, true)
	for i := range open {
		m := &open[i]
		state := ""
		for j := range m.Body.Steps {
			switch s := &m.Body.Steps[j]; {
			case s.State == gate.StepFailed:
				state = "failed"
			case state == "" && s.NeedsHand():
				state = "by-hand"
			}
		}
		if state != "" {
			all = append(all, waiting{v.t("kind.fulfilment"), v.fulfilmentTitle(m), state, v.at("/fulfilments/" + m.ID), time.Time{}})
		}
	}
	return all, err
}

// fulfilment shows the steps of one, and what can be done about each.
func (v *visit) fulfilment() error {
	m, err := v.gate().ReadFulfilment(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	return v.fulfilmentPage(&m)
}

func (v *visit) fulfilmentPage(m *gate.Fulfilment) error {
	body := matterBody{Tabs: v.requestTabs(), Steps: v.steps(m.Steps), Lists: []table{v.storeTable(m)}}
	body.Facts = []html.Line{{Name: v.t("head.state"), Text: v.t("fulfilment-state." + m.State)}, {Name: v.t("head.what"), Text: v.aboutWhat(m)}, {Name: v.t("head.begun"), Text: v.tongue.Moment(m.Opened)},
		{Name: v.t("head.evidence"), Text: hex.EncodeToString(m.Body.Leaf[:])}}
	if !m.Body.Finished.IsZero() {
		body.Facts = append(body.Facts, html.Line{Name: v.t("fulfilment.finished"), Text: v.tongue.Moment(m.Body.Finished)})
	}
	if m.Body.Ref != "" {
		body.Facts = append(body.Facts, html.Line{Name: v.t("fulfilment.subject"), Text: string(m.Body.Ref)})
	}
	if given := v.handOverTable(m); len(given.Rows) > 0 {
		body.Lists = append(body.Lists, given)
	}
	if m.Body.Done != ([16]byte{}) {
		body.Facts = append(body.Facts, html.Line{Name: v.t("certificate.title"), Link: &html.Link{Text: v.t("certificate.see"), Href: v.at("/fulfilments/" + m.ID + "/certificate")}})
	}
	body.Forms = v.storeForms(m)
	p := v.page("matter")
	p.Title, p.Back = v.fulfilmentTitle(m), &html.Link{Text: v.t("tab.fulfilments"), Href: v.at("/fulfilments")}
	return v.matter(p, body)
}

// storeTable is the steps, store by store.
func (v *visit) storeTable(m *gate.Fulfilment) table {
	t := table{ID: "stores", Title: v.t("fulfilment.stores"), Head: []string{v.t("head.store"), v.t("head.what"), v.t("head.state"), v.t("head.because"), v.t("head.at"), v.t("head.until"), v.t("head.evidence")},
		Empty: html.Empty{Title: v.t("fulfilment.begun"), Text: v.t("fulfilment.begun-text")}}
	for i := range m.Body.Steps {
		s := &m.Body.Steps[i]
		because := ""
		switch {
		case s.Why != "":
			because = v.t("step-why." + s.Why)
		case s.ByHand != nil:
			because = v.t("fulfilment.by-hand", "person", s.ByHand.By.Person, "channel", v.t("telling-channel."+s.ByHand.Channel), "date", v.tongue.Date(s.ByHand.On))
			if s.ByHand.Answer != "" {
				because += " " + v.t("fulfilment.answered", "text", s.ByHand.Answer)
			}
		case s.Tries > 1:
			because = v.t("fulfilment.tries", "n", s.Tries)
		}
		leaf := ""
		if s.Leaf != ([16]byte{}) {
			leaf = hex.EncodeToString(s.Leaf[:])
		}
		t.Rows = append(t.Rows, []cell{{Text: v.storeName(s)}, {Text: v.dataNames(s.Data)}, {Text: v.t("step-state." + s.State), Badge: stepBadges[s.State]}, {Text: because}, moment(s.At), v.until(s.Until), {Text: leaf}})
	}
	return t
}

// handOverTable lists the hand-overs by which recipients know whom it is about; it is
// empty unless somebody opened it.
func (v *visit) handOverTable(m *gate.Fulfilment) table {
	t := table{ID: "hand-overs", Title: v.t("fulfilment.hand-overs"), Head: []string{v.t("head.recipient"), v.t("head.hand-over"), v.t("head.at")}}
	for i := range m.Body.Steps {
		for _, h := range m.Body.Steps[i].HandOvers {
			t.Rows = append(t.Rows, []cell{{Text: v.storeName(&m.Body.Steps[i])}, {Text: h.ID}, {At: h.At}})
		}
	}
	return t
}

// storeForms are what can be done about the steps that need somebody.
func (v *visit) storeForms(m *gate.Fulfilment) []form {
	var out []form
	at := "/fulfilments/" + m.ID
	told := false
	for i := range m.Body.Steps {
		s := &m.Body.Steps[i]
		hand := s.NeedsHand()
		hidden := map[string]string{"step": strconv.Itoa(i)}
		if s.Why == "too-late" || s.State != gate.StepFailed && !hand || !v.may(officer.AnswerRequests) {
			continue
		}
		if s.State == gate.StepFailed {
			out = append(out, form{Act: v.at(at + "/retry"), Title: v.t("retry.title", "store", v.storeName(s)), Lead: v.t("retry.lead-" + retriedBy(s)), Button: v.t("retry.button"), Kind: "secondary", Hidden: hidden})
		}
		if s.Store != gate.StoreRecipient && s.Store != gate.StoreApp {
			continue
		}
		told = true
		channel := html.Field{Name: "channel", Label: v.t("field.channel"), Required: true}
		for _, c := range gate.TellingChannels() {
			channel.Options = append(channel.Options, html.Option{Value: c, Label: v.t("telling-channel." + c)})
		}
		out = append(out, form{Act: v.at(at + "/told"), Title: v.t("told.title", "store", v.storeName(s)), Lead: v.t("told.lead"), Button: v.t("told.button"), Hidden: hidden,
			Fields: []html.Field{{Name: "on", Label: v.t("told.on"), Type: "date", Required: true, Value: v.now.Format(time.DateOnly)}, channel, {Name: "answer", Label: v.t("told.answer"), Hint: v.t("told.answer-hint"), Type: "textarea", Max: 1000, Rows: 2}}})
	}
	if told && v.may(officer.RevealValue) {
		f := v.opening(at+"/open", gate.WhyRequest)
		f.Title, f.Lead, f.Fields = v.t("fulfilment.open"), v.t("fulfilment.open-lead"), v.whole("", gate.WhyRequest)
		out = append(out, f)
	}
	return out
}

// retriedBy says in what way a step is tried again.
func retriedBy(s *gate.StoreStep) string {
	switch s.Store {
	case gate.StoreRecipient, gate.StoreApp:
		return s.Store
	}
	return "here"
}

// openFulfilment shows whom it is about, for somebody who has to tell others.
func (v *visit) openFulfilment() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	look.Masked = false
	m, err := v.gate().OpenFulfilment(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), look)
	if err != nil {
		return err
	}
	return v.fulfilmentPage(&m)
}

// stepNumber is the step that a form is about.
func (v *visit) stepNumber() int {
	n, err := strconv.Atoi(v.r.PostFormValue("step"))
	if err != nil {
		return -1
	}
	return n
}

func (v *visit) retryStep() error {
	if _, _, err := v.gate().RetryStep(v.r.Context(), v.id, v.r.PathValue("matter"), v.stepNumber(), v.officer()); err != nil {
		return err
	}
	return v.to("/fulfilments/" + v.r.PathValue("matter"))
}

func (v *visit) tellByHand() error {
	on, err := day(v.r.PostFormValue("on"))
	if err != nil {
		return err
	}
	told := &gate.ToldByHand{On: on, Channel: v.r.PostFormValue("channel"), Answer: strings.TrimSpace(v.r.PostFormValue("answer"))}
	if _, _, err := v.gate().TellByHand(v.r.Context(), v.id, v.r.PathValue("matter"), v.stepNumber(), v.officer(), told); err != nil {
		return err
	}
	return v.to("/fulfilments/" + v.r.PathValue("matter"))
}

// erased returns a fulfilment that erased something, and the evidence of its end.
func (v *visit) erased() (*gate.Fulfilment, *gate.Evidence, error) {
	m, err := v.gate().ReadFulfilment(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return nil, nil, err
	}
	index, err := v.gate().CertificateIndex(v.r.Context(), v.id, &m)
	if err != nil {
		return nil, nil, err
	}
	e, err := v.gate().Evidence(v.r.Context(), v.id, index)
	return &m, &e, err
}

// remains is something that an erasure left, why, and until when.
type remains struct {
	What  string    `json:"what"`
	Why   string    `json:"why"`
	Until time.Time `json:"until,omitzero"`
}

// left lists what is still there after an erasure. It is read from the steps as they are.
func (v *visit) left(m *gate.Fulfilment) []remains {
	out := []remains{{What: v.t("certificate.log"), Why: v.t("certificate.log-why")}}
	for i := range m.Body.Steps {
		s := &m.Body.Steps[i]
		switch {
		case s.Store == gate.StoreBackups && s.State == gate.StepWaiting:
			out = append(out, remains{v.t("store.backups"), v.t("step-why.unreadable"), s.Until})
		case s.Store == gate.StoreRecipient && s.State != gate.StepNotNeeded:
			why := v.t("certificate.told", "date", v.tongue.Moment(s.At))
			if s.State != gate.StepDone {
				why = v.t("certificate.not-told")
			}
			out = append(out, remains{What: v.storeName(s), Why: why})
		case s.Store == gate.StoreApp && (s.State == gate.StepWaiting || s.State == gate.StepFailed):
			why := v.t("certificate.app-waits")
			if s.Why != "" {
				why = v.t("step-why." + s.Why)
			}
			out = append(out, remains{What: v.t("store.app"), Why: why})
		}
	}
	return out
}

// certificate shows what went and what stayed, with the evidence that anybody can check.
func (v *visit) certificate() error {
	m, e, err := v.erased()
	if err != nil {
		return err
	}
	at := v.at("/fulfilments/" + m.ID + "/certificate")
	body := matterBody{Lists: []table{v.storeTable(m)}}
	body.Facts = []html.Line{{Name: v.t("certificate.went"), Text: v.aboutWhat(m)}, {Name: v.t("certificate.complete"), Text: v.tongue.Moment(e.Leaf.At)}, {Name: v.t("head.evidence"), Text: hex.EncodeToString(e.Leaf.ID[:])},
		{Name: v.t("certificate.index"), Text: v.tongue.Number(e.Index)}, {Name: v.t("certificate.file"), Link: &html.Link{Text: v.t("certificate.download"), Href: at + "/file"}}}
	if e.Receipt == nil {
		body.Facts = append(body.Facts, html.Line{Name: v.t("certificate.proof"), Text: v.t("certificate.unpublished")})
	} else {
		body.Facts = append(body.Facts, html.Line{Name: v.t("certificate.proof"), Link: &html.Link{Text: v.t("certificate.download-proof"), Href: at + "/proof"}})
	}
	t := table{ID: "left", Title: v.t("certificate.left"), Head: []string{v.t("head.what"), v.t("head.because"), v.t("head.until")}}
	for _, r := range v.left(m) {
		t.Rows = append(t.Rows, []cell{{Text: r.What}, {Text: r.Why}, v.until(r.Until)})
	}
	body.Lists = append(body.Lists, t)
	p := v.page("matter")
	p.Title, p.Lead, p.Back = v.t("certificate.title"), v.t("certificate.lead"), &html.Link{Text: v.fulfilmentTitle(m), Href: v.at("/fulfilments/" + m.ID)}
	return v.matter(p, body)
}

// certificateFile is the certificate as a file, with the proof in it.
func (v *visit) certificateFile() error {
	m, e, err := v.erased()
	if err != nil {
		return err
	}
	type store struct {
		Store string    `json:"store"`
		State string    `json:"state"`
		Why   string    `json:"why,omitempty"`
		At    time.Time `json:"at,omitzero"`
		Until time.Time `json:"until,omitzero"`
		Leaf  string    `json:"leaf,omitempty"`
	}
	out := struct {
		Policy   string    `json:"policy"`
		Hash     string    `json:"policy_hash"`
		Right    string    `json:"right"`
		Went     []string  `json:"went"`
		Complete time.Time `json:"complete"`
		Leaf     string    `json:"leaf"`
		Index    int64     `json:"index"`
		Stores   []store   `json:"stores"`
		Left     []remains `json:"left"`
		Proof    string    `json:"tlog_proof,omitempty"`
	}{Policy: string(v.id), Hash: string(e.Leaf.Hash), Right: m.Body.Right, Went: []string{v.aboutWhat(m)}, Complete: e.Leaf.At, Leaf: hex.EncodeToString(e.Leaf.ID[:]), Index: e.Index, Left: v.left(m)}
	for i := range m.Body.Steps {
		s := &m.Body.Steps[i]
		one := store{Store: v.storeName(s), State: s.State, Why: s.Why, At: s.At, Until: s.Until}
		if s.Leaf != ([16]byte{}) {
			one.Leaf = hex.EncodeToString(s.Leaf[:])
		}
		out.Stores = append(out.Stores, one)
	}
	if e.Receipt != nil {
		text, err := e.Receipt.MarshalText()
		if err != nil {
			return err
		}
		out.Proof = string(text)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return v.attached("application/json", "certificate-"+strconv.FormatInt(e.Index, 10)+".json", raw)
}

// certificateProof is the proof alone, for the tools that check it (C2SP tlog-proof).
func (v *visit) certificateProof() error {
	_, e, err := v.erased()
	if err != nil {
		return err
	}
	if e.Receipt == nil {
		return &avow.Error{Code: avow.Unavailable, Message: "the entry is recorded and not yet published", Try: "try again in a minute"}
	}
	text, err := e.Receipt.MarshalText()
	if err != nil {
		return err
	}
	return v.attached("text/plain; charset=utf-8", string(v.id)+"-"+strconv.FormatInt(e.Index, 10)+".tlog-proof", text)
}

// attached hands a file out.
func (v *visit) attached(media, name string, raw []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(raw) // the reader is gone if this fails, and nobody is left to be told
	return nil
}
