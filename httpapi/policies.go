package httpapi

import (
	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

const anyone = auth.App | auth.Officer | auth.Auditor

// Policies is the list of the policies that are served.
type Policies struct {
	Policies []PolicyHead `json:"policies" nullable:"false"`
}

// PolicyHead says which text of a policy is in force.
type PolicyHead struct {
	ID        string   `json:"id" example:"club"`
	Version   string   `json:"version" example:"1.0"`
	Hash      string   `json:"hash" example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Effective string   `json:"effective" format:"date" example:"2026-01-01"`
	Mode      string   `json:"mode" enum:"observe,enforce"`
	Languages []string `json:"languages" nullable:"false" example:"[\"en\",\"zh\"]"`
	Law       []string `json:"law" nullable:"false" doc:"Law packs that apply." example:"[\"cn\",\"eu\"]"`
	Text      string   `json:"text" format:"uri" doc:"Where the published text is."`
}

// Policy is a policy with the words that requests are made of.
type Policy struct {
	PolicyHead
	Gestures   []string      `json:"gestures" nullable:"false" doc:"What accepts the policy."`
	Documents  []string      `json:"documents" nullable:"false" doc:"Further documents that are accepted."`
	Data       []DataWord    `json:"data" nullable:"false"`
	Purposes   []Word        `json:"purposes" nullable:"false"`
	Points     []Word        `json:"points" nullable:"false"`
	Features   []Word        `json:"features" nullable:"false"`
	Sources    []Word        `json:"sources" nullable:"false"`
	Recipients []Word        `json:"recipients" nullable:"false"`
	Roles      []Word        `json:"roles" nullable:"false"`
	Holds      []Word        `json:"holds" nullable:"false"`
	Choices    []ChoiceWords `json:"choices" nullable:"false"`
}

// Word is a word of the policy with its names.
type Word struct {
	ID   string    `json:"id" example:"sign-up"`
	Name *Sentence `json:"name,omitempty"`
	Kind string    `json:"kind,omitempty"`
}

// DataWord is a kind of data.
type DataWord struct {
	ID     string `json:"id" example:"email"`
	Type   string `json:"type" enum:"text,email,phone,number,date,location,ip,json,file,password"`
	Class  string `json:"class" enum:"personal,non-personal,statistics"`
	Held   string `json:"held" enum:"vault,app,nowhere" doc:"Who keeps the value. For app, the door decides and leaves the evidence."`
	Max    int64  `json:"max" doc:"Largest value in bytes."`
	Lookup bool   `json:"lookup" doc:"People are found by it."`
	Many   bool   `json:"many" doc:"A person has many of it."`
}

// ChoiceWords is something that people decide.
type ChoiceWords struct {
	Word
	For        []string `json:"for" nullable:"false" doc:"Purposes it covers."`
	Recipients []string `json:"to" nullable:"false" doc:"Recipients it covers; all if empty."`
	Data       []string `json:"data" nullable:"false" doc:"Data it covers; what the purposes need if empty."`
	GPC        bool     `json:"gpc" doc:"A browser's opt-out signal switches it off."`
}

func (d *Door) headOf(p *policy.Program) PolicyHead {
	return PolicyHead{ID: string(p.ID()), Version: p.Version(), Hash: string(p.Hash()), Effective: p.File().Effective.String(), Mode: p.Mode(),
		Languages: strs(p.Languages()), Law: strs(p.Law()), Text: d.cfg.BaseURL + "/policy/" + string(p.ID())}
}

func (d *Door) addPolicies() {
	get(d, operation{
		id: "policies", path: "/v1/policies", tag: "Policies", scopes: anyone,
		summary: "List the policies that this token speaks for",
	}, func(c *call) (Policies, error) {
		out := Policies{Policies: []PolicyHead{}}
		for _, id := range d.cfg.Gate.Policies() {
			if !c.token.May(id) {
				continue
			}
			p, err := d.cfg.Gate.Program(id)
			if err != nil {
				return Policies{}, err
			}
			out.Policies = append(out.Policies, d.headOf(p))
		}
		return out, nil
	})
	get(d, operation{
		id: "policy", path: "/v1/{policy}", tag: "Policies", scopes: anyone,
		summary: "Say which text is in force and which words it declares",
		doc:     "An application finds here everything that its requests may name.",
	}, func(c *call) (Policy, error) { return d.wordsOf(c.program), nil })
	d.addRule()
}

func (d *Door) wordsOf(p *policy.Program) Policy {
	f := p.File()
	out := Policy{PolicyHead: d.headOf(p), Gestures: []string{}, Documents: []string{}, Data: []DataWord{}, Choices: []ChoiceWords{},
		Purposes: wordsIn(f.Purposes, func(e *syntax.Purpose) (syntax.Word, syntax.Text, string) { return e.ID, e.Name, "" }),
		Points:   wordsIn(f.Points, func(e *syntax.Point) (syntax.Word, syntax.Text, string) { return e.ID, e.Name, "" }),
		Features: wordsIn(f.Features, func(e *syntax.Feature) (syntax.Word, syntax.Text, string) { return e.ID, e.Name, "" }),
		Sources:  wordsIn(f.Sources, func(e *syntax.Source) (syntax.Word, syntax.Text, string) { return e.ID, syntax.Text{}, e.Kind.Text }),
		Recipients: wordsIn(f.Parties, func(e *syntax.Party) (syntax.Word, syntax.Text, string) {
			return e.ID, e.Name, e.Kind.Text
		}),
		Roles: wordsIn(f.Roles, func(e *syntax.Role) (syntax.Word, syntax.Text, string) { return e.ID, e.Name, e.Kind.Text }),
		Holds: wordsIn(f.Holds, func(e *syntax.Hold) (syntax.Word, syntax.Text, string) { return e.ID, syntax.Text{}, e.Kind.Text }),
	}
	for _, g := range f.Acceptance.Gesture {
		if g.Text != "use" && g.Text != "browse" {
			out.Gestures = append(out.Gestures, g.Text)
		}
	}
	for i := range f.Acceptance.Documents {
		out.Documents = append(out.Documents, f.Acceptance.Documents[i].ID.Text)
	}
	for _, d := range p.Data() {
		out.Data = append(out.Data, dataWord(&d))
	}
	for i := range f.Choices {
		e := &f.Choices[i]
		c, _ := p.Choice(avow.Choice(e.ID.Text)) // it compiled, so it is there
		out.Choices = append(out.Choices, ChoiceWords{Word{e.ID.Text, nameOf(e.Name), c.Kind}, strs(c.For), strs(c.To), strs(c.Data), c.GPC})
	}
	return out
}

func dataWord(d *policy.DatumInfo) DataWord {
	return DataWord{string(d.Slug), d.Type, or(d.Class, "personal"), or(d.Held, "vault"), or(d.Max, gate.DefaultMax), d.Lookup, d.Many}
}

func wordsIn[E any](entries []E, of func(*E) (syntax.Word, syntax.Text, string)) []Word {
	out := make([]Word, len(entries))
	for i := range entries {
		id, name, kind := of(&entries[i])
		out[i] = Word{id.Text, nameOf(name), kind}
	}
	return out
}

func nameOf(t syntax.Text) *Sentence {
	if t.IsZero() {
		return nil
	}
	return &Sentence{t.In("en"), t.In("zh")}
}
