package gate

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// PermissionUse says what an application wants a permission of the device for.
type PermissionUse struct {
	Permission string // slug of the vocabulary, such as camera
	Purpose    avow.Purpose
	Feature    avow.Feature
	// Running says that the feature is in use now: the context in which asking
	// makes sense to the person.
	Running bool
	// Wanted says that the person has asked for the feature, or switched it on,
	// just now.
	Wanted bool
}

// PermissionState is where a person stands with a permission.
type PermissionState string

// The states. A person who was never asked has none of the first two.
const (
	PermissionGranted   PermissionState = "granted"
	PermissionDenied    PermissionState = "denied"
	PermissionUndecided PermissionState = "undecided"
)

// PermissionAnswer tells an application what it may do with a permission now.
type PermissionAnswer struct {
	Rule    avow.RuleID // the entry of the policy; empty if it declares none
	State   PermissionState
	MayAsk  bool         // the person may be asked now
	MayUse  bool         // the permission may be exercised now
	Stores  bool         // what it yields is kept
	Reasons avow.Reasons // why the person may not be asked
	Again   time.Time    // before then nobody asks again; zero: no time is set
	Receipt avow.Receipt
}

// permissionKind is the kind of record that keeps a person's latest answer on a
// permission, under the id of the policy's entry.
const permissionKind = "permission"

// MayAskPermission answers whether the person may be asked for a permission of
// the device now: only for what the policy declares, in the context of its
// feature, and not again within the policy's time after a no. It asks nobody.
func (g *Gate) MayAskPermission(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, use *PermissionUse) (PermissionAnswer, error) {
	var out PermissionAnswer
	t, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		out, err = t.mayAskPermission(use)
		return err
	})
	if err != nil {
		return PermissionAnswer{}, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

func (t *turn) mayAskPermission(use *PermissionUse) (PermissionAnswer, error) {
	e, reasons := t.permission(use)
	if e == nil {
		t.notePermission(evidence.PermissionAsked, nil, use, reasons)
		return PermissionAnswer{State: PermissionUndecided, Reasons: reasons}, nil
	}
	said, err := t.permissionSaid(e)
	if err != nil {
		return PermissionAnswer{}, err
	}
	out := PermissionAnswer{Rule: avow.RuleID(e.ID.Text), State: said.state, Stores: e.Stores.On}
	context := t.inContext(e, use)
	out.MayUse = said.allows(e) && context
	switch {
	case said.state == PermissionGranted || said.allows(e): // nothing is left to ask
	case !context:
		reasons = avow.NotInUse.Set()
	case said.state == PermissionDenied:
		reasons = avow.DevicePermissionDenied.Set()
		if e.ReAsk.Set {
			if out.Again = t.program.After(said.at, e.ReAsk); !t.now.Before(out.Again) {
				reasons = 0
			}
		}
	}
	out.Reasons = reasons
	out.MayAsk = reasons == 0 && !said.allows(e)
	t.notePermission(evidence.PermissionAsked, e, use, reasons)
	return out, nil
}

// inContext reports whether the person can see what the permission is for. Where
// the policy has a choice that switches the feature, its state is what counts, and
// not the application's word.
func (t *turn) inContext(e *syntax.Permission, use *PermissionUse) bool {
	switch e.While.Text {
	case "feature-running":
		return use.Running
	case "switched-on":
		for i := range t.program.File().Choices {
			c := &t.program.File().Choices[i]
			if syntax.Has(c.For, string(use.Purpose)) && syntax.Has(c.Stops, string(use.Feature)) {
				return t.stands(avow.Choice(c.ID.Text), false, false)
			}
		}
		return use.Wanted
	case "asked":
		return use.Wanted
	}
	return true // app-open: the application is open, since it asks
}

// PermissionSaid records what the person answered, or set in the system's
// settings.
func (g *Gate) PermissionSaid(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, use *PermissionUse, granted bool) (PermissionAnswer, error) {
	if ref == "" {
		return PermissionAnswer{}, &avow.Error{Code: avow.Invalid, Message: "an answer needs a person", Try: "send the subject"}
	}
	var out PermissionAnswer
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		e, reasons := t.permission(use)
		if e == nil {
			out = PermissionAnswer{State: PermissionUndecided, Reasons: reasons}
			t.notePermission(evidence.PermissionAsked, nil, use, reasons)
			return &avow.Refusal{Decision: avow.Decision{Reasons: reasons, Policy: t.program.Hash()}}
		}
		if err := t.mayAgree(); err != nil {
			return err
		}
		if err := t.admit(); err != nil {
			return err
		}
		t.touched = true
		said, kind := permissionSaid{PermissionGranted, t.now}, evidence.PermissionGranted
		if !granted {
			said.state, kind = PermissionDenied, evidence.PermissionDenied
			t.sayPermission(e.ID.Text, said.at)
		}
		out = PermissionAnswer{Rule: avow.RuleID(e.ID.Text), State: said.state, Stores: e.Stores.On}
		if !granted && e.ReAsk.Set {
			out.Again = t.program.After(t.now, e.ReAsk)
		}
		t.notePermission(kind, e, use, 0)
		return t.keepPermission(e, said)
	})
	if err != nil {
		return PermissionAnswer{}, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// permission returns the entry of the policy for a use, or why there is none.
func (t *turn) permission(use *PermissionUse) (*syntax.Permission, avow.Reasons) {
	list := t.program.File().Permissions
	reasons := avow.PurposeUndeclared.Set()
	for i := range list {
		e := &list[i]
		if e.Slug.Text != use.Permission || !syntax.Has(e.For, string(use.Purpose)) {
			continue
		}
		if syntax.Has(e.Feature, string(use.Feature)) {
			return e, 0
		}
		reasons = avow.FeatureUndeclared.Set()
	}
	return nil, reasons
}

// permissionSaid is a person's latest answer.
type permissionSaid struct {
	state PermissionState
	at    time.Time
}

// allows reports whether a permission may be exercised: by the person's yes, or
// as long as nothing was said, by the policy's default.
func (s permissionSaid) allows(e *syntax.Permission) bool {
	return s.state == PermissionGranted || s.state == PermissionUndecided && e.Default.Text == "on"
}

func (t *turn) permissionSaid(e *syntax.Permission) (permissionSaid, error) {
	if !t.who.known() {
		return permissionSaid{state: PermissionUndecided}, nil
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, permissionKind, []byte(e.ID.Text))
	if err != nil {
		return permissionSaid{}, internal("the person's answer on a permission could not be read", err)
	}
	if !ok {
		return permissionSaid{state: PermissionUndecided}, nil
	}
	if len(rec.Body) < 8 {
		return permissionSaid{}, internal("an answer on a permission is malformed", errBody)
	}
	raw, err := t.who.unseal(permissionKind, binary.BigEndian.Uint64(rec.Body), rec.Body[8:])
	if err != nil {
		return permissionSaid{}, internal("an answer on a permission could not be opened", err)
	}
	r := reader{b: raw}
	said := permissionSaid{PermissionState(r.string()), r.time()}
	if err := r.done(); err != nil {
		return permissionSaid{}, internal("an answer on a permission is malformed", err)
	}
	return said, nil
}

func (t *turn) keepPermission(e *syntax.Permission, said permissionSaid) error {
	w := writer{}
	w.string(string(said.state))
	w.time(said.at)
	version := keyVersion(timeKey(t.now)) // fresh: the record is overwritten by the next answer
	sealed, err := t.who.seal(permissionKind, version, w.b)
	if err != nil {
		return internal("the answer on a permission could not be sealed", err)
	}
	t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: permissionKind, Key: []byte(e.ID.Text),
		Body: append(binary.BigEndian.AppendUint64(nil, version), sealed...)})
	return nil
}

// sayPermission has the journal keep a no to a permission of the device.
func (t *turn) sayPermission(rule string, at time.Time) {
	t.say(saidNoPermission, func(w *writer) {
		w.string(rule)
		w.time(at)
	})
}

// hearPermission lets a no to a permission hold again. What the person has said since
// is not undone.
func (t *turn) hearPermission(r *reader) (bool, error) {
	rule, at := r.string(), r.time()
	if err := r.done(); err != nil {
		return false, err
	}
	list := t.program.File().Permissions
	i := slices.IndexFunc(list, func(e syntax.Permission) bool { return e.ID.Text == rule })
	if i < 0 { // the policy in force has no such permission any more
		return false, nil
	}
	have, err := t.permissionSaid(&list[i])
	if err != nil || have.at.After(at) || have.state == PermissionDenied && have.at.Equal(at) {
		return false, err
	}
	return true, t.keepPermission(&list[i], permissionSaid{PermissionDenied, at})
}

// carryPermission carries an answer over to a new key.
func (t *turn) carryPermission(old *person, rec *Record) error {
	if len(rec.Body) < 8 {
		return internal("an answer on a permission is malformed", errBody)
	}
	sealed := slices.Clone(rec.Body[8:])
	if err := t.carry(old, permissionKind, binary.BigEndian.Uint64(rec.Body), &sealed); err != nil {
		return err
	}
	rec.Body = append(slices.Clone(rec.Body[:8]), sealed...)
	return nil
}

func (t *turn) notePermission(kind evidence.Kind, e *syntax.Permission, use *PermissionUse, reasons avow.Reasons) {
	t.note(kind, func(l *evidence.Leaf) {
		l.Purpose = known(t.force.words.purposes, use.Purpose)
		if reasons != 0 {
			l.Verdict, l.Reasons = avow.Refuse, reasons
		}
		if e == nil {
			return
		}
		l.Rules = []avow.RuleID{avow.RuleID(e.ID.Text)}
		l.Clauses = syntax.Slugs[avow.ClauseID](e.Clause)
		l.Data = syntax.Slugs[avow.Datum](e.Data)
	})
}

// permitted shows that the device permits the data of a request: the application
// says so, and for each datum that permissions guard so did the person of one of
// them, or the policy's default before they decided. Of a request about nobody
// only the application can know.
func (t *turn) permitted(req *avow.Request, device *Device) (avow.Facts, error) {
	facts := device.facts()
	if !device.Permitted || req.Subject == "" || req.Source != fromDevice {
		return facts, nil
	}
	for _, datum := range req.Data {
		guarded, allowed, err := t.guarded(datum, req)
		if err != nil {
			return 0, err
		}
		if guarded && !allowed {
			return facts &^ avow.Facts(0).With(avow.FactDevicePermission), nil
		}
	}
	return facts, nil
}

// guarded reports whether permissions guard a datum in a request, and whether one
// of them is allowed.
func (t *turn) guarded(datum avow.Datum, req *avow.Request) (guarded, allowed bool, err error) {
	list := t.program.File().Permissions
	for i := range list {
		e := &list[i]
		if !syntax.Has(e.Data, string(datum)) || !syntax.Has(e.For, string(req.Purpose)) || req.Feature != "" && !syntax.Has(e.Feature, string(req.Feature)) {
			continue
		}
		said, err := t.permissionSaid(e)
		if err != nil || said.allows(e) {
			return true, err == nil, err
		}
		guarded = true
	}
	return guarded, false, nil
}

// fromDevice is the source of what an application reads from the device.
const fromDevice avow.Source = "device"

// passing reports whether a datum comes by a permission whose yield is not stored,
// so that the decision and its evidence are all that stays.
func (t *turn) passing(datum avow.Datum, req *avow.Request) bool {
	if req.Source != fromDevice {
		return false // what the person gives by themselves passes no permission
	}
	passes := false
	list := t.program.File().Permissions
	for i := range list {
		if e := &list[i]; syntax.Has(e.Data, string(datum)) && syntax.Has(e.For, string(req.Purpose)) {
			if e.Stores.On {
				return false
			}
			passes = true
		}
	}
	return passes
}

// PermissionHeld is one entry of the policy and where a person stands with it.
type PermissionHeld struct {
	Rule  avow.RuleID
	State PermissionState
	At    time.Time
}

// Permissions returns where a person stands with every permission of the policy.
func (g *Gate) Permissions(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]PermissionHeld, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	who, err := g.find(ctx, s, ref)
	if err != nil {
		return nil, unreadable(err)
	}
	f := s.inForce.Load()
	t := &turn{served: s, ctx: ctx, gate: g, force: f, program: f.program, who: who}
	list := f.program.File().Permissions
	out := make([]PermissionHeld, 0, len(list))
	for i := range list {
		said, err := t.permissionSaid(&list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, PermissionHeld{avow.RuleID(list[i].ID.Text), said.state, said.at})
	}
	return out, nil
}
