package gate

import (
	"context"
	"crypto/sha256"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
)

// Answering is the answer to a request.
type Answering struct {
	Policy  avow.PolicyID
	Request string    // id of the request
	By      avow.Role // who answers, a role of the policy
	Text    Value     // what the person is answered
	// Refuse is why the request is refused: one of the words to which the policy
	// limits itself. Empty for an answer that grants it.
	Refuse string
	// Proof is what shows that the reason holds, where the policy promises
	// evidence. It is kept with the request, for officers.
	Proof Value
	// Copy is the digest of what goes out, for a copy that people look at first: see
	// [Gate.PreviewCopy].
	Copy [32]byte
}

// AnswerRequest closes a request. Granting it carries out what was asked for, as
// far as rules can. A refusal needs a reason that the policy allows, one that holds
// as far as it can be known here, and evidence where the policy promises it.
func (g *Gate) AnswerRequest(ctx context.Context, ans *Answering) (avow.Receipt, error) {
	if ans.Text.Len() == 0 || ans.Text.Len() > mostAskText || ans.Proof.Len() > mostAskText {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "the answer has no text, or more than 64 KiB", Try: "send a shorter text"}
	}
	a, r, err := g.workOn(ctx, ans.Policy, ans.Request, func(t *turn, key []byte, a *Ask) error { return t.answer(key, a, ans) })
	a.wipe()
	return r, err
}

func (t *turn) answer(key []byte, a *Ask, ans *Answering) error {
	a.Answer, a.Closed = NewValue(ans.Text.Expose()), t.now
	if ans.Refuse != "" {
		if err := t.mayRefuse(a, ans); err != nil {
			return err
		}
		if err := t.tellAnswered(a, "request-refused"); err != nil {
			return err
		}
		a.State, a.Reason, a.Proof, a.Waits = AskDenied, ans.Refuse, NewValue(ans.Proof.Expose()), ""
		t.closeAsk(key)
		t.note(evidence.Answered, func(l *evidence.Leaf) {
			t.byRole(a.Right, ans.By)(l)
			l.Verdict, l.Detail = avow.Refuse, sha256.Sum256([]byte(a.Reason)) // one of a few words: whoever knows them can tell which
		})
		return nil
	}
	if t.reviewed(a.Right) {
		if err := t.releaseCopy(a, ans.Copy); err != nil {
			return err
		}
	}
	if err := t.tellAnswered(a, "request-answered"); err != nil {
		return err
	}
	t.closeAsk(key)
	t.note(evidence.Answered, t.byRole(a.Right, ans.By))
	a.State, a.Waits = AskFulfilled, ""
	return t.grant(a)
}

// mayRefuse keeps refusals to the reasons of the policy, and to those that hold.
func (t *turn) mayRefuse(a *Ask, ans *Answering) error {
	info, ok := t.program.Right(a.Right)
	if !ok || !slices.Contains(info.RefuseOnlyFor, ans.Refuse) {
		return &avow.Error{Code: avow.Invalid, Message: "the policy does not allow to refuse for this reason", Try: "use one of the words that the policy lists for this right, or answer"}
	}
	if info.Evidence && ans.Proof.Len() == 0 {
		return &avow.Error{Code: avow.Invalid, Message: "the policy promises evidence for a refusal, and none is given", Try: "say what shows that the reason holds"}
	}
	if info.ComplaintRoute && len(t.program.File().Controller.Contacts) == 0 {
		return &avow.Error{Code: avow.Invalid, Message: "the policy promises to name where to complain, and names no contact", Try: "add a contact to the policy"}
	}
	holds, why := true, ""
	switch ans.Refuse {
	case "repetitive":
		holds, why = a.Earlier > 0, "the person has not asked for this before in the last year"
	case "legal-hold":
		holds, why = t.who.state.Hold, "no legal hold covers this person"
	case "identity-unverified":
		holds, why = a.checked && a.Waits == ForIdentity, "the person was not asked to show who they are, or has shown it"
	}
	if !holds {
		return &avow.Error{Code: avow.Conflict, Message: "the reason does not hold: " + why, Try: "answer the request, or refuse it for a reason that holds"}
	}
	return nil
}
