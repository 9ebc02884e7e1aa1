package httpapi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/strict"
	"github.com/danielgtaylor/huma/v2"
)

// A file travels as it is and in no JSON: in as the second part of a form, whose
// first part says in JSON what it is, and out as the body of the answer. Neither is
// in memory as a whole, save where the policy has a form applied to it.

// CollectingFile is the first part of the body of collect-file.
type CollectingFile struct {
	Somebody
	Datum      string      `json:"datum" minLength:"1" maxLength:"64" doc:"A kind of data of the policy, of type file." example:"photo"`
	Purpose    string      `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"manage-account"`
	Point      string      `json:"point" minLength:"1" maxLength:"64" doc:"Where the data enters, a collection point of the policy." example:"sign-up"`
	Feature    string      `json:"feature,omitempty" maxLength:"64" doc:"The function that needs the data." example:"account"`
	Source     string      `json:"source,omitempty" maxLength:"64" doc:"Where the data comes from: person, device, or a source of the policy." example:"person"`
	Region     string      `json:"region,omitempty" maxLength:"16" doc:"Where the data will be stored, an ISO 3166 code." example:"CN"`
	Ground     string      `json:"ground,omitempty" maxLength:"64" doc:"Exemption or legal ground."`
	Provenance *Provenance `json:"provenance,omitempty" doc:"What supports the request."`
	Agree      *Saying     `json:"agree,omitempty" doc:"What the person says in the same gesture. It counts for this request."`
	Token      string      `json:"token,omitempty" maxLength:"64" doc:"An unused event token, for data that the person agrees to send once."`
	Device     *Device     `json:"device,omitempty" doc:"What only the app can know of the device that sends the data. What is not said counts against the request."`
	Selection  string      `json:"selection,omitempty" maxLength:"64" doc:"Id of what the person picked, where only that may be taken in. Needs sha256."`
	SHA256     string      `json:"sha256,omitempty" maxLength:"64" doc:"SHA-256 of the content, 64 hex digits. Other content is refused. Needed with an Idempotency-Key, so that a repetition is known to be one." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// OpeningFile is the body of open-file.
type OpeningFile struct {
	Somebody
	Datum     string `json:"datum" minLength:"1" maxLength:"64" doc:"The kind of data that the file is." example:"photo"`
	File      string `json:"file" minLength:"1" maxLength:"64" doc:"Id of the file, as use and copy tell it." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
	Verb      string `json:"verb,omitempty" enum:"use,share,entrust,transfer,disclose,publish" doc:"What it is opened for; use if left out. The others need a recipient." example:"use"`
	Recipient string `json:"recipient,omitempty" maxLength:"64" doc:"Who receives it, a recipient of the policy."`
	Purpose   string `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"manage-account"`
	Role      string `json:"role,omitempty" maxLength:"64" doc:"Who uses it, a role of the policy." example:"desk"`
	Feature   string `json:"feature,omitempty" maxLength:"64" doc:"The function that needs the data." example:"account"`
	Region    string `json:"region,omitempty" maxLength:"16" doc:"Where the data goes, an ISO 3166 code." example:"CN"`
	Ground    string `json:"ground,omitempty" maxLength:"64" doc:"Exemption or legal ground."`
}

// CopyingFile is the body of copy-file.
type CopyingFile struct {
	Somebody
	Looking
	Datum string `json:"datum" minLength:"1" maxLength:"64" doc:"The kind of data that the file is." example:"photo"`
	File  string `json:"file" minLength:"1" maxLength:"64" doc:"Id of the file, as access and copy tell it." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
}

// File says which file is held.
type File struct {
	Datum       string `json:"datum" example:"photo"`
	File        string `json:"file" doc:"Id by which the file is opened. It says nothing about whose it is." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
	ContentType string `json:"content_type,omitempty" doc:"As the sender called it." example:"image/png"`
	Size        int64  `json:"size" doc:"Bytes, as it is kept." example:"20480"`
}

func fileOf(f *gate.File) *File {
	if f == nil {
		return nil
	}
	return &File{string(f.Datum), f.ID, f.ContentType, f.Size}
}

func filesOf(list []gate.File) []File {
	var out []File
	for i := range list {
		out = append(out, *fileOf(&list[i]))
	}
	return out
}

func (d *Door) addFiles() error {
	for _, add := range []func() error{d.addCollectFile, d.addOpenFile, d.addCopyFile} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addCollectFile() error {
	plan, err := strict.Compile[CollectingFile]()
	if err != nil {
		return err
	}
	op := operation{
		id: "collect-file", method: http.MethodPost, path: "/v1/{policy}/files", tag: "Data in", scopes: auth.App, once: true, verb: avow.Collect, upload: true,
		summary: "Take a file in",
		doc: "The body is a form (multipart/form-data) of two parts in this order: request, in JSON, and content, the file itself with its own Content-Type. " +
			"The content streams through, up to the maximum that the policy sets for the datum. It is taken in whole or not at all.",
		example: `{"subject":"user-1024","datum":"photo","purpose":"manage-account","point":"sign-up","feature":"account","source":"person"}`,
	}
	d.add(op, reflect.TypeFor[CollectingFile](), reflect.TypeFor[Answer](), func(w http.ResponseWriter, r *http.Request) {
		out, err := d.takeFile(w, r, &op, plan)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		d.answer(w, r, out)
	})
	return nil
}

// takeFile reads a form and hands the file on as it comes.
func (d *Door) takeFile(w http.ResponseWriter, r *http.Request, op *operation, plan *strict.Plan[CollectingFile]) (Answer, error) {
	c, err := d.admit(r, op)
	if err != nil {
		return Answer{}, err
	}
	defer d.unhurried(w)()
	form, err := r.MultipartReader()
	if err != nil || r.Header.Get("Content-Encoding") != "" {
		return Answer{}, &httpError{http.StatusUnsupportedMediaType, avow.Error{Code: avow.Invalid, Message: "the body is not declared as a form with parts",
			Try: "send Content-Type: multipart/form-data with a boundary, and no Content-Encoding"}}
	}
	var in CollectingFile
	if err := d.firstPart(c, op, form, plan, &in); err != nil {
		return Answer{}, err
	}
	content, err := nextPart(form, "content")
	if err != nil {
		return Answer{}, err
	}
	collecting, err := in.gate(c, content)
	if err != nil {
		return Answer{}, err
	}
	receipt, err := c.gate.CollectFile(c, collecting)
	d.count(c, op, Answer{receiptOf(receipt)}, err)
	if c.replay != nil && c.replay.Done() {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	// Who is answered before the end of what they send may not be listening yet.
	_, _ = io.CopyN(io.Discard, content, drained)
	return done(c, receipt, err, []avow.Datum{collecting.Datum})
}

// drained is how much of a file that is not wanted is read all the same.
const drained = 4 << 20

// unhurried gives a file more time than other bodies have. The caller calls stop when
// it is through.
func (d *Door) unhurried(w http.ResponseWriter) (stop func()) {
	control := http.NewResponseController(w)
	set := func(at time.Time) {
		// A writer without deadlines, as in a test, has none to be moved.
		_ = control.SetReadDeadline(at)
		_ = control.SetWriteDeadline(at)
	}
	set(time.Time{})
	over := time.AfterFunc(d.cfg.Limits.File, func() { set(time.Unix(1, 0)) })
	return func() { over.Stop() }
}

// firstPart reads what a form says about its file.
func (d *Door) firstPart(c *call, op *operation, form *multipart.Reader, plan *strict.Plan[CollectingFile], in *CollectingFile) error {
	part, err := nextPart(form, "request")
	if err != nil {
		return err
	}
	if t := part.Header.Get("Content-Type"); t != "" && !isJSON(t) {
		return &httpError{http.StatusUnsupportedMediaType, avow.Error{Code: avow.Invalid, Message: "the first part is not JSON", Try: "send it as application/json"}}
	}
	raw, err := io.ReadAll(io.LimitReader(part, d.cfg.Limits.Body+1))
	defer clear(raw)
	switch {
	case err != nil:
		return errForm(err)
	case int64(len(raw)) > d.cfg.Limits.Body:
		return &avow.Error{Code: avow.TooLarge, Message: "the first part is over the limit", Try: "put the file in the second part"}
	}
	if err := plan.Decode(raw, in); err != nil {
		return err
	}
	if in.SHA256 == "" && (in.Selection != "" || c.r.Header.Get("Idempotency-Key") != "") {
		return &strict.Fault{Where: "sha256", What: "is missing", Try: "send the SHA-256 of the content with a selection or an Idempotency-Key"}
	}
	return d.identify(c, op, raw)
}

func nextPart(form *multipart.Reader, name string) (*multipart.Part, error) {
	part, err := form.NextRawPart()
	if err != nil {
		return nil, errForm(err)
	}
	if part.FormName() != name || part.Header.Get("Content-Transfer-Encoding") != "" {
		return nil, &httpError{http.StatusBadRequest, avow.Error{Code: avow.Invalid, Message: "the form has other parts than it should",
			Try: "send two parts as they are, request and then content"}}
	}
	return part, nil
}

// errForm is the error for a form that cannot be read. It quotes nothing of it.
func errForm(err error) error {
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return &avow.Error{Code: avow.TooLarge, Message: "the form is over the limit", Try: "send less at a time"}
	}
	return &httpError{http.StatusBadRequest, avow.Error{Code: avow.Invalid, Message: "the form is malformed or ends too early", Try: "send the request again"}}
}

func (in *CollectingFile) gate(c *call, content *multipart.Part) (*gate.CollectingFile, error) {
	agreement, err := in.Agree.gate()
	if err != nil {
		return nil, err
	}
	out := &gate.CollectingFile{
		Request: avow.Request{Policy: c.policy, Subject: in.ref(), Purpose: avow.Purpose(in.Purpose), Point: avow.Point(in.Point), Feature: avow.Feature(in.Feature),
			Source: avow.Source(in.Source), Region: avow.Region(in.Region), Ground: in.Ground, Shown: in.Provenance.avow()},
		Datum: avow.Datum(in.Datum), Content: content, ContentType: mediaType(content.Header.Get("Content-Type")), Agree: agreement, Token: in.Token,
		Device: in.Device.gate(), Selection: in.Selection,
	}
	if in.SHA256 == "" {
		return out, nil
	}
	if n, err := hex.Decode(out.SHA256[:], []byte(strings.ToLower(in.SHA256))); err != nil || n != len(out.SHA256) || len(in.SHA256) != 2*len(out.SHA256) {
		return nil, &strict.Fault{Where: "sha256", What: "is no SHA-256", Try: "send 64 hex digits"}
	}
	return out, nil
}

// mediaType is a content type without its parameters, "" if it is none.
func mediaType(s string) string {
	media, _, err := mime.ParseMediaType(s)
	if err != nil || len(media) > 255 {
		return ""
	}
	return media
}

func (d *Door) addOpenFile() error {
	return download(d, operation{
		id: "open-file", path: "/v1/{policy}/files/open", tag: "Data out", scopes: auth.App, verb: avow.Use,
		summary: "Read a file for a purpose, or for a recipient",
		doc:     "Answers with the bytes of the file, after the evidence of it is recorded. The receipt stands in the header Avow-Receipt, and what the sender called the content in Avow-Content-Type.",
		example: `{"subject":"user-1024","datum":"photo","file":"0a8f1c2d3e4f5061728394a5b6c7d8e9","purpose":"manage-account","role":"desk"}`,
	}, func(c *call, in *OpeningFile) (*gate.Opened, string, error) {
		o, err := c.gate.OpenFile(c, &avow.Request{Policy: c.policy, Subject: in.ref(), Verb: verbs[in.Verb], Recipient: avow.Recipient(in.Recipient), Data: []avow.Datum{avow.Datum(in.Datum)},
			Purpose: avow.Purpose(in.Purpose), Role: avow.Role(in.Role), Feature: avow.Feature(in.Feature), Region: avow.Region(in.Region), Ground: in.Ground}, in.File)
		return o, in.Datum, err
	})
}

// verbs are those that a file is opened by.
var verbs = map[string]avow.Verb{"": avow.Use, "use": avow.Use, "share": avow.Share, "entrust": avow.Entrust, "transfer": avow.Transfer,
	"disclose": avow.Disclose, "publish": avow.Publish}

func (d *Door) addCopyFile() error {
	return download(d, operation{
		id: "copy-file", path: "/v1/{policy}/files/copy", tag: "People's rights", scopes: desk,
		summary: "Give a person a file of theirs",
		doc: "Answers with the bytes of a file that access or copy has named. It asks for no basis and cannot be refused. The receipt stands in the header Avow-Receipt. " +
			"Whoever calls it must have made sure who is asking.",
		example: `{"subject":"user-1024","datum":"photo","file":"0a8f1c2d3e4f5061728394a5b6c7d8e9",` + dueReason + `}`,
	}, func(c *call, in *CopyingFile) (*gate.Opened, string, error) {
		file := c.gate.CopyFile
		if !c.actsForPerson() {
			who, err := c.onlooker(&in.Looking)
			if err != nil {
				return nil, in.Datum, err
			}
			file = who.CopyFile
		}
		o, err := file(c, c.policy, in.ref(), avow.Datum(in.Datum), in.File)
		return o, in.Datum, err
	})
}

// download adds an operation that answers with the bytes of a file.
func download[I any](d *Door, op operation, open func(*call, *I) (*gate.Opened, string, error)) error {
	plan, err := strict.Compile[I]()
	if err != nil {
		return err
	}
	op.method, op.media = http.MethodPost, "application/octet-stream"
	d.add(op, reflect.TypeFor[I](), nil, func(w http.ResponseWriter, r *http.Request) {
		c, err := d.admit(r, &op)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		b, err := d.read(w, r)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		defer d.give(b)
		var in I
		if err := plan.Decode(b.Bytes(), &in); err != nil {
			d.fail(w, r, err)
			return
		}
		o, datum, err := open(c, &in)
		var seen Answer
		if err == nil {
			seen.Receipt = receiptOf(o.Receipt)
		}
		d.count(c, &op, seen, err)
		if err != nil {
			d.fail(w, r, named(c, err, []avow.Datum{avow.Datum(datum)}))
			return
		}
		defer func() { _ = o.Close() }() // what was read of it is sent
		defer d.unhurried(w)()
		d.sendFile(w, o)
	})
	return nil
}

// sendFile writes the bytes of a file as an answer that no browser shows: what
// somebody has sent may be a page.
func (d *Door) sendFile(w http.ResponseWriter, o *gate.Opened) {
	receipt, err := json.Marshal(receiptOf(o.Receipt))
	if err != nil { // a receipt holds nothing that has no JSON form
		panic("receipt: " + err.Error())
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Length", strconv.FormatInt(o.File.Size, 10))
	h.Set("Avow-Receipt", string(receipt))
	h.Set("Avow-Content-Type", o.File.ContentType)
	if n, err := io.CopyN(w, o, o.File.Size); err != nil || n != o.File.Size {
		d.meter.unsent.Inc()
		panic(http.ErrAbortHandler) // half a file must not pass for a whole one
	}
}

// form describes the body of an upload.
func (rt *route) form(content *huma.MediaType) map[string]*huma.MediaType {
	parts := &huma.Schema{Type: huma.TypeObject, Required: []string{"request", "content"}, Properties: map[string]*huma.Schema{
		"request": content.Schema, "content": {Type: huma.TypeString, Format: "binary", Description: "The file itself."}}}
	parts.PrecomputeMessages()
	return map[string]*huma.MediaType{"multipart/form-data": {Schema: parts, Example: map[string]any{"request": content.Example},
		Encoding: map[string]*huma.Encoding{"request": {ContentType: "application/json"}, "content": {ContentType: "*/*"}}}}
}
