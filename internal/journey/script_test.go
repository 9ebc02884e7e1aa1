package journey_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
	"avow.dev/web/centre"
)

// hostile is a text that is a script to whoever forgets that it is a text.
const hostile = `"'><script>window.hacked=1</script><img src=x onerror="window.hacked=1"><a href="javascript:window.hacked=1">go</a>{{.Body}}</textarea></title>`

// TestStoredScript has a person write a script wherever they can write, and looks at
// every page of the centre in a real browser: the script is shown as the text that it
// is, runs nowhere, and adds nothing to the page.
func TestStoredScript(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", hostile)
	h.Call("agreements", `{"subject":"li","choices":[{"choice":"show-me","state":"given"}]}`)
	li := h.Entered("club", "li")
	asked := li.Send(http.MethodPost, "/privacy/club/requests/new", url.Values{"right": {"ask"}, "text": {hostile}}).Header.Get("Location")
	request, _, _ := strings.Cut(strings.TrimPrefix(asked, "/privacy/club/requests/of/"), "?")
	li.Send(http.MethodPost, "/privacy/club/requests/of/"+request, url.Values{"text": {"more: " + hostile}})
	h.Call("requests/send", `{"request":"`+request+`","role":"desk","text":"answer <script>window.hacked=1</script>"}`)
	li.Send(http.MethodPost, "/privacy/club/copy", url.Values{"format": {"page"}})
	index := after(li.Get("/privacy/club/looked").Body, `href="/privacy/club/looked/`)
	fill := strings.NewReplacer("{datum}", "name", "{request}", request, "{index}", index, "{audience}", "everybody", "{at}", strings.Repeat("0", 32), "{hash}", string(h.Program.Hash()), "{link}", strings.Repeat("A", 43))

	v := h.screen()
	v.BeforeScripts(`window.alert = window.confirm = window.prompt = () => { window.hacked = 1 }`)
	url, _ := h.Call("hand-overs", `{"subject":"li","signed_in":"`+h.Now().Format(time.RFC3339)+`"}`)["url"].(string)
	v.Goto(url)
	v.Follow("main form button")
	look := func(where string) {
		t.Helper()
		const found = `JSON.stringify([window.hacked || 0, document.querySelectorAll("main script, main img, [onerror], a[href^='javascript:']").length])`
		if got := browsertest.Eval[string](v.Page, found); got != "[0,0]" {
			t.Errorf("%s: ran and found %s", where, got)
		}
	}
	for _, p := range centre.Pages() {
		if p.Method != http.MethodGet || strings.HasSuffix(p.Path, "/proof") || strings.Contains(p.Path, "{package}") {
			continue
		}
		v.to(names.ReplaceAllString(fill.Replace(p.Path), "1"))
		look(p.Path)
	}
	v.to("/requests/of/" + request)
	v.reads(`<script>window.hacked=1</script>`, "more:", "{{.Body}}", "answer <script>")
	v.to("/data")
	v.Follow("#name form button")
	v.reads(`<script>window.hacked=1</script>`)
	look("the name, shown")
	v.to("/publish")
	v.Follow("section.card form button")
	v.reads(`<script>window.hacked=1</script>`)
	look("before it is published")
	v.Follow("main form button:not(.secondary)")
	v.to("/publish")
	v.Goto(browsertest.Eval[string](v.Page, `document.querySelector("main a[href*='/public/']").href`))
	v.reads(`<script>window.hacked=1</script>`)
	look("published")
	for _, m := range h.Mails() {
		if strings.Contains(m.Raw, "hacked") {
			t.Errorf("a letter carries the script: %s", m.Raw)
		}
	}
	for _, c := range v.Complaints() {
		if !strings.Contains(c, "404") && !strings.Contains(c, "403") { // of the made-up names
			t.Errorf("the console says %s", c)
		}
	}
}
