package journey_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/engine/enginetest"
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
	h.Call("messages", news)
	m := h.Letters("li@haven.example", 1)[0]
	link := stopLink.FindString(m.Header.Get("List-Unsubscribe"))
	if link == "" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("the letter cannot be stopped: %v", m.Header)
	}
	at := strings.TrimPrefix(link, h.URL())
	program := h.Visitor()
	program.Header = http.Header{} // as mail programs do, it says nothing of itself
	for range 3 {
		if got := program.Get(at); got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "no-store" || strings.Contains(got.Body, "li@haven") {
			t.Errorf("the link shows %d %v", got.Status, got.Header)
		}
	}
	h.Call("messages", news)
	h.Letters("li@haven.example", 2) // looking at it stopped nothing
	if got := program.Send(http.MethodPost, strings.Replace(at, "/club/", "/choir/", 1), url.Values{"List-Unsubscribe": {"One-Click"}}); got.Status != http.StatusNotFound {
		t.Errorf("at another policy: %d", got.Status)
	}
	if got := program.Send(http.MethodPost, at[:len(at)-1]+"A", url.Values{}); got.Status != http.StatusNotFound && at[len(at)-1] != 'A' {
		t.Errorf("a link that nobody sent: %d", got.Status)
	}
	first := program.Send(http.MethodPost, at, url.Values{"List-Unsubscribe": {"One-Click"}})
	again := program.Send(http.MethodPost, at, url.Values{"List-Unsubscribe": {"One-Click"}})
	if first.Status != http.StatusOK || again.Status != http.StatusOK || first.Body != again.Body {
		t.Errorf("once %d, twice %d", first.Status, again.Status)
	}
	if status, raw := h.Ask("messages", news); status != http.StatusForbidden {
		t.Errorf("after it was stopped: %d %s", status, raw)
	}
	v := h.screen() // what was not stopped goes on: codes
	v.to("/sign-in")
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	h.Letters("li@haven.example", 3)
}

// TestOldLinksAreDead: a copy opens for its person and nobody else, and neither after
// its day nor after they signed out; a hand-over link two minutes long, and once.
func TestOldLinksAreDead(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.join("eve", "eve@haven.example", "Eve")
	li, eve := h.Entered("club", "li"), h.Entered("club", "eve")
	li.Send(http.MethodPost, "/privacy/club/copy", url.Values{"format": {"json"}})
	at := "/privacy/club/copy/" + after(li.Get("/privacy/club/copy").Body, `href="/privacy/club/copy/`)
	for range 2 {
		if got := li.Get(at); got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("li's own copy: %d %v", got.Status, got.Header)
		}
	}
	before := li.Cookies["__Host-avow-club"]
	li.Send(http.MethodPost, "/privacy/club/sign-out", nil)
	stolen := h.Visitor()
	stolen.Cookies["__Host-avow-club"] = before
	for who, w := range map[string]*enginetest.Visitor{"nobody": h.Visitor(), "eve": eve, "a session that was ended": stolen} {
		if got := w.Get(at); got.Status != http.StatusSeeOther && got.Status != http.StatusNotFound {
			t.Errorf("%s gets %d", who, got.Status)
		}
	}
	_, raw := h.Ask("hand-overs", `{"subject":"li"}`)
	enter := strings.TrimPrefix(after(string(raw), `"url":"`), h.URL())
	h.Pass(2*time.Minute + time.Second)
	if got := h.Visitor().Send(http.MethodPost, enter, nil); got.Status != http.StatusForbidden {
		t.Errorf("a hand-over link after two minutes: %d", got.Status)
	}
	h.Pass(24 * time.Hour)
	if got := h.Entered("club", "li").Get(at); got.Status != http.StatusNotFound {
		t.Errorf("a copy after its day: %d", got.Status)
	}
}
