package reference

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// undeclaredWords returns a reason for each word of a question that the policy
// does not declare, whether or not a rule asks for it.
func (p *Policy) undeclaredWords(q Question) []avow.Reason {
	f := p.file
	var list []avow.Reason
	note := func(word string, declared bool, reason avow.Reason) {
		if word != "" && !declared {
			list = append(list, reason)
		}
	}
	note(string(q.Point), slices.ContainsFunc(f.Points, func(e syntax.Point) bool { return e.ID.Text == string(q.Point) }), avow.PointUndeclared)
	note(string(q.Feature), slices.ContainsFunc(f.Features, func(e syntax.Feature) bool { return e.ID.Text == string(q.Feature) }), avow.FeatureUndeclared)
	note(string(q.Source), q.Source == "person" || q.Source == "device" || p.source(q.Source) != nil, avow.SourceUndeclared)
	note(string(q.Recipient), p.party(q.Recipient) != nil, avow.RecipientUndeclared)
	note(string(q.Role), slices.ContainsFunc(f.Roles, func(e syntax.Role) bool { return e.ID.Text == string(q.Role) }), avow.RoleNotAllowed)
	note(string(q.Region), len(p.placesIn(q.Region)) > 0, avow.RegionNotAllowed)
	note(q.Ground, p.demand(q.Ground) != nil, avow.GroundUndeclared)
	return list
}

func (p *Policy) source(id avow.Source) *syntax.Source {
	for i := range p.file.Sources {
		if p.file.Sources[i].ID.Text == string(id) {
			return &p.file.Sources[i]
		}
	}
	return nil
}

func (p *Policy) party(id avow.Recipient) *syntax.Party {
	for i := range p.file.Parties {
		if p.file.Parties[i].ID.Text == string(id) {
			return &p.file.Parties[i]
		}
	}
	return nil
}

// demand finds a demand by its id, or by its ground where it is the only one
// that has it.
func (p *Policy) demand(name string) *syntax.Demand {
	var same []*syntax.Demand
	for i := range p.file.Demands {
		d := &p.file.Demands[i]
		if d.ID.Text == name {
			return d
		}
		if d.Ground.Text == name {
			same = append(same, d)
		}
	}
	if len(same) == 1 {
		return same[0]
	}
	return nil
}

func (p *Policy) placesIn(region avow.Region) []syntax.Place {
	var list []syntax.Place
	for _, e := range p.file.Places {
		if e.Region.Text == string(region) {
			list = append(list, e)
		}
	}
	return list
}

// outside returns the ways in which a question lies outside a rule. Roles are
// those that may really use the datum.
func (r rule) outside(q Question, roles []string) []avow.Reason {
	var list []avow.Reason
	within := func(constrained bool, allowed []string, word string, reason avow.Reason) {
		if constrained && !slices.Contains(allowed, word) {
			list = append(list, reason)
		}
	}
	within(len(r.points) > 0, r.points, string(q.Point), avow.PointUndeclared)
	within(len(r.features) > 0, r.features, string(q.Feature), avow.FeatureUndeclared)
	within(len(r.sources) > 0, r.sources, string(q.Source), avow.SourceUndeclared)
	within(len(r.recipients) > 0, r.recipients, string(q.Recipient), avow.RecipientUndeclared)
	within(len(r.roles) > 0, roles, string(q.Role), avow.RoleNotAllowed)
	within(len(r.regions) > 0, r.regions, string(q.Region), avow.RegionNotAllowed)
	if r.nobody && q.Recipient != "" {
		list = append(list, avow.RecipientUndeclared)
	}
	return list
}

// rolesFor returns the roles of a rule, less those that an access rule keeps
// from the datum.
func (c *Cell) rolesFor(r rule) []string {
	roles := r.roles
	if c.verb != avow.Use {
		return roles
	}
	for _, e := range c.p.file.Access {
		if e.Kind.Text == "role-only" && len(e.Roles) > 0 && lists(e.Verbs, "read") && lists(e.Data, c.datum) {
			roles = slices.DeleteFunc(slices.Clone(roles), func(role string) bool { return !contains(e.Roles, role) })
		}
	}
	return roles
}

// lists reports whether a list that covers everything when left out covers w.
func lists(list []syntax.Word, w string) bool {
	return len(list) == 0 || contains(list, w)
}

// beside returns what the named source has against the datum and purpose, and
// what device permissions before the datum still miss.
func (c *Cell) beside(q Question) []avow.Reason {
	if s := c.p.source(q.Source); s != nil && (!lists(s.Data, c.datum) || !lists(s.Why, c.purpose)) {
		return []avow.Reason{avow.SourceUndeclared}
	}
	if q.Source != "device" || c.verb != avow.Collect {
		return nil
	}
	guarded, fits := false, false
	lacksPermission, lacksUse := true, true
	for _, e := range c.p.file.Permissions {
		if !contains(e.Data, c.datum) {
			continue
		}
		guarded = true
		if !contains(e.For, c.purpose) || !contains(e.Feature, string(q.Feature)) {
			continue
		}
		fits = true
		lacksPermission = lacksPermission && !q.Facts.Has(avow.FactDevicePermission)
		lacksUse = lacksUse && e.While.Text == "feature-running" && !q.Facts.Has(avow.FactInUse)
	}
	switch {
	case !guarded:
		return nil
	case !fits:
		return []avow.Reason{avow.FeatureUndeclared}
	}
	var list []avow.Reason
	if lacksPermission {
		list = append(list, avow.DevicePermissionDenied)
	}
	if lacksUse {
		list = append(list, avow.NotInUse)
	}
	return list
}

// unshown returns what the rule and the named source, recipient, ground and
// region want shown, and was not.
func (c *Cell) unshown(r rule, q Question) []avow.Reason {
	var need []avow.Reason
	for _, n := range r.needs {
		if n >= avow.FactReason {
			need = append(need, n)
		}
	}
	if c.verb == avow.Publish {
		for _, e := range c.p.file.Access {
			if e.Kind.Text == "fresh-sign-in" && lists(e.Verbs, "publish") && lists(e.Data, c.datum) {
				need = append(need, avow.FreshSignInMissing)
			}
		}
	}
	if len(r.grounds) > 0 {
		if d := c.p.demand(q.Ground); d == nil || !slices.Contains(r.grounds, d.ID.Text) {
			need = append(need, avow.GroundUndeclared)
		}
	}
	need = append(need, c.p.wantedBy(q)...)
	return slices.DeleteFunc(need, func(n avow.Reason) bool {
		return n >= avow.FactReason && q.Facts.Has(avow.Fact(n-avow.FactReason))
	})
}

// wantedBy returns what the words of a question bring with them.
func (p *Policy) wantedBy(q Question) []avow.Reason {
	var need []avow.Reason
	if s := p.source(q.Source); s != nil {
		for _, w := range s.Needs {
			need = append(need, missing(w.Text))
		}
	}
	if r := p.party(q.Recipient); r != nil {
		if len(r.Requires) > 0 {
			need = append(need, avow.RecipientUnqualified)
		}
		if r.Kind.Text == "successor" {
			need = append(need, avow.SuccessorUnbound)
			for _, e := range p.file.Succeed {
				if contains(e.Requires, "notice") {
					need = append(need, avow.NoticeMissing)
				}
			}
		}
	}
	if d := p.demand(q.Ground); d != nil && q.Ground != "" {
		for _, w := range d.Requires {
			need = append(need, missing(w.Text))
		}
		if len(d.Instruments) > 0 {
			need = append(need, avow.InstrumentMissing)
		}
		if d.Approvals.N > 0 {
			need = append(need, avow.ApprovalMissing)
		}
		if d.Notice.Text == "before" {
			need = append(need, avow.NoticeMissing)
		}
	}
	for _, place := range p.moved(q.Region) {
		if place.Notice.On {
			need = append(need, avow.NoticeMissing)
		}
		for _, w := range place.Choice {
			for _, ch := range p.file.Choices {
				if ch.ID.Text == w.Text && ch.Kind.Text == "per-event" {
					need = append(need, avow.TokenMissing)
				}
			}
		}
	}
	return need
}

// moved returns the places where data lies that goes to a region: those of the
// region, and the copies of what is stored there.
func (p *Policy) moved(region avow.Region) []syntax.Place {
	places := p.placesIn(region)
	if !slices.ContainsFunc(places, func(e syntax.Place) bool { return e.Kind.Text == "primary" }) {
		return places
	}
	for _, e := range p.file.Places {
		if e.Kind.Text == "backup" && e.Region.Text != string(region) {
			places = append(places, e)
		}
	}
	return places
}

// brought returns what the words of a question ask of the person and the day:
// documents before a feature, the choices of a region, terms that have not
// ended.
func (p *Policy) brought(q Question, s *avow.Standing, now time.Time) []avow.Reason {
	var list []avow.Reason
	for _, d := range p.file.Acceptance.Documents {
		if contains(d.Opens, string(q.Feature)) && !acceptedDocument(s, d.ID.Text+"@"+d.Version.Text) {
			list = append(list, avow.NotAccepted)
		}
	}
	for _, place := range p.moved(q.Region) {
		for r := range p.choices(words(place.Choice), s, now).All() {
			list = append(list, r)
		}
	}
	if r := p.party(q.Recipient); r != nil && !r.Expires.IsZero() {
		lastDay := time.Date(r.Expires.Year, time.Month(r.Expires.Month), r.Expires.Day, 0, 0, 0, 0, time.UTC)
		if !now.Before(lastDay.AddDate(0, 0, 1)) {
			list = append(list, avow.RecipientUnqualified)
		}
	}
	return list
}

func acceptedDocument(s *avow.Standing, version string) bool {
	return slices.ContainsFunc(s.Documents, func(a avow.Acceptance) bool {
		return a.Version == version && a.State == avow.AcceptedPolicy
	})
}
