package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/web/browser"
)

// TestTheBannerSaysWhatIsOn: where the policy has something on until somebody objects,
// the banner does not say that everything is off.
func TestTheBannerSaysWhatIsOn(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../internal/storybook/club.yaml")
	must(t, err)
	for kind, want := range map[string]bool{"opt-out": true, "consent": false} {
		text := strings.Replace(string(src), "kind: opt-out", "kind: "+kind, 1)
		f, faults := syntax.Parse("club.yaml", []byte(text))
		must(t, faults.Err())
		p, faults := policy.Compile(f)
		must(t, faults.Err())
		h, err := browser.Handler(browser.Config{Gate: openGate(t, p), Clock: func() time.Time { return began }, BaseURL: "https://privacy.example"})
		must(t, err)
		out := httptest.NewRecorder()
		h.ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/browser/club/avow.js", nil))
		for _, says := range []string{"These are on until you switch them off: Walks near me.", "以下项目在您关闭之前处于开启状态：附近的路线。"} {
			if out.Code != http.StatusOK || strings.Contains(out.Body.String(), says) != want {
				t.Errorf("%s: %d, says %q: %v", kind, out.Code, says, !want)
			}
		}
	}
}
