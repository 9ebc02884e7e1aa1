package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"os"
	"path/filepath"

	"avow.dev/httpapi"
)

type putCommand struct {
	doorFlags
	File    string `arg:"" help:"The file; - for standard input."`
	Datum   string `required:"" placeholder:"ID" help:"What it is: a kind of data of the policy, of type file."`
	Purpose string `required:"" placeholder:"ID" help:"Why, a purpose of the policy."`
	Point   string `required:"" placeholder:"ID" help:"Where it enters, a collection point of the policy."`
	Feature string `placeholder:"ID" help:"The function that needs it."`
	Source  string `default:"person" placeholder:"ID" help:"Where it comes from: person, device, or a source of the policy."`
	Region  string `placeholder:"CODE" help:"Where it will be stored, an ISO 3166 code."`
	Ground  string `placeholder:"ID" help:"Exemption or legal ground."`
	Select  string `name:"selection" placeholder:"ID" help:"Id of what the person picked, where only that may be taken in."`
	Type    string `placeholder:"TYPE" help:"Its content type, such as image/png; by the name's ending if left out."`
	JSON    bool   `help:"Write the receipt as JSON."`
}

func (*putCommand) examples() []string {
	return []string{
		"avow put photo.png --url https://privacy.example --token-file shop.token --policy airtalk --subject user-1024 --datum photo --purpose chat-with-others --point at-chat --feature chat --selection 5b1f",
		"camera | avow put - --url http://127.0.0.1:8080 --policy airtalk --subject user-1024 --datum photo --purpose chat-with-others --point at-chat --feature chat --selection 5b1f --type image/jpeg",
	}
}

// Run sends a file to a running server, as the application does. It is taken in whole or
// not at all.
func (k *putCommand) Run(ctx context.Context, c *console) error {
	d, err := k.open()
	if err != nil {
		return err
	}
	in := httpapi.CollectingFile{Somebody: httpapi.Somebody{Subject: k.Subject}, Datum: k.Datum, Purpose: k.Purpose, Point: k.Point, Feature: k.Feature, Source: k.Source, Region: k.Region, Ground: k.Ground, Selection: k.Select}
	content, size, err := k.content(c, &in)
	if err != nil {
		return err
	}
	b := c.progress("sending")
	a, err := d.put(ctx, &in, k.kind(), &watched{content, b, 0, size})
	b.end()
	if err := errors.Join(err, content.Close()); err != nil {
		return err
	}
	if k.JSON {
		return writeJSON(c, a)
	}
	_, err = fmt.Fprintf(c.out, "taken in; evidence: leaf %s of %s\n", a.Receipt.Leaf, a.Receipt.Policy)
	return err
}

func (k *putCommand) kind() string {
	switch {
	case k.Type != "":
		return k.Type
	case mime.TypeByExtension(filepath.Ext(k.File)) != "":
		return mime.TypeByExtension(filepath.Ext(k.File))
	}
	return "application/octet-stream"
}

// content opens the file. Of one that can be read twice the door is told what it will
// be, and takes nothing else.
func (k *putCommand) content(c *console, in *httpapi.CollectingFile) (io.ReadCloser, int64, error) {
	if k.File == "-" {
		return io.NopCloser(c.in), -1, nil
	}
	f, err := os.Open(k.File)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() { // a pipe is read once
		return f, -1, err
	}
	sum := sha256.New()
	b := c.progress("reading")
	_, err = io.Copy(sum, &watched{f, b, 0, info.Size()})
	b.end()
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	in.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, info.Size(), nil
}

// put sends a file as it comes.
func (d *door) put(ctx context.Context, in *httpapi.CollectingFile, kind string, content io.Reader) (*httpapi.Answer, error) {
	request, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	from, to := io.Pipe()
	form := multipart.NewWriter(to)
	written := make(chan struct{})
	go func() {
		defer close(written)
		err := writeParts(form, request, kind, content)
		_ = to.CloseWithError(err) // it never fails
	}()
	res, err := d.send(ctx, "files", form.FormDataContentType(), from)
	// A door that answered early reads no more, and nobody is to wait for it.
	_ = from.Close()
	<-written
	if err != nil {
		return nil, err
	}
	a := new(httpapi.Answer)
	return a, readAnswer(res, a)
}

func writeParts(form *multipart.Writer, request []byte, kind string, content io.Reader) error {
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="request"`}, "Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	if _, err := part.Write(request); err != nil {
		return err
	}
	// The file's own name may say who somebody is, and is not sent.
	part, err = form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="content"; filename="content"`}, "Content-Type": {kind}})
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, content); err != nil {
		return err
	}
	return form.Close()
}

// watched tells a bar how much was read.
type watched struct {
	io.Reader
	bar        *bar
	read, size int64 // size is -1 if nobody knows it
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += int64(n)
	w.bar.step64(w.read, w.size)
	return n, err
}
