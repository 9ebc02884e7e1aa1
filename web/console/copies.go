package console

import (
	"encoding/hex"
	"slices"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// reviewed reports whether requests under a right are for a copy that people look at
// before it goes out.
func (v *visit) reviewed(right string) bool {
	info, ok := v.program.Right(right)
	return ok && info.OnReview && (right == "copy" || right == "access")
}

// previewing asks why somebody looks at what would go out.
func (v *visit) previewing(request string) form {
	f := v.opening("/requests/"+request+"/copy", gate.WhyRequest)
	f.Title, f.Lead, f.Button = v.t("copy.preview"), v.t("copy.preview-lead"), v.t("copy.preview-button")
	return f
}

// previewCopy shows exactly what would go out, with the values masked unless they
// were asked for, and what can be done with it.
func (v *visit) previewCopy() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	by, request := v.officer(), v.r.PathValue("matter")
	parcel, items, _, err := v.gate().PreviewCopy(v.r.Context(), v.id, request, by, look)
	if err != nil {
		return err
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("copy.title"), &html.Link{Text: v.t("nav.requests"), Href: v.at("/requests/" + request)}
	body := v.parcel(parcel)
	values := table{Title: v.t("copy.values"), Head: []string{v.t("head.datum"), v.t("copy.value")}, Empty: html.Empty{Title: v.t("copy.no-values")}}
	for i := range items {
		values.Rows = append(values.Rows, []cell{{Text: v.named("data", string(items[i].Datum))}, {Text: string(items[i].Value.Expose())}})
		items[i].Value.Wipe()
	}
	body.Lists = append(body.Lists, values)
	body.Forms = v.parcelForms(request, parcel, string(by.Role))
	return v.matter(p, body)
}

// parcel describes what would go out, and how far it is.
func (v *visit) parcel(p *gate.Parcel) matterBody {
	body := matterBody{Facts: []html.Line{{Name: v.t("copy.file"), Text: p.Name}, {Name: v.t("copy.size"), Text: v.tongue.Size(p.Size)}, {Name: v.t("copy.digest"), Text: hex.EncodeToString(p.SHA256[:])},
		{Name: v.t("copy.wanted"), Text: v.tongue.Number(int64(p.Wanted))}, {Name: v.t("head.approvals"), Text: v.approvals(&p.Proposal)}}}
	body.Steps = []html.Step{{State: "done", Title: v.t("did.proposed"), At: p.Proposal.At, Text: p.Proposal.By.Person}}
	for _, a := range p.Proposal.Approved {
		body.Steps = append(body.Steps, html.Step{State: "done", Title: v.t("did.approved"), At: a.At, Text: a.By.Person})
	}
	files := table{Title: v.t("copy.files"), Head: []string{v.t("copy.file"), v.t("copy.size")}}
	for _, f := range p.Files {
		files.Rows = append(files.Rows, []cell{{Text: f.Name}, {Text: v.tongue.Size(f.Size), Right: true}})
	}
	data := table{Title: v.t("copy.data"), Head: []string{v.t("head.datum"), v.t("head.values"), v.t("copy.files"), v.t("copy.withheld"), v.t("copy.size")}, Empty: html.Empty{Title: v.t("copy.no-values")}}
	for _, d := range p.Data {
		data.Rows = append(data.Rows, []cell{{Text: v.named("data", string(d.Datum))}, v.figure(int64(d.Values)), v.figure(int64(d.Files)), v.figure(int64(d.Withheld)), {Text: v.tongue.Size(d.Bytes), Right: true}})
	}
	body.Lists = []table{files, data}
	return body
}

// parcelForms are what can be done with what was seen: agree, or, when enough people
// have, let it go with an answer.
func (v *visit) parcelForms(request string, p *gate.Parcel, role string) []form {
	if !v.may(officer.ReleaseCopies) {
		return nil
	}
	at, me := v.at("/requests/"+request), v.officer()
	hidden := map[string]string{"what": hex.EncodeToString(p.SHA256[:]), "role": role}
	if p.Ready() {
		return []form{{Act: at + "/release", Title: v.t("copy.release"), Lead: v.t("copy.release-lead"), Button: v.t("copy.release-button"), Hidden: hidden,
			Fields: []html.Field{{Name: "text", Label: v.t("field.text"), Type: "textarea", Required: true, Max: 10000, Rows: 5}}}}
	}
	if p.Proposal.By.Is(me) || slices.ContainsFunc(p.Proposal.Approved, func(a gate.Approval) bool { return a.By.Is(me) }) {
		return nil
	}
	return []form{{Act: at + "/approve", Title: v.t("approve.title"), Lead: v.t("approve.lead"), Button: v.t("approve.button"), Hidden: hidden}}
}

func (v *visit) approveCopy() error {
	return approve(v, "/requests/"+v.r.PathValue("matter"), v.gate().ApproveCopy)
}

// releaseCopy lets a copy go that enough people agreed to, with an answer.
func (v *visit) releaseCopy() error {
	what, err := v.seen()
	if err != nil {
		return err
	}
	text := v.written()
	defer text.Wipe()
	if _, err := v.gate().AnswerRequest(v.r.Context(), &gate.Answering{Policy: v.id, Request: v.r.PathValue("matter"), By: v.officer().Role, Text: text, Copy: what}); err != nil {
		return err
	}
	return v.to("/requests")
}
