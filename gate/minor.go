package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Birth is a date of birth, to be looked at once. It is kept nowhere: what remains
// is whether the person is of age.
type Birth struct {
	Year  int
	Month time.Month
	Day   int
	// Zone is where the person is. Without it, it has to be their birthday everywhere
	// on earth before they are of age.
	Zone *time.Location
}

// lastPlace is where every day ends last.
var lastPlace = time.FixedZone("UTC-12", -12*60*60)

// oldest bounds dates of birth that are believed.
const oldest = 130

// OfAge reports whether somebody born on that day has reached an age, in years, at
// an instant: from the first moment of their birthday where they are. Who was born
// on 29 February comes of age on 1 March in years without one.
func (b Birth) OfAge(years int, at time.Time) bool {
	zone := b.Zone
	if zone == nil {
		zone = lastPlace
	}
	y, m, d := at.In(zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return !today.Before(time.Date(b.Year+years, b.Month, b.Day, 0, 0, 0, 0, time.UTC))
}

// possible reports whether it is a day of the calendar that somebody who lives may
// have been born on.
func (b Birth) possible(at time.Time) bool {
	born := time.Date(b.Year, b.Month, b.Day, 0, 0, 0, 0, time.UTC)
	return born.Year() == b.Year && born.Month() == b.Month && born.Day() == b.Day && b.OfAge(0, at.Add(26*time.Hour)) && !b.OfAge(oldest, at)
}

// defaultAge is the age from which people are adults where the policy names none.
const defaultAge = 18

// adultAge is the highest age that the policy's rules about minors name.
func (f *force) adultAge() int {
	age := int64(0)
	for i := range f.program.File().Minors {
		age = max(age, f.program.File().Minors[i].Age.N)
	}
	if age == 0 {
		return defaultAge
	}
	return int(age)
}

// minors returns the policy's rule about minors of a kind; nil if there is none.
func (f *force) minors(rule string) *syntax.Minors {
	list := f.program.File().Minors
	i := slices.IndexFunc(list, func(m syntax.Minors) bool { return m.Rule.Text == rule })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// band returns the age band that an agreement states.
func (t *turn) band(a *Agreement) (avow.AgeBand, error) {
	switch {
	case a.Age > avow.KnownMinor:
		return 0, &avow.Error{Code: avow.Invalid, Message: "this is no age band", Try: "say adult or minor"}
	case a.Born == nil:
		return a.Age, nil
	case a.Age != avow.AgeNotKnown:
		return 0, &avow.Error{Code: avow.Invalid, Message: "the age is stated twice", Try: "send the band or the date of birth"}
	case !a.Born.possible(t.now):
		return 0, &avow.Error{Code: avow.Invalid, Message: "nobody who lives was born on this date", Try: "check the date of birth"}
	case a.Born.OfAge(t.force.adultAge(), t.now):
		return avow.KnownAdult, nil
	}
	return avow.KnownMinor, nil
}

// aged notes the age band, and that a guardian has agreed. Who is known to be a
// minor does not become an adult by saying so.
func (t *turn) aged(a *Agreement) error {
	band, err := t.band(a)
	if err != nil {
		return err
	}
	st := &t.who.state
	if band == avow.KnownAdult && st.Age == avow.KnownMinor {
		return &avow.Error{Code: avow.Conflict, Message: "this person is known to be a minor", Try: "have an officer of the controller look at it"}
	}
	changed := band != avow.AgeNotKnown && band != st.Age
	if changed {
		st.Age = band
	}
	if !changed && (!a.Guardian || st.Guardian) {
		return nil
	}
	st.Guardian = st.Guardian || a.Guardian
	t.note(evidence.AgeNoted, t.force.citing("minors"))
	if changed && band == avow.KnownMinor {
		return t.foundMinor()
	}
	return nil
}

// minorKind is the kind of record (of nobody) that remembers, by the keyed hash of
// a reference and nothing else, who is known to be a minor after their data is
// gone. Otherwise the next request would take them for a stranger, and collect.
func minorKind(s *served) string { return "minor/" + string(s.id) }

func (s *served) minorRecord(ref avow.SubjectRef) (Record, error) {
	tag, err := s.refTag(ref)
	return Record{Kind: minorKind(s), Key: tag[:]}, err
}

// foundMinor does what the policy says when somebody turns out to be a minor.
func (t *turn) foundMinor() error {
	if t.force.minors("erase-when-found") == nil || t.who.row.Version == 0 && !t.holdsAnything() {
		return nil
	}
	rec, err := t.minorRecord(t.ref)
	if err != nil {
		return internal("the reference could not be hashed", err)
	}
	t.change.Put = append(t.change.Put, rec)
	if t.who.state.Hold { // storage only, until the hold ends
		if _, err := t.dropSessions(""); err != nil {
			return err
		}
		t.endAccount()
		t.say(saidClosed, func(w *writer) { w.time(t.who.state.closed) })
		return nil
	}
	return t.intend(evidence.EraseIntended)
}

func (t *turn) holdsAnything() bool { return len(t.who.body.cells)+len(t.who.body.series) > 0 }

// FoundMinor records that somebody turned out to be a minor. Where the policy says
// so, everything about them is erased at once, and nothing is collected from them
// any more.
func (g *Gate) FoundMinor(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	return g.Agree(ctx, id, ref, &Agreement{Age: avow.KnownMinor})
}

// NoMinor records that somebody who was taken for a minor is none, as an officer
// has made sure.
func (g *Gate) NoMinor(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		rec, err := t.minorRecord(ref)
		if err != nil {
			return internal("the reference could not be hashed", err)
		}
		t.change.Delete = append(t.change.Delete, rec)
		t.note(evidence.AgeNoted, t.force.citing("minors"))
		if t.who.known() {
			t.who.state.Age, t.touched = avow.AgeNotKnown, true
		}
		return t.endWards("grown-up")
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// stranger returns somebody whom nobody knows, except perhaps as a minor.
func (g *Gate) stranger(ctx context.Context, s *served, ref avow.SubjectRef) (*person, error) {
	p := &person{state: state{ref: ref}}
	if s.inForce.Load().minors("erase-when-found") == nil {
		return p, nil
	}
	rec, err := s.minorRecord(ref)
	if err != nil {
		return nil, err
	}
	_, minor, err := g.store.Get(ctx, 0, rec.Kind, rec.Key)
	if err != nil {
		return nil, internal("the known minors could not be read", err)
	}
	if minor {
		p.state.Age = avow.KnownMinor
	}
	return p, nil
}
