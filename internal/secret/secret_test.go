package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"avow.dev/internal/secret"
)

const plain = "canary-4f1c@person.example"

// hidden keeps a secret where fmt cannot call its methods.
type hidden struct{ s secret.Bytes }

type hiddenPointer struct{ s *secret.Bytes }

type shown struct{ S secret.Bytes }

func shapes() map[string]any {
	s := secret.New([]byte(plain))
	return map[string]any{
		"value":                       s,
		"pointer":                     &s,
		"exported field":              shown{s},
		"unexported field":            hidden{s},
		"pointer to unexported field": &hidden{s},
		"pointer in unexported field": hiddenPointer{&s},
		"slice":                       []secret.Bytes{s, s},
		"slice of hidden":             []hidden{{s}},
		"array of pointers":           [2]*secret.Bytes{&s, &s},
		"map value":                   map[string]secret.Bytes{"k": s},
		"map of hidden":               map[string]hidden{"k": {s}},
		"interface in a struct":       struct{ v any }{s},
		"nested hidden":               struct{ h hidden }{hidden{s}},
	}
}

// leaks reports the spelling in which out gives the secret away, if any.
func leaks(out string) string {
	raw := []byte(plain)
	decimal := strings.Trim(fmt.Sprint(raw[:6]), "[]")
	spellings := map[string]string{
		"text":    plain[:6],
		"hex":     hex.EncodeToString(raw[:6]),
		"spaced":  fmt.Sprintf("% x", raw[:6]),
		"0x":      fmt.Sprintf("%#v", raw[:3])[7:20],
		"decimal": decimal,
		"commas":  strings.ReplaceAll(decimal, " ", ","),
		"commas ": strings.ReplaceAll(decimal, " ", ", "),
		"octal":   strings.Trim(fmt.Sprintf("%o", raw[:6]), "[]"),
		"binary":  strings.Trim(fmt.Sprintf("%b", raw[:6]), "[]"),
		"base64":  base64.StdEncoding.EncodeToString(raw)[:8],
	}
	for name, s := range spellings {
		if strings.Contains(strings.ToLower(out), strings.ToLower(s)) {
			return name
		}
	}
	return ""
}

func TestNoVerbPrintsASecret(t *testing.T) {
	t.Parallel()
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%#x", "%d", "%c", "%U", "%o", "%b", "%t", "%e", "%p", "%T", "%w", "%z"}
	for name, shape := range shapes() {
		for _, verb := range verbs {
			t.Run(name+" "+verb, func(t *testing.T) {
				t.Parallel()
				out := fmt.Sprintf(verb, shape)
				if how := leaks(out); how != "" {
					t.Fatalf("%s gives the secret away as %s: %s", verb, how, out)
				}
			})
		}
	}
}

func TestNoEncoderWritesASecret(t *testing.T) {
	t.Parallel()
	encoders := map[string]func(any) (string, error){
		"json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"xml":  func(v any) (string, error) { b, err := xml.Marshal(v); return string(b), err },
		"gob": func(v any) (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.String(), err
		},
		"slog text": func(v any) (string, error) {
			var b bytes.Buffer
			slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v, slog.Group("g", "v", v))
			return b.String(), nil
		},
		"slog json": func(v any) (string, error) {
			var b bytes.Buffer
			slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v, slog.Group("g", "v", v))
			return b.String(), nil
		},
		"template": func(v any) (string, error) {
			var b bytes.Buffer
			err := template.Must(template.New("t").Parse("{{.}} {{printf `%s` .}}")).Execute(&b, v)
			return b.String(), err
		},
		"error": func(v any) (string, error) { return fmt.Errorf("read %v: %w", v, errors.ErrUnsupported).Error(), nil },
	}
	for name, shape := range shapes() {
		for encoder, encode := range encoders {
			t.Run(name+" "+encoder, func(t *testing.T) {
				t.Parallel()
				out, err := encode(shape)
				if err != nil {
					out += err.Error() // an encoder may refuse, but not by quoting
				}
				if how := leaks(out); how != "" {
					t.Fatalf("gives the secret away as %s: %s", how, out)
				}
			})
		}
	}
}

// The detector must see a leak, or the two tests above prove nothing.
func TestTheDetectorDetects(t *testing.T) {
	t.Parallel()
	naive := struct{ b []byte }{[]byte(plain)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "% x", "%d", "%o", "%b"} {
		if leaks(fmt.Sprintf(verb, naive)) == "" {
			t.Errorf("%s of a plain field was not seen as a leak: %s", verb, fmt.Sprintf(verb, naive))
		}
	}
	encoded, err := json.Marshal([]byte(plain))
	if err != nil || leaks(string(encoded)) == "" {
		t.Errorf("JSON of plain bytes was not seen as a leak: %s %v", encoded, err)
	}
}

func TestPrintersAnswerWithheld(t *testing.T) {
	t.Parallel()
	s := secret.New([]byte(plain))
	text, err := s.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(shown{s})
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		fmt.Sprintf("%x", s):   secret.Withheld,
		fmt.Sprintf("%s", &s):  secret.Withheld,
		s.String():             secret.Withheld,
		s.LogValue().String():  secret.Withheld,
		string(text):           secret.Withheld,
		string(encoded):        `{"S":"[withheld]"}`,
		fmt.Sprint(shown{s}):   "{[withheld]}",
		fmt.Sprintf("%12v", s): secret.Withheld,
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var back shown
	if err := json.Unmarshal(encoded, &back); err == nil {
		t.Error("a withheld secret was read back as a secret")
	}
}

func TestNewCopiesAndAdoptDoesNot(t *testing.T) {
	t.Parallel()
	b := []byte("abc")
	copied, adopted := secret.New(b), secret.Adopt(b)
	b[0] = 'x'
	if got := string(copied.Expose()); got != "abc" {
		t.Errorf("New shares memory: %q", got)
	}
	if got := string(adopted.Expose()); got != "xbc" {
		t.Errorf("Adopt copied: %q", got)
	}
}

func TestWipe(t *testing.T) {
	t.Parallel()
	under := []byte("0123456789abcdef")
	s := secret.Adopt(under)
	twin := s
	s.Wipe()
	if !bytes.Equal(under, make([]byte, 16)) {
		t.Errorf("memory not overwritten: %q", under)
	}
	if s.Len() != 0 || twin.Len() != 0 || twin.Expose() != nil {
		t.Error("a wiped secret must be empty in every copy, or a key of zeros could be used")
	}
	s.Wipe()
	secret.Bytes{}.Wipe()
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a, b, c := secret.New([]byte("aa")), secret.New([]byte("aa")), secret.New([]byte("ab"))
	if !a.Equal(b) || a.Equal(c) || a.Equal(secret.Bytes{}) || !(secret.Bytes{}).Equal(secret.New(nil)) {
		t.Error("Equal is wrong")
	}
}
