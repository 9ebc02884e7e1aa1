package console

import (
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
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
		t.Rows = append(t.Rows, []cell{{Text: v.word("where", h.Where), Link: v.at("/content/" + h.ID)}, {Text: v.kindsFound(&h)}, {At: h.Opened}, {At: h.Due, Now: v.now}})
	}
	return v.list(v.page("content"), listBody{Tables: []table{t}})
}

func (v *visit) kindsFound(h *gate.HeldContent) string {
	var kinds []string
	for _, f := range h.Found {
		kinds = append(kinds, v.word("found", string(f.Kind)))
	}
	return v.tongue.List(kinds)
}

func (v *visit) contentPage(h *gate.HeldContent, body matterBody) error {
	body.Facts = []html.Line{{Name: v.t("head.where"), Text: v.word("where", h.Where)}, {Name: v.t("head.found"), Text: v.kindsFound(h)},
		{Name: v.t("head.received"), Text: v.tongue.Moment(h.Opened)}, {Name: v.t("head.due"), Text: v.tongue.Moment(h.Due)}}
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.content"), &html.Link{Text: v.t("nav.content"), Href: v.at("/content")}
	return v.matter(p, body)
}

// contentOf shows what is known of a held text without opening it.
func (v *visit) contentOf() error {
	all, err := v.heldContents()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(h gate.HeldContent) bool { return h.ID == v.r.PathValue("matter") })
	if i < 0 {
		return &avow.Error{Code: avow.Unknown, Message: "no such text is held", Try: "choose one from the list"}
	}
	var body matterBody
	if v.may(officer.DecideContent) {
		body.Forms = []form{v.opening("/content/"+all[i].ID+"/open", gate.WhyReview)}
	}
	return v.contentPage(&all[i], body)
}

// openContent shows a text, which leaves evidence, with its decision.
func (v *visit) openContent() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	h, _, err := v.gate().OpenContent(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), look)
	if err != nil {
		return err
	}
	defer h.Text.Wipe()
	body := matterBody{Texts: []textOf{{Title: v.t("content.text"), Text: string(h.Text.Expose())}}}
	why := html.Field{Name: "reason", Label: v.t("field.why"), Max: 1000}
	for _, release := range []string{"yes", "no"} {
		body.Forms = append(body.Forms, form{Act: v.at("/content/" + h.ID), Title: v.t("content.release-" + release), Button: v.t("content.release-" + release), Kind: map[string]string{"no": "secondary"}[release],
			Hidden: map[string]string{"release": release, "role": v.r.PostFormValue("role")}, Fields: []html.Field{why}})
	}
	return v.contentPage(&h, body)
}

func (v *visit) decideContent() error {
	_, _, err := v.gate().DecideContent(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), v.r.PostFormValue("release") == "yes", strings.TrimSpace(v.r.PostFormValue("reason")))
	if err != nil {
		return err
	}
	return v.to("/content")
}
