package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
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
	v.get(h.at("")).shows(t, http.StatusOK, "1 wait for somebody", "Request", "Question")
	list := v.get(h.at("/requests")).shows(t, http.StatusOK, "Question", "Open")
	if strings.Contains(list.body, words) {
		t.Error("the list shows what was written")
	}
	id := between(t, list.body, h.at("/requests/"), `"`)
	page := v.get(h.at("/requests/"+id)).shows(t, http.StatusOK, "Open what was written")
	if strings.Contains(page.body, words) {
		t.Error("the page shows what was written before it is opened")
	}
	v.post(h.at("/requests/"+id+"/open"), nil).shows(t, http.StatusForbidden)
	v.post(h.at("/requests/"+id+"/open"), reason).shows(t, http.StatusOK, words, "Answer and close")
	v.post(h.at("/requests/"+id+"/write"), form("text", "Which account?")).leads(t, h.at("/requests/"+id))
	v.post(h.at("/requests/"+id+"/answer"), form("text", "Here is how.")).leads(t, h.at("/requests"))
	v.get(h.at("/requests")).shows(t, http.StatusOK, "Nobody waits for an answer")
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
	f := h.program.File()
	d := &f.Demands[0]
	page := ann.get(h.at("/disclosure")).shows(t, http.StatusOK, "A demand came in", "No demand has come in")
	_, rest, _ := strings.Cut(page.body, `name="authority"`)
	authority := between(t, rest, `<option value="`, `"`)
	instrument := ""
	if len(d.Instruments) > 0 {
		instrument = d.Instruments[0].Text
	}
	at := ann.post(h.at("/demands"), form("ground", d.ID.Text, "authority", authority, "instrument", instrument, "number", "2026-71", "statute", "Criminal Procedure Law, article 54", "agency", "District office",
		"issued", "2026-11-20", "expires", "2026-12-31")).leads(t, h.at("/demands/"))
	ann.get(at).shows(t, http.StatusOK, "Received", "2026-71", "Make sure who asks")
	ann.upload(at+"/paper", "paper", "%PDF-1.7 made up").leads(t, at)
	kept := ann.get(at).shows(t, http.StatusOK, "Documents kept 1", "Open document 1")
	file := ""
	for _, action := range strings.Split(kept.body, `action="`) {
		if to, _, _ := strings.Cut(action, `"`); strings.Contains(to, "/papers/") {
			file = to
		}
	}
	ann.post(file, nil).shows(t, http.StatusForbidden)
	taken := ann.post(file, form("why", "demand", "said", "Counsel wants to read it."))
	if taken.status != http.StatusOK || taken.body != "%PDF-1.7 made up" || taken.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(taken.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the document: %d %v", taken.status, taken.header)
	}
	ann.get(h.at("/openings")).shows(t, http.StatusOK, "Document of a demand", "Counsel wants to read it.")
	ann.post(at+"/authenticate", form("how", "called back through the switchboard")).leads(t, at)
	ann.post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-01-01", "to", "2026-01-01")).leads(t, at)
	scoped := ann.get(at).shows(t, http.StatusOK, "Scoped", "Put forward by ann, approved by nobody yet")
	if strings.Contains(scoped.body, ">li<") {
		t.Error("the page names whom the demand is about")
	}
	what := scoped.what(t)
	ann.post(at+"/approve", form("what", what)).shows(t, http.StatusForbidden)
	bo.post(at+"/approve", form("what", strings.Repeat("0", 64))).shows(t, http.StatusConflict)
	bo.post(at+"/approve", form("what", what)).leads(t, at)
	h.sign(h.account("bo.too@house.example", "bo", officer.PrivacyOfficer)).post(at+"/approve", form("what", what)).shows(t, http.StatusConflict)
	cleo.get(at).shows(t, http.StatusOK, "approved by bo")
	ann.post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-06-01", "to", "2026-01-01")).leads(t, at)
	cleo.get(at).shows(t, http.StatusOK, "approved by nobody yet")
	cleo.post(at+"/refuse", form("why", "The paper names nobody.")).leads(t, at)
	cleo.get(at).shows(t, http.StatusOK, "Refused")
}

// everything is all kinds of data of a policy.
func everything(h *house) string {
	var all []string
	for _, d := range h.program.Data() {
		all = append(all, string(d.Slug))
	}
	return strings.Join(all, " ")
}

func TestAChangeOfThePolicy(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo, cleo := h.officer("ann"), h.officer("bo"), h.officer("cleo")
	ann.get(h.at("/policy")).shows(t, http.StatusOK, "No change is on its way", string(h.program.Hash()))
	ann.post(h.at("/policy"), form("text", "avow: 1\nnonsense")).shows(t, http.StatusBadRequest)
	next := strings.Replace(string(read(t, "generic")), "version: \""+h.program.Version()+"\"", "version: \"next\"", 1)
	if next == string(read(t, "generic")) {
		t.Fatal("the example's version stands otherwise")
	}
	at := ann.post(h.at("/policy"), form("text", next, "why", "law")).leads(t, h.at("/changes/"))
	ann.get(at).shows(t, http.StatusOK, "Draft", "next")
	ann.post(at+"/check", nil).leads(t, at)
	what := ann.get(at).shows(t, http.StatusOK, "Checked").what(t)
	ann.post(at+"/approve", form("what", what)).shows(t, http.StatusForbidden)
	bo.post(at+"/approve", form("what", what)).leads(t, at)
	cleo.post(at+"/approve", form("what", what)).leads(t, at)
	cleo.get(at).shows(t, http.StatusOK, "Approved", "approved by bo and cleo", "Announce")
	cleo.post(at+"/withdraw", nil).leads(t, at)
	cleo.get(at).shows(t, http.StatusOK, "Withdrawn")
}

func TestHeldContent(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.join("li")
	const words = "@bo has 13800138000"
	r, err := h.Gate().Check(t.Context(), &gate.Content{Policy: "airtalk", Subject: "li", Where: "peer-message", Text: gate.NewValue([]byte(words))})
	must(t, err)
	v := h.officer("ann")
	if a := v.get(h.at("/content")).shows(t, http.StatusOK, "Message to a member"); strings.Contains(a.body, "13800138000") {
		t.Error("the list shows the text")
	}
	v.get(h.at("/content/"+r.Held)).shows(t, http.StatusOK, "Message to a member", "Open what was written")
	v.post(h.at("/content/"+r.Held+"/open"), nil).shows(t, http.StatusForbidden)
	v.post(h.at("/content/"+r.Held+"/open"), reason).shows(t, http.StatusOK, "has •••", "Let it go", "Refuse it")
	v.post(h.at("/content/"+r.Held+"/open"), form("why", "review", "said", "It is in the queue.", "show", "full")).shows(t, http.StatusOK, words, "Let it go", "Refuse it")
	v.post(h.at("/content/"+r.Held), form("release", "no")).leads(t, h.at("/content"))
	v.get(h.at("/content")).shows(t, http.StatusOK, "Nothing is held")
}

func TestListsAreFoundAndTakenAlong(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	v := h.as("bo", officer.Auditor)
	all := v.get(h.at("/data")).shows(t, http.StatusOK, "Inventory", "You are reading")
	some := v.get(h.at("/data?find=zzzz-nothing"))
	if len(some.body) >= len(all.body) {
		t.Error("finding leaves everything")
	}
	file := v.get(h.at("/data?as=csv&of=inventory"))
	if file.status != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") || strings.Count(file.body, "\n") != len(h.program.File().Data)+1 {
		t.Errorf("status %d, %s: %d lines", file.status, file.header.Get("Content-Type"), strings.Count(file.body, "\n"))
	}
	v.lang = "zh"
	v.get(h.at("/data")).shows(t, http.StatusOK, "数据清单", "您处于只读状态")
	v.get(h.at("/proof")).shows(t, http.StatusOK, "已记录行数")
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
			for i := range h.program.File().Parties {
				pages = append(pages, "/recipients/"+h.program.File().Parties[i].ID.Text)
			}
			for i := range h.program.File().Releases {
				pages = append(pages, "/statistics/"+h.program.File().Releases[i].ID.Text)
			}
			for _, lang := range []string{"en", "zh"} {
				v.lang = lang
				for _, page := range pages {
					v.get(h.at(page)).shows(t, http.StatusOK)
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
	h.now.Add(int64(24 * time.Hour))
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
