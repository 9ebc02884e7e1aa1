package notice

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed lang
var langFiles embed.FS

// tongue is everything that one language brings: its messages. Lists,
// durations, dates and the space between scripts are messages too, so that a
// language is a folder and no code.
type tongue struct {
	tag      string
	messages map[string]message
}

// tongues reads the embedded folders once; a folder that cannot be read is a
// fault of the build, reported by every call.
var tongues = sync.OnceValues(loadTongues)

func loadTongues() (map[string]*tongue, error) {
	folders, err := fs.ReadDir(langFiles, "lang")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*tongue, len(folders))
	for _, d := range folders {
		t, err := loadTongue(d.Name())
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", d.Name(), err)
		}
		all[t.tag] = t
	}
	return all, nil
}

func loadTongue(tag string) (*tongue, error) {
	t := &tongue{tag: tag, messages: make(map[string]message)}
	files, err := fs.Glob(langFiles, path.Join("lang", tag, "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := langFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := t.read(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
	}
	return t, nil
}

// read adds the messages of one file: lines "key = words", and lines that begin
// with # or are empty.
func (t *tongue) read(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		key, words, ok := strings.Cut(line, " =")
		if !ok {
			return fmt.Errorf("line %d has no key", n)
		}
		if t.messages[key] != nil {
			return fmt.Errorf("line %d: %s stands twice", n, key)
		}
		m, err := parseMessage(strings.TrimPrefix(words, " "))
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		t.messages[key] = append(message{}, m...)
	}
	return nil
}

// languages returns the tags that have a folder, sorted.
func languages(all map[string]*tongue) []string {
	tags := make([]string, 0, len(all))
	for tag := range all {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// say fills the message of a key. A key or slot that is not there is an error:
// a sentence is whole or it is not printed. Where a slot has no words, the
// message under the key with ".plain" says it without them.
func (t *tongue) say(key string, slots ...slot) (string, error) {
	m, ok := t.messages[key]
	if !ok {
		return "", fmt.Errorf("language %s has no words for %s", t.tag, key)
	}
	f := filling{values: make(map[string]value, len(slots)), spaced: t.plain("spaced") != ""}
	for _, s := range slots {
		f.values[s.name] = s.value
	}
	words, whole := f.fill(m)
	if plain := key + ".plain"; !whole && t.has(plain) {
		return t.say(plain, slots...)
	}
	if f.lacks != "" {
		return "", fmt.Errorf("message %s asks for %s, which nobody gives", key, f.lacks)
	}
	if !whole {
		return "", fmt.Errorf("message %s: a slot that must have words has none", key)
	}
	return words, nil
}

// plain returns a message without slots, or "" if there is none.
func (t *tongue) plain(key string) string {
	m := t.messages[key]
	if len(m) == 0 {
		return ""
	}
	return m[0].text
}

func (t *tongue) has(key string) bool { _, ok := t.messages[key]; return ok }

// list joins items as the language joins them; kind is "and" or "or".
func (t *tongue) list(kind string, items []string) value {
	sep, last := t.plain("list.sep"), t.plain("list."+kind)
	for _, item := range items {
		switch {
		case strings.Contains(item, t.plain("list.hard")):
			sep, last = t.plain("list.sep.hard"), t.plain("list."+kind+".hard")
		case strings.Contains(item, t.plain("list.soft")) && sep != t.plain("list.sep.hard"):
			last = t.plain("list." + kind + ".soft")
		}
	}
	var b strings.Builder
	for i, item := range items {
		joint := ""
		switch {
		case i == 0:
		case i == len(items)-1:
			joint = last
		default:
			joint = sep
		}
		b.WriteString(t.seam(b.String(), joint))
		b.WriteString(t.seam(b.String(), item))
	}
	return value{words: b.String(), count: len(items)}
}

// seam returns right with the space before it that the language asks for.
func (t *tongue) seam(left, right string) string {
	if t.plain("spaced") != "" && needsSpace(left, right) {
		return " " + right
	}
	return right
}

// run joins sentences that run on.
func (t *tongue) run(sentences ...string) string {
	kept := slices.DeleteFunc(slices.Clone(sentences), func(s string) bool { return s == "" })
	return strings.Join(kept, t.plain("joint"))
}

// stopped ends a sentence with a stop, unless it has an end already.
func (t *tongue) stopped(s string) string {
	stop := t.plain("stop")
	for _, end := range []string{stop, "!", "?", ":", "\uff01", "\uff1f", "\uff1a"} {
		if strings.HasSuffix(s, end) {
			return s
		}
	}
	return s + stop
}

// lower makes the first letter small unless the word is written with a capital
// anywhere: "Phone number" becomes "phone number", "IP address" stays.
func (t *tongue) lower(s string) string {
	first, _, _ := strings.Cut(s, " ")
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || !unicode.IsUpper(r) {
		return s
	}
	if strings.ContainsFunc(first[n:], func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }) {
		return s
	}
	if slices.Contains(strings.Fields(t.plain("proper")), strings.TrimRight(first, ",.")) || len(first) == n {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// region names a place by its ISO 3166 code.
func (t *tongue) region(code string) string {
	if s := t.plain("region." + code); s != "" {
		return s
	}
	return code
}

// series joins the items of a table's cell, where a joint such as "list.series"
// says more clearly than words that they stand side by side.
func (t *tongue) series(items []string) string { return t.strung("list.series", items) }

func (t *tongue) strung(joint string, items []string) string {
	out := ""
	for i, item := range items {
		if i > 0 {
			out += t.plain(joint)
		}
		out += t.seam(out, item)
	}
	return out
}
