package gate_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// paperOf is a paper that would count.
func (w *world) paperOf(to avow.Recipient, kind string) *gate.Qualifying {
	q := &gate.Qualifying{Recipient: to, Kind: kind, Document: strings.Repeat("ab", 32), By: "Notary Ltd", Date: began.Add(-time.Hour), Expires: w.clock().AddDate(1, 0, 0)}
	p, err := w.Program("club")
	must(w.t, err)
	switch kind {
	case "terms":
		q.Policy = p.Hash()
	case "purposes":
		q.Purposes = []avow.Purpose{"show-map", "manage-account", "marketing"}
	case "policy-link":
		q.Link = "https://map-maker.example/privacy"
	}
	return q
}

// qualify puts papers on file, by two people.
func (w *world) qualify(papers ...*gate.Qualifying) (ids []string) {
	w.t.Helper()
	for _, q := range papers {
		m, _, err := w.ProposeQualification(w.t.Context(), "club", ann, q)
		must(w.t, err)
		what, err := m.Body.Digest()
		must(w.t, err)
		m, _, err = w.ApproveQualification(w.t.Context(), "club", m.ID, bo, what)
		if must(w.t, err); m.State != "valid" {
			w.t.Fatalf("after two people: %s", m.State)
		}
		ids = append(ids, m.ID)
	}
	return ids
}

// leafAt is a piece of evidence.
func (w *world) leafAt(index int64) evidence.Leaf {
	w.t.Helper()
	raw, err := w.store.Leaves(w.t.Context(), "club", index, index+1)
	must(w.t, err)
	l, err := evidence.Parse(raw[0])
	must(w.t, err)
	return l
}

const mapMaker = "kind: partner, region: CN, terms: contract, requires: [terms], tagged: true, expires: 2027-06-30"

// mapWorld is the club with a map maker of whom more is required, and somebody who
// agreed to all of it.
func mapWorld(t testing.TB, terms, requires string) *world {
	t.Helper()
	raw, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	src := strings.Replace(string(raw), mapMaker, "kind: partner, region: CN, terms: "+terms+", policy_url: https://map-maker.example/privacy, requires: ["+requires+"], tagged: true, expires: 2027-06-30", 1)
	w := setupProgram(t, compileText(t, []byte(src)))
	w.join("li", "li@mail.example", "13800001111")
	_, err = w.Agree(t.Context(), "club", "li", &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "position", State: avow.Given}}})
	must(t, err)
	return w
}

func (w *world) sendPosition() (gate.Shown, error) {
	return w.Share(w.t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"location-precise"}, Purpose: "show-map", Recipient: "map-maker"})
}

func TestEachMissingPaperClosesTheWay(t *testing.T) {
	t.Parallel()
	kinds := []string{"terms", "purposes", "policy-link", "assessment", "due-diligence"}
	w := mapWorld(t, "contract", strings.Join(kinds, ", "))
	_, err := w.sendPosition()
	wants(t, err, avow.RecipientUnqualified)
	ids := make(map[string]string)
	for i, kind := range kinds {
		_, err := w.sendPosition()
		wants(t, err, avow.RecipientUnqualified)
		ids[kind] = w.qualify(w.paperOf("map-maker", kind))[0]
		if parties, err := w.Parties(t.Context(), "club"); err != nil || parties[0].Open != (i == len(kinds)-1) || len(parties[0].Lacks) != len(kinds)-1-i {
			t.Fatalf("%+v, %v", parties[0], err)
		}
	}
	_, err = w.sendPosition()
	must(t, err)
	for _, kind := range kinds {
		_, r, err := w.RevokeQualification(t.Context(), "club", ids[kind], bo)
		must(t, err)
		if l := w.leafAt(r.Index); l.Kind != evidence.QualificationStep || l.Recipient != "map-maker" || l.Verdict != avow.Refuse {
			t.Errorf("evidence of the revocation: %+v", l)
		}
		_, err = w.sendPosition()
		wants(t, err, avow.RecipientUnqualified)
		if _, _, err := w.RevokeQualification(t.Context(), "club", ids[kind], bo); avow.CodeOf(err) != avow.Conflict {
			t.Errorf("revoked twice: %v", err)
		}
		w.qualify(w.paperOf("map-maker", kind))
		_, err = w.sendPosition()
		must(t, err)
	}
	w.pass(366 * 24 * time.Hour)
	_, err = w.sendPosition()
	if r, ok := errors.AsType[*avow.Refusal](err); !ok || !r.Decision.Reasons.Has(avow.RecipientUnqualified) {
		t.Errorf("after every paper ran out: %v", err)
	}
}

// A paper speaks for the purposes that the recipient stated, and for no other.
func TestStatedPurposes(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "purposes")
	q := w.paperOf("map-maker", "purposes")
	q.Purposes = []avow.Purpose{"marketing"}
	w.qualify(q)
	_, err := w.sendPosition()
	wants(t, err, avow.RecipientUnqualified)
	w.qualify(w.paperOf("map-maker", "purposes"))
	_, err = w.sendPosition()
	must(t, err)
}

// Terms of a recipient that keeps to the same policy hold for that text alone.
func TestSamePolicyTermsFollowTheText(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "same-policy", "terms")
	old := w.paperOf("map-maker", "terms")
	old.Policy = avow.Hash("sha256:" + strings.Repeat("0f", 32))
	w.qualify(old)
	_, err := w.sendPosition()
	wants(t, err, avow.RecipientUnqualified)
	w.qualify(w.paperOf("map-maker", "terms"))
	_, err = w.sendPosition()
	must(t, err)
}

func TestTwoDifferentPeopleQualify(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "terms")
	m, _, err := w.ProposeQualification(t.Context(), "club", ann, w.paperOf("map-maker", "terms"))
	must(t, err)
	what, err := m.Body.Digest()
	must(t, err)
	other := w.paperOf("map-maker", "terms")
	other.Expires = other.Expires.Add(time.Hour)
	wrong, err := other.Digest()
	must(t, err)
	for _, c := range []struct {
		by   gate.Officer
		what [32]byte
		want avow.Code
	}{
		{ann, what, avow.Forbidden},                          // their own
		{ann2, what, avow.Forbidden},                         // their own, by another account
		{gate.Officer{Via: "token-9"}, what, avow.Forbidden}, // a program
		{bo, wrong, avow.Conflict},                           // something else
		{bo, [32]byte{}, avow.Conflict},
	} {
		if _, _, err := w.ApproveQualification(t.Context(), "club", m.ID, c.by, c.what); avow.CodeOf(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.by, err, c.want)
		}
		_, err := w.sendPosition()
		wants(t, err, avow.RecipientUnqualified)
	}
	_, _, err = w.ApproveQualification(t.Context(), "club", m.ID, bo, what)
	must(t, err)
	if _, _, err := w.ApproveQualification(t.Context(), "club", m.ID, cleo, what); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("approved twice: %v", err)
	}
	_, _, err = w.RevokeQualification(t.Context(), "club", m.ID, ann)
	must(t, err)
	if _, _, err := w.ApproveQualification(t.Context(), "club", m.ID, cleo, what); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("approved after it was revoked: %v", err)
	}
}

func TestPapersThatCountForNothing(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "terms")
	for name, change := range map[string]func(*gate.Qualifying){
		"nobody declared": func(q *gate.Qualifying) { q.Recipient = "stranger" },
		"a successor":     func(q *gate.Qualifying) { q.Recipient = "heir" },
		"kind":            func(q *gate.Qualifying) { q.Kind = "friendship" },
		"no document":     func(q *gate.Qualifying) { q.Document = "" },
		"short document":  func(q *gate.Qualifying) { q.Document = "abab" },
		"nobody signed":   func(q *gate.Qualifying) { q.By = " " },
		"tomorrow":        func(q *gate.Qualifying) { q.Date = w.clock().Add(time.Minute) },
		"over":            func(q *gate.Qualifying) { q.Expires = w.clock() },
		"for ever":        func(q *gate.Qualifying) { q.Expires = w.clock().AddDate(9, 0, 0) },
		"no end":          func(q *gate.Qualifying) { q.Expires = time.Time{} },
		"no text":         func(q *gate.Qualifying) { q.Policy = "" },
		"not a hash":      func(q *gate.Qualifying) { q.Policy = "sha256:xyz" },
		"no purposes":     func(q *gate.Qualifying) { q.Kind, q.Policy = "purposes", "" },
		"odd purposes": func(q *gate.Qualifying) {
			q.Kind, q.Policy, q.Purposes = "purposes", "", []avow.Purpose{"li@mail.example"}
		},
		"two kinds":   func(q *gate.Qualifying) { q.Purposes = []avow.Purpose{"show-map"} },
		"inward link": func(q *gate.Qualifying) { q.Kind, q.Policy, q.Link = "policy-link", "", "https://127.0.0.1/privacy" },
		"other link": func(q *gate.Qualifying) {
			q.Kind, q.Policy, q.Link = "policy-link", "", "https://map-maker.example.evil.example/privacy"
		},
		"plain link": func(q *gate.Qualifying) {
			q.Kind, q.Policy, q.Link = "policy-link", "", "http://map-maker.example/privacy"
		},
		"credentials": func(q *gate.Qualifying) {
			q.Kind, q.Policy, q.Link = "policy-link", "", "https://a:b@map-maker.example/privacy"
		},
	} {
		q := w.paperOf("map-maker", "terms")
		change(q)
		if _, _, err := w.ProposeQualification(t.Context(), "club", ann, q); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := w.Qualifications(t.Context(), "club", "", "", 10); err != nil || len(all) != 0 {
		t.Errorf("%d papers, %v", len(all), err)
	}
}

// While a paper is being revoked, every answer either came before or is a refusal,
// and none comes after.
func TestNothingLeavesAfterARevocation(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "terms")
	id := w.qualify(w.paperOf("map-maker", "terms"))[0]
	var wg sync.WaitGroup
	var mu sync.Mutex
	var last int64 = -1
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if out, err := w.sendPosition(); err == nil {
					mu.Lock()
					last = max(last, out.Receipt.Index)
					mu.Unlock()
				}
			}
		})
	}
	_, r, err := w.RevokeQualification(t.Context(), "club", id, bo)
	must(t, err)
	wg.Wait()
	if last > r.Index {
		t.Errorf("data left by leaf %d, after the revocation in leaf %d", last, r.Index)
	}
}

func TestPapersAreListedByRecipient(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "terms")
	var want []string
	for range 3 {
		want = append(want, w.qualify(w.paperOf("map-maker", "terms"))[0])
		w.qualify(w.paperOf("ad-house", "assessment"))
	}
	var got []string
	for after := ""; ; {
		page, err := w.Qualifications(t.Context(), "club", "map-maker", after, 2)
		must(t, err)
		for _, m := range page {
			got = append(got, m.ID)
			after = m.ID
		}
		if len(page) < 2 {
			break
		}
	}
	slices.Sort(want) // what is opened in one instant has no order
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if m, err := w.ReadQualification(t.Context(), "club", want[0]); err != nil || m.Body.Recipient != "map-maker" || hex.EncodeToString(m.Proposal.What[:]) == "" {
		t.Errorf("%+v, %v", m, err)
	}
}
