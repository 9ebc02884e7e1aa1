package centre_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"avow.dev"
)

// given has the hosting company get the address of somebody who is signed in.
func given(t *testing.T, h *house) {
	t.Helper()
	if _, err := h.Gate().Entrust(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"}); err != nil {
		t.Fatal(err)
	}
}

// TestWhoWasToldIsShown: whoever corrects something sees that those who got it are told.
func TestWhoWasToldIsShown(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	if a := v.Get("/privacy/club/requests"); strings.Contains(a.Body, "Who else was told") {
		t.Error("somebody was told of nothing")
	}
	given(t, h)
	v.Post("/privacy/club/data/correct/email", form("value", "wei@haven.example")).Leads(t, "/privacy/club/data", "corrected")
	v.Get("/privacy/club/requests").Shows(t, http.StatusOK, "Who else was told", "Corrected on", "Nimbus Hosting", "Being told")
}

// TestTheCertificateSaysWhoWasTold: to whoever was given its address, and to nobody who
// guesses the number.
func TestTheCertificateSaysWhoWasTold(t *testing.T) {
	t.Parallel()
	h, v := member(t, "undo: 7d, ", "")
	given(t, h)
	v.Post("/privacy/club/leave", form("what", "erase", "sure", "yes"))
	all, err := h.Gate().Fulfilments(t.Context(), "club", "", 10, false)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	key, err := h.Gate().ToldKey("club", all[0].Body.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	index, err := h.Gate().CertificateIndex(t.Context(), "club", &all[0])
	if err != nil {
		t.Fatal(err)
	}
	at, stranger := "/privacy/club/certificate/"+fmt.Sprint(index), h.Visitor()
	stranger.Get(at+"/"+key).Shows(t, http.StatusOK, "Certificate of erasure", "Who else was told", "Nimbus Hosting")
	if a := stranger.Get(at); a.Status != http.StatusOK || strings.Contains(a.Body, "Nimbus") {
		t.Errorf("the number alone says who was told: %d", a.Status)
	}
	if a := stranger.Get(at + "/" + strings.Repeat("0", 32)); a.Status != http.StatusNotFound {
		t.Errorf("a guessed key: %d", a.Status)
	}
}
