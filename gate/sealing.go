package gate

import (
	"context"
	"crypto/sha256"
	"slices"

	"avow.dev"
	"avow.dev/envelope"
)

// What is handed over may leave as a sealed file instead of an answer in clear: one
// age file with the payload and its envelope, which only the recipient's key opens.
// The key is part of a paper that two people put on file, so that nobody who asks
// for a hand-over chooses who can read it. Whoever carries the file sees its length
// and nothing else.

// SealOut decides about a hand-over like [Gate.Share], [Gate.Entrust],
// [Gate.Transfer] and [Gate.Disclose], by verb, and answers with a sealed file and no
// value. It takes a key in a paper of the recipient that counts today; of several,
// that of the paper that was approved last. There is always an envelope in it, also
// where the policy does not tag the recipient. Files are handed over one by one, and
// not in it.
func (g *Gate) SealOut(ctx context.Context, verb avow.Verb, req *avow.Request) (Shown, error) {
	if verb == avow.Publish || !verb.Outbound() {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "nothing is handed to a recipient by this verb", Try: "share, entrust, transfer or disclose"}
	}
	return g.out(ctx, req, verb, (*turn).sealOut)
}

// sealOut puts what may leave into a sealed file, and takes away what is in clear.
func (t *turn) sealOut(req *avow.Request, out *Shown) error {
	key, err := t.sealingKey(req)
	if err != nil || t.who.state.Synthetic { // of whom nothing goes out
		return err
	}
	if len(out.Files) > 0 {
		return &avow.Error{Code: avow.Invalid, Message: "files do not go into a sealed file, so nothing was handed over", Try: "leave their data out, and open each file for the recipient"}
	}
	p := t.force.parties[req.Recipient]
	leaf, err := t.wrap(req, &p, [16]byte{}, out)
	if err != nil {
		return err
	}
	leaf.Detail = sealedDetail(out.Envelope)
	sealed, err := envelope.SealFor(key, out.Envelope, out.Payload)
	if err != nil {
		return internal("the file could not be sealed", err)
	}
	out.Wipe()
	out.Items, out.Payload, out.Envelope, out.Sealed = nil, nil, "", sealed
	return nil
}

// sealedDetail is what the leaf of a sealed file is bound to: how it went, and the
// envelope.
func sealedDetail(text string) [sha256.Size]byte {
	return sha256.Sum256([]byte("sealed-file\n" + text))
}

// sealingKey returns the key of the recipient's papers that count for a request. The
// hand-over takes effect only if nobody has changed anything at the desks meanwhile.
func (t *turn) sealingKey(req *avow.Request) (string, error) {
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return "", err
	}
	all, _, err := t.filed(office, req.Recipient)
	if err != nil {
		return "", err
	}
	p := t.force.parties[req.Recipient]
	for _, f := range slices.Backward(all) {
		if f.Is.Key != "" && t.force.answers(&p, f.Is.Kind, &f.Is, req.Purpose, t.now) {
			t.restOn(office)
			return f.Is.Key, nil
		}
	}
	return "", &avow.Error{Code: avow.Conflict, Message: "no paper of the recipient that counts today carries a key, so nothing was sealed or handed over",
		Try: "put a paper forward that carries the recipient's age key, and have somebody else approve it"}
}
