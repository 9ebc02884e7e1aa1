package console

import (
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// attestations lists the promises that only people keep, with who answers for them
// and until when.
func (v *visit) attestations() error {
	all, err := v.gate().Attestations(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	t := table{ID: "attestations", Title: v.t("attestations.list"), Head: []string{v.t("head.rule"), v.t("attest.says"), v.t("attest.by"), v.t("attest.owner"), v.t("attest.evidence"), v.t("head.state"), v.t("head.until"), v.t("attest.reminder")},
		Empty: html.Empty{Title: v.t("attestations.empty")}}
	body := listBody{Tabs: v.proofTabs()}
	expired := 0
	for i := range all {
		a := &all[i]
		by := a.By[0]
		if v.tongue.Tag() == "zh" {
			by = a.By[1]
		}
		state := cell{Text: v.t("attest.current"), Badge: "on"}
		switch a.State {
		case gate.AttestationExpiring:
			state = cell{Text: v.t("attest.expiring"), Badge: "wait"}
		case gate.AttestationExpired:
			state, expired = cell{Text: v.t("attest.expired"), Badge: "bad"}, expired+1
		}
		t.Rows = append(t.Rows, []cell{{Text: string(a.Rule)}, {Text: v.word("attests", a.Says)}, {Text: by}, {Text: v.named("roles", string(a.Owner))}, {Text: a.Evidence}, state, v.until(a.Expires), v.until(a.Expires.Add(-gate.AttestationReminder))})
		if v.may(officer.Attest) && (a.Owner == "" || slices.Contains(v.acts(), a.Owner)) {
			body.Forms = append(body.Forms, v.renewal(a))
		}
	}
	body.Tables = []table{t}
	p := v.page("attestations")
	p.Lead = v.t("attestations.lead")
	if expired > 0 {
		p.Notices = append(p.Notices, html.Notice{Kind: "warn", Title: v.t("attestations.expired", "n", expired), Text: v.t("attestations.expired-text")})
	}
	return v.list(p, body)
}

// proofTabs leads through the pages of the place Proof.
func (v *visit) proofTabs() []html.Link {
	return v.tabs(tab{"proof", officer.SeeProof}, tab{"attestations", officer.SeeProof}, tab{"openings", officer.SeeOpenings})
}

// renewal asks for the document that renews an attestation.
func (v *visit) renewal(a *gate.Attested) form {
	return form{Act: v.at("/attestations"), Title: v.t("attest.renew", "rule", string(a.Rule)), Lead: v.t("attest.renew-lead"), Button: v.t("attest.renew-button"), Kind: secondaryUnless(a.State != gate.AttestationCurrent),
		Hidden: map[string]string{"rule": string(a.Rule), "role": string(a.Owner)}, Fields: []html.Field{{Name: "evidence", Label: v.t("attest.evidence"), Required: true, Max: 200},
			{Name: "sha256", Label: v.t("head.document"), Hint: v.t("field.document-hint"), Required: true, Max: 64, Pattern: "[0-9a-f]{64}"}, {Name: "expires", Label: v.t("head.until"), Type: "date", Required: true}}}
}

func (v *visit) renewAttestation() error {
	until, err := day(v.r.PostFormValue("expires"))
	if err != nil {
		return err
	}
	r := gate.Renewal{Rule: avow.RuleID(v.r.PostFormValue("rule")), Evidence: strings.TrimSpace(v.r.PostFormValue("evidence")), SHA256: strings.TrimSpace(v.r.PostFormValue("sha256")), Since: v.now, Expires: until}
	if _, _, err := v.gate().RenewAttestation(v.r.Context(), v.id, v.officer(), &r); err != nil {
		return err
	}
	return v.to("/attestations")
}
