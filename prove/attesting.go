package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev/policy/syntax"
)

// attestationProbes play a promise that only people can keep: who answers for it
// stands on the desk and on the public page, until its end and no longer.
func (t text) attestationProbes(e *syntax.Attestation) []probe {
	return []probe{
		{e.ID.Text, "is shown with its owner, its document and its end", func(s *stage) error { return s.attestationShown(e) }},
		{e.ID.Text, "runs out in public, and is renewed by its owner alone", func(s *stage) error { return s.attestationRunsOut(e) }},
	}
}

// vouched is an attestation as the desk and the public page tell of it.
type vouched struct {
	Rule     string    `json:"rule"`
	Evidence string    `json:"evidence"`
	Expires  time.Time `json:"expires"`
	Renewed  bool      `json:"renewed"`
	State    string    `json:"state"`
}

// vouched reads an attestation at the desk and in the public file, and makes sure
// that both, and the public page, say the same.
func (s *stage) vouched(rule string) (*vouched, error) {
	desk, err := s.attestationIn(http.MethodGet, "/v1/"+s.text.Policy.Text+"/attestations", rule)
	if err != nil {
		return nil, err
	}
	public, err := s.attestationIn(http.MethodGet, "/proof/"+s.text.Policy.Text+".json", rule)
	if err != nil {
		return nil, err
	}
	if *desk != *public {
		return nil, &mismatch{"the public file to say of " + rule + " what the desk says", fmt.Sprintf("%s until %s, and %s until %s", public.State, public.Expires, desk.State, desk.Expires)}
	}
	page, err := s.do(http.MethodGet, "/proof/"+s.text.Policy.Text+"?lang=en", nil)
	if err != nil {
		return nil, err
	}
	_, row, _ := strings.Cut(string(page.raw), `<tr id="`+rule+`">`)
	row, _, _ = strings.Cut(row, "</tr>")
	shown := map[string]string{"current": "current", "expiring": "ends soon", "expired": "run out"}[desk.State]
	return desk, expect(page.status == http.StatusOK && strings.Contains(row, shown) && strings.Contains(row, desk.Evidence),
		"the public page to show "+rule+" as "+desk.State, "status %d: %.200s", page.status, row)
}

func (s *stage) attestationIn(method, path, rule string) (*vouched, error) {
	a, err := s.do(method, path, nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Attestations []vouched `json:"attestations"`
	}
	if err := json.Unmarshal(a.raw, &list); err != nil || a.status != http.StatusOK {
		return nil, &mismatch{"a list of attestations", a.String()}
	}
	i := slices.IndexFunc(list.Attestations, func(v vouched) bool { return v.Rule == rule })
	if i < 0 {
		return nil, &mismatch{"an attestation " + rule, "none"}
	}
	return &list.Attestations[i], nil
}

// attestationShown expects an attestation that has not run out. Its end is the
// policy's, or a later one to which its owner renewed it.
func (s *stage) attestationShown(e *syntax.Attestation) error {
	v, err := s.vouched(e.ID.Text)
	if err != nil {
		return err
	}
	end := time.Date(e.Expires.Year, time.Month(e.Expires.Month), e.Expires.Day, 0, 0, 0, 0, time.UTC)
	if v.State == "expired" || e.By.IsZero() || v.Evidence == "" || !v.Renewed && v.Evidence != e.Evidence.Text {
		return &mismatch{"an owner, a document and an end that has not passed", v.State + " since " + v.Expires.Format(time.DateOnly)}
	}
	return expect(v.Expires.Equal(end) || v.Renewed && v.Expires.After(end), "the end that the policy states, "+end.Format(time.DateOnly), "%s", v.Expires.Format(time.DateOnly))
}

// attestationRunsOut goes to the end of an attestation: one tick before it stands, at
// it everybody sees that it has run out, and its owner brings it back.
func (s *stage) attestationRunsOut(e *syntax.Attestation) error {
	start := s.clock.now()
	defer s.clock.set(start)
	v, err := s.vouched(e.ID.Text)
	if err != nil {
		return err
	}
	if s.clock.set(v.Expires.Add(-time.Second)); v.Expires.Before(start) {
		return &mismatch{"an attestation that has not run out", "one until " + v.Expires.Format(time.DateOnly)}
	}
	if err := s.vouchedAs(e, "expiring"); err != nil {
		return err
	}
	s.clock.set(v.Expires)
	if err := s.vouchedAs(e, "expired"); err != nil {
		return err
	}
	anew := map[string]any{"rule": e.ID.Text, "evidence": "renewed.pdf", "sha256": strings.Repeat("5f", 32), "expires": v.Expires.AddDate(0, 0, 60), "role": e.Owner.Text}
	other := map[string]any{"rule": e.ID.Text, "evidence": "renewed.pdf", "sha256": strings.Repeat("5f", 32), "expires": v.Expires.AddDate(0, 0, 60), "role": "nobody-of-the-policy"}
	undocumented := map[string]any{"rule": e.ID.Text, "evidence": "renewed.pdf", "sha256": "", "expires": v.Expires.AddDate(0, 0, 60), "role": e.Owner.Text}
	for name, try := range map[string]func() (*answer, error){
		"by a program":              func() (*answer, error) { return s.send("attestations/renew", anew) },
		"without a document":        func() (*answer, error) { return s.as("ann", "attestations/renew", undocumented) },
		"by another than its owner": func() (*answer, error) { return s.as("ann", "attestations/renew", other) },
	} {
		if e.Owner.Text == "" && name == "by another than its owner" {
			continue // any of the controller's people may
		}
		if a, err := try(); err != nil || a.status == http.StatusOK {
			return orMismatch(err, "no renewal "+name, "%v", a)
		}
		if err := s.vouchedAs(e, "expired"); err != nil {
			return err
		}
	}
	if a, err := s.as("ann", "attestations/renew", anew); err != nil || a.status != http.StatusOK {
		return orMismatch(err, "its owner to renew it", "%v", a)
	}
	return s.vouchedAs(e, "current")
}

func (s *stage) vouchedAs(e *syntax.Attestation, state string) error {
	v, err := s.vouched(e.ID.Text)
	if err != nil {
		return err
	}
	return expect(v.State == state, e.ID.Text+" to be "+state+" on "+s.clock.now().Format(time.DateTime), "%s", v.State)
}
