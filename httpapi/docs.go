package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"reflect"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsTemplate string

//go:embed docs.css
var docsStyle string

func docsStyleSource() string {
	sum := sha256.Sum256([]byte(docsStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// docsGroup is a chapter of the page: the operations of one tag.
type docsGroup struct {
	Name   string
	Anchor string
	Ops    []docsOp
}

type docsOp struct {
	ID, Method, Path, Summary, Doc string
	Scopes                         []string
	Roles                          string // of officers
	Params                         []docsParam
	In, Out                        []docsField
	Example                        string
}

type docsParam struct{ Name, In, Doc string }

// docsField is one line about a field, nested ones with the path to them.
type docsField struct {
	Name, Type, Doc string
	Required        bool
}

type docsReason struct {
	Code   string
	En, Zh string
}

// docsPage writes the description for people: one page, without script, that
// needs nothing from anywhere.
func (d *Door) docsPage(types huma.Registry) ([]byte, error) {
	tmpl, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	page := struct {
		Title, About string
		Style        template.CSS
		Groups       []docsGroup
		Problem      []docsField
		Reasons      []docsReason
	}{"Avow API", aboutAPI, template.CSS(docsStyle), nil, fieldsOf(types, reflect.TypeFor[Problem]()), nil}
	for i := range d.routes {
		rt := d.routes[i]
		op, err := docsOpOf(rt, types)
		if err != nil {
			return nil, err
		}
		g := slices.IndexFunc(page.Groups, func(g docsGroup) bool { return g.Name == rt.tag })
		if g < 0 {
			g = len(page.Groups)
			page.Groups = append(page.Groups, docsGroup{Name: rt.tag, Anchor: strings.ReplaceAll(strings.ToLower(rt.tag), " ", "-")})
		}
		page.Groups[g].Ops = append(page.Groups[g].Ops, op)
	}
	for r := range avow.Reasons(1<<64 - 1).All() {
		if r.String() != "" {
			s := policy.Told(r)
			page.Reasons = append(page.Reasons, docsReason{r.String(), s.En, s.Zh})
		}
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, page)
	return out.Bytes(), err
}

func docsOpOf(rt *route, types huma.Registry) (docsOp, error) {
	var roles []officer.Role
	if rt.scopes.Has(auth.Officer) {
		roles = holders(rt.id)
	}
	op := docsOp{Roles: rolesText(roles), ID: rt.id, Method: rt.method, Path: rt.path, Summary: rt.summary, Doc: rt.doc, Scopes: rt.scopes.Words(), In: fieldsOf(types, rt.in), Out: fieldsOf(types, rt.out)}
	var described huma.Operation
	rt.parameters(&described)
	for _, p := range described.Parameters {
		op.Params = append(op.Params, docsParam{p.Name, p.In, p.Description})
	}
	if rt.example != "" {
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(rt.example), "", "  "); err != nil {
			return docsOp{}, err
		}
		op.Example = out.String()
	}
	return op, nil
}

// fieldsOf lists the fields of a type, those of its parts too.
func fieldsOf(types huma.Registry, t reflect.Type) []docsField {
	if t == nil {
		return nil
	}
	return listFields(types, types.Schema(t, false, ""), "")
}

func listFields(types huma.Registry, s *huma.Schema, prefix string) []docsField {
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := slices.Contains(s.Required, a), slices.Contains(s.Required, b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var out []docsField
	for _, name := range names {
		p := s.Properties[name]
		f := docsField{Name: prefix + name, Type: typeText(p), Doc: p.Description, Required: slices.Contains(s.Required, name)}
		out = append(out, f)
		inner, mark := p, "."
		if p.Type == huma.TypeArray {
			inner, mark = p.Items, "[]."
		}
		if inner.Ref != "" {
			inner = types.SchemaFromRef(inner.Ref)
		}
		out = append(out, listFields(types, inner, f.Name+mark)...)
	}
	return out
}

func typeText(s *huma.Schema) string {
	switch {
	case s.Type == huma.TypeArray:
		return "list of " + typeText(s.Items)
	case s.Ref != "", s.Type == huma.TypeObject:
		return "object"
	case len(s.Enum) > 0:
		var words []string
		for _, w := range s.Enum {
			if text, ok := w.(string); ok {
				words = append(words, text)
			}
		}
		return strings.Join(words, " | ")
	case s.Format != "":
		return s.Format
	}
	return s.Type
}
