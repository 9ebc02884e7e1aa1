package law_test

import (
	"errors"
	"strings"
	"testing"

	"avow.dev/policy/law"
)

const small = `id: xx
edition: 2026-01-01
name: {en: Nowhere, zh: 无处}
place: XX
instruments:
  - id: act
    kind: law
    title: {en: Act, zh: 法}
    citation: The Act
    in_force: 2020-01-01
    mark: known
replies:
  - rights: [access]
    answer: {n: 3, unit: day}
    instrument: act
    source: art. 1
    mark: known
legal_basis: {required: false, instrument: act, source: art. 2, mark: known}
`

func TestParseSmall(t *testing.T) {
	t.Parallel()
	p, err := law.Parse("xx.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := p.ReplyWithin("access"); !ok || c != (law.Clock{N: 3, Unit: law.Days}) {
		t.Errorf("ReplyWithin = %s, %v", c, ok)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, new, want string }{
		{"unknown key", "place: XX", "place: XX\ncolour: red", `xx.yaml:5:1: unknown key "colour"`},
		{"unknown key below", "    source: art. 1", "    sauce: art. 1", `xx.yaml:16:5: unknown key "sauce"`},
		{"repeated key", "place: XX", "place: XX\nplace: YY", "xx.yaml:5:1: "},
		{"no number", "n: 3", "n: three", "xx.yaml:14:17: "},
		{"unknown unit", "unit: day", "unit: fortnight", "xx.yaml:14:13: unknown unit"},
		{"no unit", ", unit: day", "", "xx.yaml:14:13: a clock needs a unit"},
		{"negative", "n: 3", "n: -3", "xx.yaml:14:13: -3 is no length of time"},
		{"unknown mark", "art. 1\n    mark: known", "art. 1\n    mark: sure", `xx.yaml:17:11: unknown mark "sure"`},
		{"no mark", "art. 1\n    mark: known", "art. 1", "xx.yaml:13:5: mark is missing"},
		{"no source", "    source: art. 1\n", "", "xx.yaml:13:5: source is missing"},
		{"dangling instrument", "    instrument: act", "    instrument: pact", `xx.yaml:15:17: no instrument "pact"`},
		{"impossible date", "in_force: 2020-01-01", "in_force: 2020-02-30", `xx.yaml:10:15: "2020-02-30" is no date`},
		{"no edition", "edition: 2026-01-01\n", "", "is no date"},
		{"slug with capitals", "rights: [access]", "rights: [Access]", `xx.yaml:13:14: "Access" is no slug`},
		{"empty list", "rights: [access]", "rights: []", "xx.yaml:13:13: the list is empty"},
		{"one language", "{en: Nowhere, zh: 无处}", "{en: Nowhere}", "xx.yaml:3:7: text is needed in both languages"},
		{"unknown kind", "kind: law", "kind: wish", "xx.yaml:7:11: unknown kind"},
		{"draft in force", "kind: law", "kind: draft", "xx.yaml:10:15: a draft is not in force"},
		{"superseded alone", "    mark: known\nreplies", "    mark: known\n    superseded_by: act\nreplies", "xx.yaml:6:5: superseded_by and superseded_on"},
		{"broken YAML", "rights: [access]", "rights: [access", "xx.yaml:"},
		{"second document", "place: XX", "place: XX\n---\nid: yy", "one document"},
		{"list for a text", "place: XX", "place: [XX]", "xx.yaml:4:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(small, tt.old) {
				t.Fatalf("the pack has no %q", tt.old)
			}
			_, err := law.Parse("xx.yaml", []byte(strings.Replace(small, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse: %v, want %q", err, tt.want)
			}
			if e, ok := errors.AsType[*law.Error](err); !ok || e.Line < 1 || e.Column < 1 {
				t.Errorf("no place in %v", err)
			}
		})
	}
}

func TestParseEmptyAndHuge(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{"empty": "", "comment": "# nothing\n", "huge": strings.Repeat("#", 1<<20+1)} {
		if _, err := law.Parse(name, []byte(src)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add(year2027)
	f.Add("id: &a [*a]")
	f.Add("replies: [{rights: [access], answer: {n: 1, unit: day}}]\n")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := law.Parse("f.yaml", []byte(src))
		if err != nil {
			return
		}
		if _, ok := p.Edition.Time(); !ok || p.ID == "" || len(p.Instruments) == 0 {
			t.Errorf("accepted a pack without id, edition or instruments: %q", src)
		}
		for _, r := range p.Replies {
			if r.Source == "" || r.Mark == "" {
				t.Errorf("accepted a number without a source: %q", src)
			}
		}
	})
}

// A draft or a replaced edition never sets a clock, however short its figure.
func TestOnlyLawInForceCounts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, instrument string }{
		{"draft", "{id: other, kind: draft, title: {en: Bill, zh: 草案}, citation: The Bill, mark: known}"},
		{"replaced", "{id: other, kind: law, title: {en: Old, zh: 旧法}, citation: Old Act, in_force: 2000-01-01, superseded_by: act, superseded_on: 2020-01-01, mark: known}"},
		{"not yet", "{id: other, kind: law, title: {en: New, zh: 新法}, citation: New Act, in_force: 2027-01-01, mark: known}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(small, "replies:\n", "  - "+tt.instrument+
				"\nreplies:\n  - {rights: [access], answer: {n: 1, unit: hour}, instrument: other, source: art. 9, mark: known}\n", 1)
			p, err := law.Parse("xx.yaml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := p.ReplyWithin("access"); !ok || got.String() != "3 days" {
				t.Errorf("ReplyWithin = %s, want 3 days", got)
			}
		})
	}
}
