package gate

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"avow.dev"
	"avow.dev/evidence"
)

// A copy that the policy has a person review goes out as it was seen: whoever works
// on the request sees what would go out, and its digest; as many people as the
// policy says agree to that digest; and what then waits for the person to fetch has
// it. It is made anew each time from what is held, so that a change in between
// makes another digest, for which nobody's yes holds.

// ReviewedLife is how long a reviewed copy waits for its person, who was not there
// when it was made.
const ReviewedLife = 14 * 24 * time.Hour

// Parcel is what would go out for a request for a copy.
type Parcel struct {
	Name   string // of the archive
	Media  string
	Size   int64
	SHA256 [32]byte // of the archive; it holds random bytes, and so tells nothing by itself
	Files  []ParcelFile
	Data   []ParcelDatum
	// Proposal is who put it forward and who has agreed; Wanted is how many people
	// have to, the first one included.
	Proposal Proposal
	Wanted   int
}

// ParcelFile is one file of the archive.
type ParcelFile struct {
	Name string
	Size int64
}

// ParcelDatum is what the archive holds of one kind of data.
type ParcelDatum struct {
	Datum    avow.Datum
	Values   int
	Files    int
	Withheld int // it is said that they are held, and they are not shown: passwords, what waits to be erased
	Bytes    int64
}

// review is what a request for a copy keeps of its parcel.
type review struct {
	Salt     [32]byte `json:"salt"`
	Proposal Proposal `json:"proposal,omitzero"`
}

// Ready reports whether enough people agree to the parcel as it stands.
func (p *Parcel) Ready() bool { return p.Proposal.approvedBy(p.Wanted-1, p.SHA256) }

// reviewed reports whether a request is for a copy that people look at first.
func (t *turn) reviewed(right string) bool {
	info, ok := t.program.Right(right)
	return ok && info.OnReview && (right == "copy" || right == "access")
}

// PreviewCopy shows what would go out for a request for a copy, to whoever opens the
// request for a reason, and puts it forward. The values come with it, masked unless
// they are asked for in full. Whoever looks again at what has not changed leaves the
// yes of others as it is.
func (g *Gate) PreviewCopy(ctx context.Context, id avow.PolicyID, request string, by Officer, o *Look) (*Parcel, []Item, avow.Receipt, error) {
	sid, err := g.whoseRequest(ctx, id, request)
	if err != nil {
		return nil, nil, avow.Receipt{}, err
	}
	says, err := g.opens(ctx, id, by, o, opensCopy, request, sid)
	if err != nil {
		return nil, nil, avow.Receipt{}, err
	}
	var p *Parcel
	var items []Item
	a, r, err := g.workOn(repeatable(ctx), id, request, func(t *turn, _ []byte, a *Ask) error {
		wipe(items)
		var content []byte
		var err error
		if p, items, content, err = t.parcel(a); err != nil {
			return err
		}
		clear(content)
		if a.review.Proposal.What != p.SHA256 {
			a.review.Proposal.propose(p.SHA256, by, t.now)
		}
		p.Proposal = a.review.Proposal
		t.note(evidence.AskRead, func(l *evidence.Leaf) {
			says(t, l)
			l.Detail = p.SHA256
		})
		return nil
	})
	a.wipe()
	if err != nil {
		wipe(items)
		return nil, nil, avow.Receipt{}, err
	}
	if o.Masked {
		for i := range items {
			items[i].Value.Wipe()
			items[i].Value = NewValue([]byte("•••"))
		}
	}
	return p, items, r, nil
}

// ApproveCopy is one person's yes to a copy, which they name by its digest. It is
// refused if what would go out now is anything else.
func (g *Gate) ApproveCopy(ctx context.Context, id avow.PolicyID, request string, by Officer, what [32]byte) (*Parcel, avow.Receipt, error) {
	if err := by.check(); err != nil {
		return nil, avow.Receipt{}, err
	}
	var p *Parcel
	a, r, err := g.workOn(ctx, id, request, func(t *turn, _ []byte, a *Ask) error {
		made, content, err := t.asSeen(a, what)
		clear(content)
		if err != nil {
			return err
		}
		if err := a.review.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		p, made.Proposal = made, a.review.Proposal
		t.note(evidence.CopyApproved, func(l *evidence.Leaf) {
			t.byRole(a.Right, by.Role)(l)
			l.Detail = what
		})
		return nil
	})
	a.wipe()
	return p, r, err
}

// asSeen makes the parcel and holds it to the digest that somebody names.
func (t *turn) asSeen(a *Ask, what [32]byte) (*Parcel, []byte, error) {
	p, items, content, err := t.parcel(a)
	wipe(items)
	if err != nil {
		return nil, nil, err
	}
	if p.SHA256 != what {
		clear(content)
		return nil, nil, &avow.Error{Code: avow.Conflict, Message: "what would go out is not what was seen: the data has changed since", Try: "look at it again, and agree to what stands"}
	}
	p.Proposal = a.review.Proposal
	return p, content, nil
}

// releaseCopy packs what enough people agreed to, and nothing else.
func (t *turn) releaseCopy(a *Ask, what [32]byte) error {
	p, content, err := t.asSeen(a, what)
	if err != nil {
		return err
	}
	defer clear(content)
	if !p.Ready() {
		return &avow.Error{Code: avow.Conflict, Message: fmt.Sprintf("the policy wants %d people to agree to the copy, and they have not", p.Wanted), Try: "have others look at it and agree"}
	}
	t.note(evidence.Copied, func(l *evidence.Leaf) {
		t.force.citing("right/" + a.Right)(l)
		l.Detail = what
	})
	_, err = t.pack(p.Name, p.Media, content, ReviewedLife)
	return err
}

// parcelEntry is one thing in the machine-readable part of a reviewed copy.
type parcelEntry struct {
	Datum    avow.Datum       `json:"datum"`
	Value    string           `json:"value,omitempty"`
	Base64   string           `json:"base64,omitempty"` // of what is no text
	File     string           `json:"file,omitempty"`   // its name in the archive
	Withheld bool             `json:"withheld,omitempty"`
	Source   avow.Source      `json:"source,omitempty"`
	Purposes []avow.Purpose   `json:"purposes,omitempty"`
	Rule     avow.RuleID      `json:"rule,omitempty"`
	Taken    time.Time        `json:"collected,omitzero"`
	Until    time.Time        `json:"kept_until,omitzero"`
	Public   []avow.Recipient `json:"public_to,omitempty"`
}

type parcelChoice struct {
	Choice avow.Choice `json:"choice"`
	State  string      `json:"state"`
	At     time.Time   `json:"at"`
}

// parcelText is data.json of a reviewed copy. Nothing in it changes by itself.
type parcelText struct {
	Policy  avow.PolicyID  `json:"policy"`
	Hash    avow.Hash      `json:"policy_hash"`
	Package string         `json:"package"` // random, so that the digest of the whole tells nothing
	Asked   time.Time      `json:"asked"`
	Subject string         `json:"subject"`
	Data    []parcelEntry  `json:"data"`
	Choices []parcelChoice `json:"choices"`
}

// parcel makes the archive that would go out, from what is held now.
func (t *turn) parcel(a *Ask) (*Parcel, []Item, []byte, error) {
	if !t.reviewed(a.Right) {
		return nil, nil, nil, &avow.Error{Code: avow.Conflict, Message: "this is no request for a copy that somebody reviews", Try: "answer it"}
	}
	if a.review.Salt == ([32]byte{}) {
		_, _ = rand.Read(a.review.Salt[:]) // documented never to return an error
	}
	held, err := t.copy(a.Data)
	if err != nil {
		if held != nil {
			held.wipe()
		}
		return nil, nil, nil, err
	}
	wipeAsks(held.Requests)
	info, _ := t.program.Right(a.Right)
	out := &Parcel{Name: string(t.id) + "-" + a.Received.Format(time.DateOnly) + ".zip", Media: "application/zip", Wanted: info.Approvals}
	text := parcelText{Policy: t.id, Hash: t.program.Hash(), Package: hex.EncodeToString(a.review.Salt[:]), Asked: a.Received, Subject: string(t.who.state.ref), Data: []parcelEntry{}, Choices: []parcelChoice{}}
	for i := range held.Held {
		text.Data = append(text.Data, entryOf(&held.Held[i], i))
	}
	for _, e := range held.Events {
		text.Choices = append(text.Choices, parcelChoice{e.Choice, e.State.String(), e.At})
	}
	var b bytes.Buffer
	if err = t.archive(&b, a, &text, held, out); err != nil {
		held.wipe()
		clear(b.Bytes())
		return nil, nil, nil, err
	}
	items := make([]Item, 0, len(held.Held))
	for i := range held.Held {
		h := &held.Held[i]
		out.count(h)
		if h.Value.Len() > 0 && !h.Hidden && !h.Secret {
			items = append(items, Item{h.Datum, h.Value})
		}
	}
	out.Size, out.SHA256 = int64(b.Len()), sha256.Sum256(b.Bytes())
	return out, items, b.Bytes(), nil
}

func entryOf(h *Held, i int) parcelEntry {
	e := parcelEntry{Datum: h.Datum, Withheld: h.Secret || h.Hidden, Source: h.Source, Purposes: h.Purposes, Rule: h.Rule, Taken: h.At, Until: h.Until, Public: h.Audience}
	switch raw := h.Value.Expose(); {
	case h.File != nil:
		e.File = fmt.Sprintf("files/%s-%d", h.Datum, i+1)
	case e.Withheld:
	case utf8.Valid(raw):
		e.Value = string(raw)
	default:
		e.Base64 = base64.StdEncoding.EncodeToString(raw)
	}
	return e
}

// archive writes the archive: every byte of it follows from what is held.
func (t *turn) archive(w *bytes.Buffer, a *Ask, text *parcelText, held *Copy, out *Parcel) error {
	z := zip.NewWriter(w)
	add := func(name string, in io.Reader) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.Received})
		if err != nil {
			return err
		}
		n, err := io.Copy(f, in)
		if out.Files = append(out.Files, ParcelFile{name, n}); w.Len() > mostPackage {
			return &avow.Error{Code: avow.TooLarge, Message: "the copy is larger than 64 MiB", Try: "answer with a copy of the application's own, or ask the person for which data they want it"}
		}
		return err
	}
	raw, err := json.MarshalIndent(text, "", "  ")
	if err != nil {
		return internal("the copy could not be written", err)
	}
	defer clear(raw)
	if err := add("data.json", bytes.NewReader(raw)); err != nil {
		return unlessSaid("the copy could not be written", err)
	}
	for i := range held.Held {
		if held.Held[i].File == nil {
			continue
		}
		o, err := t.openObject(held.Held[i].Datum, held.Held[i].File.ID, nil)
		if err != nil {
			return err
		}
		err = add(text.Data[i].File, o)
		o.drop()
		if err != nil {
			return unlessSaid("a file could not be put into the copy", err)
		}
	}
	if err := z.Close(); err != nil {
		return internal("the copy could not be written", err)
	}
	return nil
}

// unlessSaid makes an error that says nothing an internal one.
func unlessSaid(what string, err error) error {
	if avow.CodeOf(err) != avow.Internal {
		return err
	}
	return internal(what, err)
}

// count says how much of a kind of data is in the parcel.
func (p *Parcel) count(h *Held) {
	i := slices.IndexFunc(p.Data, func(d ParcelDatum) bool { return d.Datum == h.Datum })
	if i < 0 {
		i, p.Data = len(p.Data), append(p.Data, ParcelDatum{Datum: h.Datum})
	}
	d := &p.Data[i]
	switch {
	case h.Secret || h.Hidden:
		d.Withheld++
	case h.File != nil:
		d.Files++
		d.Bytes += h.File.Size
	default:
		d.Values++
		d.Bytes += int64(h.Value.Len())
	}
}

func (v *review) encode() []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("gate: a review is not JSON: " + err.Error()) // of plain fields; a test writes them all
	}
	return raw
}

func (v *review) decode(raw []byte) bool { return json.Unmarshal(raw, v) == nil }
