package notice

import (
	"strings"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// key names an entry across the whole policy: rules by their id, other things
// by their section and id, such as "data/email".
func key(section, id string) string {
	if ns := syntax.Namespace(section); ns != syntax.Rules {
		return ns + "/" + id
	}
	return id
}

// anchor is the fragment by which a key is reached.
func anchor(key string) string {
	if ns, id, ok := strings.Cut(key, "/"); ok {
		return ns + "-" + id
	}
	return "rule-" + key
}

// collectEntries lists every entry of the policy under its key.
func (b *builder) collectEntries() {
	b.things = make(map[string]syntax.Entry)
	b.keys = make(map[*syntax.Head]string)
	for e := range b.file.Entries() {
		if e.Head.ID.Text == "" {
			continue
		}
		k := key(e.Section, e.Head.ID.Text)
		b.things[k] = e
		b.keys[e.Head] = k
	}
}

func (b *builder) key(h *syntax.Head) string { return b.keys[h] }

// thing is the entry of a section with an id, or nil.
func (b *builder) thing(section, id string) any { return b.things[key(section, id)].Value }

// label returns the name of a thing as it stands inside a sentence: the
// operator's own, or the one of the vocabulary.
func (b *builder) label(section, id string) string {
	name, slug := naming(b.thing(section, id))
	if p, ok := b.thing(section, id).(*syntax.Party); ok && common(p.Kind.Text) {
		return b.tongue.lower(b.text(name))
	}
	if !name.IsZero() {
		return b.inSentence(section, b.text(name))
	}
	if slug == "" {
		slug = id
	}
	if s := b.tongue.plain("name." + section + "." + slug); s != "" {
		return s
	}
	if s := vocabulary(section, slug, b.tongue.tag); s != "" {
		if b.tongue.plain("spaced") != "" {
			return widen(s)
		}
		return s
	}
	if section != "permissions" && b.thing(section, id) == nil {
		b.fail("nothing is called %q in %s", id, section)
	}
	return strings.ReplaceAll(id, "-", " ")
}

// naming returns what a thing calls itself, and the term of the vocabulary that
// it stands for.
func naming(thing any) (name syntax.Text, term string) {
	switch t := thing.(type) {
	case *syntax.Scope:
		return t.Name, ""
	case *syntax.Role:
		return t.Name, ""
	case *syntax.Feature:
		return t.Name, ""
	case *syntax.Point:
		return t.Name, ""
	case *syntax.Datum:
		return t.Name, t.Term.Text
	case *syntax.Purpose:
		return t.Name, t.Term.Text
	case *syntax.Choice:
		return t.Name, ""
	case *syntax.Party:
		return t.Name, ""
	}
	return syntax.Text{}, ""
}

// inSentence makes the first letter small for common nouns; names of products,
// choices and companies stay as they are.
func (b *builder) inSentence(section, s string) string {
	switch section {
	case "data", "purposes", "points", "features", "roles":
		return b.tongue.lower(s)
	}
	return s
}

// common reports whether recipients of a kind are known by a common noun and
// not by a name.
func common(kind string) bool {
	switch kind {
	case "court", "police", "authority", "regulator", "members", "public", "person", "successor":
		return true
	}
	return false
}

func vocabulary(section, slug, lang string) string {
	switch section {
	case "data":
		t, _ := vocab.Datum(slug)
		return t.Label(lang)
	case "purposes":
		t, _ := vocab.Purpose(slug)
		return t.Label(lang)
	case "permissions":
		t, _ := vocab.Permission(slug)
		return t.Label(lang)
	}
	return ""
}

// text returns the operator's words in the language, on one line. A text that
// lacks the language is an error: no reader gets the words of another tongue.
func (b *builder) text(t syntax.Text) string {
	if t.IsZero() {
		return ""
	}
	s := clean(t.In(b.tongue.tag))
	if s == "" {
		b.fail("a text has no words in %s", b.tongue.tag)
	}
	return s
}

// prose is a text that explains; its marks are set as the language sets them.
func (b *builder) prose(t syntax.Text) string {
	if b.tongue.plain("spaced") == "" {
		return b.text(t)
	}
	return widen(b.text(t))
}

// clean puts a text on one line and takes control characters out of it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
