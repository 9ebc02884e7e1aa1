package console

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// releasing is the form that hands out what two people approved. It asks for the
// reason, and for all of it: an authority gets no masked values.
func (v *visit) releasing(m *gate.Demand) form {
	return form{Act: v.at("/demands/" + m.ID + "/release"), Title: v.t("demand.release"), Lead: v.t("demand.release-lead", "n", len(m.Body.Scope.People)), Button: v.t("demand.release-button"),
		Fields: v.whole(m.Body.Number, gate.WhyDemand)}
}

// repeating is the form that hands the same out again, where that broke off.
func (v *visit) repeating(m *gate.Demand) form {
	f := v.releasing(m)
	f.Act, f.Title, f.Kind = v.at("/demands/"+m.ID+"/repeat"), v.t("demand.repeat"), "secondary"
	f.Lead, f.Button = v.t("demand.repeat-lead", "n", gate.MostRepeats-len(m.Body.Repeats)), v.t("demand.repeat-button")
	f.Hidden = map[string]string{"what": hex.EncodeToString(m.Body.Digest[:])}
	return f
}

// parcel is the file that an authority gets. The API answers with the same, under
// the same names.
type parcel struct {
	Demand    string        `json:"demand"`
	Policy    string        `json:"policy"`
	Authority string        `json:"authority"`
	Number    string        `json:"number,omitempty"`
	Released  time.Time     `json:"released"`
	Package   string        `json:"package"` // as it stands in the evidence
	Receipt   parcelReceipt `json:"receipt"`
	People    []parcelOf    `json:"people"`
	Left      int           `json:"people_left_out,omitempty"`
}

type parcelReceipt struct {
	Index int64  `json:"index"`
	Leaf  string `json:"leaf"`
}

type parcelOf struct {
	Subject string       `json:"subject"`
	Items   []parcelItem `json:"items"`
}

type parcelItem struct {
	Datum  string `json:"datum"`
	Value  string `json:"value,omitempty"`
	Base64 string `json:"base64,omitempty"` // of what is no text
}

// releaseDemand hands the approved minimum out.
func (v *visit) releaseDemand() error {
	return v.handOut(v.gate().ReleaseDemand)
}

// repeatDemand hands out again what was released.
func (v *visit) repeatDemand() error {
	what, err := v.seen()
	if err != nil {
		return err
	}
	return v.handOut(func(ctx context.Context, id avow.PolicyID, matter string, by gate.Officer, o *gate.Look) (gate.Demand, *gate.Handed, error) {
		return v.gate().RepeatRelease(ctx, id, matter, by, o, what)
	})
}

// handOut has something handed out for the reason that the officer gives, as a file. No
// page ever shows it.
func (v *visit) handOut(act func(context.Context, avow.PolicyID, string, gate.Officer, *gate.Look) (gate.Demand, *gate.Handed, error)) error {
	look, err := v.look()
	if err != nil {
		return err
	}
	look.Masked = false
	m, p, err := act(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), look)
	if err != nil {
		return err
	}
	defer p.Wipe()
	b := &m.Body
	out := parcel{Demand: m.ID, Policy: string(v.id), Authority: string(b.Authority), Number: b.Number, Released: b.ReleasedAt, Package: hex.EncodeToString(b.Digest[:]),
		Receipt: parcelReceipt{p.Receipt.Index, hex.EncodeToString(b.Leaf[:])}, People: []parcelOf{}, Left: p.Left}
	for i := range p.People {
		of := parcelOf{Subject: string(p.People[i].Subject), Items: []parcelItem{}}
		for j := range p.People[i].Items {
			it := &p.People[i].Items[j]
			item := parcelItem{Datum: string(it.Datum)}
			if raw := it.Value.Expose(); utf8.Valid(raw) {
				item.Value = string(raw)
			} else {
				item.Base64 = base64.StdEncoding.EncodeToString(raw)
			}
			of.Items = append(of.Items, item)
		}
		out.People = append(out.People, of)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	defer clear(raw)
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="demand-`+m.ID+`.json"`)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(raw) // the reader is gone if this fails, and nobody is left to be told
	return nil
}

// handed says what was handed out on a demand, and no value of it.
func (v *visit) handed(m *gate.Demand) ([]html.Line, []table) {
	b := &m.Body
	if b.ReleasedAt.IsZero() {
		return nil, nil
	}
	by := ""
	for _, s := range m.Steps {
		if s.Did == "released" {
			by = s.By.Person
		}
	}
	lines := []html.Line{{Name: v.t("demand.handed-at"), Text: v.tongue.Moment(b.ReleasedAt)}, {Name: v.t("demand.handed-by"), Text: by},
		{Name: v.t("demand.handed-people"), Text: v.tongue.Number(int64(len(b.People)))}, {Name: v.t("demand.handed-nothing"), Text: v.tongue.Number(int64(len(b.Nothing)))},
		{Name: v.t("demand.handed-left"), Text: v.tongue.Number(int64(b.Left))},
		{Name: v.t("demand.package"), Text: hex.EncodeToString(b.Digest[:])}, {Name: v.t("demand.leaf"), Text: hex.EncodeToString(b.Leaf[:])}}
	t := table{Title: v.t("demand.handed"), Head: []string{v.t("head.datum"), v.t("head.people"), v.t("head.values")}, Empty: html.Empty{Title: v.t("demand.handed-empty")}}
	for _, n := range b.Given {
		t.Rows = append(t.Rows, []cell{{Text: v.named("data", string(n.Datum))}, v.figure(int64(n.People)), v.figure(int64(n.Values))})
	}
	return lines, []table{t}
}

// amending is the form that adds what a demand may lack: a finding, why nobody could
// be asked, and what opens the way to a foreign authority.
func (v *visit) amending(step func(name, kind string, fields ...html.Field) form) form {
	mechanism := html.Field{Name: "mechanism", Label: v.t("field.mechanism"), Options: []html.Option{{Value: "", Label: v.t("mechanism.none")}, {Value: "approval", Label: v.t("mechanism.approval")}, {Value: "agreement", Label: v.t("mechanism.agreement")}}}
	return step("amend", "secondary", html.Field{Name: "finding", Label: v.t("field.finding"), Hint: v.t("field.finding-hint"), Type: "textarea", Max: 2000, Rows: 3},
		html.Field{Name: "urgency", Label: v.t("field.urgency"), Hint: v.t("field.urgency-hint"), Type: "textarea", Max: 2000, Rows: 3},
		mechanism, html.Field{Name: "reference", Label: v.t("field.reference"), Max: 256})
}

// tellable reports whether people may be told before anything is given.
func (v *visit) tellable(m *gate.Demand) bool {
	return v.may(officer.WorkDemands) && (m.State == "scoped" || m.State == "approved") && m.Body.Told.IsZero() && !m.Body.Gag.After(v.now)
}
