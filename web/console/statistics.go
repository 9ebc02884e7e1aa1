package console

import (
	"encoding/hex"
	"strconv"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// statistics lists the rules by which figures may leave, and how the privacy budget
// of each stands.
func (v *visit) statistics() error {
	body := listBody{Tabs: v.disclosureTabs()}
	rules := table{ID: "rules", Title: v.t("statistics.rules"), Head: []string{v.t("head.rule"), v.t("head.datum"), v.t("release.crowd"), v.t("release.wanted")}, Empty: html.Empty{Title: v.t("statistics.none"), Text: v.t("statistics.none-text")}}
	var budgets []gate.Budget
	list := v.program.File().Releases
	for i := range list {
		r := &list[i]
		var data []string
		for _, d := range r.Data {
			data = append(data, v.named("data", d.Text))
		}
		rules.Rows = append(rules.Rows, []cell{{Text: r.ID.Text, Link: v.at("/statistics/" + r.ID.Text)}, {Text: v.tongue.List(data)}, v.figure(r.Threshold.N), v.figure(max(r.Approved.N, 0))})
		some, err := v.gate().Budgets(v.r.Context(), v.id, avow.RuleID(r.ID.Text))
		if err != nil {
			return err
		}
		budgets = append(budgets, some...)
	}
	asked, err := v.releaseTable()
	if err != nil {
		return err
	}
	asked.ID = "releases"
	body.Tables = []table{rules, v.budgets(budgets), asked}
	p := v.page("statistics")
	p.Lead = v.t("statistics.lead")
	return v.list(p, body)
}

// budgets is the account of what was told, and of what may be.
func (v *visit) budgets(all []gate.Budget) table {
	t := table{ID: "budgets", Title: v.t("statistics.budgets"), Head: []string{v.t("head.rule"), v.t("head.recipient"), v.t("budget.limit"), v.t("budget.spent"), v.t("budget.left"), v.t("budget.ever"), v.t("head.until")},
		Empty: html.Empty{Title: v.t("statistics.none")}}
	for i := range all {
		b := &all[i]
		eps := func(e string) cell { return cell{Text: e, Right: true} }
		t.Rows = append(t.Rows, []cell{{Text: string(b.Rule)}, {Text: v.receiver(string(b.Recipient))}, eps(b.Limit), eps(b.Spent), eps(b.Left), eps(b.Ever), moment(b.Until)})
	}
	return t
}

// receiver is who gets figures: a recipient, or nobody outside.
func (v *visit) receiver(id string) string {
	if id == "" {
		return v.t("statistics.nobody")
	}
	return v.named("recipients", id)
}

// statisticsRule finds a rule of the policy's statistics.
func (v *visit) statisticsRule() (*syntax.Release, error) {
	list := v.program.File().Releases
	for i := range list {
		if list[i].ID.Text == v.r.PathValue("rule") {
			return &list[i], nil
		}
	}
	return nil, errNowhere
}

// statisticsOf shows one rule, and the form that puts a table forward under it.
func (v *visit) statisticsOf() error {
	r, err := v.statisticsRule()
	if err != nil {
		return err
	}
	all, err := v.gate().Budgets(v.r.Context(), v.id, avow.RuleID(r.ID.Text))
	if err != nil {
		return err
	}
	body := matterBody{Facts: []html.Line{{Name: v.t("head.rule"), Text: r.ID.Text}, {Name: v.t("release.crowd"), Text: v.tongue.Number(r.Threshold.N)}, {Name: v.t("release.wanted"), Text: v.tongue.Number(max(r.Approved.N, 0))}},
		Lists: []table{v.budgets(all)}}
	if v.may(officer.ProposeRelease) {
		body.Forms = []form{v.asking(r)}
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("statistics.title"), &html.Link{Text: v.t("statistics.title"), Href: v.at("/statistics")}
	return v.matter(p, body)
}

// asking is the form of a table: what is counted, for whom, and by what it is divided.
func (v *visit) asking(r *syntax.Release) form {
	var data, to, purposes []string
	data, to, purposes = once(data, r.Data), once(to, r.To), once(purposes, r.For)
	f := form{Act: v.at("/statistics/" + r.ID.Text), Title: v.t("ask-table.title"), Lead: v.t("ask-table.lead"), Button: v.t("ask-table.button"),
		Fields: []html.Field{v.listed("data", v.t("ask-table.data"), "data", data), v.listed("purpose", v.t("release.purpose"), "purposes", purposes)}}
	if len(to) > 0 {
		f.Fields = append(f.Fields, v.listed("recipient", v.t("head.recipient"), "recipients", to))
	}
	f.Fields = append(f.Fields, html.Field{Name: "epsilon", Label: v.t("release.epsilon"), Hint: v.t("ask-table.epsilon-hint"), Max: 8, Inputmode: "decimal"},
		html.Field{Name: "most", Label: v.t("release.most"), Hint: v.t("ask-table.most-hint"), Max: 3, Inputmode: "numeric", Pattern: "[0-9]*"})
	for n := 1; n <= gate.MostDimensions; n++ {
		name := strconv.Itoa(n)
		of := v.listed("by-"+name, v.t("release.by", "n", n), "data", append([]string{""}, data...))
		of.Required, of.Options[0].Label = false, v.t("ask-table.same")
		how := html.Field{Name: "how-" + name, Label: v.t("ask-table.how", "n", n), Required: true}
		for _, h := range []string{"values", "beginnings", "bands"} {
			how.Options = append(how.Options, html.Option{Value: h, Label: v.t("ask-table." + h)})
		}
		f.Fields = append(f.Fields, of, html.Field{Name: "field-" + name, Label: v.t("ask-table.field", "n", n), Hint: v.t("ask-table.field-hint"), Max: 64}, how,
			html.Field{Name: "values-" + name, Label: v.t("ask-table.lines", "n", n), Hint: v.t("ask-table.lines-hint"), Type: "textarea", Max: 20000, Rows: 3})
	}
	f.Groups = []html.Group{{Name: "totals", Legend: v.t("ask-table.totals"), Many: true, Options: []html.Option{{Value: "yes", Label: v.t("ask-table.totals-yes")}}}}
	return f
}

// question is the table that the form asks for.
func (v *visit) question(rule string) (*gate.Question, error) {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	q := &gate.Question{Rule: avow.RuleID(rule), Recipient: avow.Recipient(get("recipient")), Purpose: avow.Purpose(get("purpose")), Data: avow.Datum(get("data")), Epsilon: get("epsilon"), Totals: get("totals") == "yes"}
	number := func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, &avow.Error{Code: avow.Invalid, Message: "the form has something else where a number is needed", Try: "write whole numbers, one on a line"}
		}
		return n, nil
	}
	if get("most") != "" {
		n, err := number(get("most"))
		if err != nil {
			return nil, err
		}
		q.Most = int(n)
	}
	for i := 1; i <= gate.MostDimensions; i++ {
		n := strconv.Itoa(i)
		by := gate.By{Datum: avow.Datum(get("by-" + n)), Field: get("field-" + n), Prefix: get("how-"+n) == "beginnings"}
		if by.Datum == "" && by.Field == "" && get("values-"+n) == "" {
			continue
		}
		for line := range strings.Lines(get("values-" + n)) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if get("how-"+n) != "bands" {
				by.Values = append(by.Values, line)
				continue
			}
			edge, err := number(line)
			if err != nil {
				return nil, err
			}
			by.Bands = append(by.Bands, edge)
		}
		q.By = append(q.By, by)
	}
	return q, nil
}

// proposeRelease puts a table forward. One that was answered in the period that runs
// leads to the answer.
func (v *visit) proposeRelease() error {
	r, err := v.statisticsRule()
	if err != nil {
		return err
	}
	q, err := v.question(r.ID.Text)
	if err != nil {
		return err
	}
	m, _, err := v.gate().ProposeRelease(v.r.Context(), v.id, v.officer(), q)
	if err != nil {
		return err
	}
	return v.to("/releases/" + m.ID)
}

// dimension says by what a table is divided.
func (v *visit) dimension(q *gate.Question, by *gate.By) string {
	datum := by.Datum
	if datum == "" {
		datum = q.Data
	}
	parts := []string{v.named("data", string(datum))}
	if by.Field != "" {
		parts = append(parts, by.Field)
	}
	values := by.Values
	for _, edge := range by.Bands {
		values = append(values, strconv.FormatInt(edge, 10))
	}
	how := "ask-table.values"
	switch {
	case len(by.Bands) > 0:
		how = "ask-table.bands"
	case by.Prefix:
		how = "ask-table.beginnings"
	}
	return strings.Join(append(parts, v.t(how)+": "+strings.Join(values, ", ")), " · ")
}

func (v *visit) releaseOf() error {
	m, err := v.gate().ReadRelease(v.r.Context(), v.id, v.r.PathValue("matter"))
	if err != nil {
		return err
	}
	q := &m.Body.Question
	body := matterBody{Steps: v.steps(m.Steps), Facts: []html.Line{
		{Name: v.t("head.state"), Text: v.word("state", m.State)}, {Name: v.t("head.rule"), Text: string(q.Rule)}, {Name: v.t("head.recipient"), Text: v.receiver(string(q.Recipient))},
		{Name: v.t("head.datum"), Text: v.named("data", string(q.Data))}, {Name: v.t("release.crowd"), Text: v.tongue.Number(int64(m.Body.Crowd))}, {Name: v.t("release.epsilon"), Text: m.Body.Epsilon},
		{Name: v.t("head.approvals"), Text: v.approvals(&m.Proposal)}, {Name: v.t("release.wanted"), Text: v.tongue.Number(int64(m.Body.Approvals))},
		{Name: v.t("release.purpose"), Text: v.named("purposes", string(q.Purpose))}, {Name: v.t("release.most"), Text: v.tongue.Number(int64(max(q.Most, 1)))}}}
	for i := range q.By {
		body.Facts = append(body.Facts, html.Line{Name: v.t("release.by", "n", i+1), Text: v.dimension(q, &q.By[i])})
	}
	if m.State == "released" {
		body.Facts = append(body.Facts, html.Line{Name: v.t("release.shown"), Text: hex.EncodeToString(m.Body.Shown[:])}, html.Line{Name: v.t("release.until"), Text: v.tongue.Moment(m.Body.Until)})
	}
	t := table{Title: v.t("release.rows"), Head: []string{v.t("release.cell"), v.t("release.count")}}
	for _, row := range m.Body.Rows {
		n := v.tongue.Number(row.Count)
		if row.Hidden {
			n = v.t("release.withheld")
		}
		t.Rows = append(t.Rows, []cell{{Text: strings.Join(row.Of, " · ")}, {Text: n}})
	}
	if len(t.Rows) > 0 {
		body.Lists = []table{t}
	}
	// A rule that the policy no longer has keeps what was released under it.
	budgets, err := v.gate().Budgets(v.r.Context(), v.id, q.Rule)
	if err != nil && avow.CodeOf(err) != avow.Unknown {
		return err
	}
	if len(budgets) > 0 {
		body.Lists = append(body.Lists, v.budgets(budgets))
	}
	at := v.at("/releases/" + m.ID)
	if v.may(officer.ApproveRelease) {
		switch m.State {
		case "proposed":
			body.Forms = []form{v.approving(at+"/approve", &m.Proposal)}
		case "approved":
			body.Forms = []form{{Act: at + "/release", Title: v.t("release.title"), Lead: v.t("release.lead"), Button: v.t("release.button")}}
		}
	}
	if v.may(officer.ProposeRelease) && (m.State == "proposed" || m.State == "approved") {
		body.Forms = append(body.Forms, form{Act: at + "/withdraw", Title: v.t("release.withdraw"), Lead: v.t("release.withdraw-lead"), Button: v.t("release.withdraw-button"), Kind: "secondary"})
	}
	p := v.page("matter")
	p.Title, p.Back = v.t("kind.release"), v.toDisclosure()
	return v.matter(p, body)
}

func (v *visit) approveRelease() error {
	return approve(v, "/releases/"+v.r.PathValue("matter"), v.gate().ApproveRelease)
}

func (v *visit) release() error {
	matter := v.r.PathValue("matter")
	if _, _, err := v.gate().Release(v.r.Context(), v.id, matter, v.officer()); err != nil {
		return err
	}
	return v.to("/releases/" + matter)
}

func (v *visit) withdrawRelease() error {
	matter := v.r.PathValue("matter")
	if _, _, err := v.gate().WithdrawRelease(v.r.Context(), v.id, matter, v.officer()); err != nil {
		return err
	}
	return v.to("/releases/" + matter)
}
