package html

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
)

// words are the messages of one language by their keys.
type words map[string]message

// message is a text with slots. Its pieces are text and slots in turn.
type message []piece

// piece is a stretch of a message: text, the value of a slot, or one of two texts
// by the number in a slot.
type piece struct {
	text string
	slot string
	one  string // with other: said of 1, and other of everything else
	also string
	many bool
}

// readWords reads a file of messages: lines "key = text", and lines that are empty
// or begin with #. A slot is written {name}, a choice by number {name?one|other}.
func readWords(file string, raw []byte, into words) error {
	n := 0
	for line := range strings.Lines(string(raw)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		if !ok || !keyed(key) {
			return fmt.Errorf("%s:%d: a line is \"key = text\"", file, n)
		}
		if into[key] != nil {
			return fmt.Errorf("%s:%d: %s stands twice", file, n, key)
		}
		m, err := parseMessage(text)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
		into[key] = m
	}
	return nil
}

func keyed(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && !unicode.IsLower(r) && !unicode.IsDigit(r)
	})
}

func parseMessage(text string) (message, error) {
	m := message{}
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			m = append(m, piece{text: before})
		}
		if !found {
			return m, nil
		}
		slot, after, closed := strings.Cut(rest, "}")
		if !closed || slot == "" {
			return nil, fmt.Errorf("a slot is not closed, or has no name")
		}
		p := piece{slot: slot}
		if name, forms, some := strings.Cut(slot, "?"); some {
			p.slot, p.many = name, true
			if p.one, p.also, some = strings.Cut(forms, "|"); !some {
				return nil, fmt.Errorf("a slot with a question mark is {name?one|other}")
			}
		}
		m, text = append(m, p), after
	}
	return m, nil
}

// fill puts values, given as name and value in turn, into the slots.
func (m message) fill(values []any) (string, error) {
	if len(m) == 1 && m[0].slot == "" && len(values) == 0 {
		return m[0].text, nil
	}
	var b strings.Builder
	for _, p := range m {
		if p.slot == "" {
			b.WriteString(p.text)
			continue
		}
		v, ok := valueOf(p.slot, values)
		switch {
		case !ok:
			return "", fmt.Errorf("nobody gives %s", p.slot)
		case p.many && fmt.Sprint(v) == "1":
			b.WriteString(p.one)
		case p.many:
			b.WriteString(p.also)
		default:
			fmt.Fprint(&b, v)
		}
	}
	return b.String(), nil
}

func valueOf(name string, values []any) (any, bool) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1], true
		}
	}
	return nil, false
}

// slots returns the names of a message's slots, sorted.
func (m message) slots() []string {
	var names []string
	for _, p := range m {
		if p.slot != "" && !slices.Contains(names, p.slot) {
			names = append(names, p.slot)
		}
	}
	slices.Sort(names)
	return names
}

// loadWords reads words/*.txt of every file system, and holds the languages to one
// another: the same keys, and the same slots in each.
func loadWords(sources ...fs.FS) (map[string]words, error) {
	all := make(map[string]words)
	for _, source := range sources {
		files, err := fs.Glob(source, "words/*.txt")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			raw, err := fs.ReadFile(source, file)
			if err != nil {
				return nil, err
			}
			tag := strings.TrimSuffix(path.Base(file), ".txt")
			if all[tag] == nil {
				all[tag] = make(words)
			}
			if err := readWords(file, raw, all[tag]); err != nil {
				return nil, err
			}
		}
	}
	return all, agree(all)
}

// agree reports what one language says and another does not.
func agree(all map[string]words) error {
	tags := slices.Sorted(maps.Keys(all))
	for _, tag := range tags {
		for _, other := range tags {
			for _, key := range slices.Sorted(maps.Keys(all[tag])) {
				there, ok := all[other][key]
				if !ok {
					return fmt.Errorf("language %s has no words for %s", other, key)
				}
				if here := all[tag][key]; len(all[tag][key]) > 0 && !slices.Equal(here.slots(), there.slots()) && !counted(here, there) {
					return fmt.Errorf("languages %s and %s fill %s from different slots: %v and %v", tag, other, key, here.slots(), there.slots())
				}
			}
		}
	}
	return nil
}

// counted reports whether two messages differ only in that one of them has a form
// for one and another for many.
func counted(a, b message) bool {
	plain := func(m message) []string {
		var names []string
		for _, p := range m {
			if p.slot != "" && !p.many && !slices.Contains(names, p.slot) {
				names = append(names, p.slot)
			}
		}
		slices.Sort(names)
		return names
	}
	return slices.Equal(plain(a), plain(b))
}
