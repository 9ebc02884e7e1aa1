package notice

import (
	"fmt"
	"slices"
	"time"

	"avow.dev/notice/statements"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// Options say which edition of a policy is wanted.
type Options struct {
	// Lang is the language, one of the policy's; "" means its first.
	Lang string

	// Now decides which attestations have expired. It is needed where a policy
	// has any.
	Now time.Time

	// Hash is the content hash of the policy, such as "sha256:…". It is printed
	// so that readers can tell which rules were in force.
	Hash string

	// Packs are the law packs to go by. A pack that the policy names and that is
	// not here is read from the embedded ones; whoever renders often reads them once.
	Packs []law.Pack

	// Verify is where receipts and the log can be checked, an http or https
	// address. It is optional.
	Verify string

	// Editions says where the other languages are, by BCP 47 tag. It is optional.
	Editions map[string]string
}

// Render writes the published text of a policy. The error names the rule that
// cannot be put into words: a word that the language lacks, a name without
// a translation, an id that nothing has, or a rule that yields no sentence.
func Render(f *syntax.File, opts Options) (*Document, error) {
	all, err := tongues()
	if err != nil {
		return nil, fmt.Errorf("render notice: %w", err)
	}
	lang := opts.Lang
	if lang == "" && len(f.Languages) > 0 {
		lang = f.Languages[0].Text
	}
	t, ok := all[lang]
	if !ok {
		return nil, fmt.Errorf("render notice: no language %q: there are %v", lang, languages(all))
	}
	if !slices.Contains(syntax.Texts(f.Languages), lang) {
		return nil, fmt.Errorf("render notice: the policy is not published in %q: it names %v", lang, syntax.Texts(f.Languages))
	}
	if len(f.Attest) > 0 && opts.Now.IsZero() {
		return nil, fmt.Errorf("render notice: the policy has attestations, so the time must be given")
	}
	b := &builder{file: f, tongue: t, now: opts.Now, anchored: make(map[string]bool), doc: &Document{Language: lang}}
	b.collectEntries()
	b.loadLaw(opts.Packs)
	b.document(all, opts)
	b.complete()
	if b.err != nil {
		return nil, fmt.Errorf("render notice: %w", b.err)
	}
	return b.doc, nil
}

func (b *builder) document(all map[string]*tongue, opts Options) {
	b.head(all, opts)
	b.summary()
	b.answers()
	b.who()
	b.data()
	b.collecting()
	b.guarding()
	b.leaving()
	b.device()
	b.people()
	b.end(opts)
	b.close()
	b.at = ""
}

// complete is the promise of the package: every rule has a place in the text.
func (b *builder) complete() {
	for e := range b.file.Entries() {
		if id := e.Head.ID.Text; id != "" && !b.anchored[key(e.Section, id)] {
			b.fail("rule %s of section %s yields no sentence", id, e.Section)
		}
	}
}

func (b *builder) head(all map[string]*tongue, opts Options) {
	f, d := b.file, b.doc
	d.Policy = f.Policy.Text
	d.Version = clean(f.Version.Text)
	d.Effective = fmt.Sprintf("%04d-%02d-%02d", f.Effective.Year, f.Effective.Month, f.Effective.Day)
	d.Hash = clean(opts.Hash)
	d.Law = syntax.Texts(f.Law)
	for _, w := range f.Languages {
		name := w.Text
		if t, ok := all[w.Text]; ok {
			name = t.plain("language")
		}
		d.Languages = append(d.Languages, Edition{Language: w.Text, Name: name, Href: safeRelative(opts.Editions[w.Text])})
	}
	d.Title = b.say("title", words("name", b.productName()))
	d.Facts = []Fact{
		{b.say("fact.version"), d.Version},
		{b.say("fact.effective"), b.date(f.Effective)},
	}
	d.words = pageWords{
		Contents: b.say("page.contents"), Note: b.say("page.note"), Clause: b.say("page.clause"), Rule: b.say("page.rule"),
		Supplied: b.say("page.supplied"), Skip: b.say("page.skip"), Languages: b.say("page.languages"),
		See: b.say("page.see"), Joint: b.tongue.plain("joint"), Colon: b.say("colon"), Stop: b.say("stop"), LeadClose: b.say("lead.close"), LeadJoint: b.tongue.plain("lead.joint"),
	}
}

// productName is the name people know: the brand, the first product, or the
// controller.
func (b *builder) productName() string {
	c := &b.file.Controller
	switch {
	case !c.Brand.IsZero():
		return b.text(c.Brand)
	case len(b.file.Scope) > 0:
		return b.text(b.file.Scope[0].Name)
	}
	return b.text(c.Name)
}

// statement is a sentence of the catalogue.
func (b *builder) statement(w syntax.Word) string {
	s, err := statements.Text(w.Text, b.tongue.tag)
	if err != nil {
		b.fail("%w", err)
	}
	return s
}

// Sentence returns what the document says of a rule, where the rule has its
// place. The key is a rule's id, or section and id for a thing, such as
// "data/email".
func (d *Document) Sentence(key string) (Sentence, bool) {
	for _, c := range d.Chapters {
		for _, k := range c.Blocks {
			for _, s := range k.Sentences {
				if slices.Contains(s.Anchors, key) {
					return s, true
				}
			}
		}
	}
	return Sentence{}, false
}
