package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"filippo.io/age"

	"avow.dev/envelope"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// TestSealedFile: the key is put on file by two people, the answer shows no value,
// and what it holds opens with the key and is the payload of its envelope.
func TestSealedFile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	const ask = `{"subject":"li","data":["email","phone"],"purpose":"manage-account","recipient":"host","as":"sealed-file"}`
	if out := w.post("entrust", ask, 409); !strings.Contains(out.Body.String(), "carries a key") || strings.Contains(out.Body.String(), "li@mail") {
		t.Errorf("without a key: %s", out.Body)
	}
	id, err := age.GenerateX25519Identity()
	must(t, err)
	made := decode[httpapi.QualificationDone](t, w.do("POST", "/v1/club/qualifications", w.officer, `{"recipient":"host","kind":"assessment","document":"`+strings.Repeat("ab", 32)+
		`","by":"Notary Ltd","date":"2026-11-01T00:00:00Z","expires":"2027-06-30T00:00:00Z","key":"`+id.Recipient().String()+`"}`)).Qualification
	if made.Key != id.Recipient().String() {
		t.Fatalf("who approves does not see the key: %+v", made)
	}
	w.post("entrust", ask, 409)
	bo := w.token(auth.Grant{Name: "bo", Person: "bo", Scopes: auth.Officer, Roles: officer.Roles()})
	if yes := w.do("POST", "/v1/club/qualifications/approve", bo, `{"id":"`+made.ID+`","digest":"`+made.Digest+`"}`); yes.Code != 200 {
		t.Fatalf("%d %s", yes.Code, yes.Body)
	}
	out := w.post("entrust", ask, 200, key, "once")
	for _, clear := range []string{"li@mail", "13800001111", base64.StdEncoding.EncodeToString([]byte("li@mail.example"))[:16]} {
		if strings.Contains(out.Body.String(), clear) {
			t.Errorf("the answer holds %s", clear)
		}
	}
	got := decode[httpapi.Handed](t, out)
	sealed, err := base64.StdEncoding.DecodeString(got.Sealed)
	must(t, err)
	text, payload, err := envelope.Unseal(bytes.NewReader(sealed), id.String())
	must(t, err)
	v, err := w.key.Verifier()
	must(t, err)
	e, err := envelope.Open(text, v)
	must(t, err)
	if fields, err := e.Read(payload); err != nil || len(fields) != 2 || string(fields[1].Value) != "13800001111" || got.Envelope != "" || got.Payload != "" || len(got.Items) != 0 {
		t.Errorf("%+v, %v in %+v", fields, err, got)
	}
	if again := decode[httpapi.Handed](t, w.post("entrust", ask, 200, key, "once")); again.Sealed != "" || again.Receipt != got.Receipt {
		t.Errorf("repeated: %+v", again)
	}
	w.post("entrust", strings.Replace(ask, "sealed-file", "carrier-pigeon", 1), 422)
	w.post("publish", strings.Replace(ask, `"host"`, `"map-maker"`, 1), 422)
	if yes := w.do("POST", "/v1/club/qualifications/revoke", bo, `{"id":"`+made.ID+`"}`); yes.Code != 200 {
		t.Fatalf("%d %s", yes.Code, yes.Body)
	}
	w.post("entrust", ask, 409)
}
