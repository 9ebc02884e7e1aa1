package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"avow.dev"
	"avow.dev/evidence"
)

// An account is a person who can sign in here: what they gave at sign-up are data
// like any other, under the same rules. Registering begins with a code, so that
// the address is theirs, and so that nobody learns by trying whether somebody else
// has an account: a code is sent either way.

// Registering is a sign-up.
type Registering struct {
	// Collecting is what is taken in. Its items must hold the address that the code
	// was sent to. A subject that is not named is made up.
	Collecting
	Browser, Before string // as in [CodeTrying]
	Code            Value
}

// Registered is what came of a sign-up.
type Registered struct {
	Secret  string // of the session
	Session Session
	Receipt avow.Receipt
	// Existing says that the address has an account already. Its owner, who has shown
	// that they are, is signed in; nothing was taken in.
	Existing bool
}

// Register takes a new person in and signs them in. The code must have been asked
// for with Join.
func (g *Gate) Register(ctx context.Context, id avow.PolicyID, a *Registering) (Registered, error) {
	s, err := g.of(id)
	if err != nil {
		return Registered{}, err
	}
	browser, ok := secretKey(a.Browser)
	if !ok {
		return Registered{}, errCode
	}
	for range attempts {
		c, right, again, err := g.tryCode(ctx, s, codeKind(s), browser, a.Code, func(c *code) bool { return c.sid != 0 || c.join })
		switch {
		case again:
			continue
		case err != nil:
			return Registered{}, err
		case !right:
			return Registered{}, errCode
		case c.sid != 0:
			secret, session, err := g.spendCode(ctx, s, c, browser, a.Before)
			return Registered{Secret: secret, Session: session, Existing: true}, err
		}
		return g.register(ctx, s, a, browser, c)
	}
	return Registered{}, errCode
}

func (g *Gate) register(ctx context.Context, s *served, a *Registering, browser []byte, c code) (out Registered, err error) {
	if a.Subject == "" {
		a.Subject = avow.SubjectRef("member-" + strings.ToLower(rand.Text()))
	}
	a.Policy = s.id
	if err := s.holds(a.Items, c); err != nil {
		return out, err
	}
	t, err := g.take(ctx, s.id, a.Subject, func(t *turn) error {
		if t.who.known() {
			return &avow.Error{Code: avow.Conflict, Message: "this reference has an account already", Try: "sign in, or leave the reference out"}
		}
		rec, err := t.unspent(codeKind(t.served), browser, c)
		if err != nil {
			return err
		}
		for i := range a.Items {
			if info, _ := t.program.Datum(a.Items[i].Datum); t.weak(&info, a.Items[i].Value, a.Items) {
				return errWeak
			}
		}
		if err := t.collect(&a.Collecting); err != nil {
			return err
		}
		t.change.Delete = append(t.change.Delete, rec)
		out.Secret, out.Session, err = t.openSession(t.proofOf(c), t.now, a.Before)
		return err
	})
	if err != nil {
		return Registered{}, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// holds reports an error unless the address that was shown is among the items.
func (s *served) holds(items []Item, c code) error {
	for i := range items {
		if items[i].Datum != c.datum {
			continue
		}
		info, _ := s.inForce.Load().program.Datum(c.datum)
		if tag, err := s.tagOf(&info, items[i].Value.Expose()); err == nil && subtle.ConstantTimeCompare(tag[:], c.to[:]) == 1 {
			return nil
		}
	}
	return &avow.Error{Code: avow.Invalid, Message: "the address that the code was sent to is not the one that is given", Try: "send the same address"}
}

// ReportMisuse is a person's word that somebody else uses their account. All
// sessions end, all passkeys go, since one may be the other's, the password signs
// nobody in any more, and nothing but what
// protects the person is open, until they sign in by a code and choose another
// password. Where the policy has a rule about incidents, one is opened.
func (g *Gate) ReportMisuse(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (int, avow.Receipt, error) {
	ended := 0
	t, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		if ended, err = t.endSessions(""); err != nil {
			return err
		}
		if st := &t.who.state; st.Account == avow.Open {
			st.Account = avow.Frozen
		}
		if err := t.dropAllPasskeys(); err != nil {
			return err
		}
		t.note(evidence.MisuseReported, t.force.citing("access/report-misuse"))
		return nil
	})
	if err != nil {
		return 0, avow.Receipt{}, err
	}
	if t.answered != nil || len(t.force.program.File().Incidents) == 0 {
		return ended, t.receipt(), nil
	}
	// Who it is about, the officers learn from the evidence: an incident names nobody.
	_, _, err = g.OpenIncident(repeatable(ctx), id, Officer{Person: "the account's owner"}, &Circumstances{Discovered: t.now, Aware: t.now,
		Types: []string{"confidentiality"}, Cause: "misuse of an account was reported by its owner", Place: "leaf " + hex.EncodeToString(t.entries[len(t.entries)-1].leaf.ID[:])}, nil)
	if err != nil {
		return ended, t.receipt(), &avow.Error{Code: avow.Unavailable, Message: "everybody is locked out of the account, and no incident could be opened", Try: "report it again", Cause: err}
	}
	return ended, t.receipt(), nil
}
