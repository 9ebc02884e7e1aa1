package syntax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schemaID is where the JSON Schema is published.
const schemaID = "https://avow.dev/policy.schema.json"

// Schema returns the JSON Schema (draft 2020-12) of a policy file, for editors.
// Every file that [Parse] accepts validates. Some faults only Parse can find,
// among them duplicate ids, missing languages, placeholders, promises in notes,
// days that no month has, and features of YAML that JSON does not show.
func Schema() []byte {
	s := groupSchema(language())
	s.Schema, s.ID, s.Title = "https://json-schema.org/draft/2020-12/schema", schemaID, "Avow policy"
	s.Description = "A privacy policy in the Avow policy language, version 1."
	s.Defs = groups(language(), definitions())
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		panic(fmt.Sprintf("syntax: the schema is made of texts and numbers only: %v", err))
	}
	return b.Bytes()
}

// schema is one JSON Schema.
type schema struct {
	Schema      string     `json:"$schema,omitempty"`
	ID          string     `json:"$id,omitempty"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Ref         string     `json:"$ref,omitempty"`
	Type        string     `json:"type,omitempty"`
	Const       *int       `json:"const,omitempty"`
	Enum        []string   `json:"enum,omitempty"`
	Pattern     string     `json:"pattern,omitempty"`
	Minimum     *int       `json:"minimum,omitempty"`
	AnyOf       []*schema  `json:"anyOf,omitempty"`
	Items       *schema    `json:"items,omitempty"`
	MinItems    int        `json:"minItems,omitempty"`
	Unique      bool       `json:"uniqueItems,omitempty"`
	Required    []string   `json:"required,omitempty"`
	MinProps    int        `json:"minProperties,omitempty"`
	Properties  properties `json:"properties,omitempty"`
	Additional  *bool      `json:"additionalProperties,omitempty"`
	Defs        properties `json:"$defs,omitempty"`
}

// properties are named schemas in the order of the language.
type properties []property

type property struct {
	name   string
	schema *schema
}

// MarshalJSON writes an object that keeps the order.
func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(p.schema)
		if err != nil {
			return nil, fmt.Errorf("write property %s: %w", p.name, err)
		}
		fmt.Fprintf(&b, "%q:%s", p.name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// definitions are the written forms that many keys share.
func definitions() properties {
	form := func(name, pattern, doc string) property {
		return property{name, &schema{Description: doc, Type: "string", Pattern: "^(?:" + pattern + ")$"}}
	}
	return properties{
		form("slug", slugPattern, "Small letters, digits and hyphens, such as contact-list."),
		form(formClause, clausePattern, "The id of a clause, such as AIRSTEP-7."),
		form(formPromise, promisePattern, "A canonical promise, CP-01 to CP-44."),
		form(formRegion, regionPattern, "An ISO 3166 code, such as CN or US-CA."),
		form(formTerm, termPattern, "A vocabulary term, such as EmailAddress."),
		form("period", periodPattern, "A duration with one unit, such as 90d or 15wd, or: at once."),
		form("keep", "(?:"+periodPattern+") after (?:"+strings.Join(Events[:], "|")+")", "A duration and the event that starts it, such as 90d after account-closed."),
		form("date", datePattern, "A date, such as 2026-12-31."),
		{"string", &schema{Description: "A text that is not empty.", Type: "string", Pattern: `\S`}},
		{"text", textSchema()},
		{"slug-list", listSchema(ref("slug"))},
		{formClause + "-list", listSchema(ref(formClause))},
	}
}

// listSchema is a list of different words, or a single one.
func listSchema(word *schema) *schema {
	return &schema{AnyOf: []*schema{word, {Type: "array", Items: word, MinItems: 1, Unique: true}}}
}

func textSchema() *schema {
	by := &schema{Type: "object", MinProps: 1, Additional: new(bool)}
	for _, lang := range language().field("languages").of {
		by.Properties = append(by.Properties, property{lang, ref("string")})
	}
	return &schema{
		Description: "A text for each language of the policy, or one that stands for all.",
		AnyOf:       []*schema{ref("string"), by},
	}
}

func ref(name string) *schema { return &schema{Ref: "#/$defs/" + name} }

func groupSchema(sh *shape) *schema {
	s := &schema{Type: "object", Additional: new(bool)}
	for i := range sh.fields {
		f := &sh.fields[i]
		if f.need {
			s.Required = append(s.Required, f.key)
		}
		fs := fieldSchema(f)
		fs.Description = f.doc
		s.Properties = append(s.Properties, property{f.key, fs})
	}
	return s
}

func fieldSchema(f *field) *schema {
	switch f.kind {
	case kindWord:
		return wordSchema(f)
	case kindWords:
		if f.of == nil {
			return ref(f.written() + "-list")
		}
		return listSchema(wordSchema(f))
	case kindStr:
		return ref("string")
	case kindStrs:
		return &schema{AnyOf: []*schema{ref("string"), {Type: "array", Items: ref("string"), MinItems: 1}}}
	case kindFlag:
		return &schema{Type: "boolean"}
	case kindNum:
		return numberSchema(f)
	case kindDate:
		return ref("date")
	case kindText:
		return ref("text")
	case kindPeriod:
		return ref("period")
	case kindKeep:
		return ref("keep")
	case kindStruct:
		return ref(f.elem.name())
	}
	return &schema{Type: "array", Items: ref(f.elem.name()), MinItems: 1}
}

// groups adds the schema of every group below a shape, each once.
func groups(sh *shape, defs properties) properties {
	for i := range sh.fields {
		e := sh.fields[i].elem
		if e == nil || slices.ContainsFunc(defs, func(p property) bool { return p.name == e.name() }) {
			continue
		}
		defs = groups(e, append(defs, property{e.name(), groupSchema(e)}))
	}
	return defs
}

// name is the name of a group in the schema.
func (sh *shape) name() string { return strings.ToLower(sh.typ.Name()) }

func wordSchema(f *field) *schema {
	if f.of != nil {
		return &schema{Enum: slices.Clone(f.of)}
	}
	return ref(f.written())
}

// written names the written form of a word that has no closed list.
func (f *field) written() string {
	if f.form == "" {
		return "slug"
	}
	return f.form
}

func numberSchema(f *field) *schema {
	if f.key == "avow" {
		one := 1
		return &schema{Const: &one}
	}
	return &schema{Type: "integer", Minimum: new(int)}
}
