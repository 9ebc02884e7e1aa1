package httpapi_test

import (
	"strings"

	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// qualify puts terms of a recipient on file, by two people.
func (w *world) qualify(recipient string) {
	w.t.Helper()
	body := `{"recipient":"` + recipient + `","kind":"terms","document":"` + strings.Repeat("ab", 32) + `","by":"Notary Ltd","date":"2026-11-01T00:00:00Z","expires":"2027-06-30T00:00:00Z","policy_hash":"sha256:` + strings.Repeat("cd", 32) + `"}`
	made := decode[httpapi.QualificationDone](w.t, w.do("POST", "/v1/club/qualifications", w.officer, body)).Qualification
	yes := w.do("POST", "/v1/club/qualifications/approve", w.token(auth.Grant{Name: "bo", Person: "bo", Scopes: auth.Officer, Roles: officer.Roles()}), `{"id":"`+made.ID+`","digest":"`+made.Digest+`"}`)
	if yes.Code != 200 {
		w.t.Fatalf("approve a paper: %d %s", yes.Code, yes.Body)
	}
}
