package syntax

import (
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// text binds a label or note: a plain string for all languages, or a text for
// each language of the file.
func (b *binder) text(n *yaml.Node, f *field) Text {
	t := Text{Pos: at(n), By: map[string]Str{}}
	switch n.Kind {
	case yaml.ScalarNode:
		if s, ok := b.textIn(n, f, ""); ok {
			t.By[""] = s
		}
	case yaml.MappingNode:
		b.texts(n, f, t.By)
	default:
		b.fault(at(n), "wrong-shape", fmt.Sprintf("%q is a list, not a text", f.key), "write a text, or one for each language: {en: …, zh: …}")
	}
	if len(t.By) == 0 {
		return Text{}
	}
	return t
}

func (b *binder) texts(n *yaml.Node, f *field, by map[string]Str) {
	given := map[string]bool{}
	for kv := range slices.Chunk(n.Content, 2) {
		lang := kv[0].Value
		if kv[0].Kind != yaml.ScalarNode || lang == "<<" || given[lang] {
			continue // reported by the reader
		}
		given[lang] = true
		if len(b.languages) > 0 && !slices.Contains(b.languages, lang) {
			b.fault(at(kv[0]), "unknown-language", fmt.Sprintf("%q in %q is none of the policy's languages", clip(lang), f.key),
				"use "+strings.Join(b.languages, ", ")+", or add it to languages")
			continue
		}
		if s, ok := b.textIn(kv[1], f, lang); ok {
			by[lang] = s
		}
	}
	for _, lang := range b.languages {
		if !given[lang] {
			b.fault(at(n), "missing-language", fmt.Sprintf("%q has no text in %q", f.key, clip(lang)),
				"add "+clip(lang)+": …, or write one plain text that stands for all languages")
		}
	}
}

func (b *binder) textIn(n *yaml.Node, f *field, lang string) (Str, bool) {
	if !b.scalar(n, f, "a text") {
		return Str{}, false
	}
	if !b.quoted(n, f) {
		return Str{}, false
	}
	if strings.TrimSpace(n.Value) == "" {
		b.fault(at(n), "empty-text", fmt.Sprintf("%q is empty", strings.TrimSuffix(f.key+"/"+lang, "/")), "write a text or take the key out")
		return Str{}, false
	}
	if f.form == formNote {
		if p := promise(n.Value); p != "" {
			b.fault(at(n), "promise-in-note", fmt.Sprintf("%q promises: %q", f.key, p),
				"say it with a rule, from which the sentence is generated, and let the note only explain")
		}
	}
	return Str{Pos: at(n), Text: n.Value}, true
}
