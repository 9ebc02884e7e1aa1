package gate

import (
	"context"
	"crypto/sha256"

	"avow.dev"
	"avow.dev/evidence"
)

// OfficerSignedIn leaves evidence that somebody of the controller's people came to the
// desks of a policy. The leaf names nobody: who it was is bound to it under the office's
// key. Whoever signs people in calls it before they are let in.
func (g *Gate) OfficerSignedIn(ctx context.Context, id avow.PolicyID, by Officer) error {
	if err := by.check(); err != nil {
		return err
	}
	_, err := g.takeOffice(repeatable(ctx), id, func(t *turn) error {
		t.note(evidence.OfficerSignedIn, nil)
		w := writer{}
		w.string(by.Person)
		w.string(by.Via)
		t.entries[len(t.entries)-1].digest = sha256.Sum256(w.b)
		return nil
	})
	return err
}
