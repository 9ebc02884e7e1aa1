package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
)

// Onlooker is somebody of the controller's people who opens, for a reason, what a
// person may open themselves. What is shown is the same. On the trail it is one
// entry, of somebody who looked, and not a second one as if the person had.
type Onlooker struct {
	gate *Gate
	by   Officer
	why  *Look
}

// Onlooker returns somebody who looks for a reason. What is wrong with the reason is
// told by what they try to open, and recorded nowhere.
func (g *Gate) Onlooker(by Officer, why *Look) Onlooker { return Onlooker{g, by, why} }

// because fills the evidence of who opened something, and why.
type because func(*turn, *evidence.Leaf)

// before records the opening at the office, before anything is opened.
func (o Onlooker) before(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, what string) (because, error) {
	t, err := o.gate.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	return o.gate.opens(ctx, id, o.by, o.why, what, "", t.who.row.SID)
}

// Access is [Gate.Access] by an officer.
func (o Onlooker) Access(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	says, err := o.before(ctx, id, ref, "record")
	if err != nil {
		return nil, err
	}
	return o.gate.copyOf(ctx, id, ref, evidence.Accessed, nil, says)
}

// Copy is [Gate.Copy] by an officer.
func (o Onlooker) Copy(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	says, err := o.before(ctx, id, ref, "record")
	if err != nil {
		return nil, err
	}
	return o.gate.copyOf(ctx, id, ref, evidence.Copied, nil, says)
}

// CopyFile is [Gate.CopyFile] by an officer.
func (o Onlooker) CopyFile(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, datum avow.Datum, file string) (*Opened, error) {
	says, err := o.before(ctx, id, ref, "file")
	if err != nil {
		return nil, err
	}
	return o.gate.copyFile(ctx, id, ref, datum, file, says)
}

// Consents is [Gate.Consents] by an officer.
func (o Onlooker) Consents(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Said, avow.Receipt, error) {
	says, err := o.before(ctx, id, ref, "consents")
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	return o.gate.consents(ctx, id, ref, says)
}

// Find is [Gate.Find] by an officer. That somebody was looked for and is not here is
// recorded too, for those who watch.
func (o Onlooker) Find(ctx context.Context, id avow.PolicyID, item Item) (avow.SubjectRef, error) {
	p, err := o.gate.whoHas(ctx, id, item)
	if err != nil && avow.CodeOf(err) != avow.Unknown {
		return "", err
	}
	sid := int64(0)
	if err == nil {
		sid = p.row.SID
	}
	says, unwatched := o.gate.opens(ctx, id, o.by, o.why, "reference", "", sid)
	switch {
	case unwatched != nil:
		return "", unwatched
	case err != nil:
		return "", err
	}
	return p.state.ref, o.gate.found(ctx, id, p.state.ref, item.Datum, says)
}

// opened leaves evidence that what is a person's was opened: by themselves, or by
// whoever says says.
func (t *turn) opened(kind evidence.Kind, right string, says because, fill func(*evidence.Leaf)) {
	if says != nil {
		kind = evidence.Opened
	}
	t.note(kind, func(l *evidence.Leaf) {
		if right != "" {
			t.force.citing(right)(l)
		}
		if fill != nil {
			fill(l)
		}
		if says != nil {
			says(t, l)
		}
	})
}
