package centre

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// rewording is one sentence that differs, and what that means.
type rewording struct {
	Kind  string // new, gone or changed
	Words []notice.Stretch
	Class html.Badge
	Mine  []mine
}

type reworded struct {
	Heading   string
	Sentences []rewording
}

type versionBody struct {
	Known    bool
	Facts    []html.Line
	Chapters []reworded
	Rest     []rewording // differences that stand in no sentence of the text
	Lang     string
	Act      string
	Asks     bool
	Silent   bool
	Answered string
	SignIn   string
	All      string
}

// compared is two versions side by side, for one reader.
type compared struct {
	from, to      *gate.Version
	before, after *policy.Program
	changes       []policy.Change
	told          []bool // by change: some sentence shows it
	own           *own
	stance        *gate.Stance // nil for who is not signed in, and for versions that are past
}

// version shows what differs between two versions, sentence by sentence, with what
// each difference means for the reader.
func (v *visit) version() error {
	c, err := v.compare()
	if err != nil {
		return err
	}
	list, lang, err := v.centre.texts.between(c.before, c.after, v.tongue.Tag(), v.now)
	if err != nil {
		return err
	}
	body := versionBody{Known: v.known, Lang: lang, Act: v.at("/versions/" + tail(c.to.Hash)), All: v.at("/versions"),
		SignIn: v.at("/sign-in") + "?then=" + v.at("/versions/"+tail(c.to.Hash))}
	for i := range list {
		r := &list[i]
		if n := len(body.Chapters); n == 0 || body.Chapters[n-1].Heading != r.Chapter {
			body.Chapters = append(body.Chapters, reworded{Heading: r.Chapter})
		}
		last := &body.Chapters[len(body.Chapters)-1]
		last.Sentences = append(last.Sentences, v.rewording(c, r))
	}
	for i := range c.changes {
		if x := &c.changes[i]; !c.told[i] && x.Class != policy.Editorial {
			body.Rest = append(body.Rest, rewording{Kind: "changed", Words: []notice.Stretch{{Text: x.Says.In(avow.Language(v.tongue.Tag()))}}, Class: v.classBadge(x.Class), Mine: v.meaning(c, x)})
		}
	}
	body.Facts = []html.Line{{Name: v.t("versions.from"), Text: v.t("versions.name", "version", c.from.Version) + " · " + v.t("versions.state-"+c.from.State)},
		{Name: v.t("versions.to"), Text: v.t("versions.name", "version", c.to.Version) + " · " + v.t("versions.state-"+c.to.State)}, {Name: v.t("versions.since"), Text: v.tongue.Date(c.to.Since)}}
	if c.to.Why != "" {
		body.Facts = append(body.Facts, html.Line{Name: v.t("versions.why"), Text: v.reasonOf(c.to.Why)})
	}
	v.answers(&body, c)
	p := v.page("version")
	p.Title, p.Lead = v.t("version.title", "version", c.to.Version), v.t("version.lead")
	return v.render(http.StatusOK, p, body)
}

// answers says whether the reader is asked, or what they answered.
func (v *visit) answers(body *versionBody, c *compared) {
	s := c.stance
	if s == nil {
		return
	}
	body.Asks, body.Silent = s.Asks, s.Silent
	switch {
	case s.Accepted:
		body.Answered = v.t("version.accepted", "date", v.tongue.Date(s.Since))
	case s.Kept:
		body.Answered = v.t("version.kept")
	case c.to.State == "announced":
		body.Answered = v.t("version.not-yet", "date", v.tongue.Date(c.to.Since))
	case !s.Asks:
		body.Answered = v.t("version.nothing-asked")
	}
}

// compare finds the two versions: the one of the address, and the one that the reader
// accepted, or that it followed.
func (v *visit) compare() (*compared, error) {
	list, err := v.gate().Versions(v.r.Context(), v.id)
	if err != nil {
		return nil, err
	}
	find := func(h avow.Hash) int { return slices.IndexFunc(list, func(x gate.Version) bool { return x.Hash == h }) }
	at := find(hashOf(v.r.PathValue("hash")))
	if at < 0 {
		return nil, errNowhere
	}
	c := &compared{to: &list[at]}
	if v.known && (c.to.State == "announced" || c.to.State == "effective") {
		s, err := v.gate().StanceTo(v.r.Context(), v.id, v.ref(), c.to.Hash)
		if err != nil {
			return nil, err
		}
		c.stance = &s
		if k := find(s.Mine); k >= 0 && k != at {
			c.from = &list[k]
		}
	}
	if asked := v.r.URL.Query().Get("from"); asked != "" {
		k := find(hashOf(asked))
		if k < 0 {
			return nil, errNowhere
		}
		c.from = &list[k]
	}
	if c.from == nil {
		if c.from = before(list, at); c.from == nil {
			return nil, errNowhere
		}
	}
	if c.before, err = v.gate().Text(v.r.Context(), v.id, c.from.Hash); err != nil {
		return nil, err
	}
	if c.after, err = v.gate().Text(v.r.Context(), v.id, c.to.Hash); err != nil {
		return nil, err
	}
	c.changes = policy.Diff(c.before, c.after)
	c.told = make([]bool, len(c.changes))
	c.own, err = v.own()
	return c, err
}

// rewording is one sentence that differs, with the changes of meaning that lie in the
// rules whose place is in it.
func (v *visit) rewording(c *compared, r *notice.Rewording) rewording {
	out := rewording{Kind: "changed", Words: r.Words, Class: v.classBadge(policy.Editorial)}
	switch {
	case r.Before == nil:
		out.Kind, out.Words = "new", []notice.Stretch{{Text: r.After.Whole(), New: true}}
	case r.After == nil:
		out.Kind, out.Words = "gone", []notice.Stretch{{Text: r.Before.Whole(), Gone: true}}
	}
	var places, rules []string
	for _, s := range []*notice.Sentence{r.After, r.Before} {
		if s != nil {
			places, rules = append(places, s.Anchors...), append(rules, s.Rules...)
		}
	}
	// The rules whose place it is say most; others are only drawn on.
	if !v.concerned(c, &out, places) && !v.concerned(c, &out, rules) && c.stance != nil {
		out.Mine = []mine{{Text: v.t("version.editorial"), Kind: "plain"}}
	}
	return out
}

// concerned gives a sentence what the changes in some rules are and mean, and reports
// whether there are any.
func (v *visit) concerned(c *compared, out *rewording, keys []string) bool {
	any := false
	for i := range c.changes { // ordered by gravity
		x := &c.changes[i]
		if !concerns(x, keys) {
			continue
		}
		c.told[i] = true
		if !any {
			out.Class, any = v.classBadge(x.Class), true
		}
		for _, m := range v.meaning(c, x) {
			if !slices.Contains(out.Mine, m) && len(out.Mine) < mostMeanings {
				out.Mine = append(out.Mine, m)
			}
		}
	}
	return any
}

// concerns reports whether a change of meaning lies in one of some rules, which are
// named by section and id.
func concerns(x *policy.Change, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		section, rule, both := strings.Cut(key, "/")
		if !both {
			rule, section = section, x.Section
		}
		return section == x.Section && slices.Contains(x.Rules, avow.RuleID(rule))
	})
}

func (v *visit) classBadge(class policy.ChangeClass) html.Badge {
	kind := map[policy.ChangeClass]string{policy.NeedsFreshConsent: "wait", policy.NewRecipient: "wait", policy.Wider: "wait", policy.NeedsNotice: "plain", policy.Narrower: "on", policy.Editorial: "off"}[class]
	return html.Badge{Kind: kind, Text: v.t("version.class-" + string(class))}
}

// meaning says what one change means for the reader: whether they are asked, which of
// their data it is about, and from when on.
func (v *visit) meaning(c *compared, x *policy.Change) []mine {
	s := c.stance
	if s == nil {
		return nil
	}
	date := v.tongue.Date(c.to.Since)
	var out []mine
	switch x.Class {
	case policy.NeedsFreshConsent:
		out = append(out, v.askedAgain(c, x, date))
	case policy.NewRecipient, policy.Wider:
		switch {
		case s.Accepted:
			out = append(out, mine{Text: v.t("version.agreed", "date", v.tongue.Date(s.Since)), Kind: "on"})
		case s.Silent && !s.Since.IsZero() && bySilence(x):
			out = append(out, mine{Text: v.t("version.only-if", "date", date), Kind: "off"})
		case c.after.File().Acceptance.Required.On:
			out = append(out, mine{Text: v.t("version.asked-from", "date", date), Kind: "wait"})
		default:
			out = append(out, mine{Text: v.t("version.from-date", "date", date), Kind: "wait"})
		}
	case policy.NeedsNotice:
		out = append(out, mine{Text: v.t("version.from-date", "date", date), Kind: "plain"})
	case policy.Narrower:
		out = append(out, mine{Text: v.t("version.better", "date", date), Kind: "on"})
	case policy.Editorial:
		return []mine{{Text: v.t("version.editorial"), Kind: "plain"}}
	}
	return append(out, v.touches(c, x, s)...)
}

// bySilence reports whether a change is of the kind that does not hold for who says
// nothing: what may be done. How long data is kept follows the text in force.
func bySilence(x *policy.Change) bool {
	return slices.Contains([]string{"collect", "use", "share", "statistics", "never"}, x.Section)
}

// askedAgain says how a yes fares that was a yes to less.
func (v *visit) askedAgain(c *compared, x *policy.Change, date string) mine {
	for _, choice := range choicesOf(c.after, x.Rules) {
		if chosen, ok := c.own.st.Choice(choice); ok && chosen.State == avow.Given {
			return mine{Text: v.t("version.asked-again", "choice", v.text.names.Of("choices", string(choice)), "date", date), Kind: "wait", Href: v.at("/choices") + "#" + string(choice)}
		}
	}
	return mine{Text: v.t("version.never-agreed"), Kind: "off", Href: v.at("/choices")}
}

// touches names the reader's data that a change is about. What was given before the
// version came stays under the earlier rules if it is wider.
func (v *visit) touches(c *compared, x *policy.Change, s *gate.Stance) []mine {
	data, all := dataOf(c, x.Rules)
	if all {
		return nil
	}
	var list []string
	older := time.Time{}
	for i := range c.own.held {
		h := &c.own.held[i]
		if n := v.text.names.Of("data", string(h.Datum)); slices.Contains(data, h.Datum) && !slices.Contains(list, n) {
			list, older = append(list, n), h.At
		}
	}
	if len(list) == 0 {
		return []mine{{Text: v.t("version.not-yours"), Kind: "off"}}
	}
	out := []mine{{Text: v.t("version.yours", "list", v.tongue.List(list)), Kind: "plain", Href: v.at("/data")}}
	if s.Silent && bySilence(x) && x.Class.Widens() && (c.to.State == "announced" || older.Before(c.to.Since)) {
		out = append(out, mine{Text: v.t("version.older", "date", v.tongue.Date(c.to.Since)), Kind: "law"})
	}
	return out
}

// choicesOf are the choices that rules need.
func choicesOf(p *policy.Program, rules []avow.RuleID) (out []avow.Choice) {
	for _, r := range rules {
		info, ok := p.Rule(r)
		if !ok {
			continue
		}
		var words []syntax.Word
		switch e := info.Entry.(type) {
		case *syntax.Collect:
			words = e.Needs.Choice
		case *syntax.Use:
			words = e.Needs.Choice
		case *syntax.Share:
			words = e.Needs.Choice
		case *syntax.Choice:
			out = append(out, avow.Choice(e.ID.Text))
		}
		for _, w := range words {
			out = append(out, avow.Choice(w.Text))
		}
	}
	return out
}

// dataOf are the kinds of data that rules speak of, in either text; all reports that
// they speak of none in particular.
func dataOf(c *compared, rules []avow.RuleID) (out []avow.Datum, all bool) {
	for _, p := range []*policy.Program{c.after, c.before} {
		for _, r := range rules {
			info, ok := p.Rule(r)
			if !ok {
				continue
			}
			var words []syntax.Word
			switch e := info.Entry.(type) {
			case *syntax.Collect:
				words = e.Data
			case *syntax.Use:
				words = e.Data
			case *syntax.Share:
				words = e.Data
			case *syntax.Retain:
				words = e.Data
			case *syntax.Choice:
				words = e.Data
			}
			for _, w := range words {
				if !slices.Contains(out, avow.Datum(w.Text)) {
					out = append(out, avow.Datum(w.Text))
				}
			}
		}
	}
	return out, len(out) == 0
}

// answerVersion records that the reader agrees to the version in force, or stays with
// theirs, or refuses it.
func (v *visit) answerVersion() error {
	h := hashOf(v.r.PathValue("hash"))
	if h != v.program.Hash() {
		return &avow.Error{Code: avow.Conflict, Message: "this version is not in force", Try: "answer when it is"}
	}
	agree := &gate.Agreement{Policy: h, Language: avow.Language(v.text.lang), Gesture: v.gesture(), Origin: "centre/versions"}
	said := ""
	switch v.r.PostFormValue("answer") {
	case "yes":
		agree.Accept, said = true, "version-agreed"
	case "no":
		agree.Decline, said = true, "version-refused"
	case "stay":
		if _, err := v.gate().KeepVersion(v.r.Context(), v.id, v.ref(), h); err != nil {
			return err
		}
		return v.to("/versions/"+tail(h), "version-kept")
	default:
		return &avow.Error{Code: avow.Invalid, Message: "the answer is none of those that are offered", Try: "press one of the buttons"}
	}
	if _, err := v.gate().Agree(v.r.Context(), v.id, v.ref(), agree); err != nil {
		return err
	}
	return v.to("/versions/"+tail(h), said)
}

// gesture is the one that the policy counts as acceptance and that a button is.
func (v *visit) gesture() string {
	for _, w := range v.program.File().Acceptance.Gesture {
		if w.Text != "use" && w.Text != "browse" {
			return w.Text
		}
	}
	return ""
}
