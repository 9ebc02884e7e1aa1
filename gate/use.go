package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/internal/secret"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/retain"
)

// Shown is what a request was allowed to see: values in the form that the
// decision demands, in the order of the request. What is not held is left out.
type Shown struct {
	Receipt avow.Receipt
	Items   []Item
	Files   []File // large values: what to open them by
	// Tag is the purpose that must be carried along with the data, so that whoever
	// receives it cannot take it for another; empty if the policy asks for none.
	Tag avow.Purpose
	// Envelope is the signed statement of the purpose, and Payload the very bytes that
	// it speaks of: both are to be carried to the recipient as they are. Empty where
	// the policy asks for no envelope.
	Envelope string
	Payload  []byte
	// Sealed is an age file with both, where that was asked for: see [Gate.SealOut].
	Sealed []byte
	// Tell names the demands of which the person must be told afterwards. Telling
	// them is the caller's.
	Tell []string
}

// Use reads data for a purpose inside the controller.
func (g *Gate) Use(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.read(ctx, req, avow.Use, nil, nil, (*turn).inClear)
}

// read decides, opens exactly what was allowed, and hands it over only after
// the evidence is committed. facts, if not nil, shows
// more than the request does; act, if not nil, is done once it is allowed; pack
// brings what was opened into the form in which it leaves.
func (g *Gate) read(ctx context.Context, asked *avow.Request, verb avow.Verb, facts func(*turn) (avow.Facts, error), act func(*turn, *avow.Request) error, pack func(*turn, *avow.Request, *Shown) error) (Shown, error) {
	if len(asked.Data) == 0 || len(asked.Data) > mostData {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no data is named, or too much at once", Try: "name 1 to 256 kinds of data that are needed"}
	}
	var shown Shown
	t, err := g.take(ctx, asked.Policy, asked.Subject, func(t *turn) error {
		shown.Wipe()
		shown = Shown{}
		req := *asked
		req.Verb, req.At = verb, t.now
		spent, shownFacts, err := t.token(req.Shown.Token, &req)
		if err != nil {
			return err
		}
		if facts != nil {
			more, err := facts(t)
			if err != nil {
				return err
			}
			shownFacts |= more
		}
		d, err := t.allowed(&req, shownFacts)
		if err != nil {
			return err
		}
		t.change.Delete = append(t.change.Delete, spent...)
		if act != nil {
			if err := act(t, &req); err != nil {
				return err
			}
		}
		if err := t.read(&req, &d, &shown); err != nil {
			return err
		}
		return pack(t, &req, &shown)
	})
	return shown.once(t, err)
}

// inClear leaves what was opened as it is, with an envelope where the policy asks.
func (t *turn) inClear(req *avow.Request, out *Shown) error { return t.enclose(req, [16]byte{}, out) }

// once is what a turn answers with: nothing if it failed, and no values if a request
// that was quicker was answered already.
func (s *Shown) once(t *turn, err error) (Shown, error) {
	if err != nil || t.answered != nil {
		s.Wipe()
		*s = Shown{}
	}
	if err == nil {
		s.Receipt = t.receipt()
	}
	return *s, err
}

// Wipe clears the values.
func (s *Shown) Wipe() {
	wipe(s.Items)
	clear(s.Payload)
}

// allowed decides about handing data out, and records the decision. The error is
// the refusal.
func (t *turn) allowed(req *avow.Request, facts avow.Facts) (avow.Decision, error) {
	d, ok, err := t.judged(req, facts)
	if err != nil {
		return d, err
	}
	if !ok || d.Reasons != 0 {
		return d, t.refuse(req, d)
	}
	t.ruled(req, &d)
	return d, nil
}

// judged decides about handing data out, with every reason against it.
func (t *turn) judged(req *avow.Request, facts avow.Facts) (avow.Decision, bool, error) {
	d, ok := t.authorize(req, t.qualified(req)|facts)
	t.joined(req, &d)
	t.secrets(req, &d)
	t.stopped(req, &d)
	t.frozen(req, &d)
	if ok {
		t.older(req, t.withNotice(req, t.qualified(req)|facts)|req.Shown.Facts(), &d)
	}
	return d, ok, t.contactless(req, &d)
}

// stopped adds the reasons of choices that were taken back with effect on what is
// held already, whichever rule would let it be used.
func (t *turn) stopped(req *avow.Request, d *avow.Decision) {
	for _, e := range t.force.stopping {
		chosen, ok := t.who.state.Choice(avow.Choice(e.ID.Text))
		if !ok || chosen.State == avow.Given || chosen.State == avow.NotAsked || len(e.To) > 0 && req.Recipient != "" && !syntax.Has(e.To, string(req.Recipient)) {
			continue
		}
		reason := avow.ConsentWithdrawn.Set()
		switch {
		case e.Kind.Text == "opt-out":
			reason = avow.Objected.Set()
		case chosen.State == avow.Refused:
			reason = avow.ConsentRefused.Set()
		}
		for i, datum := range req.Data {
			if i < len(d.Rulings) && speaks(e, datum, req.Purpose) {
				against(d, i, reason)
			}
		}
	}
}

func wipe(items []Item) {
	for i := range items {
		items[i].Value.Wipe()
	}
}

// against adds reasons to a ruling, which then refuses.
func against(d *avow.Decision, i int, r avow.Reasons) {
	d.Rulings[i].Verdict = avow.Refuse
	d.Rulings[i].Reasons |= r
	d.Reasons |= r
}

// secrets keeps passwords from being read back by anybody, for any purpose.
func (t *turn) secrets(req *avow.Request, d *avow.Decision) {
	for i, datum := range req.Data {
		if info, ok := t.program.Datum(datum); ok && info.Type == "password" && i < len(d.Rulings) {
			against(d, i, avow.PasswordIsNotData.Set())
		}
	}
}

// read opens what was allowed.
func (t *turn) read(req *avow.Request, d *avow.Decision, out *Shown) error {
	if t.who.state.Synthetic && req.Verb.Outbound() {
		return nil // decided like anybody's, and nothing goes out
	}
	if t.who.known() {
		out.Items = make([]Item, 0, len(req.Data))
	}
	for i, datum := range req.Data {
		info, ok := t.program.Datum(datum)
		if !ok || info.Type == "password" {
			continue
		}
		out.owe(d.Rulings[i].Obligations)
		if err := t.readDatum(&info, d.Rulings[i].Obligations, req.Purpose, out); err != nil {
			return err
		}
		t.used(datum)
	}
	return nil
}

// owe takes over what the caller has to do with the data.
func (s *Shown) owe(obligations []avow.Obligation) {
	for _, o := range obligations {
		switch o.Kind {
		case avow.Tag:
			s.Tag = avow.Purpose(o.Arg)
		case avow.NotifyAfter:
			s.Tell = once(s.Tell, o.Arg)
		}
	}
}

func (t *turn) readDatum(info *policy.DatumInfo, forms []avow.Obligation, p avow.Purpose, out *Shown) error {
	if t.ref == "" && !info.Personal() {
		values, err := t.loose(info.Slug)
		for _, v := range values {
			if err == nil {
				err = t.show(info.Slug, v, forms, p, out)
			}
			v.Wipe()
		}
		return err
	}
	if !t.who.known() {
		return nil
	}
	if c := t.who.body.cell(info.Slug); c != nil {
		if err := t.readCell(c, forms, p, out); err != nil {
			return err
		}
	}
	return t.eachItem(info.Slug, func(_ Record, c *cell) error { return t.readCell(c, forms, p, out) })
}

func (t *turn) readCell(c *cell, forms []avow.Obligation, p avow.Purpose, out *Shown) error {
	if t.tooOld(c) {
		return nil
	}
	if c.isFile() {
		if c.hidden || t.over(c) {
			return nil
		}
		f, err := t.fileOf(c)
		out.Files = append(out.Files, f)
		return err
	}
	v, ok, err := t.openCell(c)
	if err != nil || !ok {
		return err
	}
	if !transforms(forms) { // handed on as it is
		out.Items = append(out.Items, Item{c.datum, v})
		return nil
	}
	defer v.Wipe()
	return t.show(c.datum, v, forms, p, out)
}

func (t *turn) show(datum avow.Datum, v Value, forms []avow.Obligation, p avow.Purpose, out *Shown) error {
	reduced, some, err := t.reduce(datum, v, forms, p)
	if err != nil {
		return internal("a value could not be brought into the form that the policy demands", err)
	}
	if some {
		out.Items = append(out.Items, Item{datum, reduced})
	}
	return nil
}

func transforms(forms []avow.Obligation) bool {
	return slices.ContainsFunc(forms, func(o avow.Obligation) bool { return o.Kind == avow.Transform })
}

// openCell opens a cell, unless it is hidden or its time is over: what the
// sweep has not reached yet is out of sight all the same.
func (t *turn) openCell(c *cell) (Value, bool, error) {
	if c.hidden || t.over(c) {
		return Value{}, false, nil
	}
	raw, err := t.who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return Value{}, false, internal("a value could not be opened", err)
	}
	return secret.Adopt(raw), true, nil
}

// over reports whether a cell is out of sight because its time is over. What a
// legal hold keeps longer is in sight of the person alone, to whom it is said that
// it is still there: every use of it is refused.
func (t *turn) over(c *cell) bool {
	_, over := t.who.over(t.force, c, t.now)
	return over && !t.who.state.Hold
}

// used notes the day of the last use where a retention clock starts from it.
// A day is enough, and spares a write at every read. Items of a multi-valued datum
// have no last use: their clock starts when they are collected.
func (t *turn) used(datum avow.Datum) {
	c := t.who.body.cell(datum)
	if c == nil || !slices.ContainsFunc(t.force.retention, func(r retain.Rule) bool {
		return r.After == retain.LastUsed && slices.Contains(r.Data, datum)
	}) {
		return
	}
	if day := t.now.Truncate(24 * time.Hour); c.used.Before(day) {
		c.used, t.touched = day, true
	}
}

// scanPage is how many records are read at a time.
const scanPage = 256

// eachItem visits the multi-valued items of a datum in order of arrival.
func (t *turn) eachItem(datum avow.Datum, visit func(Record, *cell) error) error {
	if t.who.body.of(datum) == nil {
		return nil
	}
	var after []byte
	for {
		recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, itemKind(datum), after, scanPage)
		if err != nil {
			return internal("stored items could not be read", err)
		}
		for _, rec := range recs {
			c, err := decodeItem(rec)
			if err != nil {
				return err
			}
			if err := visit(rec, &c); err != nil {
				return err
			}
			after = rec.Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}
