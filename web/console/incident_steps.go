package console

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// incidentWords are what people are told, in the order in which they read it.
var incidentWords = []string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"}

// instant is how a browser writes a day and a time of it. Times of forms are UTC, as
// everywhere on the pages.
const instant = "2006-01-02T15:04"

// newIncident asks what is known of an incident.
func (v *visit) newIncident() error {
	return v.describing("/incidents", &gate.Breach{}, nil)
}

// describeIncident asks the same of one that is open.
func (v *visit) describeIncident() error {
	m, err := v.gate().ReadIncident(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	return v.describing("/incidents/"+m.ID+"/describe", &m.Body, nil)
}

// describing is the form about what happened. wrong is what was wrong with what was
// sent before, which stands in it still.
func (v *visit) describing(act string, b *gate.Breach, wrong error) error {
	at := func(name string, t time.Time) html.Field {
		f := html.Field{Name: name, Label: v.t("incident." + name), Hint: v.t("field.utc"), Type: "datetime-local", Required: name == "aware"}
		if !t.IsZero() {
			f.Value = t.UTC().Format(instant)
		}
		return f
	}
	text := func(name, value string) html.Field {
		return html.Field{Name: name, Label: v.t("incident." + name), Value: value, Type: "textarea", Rows: 3, Max: 4000}
	}
	f := form{Act: v.at(act), Title: v.t("incident.describe"), Lead: v.t("incident.describe-lead"), Button: v.t("incident.describe-button"), Fields: []html.Field{at("aware", b.Aware), at("discovered", b.Discovered),
		at("occurred", b.Occurred), at("over", b.Over), {Name: "place", Label: v.t("incident.place"), Value: b.Place, Max: 4000}, text("cause", b.Cause), text("traces", b.Traces), text("help", b.Help), text("delay", b.Delay)}}
	for _, language := range v.program.Languages() {
		for _, name := range incidentWords {
			f.Fields = append(f.Fields, html.Field{Name: name + "." + string(language), Label: v.word("report-field", name) + " · " + v.word("language", string(language)), Value: b.Words[string(language)][name], Type: "textarea", Rows: 3,
				Max: 4000, Lang: string(language)})
		}
	}
	types := html.Group{Name: "types", Legend: v.t("incident.types"), Many: true}
	for _, t := range []string{"confidentiality", "integrity", "availability"} {
		types.Options = append(types.Options, html.Option{Value: t, Label: v.word("hurt", t), Checked: slices.Contains(b.Types, t)})
	}
	f.Groups = []html.Group{types, {Name: "high-risk", Legend: v.t("incident.risk"), Hint: v.t("incident.risk-hint"), Many: true, Options: []html.Option{{Value: "yes", Label: v.t("incident.high-risk"), Checked: b.HighRisk}}}}
	cases, err := v.gate().IncidentCases(v.id)
	if err != nil {
		return err
	}
	tiers := html.Group{Name: "tiers", Legend: v.t("incident.tiers"), Hint: v.t("incident.tiers-hint"), Many: true}
	for _, c := range cases {
		tiers.Options = append(tiers.Options, html.Option{Value: c, Label: v.word("tier", c), Checked: slices.Contains(b.Tiers, c)})
	}
	if len(cases) > 0 {
		f.Groups = append(f.Groups, tiers)
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("incidents.new"), &html.Link{Text: v.t("tab.incidents"), Href: v.at("/incidents")}
	status := http.StatusOK
	if n := said(wrong); n != nil {
		p.Notices, status = append(p.Notices, *n), http.StatusBadRequest
	}
	body := matterBody{Forms: []form{f}}
	if !v.may(officer.WorkIncidents) {
		body.Forms = nil
		p.Notices = append(p.Notices, html.Notice{Kind: "info", Title: v.t("incident.only-read")})
	}
	return v.render(status, p, body)
}

// described reads the form about what happened.
func (v *visit) described() (b gate.Breach, err error) {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(v.r.PostFormValue(name), "\r\n", "\n"))
	}
	at := func(name string) (out time.Time) {
		if s := get(name); s != "" && err == nil {
			if out, err = time.Parse(instant, s); err != nil {
				err = &avow.Error{Code: avow.Invalid, Message: "this is no time", Try: "write it as 2026-12-31T09:30"}
			}
		}
		return out
	}
	b.Circumstances = gate.Circumstances{Aware: at("aware"), Discovered: at("discovered"), Occurred: at("occurred"), Over: at("over"), Types: v.r.PostForm["types"], Place: get("place"), Cause: get("cause"),
		Traces: get("traces"), Help: get("help"), Delay: get("delay"), HighRisk: get("high-risk") == "yes", Tiers: v.r.PostForm["tiers"]}
	b.Words = make(map[string]gate.Words)
	for _, language := range v.program.Languages() {
		for _, name := range incidentWords {
			if s := get(name + "." + string(language)); s != "" {
				if b.Words[string(language)] == nil {
					b.Words[string(language)] = make(gate.Words)
				}
				b.Words[string(language)][name] = s
			}
		}
	}
	return b, err
}

func (v *visit) openIncident() error {
	b, err := v.described()
	var m gate.Incident
	if err == nil {
		m, _, err = v.gate().OpenIncident(v.r.Context(), v.id, v.officer(), &b.Circumstances, b.Words)
	}
	if avow.CodeOf(err) == avow.Invalid {
		return v.describing("/incidents", &b, err)
	}
	if err != nil {
		return err
	}
	return v.to("/incidents/" + m.ID)
}

func (v *visit) redescribe(matter string) error {
	b, err := v.described()
	if err == nil {
		_, _, err = v.gate().DescribeIncident(v.r.Context(), v.id, matter, v.officer(), &b.Circumstances, b.Words)
	}
	if avow.CodeOf(err) == avow.Invalid {
		return v.describing("/incidents/"+matter+"/describe", &b, err)
	}
	if err != nil {
		return err
	}
	return v.to("/incidents/" + matter)
}

func (v *visit) stepIncident() error {
	ctx, matter := v.r.Context(), v.r.PathValue("matter")
	var err error
	switch v.r.PathValue("step") {
	case "describe":
		return v.redescribe(matter)
	case "scope":
		var r gate.Reach
		if r, err = v.reached(); err == nil {
			_, _, err = v.gate().ScopeIncident(ctx, v.id, matter, v.officer(), &r)
		}
	case "tell":
		_, _, err = v.gate().TellIncident(ctx, v.id, matter, v.officer())
	case "posted":
		_, _, err = v.gate().LettersPosted(ctx, v.id, matter, v.officer())
	case "report":
		_, _, err = v.gate().ReportIncident(ctx, v.id, matter, v.r.PostFormValue("law"), v.officer(), v.r.PostFormValue("phased") == "yes")
	case "close":
		_, _, err = v.gate().CloseIncident(ctx, v.id, matter, v.officer())
	default:
		err = errNowhere
	}
	if err != nil {
		return err
	}
	return v.to("/incidents/" + matter)
}

// reached reads which data was reached.
func (v *visit) reached() (r gate.Reach, err error) {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	if r.From, err = day(get("from")); err != nil {
		return r, err
	}
	if r.To, err = day(get("to")); err != nil {
		return r, err
	}
	if !r.To.IsZero() {
		r.To = r.To.Add(24*time.Hour - time.Nanosecond) // that day included
	}
	for name, to := range map[string]*uint64{"first": &r.FirstKey, "last": &r.LastKey} {
		if s := get(name); s != "" {
			if *to, err = strconv.ParseUint(s, 10, 63); err != nil {
				return r, &avow.Error{Code: avow.Invalid, Message: "this is no number of a key", Try: "write digits only, or leave it empty"}
			}
		}
	}
	r.Store = get("store")
	for _, d := range v.r.PostForm["data"] {
		r.Data = append(r.Data, avow.Datum(d))
	}
	return r, nil
}

// letters opens the addresses of those whom no channel reached, and shows letters to
// be printed, or a file for a mail merge.
func (v *visit) letters() error {
	matter := v.r.PathValue("matter")
	look, err := v.look()
	if err != nil {
		return err
	}
	look.Masked = false // a letter needs the whole address
	all, _, err := v.gate().IncidentLetters(v.r.Context(), v.id, matter, v.officer(), look)
	if err != nil {
		return err
	}
	defer func() {
		for i := range all {
			all[i].Wipe()
		}
	}()
	if v.r.PostFormValue("as") == "csv" {
		return v.letterFile(all)
	}
	p := v.page("letters")
	p.Title, p.Back = v.t("incident.letters"), &html.Link{Text: v.t("kind.incident"), Href: v.at("/incidents/" + matter)}
	body := lettersBody{Empty: html.Empty{Title: v.t("letters.none"), Text: v.t("letters.none-text")}}
	for i := range all {
		l := &all[i]
		body.Letters = append(body.Letters, letterOf{string(l.Name.Expose()), string(l.Address.Expose()), l.Text.Subject, l.Text.Body, string(l.Language)})
	}
	return v.render(http.StatusOK, p, body)
}

type lettersBody struct {
	Letters []letterOf
	Empty   html.Empty
}

type letterOf struct{ Name, Address, Subject, Text, Lang string }

func (v *visit) letterFile(all []gate.PaperNotice) error {
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="letters.csv"`)
	lines := [][]string{{"name", "address", "language", "subject", "text"}}
	for i := range all {
		l := &all[i]
		lines = append(lines, []string{html.PlainCell(string(l.Name.Expose())), html.PlainCell(string(l.Address.Expose())), string(l.Language), html.PlainCell(l.Text.Subject), html.PlainCell(l.Text.Body)})
	}
	return csv.NewWriter(v.w).WriteAll(lines)
}

// reportObject is the report as a program reads it.
func (v *visit) reportObject(r *gate.Report) error {
	type field struct {
		Name    string `json:"name"`
		Value   string `json:"value"`
		Missing bool   `json:"missing"`
		Must    bool   `json:"must"`
	}
	out := struct {
		Policy  avow.PolicyID `json:"policy"`
		Hash    avow.Hash     `json:"policy_hash"`
		Matter  string        `json:"incident"`
		Law     string        `json:"law"`
		Version int           `json:"version"`
		At      time.Time     `json:"at"`
		Fields  []field       `json:"fields"`
		Missing []string      `json:"missing"`
	}{v.id, v.program.Hash(), v.r.PathValue("matter"), r.Law, r.Version, v.now, []field{}, append([]string{}, r.Missing...)}
	for _, f := range r.Fields {
		out.Fields = append(out.Fields, field(f))
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="incident-report-`+slug(r.Law)+`.json"`)
	enc := json.NewEncoder(v.w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
