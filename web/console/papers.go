package console

import (
	"encoding/hex"
	"net/http"
	"strconv"

	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// paperForms open the documents of a demand, each with a reason.
func (v *visit) paperForms(m *gate.Demand) []form {
	if !v.may(officer.WorkDemands) {
		return nil
	}
	var out []form
	for i := range m.Body.Papers {
		p := &m.Body.Papers[i]
		out = append(out, form{Act: v.at("/demands/" + m.ID + "/papers/" + p.ID), Title: v.t("paper.open", "n", i+1, "at", v.tongue.Moment(p.At), "size", v.tongue.Size(p.Size)),
			Lead: v.t("paper.lead", "hash", hex.EncodeToString(p.SHA256[:])), Button: v.t("paper.button"), Kind: "secondary", Fields: v.whole(m.Body.Number, gate.WhyDemand)})
	}
	return out
}

// readPaper hands a document out as it came: never shown here, where it could be
// anything.
func (v *visit) readPaper() error {
	look, err := v.look()
	if err != nil {
		return err
	}
	look.Masked = false
	p, raw, err := v.gate().ReadPaper(v.r.Context(), v.id, v.r.PathValue("matter"), v.r.PathValue("paper"), v.officer(), look)
	if err != nil {
		return err
	}
	defer clear(raw)
	name := "document.bin"
	switch p.ContentType {
	case "application/pdf":
		name = "document.pdf"
	case "image/png":
		name = "document.png"
	case "image/jpeg":
		name = "document.jpg"
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(raw) // the reader is gone if this fails, and nobody is left to be told
	return nil
}
