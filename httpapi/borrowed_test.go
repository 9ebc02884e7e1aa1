package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// things are fields of operations about a person that name a thing of that person. A
// caller may hold the name of somebody else's.
var things = []string{"request", "file", "selection", "token"}

// words are fields of such operations that hold anything else: a word of the policy,
// a value, a time, a secret that says by itself whose it is.
var words = []string{"as", "subject", "accept", "age", "agree", "again", "anonymous", "approved", "attempt", "before", "born", "channel", "choice", "choices", "class", "code", "data", "datum", "decline", "device",
	"document", "email", "event", "except", "expires", "feature", "gesture", "given", "gpc", "granted", "ground", "items", "language", "matter", "message", "names", "not_before", "notices", "origin", "params",
	"permission", "phone", "picked", "point", "policy_hash", "case", "proof", "provenance", "purpose", "reason", "recipient", "region", "right", "role", "rule", "running", "signals", "signed_in", "source", "statute", "synthetic", "template",
	"text", "until", "use", "verb", "wanted", "where", "words_sha256", "zone"}

// TestBorrowedNames plays every operation about a person that takes the name of a
// thing, as eve, with the name of li's. The list of them is the OpenAPI document's.
func TestBorrowedNames(t *testing.T) {
	t.Parallel()
	played := make(map[string]bool)
	for _, c := range []struct {
		policy, of, op string
		own            string // works with li's thing: %s is the person, and the thing
		status         int    // for eve
	}{
		{"testdata/club.yaml", "request", "requests/messages", `{"subject":"%s","request":"%s"}`, 200}, // and none there
		{"testdata/club.yaml", "request", "requests/write", `{"subject":"%s","request":"%s","text":"more"}`, 404},
		{"testdata/club.yaml", "request", "requests/revoke", `{"subject":"%s","request":"%s"}`, 404},
		{"testdata/club.yaml", "request", "requests/verified", `{"subject":"%s","request":"%s"}`, 404},
		{"testdata/club.yaml", "token", "collect", `{"subject":"%s","token":"%s","purpose":"fix-faults","point":"on-the-way","source":"device","items":[{"datum":"crash-log","value":"{}"}]}`, 403},
		{house, "file", "files/open", `{"subject":"%s","datum":"paper","file":"%s","purpose":"manage-account","role":"desk"}`, 404},
		{house, "file", "files/copy", `{"subject":"%s","datum":"paper","file":"%s"}`, 404},
	} {
		played[c.op+" "+c.of] = true
		t.Run(c.op+"-"+c.of, func(t *testing.T) {
			t.Parallel()
			w := setupPolicy(t, c.policy)
			for _, ref := range []string{"li", "eve"} {
				if c.policy == house {
					w.post("collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"name","value":"`+ref+`"}],"agree":{`+w.accepting()+`}}`, 200)
				} else {
					w.join(ref, ref+"@mail.example", map[string]string{"li": "13800001111", "eve": "13800002222"}[ref])
				}
			}
			thing := w.thingOf(c.of)
			eve := w.do("POST", "/v1/club/"+c.op, w.app, fmt.Sprintf(c.own, "eve", thing))
			if eve.Code != c.status {
				t.Errorf("%d, want %d: %s", eve.Code, c.status, eve.Body)
			}
			nobody := w.do("POST", "/v1/club/"+c.op, w.app, fmt.Sprintf(c.own, "eve", strings.Repeat("0", len(thing))))
			if c.of != "token" && sameWords(nobody) != sameWords(eve) {
				t.Errorf("a thing of somebody else is told from none:\n%s\n%s", eve.Body, nobody.Body)
			}
			own := w.do("POST", "/v1/club/"+c.op, w.app, fmt.Sprintf(c.own, "li", thing))
			if sameWords(own) == sameWords(eve) || own.Code >= 500 {
				t.Errorf("li's own: %d %s", own.Code, own.Body)
			}
		})
	}
	w := setup(t)
	for path, fields := range aboutAPerson(t, w) {
		path, _ = strings.CutPrefix(path, "/v1/{policy}/")
		for _, f := range fields {
			switch {
			case slices.Contains(things, f) && !played[path+" "+f] && !elsewhere[path+" "+f]:
				t.Errorf("%s takes a %s, and nobody tried somebody else's", path, f)
			case !slices.Contains(things, f) && !slices.Contains(words, f):
				t.Errorf("%s has the field %s; say in this file whether it names a thing of the person", path, f)
			}
		}
	}
}

// elsewhere are operations whose borrowed names other tests try: gate's of selections
// and of tokens, through which the same code goes for each of these verbs.
var elsewhere = map[string]bool{"collect selection": true, "accounts selection": true, "accounts token": true, "files selection": true, "files token": true, "messages/share token": true}

// thingOf makes something of li and returns its name.
func (w *world) thingOf(kind string) string {
	w.t.Helper()
	switch kind {
	case "request":
		id := decode[struct{ ID string }](w.t, w.post("requests", `{"subject":"li","right":"ask","text":"Who receives my phone number?"}`, 200)).ID
		w.post("requests/write", `{"subject":"li","request":"`+id+`","text":"It is urgent."}`, 200)
		return id
	case "token":
		return decode[struct{ Token string }](w.t, w.post("event-tokens", `{"subject":"li","choice":"send-crash"}`, 200)).Token
	}
	if got := w.upload(paper(""), []byte("%PDF-1.7 a paper")); got.Code != 200 {
		w.t.Fatalf("upload: %d %s", got.Code, got.Body)
	}
	return w.fileID("li")
}

// sameWords is an answer without what differs by chance.
func sameWords(r *httptest.ResponseRecorder) string {
	var body map[string]any
	if json.Unmarshal(r.Body.Bytes(), &body) != nil {
		return r.Body.String()
	}
	delete(body, "receipt")
	raw, _ := json.Marshal(body) // of what was JSON just now
	return fmt.Sprint(r.Code, string(raw))
}

// schema is what the description says of a body.
type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
	Items      *schema
}

type document struct {
	Paths map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		} `json:"requestBody"`
	}
	Components struct{ Schemas map[string]schema }
}

// aboutAPerson returns the fields of each operation that is about a person, by its path.
func aboutAPerson(t testing.TB, w *world) map[string][]string {
	t.Helper()
	var doc document
	must(t, json.Unmarshal(openAPI(w), &doc))
	out := make(map[string][]string)
	for path, methods := range doc.Paths {
		for _, op := range methods {
			for _, c := range op.RequestBody.Content {
				s := c.Schema
				if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
					s = doc.Components.Schemas[name]
				}
				if _, ok := s.Properties["subject"]; ok {
					out[path] = slices.Sorted(maps.Keys(s.Properties))
				}
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d operations about a person: the description is read wrongly", len(out))
	}
	return out
}
