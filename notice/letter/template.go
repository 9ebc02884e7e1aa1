package letter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Template is one occasion to write to people.
type Template struct {
	Name string
	// Promotes says that the text advertises something.
	Promotes bool
	// Office says that the text is for the controller's own people.
	Office bool
	// Guardian says that the text is for a parent or guardian whom a young person named.
	Guardian bool
	// Part says that the text is no message by itself.
	Part   bool
	Params map[string]Kind // must not be changed

	texts map[string]Filled // by language, with slots
}

// Filled is a message in words.
type Filled struct {
	Subject string // one line
	Short   string // for a text message or a push notification; one line
	Body    string // plain text
}

// ErrParams is returned for parameters that a template does not take, or that are
// not of their kind. It names the parameter and never its value.
var ErrParams = errors.New("the parameters do not fit the template")

// Check holds parameters to the template: all of them, no other, each of its kind.
func (t *Template) Check(params map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if _, ok := t.Params[name]; !ok {
			return fmt.Errorf("%w: template %s takes a parameter less", ErrParams, t.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Params)) {
		v, given := params[name]
		if !given || !t.Params[name].fits(v) {
			return fmt.Errorf("%w: template %s needs %s, which is a %s", ErrParams, t.Name, name, t.Params[name])
		}
	}
	return nil
}

// Takes reports whether a parameter of the kind belongs to the template.
func (t *Template) Takes(k Kind) bool {
	for _, have := range t.Params {
		if have == k {
			return true
		}
	}
	return false
}

// Languages returns the languages that the template is written in, sorted.
func (t *Template) Languages() []string { return slices.Sorted(maps.Keys(t.texts)) }

// Fill writes the message in a language: the one asked for, one of the same
// primary tag, or English.
func (t *Template) Fill(language string, params map[string]string) Filled {
	text, ok := t.texts[language]
	if !ok {
		primary, _, _ := strings.Cut(language, "-")
		if text, ok = t.texts[primary]; !ok {
			text = t.texts["en"]
		}
	}
	pairs := make([]string, 0, 2*len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		pairs = append(pairs, "{"+name+"}", params[name])
	}
	fill := strings.NewReplacer(pairs...)
	return Filled{fill.Replace(text.Subject), fill.Replace(text.Short), fill.Replace(text.Body)}
}
