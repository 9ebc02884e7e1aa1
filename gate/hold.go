package gate

import (
	"context"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
)

// Hold is a legal hold on a person: their data is stored and nothing else is
// done with it, until it is released or runs out.
type Hold struct {
	Rule    avow.RuleID // a hold of the policy
	Matter  string      // id of the case; kept sealed
	Statute string      // citation; kept sealed
	Until   time.Time
	// Approved names the people who set it, as many different ones as the policy
	// asks for; kept sealed.
	Approved []string
}

// holdKind is the kind of record (of a person) that describes their hold.
const holdKind = "hold"

// SetHold puts a person under a legal hold. It needs a citation and an end
// within the longest time that the policy allows.
func (g *Gate) SetHold(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, h *Hold) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		info, ok := t.hold(h.Rule)
		switch {
		case !ok:
			return &avow.Error{Code: avow.Invalid, Message: "the policy names no such hold", Try: "use the id of a hold of the policy"}
		case int64(len(distinct(h.Approved))) < info.Approvals && info.Approvals > 1:
			return &avow.Error{Code: avow.Invalid, Message: "the policy has this hold set by more people", Try: "name those who approved it"}
		case h.Statute == "" || h.Matter == "":
			return &avow.Error{Code: avow.Invalid, Message: "a hold without a citation and a matter is no hold", Try: "cite the statute and name the matter"}
		case !h.Until.After(t.now) || h.Until.After(t.program.After(t.now, info.Max)):
			return &avow.Error{Code: avow.Invalid, Message: "a hold ends in the future, within the time that the policy allows", Try: "set an earlier end"}
		}
		w := writer{}
		w.string(string(h.Rule))
		w.string(h.Matter)
		w.string(h.Statute)
		w.time(h.Until)
		w.uint(uint64(len(h.Approved)))
		for _, name := range h.Approved {
			w.string(name)
		}
		sealed, err := t.who.seal(holdKind, 1, w.b)
		if err != nil {
			return internal("the hold could not be sealed", err)
		}
		t.who.state.Hold, t.who.state.holdUntil, t.touched = true, h.Until.UTC(), true
		t.change.Put = append(t.change.Put, Record{SID: t.who.row.SID, Kind: holdKind, Key: []byte{1}, Body: sealed})
		t.say(saidHold, func(j *writer) {
			j.time(h.Until)
			j.bytes(w.b)
		})
		t.note(evidence.HoldSet, func(l *evidence.Leaf) { l.Rules, l.Clauses = []avow.RuleID{h.Rule}, info.Clauses })
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// ReleaseHold ends a hold. An erasure that it delayed by refusing is not
// remembered: the person asks again, or the retention rules act at the next
// sweep.
func (g *Gate) ReleaseHold(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if !t.who.state.Hold {
			return &avow.Error{Code: avow.Conflict, Message: "no hold is in force", Try: "nothing needs to be released"}
		}
		t.release()
		t.say(saidRelease, nil)
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func distinct(names []string) []string {
	var out []string
	for _, n := range names {
		out = once(out, strings.TrimSpace(n))
	}
	return out
}

func (t *turn) release() {
	t.who.state.Hold, t.who.state.holdUntil, t.touched = false, time.Time{}, true
	t.change.Delete = append(t.change.Delete, Record{SID: t.who.row.SID, Kind: holdKind, Key: []byte{1}})
	t.note(evidence.HoldReleased, t.force.citing("hold"))
}

func (t *turn) hold(id avow.RuleID) (policy.HoldInfo, bool) {
	for _, h := range t.program.Holds() {
		if h.ID == id {
			return h, true
		}
	}
	return policy.HoldInfo{}, false
}
