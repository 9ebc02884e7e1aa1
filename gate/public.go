package gate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// What a person has published has an address for each audience, which says nothing
// about them: 128 random bits. Whoever reads it gets what is published at that
// moment, decided anew, so that taking down needs nothing to be cleared anywhere.
// When the last thing is taken down the address goes, and never comes back.

// addressKind is the kind of record (of nobody) that leads from an address to a
// person; publicKind is that of a person's, under the audience, which knows the address.
func addressKind(id avow.PolicyID) string { return "public/" + string(id) }

const publicKind = "public"

const addressSize = 16

// address gives what the person published to an audience an address, if it has none.
func (t *turn) address(to avow.Recipient) error {
	if !t.published(to) {
		return nil
	}
	_, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, publicKind, []byte(to))
	if err != nil {
		return internal("the public address could not be read", err)
	}
	if ok {
		return nil
	}
	at := make([]byte, addressSize)
	_, _ = rand.Read(at) // documented never to return an error
	t.touched = true
	t.change.PutNew = append(t.change.PutNew,
		Record{SID: t.who.row.SID, Kind: publicKind, Key: []byte(to), Body: at},
		Record{Kind: addressKind(t.id), Key: at, Body: append(binary.BigEndian.AppendUint64(nil, uint64(t.who.row.SID)), to...)})
	return nil
}

// published reports whether anything of the person is visible to an audience.
func (t *turn) published(to avow.Recipient) bool {
	return slices.ContainsFunc(t.who.body.cells, func(c cell) bool { return slices.Contains(c.audience, to) && !c.hidden }) ||
		slices.ContainsFunc(t.who.body.series, func(s series) bool { return slices.Contains(s.audience, to) })
}

// forgetAddresses takes the addresses away at which nothing is left to read.
func (t *turn) forgetAddresses() error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, publicKind, nil, scanPage)
	if err != nil {
		return internal("the public addresses could not be read", err)
	}
	for _, rec := range recs {
		if !t.published(avow.Recipient(rec.Key)) {
			t.change.Delete = append(t.change.Delete, rec, Record{Kind: addressKind(t.id), Key: rec.Body})
		}
	}
	return nil
}

// dropAddresses takes all addresses of a person who goes.
func (g *Gate) dropAddresses(ctx context.Context, c *Change, sid int64) error {
	recs, err := g.store.Scan(ctx, sid, publicKind, nil, scanPage)
	if err != nil {
		return internal("the public addresses could not be read", err)
	}
	for _, rec := range recs {
		c.Delete = append(c.Delete, Record{Kind: addressKind(c.Policy), Key: rec.Body})
	}
	return nil
}

// Address is where what somebody published to an audience can be read.
type Address struct {
	At string // in hex
	To avow.Recipient
}

// Addresses returns where a person's published data can be read, by audience.
func (g *Gate) Addresses(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Address, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	recs, err := g.store.Scan(ctx, t.who.row.SID, publicKind, nil, scanPage)
	if err != nil {
		return nil, internal("the public addresses could not be read", err)
	}
	out := make([]Address, len(recs))
	for i, rec := range recs {
		out[i] = Address{hex.EncodeToString(rec.Body), avow.Recipient(rec.Key)}
	}
	return out, nil
}

// errNotPublic is the one answer to an address that leads nowhere, whatever the
// reason, so that it tells nobody apart.
var errNotPublic = &avow.Error{Code: avow.Unknown, Message: "nothing is published at this address", Try: "it may have been taken down"}

// Public reads what is published at an address, in the form in which it may be
// shown. Each look is decided anew and leaves evidence: a choice that was taken back
// shuts it at once. audience is whom the caller lets see it; an address of another
// audience is not found. An audience that is not the public sees it only through a
// reader who belongs to it: somebody who has said yes to being in it themselves.
func (g *Gate) Public(ctx context.Context, id avow.PolicyID, at string, audience avow.Recipient, reader avow.SubjectRef) (Shown, error) {
	ref, err := g.publisher(ctx, id, at, audience)
	if err != nil {
		return Shown{}, err
	}
	if in, err := g.belongs(ctx, id, reader, audience); err != nil || !in {
		return Shown{}, cmp.Or(err, error(errNotPublic))
	}
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return Shown{}, errNotPublic
	}
	var out Shown
	for purpose, data := range t.onShow(audience) {
		req := &avow.Request{Policy: id, Subject: ref, Data: data, Purpose: purpose, Recipient: audience}
		// The notice was shown, and the sign-in was fresh, when it was published.
		told := func(*turn) (avow.Facts, error) {
			return avow.Facts(0).With(avow.FactNotice).With(avow.FactFreshSignIn), nil
		}
		shown, err := g.read(ctx, req, avow.Publish, told, nil, (*turn).inClear)
		if _, refused := errors.AsType[*avow.Refusal](err); refused {
			continue // a choice that was taken back, an account that is frozen: not to be seen
		}
		if err != nil {
			wipe(out.Items)
			return Shown{}, err
		}
		out.Items, out.Receipt = append(out.Items, shown.Items...), shown.Receipt
	}
	if len(out.Items) == 0 {
		return Shown{}, errNotPublic
	}
	return out, nil
}

// belongs reports whether a reader is of an audience: anybody is of the public, and
// of any other whoever has an open account and has said yes to a choice about it, or
// has an account where no choice is about it.
func (g *Gate) belongs(ctx context.Context, id avow.PolicyID, reader avow.SubjectRef, audience avow.Recipient) (bool, error) {
	s, err := g.of(id)
	if err != nil {
		return false, err
	}
	f := s.inForce.Load()
	if f.parties[audience].public {
		return true, nil
	}
	who, err := g.find(ctx, s, reader)
	if err != nil {
		return false, unreadable(err)
	}
	if !who.known() || who.state.Account != avow.Open {
		return false, nil
	}
	about, said := false, false
	for id, c := range f.choices {
		if syntax.Has(c.To, string(audience)) {
			about = true
			chosen, _ := who.state.Choice(id)
			said = said || chosen.State == avow.Given && (chosen.Expires.IsZero() || g.Now().Before(chosen.Expires))
		}
	}
	return said || !about, nil
}

// publisher returns whose address it is.
func (g *Gate) publisher(ctx context.Context, id avow.PolicyID, at string, audience avow.Recipient) (avow.SubjectRef, error) {
	s, err := g.of(id)
	if err != nil {
		return "", err
	}
	key, err := hex.DecodeString(at)
	if err != nil || len(key) != addressSize {
		return "", errNotPublic
	}
	rec, ok, err := g.store.Get(ctx, 0, addressKind(id), key)
	if err != nil {
		return "", internal("the public address could not be read", err)
	}
	if !ok || len(rec.Body) < 8 || !bytes.Equal(rec.Body[8:], []byte(audience)) {
		return "", errNotPublic
	}
	row, ok, err := g.store.Load(ctx, int64(binary.BigEndian.Uint64(rec.Body)))
	if err != nil {
		return "", internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != id {
		return "", errNotPublic
	}
	p, err := s.open(row)
	if err != nil {
		return "", errNotPublic
	}
	return p.state.ref, nil
}

// onShow returns what the person published to an audience, by the purpose of the
// rule that lets it out.
func (t *turn) onShow(to avow.Recipient) map[avow.Purpose][]avow.Datum {
	out := make(map[avow.Purpose][]avow.Datum)
	add := func(d avow.Datum) {
		if p, ok := t.force.publishing(d, to); ok && !slices.Contains(out[p], d) {
			out[p] = append(out[p], d)
		}
	}
	for i := range t.who.body.cells {
		if c := &t.who.body.cells[i]; slices.Contains(c.audience, to) && !c.hidden && !t.over(c) {
			add(c.datum)
		}
	}
	for i := range t.who.body.series {
		if s := &t.who.body.series[i]; slices.Contains(s.audience, to) {
			add(s.datum)
		}
	}
	return out
}

// publishing returns the purpose for which a rule publishes a datum to an audience.
func (f *force) publishing(d avow.Datum, to avow.Recipient) (avow.Purpose, bool) {
	rules := f.program.File().Share
	i := slices.IndexFunc(rules, func(r syntax.Share) bool {
		return r.Verb.Text == "publish" && syntax.Has(r.Data, string(d)) && syntax.Has(r.To, string(to))
	})
	if i < 0 {
		return "", false
	}
	return avow.Purpose(rules[i].For[0].Text), true
}
