package chromium

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Click waits until the element can be seen and presses the mouse on it. It does not
// wait for what that leads to: see [Page.See], [Page.Follow].
func (p *Page) Click(selector string) error { return p.do("click", selector, p.press(selector)) }

// aim says where the middle of an element is, "" if there is none to be seen, and
// takes note of whether the next click comes to it, both halves of it. A page that is about
// to scroll moves the element away, and something else would be pressed: that press is
// kept from doing anything.
const aim = `(selector => {
	const e = document.querySelector(selector);
	if (!e || !e.checkVisibility({visibilityProperty: true}) || !e.getClientRects().length) return "";
	const meant = t => t && (e.contains(t) || t.closest("label")?.control === e || [...(e.labels || [])].some(l => l.contains(t)));
	// A link that runs over two lines has nothing in the middle of both.
	const middle = () => { const r = e.getClientRects()[0]; return [r.left + r.width / 2, r.top + r.height / 2]; };
	let at = middle();
	if (!meant(document.elementFromPoint(...at))) {
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
		at = middle();
	}
	window.avowAim?.abort();
	window.avowAim = new AbortController();
	window.avowPressed = "nothing";
	for (const kind of ["mousedown", "mouseup", "click"]) document.addEventListener(kind, event => {
		if (meant(event.target)) { if (kind === "click") window.avowPressed = "it"; }
		else { event.preventDefault(); event.stopImmediatePropagation(); }
	}, {capture: true, signal: window.avowAim.signal});
	return at.join(" ");
})(%q)`

// pressed says whether the press came to the element. In another document it did.
const pressed = `(window.avowAim?.abort(), window.avowPressed || "it")`

// without presses an element of a page that runs no scripts, which can take no note.
const without = `(selector => {
	const e = document.querySelector(selector);
	if (!e || !e.checkVisibility({visibilityProperty: true})) return "";
	e.click();
	return "it";
})(%q)`

// press presses an element as soon as it can be seen, and again if it was missed.
func (p *Page) press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			done, err := p.tryPress(ctx, t, selector)
			if done || err != nil && !movedOn(err) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(glance):
			}
		}
	})
}

func (p *Page) tryPress(ctx context.Context, t *chromedp.Target, selector string) (bool, error) {
	if p.scriptless {
		done, err := chromedp.Evaluate[string](fmt.Sprintf(without, selector))(ctx, t)
		return done != "", err
	}
	at, err := chromedp.Evaluate[string](fmt.Sprintf(aim, selector))(ctx, t)
	if err != nil || at == "" {
		return false, err
	}
	left, top, _ := strings.Cut(at, " ")
	x, errX := strconv.ParseFloat(left, 64)
	y, errY := strconv.ParseFloat(top, 64)
	if errX != nil || errY != nil {
		return false, fmt.Errorf("the element is at %q", at)
	}
	if _, err := chromedp.MouseClickXY(x, y)(ctx, t); err != nil {
		return false, err
	}
	what, err := chromedp.Evaluate[string](pressed)(ctx, t)
	if err != nil && movedOn(err) {
		return true, nil
	}
	return what == "it", err
}
