package journey_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/auth"
	"avow.dev/internal/chromium/browsertest"
)

// promises is the club's policy with a promise of each kind: one that is played, one
// that somebody answers for, one that only informs, and one that nobody plays.
var promises = []string{
	"  - {id: CLUB-1, promise: CP-29, class: M}", `  - {id: CLUB-1, promise: CP-29, class: M}
  - {id: CLUB-2, promise: CP-43, class: O}
  - {id: CLUB-3, promise: CP-42, class: D}
  - {id: CLUB-4, promise: CP-20, class: M}`,
	"{id: warn, say", "{id: warn, clause: [CLUB-3], say",
	"{id: keep-place, data", "{id: keep-place, clause: [CLUB-4], data",
	"minors:", `attestations:
  - {id: trained, clause: [CLUB-2], owner: desk, says: staff-training, by: {en: Head of the desk, zh: 客服主管}, evidence: training.pdf, date: 2026-01-01, expires: 2026-12-31}

minors:`,
}

// rows are what the table of promises says: clause, state, and how it is known.
func (v *screen) rows() map[string]string {
	v.h.t.Helper()
	const read = `JSON.stringify([...document.querySelectorAll("main table")].at(0).querySelectorAll("tbody tr").length && Object.fromEntries([...document.querySelectorAll("main table")].at(0).querySelectorAll("tbody tr").values().map(r => [r.id, r.querySelector(".badge").textContent + "|" + (r.querySelector("[lang=en]")?.textContent || "") + "|" + (r.querySelector("a[href*='/receipt/']")?.getAttribute("href") || "")])))`
	var out map[string]string
	must(v.h.t, json.Unmarshal([]byte(browsertest.Eval[string](v.Page, read)), &out))
	return out
}

// told is what the page tells programs, in the same words.
func (h *town) told() (seal string, rows map[string]string) {
	h.t.Helper()
	var out struct {
		Seal     string
		Promises []struct {
			Clause, State, How string
			Leaf               int64
		}
	}
	must(h.t, json.Unmarshal([]byte(h.Visitor().Get("/proof/club.json").Body), &out))
	rows = make(map[string]string)
	said := map[string]string{"proved": "proved", "attested": "attested", "rendered": "said", "unproved": "not proved", "broken": "broken"}
	for _, p := range out.Promises {
		evidence := ""
		if p.Leaf >= 0 {
			evidence = fmt.Sprintf("/log/club/receipt/%d", p.Leaf)
		}
		rows[p.Clause] = said[p.State] + "|" + p.How + "|" + evidence
	}
	return out.Seal, rows
}

// TestThePublicProof: how each promise stands, for people and for programs alike, with
// its evidence one click away; and what a broken promise and an attestation that has
// run out do to the seal.
func TestThePublicProof(t *testing.T) {
	t.Parallel()
	h := openTown(t, promises...)
	auditor := h.Issue(grantOf(auth.Auditor))
	report := func(state, how string) {
		t.Helper()
		h.Pass(time.Hour)
		h.CallAs(auditor, "proofs", `{"kind":"full","hash":"`+string(h.Program.Hash())+`","probes":7,"mutants_killed":3,"rows":[{"clause":"CLUB-1","state":"`+state+`","how":"`+how+`"},{"clause":"CLUB-3","state":"rendered","how":"text only"}]}`)
		must(t, h.Seal(t.Context()))
	}
	var v *screen
	look := func(seal string, want map[string]string) {
		t.Helper()
		v = h.screen() // the page may be kept for a minute
		v.Goto(h.URL() + "/proof/club")
		v.reads(seal)
		shown := v.rows()
		_, told := h.told()
		for clause, state := range want {
			if !strings.HasPrefix(shown[clause], state+"|") {
				t.Errorf("%s is shown as %q, want %s", clause, shown[clause], state)
			}
		}
		for clause := range told {
			if shown[clause] != told[clause] {
				t.Errorf("%s is %q for people and %q for programs", clause, shown[clause], told[clause])
			}
		}
		if len(shown) != len(told) || len(told) != 4 {
			t.Errorf("%d promises for people, %d for programs", len(shown), len(told))
		}
	}
	look("Not proved yet", map[string]string{"CLUB-1": "not proved", "CLUB-2": "attested"})
	report("proved", "3 probes held")
	look("No promise is broken", map[string]string{"CLUB-1": "proved", "CLUB-2": "attested", "CLUB-3": "said", "CLUB-4": "not proved"})
	v.reads("7 questions to a running server", "3 changed policies noticed", "Head of the desk", "training.pdf", "31 December 2026")
	v.Accessible()
	proof := browsertest.Eval[string](v.Page, `fetch(document.querySelector("#CLUB-1 a[href*='/receipt/']").href).then(r => r.text())`)
	if !strings.HasPrefix(proof, "c2sp.org/tlog-proof@v1") {
		t.Errorf("the evidence is %q", proof)
	}
	sentence := browsertest.Eval[string](v.Page, `document.querySelector("#CLUB-1 th a").href`)
	v.Follow("#CLUB-1 th a")
	if rule := sentence[strings.Index(sentence, "#")+1:]; !browsertest.Eval[bool](v.Page, fmt.Sprintf("!!document.getElementById(%q)", rule)) {
		t.Errorf("the sentence of the promise is not at %s", sentence)
	}

	report("broken", "a refusal was not heeded")
	look("A promise is broken", map[string]string{"CLUB-1": "broken", "CLUB-2": "attested"})
	v.reads("a refusal was not heeded")
	v.Accessible()
	report("proved", "3 probes held")
	look("No promise is broken", map[string]string{"CLUB-1": "proved"})

	h.Pass(10 * 24 * time.Hour)
	v = h.screen()
	v.Goto(h.URL() + "/proof/club")
	v.reads("ends soon")
	h.Pass(30 * 24 * time.Hour)
	look("A promise is broken", map[string]string{"CLUB-1": "proved", "CLUB-2": "broken"})
	v.reads("run out")
	if seal, _ := h.told(); seal != "broken" {
		t.Errorf("programs are told that the seal is %s", seal)
	}
	v.Follow("nav.languages a[lang=zh]")
	if got := v.rows(); len(got) != 4 || !slices.Contains([]string{"zh", "zh-Hans"}, browsertest.Eval[string](v.Page, "document.documentElement.lang")) {
		t.Errorf("in Chinese there are %d promises", len(got))
	}
	v.Accessible()
	must(t, v.Width(320))
	v.fits(320)
	v.sound()
}
