package httpapi_test

import (
	"strings"
	"testing"

	"avow.dev/httpapi"
)

// TestSignInThroughTheDoor: an application signs somebody in by a code.
func TestSignInThroughTheDoor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	ask := func(address string) string {
		return decode[httpapi.CodeAsked](t, w.post("sign-in/codes", `{"datum":"email","address":"`+address+`","network":"203.0.113.9"}`, 200)).Attempt
	}
	attempt := ask("li@mail.example")
	code, _ := w.code.Load().(string)
	if len(code) != 6 {
		t.Fatalf("code of %d digits", len(code))
	}
	w.post("sign-in", `{"attempt":"`+ask("nobody@mail.example")+`","code":"`+code+`"}`, 403)
	in := decode[httpapi.SignedIn](t, w.post("sign-in", `{"attempt":"`+attempt+`","code":"`+code+`"}`, 200))
	if in.Subject != "user-1024" || in.By != "email-code" {
		t.Errorf("%+v", in)
	}
	w.post("sign-in", `{"attempt":"`+attempt+`","code":"`+code+`"}`, 403)
	named := `{"session":"` + in.Session + `"}`
	if v := decode[httpapi.Visit](t, w.post("sessions/read", named, 200)); v.Subject != "user-1024" || v.ID != in.ID {
		t.Errorf("%+v", v)
	}
	if l := decode[httpapi.Visits](t, w.post("sessions/list", `{"subject":"user-1024"}`, 200)); len(l.Sessions) != 1 || l.Sessions[0].ID != in.ID {
		t.Errorf("%+v", l)
	}
	w.post("sessions/end", named, 200)
	w.post("sessions/read", named, 403)
	for _, secret := range []string{code, attempt, in.Session, "li@mail", "203.0.113.9"} {
		if strings.Contains(w.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
