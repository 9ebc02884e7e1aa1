package letter

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed list.txt lang/*.txt
var builtin embed.FS

// Texts are all templates. They are read-only and safe for concurrent use.
type Texts struct{ all map[string]*Template }

// Builtin returns the templates that Avow brings.
func Builtin() *Texts { return readBuiltin() }

var readBuiltin = sync.OnceValue(func() *Texts {
	t, err := (&Texts{}).With(builtin)
	if err != nil {
		panic(err) // the texts are compiled in, and a test reads them
	}
	return t
})

// With returns the templates together with those of a folder, which replace others
// of the same name. The folder has a file list.txt and a file lang/LANGUAGE.txt for
// each language; every template must be written in each of them, at least in
// English and Chinese.
func (t *Texts) With(dir fs.FS) (*Texts, error) {
	fresh, err := readList(dir)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	names, err := fs.Glob(dir, "lang/*.txt")
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	for _, name := range names {
		if err := readTexts(dir, name, fresh); err != nil {
			return nil, fmt.Errorf("read messages: %s: %w", name, err)
		}
	}
	all := maps.Clone(t.all)
	if all == nil {
		all = make(map[string]*Template)
	}
	for _, tmpl := range fresh {
		if err := tmpl.whole(len(names)); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		tmpl.Promotes = tmpl.Promotes || tmpl.readsLikePromotion()
		all[tmpl.Name] = tmpl
	}
	return &Texts{all}, nil
}

// Template returns a template by its name.
func (t *Texts) Template(name string) (*Template, bool) {
	tmpl, ok := t.all[name]
	return tmpl, ok
}

// Names returns the names of all templates, sorted.
func (t *Texts) Names() []string { return slices.Sorted(maps.Keys(t.all)) }

// readList reads the names of templates, their flags and their parameters:
//
//	offer  promotion  link=link until=date
func readList(dir fs.FS) (map[string]*Template, error) {
	raw, err := fs.ReadFile(dir, "list.txt")
	if err != nil {
		return nil, err
	}
	out := make(map[string]*Template)
	for n, line := range strings.Split(string(raw), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		t := &Template{Name: words[0], Params: make(map[string]Kind), texts: make(map[string]Filled)}
		if !wordShape.MatchString(t.Name) || out[t.Name] != nil {
			return nil, fmt.Errorf("list.txt:%d: a template needs a name of its own, of small letters, digits and dashes", n+1)
		}
		for _, w := range words[1:] {
			if err := t.flag(w); err != nil {
				return nil, fmt.Errorf("list.txt:%d: %w", n+1, err)
			}
		}
		out[t.Name] = t
	}
	return out, nil
}

func (t *Template) flag(w string) error {
	name, kind, param := strings.Cut(w, "=")
	switch {
	case param && wordShape.MatchString(name):
		k, err := parseKind(kind)
		t.Params[name] = k
		return err
	case w == "promotion":
		t.Promotes = true
	case w == "part":
		t.Part = true
	case w == "office":
		t.Office = true
	case w == "guardian":
		t.Guardian = true
	default:
		return fmt.Errorf("%q is neither a flag nor a parameter", w)
	}
	return nil
}

// readTexts reads the texts of one language. A template begins with its name in
// brackets, then come its subject, its short form, an empty line and its body.
func readTexts(dir fs.FS, name string, all map[string]*Template) error {
	raw, err := fs.ReadFile(dir, name)
	if err != nil {
		return err
	}
	language := strings.TrimSuffix(path.Base(name), ".txt")
	var at string
	var text Filled
	var body []string
	keep := func() error {
		if at == "" {
			return nil
		}
		t := all[at]
		if t == nil {
			return fmt.Errorf("template %s is not in list.txt", at)
		}
		text.Body = strings.Trim(strings.Join(body, "\n"), "\n") + "\n"
		t.texts[language] = text
		text, body = Filled{}, nil
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \t\r")
		switch {
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			if err := keep(); err != nil {
				return err
			}
			at = line[1 : len(line)-1]
		case strings.HasPrefix(line, "subject: ") && len(body) == 0:
			text.Subject = strings.TrimPrefix(line, "subject: ")
		case strings.HasPrefix(line, "short: ") && len(body) == 0:
			text.Short = strings.TrimPrefix(line, "short: ")
		case line == "" && len(body) == 0:
		default:
			body = append(body, line)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return keep()
}

var slotShape = regexp.MustCompile(`\{([^{}]*)\}`)

// whole reports what a template lacks.
func (t *Template) whole(languages int) error {
	for _, must := range [...]string{"en", "zh"} {
		if _, ok := t.texts[must]; !ok {
			return fmt.Errorf("template %s is not written in %s", t.Name, must)
		}
	}
	if len(t.texts) != languages {
		return fmt.Errorf("template %s is not written in every language", t.Name)
	}
	for language, text := range t.texts {
		if text.Subject == "" || text.Short == "" || strings.TrimSpace(text.Body) == "" {
			return fmt.Errorf("template %s has no subject, no short form or no body in %s", t.Name, language)
		}
		for _, m := range slotShape.FindAllStringSubmatch(text.Subject+text.Short+text.Body, -1) {
			if _, ok := t.Params[m[1]]; !ok {
				return fmt.Errorf("template %s has a slot in %s that is no parameter of it", t.Name, language)
			}
		}
		for p, k := range t.Params {
			if !strings.Contains(text.Body, "{"+p+"}") {
				return fmt.Errorf("template %s does not say its parameter %s in %s", t.Name, p, language)
			}
			if k == Text && strings.Contains(text.Subject+text.Short, "{"+p+"}") {
				return fmt.Errorf("template %s has a text in its subject or short form in %s", t.Name, language)
			}
		}
	}
	return nil
}

// promoting are words of advertising. They are few and plain: the list is a net
// under the flag, not a judge of style.
var promoting = regexp.MustCompile(`(?i)\b(?:\d+ ?% off|discount|special offers?|limited[- ]time|buy now|shop now|best price|coupons?|vouchers?|promotions?|sale ends|upgrade now)\b` +
	`|优惠|折扣|促销|特价|限时|立减|抢购|秒杀|代金券|红包|购物节|立即购买|新品上市`)

func (t *Template) readsLikePromotion() bool {
	for _, text := range t.texts {
		if promoting.MatchString(text.Subject + "\n" + text.Short + "\n" + text.Body) {
			return true
		}
	}
	return false
}
