package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/retain"
)

// Site is where an instance stands: the region of its store, and those of the
// backups that are made of it. Empty regions are not known; the policy is then
// taken at its word.
type Site struct {
	Region  avow.Region
	Backups []avow.Region
}

// Site is where this instance stands, as the operator said.
func (g *Gate) Site() Site { return g.site }

// ErrPlace: the policy does not let its data lie where this instance stands.
var ErrPlace = errors.New("the policy does not let its data lie here")

// ErrUnsaid: the policy names several places of storage, and nobody said in which of
// them the instance stands.
var ErrUnsaid = errors.New("the place is not said")

// CheckSite returns an error if a policy does not let its data lie at a site.
func CheckSite(p *policy.Program, s Site) error {
	f := &force{program: p, placed: len(p.File().Places) > 0}
	return f.checkSite(s)
}

// checkSite refuses a site that the policy does not name, so that nobody's data is
// taken there at all.
func (f *force) checkSite(s Site) error {
	if !f.placed {
		return nil
	}
	if s.Region != "" && !slices.Contains(f.storedIn(), s.Region) {
		return fmt.Errorf("%w: this instance stands in %s, and the policy stores in %v", ErrPlace, s.Region, f.storedIn())
	}
	for _, b := range s.Backups {
		if !f.mayCopyTo(b) {
			return fmt.Errorf("%w: its backups lie in %s, which the policy names neither as a place of backups nor of storage", ErrPlace, b)
		}
	}
	if regions := f.storedIn(); s.Region == "" && len(regions) > 1 {
		return fmt.Errorf("%w: %w, and the policy stores in %v", ErrPlace, ErrUnsaid, regions)
	}
	return nil
}

// mayCopyTo reports whether copies may lie in a region.
func (f *force) mayCopyTo(r avow.Region) bool {
	return slices.ContainsFunc(f.places(), func(e syntax.Place) bool { return avow.Region(e.Region.Text) == r && e.Kind.Text != "transfer" })
}

// storedIn returns the regions of the places of storage.
func (f *force) storedIn() []avow.Region {
	var out []avow.Region
	for _, e := range f.places() {
		if e.Kind.Text == "primary" {
			out = once(out, avow.Region(e.Region.Text))
		}
	}
	return out
}

func (f *force) places() []syntax.Place { return f.program.File().Places }

// home returns the region that data taken in here will lie in: of the instance, or
// of the policy's only place of storage. Where a backup lies in a region that the
// policy does not name, it is that one, about which the policy then says no.
func (f *force) home(s Site) avow.Region {
	for _, b := range s.Backups {
		if !f.mayCopyTo(b) {
			return b
		}
	}
	if s.Region != "" {
		return s.Region
	}
	if regions := f.storedIn(); len(regions) == 1 {
		return regions[0]
	}
	return ""
}

// lies returns the request with the region that its data goes to, where the caller
// leaves it out or is not the one to say: what is taken in lies where this instance
// stands, and what goes to a recipient of the policy goes where they are.
func (t *turn) lies(req *avow.Request) *avow.Request {
	if !t.force.placed || !t.aboutPeople(req.Data) {
		return req
	}
	out := *req
	switch {
	case req.Region != "":
	case req.Verb == avow.Collect:
		out.Region = t.force.home(t.gate.site)
	case req.Verb.Outbound():
		out.Region = t.force.parties[req.Recipient].region
	}
	return &out
}

// misplaced adds a reason against data that the caller wants to have stored
// elsewhere than here. What the application keeps itself lies where it says.
func (t *turn) misplaced(req *avow.Request, d *avow.Decision) {
	if !t.force.placed || req.Verb != avow.Collect || req.Region == "" || req.Region == t.force.home(t.gate.site) {
		return
	}
	for i, datum := range req.Data {
		if info, ok := t.program.Datum(datum); ok && info.Personal() && !elsewhere(&info) && i < len(d.Rulings) {
			against(d, i, avow.RegionNotAllowed.Set())
		}
	}
}

// aboutPeople reports whether any of the data is personal. Places are promised
// for no other.
func (t *turn) aboutPeople(data []avow.Datum) bool {
	return slices.ContainsFunc(data, func(d avow.Datum) bool {
		info, ok := t.program.Datum(d)
		return ok && info.Personal()
	})
}

// at returns the places where data lies that goes to a region: those of the region,
// and the backups of what is stored there.
func (f *force) at(r avow.Region) []syntax.Place {
	var out []syntax.Place
	stored := slices.Contains(f.storedIn(), r)
	for _, e := range f.places() {
		if avow.Region(e.Region.Text) == r || stored && e.Kind.Text == "backup" {
			out = append(out, e)
		}
	}
	return out
}

// withNotice settles the fact that a notice was shown. It is one fact for all notices
// that a request needs, so that it holds only if each was shown: that of the
// region, by what the person's record says, and those that a desk answers for.
func (t *turn) withNotice(req *avow.Request, facts avow.Facts) avow.Facts {
	asks, shown := false, true
	for _, e := range t.force.at(req.Region) {
		if e.Notice.On {
			asks, shown = true, shown && t.wasShown(&e)
		}
	}
	switch {
	case !asks:
		return facts
	case !shown:
		return facts &^ avow.Facts(0).With(avow.FactNotice)
	case req.Ground != "" || t.force.parties[req.Recipient].successor:
		return facts // a desk answers for the other notice
	}
	return facts.With(avow.FactNotice)
}

// wasShown reports whether the person was shown the notice of a place as it stands
// today. A place that changed has to be told anew.
func (t *turn) wasShown(e *syntax.Place) bool {
	_, shown := when(t.who.state.fact, noticeOf(e))
	return shown
}

// noticeOf names the showing of a place's notice: by what it says.
func noticeOf(e *syntax.Place) retain.Event {
	text := fmt.Sprintf("%s\x00%s\x00%s\x00%s", e.ID.Text, e.Kind.Text, e.Region.Text, e.Mechanism.Text)
	for _, o := range e.Operator {
		text += "\x00" + o.Text
	}
	sum := sha256.Sum256([]byte(text))
	return retain.Event("notice/" + e.ID.Text + "/" + hex.EncodeToString(sum[:8]))
}

// placesShown records that the person was shown the notices of places, in the words
// of the policy in force.
func (t *turn) placesShown(a *Agreement) error {
	for _, id := range a.Notices {
		i := slices.IndexFunc(t.force.places(), func(e syntax.Place) bool { return e.ID.Text == string(id) && e.Notice.On })
		if i < 0 {
			return &avow.Error{Code: avow.Invalid, Message: "the policy has no notice of this name", Try: "use the id of a place whose notice the policy promises"}
		}
		if a.Policy != t.program.Hash() {
			return &avow.Error{Code: avow.Conflict, Message: "the text that was shown is not the policy in force",
				Try: "show the notice of the current policy and send its hash"}
		}
		e := t.force.places()[i]
		t.who.state.happen(noticeOf(&e), t.now)
		t.note(evidence.Noticed, func(l *evidence.Leaf) {
			l.Rules, l.Clauses = []avow.RuleID{id}, syntax.Slugs[avow.ClauseID](e.Clause)
			l.Detail = digestOfHash(a.Policy)
		})
	}
	return nil
}

// mayConsent refuses a yes to a move that the person has not been told of: where a
// place promises a notice, a consent without it is none.
func (t *turn) mayConsent(c avow.Choice) error {
	for _, e := range t.force.places() {
		if e.Notice.On && syntax.Has(e.Choice, string(c)) && !t.wasShown(&e) {
			return &avow.Error{Code: avow.Invalid, Message: "a yes to this move counts only after its notice was shown",
				Try: "show what the policy says of the place, and send its id in notices, with the hash of the policy"}
		}
	}
	return nil
}

// moved names the places that data was let go to in the evidence, so that origin,
// target and mechanism can be read from it: they stand in the place's entry.
func (t *turn) moved(region avow.Region, l *evidence.Leaf) {
	for _, e := range t.force.at(region) {
		if e.Mechanism.Text == "" || e.Mechanism.Text == "none-needed" {
			continue
		}
		l.Rules = once(l.Rules, avow.RuleID(e.ID.Text))
		for _, c := range e.Clause {
			l.Clauses = once(l.Clauses, avow.ClauseID(c.Text))
		}
	}
}
