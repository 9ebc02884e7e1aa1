package gate

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
	"avow.dev/redact"
	"avow.dev/retain"
)

// force is a policy in force, with what the gate derives from it once.
type force struct {
	program   *policy.Program
	retention []retain.Rule
	then      map[avow.RuleID]ending
	every     map[sampling][]spacing
	mixing    map[mix]avow.Datum
	strips    map[avow.Datum]bool // non-personal data out of which identifiers are taken
	parties   map[avow.Recipient]party
	choices   map[avow.Choice]*syntax.Choice
	seen      bool // a retention clock starts when people are last seen
	packs     []law.Pack
	stopping  []*syntax.Choice // those whose withdrawal stops the use of what is held
	cites     map[string]cited // by occasion
	words     declared
	known     map[string]string        // the words that rows hold
	since     time.Time                // when this version came into force; zero without earlier
	earlier   []version                // that silence may keep for somebody
	placed    bool                     // the policy says where data lies
	leaving   map[string][]avow.Choice // what opting out and limiting switch off
}

// placedAt returns the region of a recipient if the policy has a place there. What
// the policy says of a region where it has no place is a matter for its checks.
func (f *force) placedAt(e *syntax.Party) avow.Region {
	if slices.ContainsFunc(f.places(), func(p syntax.Place) bool { return p.Region.Text == e.Region.Text }) {
		return avow.Region(e.Region.Text)
	}
	return ""
}

// ending is what a retention rule does when its time is over.
type ending struct {
	anonymise bool
	form      string
	clauses   []avow.ClauseID
}

// sampling is what a smallest interval between two samples is about.
type sampling struct {
	datum   avow.Datum
	purpose avow.Purpose
}

// spacing is that interval, and the points at which it holds.
type spacing struct {
	points []avow.Point
	every  syntax.Period
}

type mix struct {
	when  string
	datum avow.Datum // empty: any
}

// party is what must hold before data goes to a recipient.
type party struct {
	expires   time.Time   // zero: its terms do not end
	region    avow.Region // where it is, if a place of the policy is there too
	public    bool        // everybody on the Internet
	same      bool        // it keeps to the very policy
	link      string      // its own policy
	clauses   []avow.ClauseID
	successor bool
	requires  []string
	tagged    bool   // what goes there travels in a signed envelope
	onward    string // what it may do beyond the purposes
}

// cited is what the evidence of an occasion cites.
type cited struct {
	rules   []avow.RuleID
	clauses []avow.ClauseID
}

// declared are the words of the policy that evidence may name.
type declared struct {
	data       map[avow.Datum]bool
	purposes   map[avow.Purpose]bool
	points     map[avow.Point]bool
	recipients map[avow.Recipient]bool
	roles      map[avow.Role]bool
}

func newForce(p *policy.Program) *force {
	f := p.File()
	out := &force{program: p, placed: len(f.Places) > 0, then: make(map[avow.RuleID]ending), mixing: make(map[mix]avow.Datum), strips: make(map[avow.Datum]bool), parties: make(map[avow.Recipient]party),
		choices: make(map[avow.Choice]*syntax.Choice), cites: make(map[string]cited), every: make(map[sampling][]spacing)}
	for i := range f.Retain {
		out.addRetain(&f.Retain[i])
	}
	for i := range f.Collect {
		out.addSpacing(&f.Collect[i])
	}
	for i := range f.Mixing {
		out.addMixing(&f.Mixing[i])
	}
	for i := range f.Parties {
		e := &f.Parties[i]
		out.parties[avow.Recipient(e.ID.Text)] = party{expires: dayEnd(e.Expires), same: e.Terms.Text == "same-policy", link: e.PolicyURL.Text, clauses: syntax.Slugs[avow.ClauseID](e.Clause), requires: syntax.Texts(e.Requires), region: out.placedAt(e), successor: e.Kind.Text == "successor", public: e.Kind.Text == "public",
			tagged: e.Tagged.On, onward: e.Onward.Text}
	}
	for i := range f.Choices {
		out.choices[avow.Choice(f.Choices[i].ID.Text)] = &f.Choices[i]
		if f.Choices[i].HeldToo.On {
			out.stopping = append(out.stopping, &f.Choices[i])
		}
	}
	out.leaving = map[string][]avow.Choice{"opt-out": out.leaves("opt-out"), "limit": out.leaves("limit")}
	out.addCites(f)
	for _, id := range p.Law() {
		if pack, err := law.Load(id); err == nil { // a policy with an unknown pack does not compile
			out.packs = append(out.packs, pack)
		}
	}
	out.words = declared{set(f.Data, func(e *syntax.Datum) avow.Datum { return avow.Datum(e.ID.Text) }),
		set(f.Purposes, func(e *syntax.Purpose) avow.Purpose { return avow.Purpose(e.ID.Text) }),
		set(f.Points, func(e *syntax.Point) avow.Point { return avow.Point(e.ID.Text) }),
		set(f.Parties, func(e *syntax.Party) avow.Recipient { return avow.Recipient(e.ID.Text) }),
		set(f.Roles, func(e *syntax.Role) avow.Role { return avow.Role(e.ID.Text) })}
	out.known = out.rowWords(f)
	return out
}

// rowWords are the words that stand in the rows of people under this policy.
func (f *force) rowWords(file *syntax.File) map[string]string {
	known := make(map[string]string)
	add := func(s string) { known[s] = s }
	for e := range file.Entries() {
		add(e.Head.ID.Text)
	}
	for i := range file.Acceptance.Gesture {
		add(file.Acceptance.Gesture[i].Text)
	}
	for _, l := range f.program.Languages() {
		add(string(l))
	}
	for _, s := range []string{"person", "device", string(f.program.Hash()), f.program.Version()} {
		add(s)
	}
	return known
}

func set[E any, S comparable](entries []E, id func(*E) S) map[S]bool {
	m := make(map[S]bool, len(entries))
	for i := range entries {
		m[id(&entries[i])] = true
	}
	return m
}

func (f *force) addRetain(e *syntax.Retain) {
	keep, program := e.Keep.Period, f.program
	id := avow.RuleID(e.ID.Text)
	f.retention = append(f.retention, retain.Rule{ID: id, Data: syntax.Slugs[avow.Datum](e.Data), Purposes: syntax.Slugs[avow.Purpose](e.For),
		After: retain.Event(e.Keep.After.Text), Then: actionOf(e.Then.Text),
		Due: func(start time.Time) time.Time { return program.After(start, keep) }})
	f.seen = f.seen || e.Keep.After.Text == string(retain.LastSeen)
	f.then[id] = ending{anonymise: e.Then.Text == "anonymise", form: e.Form.Text, clauses: syntax.Slugs[avow.ClauseID](e.Clause)}
}

func (f *force) addSpacing(e *syntax.Collect) {
	if !e.Every.Set || e.Every.N <= 0 {
		return
	}
	s := spacing{syntax.Slugs[avow.Point](e.Points), e.Every}
	for _, d := range e.Data {
		for _, p := range e.For {
			k := sampling{avow.Datum(d.Text), avow.Purpose(p.Text)}
			f.every[k] = append(f.every[k], s)
		}
	}
}

func actionOf(then string) retain.Action {
	return retain.Action(max(0, slices.Index([]string{"erase", "anonymise", "delete"}, then)))
}

// fileMax returns the largest file of a datum. What the policy says by default of
// values is not meant of files.
func (f *force) fileMax(info *policy.DatumInfo) int64 {
	for i := range f.program.File().Data {
		if d := &f.program.File().Data[i]; d.ID.Text == string(info.Slug) && d.Max.N > 0 {
			return d.Max.N
		}
	}
	return DefaultFileMax
}

func (f *force) addMixing(e *syntax.Mixing) {
	if e.When.Text == "carries-identifier" && e.Then.Text == "stripped" {
		for _, d := range f.program.Data() {
			if !d.Personal() && (len(e.Data) == 0 || syntax.Has(e.Data, string(d.Slug))) {
				f.strips[d.Slug] = true
			}
		}
	}
	if e.Then.Text != "personal" {
		return
	}
	result := avow.Datum(e.Result.Text)
	if len(e.Data) == 0 {
		f.mixing[mix{e.When.Text, ""}] = result
	}
	for _, d := range e.Data {
		f.mixing[mix{e.When.Text, avow.Datum(d.Text)}] = result
	}
}

// mixedInto returns the personal datum that a non-personal one becomes.
func (f *force) mixedInto(when string, d avow.Datum) (avow.Datum, bool) {
	if as, ok := f.mixing[mix{when, d}]; ok {
		return as, true
	}
	as, ok := f.mixing[mix{when, ""}]
	return as, ok
}

// covers reports whether a choice speaks of what a request asks for.
func (f *force) covers(c avow.Choice, req *avow.Request) bool {
	e := f.choices[c]
	if e == nil || !syntax.Has(e.For, string(req.Purpose)) || len(e.To) > 0 && req.Recipient != "" && !syntax.Has(e.To, string(req.Recipient)) {
		return false
	}
	for _, d := range req.Data {
		if len(e.Data) > 0 && !syntax.Has(e.Data, string(d)) {
			return false
		}
	}
	return true
}

// acceptsGesture reports whether a gesture accepts the policy. Using and
// browsing never do, whatever the file says.
func (f *force) acceptsGesture(gesture string) bool {
	if gesture == "use" || gesture == "browse" || gesture == "" {
		return false
	}
	return syntax.Has(f.program.File().Acceptance.Gesture, gesture)
}

// document returns the version in force of a further document.
func (f *force) document(id string) (string, bool) {
	for i := range f.program.File().Acceptance.Documents {
		if d := &f.program.File().Acceptance.Documents[i]; d.ID.Text == id {
			return d.Version.Text, true
		}
	}
	return "", false
}

func (f *force) addCites(file *syntax.File) {
	f.cite("acceptance", &file.Acceptance.Head)
	for i := range file.Holds {
		f.cite("hold", &file.Holds[i].Head)
	}
	for i := range file.Erasure {
		f.cite("erasure", &file.Erasure[i].Head)
	}
	for i := range file.Rights {
		f.cite("right/"+file.Rights[i].Right.Text, &file.Rights[i].Head)
	}
	for i := range file.Access {
		f.cite("access/"+file.Access[i].Kind.Text, &file.Access[i].Head)
	}
	for i := range file.Minors {
		f.cite("minors", &file.Minors[i].Head)
	}
	for i := range file.Changes {
		f.cite("change", &file.Changes[i].Head)
	}
	for i := range file.Incidents {
		f.cite("incident", &file.Incidents[i].Head)
	}
	for i := range file.Openness {
		f.cite("openness", &file.Openness[i].Head)
	}
}

func (f *force) cite(occasion string, h *syntax.Head) {
	c := f.cites[occasion]
	c.rules = once(c.rules, avow.RuleID(h.ID.Text))
	for _, w := range h.Clause {
		c.clauses = once(c.clauses, avow.ClauseID(w.Text))
	}
	f.cites[occasion] = c
}

// citing returns a filler for the evidence of an occasion.
func (f *force) citing(occasion string) func(*evidence.Leaf) {
	c := f.cites[occasion]
	return func(l *evidence.Leaf) { l.Rules, l.Clauses = c.rules, c.clauses }
}

// redactForm returns a form as redact reads it.
func (f *force) redactForm(form policy.FormInfo, datum avow.Datum, p avow.Purpose) redact.Form {
	out := redact.Form{ID: form.ID, Do: redact.Act(form.Do), Keep: int(max(form.Keep, 0)), Digits: int(max(form.Digits, 0)), Unit: form.Unit, Purpose: string(p)}
	if info, ok := f.program.Datum(datum); ok {
		out.IP = info.Type == "ip"
	}
	for i := range f.program.File().Access {
		if a := &f.program.File().Access[i]; a.Kind.Text == "password" {
			out.Memory, out.Passes = uint32(a.Memory.N), uint32(a.Passes.N)
		}
	}
	return out
}

// dayEnd returns the first instant after a date: terms that end on a day hold until
// it is over, in UTC.
func dayEnd(d syntax.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, time.UTC)
}

// day returns the first instant of a date, in UTC.
func day(d syntax.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}
