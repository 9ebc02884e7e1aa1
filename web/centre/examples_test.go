package centre_test

import (
	"net/http"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/examples"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/policy"
	"avow.dev/web/centre"
)

// TestEveryExample opens every page of every example policy as a new person, in both
// languages: no policy has a word that a page cannot say.
func TestEveryExample(t *testing.T) {
	t.Parallel()
	var programs []*policy.Program
	for _, name := range examples.Names() {
		programs = append(programs, enginetest.Compile(t, enginetest.Example(t, name)))
	}
	h := openPrograms(t, programs...)
	for _, p := range programs {
		gesture := ""
		for _, g := range p.File().Acceptance.Gesture {
			if g.Text != "use" && g.Text != "browse" {
				gesture = g.Text
			}
		}
		_, err := h.Gate().Agree(t.Context(), p.ID(), "li", &gate.Agreement{Policy: p.Hash(), Accept: gesture != "", Gesture: gesture, Language: "en", Age: avow.KnownAdult})
		must(t, err)
		link, _, err := h.Gate().HandOver(t.Context(), p.ID(), "li", h.Now())
		must(t, err)
		kinds, err := h.Gate().CodesTo(p.ID())
		must(t, err)
		codes := len(kinds) > 0
		v := h.Visitor()
		base := centre.Base + string(p.ID())
		v.Post(base+"/enter/"+link, nil).Leads(t, base)
		for _, lang := range []string{"en", "zh"} {
			v.Reads(lang)
			for _, page := range centre.Pages() {
				if page.Method != http.MethodGet || strings.Contains(page.Path, "{") {
					continue
				}
				a := v.Get(base + page.Path)
				none := a.Status == http.StatusNotFound && (page.Path == "/cookies" && len(p.File().Cookies) == 0 || page.Path == "/children" && len(p.File().Minors) == 0 || page.Path == "/passkeys" && !codes || strings.HasPrefix(page.Path, "/guardian") && !p.AsksGuardian())
				if a.Status != http.StatusOK && !none && page.Path != "/sign-in/code" && page.Path != "/guardian/code" {
					t.Errorf("%s in %s: %d: %s", base+page.Path, lang, a.Status, a.Words())
				}
			}
		}
	}
	if h.Log.String() != "" && strings.Contains(h.Log.String(), "no words") {
		t.Error(h.Log.String())
	}
}
