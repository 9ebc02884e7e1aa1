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
}

type requestsBody struct {
	Open, Closed []requestLine
	New          string
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
		if all[i].State == gate.AskOpen {
			out = append(out, v.requestLine(&all[i]))
		}
	}
	return out, nil
}

func (v *visit) requestLine(a *gate.Ask) requestLine {
	l := requestLine{ID: a.ID, Right: v.t("right." + a.Right), State: a.State.String(), Overdue: a.Overdue, At: a.Received, Due: a.Due, Closed: a.Closed,
		Left: v.age(a.Due), Said: string(a.Text.Expose()), Answer: string(a.Answer.Expose())}
	if a.Reason != "" {
		l.Reason = a.Reason
		if key := "refusal." + a.Reason; v.tongue.Has(key) {
			l.Reason = v.t(key)
		}
	}
	l.Steps = []html.Step{{State: "done", Title: v.t("requests.received"), At: a.Received, Text: l.Said}}
	switch {
	case a.State == gate.AskAnswered:
		l.Steps = append(l.Steps, html.Step{State: "done", Title: v.t("requests.answered"), At: a.Closed, Text: l.Answer})
	case a.State == gate.AskRefused:
		l.Steps = append(l.Steps, html.Step{State: "bad", Title: v.t("requests.refused"), At: a.Closed, Text: strings.TrimSpace(l.Reason + "\n" + l.Answer)})
	case a.Overdue:
		l.Steps = append(l.Steps, html.Step{State: "bad", Title: v.t("requests.overdue"), At: a.Due, Text: v.t("requests.overdue-text")})
	default:
		l.Steps = append(l.Steps, html.Step{State: "now", Title: v.t("requests.working"), Text: v.t("requests.due", "date", v.tongue.Date(a.Due), "left", l.Left)})
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
		if all[i].State == gate.AskOpen {
			body.Open = append(body.Open, l)
		} else {
			body.Closed = append(body.Closed, l)
		}
		all[i].Text.Wipe()
		all[i].Answer.Wipe()
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
	if _, _, err := v.gate().Ask(v.r.Context(), v.id, v.ref(), right, value); err != nil {
		return err
	}
	return v.to("/requests", "asked")
}
