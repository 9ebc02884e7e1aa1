package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// most is how many matters a page of a list shows.
const most = 200

// waiting is one matter that needs somebody.
type waiting struct {
	Kind, What, State, Link string
	Due                     time.Time
}

// today lists what waits for somebody at any desk, what is due first first. What
// has no clock comes last.
func (v *visit) today() error {
	all, err := v.waiting()
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b waiting) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			return cmp.Compare(strconv.FormatBool(a.Due.IsZero()), strconv.FormatBool(b.Due.IsZero()))
		}
		return a.Due.Compare(b.Due)
	})
	t := table{Title: v.t("today.waits"), Head: []string{v.t("head.kind"), v.t("head.what"), v.t("head.state"), v.t("head.due")},
		Empty: html.Empty{Title: v.t("today.empty"), Text: v.t("today.empty-text")}}
	late := 0
	for _, w := range all {
		state := cell{Text: v.word("state", w.State), Badge: "wait"}
		if !w.Due.IsZero() && !w.Due.After(v.now) {
			state, late = cell{Text: v.t("overdue"), Badge: "bad"}, late+1
		}
		t.Rows = append(t.Rows, []cell{{Text: w.Kind}, {Text: w.What, Link: w.Link}, state, {At: w.Due, Now: v.now}})
	}
	p := v.page("today")
	if len(all) > 0 {
		p.Lead = v.t("today.lead", "n", len(all), "late", late)
	}
	return v.list(p, listBody{Tables: []table{t}})
}

// waiting collects what is open at every desk that the visitor may see.
func (v *visit) waiting() ([]waiting, error) {
	var all []waiting
	for _, queue := range []struct {
		may  officer.Privilege
		list func() ([]waiting, error)
	}{
		{officer.SeeRequests, v.waitingRequests}, {officer.SeeRequests, v.waitingFulfilments}, {officer.SeeContent, v.waitingContents}, {officer.SeeDemands, v.waitingDemands},
		{officer.SeeRecipients, v.waitingQualifications}, {officer.SeeReleases, v.waitingReleases}, {officer.SeePolicy, v.waitingChanges},
		{officer.SeeIncidents, v.waitingIncidents}, {officer.SeeSuccessions, v.waitingSuccessions}, {officer.SeeDemands, v.waitingHolds}, {officer.SeeProof, v.waitingAttestations},
	} {
		if !v.may(queue.may) {
			continue
		}
		some, err := queue.list()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (v *visit) waitingRequests() (all []waiting, err error) {
	asks, err := v.gate().Queue(v.r.Context(), v.id, "", most)
	for i := range asks {
		a := &asks[i]
		all = append(all, waiting{v.t("kind.request"), v.word("right", a.Right), a.State.String(), v.at("/requests/" + a.ID), a.Due})
	}
	return all, err
}

func (v *visit) waitingContents() (all []waiting, err error) {
	held, err := v.heldContents()
	for _, h := range held {
		all = append(all, waiting{v.t("kind.content"), v.word("where", h.Where), h.State, v.at("/content"), h.Due})
	}
	return all, err
}

func (v *visit) waitingDemands() (all []waiting, err error) {
	demands, err := v.gate().Demands(v.r.Context(), v.id, "", most)
	for i := range demands {
		if m := &demands[i]; !slices.Contains(closed, m.State) || !m.Due.IsZero() {
			all = append(all, waiting{v.t("kind.demand"), v.named("recipients", string(m.Body.Authority)), m.State, v.at("/demands/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingQualifications() (all []waiting, err error) {
	quals, err := v.gate().Qualifications(v.r.Context(), v.id, "", "", most)
	for i := range quals {
		if m := &quals[i]; m.State == "proposed" {
			all = append(all, waiting{v.t("kind.qualification"), v.named("recipients", string(m.Body.Recipient)), m.State, v.at("/recipients/" + string(m.Body.Recipient)), m.Due})
		}
	}
	if err != nil {
		return nil, err
	}
	due, err := v.gate().Requalifications(v.r.Context(), v.id)
	for i := range due {
		m := &due[i]
		all = append(all, waiting{v.t("kind.policy-link"), v.named("recipients", string(m.Body.Recipient)), "link-" + m.Body.Seen.State, v.at("/recipients/" + string(m.Body.Recipient)), m.Body.Expires})
	}
	return all, err
}

func (v *visit) waitingReleases() (all []waiting, err error) {
	releases, err := v.gate().Releases(v.r.Context(), v.id, "", most)
	for i := range releases {
		if m := &releases[i]; m.State == "proposed" || m.State == "approved" {
			all = append(all, waiting{v.t("kind.release"), v.named("data", string(m.Body.Question.Data)), m.State, v.at("/releases/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingChanges() (all []waiting, err error) {
	changes, err := v.gate().Changes(v.r.Context(), v.id, "", most)
	for i := range changes {
		if m := &changes[i]; slices.Contains([]string{"draft", "checked", "approved", "announced"}, m.State) {
			all = append(all, waiting{v.t("kind.change"), m.Body.Version, m.State, v.at("/changes/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingIncidents() (all []waiting, err error) {
	incidents, err := v.gate().Incidents(v.r.Context(), v.id, "", most)
	for i := range incidents {
		if m := &incidents[i]; m.State != "closed" || !m.Due.IsZero() {
			all = append(all, waiting{v.t("kind.incident"), v.hurt(m.Body.Types), m.State, v.at("/incidents/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingSuccessions() (all []waiting, err error) {
	successions, err := v.gate().Successions(v.r.Context(), v.id, "", most)
	for i := range successions {
		if m := &successions[i]; m.State != "done" && m.State != "withdrawn" {
			all = append(all, waiting{v.t("kind.succession"), m.Body.Name, m.State, v.at("/successions/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingHolds() (all []waiting, err error) {
	holds, err := v.gate().Holds(v.r.Context(), v.id, "", most)
	for i := range holds {
		if m := &holds[i]; m.State == "proposed" {
			all = append(all, waiting{v.t("kind.hold"), m.Body.Case, m.State, v.at("/holds/" + m.ID), m.Due})
		}
	}
	return all, err
}

func (v *visit) waitingAttestations() (all []waiting, err error) {
	attested, err := v.gate().Attestations(v.r.Context(), v.id)
	for i := range attested {
		if a := &attested[i]; a.State != gate.AttestationCurrent {
			all = append(all, waiting{v.t("kind.attestation"), string(a.Rule), a.State, v.at("/attestations"), a.Expires})
		}
	}
	return all, err
}

// closed are states in which nothing is to be done any more.
var closed = []string{"released", "refused", "withdrawn"}

// heldContents lists what is held, without the texts.
func (v *visit) heldContents() ([]gate.HeldContent, error) {
	return v.gate().WaitingContents(v.r.Context(), v.id, "", most)
}
