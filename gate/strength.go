package gate

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Strength is how surely somebody has to be known before an act. It follows the
// act: what can only protect a person needs nothing, and what shows their data to
// whoever sits there needs that they have just shown who they are.
type Strength uint8

// The strengths.
const (
	Anybody Strength = iota // nobody has to be known
	Matched                 // a live session
	Fresh                   // a session whose person showed a short time ago who they are
)

var strengthNames = [...]string{"anybody", "matched", "fresh"}

// String returns the strength's word.
func (s Strength) String() string { return strengthNames[min(int(s), len(strengthNames)-1)] }

// Act is something that a person does with their own data.
type Act string

// The acts.
const (
	ActOptOut  Act = "opt-out" // object to a use, refuse, withdraw
	ActLimit   Act = "limit"
	ActLook    Act = "look" // at masked values, requests, who looked
	ActChoose  Act = "choose"
	ActAsk     Act = "ask"
	ActCorrect Act = "correct"
	ActDelete  Act = "delete"
	ActClose   Act = "close"
	ActReveal  Act = "reveal"
	ActCopy    Act = "copy"
	ActSecret  Act = "secret" // change a password, a passkey, or where codes go
)

// FreshFor is how long a proof counts as fresh where the policy does not say.
const FreshFor = 10 * time.Minute

// needed is what each act needs of its own.
var needed = map[Act]Strength{
	ActOptOut: Anybody, ActLimit: Anybody,
	ActLook: Matched, ActChoose: Matched, ActAsk: Matched, ActCorrect: Matched, ActDelete: Matched, ActClose: Matched,
	ActReveal: Fresh, ActCopy: Fresh, ActSecret: Fresh,
}

// actWords are the acts as the policy's fresh-sign-in entries name them.
var actWords = map[Act]string{ActReveal: "read", ActCorrect: "edit", ActCopy: "export", ActSecret: "edit"}

// errStale is the answer to an act that a session is too old for.
var errStale = &avow.Error{Code: avow.Forbidden, Message: "for this you have to show again who you are", Try: "sign in again, and do it then"}

// NeedsFresh reports whether an error asks for a fresh sign-in.
func NeedsFresh(err error) bool { return errors.Is(err, errStale) }

// StrengthFor returns how surely a person has to be known for an act on some
// data, and how long a fresh proof counts. An act that is not listed needs a fresh
// one.
func (g *Gate) StrengthFor(id avow.PolicyID, act Act, data ...avow.Datum) (Strength, time.Duration, error) {
	p, err := g.Program(id)
	if err != nil {
		return Fresh, FreshFor, err
	}
	need, known := needed[act]
	if !known {
		need = Fresh
	}
	fresh, asked := freshFor(p, act, data, g.Now())
	if asked {
		need = Fresh
	}
	return need, fresh, nil
}

// freshFor returns the shortest time that the policy lets a proof count for.
func freshFor(p *policy.Program, act Act, data []avow.Datum, now time.Time) (time.Duration, bool) {
	word := actWords[act]
	fresh, asked := FreshFor, false
	for _, d := range data {
		if within, _, ok := p.FreshSignIn(word, d); ok && word != "" {
			fresh, asked = min(fresh, p.After(now, within).Sub(now)), true
		}
	}
	return fresh, asked
}

// Enough returns nil if a session, nil for nobody's, is strong enough for an act.
// The error satisfies [NoSession] or [NeedsFresh].
func (g *Gate) Enough(id avow.PolicyID, s *Session, act Act, data ...avow.Datum) error {
	need, fresh, err := g.StrengthFor(id, act, data...)
	switch {
	case err != nil:
		return err
	case need == Anybody:
		return nil
	case s == nil:
		return errSession
	case need == Fresh && g.Now().Sub(s.Proved) > fresh:
		return errStale
	}
	return nil
}
