package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is how long one step in a browser may take, on a machine that has much else
// to do.
const Patience = 2 * time.Minute

// Browser is a running Chromium without a window. It is safe for concurrent
// use.
type Browser struct {
	ctx     context.Context
	cancel  context.CancelFunc
	profile string
}

// Options say how a browser is started. The zero value is right for most.
type Options struct {
	// Path of the program; empty: see [Find].
	Path string
	// CookiesOff refuses every cookie, as a person can in the browser's
	// settings. It holds for the whole browser.
	CookiesOff bool
}

// Start starts a browser with an empty profile, which goes with Close. The
// browser ends when ctx does.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := Find(o.Path)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "avow-chromium-")
	if err != nil {
		return nil, fmt.Errorf("chromium: %w", err)
	}
	if o.CookiesOff {
		err = refuseCookies(profile)
	}
	b := &Browser{profile: profile}
	if err == nil {
		err = b.start(ctx, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(profile))
	}
	return b, nil
}

func (b *Browser) start(ctx context.Context, path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(b.profile),
		chromedp.NoSandbox, // Containers and CI machines rarely allow one; only our own pages are opened.
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,AutofillServerCommunication"),
		chromedp.Flag("host-resolver-rules", "MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
	)
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	inner, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	b.ctx = inner
	b.cancel = func() { cancel(); stop() }
	if err := chromedp.Do(inner); err != nil {
		b.cancel()
		return fmt.Errorf("chromium: the browser does not start: %w", err)
	}
	return nil
}

// Close ends the browser with all its pages, and removes its profile.
func (b *Browser) Close() error {
	b.cancel()
	if err := os.RemoveAll(b.profile); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	return nil
}

func refuseCookies(profile string) error {
	dir := filepath.Join(profile, "Default")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	const block = `{"profile":{"default_content_setting_values":{"cookies":2}}}`
	if err := os.WriteFile(filepath.Join(dir, "Preferences"), []byte(block), 0o600); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	return nil
}
