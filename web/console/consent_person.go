package console

import (
	"encoding/hex"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// lookingUp asks for one person, and why their history is needed. The reference goes
// in the form's body, and never into an address.
func (v *visit) lookingUp() form {
	f := v.opening("/consent/person", gate.WhyComplaint)
	f.Title, f.Lead, f.Button = v.t("consent.look-up"), v.t("consent.look-up-lead"), v.t("consent.look-up-button")
	f.Fields = slices.DeleteFunc(f.Fields, func(f html.Field) bool { return f.Name == "show" }) // no value is shown
	f.Fields = append([]html.Field{{Name: "person", Label: v.t("consent.person"), Hint: v.t("consent.person-hint"), Required: true, Max: 256}}, f.Fields...)
	return f
}

// personConsent shows one person's history of consent with the words that they were
// shown, after the opening was recorded with its reason.
func (v *visit) personConsent() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	ref := avow.SubjectRef(strings.TrimSpace(v.r.PostFormValue("person")))
	if _, err := v.gate().Open(v.r.Context(), v.id, ref, v.officer(), look, "consents"); err != nil {
		return err
	}
	events, err := v.gate().History(v.r.Context(), v.id, ref)
	if err != nil {
		return err
	}
	t := table{ID: "history", Title: v.t("consent.history"), Empty: html.Empty{Title: v.t("consent.no-history")},
		Head: []string{v.t("head.at"), v.t("head.choice"), v.t("consent.said"), v.t("head.until"), v.t("consent.gesture"), v.t("consent.origin"), v.t("head.version"), v.t("consent.language"), v.t("consent.notice"), v.t("consent.words-hash")}}
	texts := make(map[string]textOf)
	var order []string
	for i := range slices.Backward(events) {
		e := &events[i]
		words := "–"
		if e.Words != [32]byte{} {
			words = hex.EncodeToString(e.Words[:])
		}
		t.Rows = append(t.Rows, []cell{{At: e.At}, {Text: v.named("choices", string(e.Choice))}, {Text: v.word("choice-state", e.State.String())}, moment(e.Expires), {Text: e.Gesture}, {Text: e.Origin}, {Text: e.Version},
			{Text: v.word("language", string(e.Language))}, {Text: string(e.Notice)}, {Text: words}})
		shown, key, err := v.shown(e)
		if err != nil {
			return err
		}
		if _, there := texts[key]; !there && shown.Text != "" {
			texts[key], order = shown, append(order, key)
		}
	}
	body := matterBody{Lists: []table{t}}
	for _, key := range order {
		body.Texts = append(body.Texts, texts[key])
	}
	p := v.page("matter")
	p.Title, p.Lead, p.Back = v.t("consent.of-person"), v.t("consent.of-person-lead"), &html.Link{Text: v.t("nav.consent"), Href: v.at("/consent")}
	return v.matter(p, body)
}

// shown are the sentences of the policy about a choice, in the version and language in
// which the person read them.
func (v *visit) shown(e *gate.Event) (textOf, string, error) {
	language := string(e.Language)
	if language == "" && len(v.program.Languages()) > 0 {
		language = string(v.program.Languages()[0])
	}
	key := string(e.Notice) + "/" + language + "/" + string(e.Choice)
	if e.Notice == "" {
		return textOf{}, key, nil
	}
	text, err := v.gate().PolicyText(v.r.Context(), v.id, e.Notice)
	if err != nil {
		return textOf{}, key, err
	}
	f, faults := syntax.Parse(string(v.id), text)
	if len(faults) > 0 {
		return textOf{}, key, &avow.Error{Code: avow.Internal, Message: "an older text of the policy could not be read", Cause: faults}
	}
	doc, err := notice.Render(f, notice.Options{Lang: language, Now: e.At, Hash: string(e.Notice)})
	if err != nil {
		return textOf{}, key, &avow.Error{Code: avow.Internal, Message: "an older text of the policy could not be written", Cause: err}
	}
	says := []string{}
	if n, err := notice.NamesOf(f, language); err == nil {
		says = append(says, n.Title("choices", string(e.Choice)))
	}
	for _, c := range doc.Chapters {
		for _, b := range c.Blocks {
			for _, s := range b.Sentences {
				if c.Layer == notice.Full && slices.Contains(s.Rules, "choices/"+string(e.Choice)) && !slices.Contains(says, s.Text) {
					says = append(says, s.Text)
				}
			}
		}
	}
	return textOf{Title: v.t("consent.words-of", "choice", v.named("choices", string(e.Choice)), "version", e.Version, "language", v.word("language", language)), Text: strings.Join(says, "\n"), Lang: language}, key, nil
}
