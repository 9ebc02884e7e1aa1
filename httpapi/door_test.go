package httpapi_test

import (
	"strings"
	"testing"

	"avow.dev/httpapi"
)

func TestJoinUseErase(t *testing.T) {
	t.Parallel()
	w := setup(t)
	r := decode[httpapi.Answer](t, w.join("li", "li@mail.example", "13800001111"))
	if r.Receipt.Policy != "club" || r.Receipt.Index < 1 || r.Receipt.Verdict != "allow" || len(r.Receipt.Leaf) != 32 {
		t.Errorf("receipt %+v", r.Receipt)
	}
	got := decode[httpapi.Handed](t, w.post("use", `{"subject":"li","data":["email","phone"],"purpose":"manage-account","role":"desk"}`, 200))
	if len(got.Items) != 2 || got.Items[1].Value != "13800001111" || got.Items[0].Value != "***********mple" {
		t.Errorf("items %+v", got.Items)
	}
	w.post("erase", `{"subject":"li"}`, 200)
	p := decode[httpapi.Problem](t, w.post("use", `{"subject":"li","data":["phone"],"purpose":"manage-account","role":"desk"}`, 403))
	if p.Code != "refused" || p.Type != "https://avow.dev/problems/not-accepted" || p.Receipt == nil {
		t.Errorf("problem %+v", p)
	}
	if strings.Contains(w.logs.String(), "li@mail") {
		t.Error("log holds a value")
	}
}
