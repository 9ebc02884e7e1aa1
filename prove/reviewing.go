package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// This file plays copies that people look at before they go out.

// reviewedCopy reports whether a right hands out what officers have seen and agreed to.
func reviewedCopy(r *syntax.Right) bool {
	return r.Effect.Text == "on-review" && (r.Right.Text == "copy" || r.Right.Text == "access")
}

// reviewers are the controller's people who look at copies, as many as any policy of a
// proof wants and one more.
var reviewers = []string{"reviewer-1", "reviewer-2", "reviewer-3", "reviewer-4", "reviewer-5"}

// reviewing is what an officer sends about a reviewed copy.
type reviewing struct {
	Request string    `json:"request"`
	Digest  string    `json:"digest,omitempty"`
	Text    string    `json:"text,omitempty"`
	Reason  *occasion `json:"reason,omitempty"`
}

// sight is what would go out, as the door tells of it.
type sight struct {
	Digest   string      `json:"digest"`
	Wanted   int64       `json:"approvals_wanted"`
	Approved []string    `json:"approved"`
	Ready    bool        `json:"ready"`
	Data     []seenDatum `json:"data"`
}

type seenDatum struct {
	Datum string `json:"datum"`
}

// looksAt has an officer look at what would go out.
func (s *stage) looksAt(who, request string) (*sight, error) {
	a, err := s.as(who, "requests/copy/preview", reviewing{Request: request, Reason: &occasion{Why: "request", Text: "The answer is due."}})
	if err != nil {
		return nil, err
	}
	return sightIn(a)
}

func sightIn(a *answer) (*sight, error) {
	var out sight
	if a.status != http.StatusOK || json.Unmarshal(a.raw, &out) != nil {
		return nil, &mismatch{"officers to see and to agree to what would go out", a.String()}
	}
	return &out, nil
}

// agrees is an officer's yes to what they saw.
func (s *stage) agrees(who, request, digest string) (*answer, error) {
	return s.as(who, "requests/copy/approve", reviewing{Request: request, Digest: digest})
}

// hands answers the request with what was agreed to.
func (s *stage) hands(who, request, digest string) (*answer, error) {
	return s.as(who, "requests/answer", reviewing{Request: request, Digest: digest, Text: "this is the answer"})
}

// answers answers a request as the policy has it answered.
func (s *stage) answers(r *syntax.Right, request string) (*answer, error) {
	if !reviewedCopy(r) {
		return s.replies(request, "", "")
	}
	p, err := s.looksAt(reviewers[0], request)
	if err != nil {
		return nil, err
	}
	for i := range int(p.Wanted) - 1 {
		if _, err := s.agrees(reviewers[i+1], request, p.Digest); err != nil {
			return nil, err
		}
	}
	return s.hands(reviewers[0], request, p.Digest)
}

// copyReviewed plays a copy of everything: nothing goes out before as many people as the
// policy says have agreed to what they saw, nobody of them twice, and nothing else than
// that; and then it does go out.
func (s *stage) copyReviewed(r *syntax.Right) error {
	wanted := int(max(r.Approvals.N, 1))
	if wanted >= len(reviewers) {
		return &unplayable{"more people have to agree than the proof has"}
	}
	p := s.someone()
	taken, err := p.fill()
	if err != nil {
		return err
	}
	if r.Right.Text == "copy" {
		if err := s.handedAtOnce(p); err != nil {
			return err
		}
	}
	asked, err := p.petition(r.Right.Text)
	if err != nil {
		return err
	}
	seen, err := s.looksAt(reviewers[0], asked.ID)
	if err != nil {
		return err
	}
	for datum := range taken {
		if !s.alwaysDropped(datum) && !slices.ContainsFunc(seen.Data, func(d seenDatum) bool { return d.Datum == datum }) {
			return &mismatch{"officers to see everything that would go out", datum + " is missing"}
		}
	}
	for n := 1; n < wanted; n++ { // the one who put it forward counts
		if a, err := s.hands(reviewers[0], asked.ID, seen.Digest); err != nil || a.status != http.StatusConflict {
			return orMismatch(err, fmt.Sprintf("no copy on the word of %d of %d people", n, wanted), "%v", a)
		}
		if a, err := s.again(reviewers[n-1], "requests/copy/approve", reviewing{Request: asked.ID, Digest: seen.Digest}); err != nil || a.status < 400 {
			return orMismatch(err, "nobody to count twice, through whichever token", "%v", a)
		}
		a, err := s.agrees(reviewers[n], asked.ID, seen.Digest)
		if err != nil {
			return err
		}
		if _, err := sightIn(a); err != nil {
			return err
		}
	}
	if wrong := strings.Repeat("0", len(seen.Digest)); wrong != seen.Digest {
		if a, err := s.hands(reviewers[0], asked.ID, wrong); err != nil || a.status != http.StatusConflict {
			return orMismatch(err, "no copy but the one that was seen", "%v", a)
		}
	}
	if a, err := s.hands(reviewers[0], asked.ID, seen.Digest); err != nil || a.status != http.StatusOK {
		return orMismatch(err, fmt.Sprintf("the copy to go out once %d people agree", wanted), "%v", a)
	}
	list, err := p.own()
	if err != nil {
		return err
	}
	return expect(len(list) == 1 && list[0].State == "fulfilled", "the request fulfilled", "%+v", list)
}

// handedAtOnce reports whether the person gets a copy without anybody having looked.
func (s *stage) handedAtOnce(p *person) error {
	a, err := p.send("copy", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	if a.status != http.StatusConflict {
		return &mismatch{"no copy before people have looked at it", a.String()}
	}
	return nil
}
