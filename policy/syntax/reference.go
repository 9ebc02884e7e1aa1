package syntax

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// The examples of the manual. Each stands for entries of one section and makes
// a whole policy when it is merged into base.yaml.
//
//go:embed testdata/examples/*.yaml
var examples embed.FS

// Reference returns the manual of the language in Markdown: every section with
// its keys and an example, taken from the same tags as the parser.
func Reference() []byte {
	m := &manual{}
	m.text(preface)
	m.heading("The head of the file")
	m.table(slices.DeleteFunc(slices.Clone(language().fields), func(f field) bool { return f.elem != nil }))
	m.heading("What every entry has")
	m.text("Every entry, in whatever section, may have these keys. The tables of the sections do not repeat them. Each\n" +
		"example is a section as it stands in a policy.\n\n")
	m.table(headShape().fields)
	m.nested(headShape().fields)
	for i := range language().fields {
		if f := &language().fields[i]; f.elem != nil {
			m.section(f)
		}
	}
	m.faults()
	return []byte(m.b.String())
}

const preface = `# The policy language

<!-- Written by the tests of policy/syntax from the types of the language. Do not edit. -->

A policy is one YAML file, in the order in which the published policy is read. The parser refuses what it does not know: an
unknown key, an unknown word or a malformed value is a fault, with its place, why it matters and what to try, and all faults of
a file are reported at once.

**Words** are slugs: small letters, digits and hyphens. Where the tables list words, only those are allowed. A list of one word
may be written as the word alone; the formatter makes it a list.

**Texts** are labels and notes, never promises: every published sentence is generated from the rules. A text is a plain string
for all languages, or one string for each language of the policy: ` + "`{en: Address book, zh: 通讯录}`" + `.

**Durations** are a whole number and one unit: s, m, h, d, w, mo, y, or wd for working days. ` + "`at once`" + ` is a duration of nothing.
Units are never mixed.

**Retention expressions** are a duration and the event that starts the clock: ` + "`90d after account-closed`" + `.

**Dates** are written year-month-day: ` + "`2026-12-31`" + `. **Switches** are ` + "`true`" + ` or ` + "`false`" + `. **Numbers** are digits only.

**Ids** are unique: those of rules in the whole policy, those of the things rules speak of (data, purposes, points, features,
roles, recipients, choices, places, scope, clauses, contacts, documents) within their section.

**YAML** is read without its surprises: anchors, aliases, tags, merge keys, directives, several documents and keys given twice are
faults. Texts that YAML would take for numbers or switches need quotes: ` + "`version: \"1.0\"`" + `.
`

// manual writes Markdown.
type manual struct{ b strings.Builder }

func (m *manual) text(s string) { m.b.WriteString(s) }

func (m *manual) heading(s string) { fmt.Fprintf(&m.b, "\n## %s\n\n", s) }

func (m *manual) table(fields []field) {
	m.text("| Key | Must | Holds | Meaning |\n|---|---|---|---|\n")
	for i := range fields {
		f := &fields[i]
		must := ""
		if f.need {
			must = "yes"
		}
		fmt.Fprintf(&m.b, "| `%s` | %s | %s | %s |\n", f.key, must, holds(f), f.doc)
	}
}

// holds says what a key holds.
func holds(f *field) string {
	word := "word"
	switch {
	case f.of != nil:
		word = "`" + strings.Join(f.of, "`, `") + "`"
	case f.ref != "":
		word = fmt.Sprintf("id of [%s](#%s)", f.ref, f.ref)
	case f.written() == formRegion:
		word = "region code"
	case f.written() == formClause:
		word = "clause id"
	case f.written() == formPromise:
		word = "promise id"
	case f.written() == formTerm:
		word = "vocabulary term"
	}
	switch f.kind {
	case kindWord:
		return word
	case kindWords:
		return "list: " + word
	case kindStr:
		return "string"
	case kindStrs:
		return "list: string"
	case kindFlag:
		return "switch"
	case kindNum:
		return "number"
	case kindDate:
		return "date"
	case kindText:
		return "text"
	case kindPeriod:
		return "duration"
	case kindKeep:
		return "retention expression"
	case kindStruct:
		return "group"
	}
	return "list of groups"
}

func (m *manual) section(f *field) {
	m.heading(f.key)
	m.text(f.doc + "\n\n")
	own := f.elem.own()
	if len(own) > 0 {
		m.table(own)
	}
	m.nested(own)
	example, err := examples.ReadFile("testdata/examples/" + f.key + ".yaml")
	if err == nil {
		fmt.Fprintf(&m.b, "\n```yaml\n%s```\n", example)
	}
}

// own are the fields of a shape without those of its head.
func (sh *shape) own() []field {
	if !sh.head {
		return sh.fields
	}
	return sh.fields[len(headShape().fields):]
}

// nested writes the tables of the groups inside an entry.
func (m *manual) nested(fields []field) {
	for i := range fields {
		f := &fields[i]
		if f.elem == nil {
			continue
		}
		also := ""
		if f.elem.head {
			also = ", besides those of every entry"
		}
		fmt.Fprintf(&m.b, "\nThe keys of `%s`%s:\n\n", f.key, also)
		m.table(f.elem.own())
		m.nested(f.elem.own())
	}
}

func (m *manual) faults() {
	m.heading("Faults")
	m.text("| Fault | Why it matters |\n|---|---|\n")
	for _, r := range reasons {
		fmt.Fprintf(&m.b, "| `%s` | %s |\n", r.id, r.why)
	}
}
