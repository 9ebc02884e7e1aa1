package console

import (
	"strings"

	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// disclosure lists what leaves the house, or may: demands of authorities,
// recipients, and releases of statistics.
func (v *visit) disclosure() error {
	body := listBody{Tabs: v.disclosureTabs()}
	for _, part := range []struct {
		may  officer.Privilege
		list func() (table, error)
	}{{officer.SeeDemands, v.demandTable}, {officer.SeeRecipients, v.partyTable}, {officer.SeeReleases, v.releaseTable}} {
		if !v.may(part.may) {
			continue
		}
		t, err := part.list()
		if err != nil {
			return err
		}
		body.Tables = append(body.Tables, t)
	}
	if v.may(officer.WorkDemands) && len(v.program.File().Demands) > 0 {
		body.Forms = []form{v.receiving()}
	}
	return v.list(v.page("disclosure"), body)
}

func (v *visit) demandTable() (table, error) {
	t := table{Title: v.t("disclosure.demands"), Head: []string{v.t("head.authority"), v.t("head.ground"), v.t("head.state"), v.t("head.received"), v.t("head.due")},
		Empty: html.Empty{Title: v.t("disclosure.no-demands")}}
	demands, err := v.gate().Demands(v.r.Context(), v.id, "", most)
	for i := range demands {
		m := &demands[i]
		t.Rows = append(t.Rows, []cell{{Text: v.named("recipients", string(m.Body.Authority)), Link: v.at("/demands/" + m.ID)}, {Text: m.Body.Ground}, v.stateOf(m.State), {At: m.Opened}, {At: m.Due, Now: v.now}})
	}
	return t, err
}

func (v *visit) partyTable() (table, error) {
	t := table{Title: v.t("disclosure.recipients"), Head: []string{v.t("head.recipient"), v.t("head.kind"), v.t("head.region"), v.t("head.state"), v.t("head.lacks"), v.t("head.until")},
		Empty: html.Empty{Title: v.t("disclosure.no-recipients")}}
	parties, err := v.gate().Parties(v.r.Context(), v.id)
	for _, p := range parties {
		state := cell{Text: v.t("party.shut"), Badge: "bad"}
		if p.Open {
			state = cell{Text: v.t("party.open"), Badge: "on"}
		}
		var lacks []string
		for _, l := range p.Lacks {
			lacks = append(lacks, v.word("requires", l))
		}
		t.Rows = append(t.Rows, []cell{{Text: v.named("recipients", string(p.ID)), Link: v.at("/recipients/" + string(p.ID))}, {Text: v.word("party", p.Kind)}, {Text: p.Region}, state, {Text: strings.Join(lacks, ", ")}, {At: p.Until, Now: v.now}})
	}
	return t, err
}

func (v *visit) releaseTable() (table, error) {
	t := table{Title: v.t("disclosure.releases"), Head: []string{v.t("head.datum"), v.t("head.recipient"), v.t("head.state"), v.t("head.received")}, Empty: html.Empty{Title: v.t("disclosure.no-releases")}}
	releases, err := v.gate().Releases(v.r.Context(), v.id, "", most)
	for i := range releases {
		m := &releases[i]
		t.Rows = append(t.Rows, []cell{{Text: v.named("data", string(m.Body.Question.Data)), Link: v.at("/releases/" + m.ID)}, {Text: v.named("recipients", string(m.Body.Question.Recipient))}, v.stateOf(m.State), {At: m.Opened}})
	}
	return t, err
}

// stateOf is a state with the shape that goes with it.
func (v *visit) stateOf(state string) cell {
	kind := "wait"
	switch state {
	case "released", "valid", "effective", "approved", "done", "in-force":
		kind = "on"
	case "refused", "withdrawn", "revoked", "superseded", "over":
		kind = "plain"
	}
	return cell{Text: v.word("state", state), Badge: kind}
}

// listed is a field whose options are entries of the policy.
func (v *visit) listed(name, label, section string, ids []string) html.Field {
	f := html.Field{Name: name, Label: label, Required: true}
	for _, id := range ids {
		text := id
		if section != "" {
			text = v.named(section, id)
		}
		f.Options = append(f.Options, html.Option{Value: id, Label: text})
	}
	return f
}

func (v *visit) toDisclosure() *html.Link {
	return &html.Link{Text: v.t("nav.disclosure"), Href: v.at("/disclosure")}
}
