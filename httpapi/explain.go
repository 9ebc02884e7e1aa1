package httpapi

import (
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/policy"
)

// Supposing is the body of explain: a request that is not made.
type Supposing struct {
	Verb       string      `json:"verb" enum:"collect,use,share,entrust,transfer,disclose,publish,release" example:"use"`
	Data       []string    `json:"data" minItems:"1" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" example:"[\"email\"]"`
	Purpose    string      `json:"purpose,omitempty" maxLength:"64" example:"marketing"`
	Point      string      `json:"point,omitempty" maxLength:"64"`
	Feature    string      `json:"feature,omitempty" maxLength:"64"`
	Source     string      `json:"source,omitempty" maxLength:"64"`
	Recipient  string      `json:"recipient,omitempty" maxLength:"64"`
	Role       string      `json:"role,omitempty" maxLength:"64" example:"engine"`
	Region     string      `json:"region,omitempty" maxLength:"16"`
	Ground     string      `json:"ground,omitempty" maxLength:"64"`
	Provenance *Provenance `json:"provenance,omitempty"`
	Shown      []string    `json:"shown,omitempty" maxItems:"32" nullable:"false" enum:"citation,url,contract,case,provenance,finding,instrument,approval,qualified,picked,token,spaced,unmetered,attested,fresh-sign-in,notice,urgency,in-use,device-permission,successor-bound" doc:"Facts that are supposed to have been shown." example:"[\"qualified\"]"`
	Person     *Supposed   `json:"person,omitempty" doc:"Where the person is supposed to stand. Left out: a stranger."`
}

// Supposed is a standing that nobody has.
type Supposed struct {
	Account  string     `json:"account,omitempty" enum:"none,open,frozen,closing,closed" doc:"Left out: open."`
	Accepted bool       `json:"accepted,omitempty" doc:"They have accepted the policy in force."`
	Choices  []Choosing `json:"choices,omitempty" maxItems:"64" nullable:"false"`
	Signals  []string   `json:"signals,omitempty" maxItems:"4" enum:"gpc" nullable:"false"`
	Age      string     `json:"age,omitempty" enum:"adult,minor"`
	Guardian bool       `json:"guardian,omitempty"`
	Hold     bool       `json:"hold,omitempty"`
}

// Explained is the answer of explain.
type Explained struct {
	Verdict string   `json:"verdict" enum:"allow,refuse"`
	Reasons []Reason `json:"reasons" nullable:"false"`
	Rulings []Ruling `json:"rulings" nullable:"false"`
	Policy  string   `json:"policy_hash"`
}

func (d *Door) addExplain() error {
	return post(d, operation{
		id: "explain", path: "/v1/{policy}/explain", tag: "Policies", scopes: auth.App | auth.Officer | auth.Auditor,
		summary: "Ask what the policy would say to a request",
		doc:     "About a person who is made up by the request itself: nobody's data is looked at, nothing is opened by the answer, and no evidence is left.",
		example: `{"verb":"use","data":["email"],"purpose":"marketing","role":"engine","person":{"accepted":true,"age":"adult"}}`,
	}, func(c *call, in *Supposing) (Explained, error) { return explain(c, in, d.now()) })
}

func explain(c *call, in *Supposing, now time.Time) (Explained, error) {
	verb, ok := avow.ParseVerb(in.Verb)
	if !ok {
		return Explained{}, errors.New("a verb of the schema is none of ours")
	}
	facts := in.Provenance.avow().Facts()
	for _, word := range in.Shown {
		if f, ok := avow.ParseFact(word); ok {
			facts = facts.With(f)
		}
	}
	standing := in.Person.avow(c.program, now)
	bound := c.program.Bind(&standing, now)
	out := Explained{Policy: string(c.program.Hash())}
	var all avow.Reasons
	var rulings []avow.Ruling
	verdict := avow.Allow
	words := make([]string, len(in.Data))
	for i, datum := range in.Data {
		r := c.program.Decide(&policy.Query{Verb: verb, Datum: avow.Datum(datum), Purpose: avow.Purpose(in.Purpose), Point: avow.Point(in.Point),
			Feature: avow.Feature(in.Feature), Source: avow.Source(in.Source), Recipient: avow.Recipient(in.Recipient), Role: avow.Role(in.Role),
			Region: avow.Region(in.Region), Ground: in.Ground, Facts: facts}, &bound)
		if r.Verdict != avow.Allow {
			verdict = avow.Refuse
		}
		if _, known := c.program.Datum(avow.Datum(datum)); known {
			words[i] = datum
		}
		all |= r.Reasons
		rulings = append(rulings, r)
	}
	out.Verdict, out.Reasons, out.Rulings = verdict.String(), reasonsOf(all), rulingsOf(rulings, words)
	return out, nil
}

func (s *Supposed) avow(p *policy.Program, now time.Time) avow.Standing {
	if s == nil {
		return avow.Standing{}
	}
	st := avow.Standing{Account: avow.Open, Guardian: s.Guardian, Hold: s.Hold}
	for a := avow.NoRelation; a <= avow.Closed; a++ {
		if a.String() == s.Account {
			st.Account = a
		}
	}
	if s.Accepted {
		st.Acceptance = avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash(), Version: p.Version(), At: now}
	}
	for _, c := range s.Choices {
		st.Choices = append(st.Choices, avow.Chosen{Choice: avow.Choice(c.Choice), State: stateOf(c.State), At: now})
	}
	if slices.Contains(s.Signals, "gpc") {
		st.Signals, st.SignalAt = avow.SignalGPC, now
	}
	switch s.Age {
	case "adult":
		st.Age = avow.KnownAdult
	case "minor":
		st.Age = avow.KnownMinor
	}
	return st
}

// RuleExplained is the answer to a question about one rule.
type RuleExplained struct {
	Rule      string    `json:"rule" example:"take-account"`
	Section   string    `json:"section" doc:"Of the policy language." example:"collect"`
	Clauses   []string  `json:"clauses" nullable:"false"`
	Owner     string    `json:"owner,omitempty" doc:"The role that answers for the rule."`
	Supplied  bool      `json:"supplied,omitempty" doc:"The operator chose it because the original is silent."`
	Line      int64     `json:"line" doc:"Of the policy file."`
	Sentence  *Sentence `json:"sentence,omitempty" doc:"What the published text says of it; in the languages of the policy."`
	Published string    `json:"published,omitempty" doc:"Where it stands in the published text."`
}

func (d *Door) addRule() {
	get(d, operation{
		id: "explain-rule", path: "/v1/{policy}/explain/{rule}", tag: "Policies", scopes: auth.App | auth.Officer | auth.Auditor,
		summary: "Say what a rule is and what people are told about it",
		doc:     "From a rule's id, as refusals and evidence name it, to its clauses and its published sentence.",
		params:  []param{{"rule", "path", "Id of a rule.", "take-account"}},
	}, func(c *call) (RuleExplained, error) {
		info, ok := c.program.Rule(avow.RuleID(c.r.PathValue("rule")))
		if !ok {
			return RuleExplained{}, &avow.Error{Code: avow.Unknown, Message: "the policy has no such rule", Try: "use a rule's id as refusals and evidence name it"}
		}
		out := RuleExplained{Rule: string(info.ID), Section: info.Section, Clauses: strs(info.Clauses), Owner: string(info.Owner), Supplied: info.Supplied, Line: int64(info.Pos.Line)}
		return out, d.said(c.program, &out)
	})
}

// said adds what the published text says of a rule.
func (d *Door) said(p *policy.Program, out *RuleExplained) error {
	var s Sentence
	for _, lang := range p.Languages() {
		doc, err := d.texts.document(d, p, lang)
		if err != nil {
			return err
		}
		said, ok := doc.Sentence(out.Rule)
		if !ok {
			said, ok = doc.Sentence(out.Section + "/" + out.Rule)
		}
		if !ok {
			continue
		}
		out.Sentence = &s
		out.Published = d.cfg.BaseURL + "/policy/" + string(p.ID()) + "#rule-" + out.Rule
		switch lang {
		case "en":
			s.En = said.Text
		case "zh":
			s.Zh = said.Text
		}
	}
	return nil
}
