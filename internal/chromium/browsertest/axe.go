package browsertest

import (
	_ "embed" // for axe
	"encoding/json"
	"strings"

	"avow.dev/internal/chromium"
)

// axe is axe-core 4.14.1 by Deque Systems, unchanged, under the Mozilla Public
// License 2.0 (testdata/axe/LICENSE). It stands here rather than being fetched
// so that tests need no network and no Node; it is linked into tests only.
//
//go:embed testdata/axe/axe.min.js
var axe string

// finding is what axe-core reports of one rule.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// Accessible fails the test for each serious or critical finding of axe-core
// on the page as it stands, in the rules of WCAG 2.0 to 2.2, levels A and AA.
func (p *Page) Accessible() {
	p.t.Helper()
	// The bundle ends in a function call; void keeps its value out of the answer.
	_, err := chromium.Eval[chromium.Void](p.Page, axe+"\n;undefined")
	p.must(err)
	const run = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => JSON.stringify(r.violations))`
	answer, err := chromium.Eval[string](p.Page, run)
	p.must(err)
	var found []finding
	p.must(json.Unmarshal([]byte(answer), &found))
	for _, f := range found {
		if f.Impact != "serious" && f.Impact != "critical" {
			continue
		}
		for _, n := range f.Nodes {
			p.t.Errorf("accessibility, %s: %s: %s\n  %s\n  %s", f.Impact, f.ID, f.Help, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n  "))
		}
	}
}
