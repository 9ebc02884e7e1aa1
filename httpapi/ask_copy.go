package httpapi

import (
	"encoding/hex"
	"errors"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Previewing is the body of requests/copy/preview.
type Previewing struct {
	Opening
	Values bool `json:"values,omitempty" doc:"Show the values too. Only to a role that may reveal them."`
}

// AgreeingToCopy is the body of requests/copy/approve.
type AgreeingToCopy struct {
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
	Digest  string `json:"digest" minLength:"64" maxLength:"64" doc:"The digest of what was seen." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// CopyFile is one file of what would go out.
type CopyFile struct {
	Name string `json:"name" example:"data.json"`
	Size int64  `json:"size"`
}

// CopyDatum is how much of a kind of data would go out.
type CopyDatum struct {
	Datum    string `json:"datum" example:"email"`
	Values   int64  `json:"values,omitempty"`
	Files    int64  `json:"files,omitempty"`
	Withheld int64  `json:"withheld,omitempty" doc:"It is said that they are held, and they are not shown."`
	Bytes    int64  `json:"bytes"`
}

// CopyPreview is what would go out for a request for a copy.
type CopyPreview struct {
	Receipt  Receipt     `json:"receipt"`
	Name     string      `json:"name"`
	Size     int64       `json:"size"`
	Digest   string      `json:"digest" doc:"SHA-256 of the archive. An approval and the answer name it."`
	Files    []CopyFile  `json:"files" nullable:"false"`
	Data     []CopyDatum `json:"data" nullable:"false"`
	Wanted   int64       `json:"approvals_wanted" doc:"How many people have to agree, the one who put it forward included."`
	Approved []string    `json:"approved" nullable:"false" doc:"Who put it forward, and who agreed to it as it stands."`
	Ready    bool        `json:"ready" doc:"Enough people agree."`
	Items    []Datum     `json:"items,omitempty" nullable:"false" doc:"The values, if they were asked for."`
}

func previewOf(p *gate.Parcel, r avow.Receipt) CopyPreview {
	out := CopyPreview{Receipt: receiptOf(r), Name: p.Name, Size: p.Size, Digest: hex.EncodeToString(p.SHA256[:]), Files: []CopyFile{}, Data: []CopyDatum{}, Wanted: int64(p.Wanted), Approved: peopleOf(&p.Proposal), Ready: p.Ready()}
	for _, f := range p.Files {
		out.Files = append(out.Files, CopyFile{f.Name, f.Size})
	}
	for _, d := range p.Data {
		out.Data = append(out.Data, CopyDatum{string(d.Datum), int64(d.Values), int64(d.Files), int64(d.Withheld), d.Bytes})
	}
	return out
}

func (d *Door) addReviewedCopies() error {
	return errors.Join(post(d, operation{
		id: "preview-copy", path: "/v1/{policy}/requests/copy/preview", tag: "Requests", scopes: auth.Officer,
		summary: "See exactly what would go out for a request for a copy",
		doc:     "For a right to access or a copy that the policy has reviewed. Leaves evidence that somebody looked, and why, and puts what they saw forward. If what is held has changed since, approvals of before are void.",
		example: `{` + askID + `,` + dueReason + `}`,
	}, func(c *call, in *Previewing) (CopyPreview, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return CopyPreview{}, err
		}
		if in.Values && !c.reveals() {
			return CopyPreview{}, &avow.Error{Code: avow.Forbidden, Message: "this role does not see values", Try: "leave values out"}
		}
		if look != nil {
			look.Masked = !in.Values
		}
		p, items, r, err := c.gate.PreviewCopy(c, c.policy, in.Request, in.by(c), look)
		if err != nil {
			return CopyPreview{}, named(c, err, []avow.Datum(nil))
		}
		defer wipeItems(items)
		out := previewOf(p, r)
		if in.Values {
			out.Items = show(items)
		}
		return out, nil
	}), post(d, operation{
		id: "approve-copy", path: "/v1/{policy}/requests/copy/approve", tag: "Requests", scopes: auth.Officer,
		summary: "Agree to exactly what would go out for a request for a copy",
		doc:     "By somebody else than who put it forward. It is refused if what is held has changed since it was seen.",
		example: `{` + askID + `,"digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`,
	}, func(c *call, in *AgreeingToCopy) (CopyPreview, error) {
		what, err := digestOf(in.Digest)
		if err != nil {
			return CopyPreview{}, err
		}
		p, r, err := c.gate.ApproveCopy(c, c.policy, in.Request, c.officer(""), what)
		if err != nil {
			return CopyPreview{}, named(c, err, []avow.Datum(nil))
		}
		return previewOf(p, r), nil
	}))
}
