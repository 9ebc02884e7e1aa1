package centre_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestWhatWasDoneIsSaidOnce: on the page that follows, and not on one that a link leads
// to, whatever the link says.
func TestWhatWasDoneIsSaidOnce(t *testing.T) {
	t.Parallel()
	_, v := member(t)
	const done = "Deleted, in every copy and backup"
	if a := v.get("/privacy/club/data?said=deleted"); strings.Contains(a.words(), done) {
		t.Error("a link has the page say that something was done")
	}
	v.post("/privacy/club/data/delete/location-precise", nil).leads(t, "/privacy/club/data", "deleted")
	v.get("/privacy/club/data").shows(t, http.StatusOK, done)
	if a := v.get("/privacy/club/data"); strings.Contains(a.words(), done) {
		t.Error("it is said twice")
	}
	v.post("/privacy/club/choices", form("choice", "offers", "answer", "yes"))
	for range 2 { // another page says nothing of it, and takes it away
		if a := v.get("/privacy/club/data"); strings.Contains(a.body, `role="status"`) && strings.Contains(a.words(), "Saved") {
			t.Error("another page says that something was done")
		}
	}
	if v.cookies["__Host-avow-once"] != "" {
		t.Error("the mark stays")
	}
}
