package httpapi_test

import (
	"strings"
	"testing"

	"avow.dev/gate"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// TestWebhook: the recipient's webhook is put on file by two people, its key is told
// once, and the answer to a hand-over holds an id and no value.
func TestWebhook(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	const ask = `{"subject":"li","data":["email","phone"],"purpose":"manage-account","recipient":"host","as":"webhook"}`
	if out := w.post("entrust", ask, 409); !strings.Contains(out.Body.String(), "names a webhook") || strings.Contains(out.Body.String(), "li@mail") {
		t.Errorf("without a webhook: %s", out.Body)
	}
	done := decode[httpapi.QualificationDone](t, w.do("POST", "/v1/club/qualifications", w.officer, `{"recipient":"host","kind":"assessment","document":"`+strings.Repeat("ab", 32)+
		`","by":"Notary Ltd","date":"2026-11-01T00:00:00Z","expires":"2027-06-30T00:00:00Z","webhook":"https://host.example/hook"}`))
	made := done.Qualification
	if !strings.HasPrefix(done.Secret, "whsec_") || made.Webhook != "https://host.example/hook" {
		t.Fatalf("%+v", done)
	}
	bo := w.token(auth.Grant{Name: "bo", Person: "bo", Scopes: auth.Officer, Roles: officer.Roles()})
	for _, path := range []string{"approve", "read", "list"} {
		body := `{"id":"` + made.ID + `"}`
		switch path {
		case "approve":
			body = `{"id":"` + made.ID + `","digest":"` + made.Digest + `"}`
		case "list":
			body = `{"recipient":"host"}`
		}
		if out := w.do("POST", "/v1/club/qualifications/"+path, bo, body); out.Code != 200 || strings.Contains(out.Body.String(), "whsec_") || !strings.Contains(out.Body.String(), "https://host.example/hook") {
			t.Errorf("%s: %d %s", path, out.Code, out.Body)
		}
	}
	out := w.post("entrust", ask, 200, key, "once")
	for _, clear := range []string{"li@mail", "13800001111", "host.example"} {
		if strings.Contains(out.Body.String(), clear) {
			t.Errorf("the answer holds %s", clear)
		}
	}
	got := decode[httpapi.Handed](t, out)
	if len(got.Dispatch) != 32 || len(got.Items) != 0 || got.Envelope != "" || got.Payload != "" {
		t.Errorf("%+v", got)
	}
	if again := decode[httpapi.Handed](t, w.post("entrust", ask, 200, key, "once")); again.Dispatch != got.Dispatch || again.Receipt != got.Receipt {
		t.Errorf("repeated: %+v", again)
	}
	state := decode[httpapi.Dispatch](t, w.post("dispatches/read", `{"id":"`+got.Dispatch+`"}`, 200))
	if state.State != gate.DispatchQueued || state.Verb != "entrust" || state.Recipient != "host" || state.Purpose != "manage-account" || state.Leaf != got.Receipt.Leaf {
		t.Errorf("%+v", state)
	}
	if list := decode[httpapi.Dispatches](t, w.post("dispatches/list", `{"recipient":"host"}`, 200)).Dispatches; len(list) != 1 || list[0].ID != got.Dispatch {
		t.Errorf("%+v", list)
	}
	w.post("publish", strings.Replace(ask, `"host"`, `"map-maker"`, 1), 422)
}
