package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

func TestAnswerARequest(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.join("li")
	const words = "Canary-Words-31"
	_, _, err := h.Gate().Ask(t.Context(), "generic", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte(words))})
	must(t, err)
	v := h.officer("ann")
	v.Get(h.at("")).Shows(t, http.StatusOK, "1 wait for somebody", "Request", "Question")
	list := v.Get(h.at("/requests")).Shows(t, http.StatusOK, "Question", "Open")
	if strings.Contains(list.Body, words) {
		t.Error("the list shows what was written")
	}
	id := between(t, list.Body, h.at("/requests/"), `"`)
	page := v.Get(h.at("/requests/"+id)).Shows(t, http.StatusOK, "Open what was written")
	if strings.Contains(page.Body, words) {
		t.Error("the page shows what was written before it is opened")
	}
	v.Post(h.at("/requests/"+id+"/open"), nil).Shows(t, http.StatusForbidden)
	v.Post(h.at("/requests/"+id+"/open"), reason).Shows(t, http.StatusOK, words, "Answer and close")
	v.Post(h.at("/requests/"+id+"/write"), form("text", "Which account?")).LeadsUnder(t, h.at("/requests/"+id))
	v.Post(h.at("/requests/"+id+"/answer"), form("text", "Here is how.")).LeadsUnder(t, h.at("/requests"))
	v.Get(h.at("/requests")).Shows(t, http.StatusOK, "Nobody waits for an answer")
	all, _, err := h.Gate().Requests(t.Context(), "generic", "li")
	if must(t, err); len(all) != 1 || all[0].State != gate.AskFulfilled || string(all[0].Answer.Expose()) != "Here is how." {
		t.Errorf("%+v", all)
	}
}

func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, s, ok := strings.Cut(s, from)
	s, _, end := strings.Cut(s, to)
	if !ok || !end {
		t.Fatalf("the page has no %q", from)
	}
	return s
}

// TestADemandFromTheDoorToTwoApprovals: nobody approves their own, nobody counts
// twice, and a changed scope voids what was approved.
func TestADemandFromTheDoorToTwoApprovals(t *testing.T) {
	t.Parallel()
	h := open(t, "airstep")
	h.join("li")
	ann, bo, cleo := h.officer("ann"), h.officer("bo"), h.officer("cleo")
	f := h.Program.File()
	d := &f.Demands[0]
	page := ann.Get(h.at("/disclosure")).Shows(t, http.StatusOK, "A demand came in", "No demand has come in")
	_, rest, _ := strings.Cut(page.Body, `name="authority"`)
	authority := between(t, rest, `<option value="`, `"`)
	instrument := ""
	if len(d.Instruments) > 0 {
		instrument = d.Instruments[0].Text
	}
	at := ann.Post(h.at("/demands"), form("ground", d.ID.Text, "authority", authority, "instrument", instrument, "number", "2026-71", "statute", "Criminal Procedure Law, article 54", "agency", "District office",
		"issued", "2026-11-20", "expires", "2026-12-31")).LeadsUnder(t, h.at("/demands/"))
	ann.Get(at).Shows(t, http.StatusOK, "Received", "2026-71", "Make sure who asks")
	ann.Upload(at+"/paper", "paper", "%PDF-1.7 made up").LeadsUnder(t, at)
	kept := ann.Get(at).Shows(t, http.StatusOK, "Documents kept 1", "Open document 1")
	file := ""
	for _, action := range strings.Split(kept.Body, `action="`) {
		if to, _, _ := strings.Cut(action, `"`); strings.Contains(to, "/papers/") {
			file = to
		}
	}
	ann.Post(file, nil).Shows(t, http.StatusForbidden)
	taken := ann.Post(file, form("why", "demand", "said", "Counsel wants to read it."))
	if taken.Status != http.StatusOK || taken.Body != "%PDF-1.7 made up" || taken.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(taken.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the document: %d %v", taken.Status, taken.Header)
	}
	ann.Get(h.at("/openings")).Shows(t, http.StatusOK, "Document of a demand", "Counsel wants to read it.")
	ann.Post(at+"/authenticate", form("how", "called back through the switchboard")).LeadsUnder(t, at)
	ann.Post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-01-01", "to", "2026-01-01")).LeadsUnder(t, at)
	scoped := ann.Get(at).Shows(t, http.StatusOK, "Scoped", "Put forward by ann, approved by nobody yet")
	if strings.Contains(scoped.Body, ">li<") {
		t.Error("the page names whom the demand is about")
	}
	what := scoped.Field(t, "what")
	ann.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	bo.Post(at+"/approve", form("what", strings.Repeat("0", 64))).Shows(t, http.StatusConflict)
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	h.sign(h.account("bo.too@house.example", "bo", officer.PrivacyOfficer)).Post(at+"/approve", form("what", what)).Shows(t, http.StatusConflict)
	cleo.Get(at).Shows(t, http.StatusOK, "approved by bo")
	ann.Post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-06-01", "to", "2026-01-01")).LeadsUnder(t, at)
	cleo.Get(at).Shows(t, http.StatusOK, "approved by nobody yet")
	cleo.Post(at+"/refuse", form("why", "The paper names nobody.")).LeadsUnder(t, at)
	cleo.Get(at).Shows(t, http.StatusOK, "Refused")
}

// everything is all kinds of data of a policy.
func everything(h *house) string {
	var all []string
	for _, d := range h.Program.Data() {
		all = append(all, string(d.Slug))
	}
	return strings.Join(all, " ")
}

func TestAChangeOfThePolicy(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.join("li")
	ann, bo, cleo := h.officer("ann"), h.officer("bo"), h.officer("cleo")
	ann.Get(h.at("/policy")).Shows(t, http.StatusOK, "No change is on its way", string(h.Program.Hash()))
	ann.Post(h.at("/policy"), form("text", "avow: 1\nnonsense")).Shows(t, http.StatusBadRequest)
	next := strings.Replace(enginetest.Example(t, "generic"), "version: \""+h.Program.Version()+"\"", "version: \"next\"", 1)
	if next == enginetest.Example(t, "generic") {
		t.Fatal("the example's version stands otherwise")
	}
	at := ann.Post(h.at("/policy"), form("text", next, "why", "law")).LeadsUnder(t, h.at("/changes/"))
	ann.Get(at).Shows(t, http.StatusOK, "Draft", "next")
	ann.Post(at+"/check", nil).LeadsUnder(t, at)
	h.count()
	what := ann.Get(at).Shows(t, http.StatusOK, "Checked", "People 1", "Have to agree afresh 0").Field(t, "what")
	h.join("wu")
	ann.Post(at+"/count", nil).LeadsUnder(t, at)
	h.count()
	ann.Get(at).Shows(t, http.StatusOK, "Checked", "Counted", "People 2")
	ann.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	cleo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	cleo.Get(at).Shows(t, http.StatusOK, "Approved", "approved by bo and cleo", "Announce")
	cleo.Post(at+"/withdraw", nil).LeadsUnder(t, at)
	cleo.Get(at).Shows(t, http.StatusOK, "Withdrawn")
}

func TestHeldContent(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.join("li")
	const words = "@bo has 13800138000"
	r, err := h.Gate().Check(t.Context(), &gate.Content{Policy: "airtalk", Subject: "li", Where: "peer-message", Text: gate.NewValue([]byte(words))})
	must(t, err)
	v := h.officer("ann")
	if a := v.Get(h.at("/content")).Shows(t, http.StatusOK, "Message to a member"); strings.Contains(a.Body, "13800138000") {
		t.Error("the list shows the text")
	}
	v.Get(h.at("/content/"+r.Held)).Shows(t, http.StatusOK, "Message to a member", "Open what was written")
	v.Post(h.at("/content/"+r.Held+"/open"), nil).Shows(t, http.StatusForbidden)
	v.Post(h.at("/content/"+r.Held+"/open"), reason).Shows(t, http.StatusOK, "has •••", "Let it go", "Refuse it")
	v.Post(h.at("/content/"+r.Held+"/open"), form("why", "review", "said", "It is in the queue.", "show", "full")).Shows(t, http.StatusOK, words, "Let it go", "Refuse it")
	v.Post(h.at("/content/"+r.Held), form("release", "no")).LeadsUnder(t, h.at("/content"))
	v.Get(h.at("/content")).Shows(t, http.StatusOK, "Nothing is held")
}

func TestListsAreFoundAndTakenAlong(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	v := h.as("bo", officer.Auditor)
	all := v.Get(h.at("/data")).Shows(t, http.StatusOK, "Inventory", "You are reading")
	some := v.Get(h.at("/data?find=zzzz-nothing"))
	if len(some.Body) >= len(all.Body) {
		t.Error("finding leaves everything")
	}
	file := v.Get(h.at("/data?as=csv&of=inventory"))
	if file.Status != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") || strings.Count(file.Body, "\n") != len(h.Program.File().Data)+1 {
		t.Errorf("status %d, %s: %d lines", file.Status, file.Header.Get("Content-Type"), strings.Count(file.Body, "\n"))
	}
	v.Reads("zh")
	v.Get(h.at("/data")).Shows(t, http.StatusOK, "数据清单", "您处于只读状态")
	v.Get(h.at("/proof")).Shows(t, http.StatusOK, "已记录行数")
}

// TestEveryPageOfEveryExample opens the lists of all five policies, in both
// languages: none lacks a word.
func TestEveryPageOfEveryExample(t *testing.T) {
	t.Parallel()
	for _, example := range []string{"airstep", "airtalk", "astral", "generic", "ousiqi"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			h := open(t, example)
			v := h.officer("ann")
			pages := []string{"", "/requests", "/disclosure", "/policy", "/data", "/proof", "/incidents", "/incidents/new", "/successions", "/holds", "/places", "/statistics", "/consent", "/attestations"}
			for i := range h.Program.File().Parties {
				pages = append(pages, "/recipients/"+h.Program.File().Parties[i].ID.Text)
			}
			for i := range h.Program.File().Releases {
				pages = append(pages, "/statistics/"+h.Program.File().Releases[i].ID.Text)
			}
			for _, lang := range []string{"en", "zh"} {
				v.Reads(lang)
				for _, page := range pages {
					v.Get(h.at(page)).Shows(t, http.StatusOK)
				}
			}
		})
	}
}

// TestPagesInABrowser: axe-core finds nothing serious, at the width of a phone and
// of a desk.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.join("li")
	_, _, err := h.Gate().Ask(t.Context(), "generic", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("How?"))})
	must(t, err)
	h.Pass(24 * time.Hour)
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	p := browsertest.Open(t)
	for _, width := range []int64{320, 1280} {
		must(t, p.Width(width))
		p.Goto(h.URL() + "/console")
		p.Accessible()
		if width == 320 {
			for id, value := range map[string]string{"#login": ann.login, "#password": password, "#code": h.code(ann)} {
				p.Fill(id, value)
			}
			p.Follow("main form button")
		}
		for _, page := range []string{"", "/requests", "/disclosure", "/policy", "/data", "/proof"} {
			p.Goto(h.URL() + h.at(page))
			p.Accessible()
		}
	}
	p.Quiet()
}
