package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// holds has somebody join and give an address.
func (h *house) holds(ref avow.SubjectRef, datum avow.Datum, value string) {
	h.t.Helper()
	h.join(ref)
	f := h.Program.File()
	for i := range f.Collect {
		r := &f.Collect[i]
		for _, d := range r.Data {
			if d.Text != string(datum) || len(r.Points) == 0 {
				continue
			}
			req := avow.Request{Policy: h.Program.ID(), Subject: ref, Purpose: avow.Purpose(r.For[0].Text), Point: avow.Point(r.Points[0].Text), Source: "person"}
			if len(r.Features) > 0 {
				req.Feature = avow.Feature(r.Features[0].Text)
			}
			if _, err := h.Gate().Collect(h.t.Context(), &gate.Collecting{Request: req, Items: []gate.Item{{Datum: datum, Value: gate.NewValue([]byte(value))}}}); err == nil {
				return
			}
		}
	}
	h.t.Fatalf("no rule takes %s", datum)
}

// until asks for a page until it says something.
func (v *visitor) until(path, words string) *enginetest.Answer {
	v.h.t.Helper()
	for range 12000 { // two minutes
		a := v.Get(path)
		if strings.Contains(a.Body, words) {
			return a
		}
		time.Sleep(10 * time.Millisecond) // the engine counts and tells by itself
	}
	v.h.t.Fatalf("the page never says %q", words)
	return nil
}

// TestAnIncidentFromReportToClose: clocks from the moment of knowing, people counted
// and told, the report to the authority, and the public announcement.
func TestAnIncidentFromReportToClose(t *testing.T) {
	t.Parallel()
	t.Run("told in the app", func(t *testing.T) {
		t.Parallel()
		incident(t, open(t, "airtalk"), "People told 1 of 1", "In the app 1", "Reached by no channel 0")
	})
	t.Run("reached by nothing, so announced", func(t *testing.T) {
		t.Parallel()
		h := openText(t, strings.ReplaceAll(enginetest.Example(t, "airtalk"), "    channels: [email, in-app]", "    channels: [email]"))
		v := h.visitor()
		const public = "/privacy/airtalk/announcements"
		v.Get(public).Shows(t, http.StatusOK, "No incident was announced")
		incident(t, h, "People told 0 of 1", "Reached by no channel 1", "Announced to everybody")
		v.Get(public).Shows(t, http.StatusOK, "English what-happened", "English advice", "Data concerned e-mail address")
		v.Reads("zh")
		v.Get(public).Shows(t, http.StatusOK, "中文 impact")
	})
}

func incident(t *testing.T, h *house, tells ...string) {
	h.holds("li", "email", "canary-li@mail.example")
	ann := h.as("ann", officer.PrivacyOfficer)
	ann.Get(h.at("/incidents")).Shows(t, http.StatusOK, "No incident was reported", "Report an incident")
	ann.Get(h.at("/incidents/new")).Shows(t, http.StatusOK, "Known to us since", "What people can do · Chinese")
	aware := h.Now().Add(-time.Hour).Truncate(time.Minute)
	what := form("aware", aware.Format("2006-01-02T15:04"), "place", "mail server", "types", "confidentiality")
	what.Set("impact.en", "Write to canary-li@mail.example")
	ann.Post(h.at("/incidents"), what).Shows(t, http.StatusBadRequest, "names somebody", "Write to canary-li")
	what.Del("impact.en")
	at := ann.Post(h.at("/incidents"), what).LeadsUnder(t, h.at("/incidents/"))
	page := ann.Get(at).Shows(t, http.StatusOK, "Confidentiality", "mail server", "Runs", "Find out who is affected")
	if !strings.Contains(page.Body, aware.Add(72*time.Hour).Format(time.RFC3339)) {
		t.Error("no clock of 72 hours from the moment of knowing")
	}
	ann.Post(at+"/tell", nil).Shows(t, http.StatusConflict, "when it is known who they are")
	ann.Post(at+"/scope", form("data", "email", "store", "live")).LeadsUnder(t, at)
	ann.until(at, "Tell the people affected")
	ann.Post(at+"/tell", nil).Shows(t, http.StatusConflict, "what-happened (en)")
	what.Set("cause", "a lost password")
	for _, name := range []string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"} {
		what.Set(name+".en", "English "+name)
		what.Set(name+".zh", "中文 "+name)
	}
	ann.Post(at+"/describe", what).LeadsUnder(t, at)
	ann.Get(at).Shows(t, http.StatusOK, "English what-happened", "中文 what-happened", "Affected, by kind of data")
	ann.Post(at+"/tell", nil).LeadsUnder(t, at)
	told := ann.until(at, "Close the incident").Shows(t, http.StatusOK, tells...)
	if strings.Contains(told.Body, "canary-li") || strings.Contains(told.Body, ">li<") {
		t.Error("the page names who is affected")
	}
	for _, law := range h.Program.Law() {
		report := ann.Get(at + "/report/" + law)
		if report.Status != http.StatusOK {
			continue
		}
		object := ann.Get(at + "/report/" + law + "?as=json")
		var r struct {
			Law     string
			Fields  []struct{ Name, Value string }
			Missing []string
		}
		must(t, json.Unmarshal([]byte(object.Body), &r))
		if r.Law != law || len(r.Fields) < 10 || !strings.HasPrefix(object.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("report of %s: %+v", law, r)
		}
		ann.Post(at+"/report", form("law", law, "phased", "yes")).LeadsUnder(t, at)
	}
	ann.Get(at).Shows(t, http.StatusOK, "Met", "Report sent")
	ann.Get(h.at("")).Shows(t, http.StatusOK, "Incident")
	ann.Post(at+"/close", nil).LeadsUnder(t, at)
	ann.Get(h.at("/incidents")).Shows(t, http.StatusOK, "Closed")
	ann.again()
	file := ann.Get(h.at("/incidents?as=csv&of=incidents"))
	if !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") || strings.Count(file.Body, "\n") != 2 {
		t.Errorf("%s", file.Body)
	}
}
