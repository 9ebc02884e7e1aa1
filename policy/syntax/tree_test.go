package syntax_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"avow.dev/policy/syntax"
)

// tree draws a policy in which every field keeps to its tags.
func tree(t *rapid.T) *syntax.File {
	f := &syntax.File{}
	d := drawer{t: t, ids: map[string]bool{}}
	d.languages = rapid.SampledFrom([][]string{{"en"}, {"zh"}, {"en", "zh"}, {"zh", "en"}}).Draw(t, "languages")
	d.group(reflect.ValueOf(f).Elem())
	f.Avow = syntax.Num{Set: true, N: 1}
	f.Languages = nil
	for _, l := range d.languages {
		f.Languages = append(f.Languages, syntax.Word{Text: l})
	}
	return f
}

type drawer struct {
	t         *rapid.T
	ids       map[string]bool
	languages []string
}

func (d *drawer) group(v reflect.Value) {
	for f := range v.Type().Fields() {
		field := v.FieldByIndex(f.Index)
		if f.Anonymous {
			d.group(field)
			continue
		}
		key := f.Tag.Get("key")
		if key == "" || key == "-" {
			continue
		}
		if f.Tag.Get("need") == "yes" || rapid.IntRange(0, 9).Draw(d.t, key+"?") == 0 {
			d.field(field, f.Tag)
		}
	}
}

func (d *drawer) field(v reflect.Value, tag reflect.StructTag) {
	switch p := v.Addr().Interface().(type) {
	case *syntax.Word:
		*p = syntax.Word{Text: d.word(tag)}
	case *[]syntax.Word:
		*p = d.words(tag)
	case *syntax.Str:
		*p = d.str(tag)
	case *[]syntax.Str:
		for range rapid.IntRange(1, 3).Draw(d.t, "strs") {
			*p = append(*p, d.str(tag))
		}
	case *syntax.Flag:
		*p = syntax.Flag{Set: true, On: rapid.Bool().Draw(d.t, "flag")}
	case *syntax.Num:
		*p = syntax.Num{Set: true, N: rapid.Int64Range(0, 1e12).Draw(d.t, "num")}
	case *syntax.Date:
		*p = syntax.Date{Year: rapid.IntRange(1, 9999).Draw(d.t, "y"), Month: rapid.IntRange(1, 12).Draw(d.t, "m"), Day: rapid.IntRange(1, 28).Draw(d.t, "d")}
	case *syntax.Text:
		*p = d.text(tag)
	case *syntax.Period:
		*p = d.period()
	case *syntax.Keep:
		*p = syntax.Keep{Period: d.period(), After: syntax.Word{Text: rapid.SampledFrom(syntax.Events[:]).Draw(d.t, "event")}}
	default:
		d.groups(v)
	}
}

func (d *drawer) groups(v reflect.Value) {
	if v.Kind() != reflect.Slice {
		d.group(v)
		return
	}
	n := rapid.IntRange(1, 2).Draw(d.t, "entries")
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		d.group(v.Index(i))
	}
}

func (d *drawer) words(tag reflect.StructTag) []syntax.Word {
	var out []syntax.Word
	for range rapid.IntRange(1, 9).Draw(d.t, "words") {
		w := syntax.Word{Text: d.word(tag)}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func (d *drawer) word(tag reflect.StructTag) string {
	if of := tag.Get("of"); of != "" {
		return rapid.SampledFrom(strings.Split(of, "|")).Draw(d.t, "word")
	}
	pattern := `[a-z0-9][a-z0-9-]{0,30}`
	switch {
	case tag.Get("form") == "clause-id" || tag.Get("ref") == "clauses":
		pattern = `[A-Z][A-Z0-9]{0,4}-[A-Za-z0-9.]{1,4}`
	case tag.Get("form") == "promise-id":
		pattern = `CP-[123][0-9]`
	case tag.Get("form") == "region":
		pattern = `[A-Z]{2}(-[A-Z0-9]{1,3})?`
	case tag.Get("form") == "term":
		pattern = `[A-Z][A-Za-z0-9:_-]{0,9}`
	}
	words := rapid.StringMatching(pattern)
	w := words.Draw(d.t, "slug")
	for tag.Get("key") == "id" && d.ids[w] {
		w = words.Draw(d.t, "slug")
	}
	if tag.Get("key") == "id" {
		d.ids[w] = true
	}
	return w
}

// prose draws texts with everything that YAML takes for something else.
func prose() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"true", "null", "~", "0x1F", "1e3", "- a", "a: b", "a #b", "'", "\"", "yes", "[a]", "{a: b}", "*a", "&a", "!a",
			"%a", "@a", "a:", "a\nb", "a\n", "\na", "a \n b", "a\tb", "2026-01-01", "\u2028", "\u202e", "\x00x", "= ", "<<", "---", "..."}),
		rapid.StringMatching(`[a-z 数据。，：#:'"\\-]{1,60}`),
		rapid.StringMatching(`([a-z，]{1,12} ){1,40}x`),
		rapid.StringMatching("([a-z# ]{0,12}\n){1,4}x?"),
		rapid.String(),
	).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
}

func (d *drawer) str(tag reflect.StructTag) syntax.Str {
	if tag.Get("form") == "live" {
		return syntax.Str{Text: "privacy@haven.example"}
	}
	return syntax.Str{Text: prose().Draw(d.t, "str")}
}

func (d *drawer) text(tag reflect.StructTag) syntax.Text {
	draw := func() syntax.Str {
		if tag.Get("form") == "note" {
			return syntax.Str{Text: rapid.StringMatching(`[a-d ：#]{0,150}x`).Draw(d.t, "note")}
		}
		return syntax.Str{Text: prose().Draw(d.t, "text")}
	}
	if rapid.Bool().Draw(d.t, "plain") {
		return syntax.Text{By: map[string]syntax.Str{"": draw()}}
	}
	by := map[string]syntax.Str{}
	for _, l := range d.languages {
		by[l] = draw()
	}
	return syntax.Text{By: by}
}

func (d *drawer) period() syntax.Period {
	n := rapid.Int64Range(0, 999999).Draw(d.t, "n")
	unit := rapid.SampledFrom([]syntax.Unit{"s", "m", "h", "d", "w", "mo", "y", "wd"}).Draw(d.t, "unit")
	if n == 0 {
		unit = syntax.Second
	}
	return syntax.Period{Set: true, N: n, Unit: unit}
}

func TestTreeProperties(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := tree(rt)
		text, err := syntax.Encode(f)
		if err != nil {
			rt.Fatal(err)
		}
		back, faults := syntax.Parse("", text)
		if len(faults) > 0 {
			rt.Fatalf("%s\n%s", text, faults.Format())
		}
		hash := back.Hash()
		if hash != f.Hash() {
			rt.Errorf("the hash changed:\n%s", text)
		}
		if tidy, err := syntax.Format(text); err != nil || !bytes.Equal(tidy, text) {
			rt.Errorf("the formatter changes an encoding, %v:\n%s\n%s", err, text, tidy)
		}
		if err := schema.Validate(asJSON(t, text)); err != nil {
			rt.Errorf("the schema refuses what Parse accepts: %v\n%s", err, text)
		}
		clone := back.Clone()
		if !reflect.DeepEqual(clone, back) {
			rt.Error("the clone differs")
		}
		scribble(reflect.ValueOf(clone).Elem())
		if back.Hash() != hash {
			rt.Error("changing the clone changed the original")
		}
		bare(reflect.ValueOf(back).Elem())
		if !reflect.DeepEqual(exported(back), exported(f)) {
			rt.Errorf("the tree changed:\n%+v\n%+v", back, f)
		}
	})
}

// bare takes all places out of a tree.
func bare(v reflect.Value) {
	if p, ok := v.Addr().Interface().(*syntax.Pos); ok {
		*p = syntax.Pos{}
		return
	}
	if by, ok := v.Addr().Interface().(*map[string]syntax.Str); ok {
		for lang, s := range *by {
			(*by)[lang] = syntax.Str{Text: s.Text}
		}
		return
	}
	each(v, bare)
}

// scribble overwrites every text and number of a tree in place.
func scribble(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("scribbled")
	case reflect.Int64:
		v.SetInt(4711)
	case reflect.Map:
		v.Clear()
	default:
		each(v, scribble)
	}
}

func each(v reflect.Value, do func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				do(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			do(v.Index(i))
		}
	}
}

// exported copies the exported fields of a file.
func exported(f *syntax.File) *syntax.File {
	out := &syntax.File{}
	from, to := reflect.ValueOf(f).Elem(), reflect.ValueOf(out).Elem()
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return out
}
