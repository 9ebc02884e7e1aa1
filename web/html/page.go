package html

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template/parse"
)

//go:embed parts words style
var own embed.FS

// Page is one page as the layout shows it. Texts are in the reader's language
// already; see [Set.Tongue].
type Page struct {
	Name    string // of the template, pages/NAME.html
	Title   string
	Lead    string // one sentence under the title
	Site    string // whose pages these are
	Home    string // where the name of the site leads; empty is the root
	Nav     []Link
	NavName string // of the navigation, for those who hear it
	Back    *Link
	Foot    []Link
	Account *Account
	Notices []Notice
	Class   string // of the body, for style
	Body    any    // what the template shows

	Passkeys bool // a form of the page makes or shows a passkey; see [Passkey]

	Lang     string    // filled in by Render
	Editions []Edition // of this page; filled in by Render if it has none
}

// Account says who is signed in, where to sign in or out, and where they see how they
// sign in.
type Account struct {
	Name         string
	In, Out, Own string
}

// Edition is this page in one of the languages.
type Edition struct {
	Tag, Name, Href string
	Here            bool
}

// Set renders the pages of one edge. It is safe for concurrent use.
type Set struct {
	tongues map[string]*Tongue
	tags    []string
	pages   map[string]map[string]page // by language and name
}

// page is a template over its own copy of layout and parts, which is made when the
// page is first shown: copying all of them is most of what a start would take.
type page func() (*template.Template, error)

// New reads pages/*.html and words/*.txt of the given file systems, beside the
// parts and words that are common to all.
func New(sources ...fs.FS) (*Set, error) {
	all := append([]fs.FS{own}, sources...)
	said, err := loadWords(all...)
	if err != nil {
		return nil, fmt.Errorf("load words: %w", err)
	}
	files, err := findPages(sources)
	if err != nil {
		return nil, fmt.Errorf("load pages: %w", err)
	}
	s := &Set{tongues: make(map[string]*Tongue), pages: make(map[string]map[string]page), tags: slices.Sorted(maps.Keys(said))}
	for tag, w := range said {
		t := &Tongue{tag, w}
		if s.pages[tag], err = loadPages(t, sources, files); err != nil {
			return nil, fmt.Errorf("load pages: %w", err)
		}
		s.tongues[tag] = t
	}
	return s, nil
}

// pageFile is where a page is written, and what it says, read once for all languages.
type pageFile struct {
	source fs.FS
	path   string
	parts  []*template.Template
}

func (f *pageFile) name() string { return strings.TrimSuffix(path.Base(f.path), ".html") }

func findPages(sources []fs.FS) ([]pageFile, error) {
	found := []pageFile{{source: own, path: "parts/fault.html"}}
	for _, source := range sources {
		files, err := fs.Glob(source, "pages/*.html")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found = append(found, pageFile{source: source, path: file})
		}
	}
	names := make(map[string]bool)
	for i := range found {
		f := &found[i]
		if names[f.name()] {
			return nil, fmt.Errorf("%s: there are two pages of this name", f.name())
		}
		names[f.name()] = true
		read, err := template.New("").Funcs((&Tongue{}).functions()).ParseFS(f.source, f.path)
		if err != nil {
			return nil, err
		}
		f.parts = read.Templates()
	}
	return found, nil
}

// loadPages reads layout and parts, and sees that nothing is asked for that the language
// does not say.
func loadPages(t *Tongue, sources []fs.FS, files []pageFile) (map[string]page, error) {
	base, err := template.New("").Funcs(t.functions()).Option("missingkey=error").ParseFS(own, "parts/layout.html", "parts/parts.html")
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if shared, err := fs.Glob(source, "parts/*.html"); err != nil {
			return nil, err
		} else if len(shared) > 0 {
			if base, err = base.ParseFS(source, "parts/*.html"); err != nil {
				return nil, err
			}
		}
	}
	if err := complete(t, "parts", base.Templates()); err != nil {
		return nil, err
	}
	pages := make(map[string]page)
	for i := range files {
		f := &files[i]
		if err := complete(t, f.path, f.parts); err != nil {
			return nil, err
		}
		pages[f.name()] = sync.OnceValues(func() (*template.Template, error) {
			own, err := base.Clone()
			if err != nil {
				return nil, err
			}
			return own.ParseFS(f.source, f.path)
		})
	}
	return pages, nil
}

// complete reports the first message that is asked for and that a language does not have.
func complete(t *Tongue, file string, parts []*template.Template) error {
	for _, part := range parts {
		if part.Tree == nil {
			continue
		}
		if key := unsaid(t, part.Tree.Root); key != "" {
			return fmt.Errorf("%s: no words for %q", file, key)
		}
	}
	return nil
}

// unsaid returns the first message that a template asks for by its written name
// and that does not exist. What a template puts together it asks for at its own risk.
func unsaid(t *Tongue, n parse.Node) string {
	found := ""
	walk(n, func(n parse.Node) {
		c, ok := n.(*parse.CommandNode)
		if !ok || len(c.Args) < 2 {
			return
		}
		f, isFunc := c.Args[0].(*parse.IdentifierNode)
		key, isText := c.Args[1].(*parse.StringNode)
		if isFunc && isText && f.Ident == "t" && !t.Has(key.Text) && found == "" {
			found = key.Text
		}
	})
	return found
}

// walk calls see for every node that can hold a call.
func walk(n parse.Node, see func(parse.Node)) {
	see(n)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, see)
		walk(b.List, see)
		if b.ElseList != nil {
			walk(b.ElseList, see)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			walk(c, see)
		}
	case *parse.ActionNode:
		walk(n.Pipe, see)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, see)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			if _, ok := a.(*parse.PipeNode); ok {
				walk(a, see)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, see)
		}
	}
}

// Names returns the names of the pages, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.pages[s.tags[0]])) }

// Render writes a page. A page is whole or it is an error: what cannot be shown to
// its end is not begun.
func (s *Set) Render(w http.ResponseWriter, r *http.Request, t *Tongue, status int, p Page) error {
	open := s.pages[t.tag][p.Name]
	if open == nil {
		return fmt.Errorf("render page: there is no page %q", p.Name)
	}
	page, err := open()
	if err != nil {
		return fmt.Errorf("render page %s: %w", p.Name, err)
	}
	p.Lang = t.tag
	if p.Home == "" {
		p.Home = "/"
	}
	if p.Editions == nil {
		p.Editions = s.editions(r, t)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout", p); err != nil {
		return fmt.Errorf("render page %s: %w", p.Name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", t.tag)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = w.Write(b.Bytes())
	return err
}
