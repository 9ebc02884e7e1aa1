package notice

import (
	"fmt"
	"slices"

	"avow.dev/notice/statements"
	"avow.dev/policy/syntax"
)

// Names says what the things of a policy are called in one language, for pages that
// speak about single things and not in whole sentences of the policy. It is made
// once and safe for concurrent use.
type Names struct {
	labels map[string]string // by section and id
	keeps  map[string]string // by retention rule
	bases  map[string]string // by word
	told   map[string]string // by channel of a right
	tongue *tongue
	warns  map[string][]string // by rule of share: the statements about it
}

// NamesOf collects the names of a policy in one of its languages.
func NamesOf(f *syntax.File, lang string) (*Names, error) {
	all, err := tongues()
	if err != nil {
		return nil, fmt.Errorf("name things: %w", err)
	}
	t, ok := all[lang]
	if !ok || !slices.Contains(syntax.Texts(f.Languages), lang) {
		return nil, fmt.Errorf("name things: the policy is not published in %q", lang)
	}
	b := &builder{file: f, tongue: t, anchored: make(map[string]bool), doc: &Document{Language: lang}}
	b.collectEntries()
	n := &Names{labels: make(map[string]string), keeps: make(map[string]string), bases: make(map[string]string),
		told: make(map[string]string), tongue: t, warns: make(map[string][]string)}
	n.collect(b)
	if b.err != nil {
		return nil, fmt.Errorf("name things: %w", b.err)
	}
	return n, nil
}

func (n *Names) collect(b *builder) {
	for e := range b.file.Entries() {
		switch e.Section {
		case "data", "purposes", "recipients", "roles", "features", "points", "choices", "scope":
			n.labels[e.Section+"/"+e.Head.ID.Text] = b.label(e.Section, e.Head.ID.Text)
		}
	}
	for i := range b.file.Retain {
		n.keeps[b.file.Retain[i].ID.Text] = b.keep(b.file.Retain[i].Keep)
	}
	for _, s := range b.file.Collect {
		n.basis(b, s.Basis)
	}
	for _, s := range b.file.Use {
		n.basis(b, s.Basis)
	}
	for _, s := range b.file.Share {
		n.basis(b, s.Basis)
	}
	for i := range b.file.Inform {
		s, err := statements.Text(b.file.Inform[i].Say.Text, b.tongue.tag)
		if err != nil {
			b.fail("%w", err)
		}
		for _, about := range b.file.Inform[i].For {
			n.warns[about.Text] = append(n.warns[about.Text], s)
		}
	}
	for i := range b.file.Rights {
		for _, how := range b.file.Rights[i].How {
			n.told[how.Text] = b.say("right.how." + how.Text)
		}
	}
	n.labels["policy/"] = b.productName()
	n.labels["controller/"] = b.text(b.file.Controller.Name)
}

func (n *Names) basis(b *builder, w syntax.Word) {
	if w.Text != "" {
		n.bases[w.Text] = b.basis(w)
	}
}

// Product is the name that people know: the brand, the first product, or the controller.
func (n *Names) Product() string { return n.labels["policy/"] }

// Controller is the legal name of who decides about the data.
func (n *Names) Controller() string { return n.labels["controller/"] }

// Of returns the name of an entry as it stands inside a sentence, and its id where
// the policy has no such entry any more.
func (n *Names) Of(section, id string) string {
	if s, ok := n.labels[section+"/"+id]; ok {
		return s
	}
	return id
}

// Title is Of with a capital at the front, as a heading has it.
func (n *Names) Title(section, id string) string { return upperFirst(n.Of(section, id)) }

// Keep says how long a retention rule keeps, such as "30 days after your account is
// closed"; "" for a rule that is none.
func (n *Names) Keep(rule string) string { return n.keeps[rule] }

// Basis is the name of a legal basis.
func (n *Names) Basis(word string) string { return n.bases[word] }

// BeforePublishing is what somebody is told before data of theirs is published by a
// rule to an audience: what will be seen and by whom, what the policy states about it,
// and that it can be taken down.
func (n *Names) BeforePublishing(rule, audience string, data ...string) ([]string, error) {
	var names []string
	for _, d := range data {
		names = append(names, n.Of("data", d))
	}
	seen, err := n.tongue.say("publish.seen", slot{"data", n.tongue.list("and", names)}, words("to", n.Of("recipients", audience)))
	if err != nil {
		return nil, err
	}
	return append(append([]string{seen}, n.warns[rule]...), n.tongue.plain("publish.down")), nil
}
