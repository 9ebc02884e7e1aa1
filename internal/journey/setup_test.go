package journey_test

import (
	"encoding/json"
	"strings"
	"testing"

	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/mailbox"
	"avow.dev/internal/storybook"
	"avow.dev/policy"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

var must = enginetest.Must

// town is the club of the storybook, a choir beside it, and the mail server that
// their letters go to.
type town struct {
	*enginetest.House
	*enginetest.Postbox
	t     *testing.T
	choir *policy.Program
}

// openTown opens the club after changes of its policy's text: old, new, old, new.
func openTown(t *testing.T, changes ...string) *town {
	t.Helper()
	text := enginetest.Changed(t, string(storybook.Policy), changes...)
	h := &town{t: t, choir: enginetest.Compile(t, text, "policy: club", "policy: choir"), Postbox: enginetest.OpenPostbox(t, mailbox.Options{})}
	h.House = enginetest.Open(t, enginetest.Compile(t, text), enginetest.Beside(h.choir), h.Post())
	return h
}

// join signs somebody up at the club, and has the club use what they gave.
func (h *town) join(ref, mail, name string) {
	h.t.Helper()
	quoted, err := json.Marshal(name)
	must(h.t, err)
	h.Call("collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"email","value":"`+mail+`"},{"datum":"name","value":`+string(quoted)+
		`}],"agree":{"policy_hash":"`+string(h.Program.Hash())+`","accept":true,"gesture":"accept-button","language":"en","age":"adult"}}`)
	h.Call("collect", `{"subject":"`+ref+`","purpose":"show-walks","point":"sign-up","feature":"walks","source":"device","items":[{"datum":"location-precise","value":"22.3193,114.1694"}]}`)
	h.Call("use", `{"subject":"`+ref+`","data":["email","name"],"purpose":"manage-account","role":"desk"}`)
}

// screen is somebody at a real browser of their own.
type screen struct {
	*browsertest.Page
	h *town
}

func (h *town) screen() *screen {
	h.t.Helper()
	v := &screen{browsertest.Open(h.t), h}
	must(h.t, v.Width(1280))
	must(h.t, v.Header("Accept-Language", "en"))
	return v
}

// to opens a page of the centre.
func (v *screen) to(path string) { v.h.t.Helper(); v.Goto(v.h.URL() + "/privacy/club" + path) }

// enter comes in by the link that the app hands over.
func (v *screen) enter(ref string) {
	v.h.t.Helper()
	url, _ := v.h.Call("hand-overs", `{"subject":"`+ref+`"}`)["url"].(string)
	v.Goto(url)
	v.Follow("main form button")
}

// at is where the browser is, below the centre's first page.
func (v *screen) at() string {
	v.h.t.Helper()
	return strings.TrimPrefix(browsertest.Eval[string](v.Page, "location.pathname + location.search + location.hash"), "/privacy/club")
}

// reads fails the test unless a reader sees each of some words on the page.
func (v *screen) reads(words ...string) {
	v.h.t.Helper()
	text := v.words()
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.h.t.Errorf("at %s, the page lacks %q:\n%s", v.at(), w, text)
		}
	}
}

// words is what a reader sees of the page.
func (v *screen) words() string {
	v.h.t.Helper()
	return strings.Join(strings.Fields(v.Text("body")), " ")
}

// lacks fails the test if any of some words stands in the page, seen or not.
func (v *screen) lacks(words ...string) {
	v.h.t.Helper()
	html, err := v.HTML()
	must(v.h.t, err)
	for _, w := range words {
		if strings.Contains(html, w) {
			v.h.t.Errorf("%q stands in the page at %s", w, v.at())
		}
	}
}

// sound fails the test if the page said something to the console, or asked anybody
// but the club's own server.
func (v *screen) sound(except ...string) {
	v.h.t.Helper()
	v.Quiet(except...)
	v.Alone(strings.TrimPrefix(v.h.URL(), "http://"))
}
