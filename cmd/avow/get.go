package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"avow.dev/httpapi"
)

type getCommand struct {
	doorFlags
	Datum   string `required:"" placeholder:"ID" help:"What it is: a kind of data of the policy, of type file."`
	Purpose string `required:"" placeholder:"ID" help:"Why, a purpose of the policy."`
	Role    string `placeholder:"ID" help:"Who uses it, a role of the policy."`
	Feature string `placeholder:"ID" help:"The function that needs it."`
	Region  string `placeholder:"CODE" help:"Where it goes, an ISO 3166 code."`
	Ground  string `placeholder:"ID" help:"Exemption or legal ground."`
	File    string `placeholder:"ID" help:"Which one, if there are several; without it they are looked up first."`
	List    bool   `help:"List what there is, and open nothing."`
	Out     string `short:"o" placeholder:"FILE" help:"Where to write it; - for standard output. A file that is there is not overwritten."`
	JSON    bool   `help:"Write the receipt, or the list, as JSON."`
}

func (*getCommand) examples() []string {
	return []string{
		"avow get -o photo.png --url https://privacy.example --token-file shop.token --policy airtalk --subject user-1024 --datum photo --purpose chat-with-others --role chat-service --feature chat",
		"avow get --list --url https://privacy.example --policy airtalk --subject user-1024 --datum photo --purpose chat-with-others --role chat-service --feature chat",
	}
}

// shownFile is a file that was read.
type shownFile struct {
	httpapi.File
	Receipt httpapi.Receipt `json:"receipt"`
}

// Run reads a file of a running server for a purpose, as the application does: both
// looking and opening are uses, which the policy decides on and the log keeps.
func (k *getCommand) Run(ctx context.Context, c *console) error {
	if !k.List && k.Out == "" {
		return usage("--out: name a file, or - for standard output")
	}
	if k.JSON && k.Out == "-" {
		return usage("--json and the file itself cannot both go to standard output")
	}
	d, err := k.open()
	if err != nil {
		return err
	}
	if k.List || k.File == "" {
		files, err := k.look(ctx, d)
		if err != nil {
			return err
		}
		if k.List {
			return k.show(c, files)
		}
		if k.File, err = only(files); err != nil {
			return err
		}
	}
	got, err := k.fetch(ctx, c, d)
	if err != nil || k.Out == "-" {
		return err
	}
	if k.JSON {
		return writeJSON(c, got)
	}
	_, err = fmt.Fprintf(c.out, "%s: %d bytes; evidence: leaf %s of %s\n", k.Out, got.Size, got.Receipt.Leaf, got.Receipt.Policy)
	return err
}

// look asks which files there are.
func (k *getCommand) look(ctx context.Context, d *door) ([]httpapi.File, error) {
	in := httpapi.Asking{Subject: k.Subject, Data: []string{k.Datum}, Purpose: k.Purpose, Role: k.Role, Feature: k.Feature, Region: k.Region, Ground: k.Ground}
	var out httpapi.Handed
	err := d.ask(ctx, "use", &in, &out)
	return out.Files, err
}

func (k *getCommand) show(c *console, files []httpapi.File) error {
	if k.JSON {
		return writeJSON(c, append([]httpapi.File{}, files...))
	}
	for i := range files {
		if _, err := fmt.Fprintf(c.out, "%s  %s  %d  %s\n", files[i].File, files[i].Datum, files[i].Size, files[i].ContentType); err != nil {
			return err
		}
	}
	return nil
}

func only(files []httpapi.File) (string, error) {
	switch len(files) {
	case 0:
		return "", failed(errors.New("no such file is held of this person"))
	case 1:
		return files[0].File, nil
	}
	return "", usage("there are %d such files; name one by --file, or see them with --list", len(files))
}

// fetch writes the file where it belongs. Nothing is left of one that ends too early.
func (k *getCommand) fetch(ctx context.Context, c *console, d *door) (*shownFile, error) {
	raw, err := json.Marshal(&httpapi.OpeningFile{Somebody: httpapi.Somebody{Subject: k.Subject}, Datum: k.Datum, File: k.File, Purpose: k.Purpose, Role: k.Role, Feature: k.Feature, Region: k.Region, Ground: k.Ground})
	if err != nil {
		return nil, err
	}
	if k.Out == "-" {
		return k.receive(ctx, c, d, raw, c.out)
	}
	if _, err := os.Lstat(k.Out); err == nil { // said before anything is opened, which would leave evidence
		return nil, usage("--out: %s is there already", k.Out)
	}
	f, err := os.CreateTemp(filepath.Dir(k.Out), "."+filepath.Base(k.Out)+"-*")
	if err != nil {
		return nil, err
	}
	got, err := k.receive(ctx, c, d, raw, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), k.Out)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return got, nil
}

func (k *getCommand) receive(ctx context.Context, c *console, d *door, request []byte, to io.Writer) (*shownFile, error) {
	res, err := d.send(ctx, "files/open", "application/json", bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	b := c.progress("receiving")
	n, err := io.Copy(to, &watched{res.Body, b, 0, res.ContentLength})
	b.end()
	if err = errors.Join(err, res.Body.Close()); err == nil && n != res.ContentLength {
		err = fmt.Errorf("%d of %d bytes came", n, res.ContentLength)
	}
	if err != nil {
		return nil, err
	}
	got := &shownFile{File: httpapi.File{Datum: k.Datum, File: k.File, ContentType: res.Header.Get("Avow-Content-Type"), Size: n}}
	if err := json.Unmarshal([]byte(res.Header.Get("Avow-Receipt")), &got.Receipt); err != nil {
		return nil, fmt.Errorf("the answer has no receipt: %w", err)
	}
	return got, nil
}
