package journey_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// letters that somebody can stop by their link.
var letters = []string{
	"messages:\n", `messages:
  - {id: news, class: service-info, channels: [email], for: [notices], opt_out: [link, one-click, settings], within: at once, promotion: refused, personal_data: refused}
`,
	"  - {id: manage-account}\n", "  - {id: manage-account}\n  - {id: notices, term: service-notices}\n",
	"data: [email, name, password], at: [sign-up], for: [manage-account]", "data: [email, name, password], at: [sign-up], for: [manage-account, notices]",
	"for: [manage-account], keep: 30d", "for: [manage-account, notices], keep: 30d",
	"  - {id: read-account,", "  - {id: write-news, data: [email], for: [notices], by: [desk], basis: contract}\n  - {id: read-account,",
}

var stopLink = regexp.MustCompile(`https?://[^\s>]+/stop/[A-Za-z0-9_-]+`)

// TestTheLinkThatStops: a program that looks at the link stops nothing; one press or
// one click of a mail program stops at once, again and again with the same answer; it
// stops nothing else, and at another policy it is no link.
func TestTheLinkThatStops(t *testing.T) {
	t.Parallel()
	h := openTown(t, letters...)
	h.join("li", "li@haven.example", "Li Wei")
	const news = `{"subject":"li","class":"service-info","template":"service-notice","params":[{"name":"link","value":"https://club.example/notices/7"}]}`
	h.call("messages", news)
	m := h.letters("li@haven.example", 1)[0]
	link := stopLink.FindString(m.Header.Get("List-Unsubscribe"))
	if link == "" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("the letter cannot be stopped: %v", m.Header)
	}
	at := strings.TrimPrefix(link, h.URL())
	program := h.walker()
	program.header = http.Header{} // as mail programs do, it says nothing of itself
	for range 3 {
		if got := program.get(at); got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" || strings.Contains(got.body, "li@haven") {
			t.Errorf("the link shows %d %v", got.status, got.header)
		}
	}
	h.call("messages", news)
	h.letters("li@haven.example", 2) // looking at it stopped nothing
	if got := program.send(http.MethodPost, strings.Replace(at, "/club/", "/choir/", 1), url.Values{"List-Unsubscribe": {"One-Click"}}); got.status != http.StatusNotFound {
		t.Errorf("at another policy: %d", got.status)
	}
	if got := program.send(http.MethodPost, at[:len(at)-1]+"A", url.Values{}); got.status != http.StatusNotFound && at[len(at)-1] != 'A' {
		t.Errorf("a link that nobody sent: %d", got.status)
	}
	first := program.send(http.MethodPost, at, url.Values{"List-Unsubscribe": {"One-Click"}})
	again := program.send(http.MethodPost, at, url.Values{"List-Unsubscribe": {"One-Click"}})
	if first.status != http.StatusOK || again.status != http.StatusOK || first.body != again.body {
		t.Errorf("once %d, twice %d", first.status, again.status)
	}
	if status, raw := h.ask("messages", news); status != http.StatusForbidden {
		t.Errorf("after it was stopped: %d %s", status, raw)
	}
	v := h.visitor() // what was not stopped goes on: codes
	v.to("/sign-in")
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	h.letters("li@haven.example", 3)
}

// TestOldLinksAreDead: a copy opens for its person and nobody else, and neither after
// its day nor after they signed out; a hand-over link two minutes long, and once.
func TestOldLinksAreDead(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.join("eve", "eve@haven.example", "Eve")
	li, eve := h.walkerAs("club", "li"), h.walkerAs("club", "eve")
	li.send(http.MethodPost, "/privacy/club/copy", url.Values{"format": {"json"}})
	at := "/privacy/club/copy/" + after(li.get("/privacy/club/copy").body, `href="/privacy/club/copy/`)
	for range 2 {
		if got := li.get(at); got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("li's own copy: %d %v", got.status, got.header)
		}
	}
	before := li.cookies["__Host-avow-club"]
	li.send(http.MethodPost, "/privacy/club/sign-out", nil)
	stolen := h.walker()
	stolen.cookies["__Host-avow-club"] = before
	for who, w := range map[string]*walker{"nobody": h.walker(), "eve": eve, "a session that was ended": stolen} {
		if got := w.get(at); got.status != http.StatusSeeOther && got.status != http.StatusNotFound {
			t.Errorf("%s gets %d", who, got.status)
		}
	}
	_, raw := h.ask("hand-overs", `{"subject":"li"}`)
	enter := strings.TrimPrefix(after(string(raw), `"url":"`), h.URL())
	h.pass(2*time.Minute + time.Second)
	if got := h.walker().send(http.MethodPost, enter, nil); got.status != http.StatusForbidden {
		t.Errorf("a hand-over link after two minutes: %d", got.status)
	}
	h.pass(24 * time.Hour)
	if got := h.walkerAs("club", "li").get(at); got.status != http.StatusNotFound {
		t.Errorf("a copy after its day: %d", got.status)
	}
}
