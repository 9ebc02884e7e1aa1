package strict_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/strict"
	"pgregory.net/rapid"
)

// shout reads its own text, unless it is "no".
type shout struct{ s string }

func (s *shout) UnmarshalText(b []byte) error {
	if string(b) == "no" {
		return errors.New("quoted: " + string(b))
	}
	s.s = strings.ToUpper(string(b))
	return nil
}

type part struct {
	Name string `json:"name" minLength:"1" maxLength:"5"`
	N    int64  `json:"n,omitempty"`
	Few  int64  `json:"few,omitempty" minimum:"-1" maximum:"3"`
	Long string `json:"long,omitempty" lines:"yes"`
}

type inner struct {
	Deep string `json:"deep,omitempty"`
}

type whole struct {
	inner
	Part  part      `json:"part"`
	Parts []part    `json:"parts,omitempty" minItems:"1" maxItems:"2"`
	Maybe *part     `json:"maybe,omitempty"`
	Words []string  `json:"words,omitempty" enum:"a,b" maxItems:"3"`
	Yes   bool      `json:"yes,omitempty"`
	At    time.Time `json:"at,omitempty,omitzero"`
	Shout shout     `json:"shout,omitempty"`
}

func plan(t testing.TB) *strict.Plan[whole] {
	t.Helper()
	p, err := strict.Compile[whole]()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const body = ` { "deep" : "d\u00e9\ud834\udd1e\"\\\/\n" ,"part":{"name":"步行"},"parts":[{"name":"a","n":-9223372036854775808},{"n":0,"name":"b"}],
		"maybe":{"name":"m","few":3,"long":"one\u000atwo"},"words":["b","a"],"yes":true,"at":"2026-11-21T09:30:00+08:00","shout":"hey"} ` + "\r\n\t"
	var got whole
	// The control character is in a text, which holds none.
	if err := plan(t).Decode([]byte(body), &got); err == nil || !strings.Contains(err.Error(), "deep holds control characters") {
		t.Fatal(err)
	}
	got = whole{}
	if err := plan(t).Decode([]byte(strings.Replace(body, `\n`, "", 1)), &got); err != nil {
		t.Fatal(err)
	}
	want := whole{inner{"dé𝄞\"\\/"}, part{Name: "步行"}, []part{{Name: "a", N: -9223372036854775808}, {Name: "b"}}, &part{Name: "m", Few: 3, Long: "one\ntwo"}, []string{"b", "a"}, true,
		time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC), shout{"HEY"}}
	if !got.At.Equal(want.At) {
		t.Errorf("at %v", got.At)
	}
	got.At = want.At
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	p := plan(t)
	with := func(s string) string { return `{"part":{"name":"x"},` + s + `}` }
	for body, want := range map[string]struct{ where, what string }{
		``:                                           {"", "is not JSON"},
		`null`:                                       {"", "is null"},
		`"x"`:                                        {"", "is not an object"},
		`{}`:                                         {"part", "is missing"},
		`{"part":{}}`:                                {"part.name", "is missing"},
		`{"part":{"name":""}}`:                       {"part.name", "is empty"},
		`{"part":{"name":"123456"}}`:                 {"part.name", "is longer than 5 characters"},
		`{"part":{"name":"x","name":"x"}}`:           {"part.name", "stands there twice"},
		`{"part":{"name":"x"}}x`:                     {"", "goes on after its end"},
		`{"part":{"name":"x"}}{}`:                    {"", "goes on after its end"},
		`{"part":{"name":"x"},}`:                     {"", "is not JSON"},
		`{"part":{"name":"x"} "yes":true}`:           {"", "is not JSON"},
		`{"part":{"name":"x"}`:                       {"", "is not JSON"},
		`{"part":{"name":"x\`:                        {"", "is not JSON"},
		`{"part":{"name":"\x"}}`:                     {"", "is not JSON"},
		`{"part":{"name":"\u12"}}`:                   {"", "is not JSON"},
		`{"part":{"name":"\ud800"}}`:                 {"", "is not JSON"},
		`{"part":{"name":"\ud800\u0041"}}`:           {"", "is not JSON"},
		`{"part":{"name":"\udc00"}}`:                 {"", "is not JSON"},
		"{\"part\":{\"name\":\"a\nb\"}}":             {"", "is not JSON"},
		"{\"part\":{\"name\":\"\xff\"}}":             {"", "is not UTF-8"},
		"\ufeff{\"part\":{\"name\":\"x\"}}":          {"", "is not JSON"},
		`{part:{"name":"x"}}`:                        {"", "is not JSON"},
		with(`"secret":1`):                           {"", "has a field that is not known"},
		with(`"Yes":true`):                           {"", "has a field that is not known"}, // case counts
		with(`"yes":1`):                              {"yes", "is neither true nor false"},
		with(`"yes":truex`):                          {"", "is not JSON"},
		with(`"words":["c"]`):                        {"words[0]", "is none of the words that stand here"},
		with(`"words":["a","a","a","a"]`):            {"words", "is longer than 3 items"},
		with(`"words":["a",]`):                       {"", "is not JSON"},
		with(`"words":["a" "a"]`):                    {"", "is not JSON"},
		with(`"words":"a"`):                          {"words", "is not a list"},
		with(`"parts":[]`):                           {"parts", "is empty"},
		with(`"parts":[{"name":"x"},{}]`):            {"parts[1].name", "is missing"},
		with(`"parts":[{"name":"x"},[]]`):            {"parts[1]", "is not an object"},
		with(`"maybe":{"name":"x","n":1.0}`):         {"maybe.n", "is not a whole number of at most 64 bits"},
		with(`"maybe":{"name":"x","n":1e3}`):         {"maybe.n", "is not a whole number of at most 64 bits"},
		with(`"maybe":{"name":"x","n":01}`):          {"maybe.n", "is not a whole number of at most 64 bits"},
		with(`"maybe":{"name":"x","n":-}`):           {"maybe.n", "is not a whole number of at most 64 bits"},
		with(`"maybe":{"n":9223372036854775808`):     {"maybe.n", "is not a whole number of at most 64 bits"},
		with(`"maybe":{"name":"x","few":4}`):         {"maybe.few", "is not between -1 and 3"},
		with(`"maybe":{"name":"x","long":"\u0000"}`): {"maybe.long", "holds control characters"},
		with(`"maybe":null`):                         {"maybe", "is null"},
		with(`"at":"21.11.2026"`):                    {"at", "is not a time"},
		with(`"shout":"no"`):                         {"shout", "does not have the form that it needs"},
		with(`"shout":7`):                            {"shout", "is not a text"},
	} {
		var into whole
		err := p.Decode([]byte(body), &into)
		f, ok := errors.AsType[*strict.Fault](err)
		if !ok || f.Where != want.where || f.What != want.what || f.Try == "" {
			t.Errorf("%s: %+v", body, err)
		}
	}
}

// TestPlanKnowsItsTypes: what cannot be read exactly is refused at the start.
func TestPlanKnowsItsTypes(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"no struct": compileErr[string](), "map": compileErr[struct {
			M map[string]string `json:"m"`
		}](), "float": compileErr[struct {
			F float64 `json:"f"`
		}](), "no name": compileErr[struct{ S string }](), "any": compileErr[struct {
			A any `json:"a"`
		}](),
	} {
		if err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
}

func compileErr[T any]() error {
	_, err := strict.Compile[T]()
	return err
}

// TestAgreesWithTheStandardLibrary: whatever is accepted means what encoding/json
// takes it for.
func TestAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	p := plan(t)
	rapid.Check(t, func(t *rapid.T) {
		in := part{Name: rapid.StringN(1, 5, -1).Draw(t, "name"), N: rapid.Int64().Draw(t, "n")}
		raw, err := json.Marshal(map[string]any{"part": in, "deep": rapid.String().Draw(t, "deep")})
		if err != nil {
			t.Fatal(err)
		}
		agree(t, p, raw)
	})
}

func agree(t rapid.TB, p *strict.Plan[whole], raw []byte) {
	var ours whole
	if p.Decode(raw, &ours) != nil {
		return
	}
	var theirs struct {
		Deep  string
		Part  part
		Words []string
		Yes   bool
	}
	if err := json.Unmarshal(raw, &theirs); err != nil {
		t.Fatalf("%q is no JSON to others: %v", raw, err)
	}
	if ours.Deep != theirs.Deep || ours.Part != theirs.Part || ours.Yes != theirs.Yes || strings.Join(ours.Words, ",") != strings.Join(theirs.Words, ",") {
		t.Fatalf("%q: %+v and %+v", raw, ours, theirs)
	}
}

func FuzzDecode(f *testing.F) {
	p := plan(f)
	for _, s := range []string{`{"part":{"name":"x"}}`, `{"part":{"name":"\ud834\udd1e","n":-1},"words":["a"],"yes":true}`, `{"deep":"\u0000"}`, "[", "{\"\xff\":1}",
		`{"part":{"name":"x"},"maybe":{"name":"x","n":1e9}}`, `{"part":{"name":"x"},"parts":[{"name":"x"}],"at":"2026-11-21T09:30:00Z","shout":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { agree(t, p, raw) })
}

func BenchmarkDecode(b *testing.B) {
	p := plan(b)
	raw := []byte(`{"deep":"some text","part":{"name":"x"},"parts":[{"name":"a","n":1},{"name":"b"}],"words":["a","b"],"yes":true}`)
	b.ReportAllocs()
	for b.Loop() {
		var into whole
		if err := p.Decode(raw, &into); err != nil {
			b.Fatal(err)
		}
	}
}
