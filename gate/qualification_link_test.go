package gate_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// read is a look that found a text.
func read(text string) gate.LinkFound {
	return gate.LinkFound{Read: true, Document: sha256.Sum256([]byte("<p>" + text)), Words: sha256.Sum256([]byte(text))}
}

// TestAPolicyLinkIsLookedAtAgain: a paper that binds to the text, by its bytes or its
// words, stays quiet; another text, one that is gone and one that cannot be read for days
// ask for somebody, and shut nothing before the paper's time is over.
func TestAPolicyLinkIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "policy-link")
	q := w.paperOf("map-maker", "policy-link")
	sum := sha256.Sum256([]byte("We keep nothing."))
	q.Document, q.Expires = hex.EncodeToString(sum[:]), w.clock().AddDate(0, 1, 0)
	w.qualify(q, w.paperOf("map-maker", "assessment"))
	links, err := w.PolicyLinks(t.Context())
	if must(t, err); len(links) != 1 || links[0].Link != q.Link {
		t.Fatalf("%+v", links)
	}
	see := func(found gate.LinkFound, changed bool, due int) {
		t.Helper()
		did, err := w.SawPolicyLink(t.Context(), &links[0], found)
		if must(t, err); did != changed {
			t.Errorf("written down: %v", did)
		}
		all, err := w.Requalifications(t.Context(), "club")
		if must(t, err); len(all) != due {
			t.Errorf("%d papers are due, want %d", len(all), due)
		}
		_, err = w.sendPosition()
		must(t, err)
	}
	steps := len(w.leaves())
	see(read("We keep nothing."), false, 0)
	if n := len(w.leaves()); n != steps+1 { // of the sending
		t.Errorf("%d entries of a look at what stayed", n-steps-1)
	}
	see(read("We keep it all."), true, 1)
	see(read("We keep it all, and more."), false, 1)
	see(gate.LinkFound{Gone: true}, true, 1)
	see(gate.LinkFound{}, true, 0)
	w.pass(gate.LinkPatience)
	see(gate.LinkFound{}, false, 1)
	see(read("We keep nothing."), true, 0)
	see(read("We keep it all."), true, 1)
	m, err := w.ReadQualification(t.Context(), "club", links[0].Paper)
	must(t, err)
	if s := m.Body.Seen; s == nil || s.Words != hexOf("We keep it all.") || m.Steps[len(m.Steps)-1].By.Person != "avow" {
		t.Errorf("%+v %+v", s, m.Steps)
	}

	newer := w.paperOf("map-maker", "policy-link")
	newer.Document = m.Body.Seen.Words
	w.qualify(newer)
	if all, err := w.Requalifications(t.Context(), "club"); err != nil || len(all) != 0 {
		t.Errorf("%d are due beside a newer paper, %v", len(all), err)
	}
	w.pass(32 * 24 * time.Hour)
	if links, err = w.PolicyLinks(t.Context()); err != nil || len(links) != 1 || links[0].Paper == m.ID {
		t.Errorf("a paper whose time is over is looked at: %+v %v", links, err)
	}
}

// TestAPaperSaysNothingOfWhatIsSeen: nobody brings along what was seen, and what is seen
// changes nothing of what was approved.
func TestAPaperSaysNothingOfWhatIsSeen(t *testing.T) {
	t.Parallel()
	w := mapWorld(t, "contract", "policy-link")
	q := w.paperOf("map-maker", "policy-link")
	before, err := q.Digest()
	must(t, err)
	q.Seen = &gate.LinkSeen{State: gate.LinkGone}
	if after, err := q.Digest(); err != nil || after != before {
		t.Errorf("what is approved says what was seen, %v", err)
	}
	m, _, err := w.ProposeQualification(t.Context(), "club", ann, q)
	if must(t, err); m.Body.Seen != nil {
		t.Error("somebody brings along what was seen")
	}
	for name, l := range map[string]gate.PolicyLink{"proposed only": {Policy: "club", Paper: m.ID, Link: q.Link}, "another link": {Policy: "club", Paper: m.ID, Link: "https://else.example"}} {
		if did, err := w.SawPolicyLink(t.Context(), &l, gate.LinkFound{Gone: true}); err != nil || did {
			t.Errorf("%s: %v %v", name, did, err)
		}
	}
	if _, err := w.SawPolicyLink(t.Context(), &gate.PolicyLink{Policy: "club", Paper: "00"}, gate.LinkFound{}); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("no such paper: %v", err)
	}
}

func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
