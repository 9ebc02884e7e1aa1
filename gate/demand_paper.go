package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault/blob"
)

// Paper is a document of a demand. It is sealed as it came and never looked into:
// nothing here unpacks, renders or parses it.
type Paper struct {
	ID          string    `json:"id"`
	SHA256      [32]byte  `json:"sha256"` // of the content; it stands in the evidence
	ContentType string    `json:"content_type"`
	Size        int64     `json:"size"`
	At          time.Time `json:"at"`
}

// Limits of the documents of one demand.
const (
	PaperMax   = 16 << 20 // bytes
	mostPapers = 32
)

// AddPaper attaches a document to a demand, also to one that was released in an
// emergency and whose paper comes afterwards.
func (g *Gate) AddPaper(ctx context.Context, id avow.PolicyID, matter string, by Officer, contentType string, content io.Reader) (Demand, avow.Receipt, error) {
	if content == nil || contentType == "" || len(contentType) > 255 {
		return Demand{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "there is no content, or no type of it", Try: "send the content and a short media type"}
	}
	var up upload
	hash := sha256.New()
	content = io.TeeReader(content, hash)
	add := func(t *turn, m *Demand) error {
		if t.files == nil {
			return errNoFiles()
		}
		if len(m.Body.Papers) >= mostPapers {
			return &avow.Error{Code: avow.Conflict, Message: "the demand has too many documents", Try: "put them into one"}
		}
		if err := t.sendPaper(&up, content); err != nil {
			return err
		}
		p := Paper{ID: up.ref.ID.String(), ContentType: contentType, Size: up.size, At: t.now}
		hash.Sum(p.SHA256[:0])
		m.Body.Papers = append(m.Body.Papers, p)
		m.Body.PaperDue = time.Time{}
		m.Due = m.Body.next()
		t.change.Delete = append(t.change.Delete, fileRecord(t.id, up.ref.ID, up.ref.SID, up.until))
		t.noteDemand(evidence.DemandStep, &m.Body, func(l *evidence.Leaf) { l.Detail = p.SHA256 })
		return nil
	}
	if m, err := demands.read(ctx, g, id, matter); err == nil && m.State == "released" {
		return demands.step(ctx, g, id, matter, by, "documented", add)
	}
	return g.stepDemand(ctx, id, matter, by, "documented", add)
}

// sendPaper writes the document, unless an earlier attempt of the turn has.
func (t *turn) sendPaper(up *upload, content io.Reader) error {
	if up.sent {
		return nil
	}
	if err := t.stream(up, io.LimitReader(content, PaperMax+1), PaperMax, always); err != nil {
		return err
	}
	if !up.fit {
		return &avow.Error{Code: avow.TooLarge, Message: "the document is empty, or larger than 16 MiB", Try: "send a smaller scan"}
	}
	up.sent = true
	return nil
}

// ReadPaper opens a document of a demand, with evidence that somebody did, and why.
func (g *Gate) ReadPaper(ctx context.Context, id avow.PolicyID, matter, paper string, by Officer, o *Look) (Paper, []byte, error) {
	if err := o.check(); err != nil {
		return Paper{}, nil, err
	}
	var found Paper
	var raw []byte
	_, _, err := demands.step(ctx, g, id, matter, by, "read a document", func(t *turn, m *Demand) error {
		clear(raw)
		raw = nil
		for _, p := range m.Body.Papers {
			if p.ID == paper {
				found = p
			}
		}
		if found.ID == "" {
			return errNoMatter()
		}
		leaf, err := t.file(by, o, opensDocument, matter, 0)
		if err != nil {
			return err
		}
		t.noteDemand(evidence.DemandStep, &m.Body, func(l *evidence.Leaf) { l.Detail, l.Why, l.Done = found.SHA256, o.Why, leaf })
		raw, err = t.openPaper(&found)
		return err
	})
	if err != nil {
		clear(raw)
		return Paper{}, nil, err
	}
	return found, raw, nil
}

func (t *turn) openPaper(p *Paper) ([]byte, error) {
	if t.files == nil {
		return nil, errNoFiles()
	}
	var file blob.ID
	number, err := hex.DecodeString(p.ID)
	if err != nil || copy(file[:], number) != len(number) {
		return nil, internal("a document's number is malformed", errBody)
	}
	in, err := t.files.Open(t.ctx, blob.Ref{SID: t.who.body.slot, ID: file})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &avow.Error{Code: avow.Gone, Message: "the document is not there any more", Try: "look for it in a backup"}
	}
	if err != nil {
		return nil, internal("the document could not be opened", err)
	}
	var out bytes.Buffer
	_, err = io.Copy(&out, io.NewSectionReader(in, 0, in.Size()))
	if closed := in.Close(); err == nil {
		err = closed
	}
	if err == nil && sha256.Sum256(out.Bytes()) != p.SHA256 {
		err = errBody
	}
	if err != nil {
		return nil, internal("the document could not be read", err)
	}
	return out.Bytes(), nil
}
