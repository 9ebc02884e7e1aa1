package engine

import (
	"fmt"

	"avow.dev/httpapi"
	"avow.dev/web/html"
	"avow.dev/web/stop"
)

// pages are the handlers that answer beside the door's own operations.
func (e *Engine) pages() ([]httpapi.Page, error) {
	stopping, err := stop.Handler(e.gate)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	return []httpapi.Page{
		{Name: "assets", Pattern: html.AssetPath, Handler: html.Assets()},
		{Name: "stop", Pattern: stop.Pattern, Handler: stopping},
	}, nil
}
