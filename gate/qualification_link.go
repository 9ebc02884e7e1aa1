package gate

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
)

// A paper of kind policy-link says that somebody read the policy to which the
// recipient's published link leads, and binds to what was read by its hash. Texts are
// changed without a word, so the link is looked at again every day; what that finds
// stands beside the paper. It shuts nothing by itself: the way closes when the paper's
// time is over or somebody revokes it.

// What a policy link led to.
const (
	LinkSame        = "same"        // what the paper binds to
	LinkChanged     = "changed"     // another text
	LinkGone        = "gone"        // nothing: it was taken away
	LinkUnreachable = "unreachable" // nothing that could be read this time
)

// LinkPatience is how long a link may be unreachable before somebody is asked to look.
const LinkPatience = 3 * 24 * time.Hour

// LinkSeen is what a policy link led to when that changed last.
type LinkSeen struct {
	State string    `json:"state"`
	Since time.Time `json:"since"`
	// Document and Words are SHA-256 in hex, of what was read and of the words in it
	// alone. A page that is made anew for every reader keeps its words.
	Document string `json:"document,omitempty"`
	Words    string `json:"words,omitempty"`
}

// LinkFound is what one look at a link found: something that was read, or that it is
// gone, or neither, where it could not be read.
type LinkFound struct {
	Read, Gone      bool
	Document, Words [32]byte
}

// PolicyLink is a link that a paper which counts binds to.
type PolicyLink struct {
	Policy avow.PolicyID
	Paper  string
	Link   string
}

// PolicyLinks returns the links of all papers that count, of all policies.
func (g *Gate) PolicyLinks(ctx context.Context) ([]PolicyLink, error) {
	var out []PolicyLink
	for _, id := range g.Policies() {
		err := qualifications.each(ctx, g, id, "", func(m *Qualification) (bool, error) {
			if linked(m, g.Now()) {
				out = append(out, PolicyLink{id, m.ID, m.Body.Link})
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// linked reports whether a paper counts and binds to a policy link.
func linked(m *Qualification, now time.Time) bool {
	return m.State == "valid" && m.Body.Kind == "policy-link" && now.Before(m.Body.Expires)
}

// SawPolicyLink writes down what a look found, if that is something else than before.
// It reports whether it was.
func (g *Gate) SawPolicyLink(ctx context.Context, l *PolicyLink, found LinkFound) (bool, error) {
	m, err := qualifications.read(ctx, g, l.Policy, l.Paper)
	if err != nil || m.Body.Link != l.Link || !linked(&m, g.Now()) || m.Body.stateOf(found) == m.Body.linkState() {
		return false, err
	}
	changed := false
	_, _, err = qualifications.step(ctx, g, l.Policy, l.Paper, engineItself, "looked", func(t *turn, m *Qualification) error {
		state := m.Body.stateOf(found)
		if changed = linked(m, t.now) && state != m.Body.linkState(); !changed {
			return errLooked
		}
		m.Body.Seen = &LinkSeen{State: state, Since: t.now}
		if found.Read {
			m.Body.Seen.Document, m.Body.Seen.Words = hex.EncodeToString(found.Document[:]), hex.EncodeToString(found.Words[:])
		}
		t.qualificationStep(&m.Body, avow.Allow) // it counts as before
		return nil
	})
	if !changed && err == errLooked {
		return false, nil
	}
	return changed, err
}

var errLooked = &avow.Error{Code: avow.Conflict, Message: "somebody else has looked in between", Try: "nothing is to be done"}

// linkState is what the link led to when it was looked at last.
func (q *Qualifying) linkState() string {
	if q.Seen == nil {
		return LinkSame
	}
	return q.Seen.State
}

// stateOf compares what was found with what the paper binds to: the bytes, or the words.
func (q *Qualifying) stateOf(found LinkFound) string {
	switch {
	case found.Gone:
		return LinkGone
	case !found.Read:
		return LinkUnreachable
	case q.Document == hex.EncodeToString(found.Document[:]), q.Document == hex.EncodeToString(found.Words[:]):
		return LinkSame
	}
	return LinkChanged
}

// Requalifications returns the papers whose policy link leads elsewhere by now, and for
// whose recipient no newer paper answers: somebody has to look again.
func (g *Gate) Requalifications(ctx context.Context, id avow.PolicyID) ([]Qualification, error) {
	var due []Qualification
	well := make(map[avow.Recipient]bool)
	err := qualifications.each(ctx, g, id, "", func(m *Qualification) (bool, error) {
		if !linked(m, g.Now()) {
			return true, nil
		}
		if m.Body.LinkDue(g.Now()) {
			m.Body.Secret = ""
			due = append(due, *m)
		} else {
			well[m.Body.Recipient] = true
		}
		return true, nil
	})
	return slices.DeleteFunc(due, func(m Qualification) bool { return well[m.Body.Recipient] }), err
}

// LinkDue reports whether somebody has to look at the link again.
func (q *Qualifying) LinkDue(now time.Time) bool {
	s := q.Seen
	return s != nil && (s.State == LinkChanged || s.State == LinkGone || s.State == LinkUnreachable && !now.Before(s.Since.Add(LinkPatience)))
}
