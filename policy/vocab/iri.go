package vocab

import (
	"fmt"
	"strings"
)

// IRI expands a compact IRI such as "dpv:Erase" to the full one. It knows only
// the terms of the tables, and "loc:" with an ISO 3166 code of the right form
// ("loc:CN", "loc:US-CA"); anything else is unknown, so that no export can
// carry an invented term.
func IRI(compact string) (string, bool) {
	v := known()
	if full, ok := v.iris[compact]; ok {
		return full, true
	}
	if code, ok := strings.CutPrefix(compact, "loc:"); ok && isPlace(code) {
		ns, ok := v.namespace.get("loc")
		return string(ns.IRIs) + code, ok
	}
	return "", false
}

// isPlace reports whether code has the form of an ISO 3166-1 alpha-2 or
// ISO 3166-2 code.
func isPlace(code string) bool {
	country, part, divided := strings.Cut(code, "-")
	if len(country) != 2 || strings.Trim(country, upper) != "" {
		return false
	}
	return !divided || len(part) >= 1 && len(part) <= 3 && strings.Trim(part, upper+"0123456789") == ""
}

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func (v *vocabulary) indexIRIs() error {
	for kind, terms := range v.terms {
		if kind == KindNamespace {
			continue
		}
		for _, t := range terms {
			if err := v.indexTerm(t); err != nil {
				return fmt.Errorf("%s %s: %w", kind, t.Slug, err)
			}
		}
	}
	return nil
}

func (v *vocabulary) indexTerm(t Term) error {
	for compact := range t.IRIs.All() {
		if own(compact) && t.Broader == "" {
			return fmt.Errorf("own term %s needs a broader term", compact)
		}
		if err := v.indexIRI(compact); err != nil {
			return err
		}
	}
	if t.Broader == "" {
		return nil
	}
	if own(t.Broader) {
		return fmt.Errorf("broader term %s is not a DPV term", t.Broader)
	}
	return v.indexIRI(t.Broader)
}

func (v *vocabulary) indexIRI(compact string) error {
	prefix, name, _ := strings.Cut(compact, ":")
	ns, ok := v.namespace.get(prefix)
	if !ok || name == "" {
		return fmt.Errorf("%q has no known namespace", compact)
	}
	v.iris[compact] = string(ns.IRIs) + name
	return nil
}

func own(compact string) bool {
	return strings.HasPrefix(compact, "avow:") || strings.HasPrefix(compact, "avow-cn:")
}
