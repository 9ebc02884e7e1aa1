package console

import (
	"slices"
	"strings"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// incidents lists security incidents with the clock that ends next.
func (v *visit) incidents() error {
	all, older, err := paged(v, func(m *gate.Incident) string { return m.ID }, v.gate().Incidents)
	if err != nil {
		return err
	}
	t := table{ID: "incidents", Title: v.t("incidents.list"), Older: older, Empty: html.Empty{Title: v.t("incidents.empty"), Text: v.t("incidents.empty-text")},
		Head: []string{v.t("incident.aware"), v.t("incident.types"), v.t("head.state"), v.t("incident.people"), v.t("incident.told"), v.t("head.due")}}
	for i := range all {
		m := &all[i]
		b := &m.Body
		t.Rows = append(t.Rows, []cell{{Text: v.tongue.Moment(b.Aware), Link: v.at("/incidents/" + m.ID)}, {Text: v.hurt(b.Types)}, v.incidentState(m.State), v.counted(b), v.figure(b.Progress.Told), v.until(m.Due)})
	}
	body := listBody{Tabs: v.disclosureTabs(), Tables: []table{t}}
	p := v.page("incidents")
	if v.may(officer.WorkIncidents) && len(v.program.File().Incidents) > 0 {
		body.Lead = []html.Line{{Name: v.t("incidents.new-lead"), Link: &html.Link{Text: v.t("incidents.new"), Href: v.at("/incidents/new")}}}
	}
	if len(v.program.File().Incidents) == 0 {
		p.Notices = append(p.Notices, html.Notice{Kind: "warn", Title: v.t("incidents.no-rule")})
	}
	return v.list(p, body)
}

// disclosureTabs leads through the pages of the place Disclosure.
func (v *visit) disclosureTabs() []html.Link {
	return v.tabs(tab{"disclosure", officer.SeeRecipients}, tab{"incidents", officer.SeeIncidents}, tab{"successions", officer.SeeSuccessions}, tab{"holds", officer.SeeDemands}, tab{"statistics", officer.SeeReleases}, tab{"places", officer.SeeRecipients})
}

func (v *visit) hurt(types []string) string {
	var out []string
	for _, t := range types {
		out = append(out, v.word("hurt", t))
	}
	return v.tongue.List(out)
}

func (v *visit) incidentState(state string) cell {
	kind := "wait"
	switch state {
	case "told":
		kind = "on"
	case "closed":
		kind = "plain"
	}
	return cell{Text: v.word("state", state), Badge: kind}
}

// counted is how many people are affected, once that is known.
func (v *visit) counted(b *gate.Breach) cell {
	if !b.Affected.Done {
		return cell{Text: v.t("incident.not-counted")}
	}
	return v.figure(b.Affected.People)
}

// incident shows one incident: what is known, its clocks, how far telling people is,
// and what can be done next.
func (v *visit) incident() error {
	m, err := v.gate().ReadIncident(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	body := matterBody{Facts: v.incidentFacts(&m), Steps: v.steps(m.Steps), Lists: []table{v.clockTable(&m.Body)}}
	if a := &m.Body.Affected; m.State == "scoping" {
		body.Bars = append(body.Bars, bar{Label: v.t("incident.counting"), Text: v.t("bar.of", "n", v.tongue.Number(a.Cursor), "all", v.tongue.Number(a.End)), Value: a.Cursor, Max: max(a.End, 1)})
	}
	if p := &m.Body.Progress; m.State == "telling" || m.State == "told" || m.State == "closed" {
		all := p.Told + p.Waiting + p.Unreachable + p.Gone
		body.Bars = append(body.Bars, bar{Label: v.t("incident.delivered"), Text: v.t("bar.of", "n", v.tongue.Number(p.Told), "all", v.tongue.Number(all)), Value: p.Told, Max: max(all, 1)})
		body.Lists = append(body.Lists, v.deliveryTable(p))
	}
	if m.Body.Affected.Done {
		body.Lists = append(body.Lists, v.affectedTable(&m.Body))
	}
	body.Lists = append(body.Lists, v.reportTable(&m))
	previews, err := v.previews(&m)
	if err != nil {
		return err
	}
	body.Texts = previews
	if v.may(officer.WorkIncidents) {
		body.Forms = v.incidentForms(&m)
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.incident"), &html.Link{Text: v.t("tab.incidents"), Href: v.at("/incidents")}
	if m.State == "scoping" || m.State == "telling" {
		p.Notices = append(p.Notices, html.Notice{Kind: "info", Title: v.t("incident.goes-on"), Link: &html.Link{Text: v.t("incident.look-again"), Href: v.r.URL.Path}})
	}
	return v.matter(p, body)
}

func (v *visit) incidentFacts(m *gate.Incident) []html.Line {
	b := &m.Body
	fact := func(key, text string) html.Line { return html.Line{Name: v.t(key), Text: text} }
	out := []html.Line{fact("head.state", v.word("state", m.State)), fact("incident.occurred", v.tongue.Moment(b.Occurred)), fact("incident.discovered", v.tongue.Moment(b.Discovered)),
		fact("incident.aware", v.tongue.Moment(b.Aware)), fact("incident.over", v.tongue.Moment(b.Over)), fact("incident.types", v.hurt(b.Types))}
	for _, f := range [][2]string{{"incident.place", b.Place}, {"incident.cause", b.Cause}, {"incident.traces", b.Traces}, {"incident.help", b.Help}, {"incident.delay", b.Delay}} {
		if f[1] != "" {
			out = append(out, fact(f[0], f[1]))
		}
	}
	if b.HighRisk {
		out = append(out, fact("incident.high-risk", v.t("yes")))
	}
	if m.State != "open" {
		out = append(out, fact("incident.reach", v.reach(&b.Scope)), html.Line{Name: v.t("incident.people"), Text: v.counted(b).Text})
		if b.Affected.Done {
			out = append(out, fact("incident.records", v.tongue.Number(b.Affected.Records)))
		}
	}
	if !b.Public.IsZero() {
		out = append(out, html.Line{Name: v.t("incident.public"), Text: v.tongue.Moment(b.Public), Link: &html.Link{Text: v.t("incident.public-page"), Href: "/privacy/" + string(v.id) + "/announcements"}})
	}
	if m.State != "closed" && v.may(officer.WorkIncidents) {
		out = append(out, html.Line{Name: v.t("incident.describe"), Link: &html.Link{Text: v.t("incident.edit"), Href: v.at("/incidents/" + m.ID + "/describe")}})
	}
	return out
}

// reach says in words which data an incident reached.
func (v *visit) reach(r *gate.Reach) string {
	var out []string
	if r.Store != "" {
		out = append(out, r.Store)
	}
	if len(r.Data) == 0 {
		out = append(out, v.t("incident.all-data"))
	}
	for _, d := range r.Data {
		out = append(out, v.named("data", string(d)))
	}
	if !r.From.IsZero() || !r.To.IsZero() {
		out = append(out, v.t("incident.window", "from", v.tongue.Date(r.From), "to", v.tongue.Date(r.To)))
	}
	if r.LastKey > 0 {
		out = append(out, v.t("incident.keys", "from", v.tongue.Number(int64(r.FirstKey)), "to", v.tongue.Number(int64(r.LastKey))))
	}
	return strings.Join(out, " · ")
}

func (v *visit) clockTable(b *gate.Breach) table {
	t := table{ID: "clocks", Title: v.t("incident.clocks"), Head: []string{v.t("head.law"), v.t("incident.to"), v.t("incident.case"), v.t("head.due"), v.t("head.state")}, Empty: html.Empty{Title: v.t("incident.no-clocks")}}
	for _, c := range b.Clocks {
		state, due := cell{Text: v.t("clock.runs"), Badge: "wait"}, v.until(c.Due)
		if c.AtOnce {
			due = cell{Text: v.t("clock.at-once")}
		}
		switch {
		case !c.Met.IsZero():
			state = cell{Text: v.t("clock.met"), Badge: "on"}
			if due.At = c.Met; c.Met.After(c.Due) && !c.AtOnce {
				state = cell{Text: v.t("clock.late"), Badge: "bad"}
			}
			due.Text, due.Now = "", time.Time{}
		case c.Missed || !c.AtOnce && !c.Due.After(v.now):
			state = cell{Text: v.t("overdue"), Badge: "bad"}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.word("law", c.Law) + " " + c.Of}, {Text: v.word("to", c.To)}, {Text: v.word("tier", c.Tier)}, due, state})
	}
	return t
}

func (v *visit) deliveryTable(p *gate.Progress) table {
	t := table{ID: "delivery", Title: v.t("incident.delivery"), Head: []string{v.t("incident.channel"), v.t("incident.people")}}
	row := func(name string, n int64) { t.Rows = append(t.Rows, []cell{{Text: name}, v.figure(n)}) }
	for _, w := range v.program.File().Incidents[0].Channels {
		channel := w.Text
		if channel == "letter" {
			channel = gate.ByPost
		}
		row(v.word("channel", channel), p.ByChannel[channel])
	}
	row(v.t("incident.waiting"), p.Waiting)
	row(v.t("incident.unreachable"), p.Unreachable)
	row(v.t("incident.gone"), p.Gone)
	return t
}

func (v *visit) affectedTable(b *gate.Breach) table {
	t := table{ID: "affected", Title: v.t("incident.affected"), Head: []string{v.t("head.datum"), v.t("incident.people")}, Empty: html.Empty{Title: v.t("incident.nobody")}}
	for _, d := range v.program.Data() {
		if n := b.Affected.ByDatum[d.Slug]; n > 0 {
			t.Rows = append(t.Rows, []cell{{Text: v.named("data", string(d.Slug))}, v.figure(n)})
		}
	}
	return t
}

// reportTable lists the reports to authorities: those that went out, and the next of
// each law.
func (v *visit) reportTable(m *gate.Incident) table {
	t := table{ID: "reports", Title: v.t("incident.reports"), Head: []string{v.t("head.law"), v.t("head.version"), v.t("head.state"), v.t("head.received"), v.t("incident.missing")}}
	for _, r := range m.Body.Reports {
		state := cell{Text: v.t("report.sent"), Badge: "on"}
		if r.Phased {
			state = cell{Text: v.t("report.phased"), Badge: "wait"}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.word("law", r.Law)}, v.figure(int64(r.Version)), state, moment(r.At), {Text: v.fields(r.Missing)}})
	}
	for _, law := range v.program.Law() {
		report, err := v.gate().IncidentReport(v.r.Context(), v.id, m.ID, law, v.tongue.Tag())
		if err != nil {
			continue // a law pack that knows no report
		}
		state := cell{Text: v.t("report.whole"), Badge: "on"}
		if len(report.Missing) > 0 {
			state = cell{Text: v.t("report.lacks"), Badge: "wait"}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.t("report.next", "law", v.word("law", law)), Link: v.at("/incidents/" + m.ID + "/report/" + law)}, v.figure(int64(report.Version)), state, {Text: "–"}, {Text: v.fields(report.Missing)}})
	}
	return t
}

// fields are names of fields of a report, in words.
func (v *visit) fields(names []string) string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, v.word("report-field", n))
	}
	return strings.Join(out, ", ")
}

// previews are the notices as people will get them, in every language.
func (v *visit) previews(m *gate.Incident) ([]textOf, error) {
	all, err := v.gate().IncidentNotices(v.r.Context(), v.id, m.ID)
	if err != nil {
		return nil, err
	}
	var out []textOf
	for _, language := range v.program.Languages() {
		out = append(out, textOf{v.t("incident.preview", "language", v.word("language", string(language))) + " · " + all[language].Subject, all[language].Body, string(language), true})
	}
	return out, nil
}

// incidentForms are what can be done with an incident as it stands.
func (v *visit) incidentForms(m *gate.Incident) []form {
	at := v.at("/incidents/" + m.ID)
	step := func(name, kind string, fields ...html.Field) form {
		return form{Act: at + "/" + name, Title: v.t("incident." + name), Lead: v.t("incident." + name + "-lead"), Button: v.t("incident." + name + "-button"), Kind: kind, Fields: fields}
	}
	var out []form
	if slices.Contains([]string{"open", "scoping", "scoped"}, m.State) {
		out = append(out, v.scoping(step("scope", secondaryUnless(m.State == "open")), &m.Body.Scope))
	}
	if m.State == "scoped" && m.Body.Affected.People > 0 {
		out = append(out, step("tell", ""))
	}
	if (m.State == "told" || m.State == "closed") && m.Body.Progress.Unreachable > 0 && syntax.Has(v.program.File().Incidents[0].Channels, "letter") && v.may(officer.RevealValue) {
		letters, file := step("letters", ""), step("letters", "secondary")
		letters.Fields, file.Fields = v.whole("", gate.WhyIncident), v.whole("", gate.WhyIncident)
		file.Title, file.Lead, file.Button, file.Hidden = v.t("incident.letters-file"), "", v.t("incident.letters-file-button"), map[string]string{"as": "csv"}
		out = append(out, letters, file, step("posted", "secondary"))
	}
	if m.State != "closed" {
		law := html.Field{Name: "law", Label: v.t("head.law"), Required: true}
		for _, l := range v.program.Law() {
			law.Options = append(law.Options, html.Option{Value: l, Label: v.word("law", l)})
		}
		f := step("report", "secondary", law)
		f.Groups = []html.Group{{Name: "phased", Legend: v.t("report.phases"), Many: true, Options: []html.Option{{Value: "yes", Label: v.t("report.more-follows")}}}}
		if len(law.Options) > 0 {
			out = append(out, f)
		}
	}
	if m.State == "told" || m.State == "scoped" && m.Body.Affected.People == 0 {
		out = append(out, step("close", "secondary"))
	}
	return out
}

// scoping asks which data was reached.
func (v *visit) scoping(f form, r *gate.Reach) form {
	date := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.DateOnly)
	}
	f.Fields = []html.Field{{Name: "store", Label: v.t("field.store"), Hint: v.t("field.store-hint"), Value: r.Store, Max: 64}, {Name: "from", Label: v.t("field.from"), Type: "date", Value: date(r.From)},
		{Name: "to", Label: v.t("field.to"), Type: "date", Value: date(r.To)}, {Name: "first", Label: v.t("field.first-key"), Hint: v.t("field.key-hint"), Inputmode: "numeric", Pattern: "[0-9]*", Max: 19},
		{Name: "last", Label: v.t("field.last-key"), Inputmode: "numeric", Pattern: "[0-9]*", Max: 19}}
	data := html.Group{Name: "data", Legend: v.t("field.reached"), Hint: v.t("field.reached-hint"), Many: true}
	for _, d := range v.program.Data() {
		if d.Personal() {
			data.Options = append(data.Options, html.Option{Value: string(d.Slug), Label: v.named("data", string(d.Slug)), Checked: slices.Contains(r.Data, d.Slug)})
		}
	}
	f.Groups = []html.Group{data}
	return f
}

// incidentReport is a report to an authority as things stand: a page to print, and an
// object to send.
func (v *visit) incidentReport() error {
	law, matter := v.r.PathValue("law"), v.r.PathValue("matter")
	r, err := v.gate().IncidentReport(v.r.Context(), v.id, matter, law, v.tongue.Tag())
	if err != nil {
		return err
	}
	if v.r.URL.Query().Get("as") == "json" {
		return v.reportObject(&r)
	}
	t := table{ID: "report", Title: v.t("report.title", "law", v.word("law", law)), Head: []string{v.t("report.field"), v.t("report.says"), v.t("head.state")}}
	for _, f := range r.Fields {
		state := cell{Text: v.t("report.filled"), Badge: "on"}
		switch {
		case f.Missing && f.Must:
			state = cell{Text: v.t("report.must"), Badge: "bad"}
		case f.Missing:
			state = cell{Text: v.t("report.empty"), Badge: "plain"}
		}
		t.Rows = append(t.Rows, []cell{{Text: v.word("report-field", f.Name)}, {Text: f.Value}, state})
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("report.title", "law", v.word("law", law)), &html.Link{Text: v.t("kind.incident"), Href: v.at("/incidents/" + matter)}
	return v.matter(p, matterBody{Facts: []html.Line{{Name: v.t("head.version"), Text: v.tongue.Number(int64(r.Version))}, {Name: v.t("incident.missing"), Text: v.fields(r.Missing)},
		{Name: v.t("report.object"), Link: &html.Link{Text: v.t("report.download"), Href: v.r.URL.Path + "?as=json"}}}, Lists: []table{t}})
}

// secondaryUnless is the kind of a button that is the next thing to do, or not.
func secondaryUnless(next bool) string {
	if next {
		return ""
	}
	return "secondary"
}
