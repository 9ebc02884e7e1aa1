package gate

import (
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
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

// documents are the kinds of data that stand on or for an identity document, as
// slugs and terms of the vocabulary.
var documents = []string{"id-number", "passport", "id-photo", "id-validity", "driving-licence", "social-security-number", "tax-number",
	"pd:OfficialID", "pd:Passport", "avow:IdentityDocumentCopy", "avow:IdentityDocumentValidity", "avow:DrivingLicence", "avow:SocialSecurityNumber", "avow:TaxNumber"}

// identifying is the purpose of finding out who somebody is.
var identifying = []string{"verify-identity", "dpv:IdentityAuthentication"}

// MayAskForDocument reports whether people may be asked for an identity document
// in order to show who they are: only if the policy itself collects one for that.
// Whoever wants one needs a rule that says so, and that people can read.
func MayAskForDocument(p *policy.Program) bool {
	f := p.File()
	datum := func(w syntax.Word) bool {
		return slices.ContainsFunc(f.Data, func(d syntax.Datum) bool { return d.ID.Text == w.Text && meant(documents, d.ID, d.Term) })
	}
	purpose := func(w syntax.Word) bool {
		return slices.ContainsFunc(f.Purposes, func(d syntax.Purpose) bool { return d.ID.Text == w.Text && meant(identifying, d.ID, d.Term) })
	}
	return slices.ContainsFunc(f.Collect, func(c syntax.Collect) bool {
		return slices.ContainsFunc(c.For, purpose) && slices.ContainsFunc(c.Data, datum)
	})
}

// meant reports whether a word of the policy, by its term or by itself, is one of
// a list.
func meant(list []string, id, term syntax.Word) bool {
	if term.Text != "" {
		return slices.Contains(list, term.Text)
	}
	return slices.Contains(list, id.Text)
}
