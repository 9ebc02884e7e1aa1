package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"avow.dev/internal/auth"
)

// apiVersion is the version of the description. It changes when the door does.
const apiVersion = "0.1.0"

// lay puts every route in place and describes them all.
func (d *Door) lay() error {
	for _, add := range []func() error{
		d.addCollect,
		d.addFiles,
		d.addUse,
		d.addSending,
		d.addDispatches,
		d.addAskingAgain,
		d.addAgree,
		d.addAnswers,
		d.addOptOut,
		d.addHolds,
		d.addRequests,
		d.addReviewedCopies,
		d.addFulfilments,
		d.addHappen,
		d.addOutgoing,
		d.addIncidents,
		d.addSignIn,
		d.addExplain,
		d.addPicks,
		d.addContent,
		d.addPublishing,
		d.addReleases,
		d.addQualifications,
		d.addSuccessions,
		d.addDemands,
		d.addChanges,
		d.addProof,
		d.addLooking,
	} {
		if err := add(); err != nil {
			return err
		}
	}
	d.addPolicies()
	d.addEvidence()
	d.addTexts()
	d.addLog()
	d.addWellKnown()
	d.addHealth()
	d.addMetrics()
	d.addDocs()
	d.addPages()
	d.mux.HandleFunc("/", d.nowhere)
	d.described = sync.OnceValues(d.describe)
	return nil
}

// description is what the door says of itself. It is made when somebody first asks:
// a start does not wait for it.
type description struct{ spec, page []byte }

// addDocs serves the description itself, for programs and for people.
func (d *Door) addDocs() {
	const tag = "This description"
	d.open(operation{id: "openapi", path: "/openapi.json", tag: tag, media: "application/json", summary: "This API as OpenAPI 3.1"},
		func(w http.ResponseWriter, r *http.Request) error {
			text, err := d.described()
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "application/json")
			d.public(w, r, text.spec, "public, max-age=300")
			return nil
		})
	d.open(operation{id: "docs", path: "/docs", tag: tag, media: "text/html", summary: "This API for people"},
		func(w http.ResponseWriter, r *http.Request) error {
			text, err := d.described()
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src "+docsStyleSource()+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			d.public(w, r, text.page, "public, max-age=300")
			return nil
		})
}

// describe writes the OpenAPI document and the page made from it. Huma makes
// the schemas from the Go types; their tags are also what bodies are checked by.
func (d *Door) describe() (description, error) {
	types := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	types.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[map[string]any]())
	api := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Avow", Version: apiVersion, Description: aboutAPI, License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}},
		Components: &huma.Components{Schemas: types, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "A token issued by the operator, with the scopes app, officer, auditor or recipient."},
		}},
	}
	problem := types.Schema(reflect.TypeFor[Problem](), true, "")
	api.Components.Responses = make(map[string]*huma.Response)
	for _, row := range statuses {
		title := row.title
		if row.status == http.StatusForbidden {
			title = "The policy refuses, or the caller may not ask this"
		}
		api.Components.Responses[nameOfStatus(row.status)] = &huma.Response{Description: title, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	for i := range d.routes {
		op, err := operationOf(d.routes[i], types)
		if err != nil {
			return description{}, fmt.Errorf("describe %s: %w", d.routes[i].id, err)
		}
		api.AddOperation(op)
		if !hasTag(api.Tags, d.routes[i].tag) {
			api.Tags = append(api.Tags, &huma.Tag{Name: d.routes[i].tag})
		}
	}
	raw, err := json.Marshal(api)
	if err != nil {
		return description{}, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", " "); err != nil {
		return description{}, err
	}
	out.WriteByte('\n')
	page, err := d.docsPage(types)
	return description{out.Bytes(), page}, err
}

func hasTag(tags []*huma.Tag, name string) bool {
	for _, t := range tags {
		if t.Name == name {
			return true
		}
	}
	return false
}

const aboutAPI = "What can happen to personal data under a published policy. Each request is decided by the policy, carried out whole or not at all, " +
	"and answered only after its evidence is recorded. Subject references and values stand in bodies only. " +
	"A refusal is a problem (RFC 9457) that names every reason, the rules and clauses behind them, and the receipt of its own evidence."

func operationOf(rt *route, types huma.Registry) (*huma.Operation, error) {
	op := &huma.Operation{OperationID: rt.id, Method: rt.method, Path: rt.path, Tags: []string{rt.tag}, Summary: rt.summary, Description: rt.doc,
		Responses: map[string]*huma.Response{}, Security: []map[string][]string{}}
	rt.parameters(op)
	if rt.in != nil {
		content := &huma.MediaType{Schema: types.Schema(rt.in, true, "")}
		if err := json.Unmarshal([]byte(rt.example), &content.Example); err != nil {
			return nil, fmt.Errorf("example: %w", err)
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": content}}
		if rt.upload {
			op.RequestBody.Content = rt.form(content)
		}
	}
	ok := &huma.Response{Description: "Done", Content: map[string]*huma.MediaType{or(rt.media, "application/json"): {}}}
	if rt.out != nil {
		ok.Content["application/json"].Schema = types.Schema(rt.out, true, "")
	}
	if rt.once {
		ok.Headers = map[string]*huma.Param{"Idempotency-Replayed": {Description: "True if the request had been answered before and nothing was done now.", Schema: &huma.Schema{Type: "string"}}}
	}
	op.Responses["200"] = ok
	for _, status := range rt.failures() {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + nameOfStatus(status)}
	}
	if rt.scopes != 0 {
		op.Security = append(op.Security, map[string][]string{"token": rt.scopes.Words()})
		op.Description = strings.TrimSpace(op.Description + " Scopes: " + strings.Join(rt.scopes.Words(), ", ") + ".")
		if rt.scopes.Has(auth.Officer) {
			roles := holders(rt.id)
			op.Description += " Roles of officers: " + rolesText(roles) + "."
			op.Extensions = map[string]any{"x-officer-roles": roles}
		}
	}
	return op, nil
}

// nameOfStatus names the answer of a status in the description.
func nameOfStatus(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

func (rt *route) parameters(op *huma.Operation) {
	params := rt.params
	if strings.Contains(rt.path, "{policy}") && !strings.HasPrefix(rt.path, "/policy/") {
		params = append([]param{{"policy", "path", "Slug of a policy that is served.", "club"}}, params...)
	}
	if rt.once {
		params = append(params, param{"Idempotency-Key", "header", "Makes the request act once however often it is sent: a repetition within 24 hours gets the first answer's receipt. Use a random value for each request.", "3b1f0c6e-7f0a-4d0c-9d5b-2f1d1f0f6c1a"})
	}
	for _, p := range params {
		op.Parameters = append(op.Parameters, &huma.Param{Name: p.name, In: p.in, Description: p.doc, Required: p.in == "path", Example: p.example, Schema: &huma.Schema{Type: "string"}})
	}
}

// failures returns the statuses that a route may answer with.
func (rt *route) failures() []int {
	var out []int
	if rt.scopes != 0 {
		out = append(out, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	}
	if rt.in != nil {
		out = append(out, http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	if strings.Contains(rt.path, "{") {
		out = append(out, http.StatusNotFound)
	}
	return append(out, http.StatusInternalServerError, http.StatusServiceUnavailable)
}
