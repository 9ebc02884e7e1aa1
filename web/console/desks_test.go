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
	rule, two := string(h.program.Holds()[0].ID), int64(1)
	for _, info := range h.program.Holds() {
		if info.Approvals > two {
			rule, two = string(info.ID), info.Approvals
		}
	}
	ann, bo := h.as("ann", officer.Lawyer), h.as("bo", officer.PrivacyOfficer)
	ann.again()
	bo.again()
	ann.get(h.at("/holds")).shows(t, http.StatusOK, "Nobody is under a hold", "Put a hold forward")
	at := ann.post(h.at("/holds"), form("person", "li", "rule", rule, "case", "M-17", "statute", "Civil Procedure Law, article 84", "until", h.day(20))).leads(t, h.at("/holds/"))
	page := ann.get(at).shows(t, http.StatusOK, "M-17", "Civil Procedure Law")
	if strings.Contains(page.body, ">li<") {
		t.Error("the page names who is held")
	}
	if two > 1 {
		what := page.shows(t, http.StatusOK, "Put forward by ann").what(t)
		ann.post(at+"/approve", form("what", what)).shows(t, http.StatusForbidden)
		bo.post(at+"/approve", form("what", what)).leads(t, at)
	}
	ann.get(at).shows(t, http.StatusOK, "In force")
	if st, err := h.Gate().Standing(t.Context(), h.program.ID(), "li"); err != nil || !st.Hold {
		t.Errorf("%+v %v", st, err)
	}
	bo.post(at+"/release", nil).leads(t, at)
	if st, err := h.Gate().Standing(t.Context(), h.program.ID(), "li"); err != nil || st.Hold {
		t.Errorf("%+v %v", st, err)
	}
}

// day is a day as a form has it.
func (h *house) day(ahead int) string {
	return time.Unix(0, h.now.Load()).UTC().AddDate(0, 0, ahead).Format(time.DateOnly)
}

// TestASuccessionResetsOrHandsOver: without a signature every yes is taken out; with
// one, the file that comes opens for the successor's key alone.
func TestASuccessionResetsOrHandsOver(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.join("li")
	choice := avow.Choice("")
	for i := range h.program.File().Choices {
		if c := &h.program.File().Choices[i]; c.Kind.Text == "consent" && choice == "" {
			if _, err := h.Gate().Agree(t.Context(), "generic", "li", &gate.Agreement{Policy: h.program.Hash(), Language: "en", Choices: []gate.ChoiceEvent{{Choice: avow.Choice(c.ID.Text), State: avow.Given}}}); err == nil {
				choice = avow.Choice(c.ID.Text)
			}
		}
	}
	heir := ""
	for i := range h.program.File().Parties {
		if h.program.File().Parties[i].Kind.Text == "successor" {
			heir = h.program.File().Parties[i].ID.Text
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
	what := form("rule", h.program.File().Succeed[0].ID.Text, "case", "merger", "recipient", heir, "name", "Acme Ltd", "document", hexOf("deed"), "notice", hexOf("told"), "told", h.day(-30))
	run := func(signed bool) string {
		if signed {
			what.Set("key", identity.Recipient().String())
			page := ann.post(h.at("/successions/binding"), what).shows(t, http.StatusOK, "What the successor signs, exactly", "Acme Ltd")
			binding := gate.Binding("generic", h.program.Hash(), &gate.Succeeding{Recipient: avow.Recipient(heir), Name: "Acme Ltd", Key: what.Get("key")})
			if !strings.Contains(page.body, strings.TrimSpace(binding)) {
				t.Errorf("the page has another binding than %q", binding)
			}
			n, err := note.Sign(&note.Note{Text: binding}, signer)
			must(t, err)
			what.Set("signer", vk)
			what.Set("signed", strings.ReplaceAll(string(n), "\n", "\r\n"))
		}
		at := ann.post(h.at("/successions"), what).leads(t, h.at("/successions/"))
		digest := ann.get(at).shows(t, http.StatusOK, "Put forward", "Acme Ltd").what(t)
		ann.post(at+"/move", nil).shows(t, http.StatusConflict)
		bo.post(at+"/approve", form("what", digest)).leads(t, at)
		bo.post(at+"/approve", form("what", digest)).shows(t, http.StatusConflict)
		cleo.post(at+"/approve", form("what", digest)).leads(t, at)
		return at
	}
	at := run(true)
	file := ann.post(at+"/move", nil)
	if file.status != http.StatusOK && file.status != http.StatusSeeOther {
		t.Fatalf("%d: %s", file.status, file.body)
	}
	if file.status == http.StatusOK && !strings.HasPrefix(file.body, "age-encryption.org/v1") {
		t.Error("what is handed over is not sealed")
	}
	ann.get(at).shows(t, http.StatusOK, "Done", "Signed note")
	what.Del("key")
	what.Del("signer")
	what.Del("signed")
	at = run(false)
	ann.get(at).shows(t, http.StatusOK, "Every yes is taken out", "What people are asked anew")
	ann.post(at+"/move", nil).leads(t, at)
	ann.get(at).shows(t, http.StatusOK, "Done")
	st, err := h.Gate().Standing(t.Context(), "generic", "li")
	if c, _ := st.Choice(choice); err != nil || c.State != avow.NotAsked {
		t.Errorf("%v after the reset: %v", c.State, err)
	}
	ann.get(h.at("/successions")).shows(t, http.StatusOK, "Acme Ltd", "Merger")
}

// TestAnAttestationIsRenewed by its owner, on the ground of a document; what has ended
// is shown so.
func TestAnAttestationIsRenewed(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	owner := avow.Role(h.program.File().Attest[0].Owner.Text)
	rule := h.program.File().Attest[0].ID.Text
	ann := h.sign(h.own("ann@house.example", h.invite(officer.Invitation{Login: "ann@house.example", Person: "ann", Roles: []officer.Role{officer.PrivacyOfficer}, Acts: []avow.Role{owner}})))
	bo := h.as("bo", officer.Auditor)
	ann.get(h.at("/attestations")).shows(t, http.StatusOK, rule, "Holds", "Renew: "+rule)
	if strings.Contains(bo.get(h.at("/attestations")).shows(t, http.StatusOK, rule).body, "Renew:") {
		t.Error("an auditor renews")
	}
	ann.post(h.at("/attestations"), form("rule", rule, "role", string(owner), "evidence", "audit.pdf", "sha256", "not a hash", "expires", h.day(100))).shows(t, http.StatusBadRequest)
	ann.post(h.at("/attestations"), form("rule", rule, "role", string(owner), "evidence", "audit-2028.pdf", "sha256", hexOf("audit"), "expires", h.day(800))).leads(t, h.at("/attestations"))
	ann.get(h.at("/attestations")).shows(t, http.StatusOK, "audit-2028.pdf")
	h.now.Add(int64(801 * 24 * time.Hour))
	ann = h.sign(ann.account)
	ann.get(h.at("/attestations")).shows(t, http.StatusOK, "Has ended", "have ended")
	ann.get(h.at("")).shows(t, http.StatusOK, "Attestation")
}

// TestFiguresAreCounted: rates and the inventory show what was counted last, and when.
func TestFiguresAreCounted(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.holds("li", "email", "canary@mail.example")
	ann := h.as("ann", officer.PrivacyOfficer)
	ann.get(h.at("/data")).shows(t, http.StatusOK, "Nobody has counted yet")
	ann.post(h.at("/census"), form("page", "consent")).leads(t, h.at("/consent"))
	ann.get(h.at("/consent")).shows(t, http.StatusOK, "People counted 1", "By recipient", "Not asked")
	page := ann.get(h.at("/data?of=email")).shows(t, http.StatusOK, "People counted 1", "The way of: E-mail address")
	if !strings.Contains(page.body, "<svg role=\"img\"") || strings.Contains(page.body, " style=") || strings.Contains(page.body, "canary") {
		t.Error("the drawing is missing, has a style of its own, or shows a value")
	}
	ann.post(h.at("/census"), form("page", "//evil.example")).leads(t, h.at("/"))
}

// TestOnePersonsConsent: the history is opened with a reason, in a form's body, shows
// the words of that version and language, and the person finds the look.
func TestOnePersonsConsent(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.join("canary-reference")
	choice, shown := "", ""
	for i := range h.program.File().Choices {
		c := h.program.File().Choices[i].ID.Text
		if _, err := h.Gate().Agree(t.Context(), "airtalk", "canary-reference", &gate.Agreement{Policy: h.program.Hash(), Language: "zh", Origin: "settings/adverts", Words: sha256.Sum256([]byte("words")),
			Choices: []gate.ChoiceEvent{{Choice: avow.Choice(c), State: avow.Given}}}); err == nil {
			choice, shown = c, h.program.File().Choices[i].Name.In("zh")
			break
		}
	}
	if choice == "" {
		t.Fatal("no choice can be made")
	}
	ann, bo := h.as("ann", officer.PrivacyOfficer), h.as("bo", officer.Auditor)
	ann.get(h.at("/consent")).shows(t, http.StatusOK, "s history")
	if strings.Contains(bo.get(h.at("/consent")).body, "/consent/person") {
		t.Error("an auditor opens somebody's history")
	}
	bo.post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint", "said", "asks")).shows(t, http.StatusForbidden)
	ann.post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint")).shows(t, http.StatusBadRequest)
	page := ann.post(h.at("/consent/person"), form("person", "canary-reference", "why", "complaint", "said", "they say they never agreed")).
		shows(t, http.StatusOK, "settings/adverts", hexOf("words"), string(h.program.Hash()), "Chinese", "What was shown", shown)
	if strings.Contains(page.body, "canary-reference") {
		t.Error("the page repeats who it is about")
	}
	ann.post(h.at("/consent/person"), form("person", "nobody-known", "why", "complaint", "said", "asks")).shows(t, http.StatusNotFound)
	bo.get(h.at("/openings")).shows(t, http.StatusOK, "What they said", "they say they never agreed")
	traced, _, err := h.Gate().Traced(t.Context(), "airtalk", "canary-reference", 0, 5)
	if must(t, err); len(traced) == 0 || traced[0].Leaf.Why != "complaint" {
		t.Errorf("the person does not find the look: %+v", traced)
	}
}
