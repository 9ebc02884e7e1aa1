package gate

import (
	"avow.dev"
	"avow.dev/evidence"
)

// A person who restricts the processing of their data has it kept and not used
// (GDPR art. 18(2)): every decision to read it for a purpose, hand it out or
// publish it is refused until the person lifts the restriction, which they do by
// taking their request back. Their own rights stay, and so do the ends of its time.
//
// Unsolved: the uses that the law leaves open all the same (legal claims, rights of
// others) are refused too.

func (t *turn) restrict() error {
	if t.who.state.Restricted {
		return nil
	}
	t.who.state.Restricted, t.touched = true, true
	t.say(saidRestrict, func(w *writer) { w.time(t.now) })
	t.note(evidence.Restricted, t.force.citing("right/restrict"))
	return t.follow("restrict", nil)
}

func (t *turn) unrestrict() error {
	if !t.who.state.Restricted {
		return &avow.Error{Code: avow.Conflict, Message: "no restriction is in force", Try: "nothing needs to be lifted"}
	}
	t.who.state.Restricted, t.touched = false, true
	t.say(saidUnrestrict, func(w *writer) { w.time(t.now) })
	t.note(evidence.Unrestricted, t.force.citing("right/restrict"))
	return t.follow("lift", nil)
}

// frozen adds the reason of a restriction to what would use data.
func (t *turn) frozen(req *avow.Request, d *avow.Decision) {
	if !t.who.state.Restricted {
		return
	}
	for i := range d.Rulings {
		if info, ok := t.program.Datum(req.Data[i]); ok && info.Personal() {
			against(d, i, avow.Restricted.Set())
		}
	}
}
