package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/internal/secret"
	"avow.dev/policy"
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
	// before the data is decided upon. If the data is refused, nothing of it is
	// recorded, except what somebody who is known takes back by it.
	Agree *Agreement
	// Proof supports that the person is there, where the policy asks for a fresh
	// sign-in before what is held is replaced.
	Proof Proven
	// Token is an unused per-event token, for data that the person agrees to
	// send once.
	Token string
	// Selection is the id of what the person picked, for data of which only that
	// may be taken in.
	Selection string
	// Device is what the application says of the device that sends the data.
	Device
	// Anonymous asks for a decision by what the person chose, and for the values
	// to be kept as about nobody. It is for non-personal data only.
	Anonymous bool
}

// Device is what only the application can know of a device. What is not said
// counts against the request.
type Device struct {
	Network   string // wifi, metered or unknown; empty is unknown
	Permitted bool   // the system's permission for this kind of data is granted; see [Gate.PermissionSaid]
	Running   bool   // the feature that needs the data is in use now
}

func (d *Device) facts() avow.Facts {
	var f avow.Facts
	if d.Network == "wifi" {
		f = f.With(avow.FactUnmetered)
	}
	if d.Permitted {
		f = f.With(avow.FactDevicePermission)
	}
	if d.Running {
		f = f.With(avow.FactInUse)
	}
	return f
}

func (d *Device) check() error {
	switch d.Network {
	case "", "unknown", "wifi", "metered":
		return nil
	}
	return &avow.Error{Code: avow.Invalid, Message: "this is no kind of network", Try: "send wifi, metered or unknown"}
}

// mostData is how many kinds of data one request may name, or items it may send.
// It keeps the evidence of a request within one leaf.
const mostData = 256

// Collect takes data in, if the policy lets it: all items or none. Values are
// brought into the form that the policy demands before anything is written.
func (g *Gate) Collect(ctx context.Context, c *Collecting) (avow.Receipt, error) {
	if len(c.Items) == 0 || len(c.Items) > mostData {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nothing to collect, or too much at once", Try: "send 1 to 256 items"}
	}
	if err := c.check(); err != nil {
		return avow.Receipt{}, err
	}
	t, err := g.take(ctx, c.Policy, c.Subject, func(t *turn) error { return t.collect(c) })
	if t != nil && t.intended != nil { // a minor was found; what they sent was refused
		if _, done := g.complete(ctx, t); done != nil {
			return avow.Receipt{}, done
		}
	}
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) collect(c *Collecting) error {
	if err := t.agreeFirst(c.Agree); err != nil {
		return err
	}
	items := c.Items
	if !c.Anonymous {
		items = t.mixed(c.Subject, c.Items)
	} else if err := t.aboutNobody(items); err != nil {
		return err
	}
	req := c.Request
	req.Verb, req.At, req.Data = avow.Collect, t.now, make([]avow.Datum, len(items))
	for i := range items {
		req.Data[i] = items[i].Datum
	}
	d, spent, ok, err := t.admissible(&req, c.Token, &c.Device, c.Selection, func() []Picked { return contents(c.Items) })
	if err != nil {
		return err
	}
	t.checkValues(items, &d)
	if err := t.edits(items, &c.Proof, &d); err != nil {
		return err
	}
	if !ok || d.Reasons != 0 {
		if err := t.refuse(&req, d); err != nil {
			return err
		}
	} else {
		t.ruled(&req, &d)
	}
	t.change.Delete = append(t.change.Delete, spent...)
	t.anonymous = c.Anonymous
	return t.keep(items, &req, &d)
}

// aboutNobody refuses to keep personal data as if it were about nobody.
func (t *turn) aboutNobody(items []Item) error {
	for i := range items {
		if info, ok := t.program.Datum(items[i].Datum); ok && info.Personal() {
			return &avow.Error{Code: avow.Invalid, Message: "personal data cannot be kept as about nobody", Try: "send it without anonymous"}
		}
	}
	return nil
}

// agreeFirst records what is said together with data.
func (t *turn) agreeFirst(a *Agreement) error {
	if a == nil {
		return nil
	}
	if t.who.known() {
		t.lasting = a.takingBack()
	}
	return t.agree(a)
}

// admissible asks the policy about taking data in, and returns the token that is
// spent if it says yes.
func (t *turn) admissible(req *avow.Request, token string, device *Device, selection string, sent func() []Picked) (avow.Decision, []Record, bool, error) {
	if req.Subject == "" {
		for _, datum := range req.Data {
			if info, ok := t.program.Datum(datum); ok && info.Personal() && !elsewhere(&info) {
				return avow.Decision{}, nil, false, &avow.Error{Code: avow.Invalid, Message: "personal data needs a person", Try: "send the subject"}
			}
		}
	}
	spent, facts, err := t.token(token, req)
	if err != nil {
		return avow.Decision{}, nil, false, err
	}
	if selection != "" {
		picked, err := t.picked(selection, req.Point, sent())
		if err != nil {
			return avow.Decision{}, nil, false, err
		}
		facts |= picked
	}
	permitted, err := t.permitted(req, device)
	if err != nil {
		return avow.Decision{}, nil, false, err
	}
	d, ok := t.authorize(req, facts|permitted|t.spaced(req)|t.stated(req.Point))
	t.misplaced(req, &d)
	return d, spent, ok, nil
}

// spaced shows that the sampling interval of the rules on this purpose has passed
// since the last item of each datum came.
func (t *turn) spaced(req *avow.Request) avow.Facts {
	for i, datum := range req.Data {
		last := t.who.body.last(datum)
		for _, rule := range t.force.every[sampling{datum, req.Purpose}] {
			if !slices.Contains(rule.points, req.Point) {
				continue
			}
			// Without a person nobody knows the last sample, and two samples in one
			// request have no interval between them.
			if t.ref == "" || slices.Contains(req.Data[:i], datum) || !last.IsZero() && t.now.Before(t.program.After(last, rule.every)) {
				return 0
			}
		}
	}
	return avow.Facts(0).With(avow.FactSpaced)
}

// authorize asks the policy.
func (t *turn) authorize(req *avow.Request, facts avow.Facts) (avow.Decision, bool) {
	req = t.lies(req)
	facts = t.withNotice(req, facts) | req.Shown.Facts()
	if from, silent := t.force.accepted(&t.who.state.Standing); silent {
		return t.bySilence(from, req, facts)
	}
	bound := t.program.Bind(&t.who.state.Standing, t.now)
	return t.program.Weigh(req, facts, &bound)
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
		if !fits(&info, items[i].Value.Expose()) || t.weak(&info, items[i].Value, items) {
			r = avow.ValueMalformed.Set()
		} else if info.Class == "non-personal" && t.identifies(&info, items[i].Value) {
			r = avow.CarriesIdentifier.Set()
		}
		if r != 0 {
			against(d, i, r)
		}
	}
}

// identifies reports whether a value called non-personal identifies somebody. If
// the policy has identifiers stripped, what is left after its forms counts.
func (t *turn) identifies(info *policy.DatumInfo, v Value) bool {
	if !t.force.strips[info.Slug] {
		return identifies(v.Expose())
	}
	reduced, some, err := t.reduce(info.Slug, v, ingest(info), "")
	defer reduced.Wipe()
	return err != nil || some && identifies(reduced.Expose())
}

// keep stores what was allowed, in the form that the decision demands.
func (t *turn) keep(items []Item, req *avow.Request, d *avow.Decision) error {
	if t.who.body.cells == nil {
		t.who.body.cells = make([]cell, 0, len(items))
	}
	for i := range items {
		info, ok := t.program.Datum(items[i].Datum)
		if !ok || elsewhere(&info) || t.passing(info.Slug, req) {
			continue // let pass by a policy that observes, kept by the application, or not to be stored
		}
		if err := t.keepOne(&info, items[i].Value, req, &d.Rulings[i]); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere reports whether the application keeps a datum, or nobody does: then
// the decision and its evidence are all that is ours.
func elsewhere(info *policy.DatumInfo) bool { return info.Held == "app" || info.Held == "nowhere" }

func (t *turn) keepOne(info *policy.DatumInfo, v Value, req *avow.Request, ruling *avow.Ruling) error {
	forms := ruling.Obligations
	if ruling.Verdict != avow.Allow { // let pass: no rule has named the forms
		forms = ingest(info)
	}
	reduced, some := v, true
	if transforms(forms) {
		var err error
		if reduced, some, err = t.reduce(info.Slug, v, forms, req.Purpose); err != nil {
			return &avow.Error{Code: avow.Invalid, Message: "a value cannot be brought into the form that the policy demands",
				Try: "send the value in the shape that the policy declares for its datum", Cause: err}
		}
		defer reduced.Wipe()
	}
	if !some {
		return nil
	}
	if t.ref == "" || t.anonymous {
		t.putLoose(&cell{datum: info.Slug, rule: ruling.Rule, source: req.Source, grants: []grant{{req.Purpose, t.now}}}, reduced)
		return nil
	}
	if err := t.admit(); err != nil {
		return err
	}
	t.touched = true
	if info.Lookup {
		if err := t.findBy(info, v); err != nil {
			return err
		}
	}
	c := cell{datum: info.Slug, rule: ruling.Rule, source: req.Source}
	return t.keepValue(info, c, reduced.Expose(), req.Purpose)
}

// keepValue seals a value and stores it as a cell, or as one of many.
func (t *turn) keepValue(info *policy.DatumInfo, c cell, plain []byte, p avow.Purpose) error {
	if t.bySource(c.source) {
		t.who.state.seen = t.now
	}
	if info.Many {
		return t.keepItem(c, plain, p)
	}
	return t.keepCell(c, plain, p)
}

// bySource reports whether the person was there when data of this source came.
func (t *turn) bySource(s avow.Source) bool { return s == "" || s == "person" || s == "device" }

// keepCell replaces the person's cell of a datum.
func (t *turn) keepCell(fresh cell, plain []byte, p avow.Purpose) error {
	c := t.who.body.cell(fresh.datum)
	if c == nil {
		t.who.body.cells = append(t.who.body.cells, cell{datum: fresh.datum})
		c = &t.who.body.cells[len(t.who.body.cells)-1]
	} else if c.isFile() {
		t.change.Put = append(t.change.Put, fileRecord(t.id, c.file, t.who.body.slot, t.now))
	}
	fresh.version, fresh.used = c.version+1, c.used
	fresh.grants = t.who.running(t.force, c, t.now)
	fresh.grantFor(p, t.now)
	*c = fresh
	return t.sealCell(c, plain)
}

func (t *turn) sealCell(c *cell, plain []byte) (err error) {
	if c.sealed, err = t.who.seal(c.datum, c.version, plain); err != nil {
		return internal("the value could not be sealed", err)
	}
	return nil
}

// running returns the grants of a cell whose time is not over.
func (p *person) running(f *force, c *cell, now time.Time) []grant {
	q := p.asking(f)
	kept := c.grants[:0]
	for i := range c.grants {
		if end := q.end(c, &c.grants[i]); !end.Known || now.Before(end.At) {
			kept = append(kept, c.grants[i])
		}
	}
	clear(c.grants[len(kept):])
	return kept
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
	return t.cameAlone(tag)
}

// keepItem stores one of many: a sample, a report, a contact.
func (t *turn) keepItem(c cell, plain []byte, p avow.Purpose) error {
	key := timeKey(t.now)
	c.version = keyVersion(key)
	c.grants = []grant{{p, t.now}}
	if err := t.sealCell(&c, plain); err != nil {
		return err
	}
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: itemKind(c.datum), Key: key, Body: c.item()})
	s := t.who.body.of(c.datum)
	if s == nil {
		t.who.body.series = append(t.who.body.series, series{datum: c.datum})
		s = &t.who.body.series[len(t.who.body.series)-1]
	}
	s.last = t.now
	if end := t.who.end(t.force, &c); end.Known {
		s.due = sooner(s.due, hourOf(end.At))
	}
	return nil
}

// last returns when the newest value of a datum came.
func (b *body) last(d avow.Datum) (at time.Time) {
	if s := b.of(d); s != nil {
		at = s.last
	}
	if c := b.cell(d); c != nil {
		for _, g := range c.grants {
			if g.at.After(at) {
				at = g.at
			}
		}
	}
	return at
}

// itemPrefix begins the kinds of records that hold multi-valued data.
const itemPrefix = "item/"

func itemKind(d avow.Datum) string { return itemPrefix + string(d) }

// item writes one of many.
func (c *cell) item() []byte {
	w := terseWriter{}
	c.append(&w)
	return w.b
}

// decodeItem reads one of many.
func decodeItem(rec Record) (cell, error) {
	r := terseReader{reader: reader{b: rec.Body}}
	var c cell
	c.decode(&r, nil)
	if err := r.done(); err != nil {
		return cell{}, internal("a stored item is malformed", err)
	}
	return c, nil
}
