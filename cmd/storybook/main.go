// Command storybook renders the states of the privacy centre to PNG, for documents and
// for whoever wants to look at all of them: in both languages, small and wide, light
// and dark. It needs a Chromium.
//
//	go run ./cmd/storybook pictures            every state
//	go run ./cmd/storybook pictures home data  these
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"avow.dev/internal/chromium"
	"avow.dev/internal/storybook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "storybook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("name a folder for the pictures")
	}
	dir, err := os.MkdirTemp("", "avow-storybook-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	house, err := storybook.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.Close(context.WithoutCancel(ctx))) }()
	browser, err := chromium.Start(ctx, chromium.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	for _, s := range storybook.Stories() {
		if len(args) > 1 && !slices.Contains(args[1:], s.Name) {
			continue
		}
		if err := draw(ctx, house, browser, &s, args[0]); err != nil {
			return err
		}
	}
	return nil
}

// draw writes the pictures of one story.
func draw(ctx context.Context, house *storybook.House, browser *chromium.Browser, s *storybook.Story, folder string) error {
	for _, lang := range []string{"en", "zh"} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{320, 1280} {
				page, err := browser.Open()
				if err != nil {
					return err
				}
				err = errors.Join(page.Width(width), page.Prefer("prefers-color-scheme", scheme), house.Tell(ctx, page, s, lang))
				var png []byte
				if err == nil {
					png, err = page.Screenshot(width)
				}
				if err == nil {
					png, err = storybook.Small(png)
				}
				page.Close()
				if err != nil {
					return fmt.Errorf("story %s: %w", s.Name, err)
				}
				name := fmt.Sprintf("%s-%s-%s-%d.png", s.Name, lang, scheme, width)
				if err := os.WriteFile(filepath.Join(folder, name), png, 0o600); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
