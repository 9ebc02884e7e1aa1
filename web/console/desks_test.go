package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
)

func hexOf(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }

// TestAHoldIsSetByTwo: whoever puts it forward is one of them, and nobody counts twice.
func TestAHoldIsSetByTwo(t *testing.T) {
	t.Parallel()
	h := open(t, "airstep")
	h.join("li")
	rule, two := string(h.Program.Holds()[0].ID), int64(1)
	for _, info := range h.Program.Holds() {
		if info.Approvals > two {
			rule, two = string(info.ID), info.Approvals
		}
	}
	ann, bo := h.as("ann", officer.Lawyer), h.as("bo", officer.PrivacyOfficer)
	ann.again()
	bo.again()
	ann.Get(h.at("/holds")).Shows(t, http.StatusOK, "Nobody is under a hold", "Put a hold forward")
	at := ann.Post(h.at("/holds"), form("person", "li", "rule", rule, "case", "M-17", "statute", "Civil Procedure Law, article 84", "until", h.day(20))).LeadsUnder(t, h.at("/holds/"))
	page := ann.Get(at).Shows(t, http.StatusOK, "M-17", "Civil Procedure Law")
	if strings.Contains(page.Body, ">li<") {
		t.Error("the page names who is held")
	}
	if two > 1 {
		what := page.Shows(t, http.StatusOK, "Put forward by ann").Field(t, "what")
		ann.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
		bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	}
	ann.Get(at).Shows(t, http.StatusOK, "In force")
	if st, err := h.Gate().Standing(t.Context(), h.Program.ID(), "li"); err != nil || !st.Hold {
		t.Errorf("%+v %v", st, err)
	}
	bo.Post(at+"/release", nil).LeadsUnder(t, at)
	if st, err := h.Gate().Standing(t.Context(), h.Program.ID(), "li"); err != nil || st.Hold {
		t.Errorf("%+v %v", st, err)
	}
}

// day is a day as a form has it.
func (h *house) day(ahead int) string {
	return h.Now().AddDate(0, 0, ahead).Format(time.DateOnly)
}

// TestASuccessionResetsOrHandsOver: without a signature every yes is taken out; with
// one, the file that comes opens for the successor's key alone.
func TestASuccessionResetsOrHandsOver(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.join("li")
	choice := avow.Choice("")
	for i := range h.Program.File().Choices {
		if c := &h.Program.File().Choices[i]; c.Kind.Text == "consent" && choice == "" {
			if _, err := h.Gate().Agree(t.Context(), "generic", "li", &gate.Agreement{Policy: h.Program.Hash(), Language: "en", Choices: []gate.ChoiceEvent{{Choice: avow.Choice(c.ID.Text), State: avow.Given}}}); err == nil {
				choice = avow.Choice(c.ID.Text)
			}
		}
	}
	heir := ""
	for i := range h.Program.File().Parties {
		if h.Program.File().Parties[i].Kind.Text == "successor" {
			heir = h.Program.File().Parties[i].ID.Text
		}
	}
	if choice == "" || heir == "" {
		t.Fatalf("choice %q, heir %q", choice, heir)
	}
	ann, bo, cleo := h.as("ann", officer.Lawyer), h.as("bo", officer.PrivacyOfficer), h.as("cleo", officer.PrivacyOfficer)
	for _, v := range []*visitor{ann, bo, cleo} {
		v.again()
	}
	identity, err := age.GenerateX25519Identity()
	must(t, err)
	sk, vk, err := note.GenerateKey(nil, "acme.example")
	must(t, err)
	signer, err := note.NewSigner(sk)
	must(t, err)
	what := form("rule", h.Program.File().Succeed[0].ID.Text, "case", "merger", "recipient", heir, "name", "Acme Ltd", "document", hexOf("deed"), "notice", hexOf("told"), "told", h.day(-30))
	run := func(signed bool) string {
		if signed {
			what.Set("key", identity.Recipient().String())
			page := ann.Post(h.at("/successions/binding"), what).Shows(t, http.StatusOK, "What the successor signs, exactly", "Acme Ltd")
			binding := gate.Binding("generic", h.Program.Hash(), &gate.Succeeding{Recipient: avow.Recipient(heir), Name: "Acme Ltd", Key: what.Get("key")})
			if !strings.Contains(page.Body, strings.TrimSpace(binding)) {
				t.Errorf("the page has another binding than %q", binding)
			}
			n, err := note.Sign(&note.Note{Text: binding}, signer)
			must(t, err)
			what.Set("signer", vk)
			what.Set("signed", strings.ReplaceAll(string(n), "\n", "\r\n"))
		}
		at := ann.Post(h.at("/successions"), what).LeadsUnder(t, h.at("/successions/"))
		digest := ann.Get(at).Shows(t, http.StatusOK, "Put forward", "Acme Ltd").Field(t, "what")
		ann.Post(at+"/move", nil).Shows(t, http.StatusConflict)
		bo.Post(at+"/approve", form("what", digest)).LeadsUnder(t, at)
		bo.Post(at+"/approve", form("what", digest)).Shows(t, http.StatusConflict)
		cleo.Post(at+"/approve", form("what", digest)).LeadsUnder(t, at)
		return at
	}
	at := run(true)
	file := ann.Post(at+"/move", nil)
	if file.Status != http.StatusOK && file.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", file.Status, file.Body)
	}
	if file.Status == http.StatusOK && !strings.HasPrefix(file.Body, "age-encryption.org/v1") {
		t.Error("what is handed over is not sealed")
	}
	ann.Get(at).Shows(t, http.StatusOK, "Done", "Signed note")
	what.Del("key")
	what.Del("signer")
	what.Del("signed")
	at = run(false)
	ann.Get(at).Shows(t, http.StatusOK, "Every yes is taken out", "What people are asked anew")
	ann.Post(at+"/move", nil).LeadsUnder(t, at)
	ann.Get(at).Shows(t, http.StatusOK, "Done")
	st, err := h.Gate().Standing(t.Context(), "generic", "li")
	if c, _ := st.Choice(choice); err != nil || c.State != avow.NotAsked {
		t.Errorf("%v after the reset: %v", c.State, err)
	}
	ann.Get(h.at("/successions")).Shows(t, http.StatusOK, "Acme Ltd", "Merger")
}

// TestAnAttestationIsRenewed by its owner, on the ground of a document; what has ended
// is shown so.
func TestAnAttestationIsRenewed(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	owner := avow.Role(h.Program.File().Attest[0].Owner.Text)
	rule := h.Program.File().Attest[0].ID.Text
	ann := h.sign(h.own("ann@house.example", h.invite(officer.Invitation{Login: "ann@house.example", Person: "ann", Roles: []officer.Role{officer.PrivacyOfficer}, Acts: []avow.Role{owner}})))
	bo := h.as("bo", officer.Auditor)
	ann.Get(h.at("/attestations")).Shows(t, http.StatusOK, rule, "Holds", "Renew: "+rule)
	if strings.Contains(bo.Get(h.at("/attestations")).Shows(t, http.StatusOK, rule).Body, "Renew:") {
		t.Error("an auditor renews")
	}
	ann.Post(h.at("/attestations"), form("rule", rule, "role", string(owner), "evidence", "audit.pdf", "sha256", "not a hash", "expires", h.day(100))).Shows(t, http.StatusBadRequest)
	ann.Post(h.at("/attestations"), form("rule", rule, "role", string(owner), "evidence", "audit-2028.pdf", "sha256", hexOf("audit"), "expires", h.day(800))).LeadsUnder(t, h.at("/attestations"))
	ann.Get(h.at("/attestations")).Shows(t, http.StatusOK, "audit-2028.pdf")
	h.Pass(801 * 24 * time.Hour)
	ann = h.sign(ann.account)
	ann.Get(h.at("/attestations")).Shows(t, http.StatusOK, "Has ended", "have ended")
	ann.Get(h.at("")).Shows(t, http.StatusOK, "Attestation")
}

// count has what was asked to be counted counted by now, be it by the caretaker.
func (h *house) count() {
	h.t.Helper()
	_, err := h.Gate().Count(h.t.Context())
	must(h.t, err)
}

// TestFiguresAreCounted: rates and the inventory show what was counted last, and when.
func TestFiguresAreCounted(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.holds("li", "email", "canary@mail.example")
	ann := h.as("ann", officer.PrivacyOfficer)
	ann.Get(h.at("/data")).Shows(t, http.StatusOK, "Nobody has counted yet")
	ann.Post(h.at("/census"), form("page", "consent")).LeadsUnder(t, h.at("/consent"))
	h.count()
	ann.Get(h.at("/consent")).Shows(t, http.StatusOK, "People counted 1", "By recipient", "Not asked")
	page := ann.Get(h.at("/data?datum=email")).Shows(t, http.StatusOK, "People counted 1", "The way of: E-mail address")
	if !strings.Contains(page.Body, "<svg role=\"img\"") || strings.Contains(page.Body, " style=") || strings.Contains(page.Body, "canary") {
		t.Error("the drawing is missing, has a style of its own, or shows a value")
	}
	ann.Post(h.at("/census"), form("page", "//evil.example")).LeadsUnder(t, h.at("/"))
}

// TestOnePersonsConsent: the history is opened with a reason, in a form's body, shows
// the words of that version and language, and the person finds the look.
func TestOnePersonsConsent(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.join("canary-reference")
	choice, shown := "", ""
	for i := range h.Program.File().Choices {
		c := h.Program.File().Choices[i].ID.Text
		if _, err := h.Gate().Agree(t.Context(), "airtalk", "canary-reference", &gate.Agreement{Policy: h.Program.Hash(), Language: "zh", Origin: "settings/adverts", Words: sha256.Sum256([]byte("words")),
			Choices: []gate.ChoiceEvent{{Choice: avow.Choice(c), State: avow.Given}}}); err == nil {
			choice, shown = c, h.Program.File().Choices[i].Name.In("zh")
			break
		}
	}
	if choice == "" {
		t.Fatal("no choice can be made")
	}
	ann, bo := h.as("ann", officer.PrivacyOfficer), h.as("bo", officer.Auditor)
	ann.Get(h.at("/consent")).Shows(t, http.StatusOK, "s history")
	if strings.Contains(bo.Get(h.at("/consent")).Body, "/consent/person") {
		t.Error("an auditor opens somebody's history")
	}
	bo.Post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint", "said", "asks")).Shows(t, http.StatusForbidden)
	ann.Post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint")).Shows(t, http.StatusBadRequest)
	page := ann.Post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint", "said", "they say they never agreed")).
		Shows(t, http.StatusOK, "settings/adverts", hexOf("words"), string(h.Program.Hash()), "Chinese", "What was shown", shown)
	if strings.Contains(page.Body, "canary-reference") {
		t.Error("the page repeats who it is about")
	}
	ann.Post(h.at("/consent/person"), form("person", "nobody-known", "why", "complaint", "said", "asks")).Shows(t, http.StatusNotFound)
	bo.Get(h.at("/openings")).Shows(t, http.StatusOK, "What they said", "they say they never agreed")
	traced, _, err := h.Gate().Traced(t.Context(), "airtalk", "canary-reference", 0, 5)
	if must(t, err); len(traced) == 0 || traced[0].Leaf.Why != "complaint" {
		t.Errorf("the person does not find the look: %+v", traced)
	}
}
