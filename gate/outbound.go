package gate

import (
	"context"

	"avow.dev"
)

// Share hands data to a recipient who becomes responsible for it too. Like the
// three verbs below it answers with the fields that may leave, in the form in
// which they may, after the evidence is committed; carrying them there is the
// caller's. [Gate.SealOut] does the same without showing them to the caller.
func (g *Gate) Share(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.out(ctx, req, avow.Share, (*turn).inClear)
}

// Entrust hands data to a processor, who acts for the controller.
func (g *Gate) Entrust(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.out(ctx, req, avow.Entrust, (*turn).inClear)
}

// Transfer hands over control of data.
func (g *Gate) Transfer(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.out(ctx, req, avow.Transfer, (*turn).inClear)
}

// Disclose hands data to an authority where the policy asks for nothing that only
// the desk for demands can show (an instrument, approvals, a finding, urgency).
// Rules that ask for it refuse here, whatever the caller says: what they let out
// is handed out by [Gate.ReleaseDemand].
func (g *Gate) Disclose(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.out(ctx, req, avow.Disclose, (*turn).inClear)
}

func (g *Gate) out(ctx context.Context, req *avow.Request, verb avow.Verb, pack func(*turn, *avow.Request, *Shown) error) (Shown, error) {
	if req.Recipient == "" {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no recipient is named", Try: "name a recipient of the policy"}
	}
	return g.read(ctx, req, verb, nil, nil, pack)
}
