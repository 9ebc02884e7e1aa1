// Command storybook renders the states of the privacy centre and of the console to PNG,
// for documents and for whoever wants to look at all of them: in both languages, small
// and wide, light and dark. It needs a Chromium.
//
//	go run ./cmd/storybook pictures               every state
//	go run ./cmd/storybook pictures home console  these
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"avow.dev/internal/chromium"
	"avow.dev/internal/storybook"
)

const usage = `usage: storybook FOLDER [STATE ...]

Draws the states of the privacy centre and of the console into a folder that is there,
in both languages, light and dark, small and wide: all of them, or those that are named.
`

func main() {
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "storybook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("name a folder for the pictures; -h says more")
	}
	all := states()
	for _, name := range args[1:] {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no state called %q; they are %s", name, strings.Join(all, ", "))
		}
	}
	dir, err := os.MkdirTemp("", "avow-storybook-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	browser, err := chromium.Start(ctx, chromium.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	d := &drawer{browser: browser, folder: args[0], only: args[1:]}
	return errors.Join(d.people(ctx, filepath.Join(dir, "people")), d.officers(ctx, filepath.Join(dir, "officers")))
}

// states are the names of all states.
func states() []string {
	var all []string
	for _, s := range storybook.Stories() {
		all = append(all, s.Name)
	}
	for _, s := range storybook.Desks() {
		all = append(all, s.Name)
	}
	return all
}

// drawer draws states into a folder.
type drawer struct {
	browser *chromium.Browser
	folder  string
	only    []string // names of states; all if empty
}

func (d *drawer) wants(name string) bool { return len(d.only) == 0 || slices.Contains(d.only, name) }

// people draws the states of the privacy centre and the banner.
func (d *drawer) people(ctx context.Context, dir string) (err error) {
	all := slices.DeleteFunc(storybook.Stories(), func(s storybook.Story) bool { return !d.wants(s.Name) })
	if len(all) == 0 {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	house, err := storybook.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.Close(context.WithoutCancel(ctx))) }()
	for i := range all {
		if err := d.draw(all[i].Name, func(p *chromium.Page, lang string) error { return house.Tell(ctx, p, &all[i], lang) }); err != nil {
			return err
		}
	}
	return nil
}

// officers draws the states of the console.
func (d *drawer) officers(ctx context.Context, dir string) (err error) {
	all := slices.DeleteFunc(storybook.Desks(), func(s storybook.Desk) bool { return !d.wants(s.Name) })
	if len(all) == 0 {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	office, err := storybook.OpenOffice(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close(context.WithoutCancel(ctx))) }()
	for i := range all {
		if err := d.draw(all[i].Name, func(p *chromium.Page, lang string) error { return office.Tell(p, &all[i], lang) }); err != nil {
			return err
		}
	}
	return nil
}

// draw writes the pictures of one state.
func (d *drawer) draw(name string, tell func(*chromium.Page, string) error) error {
	for _, lang := range []string{"en", "zh"} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{320, 1280} {
				page, err := d.browser.Open()
				if err != nil {
					return err
				}
				err = errors.Join(page.Width(width), page.Prefer("prefers-color-scheme", scheme), tell(page, lang))
				var png []byte
				if err == nil {
					png, err = page.Screenshot(width)
				}
				if err == nil {
					png, err = storybook.Small(png)
				}
				page.Close()
				if err != nil {
					return fmt.Errorf("state %s: %w", name, err)
				}
				path := filepath.Join(d.folder, fmt.Sprintf("%s-%s-%s-%d.png", name, lang, scheme, width))
				if err := os.WriteFile(path, png, 0o600); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
