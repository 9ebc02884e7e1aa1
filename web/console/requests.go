package console

import (
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// requests lists what people asked for and nobody has answered yet.
func (v *visit) requests() error {
	all, err := v.gate().Queue(v.r.Context(), v.id, v.r.URL.Query().Get("after"), most)
	if err != nil {
		return err
	}
	t := table{Title: v.t("requests.open"), Head: []string{v.t("head.right"), v.t("head.state"), v.t("head.received"), v.t("head.due"), v.t("head.waits")},
		Empty: html.Empty{Title: v.t("requests.empty"), Text: v.t("requests.empty-text")}}
	for i := range all {
		a := &all[i]
		state := cell{Text: v.word("state", a.State.String()), Badge: "wait"}
		if a.Overdue {
			state = cell{Text: v.t("overdue"), Badge: "bad"}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.word("right", a.Right), Link: v.at("/requests/" + a.ID)}, state, {At: a.Received}, {At: a.Due, Now: v.now}, {Text: v.word("waits", string(a.Waits))}})
	}
	if len(all) == most {
		t.Older = &html.Link{Text: v.t("older"), Href: v.at("/requests?after=" + all[most-1].ID)}
	}
	return v.list(v.page("requests"), listBody{Tabs: v.requestTabs(), Tables: []table{t}})
}

// queued finds a request in the queue, without what was written.
func (v *visit) queued() (*gate.Ask, error) {
	after := ""
	for {
		all, err := v.gate().Queue(v.r.Context(), v.id, after, most)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].ID == v.r.PathValue("matter") {
				return &all[i], nil
			}
		}
		if len(all) < most {
			return nil, &avow.Error{Code: avow.Unknown, Message: "no such request is open", Try: "choose one from the list"}
		}
		after = all[most-1].ID
	}
}

func (v *visit) requestFacts(a *gate.Ask) []html.Line {
	lines := []html.Line{{Name: v.t("head.state"), Text: v.word("state", a.State.String())}, {Name: v.t("head.received"), Text: v.tongue.Moment(a.Received)},
		{Name: v.t("head.due"), Text: v.tongue.Moment(a.Due)}}
	if a.Extended {
		lines = append(lines, html.Line{Name: v.t("head.extended"), Text: v.t("yes")})
	}
	if a.Waits != "" {
		lines = append(lines, html.Line{Name: v.t("head.waits"), Text: v.word("waits", string(a.Waits))})
	}
	return lines
}

// request shows what is known of a request without opening it.
func (v *visit) request() error {
	a, err := v.queued()
	if err != nil {
		return err
	}
	body := matterBody{Facts: v.requestFacts(a)}
	if v.may(officer.OpenPerson) {
		body.Forms = []form{v.opening("/requests/"+a.ID+"/open", gate.WhyRequest)}
		if v.reviewed(a.Right) {
			body.Forms = append(body.Forms, v.previewing(a.ID))
		}
	}
	p := v.page("matter")
	p.Title, p.Back = v.word("right", a.Right), &html.Link{Text: v.t("nav.requests"), Href: v.at("/requests")}
	return v.matter(p, body)
}

// openRequest shows what was written, which leaves evidence, and what can be done.
func (v *visit) openRequest() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	by := v.officer()
	a, thread, _, err := v.gate().ReadRequest(v.r.Context(), v.id, v.r.PathValue("matter"), by, look)
	if err != nil {
		return err
	}
	defer a.Text.Wipe()
	at := v.at("/requests/" + a.ID)
	hidden := map[string]string{"role": string(by.Role)}
	body := matterBody{Facts: v.requestFacts(&a), Texts: []textOf{{Title: v.t("request.said"), Text: string(a.Text.Expose())}}}
	for i := range thread {
		from := v.t("request.person")
		if thread[i].From != gate.FromPerson {
			from = v.named("roles", string(thread[i].Role))
		}
		body.Texts = append(body.Texts, textOf{Title: from + " · " + v.tongue.Moment(thread[i].At), Text: string(thread[i].Text.Expose())})
		thread[i].Text.Wipe()
	}
	text := html.Field{Name: "text", Label: v.t("field.text"), Type: "textarea", Required: true, Max: 10000, Rows: 5}
	if v.reviewed(a.Right) {
		body.Forms = append(body.Forms, v.previewing(a.ID))
	}
	answer := form{Act: at + "/answer", Title: v.t("answer.title"), Lead: v.t("answer.lead"), Button: v.t("answer.button"), Hidden: hidden, Fields: []html.Field{text}}
	if info, ok := v.program.Right(a.Right); ok && len(info.RefuseOnlyFor) > 0 {
		refuse := html.Field{Name: "refuse", Label: v.t("field.refuse"), Hint: v.t("field.refuse-hint")}
		if !v.reviewed(a.Right) { // what goes out is let go where it is seen
			refuse.Options = []html.Option{{Value: "", Label: v.t("field.grant")}}
		}
		for _, why := range info.RefuseOnlyFor {
			refuse.Options = append(refuse.Options, html.Option{Value: why, Label: v.word("refusal", why)})
		}
		answer.Fields = append(answer.Fields, refuse, html.Field{Name: "evidence", Label: v.t("field.evidence"), Hint: v.t("field.evidence-hint"), Type: "textarea", Max: 10000, Rows: 3})
	}
	if info, ok := v.program.Right(a.Right); !v.reviewed(a.Right) || ok && len(info.RefuseOnlyFor) > 0 {
		body.Forms = append(body.Forms, answer)
	}
	body.Forms = append(body.Forms,
		form{Act: at + "/write", Title: v.t("write.title"), Lead: v.t("write.lead"), Button: v.t("write.button"), Kind: "secondary", Hidden: hidden, Fields: []html.Field{text}})
	if !a.Extended {
		body.Forms = append(body.Forms, form{Act: at + "/extend", Title: v.t("extend.title"), Lead: v.t("extend.lead"), Button: v.t("extend.button"), Kind: "secondary", Hidden: hidden,
			Fields: []html.Field{{Name: "text", Label: v.t("field.why"), Type: "textarea", Required: true, Max: 10000, Rows: 3}}})
	}
	p := v.page("matter")
	p.Title, p.Back = v.word("right", a.Right), &html.Link{Text: v.t("nav.requests"), Href: v.at("/requests")}
	return v.matter(p, body)
}

// written is the text of a form; it is wiped by whoever gets it.
func (v *visit) written() gate.Value {
	return gate.NewValue([]byte(strings.TrimSpace(v.r.PostFormValue("text"))))
}

func (v *visit) answerRequest() error {
	text, proof := v.written(), gate.NewValue([]byte(strings.TrimSpace(v.r.PostFormValue("evidence"))))
	defer text.Wipe()
	defer proof.Wipe()
	_, err := v.gate().AnswerRequest(v.r.Context(), &gate.Answering{Policy: v.id, Request: v.r.PathValue("matter"), By: v.officer().Role,
		Text: text, Refuse: v.r.PostFormValue("refuse"), Proof: proof})
	if err != nil {
		return err
	}
	return v.to("/requests")
}

func (v *visit) extendRequest() error {
	text := v.written()
	defer text.Wipe()
	if _, _, err := v.gate().ExtendRequest(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer().Role, text); err != nil {
		return err
	}
	return v.to("/requests/" + v.r.PathValue("matter"))
}

func (v *visit) writeRequest() error {
	text := v.written()
	defer text.Wipe()
	if _, _, err := v.gate().SendMessage(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer().Role, text); err != nil {
		return err
	}
	return v.to("/requests/" + v.r.PathValue("matter"))
}
