package browsertest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"avow.dev/internal/chromium"
)

// Page is a page whose steps end the test when they fail. The methods that it
// does not have are those of [chromium.Page].
type Page struct {
	*chromium.Page
	t testing.TB
}

func (p *Page) must(err error) {
	p.t.Helper()
	if err == nil {
		return
	}
	html, readErr := p.HTML()
	if readErr != nil {
		html = readErr.Error()
	}
	p.t.Fatalf("%v\nconsole: %s\nthe page was:\n%.4000s", err, strings.Join(p.Complaints(), "\n"), html)
}

// Goto opens an address and waits until it is loaded.
func (p *Page) Goto(address string) { p.t.Helper(); p.must(p.Page.Goto(address)) }

// Reload loads the page again.
func (p *Page) Reload() { p.t.Helper(); p.must(p.Page.Reload()) }

// Click clicks an element when it can be seen.
func (p *Page) Click(selector string) { p.t.Helper(); p.must(p.Page.Click(selector)) }

// Follow clicks an element and waits for the page that it leads to.
func (p *Page) Follow(selector string) { p.t.Helper(); p.must(p.Page.Follow(selector)) }

// EnterLeads presses Enter and waits for the page that it leads to.
func (p *Page) EnterLeads() { p.t.Helper(); p.must(p.Page.EnterLeads()) }

// Fill types a text into an emptied field.
func (p *Page) Fill(selector, text string) { p.t.Helper(); p.must(p.Page.Fill(selector, text)) }

// Press presses keys by name, one after the other.
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.must(p.Page.Press(key))
	}
}

// See waits until an element can be seen.
func (p *Page) See(selector string) { p.t.Helper(); p.must(p.Page.See(selector)) }

// Gone waits until no such element can be seen.
func (p *Page) Gone(selector string) { p.t.Helper(); p.must(p.Page.Gone(selector)) }

// Until waits until a JavaScript expression is true.
func (p *Page) Until(expression string) { p.t.Helper(); p.must(p.Page.Until(expression)) }

// Text is what a reader sees in an element.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	text, err := p.Page.Text(selector)
	p.must(err)
	return text
}

// SendGPC makes the page send the Global Privacy Control signal.
func (p *Page) SendGPC() { p.t.Helper(); p.must(p.Page.SendGPC()) }

// Passkeys gives the page an authenticator.
func (p *Page) Passkeys() { p.t.Helper(); p.must(p.Page.Passkeys()) }

// Jar is the names of the cookies, sorted.
func (p *Page) Jar() []string {
	p.t.Helper()
	cookies, err := p.Cookies()
	p.must(err)
	names := make([]string, 0, len(cookies))
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	return names
}

// Quiet fails the test when the page wrote errors to its console (exceptions,
// refusals of the content security policy, failed requests), other than those
// that hold one of the given texts.
func (p *Page) Quiet(except ...string) {
	p.t.Helper()
	for _, c := range p.Complaints() {
		if !slices.ContainsFunc(except, func(e string) bool { return strings.Contains(c, e) }) {
			p.t.Errorf("the console says: %s", c)
		}
	}
}

// Alone fails the test when the page addressed a host other than the given
// ones.
func (p *Page) Alone(own ...string) {
	p.t.Helper()
	if strangers := p.Strangers(own...); len(strangers) > 0 {
		p.t.Errorf("the page sent requests to %v", strangers)
	}
}

// Picture writes the whole page at a width as NAME.png into the folder named by
// AVOW_PICTURES, and nothing if there is none.
func (p *Page) Picture(name string, width int64) {
	p.t.Helper()
	folder := os.Getenv("AVOW_PICTURES")
	if folder == "" {
		return
	}
	png, err := p.Screenshot(width)
	p.must(err)
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Eval is the value of a JavaScript expression, whose promise it waits for.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	value, err := chromium.Eval[T](p.Page, expression)
	p.must(err)
	return value
}
