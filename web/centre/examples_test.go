package centre_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/examples"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
	"avow.dev/web/centre"
)

// TestEveryExample opens every page of every example policy as a new person, in both
// languages: no policy has a word that a page cannot say.
func TestEveryExample(t *testing.T) {
	t.Parallel()
	var programs []*policy.Program
	for _, name := range examples.Names() {
		src, err := examples.Policy(name)
		must(t, err)
		f, faults := syntax.Parse(name+".yaml", src)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		p, faults := policy.Compile(f)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		programs = append(programs, p)
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
		link, _, err := h.Gate().HandOver(t.Context(), p.ID(), "li", h.clock())
		must(t, err)
		v := h.visitor()
		base := centre.Base + string(p.ID())
		v.post(base+"/enter/"+link, nil).leads(t, base)
		for _, lang := range []string{"en", "zh"} {
			v.lang = lang
			for _, page := range centre.Pages() {
				if page.Method != http.MethodGet || strings.Contains(page.Path, "{") {
					continue
				}
				a := v.get(base + page.Path)
				none := a.status == http.StatusNotFound && (page.Path == "/cookies" && len(p.File().Cookies) == 0 || page.Path == "/children" && len(p.File().Minors) == 0)
				if a.status != http.StatusOK && !none && page.Path != "/sign-in/code" {
					t.Errorf("%s in %s: %d: %s", base+page.Path, lang, a.status, a.words())
				}
			}
		}
	}
	if h.log.String() != "" && strings.Contains(h.log.String(), "no words") {
		t.Error(h.log.String())
	}
}

func openPrograms(t *testing.T, programs ...*policy.Program) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), program: programs[0], log: new(lines)}
	h.now.Store(began.UnixNano())
	path := filepath.Join(h.dir, "root.key")
	must(t, vault.CreateRootFile(path))
	root, err := vault.OpenRootFile(path)
	must(t, err)
	h.Engine, err = engine.Open(t.Context(), h.config(root, programs))
	must(t, err)
	t.Cleanup(h.close)
	return h
}
