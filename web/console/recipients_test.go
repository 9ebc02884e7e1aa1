package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAWebhookIsPutForward: the key that signs is shown once, to whoever puts the
// webhook forward, and the recipient's page shows the address alone.
func TestAWebhookIsPutForward(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo := h.officer("ann"), h.officer("bo")
	at := ""
	for i := range h.Program.File().Parties {
		if e := &h.Program.File().Parties[i]; len(e.Requires) > 0 && e.Kind.Text != "successor" {
			at = h.at("/recipients/" + e.ID.Text)
			break
		}
	}
	paper := form("kind", "assessment", "by", "Notary Ltd", "document", hexOf("paper"), "date", h.day(-10), "expires", h.day(200), "hook", "https://partner.example/hook")
	once := ann.Post(at, paper).Shows(t, http.StatusOK, "https://partner.example/hook", "It is not shown again")
	if !strings.Contains(once.Body, "whsec_") || once.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the key is not shown, or kept by browsers: %v", once.Header)
	}
	for _, who := range []*visitor{ann, bo} {
		if page := who.Get(at).Shows(t, http.StatusOK, "https://partner.example/hook", "Nothing was sent"); strings.Contains(page.Body, "whsec_") {
			t.Error("the key is shown again")
		}
	}
	paper.Set("hook", "http://partner.example/hook")
	if bad := ann.Post(at, paper); bad.Status < 400 || strings.Contains(bad.Body, "whsec_") {
		t.Errorf("without TLS: %d", bad.Status)
	}
}
