// Package statements is the closed catalogue of advice, warnings and
// explanations that a policy may print: what only informs, and promises
// nothing, still says the same in every language.
package statements

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"avow.dev/internal/spelling"
)

//go:embed *.txt
var files embed.FS

// First is the language in which every statement is written first; its file
// names the slugs.
const First = "en"

type catalogue struct {
	slugs []string
	texts map[string]map[string]string // by language and slug
}

// known reads the embedded files once; a file that cannot be read is a fault of
// the build, reported by every call.
var known = sync.OnceValues(load)

func load() (catalogue, error) {
	c := catalogue{texts: make(map[string]map[string]string)}
	entries, err := files.ReadDir(".")
	if err != nil {
		return c, err
	}
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return c, err
		}
		if err := c.read(strings.TrimSuffix(e.Name(), ".txt"), string(text)); err != nil {
			return c, fmt.Errorf("statements %s: %w", e.Name(), err)
		}
	}
	return c, nil
}

func (c *catalogue) read(lang, text string) error {
	c.texts[lang] = make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		slug, words, ok := strings.Cut(line, " = ")
		if !ok {
			return fmt.Errorf("no statement in %q", line)
		}
		c.texts[lang][slug] = words
		if lang == First {
			c.slugs = append(c.slugs, slug)
		}
	}
	return nil
}

// Slugs returns the slugs of the catalogue in its order.
func Slugs() []string {
	c, err := known()
	if err != nil {
		return nil
	}
	return slices.Clone(c.slugs)
}

// Text returns a statement in a language. The error of an unknown slug names
// the nearest one.
func Text(slug, lang string) (string, error) {
	c, err := known()
	if err != nil {
		return "", err
	}
	if !slices.Contains(c.slugs, slug) {
		return "", unknown(slug, c.slugs)
	}
	s, ok := c.texts[lang][slug]
	if !ok {
		return "", fmt.Errorf("statement %s has no words in %s", slug, lang)
	}
	return s, nil
}

// Check returns nil for a slug of the catalogue, and else an error that names
// the nearest one.
func Check(slug string) error {
	_, err := Text(slug, First)
	return err
}

func unknown(slug string, slugs []string) error {
	if near := spelling.Nearest(slug, slugs, max(2, len(slug)/3)); near != "" {
		return fmt.Errorf("the catalogue has no statement %q: did you mean %q?", slug, near)
	}
	return fmt.Errorf("the catalogue has no statement %q", slug)
}
