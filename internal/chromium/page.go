package chromium

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Page is one tab with a cookie jar, cache and storage of its own. Use it from
// one goroutine at a time; elements are named by CSS selectors.
type Page struct {
	ctx    context.Context
	cancel context.CancelFunc

	scriptless bool // its documents run no scripts

	mu         sync.Mutex
	requests   []Request
	complaints []string
}

// Request is a request that the page was about to send.
type Request struct {
	Method, URL string
	// Host is the name and port of URL.
	Host string
	// Kind is Document, Script, Image, Stylesheet, XHR, Fetch, Ping and so on.
	Kind string
}

// Cookie is one cookie of the jar.
type Cookie = network.Cookie

// Open opens an empty page.
func (b *Browser) Open() (*Page, error) {
	p := &Page{}
	p.ctx, p.cancel = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	if err := chromedp.Do(p.ctx); err != nil {
		p.cancel()
		return nil, fmt.Errorf("chromium: open a page: %w", err)
	}
	return p, nil
}

// Close closes the page and forgets its jar.
func (p *Page) Close() { p.cancel() }

// hear takes the events of the page in the order in which they happen, so that
// what a step caused is known when the step is over.
func (p *Page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		r := Request{Method: e.Request.Method, URL: e.Request.URL, Kind: string(e.Type)}
		if u, err := url.Parse(r.URL); err == nil {
			r.Host = u.Host
		}
		p.requests = append(p.requests, r)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complaints = append(p.complaints, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			p.complaints = append(p.complaints, said(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.complaints = append(p.complaints, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
		}
	}
}

func said(args []*runtime.RemoteObject) string {
	words := make([]string, 0, len(args))
	for _, a := range args {
		if a.Description != "" {
			words = append(words, a.Description)
		} else {
			words = append(words, string(a.Value))
		}
	}
	return strings.Join(words, " ")
}

// Requests are all that the page was about to send since it was opened, in
// order. Requests of frames from other sites are not among them: ask their
// server.
func (p *Page) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Strangers are the hosts other than the given ones that the page addressed
// (data: and blob: addresses have none).
func (p *Page) Strangers(own ...string) []string {
	var hosts []string
	for _, r := range p.Requests() {
		if r.Host != "" && !slices.Contains(own, r.Host) && !slices.Contains(hosts, r.Host) {
			hosts = append(hosts, r.Host)
		}
	}
	return hosts
}

// Complaints are the errors of the console since the page was opened:
// exceptions, refusals of the content security policy, failed requests.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Cookies is the whole jar of the page, of every site, sorted by name.
func (p *Page) Cookies() ([]*Cookie, error) {
	id := chromedp.FromContext(p.ctx).BrowserContextID
	jar, err := chromedp.CallBrowser(p.ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: id})
	if err != nil {
		return nil, fmt.Errorf("chromium: read the cookie jar: %w", err)
	}
	slices.SortFunc(jar.Cookies, func(a, b *Cookie) int { return strings.Compare(a.Name, b.Name) })
	return jar.Cookies, nil
}

// Goto opens an address and waits until it is loaded.
func (p *Page) Goto(address string) error { return p.do("open", address, chromedp.Navigate(address)) }

// Reload loads the page again. If the page was about to load by itself, that will
// do as well. While one document takes the place of another the browser has nothing
// that it could load again, and says so; it is asked again once the other is there.
func (p *Page) Reload() error {
	for left := 3; ; left-- {
		err := p.do("reload", "", chromedp.Reload())
		if err == nil {
			return nil
		}
		aborted, between := strings.Contains(err.Error(), "ERR_ABORTED"), strings.Contains(err.Error(), "Not attached to an active page")
		if !aborted && (!between || left == 0) {
			return err
		}
		if err := p.Until(`document.readyState == "complete"`); err != nil || aborted {
			return err
		}
	}
}

// Follow clicks and waits until the page that it leads to is loaded, be it the same
// address again.
func (p *Page) Follow(selector string) error {
	return p.leads("follow", selector, p.press(selector))
}

// EnterLeads presses Enter where the focus is, and waits like [Page.Follow].
func (p *Page) EnterLeads() error { return p.leads("press", "Enter", chromedp.KeyEvent(kb.Enter)) }

// leads does something and waits for another document. Events of loading are no
// sign of it: that of the document before may come late. A mark in the window goes
// with its document.
func (p *Page) leads(verb, what string, act chromedp.Action[chromedp.Void]) error {
	mark := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void]("void (window.avowLeft = true)")(ctx, t)
		return err
	})
	arrive := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			there, err := chromedp.Evaluate[bool](`!window.avowLeft && document.readyState == "complete"`)(ctx, t)
			if err == nil && there || err != nil && !movedOn(err) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(glance):
			}
		}
	})
	return p.do(verb, what, mark, act, arrive)
}

// glance is how long nobody looks whether a page is there.
const glance = 5 * time.Millisecond

// Fill empties a field and types the text into it.
func (p *Page) Fill(selector, text string) error {
	if err := p.See(selector); err != nil {
		return err
	}
	chosen := fmt.Sprintf("(e => { e.focus(); e.select() })(document.querySelector(%q))", selector)
	return p.do("fill", selector, chromedp.Evaluate[chromedp.Void](chosen), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(text))
}

// Press presses one key by its name: Tab, Enter, Escape, Space, or a letter.
func (p *Page) Press(key string) error {
	named := map[string]string{"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " "}
	if code, ok := named[key]; ok {
		key = code
	}
	return p.do("press", "", chromedp.KeyEvent(key))
}

// See waits until the element can be seen.
func (p *Page) See(selector string) error {
	return p.do("see", selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Gone waits until no such element can be seen.
func (p *Page) Gone(selector string) error {
	return p.Until(fmt.Sprintf(`![...document.querySelectorAll(%q)].some(e => e.checkVisibility({visibilityProperty: true}))`, selector))
}

// Until waits until the JavaScript expression is true, in whatever document the
// page then shows.
func (p *Page) Until(expression string) error {
	return p.do("wait until", expression, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			_, err := chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingTimeout(Patience))(ctx, t)
			if err == nil || ctx.Err() != nil || !movedOn(err) {
				return err
			}
		}
	}))
}

// movedOn says whether a script could not be asked because its document has
// given way to another.
func movedOn(err error) bool {
	return slices.ContainsFunc([]string{"Cannot find context", "context was destroyed", "navigated or closed"}, func(part string) bool {
		return strings.Contains(err.Error(), part)
	})
}

// Text is what a reader sees in the element, when it is there.
func (p *Page) Text(selector string) (string, error) {
	if err := p.Until(fmt.Sprintf("document.querySelector(%q)", selector)); err != nil {
		return "", err
	}
	return Eval[string](p, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// HTML is the document as it stands. It is read by a script: what the browser calls a
// node may be another when it is asked for.
func (p *Page) HTML() (string, error) { return Eval[string](p, "document.documentElement.outerHTML") }

// Eval evaluates a JavaScript expression, waits for its promise, and returns
// its value.
func Eval[T any](p *Page, expression string) (T, error) {
	return run(p, "evaluate", expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// SendGPC makes the page send the Global Privacy Control signal from its next
// document on: the header Sec-GPC and navigator.globalPrivacyControl, as the
// specification has both.
func (p *Page) SendGPC() error {
	if err := p.Header("Sec-GPC", "1"); err != nil {
		return err
	}
	const signal = `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", {value: true, configurable: true})`
	return p.BeforeScripts(signal)
}

// BeforeScripts runs JavaScript in each coming document before its own.
func (p *Page) BeforeScripts(source string) error {
	return p.do("prepare", "documents", call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}))
}

// Header sets one header for all coming requests, instead of one set earlier.
func (p *Page) Header(name, value string) error {
	return p.do("set header", name, call(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{name: value}}))
}

// SetCookie gives the page a cookie of the server at an address, as that server would.
func (p *Page) SetCookie(address, name, value string) error {
	yes := true
	return p.do("set cookie", name, call(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: address, Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteStrict}))
}

// Width sets the width of the view in CSS pixels; it is 800 high.
func (p *Page) Width(pixels int64) error {
	return p.do("resize", "", chromedp.EmulateViewport(pixels, 800))
}

// Prefer sets a preference of the person that style sheets can ask for, such
// as prefers-color-scheme and dark.
func (p *Page) Prefer(feature, value string) error {
	return p.do("prefer", feature, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}}))
}

// WithoutScripts turns JavaScript off in the coming documents.
func (p *Page) WithoutScripts() error {
	p.scriptless = true
	return p.do("turn off", "scripts", call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

// Screenshot is the whole page as PNG, at a width in CSS pixels.
func (p *Page) Screenshot(width int64) ([]byte, error) {
	if err := p.Width(width); err != nil {
		return nil, err
	}
	return run(p, "take", "a picture", chromedp.FullScreenshot(100))
}

// Passkeys gives the page an authenticator that verifies its user and keeps
// passkeys, so that they can be made and used without a person.
func (p *Page) Passkeys() error {
	return p.do("add", "an authenticator",
		call(webauthn.Enable, webauthn.EnableParams{}),
		call(webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}}))
}

// DownloadTo lets the page save files in a folder.
func (p *Page) DownloadTo(folder string) error {
	id := chromedp.FromContext(p.ctx).BrowserContextID
	_, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: id, DownloadPath: folder,
	})
	if err != nil {
		return fmt.Errorf("chromium: allow downloads: %w", err)
	}
	return nil
}

func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, command, params)
		return chromedp.Void{}, err
	}
}

func run[T any](p *Page, verb, what string, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		return value, fmt.Errorf("chromium: %s %s: %w", verb, what, err)
	}
	return value, nil
}

func (p *Page) do(verb, what string, steps ...chromedp.Action[chromedp.Void]) error {
	_, err := run(p, verb, what, chromedp.Steps(steps...))
	return err
}

// Void is the value of an expression whose value does not matter.
type Void = chromedp.Void
