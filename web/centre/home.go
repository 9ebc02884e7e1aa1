package centre

import (
	"net/http"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/notice"
)

// question is one of the four that everybody has, with the answer for the reader.
type question struct {
	Asks   string
	Answer string
	More   string // the address of the page that says more
	Link   string
}

type homeBody struct {
	Known     bool
	Questions []question
	Open      []requestLine
	Since     []lookLine // what happened lately
	Summary   []notice.Sentence
	SignIn    string
	Lang      string // of the summary
}

// home answers the four questions in one line each: about this person, or about
// everybody for who is not signed in.
func (v *visit) home() error {
	p := v.page("home")
	p.Title = v.t("home.title", "name", v.text.names.Product())
	body := homeBody{Known: v.known, SignIn: v.at("/sign-in"), Lang: v.text.lang}
	if !v.known {
		p.Lead = v.t("home.lead-public")
		body.Summary = v.summary()
		body.Questions = v.publicAnswers()
		return v.render(http.StatusOK, p, body)
	}
	p.Lead = v.t("home.lead")
	ahead, err := v.ahead()
	if err != nil {
		return err
	}
	p.Notices = append(p.Notices, ahead...)
	if body.Questions, err = v.ownAnswers(); err != nil {
		return err
	}
	if body.Open, err = v.openRequests(); err != nil {
		return err
	}
	traced, _, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), 0, 60)
	if err != nil {
		return err
	}
	for i := range traced {
		if len(body.Since) < 5 && !comingAndGoing(traced[i].Leaf.Kind) {
			body.Since = append(body.Since, v.lookLine(&traced[i]))
		}
	}
	return v.render(http.StatusOK, p, body)
}

// summary is the five lines that stand at the top of the policy.
func (v *visit) summary() []notice.Sentence {
	for _, c := range v.text.doc.Chapters {
		if c.Layer == notice.Summary {
			var all []notice.Sentence
			for _, b := range c.Blocks {
				all = append(all, b.Sentences...)
			}
			return all
		}
	}
	return nil
}

func (v *visit) publicAnswers() []question {
	f := v.program.File()
	outside := 0
	for i := range f.Parties {
		if f.Parties[i].Kind.Text != "public" && f.Parties[i].Kind.Text != "members" {
			outside++
		}
	}
	return []question{
		{v.t("home.what"), v.t("home.what-public", "n", len(f.Data)), v.at("/policy") + "#collect", v.t("home.read")},
		{v.t("home.who"), v.t("home.who-public", "n", outside), v.at("/policy") + "#share", v.t("home.read")},
		{v.t("home.long"), v.t("home.long-public", "n", len(f.Retain)), v.at("/policy") + "#retain", v.t("home.read")},
		{v.t("home.change"), v.t("home.change-public", "n", len(f.Choices)), v.at("/sign-in"), v.t("layout.sign-in")},
	}
}

func (v *visit) ownAnswers() ([]question, error) {
	held, err := v.gate().Holdings(v.r.Context(), v.id, v.ref())
	if err != nil {
		return nil, err
	}
	traced, _, err := v.gate().Traced(v.r.Context(), v.id, v.ref(), 0, 500)
	if err != nil {
		return nil, err
	}
	st, err := v.standing()
	if err != nil {
		return nil, err
	}
	return []question{
		{v.t("home.what"), v.whatLine(held), v.at("/data"), v.t("nav.data")},
		{v.t("home.who"), v.whoLine(traced), v.at("/looked"), v.t("nav.looked")},
		{v.t("home.long"), v.longLine(held), v.at("/data") + "#ends", v.t("home.dates")},
		{v.t("home.change"), v.changeLine(&st), v.at("/choices"), v.t("nav.choices")},
	}, nil
}

func (v *visit) whatLine(held []gate.Held) string {
	var names []string
	for i := range held {
		if n := v.text.names.Of("data", string(held[i].Datum)); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	switch {
	case len(names) == 0:
		return v.t("home.what-nothing")
	case len(names) <= 4:
		return v.t("home.what-all", "list", v.tongue.List(names))
	}
	return v.t("home.what-some", "n", len(names), "list", v.tongue.List(names[:3]), "more", len(names)-3)
}

func (v *visit) whoLine(traced []gate.Traced) string {
	var recipients []string
	looks := 0
	for i := range traced {
		l := &traced[i].Leaf
		if l.Verdict != avow.Allow {
			continue
		}
		switch l.Kind {
		case evidence.Used, evidence.Found, evidence.AskRead, evidence.Opened, evidence.ContentRead:
			looks++
		case evidence.Shared, evidence.Entrusted, evidence.Moved, evidence.Disclosed, evidence.Published:
			if n := v.text.names.Of("recipients", string(l.Recipient)); !slices.Contains(recipients, n) {
				recipients = append(recipients, n)
			}
		}
	}
	switch {
	case len(recipients) > 3:
		return v.t("home.who-many", "n", looks, "list", v.tongue.List(recipients[:3]), "more", len(recipients)-3)
	case len(recipients) > 0:
		return v.t("home.who-some", "n", looks, "list", v.tongue.List(recipients))
	}
	return v.t("home.who-nobody", "n", looks)
}

func (v *visit) longLine(held []gate.Held) string {
	var next *gate.Held
	open := 0
	for i := range held {
		h := &held[i]
		if h.Until.IsZero() {
			open++
		} else if next == nil || h.Until.Before(next.Until) {
			next = h
		}
	}
	switch {
	case len(held) == 0:
		return v.t("home.long-nothing")
	case next == nil:
		return v.t("home.long-open", "n", open)
	}
	return v.t("home.long-next", "datum", v.text.names.Of("data", string(next.Datum)), "date", v.tongue.Date(next.Until))
}

func (v *visit) changeLine(st *avow.Standing) string {
	on, unasked, all := 0, 0, 0
	for _, c := range v.switches(st) {
		all++
		switch c.State {
		case "on":
			on++
		case "not-asked":
			unasked++
		}
	}
	if all == 0 {
		return v.t("home.change-none")
	}
	return v.t("home.change-some", "on", on, "n", all, "unasked", unasked)
}

// age is how long ago something was, for lists.
func (v *visit) age(at time.Time) string { return v.tongue.Left(at, v.now) }

// comingAndGoing reports whether an entry is only about the person's own visits,
// which would bury the rest on the first page.
func comingAndGoing(k evidence.Kind) bool {
	switch k {
	case evidence.SignedIn, evidence.SignedOut, evidence.HandedOver, evidence.CodeAsked, evidence.Accessed:
		return true
	}
	return false
}
