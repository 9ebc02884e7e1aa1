package syntax

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// The written forms of words, shared by the parser and the JSON Schema.
const (
	slugPattern    = `[a-z0-9][a-z0-9-]*`
	clausePattern  = `[A-Z][A-Z0-9]*-[A-Za-z0-9.]+`
	promisePattern = `CP-(?:0[1-9]|[1-3][0-9]|4[0-4])`
	regionPattern  = `[A-Z]{2}(?:-[A-Z0-9]{1,3})?`
	termPattern    = `[A-Za-z0-9][A-Za-z0-9:_-]*`
	numberPattern  = `0|[1-9][0-9]{0,14}`
)

var (
	slugForm    = regexp.MustCompile(`^(?:` + slugPattern + `)$`)
	clauseForm  = regexp.MustCompile(`^(?:` + clausePattern + `)$`)
	promiseForm = regexp.MustCompile(`^(?:` + promisePattern + `)$`)
	regionForm  = regexp.MustCompile(`^(?:` + regionPattern + `)$`)
	termForm    = regexp.MustCompile(`^(?:` + termPattern + `)$`)
	numberForm  = regexp.MustCompile(`^(?:` + numberPattern + `)$`)
)

// scalar checks that a node is a single value.
func (b *binder) scalar(n *yaml.Node, f *field, wanted string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		return false // reported by the reader
	case null(n):
		b.fault(at(n), "no-value", fmt.Sprintf("%q has a place without a value", f.key), "write "+wanted)
		return false
	case n.Kind != yaml.ScalarNode:
		b.fault(at(n), "wrong-shape", fmt.Sprintf("%q is %s, not %s", f.key, kindName(n), wanted), "write "+wanted+"; it holds: "+f.doc)
		return false
	}
	return true
}

// quoted refuses plain values that YAML takes for numbers or switches where a
// text is meant.
func (b *binder) quoted(n *yaml.Node, f *field) bool {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool":
		b.fault(at(n), "needs-quotes", fmt.Sprintf("%s in %q is no text to YAML", clip(n.Value), f.key),
			fmt.Sprintf("write it in quotes: %q", clip(n.Value)))
		return false
	}
	return true
}

func (b *binder) word(n *yaml.Node, f *field) Word {
	if !b.scalar(n, f, "one word") {
		return Word{}
	}
	w := Word{Pos: at(n), Text: n.Value}
	if b.quoted(n, f) {
		b.spelling(w, f)
	}
	return w
}

// spelling holds a word against its closed list or its written form.
func (b *binder) spelling(w Word, f *field) {
	if f.of != nil {
		b.closed(w, f)
		return
	}
	form, id, try := slugForm, "bad-slug", "use small letters, digits and hyphens, such as contact-list"
	switch f.form {
	case formClause:
		form, id, try = clauseForm, "bad-clause-id", "write it as CAPITALS-number, such as AIRSTEP-7"
	case formPromise:
		form, id, try = promiseForm, "bad-promise-id", "write CP-01 to CP-44"
	case formRegion:
		form, id, try = regionForm, "bad-region", "write an ISO 3166 code, such as CN or US-CA"
	case formTerm:
		form, id, try = termForm, "bad-term", "write the term's name, such as EmailAddress"
	}
	if form.MatchString(w.Text) {
		return
	}
	if f.form == "" {
		if s := slugOf(w.Text); s != "" {
			try = fmt.Sprintf("did you mean %q?", clip(s))
		}
	}
	b.fault(w.Pos, id, fmt.Sprintf("%q is not written as %q needs it", clip(w.Text), f.key), try)
}

// slugOf makes a slug of a word, or "" if nothing is left of it.
func slugOf(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r == '_' || r == ' ' || r == '.':
			return '-'
		}
		return -1
	}, s)
	return strings.Trim(s, "-")
}

func (b *binder) closed(w Word, f *field) {
	if slices.Contains(f.of, w.Text) {
		return
	}
	try := guess(w.Text, f.of, "write one of: "+strings.Join(f.of, ", "))
	b.fault(w.Pos, "unknown-word", fmt.Sprintf("%q is no word for %q", clip(w.Text), f.key), try)
}

func (b *binder) words(n *yaml.Node, f *field) []Word {
	if !b.several(n, f) {
		return nil
	}
	var out []Word
	seen := map[string]bool{}
	for _, item := range items(n) {
		if b.full() {
			break
		}
		w := b.word(item, f)
		if w.Pos.IsValid() {
			if seen[w.Text] {
				b.fault(w.Pos, "repeated-word", fmt.Sprintf("%q stands twice in %q", clip(w.Text), f.key), "take one out")
			}
			seen[w.Text] = true
			out = append(out, w)
		}
	}
	return out
}

// several checks that a node is a list of values or a single one.
func (b *binder) several(n *yaml.Node, f *field) bool {
	if n.Kind == yaml.MappingNode {
		b.fault(at(n), "wrong-shape", fmt.Sprintf("%q is a group of keys, not a list", f.key), "write a list such as [first, second]")
		return false
	}
	return n.Kind != yaml.SequenceNode || !b.empty(n, f)
}

func (b *binder) str(n *yaml.Node, f *field) Str {
	if !b.scalar(n, f, "one text") {
		return Str{}
	}
	s := Str{Pos: at(n), Text: n.Value}
	if f.form == formLive {
		if why := placeholder(n.Value); why != "" {
			b.fault(s.Pos, "placeholder", fmt.Sprintf("%q in %q is a placeholder: %s", clip(n.Value), f.key, why),
				"write the address that people really reach, or take the entry out")
			return s
		}
	}
	if b.quoted(n, f) && strings.TrimSpace(n.Value) == "" {
		b.fault(s.Pos, "empty-text", fmt.Sprintf("%q is empty", f.key), "write a text or take the key out")
	}
	return s
}

func (b *binder) strs(n *yaml.Node, f *field) []Str {
	if !b.several(n, f) {
		return nil
	}
	var out []Str
	for _, item := range items(n) {
		if b.full() {
			break
		}
		if s := b.str(item, f); s.Pos.IsValid() {
			out = append(out, s)
		}
	}
	return out
}

func (b *binder) flag(n *yaml.Node, f *field) Flag {
	if !b.scalar(n, f, "true or false") {
		return Flag{}
	}
	if n.Style == 0 && (n.Value == "true" || n.Value == "false") {
		return Flag{Pos: at(n), Set: true, On: n.Value == "true"}
	}
	b.fault(at(n), "bad-flag", fmt.Sprintf("%q in %q is neither true nor false", clip(n.Value), f.key), "write true or false, without quotes")
	return Flag{}
}

func (b *binder) num(n *yaml.Node, f *field) Num {
	if !b.scalar(n, f, "a whole number") {
		return Num{}
	}
	if n.Style == 0 && numberForm.MatchString(n.Value) {
		if v, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return Num{Pos: at(n), Set: true, N: v}
		}
	}
	b.fault(at(n), "bad-number", fmt.Sprintf("%q in %q is no whole number", clip(n.Value), f.key),
		"write digits only, without quotes, sign or point")
	return Num{}
}

func (b *binder) date(n *yaml.Node, f *field) Date {
	if !b.scalar(n, f, "a date") {
		return Date{}
	}
	d, err := ParseDate(n.Value)
	if err != nil {
		b.fault(at(n), "bad-date", fmt.Sprintf("%q in %q is no calendar date", clip(n.Value), f.key), "write year-month-day, such as 2026-12-31")
		return Date{}
	}
	d.Pos = at(n)
	return d
}

func (b *binder) period(n *yaml.Node, f *field) Period {
	if !b.scalar(n, f, "a duration") {
		return Period{}
	}
	p, err := ParsePeriod(n.Value)
	if err != nil {
		b.clockFault(n, f, err)
		return Period{}
	}
	p.Pos = at(n)
	return p
}

func (b *binder) keep(n *yaml.Node, f *field) Keep {
	if !b.scalar(n, f, "a retention expression") {
		return Keep{}
	}
	k, err := ParseKeep(n.Value)
	if err != nil {
		b.clockFault(n, f, err)
		return Keep{}
	}
	k.Pos, k.Period.Pos, k.After.Pos = at(n), at(n), at(n)
	return k
}

// clockFault reports a duration or retention expression that cannot be read.
func (b *binder) clockFault(n *yaml.Node, f *field, err error) {
	const units = "s, m, h, d, w, mo, y or wd (working days)"
	id, what, try := "bad-period", "is no duration", "write a whole number and one unit, "+units+", such as 90d, or at once"
	switch {
	case errors.Is(err, ErrNoUnit):
		number, event, _ := strings.Cut(n.Value, " ")
		id, what, try = "no-unit", "has no unit", fmt.Sprintf("add one of %s, such as %s", units, strings.TrimSpace(clip(number)+"d "+clip(event)))
	case errors.Is(err, ErrMixedUnits):
		id, what, try = "mixed-units", "mixes units", "use one unit: 18mo instead of 1y6mo"
	case errors.Is(err, ErrKeep):
		id, what, try = "bad-keep", "does not say when the clock starts", fmt.Sprintf("add the event: %s after account-closed", clip(n.Value))
	case errors.Is(err, ErrEvent):
		id, what = "bad-keep", "starts from an unknown event"
		try = guess(eventOf(n.Value), Events[:], "use one of: "+strings.Join(Events[:], ", "))
	}
	b.fault(at(n), id, fmt.Sprintf("%q in %q %s", clip(n.Value), f.key, what), try)
}

func eventOf(s string) string {
	_, event, _ := strings.Cut(s, " after ")
	return event
}
