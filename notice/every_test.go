package notice_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/notice"
	"avow.dev/notice/statements"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// maker fills entries of the language by their tags: every field is written,
// references name entries of the test policy, and closed lists are gone through
// word by word.
type maker struct {
	t    *testing.T
	file *syntax.File
	turn int  // which word of each closed list
	bare bool // leave out whatever need not be there
	ids  int
	most int // the longest closed list seen
}

// free are the fields whose words come from more than one place.
var free = map[string][]string{
	"Needs.facts": facts(), "Source.needs": facts(), "Collect.from": {"person", "device"},
	"Never.except": {"share-mail", "demand-court", "collect-account", "use-support", "stats"}, "Inform.say": statements.Slugs(),
	"Inform.for": {"postman", "reminders", "email", "home", "stats"}, "Permission.permission": {"camera", "location"},
	"Datum.term": {"email", "photo"}, "Purpose.term": {"pay"}, "Controller.region": {"CN", "US-CA", "FR"}, "Party.region": {"CN", "HK"},
	"Place.region": {"US-CA", "DE"}, "Accept.finding": {"implied-consent", "something-new"}, "Head.clause": {"HARBOUR-1"},
}

func facts() []string {
	var out []string
	for i := range avow.NumFacts {
		out = append(out, avow.Fact(i).String())
	}
	return out
}

func (m *maker) words(owner string, field reflect.StructField) []string {
	key := field.Tag.Get("key")
	switch {
	case field.Tag.Get("of") != "":
		return strings.Split(field.Tag.Get("of"), "|")
	case field.Tag.Get("ref") != "":
		return m.entries(field.Tag.Get("ref"))
	}
	return free[owner+"."+key]
}

func (m *maker) entries(section string) []string {
	var out []string
	for e := range m.file.Entries() {
		if e.Section == section {
			out = append(out, e.Head.ID.Text)
		}
	}
	if section == "clauses" {
		return []string{"HARBOUR-1"}
	}
	return out
}

func (m *maker) word(owner string, field reflect.StructField) syntax.Word {
	if field.Tag.Get("key") == "id" {
		m.ids++
		return syntax.Word{Text: fmt.Sprintf("made-%d", m.ids)}
	}
	all := m.words(owner, field)
	if len(all) == 0 {
		m.t.Fatalf("no words for %s.%s: a new field of the language needs a line here", owner, field.Name)
	}
	m.most = max(m.most, len(all))
	return syntax.Word{Text: all[m.turn%len(all)]}
}

func (m *maker) fill(v reflect.Value) {
	owner := v.Type().Name()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type == reflect.TypeFor[syntax.Pos]() || m.bare && field.Tag.Get("need") != "yes" && field.Name != "Head" {
			continue
		}
		m.set(v.Field(i), owner, field)
	}
}

func (m *maker) set(v reflect.Value, owner string, field reflect.StructField) {
	switch x := v.Addr().Interface().(type) {
	case *syntax.Word:
		*x = m.word(owner, field)
	case *[]syntax.Word:
		*x = []syntax.Word{m.word(owner, field)}
		m.turn++
		if second := m.word(owner, field); second.Text != (*x)[0].Text {
			*x = append(*x, second)
		}
		m.turn--
	case *syntax.Str:
		*x = syntax.Str{Text: "STR"}
	case *[]syntax.Str:
		*x = []syntax.Str{{Text: "CN"}}
	case *syntax.Flag:
		*x = syntax.Flag{Set: true, On: true}
	case *syntax.Num:
		*x = syntax.Num{Set: true, N: 2}
	case *syntax.Date:
		*x = syntax.Date{Year: 2026, Month: 12, Day: 31}
	case *syntax.Text:
		*x = syntax.Text{By: map[string]syntax.Str{"en": {Text: "A text"}, "zh": {Text: "文字"}}}
	case *syntax.Period:
		units := []syntax.Unit{syntax.Second, syntax.Minute, syntax.Hour, syntax.Day, syntax.Week, syntax.Month, syntax.Year, syntax.WorkingDay}
		*x = syntax.Period{Set: true, N: int64(m.turn % 3), Unit: units[m.turn%len(units)]}
	case *syntax.Keep:
		x.Period = syntax.Period{Set: true, N: int64(m.turn % 2), Unit: syntax.Day}
		x.After = syntax.Word{Text: syntax.Events[m.turn%len(syntax.Events)]}
	default:
		m.nested(v)
	}
}

func (m *maker) nested(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		m.fill(v)
	case reflect.Slice:
		one := reflect.New(v.Type().Elem()).Elem()
		m.fill(one)
		v.Set(reflect.Append(reflect.Zero(v.Type()), one))
	default:
		m.t.Fatalf("a field of kind %s", v.Kind())
	}
}

// section puts one made entry into a section of a fresh policy and returns the
// policy and the entry's key.
func (m *maker) section(i int) (*syntax.File, string) {
	m.file = harbour(m.t)
	v := reflect.ValueOf(m.file).Elem().Field(i)
	if v.Kind() == reflect.Slice {
		one := reflect.New(v.Type().Elem()).Elem()
		m.fill(one)
		v.Set(reflect.Append(v, one))
		return m.file, one.FieldByName("Head").FieldByName("ID").FieldByName("Text").String()
	}
	id := v.FieldByName("Head").FieldByName("ID").FieldByName("Text").String()
	fresh := reflect.New(v.Type()).Elem()
	m.fill(fresh)
	fresh.FieldByName("Head").FieldByName("ID").FieldByName("Text").SetString(id)
	v.Set(fresh)
	return m.file, id
}

// TestEveryEntryOfEverySectionIsSaid renders one entry of each section in each
// language, with every word that a closed list allows, full and bare. It fails
// for a section, field or word that nobody has put into words.
func TestEveryEntryOfEverySectionIsSaid(t *testing.T) {
	t.Parallel()
	file := reflect.TypeFor[syntax.File]()
	sections := 0
	for i := range file.NumField() {
		elem := file.Field(i).Type
		if elem.Kind() == reflect.Slice {
			elem = elem.Elem()
		}
		if elem.Kind() != reflect.Struct {
			continue
		}
		if _, entry := elem.FieldByName("Head"); !entry {
			continue
		}
		sections++
		t.Run(file.Field(i).Tag.Get("key"), func(t *testing.T) {
			t.Parallel()
			said(t, i)
		})
	}
	if sections < 40 {
		t.Errorf("only %d sections were found", sections)
	}
}

func said(t *testing.T, section int) {
	t.Helper()
	packs := loaded(t, "cn", "eu")
	for turn, most := 0, 1; turn < most; turn++ {
		for _, bare := range []bool{false, true} {
			m := &maker{t: t, turn: turn, bare: bare}
			f, id := m.section(section)
			most = max(most, m.most)
			for _, lang := range languages {
				d, err := notice.Render(f, notice.Options{Lang: lang, Now: now, Packs: packs})
				if err != nil {
					t.Fatalf("turn %d, bare %t: %v", turn, bare, err)
				}
				if s, ok := find(d, f, id); !ok || s.Text == "" {
					t.Errorf("turn %d, bare %t, %s: %s says nothing", turn, bare, lang, id)
				}
			}
		}
	}
}

func loaded(t *testing.T, ids ...string) []law.Pack {
	t.Helper()
	var packs []law.Pack
	for _, id := range ids {
		p, err := law.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, p)
	}
	return packs
}

func find(d *notice.Document, f *syntax.File, id string) (notice.Sentence, bool) {
	for e := range f.Entries() {
		if e.Head.ID.Text != id {
			continue
		}
		key := id
		if ns := syntax.Namespace(e.Section); ns != syntax.Rules {
			key = ns + "/" + id
		}
		return d.Sentence(key)
	}
	return notice.Sentence{}, false
}
