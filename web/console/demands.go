package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// receiving is the form that takes a demand in as it came.
func (v *visit) receiving() form {
	f := v.program.File()
	var grounds, authorities, instruments []string
	for i := range f.Demands {
		grounds = append(grounds, f.Demands[i].ID.Text)
		instruments = once(instruments, f.Demands[i].Instruments)
	}
	for i := range f.Parties {
		if slices.Contains([]string{"authority", "court", "police", "regulator"}, f.Parties[i].Kind.Text) {
			authorities = append(authorities, f.Parties[i].ID.Text)
		}
	}
	if len(authorities) == 0 {
		for i := range f.Parties {
			authorities = append(authorities, f.Parties[i].ID.Text)
		}
	}
	instrument := v.listed("instrument", v.t("field.instrument"), "", append([]string{""}, instruments...))
	instrument.Required, instrument.Options[0].Label = false, v.t("field.no-paper")
	return form{Act: v.at("/demands"), Title: v.t("receive.title"), Lead: v.t("receive.lead"), Button: v.t("receive.button"), Fields: []html.Field{
		v.listed("ground", v.t("head.ground"), "", grounds), v.listed("authority", v.t("head.authority"), "recipients", authorities), instrument,
		{Name: "number", Label: v.t("field.number"), Max: 128}, {Name: "statute", Label: v.t("field.statute"), Max: 1000}, {Name: "agency", Label: v.t("field.agency"), Max: 200},
		{Name: "region", Label: v.t("field.region"), Hint: v.t("field.region-hint"), Max: 6, Pattern: "[A-Z]{2}(-[A-Z0-9]{1,3})?"},
		{Name: "issued", Label: v.t("field.issued"), Type: "date"}, {Name: "expires", Label: v.t("field.expires"), Type: "date"}, {Name: "gag", Label: v.t("field.gag"), Type: "date"},
		{Name: "link", Label: v.t("demand.link"), Hint: v.t("demand.link-hint"), Max: 500}}}
}

func (v *visit) receiveDemand() error {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	in := gate.Receiving{Ground: get("ground"), Instrument: get("instrument"), Number: get("number"), Statute: get("statute"), Authority: avow.Recipient(get("authority")), Agency: get("agency"), Region: avow.Region(get("region")), Link: get("link")}
	var err error
	if in.Issued, err = day(get("issued")); err == nil {
		if in.Expires, err = day(get("expires")); err == nil {
			in.Gag, err = day(get("gag"))
		}
	}
	if err != nil {
		return err
	}
	m, _, err := v.gate().ReceiveDemand(v.r.Context(), v.id, v.officer(), &in)
	if err != nil {
		return err
	}
	return v.to("/demands/" + m.ID)
}

// demand shows one demand. How many people it is about is said, and not who.
func (v *visit) demand() error {
	m, err := v.gate().ReadDemand(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	b := &m.Body
	var data []string
	for _, d := range b.Scope.Data {
		data = append(data, v.named("data", string(d)))
	}
	body := matterBody{Steps: v.steps(m.Steps), Facts: []html.Line{
		{Name: v.t("head.state"), Text: v.word("state", m.State)}, {Name: v.t("head.authority"), Text: v.named("recipients", string(b.Authority))}, {Name: v.t("head.ground"), Text: b.Ground},
		{Name: v.t("field.agency"), Text: b.Agency}, {Name: v.t("field.region"), Text: string(b.Region)},
		{Name: v.t("field.instrument"), Text: b.Instrument}, {Name: v.t("field.number"), Text: b.Number}, {Name: v.t("field.statute"), Text: b.Statute},
		{Name: v.t("field.expires"), Text: v.tongue.Date(b.Expires)}, {Name: v.t("field.gag"), Text: v.tongue.Date(b.Gag)},
		{Name: v.t("demand.people"), Text: v.tongue.Number(int64(len(b.Scope.People)))}, {Name: v.t("demand.data"), Text: v.tongue.List(data)},
		{Name: v.t("demand.papers"), Text: v.tongue.Number(int64(len(b.Papers)))},
		{Name: v.t("head.approvals"), Text: v.approvals(&m.Proposal)}}}
	if len(b.Missed) > 0 {
		body.Facts = append(body.Facts, html.Line{Name: v.t("demand.missed"), Text: strings.Join(b.Missed, ", ")})
	}
	handed, counts := v.handed(&m)
	body.Facts, body.Lists = append(body.Facts, handed...), counts
	body.Forms = append(v.demandForms(&m), v.paperForms(&m)...)
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.demand"), v.toDisclosure()
	return v.matter(p, body)
}

func (v *visit) demandForms(m *gate.Demand) []form {
	at := v.at("/demands/" + m.ID)
	why := html.Field{Name: "why", Label: v.t("field.why"), Type: "textarea", Required: true, Max: 2000, Rows: 3}
	step := func(name, kind string, fields ...html.Field) form {
		return form{Act: at + "/" + name, Title: v.t("demand." + name), Lead: v.t("demand." + name + "-lead"), Button: v.t("demand." + name + "-button"), Kind: kind, Fields: fields}
	}
	var out []form
	works := v.may(officer.WorkDemands)
	if works && !slices.Contains(closed, m.State) {
		f := step("paper", "secondary", html.Field{Name: "paper", Label: v.t("field.paper"), Hint: v.t("field.paper-hint"), Type: "file", Required: true})
		f.Upload = true
		out = append(out, f)
	}
	if works && m.State == "received" {
		out = append(out, step("authenticate", "", html.Field{Name: "how", Label: v.t("field.how"), Hint: v.t("field.how-hint"), Type: "textarea", Required: true, Max: 2000, Rows: 3}))
	}
	if works && slices.Contains([]string{"authenticated", "scoped", "challenged"}, m.State) {
		data := html.Field{Name: "asked", Label: v.t("field.asked"), Hint: v.t("field.asked-hint"), Type: "textarea", Required: true, Max: 4000, Rows: 3}
		for _, d := range v.program.Data() {
			data.Value += string(d.Slug) + " "
		}
		out = append(out, step("scope", "", html.Field{Name: "people", Label: v.t("field.people"), Hint: v.t("field.people-hint"), Type: "textarea", Required: true, Max: 20000, Rows: 3}, data,
			html.Field{Name: "from", Label: v.t("field.from"), Type: "date"}, html.Field{Name: "to", Label: v.t("field.to"), Type: "date"}))
	}
	if v.may(officer.ApproveDemands) && (m.State == "scoped" || m.State == "approved") {
		out = append(out, v.approving(at+"/approve", &m.Proposal))
	}
	if v.may(officer.ApproveDemands) && m.State == "approved" {
		out = append(out, v.releasing(m))
	}
	if v.may(officer.ApproveDemands) && gate.Repeatable(m, v.now) {
		out = append(out, v.repeating(m))
	}
	if v.tellable(m) {
		out = append(out, step("tell", "secondary"))
	}
	if works && m.State == "released" && m.Body.Told.IsZero() && m.Body.Gag.After(v.now) {
		out = append(out, step("gag", "secondary", html.Field{Name: "gag", Label: v.t("field.gag"), Type: "date", Required: true}, html.Field{Name: "statute", Label: v.t("field.statute"), Max: 1000, Required: true}))
	}
	if works && gate.Repeatable(m, v.now) {
		out = append(out, step("recall", "secondary", why))
	}
	if works && !slices.Contains(closed, m.State) {
		out = append(out, v.amending(step), step("refuse", "secondary", why), step("challenge", "secondary", why), step("withdraw", "secondary", why))
	}
	return out
}

// addPaper keeps the document that came with a demand, sealed.
func (v *visit) addPaper() error {
	file, head, err := v.r.FormFile("paper")
	if err != nil {
		return &avow.Error{Code: avow.Invalid, Message: "no file came with the form, or it is too large", Try: "choose the document, of at most 16 MB"}
	}
	_, _, err = v.gate().AddPaper(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), head.Header.Get("Content-Type"), file)
	return errors.Join(err, file.Close())
}

func words[S ~string](s string) []S {
	var out []S
	for _, w := range strings.Fields(strings.ReplaceAll(s, ",", " ")) {
		out = append(out, S(w))
	}
	return out
}

func (v *visit) stepDemand() error {
	ctx, matter, why := v.r.Context(), v.r.PathValue("matter"), strings.TrimSpace(v.r.PostFormValue("why"))
	var err error
	switch v.r.PathValue("step") {
	case "paper":
		err = v.addPaper()
	case "authenticate":
		_, _, err = v.gate().AuthenticateDemand(ctx, v.id, matter, v.officer(), strings.TrimSpace(v.r.PostFormValue("how")))
	case "scope":
		s := gate.Scoping{People: words[avow.SubjectRef](v.r.PostFormValue("people")), Asked: words[avow.Datum](v.r.PostFormValue("asked"))}
		s.Named = s.Asked
		if s.From, err = day(v.r.PostFormValue("from")); err == nil {
			if s.To, err = day(v.r.PostFormValue("to")); err == nil {
				_, _, err = v.gate().ScopeDemand(ctx, v.id, matter, v.officer(), &s)
			}
		}
	case "refuse":
		_, _, err = v.gate().RefuseDemand(ctx, v.id, matter, v.officer(), why)
	case "amend":
		get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
		_, _, err = v.gate().AmendDemand(ctx, v.id, matter, v.officer(), &gate.Amendment{Finding: get("finding"), Urgency: get("urgency"), Mechanism: gate.Mechanism{Kind: get("mechanism"), Reference: get("reference")}})
	case "tell":
		_, _, err = v.gate().TellBefore(ctx, v.id, matter, v.officer())
	case "gag":
		var until time.Time
		if until, err = day(v.r.PostFormValue("gag")); err == nil {
			_, _, err = v.gate().ExtendGag(ctx, v.id, matter, v.officer(), until, strings.TrimSpace(v.r.PostFormValue("statute")))
		}
	case "withdraw":
		_, _, err = v.gate().WithdrawDemand(ctx, v.id, matter, v.officer(), why)
	case "recall":
		_, _, err = v.gate().RecallDemand(ctx, v.id, matter, v.officer(), why)
	case "challenge":
		_, _, err = v.gate().ChallengeDemand(ctx, v.id, matter, v.officer(), why)
	default:
		err = errNowhere
	}
	if err != nil {
		return err
	}
	return v.to("/demands/" + matter)
}

func (v *visit) approveDemand() error {
	return approve(v, "/demands/"+v.r.PathValue("matter"), v.gate().ApproveDemand)
}
