package centre

import (
	"net/http"
	"strings"
	"time"

	"avow.dev/web/html"
)

// announcement is a security incident as everybody may read it.
type announcement struct {
	At       time.Time
	Occurred string
	Data     string
	Lang     string // of what is said
	Says     []textOf
}

// textOf is one thing that people are told.
type textOf struct{ Title, Text string }

type announcementsBody struct {
	All   []announcement
	Empty html.Empty
}

// announced are the words of an incident, in the order in which somebody reads them.
var announced = []string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"}

// announcements are incidents that were announced to everybody, because too many of
// those affected could not be told one by one (GDPR 34(3)(c)). Nobody has to sign in.
func (v *visit) announcements() error {
	all, err := v.gate().Announcements(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	body := announcementsBody{Empty: html.Empty{Title: v.t("announcements.none"), Text: v.t("announcements.none-text")}}
	for i := range all {
		a := &all[i]
		out := announcement{At: a.At, Lang: v.text.lang}
		words := a.Words[v.text.lang]
		for _, name := range announced {
			if s := strings.TrimSpace(words[name]); s != "" {
				out.Says = append(out.Says, textOf{v.t("announcements." + name), s})
			}
		}
		if !a.Occurred.IsZero() {
			out.Occurred = v.tongue.Date(a.Occurred)
		}
		var data []string
		for _, d := range a.Data {
			data = append(data, v.text.names.Of("data", string(d)))
		}
		if out.Data = v.tongue.List(data); len(data) == 0 {
			out.Data = v.t("announcements.all-data")
		}
		body.All = append(body.All, out)
	}
	p := v.page("announcements")
	p.Lead = v.t("announcements.lead")
	return v.render(http.StatusOK, p, body)
}
