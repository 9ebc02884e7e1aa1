package console

import (
	"net/http"
	"strings"

	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// content lists texts that are held for their contact details, without the texts.
func (v *visit) content() error {
	all, err := v.heldContents()
	if err != nil {
		return err
	}
	t := table{Title: v.t("content.held"), Head: []string{v.t("head.where"), v.t("head.found"), v.t("head.received"), v.t("head.due")},
		Empty: html.Empty{Title: v.t("content.empty"), Text: v.t("content.empty-text")}}
	for _, h := range all {
		var kinds []string
		for _, f := range h.Found {
			kinds = append(kinds, v.word("found", string(f.Kind)))
		}
		t.Rows = append(t.Rows, []cell{{Text: v.word("where", h.Where)}, {Text: v.tongue.List(kinds)}, {At: h.Opened}, {At: h.Due, Now: v.now}})
	}
	body := listBody{Tables: []table{t}}
	if v.may(officer.DecideContent) && len(all) > 0 {
		body.Forms = []form{{Act: v.at("/content"), Title: v.t("open.title"), Lead: v.t("open.lead"), Button: v.t("open.button"), Fields: v.roleFields()}}
	}
	return v.list(v.page("content"), body)
}

// openContent shows the texts, which leaves evidence, each with its decision.
func (v *visit) openContent() error {
	all, _, err := v.gate().HeldContents(v.r.Context(), v.id, v.officer(), "", most)
	if err != nil {
		return err
	}
	var body matterBody
	why := html.Field{Name: "reason", Label: v.t("field.why"), Max: 1000}
	for i := range all {
		h := &all[i]
		title := v.word("where", h.Where) + " · " + v.tongue.Moment(h.Opened)
		body.Texts = append(body.Texts, textOf{Title: title, Text: string(h.Text.Expose())})
		for _, release := range []string{"yes", "no"} {
			body.Forms = append(body.Forms, form{Act: v.at("/content/" + h.ID), Title: title, Button: v.t("content.release-" + release), Kind: map[string]string{"no": "secondary"}[release],
				Hidden: map[string]string{"release": release, "role": v.r.PostFormValue("role")}, Fields: []html.Field{why}})
		}
		h.Text.Wipe()
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("content.title"), &html.Link{Text: v.t("nav.content"), Href: v.at("/content")}
	return v.render(http.StatusOK, p, body)
}

func (v *visit) decideContent() error {
	_, _, err := v.gate().DecideContent(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), v.r.PostFormValue("release") == "yes", strings.TrimSpace(v.r.PostFormValue("reason")))
	if err != nil {
		return err
	}
	return v.to("/content")
}
