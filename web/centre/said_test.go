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
	if a := v.Get("/privacy/club/data?said=deleted"); strings.Contains(a.Words(), done) {
		t.Error("a link has the page say that something was done")
	}
	v.Post("/privacy/club/data/delete/location-precise", nil).Leads(t, "/privacy/club/data", "deleted")
	v.Get("/privacy/club/data").Shows(t, http.StatusOK, done)
	if a := v.Get("/privacy/club/data"); strings.Contains(a.Words(), done) {
		t.Error("it is said twice")
	}
	v.Post("/privacy/club/choices", form("choice", "offers", "answer", "yes"))
	for range 2 { // another page says nothing of it, and takes it away
		if a := v.Get("/privacy/club/data"); strings.Contains(a.Body, `role="status"`) && strings.Contains(a.Words(), "Saved") {
			t.Error("another page says that something was done")
		}
	}
	if v.Cookies["__Host-avow-once"] != "" {
		t.Error("the mark stays")
	}
}
