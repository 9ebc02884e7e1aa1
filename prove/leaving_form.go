package prove

import (
	"slices"

	"avow.dev/policy/syntax"
)

// formLeaves hands a datum to a recipient and looks at what arrives: nothing that
// is held as it was, and nothing that names the person.
func (s *stage) formLeaves(f *syntax.Form, r *syntax.Share, datum string) (bool, error) {
	if len(r.Ground) > 0 || s.text.facts(r.Needs.Facts, &ask{}) != nil {
		return false, nil
	}
	if err := s.qualify(r.To[0].Text); err != nil {
		return false, err
	}
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, nil); err != nil {
		return false, err
	}
	if ok, err := p.put(datum); err != nil || !ok {
		return false, err
	}
	why := first(words(r.For))
	if i := slices.IndexFunc(r.For, func(w syntax.Word) bool { return has(f.For, w.Text) }); i >= 0 {
		why = r.For[i].Text
	}
	q, err := p.shareRequest(r, datum, r.To[0].Text, why)
	if err != nil {
		return false, err
	}
	a, err := p.decide(r.Verb.Text, q)
	if err != nil {
		return false, err
	}
	c, _, err := p.copy()
	if err != nil {
		return false, err
	}
	if !a.allowed || !slices.Contains(a.rules, r.ID.Text) {
		return false, nil
	}
	v, seen := a.value(datum)
	if f.Do.Text == "drop" {
		return true, expect(!seen, datum+" left out by "+f.ID.Text, "it left")
	}
	raw := valueOf(c, datum)
	return true, expect(seen && v != raw && v != p.ref, datum+" to leave in the form of "+f.ID.Text, "left = %v, unchanged = %v", seen, v == raw)
}
