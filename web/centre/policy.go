package centre

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

// mine is what a sentence of the policy means for the reader.
type mine struct {
	Text string
	Kind string // of a badge
	Href string
}

type sentence struct {
	notice.Sentence
	Mine []mine
}

type block struct {
	Heading   string
	Kind      notice.Kind
	Columns   []string
	Sentences []sentence
}

type chapter struct {
	ID      string
	Number  int
	Heading string
	Blocks  []block
}

type policyBody struct {
	Known    bool
	Facts    []notice.Fact
	Summary  []sentence
	Chapters []chapter
	Lang     string
	Whole    string // the printable edition
	Machine  string
	SignIn   string
	Versions string
}

// own is everything that sentences are compared with.
type own struct {
	held   []gate.Held
	st     avow.Standing
	traced []gate.Traced
}

// policyText is the policy, each sentence with what it means for who reads it.
func (v *visit) policyText() error {
	body := policyBody{Known: v.known, Facts: v.text.doc.Facts, Lang: v.text.lang, Whole: "/policy/" + string(v.id), Machine: "/policy/" + string(v.id) + ".json", SignIn: v.at("/sign-in") + "?then=" + v.at("/policy"), Versions: v.at("/versions")}
	o, err := v.own()
	if err != nil {
		return err
	}
	for _, c := range v.text.doc.Chapters {
		switch c.Layer {
		case notice.Summary:
			for _, b := range c.Blocks {
				for _, s := range b.Sentences {
					body.Summary = append(body.Summary, sentence{Sentence: s})
				}
			}
		case notice.Full:
			out := chapter{ID: c.ID, Number: c.Number, Heading: c.Heading}
			for _, b := range c.Blocks {
				k := block{Heading: b.Heading, Kind: b.Kind, Columns: b.Columns}
				for _, s := range b.Sentences {
					k.Sentences = append(k.Sentences, sentence{s, v.mean(o, &s)})
				}
				out.Blocks = append(out.Blocks, k)
			}
			body.Chapters = append(body.Chapters, out)
		}
	}
	p := v.page("policy")
	p.Title = v.text.doc.Title
	if v.known {
		p.Lead = v.t("policy.lead")
	}
	return v.render(http.StatusOK, p, body)
}

// own reads where the reader stands; nothing for who is not signed in.
func (v *visit) own() (*own, error) {
	if !v.known {
		return nil, nil
	}
	var o own
	var err error
	if o.held, err = v.gate().Holdings(v.r.Context(), v.id, v.ref()); err != nil {
		return nil, err
	}
	if o.st, err = v.standing(); err != nil {
		return nil, err
	}
	o.traced, _, err = v.gate().Traced(v.r.Context(), v.id, v.ref(), 0, 500)
	return &o, err
}

// mean says what a sentence means for the reader, by the rules that it says. A
// sentence of whose rules nothing is known says nothing about them.
func (v *visit) mean(o *own, s *notice.Sentence) []mine {
	if o == nil {
		return nil
	}
	var out []mine
	add := func(m ...mine) {
		for _, m := range m {
			if m.Text != "" && !slices.Contains(out, m) && len(out) < mostMeanings {
				out = append(out, m)
			}
		}
	}
	for _, key := range s.Anchors {
		rule := key[strings.LastIndexByte(key, '/')+1:]
		info, ok := v.program.Rule(avow.RuleID(rule))
		if !ok {
			continue
		}
		switch e := info.Entry.(type) {
		case *syntax.Retain:
			add(v.ends(o, rule)...)
		case *syntax.Collect:
			add(v.given(o, rule))
		case *syntax.Share:
			add(v.handed(o, rule), v.mayHand(o, e))
		case *syntax.Use:
			add(v.used(o, rule))
		case *syntax.Choice:
			add(v.stands(o, e))
		case *syntax.Hold:
			if o.st.Hold {
				add(mine{Text: v.t("mine.hold"), Kind: "law"})
			}
		case *syntax.Acceptance:
			if o.st.Acceptance.State == avow.AcceptedPolicy {
				add(mine{Text: v.t("mine.accepted", "version", o.st.Acceptance.Version, "date", v.tongue.Date(o.st.Acceptance.At)), Kind: "plain"})
			}
		}
	}
	return out
}

// mostMeanings keeps one sentence from being buried under what it means.
const mostMeanings = 4

// ends says when what a retention rule keeps of the reader would go.
func (v *visit) ends(o *own, rule string) []mine {
	type end struct {
		name string
		at   time.Time
	}
	var ends []end
	for i := range o.held {
		h := &o.held[i]
		e := end{v.text.names.Of("data", string(h.Datum)), h.Until}
		if string(h.UntilBy) == rule && !slices.Contains(ends, e) {
			ends = append(ends, e)
		}
	}
	var waiting []string
	var out []mine
	for _, e := range ends {
		if e.at.IsZero() {
			waiting = append(waiting, e.name)
			continue
		}
		out = append(out, mine{Text: v.t("mine.goes", "name", e.name, "date", v.tongue.Date(e.at)), Kind: "wait", Href: v.at("/data")})
	}
	if len(waiting) > 0 {
		out = append(out, mine{Text: v.t("mine.stays", "list", v.tongue.List(waiting[:min(len(waiting), 4)]), "n", len(waiting)), Kind: "plain", Href: v.at("/leave")})
	}
	return out
}

// given says what the reader gave under a rule.
func (v *visit) given(o *own, rule string) mine {
	var list []string
	for i := range o.held {
		if n := v.text.names.Of("data", string(o.held[i].Datum)); string(o.held[i].Rule) == rule && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return mine{Text: v.t("mine.none"), Kind: "off"}
	}
	return mine{Text: v.t("mine.given", "list", v.tongue.List(list)), Kind: "on", Href: v.at("/data")}
}

// times counts what happened to the reader under a rule, and when last.
func times(o *own, rule string) (n int, last time.Time) {
	for i := range o.traced {
		l := &o.traced[i].Leaf
		if l.Verdict == avow.Allow && slices.Contains(l.Rules, avow.RuleID(rule)) {
			if n == 0 {
				last = l.At
			}
			n++
		}
	}
	return n, last
}

func (v *visit) handed(o *own, rule string) mine {
	n, at := times(o, rule)
	if n == 0 {
		return mine{Text: v.t("mine.never-handed"), Kind: "off"}
	}
	return mine{Text: v.t("mine.handed", "n", n, "date", v.tongue.Date(at)), Kind: "on", Href: v.at("/looked?only=others")}
}

func (v *visit) used(o *own, rule string) mine {
	n, at := times(o, rule)
	if n == 0 {
		return mine{}
	}
	return mine{Text: v.t("mine.used", "n", n, "date", v.tongue.Date(at)), Kind: "on", Href: v.at("/looked")}
}

// mayHand says by which of the reader's choices a rule is shut or open.
func (v *visit) mayHand(o *own, e *syntax.Share) mine {
	for _, w := range e.Needs.Choice {
		info, ok := v.program.Choice(avow.Choice(w.Text))
		if !ok {
			continue
		}
		chosen, _ := o.st.Choice(info.ID)
		if state, _, _ := stateOf(&info, &chosen, &o.st, v.now); state == "off" || state == "not-asked" || state == "signal" || state == "expired" {
			return mine{Text: v.t("mine.shut", "choice", v.text.names.Of("choices", w.Text)), Kind: "off", Href: v.at("/choices")}
		}
	}
	return mine{}
}

func (v *visit) stands(o *own, e *syntax.Choice) mine {
	info, ok := v.program.Choice(avow.Choice(e.ID.Text))
	if !ok {
		return mine{}
	}
	chosen, _ := o.st.Choice(info.ID)
	state, since, _ := stateOf(&info, &chosen, &o.st, v.now)
	text := v.t("state." + state)
	if !since.IsZero() {
		text = v.t("mine.since", "state", text, "date", v.tongue.Date(since))
	}
	return mine{Text: text, Kind: badgeOf(state), Href: v.at("/choices")}
}

// badgeOf is the badge of a switch's state.
func badgeOf(state string) string {
	switch state {
	case "on":
		return "on"
	case "signal":
		return "law"
	case "not-asked", "expired", "each-time":
		return "wait"
	}
	return "off"
}
