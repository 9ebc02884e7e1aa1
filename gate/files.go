package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/vault/blob"
)

// A large value lies in the blob store as an object sealed under the person's key;
// the cell names the object, and seals what kind of content it is and how long.
//
// An object exists before the change that names it is committed, and after the one
// that forgets it. So that none is left over by a crash, a note of it is committed
// first, and goes in the same transaction in which a cell names the object; when a
// cell forgets it, the note comes back. Every object that a note names when its
// time has come is deleted by the sweep.

// DefaultFileMax is the largest file of a datum that sets no other limit, in bytes.
const DefaultFileMax = 64 << 20

// uploadTime is how long an upload may take; afterwards its object is given up.
const uploadTime = 24 * time.Hour

// File says which large value is meant, and what it is.
type File struct {
	ID          string // opens it; says nothing about whose it is
	Datum       avow.Datum
	ContentType string // as the sender called it
	Size        int64  // in bytes, as it is kept
}

// CollectingFile is a request to take in one value of type file.
type CollectingFile struct {
	avow.Request
	Datum       avow.Datum
	Content     io.Reader // read once, to its end
	ContentType string    // at most 255 bytes
	Agree       *Agreement
	Token       string
	Device      Device
	// Selection is the id of what the person picked. SHA256 is the hash of the content,
	// as it was named there or as the sender announces it; if it is not zero it is
	// compared with what is sent.
	Selection string
	SHA256    [sha256.Size]byte
}

// CollectFile takes a file in, if the policy lets it. The content streams through;
// it is in memory as a whole only where a form has to be applied to it.
func (g *Gate) CollectFile(ctx context.Context, c *CollectingFile) (avow.Receipt, error) {
	switch {
	case c.Subject == "":
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "a file needs a person", Try: "send the subject"}
	case c.Content == nil || len(c.ContentType) > 255:
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "there is no content, or its type is too long", Try: "send the content and a short media type"}
	}
	if err := c.Device.check(); err != nil {
		return avow.Receipt{}, err
	}
	var up upload
	t, err := g.take(ctx, c.Policy, c.Subject, func(t *turn) error { return t.collectFile(c, &up) })
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) collectFile(c *CollectingFile, up *upload) error {
	if t.files == nil {
		return errNoFiles()
	}
	if err := t.agreeFirst(c.Agree); err != nil {
		return err
	}
	info, declared := t.program.Datum(c.Datum)
	if declared && info.Type != "file" {
		return &avow.Error{Code: avow.Invalid, Message: "this datum is no file", Try: "send its value as an item"}
	}
	req := c.Request
	req.Verb, req.At, req.Data = avow.Collect, t.now, []avow.Datum{c.Datum}
	d, spent, ok, err := t.admissible(&req, c.Token, &c.Device, c.Selection, func() []Picked { return []Picked{{c.Datum, c.SHA256}} })
	if err != nil {
		return err
	}
	if !ok {
		if err := t.refuse(&req, d); err != nil {
			return err
		}
	}
	if declared && !elsewhere(&info) {
		fit, err := t.keepFile(c, &info, &d.Rulings[0], up)
		if err != nil {
			return err
		}
		if !fit {
			against(&d, 0, avow.ValueMalformed.Set())
			return t.refuse(&req, d)
		}
	}
	if ok {
		t.ruled(&req, &d)
	}
	t.change.Delete = append(t.change.Delete, spent...)
	return nil
}

func errNoFiles() error {
	return &avow.Error{Code: avow.Unavailable, Message: "no place for files is set up", Try: "set Files in the configuration of the gate"}
}

// keepFile writes the object and names it in the person's record. It reports
// whether the content fits its datum.
func (t *turn) keepFile(c *CollectingFile, info *policy.DatumInfo, ruling *avow.Ruling, up *upload) (bool, error) {
	if err := t.admit(); err != nil {
		return false, err
	}
	forms := ruling.Obligations
	if ruling.Verdict != avow.Allow {
		forms = ingest(info)
	}
	if err := t.send(c, info, forms, up); err != nil || !up.fit || !up.some {
		return up.fit, err
	}
	t.touched = true
	w := writer{}
	w.string(c.ContentType)
	w.uint(uint64(up.size))
	kept := cell{datum: info.Slug, rule: ruling.Rule, source: c.Source, file: up.ref.ID}
	t.change.Delete = append(t.change.Delete, fileRecord(t.id, up.ref.ID, up.ref.SID, up.until))
	return true, t.keepValue(info, kept, w.b, c.Purpose)
}

// upload is an object on its way. It is sent once, whatever the attempts.
type upload struct {
	ref       blob.Ref
	until     time.Time
	size      int64
	sent      bool
	by        *force // the text by which it was sent
	fit, some bool
}

// send writes the object, unless an earlier attempt has.
func (t *turn) send(c *CollectingFile, info *policy.DatumInfo, forms []avow.Obligation, up *upload) error {
	if up.sent {
		if up.by != t.force {
			return &avow.Error{Code: avow.Conflict, Message: "another text of the policy came into force while the file was sent", Try: "send it again"}
		}
		if up.some && (up.ref.SID != t.who.body.slot || !t.now.Before(up.until)) {
			return &avow.Error{Code: avow.Conflict, Message: "the person's record changed while the file was sent", Try: "send it again"}
		}
		return nil
	}
	up.sent, up.by = true, t.force
	limit := t.force.fileMax(info)
	content := io.LimitReader(c.Content, limit+1)
	if transforms(forms) || info.Grammar != nil {
		return t.sendWhole(c, info, forms, content, up)
	}
	up.some = true
	hashed := sha256.New()
	return t.stream(up, io.TeeReader(content, hashed), limit, func() bool { return c.announced([sha256.Size]byte(hashed.Sum(nil))) })
}

// announced reports whether content is what was announced, if anything was.
func (c *CollectingFile) announced(sum [sha256.Size]byte) bool {
	return c.Selection == "" && c.SHA256 == [sha256.Size]byte{} || sum == c.SHA256
}

// sendWhole applies forms to the content before it is written.
func (t *turn) sendWhole(c *CollectingFile, info *policy.DatumInfo, forms []avow.Obligation, content io.Reader, up *upload) error {
	raw, err := io.ReadAll(content)
	defer clear(raw)
	if err != nil {
		return errContent(err)
	}
	limited := *info
	limited.Max = t.force.fileMax(info)
	if !fits(&limited, raw) || !c.announced(sha256.Sum256(raw)) {
		return nil
	}
	v := NewValue(raw)
	defer v.Wipe()
	reduced, some, err := t.reduce(info.Slug, v, forms, c.Purpose)
	if err != nil {
		return nil // not what the form can be applied to: it does not fit
	}
	defer reduced.Wipe()
	if up.some = some; !some {
		up.fit = true
		return nil
	}
	return t.stream(up, bytes.NewReader(reduced.Expose()), int64(reduced.Len()), always)
}

func always() bool { return true }

// stream writes content as an object of the person, with a note of it first, if
// good says so once it was read.
func (t *turn) stream(up *upload, content io.Reader, limit int64, good func() bool) error {
	var err error
	if up.ref, up.until, err = t.newFile(); err != nil {
		return err
	}
	out, err := t.files.Create(t.ctx, up.ref)
	if err != nil {
		return internal("the file could not be begun", err)
	}
	up.size, err = io.Copy(out, content)
	if up.fit = up.size > 0 && up.size <= limit && good(); err != nil || !up.fit {
		if aborted := out.Abort(); aborted != nil && err == nil {
			return internal("a file could not be given up", aborted)
		}
		if err != nil {
			return errContent(err)
		}
		return nil
	}
	if err := out.Commit(); err != nil {
		return internal("the file could not be written", err)
	}
	return nil
}

func errContent(err error) error {
	return &avow.Error{Code: avow.Unavailable, Message: "the file could not be read or written to its end", Try: "send it again", Cause: err}
}

// newFile names an object, and notes it for the case that nobody ever does.
func (t *turn) newFile() (blob.Ref, time.Time, error) {
	t.keepKey() // the object is written before the change
	ref := blob.Ref{SID: t.who.body.slot, ID: blob.NewID()}
	until := t.now.Add(uploadTime)
	note := fileRecord(t.id, ref.ID, ref.SID, until)
	if _, err := t.gate.commit(t.ctx, &Change{Policy: t.id, Put: []Record{note}}); err != nil {
		return ref, until, internal("the file could not be noted", err)
	}
	return ref, until, nil
}

// carryFile seals an object anew under the person's new key. One that does not
// open any more is left behind: it must not keep other data alive.
func (t *turn) carryFile(old *person, c *cell) error {
	if t.files == nil {
		return errNoFiles()
	}
	in, err := t.files.Open(t.ctx, blob.Ref{SID: old.body.slot, ID: c.file})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrBlob) {
		return nil
	}
	if err != nil {
		return internal("a file could not be opened for its new key", err)
	}
	var up upload
	err = t.stream(&up, io.NewSectionReader(in, 0, in.Size()), in.Size(), always)
	if closed := in.Close(); err == nil && closed != nil {
		err = internal("a file could not be closed", closed)
	}
	if err != nil {
		return err
	}
	t.change.Put = append(t.change.Put, fileRecord(t.id, c.file, old.body.slot, t.now))
	t.change.Delete = append(t.change.Delete, fileRecord(t.id, up.ref.ID, up.ref.SID, up.until))
	c.file = up.ref.ID
	return nil
}

// fileOf says what a cell's object is.
func (t *turn) fileOf(c *cell) (File, error) {
	raw, err := t.who.unseal(c.datum, c.version, c.sealed)
	if err != nil {
		return File{}, internal("a file's description could not be opened", err)
	}
	r := reader{b: raw}
	f := File{ID: c.file.String(), Datum: c.datum, ContentType: r.string(), Size: int64(r.uint())}
	if err := r.done(); err != nil {
		return File{}, internal("a file's description is malformed", err)
	}
	return f, nil
}

// Opened is a large value, open for reading. It must be closed.
type Opened struct {
	io.ReadSeeker
	Receipt avow.Receipt
	File    File
	close   func() error
}

// Close ends the reading.
func (o *Opened) Close() error { return o.close() }

// OpenFile opens a file for a purpose, inside the controller or for a recipient:
// the request's verb says which, and Use is meant if it says nothing. The request
// names one datum, and id one of its files, as [Shown] or [Copy] lists them.
func (g *Gate) OpenFile(ctx context.Context, asked *avow.Request, id string) (*Opened, error) {
	verb := asked.Verb
	switch verb {
	case avow.NoVerb:
		verb = avow.Use
	case avow.Use, avow.Share, avow.Entrust, avow.Transfer, avow.Disclose, avow.Publish:
	default:
		return nil, &avow.Error{Code: avow.Invalid, Message: "no file is opened by this verb", Try: "use, share, entrust, transfer, disclose or publish"}
	}
	if len(asked.Data) != 1 {
		return nil, &avow.Error{Code: avow.Invalid, Message: "a file is of one kind of data", Try: "name it alone"}
	}
	return g.openFile(ctx, asked.Policy, asked.Subject, asked.Data[0], id, func(t *turn) ([]avow.Obligation, error) {
		req := *asked
		req.Verb, req.At = verb, t.now
		d, err := t.allowed(&req, 0)
		if err != nil {
			return nil, err
		}
		t.used(req.Data[0])
		return d.Rulings[0].Obligations, nil
	})
}

// CopyFile opens a file for the person whose it is. Like [Gate.Copy] it cannot be
// refused.
func (g *Gate) CopyFile(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, datum avow.Datum, file string) (*Opened, error) {
	return g.copyFile(ctx, id, ref, datum, file, nil)
}

func (g *Gate) copyFile(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, datum avow.Datum, file string, says because) (*Opened, error) {
	return g.openFile(ctx, id, ref, datum, file, func(t *turn) ([]avow.Obligation, error) {
		t.opened(evidence.Copied, "right/copy", says, func(l *evidence.Leaf) {
			l.Data = []avow.Datum{known(t.force.words.data, datum)}
		})
		return nil, nil
	})
}

func (g *Gate) openFile(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, datum avow.Datum, file string,
	decide func(*turn) ([]avow.Obligation, error)) (*Opened, error) {
	var out *Opened
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if out != nil {
			out.drop()
			out = nil
		}
		forms, err := decide(t)
		if err != nil {
			return err
		}
		out, err = t.openObject(datum, file, forms)
		return err
	})
	if err != nil {
		out.drop()
		return nil, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// drop closes a file that nobody will read.
func (o *Opened) drop() {
	if o != nil {
		_ = o.close() // nothing was read: there is nobody to tell
	}
}

func (t *turn) openObject(datum avow.Datum, file string, forms []avow.Obligation) (*Opened, error) {
	if t.files == nil {
		return nil, errNoFiles()
	}
	f, object, err := t.findFile(datum, file)
	if err != nil {
		return nil, err
	}
	in, err := t.files.Open(t.ctx, blob.Ref{SID: t.who.body.slot, ID: object})
	if err != nil {
		return nil, internal("the file could not be opened", err)
	}
	if !transforms(forms) {
		return &Opened{ReadSeeker: io.NewSectionReader(in, 0, in.Size()), File: f, close: in.Close}, nil
	}
	raw, err := io.ReadAll(io.NewSectionReader(in, 0, in.Size()))
	defer clear(raw)
	if err := errors.Join(err, in.Close()); err != nil {
		return nil, internal("the file could not be read", err)
	}
	v := NewValue(raw)
	defer v.Wipe()
	out, some, err := t.reduce(datum, v, forms, "")
	if err != nil || !some {
		return nil, &avow.Error{Code: avow.Invalid, Message: "the file cannot be brought into the form that the policy demands", Try: "see the forms of its datum", Cause: err}
	}
	f.Size = int64(out.Len())
	return &Opened{ReadSeeker: bytes.NewReader(out.Expose()), File: f, close: func() error { out.Wipe(); return nil }}, nil
}

// findFile finds a file of the person that may still be looked at.
func (t *turn) findFile(datum avow.Datum, id string) (f File, object blob.ID, err error) {
	found := errors.New("found")
	look := func(_ Record, c *cell) error {
		if !c.isFile() || c.file.String() != id || c.hidden || t.over(c) {
			return nil
		}
		object = c.file
		if f, err = t.fileOf(c); err != nil {
			return err
		}
		return found
	}
	if c := t.who.body.cell(datum); c != nil {
		err = look(Record{}, c)
	}
	if err == nil {
		err = t.eachItem(datum, look)
	}
	switch {
	case err == nil:
		err = &avow.Error{Code: avow.Unknown, Message: "no such file is held", Try: "ask for what is held first"}
	case errors.Is(err, found):
		err = nil
	}
	return f, object, err
}

// fileKind is the kind of record (of nobody) that names objects to be deleted.
func fileKind(id avow.PolicyID) string { return "file/" + string(id) }

func fileRecord(id avow.PolicyID, object blob.ID, slot uint64, from time.Time) Record {
	w := writer{}
	w.uint(slot)
	w.time(from)
	return Record{Kind: fileKind(id), Key: object[:], Body: w.b}
}

// dropFiles notes every object of a person who goes. It needs no key.
func (g *Gate) dropFiles(ctx context.Context, c *Change, sid int64, b *body) error {
	note := func(x *cell) {
		if x.isFile() {
			c.Put = append(c.Put, fileRecord(c.Policy, x.file, b.slot, time.Unix(0, 0)))
		}
	}
	for i := range b.cells {
		note(&b.cells[i])
	}
	t := &turn{ctx: ctx, gate: g, who: &person{row: Row{SID: sid}, body: *b}}
	for i := range b.series {
		err := t.eachItem(b.series[i].datum, func(_ Record, x *cell) error { note(x); return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepFiles deletes the objects that nothing names any more.
func (g *Gate) sweepFiles(ctx context.Context, s *served, total *Swept) error {
	if s.files == nil {
		return nil
	}
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, fileKind(s.id), after, scanPage)
		if err != nil {
			return internal("left-over files could not be listed", err)
		}
		n, err := g.clearFiles(ctx, s, recs)
		total.Files += n
		if err != nil || len(recs) < scanPage {
			return err
		}
		after = recs[len(recs)-1].Key
	}
}

// clearFiles deletes the objects of those notes whose time has come.
func (g *Gate) clearFiles(ctx context.Context, s *served, recs []Record) (int, error) {
	c := Change{Policy: s.id}
	for _, rec := range recs {
		r := reader{b: rec.Body}
		ref, from := blob.Ref{SID: r.uint()}, r.time()
		if rec.Kind != fileKind(s.id) || len(rec.Key) != len(ref.ID) || r.done() != nil || s.files == nil || g.Now().Before(from) {
			continue
		}
		copy(ref.ID[:], rec.Key)
		if err := s.files.Delete(ctx, ref); err != nil {
			return 0, internal("a left-over file could not be deleted", err)
		}
		c.Delete = append(c.Delete, rec)
	}
	if len(c.Delete) == 0 {
		return 0, nil
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return 0, internal("the deletion of files could not be noted", err)
	}
	return len(c.Delete), nil
}
