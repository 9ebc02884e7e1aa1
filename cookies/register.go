package cookies

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Tracker is one cookie, pixel, beacon or piece of browser storage that a policy
// declares.
type Tracker struct {
	Rule     avow.RuleID
	Name     string
	Kind     string // cookie, pixel, beacon or storage
	Category string // necessary, functional, performance or marketing
	Choices  []avow.Choice
	Purposes []avow.Purpose
	By       []avow.Recipient // third parties; empty: the operator's own
	Lifetime syntax.Period    // zero: until the browser is closed
	HTTPOnly bool
	SameSite http.SameSite
	Grammar  *regexp.Regexp // of the value; nil: any
	Mail     bool           // it stands in mail, and never on a page
}

// Choice is a choice of the policy that trackers or advertising parties depend on.
type Choice struct {
	ID     avow.Choice
	OptOut bool     // on until the person objects
	GPC    bool     // off where the browser sends the Global Privacy Control signal
	Hosts  []string // network hosts that it opens
	ReAsk  syntax.Period
}

// Register is what one text of a policy says about trackers. It does not change.
type Register struct {
	policy      avow.PolicyID
	hash        avow.Hash
	revision    uint32
	trackers    []Tracker
	choices     []Choice
	hosts       []string // open without a choice
	only        bool     // whatever is not declared is kept out
	permissions []string // permissions of the browser that the policy uses
}

// Of reads a policy.
func Of(p *policy.Program) *Register {
	f := p.File()
	r := &Register{policy: p.ID(), hash: p.Hash()}
	for i := range f.Cookies {
		r.trackers = append(r.trackers, tracker(&f.Cookies[i]))
	}
	for i := range f.Trackers {
		switch f.Trackers[i].Rule.Text {
		case "registered-only", "choice-first", "browsing-is-no-consent":
			// Nobody can choose what is not declared: a choice never opens it.
			r.only = true
		}
	}
	for i := range f.Choices {
		c, ok := p.Choice(avow.Choice(f.Choices[i].ID.Text))
		if hosts, some := r.opened(f, c.ID); ok && some {
			r.choices = append(r.choices, Choice{ID: c.ID, OptOut: c.OptOut(), GPC: c.GPC, Hosts: hosts, ReAsk: c.ReAsk})
		}
	}
	for i := range f.Cookies {
		if c := &f.Cookies[i]; c.Category.Text == "necessary" && len(c.Choice) == 0 {
			r.hosts = hosts(f, r.hosts, c.By)
		}
	}
	for i := range f.Permissions {
		if feature := browserFeature(f.Permissions[i].Slug.Text); feature != "" && !slices.Contains(r.permissions, feature) {
			r.permissions = append(r.permissions, feature)
		}
	}
	r.revision = r.revise()
	return r
}

func tracker(c *syntax.Cookie) Tracker {
	t := Tracker{Rule: avow.RuleID(c.ID.Text), Name: c.Name.Text, Kind: c.Kind.Text, Category: c.Category.Text, Lifetime: c.Lifetime, HTTPOnly: c.HTTPOnly.On, Mail: c.Invisible.On,
		SameSite: map[string]http.SameSite{"strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode}[c.SameSite.Text]}
	if t.SameSite == 0 {
		t.SameSite = http.SameSiteLaxMode
	}
	if t.Kind == "" {
		t.Kind = "cookie"
	}
	for _, w := range c.Choice {
		t.Choices = append(t.Choices, avow.Choice(w.Text))
	}
	for _, w := range c.For {
		t.Purposes = append(t.Purposes, avow.Purpose(w.Text))
	}
	for _, w := range c.By {
		t.By = append(t.By, avow.Recipient(w.Text))
	}
	if c.Grammar.Text != "" {
		var err error
		if t.Grammar, err = regexp.Compile(c.Grammar.Text); err != nil {
			t.Grammar = nothing() // a policy with such a grammar does not compile
		}
	}
	return t
}

// nothing is the grammar that no value fits.
func nothing() *regexp.Regexp { return regexp.MustCompile(`[^\x00-\x{10FFFF}]`) }

// opened returns the hosts that a choice opens, and whether anything on a page
// depends on the choice.
func (r *Register) opened(f *syntax.File, id avow.Choice) (list []string, some bool) {
	named := func(words []syntax.Word) bool { return syntax.Has(words, string(id)) }
	for i := range f.Cookies {
		if c := &f.Cookies[i]; named(c.Choice) && !c.Invisible.On {
			list, some = hosts(f, list, c.By), true
		}
	}
	for i := range f.Adverts {
		if a := &f.Adverts[i]; named(a.Choice) && slices.Contains([]string{"personalised", "parties-collect", "parties-measure"}, a.Rule.Text) {
			list, some = hosts(f, list, a.To), true
		}
	}
	return list, some
}

func hosts(f *syntax.File, list []string, parties []syntax.Word) []string {
	for i := range f.Parties {
		p := &f.Parties[i]
		if !syntax.Has(parties, p.ID.Text) {
			continue
		}
		for _, h := range p.Hosts {
			if !slices.Contains(list, h.Text) {
				list = append(list, h.Text)
			}
		}
	}
	return list
}

// revise numbers what people are asked, so that they are asked again when it is
// something else, and only then.
func (r *Register) revise() uint32 {
	type asked struct {
		Name, Kind, Category string
		Choices              []avow.Choice
		Purposes             []avow.Purpose
		By                   []avow.Recipient
		Life                 string
	}
	var all []asked
	for _, t := range r.trackers {
		all = append(all, asked{t.Name, t.Kind, t.Category, t.Choices, t.Purposes, t.By, fmt.Sprint(t.Lifetime.N, t.Lifetime.Unit)})
	}
	raw, err := json.Marshal([]any{all, r.choices})
	if err != nil {
		panic("cookies: a register cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(raw)
	return binary.BigEndian.Uint32(sum[:]) >> 8
}

// Policy is the policy's id.
func (r *Register) Policy() avow.PolicyID { return r.policy }

// Hash is the hash of the text.
func (r *Register) Hash() avow.Hash { return r.hash }

// Revision changes with what people are asked about trackers.
func (r *Register) Revision() uint32 { return r.revision }

// Trackers are all that the policy declares. They must not be changed.
func (r *Register) Trackers() []Tracker { return r.trackers }

// Choices are those that trackers on pages, or hosts, depend on, in the order of
// the policy. They must not be changed.
func (r *Register) Choices() []Choice { return r.choices }

// Hosts are the network hosts that are open without a choice.
func (r *Register) Hosts() []string { return r.hosts }

// Only reports whether the policy promises that nothing undeclared is set, or nothing
// that nobody agreed to, which comes to the same.
func (r *Register) Only() bool { return r.only }

// Tracker returns the tracker of a kind and name.
func (r *Register) Tracker(kind, name string) (*Tracker, bool) {
	i := slices.IndexFunc(r.trackers, func(t Tracker) bool { return t.Kind == kind && t.Name == name })
	if i < 0 {
		return nil, false
	}
	return &r.trackers[i], true
}

// Allows reports whether a tracker may be used for somebody who said s. What is
// not necessary and hangs on no choice cannot be agreed to, and is never used.
func (r *Register) Allows(t *Tracker, s Said) bool {
	if len(t.Choices) == 0 {
		return t.Category == "necessary"
	}
	for _, c := range t.Choices {
		if !r.Open(c, s) {
			return false
		}
	}
	return true
}

// Open reports whether a choice stands in favour for somebody who said s.
func (r *Register) Open(c avow.Choice, s Said) bool {
	i := slices.IndexFunc(r.choices, func(o Choice) bool { return o.ID == c })
	if i < 0 {
		return false
	}
	o := &r.choices[i]
	if o.GPC && s.GPC && !s.Outweighed {
		return false
	}
	if o.OptOut && !s.Decided {
		return true
	}
	return s.Decided && slices.Contains(s.Given, c)
}

// seconds is a lifetime in seconds, by the calendar.
func seconds(p syntax.Period, now time.Time) int {
	return int(policy.After(now, p).Sub(now) / time.Second)
}
