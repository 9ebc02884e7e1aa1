package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
)

// A copy that a person asked for waits for them, sealed under their key, for a day.
// Whoever erases them erases it too, and nobody finds it but they.

// PackageLife is how long a copy waits to be fetched.
const PackageLife = 24 * time.Hour

const (
	packageKind = "package"       // what is known of one: sealed
	pieceKind   = "package-piece" // its bytes, in pieces: sealed
	pieceSize   = 256 << 10
	// mostPackage bounds a copy, and mostPackages how many wait at a time; the
	// oldest makes room.
	mostPackage  = 64 << 20
	mostPackages = 8
)

// packageDue is the kind of record (of nobody) by which the sweep finds packages
// whose time is over.
func packageDue(id avow.PolicyID) string { return "package-due/" + string(id) }

// Package is a copy that waits.
type Package struct {
	ID    string // names it; opens nothing
	Name  string // of the file
	Media string
	Size  int64
	Made  time.Time
	Until time.Time
}

// Pack keeps a copy for the person who asked for it, in the form into which of was
// brought. The evidence was left by [Gate.Copy], which read the data. If anything of the
// person was erased since, the copy would keep it, and is refused.
func (g *Gate) Pack(ctx context.Context, id avow.PolicyID, of *Copy, name, media string, content []byte) (Package, error) {
	if len(content) == 0 || len(content) > mostPackage {
		return Package{}, &avow.Error{Code: avow.TooLarge, Message: "the copy is empty, or larger than 64 MiB", Try: "ask for fewer kinds of data at once"}
	}
	var p Package
	_, err := g.take(repeatable(ctx), id, of.Subject, func(t *turn) (err error) {
		if err = t.mustBeKnown(); err != nil {
			return err
		}
		if t.who.body.slot != of.slot { // whatever is erased takes its key along
			return &avow.Error{Code: avow.Conflict, Message: "some of what is in the copy was erased while it was made", Try: "make another one"}
		}
		p, err = t.pack(name, media, content, PackageLife)
		return err
	})
	return p, err
}

// pack seals a copy for the person of the turn.
func (t *turn) pack(name, media string, content []byte, life time.Duration) (Package, error) {
	if err := t.makeRoom(); err != nil {
		return Package{}, err
	}
	key := timeKey(t.now)
	p := Package{ID: hex.EncodeToString(key), Name: name, Media: media, Size: int64(len(content)), Made: t.now, Until: t.now.Add(life)}
	w := writer{}
	w.string(p.Name)
	w.string(p.Media)
	w.uint(uint64(p.Size))
	w.time(p.Made)
	w.time(p.Until)
	sealed, err := t.who.seal(packageKind, keyVersion(key), w.b)
	if err != nil {
		return Package{}, internal("the copy could not be sealed", err)
	}
	t.touched = true
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: packageKind, Key: key, Body: sealed}, t.packageDue(p.Until, key))
	n := uint32(0)
	for piece := range slices.Chunk(content, pieceSize) {
		at := binary.BigEndian.AppendUint32(slices.Clone(key), n)
		if sealed, err = t.who.seal(pieceKind, keyVersion(key)+uint64(n), piece); err != nil {
			return Package{}, internal("the copy could not be sealed", err)
		}
		t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: pieceKind, Key: at, Body: sealed})
		n++
	}
	return p, nil
}

func (t *turn) packageDue(until time.Time, key []byte) Record {
	due := binary.BigEndian.AppendUint64(nil, uint64(until.UnixNano()))
	return Record{Kind: packageDue(t.id), Key: append(due, key...), Body: binary.BigEndian.AppendUint64(nil, uint64(t.who.row.SID))}
}

// makeRoom drops the oldest packages so that one more fits.
func (t *turn) makeRoom() error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, packageKind, nil, scanPage)
	if err != nil {
		return internal("the copies could not be read", err)
	}
	if len(recs) < mostPackages {
		return nil
	}
	return t.dropThese(t.who, recs[:len(recs)-mostPackages+1])
}

// dropPackages drops every package of a person whose data was erased in part: a copy
// would keep what is gone.
func (t *turn) dropPackages(sealedBy *person) error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, packageKind, nil, scanPage)
	if err != nil {
		return internal("the copies could not be read", err)
	}
	return t.dropThese(sealedBy, recs)
}

func (t *turn) dropThese(sealedBy *person, recs []Record) error {
	for _, rec := range recs {
		p, err := sealedBy.openPackage(rec)
		if err != nil {
			return err
		}
		t.change.Delete = append(t.change.Delete, t.packageDue(p.Until, rec.Key))
		t.change.Delete = append(t.change.Delete, piecesOf(rec, p.Size)...)
	}
	return nil
}

// piecesOf are the records of a package.
func piecesOf(rec Record, size int64) []Record {
	all := []Record{rec}
	for n := range (size + pieceSize - 1) / pieceSize {
		all = append(all, Record{SID: rec.SID, Kind: pieceKind, Key: binary.BigEndian.AppendUint32(slices.Clone(rec.Key), uint32(n))})
	}
	return all
}

func (p *person) openPackage(rec Record) (Package, error) {
	raw, err := p.unseal(packageKind, keyVersion(rec.Key), rec.Body)
	if err != nil {
		return Package{}, internal("a copy could not be opened", err)
	}
	r := reader{b: raw}
	out := Package{ID: hex.EncodeToString(rec.Key), Name: r.string(), Media: r.string(), Size: int64(r.uint()), Made: r.time(), Until: r.time()}
	if err := r.done(); err != nil {
		return Package{}, internal("a copy is malformed", err)
	}
	return out, nil
}

// Packages lists the copies that wait for a person, the newest first.
func (g *Gate) Packages(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Package, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	recs, err := g.store.Scan(ctx, t.who.row.SID, packageKind, nil, scanPage)
	if err != nil {
		return nil, internal("the copies could not be read", err)
	}
	var out []Package
	for _, rec := range slices.Backward(recs) {
		p, err := t.who.openPackage(rec)
		if err != nil {
			return nil, err
		}
		if t.now.Before(p.Until) {
			out = append(out, p)
		}
	}
	return out, nil
}

// Unpack opens a copy that waits for this person. A copy of somebody else is unknown.
func (g *Gate) Unpack(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, name string) (Package, []byte, error) {
	unknown := &avow.Error{Code: avow.Unknown, Message: "no such copy waits for this person", Try: "it may have run out; ask for a new one"}
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return Package{}, nil, err
	}
	key, err := hex.DecodeString(name)
	if err != nil || len(key) == 0 {
		return Package{}, nil, unknown
	}
	rec, ok, err := g.store.Get(ctx, t.who.row.SID, packageKind, key)
	if err != nil {
		return Package{}, nil, internal("the copy could not be read", err)
	}
	if !ok {
		return Package{}, nil, unknown
	}
	p, err := t.who.openPackage(rec)
	if err != nil {
		return Package{}, nil, err
	}
	if !t.now.Before(p.Until) {
		return Package{}, nil, unknown
	}
	content := make([]byte, 0, p.Size)
	for n, rec := range piecesOf(rec, p.Size)[1:] {
		piece, ok, err := g.store.Get(ctx, rec.SID, rec.Kind, rec.Key)
		if err != nil || !ok {
			return Package{}, nil, internal("the copy could not be read", err)
		}
		plain, err := t.who.unseal(pieceKind, keyVersion(key)+uint64(n), piece.Body)
		if err != nil {
			return Package{}, nil, internal("the copy could not be opened", err)
		}
		content = append(content, plain...)
	}
	return p, content, nil
}

// sweepPackages clears copies away whose time is over.
func (g *Gate) sweepPackages(ctx context.Context, s *served, _ *Swept) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	recs, err := g.store.Scan(ctx, 0, packageDue(s.id), nil, scanPage)
	if err != nil {
		return internal("the copies could not be read", err)
	}
	for _, due := range recs {
		if len(due.Key) < 8 || len(due.Body) != 8 || binary.BigEndian.Uint64(due.Key) > uint64(max(now.UnixNano(), 0)) {
			return nil
		}
		sid, key := int64(binary.BigEndian.Uint64(due.Body)), due.Key[8:]
		c := Change{Policy: s.id, Delete: []Record{due, {SID: sid, Kind: packageKind, Key: key}}}
		after := key
		for {
			pieces, err := g.store.Scan(ctx, sid, pieceKind, after, scanPage)
			if err != nil {
				return internal("the copies could not be read", err)
			}
			for _, p := range pieces {
				if after = p.Key; slices.Equal(p.Key[:min(len(key), len(p.Key))], key) {
					c.Delete = append(c.Delete, Record{SID: sid, Kind: pieceKind, Key: p.Key})
				}
			}
			if len(pieces) < scanPage {
				break
			}
		}
		if _, err := g.commit(ctx, &c); err != nil {
			return internal("a copy whose time is over could not be cleared away", err)
		}
	}
	return nil
}
