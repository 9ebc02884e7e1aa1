package engine

import (
	"fmt"

	"avow.dev/httpapi"
	"avow.dev/internal/passkey"
	"avow.dev/internal/signin"
	"avow.dev/notice/letter"
	"avow.dev/web/browser"
	"avow.dev/web/centre"
	"avow.dev/web/console"
	"avow.dev/web/front"
	"avow.dev/web/html"
	"avow.dev/web/proof"
	"avow.dev/web/stop"
	"avow.dev/web/transparency"
)

// Warm reads pages and messages ahead. Called while policies are read and compiled, it takes the
// pages out of the time that a start takes on a machine with a second processor.
func Warm() {
	for _, warm := range []func(){centre.Warm, console.Warm, front.Warm, proof.Warm, stop.Warm, transparency.Warm, func() { letter.Builtin() }} {
		go warm()
	}
}

// pages are the handlers that answer beside the door's own operations.
func (e *Engine) pages(base string, site *passkey.Site) ([]httpapi.Page, error) {
	scripts, err := browser.Handler(browser.Config{Gate: e.gate, Clock: e.cfg.Clock, BaseURL: base})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	stopping, err := stop.Handler(e.gate)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	people, err := centre.New(centre.Config{Gate: e.gate, Desk: signin.New(e.gate, site), Log: e.cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	proofs, err := proof.Handler(e.gate, e.cfg.Clock)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	demands, err := transparency.Handler(e.gate, e.cfg.Clock)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	officers, err := console.New(console.Config{Gate: e.gate, Officers: e.officers, Log: e.cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	first, err := front.Handler(e.gate)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	pages := []httpapi.Page{
		{Name: "proof", Pattern: proof.Pattern, Handler: proofs},
		{Name: "transparency-report", Pattern: transparency.Pattern, Handler: demands},
		{Name: "console", Pattern: console.Base, Handler: officers.Handler()},
		{Name: "console", Pattern: console.Base + "/", Handler: officers.Handler()},
		{Name: "centre", Pattern: centre.Base, Handler: people.Handler()},
		{Name: "assets", Pattern: html.AssetPath, Handler: html.Assets()},
		{Name: "browser", Pattern: "/browser/", Handler: scripts},
		{Name: "stop", Pattern: stop.Pattern, Handler: stopping},
	}
	for _, pattern := range front.Patterns {
		pages = append(pages, httpapi.Page{Name: "front", Pattern: pattern, Handler: first})
	}
	return pages, nil
}
