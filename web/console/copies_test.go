package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// TestACopyIsSeenAgreedToAndLetGo by two people: the package that the officer sees is
// the one that the person fetches; one person in two accounts is one, and a change in
// between voids what was agreed.
func TestACopyIsSeenAgreedToAndLetGo(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.holds("li", "email", "canary@mail.example")
	a, _, err := h.Gate().Ask(t.Context(), "generic", "li", &gate.Asking{Right: "copy"})
	must(t, err)
	at := h.at("/requests/" + a.ID)
	ann, bo, sue := h.officer("ann"), h.officer("bo"), h.as("sue", officer.Support)
	other := h.sign(h.account("ann.second@house.example", "ann", officer.PrivacyOfficer))
	ann.Get(at).Shows(t, http.StatusOK, "See what would go out")
	ann.Post(at+"/copy", nil).Shows(t, http.StatusForbidden)
	seen := ann.Post(at+"/copy", reason).Shows(t, http.StatusOK, "What goes out", "data.json", "SHA-256 of the package", "•••", "Put forward by ann")
	if strings.Contains(seen.Body, "canary@mail.example") || strings.Contains(seen.Body, at+"/approve") || strings.Contains(seen.Body, at+"/release") {
		t.Error("values are shown unasked, or ann agrees to what she put forward")
	}
	sue.Post(at+"/copy", form("why", "request", "said", "They asked.", "ticket", "T-1", "show", "full")).Shows(t, http.StatusForbidden)
	shown := sue.Post(at+"/copy", form("why", "request", "said", "They asked.", "ticket", "T-1")).Shows(t, http.StatusOK, "data.json", "•••")
	if strings.Contains(shown.Body, "canary@mail.example") || strings.Contains(shown.Body, at+"/approve") {
		t.Error("support sees values, or is offered to agree")
	}
	bo.Post(at+"/copy", form("why", "request", "said", "I agree or not.", "show", "full")).Shows(t, http.StatusOK, "canary@mail.example")
	what := between(t, bo.Post(at+"/copy", reason).Body, `name="what" value="`, `"`)
	sue.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	ann.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	other.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	bo.Post(at+"/release", form("what", what, "text", "Here.")).Shows(t, http.StatusConflict)
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)

	email := gate.NewValue([]byte("new@mail.example"))
	_, err = h.Gate().Correct(t.Context(), "generic", "li", []gate.Item{{Datum: "email", Value: email}})
	must(t, err)
	bo.Post(at+"/release", form("what", what, "text", "Here.")).Shows(t, http.StatusConflict, "the data has changed since")

	bo.Post(at+"/copy", reason).Shows(t, http.StatusOK, "Put forward by bo, approved by nobody yet")
	what = between(t, ann.Post(at+"/copy", reason).Body, `name="what" value="`, `"`)
	ann.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	ann.Post(at+"/copy", reason).Shows(t, http.StatusOK, "Let it go out")
	ann.Post(at+"/release", form("what", what, "text", "Here it is.")).LeadsUnder(t, h.at("/requests"))
	wait, err := h.Gate().Packages(t.Context(), "generic", "li")
	if must(t, err); len(wait) != 1 {
		t.Fatalf("%+v", wait)
	}
	_, content, err := h.Gate().Unpack(t.Context(), "generic", avow.SubjectRef("li"), wait[0].ID)
	must(t, err)
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != what {
		t.Error("what the person fetches is not what was seen")
	}
	h.as("aud", officer.Auditor).Get(h.at("/openings")).Shows(t, http.StatusOK, "What would go out as a copy", "I agree or not.")
}
