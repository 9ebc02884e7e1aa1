package centre

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

// requestLine is one request in a list.
type requestLine struct {
	ID      string
	Right   string
	State   string
	Overdue bool
	At, Due time.Time
	Closed  time.Time
	Left    string
	Said    string
	Answer  string
	Reason  string
	Steps   []html.Step
	Href    string
}

type requestsBody struct {
	Open, Closed []requestLine
	New          string
	Told         []toldOf // who had the data and was told what was done with it
	Complain     []html.Line
}

// openRequests lists what waits for an answer, without what was written.
func (v *visit) openRequests() ([]requestLine, error) {
	all, err := v.gate().Waiting(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	var out []requestLine
	for i := range all {
		if all[i].State.Open() {
			out = append(out, v.requestLine(&all[i]))
		}
	}
	return out, nil
}

func (v *visit) requestLine(a *gate.Ask) requestLine {
	l := requestLine{ID: a.ID, Right: v.t("right." + a.Right), State: a.State.String(), Overdue: a.Overdue, At: a.Received, Due: a.Due, Closed: a.Closed,
		Left: v.age(a.Due), Href: v.at("/requests/of/" + a.ID), Said: string(a.Text.Expose()), Answer: string(a.Answer.Expose())}
	if a.Reason != "" {
		l.Reason = a.Reason
		if key := "refusal." + a.Reason; v.tongue.Has(key) {
			l.Reason = v.t(key)
		}
	}
	l.Steps = []html.Step{{State: "done", Title: v.t("requests.received"), At: a.Received, Text: l.Said}}
	if a.Waits != "" {
		l.Steps = append(l.Steps, html.Step{State: "wait", Title: v.t("requests.waits-" + string(a.Waits)), Text: v.t("requests.waits-until", "date", v.tongue.Date(a.Until))})
	}
	switch {
	case a.State == gate.AskFulfilled:
		l.Steps = append(l.Steps, html.Step{State: "done", Title: v.t("requests.state-fulfilled"), At: a.Closed, Text: l.Answer})
	case a.State == gate.AskDenied:
		l.Steps = append(l.Steps, html.Step{State: "bad", Title: v.t("requests.state-denied"), At: a.Closed, Text: strings.TrimSpace(l.Reason + "\n" + l.Answer)})
	case !a.State.Open():
		l.Steps = append(l.Steps, html.Step{State: "wait", Title: v.t("requests.state-" + l.State), At: a.Closed})
	case a.Overdue:
		l.Steps = append(l.Steps, html.Step{State: "bad", Title: v.t("requests.overdue"), At: a.Due, Text: v.t("requests.overdue-text")})
	default:
		text := v.t("requests.due", "date", v.tongue.Date(a.Due), "left", l.Left)
		if a.Extended {
			text += " " + v.t("requests.extended")
		}
		l.Steps = append(l.Steps, html.Step{State: "now", Title: v.t("requests.state-" + l.State), Text: text})
	}
	return l
}

// requests is the time-line of everything that the person asked.
func (v *visit) requests() error {
	all, _, err := v.gate().Requests(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	body := requestsBody{New: v.at("/requests/new"), Complain: v.complainTo()}
	for i := range slices.Backward(all) {
		l := v.requestLine(&all[i])
		if all[i].State.Open() {
			body.Open = append(body.Open, l)
		} else {
			body.Closed = append(body.Closed, l)
		}
		all[i].Text.Wipe()
		all[i].Answer.Wipe()
	}
	if body.Told, err = v.ownTold(); err != nil {
		return err
	}
	p := v.page("requests")
	p.Lead = v.t("requests.lead")
	return v.render(http.StatusOK, p, body)
}

// complainTo names whom else somebody can turn to.
func (v *visit) complainTo() []html.Line {
	var lines []html.Line
	for i := range v.program.File().Controller.Contacts {
		k := &v.program.File().Controller.Contacts[i]
		l := html.Line{Name: v.t("contact." + k.Kind.Text), Text: k.Value.Text}
		switch k.Kind.Text {
		case "email":
			l.Text, l.Link = "", &html.Link{Text: k.Value.Text, Href: "mailto:" + k.Value.Text}
		case "url":
			l.Text, l.Link = "", &html.Link{Text: k.Value.Text, Href: k.Value.Text}
		}
		lines = append(lines, l)
	}
	return lines
}

type askBody struct {
	Group  html.Group
	Text   html.Field
	Act    string
	Faults html.Faults
}

// asks are the requests that people answer, in the order in which they are offered.
var asks = []string{"ask", "object", "restrict", "human-review", "complain"}

func (v *visit) askForm() error {
	q := v.r.URL.Query()
	right, text := q.Get("right"), ""
	if d := q.Get("about"); d != "" {
		if info, ok := v.program.Datum(avow.Datum(d)); ok {
			text = v.t("ask.about", "name", v.text.names.Of("data", string(info.Slug)))
		}
	}
	if !slices.Contains(asks, right) {
		right = "ask"
	}
	return v.askPage(http.StatusOK, right, text, nil)
}

func (v *visit) askPage(status int, right, text string, faults html.Faults) error {
	body := askBody{Act: v.at("/requests/new"), Faults: faults, Group: html.Group{Name: "right", Legend: v.t("ask.right")},
		Text: html.Field{Name: "text", Label: v.t("ask.text"), Hint: v.t("ask.hint"), Type: "textarea", Value: text, Required: true, Max: 10000, Rows: 7}}
	for _, r := range asks {
		body.Group.Options = append(body.Group.Options, html.Option{Value: r, Label: v.t("right." + r), Hint: v.t("right-hint." + r), Checked: r == right})
	}
	for _, f := range faults {
		if f.Field == "text" {
			body.Text.Error = f.Text
		}
	}
	p := v.page("ask")
	p.Lead = v.t("ask.lead")
	p.Back = &html.Link{Text: v.t("nav.requests"), Href: v.at("/requests")}
	return v.render(status, p, body)
}

// ask takes a request in.
func (v *visit) ask() error {
	right, text := v.r.PostFormValue("right"), strings.TrimSpace(v.r.PostFormValue("text"))
	var faults html.Faults
	if text == "" {
		faults.Add("text", v.t("ask.empty"))
	}
	if !slices.Contains(asks, right) {
		faults.Add("right", v.t("ask.which"))
	}
	if len(faults) > 0 {
		return v.askPage(http.StatusUnprocessableEntity, right, text, faults)
	}
	value := gate.NewValue([]byte(text))
	defer value.Wipe()
	a, _, err := v.gate().Ask(v.r.Context(), v.id, v.ref(), &gate.Asking{Right: right, Text: value})
	if err != nil {
		return err
	}
	if a.ID == "" {
		return v.to("/requests", "asked")
	}
	return v.to("/requests/of/"+a.ID, "asked")
}

type requestBody struct {
	requestLine
	Thread   []message
	Write    html.Field
	Say      string
	Revoke   string
	Verify   string // where the person shows who they are, if the request waits for it
	Open     bool
	Complain []html.Line
	Refused  bool
}

// message is one message of a request.
type message struct {
	Mine bool
	From string
	At   time.Time
	Text string
}

// request shows one request with its messages. Somebody else's is unknown.
func (v *visit) request() error { return v.requestPage(http.StatusOK, "") }

func (v *visit) requestPage(status int, fault string) error {
	id := v.r.PathValue("request")
	all, _, err := v.gate().Requests(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a gate.Ask) bool { return a.ID == id })
	if i < 0 {
		return &avow.Error{Code: avow.Unknown, Message: "no such request of this person", Try: "choose one from the list"}
	}
	thread, _, err := v.gate().Messages(v.r.Context(), v.id, v.ref(), id)
	if err != nil {
		return err
	}
	at := v.at("/requests/of/" + id)
	body := requestBody{requestLine: v.requestLine(&all[i]), Open: all[i].State.Open(), Say: at, Revoke: at + "/revoke", Complain: v.complainTo(), Refused: all[i].State == gate.AskDenied,
		Write: html.Field{Name: "text", Label: v.t("request.write"), Hint: v.t("ask.hint"), Type: "textarea", Required: true, Max: 10000, Rows: 4, Error: fault}}
	if all[i].Waits == gate.ForIdentity {
		body.Verify = at + "/verify"
	}
	for _, m := range thread {
		line := message{Mine: m.From == gate.FromPerson, At: m.At, Text: string(m.Text.Expose()), From: v.t("request.you")}
		if !line.Mine {
			line.From = v.text.names.Title("roles", string(m.Role))
		}
		body.Thread = append(body.Thread, line)
		m.Text.Wipe()
	}
	p := v.page("request")
	p.Title = body.Right
	p.Back = &html.Link{Text: v.t("nav.requests"), Href: v.at("/requests")}
	return v.render(status, p, body)
}

// write adds a message to a request.
func (v *visit) write() error {
	text := strings.TrimSpace(v.r.PostFormValue("text"))
	if text == "" {
		return v.requestPage(http.StatusUnprocessableEntity, v.t("ask.empty"))
	}
	value := gate.NewValue([]byte(text))
	defer value.Wipe()
	if _, _, err := v.gate().WriteMessage(v.r.Context(), v.id, v.ref(), v.r.PathValue("request"), value); err != nil {
		return err
	}
	return v.to("/requests/of/"+v.r.PathValue("request"), "written")
}

// revoke takes a request back.
func (v *visit) revoke() error {
	if _, _, err := v.gate().RevokeRequest(v.r.Context(), v.id, v.ref(), v.r.PathValue("request")); err != nil {
		return err
	}
	return v.to("/requests", "revoked")
}

// verify tells a request that waits for it that the person has shown who they are:
// the sign-in a moment ago is what shows it.
func (v *visit) verify() error {
	if _, _, err := v.gate().Verified(v.r.Context(), v.id, v.ref(), v.r.PathValue("request")); err != nil {
		return err
	}
	return v.to("/requests/of/"+v.r.PathValue("request"), "verified")
}
