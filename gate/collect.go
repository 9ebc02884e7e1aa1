package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/internal/secret"
	"avow.dev/policy"
	"avow.dev/retain"
)

// Value is a personal datum in the clear, which no printer prints.
type Value = secret.Bytes

// NewValue returns a value with a copy of b.
func NewValue(b []byte) Value { return secret.New(b) }

// Item is one value and what kind of data it is.
type Item struct {
	Datum avow.Datum
	Value Value
}

// Collecting is a request to take data in. The request's Verb and Data are set
// from the rest.
type Collecting struct {
	avow.Request
	Items []Item
	// Agree is said in the same gesture, as on a sign-up form, and recorded
	// before the data is decided upon.
	Agree *Agreement
	// Token is an unused per-event token, for data that the person agrees to
	// send once.
	Token string
}

// Collect takes data in, if the policy lets it: all items or none. Values are
// brought into the form that the policy demands before anything is written.
func (g *Gate) Collect(ctx context.Context, c *Collecting) (avow.Receipt, error) {
	if len(c.Items) == 0 {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nothing to collect", Try: "send at least one item"}
	}
	t, err := g.take(ctx, c.Policy, c.Subject, func(t *turn) error { return t.collect(c) })
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) collect(c *Collecting) error {
	if c.Agree != nil {
		if err := t.agree(c.Agree); err != nil {
			return err
		}
	}
	items := t.mixed(c.Subject, c.Items)
	req := c.Request
	req.Verb, req.At, req.Data = avow.Collect, t.now, make([]avow.Datum, len(items))
	for i := range items {
		req.Data[i] = items[i].Datum
	}
	spent, facts, err := t.token(c.Token, &req)
	if err != nil {
		return err
	}
	d, ok := t.authorize(&req, facts)
	t.checkValues(items, &d)
	if !ok || d.Reasons != 0 {
		return t.refuse(&req, d)
	}
	t.change.Delete = append(t.change.Delete, spent...)
	if err := t.keep(items, &req, &d); err != nil {
		return err
	}
	t.ruled(&req, &d)
	return nil
}

// authorize asks the policy.
func (t *turn) authorize(req *avow.Request, facts avow.Facts) (avow.Decision, bool) {
	bound := t.program.Bind(&t.who.state.Standing, t.now)
	d, p := t.program.Authorize(req, facts|req.Shown.Facts(), &bound)
	return d, p.Granted()
}

// checkValues adds reasons against values that do not fit their datum, to those
// of the decision.
func (t *turn) checkValues(items []Item, d *avow.Decision) {
	for i := range items {
		info, ok := t.program.Datum(items[i].Datum)
		if !ok || i >= len(d.Rulings) {
			continue
		}
		var r avow.Reasons
		if !fits(&info, items[i].Value.Expose()) {
			r = avow.ValueMalformed.Set()
		} else if info.Class == "non-personal" && identifies(items[i].Value.Expose()) {
			r = avow.CarriesIdentifier.Set()
		}
		if r != 0 {
			d.Rulings[i].Verdict, d.Rulings[i].Reasons = avow.Refuse, d.Rulings[i].Reasons|r
			d.Reasons |= r
		}
	}
}

// keep stores what was allowed, in the form that the decision demands.
func (t *turn) keep(items []Item, req *avow.Request, d *avow.Decision) error {
	for i := range items {
		info, _ := t.program.Datum(items[i].Datum)
		if info.Held != "" && info.Held != "vault" {
			continue // the application keeps it; the decision and its evidence are ours
		}
		if err := t.keepOne(&info, items[i].Value, req, &d.Rulings[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *turn) keepOne(info *policy.DatumInfo, v Value, req *avow.Request, ruling *avow.Ruling) error {
	if t.ref != "" {
		if err := t.admit(); err != nil {
			return err
		}
		t.touched = true
	}
	reduced, some, err := t.reduce(info.Slug, v, ruling.Obligations, req.Purpose)
	if err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "a value cannot be brought into the form that the policy demands",
			Try: "send the value in the shape that the policy declares for its datum", Cause: err}
	}
	defer reduced.Wipe()
	if info.Lookup && t.ref != "" {
		if err := t.findBy(info, v); err != nil {
			return err
		}
	}
	switch {
	case !some:
		return nil
	case t.ref == "":
		return t.keepLoose(info, reduced)
	case info.Many:
		return t.keepItem(info, reduced, req, ruling.Rule)
	}
	return t.keepCell(info, reduced, req, ruling.Rule)
}

func (t *turn) keepCell(info *policy.DatumInfo, v Value, req *avow.Request, rule avow.RuleID) error {
	c := t.who.body.cell(info.Slug)
	if c == nil {
		t.who.body.cells = append(t.who.body.cells, cell{datum: info.Slug})
		c = &t.who.body.cells[len(t.who.body.cells)-1]
	}
	c.version++
	c.rule, c.source, c.hidden, c.public = rule, req.Source, false, false
	c.grants = slices.Clone(c.grants)
	c.grantFor(req.Purpose, t.now)
	sealed, err := t.who.seal(info.Slug, c.version, v.Expose())
	if err != nil {
		return internal("the value could not be sealed", err)
	}
	c.sealed = sealed
	return nil
}

// findBy makes the person findable by the value, which is not stored for it:
// the index holds a keyed hash.
func (t *turn) findBy(info *policy.DatumInfo, v Value) error {
	tag, err := t.tagOf(info, v.Expose())
	if err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "a value cannot be indexed", Try: "send the value in the shape that the policy declares for its datum", Cause: err}
	}
	for _, bt := range t.who.body.tags {
		if bt.datum == info.Slug && bt.tag == tag {
			return nil
		}
	}
	t.dropTag(info.Slug)
	t.addTag(info.Slug, tag)
	return nil
}

// keepItem stores one of many: a sample, a report, a contact.
func (t *turn) keepItem(info *policy.DatumInfo, v Value, req *avow.Request, rule avow.RuleID) error {
	key := timeKey(t.now)
	c := cell{datum: info.Slug, version: keyVersion(key), rule: rule, source: req.Source, grants: []grant{{req.Purpose, t.now}}}
	sealed, err := t.who.seal(info.Slug, c.version, v.Expose())
	if err != nil {
		return internal("the value could not be sealed", err)
	}
	c.sealed = sealed
	w := writer{}
	c.append(&w)
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: itemKind(info.Slug), Key: key, Body: w.b})
	h := t.who.holding(&c)
	if end := retain.Find(t.force.retention, &h, t.program.Effective()); end.Known {
		if at := hourOf(end.At); t.who.body.items == 0 || at < t.who.body.items {
			t.who.body.items = at
		}
	}
	return nil
}

// itemPrefix begins the kinds of records that hold multi-valued data.
const itemPrefix = "item/"

func itemKind(d avow.Datum) string { return itemPrefix + string(d) }
